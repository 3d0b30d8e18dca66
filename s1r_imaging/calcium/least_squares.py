"""Nonlinear least squares for many traces at once.

References
----------
Levenberg–Marquardt: Nocedal & Wright, Numerical Optimization, 2nd ed. (2006), section 10.3.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.calcium.arrays import Array

_N_STEPS = 30
_DIFFERENCE = 1e-5
_SETTLED = 1e-5  # relative change of the cost that ends the search


@dataclass(frozen=True)
class Problem:
    """Penalised least squares: the same model for n traces, each with its own k parameters.

    The first parameter is an offset and the second an amplitude: the curve is p₀ + p₁ · shape(p₂, …), and its
    derivatives by these two need no further curve.

    Attributes
    ----------
    shape : callable
        The other parameters (n, k − 2) of any n traces to shapes (n, m).
    y, weight : array, shape (n, m)
        Traces and 1 / noise SD; 0 where a sample is missing.
    low, high, reach : array, shape (k,)
        Bounds, and the longest step.
    prior_mean, prior_precision : array, shape (k,) and (k, k)
        Normal prior; precision 0 where there is none.
    """

    shape: Callable[[Array], Array]
    y: Array
    weight: Array
    low: Array
    high: Array
    reach: Array
    prior_mean: Array
    prior_precision: Array

    def solve(self, start: Array) -> tuple[Array, Array]:
        """Take Levenberg–Marquardt steps in all traces at once; a trace moves only where it improves.

        Parameters
        ----------
        start : array, shape (n, k)
            Starting values.

        Returns
        -------
        p : array, shape (n, k)
            Parameters.
        cost : array, shape (n,)
            Chi-square plus penalty.
        """
        p = np.clip(start, self.low, self.high)
        cost = np.empty(len(p))
        active = np.arange(len(p))
        state = _State(p, self.shape(p[:, 2:]), np.full(len(p), 1e-2))
        state_cost = self._cost(state.p, state.shape, active)
        for _ in range(_N_STEPS):
            step = np.clip(self._step(state, active), -self.reach, self.reach)
            proposal = np.clip(state.p + step, self.low, self.high)
            proposed_shape = self.shape(proposal[:, 2:])
            proposed_cost = self._cost(proposal, proposed_shape, active)
            better = proposed_cost < state_cost
            going_on = np.abs(state_cost - proposed_cost) > _SETTLED * (
                1.0 + np.minimum(state_cost, proposed_cost)
            )
            state.p[better], state.shape[better] = proposal[better], proposed_shape[better]
            state_cost[better] = proposed_cost[better]
            state.damping = np.clip(np.where(better, state.damping / 8.0, state.damping * 6.0), 1e-9, 1e9)
            p[active], cost[active] = state.p, state_cost
            if not going_on.any():
                break
            active, state_cost = active[going_on], state_cost[going_on]
            state = _State(state.p[going_on], state.shape[going_on], state.damping[going_on])
        return p, cost

    def _cost(self, p: Array, shape: Array, rows: NDArray[np.intp]) -> Array:
        away = p - self.prior_mean
        penalty = np.sum(away @ self.prior_precision * away, axis=1)
        residual = (self.y[rows] - _curve(p, shape)) * self.weight[rows]
        cost: Array = np.einsum("ij,ij->i", residual, residual) + penalty
        return cost

    def _step(self, state: "_State", rows: NDArray[np.intp]) -> Array:
        weight = self.weight[rows]
        jacobian = self._jacobian(state.p, state.shape, weight)
        residual = (self.y[rows] - _curve(state.p, state.shape)) * weight
        gradient = (jacobian @ residual[..., None])[..., 0]
        gradient += (self.prior_mean - state.p) @ self.prior_precision
        curvature = jacobian @ jacobian.transpose(0, 2, 1) + self.prior_precision
        diagonal = np.einsum("ijj->ij", curvature)
        damped = state.damping[:, None] * diagonal + 1e-12 * diagonal.max(axis=1, keepdims=True) + 1e-300
        curvature = curvature + np.eye(diagonal.shape[1]) * damped[:, None, :]
        return np.asarray(np.linalg.solve(curvature, gradient[..., None])[..., 0], dtype=np.float64)

    def _jacobian(self, p: Array, shape: Array, weight: Array) -> Array:
        """Return weighted derivatives, shape (n, k, m): by forward differences where the curve is not linear."""
        jacobian = np.empty((*p.shape, shape.shape[1]))
        jacobian[:, 0] = weight
        jacobian[:, 1] = shape * weight
        scale = weight * (p[:, 1:2] / _DIFFERENCE)
        for k in range(2, p.shape[1]):
            moved = p[:, 2:].copy()
            moved[:, k - 2] += _DIFFERENCE
            jacobian[:, k] = (self.shape(moved) - shape) * scale
        return jacobian


def _curve(p: Array, shape: Array) -> Array:
    curve: Array = p[:, :1] + p[:, 1:2] * shape
    return curve


@dataclass
class _State:
    """Parameters, shapes and damping of the traces still moving."""

    p: Array
    shape: Array
    damping: Array
