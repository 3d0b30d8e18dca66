"""Thousands of curves at once: one equation, the same doses, one row for each curve."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from s1r_imaging.curves.bands import critical_value
from s1r_imaging.curves.batch_search import Batch, BatchMinimum, minimise_batch
from s1r_imaging.curves.equation import Equation
from s1r_imaging.curves.equations import get_equation
from s1r_imaging.curves.logistic_search import is_plain_logistic, minimise_logistic
from s1r_imaging.curves.model import make_model
from s1r_imaging.curves.search import limits
from s1r_imaging.curves.weights import variance_function
from s1r_imaging.flags import CurveFlag

Vector = NDArray[np.float64]

_BLOCK = 4096  # curves at a time, which bounds the memory
_SIGNIFICANCE = 0.05
_MAX_ROUNDS = 100
_SETTLED = 1e-10


def fit_curves(
    equation: str | Callable[..., Any] | Equation,
    x: ArrayLike,
    y: ArrayLike,
    *,
    start: Mapping[str, float] | None = None,
    fixed: Mapping[str, float] | None = None,
    bounds: Mapping[str, tuple[float | None, float | None]] | None = None,
    weights: Any = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Fit many curves that were measured at the same x, each by itself.

    Parameters
    ----------
    equation : str, callable or Equation
        As for `fit_curve`; a function must take parameters that broadcast against x.
    x : array_like, shape (n,)
        Where all curves were measured; molar concentrations for equations of concentration.
    y : array_like, shape (n_curves, n)
        One curve in each row. Points that are not finite numbers are left out.
    start, fixed : mapping, optional
        Parameter name to the value for all curves to start from, or to hold.
    bounds : mapping, optional
        Parameter name to (lower, upper).
    weights : None, "1/y", "1/y2", array_like or callable
        As for `fit_curve`; numbers in one row for all curves or in a row for each.
    confidence : float
        Confidence level of the intervals, which are Wald intervals.

    Returns
    -------
    DataFrame
        One row for each curve, in their order: for each parameter ``name``, ``name_se``, ``name_ci_low``,
        ``name_ci_high``; then ``n_points, df, sum_of_squares, residual_sd, r_squared, flat_p, converged,
        flags``. A midpoint is NaN where a flat line does as well (`flat_p` ≥ 0.05).

    Raises
    ------
    ValueError
        If shapes do not agree, or an argument cannot be used.

    See Also
    --------
    fit_curve : One curve, with profile intervals and verdicts.

    Examples
    --------
    >>> dose = np.array([0, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5])
    >>> plate = [[98.0, 99.0, 92.0, 49.0, 9.5, 2.0], [99.0, 98.0, 98.0, 93.0, 51.0, 8.0]]
    >>> fit_curves("inhibition_3pl", dose, plate)["log_ic50"].round(1).tolist()
    [-7.0, -5.9]
    """
    known = get_equation(equation)
    task = _prepare(known, x, y, start, fixed, bounds)
    variance_of = variance_function(weights)
    given = np.ones(1) if weights is None or variance_of is not None else np.asarray(weights, dtype=np.float64)
    values = np.asarray(y, dtype=np.float64)
    every = np.broadcast_to(given, values.shape)
    blocks = [
        _fit_block(task, values[i : i + _BLOCK], every[i : i + _BLOCK], variance_of)
        for i in range(0, len(values), _BLOCK)
    ]
    return _table(known, task, blocks, confidence)


@dataclass(frozen=True, eq=False)
class _Task:
    batch: Batch
    names: tuple[str, ...]
    start: Mapping[str, float]
    fixed: Mapping[str, float]
    unique: Batch
    repeats: Vector | None


@dataclass(frozen=True, eq=False)
class _Block:
    theta: Vector
    errors: Vector
    ss: Vector
    flat_ss: Vector
    n_points: NDArray[np.intp]
    converged: NDArray[np.bool_]


