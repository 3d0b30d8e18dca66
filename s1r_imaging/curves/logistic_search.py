"""Thousands of four-parameter logistic curves: Newton's method in the two parameters that are not linear.

A curve is bottom + span p with p = 1/(1 + exp(−z)) and z = offset + slope X, where X = ln x less a centre is the
same for all curves. For each offset and slope the best bottom and span follow by linear regression (variable
projection: Golub & Pereyra, SIAM J. Numer. Anal. 10, 413 (1973)), so that a step solves two equations in closed
form, and all sums over the points that the second derivatives need are matrix products with 1, X and X².
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.curves.batch_search import Batch, BatchMinimum
from s1r_imaging.curves.equation import log10_molar
from s1r_imaging.curves.logistic import logistic_4

Vector = NDArray[np.float64]

_LN10 = float(np.log(10.0))
_BLOCK = 4096  # curves at a time: enough for few calls, few enough for small arrays
_MAX_ITERATIONS = 16  # a curve that needs more is a hard one: the general search takes it
_NEAR = 3e-6  # (the error after a step of Newton's method is of the order of its square)
_ROUNDING = 1e-12
_EXACT = 1e-14
_DEFINITE = 1e-9
_FIRST_DAMPING = 0.03


class _Place(NamedTuple):
    """Sums over the points of each curve at its offset and slope; a pair or a triple is by powers of X."""

    offset: Vector
    slope: Vector
    bottom: Vector
    span: Vector
    ss: Vector
    w: Vector
    wp: Vector
    wpp: Vector
    ws: Vector  # (s = dp/dz)
    wsp: Vector
    wss: Vector
    wsr: Vector  # (r = residual)
    wqr: Vector  # (q = d²p/dz²)

    def take(self, chosen: NDArray[np.intp]) -> "_Place":
        return _Place(*(values.take(chosen, axis=-1) for values in self))

    def where(self, chosen: NDArray[np.bool_], other: "_Place") -> "_Place":
        if chosen.all():
            return self
        return _Place(*(np.where(chosen, mine, its) for mine, its in zip(self, other, strict=True)))


def is_plain_logistic(task: Batch) -> bool:
    """Tell whether all four parameters of a logistic curve are fitted, without bounds.

    Parameters
    ----------
    task : Batch
        What all curves have in common.

    Returns
    -------
    bool
        Whether `minimise_logistic` applies.
    """
    unbounded = bool(np.isinf(task.lower).all() and np.isinf(task.upper).all())
    return task.equation.function is logistic_4 and task.free.size == 4 and task.x.ndim == 1 and unbounded


def minimise_logistic(task: Batch, y: Vector, weights: Vector, start: Vector, within: Vector) -> BatchMinimum:
    """Minimise the weighted sums of squares of four-parameter logistic curves that are easy to fit.

    Parameters
    ----------
    task : Batch
        What all curves have in common, for which `is_plain_logistic`.
    y, weights : array, shape (m, n)
        Curves and weights; a weight of 0 leaves a point out.
    start : array, shape (m, 4)
        Where to begin.
    within : array, shape (m,)
        Sums of squares that no parameter can change, of replicates about their mean.

    Returns
    -------
    BatchMinimum
        One row for each curve; NaN where it has not converged, for the general search.
    """
    m = len(y)
    found = BatchMinimum(
        np.full((m, 4), np.nan), np.full(m, np.nan), np.zeros(m, np.bool_), np.full((m, 4, 4), np.nan)
    )
    position = log10_molar(task.x)
    present = position[task.x > 0]
    if not present.size:
        return found
    centre = float(present.mean())
    natural = _LN10 * (position - centre)
    powers = np.stack([np.ones_like(natural), natural, natural**2])
    with np.errstate(all="ignore"):
        for first in range(0, m, _BLOCK):
            rows = np.arange(first, min(first + _BLOCK, m))
            slope = start[rows, 3]
            offset = -slope * _LN10 * (start[rows, 2] - centre)
            _search(
                found, rows, powers, centre, y[rows].T.copy(), weights[rows].T.copy(), within[rows], offset, slope
            )
        turned = (found.theta[:, 0] > found.theta[:, 1]) != (start[:, 0] > start[:, 1])
        _turn(found, np.flatnonzero(turned & found.converged))
    return found


def _turn(found: BatchMinimum, rows: NDArray[np.intp]) -> None:
    """Exchange bottom and top, with the slope's sign, where they have changed places since the start."""
    order, sign = [1, 0, 2, 3], np.array([1.0, 1.0, 1.0, -1.0])
    found.theta[rows] = found.theta[rows][:, order] * sign
    found.normal[rows] = found.normal[rows][:, order][:, :, order] * sign * sign[:, None]


def _search(  # noqa: PLR0917
    found: BatchMinimum,
    rows: NDArray[np.intp],
    powers: Vector,
    centre: float,
    y: Vector,
    weights: Vector,
    within: Vector,
    offset: Vector,
    slope: Vector,
) -> None:
    """Search the minima of some curves, whose arrays are (n, m), and write those found into their rows."""
    here = _evaluate(powers, y, weights, within, offset, slope)
    damping = np.zeros(rows.size)
    going = (weights > 0).sum(axis=0) > 4
    for _ in range(_MAX_ITERATIONS):
        if not going.all():
            kept = np.flatnonzero(going)
            rows, damping, within, here = rows[kept], damping[kept], within[kept], here.take(kept)
            y, weights = y.take(kept, axis=1), weights.take(kept, axis=1)
        if not rows.size:
            break
        by_offset, by_slope, left, newton = _steps(here, damping)
        there = _evaluate(powers, y, weights, within, here.offset + by_offset, here.slope + by_slope)
        better = there.ss <= here.ss * (1.0 + _ROUNDING)
        here = there.where(better, here)
        ended = newton & ((better & (left <= _NEAR * np.sqrt(here.ss))) | (left <= _floor(here)))
        done = np.flatnonzero(ended)
        if done.size:
            _write(found, rows[done], here.take(done), centre)
        damping = np.where(better, np.where(damping > 0.01, 0.1 * damping, 0.0), 8.0 * damping)
        damping = np.where(better | (damping > 0), damping, _FIRST_DAMPING)
        going = ~ended & np.isfinite(here.ss)


