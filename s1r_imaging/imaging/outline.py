"""From regions made of atoms to labels as a person would draw them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

Labels = NDArray[np.int32]

_SMOOTHNESS = 0.05  # SD of the Gaussian that smooths outlines, in cell diameters
_LEAST_AREA = 0.05  # in squared diameters; less is a shred


def smooth_labels(found: NDArray[Any], diameter_px: float) -> Labels:
    """Smooth the outlines of labels; a pixel goes to the label that holds most of its surroundings, if half.

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
    best = np.full(found.shape, 0.5, dtype=np.float32)
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
