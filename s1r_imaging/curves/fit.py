"""Fitting one curve, or several that share parameters."""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from s1r_imaging.curves.compare import weighted_ss
from s1r_imaging.curves.curve_fit import CurveFit
from s1r_imaging.curves.equation import Equation
from s1r_imaging.curves.equations import get_equation
from s1r_imaging.curves.inference import Inference, infer
from s1r_imaging.curves.judgement import judge_direction, judge_midpoints, judge_points, judge_unit
from s1r_imaging.curves.model import Model, make_model
from s1r_imaging.curves.potency import Censored
from s1r_imaging.curves.problem import Problem, Solution
from s1r_imaging.curves.search import Points, limits, make_problem, search, starting_values, within_reach
from s1r_imaging.curves.weights import VarianceOf, Weights, given_weights, variance_function
from s1r_imaging.flags import CurveFlag
from s1r_imaging.options import Options, option

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class CurveOptions(Options):
    """Options of `fit_curve`."""

    section: ClassVar[str] = "curve"

    confidence: float = option(0.95, "Confidence level of intervals and bands.", gt=0, lt=1)
    variance_known: bool = option(
        False, "Whether weights are 1/variance, so that the scatter is not taken from the residuals."
    )


def fit_curve(
    equation: str | Callable[..., Any] | Equation,
    x: ArrayLike,
    y: ArrayLike,
    *,
    start: Mapping[str, float] | Sequence[float] | None = None,
    fixed: Mapping[str, float] | None = None,
    bounds: Mapping[str, tuple[float | None, float | None]] | None = None,
    weights: Weights = None,
    shared: Collection[str] | None = None,
    curve: Sequence[Hashable] | NDArray[Any] | None = None,
    confidence: float = CurveOptions.confidence,
    variance_known: bool = CurveOptions.variance_known,
) -> CurveFit:
    """Fit an equation to one curve, or to several with shared parameters.

    Parameters
    ----------
    equation : str, callable or Equation
        A name (`equations` lists them), or any function whose first argument is x and whose other arguments
        are the parameters; it is called with the whole array x.
    x : array_like, shape (n,), or (k, n) for equations of several variables
        Where the points were measured. Equations of concentration take mol/L, not its logarithm, and 0 for
        none.
    y : array_like, shape (n,)
        What was measured. Points with a value that is not finite are left out and counted.
    start : mapping or sequence, optional
        Starting values. Equations with a name guess what is not given.
    fixed : mapping, optional
        Parameters that are held, with their values.
    bounds : mapping, optional
        Parameter name to (lower, upper), None for no bound; in place of the equation's own.
    weights : None, "1/y", "1/y2", array_like or callable
        How much a squared residual counts. The names weight by the **fitted** curve: the first pass is
        unweighted, weights are frozen while parameters move, and passes go on until nothing changes. A
        callable takes the fitted curve and returns the variance of each point, and is used in the same way.
    shared : collection of str, optional
        Parameters with one value for all curves.
    curve : sequence, optional
        Label of the curve of each point, where there are several. A parameter that each curve has of its own
        is named ``name[label]``; `start`, `fixed` and `bounds` may name it with or without the label.
    confidence : float
        Confidence level of intervals and bands.
    variance_known : bool
        Whether weights are 1/variance, so that the scatter is not taken from the residuals.

    Returns
    -------
    CurveFit
        Parameters with profile-likelihood and Wald intervals, flags, bands.

    Raises
    ------
    TypeError
        If `equation` is no equation.
    ValueError
        If shapes do not agree, names are unknown, a start is missing or useless, or concentrations are
        negative.

    Examples
    --------
    >>> dose = np.array([0, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5])
    >>> response = [98.0, 99.0, 92.0, 49.0, 9.5, 2.0]
    >>> fit = fit_curve("inhibition_3pl", dose, response)
    >>> round(float(fit.parameters.loc["log_ic50", "estimate"]), 2)
    -7.01
    """
    options = CurveOptions(confidence=confidence, variance_known=variance_known)
    known = get_equation(equation)
    x_all, y_all = _arrays(x, y)
    known.check_x(x_all[..., np.isfinite(x_all).all(axis=0) if x_all.ndim == 2 else np.isfinite(x_all)])
    labels, member = _curves(curve, shared, y_all.size)
    model = make_model(known, labels, shared)
    points, used = _points(x_all, y_all, member, weights)
    held = {name: float(value) for name, value in model.spread(fixed or {}, argument="fixed").items()}
    lower, upper, limited = within_reach(model, points, *limits(model, bounds))
    variance_of = variance_function(weights)
    with np.errstate(all="ignore"):
        if points.y.size:
            begin = starting_values(model, points, start, held)
            begin = _checked(model, points, begin, lower, upper)
            problem = make_problem(model, points, begin, lower, upper)
            problem, points, solution = search(model, points, problem, variance_of, held)
        else:
            problem, solution = _nothing(model, held, lower, upper)
        soft = model.spread(dict.fromkeys(set(known.soft_bounds) - set(bounds or {})), argument="bounds")
        found = infer(
            problem,
            solution,
            fixed=held,
            confidence=options.confidence,
            variance_known=options.variance_known,
            soft_bounds=(*soft, *limited),
        )
        return _result(model, points, used, problem, found, held, options, variance_of)


def _arrays(x: ArrayLike, y: ArrayLike) -> tuple[Vector, Vector]:
    at, values = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if values.ndim != 1:
        raise ValueError(f"y.shape={values.shape}: expected one axis; several curves are told apart by curve=.")
    if at.ndim == 2 and at.shape[-1] != values.size and at.shape[0] == values.size:
        at = at.T
    if at.ndim not in {1, 2} or at.shape[-1] != values.size:
        raise ValueError(f"x.shape={at.shape} does not go with y.shape={values.shape}: expected one x for each y.")
    return at, values


