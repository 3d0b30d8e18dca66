"""The design table as a person edits it: cells as they were typed, every change undone and done again. No Qt."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from s1r_imaging.experiment.design import check_cells
from s1r_imaging.experiment.design_cells import is_blank, one_line, read_cell
from s1r_imaging.experiment.design_columns import COLUMNS, Heading, read_heading
from s1r_imaging.experiment.design_file import DesignCells, design_cells, read_cells, write_design
from s1r_imaging.experiment.design_problems import DesignProblem
from s1r_imaging.experiment.template import design_template

NEW_COLUMNS = (
    "recording", "role", "condition", "day", "dish", "agonist", "agonist_uM", "antagonist", "antagonist_uM",
    "events", "file", "labels", "note",
)  # fmt: skip
"""Columns of a table that is begun by hand; those that are not used may stay blank."""

FIRST_ROW = 2
"""Number of the first row: the headings are row 1, as in a spreadsheet."""

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Content:
    """What a design table holds at one moment.

    Attributes
    ----------
    headings : tuple of str
        Words above the columns.
    rows : tuple of tuple
        Cells as they stand in the file, or as they were typed.
    folder : Path or None
        What names of files are relative to.
    delimiter : str
        What parts the cells of the text file that it was read from.
    """

    headings: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    folder: Path | None = None
    delimiter: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether no cell holds anything."""
        return all(is_blank(cell) for row in self.rows for cell in row)


@dataclass(frozen=True)
class Checked:
    """What is known of a design table.

    Attributes
    ----------
    table : DataFrame or None
        The checked design, with full paths; None where anything is wrong.
    problems : tuple of DesignProblem
        What is wrong; its rows are those of the content.
    places : tuple of int
        Row of the content of each row of `table`: blank ones do not count.
    """

    table: pd.DataFrame | None = None
    problems: tuple[DesignProblem, ...] = ()
    places: tuple[int, ...] = ()

    def marked(self, headings: Sequence[str]) -> dict[tuple[int, int], str]:
        """Return what is wrong with each cell, by row and column; column -1 is the row as a whole."""
        found: dict[tuple[int, int], list[str]] = {}
        for problem in self.problems:
            column = column_of(problem.column, headings)
            for row in problem.rows:
                found.setdefault((row, column), []).append(problem.line)
        return {place: "\n".join(lines) for place, lines in found.items()}


