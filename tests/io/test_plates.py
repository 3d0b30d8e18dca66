from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.decimals import find_decimal_mark, parse_number
from s1r_imaging.io.grids import ROW_LETTERS, PlateGrid, well_name, well_position
from s1r_imaging.io.plates import PlateTable, read_plate_file

Counts = NDArray[Any]


def some_counts(shape: tuple[int, int] = (8, 12)) -> Counts:
    return np.random.default_rng(3).integers(40, 9000, shape)


def labelled(counts: Counts, mark: str = ",", write: Callable[[Any], str] = str) -> str:
    lines = [mark.join(["", *(str(n + 1) for n in range(counts.shape[1]))])]
    for letter, row in zip(ROW_LETTERS, counts, strict=False):
        lines.append(mark.join([letter, *(write(value) for value in row)]))
    return "\n".join(lines) + "\n"


def bare(counts: Counts, mark: str = ",", write: Callable[[Any], str] = str) -> str:
    return "".join(mark.join(write(value) for value in row) + "\n" for row in counts)


def numbers(path: Path | pd.DataFrame, block: int = 0) -> NDArray[np.float64]:
    file = read_plate_file(path)
    grid = file.blocks[block]
    assert isinstance(grid, PlateGrid)
    shape = max(well_position(well) for well in grid.wells)
    out = np.full((shape[0] + 1, shape[1] + 1), np.nan)
    for well, cell in grid.wells.items():
        out[well_position(well)] = parse_number(cell, decimal=file.decimal)
    return out


def save(tmp_path: Path, text: str, encoding: str = "utf-8", name: str = "counts.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


JUNK = "Scintillation counter 2450;;\nProtocol;7;H-3 filter\nDate;12.03.2024;09:41\nFirmware;5.1\n\nPlate 1\nCPM\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"]
)
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("layout", [labelled, bare])
def test_a_grid_below_junk_is_found_in_any_encoding(
    tmp_path: Path, encoding: str, mark: str, layout: Callable[..., str]
) -> None:
    counts = some_counts()
    text = JUNK.replace(";", mark).replace("H-3", "H-3 µCi") + layout(counts, mark) + f"\nRack{mark}ok\n"
    for ending in ("\n", "\r\n", "\r"):
        path = save(tmp_path, text.replace("\n", ending), encoding)
        np.testing.assert_array_equal(numbers(path), counts)


@pytest.mark.parametrize("layout", [labelled, bare])
def test_384_wells(tmp_path: Path, layout: Callable[..., str]) -> None:
    counts = some_counts((16, 24))
    np.testing.assert_array_equal(numbers(save(tmp_path, JUNK + layout(counts, ";"))), counts)


def test_decimal_commas_and_thousands(tmp_path: Path) -> None:
    counts = some_counts() + 0.25

    def german(value: float) -> str:
        return f"{value:,.2f}".replace(",", "~").replace(".", ",").replace("~", ".")

    np.testing.assert_allclose(numbers(save(tmp_path, labelled(counts, ";", german))), counts)
    np.testing.assert_allclose(numbers(save(tmp_path, labelled(counts, "\t", german))), counts)
    np.testing.assert_allclose(numbers(save(tmp_path, bare(counts, ",", lambda v: f'"{german(v)}"'))), counts)
    np.testing.assert_allclose(numbers(save(tmp_path, bare(counts, ",", lambda v: f'"{v:,.2f}"'))), counts)
    spaced = labelled(counts, ";", lambda v: f"{v:,.2f}".replace(",", "\u202f").replace(".", ","))
    np.testing.assert_allclose(numbers(save(tmp_path, spaced)), counts)


def test_whole_numbers_with_thousands_in_a_tab_separated_file(tmp_path: Path) -> None:
    counts = some_counts() * 10
    np.testing.assert_array_equal(numbers(save(tmp_path, labelled(counts, "\t", lambda v: f"{v:,}"))), counts)


