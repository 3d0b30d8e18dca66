"""Pictures inside the page."""

from matplotlib.figure import Figure

from s1r_imaging.plots import save
from s1r_imaging.report.markup import Html, data_uri, element, scroll_box

_MM_PER_INCH, _CSS_PER_INCH = 25.4, 96.0
_ENLARGED = 1.3  # the 8 point text of a figure becomes as large as the text around it
_SIZES = {"wide": 130.0, "medium": 95.0}  # wider than this (mm): small screens scroll them in a box
_DPI = 220.0  # pixels, not lines: a page can take no font along, and thousands of cells would make it heavy


def figure(drawing: Figure, *, alt: str, caption: str = "") -> Html:
    """Return a figure of Matplotlib as part of the page.

    Parameters
    ----------
    drawing : matplotlib.figure.Figure
        The figure.
    alt : str
        What it shows, for those who do not see it.
    caption : str
        What stands below it; nothing when empty.

    Returns
    -------
    Html
        The figure. One wider than a column scrolls in a box of its own on a narrow screen.
    """
    width, height = (round(size * _CSS_PER_INCH * _ENLARGED) for size in drawing.get_size_inches())
    address = data_uri(save.figure_bytes(drawing, "png", dpi=_DPI), "png")
    img = element("img", src=address, alt=alt, width=width, height=height)
    width_mm = float(drawing.get_figwidth()) * _MM_PER_INCH
    size = next((name for name, least_mm in _SIZES.items() if width_mm > least_mm), None)
    return element(
        "figure",
        scroll_box(img, alt) if size else img,
        element("figcaption", caption) if caption else "",
        class_=size,
    )
