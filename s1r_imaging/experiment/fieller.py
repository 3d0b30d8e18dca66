"""Fieller's confidence set of a ratio, and the critical value of a sum of few variances."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

Array = NDArray[np.float64]

_N_ANGLES = 501
_ORDER_WEIGHT = 2.0  # by coverage, see critical_value
_EDGE = 1e-6  # the last angle is a ratio a million standard errors away: as good as infinite


@dataclass(frozen=True)
class FiellerSet:
    """The ratios that a test does not reject.

    Attributes
    ----------
    low, high : float
        Ends of the interval; -inf and inf where the denominator is not clear of zero.
    gap : tuple of float or None
        In an open set, the ratios between these two are rejected all the same; None where nothing is.
    """

    low: float
    high: float
    gap: tuple[float, float] | None

    @property
    def is_open(self) -> bool:
        """Whether the set has no ends."""
        return bool(np.isinf(self.low))


def fieller_set(margin: Callable[[Array], Array], estimate: float, scale: float) -> FiellerSet:
    """Collect the ratios that a test does not reject.

    Parameters
    ----------
    margin : callable
        Takes ratios, returns what is 0 or more where the test does not reject; like a parabola far away.
    estimate : float
        Ratio that the test rejects last.
    scale : float
        Standard error of the estimate, or anything of that size.

    Returns
    -------
    FiellerSet
        Its interval holds the whole set: where the test accepts in pieces, from the lowest to the highest.

    Notes
    -----
    The ratios are searched as angles, ``ratio = estimate + scale * tan(angle)``, so that infinity is as near as
    anything else: a confidence set of a ratio is an arc of a circle (Fieller 1954; von Luxburg and Franz 2009),
    and may run through infinity.
    """

    def at(angle: Array) -> Array:
        return np.asarray(margin(estimate + scale * np.tan(angle)) * np.cos(angle) ** 2)

    def root(index: int) -> float:
        return float(optimize.brentq(lambda angle: float(at(np.array(angle))), *angles[index : index + 2]))

    half = np.pi / 2 - _EDGE
    angles = np.linspace(-half, half, _N_ANGLES)
    accepted = at(angles) >= 0
    turns = np.flatnonzero(accepted[1:] != accepted[:-1])
    if not accepted[0] and not accepted[-1] and turns.size:
        first, last = (estimate + scale * float(np.tan(root(int(turn)))) for turn in turns[[0, -1]])
        return FiellerSet(first, last, None)
    gap = None
    if turns.size == 2 and accepted[0] and accepted[-1]:
        below, above = (estimate + scale * float(np.tan(root(int(turn)))) for turn in turns)
        gap = (below, above)
    return FiellerSet(-np.inf, np.inf, gap)


def satterthwaite_df(parts: Array, dfs: Array) -> Array:
    """Return the degrees of freedom of a sum of variances.

    Parameters
    ----------
    parts : array, shape (n_groups, ...)
        What each group adds to the variance.
    dfs : array, shape (n_groups,)
        Degrees of freedom of each.

    Returns
    -------
    array, shape (...)
        From the smallest of `dfs` to their sum (Satterthwaite 1946).
    """
    return np.asarray(1 / np.tensordot(1 / np.asarray(dfs), _shares(parts) ** 2, axes=1))


def critical_value(parts: Array, dfs: Array, confidence: float) -> Array:
    r"""Return how many standard errors a two-sided test allows where each group has its own variance.

    Parameters
    ----------
    parts : array, shape (n_groups, ...)
        What each group adds to the variance of the difference that is tested.
    dfs : array, shape (n_groups,)
        Degrees of freedom of each.
    confidence : float
        Level of the interval.

    Returns
    -------
    array, shape (...)
        Critical values, at least that of the normal distribution.

    Notes
    -----
    Student's t at Satterthwaite's degrees of freedom f matches the exact critical value to the first order in
    1/df. The second-order terms of Welch (1947) and Aspin (1948) that go beyond it are, with the shares
    :math:`w_i` of the groups, their degrees of freedom :math:`\nu_i` and the normal quantile z,

    .. math:: c_2 = z \left[ -\frac{1 + z^2}{2} \left( \sum \frac{w_i^2}{\nu_i^2} - \frac{1}{f^2} \right)
        + \frac{3 + 5 z^2 + z^4}{3} \left( \sum \frac{w_i^3}{\nu_i^2} - \frac{1}{f^2} \right) \right]

    They vanish where one group has all the variance; t is then exact. Twice these terms are added: the first-order
    test is conservative with 2 to 5 degrees of freedom a group (95 % become 96.7 % at three equal groups of
    three), and twice the terms hold 95 % most closely (``tests/benchmarks/block_coverage.py``).
    """
    shares, each = _shares(parts), np.asarray(dfs, dtype=np.float64)
    z = special.ndtri(0.5 + confidence / 2)
    f = satterthwaite_df(parts, dfs)
    squares = np.tensordot(1 / each**2, shares**2, axes=1) - 1 / f**2
    cubes = np.tensordot(1 / each**2, shares**3, axes=1) - 1 / f**2
    second = z * (-(1 + z**2) / 2 * squares + (3 + 5 * z**2 + z**4) / 3 * cubes)
    return np.asarray(np.maximum(special.stdtrit(f, 0.5 + confidence / 2) + _ORDER_WEIGHT * second, z))


def _shares(parts: Array) -> Array:
    """Return what part of the variance each group adds; equal parts where there is none."""
    total = np.sum(parts, axis=0)
    return np.asarray(np.where(total > 0, parts / np.where(total > 0, total, 1), 1 / len(parts)))
