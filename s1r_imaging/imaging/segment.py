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

from s1r_imaging.imaging.atoms import Col, make_atoms
from s1r_imaging.imaging.cell_score import cell_scores
from s1r_imaging.imaging.merging import MergeTree, best_disjoint, merge_atoms, node_of_atoms
from s1r_imaging.imaging.summary import SummaryImages
from s1r_imaging.imaging.temporal import FieldFeatures, image_features, recording_features
from s1r_imaging.options import Options, option
from s1r_imaging.progress import Progress, silent
from s1r_imaging.recording import Recording

Labels = NDArray[np.int32]
SegmentationMethod = Literal["activity", "mean"]
"""Look at what pixels do over time and at the mean image, or at the mean image alone."""

_FINE_PX, _COARSE_PX = 14.0, 40.0  # cells are brought to a diameter in this range


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
        0.35, "Regions that look less like one whole cell than this are dropped (0 to 1).", ge=0, lt=1
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
    diameter = _diameter_in_pixels(options, recording_or_image)
    features = _features(recording_or_image, options, images, progress)
    if min(features.mean.shape) < 4 or np.ptp(features.mean) == 0:
        return np.zeros(features.mean.shape, dtype=np.int32)
    if diameter is None:
        diameter = 27.0
    return find_cells(features, diameter, options.min_score)


def find_cells(features: FieldFeatures, diameter_px: float, min_score: float) -> Labels:
    scaled, factor = _rescaled(features, diameter_px)
    atoms = make_atoms(scaled, diameter_px * factor)
    tree = merge_atoms(atoms, diameter_px * factor)
    chosen = choose_cells(tree, min_score)
    owner = node_of_atoms(tree, chosen, len(atoms.sums))
    found = np.concatenate([[0], owner])[atoms.labels]
    return _outlined(found, features.mean.shape, factor, diameter_px)


def choose_cells(tree: MergeTree, min_score: float) -> NDArray[np.int64]:
    scores = cell_scores(tree)
    area = np.minimum(tree.sums[:, Col.AREA] / tree.cell_area, 2.0)
    return best_disjoint(tree, np.where(scores > min_score, scores * area, 0))


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


def _features(
    source: Recording | NDArray[Any],
    options: SegmentationOptions,
    images: SummaryImages | None,
    progress: Progress,
) -> FieldFeatures:
    if not isinstance(source, Recording):
        image = np.asarray(source)
        if image.dtype.kind not in "iuf":
            raise TypeError(f"image has dtype {image.dtype}: expected integer or floating-point counts.")
        if image.ndim != 2:
            raise ValueError(f"image has shape {image.shape}: expected (height, width), or a Recording.")
        return image_features(image)
    if options.method == "mean" and images is not None:
        return image_features(images.mean)
    features = recording_features(source.data, progress=progress)
    return features if options.method == "activity" else image_features(features.mean)


def _rescaled(features: FieldFeatures, diameter_px: float) -> tuple[FieldFeatures, float]:
    """Bin pixels, or double them, so that a cell is 14 to 40 pixels wide."""
    n = int(diameter_px // (_COARSE_PX / 2))
    if n >= 2:
        return FieldFeatures(
            _binned(features.mean, n),
            np.stack([_binned(part, n) for part in features.activity])
            if len(features.activity)
            else np.zeros((0, *_binned(features.mean, n).shape), np.float32),
            _binned(features.noise, n) / n**2,
        ), 1 / n
    if diameter_px < _FINE_PX:
        return FieldFeatures(
            *(
                np.repeat(np.repeat(part, 2, -2), 2, -1)
                for part in (features.mean, features.activity, features.noise)
            )
        ), 2.0
    return features, 1.0


def _binned(image: NDArray[np.floating], n: int) -> NDArray[np.floating]:
    padded = np.pad(image, [(0, -size % n) for size in image.shape], mode="edge")
    height, width = padded.shape
    return padded.reshape(height // n, n, width // n, n).mean(axis=(1, 3))


def _outlined(found: NDArray[np.integer], shape: tuple[int, int], factor: float, diameter_px: float) -> Labels:
    """Bring regions to full size with smooth outlines, one piece each, no holes, numbered by rows."""
    if factor == 2:
        found = found[::2, ::2]
    elif factor < 1:
        n = round(1 / factor)
        found = np.repeat(np.repeat(found, n, 0), n, 1)[: shape[0], : shape[1]]
    labels = np.zeros(shape, dtype=np.int32)
    best = np.full(shape, 0.5, dtype=np.float32)
    sd = diameter_px / 20
    pad = int(np.ceil(3 * sd)) + 1
    for label, window in enumerate(ndi.find_objects(found), start=1):
        if window is None:
            continue
        wide = tuple(slice(max(0, part.start - pad), part.stop + pad) for part in window)
        mask = found[wide] == label
        smooth = ndi.gaussian_filter(mask.astype(np.float32), sd, mode="nearest")
        wins = smooth > best[wide]
        best[wide][wins] = smooth[wins]
        labels[wide][wins] = label
    return tidy_labels(labels, 0.05 * diameter_px**2)


def tidy_labels(labels: Labels, min_area: float) -> Labels:
    """Keep the largest piece of each label, fill its holes, drop the tiny ones, number by rows."""
    clean = np.zeros_like(labels)
    for label, window in enumerate(ndi.find_objects(labels), start=1):
        if window is None:
            continue
        pieces, n_pieces = ndi.label(labels[window] == label)
        areas = np.bincount(pieces.ravel())[1:]
        if not n_pieces or areas.max() < min_area:
            continue
        whole = ndi.binary_fill_holes(pieces == 1 + int(np.argmax(areas)))
        target = clean[window]
        target[whole & (target == 0)] = label
    names, first, inverse = np.unique(clean, return_index=True, return_inverse=True)
    order = np.zeros(len(names), dtype=np.int32)
    cells = np.flatnonzero(names > 0)
    order[cells[np.argsort(first[cells])]] = np.arange(1, len(cells) + 1)
    return order[inverse].reshape(labels.shape)