class DesignTable:
    """A design table, its file, and what was done to it.

    Attributes
    ----------
    content : Content
        What it holds now.
    source : Path or None
        Its file; None where it has none yet.
    """

    def __init__(self) -> None:
        self.content = self._saved = Content()
        self.source: Path | None = None
        self._before: list[Content] = []
        self._undone: list[Content] = []

    @property
    def is_changed(self) -> bool:
        """Whether there are edits that are in no file."""
        return self.content != self._saved and not (self.content.is_empty and self._saved.is_empty)

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        """Whether something was undone."""
        return bool(self._undone)

    def undo(self) -> None:
        """Take the last edit back."""
        if self._before:
            self._undone.append(self.content)
            self.content = self._before.pop()

    def redo(self) -> None:
        """Do again what was taken back."""
        if self._undone:
            self._before.append(self.content)
            self.content = self._undone.pop()

    def edit(self, content: Content) -> None:
        """Take another content, as one step of undo."""
        if content != self.content:
            self._before.append(self.content)
            self._undone = []
            self.content = content

    def start(self, content: Content, *, source: Path | None = None, is_saved: bool = True) -> None:
        """Take another table; there is nothing to undo in it yet."""
        self.content, self.source = content, source
        self._saved = content if is_saved else Content()
        self._before, self._undone = [], []

    def set_cells(self, cells: Iterable[tuple[int, int, Any]]) -> None:
        """Replace cells, each given as row, column, value."""
        rows = [list(row) for row in self.content.rows]
        for row, column, value in cells:
            rows[row][column] = value
        self.edit(replace(self.content, rows=tuple(map(tuple, rows))))

    def paste(self, row: int, column: int, cells: Sequence[Sequence[str]]) -> None:
        """Lay cells over the table from a place on; rows are added as needed, columns that are too many left out.

        Where the first line holds headings of a design, cells go below the headings of their names, as new rows.
        """
        if len(cells) > 1 and _are_headings(cells[0]):
            self.append([dict(zip(cells[0], line, strict=False)) for line in cells[1:]])
            return
        content = self.content if self.content.headings else replace(self.content, headings=NEW_COLUMNS)
        rows = [list(line) for line in content.rows]
        rows += [[None] * len(content.headings) for _ in range(row + len(cells) - len(rows))]
        for down, line in enumerate(cells):
            for across, text in enumerate(line[: len(content.headings) - column]):
                rows[row + down][column + across] = text or None
        self.edit(replace(content, rows=tuple(map(tuple, rows))))

    def append(self, rows: Sequence[dict[str, Any]]) -> None:
        """Add rows at the end, each a mapping of heading to cell; headings that are new become columns."""
        self.edit(_appended(self.content, rows))

    def name_file(self, row: int, heading: str, path: Path) -> None:
        """Name a file in a cell, relative to the folder of the design where both are on one drive."""
        content = self.content
        if column_of(heading, content.headings) < 0:
            blank = tuple((*cells, None) for cells in content.rows)
            content = replace(content, headings=(*content.headings, heading), rows=blank)
        column = column_of(heading, content.headings)
        rows = [list(cells) for cells in content.rows]
        rows[row][column] = str(path) if content.folder is None else _relative(str(path), content.folder)
        self.edit(replace(content, rows=tuple(map(tuple, rows))))

    def set_folder(self, folder: Path) -> None:
        """Say what names of files are relative to, such as in a table that was pasted."""
        self.edit(replace(self.content, folder=folder))

    def insert_row(self, place: int) -> None:
        """Add a blank row."""
        content = self.content if self.content.headings else replace(self.content, headings=NEW_COLUMNS)
        blank: Row = (None,) * len(content.headings)
        self.edit(replace(content, rows=(*content.rows[:place], blank, *content.rows[place:])))

    def remove_rows(self, places: Iterable[int]) -> None:
        """Remove rows."""
        gone = set(places)
        kept = tuple(row for place, row in enumerate(self.content.rows) if place not in gone)
        self.edit(replace(self.content, rows=kept))

    def add_column(self, heading: str) -> None:
        """Add a column."""
        if heading in self.content.headings:
            raise ValueError(f"There is a column {heading} already.")
        rows = tuple((*row, None) for row in self.content.rows)
        self.edit(replace(self.content, headings=(*self.content.headings, heading), rows=rows))

    def remove_column(self, place: int) -> None:
        """Remove a column."""
        content = self.content
        headings = (*content.headings[:place], *content.headings[place + 1 :])
        rows = tuple((*row[:place], *row[place + 1 :]) for row in content.rows)
        self.edit(replace(content, headings=headings, rows=rows))

    def check(self) -> Checked:
        """Check the whole table; blank rows do not count."""
        return check_content(self.content)

    def save(self, path: Path) -> None:
        """Write the table; names of files are then relative to its folder.

        Raises
        ------
        S1RImagingError, ValueError
            If it cannot be written.
        """
        content = self.content
        rows = [[_full(head, cell, content.folder) for head, cell in _pairs(content, row)] for row in content.rows]
        write_design(pd.DataFrame(rows, columns=list(content.headings), dtype=object), path, overwrite=True)
        if path.parent != content.folder:
            self.edit(_moved(content, path.parent))
        self.source, self._saved = path, self.content


def open_content(path: Path) -> Content:
    """Read a design table as it stands.

    Raises
    ------
    S1RImagingError
        If it cannot be read, or is no design table.
    """
    cells = read_cells(path)
    width = len(cells.headings)
    rows = tuple((*row, *(None,) * (width - len(row))) for row in cells.rows)
    longest = max([width, *map(len, rows)])
    headings = (*cells.headings, *("",) * (longest - width))  # cells too many are shown, and said to be
    rows = tuple((*row, *(None,) * (longest - len(row))) for row in rows)
    return _plain(Content(headings, rows, path.parent.absolute(), cells.delimiter))


def content_of_folder(folder: Path) -> Content:
    """List the recordings of a folder as a table to fill in.

    Raises
    ------
    S1RImagingError
        If it holds no recording.
    """
    place = folder.absolute()
    cells = design_cells(design_template(place))
    return _moved(_plain(Content(cells.headings, cells.rows, place)), place)


