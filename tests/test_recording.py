import dataclasses
from itertools import pairwise
from typing import Any

import dask.array as da
import numpy as np
import pandas as pd
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from s1r_imaging.recording import Event, Recording, Traces, check_times

DATA = np.arange(4 * 3 * 2, dtype=np.uint16).reshape(4, 3, 2)
TIMES = np.array([0.0, 0.5, 1.0, 2.0])


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    array = array.copy()
    array.setflags(write=False)
    return array


class TestEvent:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"name": ""}, "event name='': expected a word"),
            ({"name": "  "}, "expected a word"),
            ({"name": 3}, "event name=3: expected a word"),
            ({"start_s": np.nan}, "start_s=nan is not a finite time"),
            ({"start_s": np.inf}, "start_s=inf is not a finite time"),
            ({"start_s": "30"}, "start_s='30' is not a finite time"),
            ({"start_s": None}, "start_s=None is not a finite time"),
            ({"end_s": 30.0}, "end_s=30.0 is not after start_s=30.0"),
            ({"end_s": np.nan}, "end_s=nan is not after"),
            ({"end_s": "60"}, "end_s='60' is not after"),
            ({"concentration_M": 0.0}, "concentration_M=0.0 is not a positive number"),
            ({"concentration_M": -1e-6}, "is not a positive number"),
            ({"concentration_M": np.nan}, "is not a positive number"),
            ({"concentration_M": "10 uM"}, "concentration_M='10 uM' is not a positive number"),
        ],
    )
    def test_wrong_values_are_named(self, arguments: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError) as error:
            Event(**dict[str, Any](name="PRE-084", start_s=30.0) | arguments)
        assert message in str(error.value)

    def test_may_lie_before_the_recording(self) -> None:
        early = Event("antagonist", -600.0)
        assert Recording(DATA, time_s=TIMES, events=(early,)).events == (early,)

    def test_holds_plain_numbers(self) -> None:
        event = Event("PRE-084", np.float32(30.0), concentration_M=np.float64(1e-5))  # type: ignore[arg-type]
        assert repr(event) == "Event(name='PRE-084', start_s=30.0, end_s=None, concentration_M=1e-05)"


class TestRecording:
    def test_says_what_it_holds(self) -> None:
        recording = Recording(DATA, time_s=TIMES, pixel_size_um=0.65)
        assert recording.n_frames == 4
        assert recording.frame_shape == (3, 2)
        assert recording.frame_interval_s == 0.5

    @pytest.mark.parametrize("wrap", [np.asarray, da.from_array, zarr.array, read_only])
    def test_keeps_any_array_as_it_is(self, wrap: Any) -> None:
        data = wrap(DATA)
        recording = Recording(data, time_s=TIMES)
        assert recording.data is data
        np.testing.assert_array_equal(np.asarray(recording.data[1:3]), DATA[1:3])

    def test_takes_nested_lists(self) -> None:
        assert Recording(DATA.tolist(), time_s=TIMES).data.shape == (4, 3, 2)

    def test_does_not_follow_a_change_of_the_times(self) -> None:
        times = TIMES.copy()
        recording = Recording(DATA, time_s=times)
        times[0] = -1.0
        assert recording.time_s[0] == 0.0
        with pytest.raises(ValueError, match="read-only"):
            recording.time_s[0] = 1.0

    def test_events_are_sorted(self) -> None:
        events: Any = [Event("KCl", 1.5), Event("PRE-084", 0.5)]
        assert [event.name for event in Recording(DATA, time_s=TIMES, events=events).events] == ["PRE-084", "KCl"]

    @pytest.mark.parametrize(
        ("changes", "kind", "message"),
        [
            ({"data": DATA[0]}, ValueError, "data has shape (3, 2): expected three axes"),
            ({"data": DATA[..., None]}, ValueError, "select one channel and one z plane"),
            (
                {"data": DATA[:1], "time_s": [0.0]},
                ValueError,
                "1 frame(s): a recording over time needs at least 2",
            ),
            ({"data": DATA[:0], "time_s": []}, ValueError, "0 frame(s)"),
            ({"data": DATA[:, :0]}, ValueError, "the frames are empty"),
            ({"data": DATA > 3}, TypeError, "dtype bool"),
            ({"data": DATA.astype(complex)}, TypeError, "dtype complex128"),
            ({"data": DATA.astype(str)}, TypeError, "expected integer or floating-point counts"),
            ({"time_s": TIMES[:3]}, ValueError, "time_s has shape (3,): expected one time per frame, (4,)"),
            ({"time_s": 0.5}, ValueError, "time_s has shape (): expected one time per frame"),
            ({"time_s": [0, 1, np.nan, 3]}, ValueError, "not finite"),
            ({"time_s": [0, 1, 1, 2]}, ValueError, "does not increase between frames 1 and 2 (1 s, 1 s)"),
            ({"time_s": [0, 0, 0, 0]}, ValueError, "does not increase between frames 0 and 1"),
            ({"pixel_size_um": 0.0}, ValueError, "pixel_size_um=0.0: expected a positive number"),
            ({"pixel_size_um": "0.65"}, ValueError, "pixel_size_um='0.65': expected a positive number"),
            ({"saturation_level": -1}, ValueError, "saturation_level=-1"),
            ({"bit_depth": 0}, ValueError, "bit_depth=0"),
            ({"events": [Event("late", 2.1)]}, ValueError, "starts at 2.1 s, but the recording ends at 2 s"),
            ({"events": [Event("a", 0.0), Event("a", 1.0)]}, ValueError, "two events are named 'a'"),
            ({"events": Event("a", 0.0)}, TypeError, "put it in brackets"),
            ({"events": ["PRE-084"]}, TypeError, "events holds 'PRE-084': expected Event(name, start_s)"),
            ({"shifts_px": np.zeros((4, 3))}, ValueError, "shifts_px has shape (4, 3): expected (4, 2)"),
            ({"moved": [True]}, ValueError, "moved has shape (1,): expected (4,)"),
        ],
    )
    def test_wrong_values_are_named(self, changes: dict[str, Any], kind: type[Exception], message: str) -> None:
        with pytest.raises(kind) as error:
            Recording(**{"data": DATA, "time_s": TIMES} | changes)
        assert message in str(error.value)

    def test_a_changed_copy_leaves_the_first_alone(self) -> None:
        first = Recording(DATA, time_s=TIMES, name="dish 1")
        second = dataclasses.replace(first, name="dish 2")
        assert (first.name, second.name) == ("dish 1", "dish 2")
        assert second.data is first.data


