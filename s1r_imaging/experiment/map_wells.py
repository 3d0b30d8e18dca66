"""Wells and their properties in plate maps: runs of wells, tables with a row per well, and grids."""

import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.concentrations import ConcentrationUnit, parse_unit, to_molar, unit_in_heading
from s1r_imaging.io.decimals import DecimalMark, find_decimal_mark, parse_number
from s1r_imaging.io.grids import ROW_LETTERS, PlateGrid, well_name
from s1r_imaging.io.plates import PlateTable, read_plate_file
from s1r_imaging.io.sheets import Cell, Sheet, read_sheets

_WORDS = {
    "role": {"role", "roles", "type", "well type", "well role", "sample type", "content type"},
    "contents": {"contents", "content", "sample", "sample name", "name", "treatment"},
    "condition": {"condition", "conditions", "group", "groups"},
    "agonist": {"agonist", "compound", "compounds", "drug", "ligand", "substance", "test compound",
                "compound name"},
    "antagonist": {"antagonist", "blocker", "inhibitor", "antagonist name"},
    "replicate": {"replicate", "replicates", "rep", "biological replicate"},
    "plate": {"plate", "plate id", "plate name", "barcode", "plate barcode"},
    "unit": {"unit", "units", "concentration unit", "concentration units", "conc unit", "conc units"},
    "well": {"well", "wells", "well id", "well name", "position", "pos", "well position", "row", "column", "col",
             "start", "end", "first", "last", "start column", "end column", "well row", "well column"},
}  # fmt: skip
_DOSE = re.compile(
    r"(?:log ?(?:10)? ?)?(?:(?P<whose>agonist|antagonist|blocker|inhibitor|compound|drug|ligand)s? ?)?"
    r"(?:concentrations?|conc|doses?|molar|m)?(?: (?:of )?(?P<of>agonist|antagonist))?"
)
_START, _END = (
    {"start", "first", "start column", "from", "first column"},
    {"end", "last", "end column", "to", "last column"},
)


@dataclass(frozen=True)
class MapWells:
    """Wells of a plate map.

    Attributes
    ----------
    plates : tuple of str
        Plate of each well; empty where the map says none.
    wells : tuple of str
        Names ("A1").
    rows : tuple of dict
        Property to value: text, and mol/L for ``agonist_M`` and ``antagonist_M``.
    problems : tuple of str
        Parts of sentences.
    """

    plates: tuple[str, ...]
    wells: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    problems: tuple[str, ...]

    def of_plate(self, plate: str) -> "MapWells":
        """Return the wells of one plate."""
        kept = [place for place, name in enumerate(self.plates) if name == plate]
        return MapWells(
            tuple(self.plates[place] for place in kept),
            tuple(self.wells[place] for place in kept),
            tuple(self.rows[place] for place in kept),
            self.problems,
        )


_Line = tuple[str, str, dict[str, Cell]]  # plate, well, heading to cell


def read_map_wells(path: str | os.PathLike[str] | pd.DataFrame, *, decimal: DecimalMark | None) -> MapWells:
    """Read what a map says of each well.

    Parameters
    ----------
    path : path or DataFrame
        The map.
    decimal : {".", ","} or None
        Decimal mark; found out when not given.

    Returns
    -------
    MapWells
        Wells with their properties, and what is wrong.

    Raises
    ------
    S1RImagingError
        If a file cannot be read or holds no map.
    ValueError
        If a DataFrame holds none.
    """
    problems: list[str] = []
    sheets = read_sheets(path)
    lines = [line for sheet in sheets for line in _runs(sheet, problems)]
    if lines:
        mark = decimal or _mark(path, sheets)
    else:
        file = read_plate_file(path, is_header=lambda word: property_of(word) is not None, decimal=decimal)
        mark = file.decimal
        tables = [block for block in file.blocks if isinstance(block, PlateTable)]
        grids = [block for block in file.blocks if isinstance(block, PlateGrid)]
        lines = [line for table in tables for line in _table_lines(table, problems)] + _grid_lines(grids, problems)
    merged: dict[tuple[str, str], dict[str, Any]] = {}
    for plate, well, cells in lines:
        if (plate, well) in merged:
            problems.append(f"well {well} stands in it twice")
            continue
        merged[plate, well] = _properties(well, cells, mark, problems)
    return MapWells(
        tuple(plate for plate, _ in merged),
        tuple(well for _, well in merged),
        tuple(merged.values()),
        tuple(problems),
    )


