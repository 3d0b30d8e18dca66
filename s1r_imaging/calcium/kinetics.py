"""Fitting one transient per cell, all cells at once, with partial pooling of their kinetics.

At signal-to-noise ratio 5 and ten samples in the half-width, no unbiased estimate from one trace alone
reaches a coefficient of variation below 25 % for the rise or 20 % for the decay (Cramér–Rao). The cells of
one recording that answer one stimulus resemble each other, though, and a mixed-effects model uses that: the
logarithms of rise time and decay constant come from a population whose mean and covariance are estimated
from all cells (expectation–maximisation with Laplace's approximation), and each cell's values are the
posterior mode. Amplitude, onset and offset of a cell are never pooled. Where a trace is precise its own
data decide; where cells differ widely the population is wide and pulls little.

References
----------
Lindstrom & Bates, Biometrics 46:673 (1990); Pinheiro & Bates, Mixed-Effects Models in S and S-PLUS (2000);
Levenberg–Marquardt: Nocedal & Wright, Numerical Optimization, 2nd ed., section 10.3.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.calcium.shapes import SHAPES, Array, CurveKinetics, Shape, shape_kinetics
from s1r_imaging.calcium.templates import first_guess

N_PARAMETERS = 5  # offset, log amplitude, onset, log rise, log decay
_POPULATION_ROUNDS = 12
_LOG_RATIOS = np.log([0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 10.0])
_RATIO_SD = 1.5  # weak prior on log(rise / decay)
_PRIOR_SD = 0.4  # where the population's SD starts, and what it is held to by few cells
_PRIOR_CELLS = 3.0
_TAIL = 4.0  # degrees of freedom of the population: cells unlike the rest are pulled less


@dataclass(frozen=True)
class TransientFit:
    """One fitted transient per cell.

    Attributes
    ----------
    shape : array of int, shape (n,)
        Index into `SHAPES`.
    offset, amplitude, onset_s, rise_s, decay_s : array, shape (n,)
        Parameters of the curve ``offset + amplitude * shape(t - onset_s, rise_s, decay_s)``.
    fitted : array, shape (n, m)
        That curve at the samples.
    """

    shape: NDArray[np.intp]
    offset: Array
    amplitude: Array
    onset_s: Array
    rise_s: Array
    decay_s: Array
    fitted: Array

    @property
    def kinetics(self) -> CurveKinetics:
        """Kinetics of the fitted curves, times on the recording's axis."""
        columns = {name: np.full(len(self.shape), np.nan) for name in CurveKinetics.__dataclass_fields__}
        for index, shape in enumerate(SHAPES):
            rows = self.shape == index
            measured = shape_kinetics(shape, self.rise_s[rows], self.decay_s[rows])
            for name, column in columns.items():
                scale, shift = (self.amplitude, 0.0) if name == "peak" else (1.0, self.onset_s)
                column[rows] = (np.broadcast_to(shift, rows.shape) + 0.0)[rows]
                column[rows] += np.broadcast_to(scale, rows.shape)[rows] * getattr(measured, name)
        return CurveKinetics(**columns)


@dataclass(frozen=True)
class _Fit:
    """Parameters (n, 5) of one shape and their log evidence (n,)."""

    parameters: Array
    evidence: Array


def fit_transients(time_s: Array, y: Array, noise_sd: Array) -> TransientFit:
    """Fit one transient to each trace.

    Parameters
    ----------
    time_s : array, shape (m,)
        Times (s): some baseline and the response.
    y : array, shape (n, m)
        ΔF/F0; NaN is left out.
    noise_sd : array, shape (n,)
        Noise SD of each trace.

    Returns
    -------
    TransientFit
        The most probable shape and its parameters for each trace.
    """
    interval = float(np.median(np.diff(time_s)))
    data = _Data((time_s - time_s[0]) / interval, y, noise_sd)
    fits = [_fit_population(data, shape) for shape in SHAPES]
    chosen = _choose(np.stack([fit.evidence for fit in fits]))
    rows = np.arange(len(y))
    parameters = np.stack([fit.parameters for fit in fits])[chosen, rows]
    fitted = np.empty_like(data.y)
    for index, shape in enumerate(SHAPES):
        of_shape = chosen == index
        fitted[of_shape] = data.rows(of_shape).curve(shape, parameters[of_shape])
    offset, log_amplitude, onset, log_rise, log_decay = parameters.T
    return TransientFit(
        shape=chosen,
        offset=offset,
        amplitude=np.exp(log_amplitude),
        onset_s=time_s[0] + interval * onset,
        rise_s=interval * np.exp(log_rise),
        decay_s=interval * np.exp(log_decay),
        fitted=fitted,
    )


