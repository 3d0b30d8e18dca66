"""Geometry of labelled cells for drawing: outlines, colours of neighbours, places for numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import find_contours

# Above one half the outline runs just inside its own cell, so that two that touch stay two lines.
_LEVEL = 0.7
_LEAST_VERTICES = 12


@dataclass(frozen=True, eq=False)
class CellShape:
    """What is drawn of one cell.

    Attributes
    ----------
    label : int
        Its label.
    outlines : list of numpy.ndarray, shape (n, 2)
        Closed lines (x, y) in pixels, of every part and every hole.
    centre : tuple of float
        The place (x, y) in the cell that is farthest from its border (pixels).
    radius : float
        How far that is (pixels).
    """

    label: int
    outlines: list[NDArray[np.float64]]
    centre: tuple[float, float]
    radius: float


def cell_shapes(labels: NDArray[np.int64]) -> list[CellShape]:
    """Outline every cell.

    Parameters
    ----------
    labels : array of int, shape (Y, X)
        0 is background.

    Returns
    -------
    list of CellShape
        In the order of the labels.
    """
    present, dense = np.unique(labels, return_inverse=True)
    if present.size and present[0] != 0:  # no background: keep 0 free for it
        present, dense = np.concatenate([[0], present]), dense + 1
    boxes = ndimage.find_objects(dense.reshape(labels.shape))
    return [_shape(int(label), labels[box] == label, box) for label, box in zip(present[1:], boxes, strict=True)]


def _shape(label: int, mask: NDArray[np.bool_], box: tuple[slice, ...]) -> CellShape:
    padded = np.pad(mask, 1)
    y0, x0 = box[0].start - 1, box[1].start - 1
    outlines = [
        _smooth(line[:, ::-1]) + np.array([x0, y0]) for line in find_contours(padded.astype(np.float64), _LEVEL)
    ]
    depth = ndimage.distance_transform_edt(padded)
    y, x = np.unravel_index(int(np.argmax(depth)), depth.shape)
    return CellShape(label, outlines, (float(x + x0), float(y + y0)), float(depth[y, x]))


def _smooth(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take the stairs of the pixel grid out of a closed line; small cells keep every corner."""
    if len(line) < _LEAST_VERTICES:
        return line
    ring = line[:-1]
    for _ in range(2):
        ring = (np.roll(ring, 1, axis=0) + 2 * ring + np.roll(ring, -1, axis=0)) / 4
    return np.concatenate([ring, ring[:1]])


def neighbour_colours(labels: NDArray[np.int64], n_colours: int) -> dict[int, int]:
    """Give neighbouring cells different colours where that many colours allow it.

    Parameters
    ----------
    labels : array of int, shape (Y, X)
        0 is background. Cells count as neighbours up to two pixels apart.
    n_colours : int
        How many colours there are.

    Returns
    -------
    dict of int to int
        Label to colour number below `n_colours`.

    Examples
    --------
    >>> neighbour_colours(np.array([[1, 1, 7, 7]]), 6)
    {1: 1, 7: 2}
    """
    found = [int(label) for label in np.unique(labels) if label != 0]
    neighbours: dict[int, set[int]] = {label: set() for label in found}
    for low, high in _touching(labels):
        neighbours[low].add(high)
        neighbours[high].add(low)
    colours: dict[int, int] = {}
    for label in found:
        taken = {colours[other] for other in neighbours[label] if other in colours}
        wanted = [(label + step) % n_colours for step in range(n_colours)]
        colours[label] = next((colour for colour in wanted if colour not in taken), wanted[0])
    return colours


def _touching(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    pairs = []
    for dy, dx in ((0, 1), (0, 2), (1, 0), (2, 0), (1, 1), (1, -1)):
        height, width = max(labels.shape[0] - dy, 0), max(labels.shape[1] - abs(dx), 0)
        here = labels[:height, max(-dx, 0) : max(-dx, 0) + width]
        there = labels[dy : dy + height, max(dx, 0) : max(dx, 0) + width]
        differ = (here != there) & (here != 0) & (there != 0)
        pairs.append(np.stack([here[differ], there[differ]], axis=1))
    return np.unique(np.sort(np.concatenate(pairs), axis=1), axis=0)


def place_numbers(
    shapes: list[CellShape], widths: NDArray[np.float64], heights: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Choose the numbers that can be written without meeting another; wide cells choose first.

    Parameters
    ----------
    shapes : list of CellShape
        The cells.
    widths, heights : array, shape (n_cells,)
        Size of each cell's number (pixels); NaN where it is unreadable.

    Returns
    -------
    numpy.ndarray of bool, shape (n_cells,)
        Whether the number is written.
    """
    shown = np.zeros(len(shapes), dtype=np.bool_)
    centres = np.array([shape.centre for shape in shapes], dtype=np.float64).reshape(-1, 2)
    for index in np.argsort([-shape.radius for shape in shapes], kind="stable"):
        if not np.isfinite(widths[index]):
            continue
        away = np.abs(centres[shown] - centres[index])
        meets = (away[:, 0] < (widths[shown] + widths[index]) / 2) & (
            away[:, 1] < (heights[shown] + heights[index]) / 2
        )
        shown[index] = not meets.any()
    return shown
