"""The regions of a field that together look most like cells of an expected diameter."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.imaging.atoms import Atoms, Col, make_atoms
from s1r_imaging.imaging.cell_score import cell_scores
from s1r_imaging.imaging.merging import MergeTree, best_disjoint, merge_atoms, owners
from s1r_imaging.imaging.temporal import FieldFeatures

_FINE_PX, _COARSE_PX = 14.0, 40.0  # cells are brought to a diameter in this range
_MOST_WEIGHT = 2.0  # a region counts as at most this many areas of a cell


@dataclass(frozen=True, eq=False)
class Candidates:
    """Regions found, at the scale at which they were found.

    Parameters
    ----------
    atoms : Atoms
        The atoms of the field.
    tree : MergeTree
        All regions.
    chosen : array of int, shape (n,)
        Nodes of the tree that were chosen.
    scores : array, shape (n,)
        Their scores.
    factor : float
        Pixels here per pixel of the field: ``1 / n`` or 2.
    """

    atoms: Atoms
    tree: MergeTree
    chosen: NDArray[np.int64]
    scores: NDArray[np.float64]
    factor: float

    def labels(self, shape: tuple[int, int]) -> NDArray[np.int32]:
        """Return the regions at full size, numbered from 1."""
        found = np.concatenate([[0], owners(self.tree, self.chosen, len(self.atoms.sums))])[self.atoms.labels]
        if self.factor > 1:
            return found[::2, ::2].astype(np.int32)
        n = round(1 / self.factor)
        return np.repeat(np.repeat(found, n, axis=0), n, axis=1)[: shape[0], : shape[1]].astype(np.int32)


def find_candidates(features: FieldFeatures, diameter_px: float, min_score: float) -> Candidates:
    """Choose the disjoint regions whose scores, weighted with their areas, add up to the most.

    Parameters
    ----------
    features : FieldFeatures
        What is known of each pixel.
    diameter_px : float
        Typical diameter of a cell (pixels).
    min_score : float
        Least score of a region.

    Returns
    -------
    Candidates
        What was found.
    """
    scaled, factor = _rescaled(features, diameter_px)
    atoms = make_atoms(scaled, diameter_px * factor)
    tree = merge_atoms(atoms, diameter_px * factor)
    scores = cell_scores(tree)
    weight = np.minimum(tree.sums[:, Col.AREA] / tree.cell_area, _MOST_WEIGHT)
    chosen = best_disjoint(tree, np.where(scores >= min_score, scores * weight, 0))
    return Candidates(atoms, tree, chosen, scores[chosen], factor)


def _rescaled(features: FieldFeatures, diameter_px: float) -> tuple[FieldFeatures, float]:
    """Bin pixels, or double them, so that a cell is 14 to 40 pixels wide."""
    n = int(diameter_px // (_COARSE_PX / 2))
    if n >= 2:
        mean, activity, noise = (_binned(part, n) for part in (features.mean, features.activity, features.noise))
        return FieldFeatures(mean, activity, noise / n**2), 1 / n
    if diameter_px < _FINE_PX:
        parts = (features.mean, features.activity, features.noise)
        mean, activity, noise = (np.repeat(np.repeat(part, 2, axis=-2), 2, axis=-1) for part in parts)
        return FieldFeatures(mean, activity, noise), 2.0
    return features, 1.0


def _binned(images: NDArray[Any], n: int) -> NDArray[Any]:
    """Average the last two axes over n × n pixels; the last ones are repeated where n does not divide them."""
    height, width = images.shape[-2:]
    rows, columns = (np.minimum(np.arange(-(-size // n) * n), size - 1) for size in (height, width))
    padded = images[..., rows, :][..., columns]
    blocks = padded.reshape(*images.shape[:-2], len(rows) // n, n, len(columns) // n, n)
    means: NDArray[Any] = blocks.mean(axis=(-3, -1))
    return means
