"""A plain table of concentrations and responses, as it is copied from a spreadsheet, as responses and a design."""

import math
import os
import re
from dataclasses import dataclass
from typing import Any

import pandas as pd

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.experiment.design_columns import Heading, read_heading
from s1r_imaging.experiment.dose_groups import ResponseColumn, is_spread, response_columns
from s1r_imaging.experiment.roles import parse_role
from s1r_imaging.io.concentrations import (
    ConcentrationUnit,
    concentration_words,
    parse_unit,
    to_molar,
    unit_in_heading,
)
from s1r_imaging.io.decimals import DecimalMark, find_decimal_mark, parse_number
from s1r_imaging.io.sheets import Cell, Row, read_sheets

MEASURE = "response"
"""Column of the responses."""

_DOSE = re.compile(
    r"(?:[-−]?log ?(?:10)? ?)?(?:(?:compound|drug|ligand|agonist) ?)?(?:concentrations?|conc|doses?|molar|x)\b.*"
)
_RESPONSE = re.compile(
    r"(?:mean |peak )?(?:responses?|signal|values?|amplitude|effect|y|peak|Δf/f0|df/f0?|peak dff)\b.*"
)
_UNIT = re.compile(r"[\s_,;/]*[\[(]?\s*[pnuµμm]?M\s*[\])]?\s*$")
_AMOUNT = re.compile(r"(?:^|\s)\d[\d.,]*\s?[pnuµμm]?M\b")  # of one compound in a whole column
_COMPOUND = re.compile(r"(?:test )?(?:compound|drug|ligand|substance)s?(?: name)?")
_NUMERIC = re.compile(r"[-+−\d.,eE ]+%?")
_USED = ("role", "replicate", "agonist", "agonist_M", "antagonist", "antagonist_M")
_MOST_PROBLEMS = 8


@dataclass(frozen=True, eq=False)
class DoseTable:
    """Responses and the design they belong to, as `fit_concentration_response` and `fit_schild` take them.

    Attributes
    ----------
    responses : DataFrame
        Columns ``recording`` and ``response``; each response counts as a recording of its own.
    design : DataFrame
        ``recording, condition, role, replicate, agonist, agonist_M, antagonist, antagonist_M``.
    """

    responses: pd.DataFrame
    design: pd.DataFrame


@dataclass(frozen=True)
class _Columns:
    """Which column of the table holds what."""

    known: dict[str, int]
    units: dict[str, ConcentrationUnit | None]
    responses: dict[int, str]  # of each column of responses, its heading
    agonist: str = "agonist"  # where no column names it


def read_dose_table(
    source: str | os.PathLike[str] | pd.DataFrame, *, decimal: DecimalMark | None = None
) -> DoseTable:
    """Read concentrations and responses from a table.

    Parameters
    ----------
    source : path or DataFrame
        CSV, TSV, text, ``.xlsx``, or a DataFrame. One row per response: a column for the concentration, with its
        unit (``concentration (nM)``, ``agonist_uM``, ``log M``; a first column ``PRE-084 (nM)`` names the compound
        too), one called response, and, where there are any, ``replicate``, ``agonist`` or ``compound``,
        ``antagonist`` with ``antagonist_nM``, and ``role``. Or one row per concentration with columns of
        responses: for each replicate, for each compound (its name as the heading), or for each concentration of
        an antagonist (``NE-100 10 nM``, and the control); columns without a heading are further replicates of
        the column before them, as GraphPad Prism has it. Columns of
        SD, SEM or n are left out.
    decimal : {".", ","}, optional
        Decimal mark; found out when not given.

    Returns
    -------
    DoseTable
        Without roles, they follow from the concentrations: agonist, antagonist with agonist, and vehicle where
        both are 0. Without replicates, responses to the same are counted in their order.

    Raises
    ------
    S1RImagingError
        If a file cannot be used.
    ValueError
        If a DataFrame cannot be used.

    Examples
    --------
    >>> table = pd.DataFrame({"concentration (nM)": [0, 10, 100], "response": [0.1, 0.4, 0.9]})
    >>> read_dose_table(table).design[["role", "agonist_M", "replicate"]].to_numpy().tolist()
    [['vehicle', 0.0, '1'], ['agonist', 1e-08, '1'], ['agonist', 1e-07, '1']]
    """
    fault: type[Exception] = ValueError if isinstance(source, pd.DataFrame) else S1RImagingError
    name = "the table" if isinstance(source, pd.DataFrame) else str(source)
    sheets = read_sheets(source)
    for sheet in sheets:
        for start, heading in enumerate(sheet.rows):
            body = [row for row in sheet.rows[start + 1 :] if any(cell is not None for cell in row)]
            columns = _columns(heading, body)
            if columns is None:
                continue
            try:
                mark = decimal or find_decimal_mark(
                    (cell for row in body for cell in row), delimiter=sheet.delimiter
                )
                return _table(columns, body, mark)
            except ValueError as error:
                raise fault(f"{name}: {error}") from error
    raise fault(
        f"{name} holds no concentrations with responses: expected a column such as 'concentration (nM)', with its "
        "unit, and one called 'response', or one for each replicate."
    )


