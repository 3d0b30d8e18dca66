"""Microplates in files: grids as counters print them, and long tables with one row per well.

A sheet may hold several of them below each other, with any lines between: those above a grid or table are its
`title`. A grid is known by its column numbers and row letters, or, without them, by being exactly 8 × 12 or
16 × 24 cells. A table is known by a header with the word for well, or by two of the words that are asked for.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.decimals import DecimalMark, find_decimal_mark
from s1r_imaging.io.grids import ROW_LETTERS, PlateGrid, find_grids, well_name
from s1r_imaging.io.sheets import Cell, Row, Sheet, read_sheets

_HEADERS = {
    "well": {
        "well",
        "wells",
        "well id",
        "well name",
        "well position",
        "position",
        "pos",
        "well no",
        "well number",
    },
    "row": {"row", "plate row", "well row"},
    "column": {"column", "col", "plate column", "well column", "well col"},
}
_MOST_TITLE_LINES = 40


@dataclass(frozen=True)
class PlateTable:
    """A table with one row per well.

    Attributes
    ----------
    sheet : str
        Name of the worksheet, or of the file without its suffix.
    title : tuple of str
        The lines above it, the nearest first.
    columns : tuple of str
        The words of the header, as they stand there.
    rows : tuple of tuple
        Cells, as many in each row as there are columns.
    wells : tuple of str
        Well ("A1") of each row, empty where there is none.
    """

    sheet: str
    title: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    wells: tuple[str, ...]


@dataclass(frozen=True)
class PlateFile:
    """What a file, or DataFrame, holds of plates.

    Attributes
    ----------
    source : str
        The file, for messages.
    blocks : tuple of PlateGrid or PlateTable
        Grids and tables, in the order of the file.
    decimal : {".", ","}
        Decimal mark of the numbers that are text.
    """

    source: str
    blocks: tuple[PlateGrid | PlateTable, ...]
    decimal: DecimalMark


def read_plate_file(
    source: str | os.PathLike[str] | pd.DataFrame,
    *,
    is_header: Callable[[str], bool] | None = None,
    decimal: DecimalMark | None = None,
) -> PlateFile:
    """Read the grids and long tables of a counter's export, a plate map or a DataFrame.

    Parameters
    ----------
    source : path or DataFrame
        CSV or TSV in any usual encoding, ``.xlsx``, or a DataFrame laid out likewise.
    is_header : callable, optional
        Says of a word whether it heads a column; a row with two of them begins a long table, even where no
        word for well is among them.
    decimal : {".", ","}, optional
        Decimal mark; found out from the numbers when not given.

    Returns
    -------
    PlateFile
        Its grids and tables, in order, with cells as they stand there.

    Raises
    ------
    S1RImagingError
        If a file cannot be read, holds no plate, or does not tell its decimal mark.
    ValueError
        If a DataFrame holds no plate.

    Examples
    --------
    >>> import numpy as np
    >>> counts = pd.DataFrame(np.arange(96).reshape(8, 12), index=list("ABCDEFGH"), columns=range(1, 13))
    >>> read_plate_file(counts).blocks[0].wells["B3"]
    14
    """
    name = "the DataFrame" if isinstance(source, pd.DataFrame) else str(Path(source))
    fault: type[Exception] = ValueError if isinstance(source, pd.DataFrame) else S1RImagingError
    sheets = read_sheets(source)
    blocks = tuple(block for sheet in sheets for block in _blocks(sheet, is_header or (lambda _: False)))
    if not blocks:
        raise fault(
            f"{name} holds no plate: expected a grid with rows A–H and columns 1–12 (or A–P and 1–24), a bare "
            "grid of 8 × 12 or 16 × 24 cells, or a table with a column 'well'."
        )
    if decimal is None:
        try:
            decimal = find_decimal_mark(_cells(blocks), delimiter=sheets[0].delimiter)
        except ValueError as error:
            raise fault(f"{name}: {error}") from error
    return PlateFile(source=name, blocks=blocks, decimal=decimal)


def _cells(blocks: Sequence[PlateGrid | PlateTable]) -> Iterator[Cell]:
    for block in blocks:
        if isinstance(block, PlateGrid):
            yield from block.wells.values()
        else:
            yield from (cell for row in block.rows for cell in row)


def _blocks(sheet: Sheet, is_header: Callable[[str], bool]) -> Iterator[PlateGrid | PlateTable]:
    start = above = 0
    while start < len(sheet.rows):
        title = _title(sheet.rows[above:start])
        grids, end = find_grids(sheet, start, title)
        tables, end = ([], end) if grids else _table_at(sheet, start, title, is_header)
        yield from grids or tables
        start = end if grids or tables else start + 1
        above = start if grids or tables else above


def _title(rows: Sequence[Row]) -> tuple[str, ...]:
    lines = (
        " ".join(str(cell) for cell, before in zip(row, (None, *row), strict=False) if cell not in {None, before})
        for row in reversed(rows)
    )
    return tuple(line for line in lines if line)[:_MOST_TITLE_LINES]


def _table_at(
    sheet: Sheet, start: int, title: tuple[str, ...], is_header: Callable[[str], bool]
) -> tuple[list[PlateTable], int]:
    header = sheet.rows[start]
    words = [str(cell or "").casefold().replace("_", " ").strip(" .:#") for cell in header]
    find_well = _well_finder(words)
    if find_well is None and len({cell for cell in header if isinstance(cell, str) and is_header(cell)}) < 2:
        return _list_at(sheet, start, title)
    find_well = find_well or (lambda _: None)
    width = max(number for number, word in enumerate(words) if word) + 1
    rows, end = [], start + 1
    for number in range(start + 1, len(sheet.rows)):
        row = (*sheet.rows[number], *([None] * width))[:width]
        filled = sum(cell is not None for cell in row)
        if filled == 0:
            continue  # a gap, or the end: the next row tells
        is_gap = number > end
        if find_well(row) is None and (
            is_gap or filled < min(2, width) or row == (*header, *([None] * width))[:width]
        ):
            break
        rows.append(row)
        end = number + 1
    if not rows:
        return [], start
    columns = tuple(str(cell or "") for cell in (*header, *([None] * width))[:width])
    wells = tuple(find_well(row) or "" for row in rows)
    return [PlateTable(sheet.name, title, columns, tuple(rows), wells)], end


def _well_finder(words: list[str]) -> Callable[[Row], str | None] | None:
    """Return what reads the well off a row of the table with this header; None when it has no wells."""
    places = {kind: [words.index(word) for word in words if word in known] for kind, known in _HEADERS.items()}
    if places["well"]:
        at = places["well"][0]
        return lambda row: well_name(row[at])
    if places["row"] and places["column"]:
        row_at, column_at = places["row"][0], places["column"][0]
        return lambda row: _well_of_row_and_column(row[row_at], row[column_at])
    return None


def _well_of_row_and_column(row: Cell, column: Cell) -> str | None:
    letter, number = str(row).strip(), str(column).strip().removesuffix(".0")
    if letter.removesuffix(".0").isdecimal() and 1 <= int(float(letter)) <= len(ROW_LETTERS):
        letter = ROW_LETTERS[int(float(letter)) - 1]
    return well_name(f"{letter}{number}") if letter.isalpha() else None


def _list_at(sheet: Sheet, start: int, title: tuple[str, ...]) -> tuple[list[PlateTable], int]:
    """Find wells and counts side by side without a header."""
    rows = []
    for row in sheet.rows[start:]:
        filled = tuple(cell for cell in row if cell is not None)
        if len(filled) != 2 or well_name(filled[0]) is None or not re.search(r"\d", str(filled[1])):
            break
        rows.append(filled)
    if len(rows) < 2:
        return [], start
    wells = tuple(well_name(row[0]) or "" for row in rows)
    return [PlateTable(sheet.name, title, ("well", "counts"), tuple(rows), wells)], start + len(rows)
