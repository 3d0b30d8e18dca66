"""A plain table of what a radioligand binds, over its concentration or over time, as people copy it.

As one row per well, or as GraphPad Prism lays it out: concentrations or times on the left, then replicates.
"""

import math
import os
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from s1r_imaging.binding.radioligand_headings import Heading, read_heading
from s1r_imaging.binding.roles import EMPTY, parse_role
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.concentrations import to_molar
from s1r_imaging.io.decimals import DecimalMark, find_decimal_mark, parse_number
from s1r_imaging.io.sheets import Cell, Row, read_sheets

_MOST_PROBLEMS = 6


@dataclass(frozen=True, eq=False)
class RadioligandTable:
    """Wells as `fit_saturation`, `fit_association` and `fit_dissociation` take them.

    Attributes
    ----------
    wells : DataFrame
        ``role, concentration_M, signal``; and ``time_min`` where there are times, without the concentration where
        none is given.
    left_out : tuple of str
        Headings of columns that were not used.
    unit : str
        Unit of the signal where a heading names it, such as cpm; else empty.
    """

    wells: pd.DataFrame
    left_out: tuple[str, ...]
    unit: str


@dataclass
class _Columns:
    """Which column of the table holds what."""

    known: dict[str, tuple[int, Heading]] = field(default_factory=dict)
    signals: dict[int, Heading] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def read_radioligand_table(
    source: str | os.PathLike[str] | pd.DataFrame, *, decimal: DecimalMark | None = None
) -> RadioligandTable:
    """Read binding of a radioligand over concentration or time from a table.

    Parameters
    ----------
    source : path or DataFrame
        CSV, TSV, text, ``.xlsx``, or a DataFrame. One row per well: ``concentration (nM)`` or ``time (min)`` or
        both, ``role`` (total, nonspecific, blank), and a signal (``cpm``, ``bound``). Or one row per concentration
        or time and columns of replicates: ``Total 1``, ``NSB 1``; over time also one column for each
        concentration (``3 nM``, ``3 nM NSB``). Columns without a heading are further replicates of the column
        before them, as GraphPad Prism has it. Columns of specific binding, SD, SEM or n are left out.
    decimal : {".", ","}, optional
        Decimal mark; found out when not given.

    Returns
    -------
    RadioligandTable
        Wells of which nothing says what they are count as total.

    Raises
    ------
    S1RImagingError
        If a file cannot be used.
    ValueError
        If a DataFrame cannot be used.

    Examples
    --------
    >>> table = pd.DataFrame({"Ligand (nM)": [1, 10], "Total": [120, 410], "NSB": [20, 210]})
    >>> read_radioligand_table(table).wells.to_numpy().tolist()[:2]
    [['total', 1e-09, 120.0], ['nonspecific', 1e-09, 20.0]]
    """
    fault: type[Exception] = ValueError if isinstance(source, pd.DataFrame) else S1RImagingError
    name = "the table" if isinstance(source, pd.DataFrame) else str(source)
    for sheet in read_sheets(source):
        for start, headings in enumerate(sheet.rows):
            body = [row for row in sheet.rows[start + 1 :] if any(cell is not None for cell in row)]
            try:
                columns = _columns(headings, max(map(len, body), default=0))
                if columns is None:
                    continue
                cells = (cell for row in body for cell in row)
                return _table(columns, body, decimal or find_decimal_mark(cells, delimiter=sheet.delimiter))
            except ValueError as error:
                raise fault(f"{name}: {error}") from error
    raise fault(
        f"{name} holds no binding of a radioligand: expected a column such as 'concentration (nM)' or "
        "'time (min)', and columns such as 'total' and 'nonspecific', or 'role' and 'cpm'."
    )


def _columns(headings: Row, width: int) -> _Columns | None:
    found = _Columns()
    for place in range(max(width, len(headings))):
        text = _at(headings, place)
        if text is None:  # without a heading: one more of the column before it
            if place - 1 in found.signals:
                found.signals[place] = found.signals[place - 1]
        elif not isinstance(text, str):
            return None
        else:
            _sort(found, place, text)
    if not {"concentration", "time"} & set(found.known) or not found.signals:
        return None
    _choose(found)
    return found