def _prepare(equation: Equation, x: ArrayLike, y: ArrayLike, start: Any, fixed: Any, bounds: Any) -> _Task:  # noqa: PLR0917
    at, values = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if values.ndim != 2:
        raise ValueError(f"y.shape={values.shape}: expected one curve in each row, (n_curves, n).")
    if at.shape[-1:] != values.shape[1:] or not np.isfinite(at).all():
        raise ValueError(
            f"x.shape={at.shape}: expected one finite x for each of the {values.shape[1]} columns of y."
        )
    equation.check_x(at)
    model = make_model(equation, [None], None)
    held = {name: float(value) for name, value in model.spread(fixed or {}, argument="fixed").items()}
    begin = model.spread(start or {}, argument="start") | held
    missing = [name for name in model.names if name not in begin]
    if missing and equation.grid is None:
        raise ValueError(f"start has no value for {', '.join(missing)}: {equation.name} has no guess of its own.")
    lower, upper = limits(model, bounds)
    for j, name in enumerate(model.names):
        if name in held:
            lower[j], upper[j] = -np.inf, np.inf
    free = np.array([j for j, name in enumerate(model.names) if name not in held], dtype=np.intp)
    places, which = np.unique(at, axis=-1, return_inverse=True)
    repeats = None if places.shape == at.shape else np.eye(places.shape[-1])[which.ravel()]
    batch = Batch(equation, at, free, lower, upper)
    return _Task(batch, model.names, begin, held, replace(batch, x=places), repeats)


def _fit_block(task: _Task, curves: Vector, given: Vector, variance_of: Any) -> _Block:
    used = np.isfinite(curves) & np.isfinite(given)
    y, first = np.where(used, curves, 0.0), np.where(used, given, 0.0)
    weights, theta = first, _start(task, curves, used)
    found = _minimise(task, y, weights, theta)
    settled = variance_of is None
    for _ in range(0 if settled else _MAX_ROUNDS):
        fitted = task.batch.predict(found.theta)
        weights = np.where(used, [1.0 / variance_of(row) for row in fitted], 0.0)
        found = _minimise(task, y, weights, found.theta)
        change = np.abs(task.batch.predict(found.theta) - fitted).max(axis=1)
        settled = bool(np.all(~(change > _SETTLED * np.abs(fitted).max(axis=1))))
        if settled:
            break
    n_points = used.sum(axis=1)
    df = n_points - task.batch.free.size
    with np.errstate(all="ignore"):
        variance = np.where(df > 0, found.ss / np.maximum(df, 1), np.nan)
        errors = np.sqrt(_inverse_diagonal(found.normal) * variance[:, None])
        mean = np.einsum("mn,mn->m", weights, y) / weights.sum(axis=1)
        flat_ss = np.einsum("mn,mn->m", weights, (y - mean[:, None]) ** 2)
    theta = np.where((n_points > 0)[:, None], found.theta, np.nan)
    return _Block(theta, errors, found.ss, flat_ss, n_points, found.converged & settled & (n_points > 0))


def _minimise(task: _Task, y: Vector, weights: Vector, start: Vector) -> BatchMinimum:
    """Fit the means of replicates, which has the same minimum; the scatter about the means goes into the SS."""
    if task.repeats is None:
        return _search(task.batch, y, weights, start, np.zeros(len(y)))
    total = weights @ task.repeats
    mean = (weights * y) @ task.repeats / np.where(total > 0, total, 1.0)
    within = np.einsum("mn,mn->m", weights, (y - mean @ task.repeats.T) ** 2)
    return _search(task.unique, mean, total, start, within)


def _search(batch: Batch, y: Vector, weights: Vector, start: Vector, within: Vector) -> BatchMinimum:
    """Search with Newton's method where it is known to apply; every other curve goes to the general search."""
    if not is_plain_logistic(batch):
        return minimise_batch(batch, y, weights, start, within)
    found = minimise_logistic(batch, y, weights, start, within)
    hard = np.flatnonzero(~found.converged)
    if hard.size:
        rest = minimise_batch(batch, y[hard], weights[hard], start[hard], within[hard])
        found.theta[hard], found.ss[hard] = rest.theta, rest.ss
        found.converged[hard], found.normal[hard] = rest.converged, rest.normal
    return found


def _start(task: _Task, curves: Vector, used: NDArray[np.bool_]) -> Vector:
    theta = np.empty((len(curves), len(task.names)))
    guess: Mapping[str, Any] = task.start
    if len(task.start) < len(task.names):
        filled = _filled(curves, used)
        if task.repeats is not None:
            filled = filled @ (task.repeats / task.repeats.sum(axis=0))
        guess = task.batch.equation.start(task.unique.x, filled, fixed=task.fixed)
    for j, name in enumerate(task.names):
        theta[:, j] = task.start.get(name, guess[name])
    return theta


def _filled(curves: Vector, used: NDArray[np.bool_]) -> Vector:
    """Return curves with their gaps bridged, for guessing only."""
    filled = np.where(used, curves, 0.0)
    place = np.arange(curves.shape[1])
    for row in np.flatnonzero(~used.all(axis=1) & used.any(axis=1)):
        filled[row] = np.interp(place, place[used[row]], curves[row, used[row]])
    return filled


