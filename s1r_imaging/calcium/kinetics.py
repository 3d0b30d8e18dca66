"""Fitting one transient per cell, all cells at once, with partial pooling of their kinetics.

At signal-to-noise ratio 5 and ten samples in the half-width, no unbiased estimate from one trace alone
reaches a coefficient of variation below 25 % for the rise or 20 % for the decay (Cramér–Rao). The cells of
one recording that answer one stimulus resemble each other, though, and a mixed-effects model uses that
(`population`): each cell's log(rise / decay) and log(FWHM) are the posterior mode given its own trace and
the population's distribution. Amplitude, onset and offset of a cell are never pooled. Where a trace is precise
its own data decide; where cells differ widely the population is wide and pulls little.

References
----------
Lindstrom & Bates, Biometrics 46:673 (1990).
"""

from dataclasses import dataclass

import numpy as np

from s1r_imaging.calcium.arrays import Array
from s1r_imaging.calcium.guess import guess_transients
from s1r_imaging.calcium.least_squares import Problem
from s1r_imaging.calcium.marks import CurveKinetics
from s1r_imaging.calcium.population import Population, estimate_population
from s1r_imaging.calcium.shapes import LOG_RATIO_RANGE, SHAPES
from s1r_imaging.progress import Progress, silent

_N_PARAMETERS = 5  # offset, peak, half-rise, log(rise / decay), log(FWHM)
_RARE = 0.02  # a shape that fewer cells have is tried only on traces that can tell
_PRECISE_SNR = 15.0
_MOST_POOLED = 250


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


def pool_transients(time_s: Array, traces: Array, noise_sd: Array, *, progress: Progress = silent) -> Population:
    """Estimate what the transients of a recording have in common, from at most 250 of its cells.

    Parameters
    ----------
    time_s : array, shape (m,)
        Times (s): some baseline and the response.
    traces : array, shape (n, m)
        ΔF/F0 above the baseline, at least one row; NaN is left out.
    noise_sd : array, shape (n,)
        Noise SD of each trace.
    progress : callable, optional
        Told how much of the search for a first guess is done.

    Returns
    -------
    Population
        What `fit_transients` draws single cells to.
    """
    some = np.unique(np.linspace(0, len(traces) - 1, min(len(traces), _MOST_POOLED)).astype(np.intp))
    frames, y, weight = _prepared(time_s, traces[some], noise_sd[some])
    even_y, even_weight = _evenly_sampled(frames, y, weight)
    half_up, log_width = guess_transients(np.where(even_weight > 0, even_y, 0.0), progress=progress)
    return estimate_population(even_y, even_weight, half_up, log_width)


def fit_transients(time_s: Array, traces: Array, noise_sd: Array, population: Population) -> TransientFit:
    """Fit one transient to each trace; a trace's result does not depend on the others given.

    Parameters
    ----------
    time_s : array, shape (m,)
        Times (s): some baseline and the response.
    traces : array, shape (n, m)
        ΔF/F0 above the baseline; NaN is left out.
    noise_sd : array, shape (n,)
        Noise SD of each trace.
    population : Population
        From `pool_transients`.

    Returns
    -------
    TransientFit
        One transient per trace.
    """
    frames, y, weight = _prepared(time_s, traces, noise_sd)
    even_y, even_weight = _evenly_sampled(frames, y, weight)
    half_up, log_width = guess_transients(np.where(even_weight > 0, even_y, 0.0))
    score = np.full((len(SHAPES), len(y)), -np.inf)
    parameters = np.zeros((len(SHAPES), len(y), _N_PARAMETERS))
    precise = np.max(y, axis=1, initial=0.0) * weight.max(axis=1, initial=0.0) > _PRECISE_SNR
    for index in range(len(SHAPES)):
        rows = precise | (population.share[index] > _RARE)
        if rows.any():
            guess = (half_up[rows], log_width[rows])
            fit = _fit_shape(index, population, frames, (y[rows], weight[rows]), guess)
            parameters[index, rows], score[index, rows] = fit
    return _average(time_s[0], float(np.median(np.diff(time_s))), frames, parameters, score)


def _prepared(time_s: Array, traces: Array, noise_sd: Array) -> tuple[Array, Array, Array]:
    """Return times in frames, traces without NaN, and the weights of their samples."""
    frames = (time_s - time_s[0]) / float(np.median(np.diff(time_s)))
    known = np.isfinite(traces)
    y = np.where(known, traces, 0.0)
    floor = 1e-5 * np.max(np.abs(y), axis=1, initial=1e-300)
    return frames, y, known / np.maximum(noise_sd, floor)[:, None]


def _evenly_sampled(frames: Array, y: Array, weight: Array) -> tuple[Array, Array]:
    """Resample on whole frames; nothing is done to an even time axis."""
    even = np.arange(np.floor(frames[-1] + 0.5) + 1.0)
    if len(even) == len(frames) and np.allclose(even, frames, atol=0.01):
        return y, weight
    resampled = np.stack([np.interp(even, frames, row) for row in y])
    nearest = np.argmin(np.abs(even[:, None] - frames), axis=1)
    return resampled, weight[:, nearest]


def _fit_shape(
    index: int, population: Population, frames: Array, data: tuple[Array, Array], guess: tuple[Array, Array]
) -> tuple[Array, Array]:
    """Fit one shape to each trace; return the parameters and the log posterior but for a constant."""
    shape = SHAPES[index]
    mean = np.zeros(_N_PARAMETERS)
    mean[3:] = population.mean[index]
    precision = np.zeros((_N_PARAMETERS, _N_PARAMETERS))
    precision[3:, 3:] = np.linalg.inv(population.covariance[index])
    (y, weight), (half_up, log_width) = data, guess
    height = np.max(np.abs(y), axis=1, initial=1e-300)

    def curve(p: Array) -> Array:
        at, log_ratio, width = (column[:, None] for column in p.T)
        return shape.curve(frames - at, log_ratio, width)

    last = frames[-1]
    problem = Problem(
        shape=curve,
        y=y / height[:, None],
        weight=weight * height[:, None],
        low=np.array([-10.0, 1e-6, -last, LOG_RATIO_RANGE[0], np.log(0.5)]),
        high=np.array([10.0, 10.0, 2.0 * last, LOG_RATIO_RANGE[1], np.log(10.0 * last)]),
        reach=np.array([1.0, 1.0, 2.0 + 0.5 * float(np.exp(mean[4])), 0.7, 0.5]),
        prior_mean=mean,
        prior_precision=precision,
    )
    log_ratio = np.full(len(y), mean[3])
    start = np.column_stack([np.zeros(len(y)), np.ones(len(y)), half_up, log_ratio, log_width])
    p, cost = problem.solve(start)
    p[:, :2] *= height[:, None]
    log_prior = np.log(population.share[index]) + 0.5 * np.linalg.slogdet(precision[3:, 3:])[1]
    return p, log_prior - 0.5 * cost


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
        offset, peak, half_up, log_ratio, log_width = p[rows].T
        curve = shape.curve(frames - half_up[:, None], log_ratio[:, None], log_width[:, None])
        fitted[rows] += part[rows, None] * (offset[:, None] + peak[:, None] * curve)
        k = shape.kinetics(half_up, log_ratio, log_width)
        linear[:, rows] += part[rows] * np.stack([offset, half_up])
        rises = [k.peak_s - half_up, half_up - k.rise_10_s, k.rise_90_s - half_up]
        positive = [np.log(peak), log_width, *np.log(rises), np.log(shape.decay_s(log_ratio, log_width))]
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
