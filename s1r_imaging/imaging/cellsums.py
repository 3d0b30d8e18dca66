"""Sums of the pixels of each cell, frame by frame."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi
from scipy import sparse

_AT_ONCE = 1 << 18  # pixels that are copied out at once: as many as stay in a processor's cache


class CellSums:
    """Sum a frame over the pixels of each label; made once, used on every frame.

    The sums equal those of ``np.bincount(labels, weights=frame)``, hence of `scipy.ndimage.sum`, to the
    last bit: small integers are added exactly (any order gives the same), everything else is added in
    raster order as float64.

    Parameters
    ----------
    labels : array of int, shape (Y, X)
        Cells; 0 is background.

    Attributes
    ----------
    index : array of int, shape (n_cells,)
        Labels present, ascending.
    area_px : array of int, shape (n_cells,)
        Pixels of each.
    """

    def __init__(self, labels: NDArray[np.int32]) -> None:
        self._shape = labels.shape
        flat = labels.ravel()
        pixels = np.flatnonzero(flat)
        self.index, row_of_pixel = np.unique(flat[pixels], return_inverse=True)
        n_cells = self.index.size
        self.area_px: NDArray[np.int64] = np.bincount(row_of_pixel, minlength=n_cells).astype(np.int64)
        self._row = np.full(flat.size, n_cells, dtype=np.int32)  # n_cells: in no cell
        self._row[pixels] = row_of_pixel
        # Copying the labelled pixels out pays as long as they are few.
        self._pixels = pixels if pixels.size < flat.size / 2 else None
        row = self._row if self._pixels is None else self._row[pixels]
        is_start = np.ones(row.size, dtype=bool)
        is_start[1:] = row[1:] != row[:-1]
        self._run_start = np.flatnonzero(is_start)
        self._run_row = row[self._run_start]
        self._matrix = _ones_matrix(row, n_cells)

    def sums(self, frame: NDArray[Any]) -> NDArray[np.float64]:
        """Sum one frame over each cell.

        Parameters
        ----------
        frame : array, shape (Y, X)
            Numbers of any real type and byte order.

        Returns
        -------
        array, shape (n_cells,)
            Sums in the order of `index`.
        """
        n_cells = self.index.size
        values = frame.ravel() if self._pixels is None else frame.ravel().take(self._pixels)
        if values.dtype.kind in "iu" and values.dtype.itemsize <= 2:  # no sum can pass 2**53
            runs = np.add.reduceat(values, self._run_start, dtype=np.int64)
            return np.bincount(self._run_row, weights=runs, minlength=n_cells + 1)[:n_cells].astype(np.float64)
        result: NDArray[np.float64] = self._matrix @ values.astype(np.float64)
        return result

    def sums_of_frames(self, frames: NDArray[Any]) -> NDArray[np.float64]:
        """Sum several frames over each cell; many small ones at once, which takes a tenth of the time.

        Parameters
        ----------
        frames : array, shape (n, Y, X)
            Numbers of any real type and byte order.

        Returns
        -------
        array, shape (n_cells, n)
            What `sums` gives for each frame, to the last bit.
        """
        n_values = self._row.size if self._pixels is None else self._pixels.size
        step = _AT_ONCE // max(n_values, 1)
        if step < 2:
            return np.stack([self.sums(frame) for frame in frames], axis=1)
        parts = [self._matrix @ self._values(frames[k : k + step]) for k in range(0, len(frames), step)]
        return np.concatenate(parts, axis=1)

    def _values(self, frames: NDArray[Any]) -> NDArray[np.float64]:
        """Return the pixels that the matrix wants, one column for each frame."""
        if self._pixels is None:
            return frames.reshape(len(frames), -1).T.astype(np.float64)
        y, x = np.unravel_index(self._pixels, self._shape)
        return frames[:, y, x].T.astype(np.float64)

    def counts(self, where: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Count the pixels of each cell at which a mask is true.

        Parameters
        ----------
        where : array of bool, shape (Y, X)
            The mask.

        Returns
        -------
        array of int, shape (n_cells,)
            Counts in the order of `index`.
        """
        rows = self._row[np.flatnonzero(where)]
        return np.bincount(rows, minlength=self.index.size + 1)[: self.index.size].astype(np.int64)

    def centroids(self) -> NDArray[np.float64]:
        """Return the centroid (y, x) of each cell (pixels), shape (n_cells, 2)."""
        yx = np.indices(self._shape)
        return np.stack([self.sums(yx[0]), self.sums(yx[1])], axis=1) / self.area_px[:, np.newaxis]

    def boxes(self) -> list[tuple[slice, slice]]:
        """Return the smallest window that holds each cell, in the order of `index`."""
        dense = np.where(self._row == self.index.size, 0, self._row + 1).reshape(self._shape)
        return [(box[0], box[1]) for box in ndi.find_objects(dense)]


def _ones_matrix(row: NDArray[np.int32], n_rows: int) -> sparse.csr_array[Any]:
    """Return the (n_rows, n_pixels) matrix of ones whose rows hold their pixels in raster order."""
    order = np.argsort(row, kind="stable")
    sizes = np.bincount(row, minlength=n_rows + 1)[:n_rows]
    end = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    columns = order[: end[-1]].astype(np.int32)
    return sparse.csr_array((np.ones(columns.size), columns, end), shape=(n_rows, row.size))