def _inverse_diagonal(normal: Vector) -> Vector:
    """Return the diagonal of the inverse of each matrix; inf where it has none."""
    size = np.sqrt(np.einsum("mkk->mk", normal))
    scale = np.where(size > 0, size, 1.0)
    unit = normal / (scale[:, :, None] * scale[:, None, :])
    bad = ~np.isfinite(unit).all(axis=(1, 2))
    unit[bad] = np.eye(normal.shape[1])
    diagonal = np.einsum("mkk->mk", np.linalg.inv(unit + 1e-15 * np.eye(normal.shape[1])))
    lost = (size == 0) | ~(diagonal > 0) | (diagonal > 1e13) | bad[:, None]
    result: Vector = np.where(lost, np.inf, diagonal) / scale**2
    return result


def _table(equation: Equation, task: _Task, blocks: list[_Block], confidence: float) -> pd.DataFrame:
    if not blocks:
        none = np.zeros((0, len(task.names)))
        zero = np.zeros(0)
        fitted = none[:, task.batch.free]
        blocks = [_Block(none, fitted, zero, zero, zero.astype(np.intp), zero.astype(np.bool_))]
    theta, errors, ss, flat_ss, n_points, converged = (
        np.concatenate([getattr(block, name) for block in blocks])
        for name in ("theta", "errors", "ss", "flat_ss", "n_points", "converged")
    )
    df = n_points - task.batch.free.size
    critical = np.array([critical_value(confidence, value) for value in range(int(df.max(initial=0)) + 1)])
    with np.errstate(all="ignore"):
        residual_sd = np.where(df > 0, np.sqrt(ss / np.maximum(df, 1)), np.nan)
        flat_p = _flat_p(ss, flat_ss, df, n_points)
        half = critical[np.maximum(df, 0)][:, None] * errors
        r_squared = np.where(flat_ss > 0, 1.0 - ss / flat_ss, np.nan)
    columns: dict[str, NDArray[Any]] = {}
    flat = (flat_p >= _SIGNIFICANCE) if equation.log10 else np.zeros(len(ss), dtype=np.bool_)
    for j, name in enumerate(task.names):
        gone = flat & (name in equation.log10) & (j in task.batch.free)
        place = np.flatnonzero(task.batch.free == j)
        error, width = (errors[:, place[0]], half[:, place[0]]) if place.size else (np.full(len(ss), np.nan),) * 2
        columns[name] = np.where(gone, np.nan, theta[:, j])
        columns[f"{name}_se"] = np.where(gone, np.nan, error)
        columns[f"{name}_ci_low"] = np.where(gone, -np.inf, theta[:, j] - width)
        columns[f"{name}_ci_high"] = np.where(gone, np.inf, theta[:, j] + width)
    flags = _flags(flat, converged, df, n_points < task.batch.x.shape[-1])
    return pd.DataFrame(
        columns
        | {
            "n_points": n_points,
            "df": df,
            "sum_of_squares": ss,
            "residual_sd": residual_sd,
            "r_squared": r_squared,
            "flat_p": flat_p,
            "converged": converged,
            "flags": flags,
        }
    )


def _flat_p(ss: Vector, flat_ss: Vector, df: NDArray[np.intp], n_points: NDArray[np.intp]) -> Vector:
    """Return the probability of so large an F if a horizontal line were right; 1 where the data are constant."""
    more = n_points - 1 - df
    f = (flat_ss - np.minimum(ss, flat_ss)) / np.maximum(more, 1) / (ss / np.maximum(df, 1))
    p: Vector = np.where((df > 0) & (more > 0), special.fdtrc(np.maximum(more, 1), np.maximum(df, 1), f), np.nan)
    return np.where((flat_ss == 0) & (n_points > 0), 1.0, p)


def _flags(
    flat: NDArray[np.bool_], converged: NDArray[np.bool_], df: NDArray[np.intp], gaps: NDArray[np.bool_]
) -> NDArray[np.int64]:
    flags = np.zeros(flat.size, dtype=np.int64)
    flags[flat] |= int(CurveFlag.NO_CONCENTRATION_DEPENDENCE)
    flags[~converged] |= int(CurveFlag.NOT_CONVERGED)
    flags[df < 1] |= int(CurveFlag.TOO_FEW_POINTS)
    flags[gaps] |= int(CurveFlag.NOT_FINITE)
    return flags