class _Data:
    """Traces with weights, on a time axis in units of the frame interval."""

    def __init__(self, t: Array, y: Array, noise_sd: Array) -> None:
        known = np.isfinite(y)
        self.t = t
        self.y = np.where(known, y, 0.0)
        floor = 1e-6 * np.max(np.abs(self.y), axis=1, initial=1e-300)
        self.weight = known / np.maximum(noise_sd, floor)[:, None]

    def rows(self, which: NDArray[np.bool_]) -> "_Data":
        """Return some of the traces."""
        part = object.__new__(_Data)
        part.t, part.y, part.weight = self.t, self.y[which], self.weight[which]
        return part

    def curve(self, shape: Shape, p: Array) -> Array:
        """Return the model, shape (n, m)."""
        offset, log_amplitude, onset, log_rise, log_decay = (column[:, None] for column in p.T)
        curve = shape.function(self.t - onset, np.exp(log_rise), np.exp(log_decay))
        return offset + np.exp(log_amplitude) * curve

    def linearise(self, shape: Shape, p: Array) -> tuple[Array, Array]:
        """Return weighted residuals (n, m) and the weighted Jacobian (n, m, 5)."""
        curve = self.curve(shape, p)
        jacobian = np.empty((*curve.shape, N_PARAMETERS))
        jacobian[..., 0] = 1.0
        jacobian[..., 1] = curve - p[:, :1]
        for k in (2, 3, 4):
            step = np.zeros(N_PARAMETERS)
            step[k] = 1e-4
            jacobian[..., k] = (self.curve(shape, p + step) - self.curve(shape, p - step)) / 2e-4
        return (self.y - curve) * self.weight, jacobian * self.weight[..., None]

    def misfit(self, shape: Shape, p: Array) -> Array:
        """Return chi-square, shape (n,)."""
        residual: Array = (self.y - self.curve(shape, p)) * self.weight
        return np.sum(residual**2, axis=1)


class _Population:
    """Distribution of (log rise, log decay) over cells: a multivariate t with mean and covariance."""

    def __init__(self, mean: Array, covariance: Array, n_cells: int) -> None:
        self.mean = mean
        self.covariance = covariance
        self.tail_weight = np.ones(n_cells)

    def precision(self) -> Array:
        """Return each cell's prior precision, shape (n, 2, 2)."""
        return self.tail_weight[:, None, None] * np.linalg.inv(self.covariance)

    def gradient(self, theta: Array) -> Array:
        """Return minus the gradient of half the penalty at `theta`, shape (n, 2)."""
        return self.tail_weight[:, None] * ((self.mean - theta) @ np.linalg.inv(self.covariance))

    def penalty(self, theta: Array) -> Array:
        """Return the penalty added to chi-square, shape (n,)."""
        away = theta - self.mean
        penalty: Array = np.sum(away @ np.linalg.inv(self.covariance) * away, axis=1)
        return self.tail_weight * penalty

    def update(self, theta: Array, posterior_covariance: Array) -> None:
        """Move to what the cells say: one step of expectation–maximisation for a multivariate t."""
        away = theta - self.mean
        spread = away[:, :, None] * away[:, None, :] + posterior_covariance
        distance = np.trace(np.linalg.inv(self.covariance) @ spread, axis1=1, axis2=2)
        self.tail_weight = (_TAIL + 2.0) / (_TAIL + distance)
        self.mean = (self.tail_weight / self.tail_weight.sum()) @ theta
        away = theta - self.mean
        spread = away[:, :, None] * away[:, None, :] + posterior_covariance
        total = np.einsum("i,ijk->jk", self.tail_weight, spread)
        self.covariance = (total + _PRIOR_CELLS * _PRIOR_SD**2 * np.eye(2)) / (len(theta) + _PRIOR_CELLS)


def _fit_population(data: _Data, shape: Shape) -> _Fit:
    """Alternate between the cells' posterior modes and the population they come from."""
    p = first_guess(data.t, data.y, data.weight, shape)
    p, log_ratio = _common_ratio(data, shape, p)
    mean = np.median(p[:, 3:], axis=0)
    mean[0] = mean[1] + log_ratio
    population = _Population(mean, _covariance(_PRIOR_SD, _PRIOR_SD), len(p))
    for _ in range(_POPULATION_ROUNDS):
        p = _maximise(data, shape, p, population, n_steps=3)
        population.update(p[:, 3:], np.linalg.inv(_curvature(data, shape, p, population))[:, 3:, 3:])
    p = _maximise(data, shape, p, population, n_steps=10)
    return _Fit(p, _evidence(data, shape, p, population))


