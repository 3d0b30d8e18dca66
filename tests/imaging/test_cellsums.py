"""Sums over cells, against the sums of SciPy, to the last bit."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from s1r_imaging.imaging.cellsums import CellSums


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_frames=st.integers(1, 40),
    side=st.integers(3, 90),
    n_cells=st.integers(1, 6),
    kind=st.sampled_from(["uint8", ">u2", "int32", "uint64", "float32", "float64"]),
    is_dense=st.booleans(),
)
def test_many_frames_at_once_are_summed_as_scipy_sums_each(
    seed: int, n_frames: int, side: int, n_cells: int, kind: str, *, is_dense: bool
) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, n_cells + 1, (side, side)).astype(np.int32)
    if not is_dense:
        labels[rng.random(labels.shape) < 0.8] = 0
    labels[0, 0] = n_cells  # a cell at least
    frames = (rng.random((n_frames, side, side)) * 250).astype(kind)
    sums = CellSums(labels)
    found = sums.sums_of_frames(frames)
    assert np.array_equal(found, np.stack([sums.sums(frame) for frame in frames], axis=1))
    expected = [ndimage.sum_labels(frame.astype(np.float64), labels, sums.index) for frame in frames]
    assert np.array_equal(found, np.transpose(expected))


def test_a_window_of_a_stack_is_summed_where_it_lies() -> None:
    stack = np.random.default_rng(0).integers(0, 4000, (700, 60, 50)).astype(np.uint16)
    labels = np.zeros((30, 25), dtype=np.int32)
    labels[3:20, 4:18] = 5
    found = CellSums(labels).sums_of_frames(stack[:, 10:40, 5:30])
    assert np.array_equal(found[0], stack[:, 13:30, 9:23].sum(axis=(1, 2)))