def _columns(heading: Row, body: list[Row]) -> _Columns | None:
    known: dict[str, int] = {}
    units: dict[str, ConcentrationUnit | None] = {}
    rest: dict[int, str] = {}
    width = max(map(len, (heading, *body)), default=0)
    for place in range(width):
        cell = _at(heading, place)
        if not isinstance(cell, str):
            if cell is not None or place - 1 in rest:  # without a heading: one more of the column before it
                rest[place] = "" if cell is None else f"{cell:g}"
            continue
        found = _heading(cell)
        if found is not None and found.column not in known:
            known[found.column], units[found.column] = place, found.molar
        elif found is None and not is_spread(cell):
            rest[place] = cell
    agonist = ""
    if not {"agonist_M", "antagonist_M"} & set(known):  # the first column may be named after the compound
        agonist = _compound_of(rest.pop(0, ""))
        known, units = known | {"agonist_M": 0}, units | {"agonist_M": unit_in_heading(str(_at(heading, 0)))}
        if not agonist:
            return None
    if not body:
        return None
    named = {place: words for place, words in rest.items() if _RESPONSE.fullmatch(_plain(words))}
    others = {place: words for place, words in rest.items() if _holds_numbers(body, place)}
    others = others if any(others.values()) else {}
    if "replicate" in known:  # each row is one replicate
        others = named or others
        others = dict([next(iter(others.items()))]) if others else {}
    else:
        others = named if len(named) == 1 and len(others) == 1 else (others or named)
    return _Columns(known, units, others, agonist or "agonist") if others else None


def _compound_of(heading: str) -> str:
    """Return the compound whose concentrations a column holds: ``PRE-084 (nM)``; nothing where it says no unit."""
    if unit_in_heading(heading) is None or _AMOUNT.search(heading):
        return ""
    return re.sub(r"^[-−]?\s*log(?:10|₁₀)?\b", "", _UNIT.sub("", heading), flags=re.IGNORECASE).strip(" _[]")


def _heading(text: str) -> Heading | None:
    plain = _plain(text)
    found = read_heading(text)
    if found is not None:
        return found if found.column in _USED else None if _RESPONSE.fullmatch(plain) else found
    if _COMPOUND.fullmatch(plain):
        return Heading("agonist")
    is_dose = _DOSE.fullmatch(plain) is not None or parse_unit(text) is not None
    return Heading("agonist_M", molar=unit_in_heading(text)) if is_dose else None


def _holds_numbers(body: list[Row], place: int) -> bool:
    cells = [row[place] for row in body if place < len(row) and row[place] is not None]
    return bool(cells) and all(not isinstance(cell, str) or _NUMERIC.fullmatch(cell) for cell in cells)


def _table(columns: _Columns, body: list[Row], decimal: DecimalMark) -> DoseTable:
    problems: list[tuple[str, int]] = []
    several = len(columns.responses) > 1
    meanings = response_columns(columns.responses) if several else {}
    rows: list[dict[str, Any]] = []
    for number, row in enumerate(body, start=1):
        described = _describe(columns, row, decimal, number, problems)
        for place in columns.responses:
            cell = _at(row, place)
            number_text = cell.strip().removesuffix("%") if isinstance(cell, str) else cell
            value = parse_number(number_text, decimal=decimal)
            if cell is not None and math.isnan(value):
                problems.append((f"the response {cell!r}, which is no number", number))
            if cell is not None:
                own = _of_column(described, meanings[place]) if several else described
                rows.append(own | {MEASURE: value})
    if problems:
        raise ValueError(f"{_listed(problems)}.")
    table = pd.DataFrame(rows)
    if "replicate" not in table:
        same = table.groupby(["condition", "agonist", "antagonist"], sort=False)
        table["replicate"] = (same.cumcount() + 1).map(str)
    table["recording"] = [f"row {number}" for number in range(1, len(table) + 1)]
    order = ["recording", "condition", "role", "replicate", "agonist", "agonist_M", "antagonist", "antagonist_M"]
    return DoseTable(table[["recording", MEASURE]], table[order])


