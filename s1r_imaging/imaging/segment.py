"""Cells from a recording or an image.

The field is cut into atoms, neighbouring atoms are merged into a tree, the most alike in activity and the
least parted by an edge first, and the set of regions that together look most like cells is chosen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from s1r_imaging.imaging.candidates import find_candidates
from s1r_imaging.imaging.diameter import estimate_diameter
from s1r_imaging.imaging.frames import mean_image
from s1r_imaging.imaging.outline import smooth_labels, tidy_labels, trim_halos
from s1r_imaging.imaging.summary import SummaryImages
from s1r_imaging.imaging.temporal import FieldFeatures, image_features, recording_features
from s1r_imaging.options import Options, option
from s1r_imaging.progress import Progress, silent
from s1r_imaging.recording import Recording

Labels = NDArray[np.int32]
SegmentationMethod = Literal["activity", "mean"]
"""Look at what pixels do over time and at the mean image, or at the mean image alone."""

_SMALLEST_FIELD_PX = 8
_SMOOTHING_PX = 3.0
_TIMES_NOISE = 9.0  # variance of a smoothed image beyond which there is something in it


@dataclass(frozen=True, kw_only=True)
class SegmentationOptions(Options):
    """How cells are found."""

    section: ClassVar[str] = "segmentation"

    method: SegmentationMethod = option(
        "activity", "Use what pixels do over time and the mean image, or the mean image alone."
    )
    diameter_um: float | None = option(None, "Typical diameter of a cell (µm); estimated when not given.", gt=0)
    diameter_px: float | None = option(
        None, "Typical diameter of a cell (pixels); estimated when not given.", ge=4
    )
    min_score: float = option(
        0.4, "Regions that look less like one whole cell than this are dropped (0 to 1).", ge=0, lt=1
    )


def segment_cells(
    recording_or_image: Recording | NDArray[Any],
    *,
    method: SegmentationMethod = SegmentationOptions.method,
    diameter_um: float | None = SegmentationOptions.diameter_um,
    diameter_px: float | None = SegmentationOptions.diameter_px,
    min_score: float = SegmentationOptions.min_score,
    images: SummaryImages | None = None,
    progress: Progress = silent,
) -> Labels:
    """Find the cells in a recording, or in a still image.

    Parameters
    ----------
    recording_or_image : Recording or array, shape (Y, X)
        What to look at. Of an image, only shape and light can be used.
    method : {'activity', 'mean'}
        Use what pixels do over time and the mean image, or the mean image alone.
    diameter_um : float, optional
        Typical diameter of a cell (µm); needs a pixel size.
    diameter_px : float, optional
        Typical diameter of a cell (pixels). Estimated when no diameter is given.
    min_score : float
        Regions that look less like one whole cell than this are dropped (0 to 1).
    images : SummaryImages, optional
        Summary images of the recording, when they are known: saves computing the mean.
    progress : callable
        Told how far the work is, see `s1r_imaging.progress`.

    Returns
    -------
    array of int32, shape (Y, X)
        0 where there is no cell; each cell is one connected region, numbered from 1 in the order of rows.

    Raises
    ------
    TypeError
        If the input is neither a recording nor an array of real numbers.
    ValueError
        If an image has not two axes, both diameters are given, or one in µm without a pixel size.
    """
    options = SegmentationOptions(
        method=method, diameter_um=diameter_um, diameter_px=diameter_px, min_score=min_score
    )
    source = _checked(recording_or_image)
    return _METHODS[options.method](source, _diameter_in_pixels(options, source), options, images, progress)


def _diameter_in_pixels(options: SegmentationOptions, source: Recording | NDArray[Any]) -> float | None:
    if options.diameter_um is None:
        return options.diameter_px
    if options.diameter_px is not None:
        raise ValueError(
            f"diameter_um={options.diameter_um!r} and diameter_px={options.diameter_px!r}: give one of them."
        )
    pixel_size = source.pixel_size_um if isinstance(source, Recording) else None
    if pixel_size is None:
        raise ValueError(f"diameter_um={options.diameter_um!r} needs a pixel size: give diameter_px instead.")
    return options.diameter_um / pixel_size


def _checked(source: Recording | NDArray[Any]) -> Recording | NDArray[Any]:
    if isinstance(source, Recording):
        return source
    image = np.asarray(source)
    if image.dtype.kind not in "iuf":
        raise TypeError(f"image has dtype {image.dtype}: expected integer or floating-point counts.")
    if image.ndim != 2 or 0 in image.shape:
        raise ValueError(f"image has shape {image.shape}: expected (height, width), or a Recording.")
    return image


def _by_mean(
    source: Recording | NDArray[Any],
    diameter_px: float | None,
    options: SegmentationOptions,
    images: SummaryImages | None,
    progress: Progress,
) -> Labels:
    """Look at the mean image alone."""
    if not isinstance(source, Recording):
        mean = source
    elif images is not None:
        mean = images.mean
    else:
        mean = mean_image(source.data, progress=progress)
    return _best_regions(image_features(mean), diameter_px, options, progress)


def _by_activity(
    source: Recording | NDArray[Any],
    diameter_px: float | None,
    options: SegmentationOptions,
    images: SummaryImages | None,
    progress: Progress,
) -> Labels:
    """Look at what pixels do over time too; an image is all mean."""
    if not isinstance(source, Recording):
        return _by_mean(source, diameter_px, options, images, progress)
    return _best_regions(recording_features(source.data, progress=progress), diameter_px, options, progress)


def _best_regions(
    features: FieldFeatures, diameter_px: float | None, options: SegmentationOptions, progress: Progress
) -> Labels:
    shape = (features.mean.shape[0], features.mean.shape[1])
    if min(shape) < _SMALLEST_FIELD_PX or not _shows_anything(features.mean):
        return np.zeros(shape, dtype=np.int32)
    if diameter_px is None:
        diameter_px = estimate_diameter(features, min_score=options.min_score, progress=progress)
    found = find_candidates(features, diameter_px, options.min_score).labels(shape)
    progress("cells", 1, 1)
    drawn = trim_halos(smooth_labels(found, diameter_px), features.mean, diameter_px)
    return tidy_labels(drawn, diameter_px)


def _shows_anything(mean: NDArray[np.float64]) -> bool:
    """Whether an image holds more than pixel noise.

    White noise of variance v, smoothed with a Gaussian of SD s, keeps the variance ``v / (4 pi s**2)``.
    """
    noise = float(np.mean(np.diff(mean, axis=0) ** 2) + np.mean(np.diff(mean, axis=1) ** 2)) / 4
    left = float(np.var(ndi.gaussian_filter(mean, _SMOOTHING_PX)))
    return left > _TIMES_NOISE * noise / (4 * np.pi * _SMOOTHING_PX**2)


_Method = Callable[
    [Recording | NDArray[Any], float | None, SegmentationOptions, SummaryImages | None, Progress], Labels
]
_METHODS: dict[SegmentationMethod, _Method] = {"activity": _by_activity, "mean": _by_mean}
