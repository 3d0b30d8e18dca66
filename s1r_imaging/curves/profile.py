"""Profile-likelihood intervals: how far one parameter can go before the fit is significantly worse.

A parameter is fixed away from its estimate, all others are fitted again, and the interval ends where the sum
of squares has risen by the rule of the F test,

    SS(θ) = SSmin (1 + F(confidence; 1, df) / df),

or, where the variance of the residuals is known to be 1, by χ²(confidence; 1). Ends need not be symmetric,
and an end that the data do not limit is reported as ±inf [1]_ [2]_.

References
----------
.. [1] Bates D. M., Watts D. G. (1988), Nonlinear Regression Analysis and Its Applications, Wiley, chapter 6.
.. [2] Venzon D. J., Moolgavkar S. H. (1988), A method for computing profile-likelihood-based confidence
   intervals, Applied Statistics 37, 87–94.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from s1r_imaging.curves.problem import Problem, Solution
from s1r_imaging.curves.profile_path import EndKind, Path, end_by_bracketing, end_by_newton, fitted_size


@dataclass(frozen=True)
class ProfileInterval:
    """Profile interval of one parameter.

    Attributes
    ----------
    low, high : float
        Ends; ±inf where the data do not limit the parameter, the bound where a bound does it.
    low_end, high_end : {"closed", "bound", "open"}
        What limits each end: the data, the parameter's bound, or nothing.
    low_rise, high_rise : float
        How far the sum of squares rose towards each end, as a share of the rise that closes the interval:
        1 where the data close it, near 0 where the fit stays as good however far the parameter goes.
    better : array, shape (p,), or None
        Parameters with a smaller sum of squares than the solution's, if any were met on the way: the
        solution was no global minimum, and the fit should start again from here.
    """

    low: float
    high: float
    low_end: EndKind = "closed"
    high_end: EndKind = "closed"
    low_rise: float = 1.0
    high_rise: float = 1.0
    better: NDArray[np.float64] | None = None

    @property
    def is_open(self) -> bool:
        """Say whether an end is open."""
        return "open" in (self.low_end, self.high_end)


_EXACT = 1e-11  # residuals that are rounding, relative to what was fitted
_NEARLY = 1e-4  # how near a curve comes that does as well where residuals are rounding
UNKNOWN = ProfileInterval(np.nan, np.nan)


def profile_interval(
    problem: Problem,
    solution: Solution,
    parameter: str,
    *,
    confidence: float = 0.95,
    fixed: Mapping[str, float] | None = None,
    variance_known: bool = False,
) -> ProfileInterval:
    """Find the profile-likelihood interval of one parameter.

    Parameters
    ----------
    problem : Problem
        What was minimised; of one data set or of many.
    solution : Solution
        Its minimum.
    parameter : str
        Name of the parameter.
    confidence : float
        Confidence level, between 0 and 1.
    fixed : mapping, optional
        Parameters that were fixed in the fit, with their values; they stay fixed here.
    variance_known : bool
        Whether weights are absolute (residuals have variance 1): χ² then takes the place of F.

    Returns
    -------
    ProfileInterval
        Low and high end, and what limits each. Both are NaN where nothing can be said: the parameter is
        fixed, or there are no more points than parameters while the variance is not known.

    Raises
    ------
    ValueError
        If the parameter is unknown or the confidence level is not between 0 and 1.

    Notes
    -----
    Each end is first sought by Newton steps along the constraint, which needs some five evaluations of the
    equation. Where that fails (a plateau, a bound, a second valley) the profile is walked outwards in
    doubling steps, each a new fit, and the end is found by bisection and interpolation between.
    """
    index = problem.index(parameter)
    rise = allowed_rise(solution, len(problem.names) - len(fixed or {}), confidence, variance_known=variance_known)
    path = Path.at(problem, solution, index, rise, dict(fixed or {}))
    if path is None:
        return UNKNOWN
    return _interval(path)


def profile_intervals(
    problem: Problem,
    solution: Solution,
    *,
    confidence: float = 0.95,
    fixed: Mapping[str, float] | None = None,
    variance_known: bool = False,
) -> dict[str, ProfileInterval]:
    """Find the profile-likelihood intervals of all parameters.

    Parameters
    ----------
    problem, solution : Problem, Solution
        What was minimised, and its minimum.
    confidence : float
        Confidence level, between 0 and 1.
    fixed : mapping, optional
        Parameters that were fixed in the fit, with their values.
    variance_known : bool
        Whether weights are absolute.

    Returns
    -------
    dict
        Parameter name to `ProfileInterval`, in the order of ``problem.names``.
    """
    ready = problem.differentiable(solution.theta)
    return {
        name: profile_interval(
            ready, solution, name, confidence=confidence, fixed=fixed, variance_known=variance_known
        )
        for name in problem.names
    }


def allowed_rise(solution: Solution, n_free: int, confidence: float, *, variance_known: bool) -> float:
    """Return the rise of the sum of squares that ends an interval; NaN where there is no telling."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence!r}: expected a level between 0 and 1, such as 0.95.")
    if variance_known:
        return float(special.chdtri(1, 1 - confidence))
    df = solution.residuals.size - n_free
    if df < 1:
        return np.nan
    size = fitted_size(solution)
    if np.sqrt(solution.ss) <= _EXACT * size:  # the scatter cannot be known: all values that do nearly as well
        return (_NEARLY * size) ** 2
    return float(solution.ss * special.fdtri(1, df, confidence) / df)


def _interval(path: Path) -> ProfileInterval:
    ends: list[tuple[float, EndKind, float]] = []
    for side in (-1.0, 1.0):
        value = end_by_newton(path, side)
        ends.append((value, "closed", 1.0) if value is not None else end_by_bracketing(path, side))
    (low, low_end, low_rise), (high, high_end, high_rise) = ends
    return ProfileInterval(low, high, low_end, high_end, low_rise, high_rise, path.better)
