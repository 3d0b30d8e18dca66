"""Design tables on disk: CSV and other text, XLSX, and TOML, read as they stand and written whole."""

import csv
import math
import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import tomli_w
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.experiment.design_cells import is_blank, one_line
from s1r_imaging.experiment.design_columns import read_heading
from s1r_imaging.io.files import write_file
from s1r_imaging.io.sheets import Sheet, read_sheets

SUFFIXES = (".csv", ".tsv", ".xlsx", ".toml")
"""What `write_design` writes."""

_DELIMITERS = (",", ";", "\t", "|")
_DEFAULTS = ("common", "defaults")


@dataclass(frozen=True)
class DesignCells:
    """A design table as it stands.

    Attributes
    ----------
    headings : tuple of str
        The words above the columns.
    rows : tuple of tuple
        Cells, as many in each row as there are headings, or more where a row is too long.
    places : tuple of int
        Number of each row as the user sees it; the header of a sheet is row 1.
    noun : str
        What a row is called: ``"row"``, or ``"recording"`` in TOML.
    delimiter : str
        What parts the cells of a text file.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    places: tuple[int, ...]
    noun: str = "row"
    delimiter: str = ""


def design_cells(design: pd.DataFrame) -> DesignCells:
    """Return the cells of a DataFrame, whose first row is row 2, as in a sheet.

    >>> design_cells(pd.DataFrame({"role": ["vehicle"]})).places
    (2,)
    """
    rows = tuple(design.astype(object).itertuples(index=False, name=None))
    return DesignCells(tuple(str(name) for name in design.columns), rows, tuple(range(2, len(rows) + 2)))


def read_cells(path: Path) -> DesignCells:
    """Read a file.

    Parameters
    ----------
    path : Path
        CSV, TSV or other text, XLSX, or TOML.

    Returns
    -------
    DesignCells
        Its headings and rows; without rows when the file has none.

    Raises
    ------
    S1RImagingError
        If it cannot be read, or has no heading of a design table.
    """
    if path.suffix.lower() == ".toml":
        return _read_toml(path)
    sheet, start = _best_sheet(path)
    header = sheet.rows[start]
    width = max(place for place, cell in enumerate(header) if cell is not None) + 1
    headings = tuple(one_line(cell) if cell is not None else "" for cell in header[:width])
    found = [
        (number, row)
        for number, row in enumerate(sheet.rows[start + 1 :], start=start + 2)
        if not all(is_blank(cell) for cell in row)
    ]
    rows = tuple((*row, *([None] * (width - len(row)))) for _, row in found)
    return DesignCells(headings, rows, tuple(number for number, _ in found), delimiter=sheet.delimiter)


def write_design(design: pd.DataFrame, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Write a design table from which `read_design` reads the same one.

    Parameters
    ----------
    design : DataFrame
        One row per recording or well; files are written relative to the folder of `path`.
    path : path
        ``.csv``, ``.tsv``, ``.xlsx`` or ``.toml``.
    overwrite : bool
        Replace an existing file.

    Raises
    ------
    S1RImagingError
        If the file exists already, or cannot be written.
    ValueError
        If the suffix is another one, or text holds control characters, which XLSX cannot.
    """
    target = Path(path)
    writers = {".csv": _write_text, ".tsv": _write_text, ".xlsx": _write_workbook, ".toml": _write_toml}
    writer = writers.get(target.suffix.lower())
    if writer is None:
        raise ValueError(f"path={str(target)!r}: expected a name that ends in {', '.join(SUFFIXES)}.")
    if target.exists() and not overwrite:
        raise S1RImagingError(f"{target} exists: choose another name, or pass overwrite=True (--overwrite).")
    headings = [str(name) for name in design.columns]
    rows = [
        [_plain(name, cell, target.parent) for name, cell in zip(headings, row, strict=True)]
        for row in design.astype(object).itertuples(index=False, name=None)
    ]
    write_file(target, lambda partial: writer(partial, headings, rows))


