"""From a curve's points to the minimum: starting values, bounds, weights from the fitted curve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.curves.model import Model
from s1r_imaging.curves.problem import Problem, Solution, minimise
from s1r_imaging.curves.weights import VarianceOf

Vector = NDArray[np.float64]

_SETTLED = 1e-12
_MAX_ROUNDS = 300
_DECADES = 6.0  # how far beyond the doses a midpoint is sought
_STEEPEST = 50.0  # Hill slope at which neighbouring doses, one decade apart, are a step


@dataclass(frozen=True, eq=False)
class Points:
    """The points of all curves that take part in a fit.

    Attributes
    ----------
    x : array, shape (n,) or (k, n)
        Where they were measured.
    y : array, shape (n,)
        What was measured.
    member : array of int, shape (n,)
        Curve of each point.
    weights : array, shape (n,)
        Weights, for a first pass where they are made from the fitted curve.
    """

    x: Vector
    y: Vector
    member: NDArray[np.intp]
    weights: Vector


def starting_values(
    model: Model,
    points: Points,
    start: Mapping[str, float] | Sequence[float] | None,
    fixed: Mapping[str, float],
) -> Vector:
    """Put together what is given and guess the rest.

    Parameters
    ----------
    model : Model
        Equation and layout of the parameters.
    points : Points
        The data.
    start : mapping, sequence or None
        Starting values that are given.
    fixed : mapping
        Fixed parameters, by their full names.

    Returns
    -------
    array, shape (p,)
        One value for each of ``model.names``.

    Raises
    ------
    ValueError
        If values are missing, too many or not finite, or names are unknown.
    """
    given = model.spread(_as_mapping(model, start), argument="start") | dict(fixed)
    for name, value in given.items():
        if not np.isfinite(value):
            raise ValueError(f"{name}={value!r}: expected a finite number to start from or to hold.")
    if len(given) < len(model.names):
        given = _guess(model, points, given, fixed) | given
    return np.array([given[name] for name in model.names], dtype=np.float64)


def limits(model: Model, bounds: Mapping[str, tuple[float | None, float | None]] | None) -> tuple[Vector, Vector]:
    """Return lower and upper bounds: the caller's, else the equation's.

    Parameters
    ----------
    model : Model
        Equation and layout of the parameters.
    bounds : mapping or None
        Parameter name to (lower, upper); None stands for no bound.

    Returns
    -------
    lower, upper : array, shape (p,)
        Bounds.

    Raises
    ------
    ValueError
        If a lower bound is not below its upper bound, or a name is unknown.
    """
    known = model.spread(model.equation.bounds, argument="bounds") | model.spread(bounds or {}, argument="bounds")
    pairs = [known.get(name, (None, None)) for name in model.names]
    lower = np.array([-np.inf if pair[0] is None else pair[0] for pair in pairs], dtype=np.float64)
    upper = np.array([np.inf if pair[1] is None else pair[1] for pair in pairs], dtype=np.float64)
    for name, low, high in zip(model.names, lower, upper, strict=True):
        if not low < high:
            raise ValueError(
                f"bounds of {name!r} are ({low:g}, {high:g}): expected lower < upper; to hold it, use fixed=."
            )
    return lower, upper


def within_reach(
    model: Model, points: Points, lower: Vector, upper: Vector
) -> tuple[Vector, Vector, tuple[str, ...]]:
    """Keep the search where the data can tell one value from another.

    Farther out than this a midpoint or a slope changes nothing but the rounding of the residuals, and a search
    that drifts there never ends. Limits are relative to the doses, so that units do not matter.

    Parameters
    ----------
    model : Model
        Equation and layout of the parameters.
    points : Points
        The data.
    lower, upper : array, shape (p,)
        Bounds of the caller and the equation, which stand.

    Returns
    -------
    lower, upper : array, shape (p,)
        Bounds with the limits put in where there were none.
    names : tuple of str
        Parameters that were limited; an interval that reaches such a limit is open.
    """
    doses = np.unique(points.x[points.x > 0]) if model.equation.x_kind == "concentration_M" else np.zeros(0)
    if not doses.size:
        return lower, upper, ()
    decades = np.log10(doses)
    gap = float(np.diff(decades).min(initial=1.0))
    steepest = _STEEPEST / min(max(gap, 1e-3), 1.0)
    reach: dict[str, tuple[float, float]] = {}
    for j, parameter in enumerate(model.equation.parameters):
        for column in model.columns[:, j]:
            if parameter in model.equation.log10:
                reach[model.names[column]] = (float(decades[0]) - _DECADES, float(decades[-1]) + _DECADES)
            elif parameter.startswith("hill_slope"):
                reach[model.names[column]] = (-steepest, steepest)
    low, high = lower.copy(), upper.copy()
    limited = [
        name for name in reach if np.isinf([lower[model.names.index(name)], upper[model.names.index(name)]]).any()
    ]
    for name in limited:
        k = model.names.index(name)
        low[k] = max(low[k], min(reach[name][0], upper[k] - 1.0))
        high[k] = min(high[k], max(reach[name][1], lower[k] + 1.0))
    return low, high, tuple(limited)


def make_problem(model: Model, points: Points, start: Vector, lower: Vector, upper: Vector) -> Problem:
    """Make the least-squares problem of curves with given weights.

    Parameters
    ----------
    model : Model
        Equation and layout of the parameters.
    points : Points
        The data.
    start, lower, upper : array, shape (p,)
        Starting values and bounds.

    Returns
    -------
    Problem
        With its Jacobian.
    """
    x, y, member, root = points.x, points.y, points.member, np.sqrt(points.weights)
    slopes = model.differentiator(start, x, member, lower=lower, upper=upper)
    return Problem(
        lambda theta: (model.predict(theta, x, member) - y) * root,
        model.names,
        start,
        lower,
        upper,
        lambda theta: slopes(theta) * root[:, None],
    )


def search(
    model: Model,
    points: Points,
    problem: Problem,
    variance_of: VarianceOf | None,
    fixed: Mapping[str, float],
) -> tuple[Problem, Points, Solution]:
    """Minimise; where weights come from the fitted curve, again and again until they no longer change.

    Within a round the weights are frozen, and the first round is unweighted: the result is the fixed point, not
    the minimum over parameters of a sum in which the weights move too.

    Parameters
    ----------
    model : Model
        Equation and layout of the parameters.
    points : Points
        The data.
    problem : Problem
        Of the first round.
    variance_of : callable or None
        From fitted values to relative variances.
    fixed : mapping
        Fixed parameters, by their full names.

    Returns
    -------
    problem, points, solution : Problem, Points, Solution
        Of the last round.
    """
    solution = minimise(problem, fixed=fixed)
    if variance_of is None:
        return problem, points, solution
    fitted = model.predict(solution.theta, points.x, points.member)
    for _ in range(_MAX_ROUNDS):
        points = replace(points, weights=1.0 / variance_of(fitted))
        problem = make_problem(model, points, problem.start, problem.lower, problem.upper)
        solution = minimise(problem, start=solution.theta, fixed=fixed)
        before, fitted = fitted, model.predict(solution.theta, points.x, points.member)
        if np.abs(fitted - before).max() <= _SETTLED * np.abs(fitted).max():
            return problem, points, solution
    return problem, points, replace(solution, converged=False)


def _as_mapping(model: Model, start: Mapping[str, float] | Sequence[float] | None) -> Mapping[str, Any]:
    if start is None or isinstance(start, Mapping):
        return start or {}
    values = np.asarray(start, dtype=np.float64).tolist()
    names = model.names if len(values) == len(model.names) else model.equation.parameters
    if len(values) != len(names):
        raise ValueError(f"start holds {len(values)} numbers: expected {len(names)}, for {', '.join(names)}.")
    return dict(zip(names, values, strict=True))


def _guess(
    model: Model, points: Points, given: Mapping[str, float], fixed: Mapping[str, float]
) -> dict[str, float]:
    """Guess each curve by itself; a shared parameter begins at the median of the curves."""
    if model.equation.grid is None:
        missing = [name for name in model.names if name not in given]
        raise ValueError(
            f"start has no value for {', '.join(missing)}: pass start={{name: value}} with one for each, "
            f"for {model.equation.name} is not an equation with a guess of its own."
        )
    found: dict[str, list[float]] = {}
    for index, columns in enumerate(model.columns):
        mine = points.member == index
        names = [model.names[column] for column in columns]
        held = {
            parameter: given[name]
            for parameter, name in zip(model.equation.parameters, names, strict=True)
            if name in given and (name in fixed or parameter not in model.equation.linear)
        }
        guess = model.equation.start(points.x[..., mine], points.y[mine], fixed=held)
        for parameter, name in zip(model.equation.parameters, names, strict=True):
            found.setdefault(name, []).append(float(guess[parameter]))
    return {name: float(np.median(values)) for name, values in found.items()}
