"""Permutation test over replicates, within days where they are paired, with the interval that belongs to it."""

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.experiment.difference import NO_VARIANCE, Difference, too_few, unknown_difference
from s1r_imaging.experiment.groups import Group

Array = NDArray[np.float64]
Assignments = NDArray[np.bool_]

_TIE = 1e-9
_N_HALVINGS = 32
_FARTHEST = 40  # doublings of the search for an end: beyond it the interval is open


def permutation_difference(
    treated: Group, reference: Group, *, is_paired: bool, confidence: float, n_permutations: int, seed: int
) -> Difference:
    """Compare two conditions by exchanging the labels of replicates.

    Parameters
    ----------
    treated, reference : Group
        Replicates with a value; in pairs, of the days that both have.
    is_paired : bool
        Whether labels are exchanged within days only.
    confidence : float
        Level of the interval.
    n_permutations : int
        Up to this many allocations all are taken (exact test), else this many at random.
    seed : int
        Of the random allocations.

    Returns
    -------
    Difference
        The interval holds the shifts that the test does not reject; it has no ends where even the most extreme
        allocation is not rare enough.

    Notes
    -----
    The statistic is Welch's t, and within days the t of the blocked analysis: studentised, the test
    stays right where the conditions vary differently, at least in large samples (Janssen 1997, Statistics and
    Probability Letters 36, 9–21). Random allocations give ``(b + 1)/(m + 1)`` (Phipson and Smyth 2010, Stat. Appl.
    Genet. Mol. Biol. 9, 39).
    """
    n = (treated.means.size, reference.means.size)
    values = np.concatenate([treated.means, reference.means])
    observed = np.arange(values.size) < n[0]
    blocks = np.concatenate([treated.blocks, reference.blocks]) if is_paired else np.zeros(values.size, np.int64)
    if min(n) == 0 or sum(n) < 3 + is_paired:
        return unknown_difference(_mean_difference(values, observed), too_few(*n))
    if np.ptp(values) <= _TIE * np.abs(values).max():
        return unknown_difference(_mean_difference(values, observed), NO_VARIANCE)
    n_all = n_allocations(observed, blocks)
    is_exact = n_all <= n_permutations
    rows = (
        all_allocations(observed, blocks)
        if is_exact
        else random_allocations(observed, blocks, n_permutations, seed)
    )
    statistic = _Statistic(rows, blocks)
    estimate = statistic.difference(values)[0]
    p_value = statistic.p_value(values, is_exact=is_exact)
    low, high = _interval(values, observed, statistic, confidence, is_exact=is_exact)
    smallest = smallest_p(observed, blocks) if is_exact else 1.0 / (n_permutations + 1)
    where = " within days" if is_paired else ""
    many = f"all {n_all} allocations" if is_exact else f"{n_permutations} of {n_all:.3g} allocations at random"
    note = f"Permutation of replicates{where}, {many}; the smallest possible p is {smallest:.2g}"
    return Difference(float(estimate), low, high, p_value, np.nan, note)


def n_allocations(observed: Assignments, blocks: NDArray[np.int64]) -> int:
    """Count the ways to give the label to as many replicates of each block as have it."""
    own = [observed[blocks == block] for block in np.unique(blocks)]
    return math.prod(math.comb(labels.size, int(labels.sum())) for labels in own)


def smallest_p(observed: Assignments, blocks: NDArray[np.int64]) -> float:
    """Return the smallest P value that the exact test can give.

    Where both conditions have as many replicates in every block, the mirrored allocation is as extreme.

    >>> smallest_p(np.array([True, True, True, False, False, False]), np.zeros(6, dtype=np.int64))
    0.1
    """
    has_mirror = all(
        2 * int(observed[blocks == block].sum()) == (blocks == block).sum() for block in np.unique(blocks)
    )
    return (1 + has_mirror) / n_allocations(observed, blocks)


def all_allocations(observed: Assignments, blocks: NDArray[np.int64]) -> Assignments:
    """List all allocations, the observed one first.

    Parameters
    ----------
    observed : array of bool, shape (n_replicates,)
        Which replicates have the label.
    blocks : array of int, shape (n_replicates,)
        Block of each.

    Returns
    -------
    array of bool, shape (n_allocations, n_replicates)
        Which replicates have it in each.
    """
    ways = []
    for block in np.unique(blocks):
        place = np.flatnonzero(blocks == block)
        ways.append([list(chosen) for chosen in itertools.combinations(place, int(observed[place].sum()))])
    rows = np.zeros((math.prod(len(way) for way in ways), observed.size), dtype=bool)
    for row, chosen in enumerate(itertools.product(*ways)):
        rows[row, list(itertools.chain(*chosen))] = True
    is_observed = (rows == observed).all(axis=1)
    return np.concatenate([rows[is_observed], rows[~is_observed]])


