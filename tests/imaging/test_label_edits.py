"""Edits of cells."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy import ndimage as ndi

from s1r_imaging.imaging.crop import crop_recording
from s1r_imaging.imaging.label_edits import (
    delete_labels,
    grow_labels,
    label_under,
    merge_labels,
    next_label,
    split_label,
)
from s1r_imaging.imaging.label_numbers import describe_labels
from s1r_imaging.recording import Recording

Labels = NDArray[np.int32]
FIELDS = arrays(np.int32, (12, 14), elements=st.integers(0, 4))


def two_discs(*, gap: int = 14) -> Labels:
    rows, columns = np.ogrid[:40, :60]
    labels = np.zeros((40, 60), dtype=np.int32)
    for x in (20, 20 + gap):
        labels[(rows - 20) ** 2 + (columns - x) ** 2 <= 9**2] = 7
    labels[:3, :3] = 9
    labels.setflags(write=False)
    return labels


def test_merged_cells_have_the_smallest_label() -> None:
    labels = np.array([[5, 5, 0, 3, 8]])
    assert merge_labels(labels, [8, 5]).tolist() == [[5, 5, 0, 3, 5]]


@pytest.mark.parametrize("merged", [[5], [5, 5], []])
def test_one_cell_is_not_merged(merged: list[int]) -> None:
    with pytest.raises(ValueError, match="at least two"):
        merge_labels([[5, 5, 0, 3]], merged)


@pytest.mark.parametrize("label", [0, 4])
def test_a_cell_that_is_not_there_is_named(label: int) -> None:
    with pytest.raises(ValueError, match=f"label {label} is not there"):
        delete_labels([[5, 0, 3]], [label])


def test_touching_discs_are_parted_at_their_waist() -> None:
    labels = two_discs()
    split = split_label(labels, 7)
    assert sorted(np.unique(split)) == [0, 7, 9, 10]
    assert split[20, 14] != split[20, 40]
    sizes = np.bincount(split.ravel())
    assert abs(sizes[7] - sizes[10]) < 20
    assert np.array_equal(split > 0, labels > 0)
    assert np.array_equal(merge_labels(split, [7, 10]), labels)


def test_pieces_become_cells_and_the_largest_keeps_its_label() -> None:
    labels = [[2, 2, 2, 0, 2, 0, 2, 2]]
    assert split_label(labels, 2).tolist() == [[2, 2, 2, 0, 3, 0, 4, 4]]


def test_a_round_cell_has_no_narrow_place() -> None:
    with pytest.raises(ValueError, match="no narrow place"):
        split_label(two_discs(gap=0), 7)


def test_a_line_cuts_where_it_is_drawn() -> None:
    split = split_label(two_discs(gap=0), 7, line=[(5, 24), (35, 24)])
    assert split[20, 20] == 7
    assert split[20, 27] == 10


def test_a_line_beside_the_cell_is_refused() -> None:
    with pytest.raises(ValueError, match="does not cross cell 7"):
        split_label(two_discs(), 7, line=[(0, 50), (39, 50)])
    with pytest.raises(ValueError, match="two different points"):
        split_label(two_discs(), 7, line=[(0, 50), (0, 50)])


def test_the_cell_under_a_line_that_reaches_beyond_the_image() -> None:
    assert label_under(two_discs(), [(20, 30), (20, 200)]) == 7
    assert label_under(two_discs(), [(39, 0), (39, 59)]) == 0


def test_growing_and_shrinking_by_a_distance() -> None:
    labels = two_discs(gap=0)
    grown, shrunk = grow_labels(labels, 2, only=[7]), grow_labels(labels, -2, only=[7])
    outside = ndi.distance_transform_edt(labels != 7)
    assert np.array_equal(grown == 7, outside <= 2)
    assert np.array_equal(shrunk == 7, ndi.distance_transform_edt(labels == 7) > 2)
    assert np.array_equal(grown == 9, labels == 9)


def test_the_border_of_the_image_is_no_outline() -> None:
    labels = np.ones((8, 8), dtype=np.int32)
    assert np.array_equal(grow_labels(labels, -3), labels)


def test_numbers_may_be_large() -> None:
    labels = np.array([[0, 2_000_000_000, 2_000_000_000, 2_000_000_000, 0]])
    assert grow_labels(labels, -1).tolist() == [[0, 0, 2_000_000_000, 0, 0]]


@settings(deadline=None)
@given(FIELDS, st.floats(-3, 3))
def test_growing_takes_free_ground_only_and_shrinking_gives_nothing(labels: Labels, distance: float) -> None:
    edited = grow_labels(labels, distance)
    kept = labels > 0 if distance >= 0 else edited > 0
    assert np.array_equal(edited[kept], labels[kept])
    assert np.array_equal(grow_labels(labels, 0), labels)


@given(FIELDS)
def test_the_next_label_is_free(labels: Labels) -> None:
    assert next_label(labels) not in labels


@pytest.mark.parametrize(("others", "free"), [([], 1), ([1, 2], 3), ([2, 3], 1), ([1, 3], 2)])
def test_the_largest_label_leaves_others_free(others: list[int], free: int) -> None:
    largest = np.iinfo(np.int32).max
    assert next_label([[0, largest, *others]]) == free
    parts = split_label([[largest, largest, largest, 0, *others]], largest, line=[(-1, 1.5), (1, 1.5)])
    assert sorted(set(parts.ravel().tolist())) == sorted({0, largest, free, *others})


def test_what_there_is_to_say() -> None:
    recording = Recording(np.zeros((2, 40, 60)), time_s=np.array([0.0, 1.0]), pixel_size_um=0.5)
    labels = two_discs(gap=0)
    numbers = describe_labels(recording, labels)
    assert (numbers.n_cells, numbers.n_at_edge) == (2, 1)
    areas = np.array([np.sum(labels == 7), 9])
    assert numbers.median_diameter_um == pytest.approx(np.median(np.sqrt(areas / np.pi)))
    assert describe_labels(recording, np.zeros((40, 60), dtype=int)).n_cells == 0


def test_a_window_outside_the_frame_is_refused() -> None:
    recording = Recording(np.zeros((2, 4, 4)), time_s=np.array([0.0, 1.0]))
    with pytest.raises(ValueError, match="expected a window of the frame"):
        crop_recording(recording, (slice(0, 5), slice(0, 2)))
