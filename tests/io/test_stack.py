import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s1r_imaging.io.recording import read_recording
from tests.io.conftest import Save, Stack


def test_frames_can_be_pickled_and_read_from_threads(save: Save, stack: Stack) -> None:
    for options in ({}, {"compression": "zlib"}):
        data = read_recording(save(stack, **options), frame_interval_s=1).data
        again = pickle.loads(pickle.dumps(data))
        np.testing.assert_array_equal(again[3:5], stack[3:5])
        with ThreadPoolExecutor(4) as pool:
            frames = list(pool.map(lambda number, stack_=data: stack_[number], range(12)))
        np.testing.assert_array_equal(frames, stack)


indices = st.one_of(
    st.integers(-12, 11),
    st.slices(12),
    st.lists(st.integers(-12, 11), max_size=5),
    st.just(Ellipsis),
    st.tuples(st.slices(12), st.slices(17)),
    st.tuples(st.integers(-12, 11), st.integers(-17, 16), st.integers(-23, 22)),
    st.tuples(st.just(Ellipsis), st.integers(-23, 22)),
    st.tuples(st.lists(st.integers(0, 11), min_size=1, max_size=4), st.slices(17), st.integers(0, 22)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(key=indices, compressed=st.booleans())
def test_slicing_is_numpys(tmp_path: Path, stack: Stack, key: Any, compressed: bool) -> None:
    path = tmp_path / f"{compressed}.tif"
    if not path.exists():
        tifffile.imwrite(path, stack, compression="zlib" if compressed else None)
    data = read_recording(path, frame_interval_s=1).data
    expected = stack[np.array(key, dtype=int)] if isinstance(key, list) else stack[key]
    np.testing.assert_array_equal(data[key], expected)


def test_impossible_indices(save: Save, stack: Stack) -> None:
    data = read_recording(save(stack), frame_interval_s=1).data
    for key in (12, -13, None, (0, 0, 0, 0), (..., ...), (0, 17), ([0, 1], [2, 3]), np.zeros((2, 2), int)):
        with pytest.raises(IndexError):
            data[key]
