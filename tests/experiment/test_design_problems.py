from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.experiment.design import check_design, read_design


def table(tmp_path: Path, text: str, *, name: str = "design.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def problems_of(design: Any, **options: Any) -> list[str]:
    """Return the lines of the one message that a design is refused with."""
    open_design = read_design if isinstance(design, Path) else check_design
    with pytest.raises((ValueError, S1RImagingError)) as error:
        open_design(design, **options)
    headline, *lines = str(error.value).split("\n  ")
    count = int(headline.partition("cannot be used, ")[2].partition(" ")[0])
    assert count == len(lines)
    return lines


def problem_of(columns: dict[str, Any], **options: Any) -> str:
    (line,) = problems_of(pd.DataFrame(columns), **options)
    return line


def test_a_decimal_comma_that_split_a_cell_is_noticed(tmp_path: Path) -> None:
    path = table(tmp_path, "recording,role,agonist,agonist_uM\na,vehicle,,\nb,agonist,ATP,0,5\n")
    (line,) = [line for line in problems_of(path) if "row 3" in line and "more cells" in line]
    assert "decimal comma" in line


def test_a_workbook_with_a_title_above_and_a_gap_tells_the_rows_of_the_sheet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["Our experiment"],
        [],
        ["recording", "role", "day"],
        ["a", "vehicle", 1],
        [],
        ["b", "agnoist", 2],
    ):
        sheet.append(row)
    book.save(tmp_path / "design.xlsx")
    (line,) = problems_of(tmp_path / "design.xlsx")
    assert line.startswith("row 6, column role: unknown role 'agnoist'")
    for role in ("vehicle", "antagonist + agonist", "positive control", "maximum", "minimum"):
        assert role in line


def test_control_is_vehicle_only_where_nothing_else_is() -> None:
    names = {"recording": ["a", "b", "c"]}
    design = check_design(pd.DataFrame(names | {"role": ["ctrl", "agonist", "Control"], "condition": list("xyx")}))
    assert design["role"].tolist() == ["vehicle", "agonist", "vehicle"]
    assert "unknown role 'control'" in problem_of(names | {"role": ["control", "agonist", "vehicle"]})


def test_all_problems_stand_in_one_message_by_row_and_column(tmp_path: Path) -> None:
    (tmp_path / "here.tif").touch()
    path = table(
        tmp_path,
        "file,condition,role,agonist,agonist_uM,plate,well,events\n"
        "here.tif,vehicle,vehicle,,,p1,A1,\n"
        "gone.tif,drug,agonist,PRE-084,10 nM,p1,A1,\n"
        "here.tif,,agonst,PRE-084,-3,p1,Z9,PRE-084 at 30\n",
    )
    text = "\n".join(problems_of(path))
    for words in (
        "row 3, column file: 'gone.tif' does not exist", "row 3, column agonist_uM: '10 nM' has another unit",
        "rows 2 and 3, column well: A1 of plate 'p1' stands 2 times",
        "row 4, column condition: is empty", "row 4, column role: unknown role 'agonst'",
        "row 4, column agonist_uM: '-3' is negative", "row 4, column well: 'Z9' is no well",
        "row 4, column events: 'PRE-084 at 30': expected NAME@START",
    ):  # fmt: skip
        assert words in text


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"agonist_nM": [1], "agonist_uM": [1], "agonist": ["x"]}, ["agonist_M", "'agonist_nM' and 'agonist_uM'"]),
        ({"agonist conc": ["10"], "agonist": ["ATP"]}, ["row 2, column agonist conc", "has no unit"]),
        ({"agonist_uM": [10]}, ["row 2, column agonist:", "name the agonist"]),
        ({"agonist_uM": ["ten"], "agonist": ["ATP"]}, ["'ten' is no concentration"]),
        ({"agonist_uM": [0], "agonist": ["ATP"]}, ["agonist_M: is 0"]),
        ({"antagonist": ["NE-100"], "agonist": ["ATP"]}, ["the role is agonist, but 'NE-100' is given"]),
        ({"agnoist": ["ATP"]}, ["column agnoist", "did you mean agonist?"]),
        ({"dose (nM)": [3]}, ["column dose (nM)", "agonist's or the antagonist's"]),
        ({"start (s)": [30]}, ["column start (s)", "agonist_start_s"]),
        ({"PRE-084 (µM)": [3]}, ["column PRE-084 (µM)", "agonist_uM"]),
        ({"well": ["Q1"]}, ["'Q1' is no well"]),
        ({"events": ["ATP@30; ATP@60"]}, ["two events are named 'ATP'"]),
        ({"events": ["ATP@30"], "event": ["KCl"]}, ["column event: 'KCl' is none of the events (ATP)"]),
        ({"agonist_start_s": [30], "agonist_end_s": [20]}, ["column events", "is not after"]),
        ({"agonist_end_s": [20]}, ["agonist_start_s"]),
        ({"frame interval (s)": ["0 s"]}, ["'0 s' is not more than 0"]),
        ({"frame_interval": [0.5]}, ["has no unit"]),
        ({"frame interval (s)": ["fast"]}, ["'fast' is no number"]),
        ({"pixel_size_um": ["650 parsec"]}, ["a unit that is not known"]),
        ({"condition": ["drug"], "group": ["drug"]}, ["column condition", "keep one"]),
    ],
)  # fmt: skip
def test_what_is_refused(columns: dict[str, Any], words: list[str]) -> None:
    line = problem_of({"recording": ["a"], "role": ["agonist"]} | columns)
    for word in words:
        assert word in line


