"""Cells of tables as people and instruments save them: workbooks, and text in any encoding and delimiter."""

import csv
import os
import re
import warnings
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
from openpyxl.utils.exceptions import InvalidFileException

from s1r_imaging.errors import S1RImagingError

Cell = str | int | float | None
"""What stands in a cell: text without spaces around it, a number of a workbook, or nothing."""

Row = tuple[Cell, ...]

_WORKBOOKS = (".xlsx", ".xlsm")
_OTHER_SPREADSHEETS = (".xls", ".xlsb", ".ods", ".numbers")
_DELIMITERS = ("\t", ";", ",", "|")


@dataclass(frozen=True)
class Sheet:
    """Rows of cells.

    Attributes
    ----------
    name : str
        Name of the worksheet, or of the file without its suffix.
    rows : tuple of tuple
        Cells; rows may differ in length.
    delimiter : str
        What parted the cells of a text file; empty for a workbook or DataFrame.
    """

    name: str
    rows: tuple[Row, ...]
    delimiter: str = ""


def read_sheets(
    source: str | os.PathLike[str] | pd.DataFrame, *, delimiter: str | None = None
) -> tuple[Sheet, ...]:
    """Read all cells of a text table, workbook or DataFrame.

    Parameters
    ----------
    source : path or DataFrame
        ``.xlsx``, or text parted by tabs, semicolons, commas, bars or spaces, in UTF-8, UTF-16 or Latin-1.
    delimiter : str, optional
        What parts the cells of a text file; found out when not given.

    Returns
    -------
    tuple of Sheet
        Those that hold anything, in the order of the file.

    Raises
    ------
    S1RImagingError
        If the file does not exist, cannot be read, or is empty.
    """
    if isinstance(source, pd.DataFrame):
        return (Sheet(name="", rows=_frame_rows(source)),)
    path = Path(source)
    if not path.is_file():
        raise S1RImagingError(f"{path} does not exist: check the folder and the spelling.")
    if path.suffix.lower() in _OTHER_SPREADSHEETS:
        raise S1RImagingError(f"{path}: {path.suffix} cannot be read; save it as .xlsx or as CSV.")
    sheets = _read_workbook(path) if path.suffix.lower() in _WORKBOOKS else (_read_text(path, delimiter),)
    filled = tuple(sheet for sheet in sheets if any(cell is not None for row in sheet.rows for cell in row))
    if not filled:
        raise S1RImagingError(f"{path} is empty: save or export it again.")
    return filled


def text_frame(text: str) -> pd.DataFrame:
    r"""Return the cells of a text, such as a clipboard's, as a DataFrame that readers take in place of a file.

    Parameters
    ----------
    text : str
        Lines of cells parted by tabs, semicolons, commas, bars or spaces.

    Returns
    -------
    DataFrame
        Its cells, without names of rows and columns; text stays text.

    Raises
    ------
    ValueError
        If the text holds nothing.

    Examples
    --------
    >>> text_frame("A1\t1,5\nA2\t2,5").to_numpy().tolist()
    [['A1', '1,5'], ['A2', '2,5']]
    """
    rows, _ = _parted(text, None)
    if not any(cell is not None for row in rows for cell in row):
        raise ValueError("The text holds no cells: copy a table first.")
    width = max(len(row) for row in rows)
    return pd.DataFrame([(*row, *([None] * (width - len(row)))) for row in rows], dtype=object)


