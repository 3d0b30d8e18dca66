"""Grids of a microplate in a sheet of cells, with or without the names of rows and columns."""

import re
from dataclasses import dataclass
from typing import Any

from s1r_imaging.io.sheets import Cell, Row, Sheet

ROW_LETTERS = "ABCDEFGHIJKLMNOP"
"""Names of the rows of a plate of 384 wells; one of 96 has the first eight."""

PLATE_SHAPES = ((8, 12), (16, 24))
"""Rows and columns of the plates of 96 and 384 wells."""


@dataclass(frozen=True)
class PlateGrid:
    """A plate laid out as it stands on the bench.

    Attributes
    ----------
    sheet : str
        Name of the worksheet, or of the file without its suffix.
    title : tuple of str
        The lines above it, the nearest first, beginning with the cell in its corner.
    wells : dict
        Well ("A1") to cell, None where the cell is empty.
    """

    sheet: str
    title: tuple[str, ...]
    wells: dict[str, Cell]


def well_name(cell: Any) -> str | None:
    """Return the name of a well in one spelling, or None where it is none.

    Parameters
    ----------
    cell : object
        Such as ``"a01"``, ``"A1"`` or ``"P:24"``.

    Returns
    -------
    str or None
        Such as ``"A1"``.

    Examples
    --------
    >>> well_name("a01"), well_name("P24"), well_name("Q1"), well_name("B25")
    ('A1', 'P24', None, None)
    """
    found = re.fullmatch(r"([A-Pa-p])[ :_-]?0*([1-9]\d?)", str(cell).strip())
    return f"{found[1].upper()}{int(found[2])}" if found and int(found[2]) <= 24 else None


def well_position(well: str) -> tuple[int, int]:
    """Return row and column of a well, counted from 0.

    >>> well_position("C11")
    (2, 10)
    """
    return ROW_LETTERS.index(well[0]), int(well[1:]) - 1


def find_grids(sheet: Sheet, start: int, title: tuple[str, ...]) -> tuple[list[PlateGrid], int]:
    """Find the grids that begin in a row of a sheet.

    Parameters
    ----------
    sheet : Sheet
        The cells.
    start : int
        The row in which the grid, or the line with its column numbers, must begin.
    title : tuple of str
        The lines above.

    Returns
    -------
    grids : list of PlateGrid
        One, several that stand side by side, or none.
    end : int
        The first row below them.
    """
    labelled = [(first, last) for first, last in _number_runs(sheet.rows[start]) if first > 0]
    found = [
        _labelled_grid(sheet, start, columns, title)
        for columns in labelled
        if _letter(_at(sheet, start + 1, columns[0] - 1)) is not None
    ]
    if found:
        return [grid for grid, _ in found], max(end for _, end in found)
    return _bare_grid(sheet, start, title)


def _labelled_grid(
    sheet: Sheet, start: int, columns: tuple[int, int], title: tuple[str, ...]
) -> tuple[PlateGrid, int]:
    """Read the grid below column numbers, for as long as row letters go on."""
    first, last = columns
    numbers = [_column_number(cell) for cell in sheet.rows[start][first : last + 1]]
    wells: dict[str, Cell] = {}
    row, letter = start + 1, _letter(_at(sheet, start + 1, first - 1))
    while letter is not None:
        for offset, number in enumerate(numbers):
            wells[f"{letter}{number}"] = _at(sheet, row, first + offset)
        row += 1
        previous, letter = letter, _letter(_at(sheet, row, first - 1))
        if letter is not None and letter <= previous:
            break  # the next plate follows without a line of its own
    corner = _at(sheet, start, first - 1)
    lines = title if corner is None else (str(corner), *title)
    return PlateGrid(sheet.name, lines, wells), row


