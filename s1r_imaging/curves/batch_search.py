"""Levenberg–Marquardt for many curves of one equation, side by side in NumPy."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.curves.derivatives import takes_complex_step
from s1r_imaging.curves.equation import Equation

Vector = NDArray[np.float64]
Slopes = Callable[[Vector], list[Vector]]

_FIRST_DAMPING = 1e-4
_SMALLEST_DAMPING = 1e-14
_LARGEST_DAMPING = 1e10
_MAX_ITERATIONS = 200
_OFFSET = 1e-8  # (the step that is left is taken)
_GOOD_ENOUGH = 1e-5
_ROUNDING = 1e-12
_IMAGINARY = 1e-100
_DIFFERENCE = 6e-6


@dataclass(frozen=True, eq=False)
class Batch:
    """What all curves have in common.

    Attributes
    ----------
    equation : Equation
        The equation.
    x : array, shape (n,)
        Where the curves were measured.
    free : array of int, shape (k,)
        Positions of the parameters that are fitted.
    lower, upper : array, shape (p,)
        Bounds.
    """

    equation: Equation
    x: Vector
    free: NDArray[np.intp]
    lower: Vector
    upper: Vector

    def predict(self, theta: Vector) -> Vector:
        """Compute the curves of parameters (m, p); (m, n)."""
        values = self.equation.function(self.x, *theta.T[:, :, None])
        return np.broadcast_to(values, (len(theta), self.x.shape[-1]))


@dataclass(frozen=True, eq=False)
class BatchMinimum:
    """Where the searches ended.

    Attributes
    ----------
    theta : array, shape (m, p)
        Parameters.
    ss : array, shape (m,)
        Weighted sums of squares.
    converged : array of bool, shape (m,)
        Whether it is a minimum.
    normal : array, shape (m, k, k)
        Products of the columns of the Jacobian, for the free parameters.
    """

    theta: Vector
    ss: Vector
    converged: NDArray[np.bool_]
    normal: Vector


def slopes_of(task: Batch, theta: Vector) -> Slopes:
    """Return the function that computes derivatives by the free parameters.

    Parameters
    ----------
    task : Batch
        Equation and x.
    theta : array, shape (m, p)
        Parameters, of which the first row is used to find out what the function can take.

    Returns
    -------
    callable
        Takes parameters (m, p), returns for each free parameter derivatives (m, n).
    """
    own = task.equation.slopes
    shape = task.x.shape[-1]
    if own is not None:

        def exact(theta: Vector) -> list[Vector]:
            found = own(task.x, *theta.T[:, :, None])
            return [np.broadcast_to(found[j], (len(theta), shape)) for j in task.free]

        return exact

    def by_complex_step(theta: Vector) -> list[Vector]:
        return [_imaginary(task, theta, int(j)) for j in task.free]

    def by_differences(theta: Vector) -> list[Vector]:
        return [_difference(task, theta, int(j)) for j in task.free]

    complex_works = takes_complex_step(lambda row: task.predict(row[None])[0], theta[0])
    return by_complex_step if complex_works else by_differences


def minimise_batch(task: Batch, y: Vector, weights: Vector, start: Vector, within: Vector) -> BatchMinimum:
    """Minimise the weighted sums of squares of many curves.

    Parameters
    ----------
    task : Batch
        What all curves have in common.
    y, weights : array, shape (m, n)
        Curves and weights; a weight of 0 leaves a point out.
    start : array, shape (m, p)
        Where to begin.
    within : array, shape (m,)
        Sums of squares that no parameter can change, of replicates about their mean.

    Returns
    -------
    BatchMinimum
        One row for each curve.
    """
    with np.errstate(all="ignore"):
        return _minimise(task, y, np.sqrt(weights), np.clip(start, task.lower, task.upper), within)


def _minimise(task: Batch, y: Vector, root: Vector, start: Vector, within: Vector) -> BatchMinimum:
    theta, slopes = start.copy(), slopes_of(task, start)
    residuals = (task.predict(theta) - y) * root
    ss = np.einsum("mn,mn->m", residuals, residuals) + within
    damping = np.full(len(y), _FIRST_DAMPING)
    growth = np.full(len(y), 2.0)
    converged = np.zeros(len(y), dtype=np.bool_)
    normal = np.full((len(y), task.free.size, task.free.size), np.nan)
    gradient = np.full((len(y), task.free.size), np.nan)
    stale = np.ones(len(y), dtype=np.bool_)
    active = np.flatnonzero(np.isfinite(ss))
    for _ in range(_MAX_ITERATIONS):
        if not active.size:
            break
        moved = active[stale[active]]
        if moved.size:
            normal[moved], gradient[moved] = _normal(slopes(theta[moved]), residuals[moved], root[moved])
            stale[moved] = False
        step, left, floor = _steps(task, theta[active], normal[active], gradient[active], damping[active])
        size = np.sqrt(ss[active])
        converged[active] = left <= np.maximum(_GOOD_ENOUGH * size, 16.0 * floor)
        ended = (left <= np.maximum(_OFFSET * size, floor)) | (damping[active] > _LARGEST_DAMPING)
        near = active[ended]
        theta[np.ix_(near, task.free)] += np.where(np.isfinite(step[ended]), step[ended], 0.0)
        theta[near] = np.clip(theta[near], task.lower, task.upper)
        going, active = ~ended, active[~ended]
        trial = theta[active].copy()
        trial[:, task.free] += step[going]
        trial = np.clip(trial, task.lower, task.upper)
        after = (task.predict(trial) - y[active]) * root[active]
        ss_after = np.einsum("mn,mn->m", after, after) + within[active]
        better = ss_after <= ss[active] * (1.0 + _ROUNDING)
        won, lost = active[better], active[~better]
        theta[won], residuals[won], ss[won], stale[won] = trial[better], after[better], ss_after[better], True
        damping[won], growth[won] = np.maximum(0.03 * damping[won], _SMALLEST_DAMPING), 2.0
        damping[lost] *= growth[lost]
        growth[lost] *= 2.0
    last = np.flatnonzero(stale & np.isfinite(ss))
    if last.size:
        normal[last], _ = _normal(slopes(theta[last]), residuals[last], root[last])
    return BatchMinimum(theta, ss, converged, normal)


def _normal(slopes: list[Vector], residuals: Vector, root: Vector) -> tuple[Vector, Vector]:
    """Return JᵀJ (m, k, k) and Jᵀr (m, k)."""
    columns = [values * root for values in slopes]
    normal = np.empty((len(residuals), len(columns), len(columns)))
    gradient = np.empty((len(residuals), len(columns)))
    for i, one in enumerate(columns):
        gradient[:, i] = np.einsum("mn,mn->m", one, residuals)
        for j in range(i + 1):
            normal[:, i, j] = normal[:, j, i] = np.einsum("mn,mn->m", one, columns[j])
    return normal, gradient


def _steps(
    task: Batch, theta: Vector, normal: Vector, gradient: Vector, damping: Vector
) -> tuple[Vector, Vector, Vector]:
    """Return damped steps (m, k), how much the residuals lie in the tangent plane (m,), and its rounding (m,)."""
    values = theta[:, task.free]
    held = (values <= task.lower[task.free]) & (gradient >= 0)
    held |= (values >= task.upper[task.free]) & (gradient <= 0)
    size = np.sqrt(np.einsum("mkk->mk", normal))
    scale = np.where(size > 0, size, 1.0)
    slope = gradient / scale
    unit = normal / scale[:, :, None]
    unit /= scale[:, None, :]
    if held.any():
        slope[held] = 0.0
        unit[held[:, :, None] | held[:, None, :]] = 0.0
    bad = ~np.isfinite(unit.sum(axis=(1, 2)) + slope.sum(axis=1))
    unit[bad], slope[bad] = np.eye(task.free.size), 0.0
    np.einsum("mkk->mk", unit)[...] += damping[:, None] + held
    step = -np.linalg.solve(unit, slope[:, :, None])[:, :, 0]
    left = np.sqrt(np.maximum(-np.einsum("mk,mk->m", step, slope), 0.0))
    floor = 2e-16 * np.max(np.abs(values) * size, axis=1, initial=0.0)
    left[bad] = np.nan
    return step / scale, left, floor


def _imaginary(task: Batch, theta: Vector, j: int) -> Vector:
    moved = theta.astype(np.complex128)
    size = _IMAGINARY * np.where(theta[:, j] == 0, 1.0, np.abs(theta[:, j]))
    moved[:, j] += 1j * size
    return np.imag(task.predict(moved)) / size[:, None]  # type: ignore[arg-type]


def _difference(task: Batch, theta: Vector, j: int) -> Vector:
    size = _DIFFERENCE * np.where(theta[:, j] == 0, 1.0, np.abs(theta[:, j]))
    ahead, behind = theta.copy(), theta.copy()
    ahead[:, j] += size
    behind[:, j] -= size
    width = (ahead[:, j] - behind[:, j])[:, None]
    change: Vector = (task.predict(ahead) - task.predict(behind)) / width
    return change
