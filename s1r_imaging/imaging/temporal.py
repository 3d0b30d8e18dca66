"""What each pixel does over time, in a few numbers.

The recording is read twice. First it is averaged over tiles of a few pixels; the strongest common time
courses of the tiles, the ones that rise above the noise, become a basis. Then every pixel is projected on
that basis. Pixels of one cell have equal projections up to their brightness, whatever the kinetics are: no
model of a response is needed, and memory does not grow with the number of frames.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from s1r_imaging.imaging.frames import iter_bins
from s1r_imaging.progress import Progress, silent

Floats = NDArray[np.float64]

MAX_COMPONENTS = 16
_TILES_PER_SIDE = 64
_MIN_TILE_PX = 4
_ABOVE_NOISE = 1.1  # singular values this far above the largest that pure noise gives


@dataclass(frozen=True, eq=False)
class FieldFeatures:
    """What segmentation looks at.

    Parameters
    ----------
    mean : array, shape (Y, X)
        Mean image (counts), finite.
    activity : array, shape (K, Y, X)
        Projections of each pixel's series on K orthonormal time courses (counts); K is 0 for a still image and
        for a recording in which nothing happens.
    noise : array, shape (Y, X)
        Variance of the noise in each projection (counts²).
    """

    mean: Floats
    activity: NDArray[np.float32]
    noise: Floats


def image_features(image: NDArray[Any]) -> FieldFeatures:
    """Wrap a still image.

    Parameters
    ----------
    image : array, shape (Y, X)
        The image.

    Returns
    -------
    FieldFeatures
        The image without activity; what is not finite takes the median of what is.
    """
    mean = np.array(image, dtype=np.float64)
    finite = np.isfinite(mean)
    mean[~finite] = np.median(mean[finite]) if finite.any() else 0.0
    return FieldFeatures(mean, np.zeros((0, *mean.shape), dtype=np.float32), np.zeros_like(mean))


def recording_features(data: Any, *, progress: Progress = silent) -> FieldFeatures:
    """Reduce a recording to its mean and a few projections per pixel.

    Parameters
    ----------
    data : array_like, shape (T, Y, X)
        The stack.
    progress : callable
        Told how far the work is.

    Returns
    -------
    FieldFeatures
        Mean, activity and noise.
    """
    image, noise, tiles = _tile_series(data, progress)
    still = image_features(image)
    basis = _common_time_courses(tiles)
    activity = np.zeros((len(basis), *still.mean.shape), dtype=np.float32)
    if len(basis):
        for index, frame in iter_bins(data, stage="activity", progress=progress):
            change = np.nan_to_num(frame - still.mean.astype(np.float32))
            for component, weight in zip(activity, basis[:, index], strict=True):
                np.add(component, np.float32(weight) * change, out=component)
    return FieldFeatures(still.mean, _without_drift(still.mean, activity), np.nan_to_num(noise))


def _tile_series(data: Any, progress: Progress) -> tuple[Floats, Floats, Floats]:
    """Mean image, variance of the noise of a bin (from its successive differences), series of the tiles."""
    shape = (int(data.shape[1]), int(data.shape[2]))
    tile = max(_MIN_TILE_PX, min(shape) // _TILES_PER_SIDE)
    total, squares = np.zeros(shape), np.zeros(shape)
    series: list[Floats] = []
    previous: NDArray[np.float32] | None = None
    for _, frame in iter_bins(data, stage="time courses", progress=progress):
        total += frame
        if previous is not None:
            squares += (frame - previous) ** 2
        previous = frame
        series.append(_tile_means(np.nan_to_num(frame), tile))
    n_bins = len(series)
    return total / n_bins, squares / (2 * (n_bins - 1)), np.stack(series, axis=1)


def _tile_means(frame: NDArray[np.float32], tile: int) -> Floats:
    height, width = (max(1, size // tile) for size in frame.shape)
    rows, columns = min(tile, frame.shape[0]), min(tile, frame.shape[1])
    cut = frame[: height * rows, : width * columns].astype(np.float64)
    means: Floats = cut.reshape(height, rows, width, columns).mean(axis=(1, 3)).ravel()
    return means


def _common_time_courses(tiles: Floats) -> Floats:
    """Orthonormal time courses, shape (K, n_bins), that are stronger than noise can make them.

    Each tile is scaled to noise of variance 1; the largest singular value of pure noise of shape (n, m) is
    about ``sqrt(n) + sqrt(m)`` (Marchenko and Pastur 1967).
    """
    change = tiles - tiles.mean(axis=1, keepdims=True)
    noise = _tile_noise(tiles)
    floor = 0.1 * float(np.median(noise)) + 1e-6 * float(np.abs(tiles).max())
    if floor == 0:
        return np.zeros((0, tiles.shape[1]))
    scaled = change / np.maximum(noise, floor)[:, np.newaxis]
    strength, courses = np.linalg.eigh(scaled.T @ scaled)
    limit = _ABOVE_NOISE * (np.sqrt(scaled.shape[0]) + np.sqrt(scaled.shape[1]))
    n_above = int((strength > limit**2).sum())
    return courses[:, ::-1][:, : min(n_above, MAX_COMPONENTS)].T


def _tile_noise(tiles: Floats) -> Floats:
    """SD of the noise of each tile: robust over time, then over tiles that are equally bright.

    The median of a squared standard normal number is 0.455.
    """
    variance = np.median(np.diff(tiles, axis=1) ** 2, axis=1) / (2 * 0.455)
    order = np.argsort(tiles.mean(axis=1), kind="stable")
    smooth = np.empty_like(variance)
    smooth[order] = ndi.median_filter(variance[order], size=1 + len(order) // 20)
    deviation: Floats = np.sqrt(smooth)
    return deviation


def _without_drift(mean: Floats, activity: NDArray[np.float32]) -> NDArray[np.float32]:
    """Take out of each projection what a small shift of the whole field explains.

    A shift changes each pixel in proportion to the slope of the mean image; its two amounts are fitted to the
    fine detail of the projection, where shifts show and cells, being flat, do not.
    """
    slopes = np.stack([ndi.gaussian_filter(mean, 1.0, order=order) for order in ((1, 0), (0, 1))])
    detail = np.stack([(slope - ndi.gaussian_filter(slope, 4.0)).ravel() for slope in slopes], axis=1)
    cleaned = np.empty_like(activity)
    for index, component in enumerate(activity):
        fine = (component - ndi.gaussian_filter(component, 4.0)).ravel()
        shift = np.linalg.lstsq(detail, fine, rcond=None)[0]
        cleaned[index] = component - np.tensordot(shift, slopes, axes=1)
    return cleaned