class TestTraces:
    def test_what_is_not_given_has_a_default(self) -> None:
        traces = Traces([0.0, 1.0], [[1, 2], [3, 4], [5, 6]])  # type: ignore[arg-type]
        assert traces.n_cells == 3
        assert traces.labels.tolist() == [1, 2, 3]
        assert traces.cells.index.name == "label"
        assert traces.cells["flags"].tolist() == [0, 0, 0]
        np.testing.assert_array_equal(traces.f_background, np.zeros((3, 2)))
        assert traces.f0 is None
        assert traces.dff is None

    def test_rows_belong_to_labels(self) -> None:
        cells = pd.DataFrame({"area_px": [40, 50]}, index=[7, 3])
        traces = Traces(TIMES, np.ones((2, 4)), cells=cells)
        assert traces.labels.tolist() == [7, 3]
        assert "flags" not in cells
        assert cells.index.name is None

    def test_no_cells_are_no_error(self) -> None:
        traces = Traces(TIMES, np.empty((0, 4)), cells=pd.DataFrame({"area_px": []}, index=[]))
        assert traces.n_cells == 0
        assert traces.labels.dtype == np.int64
        assert traces.cells["flags"].dtype == np.int64

    def test_matrices_cannot_be_written_through(self) -> None:
        f = np.ones((2, 4))
        traces = Traces(TIMES, f, f0=f, dff=f)
        for matrix in (traces.f, traces.f_background, traces.f0, traces.dff):
            assert matrix is not None
            with pytest.raises(ValueError, match="read-only"):
                matrix[0, 0] = 2.0
        f[0, 0] = 3.0  # the caller's own array stays writable

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"f": np.ones(4)}, "expected (n_cells, n_frames)"),
            ({"f": np.ones((2, 3))}, "time_s has shape (4,): expected one time per frame, (3,)"),
            ({"f_background": np.ones((1, 4))}, "f_background has shape (1, 4): expected (2, 4)"),
            ({"f0": np.ones((2, 1))}, "f0 has shape (2, 1): expected (2, 4)"),
            ({"dff": np.ones(4)}, "dff has shape (4,)"),
            ({"saturated": np.ones((4, 2))}, "saturated has shape (4, 2)"),
            ({"moved": [False, True]}, "moved has shape (2,)"),
            ({"cells": pd.DataFrame(index=[1])}, "cells has 1 rows: expected one per row of f, 2"),
            ({"cells": pd.DataFrame(index=[5, 5])}, "holds a label twice"),
            ({"cells": pd.DataFrame(index=["a", "b"])}, "expected whole numbers"),
            ({"cells": pd.DataFrame(index=[1.5, 2.0])}, "expected whole numbers"),
        ],
    )
    def test_wrong_values_are_named(self, changes: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError) as error:
            Traces(**{"time_s": TIMES, "f": np.ones((2, 4))} | changes)
        assert message in str(error.value)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20))
def test_times_are_taken_when_they_increase_and_only_then(times: list[float]) -> None:
    if all(earlier < later for earlier, later in pairwise(times)):
        assert check_times(times, len(times)).tolist() == times
    else:
        with pytest.raises(ValueError, match="does not increase"):
            check_times(times, len(times))