def _common_ratio(data: _Data, shape: Shape, p: Array) -> tuple[Array, float]:
    """Find the ratio rise / decay that suits the cells best if they share it."""
    best_score, best_ratio, best_p = -np.inf, 0.0, p
    mean = np.median(p[:, 3:], axis=0)
    for log_ratio in _LOG_RATIOS:
        trial = p.copy()
        trial[:, 3] = trial[:, 4] + log_ratio
        population = _Population(np.array([mean[1] + log_ratio, mean[1]]), _covariance(1.0, 0.1), len(p))
        trial = _maximise(data, shape, trial, population, n_steps=8)
        off_typical = (log_ratio - np.log(shape.typical_ratio)) / _RATIO_SD
        score = float(np.sum(_evidence(data, shape, trial, population))) - 0.5 * off_typical**2
        if score > best_score:
            best_score, best_ratio, best_p = score, log_ratio, trial
    return best_p, best_ratio


def _covariance(scale_sd: float, ratio_sd: float) -> Array:
    """Return the covariance of (log rise, log decay) from the SDs of their mean and their difference."""
    common, opposite = np.ones((2, 2)), np.array([[1.0, -1.0], [-1.0, 1.0]])
    return scale_sd**2 * common + 0.25 * ratio_sd**2 * opposite


def _evidence(data: _Data, shape: Shape, p: Array, population: _Population) -> Array:
    """Return Laplace's approximation of the log marginal likelihood, shape (n,)."""
    _, log_prior = np.linalg.slogdet(population.precision())
    _, log_volume = np.linalg.slogdet(_curvature(data, shape, p, population))
    return 0.5 * (log_prior - log_volume - data.misfit(shape, p) - population.penalty(p[:, 3:]))


def _curvature(data: _Data, shape: Shape, p: Array, population: _Population) -> Array:
    _, jacobian = data.linearise(shape, p)
    curvature = jacobian.transpose(0, 2, 1) @ jacobian
    curvature[:, 3:, 3:] += population.precision()
    return curvature + 1e-9 * np.eye(N_PARAMETERS)


def _maximise(data: _Data, shape: Shape, p: Array, population: _Population, *, n_steps: int) -> Array:
    """Take Levenberg–Marquardt steps in all cells at once; a cell moves only where it improves."""
    damping = np.full(len(p), 1e-3)
    cost = data.misfit(shape, p) + population.penalty(p[:, 3:])
    for _ in range(n_steps):
        residual, jacobian = data.linearise(shape, p)
        curvature = jacobian.transpose(0, 2, 1) @ jacobian
        gradient = (jacobian.transpose(0, 2, 1) @ residual[..., None])[..., 0]
        curvature[:, 3:, 3:] += population.precision()
        gradient[:, 3:] += population.gradient(p[:, 3:])
        diagonal = np.einsum("ijj->ij", curvature)
        damped = curvature + np.eye(N_PARAMETERS) * (damping[:, None, None] * diagonal[:, None, :] + 1e-9)
        step = np.linalg.solve(damped, gradient[..., None])[..., 0]
        proposal = _within_reach(data.t, p, step)
        proposed_cost = data.misfit(shape, proposal) + population.penalty(proposal[:, 3:])
        better = proposed_cost < cost
        p = np.where(better[:, None], proposal, p)
        cost = np.where(better, proposed_cost, cost)
        damping = np.clip(np.where(better, damping / 5.0, damping * 5.0), 1e-9, 1e9)
    return p


def _within_reach(t: Array, p: Array, step: Array) -> Array:
    """Limit a step, and keep time constants between a tenth of a frame and ten recordings."""
    step = np.clip(step, [-np.inf, -1.0, -10.0, -0.7, -0.7], [np.inf, 1.0, 10.0, 0.7, 0.7])
    proposal = p + step
    proposal[:, 2] = np.clip(proposal[:, 2], t[0] - (t[-1] - t[0]), t[-1])
    proposal[:, 3:] = np.clip(proposal[:, 3:], np.log(0.05), np.log(10.0 * (t[-1] - t[0])))
    proposal[:, 3] = np.minimum(proposal[:, 3], proposal[:, 4] + np.log(30.0))
    return proposal


def _choose(evidence: Array) -> NDArray[np.intp]:
    """Choose each cell's shape: its own evidence times how common the shape is among all cells."""
    share = np.full(len(evidence), 1.0 / len(evidence))
    for _ in range(30):
        log_weight = evidence + np.log(share)[:, None]
        weight = np.exp(log_weight - log_weight.max(axis=0))
        share = (weight / weight.sum(axis=0)).mean(axis=1) + 1e-12
    return np.argmax(evidence + np.log(share)[:, None], axis=0)
