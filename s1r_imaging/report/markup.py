"""HTML with every text escaped unless it was made here."""

import base64
import html
import re
from typing import Any

_VOID = {"img", "meta", "br"}
# Half of a character, controls, and marks that would turn round the numbers that follow a name.
_UNWRITABLE = re.compile("[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


class Html(str):
    """Markup that goes on the page as it is; any other text is escaped."""

    __slots__ = ()


def escape(content: object) -> Html:
    """Return content as markup that shows it.

    Parameters
    ----------
    content : object
        Markup, or anything whose text is to be shown. What no file can hold (half of a surrogate pair, from file
        names that are no text), control characters and overrides of the direction of writing are shown as a
        replacement character.

    Returns
    -------
    Html
        The markup.

    Examples
    --------
    >>> escape("<b>10 & 20</b>")
    '&lt;b&gt;10 &amp; 20&lt;/b&gt;'
    """
    if isinstance(content, Html):
        return content
    return Html(html.escape(_UNWRITABLE.sub("\ufffd", str(content))))


def element(tag: str, *children: object, **attributes: object) -> Html:
    """Return an element.

    Parameters
    ----------
    tag : str
        Its name.
    *children : object
        What is in it, one after the other; see `escape`.
    **attributes : object
        Its attributes; ``class_`` is ``class``, ``aria_label`` is ``aria-label``, and None leaves one out.

    Returns
    -------
    Html
        The element.

    Examples
    --------
    >>> element("p", "5 < 6 ", element("b", "yes"), class_="note")
    '<p class="note">5 &lt; 6 <b>yes</b></p>'
    """
    given = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    if tag in _VOID:
        return Html(f"<{tag}{given}>")
    return Html(f"<{tag}{given}>{join(*children)}</{tag}>")


def join(*parts: object) -> Html:
    """Return parts one after the other."""
    return Html("".join(escape(part) for part in parts))


def bullets(items: Any, **attributes: object) -> Html:
    """Return a list, one bullet an item."""
    return element("ul", *(element("li", item) for item in items), **attributes)


def name(text: object) -> Html:
    """Return a user's word, so that its direction of writing does not change the text around it."""
    return element("bdi", text)


def data_uri(content: bytes, kind: str) -> Html:
    """Return a picture as an address that holds it."""
    return Html(f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}")


def scroll_box(content: object, label: object) -> Html:
    """Return a box that is scrolled, also with the keyboard, where its content is wider than the page."""
    return element("div", content, class_="scroll", role="region", tabindex="0", aria_label=label)


def details(summary: object, *content: object) -> Html:
    """Return what is shown when it is asked for."""
    return element("details", element("summary", summary), *content)


def fold(content: Html, n: int, what: str, *, most: int) -> Html:
    """Return content as it is, or folded away where it shows more than a reader wants to pass by.

    Parameters
    ----------
    content : Html
        What is shown.
    n : int
        How many things it holds.
    what : str
        What they are.
    most : int
        More than this are folded away.

    Returns
    -------
    Html
        The content, in a box that opens where there is much of it.
    """
    return details(f"{what} ({n})", content) if n > most else content