def _curves(
    curve: Sequence[Hashable] | NDArray[Any] | None, shared: Collection[str] | None, n_points: int
) -> tuple[list[Hashable], NDArray[np.intp]]:
    if curve is None:
        if shared:
            raise ValueError(f"shared={shared!r} needs curve=: the label of the curve of each point.")
        return [None], np.zeros(n_points, dtype=np.intp)
    if len(curve) != n_points:
        raise ValueError(f"curve holds {len(curve)} labels: expected one for each of the {n_points} points.")
    codes, labels = pd.factorize(np.asarray(curve), use_na_sentinel=False)
    return list(labels), codes.astype(np.intp)


def _points(x: Vector, y: Vector, member: NDArray[np.intp], weights: Any) -> tuple[Points, NDArray[np.bool_]]:
    """Return the points that can be used, and which these are."""
    given = given_weights(weights, y.size)
    first = np.ones(y.size) if given is None else given
    used = np.isfinite(y) & np.isfinite(first) & np.isfinite(np.atleast_2d(x)).all(axis=0)
    return Points(x[..., used], y[used], member[used], first[used]), used


def _checked(model: Model, points: Points, start: Vector, lower: Vector, upper: Vector) -> Vector:
    begin = np.clip(start, lower, upper)
    if not np.isfinite(model.predict(begin, points.x, points.member)).all():
        values = ", ".join(f"{name}={value:g}" for name, value in zip(model.names, begin, strict=True))
        raise ValueError(
            f"start: {model.equation.name} is not finite at {values}; start where it can be computed."
        )
    return begin


def _nothing(model: Model, fixed: Mapping[str, float], lower: Vector, upper: Vector) -> tuple[Problem, Solution]:
    """Return the fit of no point at all."""
    theta = np.array([fixed.get(name, np.nan) for name in model.names])
    n_parameters = theta.size

    def residuals(_: Vector) -> Vector:
        return np.zeros(0)

    def jacobian(_: Vector) -> Vector:
        return np.zeros((0, n_parameters))

    problem = Problem(residuals, model.names, theta, lower, upper, jacobian)
    free = np.array([name not in fixed for name in model.names])
    return problem, Solution(theta, np.zeros(0), np.zeros((0, n_parameters)), 0.0, False, free)


def _result(  # noqa: PLR0917
    model: Model,
    points: Points,
    used: NDArray[np.bool_],
    problem: Problem,
    found: Inference,
    fixed: dict[str, float],
    options: CurveOptions,
    variance_of: VarianceOf | None,
) -> CurveFit:
    solution = found.solution
    free = np.array([name not in fixed for name in model.names])
    fitted = np.array(model.predict(solution.theta, points.x, points.member), dtype=np.float64)
    midpoints, flags = judge_midpoints(model, points, solution.theta, free)
    flags |= found.flags | judge_points(points, fitted, found.df) | judge_unit(model, points.x)
    if not used.all():
        flags |= CurveFlag.NOT_FINITE
    if not flags & CurveFlag.NO_CONCENTRATION_DEPENDENCE:
        flags |= judge_direction(model, solution.theta)
    labels = np.empty(len(model.labels), dtype=object)
    labels[:] = model.labels
    flat_ss = weighted_ss(points.y, points.weights)
    parameters = _supported(found.parameters, midpoints)
    stated = dict(zip(model.names, parameters["estimate"].to_numpy(dtype=np.float64).tolist(), strict=True))
    midpoints = {name: _said(item, stated[name]) for name, item in midpoints.items()}
    return CurveFit(
        parameters=parameters,
        midpoints=midpoints,
        covariance=found.covariance,
        correlation=found.correlation,
        sum_of_squares=solution.ss,
        df=found.df,
        residual_sd=found.residual_sd,
        r_squared=1.0 - solution.ss / flat_ss if flat_ss > 0 else np.nan,
        flags=flags,
        converged=solution.converged,
        x=points.x,
        y=points.y,
        weights=points.weights,
        fitted=fitted,
        residuals=points.y - fitted,
        curve=labels[points.member],
        n_left_out=int(np.count_nonzero(~used)),
        confidence=options.confidence,
        problem=problem,
        solution=solution,
        intervals=found.intervals,
        fixed=fixed,
        model=model,
        variance_of=variance_of,
        variance_known=options.variance_known,
    )


def _supported(parameters: pd.DataFrame, midpoints: Mapping[str, Censored]) -> pd.DataFrame:
    """Take the numbers out of the table that the data do not support."""
    table = parameters.copy()
    open_ended = np.isneginf(table["ci_low"]) & np.isposinf(table["ci_high"])
    nothing = open_ended | table.index.isin([name for name, item in midpoints.items() if not item.relation])
    if midpoints and all(item.flags & CurveFlag.NO_CONCENTRATION_DEPENDENCE for item in midpoints.values()):
        nothing |= table.index.str.startswith(("hill_slope", "asymmetry")) & ~table["is_fixed"].to_numpy()
    if nothing.any():
        table.loc[nothing, ["estimate", "standard_error", "wald_low", "wald_high"]] = np.nan
        table.loc[nothing, ["ci_low", "ci_high"]] = [-np.inf, np.inf]
    return table


def _said(midpoint: Censored, estimate: float) -> Censored:
    """Take back a midpoint that is arbitrary: a limit may stand, a number may not."""
    return (
        replace(midpoint, relation="", value=np.nan)
        if midpoint.relation == "=" and np.isnan(estimate)
        else midpoint
    )
