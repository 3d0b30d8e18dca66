from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1r_imaging.calcium.dff import compute_dff
from s1r_imaging.calcium.responses import measure_responses
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.flags import CellFlag
from s1r_imaging.io.plate_reader import read_plate_reader
from s1r_imaging.io.well_clocks import align_wells
from s1r_imaging.recording import Event, Traces
from tests.io.plate_files import (
    ALL_96,
    Matrix,
    clock,
    flex_file,
    kinetic_block,
    plain,
    plate_block,
    with_comma,
)

TIMES = np.arange(0.0, 100.0, 5.0)
WELLS = ("A1", "A2", "B1", "H12")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1")


def some_courses(seed: int = 0, wells: tuple[str, ...] = WELLS, times: Matrix = TIMES) -> dict[str, Matrix]:
    rng = np.random.default_rng(seed)
    return {well: np.round(rng.uniform(500, 900, len(times)), 3).astype(np.float64) for well in wells}


def flex_times(wells: tuple[str, ...], n_reads: int = 60, *, late: float = 0.15) -> dict[str, Matrix]:
    """Rows are read one after another, and columns start at slightly different times."""
    return {
        well: 0.7 + late * "ABCDEFGH".index(well[0]) + 0.02 * int(well[1:]) + 5.0 * np.arange(n_reads)
        for well in wells
    }


def saved(folder: Path, text: str, name: str = "plate1.txt", encoding: str = "utf-8", newline: str = "\n") -> Path:
    path = folder / name
    path.write_bytes(text.replace("\n", newline).encode(encoding, errors="replace"))
    return path


def check(traces: Traces, courses: dict[str, Matrix], times: Matrix = TIMES) -> None:
    assert list(traces.cells["well"]) == sorted(courses, key=lambda well: (well[0], int(well[1:])))
    np.testing.assert_allclose(traces.time_s, times, atol=1e-6)
    for well, row in zip(traces.cells["well"], traces.f, strict=True):
        np.testing.assert_allclose(row, courses[well], atol=1e-6)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_flex_files_keep_every_value_and_the_wells_own_times(tmp_path: Path, encoding: str, newline: str) -> None:
    times = flex_times(WELLS, 20)
    courses = some_courses()
    text = flex_file(times, [courses])
    traces = read_plate_reader(saved(tmp_path, text, encoding=encoding, newline=newline))
    assert traces.name == "plate1"
    assert traces.f_background.max() == 0
    for well, row, offset in zip(traces.cells["well"], traces.f, traces.cells["time_offset_s"], strict=True):
        np.testing.assert_allclose(row, courses[well], atol=1e-6)
        np.testing.assert_allclose(traces.time_s + offset, times[well], atol=1e-6)
    assert list(traces.cells["row"]) == ["A", "A", "B", "H"]
    assert list(traces.cells["column"]) == [1, 2, 1, 12]
    empty: Any = traces.history[-1].options["wells_without_values"]
    assert set(empty) == set(ALL_96) - set(WELLS)


def test_flex_files_with_decimal_commas(tmp_path: Path) -> None:
    times, courses = flex_times(WELLS, 20), some_courses()
    point = read_plate_reader(saved(tmp_path, flex_file(times, [courses])))
    comma = read_plate_reader(saved(tmp_path, flex_file(times, [courses], write=with_comma), name="plate2.txt"))
    np.testing.assert_array_equal(point.f, comma.f)
    np.testing.assert_array_equal(point.time_s, comma.time_s)


def calcium_response(times: Matrix, onset_s: float, *, rise_s: float = 4.0) -> Matrix:
    since = np.clip(times - onset_s, 0, None)
    return 1.2 * (1 + 1.5 * (1 - np.exp(-since / rise_s)) * np.exp(-since / 60.0))


def onsets(path: Path, *, event_s: float) -> dict[str, float]:
    traces = read_plate_reader(path, events=[Event("ATP", event_s)])
    rows = measure_responses(compute_dff(traces))
    return dict(zip(traces.cells["well"], rows["onset_s"], strict=True))