def property_of(heading: str) -> str | None:
    """Return the property that a heading names, or None.

    >>> property_of("Contents"), property_of("Concentration (nM)"), property_of("antagonist_M")
    ('contents', 'agonist_M', 'antagonist_M')
    """
    plain = _plain(heading)
    for name, words in _WORDS.items():
        if plain in words:
            return name
    bare = _plain(
        re.sub(r"[\s_,;/]*[\[(][^\])]*[\])]|[\s_,;/]+(?:in )?(?:log ?)?[munpfµμ]?[mM](?:ol/[lL])?$", "", heading)
    )
    found = _DOSE.fullmatch(bare)
    says_dose = re.search(r"conc|dose", bare) or unit_in_heading(heading) is not None
    if found is None or not says_dose:
        return None
    whose = found["whose"] or found["of"] or "agonist"
    return "antagonist_M" if whose in {"antagonist", "blocker", "inhibitor"} else "agonist_M"


def _plain(cell: Any) -> str:
    return re.sub(r"[\s_]+", " ", str(cell if cell is not None else "")).strip(" :.#").casefold()


def _mark(path: str | os.PathLike[str] | pd.DataFrame, sheets: Sequence[Sheet]) -> DecimalMark:
    try:
        return find_decimal_mark(
            (cell for sheet in sheets for row in sheet.rows for cell in row), delimiter=sheets[0].delimiter
        )
    except ValueError as error:
        if isinstance(path, pd.DataFrame):
            raise
        raise S1RImagingError(f"{Path(path)}: {error}") from error


def _runs(sheet: Sheet, problems: list[str]) -> Iterator[_Line]:
    """Return the wells of lines that name a row and its first and last column."""
    for start, heading in enumerate(sheet.rows):
        words = [_plain(cell) for cell in heading]
        places = [
            next((at for at, word in enumerate(words) if word in known), None)
            for known in ({"row", "rows"}, _START, _END)
        ]
        row_at, first_at, last_at = places
        if row_at is None or first_at is None or last_at is None:
            continue
        for row in sheet.rows[start + 1 :]:
            if not any(cell is not None for cell in row):
                continue
            full = (*row, *([None] * len(heading)))[: len(heading)]
            letter, columns = str(full[row_at] or "").upper(), _columns(full[first_at], full[last_at])
            if letter not in list(ROW_LETTERS) or not columns:
                problems.append(
                    f"no run of wells is named in {' '.join(str(x) for x in row if x is not None)[:40]!r}"
                )
                continue
            cells = {str(name): cell for name, cell in zip(heading, full, strict=True) if name is not None}
            for column in columns:
                yield _plate_of(cells), f"{letter}{column}", cells
        return


def _columns(first: Cell, last: Cell) -> range:
    numbers = [parse_number(cell, decimal=".") for cell in (first, last)]
    if any(math.isnan(number) or not 1 <= number <= 24 or number % 1 for number in numbers):
        return range(0)
    return range(int(numbers[0]), int(numbers[1]) + 1)


def _plate_of(cells: Mapping[str, Cell]) -> str:
    return next(
        (str(cell) for name, cell in cells.items() if property_of(name) == "plate" and cell is not None), ""
    )


def _table_lines(table: PlateTable, problems: list[str]) -> Iterator[_Line]:
    for well, row in zip(table.wells, table.rows, strict=True):
        if not well:
            problems.append(f"no well is named in {' '.join(str(x) for x in row if x is not None)[:40]!r}")
            continue
        cells = {name: cell for name, cell in zip(table.columns, row, strict=True) if name}
        yield _plate_of(cells), str(well_name(well)), cells


def _grid_lines(grids: Iterable[PlateGrid], problems: list[str]) -> list[_Line]:
    wells: dict[str, dict[str, Cell]] = {}
    for grid in grids:
        title = next((line for line in (*grid.title[:3], grid.sheet) if property_of(line) is not None), None)
        if title is None:
            problems.append("a grid has no name: write role, agonist or concentration (nM) above it")
            continue
        for well, cell in grid.wells.items():
            if cell is not None:
                wells.setdefault(well, {})[title] = cell
    return [("", well, cells) for well, cells in wells.items()]


def _properties(well: str, cells: Mapping[str, Cell], decimal: DecimalMark, problems: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    own_unit = next(
        (parse_unit(str(cell)) for name, cell in cells.items() if property_of(name) == "unit" and cell), None
    )
    for heading, cell in cells.items():
        name = property_of(heading) or heading.strip()
        if name in {"well", "unit", "plate"}:
            continue
        if name in {"agonist_M", "antagonist_M"}:
            found[name] = _molar(well, cell, unit_in_heading(heading) or own_unit, decimal, problems)
        elif cell is not None or name not in found:
            found[name] = None if cell is None else str(cell)
    return found


def _molar(
    well: str, cell: Cell, unit: ConcentrationUnit | None, decimal: DecimalMark, problems: list[str]
) -> float | None:
    molar, problem = to_molar(cell, unit=unit, decimal=decimal)
    if problem:
        problems.append(f"the concentration {str(cell)!r} in {well} {problem}")
    return None if math.isnan(molar) else molar
