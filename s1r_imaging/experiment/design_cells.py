"""Cells of a design table: from what was typed to text without surprises, mol/L, seconds and micrometres."""

import math
import re
from collections.abc import Callable
from typing import Any

import pandas as pd

from s1r_imaging.experiment.design_columns import Heading, Kind
from s1r_imaging.experiment.roles import ROLES, role_words
from s1r_imaging.io.concentrations import to_molar
from s1r_imaging.io.decimals import DecimalMark, parse_number
from s1r_imaging.io.events import format_events, parse_events
from s1r_imaging.io.grids import well_name
from s1r_imaging.io.units import time_factor, to_micrometres
from s1r_imaging.recording import Event

# Tabs, line breaks, other control characters and no-break spaces, which files do not carry unharmed.
_SPACES = re.compile("[\x00-\x1f\x7f-\xa0\u2028\u2029\u202f]")
_MIDNIGHT = re.compile(r"^(\d{4}-\d\d-\d\d)[ T]00:00:00$")
_NOT_GIVEN = {"none", "n/a", "nil", "no", "-", "–", "—"}
_NUMERIC_BLANKS = {"-", "–", "—", "na", "n/a", "none"}
_UNITS: dict[str, Callable[[str], float | None]] = {
    "seconds": time_factor,
    "micrometres": lambda unit: to_micrometres(1, unit),
}
_UNIT_EXAMPLE = {"seconds": "s, ms or min", "micrometres": "µm or nm"}


def read_cell(heading: Heading, cell: Any, *, decimal: DecimalMark) -> tuple[Any, str]:
    """Return the value that a cell holds, and what is wrong with it.

    Parameters
    ----------
    heading : Heading
        What its column means.
    cell : object
        Text, a number, or a list of events.
    decimal : {".", ","}
        Decimal mark of numbers that are text.

    Returns
    -------
    value : object
        Text; float; None where the cell is blank or wrong.
    problem : str
        Part of a sentence; empty where nothing is wrong.

    Examples
    --------
    >>> read_cell(Heading("agonist_M"), "10 µM", decimal=".")
    (1e-05, '')
    >>> read_cell(Heading("well"), "a01", decimal=".")
    ('A1', '')
    """
    if is_blank(cell):
        return None, ""
    if heading.kind == "molar":
        return _molar(cell, heading, decimal)
    if heading.kind in _UNITS:
        return _measured(cell, heading, decimal)
    reader = _READERS.get(heading.kind)
    return (one_line(cell), "") if reader is None else reader(cell)


def is_blank(cell: Any) -> bool:
    """Whether a cell holds nothing: None, NaN, no text, or the "NaN" that tables on disk have for it.

    >>> is_blank(" "), is_blank(float("nan")), is_blank(0)
    (True, True, False)
    """
    if isinstance(cell, list | tuple):
        return not cell
    if cell is None or cell is pd.NaT or cell is pd.NA or (isinstance(cell, float) and math.isnan(cell)):
        return True
    if not isinstance(cell, str) or (cell[:1].isalnum() and cell[0] not in "Nn"):  # most are settled at a glance
        return False
    return one_line(cell) in {"", "NaN", "nan"}


def one_line(cell: Any) -> str:
    r"""Return a cell as one line of text: 1.0 is 1, midnight is left out of dates.

    >>> one_line(1.0), one_line("2024-03-01 00:00:00"), one_line("a\nb"), one_line(True)
    ('1', '2024-03-01', 'a b', 'True')
    """
    if hasattr(cell, "item") and not isinstance(cell, str):
        cell = cell.item()
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return _MIDNIGHT.sub(r"\1", _SPACES.sub(" ", str(cell)).strip())


def _molar(cell: Any, heading: Heading, decimal: DecimalMark) -> tuple[float | None, str]:
    if isinstance(cell, str) and one_line(cell).casefold() in _NUMERIC_BLANKS:
        return None, ""
    shown = one_line(cell)
    if isinstance(cell, bool | list | dict):
        return None, f"{shown!r} is no concentration"
    value, problem = to_molar(
        one_line(cell) if isinstance(cell, str) else cell, unit=heading.molar, decimal=decimal
    )
    if not problem and not math.isnan(value):
        return (value, "") if math.isfinite(value) else (None, f"{shown!r} is no concentration")
    if problem == "has no unit":
        problem = "has no unit: write 10 µM, or name the column with its unit, such as agonist_uM"
    return None, f"{shown!r} {problem}" if problem else ""


def _measured(cell: Any, heading: Heading, decimal: DecimalMark) -> tuple[float | None, str]:
    """Read a time or a length: a number in the heading's unit, or one with a unit of its own."""
    text = one_line(cell)
    if text.casefold() in _NUMERIC_BLANKS:
        return None, ""
    found = re.fullmatch(r"([+\-−]?[\d.,]+(?:[eE][+-]?\d+)?)\s*(.*)", text)
    number = parse_number(found[1], decimal=decimal if isinstance(cell, str) else ".") if found else math.nan
    unit = found[2] if found else ""
    if not math.isfinite(number):
        return None, f"{text!r} is no number"
    own = _UNITS[heading.kind](unit) if unit else None
    if unit and own is None:
        return None, f"{text!r} has a unit that is not known: expected {_UNIT_EXAMPLE[heading.kind]}"
    if own is not None and heading.factor is not None and not math.isclose(own, heading.factor):
        return None, f"{text!r} has another unit than its heading"
    factor = heading.factor if own is None else own
    if factor is None:
        return None, f"{text!r} has no unit: expected {_UNIT_EXAMPLE[heading.kind]} in the cell or in the heading"
    value = number if factor == 1 else float(f"{number * factor:.12g}")
    is_a_size = heading.column in {"frame_interval_s", "pixel_size_um"}
    return (None, f"{text!r} is not more than 0") if is_a_size and value <= 0 else (value, "")


def _compound(cell: Any) -> tuple[str | None, str]:
    text = one_line(cell)
    return (None if text.casefold() in _NOT_GIVEN else text), ""


def _well(cell: Any) -> tuple[str | None, str]:
    well = well_name(one_line(cell))
    return well, "" if well else f"{one_line(cell)!r} is no well: expected A1 to P24"


def _channel(cell: Any) -> tuple[int | str | None, str]:
    text = one_line(cell)
    return (int(text) if re.fullmatch(r"\d{1,4}", text) else text), ""


def _events(cell: Any) -> tuple[str | None, str]:
    try:
        events = parse_events(str(cell)) if isinstance(cell, str) else _listed_events(cell)
    except (TypeError, ValueError) as error:
        return None, str(error).rstrip(".")
    tidy = [Event(one_line(event.name), event.start_s, event.end_s, event.concentration_M) for event in events]
    return format_events(tidy) or None, ""


def _listed_events(cell: Any) -> tuple[Event, ...]:
    """Read events of a TOML file: a list of texts, or of tables as a run's file has them."""
    if not isinstance(cell, list | tuple):
        raise TypeError(f'{cell!r} is no event: expected text such as "PRE-084:10uM@30; KCl@200"')
    if all(isinstance(item, dict) for item in cell):
        return parse_events(format_events(Event(**item) for item in cell))
    return parse_events("; ".join(str(item) for item in cell))


_READERS: dict[Kind, Callable[[Any], tuple[Any, str]]] = {
    "compound": _compound,
    "well": _well,
    "channel": _channel,
    "events": _events,
}

KNOWN_ROLES = ", ".join(role_words(role) for role in ROLES)
"""The roles, as they stand in a message."""
