from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1r_imaging.calcium.dff import compute_dff
from s1r_imaging.calcium.responses import measure_responses
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.plate_reader import read_plate_reader
from s1r_imaging.io.well_clocks import align_wells
from s1r_imaging.recording import Event
from tests.io.plate_files import (
    ALL_96,
    ENCODINGS,
    TIMES,
    WELLS,
    Matrix,
    check,
    flex_file,
    flex_times,
    kinetic_block,
    plate_block,
    saved,
    some_courses,
    with_comma,
)


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
    single = read_plate_reader(path, signal="340", background_wells="G1; G2")
    assert single.history[-1].options["background_wells"] == "G1; G2"
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


def test_a_frame_in_which_nothing_was_read_is_left_out(tmp_path: Path) -> None:
    times = flex_times(WELLS, 20)
    courses: dict[str, Any] = {well: [*course[:-1], "Limits+"] for well, course in some_courses().items()}
    traces = read_plate_reader(saved(tmp_path, flex_file(times, [courses])))
    assert len(traces.time_s) == 19
    assert (traces.cells["flags"] == 0).all()
    assert np.isfinite(traces.f).all()


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
