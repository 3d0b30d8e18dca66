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
_MAX_ITERATIONS = 2000
_MAX_IDLE = 12
_FORGET = 0.9


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
    n_iterations : int
        Steps that were tried.
    """

    theta: Vector
    residuals: Vector
    jacobian: Vector
    ss: float
    converged: bool
    free: NDArray[np.bool_]
    n_iterations: int


@dataclass(frozen=True, eq=False)
class _Point:
    theta: Vector
    residuals: Vector
    ss: float


@dataclass(frozen=True, eq=False)
class _Plane:
    """The linear model at a point, over the parameters that may move, with columns of unit length."""

    moving: NDArray[np.intp]
    jacobian: Vector
    scale: Vector
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
    damping: float = _FIRST_DAMPING,
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
    damping : float
        Damping of the first step, in units of the largest column.

    Returns
    -------
    Minimum
        The best point found.

    Notes
    -----
    Columns are scaled to unit length, so that the path does not depend on units. Near the minimum, where the sum
    of squares is flat to rounding, steps go on until the projection of the residuals on the tangent plane (the
    relative offset of Bates and Watts) is negligible: the sum of squares alone gives parameters only to half
    the digits.

    References
    ----------
    Moré, Lect. Notes Math. 630, 105 (1978), scaling; Nielsen, IMM-REP-1999-05 (1999), damping; Bates and Watts,
    Technometrics 23, 179 (1981), the stopping rule.
    """
    with np.errstate(all="ignore"):
        here = _point(residuals, start)
        if not np.isfinite(here.ss):
            return Minimum(here.theta, here.residuals, jacobian(start), here.ss, False, free, 0)
        return _search(residuals, jacobian, here, lower, upper, free, damping)


def _search(
    residuals: VectorFunction,
    jacobian: VectorFunction,
    here: _Point,
    lower: Vector,
    upper: Vector,
    free: NDArray[np.bool_],
    damping: float,
) -> Minimum:
    growth, idle, best, tried, small = 2.0, 0, np.inf, 0, False
    sizes = np.zeros(here.theta.size)
    while True:
        derivatives = jacobian(here.theta)
        moving = free & ~_held(here, derivatives, lower, upper)
        sizes = np.maximum(_FORGET * sizes, np.sqrt(np.einsum("ij,ij->j", derivatives, derivatives)))
        plane = (
            _plane(here, derivatives, np.flatnonzero(moving), sizes) if np.isfinite(derivatives).all() else None
        )
        left = 0.0 if plane is None else float(np.linalg.norm(plane.projected))
        small = plane is not None and left <= max(_GOOD_ENOUGH * np.sqrt(here.ss), plane.floor)
        idle, best = (0, left) if left < 0.5 * best else (idle + small, best)
        if plane is None or left <= max(_OFFSET * np.sqrt(here.ss), plane.floor) or idle > _MAX_IDLE:
            break
        there = None
        while there is None and damping < _LARGEST_DAMPING and tried < _MAX_ITERATIONS:
            tried += 1
            there, gain = _try_step(residuals, here, plane, damping, lower, upper)
            if there is None:
                damping, growth = max(damping, 1e-15) * growth, 2.0 * growth
        if there is None:
            break
        here, growth = there, 2.0
        damping *= max(0.1, 1.0 - (2.0 * min(gain, 1.0) - 1.0) ** 3)
    return Minimum(here.theta, here.residuals, derivatives, here.ss, small, moving, tried)


def _point(residuals: VectorFunction, theta: Vector) -> _Point:
    values = np.asarray(residuals(theta), dtype=np.float64)
    ss = float(values @ values)
    return _Point(theta, values, ss if np.isfinite(ss) else np.inf)


def _held(here: _Point, jacobian: Vector, lower: Vector, upper: Vector) -> NDArray[np.bool_]:
    """Return which parameters stand at a bound and would leave it downhill."""
    at_lower, at_upper = here.theta <= lower, here.theta >= upper
    if not (at_lower.any() or at_upper.any()):
        return at_lower
    gradient = jacobian.T @ here.residuals
    held: NDArray[np.bool_] = (at_lower & (gradient >= 0)) | (at_upper & (gradient <= 0))
    return held


def _plane(here: _Point, jacobian: Vector, moving: NDArray[np.intp], sizes: Vector) -> _Plane | None:
    columns = jacobian[:, moving]
    size = sizes[moving]
    scale = np.where(size > 0, size, 1.0)
    left, values, directions = np.linalg.svd(columns / scale, full_matrices=False)
    known = values > 1e-15 * max(columns.shape) * values.max(initial=0.0)
    projected = np.where(known, left.T @ here.residuals, 0.0)
    floor = 2e-16 * float(np.max(np.abs(here.theta[moving]) * size, initial=0.0))
    return _Plane(moving, columns, scale, values, directions, projected, floor)


def _try_step(
    residuals: VectorFunction, here: _Point, plane: _Plane, damping: float, lower: Vector, upper: Vector
) -> tuple[_Point | None, float]:
    """Return the next point and what it gained of what the linear model promised, or None where it is no better."""
    weights = plane.projected * plane.values / (plane.values**2 + damping)
    theta = here.theta.copy()
    theta[plane.moving] -= (weights @ plane.directions) / plane.scale
    theta = (
        np.minimum(np.maximum(theta, lower), upper)
        if plane.moving.size == theta.size
        else _clip(theta, plane.moving, lower, upper)
    )
    expected = here.residuals + plane.jacobian @ (theta - here.theta)[plane.moving]
    promised = here.ss - float(expected @ expected)
    there = _point(residuals, theta)
    if promised <= _ROUNDING * here.ss:
        return (there, 1.0) if there.ss <= here.ss * (1.0 + _ROUNDING) else (None, 0.0)
    gain = (here.ss - there.ss) / promised
    return (there, gain) if gain > 1e-4 else (None, gain)


def _clip(theta: Vector, moving: NDArray[np.intp], lower: Vector, upper: Vector) -> Vector:
    clipped = theta.copy()
    clipped[moving] = np.clip(theta[moving], lower[moving], upper[moving])
    return clipped
