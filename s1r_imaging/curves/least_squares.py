"""Bounded nonlinear least squares for one problem."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
VectorFunction = Callable[[Vector], Vector]

_FIRST_DAMPING = 1e-3
_LARGEST_DAMPING = 1e16
_OFFSET = 1e-11  # steps are left out that are smaller than this part of a standard error
_ROUNDING = 1e-12  # a change of the sum of squares by this part cannot be told from rounding
_GOOD_ENOUGH = 1e-5
MAX_ITERATIONS = 500
_MAX_IDLE = 12
_MEMORY = 0.9  # how slowly the scale of a column shrinks that vanishes on a plateau
_CURVED = 0.75  # a step is refused whose correction for curvature is longer than this part of it
_PROBE = 0.1


@dataclass(frozen=True, eq=False)
class Minimum:
    """Where the search ended.

    Attributes
    ----------
    theta, residuals, jacobian : array
        Parameters (p,), residuals (n,) and their derivatives (n, p).
    ss : float
        Sum of squares.
    converged : bool
        Whether it is a minimum, to rounding.
    free : array of bool, shape (p,)
        Parameters that are neither fixed nor held by a bound.
    """

    theta: Vector
    residuals: Vector
    jacobian: Vector
    ss: float
    converged: bool
    free: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Task:
    residuals: VectorFunction
    jacobian: VectorFunction
    lower: Vector
    upper: Vector
    free: NDArray[np.bool_]
    max_iterations: int


@dataclass(frozen=True, eq=False)
class _Point:
    theta: Vector
    residuals: Vector
    ss: float


@dataclass(frozen=True, eq=False)
class _Plane:
    """The linear model at a point, over the parameters that may move, and its scaled decomposition."""

    moving: NDArray[np.bool_]
    jacobian: Vector
    scale: Vector
    left: Vector
    values: Vector
    directions: Vector
    projected: Vector
    floor: float


def levenberg_marquardt(
    residuals: VectorFunction,
    jacobian: VectorFunction,
    start: Vector,
    *,
    lower: Vector,
    upper: Vector,
    free: NDArray[np.bool_],
    max_iterations: int = MAX_ITERATIONS,
) -> Minimum:
    """Minimise a sum of squares between bounds, to rounding.

    Parameters
    ----------
    residuals, jacobian : callable
        Take the parameters (p,); return residuals (n,) and their derivatives (n, p).
    start : array, shape (p,)
        Where to begin, between the bounds.
    lower, upper : array, shape (p,)
        Bounds, for the parameters that are free.
    free : array of bool, shape (p,)
        Which parameters may move.
    max_iterations : int
        Steps to try at most.

    Returns
    -------
    Minimum
        The best point found.

    Notes
    -----
    Columns are scaled to unit length, so that the path does not depend on units; a column that vanishes is
    forgotten slowly, or the next step would go to infinity. Steps are corrected for curvature along them, and
    refused where the correction is not small: that keeps the search from leaping onto a plateau and takes it
    along narrow valleys. Near the minimum, where the sum of squares is flat to rounding, steps go on until the
    projection of the residuals on the tangent plane is negligible: the sum of squares alone gives parameters
    only to half the digits.

    References
    ----------
    Moré, Lect. Notes Math. 630, 105 (1978), scaling; Nielsen, IMM-REP-1999-05 (1999), damping; Transtrum and
    Sethna, arXiv:1201.5885 (2012), geodesic acceleration; Bates and Watts, Technometrics 23, 179 (1981), the
    stopping rule.
    """
    task = _Task(residuals, jacobian, lower, upper, free, max_iterations)
    with np.errstate(all="ignore"):
        here = _point(task, start)
        if not np.isfinite(here.ss):
            return Minimum(here.theta, here.residuals, jacobian(start), here.ss, False, free)
        return _search(task, here)


def _search(task: _Task, here: _Point) -> Minimum:
    damping, idle, best, tried, small = _FIRST_DAMPING, 0, np.inf, 0, False
    sizes = np.zeros(here.theta.size)
    while True:
        derivatives = task.jacobian(here.theta)
        sizes = np.maximum(_MEMORY * sizes, np.sqrt(np.einsum("ij,ij->j", derivatives, derivatives)))
        moving = task.free & ~_held(task, here, derivatives)
        plane = _plane(here, derivatives, moving, sizes)
        if plane is None:
            break
        left = float(np.sqrt(plane.projected @ plane.projected))
        small = left <= max(_GOOD_ENOUGH * np.sqrt(here.ss), 16.0 * plane.floor)
        idle, best = (0, left) if left < 0.5 * best else (idle + small, best)
        if left <= max(_OFFSET * np.sqrt(here.ss), plane.floor) or idle > _MAX_IDLE:
            break
        there, damping, tried = _advance(task, here, plane, damping, tried)
        if there is None:
            break
        here = there
    return Minimum(here.theta, here.residuals, derivatives, here.ss, small, moving)


def _advance(
    task: _Task, here: _Point, plane: _Plane, damping: float, tried: int
) -> tuple[_Point | None, float, int]:
    """Damp until a step leads to a better point; return it, the next damping, and how many steps were tried."""
    growth = 2.0
    while damping < _LARGEST_DAMPING and tried < task.max_iterations:
        tried += 1
        there, gain = _try_step(task, here, plane, damping)
        if there is not None:
            return there, damping * max(0.1, 1.0 - (2.0 * min(gain, 1.0) - 1.0) ** 3), tried
        damping, growth = max(damping, 1e-15) * growth, 2.0 * growth
    return None, damping, tried


def _point(task: _Task, theta: Vector) -> _Point:
    values = np.asarray(task.residuals(theta), dtype=np.float64)
    ss = float(values @ values)
    return _Point(theta, values, ss if np.isfinite(ss) else np.inf)


def _held(task: _Task, here: _Point, jacobian: Vector) -> NDArray[np.bool_]:
    """Return which parameters stand at a bound and would leave it downhill."""
    at_lower, at_upper = here.theta <= task.lower, here.theta >= task.upper
    if not (at_lower.any() or at_upper.any()):
        return at_lower
    gradient = jacobian.T @ here.residuals
    held: NDArray[np.bool_] = (at_lower & (gradient >= 0)) | (at_upper & (gradient <= 0))
    return held


def _plane(here: _Point, derivatives: Vector, moving: NDArray[np.bool_], sizes: Vector) -> _Plane | None:
    if not np.isfinite(derivatives).all():
        return None
    jacobian, size = derivatives[:, moving], sizes[moving]
    scale = np.where(size > 0, size, 1.0)
    left, values, directions = np.linalg.svd(jacobian / scale, full_matrices=False)
    known = values > 1e-15 * max(jacobian.shape) * values.max(initial=0.0)
    projected = np.where(known, left.T @ here.residuals, 0.0)
    floor = 2e-16 * float(np.max(np.abs(here.theta[moving]) * size, initial=0.0))
    return _Plane(moving, jacobian, scale, left, values, directions, projected, floor)


def _try_step(task: _Task, here: _Point, plane: _Plane, damping: float) -> tuple[_Point | None, float]:
    """Return the next point and its gain, as a part of what the linear model promised; None if it is no better."""
    filtered = plane.values / (plane.values**2 + damping)
    velocity = -((filtered * plane.projected) @ plane.directions)
    promised = here.ss - _sum_of_squares(here.residuals + plane.jacobian @ (velocity / plane.scale))
    if promised > 1e-3 * here.ss:
        bend = _acceleration(task, here, plane, velocity, filtered)
        if not bend @ bend <= _CURVED**2 * (velocity @ velocity):
            return None, 0.0
        velocity += bend
    theta = here.theta.copy()
    theta[plane.moving] += velocity / plane.scale
    theta = np.where(plane.moving, np.minimum(np.maximum(theta, task.lower), task.upper), theta)
    linear = here.residuals + plane.jacobian @ (theta - here.theta)[plane.moving]
    promised = max(promised, here.ss - _sum_of_squares(linear)) if promised > 1e-3 * here.ss else promised
    there = _point(task, theta)
    if promised <= _ROUNDING * here.ss:
        return (there, 1.0) if there.ss <= here.ss * (1.0 + _ROUNDING) else (None, 0.0)
    gain = (here.ss - there.ss) / promised
    return (there, gain) if gain > 1e-4 else (None, gain)


def _acceleration(task: _Task, here: _Point, plane: _Plane, velocity: Vector, filtered: Vector) -> Vector:
    """Return the correction of a step for the curvature of the residuals along it, in scaled parameters."""
    step = np.zeros(here.theta.size)
    step[plane.moving] = velocity / plane.scale
    ahead = np.asarray(task.residuals(here.theta + _PROBE * step), dtype=np.float64)
    slope = plane.jacobian @ step[plane.moving]
    curvature = 2.0 / _PROBE * ((ahead - here.residuals) / _PROBE - slope)
    bend: Vector = -0.5 * ((filtered * (plane.left.T @ curvature)) @ plane.directions)
    return bend


def _sum_of_squares(values: Vector) -> float:
    return float(values @ values)
