"""Cell-free pixels: where they are, and how bright they are on average."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from s1r_imaging.imaging.blocks import read_frame, spread_frames

_MEAN_FRAMES = 100
_SMOOTH_PX = 5
_FEWEST = 16
_FEWEST_FRACTION = 0.01
_DARKEST_FRACTION = 0.01


@dataclass(frozen=True, eq=False)
class FreePixels:
    """Cell-free pixels of a field.

    Attributes
    ----------
    mask : array of bool, shape (Y, X)
        Where they are.
    mean : array, shape (Y, X)
        Average over time of every pixel (counts).
    smooth : array, shape (Y, X)
        `mean` averaged over the free pixels of a 5 × 5 neighbourhood; NaN outside the mask.
    is_cell_free : bool
        False when there were too few and the darkest pixels of the field were taken instead.
    """

    mask: NDArray[np.bool_]
    mean: NDArray[np.float64]
    smooth: NDArray[np.float64]
    is_cell_free: bool


def find_free_pixels(data: Any, cells: NDArray[np.int32], gap_px: float) -> FreePixels:
    """Find the pixels that are farther than a gap from every cell.

    The gap is halved, and halved again, and given up, while less than 1 % of the field (or 16 pixels) is left.
    Where even that fails, the darkest 1 % of the field stands in.

    Parameters
    ----------
    data : array_like, shape (T, Y, X)
        The frames.
    cells : array of int32, shape (Y, X)
        Labels.
    gap_px : float
        Distance from cells (pixels).

    Returns
    -------
    FreePixels
        At least one pixel.
    """
    mean = mean_image(data)
    is_finite = np.isfinite(mean)
    distance = ndi.distance_transform_edt(cells == 0) if cells.any() else np.full(cells.shape, np.inf)
    fewest = max(_FEWEST, _FEWEST_FRACTION * cells.size)
    for gap in (gap_px, gap_px / 2, gap_px / 4, 0.0):
        mask = (distance > gap) & is_finite
        if mask.sum() >= fewest:
            return FreePixels(mask, mean, smooth_within(mean, mask), is_cell_free=True)
    n_darkest = min(cells.size, max(_FEWEST, int(_DARKEST_FRACTION * cells.size)))
    darkest = np.argsort(mean, axis=None)[:n_darkest]  # NaN sorts last
    mask = np.zeros(cells.size, dtype=bool)
    mask[darkest] = True
    mask = mask.reshape(cells.shape)
    return FreePixels(mask, mean, np.where(mask, mean, np.nan), is_cell_free=False)


def mean_image(data: Any) -> NDArray[np.float64]:
    """Average up to 100 frames spread over the recording.

    Parameters
    ----------
    data : array_like, shape (T, Y, X)
        The frames.

    Returns
    -------
    array, shape (Y, X)
        Mean of each pixel (counts); NaN where any of these frames is not finite.
    """
    chosen = spread_frames(0, int(data.shape[0]), _MEAN_FRAMES)
    total = np.zeros(data.shape[1:])
    for index in chosen:
        total += read_frame(data, int(index))
    return total / len(chosen)


def smooth_within(image: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Average each pixel of a mask with the others of the mask in its 5 × 5 neighbourhood.

    Parameters
    ----------
    image : array, shape (Y, X)
        The image.
    mask : array of bool, shape (Y, X)
        Pixels that count.

    Returns
    -------
    array, shape (Y, X)
        Averages; NaN outside the mask.
    """
    weight = ndi.uniform_filter(mask.astype(np.float64), _SMOOTH_PX, mode="constant")
    total = ndi.uniform_filter(np.where(mask, image, 0.0), _SMOOTH_PX, mode="constant")
    return np.where(mask, total / np.maximum(weight, 0.5 / _SMOOTH_PX**2), np.nan)
