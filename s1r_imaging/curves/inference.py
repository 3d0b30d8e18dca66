"""All that is inferred from one minimum: errors, intervals, correlation and verdicts, in one table."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.curves.bands import curvature, wald_interval
from s1r_imaging.curves.diagnostics import MAX_DEPENDENCY, unstable, verdicts
from s1r_imaging.curves.problem import Problem, Solution, minimise
from s1r_imaging.curves.profile import ProfileInterval, allowed_rise, profile_intervals
from s1r_imaging.curves.profile_path import EndKind
from s1r_imaging.flags import CurveFlag

_MAX_RESTARTS = 3
_HOLDS = 0.95  # an end stands if the sum of squares there stays above this share of the rise


@dataclass(frozen=True, eq=False)
class Inference:
    """What a fit says about its parameters.

    Attributes
    ----------
    solution : Solution
        The minimum; a better one than was given, if the profiles met one.
    parameters : DataFrame
        Indexed by parameter: ``estimate, standard_error, ci_low, ci_high`` (profile), ``wald_low,
        wald_high, dependency, is_fixed``. Ends that the data do not limit are ±inf; the estimate of an
        unstable parameter, which is arbitrary, is NaN (it stands in ``solution.theta``).
    covariance, correlation : DataFrame
        Of the parameters, both indexed by parameter.
    intervals : dict
        Parameter name to its `ProfileInterval`; only for those that were fitted.
    df : int
        Degrees of freedom: points − fitted parameters.
    residual_sd : float
        √(SS/df), in the unit of the weighted residuals; NaN without degrees of freedom.
    flags : CurveFlag
        OPEN_INTERVAL, AMBIGUOUS, UNSTABLE, AT_BOUND, NOT_CONVERGED, TOO_FEW_POINTS, where they apply.
    """

    solution: Solution
    parameters: pd.DataFrame
    covariance: pd.DataFrame
    correlation: pd.DataFrame
    intervals: dict[str, ProfileInterval]
    df: int
    residual_sd: float
    flags: CurveFlag


def infer(
    problem: Problem,
    solution: Solution,
    *,
    fixed: Mapping[str, float] | None = None,
    confidence: float = 0.95,
    variance_known: bool = False,
    soft_bounds: Collection[str] = (),
) -> Inference:
    """Infer errors, intervals and verdicts from a minimum.

    Parameters
    ----------
    problem : Problem
        What was minimised.
    solution : Solution
        Its minimum.
    fixed : mapping, optional
        Parameters that were fixed, with their values.
    confidence : float
        Confidence level of the intervals.
    variance_known : bool
        Whether the weights are absolute: residuals then have variance 1, t and F become normal and χ².
    soft_bounds : collection of str
        Parameters whose bounds only keep the search in order: an interval that reaches one is open there.
        Bounds of all others are knowledge, and an interval may end at one.

    Returns
    -------
    Inference
        The solution, or a better one that was met on the way, and what follows from it.
    """
    held = dict(fixed or {})
    ready = problem.differentiable(solution.theta)
    for _ in range(_MAX_RESTARTS):
        intervals = profile_intervals(
            ready, solution, confidence=confidence, fixed=held, variance_known=variance_known
        )
        better = [item.better for item in intervals.values() if item.better is not None]
        if not better:
            break
        found = min((minimise(ready, start=theta, fixed=held) for theta in better), key=lambda item: item.ss)
        if not found.ss < solution.ss:
            break
        solution = found
    fitted = {name: item for name, item in intervals.items() if name not in held}
    soft = [name for name in soft_bounds if name in fitted]
    fitted |= {name: _opened(item, at="bound") for name, item in fitted.items() if name in soft}
    if any(fitted[name].is_open for name in soft):
        rise = allowed_rise(solution, len(fitted), confidence, variance_known=variance_known)
        wider = _widened(ready, soft)
        fitted = {
            name: _if_it_holds(item, wider, solution, {**held, name: np.nan}, rise=rise)
            for name, item in fitted.items()
        }
    return _table(ready, solution, fitted, held, confidence, variance_known=variance_known)


def _opened(item: ProfileInterval, *, at: EndKind, low: bool = True, high: bool = True) -> ProfileInterval:
    """Open the ends of an interval that only a bound of convenience has closed."""
    low, high = low and item.low_end == at, high and item.high_end == at
    return replace(
        item,
        low=-np.inf if low else item.low,
        high=np.inf if high else item.high,
        low_end="open" if low else item.low_end,
        high_end="open" if high else item.high_end,
    )


def _widened(problem: Problem, names: list[str]) -> Problem:
    """Return the problem with more room for the parameters that have bounds of convenience."""
    lower, upper = problem.lower.copy(), problem.upper.copy()
    for name in names:
        k = problem.index(name)
        room = 0.25 * (upper[k] - lower[k])
        lower[k], upper[k] = lower[k] - room, upper[k] + room
    return replace(problem, lower=lower, upper=upper)


def _if_it_holds(
    item: ProfileInterval, wider: Problem, solution: Solution, held: dict[str, float], *, rise: float
) -> ProfileInterval:
    """Open the ends that give way when a bound of convenience does; the parameter comes last in `held`."""
    name = list(held)[-1]

    def share(end: EndKind, value: float) -> float:
        if end != "closed" or not np.isfinite(rise * value):
            return np.inf
        found = minimise(wider, start=solution.theta, fixed={**held, name: value})
        return (found.ss - solution.ss) / rise

    low, high = share(item.low_end, item.low), share(item.high_end, item.high)
    item = replace(item, low_rise=min(item.low_rise, low), high_rise=min(item.high_rise, high))
    return _opened(item, at="closed", low=low < _HOLDS, high=high < _HOLDS)


def _table(
    problem: Problem,
    solution: Solution,
    intervals: dict[str, ProfileInterval],
    held: dict[str, float],
    confidence: float,
    *,
    variance_known: bool,
) -> Inference:
    names = list(problem.names)
    is_fixed = np.array([name in held for name in names])
    df = int(solution.residuals.size - np.count_nonzero(~is_fixed))
    residual_sd = float(np.sqrt(solution.ss / df)) if df > 0 else np.nan
    variance = 1.0 if variance_known else residual_sd**2
    found = curvature(solution.jacobian, variance, free=~is_fixed & solution.free)
    error = np.where(is_fixed, np.nan, np.sqrt(np.diag(found.covariance)))
    error[(~is_fixed & ~solution.free) | _is_arbitrary(names, intervals, found.dependency, df)] = np.nan
    low, high = wald_interval(solution.theta, error, np.inf if variance_known else df, confidence=confidence)
    parameters = pd.DataFrame(
        {
            "estimate": np.where(_is_arbitrary(names, intervals, found.dependency, df), np.nan, solution.theta),
            "standard_error": error,
            "ci_low": [intervals[name].low if name in intervals else np.nan for name in names],
            "ci_high": [intervals[name].high if name in intervals else np.nan for name in names],
            "wald_low": low,
            "wald_high": high,
            "dependency": found.dependency,
            "is_fixed": is_fixed,
        },
        index=pd.Index(names, name="parameter"),
    )
    flags = verdicts(intervals, dict(zip(names, found.dependency.tolist(), strict=True)))
    flags |= _search_flags(solution, ~is_fixed) | (CurveFlag(0) if df > 0 else CurveFlag.TOO_FEW_POINTS)
    covariance, correlation = (
        pd.DataFrame(values, index=parameters.index, columns=names)
        for values in (found.covariance, found.correlation)
    )
    return Inference(solution, parameters, covariance, correlation, intervals, df, residual_sd, flags)


def _is_arbitrary(
    names: list[str], intervals: dict[str, ProfileInterval], dependency: NDArray[np.float64], df: int
) -> NDArray[np.bool_]:
    """Say for which parameters the search ended at a value that says nothing."""
    drifting = np.isin(names, unstable(intervals))
    fitted = np.isin(names, list(intervals))
    return drifting | (fitted & (df < 1) & (dependency > MAX_DEPENDENCY))


def _search_flags(solution: Solution, fitted: NDArray[np.bool_]) -> CurveFlag:
    flags = CurveFlag(0)
    if np.any(~solution.free & fitted):
        flags |= CurveFlag.AT_BOUND
    if not solution.converged:
        flags |= CurveFlag.NOT_CONVERGED
    return flags