def _best_sheet(path: Path) -> tuple[Sheet, int]:
    """Return the sheet, parted as gives the most headings of a design, and the row of its header."""
    best: tuple[int, Sheet, int] | None = None
    is_text = path.suffix.lower() not in {".xlsx", ".xlsm"}
    for delimiter in (None, *(_DELIMITERS if is_text else ())):  # events hold semicolons, which may outvote commas
        for sheet in read_sheets(path, delimiter=delimiter):
            for number, row in enumerate(sheet.rows[:40]):
                known = sum(read_heading(one_line(cell)) is not None for cell in row if isinstance(cell, str))
                filled = sum(cell is not None for cell in row)
                if known > (best[0] if best else 0) and (known > 1 or filled == 1):
                    best = (known, sheet, number)
    if best is None:
        raise S1RImagingError(
            f"{path} is no design table: no row holds headings such as file, condition, role, day, dish, agonist, "
            "agonist_uM; s1r-imaging design-template writes a table to fill in."
        )
    return best[1], best[2]


def _read_toml(path: Path) -> DesignCells:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise S1RImagingError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise S1RImagingError(f"{path} is no TOML file: {error}.") from error
    unknown = [key for key in content if key not in {"recording", *_DEFAULTS}]
    if unknown:
        raise S1RImagingError(
            f"{path}: {unknown[0]!r} is not known there; what holds for all recordings belongs in [common], what "
            "holds for one in its [[recording]]."
        )
    recordings = content.get("recording", [])
    common = [content[key] for key in _DEFAULTS if key in content]
    if not isinstance(recordings, list) or not all(isinstance(item, dict) for item in [*recordings, *common]):
        raise S1RImagingError(f"{path}: expected one [[recording]] for each recording, in double brackets.")
    defaults = {key: value for section in common for key, value in section.items()}
    filled = [_over(defaults, item) for item in recordings]
    headings = tuple(dict.fromkeys(key for item in filled for key in item))
    rows = tuple(tuple(item.get(key) for key in headings) for item in filled)
    return DesignCells(headings, rows, tuple(range(1, len(rows) + 1)), noun="recording")


def _over(defaults: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    """Return a recording with what holds for all; agonist_nM of its own takes the place of agonist_uM for all."""
    own = {heading.column for key in item if (heading := read_heading(key)) is not None}
    return {
        key: value
        for key, value in defaults.items()
        if (heading := read_heading(key)) is None or heading.column not in own
    } | item


def _plain(name: str, cell: Any, folder: Path) -> Any:
    """Return a cell as files can hold it: None, a number or text; files relative to the folder."""
    if is_blank(cell):
        return None
    if hasattr(cell, "item") and not isinstance(cell, str):
        cell = cell.item()
    if isinstance(cell, bool) or not isinstance(cell, int | float | str):
        cell = str(cell)
    heading = read_heading(name)
    if heading is not None and heading.kind == "file":
        return _relative(str(cell), folder)
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


def _relative(file: str, folder: Path) -> str:
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError:  # on another drive
        return file


def _write_text(path: Path, headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:  # the mark tells spreadsheets that µ is µ
        delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(headings)
        writer.writerows([_text(cell) for cell in row] for row in rows)


def _text(cell: Any) -> str:
    return "" if cell is None else repr(cell) if isinstance(cell, float) else str(cell)


def _write_workbook(path: Path, headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "design"
    for number, row in enumerate([headings, *rows], start=1):
        for column, value in enumerate(row, start=1):
            if isinstance(value, str) and ILLEGAL_CHARACTERS_RE.search(value):
                raise ValueError(f"{value!r} holds a control character, which XLSX cannot: write .csv or .toml.")
            if value is not None:
                cell = sheet.cell(number, column, value)
                cell.data_type = "s" if isinstance(value, str) else cell.data_type  # "=A1" is a name, no formula
    for column, heading in enumerate(headings, start=1):
        sheet.cell(1, column).font = Font(bold=True)
        longest = max(len(_text(row[column - 1])) for row in [list(headings), *rows])
        sheet.column_dimensions[get_column_letter(column)].width = min(max(longest, len(heading)) + 2, 60)
    sheet.freeze_panes = "A2"
    book.save(path)


def _write_toml(path: Path, headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    filled = [{key: cell for key, cell in zip(headings, row, strict=True) if cell is not None} for row in rows]
    parts = [f"[[recording]]\n{tomli_w.dumps(item)}" for item in filled]
    path.write_bytes("\n".join(parts).encode())
