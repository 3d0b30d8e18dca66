"""A field cut into atoms: patches much smaller than a cell that lie on one side of every visible edge.

Each atom has sums over its pixels, and each pair of neighbours sums over their common border. Sums of a
union are sums of its parts, which is what makes the tree of `s1r_imaging.imaging.merging` cheap.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi
from skimage.segmentation import watershed

from s1r_imaging.imaging.temporal import FieldFeatures

Floats = NDArray[np.float64]
Labels = NDArray[np.int32]

_ATOM_SIZE = 0.2  # distance between atoms, in cell diameters
_DARKEST = 0.15  # light below this part of a bright cell's is not told from darkness
_STEPS = ((0, 1, 1.0), (1, 0, 1.0), (1, 1, 0.5**0.5), (1, -1, 0.5**0.5))


class Col(IntEnum):
    """Columns of the sums of a region; the projections follow the last one."""

    AREA = 0
    Y = 1
    X = 2
    YY = 3
    XX = 4
    YX = 5
    LIGHT = 6
    NOISE = 7
    RISE = 8
    LOCAL = 9
    FRAME = 10  # length along the frame of the image
    LENGTH = 11  # length of the border with other regions
    STEP = 12  # border length times how much brighter (log) it is inside
    EDGE = 13  # border length times the edge in the mean image
    CHANGE = 14  # border length times the difference of activity
    IN_LENGTH = 15  # the same for the borders inside the region
    IN_EDGE = 16
    IN_CHANGE = 17
    ACTIVITY = 18


@dataclass(frozen=True, eq=False)
class Atoms:
    """Atoms of a field and what they have in common with their neighbours.

    Parameters
    ----------
    labels : array of int32, shape (Y, X)
        Atom of each pixel, 1 to n.
    sums : array, shape (n, 18 + K)
        Sums over each atom, columns `Col`; those of borders are zero.
    pairs : array of int, shape (m, 2)
        Neighbours, as rows of `sums`.
    lengths : array, shape (m,)
        Length of their common border (pixels).
    edges : array, shape (m,)
        Edge in the mean image, summed along the border.
    """

    labels: Labels
    sums: Floats
    pairs: NDArray[np.int64]
    lengths: Floats
    edges: Floats


def make_atoms(features: FieldFeatures, diameter_px: float) -> Atoms:
    """Cut a field into atoms.

    Parameters
    ----------
    features : FieldFeatures
        What is known of each pixel.
    diameter_px : float
        Diameter of a cell (pixels); works best between 12 and 40.

    Returns
    -------
    Atoms
        The atoms.
    """
    background = np.percentile(ndi.gaussian_filter(features.mean, 1.0), 0.5)
    light = np.maximum(features.mean - background, 0)
    capped = np.minimum(light, np.percentile(light, 99.8) or light.max())
    bright = float((capped**2).sum() / max(capped.sum(), np.finfo(float).tiny)) or 1.0
    light = light / bright
    seen = np.maximum(light, _DARKEST)
    activity = features.activity / bright
    noise = features.noise / bright**2
    edge = _edge_image(np.log(light + _DARKEST))
    change = _change_image(activity, noise, seen)
    labels = _cut(ndi.gaussian_filter(edge + 1.5 * change, 0.7), diameter_px)
    pairs, lengths, edges = _borders(labels, edge)
    images = [seen, noise, *_levels(light, diameter_px)]
    sums = _atom_sums(labels, images, activity)
    return Atoms(labels, sums, pairs, lengths, edges)


def _edge_image(log_light: Floats) -> Floats:
    """Find steps and dark lines of the mean image: slope plus upward curvature of its logarithm."""
    slope = ndi.gaussian_gradient_magnitude(log_light, 1.0)
    yy, xx, yx = (ndi.gaussian_filter(log_light, 1.2, order=order) for order in ((2, 0), (0, 2), (1, 1)))
    valley = np.maximum((yy + xx) / 2 + np.hypot((yy - xx) / 2, yx), 0)
    edges: Floats = 0.5 * slope + valley
    return edges


def _change_image(activity: NDArray[np.floating], noise: Floats, seen: Floats) -> Floats:
    """Slope of the relative activity, as a part of its size, less what noise contributes; at most 1."""
    slope, size = np.zeros_like(seen), np.zeros_like(seen)
    if not len(activity):
        return slope
    smooth = ndi.gaussian_filter(seen, 1.0)
    for component in activity:
        relative = ndi.gaussian_filter(component.astype(np.float64), 1.0) / smooth
        slope += ndi.gaussian_gradient_magnitude(relative, 0.7) ** 2
        size += relative**2
    by_noise = len(activity) * noise / (8 * np.pi * smooth**2)
    size += 0.05 * np.median(size) + np.finfo(float).tiny
    return np.minimum(np.sqrt(np.maximum(slope - by_noise, 0) / size), 1.0)


def _levels(light: Floats, diameter_px: float) -> tuple[Floats, Floats]:
    """Light above the darkest place nearby, and light relative to that of the cells nearby."""
    window = max(3, round(2.5 * diameter_px))
    darkest = ndi.minimum_filter(ndi.gaussian_filter(light, 1.0), window)
    darkest = ndi.gaussian_filter(ndi.maximum_filter(darkest, window), 0.5 * diameter_px)
    spread = 1.5 * diameter_px
    cells = ndi.gaussian_filter(light**2, spread) / np.maximum(ndi.gaussian_filter(light, spread), 1e-3)
    return light - darkest, light / np.maximum(cells, _DARKEST)


def _cut(edges: Floats, diameter_px: float) -> Labels:
    window = max(3, round(_ATOM_SIZE * diameter_px) | 1)
    seeds, _ = ndi.label(edges == ndi.minimum_filter(edges, window), np.ones((3, 3)))
    labels: Labels = watershed(edges, seeds).astype(np.int32)
    return labels


def _atom_sums(labels: Labels, images: list[Floats], activity: NDArray[np.floating]) -> Floats:
    n = int(labels.max())
    flat = labels.ravel()
    y, x = (axis.ravel().astype(np.float64) for axis in np.indices(labels.shape))
    frame = np.zeros(labels.shape)
    for edge in (np.s_[0, :], np.s_[-1, :], np.s_[:, 0], np.s_[:, -1]):
        frame[edge] += 1
    sums = np.zeros((n, Col.ACTIVITY + len(activity)))
    columns = [np.ones(flat.shape), y, x, y * y, x * x, y * x, *(image.ravel() for image in images), frame.ravel()]
    columns_at = [*range(Col.FRAME + 1), *range(Col.ACTIVITY, sums.shape[1])]
    for column, values in zip(columns_at, [*columns, *(part.ravel() for part in activity)], strict=True):
        sums[:, column] = np.bincount(flat, weights=values, minlength=n + 1)[1:]
    return sums


def _borders(labels: Labels, edge: Floats) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Neighbours, and the Crofton length (four directions) and the edge along their border."""
    n = int(labels.max())
    keys, weights, edges = [], [], []
    for dy, dx, weight in _STEPS:
        first, second = _shifted(labels, dy, dx)
        differ = first != second
        low, high = np.minimum(first, second)[differ], np.maximum(first, second)[differ]
        keys.append((low.astype(np.int64) - 1) * n + high - 1)
        weights.append(np.full(len(low), weight * np.pi / 8, dtype=np.float64))
        edge_first, edge_second = _shifted(edge, dy, dx)
        edges.append((edge_first[differ] + edge_second[differ]) / 2)
    unique, inverse = np.unique(np.concatenate(keys), return_inverse=True)
    weight_of = np.concatenate(weights)
    lengths, along = np.zeros(len(unique)), np.zeros(len(unique))
    np.add.at(lengths, inverse, weight_of)
    np.add.at(along, inverse, weight_of * np.concatenate(edges))
    return np.stack(np.divmod(unique, max(n, 1)), axis=1), lengths, along


def _shifted(image: NDArray[np.generic], dy: int, dx: int) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    height, width = image.shape
    left, right = slice(max(0, -dx), width - max(0, dx)), slice(max(0, dx), width + min(0, dx))
    return image[: height - dy, left], image[dy:, right]
