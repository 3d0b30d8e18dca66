"""How much a region looks like one whole cell.

Some twenty measures of shape, size, borders and light go through one small layer of learned weights
(``cell_score.json``; `tests/benchmarks/train_cell_score.py` makes the file). The score estimates the
intersection over union of the region with the cell that it fits best.
"""

import json
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.imaging.atoms import Col
from s1r_imaging.imaging.merging import MergeTree

Floats = NDArray[np.float64]

SMALLEST, LARGEST = 0.06, 6.0  # areas of a cell; what lies outside is no cell
_DARK = 0.15  # of a bright cell's light


def cell_scores(tree: MergeTree) -> Floats:
    """Score every region of a tree.

    Parameters
    ----------
    tree : MergeTree
        The candidates.

    Returns
    -------
    array, shape (N,)
        Expected intersection over union with a cell, from 0 to 1.
    """
    weights = _weights()
    standard = (region_measures(tree) - weights["mean"]) / weights["scale"]
    hidden = np.tanh(standard @ weights["hidden"] + weights["hidden_bias"])
    score: Floats = 1 / (1 + np.exp(-(hidden @ weights["output"] + weights["output_bias"])))
    area = tree.sums[:, Col.AREA] / tree.cell_area
    score[(area < SMALLEST) | (area > LARGEST)] = 0
    return score


def region_measures(tree: MergeTree) -> Floats:
    """Measure every region of a tree; all measures are free of units.

    Parameters
    ----------
    tree : MergeTree
        The regions.

    Returns
    -------
    array, shape (N, n_measures)
        The measures, in the order of the weights.
    """
    sums = tree.sums
    area = sums[:, Col.AREA]
    length = np.maximum(sums[:, Col.LENGTH], 1e-9)
    inner = np.maximum(sums[:, Col.IN_LENGTH], 1e-9)
    around = sums[:, Col.LENGTH] + sums[:, Col.FRAME]
    size = np.clip(np.log(area / tree.cell_area), -3, 2)
    cut = sums[:, Col.FRAME] / np.maximum(around, 1e-9)  # part of the outline that the image's frame cuts off
    fill, axes = _ellipse(sums)
    has_activity = float(sums.shape[1] > Col.ACTIVITY)
    measures = [
        size,
        size**2,
        fill,
        np.minimum(4 * np.pi * area / np.maximum(around, 1) ** 2, 1),
        axes,
        sums[:, Col.CHANGE] / length,
        np.tanh(2 * sums[:, Col.EDGE] / length),
        sums[:, Col.IN_CHANGE] / inner,
        np.tanh(2 * sums[:, Col.IN_EDGE] / inner),
        tree.cost,
        np.where(tree.parent >= 0, tree.cost[tree.parent], 1.0),
        np.tanh(sums[:, Col.LIGHT] / area),
        np.clip(sums[:, Col.STEP] / length, -2, 2),
        np.tanh(sums[:, Col.RISE] / area),
        np.tanh(sums[:, Col.LOCAL] / area),
        cut,
        cut * size,
        np.full(len(area), has_activity),
        np.full(len(area), _dark_share(tree)),
    ]
    return np.stack(measures, axis=1)


def _dark_share(tree: MergeTree) -> float:
    """Part of the field that is hardly brighter than the darkest place nearby: much of it is no cell."""
    atoms = tree.sums[tree.children[:, 0] < 0]
    dark = atoms[:, Col.RISE] < _DARK * atoms[:, Col.AREA]
    return float(atoms[dark, Col.AREA].sum() / atoms[:, Col.AREA].sum())


def _ellipse(sums: Floats) -> tuple[Floats, Floats]:
    """How well a region fills the ellipse of its second moments (1 for an ellipse), and the ratio of its axes."""
    area = sums[:, Col.AREA]
    y, x = sums[:, Col.Y] / area, sums[:, Col.X] / area
    yy = sums[:, Col.YY] / area - y * y + 1 / 12
    xx = sums[:, Col.XX] / area - x * x + 1 / 12
    yx = sums[:, Col.YX] / area - y * x
    middle, spread = (yy + xx) / 2, np.hypot((yy - xx) / 2, yx)
    long, short = middle + spread, np.maximum(middle - spread, 1 / 12)
    return np.minimum(area / (4 * np.pi * np.sqrt(long * short)), 1), np.sqrt(short / long)


@cache
def _weights() -> dict[str, Floats]:
    text = resources.files("s1r_imaging.imaging").joinpath("cell_score.json").read_text(encoding="utf-8")
    return {name: np.array(values) for name, values in json.loads(text).items()}
