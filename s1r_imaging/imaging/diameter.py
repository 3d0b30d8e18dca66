"""The typical diameter of the cells, when nobody says it."""

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.imaging.atoms import Col
from s1r_imaging.imaging.candidates import find_candidates
from s1r_imaging.imaging.temporal import FieldFeatures
from s1r_imaging.progress import Progress, silent

_SMALLEST_PX = 8.0
_RATIO = 1.35  # from one diameter tried to the next
_WINDOW = 10.0  # cells across the part of the field that is looked at
_CELLS_ACROSS = 2.5  # at least as many cells must fit into the field


def estimate_diameter(features: FieldFeatures, *, min_score: float, progress: Progress = silent) -> float:
    """Estimate the typical diameter of the cells by looking for cells of many sizes.

    For each size, cells are looked for in the brightest part of the field, ten cells wide. The size that explains
    most light wins: the light above the darkest place nearby that chosen regions hold, each weighted with its
    score, as a part of all such light. The peak is interpolated between the sizes tried; the estimate is the
    diameter of the median area of the cells found with that size.

    Parameters
    ----------
    features : FieldFeatures
        What is known of each pixel.
    min_score : float
        Least score of a region.
    progress : callable
        Told how many sizes are done.

    Returns
    -------
    float
        Diameter (pixels).
    """
    largest = max(_SMALLEST_PX, min(features.mean.shape) / _CELLS_ACROSS)
    n_sizes = 1 + int(np.log(largest / _SMALLEST_PX) / np.log(_RATIO))
    sizes = _SMALLEST_PX * _RATIO ** np.arange(n_sizes)
    explained = np.zeros(n_sizes)
    for index, size in enumerate(sizes):
        explained[index], _ = _try(features, float(size), min_score)
        progress("cell diameter", index + 1, n_sizes)
    peak = float(sizes[np.argmax(explained)] * _RATIO ** _vertex(explained))
    return _try(features, peak, min_score)[1]


def _vertex(values: NDArray[np.float64]) -> float:
    """Offset, from the index of the largest value, of the peak of the parabola through it and its neighbours."""
    top = int(np.argmax(values))
    if not 0 < top < len(values) - 1:
        return 0.0
    left, middle, right = values[top - 1 : top + 2]
    bend = left - 2 * middle + right
    return float(0.5 * (left - right) / bend) if bend < 0 else 0.0


def _try(field: FieldFeatures, diameter: float, min_score: float) -> tuple[float, float]:
    """Part of the light that cells of this diameter explain, and the diameter of the cells found."""
    found = find_candidates(_brightest(field, round(_WINDOW * diameter)), diameter, min_score)
    all_light = float(np.maximum(found.atoms.sums[:, Col.RISE], 0).sum())
    if not len(found.chosen) or all_light <= 0:
        return 0.0, diameter
    sums = found.tree.sums[found.chosen]
    explained = float((found.scores * np.maximum(sums[:, Col.RISE], 0)).sum()) / all_light
    area = float(np.median(sums[:, Col.AREA])) / found.factor**2
    return explained, 2 * float(np.sqrt(area / np.pi))


def _brightest(features: FieldFeatures, side: int) -> FieldFeatures:
    """Cut out the square in which the field is brightest."""
    height, width = (min(size, side) for size in features.mean.shape)
    if (height, width) == features.mean.shape:
        return features
    low, high = np.percentile(features.mean, [0.5, 95])
    light: NDArray[np.float64] = np.clip(features.mean, low, high) - low
    total = np.pad(light, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    inside = total[height:, width:] - total[:-height, width:] - total[height:, :-width] + total[:-height, :-width]
    y, x = np.unravel_index(np.argmax(inside), inside.shape)
    part = np.s_[..., y : y + height, x : x + width]
    return FieldFeatures(features.mean[part], features.activity[part], features.noise[part])
