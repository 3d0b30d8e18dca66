"""Whether a fit can be believed: replicates, runs and normality tests, and verdicts on its parameters.

Verdicts follow the usage of the field's standard program:

- *ambiguous*: an interval is open, or a parameter's dependency on the others is above 0.9999: other values
  fit the data as well.
- *unstable*: towards an open end the sum of squares does not rise at all (by less than 1 % of the rise that
  would close the interval), however far the parameter goes: where the iterations stopped is arbitrary. An
  unstable parameter has no best-fit value that may be quoted; one whose interval is open on one side but rises
  on the other has a limit that may.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from s1r_imaging.curves.compare import FTest, extra_sum_of_squares
from s1r_imaging.curves.profile import ProfileInterval
from s1r_imaging.flags import CurveFlag

Array = NDArray[np.float64]

MAX_DEPENDENCY = 0.9999
UNSTABLE_RISE = 0.01
SIGNIFICANCE = 0.05
_EXACT_RUNS = 60  # points up to which the distribution of runs is summed exactly


@dataclass(frozen=True)
class RunsTest:
    """Wald–Wolfowitz runs test of the signs of residuals.

    Attributes
    ----------
    n_runs, n_above, n_below : int
        Runs of residuals of one sign, and residuals of each sign.
    p : float
        Probability of so few runs or fewer by chance; NaN where all residuals have one sign.
    """

    n_runs: int
    n_above: int
    n_below: int
    p: float


def replicates_test(x: ArrayLike, y: ArrayLike, ss: float, df: int, *, weights: ArrayLike | None = None) -> FTest:
    """Test for lack of fit: whether points lie farther from the curve than replicates from each other.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        Observations; equal `x` are replicates.
    ss : float
        Weighted sum of squares of the fit.
    df : int
        Its degrees of freedom.
    weights : array_like, shape (n,), optional
        Weights of the fit; 1 when not given.

    Returns
    -------
    FTest
        Its p is NaN without replicates, with too few doses for the number of parameters, or when replicates
        agree exactly and so tell no scatter.

    Notes
    -----
    F = [(SS − SS_pure)/(df − df_pure)] / (SS_pure/df_pure), SS_pure the weighted squares about the replicates'
    means (Bates and Watts 1988, section 1.3.2; Motulsky and Christopoulos 2004).
    """
    doses, values = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    weight = (
        np.ones_like(values) if weights is None else np.broadcast_to(np.asarray(weights, np.float64), values.shape)
    )
    _, group = np.unique(doses, return_inverse=True)
    total = np.bincount(group, weight)
    mean = np.bincount(group, weight * values) / np.where(total > 0, total, 1.0)
    pure = float(weight @ (values - mean[group]) ** 2)
    pure_df = int(values.size - total.size)
    if pure_df < 1 or df - pure_df < 1 or pure <= 1e-24 * float(weight @ values**2):
        return FTest(np.nan, df - pure_df, pure_df, np.nan)
    return extra_sum_of_squares(max(ss, pure), df, pure, pure_df)


def runs_test(x: ArrayLike, residuals: ArrayLike) -> RunsTest:
    """Test whether residuals keep one sign for too long along the curve.

    Replicates are averaged first, since their order within a dose means nothing.

    Parameters
    ----------
    x, residuals : array_like, shape (n,)
        Where each residual lies, and its value; residuals that are exactly zero are left out.

    Returns
    -------
    RunsTest
        Number of runs and the one-sided probability of so few, exact up to 60 signs.

    Examples
    --------
    >>> test = runs_test(range(10), [1, 2, 1, 3, 1, -1, -2, -1, -3, -1])
    >>> test.n_runs, round(test.p, 4)
    (2, 0.0079)
    """
    doses, group = np.unique(np.asarray(x, dtype=np.float64), return_inverse=True)
    values = np.asarray(residuals, dtype=np.float64)
    mean = np.bincount(group, values, minlength=doses.size) / np.bincount(group, minlength=doses.size)
    mean = mean[np.abs(mean) > 1e-12 * np.abs(values).max(initial=0.0)]
    above = int(np.count_nonzero(mean > 0))
    below = int(mean.size - above)
    if not above or not below:
        return RunsTest(int(mean.size > 0), above, below, np.nan)
    n_runs = int(1 + np.count_nonzero(np.diff(mean > 0)))
    return RunsTest(n_runs, above, below, _probability_of_runs(n_runs, above, below))


def _probability_of_runs(n_runs: int, above: int, below: int) -> float:
    total = above + below
    if total > _EXACT_RUNS:
        expected = 1 + 2 * above * below / total
        variance = (expected - 1) * (expected - 2) / (total - 1)
        return float(special.ndtr((n_runs + 0.5 - expected) / np.sqrt(variance)))
    ways = sum(_ways(count, above, below) for count in range(2, n_runs + 1))
    return float(ways / special.comb(total, above, exact=True))


def _ways(n_runs: int, above: int, below: int) -> int:
    half, odd = divmod(n_runs, 2)
    comb = special.comb
    if not odd:
        return 2 * int(comb(above - 1, half - 1, exact=True)) * int(comb(below - 1, half - 1, exact=True))
    first = int(comb(above - 1, half, exact=True)) * int(comb(below - 1, half - 1, exact=True))
    return first + int(comb(above - 1, half - 1, exact=True)) * int(comb(below - 1, half, exact=True))


def normality_test(residuals: ArrayLike) -> float:
    """Test whether weighted residuals could be normal (Shapiro and Wilk 1965).

    Parameters
    ----------
    residuals : array_like, shape (n,)
        Weighted residuals.

    Returns
    -------
    float
        Probability; NaN for fewer than four points or residuals that are all equal.
    """
    from scipy import stats  # noqa: PLC0415  (a second to import, and seldom asked for)

    values = np.asarray(residuals, dtype=np.float64)
    values = values[np.isfinite(values)]
    if values.size < 4 or np.ptp(values) <= 1e-14 * np.abs(values).max(initial=0.0):
        return np.nan
    return float(stats.shapiro(values).pvalue)


def ambiguous(intervals: Mapping[str, ProfileInterval], dependency: Mapping[str, float]) -> tuple[str, ...]:
    """Name the parameters whose values the data do not determine.

    Parameters
    ----------
    intervals : mapping
        Profile interval of each fitted parameter.
    dependency : mapping
        Dependency of each parameter on the others, see `curvature`.

    Returns
    -------
    tuple of str
        Parameters with an open interval or a dependency above 0.9999.
    """
    return tuple(
        name for name, item in intervals.items() if item.is_open or dependency.get(name, 0.0) > MAX_DEPENDENCY
    )


def unstable(intervals: Mapping[str, ProfileInterval]) -> tuple[str, ...]:
    """Name the parameters that can be moved without end while the fit stays as good.

    Parameters
    ----------
    intervals : mapping
        Profile interval of each fitted parameter.

    Returns
    -------
    tuple of str
        Parameters with an open end towards which the sum of squares does not rise.
    """
    return tuple(
        name
        for name, item in intervals.items()
        if (item.low_end == "open" and item.low_rise < UNSTABLE_RISE)
        or (item.high_end == "open" and item.high_rise < UNSTABLE_RISE)
    )


def verdicts(intervals: Mapping[str, ProfileInterval], dependency: Mapping[str, float]) -> CurveFlag:
    """Return the flags that intervals and dependencies call for.

    Parameters
    ----------
    intervals, dependency : mapping
        Profile interval and dependency of each fitted parameter.

    Returns
    -------
    CurveFlag
        OPEN_INTERVAL, AMBIGUOUS and UNSTABLE, where they apply.
    """
    flags = CurveFlag(0)
    if any(item.is_open for item in intervals.values()):
        flags |= CurveFlag.OPEN_INTERVAL
    if ambiguous(intervals, dependency) or any(value > MAX_DEPENDENCY for value in dependency.values()):
        flags |= CurveFlag.AMBIGUOUS
    if unstable(intervals):
        flags |= CurveFlag.UNSTABLE
    return flags


def scatter_flags(
    x: ArrayLike, y: ArrayLike, residuals: ArrayLike, df: int, *, weights: ArrayLike | None = None
) -> CurveFlag:
    """Return the flags that the residuals call for.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        Observations.
    residuals : array_like, shape (n,)
        Weighted residuals of the fit, observed − fitted.
    df : int
        Degrees of freedom.
    weights : array_like, shape (n,), optional
        Weights of the fit.

    Returns
    -------
    CurveFlag
        LACK_OF_FIT, SYSTEMATIC_RESIDUALS and EXACT_FIT, where they apply.
    """
    scatter, values = np.asarray(residuals, np.float64), np.asarray(y, np.float64)
    weight = (
        np.ones_like(values) if weights is None else np.broadcast_to(np.asarray(weights, np.float64), values.shape)
    )
    ss = float(scatter @ scatter)
    if ss <= 1e-24 * float(weight @ values**2):
        return CurveFlag.EXACT_FIT
    flags = CurveFlag(0)
    if replicates_test(x, y, ss, df, weights=weight).p < SIGNIFICANCE:
        flags |= CurveFlag.LACK_OF_FIT
    if runs_test(x, scatter).p < SIGNIFICANCE:
        flags |= CurveFlag.SYSTEMATIC_RESIDUALS
    return flags
