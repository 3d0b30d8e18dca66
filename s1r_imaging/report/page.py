"""The page: its head, its contents, its sections."""

from collections.abc import Sequence
from dataclasses import dataclass

from s1r_imaging.report.markup import Html, element, join
from s1r_imaging.report.style import CSS

# Nothing is loaded from anywhere, and nothing runs: the page is what is in it.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True)
class Section:
    """A section of the report.

    Attributes
    ----------
    key : str
        Its anchor.
    title : str
        Its heading.
    content : Html
        What is in it.
    """

    key: str
    title: str
    content: Html


def page(title: str, lead: object, sections: Sequence[Section]) -> str:
    """Return a whole page.

    Parameters
    ----------
    title : str
        Title.
    lead : object
        What stands below it.
    sections : sequence of Section
        Sections, in their order.

    Returns
    -------
    str
        HTML that needs nothing else.
    """
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="color-scheme", content="light"),
        element("title", f"{title} – s1r-imaging"),
        element("style", Html(CSS)),
    )
    links = [element("li", element("a", part.title, href=f"#{part.key}")) for part in sections]
    header = element(
        "header",
        element("h1", element("bdi", title)),
        lead,
        element("nav", element("ul", *links), aria_label="Contents"),
    )
    main = element(
        "main",
        *(
            element(
                "section",
                element("h2", part.title, id=f"{part.key}-heading"),
                part.content,
                id=part.key,
                aria_labelledby=f"{part.key}-heading",
            )
            for part in sections
        ),
    )
    return f"<!DOCTYPE html>\n{join(element('html', head, element('body', header, main), lang='en'))}\n"
