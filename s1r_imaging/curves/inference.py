"""All that is inferred from one minimum: errors, intervals, correlation and verdicts, in one table."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.curves.bands import curvature, wald_interval
from s1r_imaging.curves.diagnostics import verdicts
from s1r_imaging.curves.problem import Problem, Solution, minimise
from s1r_imaging.curves.profile import ProfileInterval, profile_intervals
from s1r_imaging.flags import CurveFlag

_MAX_RESTARTS = 3


@dataclass(frozen=True, eq=False)
class Inference:
    """What a fit says about its parameters.

    Attributes
    ----------
    solution : Solution
        The minimum; a better one than was given, if the profiles met one.
    parameters : DataFrame
        Indexed by parameter: ``estimate, standard_error, ci_low, ci_high`` (profile), ``wald_low,
        wald_high, dependency, is_fixed``. Ends that the data do not limit are ±inf.
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
    fitted |= {name: _opened(fitted[name]) for name in soft_bounds if name in fitted}
    return _table(ready, solution, fitted, held, confidence, variance_known=variance_known)


def _opened(item: ProfileInterval) -> ProfileInterval:
    """Open the ends of an interval that only a bound of convenience has closed."""
    low, high = item.low_end == "bound", item.high_end == "bound"
    return ProfileInterval(
        -np.inf if low else item.low,
        np.inf if high else item.high,
        "open" if low else item.low_end,
        "open" if high else item.high_end,
        item.low_rise,
        item.high_rise,
        item.better,
    )


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
    error[~is_fixed & ~solution.free] = np.nan
    low, high = wald_interval(solution.theta, error, np.inf if variance_known else df, confidence=confidence)
    parameters = pd.DataFrame(
        {
            "estimate": solution.theta,
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


def _search_flags(solution: Solution, fitted: NDArray[np.bool_]) -> CurveFlag:
    flags = CurveFlag(0)
    if np.any(~solution.free & fitted):
        flags |= CurveFlag.AT_BOUND
    if not solution.converged:
        flags |= CurveFlag.NOT_CONVERGED
    return flags