def _sort(found: _Columns, place: int, text: str) -> None:
    heading = read_heading(text, is_first=place == 0)
    if heading.kind == "signal":
        found.signals[place] = heading
    elif heading.kind and heading.kind not in found.known:
        found.known[heading.kind] = place, heading
    else:
        found.left_out.append(text)


def _choose(found: _Columns) -> None:
    """Keep the columns of signals that go together: with a role; where none is total, those called alike too."""
    headings = list(found.signals.values())
    told = [item for item in headings if item.role or ("time" in found.known and item.molar is not None)]
    kept = [] if "role" in found.known else told
    if all(item.role in {"nonspecific", "blank"} for item in kept):
        rest = [item for item in headings if item not in kept]
        kept = kept + [item for item in rest if item.stem == rest[0].stem]
    found.left_out.extend(dict.fromkeys(item.text for item in headings if item not in kept))
    found.signals = {place: item for place, item in found.signals.items() if item in kept}


def _table(columns: _Columns, body: list[Row], decimal: DecimalMark) -> RadioligandTable:
    problems: dict[str, list[int]] = {}
    wells: list[dict[str, Any]] = []
    for number, row in enumerate(body, start=1):
        own = _described(columns, row, decimal, number, problems)
        for place, heading in columns.signals.items():
            cell = _at(row, place)
            value = parse_number(cell, decimal=decimal)
            if cell is not None and math.isnan(value):
                problems.setdefault(f"{cell!r}, which is no number", []).append(number)
            if cell is not None and own["role"] != EMPTY:
                wells.append(own | _own(heading, with_time="time" in columns.known) | {"signal": value})
    if problems:
        raise ValueError(f"it has {_listed(problems)}.")
    table = pd.DataFrame(wells, columns=["time_min", "role", "concentration_M", "signal", "experiment"])
    experiments = table["experiment"].unique()
    if len(experiments) > 1:
        raise ValueError(f"it holds {len(experiments)} experiments: give each on its own.")
    table = table.drop(columns="experiment")
    if "time" not in columns.known:
        table = table.drop(columns="time_min")
    elif table["concentration_M"].isna().all():
        table = table.drop(columns="concentration_M")
    unit = next((heading.unit for heading in columns.signals.values() if heading.unit), "")
    return RadioligandTable(table, tuple(columns.left_out), unit)


def _described(
    columns: _Columns, row: Row, decimal: DecimalMark, number: int, problems: dict[str, list[int]]
) -> dict[str, Any]:
    found: dict[str, Any] = {"role": "total", "experiment": "", "time_min": math.nan, "concentration_M": math.nan}
    for kind, (place, heading) in columns.known.items():
        cell, problem = _at(row, place), ""
        if kind == "concentration":
            found["concentration_M"], problem = to_molar(cell, unit=heading.concentration_unit, decimal=decimal)
            problem = problem and f"a concentration that {problem}"
        elif kind == "time":
            found["time_min"] = parse_number(cell, decimal=decimal) * heading.minutes
            problem = "a time that is no number" if math.isnan(found["time_min"]) and cell is not None else ""
        elif kind == "role" and cell is not None:
            role = parse_role(cell)
            problem = "" if role else f"the unknown role {cell!r}"
            found["role"] = role or EMPTY
        elif kind == "experiment":
            found["experiment"] = "" if cell is None else str(cell)
        if problem:
            problems.setdefault(problem, []).append(number)
    return found


def _own(heading: Heading, *, with_time: bool) -> dict[str, Any]:
    """Return what the heading of a column says of its wells."""
    own: dict[str, Any] = {"role": heading.role} if heading.role else {}
    return own | ({"concentration_M": heading.molar} if with_time and heading.molar is not None else {})


def _listed(problems: dict[str, list[int]]) -> str:
    """Name each problem once, with its rows."""
    said = []
    for problem, rows in list(problems.items())[:_MOST_PROBLEMS]:
        first = ", ".join(map(str, rows[:_MOST_PROBLEMS]))
        more = f" and {len(rows) - _MOST_PROBLEMS} more" if len(rows) > _MOST_PROBLEMS else ""
        said.append(f"{problem} (row{'s' if len(rows) > 1 else ''} {first}{more})")
    rest = len(problems) - len(said)
    return "; ".join(said) + (f"; and {rest} more" if rest else "")


def _at(row: Row, place: int) -> Cell:
    return row[place] if place < len(row) else None
