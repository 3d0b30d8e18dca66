"""Background under each cell: constant, dark cell-free pixels, a ring, or a region.

Every method is a weighted mean of fixed pixels of the same frame, chosen by their average over time and
never by their value in the frame, so that noise cannot pull it down as it pulls a percentile down.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage as ndi
from scipy import sparse

from s1r_imaging.imaging.cellsums import CellSums
from s1r_imaging.imaging.freepixels import FreePixels, find_free_pixels
from s1r_imaging.imaging.tiles import TOWARDS_CELLS, background_weights

BackgroundMethod = Literal["percentile", "ring", "region", "none"]

_GAP = 0.125  # cell diameters
_RING_WIDTH = 0.5
_FEWEST_RING_PX = 20
_OUTLIER_MAD = 3 * 1.4826  # three robust SD

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Background:
    """What to do with a frame to know the background under each cell.

    Attributes
    ----------
    pixels : array of int, shape (n_pixels,)
        Flat indices of the pixels that are used.
    averages : sparse array, shape (n_parts, n_pixels)
        Weights of the pixels in the parts' averages; every row sums to 1.
    weights : array, shape (n_rows, n_parts), or None
        Weights of the parts; every row sums to 1. None where the parts are the rows.
    constant : float
        Counts everywhere, where no pixels are used.
    is_uncertain : array of bool, shape (n_cells,)
        Cells with too few cell-free pixels.
    """

    pixels: NDArray[np.int64]
    averages: sparse.csr_array[Any]
    weights: FloatArray | None
    constant: float
    is_uncertain: NDArray[np.bool_]

    @property
    def n_rows(self) -> int:
        """Number of rows `under_cells` gives: one per cell, or 1 where all are alike."""
        if not self.pixels.size:
            return 1
        return int(self.averages.shape[0] if self.weights is None else self.weights.shape[0])

    def under_cells(self, block: NDArray[Any]) -> FloatArray:
        """Compute the background in a block of frames.

        Parameters
        ----------
        block : array, shape (n, Y, X)
            Frames.

        Returns
        -------
        array, shape (n_rows, n)
            Counts.
        """
        if not self.pixels.size:
            return np.full((1, len(block)), self.constant)
        parts = np.stack([self._parts(frame) for frame in block], axis=1)
        if self.weights is None:
            return parts
        is_known = np.isfinite(parts)
        if is_known.all():
            return self.weights @ parts
        share = self.weights @ is_known
        return _divide(self.weights @ np.where(is_known, parts, 0.0), share)

    def _parts(self, frame: NDArray[Any]) -> FloatArray:
        values = frame.ravel().take(self.pixels).astype(np.float64)
        is_known = np.isfinite(values)
        if is_known.all():
            result: FloatArray = self.averages @ values
            return result
        return _divide(
            self.averages @ np.where(is_known, values, 0.0), self.averages @ is_known.astype(np.float64)
        )


def find_background(
    data: Any,
    cells: NDArray[np.int32],
    sums: CellSums,
    *,
    method: BackgroundMethod | float,
    percentile: float,
    gap_px: float | None,
    region: ArrayLike | None,
) -> Background:
    """Choose the pixels that tell the background.

    Parameters
    ----------
    data : array_like, shape (T, Y, X)
        The frames; at most 100 of them are read.
    cells : array of int32, shape (Y, X)
        Labels, checked; at least one.
    sums : CellSums
        The same cells.
    method : {'percentile', 'ring', 'region', 'none'} or float
        See `extract_traces`.
    percentile : float
        Pixels of a neighbourhood up to this percentile of their time average are dark.
    gap_px : float or None
        Distance of cell-free pixels from cells (pixels); an eighth of the median cell diameter if None.
    region : array_like of bool, shape (Y, X), or None
        Cell-free region for ``'region'``.

    Returns
    -------
    Background
        Ready for every frame.

    Raises
    ------
    ValueError
        If the region is missing, not wanted, empty, or of another shape or type.
    """
    mask = check_region(region, method, cells.shape)
    is_certain = np.zeros(sums.index.size, dtype=bool)
    if mask is not None:
        pixels = np.flatnonzero(mask)
        return Background(pixels, _mean_matrix([pixels], pixels), None, 0.0, is_certain)
    if method not in ("percentile", "ring"):
        constant = 0.0 if method == "none" else float(method)
        return Background(np.empty(0, dtype=np.int64), sparse.csr_array((0, 0)), None, constant, is_certain)
    diameter_px = float(np.median(2 * np.sqrt(sums.area_px / np.pi)))
    gap_px = _GAP * diameter_px if gap_px is None else gap_px
    free = find_free_pixels(data, cells, gap_px)
    in_cells = _cell_levels(sums, free.mean)
    centre = sums.centroids()
    tiles, weights = background_weights(free, centre, in_cells, diameter_px=diameter_px, percentile=percentile)
    is_uncertain = np.full(sums.index.size, not free.is_cell_free)
    averages = tiles.averaging_matrix()
    if method == "percentile" or not free.is_cell_free:
        return Background(tiles.pixels, averages, weights, 0.0, is_uncertain)
    in_field = weights @ tiles.level
    limit = in_field + TOWARDS_CELLS * np.maximum(np.maximum(in_cells, np.median(in_cells)) - in_field, 0.0)
    rings = _ring_pixels(cells, sums, free, gap_px + _RING_WIDTH * diameter_px, limit)
    return _with_rings(rings, tiles.pixels, averages, weights)


def _cell_levels(sums: CellSums, mean: FloatArray) -> FloatArray:
    """Average each cell over its known pixels; a cell without any gets the usual level."""
    is_known = np.isfinite(mean)
    n_known = sums.counts(is_known)
    if not n_known.any():
        return np.zeros(n_known.size)
    levels = sums.sums(np.where(is_known, mean, 0.0)) / np.maximum(n_known, 1)
    return np.where(n_known > 0, levels, np.median(levels[n_known > 0]))


def check_region(region: ArrayLike | None, method: object, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """Return the region that the background is measured in; None where the method wants none.

    Parameters
    ----------
    region : array_like of bool, shape (Y, X), or None
        Cell-free region.
    method : str or float
        The option ``background``.
    shape : tuple of int
        Height and width of the frames.

    Returns
    -------
    array of bool, shape (Y, X), or None
        The region.

    Raises
    ------
    ValueError
        If the region is missing, not wanted, empty, or of another shape or type.
    """
    if method != "region":
        if region is not None:
            raise ValueError(f"background_region is given, but background={method!r}: pass background='region'.")
        return None
    if region is None:
        raise ValueError("background='region' needs background_region: mark a part of the field without cells.")
    mask = np.asarray(region)
    if mask.dtype != np.bool_ or mask.shape != shape:
        raise ValueError(
            f"background_region has dtype {mask.dtype} and shape {mask.shape}: expected bool and {shape}."
        )
    if not mask.any():
        raise ValueError("background_region holds no pixel: mark a region without cells.")
    return mask


def _with_rings(
    rings: list[NDArray[np.int64]], field: NDArray[np.int64], averages: sparse.csr_array[Any], weights: FloatArray
) -> Background:
    """Give each cell its ring, and the background of the field to cells whose ring has too few pixels."""
    kept = [ring if ring.size >= _FEWEST_RING_PX else ring[:0] for ring in rings]
    missing = np.flatnonzero([ring.size == 0 for ring in kept])
    pixels = np.unique(np.concatenate([*kept, field]))
    own = _mean_matrix(kept, pixels)
    rest = sparse.coo_array(weights[missing] @ averages)
    columns = np.searchsorted(pixels, field)[rest.col]
    from_field = sparse.csr_array((rest.data, (missing[rest.row], columns)), shape=own.shape)
    is_uncertain = np.zeros(len(rings), dtype=bool)
    is_uncertain[missing] = True
    return Background(pixels, own + from_field, None, 0.0, is_uncertain)


def _ring_pixels(
    cells: NDArray[np.int32], sums: CellSums, free: FreePixels, reach_px: float, limit: FloatArray
) -> list[NDArray[np.int64]]:
    """Return for each cell the free pixels around it that are not bright with dye or beside the others."""
    margin = int(np.ceil(reach_px))
    rings = []
    for label, box, highest in zip(sums.index, sums.boxes(), limit, strict=True):
        window = tuple(
            slice(max(0, side.start - margin), min(size, side.stop + margin))
            for side, size in zip(box, cells.shape, strict=True)
        )
        distance = ndi.distance_transform_edt(cells[window] != label)
        y, x = np.nonzero((distance <= reach_px) & free.mask[window])
        pixels = (y + window[0].start) * cells.shape[1] + x + window[1].start
        values = free.smooth.ravel()[pixels]
        is_dark = ~(values > highest)
        rings.append(_without_bright(pixels[is_dark], values[is_dark]))
    return rings


def _without_bright(pixels: NDArray[np.int64], values: FloatArray) -> NDArray[np.int64]:
    """Leave out pixels far above the median, until none is: neighbours' light, cells without a label."""
    while pixels.size:
        middle = np.median(values)
        limit = middle + _OUTLIER_MAD * np.median(np.abs(values - middle))
        keep = values <= limit
        if keep.all():
            break
        pixels, values = pixels[keep], values[keep]
    return pixels


def _mean_matrix(groups: list[NDArray[np.int64]], pixels: NDArray[np.int64]) -> sparse.csr_array[Any]:
    """Return the (n_groups, n_pixels) matrix that averages each group; rows of empty groups are 0."""
    sizes = [group.size for group in groups]
    row = np.repeat(np.arange(len(groups)), sizes)
    column = np.searchsorted(pixels, np.concatenate(groups))
    weight = 1.0 / np.repeat(sizes, sizes)
    return sparse.csr_array((weight, (row, column)), shape=(len(groups), pixels.size))


def _divide(total: FloatArray, share: FloatArray) -> FloatArray:
    """Return ``total / share``, NaN where less than half of the weight is known."""
    return np.where(share > 0.5, total / np.where(share > 0.5, share, 1.0), np.nan)