def _describe(
    columns: _Columns, row: Row, decimal: DecimalMark, number: int, problems: list[tuple[str, int]]
) -> dict[str, Any]:
    doses: dict[str, float] = {}
    for name in ("agonist_M", "antagonist_M"):
        if name in columns.known:
            molar, problem = to_molar(_at(row, columns.known[name]), unit=columns.units[name], decimal=decimal)
            doses[name] = 0.0 if math.isnan(molar) and not problem else molar
            if problem:
                problems.append((f"a concentration that {problem}", number))
    words = {name: _word(row, columns.known.get(name)) for name in ("agonist", "antagonist", "role", "replicate")}
    role = parse_role(words["role"]) if words["role"] else _role(doses)
    if role is None:
        problems.append((f"the unknown role {words['role']!r}", number))
    found: dict[str, Any] = {
        "condition": _condition(doses),
        "role": role,
        "agonist": words["agonist"] or columns.agonist,
        "agonist_M": doses.get("agonist_M", math.nan),
        "antagonist": words["antagonist"] or "antagonist",
        "antagonist_M": doses.get("antagonist_M", 0.0),
    }
    return found | ({"replicate": words["replicate"] or "no name"} if "replicate" in columns.known else {})


def _of_column(described: dict[str, Any], column: ResponseColumn) -> dict[str, Any]:
    """Return a row as it is for one of several columns of responses."""
    found = described | {"replicate": column.replicate}
    if column.compound:
        named = "antagonist" if math.isnan(described["agonist_M"]) else "agonist"
        return found | {named: column.compound}
    if column.antagonist_M is None:
        return found
    doses = {"agonist_M": described["agonist_M"], "antagonist_M": column.antagonist_M}
    name = column.antagonist or described["antagonist"]
    return found | doses | {"antagonist": name, "role": _role(doses), "condition": _condition(doses)}


def _condition(doses: dict[str, float]) -> str:
    amounts = [
        f"{name.removesuffix('_M')} {concentration_words(dose)}" for name, dose in doses.items() if dose > 0
    ]
    return " + ".join(amounts) or "vehicle"


def _listed(problems: list[tuple[str, int]]) -> str:
    """Name each problem once, with its rows."""
    rows: dict[str, list[int]] = {}
    for problem, number in problems:
        rows.setdefault(problem, []).append(number)
    said = []
    for problem, numbers in rows.items():
        first = ", ".join(map(str, numbers[:_MOST_PROBLEMS]))
        more = f" and {len(numbers) - _MOST_PROBLEMS} more" if len(numbers) > _MOST_PROBLEMS else ""
        said.append(f"{problem} (row{'s' if len(numbers) > 1 else ''} {first}{more})")
    more = f"; and {len(said) - _MOST_PROBLEMS} more" if len(said) > _MOST_PROBLEMS else ""
    return f"it has {'; '.join(said[:_MOST_PROBLEMS])}{more}"


def _role(doses: dict[str, float]) -> str:
    """Return the role that follows from the concentrations; without the agonist's, it is in every well."""
    agonist, antagonist = doses.get("agonist_M", 1.0) > 0, doses.get("antagonist_M", 0.0) > 0
    if agonist:
        return "antagonist_agonist" if antagonist else "agonist"
    return "antagonist" if antagonist else "vehicle"


def _word(row: Row, place: int | None) -> str:
    cell = None if place is None else _at(row, place)
    return "" if cell is None else str(cell)


def _at(row: Row, place: int) -> Cell:
    return row[place] if place < len(row) else None


def _plain(text: str) -> str:
    return re.sub(r"[\s_]+", " ", text.strip().casefold()).strip(" :#")
