from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.flags import CellFlag
from s1r_imaging.io.plate_reader import read_plate_reader
from s1r_imaging.recording import Event
from tests.io.plate_files import (
    ENCODINGS,
    TIMES,
    WELLS,
    Matrix,
    check,
    clock,
    plain,
    saved,
    some_courses,
    with_comma,
)

Table = Callable[[dict[str, Matrix], str, Callable[[float], str]], str]


def wide(courses: dict[str, Matrix], mark: str, write: Callable[[float], str]) -> str:
    lines = [mark.join(["Time (s)", *courses])]
    lines += [mark.join(write(value) for value in row) for row in zip(TIMES, *courses.values(), strict=True)]
    return "Experiment: test\n\n" + "\n".join(lines) + "\n"


def transposed(courses: dict[str, Matrix], mark: str, write: Callable[[float], str]) -> str:
    lines = [mark.join(["Time [s]", *(write(time) for time in TIMES)])]
    lines += [mark.join([well, *(write(value) for value in course)]) for well, course in courses.items()]
    return "\n".join(lines) + "\n"


def long(courses: dict[str, Matrix], mark: str, write: Callable[[float], str]) -> str:
    lines = [mark.join(["Well", "time_s", "Value"])]
    for number, time in enumerate(TIMES):
        lines += [mark.join([well, write(time), write(course[number])]) for well, course in courses.items()]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(("mark", "write"), [(",", plain), (";", with_comma), ("\t", plain), ("\t", with_comma)])
@pytest.mark.parametrize("table", [wide, transposed, long])
def test_tables_of_any_reader(
    tmp_path: Path, table: Table, mark: str, write: Callable[[float], str], encoding: str
) -> None:
    courses = some_courses()
    path = saved(tmp_path, table(courses, mark, write), name="run 3.csv", encoding=encoding)
    traces = read_plate_reader(path)
    check(traces, courses)
    assert traces.name == "run 3"


@pytest.mark.parametrize("table", [wide, transposed, long])
def test_workbooks(tmp_path: Path, table: Table) -> None:
    courses = some_courses()
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in table(courses, "\t", plain).splitlines():
        cells = line.split("\t")
        sheet.append([float(cell) if cell.replace(".", "").isdigit() else cell for cell in cells])
    book.save(tmp_path / "book.xlsx")
    check(read_plate_reader(tmp_path / "book.xlsx"), courses)


@pytest.mark.parametrize(
    ("heading", "write"),
    [
        ("Time (min)", lambda s: f"{s / 60:.9f}"),
        ("time_ms", lambda s: f"{1000 * s:.0f}"),
        ("Time [h]", lambda s: f"{s / 3600:.12f}"),
        ("Time(hh:mm:ss)", clock),
        ("Time", clock),
        ("Time", lambda s: f"{s:g} s"),
        ("Zeit [s]", lambda s: f"{s:g}"),
        ("Time", lambda s: f"0 h {s // 60:g} min {s % 60:g} s"),
        ("seconds", lambda s: f"{s:g}"),
    ],
)
def test_units_of_time(tmp_path: Path, heading: str, write: Callable[[float], str]) -> None:
    courses = some_courses()
    rows = [
        f"{write(time)}\t" + "\t".join(plain(course[n]) for course in courses.values())
        for n, time in enumerate(TIMES)
    ]
    text = "\n".join([f"{heading}\t" + "\t".join(courses), *rows])
    check(read_plate_reader(saved(tmp_path, text)), courses)


def test_a_unit_of_time_is_never_guessed(tmp_path: Path) -> None:
    for table in (wide, transposed, long):
        text = table(some_courses(), ",", plain)
        for heading in ("Time (s)", "Time [s]", "time_s"):
            text = text.replace(heading, "Time")
        path = saved(tmp_path, text)
        with pytest.raises(S1RImagingError, match=r"plate1.txt does not say the unit of its times"):
            read_plate_reader(path)
        check(read_plate_reader(path, time_unit="min"), some_courses(), 60 * TIMES)


def test_long_tables_hold_plates_and_wavelengths(tmp_path: Path) -> None:
    lines = ["Plate,Row,Column,Wavelength,Time (s),RFU,Temperature"]
    courses: dict[tuple[str, str], dict[str, Matrix]] = {}
    for plate in ("p1", "p2"):
        for wavelength in ("340", "380"):
            own = some_courses(len(courses))
            courses[plate, wavelength] = own
            for well, course in own.items():
                row, column = well[0], well[1:]
                lines += [
                    f"{plate},{row},{column},{wavelength},{t:g},{v},37" for t, v in zip(TIMES, course, strict=True)
                ]
    path = saved(tmp_path, "\n".join(lines), name="long.csv")
    check(read_plate_reader(path, plate="p2", signal="380"), courses["p2", "380"])
    ratio = {well: courses["p1", "340"][well] / courses["p1", "380"][well] for well in WELLS}
    check(read_plate_reader(path, plate="p1"), ratio)


def test_a_long_table_may_lack_reads(tmp_path: Path) -> None:
    courses = some_courses()
    lines = long(courses, ",", plain).splitlines()
    lines.remove(f"A2,{plain(TIMES[7])},{plain(courses['A2'][7])}")
    traces = read_plate_reader(saved(tmp_path, "\n".join(lines)))
    courses["A2"][7] = np.nan
    check(traces, courses)


@pytest.mark.parametrize("word", ["#SAT", "OVRFLW", "Overflow", "OVER", "Limits+", ">>>>>", "saturated"])
def test_saturated_reads_are_missing_and_flagged(tmp_path: Path, word: str) -> None:
    courses = some_courses()
    text = wide(courses, "\t", plain).replace(plain(courses["B1"][9]), word)
    traces = read_plate_reader(saved(tmp_path, text))
    courses["B1"][9] = np.nan
    check(traces, courses)
    assert list(traces.cells["flags"].to_numpy() & int(CellFlag.SATURATED)) == [0, 0, int(CellFlag.SATURATED), 0]
    assert traces.saturated is not None
    assert traces.saturated.sum() == traces.saturated[2, 9] == 1


def test_events_are_checked(tmp_path: Path) -> None:
    path = saved(tmp_path, wide(some_courses(), ",", plain))
    with pytest.raises(ValueError, match="recording ends at 95 s"):
        read_plate_reader(path, events=[Event("ATP", 200.0)])
    with pytest.raises(ValueError, match=r"background_wells holds 'Z9'"):
        read_plate_reader(path, background_wells=["Z9"])
    with pytest.raises(S1RImagingError, match=r"plate1.txt has no well G7"):
        read_plate_reader(path, background_wells=["G7"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("just some words\nand more of them\n", "holds no time course of wells"),
        ("Time (s),A1,A2\n", "holds no time course of wells"),
        ("Time (s),A1,A2\n0,,\n5,,\n10,,\n", "holds no time course of wells"),
        ("Well,Time (s),Value\nA1,0,5\nA2,0,6\n", "fewer than two reads"),
        ("Well,Time (s),Value\nA1,0,5\nA1,0,6\nA1,5,7\n", "two reads of a well at the same time"),
        (
            "##BLOCKS= 1\nPlate:\tP\t1.3\tTimeFormat\tEndpoint\tFluorescence\tTRUE\tRaw\tFALSE\t1\n~End\n",
            "'P' .Endpoint.",
        ),
    ],
)
def test_a_file_without_a_time_course_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = saved(tmp_path, text)
    with pytest.raises(S1RImagingError, match=words) as caught:
        read_plate_reader(path)
    assert "plate1.txt" in str(caught.value)
    assert len(str(caught.value).split(". ")) == 1
