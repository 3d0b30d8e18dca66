from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd

from s1r_imaging.io.workbook import write_workbook


def test_every_table_has_a_sheet_with_its_values(tmp_path: Path) -> None:
    first = pd.DataFrame(
        {"condition": ["a", None], "n": np.array([3, 4]), "ok": [True, False], "p": [0.25, np.nan]}
    )
    write_workbook(tmp_path / "all.xlsx", {"contrasts": first, "empty": first.iloc[:0]})
    sheets = pd.read_excel(tmp_path / "all.xlsx", sheet_name=None)
    assert list(sheets) == ["contrasts", "empty"]
    assert sheets["empty"].columns.tolist() == first.columns.tolist()
    pd.testing.assert_frame_equal(sheets["contrasts"], first, check_dtype=False)


def test_text_never_becomes_a_formula_and_what_excel_cannot_hold_is_written_readably(tmp_path: Path) -> None:
    table = pd.DataFrame({"name": ["=1+1", "a\x00b", "µ" * 40_000], "high": [np.inf, -np.inf, 1.5]})
    write_workbook(tmp_path / "all.xlsx", {"a/b*": table, "A?B*": table, "x" * 60: table})
    book = openpyxl.load_workbook(tmp_path / "all.xlsx")
    assert book.sheetnames == ["a_b_", "A_B_ 2", "x" * 31]
    rows = list(book["a_b_"].iter_rows(min_row=2))
    assert [cell.data_type for cell in rows[0]] == ["s", "s"]
    assert rows[0][0].value == "=1+1"
    assert rows[1][0].value == "a�b"
    assert len(rows[2][0].value) == 32_767
    assert [row[1].value for row in rows] == ["inf", "-inf", 1.5]


def test_no_tables_and_a_table_too_long_for_a_sheet(tmp_path: Path) -> None:
    write_workbook(tmp_path / "none.xlsx", {})
    assert openpyxl.load_workbook(tmp_path / "none.xlsx").sheetnames == ["empty"]
    long = pd.DataFrame({"x": np.zeros(1_048_576, dtype=np.int8)})
    write_workbook(tmp_path / "long.xlsx", {"cells": long})
    text = openpyxl.load_workbook(tmp_path / "long.xlsx")["cells"]["A1"].value
    assert "1048576 rows" in text