def _bare_grid(sheet: Sheet, start: int, title: tuple[str, ...]) -> tuple[list[PlateGrid], int]:
    """Read 8 x 12 or 16 x 24 cells without column numbers, or with them but without row letters."""
    runs = _number_runs(sheet.rows[start])
    lengths = [last - first + 1 for first, last in runs]
    if lengths in ([12], [24]):
        wells = _bare_wells(sheet, start + 1)
        if wells is not None:
            return [PlateGrid(sheet.name, title, wells)], start + 1 + len({well[0] for well in wells})
    wells = _bare_wells(sheet, start)
    if wells is None:
        return [], start
    return [PlateGrid(sheet.name, title, wells)], start + len({well[0] for well in wells})


def _bare_wells(sheet: Sheet, start: int) -> dict[str, Cell] | None:
    at = _span(sheet.rows[start]) if start < len(sheet.rows) else None
    if at is None:
        return None
    for n_rows, n_columns in PLATE_SHAPES:
        letters = ROW_LETTERS[:n_rows]
        n_letters = at[1] - at[0] + 1 - n_columns
        body = _bare_rows(sheet, start, at, n_rows) if n_letters in {0, 1} else []
        if not body:
            continue
        if n_letters and "".join(_letter(row[at[0]]) or "-" for row in body[:n_rows]) != letters:
            continue
        return {
            f"{letter}{column + 1}": row[at[0] + n_letters + column]
            for letter, row in zip(letters, body, strict=False)
            for column in range(n_columns)
        }
    return None


def _bare_rows(sheet: Sheet, start: int, span: tuple[int, int], n_rows: int) -> list[Row]:
    """Return the rows of a bare grid: a run of well-filled rows, or numbers that end before the plate does."""
    after = [(*row, *([None] * (span[1] + 1))) for row in sheet.rows[start:]]
    within = [_span(row) is None or (row[: span[0]], row[span[1] + 1 :]) == _nothing(row, span) for row in after]
    filled = [sum(cell is not None for cell in row[span[0] : span[1] + 1]) for row in after]
    width = span[1] - span[0] + 1
    good = [fits and count >= width / 2 for fits, count in zip(within, filled, strict=True)]
    run = good.index(False) if False in good else len(good)
    ends_early = (
        0 < run < n_rows
        and all(re.search(r"\d", str(cell)) for cell in after[0][span[0] + 1 : span[1] + 1])
        and all(within[:n_rows])
        and all(len(row) > span[1] for row in sheet.rows[start : start + n_rows])  # empty cells, no empty line
        and len(after) >= n_rows
    )
    return after[:n_rows] if (run and run % n_rows == 0) or ends_early else []


def _nothing(row: Row, span: tuple[int, int]) -> tuple[Row, Row]:
    return (None,) * span[0], (None,) * (len(row) - span[1] - 1)


def _number_runs(row: Row) -> list[tuple[int, int]]:
    """Return first and last place of every run of column numbers that count up by one."""
    numbers = [_column_number(cell) for cell in row]
    runs: list[tuple[int, int]] = []
    first = 0
    for place in range(1, len(numbers) + 1):
        before, here = numbers[place - 1], numbers[place] if place < len(numbers) else None
        if before is None or here != before + 1:
            if place - 1 > first and numbers[first] is not None:
                runs.append((first, place - 1))
            first = place
    return runs


def _column_number(cell: Cell) -> int | None:
    found = re.fullmatch(r"(?:col(?:umn)?)?[ .]*0*([1-9]\d?)(?:\.0)?", str(cell).strip().casefold())
    return int(found[1]) if found and int(found[1]) <= 24 else None


def _letter(cell: Cell) -> str | None:
    found = re.fullmatch(r"(?:row)?[ .]*([A-Pa-p])[.:]?", str(cell).strip())
    return found[1].upper() if found else None


def _span(row: Row) -> tuple[int, int] | None:
    filled = [place for place, cell in enumerate(row) if cell is not None]
    return (filled[0], filled[-1]) if filled else None


def _at(sheet: Sheet, row: int, column: int) -> Cell:
    cells = sheet.rows[row] if 0 <= row < len(sheet.rows) else ()
    return cells[column] if 0 <= column < len(cells) else None
