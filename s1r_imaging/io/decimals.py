"""Numbers as text: which mark is the decimal mark, and which parts thousands."""

import math
import re
from collections.abc import Iterable
from typing import Literal

from s1r_imaging.io.sheets import Cell

DecimalMark = Literal[".", ","]

_SPACE_OR_QUOTE = re.compile(r"(?<=\d)[ '’](?=\d{3}(?!\d))")
_NUMERIC = re.compile(r"[+-]?[\d.,]*\d[\d.,]*(?:[eE][+-]?\d+)?")
_WITH_UNIT = re.compile(rf"({_NUMERIC.pattern})\s*(?:[munpfµ\u03bc]?M|[munp]?mol/[lL]|log\s*\[?M\]?|%)?")
_GROUPED = {mark: re.compile(rf"[+-]?[1-9]\d{{0,2}}(?:{re.escape(mark)}\d{{3}})+") for mark in ".,"}


def find_decimal_mark(cells: Iterable[Cell], *, delimiter: str = "") -> DecimalMark:
    """Find out from all numbers of a file which mark is its decimal mark.

    Parameters
    ----------
    cells : iterable of str, int, float or None
        The cells of its grids and tables.
    delimiter : str
        What parts the cells of the file.

    Returns
    -------
    str
        ``"."`` or ``","``.

    Raises
    ------
    ValueError
        If a semicolon file says neither (``1,234`` may be 1.234 or 1234), or its numbers contradict each other.

    Notes
    -----
    Where a number shows both marks, or one that does not part three digits from one to three others, it
    settles the matter for the whole file. Else a comma parts thousands, and a point is the decimal mark,
    except in files parted by semicolons, which come from places where it is often the other way round.

    Examples
    --------
    >>> find_decimal_mark(["1.234,5", "567,25"], delimiter=";")
    ','
    >>> find_decimal_mark(["12,345", "1,234", "567"])
    '.'
    """
    said: dict[DecimalMark, str] = {}
    doubtful = ""
    for text in (cell for cell in cells if isinstance(cell, str)):
        number = _leading_number(text)
        mark = None if number is None else _evidence(number)
        if number is not None and mark is not None:
            said.setdefault(mark, text)
        elif number is not None and re.search("[.,]", number):
            doubtful = doubtful or text
    if len(said) == 2:
        raise ValueError(
            f"the decimal mark is a point in {said['.']!r} and a comma in {said[',']!r}: write all numbers alike."
        )
    if said:
        return next(iter(said))
    if doubtful and delimiter == ";":
        raise ValueError(
            f"{doubtful!r} may have a decimal mark or part thousands, and no other number of the file tells: "
            "say decimal='.' or decimal=','."
        )
    return "."


def parse_number(cell: Cell, *, decimal: DecimalMark) -> float:
    """Return the number that a cell holds, or NaN where it holds none.

    Parameters
    ----------
    cell : str, int, float or None
        The cell.
    decimal : {".", ","}
        The decimal mark; the other one, a space or an apostrophe may part thousands.

    Returns
    -------
    float
        The number.

    Examples
    --------
    >>> parse_number("1.234,5", decimal=","), parse_number("12,345", decimal=".")
    (1234.5, 12345.0)
    >>> parse_number("overflow", decimal=".")
    nan
    """
    if cell is None:
        return math.nan
    if not isinstance(cell, str):
        return float(cell)
    text = _SPACE_OR_QUOTE.sub("", cell.replace("−", "-"))
    if not _NUMERIC.fullmatch(text):
        return math.nan
    other = "," if decimal == "." else "."
    whole, _, rest = text.partition(decimal)
    if other in rest or (other in whole and not _GROUPED[other].fullmatch(whole)):
        return math.nan
    try:
        return float(text.replace(other, "").replace(decimal, "."))
    except ValueError:
        return math.nan


def _leading_number(text: str) -> str | None:
    """Return the number that a cell is, alone or before a unit; a name such as "1,3-DTG" is none."""
    found = _WITH_UNIT.fullmatch(_SPACE_OR_QUOTE.sub("", text))
    return found[1] if found and re.search(r"[.,](?=\d)", found[1]) else None


def _evidence(number: str) -> DecimalMark | None:
    """Return the mark that must be the decimal one, if the number tells."""
    body = re.split("[eE]", number)[0].lstrip("+-")
    marks = [mark for mark in body if mark in ".,"]
    if len(set(marks)) == 2:
        last: DecimalMark = "," if body.rfind(",") > body.rfind(".") else "."
        return last if marks.count(last) == 1 else None
    mark: DecimalMark = "," if "," in marks else "."
    if len(marks) > 1:  # 12.03.2024 is a date; 1.234.567 parts thousands
        return ("." if mark == "," else ",") if _GROUPED[mark].fullmatch(body) else None
    return None if _GROUPED[mark].fullmatch(body) and "e" not in number.lower() else mark
