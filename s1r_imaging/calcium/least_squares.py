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

    Attributes
    ----------
    model : callable
        Parameters (n, k) of any n traces to curves (n, m).
    y, weight : array, shape (n, m)
        Traces and 1 / noise SD; 0 where a sample is missing.
    low, high, reach : array, shape (k,)
        Bounds, and the longest step.
    prior_mean, prior_precision : array, shape (k,) and (k, k)
        Normal prior; precision 0 where there is none.
    """

    model: Callable[[Array], Array]
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
        state = _State(p, self.model(p), np.full(len(p), 1e-2))
        state_cost = self._cost(state.p, state.curve, active)
        for _ in range(_N_STEPS):
            step = np.clip(self._step(state, active), -self.reach, self.reach)
            proposal = np.clip(state.p + step, self.low, self.high)
            proposed_curve = self.model(proposal)
            proposed_cost = self._cost(proposal, proposed_curve, active)
            better = proposed_cost < state_cost
            going_on = np.abs(state_cost - proposed_cost) > _SETTLED * (
                1.0 + np.minimum(state_cost, proposed_cost)
            )
            state.p[better], state.curve[better] = proposal[better], proposed_curve[better]
            state_cost[better] = proposed_cost[better]
            state.damping = np.clip(np.where(better, state.damping / 8.0, state.damping * 6.0), 1e-9, 1e9)
            p[active], cost[active] = state.p, state_cost
            if not going_on.any():
                break
            active, state_cost = active[going_on], state_cost[going_on]
            state = _State(state.p[going_on], state.curve[going_on], state.damping[going_on])
        return p, cost

    def _cost(self, p: Array, curve: Array, rows: NDArray[np.intp]) -> Array:
        away = p - self.prior_mean
        penalty = np.sum(away @ self.prior_precision * away, axis=1)
        cost: Array = np.sum(((self.y[rows] - curve) * self.weight[rows]) ** 2, axis=1) + penalty
        return cost

    def _step(self, state: "_State", rows: NDArray[np.intp]) -> Array:
        weight = self.weight[rows]
        jacobian = self._jacobian(state.p, state.curve, weight)
        transposed = jacobian.transpose(0, 2, 1)
        gradient = (transposed @ ((self.y[rows] - state.curve) * weight)[..., None])[..., 0]
        gradient += (self.prior_mean - state.p) @ self.prior_precision
        curvature = transposed @ jacobian + self.prior_precision
        diagonal = np.einsum("ijj->ij", curvature)
        damped = state.damping[:, None] * diagonal + 1e-12 * diagonal.max(axis=1, keepdims=True) + 1e-300
        curvature = curvature + np.eye(diagonal.shape[1]) * damped[:, None, :]
        return np.asarray(np.linalg.solve(curvature, gradient[..., None])[..., 0], dtype=np.float64)

    def _jacobian(self, p: Array, curve: Array, weight: Array) -> Array:
        """Return weighted derivatives by forward differences, shape (n, m, k)."""
        jacobian = np.empty((*curve.shape, p.shape[1]))
        for k in range(p.shape[1]):
            step = np.zeros(p.shape[1])
            step[k] = _DIFFERENCE
            jacobian[..., k] = self.model(p + step) - curve
        jacobian *= weight[..., None] / _DIFFERENCE
        return jacobian


@dataclass
class _State:
    """Parameters, curves and damping of the traces still moving."""

    p: Array
    curve: Array
    damping: Array
