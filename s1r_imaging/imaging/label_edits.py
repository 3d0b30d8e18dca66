"""Edits of cells: merge, split, delete, grow, shrink. Each returns new labels and leaves those given alone."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage as ndi
from skimage.draw import line as draw_line
from skimage.feature import peak_local_max
from skimage.segmentation import watershed

from s1r_imaging.io.labels import check_labels

Labels = NDArray[np.int32]
Mask = NDArray[np.bool_]
Window = tuple[slice, slice]

_APART = 0.5  # least distance of the centres of two parts, in radii of the larger
_EVERYWHERE = ndi.generate_binary_structure(2, 2)


def next_label(labels: ArrayLike) -> int:
    """Return a number that no cell has: one more than the largest, or the smallest where there is no larger.

    Parameters
    ----------
    labels : array_like of int, shape (Y, X)
        Cells; 0 is background.

    Returns
    -------
    int
        A free label.

    Examples
    --------
    >>> next_label([[0, 7], [2, 0]])
    8
    """
    used = np.unique(check_labels(labels))
    largest = int(used.max(initial=0))
    if largest < np.iinfo(np.int32).max:
        return largest + 1
    used = used[used > 0]
    gaps = np.flatnonzero(used != np.arange(1, used.size + 1))
    return int(gaps[0]) + 1


def merge_labels(labels: ArrayLike, merged: Iterable[int]) -> Labels:
    """Make one cell of several; it has the smallest of their labels.

    Parameters
    ----------
    labels : array_like of int, shape (Y, X)
        Cells; 0 is background.
    merged : iterable of int
        Labels of two cells or more. They need not touch.

    Returns
    -------
    array of int32, shape (Y, X)
        New labels.

    Raises
    ------
    ValueError
        If there are fewer than two, or one is not there.

    Examples
    --------
    >>> merge_labels([[1, 1, 4, 0, 5]], [4, 1])
    array([[1, 1, 1, 0, 5]], dtype=int32)
    """
    cells = check_labels(labels)
    wanted = _present(cells, merged)
    if len(wanted) < 2:
        raise ValueError(f"merged={wanted}: choose at least two cells to merge.")
    return np.where(np.isin(cells, wanted), np.int32(wanted[0]), cells)


def delete_labels(labels: ArrayLike, deleted: Iterable[int]) -> Labels:
    """Turn cells into background.

    Parameters
    ----------
    labels : array_like of int, shape (Y, X)
        Cells; 0 is background.
    deleted : iterable of int
        Labels of the cells.

    Returns
    -------
    array of int32, shape (Y, X)
        New labels; the numbers of the others stay.

    Raises
    ------
    ValueError
        If one is not there.

    Examples
    --------
    >>> delete_labels([[1, 1, 4, 0, 5]], [4])
    array([[1, 1, 0, 0, 5]], dtype=int32)
    """
    cells = check_labels(labels)
    return np.where(np.isin(cells, _present(cells, deleted)), np.int32(0), cells)


def label_under(labels: ArrayLike, line: Sequence[Sequence[float]]) -> int:
    """Return the cell that most of a line lies on.

    Parameters
    ----------
    labels : array_like of int, shape (Y, X)
        Cells; 0 is background.
    line : sequence of (float, float)
        Its two ends (y, x) (pixels).

    Returns
    -------
    int
        Its label; 0 where the line crosses none.

    Examples
    --------
    >>> label_under([[1, 0, 3, 3]], [(0, 0), (0, 3)])
    3
    """
    cells = check_labels(labels)
    (top, left), (bottom, right) = np.rint(np.asarray(line, dtype=np.float64)).astype(int)
    rows, columns = draw_line(top, left, bottom, right)
    inside = (rows >= 0) & (columns >= 0) & (rows < cells.shape[0]) & (columns < cells.shape[1])
    crossed = cells[rows[inside], columns[inside]]
    names, counts = np.unique(crossed[crossed > 0], return_counts=True)
    return int(names[np.argmax(counts)]) if len(names) else 0


def split_label(labels: ArrayLike, label: int, *, line: Sequence[Sequence[float]] | None = None) -> Labels:
    """Cut a cell in two: along a line, or where it is narrow.

    Without a line, a cell of several pieces becomes one cell a piece, and another one is cut by a watershed of
    the distance to its outline, from its two widest places.

    Parameters
    ----------
    labels : array_like of int, shape (Y, X)
        Cells; 0 is background.
    label : int
        The cell.
    line : sequence of (float, float), optional
        Two points (y, x) of the line (pixels), which counts as going on at both ends.

    Returns
    -------
    array of int32, shape (Y, X)
        New labels. The largest part keeps the label, the others have new ones.

    Raises
    ------
    ValueError
        If the cell is not there, the line does not cross it, or it has no narrow place.

    Examples
    --------
    >>> split_label([[0, 3, 3, 3, 3]], 3, line=[(-1, 2.5), (1, 2.5)])
    array([[0, 3, 3, 4, 4]], dtype=int32)
    """
    cells = np.array(check_labels(labels))
    _present(cells, [label])
    window = _window(cells == label)
    mask = cells[window] == label
    parts = _by_line(mask, window, line, label) if line is not None else _by_shape(mask, label)
    names, areas = np.unique(parts[mask], return_counts=True)
    for name in names[names != names[np.argmax(areas)]]:
        cells[window][parts == name] = next_label(cells)
    return cells


def grow_labels(labels: ArrayLike, distance_px: float, *, only: Iterable[int] | None = None) -> Labels:
    """Let cells grow, or shrink, by a distance.

    Growing cells take free ground only: where two meet, each pixel goes to the nearer one.

    Parameters
    ----------
    labels : array_like of int, shape (Y, X)
        Cells; 0 is background.
    distance_px : float
        How far outlines move outwards (pixels); inwards where it is negative. The border of the image is no
        outline.
    only : iterable of int, optional
        Labels of the cells that change; all when not given.

    Returns
    -------
    array of int32, shape (Y, X)
        New labels. A cell that is thinner than twice the distance by which it shrinks is gone.

    Raises
    ------
    ValueError
        If the distance is not finite, or a label is not there.

    Examples
    --------
    >>> grow_labels([[0, 0, 0, 2, 0, 0, 3]], 1)
    array([[0, 0, 2, 2, 2, 3, 3]], dtype=int32)
    >>> grow_labels([[0, 0, 2, 2, 2, 3, 3]], -1)
    array([[0, 0, 0, 2, 0, 0, 3]], dtype=int32)
    """
    cells = check_labels(labels)
    if not np.isfinite(distance_px):
        raise ValueError(f"{distance_px=}: expected a distance in pixels.")
    wanted = np.unique(cells[cells > 0]).tolist() if only is None else _present(cells, only)
    if distance_px >= 0 and wanted:
        return _grown(cells, distance_px, wanted)
    return _shrunk(cells, -distance_px, wanted)


def _present(cells: Labels, wanted: Iterable[int]) -> list[int]:
    """Return labels, ascending, each once; refuse one that is not there."""
    names = sorted({int(label) for label in wanted})
    missing = [name for name in names if name == 0 or not (cells == name).any()]
    if missing:
        raise ValueError(f"label {missing[0]} is not there: choose a cell that is.")
    return names


def _window(mask: Mask) -> Window:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _by_line(mask: Mask, window: Window, line: Sequence[Sequence[float]], label: int) -> NDArray[Any]:
    """Say on which side of the line each pixel lies: 1 or 2."""
    points = np.asarray(line, dtype=np.float64)
    if points.shape != (2, 2) or not np.all(np.isfinite(points)) or np.all(points[0] == points[1]):
        raise ValueError(f"line={line!r}: expected two different points, [(y, x), (y, x)].")
    (y, x), (dy, dx) = points[0], points[1] - points[0]
    rows, columns = np.ogrid[window]
    side = np.where(dx * (rows - y) - dy * (columns - x) > 0, 1, 2)
    if len(np.unique(side[mask])) < 2:
        raise ValueError(f"The line does not cross cell {label}: draw it from one side of the cell to the other.")
    return side


def _by_shape(mask: Mask, label: int) -> NDArray[Any]:
    """Give each piece of a cell a number, or each part where there is one piece."""
    pieces, n_pieces = ndi.label(mask, structure=_EVERYWHERE)
    if n_pieces > 1:
        return np.asarray(pieces)
    depth = np.asarray(ndi.distance_transform_edt(np.pad(mask, 1)))[1:-1, 1:-1]
    apart = max(1, round(_APART * float(depth.max())))
    smooth = ndi.gaussian_filter(depth, apart / 2)
    peaks = peak_local_max(smooth, min_distance=apart, num_peaks=2, labels=mask.astype(int), exclude_border=False)
    if len(peaks) < 2:
        raise ValueError(f"Cell {label} has no narrow place: draw a line where it is to be cut.")
    markers = np.zeros(mask.shape, dtype=np.int32)
    markers[tuple(peaks.T)] = (1, 2)
    return np.asarray(watershed(-smooth, markers, mask=mask))


def _grown(cells: Labels, distance_px: float, wanted: list[int]) -> Labels:
    distance, (row, column) = ndi.distance_transform_edt(cells == 0, return_indices=True)
    nearest = cells[row, column]
    takes = (cells == 0) & (distance <= distance_px) & np.isin(nearest, wanted)
    return np.where(takes, nearest, cells)


def _shrunk(cells: Labels, distance_px: float, wanted: list[int]) -> Labels:
    shrunk = np.array(cells)
    names, numbers = np.unique(np.where(np.isin(cells, wanted), cells, 0), return_inverse=True)
    is_free = int(names[0] == 0)  # then 0 stands first
    windows = ndi.find_objects(numbers.reshape(cells.shape) + 1 - is_free)
    for label, window in zip(names[is_free:], windows, strict=True):
        wide = tuple(slice(max(0, part.start - 1), part.stop + 1) for part in window)
        margin = int(np.ceil(distance_px)) + 1
        mask = np.pad(cells[wide] == label, margin, mode="edge")  # only the image's border ends within a cell
        depth = ndi.distance_transform_edt(mask)[margin:-margin, margin:-margin]
        shrunk[wide][(cells[wide] == label) & (depth <= distance_px)] = 0
    return shrunk
