"""From regions made of atoms to labels as a person would draw them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

Labels = NDArray[np.int32]

_SMOOTHNESS = 0.05  # SD of the Gaussian that smooths outlines, in cell diameters
_LEAST_SHARE = (
    0.75  # of its surroundings that a pixel's cell holds: blur mixes in the neighbours' light at the rim
)
_HALO_PX = 1.5  # free pixels this near are lit by the cell
_RING = 0.3  # width of the ring of free ground around a cell, in diameters
_LEAST_LIGHT = 0.3
_LEAST_AREA = 0.05  # in squared diameters; less is a shred


def smooth_labels(found: NDArray[Any], diameter_px: float) -> Labels:
    """Smooth the outlines of labels and draw them a little inside.

    A pixel stays with a label that holds 0.7 of its surroundings, in Gaussian weights: straight outlines move
    inwards by 0.026 diameters.

    Parameters
    ----------
    found : array of int, shape (Y, X)
        Labels.
    diameter_px : float
        Diameter of a cell (pixels).

    Returns
    -------
    array of int32, shape (Y, X)
        Labels.
    """
    labels = np.zeros(found.shape, dtype=np.int32)
    best = np.full(found.shape, _LEAST_SHARE, dtype=np.float32)
    sd = _SMOOTHNESS * diameter_px
    margin = int(np.ceil(3 * sd)) + 1
    windows: list[Any] = ndi.find_objects(found)  # None where a label is missing
    for label, window in enumerate(windows, start=1):
        if window is None:
            continue
        wide = tuple(slice(max(0, part.start - margin), part.stop + margin) for part in window)
        share = ndi.gaussian_filter((found[wide] == label).astype(np.float32), sd, mode="nearest")
        wins = share > best[wide]
        best[wide][wins] = share[wins]
        labels[wide][wins] = label
    return labels


def trim_halos(labels: Labels, mean: NDArray[np.float64], diameter_px: float) -> Labels:
    """Drop pixels of a cell that are nearly as dark as the free ground around it.

    The rim of a cell that ends in darkness is where the light has fallen to 0.3 of the way from the ground,
    the darkest free place within 0.3 diameters, to the cell's median.

    Parameters
    ----------
    labels : array of int32, shape (Y, X)
        Labels from 1 to n.
    mean : array, shape (Y, X)
        Mean image.
    diameter_px : float
        Diameter of a cell (pixels).

    Returns
    -------
    array of int32, shape (Y, X)
        Labels.
    """
    names = np.arange(1, int(labels.max()) + 1)
    if not len(names):
        return labels
    smooth = ndi.gaussian_filter(mean, 0.7)
    distance, (row, column) = ndi.distance_transform_edt(labels == 0, return_indices=True)
    ring = np.where((distance > _HALO_PX) & (distance < _RING * diameter_px), labels[row, column], 0)
    has_ground = np.bincount(ring.ravel(), minlength=len(names) + 1)[1:] > 0
    inside = np.asarray(ndi.median(smooth, labels, names))
    ground = np.where(has_ground, np.asarray(ndi.minimum(smooth, ring, names)), inside)
    least = ground + _LEAST_LIGHT * (inside - ground)
    limit = np.concatenate([[-np.inf], np.where(has_ground & (ground < inside), least, -np.inf)])
    return np.where(smooth < limit[labels], 0, labels)


def tidy_labels(labels: NDArray[Any], diameter_px: float) -> Labels:
    """Keep the largest piece of each label, fill its holes, drop shreds, number labels by rows from 1.

    Parameters
    ----------
    labels : array of int, shape (Y, X)
        Labels.
    diameter_px : float
        Diameter of a cell (pixels).

    Returns
    -------
    array of int32, shape (Y, X)
        Labels.
    """
    clean = np.zeros(labels.shape, dtype=np.int32)
    windows: list[Any] = ndi.find_objects(labels)
    for label, window in enumerate(windows, start=1):
        if window is None:
            continue
        pieces, n_pieces = ndi.label(labels[window] == label)
        areas = np.bincount(pieces.ravel())[1:]
        if n_pieces == 0 or areas.max() < _LEAST_AREA * diameter_px**2:
            continue
        whole = ndi.binary_fill_holes(pieces == 1 + int(np.argmax(areas)))
        free = labels[window] == 0
        clean[window][(whole & free) | (pieces == 1 + int(np.argmax(areas)))] = label
    names, first, inverse = np.unique(clean, return_index=True, return_inverse=True)
    number = np.zeros(len(names), dtype=np.int32)
    cells = np.flatnonzero(names > 0)
    number[cells[np.argsort(first[cells])]] = np.arange(1, len(cells) + 1)
    return number[inverse].reshape(labels.shape)
