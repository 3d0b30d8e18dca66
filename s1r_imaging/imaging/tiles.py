"""The dark background of a field, followed across it by tiles."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from s1r_imaging.imaging.freepixels import FreePixels

_MOST_TILES = 1500
_PIXELS_PER_TILE = 100
_REACH = 1.0  # a tile at this many cell diameters counts a quarter, and less and less beyond
_VIEW = 4.0  # the same when tiles are compared with their neighbours
_LOW = 0.05  # quantile of the neighbouring tiles that stands for the background
_DIM = 0.2  # quantile of the neighbouring cells that stands for cells
TOWARDS_CELLS = 0.3  # a tile this part of the way from there to the cells holds dye: no background

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Tiles:
    """Tiles of dark cell-free pixels.

    Attributes
    ----------
    pixels : array of int, shape (n_pixels,)
        Flat indices of the chosen pixels.
    tile : array of int, shape (n_pixels,)
        Tile of each, 0 to n_tiles - 1.
    level : array, shape (n_tiles,)
        Average over time and pixels (counts).
    y, x : array, shape (n_tiles,)
        Middle of the chosen pixels (pixels).
    """

    pixels: NDArray[np.int64]
    tile: NDArray[np.int64]
    level: FloatArray
    y: FloatArray
    x: FloatArray

    @property
    def n_tiles(self) -> int:
        """Number of tiles."""
        return int(self.level.size)

    def averaging_matrix(self) -> sparse.csr_array[Any]:
        """Return the (n_tiles, n_pixels) matrix that averages the pixels of each tile."""
        n_pixels = np.bincount(self.tile, minlength=self.n_tiles)
        entries = (1.0 / n_pixels[self.tile], (self.tile, np.arange(self.pixels.size)))
        return sparse.csr_array(entries, shape=(self.n_tiles, self.pixels.size))


def background_weights(
    free: FreePixels, centre: FloatArray, cell_level: FloatArray, *, diameter_px: float, percentile: float
) -> tuple[Tiles, FloatArray]:
    """Choose dark pixels tile by tile and say how much each tile counts for each cell.

    Parameters
    ----------
    free : FreePixels
        Cell-free pixels.
    centre : array, shape (n_cells, 2)
        Centroid (y, x) of each cell (pixels).
    cell_level : array, shape (n_cells,)
        Average of each cell over time and pixels (counts).
    diameter_px : float
        Median cell diameter (pixels): the edge of a tile.
    percentile : float
        Pixels of a tile up to this percentile of its time average are taken.

    Returns
    -------
    tiles : Tiles
        The tiles that hold background.
    weights : array, shape (n_cells, n_tiles)
        Weights of each cell; every row sums to 1.
    """
    found = _dark_tiles(free, _tile_edge(free.mask.shape, diameter_px), percentile)
    if free.is_cell_free:
        found = _without_dye(found, centre, cell_level, _VIEW * diameter_px)
    weights = _closeness(centre[:, 0], centre[:, 1], found.y, found.x, _REACH * diameter_px) * _trust(found)
    return found, weights / weights.sum(axis=1, keepdims=True)


def _tile_edge(shape: tuple[int, ...], diameter_px: float) -> int:
    smallest = np.sqrt(shape[0] * shape[1] / _MOST_TILES)
    return int(np.ceil(max(diameter_px, smallest, 1.0)))


def _dark_tiles(free: FreePixels, edge: int, percentile: float) -> Tiles:
    """Choose in every tile the pixels up to the percentile, at most 100 spread evenly over them."""
    width = free.mask.shape[1]
    pixels = np.flatnonzero(free.mask)
    y, x = np.divmod(pixels, width)
    tile = (y // edge) * (width // edge + 1) + x // edge
    value = free.smooth.ravel()[pixels]
    order = np.lexsort((value, tile))
    _, first, size = np.unique(tile[order], return_index=True, return_counts=True)
    chosen = []
    for start, count in zip(first, size, strict=True):
        n_dark = max(1, int(np.ceil(count * percentile / 100)))
        take = np.unique(np.linspace(0, n_dark - 1, min(n_dark, _PIXELS_PER_TILE)).astype(np.int64))
        chosen.append(np.sort(pixels[order[start + take]]))
    return _make_tiles(free.mean, chosen)


def _make_tiles(mean: FloatArray, chosen: list[NDArray[np.int64]]) -> Tiles:
    pixels = np.concatenate(chosen)
    tile = np.repeat(np.arange(len(chosen)), [len(part) for part in chosen])
    y, x = np.divmod(pixels, mean.shape[1])
    n_pixels = np.bincount(tile)

    def average(values: NDArray[np.number]) -> FloatArray:
        return np.bincount(tile, weights=values) / n_pixels

    return Tiles(pixels, tile, average(mean.ravel()[pixels]), average(y), average(x))


def _without_dye(tiles: Tiles, centre: FloatArray, cell_level: FloatArray, reach: float) -> Tiles:
    """Leave out tiles as bright as cells: cells without a label, debris."""
    near = _closeness(tiles.y, tiles.x, tiles.y, tiles.x, reach) * _trust(tiles)
    background = _weighted_quantile(tiles.level, near, _LOW)
    to_cells = _closeness(tiles.y, tiles.x, centre[:, 0], centre[:, 1], reach)
    cells_nearby = _weighted_quantile(cell_level, to_cells, _DIM)
    limit = background + TOWARDS_CELLS * np.maximum(cells_nearby - background, 0.0)
    is_dark = tiles.level <= limit
    if not is_dark.any():
        return tiles
    keep = is_dark[tiles.tile]
    return Tiles(
        tiles.pixels[keep],
        np.cumsum(is_dark)[tiles.tile[keep]] - 1,
        tiles.level[is_dark],
        tiles.y[is_dark],
        tiles.x[is_dark],
    )


def _trust(tiles: Tiles) -> FloatArray:
    """Weight of a tile by its pixels: half for five, nearly all for many."""
    n_pixels = np.bincount(tiles.tile, minlength=tiles.n_tiles)
    return n_pixels / (n_pixels + 5.0)


def _closeness(y: FloatArray, x: FloatArray, to_y: FloatArray, to_x: FloatArray, reach: float) -> FloatArray:
    """Return heavy-tailed weights: far tiles decide only where there is none nearby."""
    squared = (y[:, np.newaxis] - to_y) ** 2 + (x[:, np.newaxis] - to_x) ** 2
    return 1 / (1 + squared / reach**2) ** 2


def _weighted_quantile(values: FloatArray, weights: FloatArray, quantile: float) -> FloatArray:
    """Return for each row of weights the smallest value up to which they add up to `quantile`."""
    order = np.argsort(values)
    summed = np.cumsum(weights[:, order], axis=1)
    place = (summed < quantile * summed[:, -1:]).sum(axis=1)
    result: FloatArray = values[order][np.minimum(place, values.size - 1)]
    return result
