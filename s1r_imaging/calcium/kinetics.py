"""Fitting one transient per cell, all cells at once, with partial pooling of their kinetics.

At signal-to-noise ratio 5 and ten samples in the half-width, no unbiased estimate from one trace alone
reaches a coefficient of variation below 25 % for the rise or 20 % for the decay (Cramér–Rao). The cells of
one recording that answer one stimulus resemble each other, though, and a mixed-effects model uses that
(`population`): each cell's log(rise / decay) and log(FWHM) are the posterior mode given its own trace and
the population's distribution. Amplitude, onset and offset of a cell are never pooled. Where a trace is precise
its own data decide; where cells differ widely the population is wide and pulls little.

References
----------
Lindstrom & Bates, Biometrics 46:673 (1990). Levenberg–Marquardt: Nocedal & Wright, Numerical Optimization,
2nd ed., section 10.3.
"""

from dataclasses import dataclass

import numpy as np

from s1r_imaging.calcium.guess import guess_transients
from s1r_imaging.calcium.population import Population, estimate_population
from s1r_imaging.calcium.shapes import LOG_RATIO_RANGE, SHAPES, Array, CurveKinetics, Shape

_N_PARAMETERS = 5  # offset, log peak, half-rise, log(rise / decay), log(FWHM)
_N_STEPS = 25
_RARE = 0.02  # a shape that fewer cells have is tried only on traces that can tell
_PRECISE_SNR = 15.0


@dataclass(frozen=True)
class TransientFit:
    """One fitted transient per cell: the mean of the shapes tried, by their probability.

    Attributes
    ----------
    kinetics : CurveKinetics
        Peak above the offset and crossing times (s).
    decay_s, offset : array, shape (n,)
        Decay constant (s) and level before the transient.
    fitted : array, shape (n, m)
        The fitted curve at the samples.
    """

    kinetics: CurveKinetics
    decay_s: Array
    offset: Array
    fitted: Array


def fit_transients(time_s: Array, traces: Array, noise_sd: Array) -> TransientFit:
    """Fit one transient to each trace.

    Parameters
    ----------
    time_s : array, shape (m,)
        Times (s): some baseline and the response.
    traces : array, shape (n, m)
        ΔF/F0 above the baseline; NaN is left out.
    noise_sd : array, shape (n,)
        Noise SD of each trace.

    Returns
    -------
    TransientFit
        One transient per trace.
    """
    interval = float(np.median(np.diff(time_s)))
    frames = (time_s - time_s[0]) / interval
    known = np.isfinite(traces)
    y = np.where(known, traces, 0.0)
    floor = 1e-5 * np.max(np.abs(y), axis=1, initial=1e-300)
    weight = known / np.maximum(noise_sd, floor)[:, None]

    even_y, even_weight = _evenly_sampled(frames, y, weight)
    half_up, log_width = guess_transients(np.where(even_weight > 0, even_y, 0.0))
    population = estimate_population(even_y, even_weight, half_up, log_width)
    score = np.full((len(SHAPES), len(y)), -np.inf)
    parameters = np.zeros((len(SHAPES), len(y), _N_PARAMETERS))
    precise = np.max(y, axis=1, initial=0.0) * weight.max(axis=1, initial=0.0) > _PRECISE_SNR
    for index in range(len(SHAPES)):
        rows = precise | (population.share[index] > _RARE)
        if rows.any():
            problem = _Problem(index, population, frames, y[rows], weight[rows])
            start = problem.start(half_up[rows], log_width[rows])
            parameters[index, rows], score[index, rows] = problem.solve(start)
    return _average(time_s[0], interval, frames, parameters, score)


def _evenly_sampled(frames: Array, y: Array, weight: Array) -> tuple[Array, Array]:
    """Resample on whole frames; nothing is done to an even time axis."""
    even = np.arange(np.floor(frames[-1] + 0.5) + 1.0)
    if len(even) == len(frames) and np.allclose(even, frames, atol=0.01):
        return y, weight
    resampled = np.stack([np.interp(even, frames, row) for row in y])
    nearest = np.argmin(np.abs(even[:, None] - frames), axis=1)
    return resampled, weight[:, nearest]