def test_a_semicolon_file_that_does_not_tell_its_decimal_mark_is_refused(tmp_path: Path) -> None:
    counts = some_counts() + 1000
    path = save(tmp_path, labelled(counts, ";", lambda v: f"{v:,}".replace(",", ".")))
    with pytest.raises(S1RImagingError, match=r"counts\.csv.*decimal="):
        read_plate_file(path)
    file = read_plate_file(path, decimal=",")
    assert isinstance(file.blocks[0], PlateGrid)
    assert parse_number(file.blocks[0].wells["A1"], decimal=file.decimal) == counts[0, 0]


def test_two_decimal_marks_in_one_file_are_refused() -> None:
    with pytest.raises(ValueError, match="write all numbers alike"):
        find_decimal_mark(["1234.5", "1234,5"])


def test_names_with_commas_say_nothing_of_decimal_marks() -> None:
    assert find_decimal_mark(["1,3-DTG", "2,4 dinitro", "0.5"]) == "."
    assert find_decimal_mark(["0,5 nM", "1,3-DTG", "1.3-x", "v1.2"]) == ","


@given(st.floats(0, 1e7), st.sampled_from(".,"), st.booleans())
def test_a_written_number_is_read_again(value: float, decimal: Any, groups: bool) -> None:
    text = f"{value:,.2f}" if groups else f"{value:.2f}"
    if decimal == ",":
        text = text.translate(str.maketrans(",.", ".,"))
    assert parse_number(text, decimal=decimal) == pytest.approx(round(value, 2), rel=1e-12)