def _evaluate(powers: Vector, y: Vector, weights: Vector, within: Vector, offset: Vector, slope: Vector) -> _Place:  # noqa: PLR0917
    part = np.multiply(powers[1][:, None], -slope)
    part -= offset
    np.exp(part, out=part)
    part += 1.0
    np.reciprocal(part, out=part)
    weighted = weights * part
    w, wy = weights.sum(axis=0), _dot(weights, y)
    wp, wpp = weighted.sum(axis=0), _dot(weighted, part)
    span = (w * _dot(weighted, y) - wp * wy) / (w * wpp - wp * wp)
    bottom = (wy - span * wp) / w
    residuals = part * span
    residuals += bottom
    residuals -= y
    ss = np.einsum("nm,nm,nm->m", weights, residuals, residuals) + within
    steep = 1.0 - part
    ws = weighted * steep
    steep *= part
    wss = powers @ (ws * steep)
    wsp = powers[:2] @ (ws * part)
    residuals *= ws
    wsr = powers @ residuals
    residuals *= part
    wqr = wsr - 2.0 * (powers @ residuals)
    return _Place(offset, slope, bottom, span, ss, w, wp, wpp, powers[:2] @ ws, wsp, wss, wsr, wqr)


def _dot(one: Vector, other: Vector) -> Vector:
    product: Vector = np.einsum("nm,nm->m", one, other)
    return product


def _steps(here: _Place, damping: Vector) -> tuple[Vector, Vector, Vector, NDArray[np.bool_]]:
    """Return steps (m,), how much the residuals can be lowered (m,), and whether these are Newton's steps."""
    gradient = here.span * here.wsr[:2]
    first, mixed, second = _curvature(here, 1.0)
    definite = (first > 0) & (second > 0) & (mixed**2 < (1.0 - _DEFINITE) * first * second)
    plain = definite & (damping == 0)
    if not plain.all():  # where the surface is no bowl, the step is that of Gauss and Newton, damped
        gauss = _curvature(here, 0.0)
        first, mixed, second = np.where(definite, (first, mixed, second), gauss)
        extra = np.maximum(damping, np.where(definite, 0.0, _FIRST_DAMPING))
        first, second = first + extra * np.abs(gauss[0]), second + extra * np.abs(gauss[2])
    determinant = first * second - mixed**2
    by_offset = (mixed * gradient[1] - second * gradient[0]) / determinant
    by_slope = (mixed * gradient[0] - first * gradient[1]) / determinant
    left = np.sqrt(-(by_offset * gradient[0] + by_slope * gradient[1]))
    return by_offset, by_slope, left, plain


def _curvature(here: _Place, full: float) -> Vector:
    """Return second derivatives (3, m) of half the sum of squares when bottom and span follow.

    ``full`` is 1 with the second derivatives of the curve, 0 without (Gauss and Newton's).
    """
    one, two = here.span * here.ws, here.span * here.wsp + full * here.wsr[:2]
    scale = 1.0 / (here.w * here.wpp - here.wp**2)
    by_one, by_two = (here.wpp * one - here.wp * two) * scale, (here.w * two - here.wp * one) * scale
    curvature = here.span**2 * here.wss + (full * here.span) * here.wqr
    curvature[:2] -= by_one[0] * one + by_two[0] * two
    curvature[2] -= by_one[1] * one[1] + by_two[1] * two[1]
    return curvature


def _floor(here: _Place) -> Vector:
    """Return how far the residuals can be lowered where only rounding is left of them (exact curves)."""
    size: Vector = np.sqrt(here.w) * (np.abs(here.bottom) + np.abs(here.span))
    return _EXACT * size


def _write(found: BatchMinimum, rows: NDArray[np.intp], here: _Place, centre: float) -> None:
    """Write minima in the parameters bottom, top, midpoint and Hill slope."""
    middle = -here.offset / here.slope
    top = here.bottom + here.span
    found.theta[rows] = np.stack([here.bottom, top, centre + middle / _LN10, here.slope], axis=1)
    found.ss[rows] = here.ss
    found.converged[rows] = True
    by_middle, by_slope = -here.span * here.slope * _LN10, here.span
    one, two = here.ws - here.wsp, here.wsp
    square = by_slope**2 * (here.wss[2] - 2.0 * middle * here.wss[1] + middle**2 * here.wss[0])
    entries = [
        [here.w - 2.0 * here.wp + here.wpp],
        [here.wp - here.wpp, here.wpp],
        [by_middle * one[0], by_middle * two[0], by_middle**2 * here.wss[0]],
        [
            by_slope * (one[1] - middle * one[0]),
            by_slope * (two[1] - middle * two[0]),
            by_middle * by_slope * (here.wss[1] - middle * here.wss[0]),
            square,
        ],
    ]
    for i, row in enumerate(entries):
        for j, values in enumerate(row):
            found.normal[rows, i, j] = found.normal[rows, j, i] = values