def test_problems_between_rows() -> None:
    two = {"recording": ["a", "b"], "role": ["vehicle", "agonist"], "dish": [1, 2]}
    assert "rows 2 and 3, column recording: 'a' stands 2 times" in problem_of(two | {"recording": ["a", "a"]})
    assert "'a', 'A' differ in capitals" in problem_of(two | {"recording": ["a", "A"]})
    assert "'x' has several roles (vehicle and agonist)" in problem_of(two | {"condition": ["x", "x"]})
    assert "'Drug', 'drug' differ in capitals" in problem_of(two | {"condition": ["Drug", "drug"]})
    assert "row 3, column condition: is empty" in problem_of(two | {"condition": ["x", " "]})
    assert "row 3, column role: is empty" in problem_of(two | {"role": ["vehicle", None]})
    assert "A1 stands 2 times" in problem_of(two | {"well": ["A1", "a01"]})


def test_a_blocked_row_needs_its_antagonist() -> None:
    line = problem_of(
        {"recording": ["a", "b"], "role": ["agonist", "antagonist_agonist"], "agonist": ["ATP", "ATP"]}
    )
    assert line.startswith("row 3, column antagonist: is empty, but the role is antagonist + agonist")


def test_a_compound_without_concentration_where_others_have_one() -> None:
    line = problem_of(
        {"recording": ["a", "b"], "role": ["agonist"] * 2, "agonist": ["ATP"] * 2, "agonist_uM": [10, None],
         "condition": ["x", "y"]}
    )  # fmt: skip
    assert line.startswith("row 3, column agonist_M: 'ATP' has no concentration")


@pytest.mark.parametrize("columns", [{}, {"recording": [], "role": []}])
def test_no_rows(columns: dict[str, Any]) -> None:
    assert "no rows" in problem_of(columns)


def test_only_a_dataframe_is_checked() -> None:
    with pytest.raises(TypeError, match="design is a list"):
        check_design([{"recording": "a"}])  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "just words\n"])
def test_a_file_that_is_no_design_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = table(tmp_path, text)
    with pytest.raises(S1RImagingError, match=r"design\.csv"):
        read_design(path)
    with pytest.raises(S1RImagingError, match="does not exist"):
        read_design(tmp_path / "absent.csv")


def test_missing_files_are_named_with_what_was_meant(tmp_path: Path) -> None:
    (tmp_path / "day1_dish1.tif").touch()
    lines = problems_of(
        pd.DataFrame({"file": ["day1_dish1", "day1-dish1.tif", None, "sub/x.tif"], "role": ["vehicle"] * 4,
                      "recording": list("abcd")}),
        folder=tmp_path,
    )  # fmt: skip
    assert "row 2, column file: 'day1_dish1' does not exist; did you mean 'day1_dish1.tif'?" in lines[0]
    assert "did you mean 'day1_dish1.tif'?" in lines[1]
    assert "row 4, column file: is empty" in lines[2]
    assert "there is no folder" in lines[3]


def test_folders_of_the_other_system_are_understood(tmp_path: Path) -> None:
    (tmp_path / "mon").mkdir()
    (tmp_path / "mon" / "a.tif").touch()
    design = check_design(pd.DataFrame({"file": ["mon\\a.tif"], "role": ["veh"]}), folder=tmp_path)
    assert design["file"].tolist() == [str(tmp_path / "mon" / "a.tif")]