def test_onset_does_not_depend_on_when_a_well_is_read(tmp_path: Path) -> None:
    wells = tuple(f"{letter}{column}" for letter in "ABCDEFGH" for column in range(1, 7))
    times = flex_times(wells, 60, late=0.4)
    rng = np.random.default_rng(1)
    courses = {well: calcium_response(times[well], 62.0) + rng.normal(0, 0.01, 60) for well in wells}
    found = onsets(saved(tmp_path, flex_file(times, [courses])), event_s=60.0)
    late = np.array([times[well][0] for well in wells])
    onset = np.array([found[well] for well in wells])
    slope, _ = np.polyfit(late - late.mean(), onset, 1)
    assert np.ptp(late) > 2.5
    assert abs(slope) < 0.15  # frames taken as they are shift the onset by all of it: a slope of -1
    assert abs(np.median(onset) - 2.0) < 1.0


def test_no_baseline_holds_what_came_after_the_addition(tmp_path: Path) -> None:
    wells = tuple(f"{letter}1" for letter in "ABCDEFGH")
    times = flex_times(wells, 40, late=0.4)
    event_s = 0.7 + 0.4 * 3.5 + 0.02 + 5.0 * 12  # four wells of the thirteenth round are read before it
    courses = {well: np.where(times[well] >= event_s, 2.0, 1.0) for well in wells}
    traces = read_plate_reader(saved(tmp_path, flex_file(times, [courses])), events=[Event("ATP", event_s)])
    before = traces.time_s < event_s
    assert (traces.f[:, before] == 1.0).all()
    assert (traces.f[:, ~before] == 2.0).all()
    own = traces.time_s + traces.cells["time_offset_s"].to_numpy()[:, None]
    assert ((own < event_s) == before).all()


def test_columns_that_ran_one_after_another_have_clocks_of_their_own(tmp_path: Path) -> None:
    wells = ("A1", "B1", "A2", "B2")
    times = {well: own + (300.0 if well.endswith("2") else 0.0) for well, own in flex_times(wells, 20).items()}
    with pytest.warns(UserWarning, match="columns of the plate were run one after another"):
        traces = read_plate_reader(saved(tmp_path, flex_file(times, [some_courses(wells=wells)])))
    assert np.ptp(traces.cells["time_offset_s"]) < 0.5
    assert traces.time_s[0] < 1.0


def test_two_wavelengths_become_their_ratio(tmp_path: Path) -> None:
    times = flex_times(WELLS, 20)
    first, second = some_courses(1), some_courses(2)
    path = saved(tmp_path, flex_file(times, [first, second], signals=("340", "380")))
    ratio = {well: first[well] / second[well] for well in WELLS}
    for signal, expected in (
        (None, ratio),
        ("ratio", ratio),
        ("340/380", ratio),
        ("2/1", {well: 1 / course for well, course in ratio.items()}),
        ("380", second),
        ("1", first),
    ):
        traces = read_plate_reader(path, signal=signal)
        for well, row in zip(traces.cells["well"], traces.f, strict=True):
            np.testing.assert_allclose(row, expected[well], rtol=1e-6)
    assert read_plate_reader(path).history[-1].options["signal"] == "340/380"


def test_background_is_subtracted_before_the_ratio(tmp_path: Path) -> None:
    times = flex_times(WELLS, 20)
    clean = (some_courses(1), some_courses(2))
    blanks = ({"G1": 200.0, "G2": 220.0}, {"G1": 90.0, "G2": 110.0})
    courses = []
    for own, blank in zip(clean, blanks, strict=True):
        level = np.mean(list(blank.values()))
        course = {well: values + level for well, values in own.items()}
        courses.append(course | {well: np.full(20, value) for well, value in blank.items()})
    times |= flex_times(("G1", "G2"), 20)
    path = saved(tmp_path, flex_file(times, courses, signals=("340", "380")))
    traces = read_plate_reader(path, background_wells=["G1", "G02"])
    assert list(traces.cells["well"]) == list(WELLS)
    np.testing.assert_allclose(traces.f, [clean[0][well] / clean[1][well] for well in WELLS], rtol=1e-5)
    single = read_plate_reader(path, signal="340", background_wells=["G1", "G2"])
    np.testing.assert_allclose(single.f - single.f_background, [clean[0][well] for well in WELLS], rtol=1e-5)