class _Problem:
    """Penalised least squares of one shape for many cells; time in frames."""

    def __init__(self, index: int, population: Population, frames: Array, y: Array, weight: Array) -> None:
        self.shape: Shape = SHAPES[index]
        self.prior_mean = population.mean[index]
        self.prior_precision: Array = np.linalg.inv(population.covariance[index])
        self.log_prior = float(np.log(population.share[index]) + 0.5 * np.linalg.slogdet(self.prior_precision)[1])
        self.frames, self.y, self.weight = frames, y, weight

    def start(self, half_up: Array, log_width: Array) -> Array:
        """Return starting values from first guesses, the ratio being the population's."""
        log_ratio = np.full(len(half_up), np.clip(self.prior_mean[0], *LOG_RATIO_RANGE))
        p = np.column_stack([np.zeros_like(half_up), np.zeros_like(half_up), half_up, log_ratio, log_width])
        template = self.model(p) * (self.weight > 0)
        peak = np.sum(template * self.y, axis=1) / np.maximum(np.sum(template**2, axis=1), 1e-12)
        p[:, 1] = np.log(np.maximum(peak, 1e-3 * np.max(np.abs(self.y), axis=1, initial=1e-9)))
        return p

    def model(self, p: Array) -> Array:
        """Return the curves, shape (n, m)."""
        offset, log_peak, half_up, log_ratio, log_width = (column[:, None] for column in p.T)
        model: Array = offset + np.exp(log_peak) * self.shape.curve(self.frames - half_up, log_ratio, log_width)
        return model

    def solve(self, p: Array) -> tuple[Array, Array]:
        """Take Levenberg–Marquardt steps in all cells at once; a cell moves only where it improves.

        Returns the parameters and the log posterior, up to what all shapes have in common.
        """
        damping = np.full(len(p), 1e-2)
        curve = self.model(p)
        cost = self._cost(p, curve)
        for _ in range(_N_STEPS):
            proposal = _within_reach(self.frames, p, self._step(p, curve, damping))
            proposed_curve = self.model(proposal)
            proposed_cost = self._cost(proposal, proposed_curve)
            better = proposed_cost < cost
            settled = cost - proposed_cost < 1e-6 * (1.0 + cost)
            p = np.where(better[:, None], proposal, p)
            curve = np.where(better[:, None], proposed_curve, curve)
            cost = np.where(better, proposed_cost, cost)
            if np.all(settled & better):
                break
            damping = np.clip(np.where(better, damping / 8.0, damping * 6.0), 1e-9, 1e9)
        return p, self.log_prior - 0.5 * cost

    def _cost(self, p: Array, curve: Array) -> Array:
        away = p[:, 3:] - self.prior_mean
        penalty = np.sum(away @ self.prior_precision * away, axis=1)
        cost: Array = np.sum(((self.y - curve) * self.weight) ** 2, axis=1) + penalty
        return cost

    def _step(self, p: Array, curve: Array, damping: Array) -> Array:
        jacobian = self._jacobian(p, curve)
        transposed = jacobian.transpose(0, 2, 1)
        gradient = (transposed @ ((self.y - curve) * self.weight)[..., None])[..., 0]
        gradient[:, 3:] += (self.prior_mean - p[:, 3:]) @ self.prior_precision
        curvature = transposed @ jacobian
        curvature[:, 3:, 3:] += self.prior_precision
        diagonal = np.einsum("ijj->ij", curvature)
        damped = damping[:, None] * diagonal + 1e-12 * diagonal.max(axis=1, keepdims=True)
        curvature = curvature + np.eye(_N_PARAMETERS) * damped[:, None, :]
        return np.asarray(np.linalg.solve(curvature, gradient[..., None])[..., 0], dtype=np.float64)

    def _jacobian(self, p: Array, curve: Array) -> Array:
        """Return weighted derivatives, shape (n, m, 5), by forward differences where there is no formula."""
        jacobian = np.empty((*curve.shape, _N_PARAMETERS))
        jacobian[..., 0] = 1.0
        jacobian[..., 1] = curve - p[:, :1]
        for k in (2, 3, 4):
            step = np.zeros(_N_PARAMETERS)
            step[k] = 1e-5
            jacobian[..., k] = (self.model(p + step) - curve) / 1e-5
        jacobian *= self.weight[..., None]
        return jacobian


def _within_reach(frames: Array, p: Array, step: Array) -> Array:
    """Limit a step, and keep widths between half a frame and ten recordings."""
    last = frames[-1]
    limit = np.array([np.inf, 0.7, 0.5 * np.exp(np.median(p[:, 4])) + 2.0, 0.7, 0.5])
    proposal = p + np.clip(step, -limit, limit)
    low = [-np.inf, -np.inf, -last, LOG_RATIO_RANGE[0], np.log(0.5)]
    high = [np.inf, np.inf, 2.0 * last, LOG_RATIO_RANGE[1], np.log(10.0 * last)]
    return np.clip(proposal, low, high)


def _average(start_s: float, interval: float, frames: Array, parameters: Array, score: Array) -> TransientFit:
    """Average the shapes' answers by their probability; what is positive on a logarithmic scale."""
    probability = np.exp(score - score.max(axis=0))
    probability /= probability.sum(axis=0)
    n_cells = score.shape[1]
    fitted = np.zeros((n_cells, len(frames)))
    linear = np.zeros((2, n_cells))
    logarithms = np.zeros((6, n_cells))
    for shape, p, part in zip(SHAPES, parameters, probability, strict=True):
        rows = part > 1e-6
        if not rows.any():
            continue
        offset, log_peak, half_up, log_ratio, log_width = p[rows].T
        curve = shape.curve(frames - half_up[:, None], log_ratio[:, None], log_width[:, None])
        fitted[rows] += part[rows, None] * (offset[:, None] + np.exp(log_peak)[:, None] * curve)
        k = shape.kinetics(half_up, log_ratio, log_width)
        linear[:, rows] += part[rows] * np.stack([offset, half_up])
        rises = [k.peak_s - half_up, half_up - k.rise_10_s, k.rise_90_s - half_up]
        positive = [log_peak, log_width, *np.log(rises), np.log(shape.decay_s(log_ratio, log_width))]
        logarithms[:, rows] += part[rows] * np.stack(positive)
    offset, half_up = linear
    peak, width, to_peak, from_10, to_90, decay = np.exp(logarithms)

    def seconds(at: Array) -> Array:
        return start_s + interval * at

    kinetics = CurveKinetics(
        peak=peak,
        peak_s=seconds(half_up + to_peak),
        rise_10_s=seconds(half_up - from_10),
        rise_90_s=seconds(half_up + to_90),
        half_up_s=seconds(half_up),
        half_down_s=seconds(half_up + width),
    )
    return TransientFit(kinetics, interval * decay, offset, fitted)
