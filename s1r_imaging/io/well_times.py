"""Times in the tables of plate readers: numbers with the unit of their heading, or clock times."""

import math
import re

from s1r_imaging.io.decimals import DecimalMark, parse_number
from s1r_imaging.io.sheets import Cell
from s1r_imaging.io.units import time_factor

_TIME_WORD = re.compile(
    r"(?:elapsed |read |kinetic |assay |cycle |avg\.? |average |mean )*(?:time|zeit|temps|tiempo|tempo|t)"
    r"(?: (?:point|stamp|axis)s?)?"
)
_UNIT_ALONE = {"s", "sec", "secs", "seconds", "second", "ms", "min", "mins", "minutes", "h", "hr", "hours"}
_CLOCK = re.compile(
    r"(?:(?P<days>\d+)(?: days?,? ?|[.](?=\d+:\d+:)))?(?:(?P<hours>\d+):(?=\d+:))?"
    r"(?P<minutes>\d+):(?P<seconds>\d+(?:[.,]\d*)?)"
)
_WORDS = re.compile(
    r"(?:(?P<h>\d+) ?h)? ?(?:(?P<min>\d+) ?min)? ?(?:(?P<s>\d+(?:[.,]\d+)?) ?(?:s|sec))?", re.IGNORECASE
)
CLOCK = "clock"
"""Unit of headings such as "Time (hh:mm:ss)"."""


def time_heading(cell: Cell) -> tuple[bool, str | None]:
    """Say whether a heading is one of time, and in which unit.

    Parameters
    ----------
    cell : str, int, float or None
        The heading.

    Returns
    -------
    is_time : bool
        Whether it names time.
    unit : str or None
        Word of the unit, `CLOCK`, or None where the heading has none.

    Examples
    --------
    >>> time_heading("Time [min]"), time_heading("time_s"), time_heading("Time(hh:mm:ss)"), time_heading("A1")
    ((True, 'min'), (True, 's'), (True, 'clock'), (False, None))
    """
    words = re.sub(r"[\s_]+", " ", str(cell or "")).strip(" :#").casefold()
    if words in _UNIT_ALONE:
        return True, words
    found = re.fullmatch(r"(.*?)(?:[ ,;/]*[\[(]([^\])]*)[\])]|[ ,;/]+(?:in )?([^ ,;/]+))?", words)
    if found is None or not _TIME_WORD.fullmatch(found[1].strip(" .:,")):
        return bool(_TIME_WORD.fullmatch(words)), None
    unit = (found[2] or found[3] or "").strip(" .")
    if re.fullmatch(r"(?:d+[.:])?h+:m+(?::s+.*)?|m+:s+.*", unit):
        return True, CLOCK
    return True, unit if time_factor(unit) is not None else None


def parse_time(cell: Cell, *, unit: str | None, decimal: DecimalMark) -> float:
    """Return the time in a cell in seconds, or NaN where it holds none that is understood.

    Parameters
    ----------
    cell : str, int, float or None
        A number, a number with its unit, or a clock time (``m:ss``, ``h:mm:ss``, ``d.hh:mm:ss``).
    unit : str or None
        Unit of plain numbers; they are no times without it.
    decimal : {".", ","}
        Decimal mark.

    Returns
    -------
    float
        Seconds.

    Examples
    --------
    >>> parse_time("00:01:30", unit=None, decimal="."), parse_time("2,5", unit="min", decimal=",")
    (90.0, 150.0)
    >>> parse_time("1 h 2 min 3 s", unit=None, decimal="."), parse_time(12, unit=None, decimal=".")
    (3723.0, nan)
    """
    if cell is None:
        return math.nan
    if isinstance(cell, str):
        spoken = _spoken_time(cell.strip(), decimal)
        if not math.isnan(spoken):
            return spoken
    number = parse_number(cell, decimal=decimal)
    factor = time_factor(unit) if unit is not None and unit != CLOCK else None
    return math.nan if factor is None else _round(number * factor)


def _spoken_time(text: str, decimal: DecimalMark) -> float:
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        parts = [float((clock[name] or "0").replace(",", ".")) for name in ("days", "hours", "minutes", "seconds")]
        return _round(86400 * parts[0] + 3600 * parts[1] + 60 * parts[2] + parts[3])
    words = _WORDS.fullmatch(text) if re.search(r"\d ?[hms]", text) else None
    if words is not None and sum(words[name] is not None for name in ("h", "min", "s")) > 1:
        hours, minutes, seconds = (float((words[name] or "0").replace(",", ".")) for name in ("h", "min", "s"))
        return _round(3600 * hours + 60 * minutes + seconds)
    single = re.fullmatch(r"(\S*\d)\s*([^\d\s.,]+)", text)
    factor = time_factor(single[2]) if single else None
    return (
        math.nan if single is None or factor is None else _round(parse_number(single[1], decimal=decimal) * factor)
    )


def _round(seconds: float) -> float:
    return float(f"{seconds:.12g}") if math.isfinite(seconds) else seconds  # 0.1 min is 6 s, not 6.000000000000001
