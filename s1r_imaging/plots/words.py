"""Text on pictures: names as the user wrote them, concentrations with the unit that suits them."""

import re

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from s1r_imaging.recording import Event

_UNITS = ((1.0, "M"), (1e-3, "mM"), (1e-6, "µM"), (1e-9, "nM"), (1e-12, "pM"), (1e-15, "fM"))
_LONGEST = 48
# Half of a character, as file names that are no text hold it, controls, and marks that turn numbers round.
_UNDRAWABLE = re.compile("[\ud800-\udfff\x00-\x08\x0e-\x1b\x7f\u202a-\u202e\u2066-\u2069]")

_MATH = re.compile(r"(?<!\\)\$(.+?)(?<!\\)\$")  # as in $K_\mathrm{i}$, of which only two letters are drawn
_COMMANDS = re.compile(r"\\[a-zA-Z]+|[{}_^]")


def text_width_pt(text: str, size_pt: float) -> float:
    """Return how wide a text will be.

    Parameters
    ----------
    text : str
        One line, as given to Matplotlib.
    size_pt : float
        Font size (points).

    Returns
    -------
    float
        Width (points).
    """
    if not text.strip():
        return 0.0
    # The advance of the glyphs: their outlines would say the same, a hundred times slower.
    plain = _MATH.sub(lambda found: _COMMANDS.sub("", found[1]), text)
    shown = _UNDRAWABLE.sub("\ufffd", plain.replace("\\$", "$"))
    width, _, _ = text_to_path.get_text_width_height_descent(shown, FontProperties(size=size_pt), ismath=False)
    return float(width)


def shorten(name: object, width_pt: float, size_pt: float) -> str:
    """Return as much of a name as fits, shown as it is, but not less than six letters.

    Parameters
    ----------
    name : object
        What a user wrote.
    width_pt : float
        Room for it (points).
    size_pt : float
        Font size (points).

    Returns
    -------
    str
        The name, cut with an ellipsis where it is too long.
    """
    longest = len(str(name))
    while True:
        text = verbatim(name, longest=longest)
        ratio = text_width_pt(text, size_pt) / max(width_pt, 1.0)
        if ratio <= 1 or longest <= 6:
            return text
        longest = max(min(longest - 1, int(longest / ratio)), 6)


def verbatim(text: object, *, longest: int = _LONGEST) -> str:
    r"""Return text that Matplotlib shows as it is, on one line.

    Parameters
    ----------
    text : object
        What a user wrote.
    longest : int
        Longer text is cut and ends with an ellipsis.

    Returns
    -------
    str
        With dollar signs escaped, so that nothing is read as mathematics.

    Examples
    --------
    >>> verbatim("cost $5_a$")
    'cost \\$5_a\\$'
    """
    line = " ".join(_UNDRAWABLE.sub("\ufffd", str(text)).split())
    if len(line) > longest:
        line = line[: longest - 1].rstrip() + "…"
    return line.replace("$", r"\$")


def format_concentration(concentration_M: float) -> str:
    """Write a concentration with the unit that suits it.

    Parameters
    ----------
    concentration_M : float
        Concentration (mol/L), positive.

    Returns
    -------
    str
        Three significant digits and a unit.

    Raises
    ------
    ValueError
        If it is not a positive number.

    Examples
    --------
    >>> format_concentration(1e-5), format_concentration(3e-9), format_concentration(2.5e-4)
    ('10 µM', '3 nM', '250 µM')
    """
    if not 0 < concentration_M < np.inf:
        raise ValueError(f"concentration_M={concentration_M!r}: expected a positive number (mol/L).")
    rounded = float(f"{concentration_M:.3g}")
    for size, unit in _UNITS:
        # A hair below the unit still counts: 1e-6 may come as 9.9999e-7.
        if rounded >= size * (1 - 1e-9):
            return f"{float(f'{rounded / size:.3g}'):g} {unit}"
    return f"{rounded:g} M"


def event_label(event: Event) -> str:
    """Write an event's name and concentration.

    Parameters
    ----------
    event : Event
        The event.

    Returns
    -------
    str
        Such as ``"PRE-084 10 µM"``; the concentration is not written twice.

    Examples
    --------
    >>> event_label(Event("PRE-084", 30.0, concentration_M=1e-5))
    'PRE-084 10 µM'
    """
    if event.concentration_M is None:
        return event.name
    amount = format_concentration(event.concentration_M)
    return event.name if amount in event.name else f"{event.name} {amount}"