def check_content(content: Content) -> Checked:
    """Check a table; an empty one is no problem yet."""
    filled = [place for place, row in enumerate(content.rows) if not all(is_blank(cell) for cell in row)]
    if not filled:
        return Checked()
    cells = DesignCells(
        content.headings,
        tuple(content.rows[place] for place in filled),
        tuple(place + FIRST_ROW for place in filled),
        delimiter=content.delimiter,
    )
    table, problems = check_cells(cells, folder=content.folder or Path())
    placed = tuple(replace(problem, rows=tuple(filled[row] for row in problem.rows)) for problem in problems)
    return Checked(table, placed, tuple(filled))


def column_of(name: str, headings: Sequence[str]) -> int:
    """Return the place of a column, by its heading or by what the heading means; -1 where there is none."""
    if name in headings:
        return list(headings).index(name)
    meanings = [read_heading(heading) if heading else None for heading in headings]
    return next((place for place, found in enumerate(meanings) if found is not None and found.column == name), -1)


def cell_text(cell: Any) -> str:
    """Return a cell as it is shown.

    >>> cell_text(2.0), cell_text(None), cell_text("veh")
    ('2', '', 'veh')
    """
    return "" if is_blank(cell) else one_line(cell)


def _are_headings(texts: Sequence[str]) -> bool:
    """Whether cells are headings; agonist and antagonist are roles too."""
    given = [text for text in texts if text]
    known = {found.column for text in given if (found := read_heading(text)) is not None}
    return len(known) > max(1, len(given) / 2) and not known <= {"agonist", "antagonist"}


def _appended(content: Content, rows: Sequence[dict[str, Any]]) -> Content:
    content = replace(content, rows=()) if content.is_empty else content
    headings = list(content.headings or NEW_COLUMNS)
    places: dict[str, int] = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        heading = read_heading(name)
        has_unit = heading is None or heading.kind in ("molar", "seconds", "micrometres")
        place = column_of(name if has_unit or heading is None else heading.column, headings)
        if place < 0:
            headings.append(name)
        places[name] = place if place >= 0 else len(headings) - 1
    old = [(*row, *(None,) * (len(headings) - len(content.headings or headings))) for row in content.rows]
    new = [_laid_out(row, places, len(headings)) for row in rows]
    return replace(content, headings=tuple(headings), rows=(*old, *new))


def _laid_out(row: dict[str, Any], places: dict[str, int], width: int) -> Row:
    cells: list[Any] = [None] * width
    for name, value in row.items():
        cells[places[name]] = None if value == "" else value
    return tuple(cells)


def _plain(content: Content) -> Content:
    """Turn cells into None, numbers and text; events of TOML files are lists."""
    headings = [read_heading(heading) if heading else None for heading in content.headings]
    rows = tuple(
        tuple(_plain_cell(cell, heading) for cell, heading in zip(row, headings, strict=True))
        for row in content.rows
    )
    return replace(content, rows=rows)


def _plain_cell(cell: Any, heading: Heading | None) -> Any:
    if is_blank(cell):
        return None
    if isinstance(cell, list | tuple) and heading is not None:
        value, problem = read_cell(heading, cell, decimal=".")
        return one_line(cell) if problem else value
    is_number = isinstance(cell, int | float) and not isinstance(cell, bool)
    return cell if is_number or isinstance(cell, str) else one_line(cell)


def _pairs(content: Content, row: Row) -> Iterable[tuple[str, Any]]:
    return zip(content.headings, row, strict=True)


def _is_file(heading: str) -> bool:
    known = read_heading(heading) if heading else None
    return known is not None and COLUMNS.get(known.column) == "file"


def _full(heading: str, cell: Any, folder: Path | None) -> Any:
    if is_blank(cell) or folder is None or not _is_file(heading):
        return cell
    return os.path.normpath(folder / str(cell))


def _moved(content: Content, folder: Path) -> Content:
    """Return the table with names of files relative to another folder."""

    def named(heading: str, cell: Any) -> Any:
        full = _full(heading, cell, content.folder)
        return cell if full is cell else _relative(str(full), folder)

    rows = tuple(tuple(named(head, cell) for head, cell in _pairs(content, row)) for row in content.rows)
    return replace(content, rows=rows, folder=folder)


def _relative(file: str, folder: Path) -> str:
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError:  # on another drive
        return file
