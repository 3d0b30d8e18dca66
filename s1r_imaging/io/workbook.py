"""Tables as one Excel workbook: a sheet for each, text as text and numbers as numbers."""

import io
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from s1r_imaging.io.files import write_file

_MOST_ROWS = 1_048_576  # of a sheet; the first holds the names of the columns
_MOST_LETTERS = 32_767  # of a cell
_LONGEST_TITLE = 31
_NOT_IN_TITLES = re.compile(r"[\[\]:*?/\\']")
_NOT_IN_CELLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_WIDEST = 60


def write_workbook(path: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write tables as the sheets of one workbook.

    Text that begins with ``=`` stays text: a name must never become a formula. What is not known is an empty
    cell, and infinity is the text ``inf``. A table that is too long for a sheet is left out, and its sheet says
    so.

    Parameters
    ----------
    path : Path
        The file, ``*.xlsx``.
    tables : mapping of str to DataFrame
        Title of the sheet to its table.

    Raises
    ------
    S1RImagingError
        If the file cannot be written.
    """
    book = openpyxl.Workbook(write_only=True)
    titles: set[str] = set()
    for name, table in tables.items():
        title = _title(name, titles)
        titles.add(title.casefold())
        _add_sheet(book, title, name, table)
    if not tables:
        book.create_sheet("empty")
    content = io.BytesIO()
    book.save(content)
    write_file(path, lambda target: target.write_bytes(content.getvalue()))


def _title(name: str, taken: set[str]) -> str:
    """Return a title that Excel allows and no other sheet has, whatever its case."""
    plain = _NOT_IN_TITLES.sub("_", name).strip() or "table"
    for number in range(1, 1000):
        end = "" if number == 1 else f" {number}"
        title = plain[: _LONGEST_TITLE - len(end)] + end
        if title.casefold() not in taken:
            return title
    raise ValueError(f"{name!r}: more than 999 tables begin alike.")


def _add_sheet(book: Any, title: str, name: str, table: pd.DataFrame) -> None:
    sheet = book.create_sheet(title)
    if len(table) >= _MOST_ROWS:
        sheet.append([f"{name} has {len(table)} rows, more than a sheet holds: see the CSV file of that name."])
        return
    sheet.freeze_panes = "A2"
    for number, column in enumerate(table.columns, start=1):
        longest = max((len(str(value)) for value in table[column].head(200)), default=0) if len(table) else 0
        width = min(max(len(str(column)) + 2, min(longest, 40)), _WIDEST)
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.append([_cell(sheet, str(column), is_head=True) for column in table.columns])
    for row in table.itertuples(index=False, name=None):
        sheet.append([_cell(sheet, value) for value in row])


def _cell(sheet: Any, value: Any, *, is_head: bool = False) -> Any:
    if hasattr(value, "item"):
        value = value.item()
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124  (NaN)
        return None
    if isinstance(value, float) and math.isinf(value):
        value = str(value)
    if isinstance(value, bool | int | float):
        return value
    text = _NOT_IN_CELLS.sub("�", str(value))[:_MOST_LETTERS]
    cell = openpyxl.cell.WriteOnlyCell(sheet, value=None)
    cell.value = text
    cell.data_type = "s"
    if is_head:
        cell.font = Font(bold=True)
    return cell