def random_allocations(observed: Assignments, blocks: NDArray[np.int64], count: int, seed: int) -> Assignments:
    """Draw allocations, after the observed one.

    Parameters
    ----------
    observed, blocks : array
        As in `all_allocations`.
    count : int
        How many are drawn.
    seed : int
        Of the draw.

    Returns
    -------
    array of bool, shape (count + 1, n_replicates)
        Which replicates have the label in each.
    """
    rng = np.random.default_rng(seed)
    rows = np.zeros((count + 1, observed.size), dtype=bool)
    rows[0] = observed
    for block in np.unique(blocks):
        place = np.flatnonzero(blocks == block)
        drawn = np.argsort(rng.random((count, place.size)), axis=1)
        rows[1:, place] = drawn < observed[place].sum()
    return rows


class _Statistic:
    """The t statistic of many allocations at once."""

    def __init__(self, rows: Assignments, blocks: NDArray[np.int64]) -> None:
        self._labels = np.stack([rows, ~rows]).astype(np.float64)
        self._in_block = (blocks == np.unique(blocks)[:, None]).astype(np.float64)
        self._size = self._labels @ self._in_block.T  # (2, allocations, blocks)
        self._weight = self._size[0] * self._size[1] / self._size.sum(axis=0)
        self._is_welch = len(self._in_block) == 1

    def difference(self, values: Array) -> Array:
        """Return the difference of each allocation."""
        mean = (self._labels * values) @ self._in_block.T / self._size
        return np.asarray(np.sum(self._weight * (mean[0] - mean[1]), axis=1) / self._weight.sum(axis=1))

    def magnitude(self, values: Array) -> Array:
        """Return the size of the t statistic of each allocation."""
        total = (self._labels * values) @ self._in_block.T
        squares = (self._labels * values**2) @ self._in_block.T
        mean = total / self._size
        rest = np.maximum(squares - total * mean, 0.0)  # about the means of condition and block
        between = mean[0] - mean[1]
        weight = self._weight.sum(axis=1)
        estimate = np.sum(self._weight * between, axis=1) / weight
        if self._is_welch:
            with np.errstate(divide="ignore", invalid="ignore"):
                parts = rest[..., 0] / (self._size[..., 0] * (self._size[..., 0] - 1))
            error = np.nansum(parts, axis=0)
        else:
            df = self._size[:, 0].sum() - self._size.shape[2] - 1
            scatter = np.sum(self._weight * (between - estimate[:, None]) ** 2, axis=1) + rest.sum(axis=(0, 2))
            error = scatter / (max(df, 1) * weight)
        floor = _TIE**2 * float(np.max(values**2))  # a group without variance: rounding must not decide
        return np.asarray(np.abs(estimate) / np.sqrt(error + floor))

    def p_value(self, values: Array, *, is_exact: bool) -> float:
        """Return the share of allocations at least as extreme as the first."""
        magnitude = self.magnitude(values - values.mean())
        as_extreme = magnitude >= magnitude[0] * (1 - _TIE) - _TIE
        return float(as_extreme.mean()) if is_exact else float(as_extreme.sum() / as_extreme.size)


def _interval(
    values: Array, observed: Assignments, statistic: _Statistic, confidence: float, *, is_exact: bool
) -> tuple[float, float]:
    """Invert the test: the shifts of the treated replicates that it does not reject."""
    estimate = float(statistic.difference(values)[0])
    step = float(np.std(values)) or 1.0

    def is_rejected(shift: float) -> bool:
        return statistic.p_value(values - shift * observed, is_exact=is_exact) <= 1 - confidence + _TIE

    def end(sign: float) -> float:
        far = step
        for _ in range(_FARTHEST):
            if is_rejected(estimate + sign * far):
                break
            far *= 2
        else:
            return sign * np.inf
        near = 0.0
        for _ in range(_N_HALVINGS):
            middle = (near + far) / 2
            near, far = (near, middle) if is_rejected(estimate + sign * middle) else (middle, far)
        return estimate + sign * far

    return end(-1.0), end(1.0)


def _mean_difference(values: Array, observed: Assignments) -> float:
    if not observed.any() or observed.all():
        return np.nan
    return float(values[observed].mean() - values[~observed].mean())