def test_a_ratio_alone_has_no_background_to_subtract(tmp_path: Path) -> None:
    text = flex_file(flex_times(WELLS, 20), [some_courses()], signals=("340", "380"), data="Reduced")
    with pytest.raises(S1RImagingError, match=r"plate1.txt holds a ratio only"):
        read_plate_reader(saved(tmp_path, text), background_wells=["A1"])


def test_kinetic_reads_in_both_layouts(tmp_path: Path) -> None:
    first, second = some_courses(1), some_courses(2)
    for block in (kinetic_block, plate_block):
        text = "##BLOCKS= 2\nNote:\nsome words\n~End\n" + block(TIMES, [first, second], signals=("340", "380"))
        path = saved(tmp_path, text, encoding="utf-16", newline="\r\n")
        check(read_plate_reader(path, signal="340"), first)
        check(read_plate_reader(path, signal="380"), second)


def test_part_of_a_plate(tmp_path: Path) -> None:
    wells = ("B4", "C5")
    courses = some_courses(3, wells)
    path = saved(tmp_path, "##BLOCKS= 1\n" + plate_block(TIMES, [courses], columns=(4, 5, 6)))
    check(read_plate_reader(path), courses)


def test_several_plates(tmp_path: Path) -> None:
    first, second = some_courses(1), some_courses(2)
    text = f"##BLOCKS= 2\n{kinetic_block(TIMES, [first], name='one')}\n{plate_block(TIMES, [second], name='two')}"
    path = saved(tmp_path, text)
    with pytest.raises(
        S1RImagingError, match=r"plate1.txt holds 2 plates \('one', 'two'\): say which with plate="
    ):
        read_plate_reader(path)
    with pytest.raises(S1RImagingError, match=r"plate='three': expected one of 'one', 'two'"):
        read_plate_reader(path, plate="three")
    found = read_plate_reader(path, plate="two")
    assert found.name == "two"
    check(found, second)


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


def test_a_frame_in_which_nothing_was_read_is_left_out(tmp_path: Path) -> None:
    times = flex_times(WELLS, 20)
    courses: dict[str, Any] = {well: [*course[:-1], "Limits+"] for well, course in some_courses().items()}
    traces = read_plate_reader(saved(tmp_path, flex_file(times, [courses])))
    assert len(traces.time_s) == 19
    assert (traces.cells["flags"] == 0).all()
    assert np.isfinite(traces.f).all()


def test_events_are_checked(tmp_path: Path) -> None:
    path = saved(tmp_path, wide(some_courses(), ",", plain))
    with pytest.raises(ValueError, match="recording ends at 95 s"):
        read_plate_reader(path, events=[Event("ATP", 200.0)])
    with pytest.raises(TypeError, match="put it in brackets"):
        read_plate_reader(path, background_wells="A1")
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


def test_signals_that_are_not_there_are_named(tmp_path: Path) -> None:
    times = flex_times(WELLS, 20)
    courses = [some_courses(seed) for seed in range(3)]
    path = saved(tmp_path, flex_file(times, courses, signals=("340", "360", "380")))
    with pytest.raises(S1RImagingError, match="holds the signals '340', '360', '380': say which"):
        read_plate_reader(path)
    with pytest.raises(S1RImagingError, match="has no signal '500': expected one of '340', '360', '380'"):
        read_plate_reader(path, signal="340/500")


@given(
    late=st.lists(st.floats(0, 4.9), min_size=2, max_size=12),
    event_s=st.floats(12.0, 80.0),
    n_reads=st.integers(20, 30),
)
def test_frames_never_hold_reads_from_both_sides_of_the_event(
    late: list[float], event_s: float, n_reads: int
) -> None:
    times = np.array(late)[:, None] + 5.0 * np.arange(n_reads)
    clocks = align_wells(times, ALL_96[: len(late)], first_event_s=event_s)
    own = np.take_along_axis(times, clocks.reads, axis=1)
    np.testing.assert_allclose(own, clocks.time_s + clocks.offset_s[:, None], atol=1e-5)
    before = own < event_s
    assert (before == before[0]).all()
    assert (np.diff(clocks.reads, axis=1) == 1).all()
    assert own.shape[1] >= n_reads - 1
