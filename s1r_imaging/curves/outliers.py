"""Outliers by ROUT: a robust fit, and the points too far from it. They are marked, never removed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from s1r_imaging.curves.problem import Problem, Solution, minimise

Array = NDArray[np.float64]

_MAX_ROUNDS = 40
_SETTLED = 1e-4  # a change of the fitted values, in robust standard deviations
_TESTED_SHARE = 0.7  # the nearest 70 % of the points are never called outliers


@dataclass(frozen=True, eq=False)
class Outliers:
    """What ROUT finds.

    Attributes
    ----------
    is_outlier : array of bool, shape (n,)
        Marked points.
    p : array, shape (n,)
        Probability of a residual at least as large, from Student's t; NaN where there is no telling.
    robust_sd : float
        RSDR: robust standard deviation of the residuals.
    theta : array, shape (p,)
        Parameters of the robust fit.
    """

    is_outlier: NDArray[np.bool_]
    p: Array
    robust_sd: float
    theta: Array

    @property
    def n_outliers(self) -> int:
        """Number of marked points."""
        return int(np.count_nonzero(self.is_outlier))


def find_outliers(
    problem: Problem,
    solution: Solution,
    *,
    false_discovery_rate: float = 0.01,
    fixed: Mapping[str, float] | None = None,
) -> Outliers:
    """Find outliers by the ROUT method.

    Parameters
    ----------
    problem : Problem
        The fit; its residuals are weighted.
    solution : Solution
        Its minimum by least squares, where the robust fit begins.
    false_discovery_rate : float
        Q: the share of the marked points that may be marked wrongly, 0.01 by convention.
    fixed : mapping, optional
        Parameters that were fixed in the fit, with their values.

    Returns
    -------
    Outliers
        Marks, probabilities, robust standard deviation and robust parameters. Nothing is marked where there
        are fewer than three points more than parameters, or the robust scatter is zero.

    Raises
    ------
    ValueError
        If the false discovery rate is not between 0 and 1.

    Notes
    -----
    The robust fit minimises Σ ln(1 + (residual/RSDR)²), as for Lorentzian scatter, by reweighting; RSDR is the
    68.27th percentile of the absolute residuals × n/(n − K). Each residual/RSDR is compared with Student's t,
    n − K degrees of freedom, and the false discovery rate is controlled among the farthest 30 % of the points.
    The search starts from the least-squares fit and from a fit of least absolute residuals, and keeps the one
    with the smaller RSDR, so that outliers which have bent the former do not hide.

    References
    ----------
    Motulsky H. J., Brown R. E. (2006), Detecting outliers when fitting data with nonlinear regression – a new
    method based on robust nonlinear regression and the false discovery rate, BMC Bioinformatics 7, 123.
    """
    if not 0 < false_discovery_rate < 1:
        raise ValueError(f"false_discovery_rate={false_discovery_rate!r}: expected a share between 0 and 1.")
    n_points, held = solution.residuals.size, dict(fixed or {})
    df = n_points - (len(problem.names) - len(held))
    nothing = Outliers(np.zeros(n_points, dtype=np.bool_), np.full(n_points, np.nan), np.nan, solution.theta)
    if df < 3 or not np.all(np.isfinite(solution.residuals)):
        return nothing
    ready = problem.differentiable(solution.theta)
    bent = _reweighted(ready, solution.theta, held, df, _absolute)
    fits = [_reweighted(ready, start, held, df, _lorentzian) for start in (solution.theta, bent)]
    theta = min(fits, key=lambda item: _robust_sd(ready.residuals(item), df))
    residuals = ready.residuals(theta)
    sd = _robust_sd(residuals, df)
    if sd <= 1e-12 * np.abs(residuals).max(initial=0.0) or sd == 0:
        return replace(nothing, robust_sd=sd, theta=theta)
    p = 2.0 * special.stdtr(df, -np.abs(residuals) / sd)
    return Outliers(discoveries(p, false_discovery_rate=false_discovery_rate), p, sd, theta)


def without(problem: Problem, is_outlier: ArrayLike) -> Problem:
    """Return the problem without the marked points, so that both results can be shown side by side.

    Parameters
    ----------
    problem : Problem
        The fit of all points.
    is_outlier : array_like of bool, shape (n,)
        Marks, in the order of the residuals.

    Returns
    -------
    Problem
        Of the other points, with the same weights; for `minimise` and `infer`.

    Raises
    ------
    ValueError
        If there are not as many marks as residuals.
    """
    kept = ~np.asarray(is_outlier, dtype=np.bool_)
    ready = problem.differentiable()
    jacobian, n_points = ready.jacobian, ready.residuals(ready.start).size
    if kept.shape != (n_points,):
        raise ValueError(f"is_outlier.shape={kept.shape}: expected one mark for each of the {n_points} residuals.")
    return replace(
        ready,
        residuals=lambda theta: ready.residuals(theta)[kept],
        jacobian=None if jacobian is None else lambda theta: jacobian(theta)[kept],
    )


def discoveries(p: ArrayLike, *, false_discovery_rate: float = 0.01) -> NDArray[np.bool_]:
    """Mark the points whose probabilities are too small, at a false discovery rate.

    Parameters
    ----------
    p : array_like, shape (n,)
        Probability of each point.
    false_discovery_rate : float
        Q of the step-up procedure (Benjamini and Hochberg 1995), applied to the smallest 30 % only.

    Returns
    -------
    array of bool, shape (n,)
        True for marked points.
    """
    values = np.asarray(p, dtype=np.float64)
    n = values.size
    order = np.argsort(values, kind="stable")
    n_tested = n - int(_TESTED_SHARE * n)
    limit = false_discovery_rate * np.arange(1, n_tested + 1) / n
    below = np.flatnonzero(values[order[:n_tested]] < limit)
    marked = np.zeros(n, dtype=np.bool_)
    if below.size:
        marked[order[: below[-1] + 1]] = True
    return marked


def _robust_sd(residuals: Array, df: int) -> float:
    return float(np.percentile(np.abs(residuals), 68.27) * residuals.size / df)


def _lorentzian(scaled: Array) -> Array:
    weights: Array = 1.0 / (1.0 + scaled**2)
    return weights


def _absolute(scaled: Array) -> Array:
    weights: Array = 1.0 / np.maximum(np.abs(scaled), 0.01)
    return weights


def _reweighted(
    problem: Problem, start: Array, fixed: dict[str, float], df: int, weigh: Callable[[Array], Array]
) -> Array:
    """Fit again and again with weights from the residuals, until the parameters settle."""
    theta = start
    spread = _robust_sd(problem.residuals(theta), df)
    for _ in range(_MAX_ROUNDS):
        residuals = problem.residuals(theta)
        sd = _robust_sd(residuals, df)
        if sd == 0 or not np.isfinite(sd):
            break
        found = minimise(_weighted(problem, np.sqrt(weigh(residuals / sd))), start=theta, fixed=fixed)
        moved = np.abs(problem.residuals(found.theta) - residuals).max()
        theta = found.theta
        if moved <= _SETTLED * max(spread, sd):
            break
    return theta


def _weighted(problem: Problem, root: Array) -> Problem:
    jacobian = problem.jacobian
    if jacobian is None:
        return replace(problem, residuals=lambda theta: root * problem.residuals(theta))
    return replace(
        problem,
        residuals=lambda theta: root * problem.residuals(theta),
        jacobian=lambda theta: root[:, None] * jacobian(theta),
    )
