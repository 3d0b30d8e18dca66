"""Scores that tests and benchmarks share."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment


@dataclass(frozen=True)
class Matches:
    """Found and true cells matched one to one; add them up to pool images."""

    true_positives: int = 0
    false_positives: int = 0
    false_negatives: int = 0

    def __add__(self, other: "Matches") -> "Matches":
        return Matches(
            self.true_positives + other.true_positives,
            self.false_positives + other.false_positives,
            self.false_negatives + other.false_negatives,
        )

    @property
    def average_precision(self) -> float:
        """TP / (TP + FP + FN); 1 when there is nothing to find and nothing was found."""
        total = self.true_positives + self.false_positives + self.false_negatives
        return self.true_positives / total if total else 1.0


def overlaps(truth: NDArray[Any], found: NDArray[Any]) -> NDArray[np.float64]:
    """Intersection over union of every true (rows) with every found label (columns), labels increasing."""
    true_names, true_index = np.unique(truth, return_inverse=True)
    found_names, found_index = np.unique(found, return_inverse=True)
    shared = np.zeros((len(true_names), len(found_names)))
    np.add.at(shared, (true_index.ravel(), found_index.ravel()), 1)
    union = shared.sum(axis=1, keepdims=True) + shared.sum(axis=0, keepdims=True) - shared
    result: NDArray[np.float64] = (shared / union)[true_names > 0][:, found_names > 0]
    return result


def match_labels(truth: NDArray[Any], found: NDArray[Any], *, iou: float = 0.5) -> Matches:
    """Match cells one to one so that as many pairs as possible overlap by `iou` or more."""
    table = overlaps(truth, found)
    n_true, n_found = table.shape
    rows, columns = linear_sum_assignment(-((table >= iou) + 1e-3 * table))
    hits = int((table[rows, columns] >= iou).sum())
    return Matches(hits, n_found - hits, n_true - hits)


def median_diameter_px(truth: NDArray[Any]) -> float:
    """Diameter of a circle of the median area of the labels."""
    areas = np.unique(truth[truth > 0], return_counts=True)[1]
    return float(2 * np.sqrt(np.median(areas) / np.pi))