def decode(data: bytes) -> str:
    """Turn the bytes of a text file into text: by its byte-order mark, else UTF-8, else Latin-1 as Windows has it.

    Parameters
    ----------
    data : bytes
        The file.

    Returns
    -------
    str
        The text, without a byte-order mark.

    Examples
    --------
    >>> decode("10 µM".encode("utf-16")), decode("10 µM".encode("latin-1")), decode("10 µM".encode("utf-8-sig"))
    ('10 µM', '10 µM', '10 µM')
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    for encoding, zeros in (("utf-16-le", data[1:200:2]), ("utf-16-be", data[0:200:2])):
        if zeros and zeros.count(0) > 0.7 * len(zeros):  # text of western letters without a mark
            return data.decode(encoding, errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _read_text(path: Path, delimiter: str | None) -> Sheet:
    try:
        text = decode(path.read_bytes())
    except OSError as error:
        raise S1RImagingError(f"{path} cannot be read: {error.strerror or error}.") from error
    if "\x00" in text:
        raise S1RImagingError(f"{path} is no text table: export it as CSV, tab-separated text or .xlsx.")
    rows, parting = _parted(text, delimiter)
    return Sheet(name=path.stem, rows=rows, delimiter=parting)


def _parted(text: str, delimiter: str | None) -> tuple[tuple[Row, ...], str]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    told = re.fullmatch(r'"?sep=(.)"?', lines[0].strip(), re.IGNORECASE)
    if told:  # Excel's own way of saying it
        lines = lines[1:]
    parting = delimiter or (told[1] if told else _delimiter(lines))
    return tuple(_text_rows(lines, parting)), parting


def _delimiter(lines: list[str]) -> str:
    """Return the first delimiter that parts nearly as many lines as any; a space where none does."""
    bare = [re.sub(r'"[^"]*"', "", line) for line in lines]
    counts = {mark: sum(mark in line for line in bare) for mark in _DELIMITERS}
    most = max(counts.values())
    return next((mark for mark, count in counts.items() if count and count >= 0.6 * most), " ")


def _text_rows(lines: list[str], delimiter: str) -> Iterable[Row]:
    if delimiter == " ":
        return [_row(line.split()) for line in lines]
    if any(line.count('"') % 2 for line in lines) and sum(line.count('"') for line in lines) % 2 == 0:
        parsed: Iterable[list[str]] = csv.reader(lines, delimiter=delimiter)  # a quoted cell with a line break
        return [_row(cells) for cells in parsed]
    # Line by line, so that a stray quote (3" rack) swallows its own line at most.
    return [_row(next(csv.reader([line], delimiter=delimiter), [])) for line in lines]


def _read_workbook(path: Path) -> tuple[Sheet, ...]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions, which hold no counts
            book = openpyxl.load_workbook(path, data_only=True)
            sheets = [
                Sheet(name=sheet.title, rows=tuple(_row(row) for row in _filled_rows(sheet)))
                for sheet in book.worksheets
            ]
            book.close()
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, InvalidFileException) as error:
        raise S1RImagingError(f"{path} cannot be read as a workbook ({error}): save it again as .xlsx.") from error
    return tuple(sheets)


def _filled_rows(sheet: Any) -> list[list[Any]]:
    """Return the rows of a worksheet; what stands in merged cells stands in each of them."""
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    for merged in sheet.merged_cells.ranges:
        value = rows[merged.min_row - 1][merged.min_col - 1] if merged.min_row <= len(rows) else None
        for row in rows[merged.min_row - 1 : merged.max_row]:
            row[merged.min_col - 1 : merged.max_col] = [value] * (merged.max_col - merged.min_col + 1)
    return rows


def _frame_rows(frame: pd.DataFrame) -> tuple[Row, ...]:
    """Return a DataFrame's header, index where it is no mere count, and cells."""
    counts_rows = isinstance(frame.index, pd.RangeIndex) and frame.index.name is None
    counts_columns = isinstance(frame.columns, pd.RangeIndex)
    body = frame if counts_rows else frame.reset_index()
    rows = [_row(row) for row in body.astype(object).itertuples(index=False, name=None)]
    if counts_rows and counts_columns:
        return tuple(rows)
    header = _row(list(body.columns))
    if not counts_rows and frame.index.name is None:
        header = (None, *header[1:])  # "index" is pandas' word, not the table's
    return (header, *rows)


def _row(values: Iterable[Any]) -> Row:
    return tuple(_cell(value) for value in values)


def _cell(value: Any) -> Cell:
    if isinstance(value, str):
        return value.replace("\xa0", " ").replace("\u202f", " ").strip() or None
    if value is None or value is pd.NaT or value is pd.NA or value != value:  # noqa: PLR0124  (NaN)
        return None
    if isinstance(value, bool):
        return str(value)
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and value.is_integer():
        return int(value)  # a table with a gap makes real numbers of whole ones, names of compounds included
    return value if isinstance(value, int | float) else str(value)
