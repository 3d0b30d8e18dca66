"""The equation of Gaddum and Schild fitted to all replicates together.

Every replicate has a bottom, top and EC50 of its own; Hill slope, pA2 and Schild slope are common. Errors come
from how far the replicates pull the common parameters apart, or, without replicates, from the single points.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special, stats

from s1r_imaging.curves.bands import band
from s1r_imaging.curves.compare import extra_sum_of_squares
from s1r_imaging.curves.equations import get_equation
from s1r_imaging.curves.model import Model, make_model
from s1r_imaging.curves.problem import Problem, Solution, minimise
from s1r_imaging.curves.profile import profile_interval
from s1r_imaging.curves.search import Points, limits, make_problem, starting_values, within_reach

Array = NDArray[np.float64]

COMMON = ("hill_slope", "pa2", "schild_slope")
_REACH = 4.0  # decades beyond the antagonist's concentrations in which pA2 is sought
_SLOPES = (0.05, 10.0)


@dataclass(frozen=True, eq=False)
class SchildModel:
    """A joint fit and what its errors are taken from.

    Attributes
    ----------
    model : Model
        Equation and layout of the parameters.
    points : Points
        What was fitted; rows of x are agonist and antagonist (mol/L).
    problem, solution : Problem, Solution
        What was minimised, and the minimum.
    fixed : dict
        Parameters that were held.
    by_replicate : bool
        Whether replicates or single points are the independent units.
    df : int
        Degrees of freedom of the intervals: units − 1, or points − parameters.
    covariance : array, shape (p, p)
        Of the parameters, robust to noise that is not the same everywhere.
    """

    model: Model
    points: Points
    problem: Problem
    solution: Solution
    fixed: dict[str, float]
    by_replicate: bool
    df: int
    covariance: Array

    def value(self, name: str) -> float:
        """Return the estimate of a parameter."""
        return float(self.solution.theta[self.model.names.index(name)])

    def error(self, name: str) -> float:
        """Return the standard error of a parameter; NaN where it was held."""
        if name in self.fixed:
            return np.nan
        k = self.model.names.index(name)
        return float(np.sqrt(self.covariance[k, k]))

    def is_inside(self, name: str) -> bool:
        """Say whether a parameter was found within the range in which it was sought."""
        k = self.model.names.index(name)
        return name in self.fixed or bool(self.solution.free[k])

    def interval(self, name: str, confidence: float) -> tuple[float, float]:
        """Return the profile interval of a parameter; an end that the data do not limit is ±inf.

        The sum of squares may rise by t² s² V/V₀, with V the robust variance and V₀ that of independent points
        with one scatter s: for one parameter the profile then has the size that the replicates call for
        (Rotnitzky and Jewell, Biometrika 77, 485, 1990).
        """
        k = self.model.names.index(name)
        if name in self.fixed or self.df < 1 or not self.covariance[k, k] > 0:
            return np.nan, np.nan
        plain = _inverse(self.solution.jacobian, self.solution.free)[k, k]
        t = float(stats.t.ppf(0.5 + confidence / 2.0, self.df))
        rise = t**2 * self.covariance[k, k] / plain
        root = np.sqrt(float(special.chdtri(1, 1.0 - confidence)) / rise)
        found = profile_interval(
            _scaled(self.problem, root), _scaled_solution(self.solution, root), name,
            confidence=confidence, fixed=self.fixed, variance_known=True,
        )  # fmt: skip
        low = -np.inf if found.low_end == "bound" else found.low
        return low, np.inf if found.high_end == "bound" else found.high

    def quantile(self, confidence: float) -> float:
        """Return t of the intervals; NaN without degrees of freedom."""
        return float(stats.t.ppf(0.5 + confidence / 2.0, self.df)) if self.df > 0 else np.nan

    def mean_error(self, parameter: int) -> float:
        """Return the standard error of the mean over replicates of a bottom, top or log EC50.

        Over replicates it is SD/√n of their own values; otherwise it comes from the scatter of the points.
        """
        columns = self.model.columns[:, parameter]
        values = self.solution.theta[columns]
        if self.by_replicate:
            return float(values.std(ddof=1) / np.sqrt(values.size))
        return float(np.sqrt(max(self.covariance[np.ix_(columns, columns)].mean(), 0.0)))

    def levels(self) -> pd.DataFrame:
        """Return bottom, top and log EC50 of every replicate, indexed by its label."""
        names = self.model.equation.parameters[:3]
        theta = self.solution.theta[self.model.columns[:, :3]]
        return pd.DataFrame(theta, columns=list(names), index=pd.Index(self.model.labels, name="replicate"))

    def curve(self, agonist_M: Array, antagonist_M: float, confidence: float) -> tuple[Array, Array, Array]:
        """Return the mean curve over replicates at one antagonist concentration, with its band."""
        x = np.stack([agonist_M, np.full(agonist_M.shape, antagonist_M)])
        theta, n = self.solution.theta, len(self.model.labels)
        mean, gradient = np.zeros(agonist_M.size), np.zeros((agonist_M.size, theta.size))
        for index in range(n):
            member = np.full(agonist_M.size, index, dtype=np.intp)
            mean += self.model.predict(theta, x, member) / n
            gradient += self.model.slopes(theta, x, member) / n
        low, high = band(mean, gradient, self.covariance, self.df, confidence=confidence)
        return mean, low, high


def fit_model(
    points: pd.DataFrame,
    *,
    own_levels: bool,
    by_replicate: bool,
    start: Mapping[str, float],
    span: Mapping[Hashable, float],
    fixed: Mapping[str, float] | None = None,
) -> SchildModel:
    """Fit the equation of Gaddum and Schild to all replicates together.

    Parameters
    ----------
    points : DataFrame
        Columns ``agonist_M, antagonist_M, response, replicate``.
    own_levels : bool
        Whether each replicate has its own bottom, top and EC50.
    by_replicate : bool
        Whether replicates, rather than single points, are independent.
    start : mapping
        Where to begin; what is not given is guessed.
    span : mapping
        Height of the curves of each replicate, on which its residuals are measured, so that every replicate
        counts the same.
    fixed : mapping, optional
        Parameters to hold.

    Returns
    -------
    SchildModel
        The fit.
    """
    held = dict(fixed or {})
    replicates = points["replicate"].to_numpy(dtype=object)
    labels = list(dict.fromkeys(replicates)) if own_levels else [None]
    member = np.array(
        [labels.index(item) for item in replicates] if own_levels else [0] * len(points), dtype=np.intp
    )
    model = make_model(get_equation("gaddum_schild"), labels, COMMON if own_levels else None)
    x = points[["agonist_M", "antagonist_M"]].to_numpy(dtype=np.float64).T
    y = points["response"].to_numpy(dtype=np.float64)
    height = np.array([span.get(item, 1.0) for item in replicates])
    data = Points(x, y, member, (np.median(height) / height) ** 2)
    logs = np.log10(x[1][x[1] > 0])
    bounds = {"pa2": (-logs.max() - _REACH, -logs.min() + _REACH), "schild_slope": _SLOPES}
    lower, upper = limits(model, bounds)
    solutions = []
    for slope in {float(start.get("schild_slope", 1.0)), 1.0}:
        given = {**start, "schild_slope": slope, **held}
        theta = starting_values(model, data, given, held)
        problem = make_problem(model, data, np.clip(theta, lower, upper), lower, upper)
        found = minimise(problem, start=problem.start, fixed=held)
        solutions.append((found if found.converged else minimise(problem, fixed=held), problem))
    solution, problem = min(solutions, key=lambda item: item[0].ss)
    unit = _units(replicates) if by_replicate else np.arange(y.size)
    df = int(unit.max()) if by_replicate else y.size - int(solution.free.sum())
    covariance = robust_covariance(solution, solution.free, unit)
    return SchildModel(model, data, problem, solution, held, by_replicate, df, covariance)


def robust_covariance(solution: Solution, free: NDArray[np.bool_], unit: NDArray[np.intp]) -> Array:
    """Compute the covariance of the parameters from the pull of each independent unit.

    Parameters
    ----------
    solution : Solution
        The minimum.
    free : array of bool, shape (p,)
        Parameters that were fitted.
    unit : array of int, shape (n,)
        Replicate of each point, or its own number where points are independent.

    Returns
    -------
    array, shape (p, p)
        A (Σ gᵢ gᵢᵀ) A n/(n − 1), A = (JᵀJ)⁻¹ and gᵢ the gradient of unit i; for single points the residuals are
        divided by 1 − leverage in place of the factor (HC3).

    References
    ----------
    White H. (1980), Econometrica 48, 817; MacKinnon and White (1985), J. Econometrics 29, 305; Liang and Zeger
    (1986), Biometrika 73, 13.
    """
    inverse, jacobian = _inverse(solution.jacobian, free), solution.jacobian
    residuals, n_units = solution.residuals, int(unit.max()) + 1
    factor = n_units / max(n_units - 1, 1)
    if n_units == residuals.size:
        leverage = np.einsum("ni,ij,nj->n", jacobian, inverse, jacobian)
        residuals, factor = residuals / np.clip(1.0 - leverage, 1e-3, 1.0), 1.0
    pull = np.zeros((n_units, jacobian.shape[1]))
    np.add.at(pull, unit, jacobian * residuals[:, None])
    change = pull @ inverse
    covariance: Array = factor * change.T @ change
    return covariance


def slope_p(fit: SchildModel) -> float:
    """Return the probability of a Schild slope so far from 1 by chance.

    Parameters
    ----------
    fit : SchildModel
        Fit with the slope free.

    Returns
    -------
    float
        From the rise of the sum of squares when the slope is held at 1, on the scale of the robust variance; it
        agrees with the interval of the slope. NaN where the slope is not known.
    """
    error = fit.error("schild_slope")
    if fit.df < 1 or not error > 0 or not fit.is_inside("schild_slope"):
        return np.nan
    held = minimise(fit.problem, start=fit.solution.theta, fixed={**fit.fixed, "schild_slope": 1.0})
    k = fit.model.names.index("schild_slope")
    plain = _inverse(fit.solution.jacobian, fit.solution.free)[k, k]
    squared = max(held.ss - fit.solution.ss, 0.0) * plain / fit.covariance[k, k]
    return float(2.0 * stats.t.sf(np.sqrt(squared), fit.df))


def shift_p(fit: SchildModel) -> float:
    """Return the probability of so much shift by chance if the antagonist did nothing (extra sum of squares).

    Parameters
    ----------
    fit : SchildModel
        The joint fit.

    Returns
    -------
    float
        NaN where there are no degrees of freedom for it.
    """
    held = {"pa2": float(fit.problem.lower[fit.model.names.index("pa2")]) - 10.0, "schild_slope": 1.0}
    none = minimise(fit.problem, start=fit.solution.theta, fixed=held)
    df = fit.points.y.size - len(fit.model.names) + len(fit.fixed)
    return extra_sum_of_squares(none.ss, df + len(held.keys() - fit.fixed), fit.solution.ss, df).p


def plain_fit(
    x: Array, y: Array, curve: Sequence[object], shared: Sequence[str], start: Mapping[str, float] | None = None
) -> tuple[Model, Solution]:
    """Fit agonist curves with shared parameters, without the intervals that `fit_curve` works out.

    Parameters
    ----------
    x, y : array, shape (n,)
        Concentrations (mol/L) and responses.
    curve : sequence, length n
        Label of the curve of each point.
    shared : sequence of str
        Parameters common to all curves.
    start : mapping, optional
        Where to begin, near the minimum; guessed when not given.

    Returns
    -------
    model, solution : Model, Solution
        The fit.
    """
    labels = list(dict.fromkeys(curve))
    member = np.array([labels.index(item) for item in curve], dtype=np.intp)
    model = make_model(get_equation("stimulation_4pl"), labels, shared if len(labels) > 1 else None)
    points = Points(x, y, member, np.ones(y.size))
    lower, upper, _ = within_reach(model, points, *limits(model, None))
    problem = make_problem(
        model, points, np.clip(starting_values(model, points, start, {}), lower, upper), lower, upper
    )
    found = minimise(problem, start=None if start is None else problem.start)
    return model, found if found.converged else minimise(problem)


def _units(replicates: NDArray[np.object_]) -> NDArray[np.intp]:
    return pd.factorize(replicates)[0].astype(np.intp)


def _inverse(jacobian: Array, free: NDArray[np.bool_]) -> Array:
    """Return (JᵀJ)⁻¹ of the free parameters, with zeros for the others."""
    size = np.linalg.norm(jacobian, axis=0)
    size = np.where(size > 0, size, 1.0)
    columns = jacobian[:, free] / size[free]
    inverse = np.zeros((jacobian.shape[1],) * 2)
    inverse[np.ix_(free, free)] = np.linalg.pinv(columns.T @ columns, rcond=1e-13, hermitian=True)
    inverse /= np.outer(size, size)
    return inverse


def _scaled(problem: Problem, root: float) -> Problem:
    residuals, jacobian = problem.residuals, problem.derivatives
    return replace(
        problem, residuals=lambda theta: residuals(theta) * root, jacobian=lambda theta: jacobian(theta) * root
    )


def _scaled_solution(solution: Solution, root: float) -> Solution:
    return replace(
        solution, residuals=solution.residuals * root, jacobian=solution.jacobian * root, ss=solution.ss * root**2
    )
