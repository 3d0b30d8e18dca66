"""Measuring again only what changed gives what measuring everything gives."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1r_imaging.imaging.edit import changed_labels, measure_again
from s1r_imaging.imaging.extract import extract_traces
from s1r_imaging.imaging.motion import correct_motion
from s1r_imaging.recording import Recording


class FirstAxisOnly:
    """The least that a stack must be able to do."""

    def __init__(self, data: np.ndarray[Any, Any]) -> None:
        self._data, self.shape, self.dtype = data, data.shape, data.dtype

    def __getitem__(self, frames: slice) -> np.ndarray[Any, Any]:
        assert isinstance(frames, slice)
        return self._data[frames]


def make_recording(dtype: str = "uint16") -> Recording:
    rng = np.random.default_rng(1)
    stack = rng.integers(100, 4000, size=(12, 40, 30)).astype(dtype)
    return Recording(stack, time_s=np.arange(12.0), pixel_size_um=0.5, saturation_level=4000)


def make_labels() -> np.ndarray[Any, np.dtype[np.int32]]:
    labels = np.zeros((40, 30), dtype=np.int32)
    labels[2:8, 2:9], labels[12:20, 5:12], labels[25:33, 18:26] = 3, 5, 9
    return labels


@given(
    rows=st.tuples(st.integers(0, 39), st.integers(0, 39)),
    columns=st.tuples(st.integers(0, 29), st.integers(0, 29)),
    value=st.sampled_from([0, 3, 5, 9, 11]),
    dtype=st.sampled_from(["uint8", "uint16", "float32", ">i4"]),
)
def test_edits_of_any_kind_agree_with_measuring_everything(
    rows: tuple[int, int], columns: tuple[int, int], value: int, dtype: str
) -> None:
    recording, before = make_recording(dtype), make_labels()
    after = before.copy()
    after[min(rows) : max(rows) + 1, min(columns) : max(columns) + 1] = value
    traces = extract_traces(recording, before, background=50.0)
    again = measure_again(traces, recording, after, changed=changed_labels(before, after))
    everything = extract_traces(recording, after, background=50.0)
    np.testing.assert_array_equal(again.f, everything.f)
    np.testing.assert_array_equal(again.f_background, everything.f_background)
    assert (again.saturated is None) == (everything.saturated is None)
    if everything.saturated is not None:
        np.testing.assert_array_equal(again.saturated, everything.saturated)
    assert again.labels.tolist() == everything.labels.tolist()
    np.testing.assert_allclose(
        again.cells.drop(columns="flags"), everything.cells.drop(columns="flags"), rtol=1e-12
    )
    assert again.cells["flags"].tolist() == everything.cells["flags"].tolist()


def test_cells_keep_their_background_and_a_new_one_takes_that_of_the_nearest() -> None:
    recording, before = make_recording(), make_labels()
    traces = extract_traces(recording, before, background="ring")
    after = before.copy()
    after[36:39, 20:24] = 12
    after[12:14, 5:12] = 0
    again = measure_again(traces, recording, after, changed=[5, 12])
    assert again.labels.tolist() == [3, 5, 9, 12]
    np.testing.assert_array_equal(again.f_background[:3], traces.f_background)
    np.testing.assert_array_equal(again.f_background[3], traces.f_background[2])


@pytest.mark.parametrize("wrap", [FirstAxisOnly, np.asarray])
def test_any_stack_and_corrected_motion_will_do(wrap: Any) -> None:
    recording, before = make_recording(), make_labels()
    recording = Recording(wrap(recording.data), time_s=recording.time_s)
    for each in (recording, correct_motion(recording)):
        after = before.copy()
        after[15:24, 10:16] = 5
        traces = extract_traces(each, before, background="none")
        again = measure_again(traces, each, after, changed=[5])
        np.testing.assert_array_equal(again.f, extract_traces(each, after, background="none").f)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(1, 2\), after has \(2, 1\)"):
        changed_labels([[1, 2]], [[1], [2]])


def test_nothing_is_changed_in_place() -> None:
    recording, labels = make_recording(), make_labels()
    traces = extract_traces(recording, labels)
    labels.setflags(write=False)
    f = traces.f.copy()
    measure_again(traces, recording, labels, changed=[3])
    np.testing.assert_array_equal(traces.f, f)