@pytest.mark.parametrize("text", ["", "OVER", "1.2.3", "12:30", "--", "1,23,4", "H3", "12.03.2024"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert np.isnan(parse_number(text, decimal="."))


def test_plates_below_each_other_keep_their_titles(tmp_path: Path) -> None:
    first, second = some_counts(), some_counts() + 1
    text = "Plate,1\n" + labelled(first) + "\n\nPlate,2\n" + labelled(second)
    path = save(tmp_path, text)
    np.testing.assert_array_equal(numbers(path, 0), first)
    np.testing.assert_array_equal(numbers(path, 1), second)
    assert [block.title[0] for block in read_plate_file(path).blocks] == ["Plate 1", "Plate 2"]


def test_bare_plates_without_a_gap(tmp_path: Path) -> None:
    both = np.vstack([some_counts(), some_counts() + 1])
    path = save(tmp_path, bare(both, "\t"))
    np.testing.assert_array_equal(numbers(path, 0), both[:8])
    np.testing.assert_array_equal(numbers(path, 1), both[8:])


def test_a_bare_plate_that_is_filled_in_part(tmp_path: Path) -> None:
    lines = bare(some_counts()).splitlines()
    lines[5:] = [",".join(lines[5].split(",")[:9]) + ",,,", "," * 11, "," * 11]
    read = numbers(save(tmp_path, JUNK.replace(";", ",") + "\n".join(lines) + "\n"))
    np.testing.assert_array_equal(read[:5], some_counts()[:5])
    np.testing.assert_array_equal(read[5, :9], some_counts()[5, :9])
    assert np.isnan(read[5, 9:]).all()
    assert np.isnan(read[6:]).all()


def test_grids_side_by_side(tmp_path: Path) -> None:
    lines = zip(labelled(some_counts()).splitlines(), labelled(some_counts() + 1).splitlines(), strict=True)
    path = save(tmp_path, "\n".join(f"{left},,{right}" for left, right in lines))
    np.testing.assert_array_equal(numbers(path, 0), some_counts())
    np.testing.assert_array_equal(numbers(path, 1), some_counts() + 1)


def test_a_workbook_with_several_sheets(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    del book["Sheet"]
    for name, shift in (("Plate A", 0), ("Plate B", 1)):
        sheet = book.create_sheet(name)
        sheet.append(["Counter", "export"])
        sheet.append([])
        sheet.append([None, None, *range(1, 13)])
        for letter, row in zip("ABCDEFGH", some_counts() + shift, strict=True):
            sheet.append([None, letter, *(int(value) for value in row)])
    book.save(tmp_path / "counts.xlsx")
    np.testing.assert_array_equal(numbers(tmp_path / "counts.xlsx", 0), some_counts())
    np.testing.assert_array_equal(numbers(tmp_path / "counts.xlsx", 1), some_counts() + 1)


def test_printouts_padded_with_spaces(tmp_path: Path) -> None:
    counts = some_counts()
    lines = ["Top counter", "", "      " + "".join(f"{n + 1:>8}" for n in range(12))]
    lines += [
        f"  {letter}   " + "".join(f"{v:>8}" for v in row) for letter, row in zip("ABCDEFGH", counts, strict=True)
    ]
    np.testing.assert_array_equal(numbers(save(tmp_path, "\n".join(lines), name="print.txt")), counts)


def test_part_of_a_plate_and_holes(tmp_path: Path) -> None:
    path = save(tmp_path, "<>,3,4,5\nC,1,,3\nD,4,5,\n")
    grid = read_plate_file(path).blocks[0]
    assert isinstance(grid, PlateGrid)
    assert grid.wells == {"C3": "1", "C4": None, "C5": "3", "D3": "4", "D4": "5", "D5": None}


def test_long_tables_with_gaps_and_feet(tmp_path: Path) -> None:
    text = "Run 5\n\nPos;Time;CPMA\nA01;1;10,5\nA02;1;20,5\n\nB01;1;30,5\n\nEnd of run\n"
    file = read_plate_file(save(tmp_path, text))
    table = file.blocks[0]
    assert isinstance(table, PlateTable)
    assert table.wells == ("A1", "A2", "B1")
    assert table.columns == ("Pos", "Time", "CPMA")
    assert file.decimal == ","


def test_tables_by_row_and_column_and_without_header(tmp_path: Path) -> None:
    table = read_plate_file(save(tmp_path, "Row,Column,CPM\nA,1,10\nB,12,20\n")).blocks[0]
    assert isinstance(table, PlateTable)
    assert table.wells == ("A1", "B12")
    table = read_plate_file(save(tmp_path, "A1\t10\nA2\t20\nA3\t25\n")).blocks[0]
    assert isinstance(table, PlateTable)
    assert table.wells == ("A1", "A2", "A3")


def test_a_data_frame_as_grid() -> None:
    frame = pd.DataFrame(some_counts(), index=list("ABCDEFGH"), columns=range(1, 13))
    np.testing.assert_array_equal(numbers(frame), some_counts())
    np.testing.assert_array_equal(numbers(pd.DataFrame(some_counts())), some_counts())


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("none.csv", None, "does not exist"),
        ("empty.csv", b"", "is empty"),
        ("old.xls", b"\xd0\xcf\x11\xe0", "save it as .xlsx"),
        ("bad.xlsx", b"PK\x03\x04 no workbook", "cannot be read as a workbook"),
        ("text.csv", b"Dear colleague,\nhere are no counts.\n", "holds no plate"),
        ("picture.csv", bytes(range(256)) * 4, "no text table"),
    ],
)
def test_files_that_hold_no_plate_are_named(tmp_path: Path, name: str, data: bytes | None, words: str) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(S1RImagingError, match=words) as caught:
        read_plate_file(tmp_path / name)
    assert name in str(caught.value)


@given(st.integers(0, 15), st.integers(0, 23))
def test_names_of_wells_and_places(row: int, column: int) -> None:
    name = f"{ROW_LETTERS[row]}{column + 1}"
    assert well_position(name) == (row, column)
    assert well_name(f"{ROW_LETTERS[row].lower()}{column + 1:02d}") == name
