"""Responses that end in a plateau: a rise, a decay to a fraction of the peak, or no decay at all.

The curve is (1 − exp(−s/r))^k · (q + (1 − q) exp(−s/d)), s = t − onset, with k = 1 or 3 and the plateau q between
0 and 1. It has a parameter more than a transient and is not pooled over cells, so it must earn its place.
"""

import itertools
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.calcium.arrays import Array
from s1r_imaging.calcium.least_squares import Problem
from s1r_imaging.calcium.marks import CurveKinetics, curve_kinetics
from s1r_imaging.calcium.readout import time_of_peak

_POWERS = (1, 3)
_GRID = 1500
_TYPICAL_LOG_RATIO, _RATIO_SD = np.log(0.2), 1.5
_STARTS = ((0.3, 0.3), (0.8, 0.1), (1.0, 1.0))  # plateau, decay constant in recordings
_LATE = 0.25  # of the response frames, the last ones: where a plateau shows
_LATE_SD = 2.5
_SUSTAINED_GAIN = 15.0  # of chi-square, that a decay must bring for its two parameters


@dataclass(frozen=True)
class PlateauFit:
    """One fitted response with a plateau per cell.

    Attributes
    ----------
    kinetics : CurveKinetics
        Peak above the offset and crossing times (s) inside the recording; NaN beyond it.
    decay_s, plateau, offset : array, shape (n,)
        Time constant of the decay to the plateau (s), the plateau's share of the amplitude, and the level before.
    fitted : array, shape (n, m)
        The fitted curve at the samples.
    chi_square : array, shape (n,)
        Sum of squared weighted residuals.
    """

    kinetics: CurveKinetics
    decay_s: Array
    plateau: Array
    offset: Array
    fitted: Array
    chi_square: Array


def fit_plateaus(time_s: Array, y: Array, weight: Array, onset_s: Array) -> PlateauFit:
    """Fit a response with a plateau to each trace.

    Parameters
    ----------
    time_s : array, shape (m,)
        Times (s).
    y, weight : array, shape (n, m)
        Traces above their baseline and 1 / noise SD; weight 0 where a sample is missing.
    onset_s : array, shape (n,)
        First guess of the onset (s).

    Returns
    -------
    PlateauFit
        The best of all starts and powers for each trace.
    """
    interval = float(np.median(np.diff(time_s)))
    height = np.max(np.abs(y), axis=1, initial=1e-300)
    step_s = time_s[_steepest_frame(y, weight)] - interval
    best_cost = np.full(len(y), np.inf)
    best = np.zeros((len(y), 7))
    for power in _POWERS:
        for (plateau, decay), start_s in itertools.product(_STARTS, (onset_s, step_s)):
            sustained = plateau == 1.0
            problem = _problem(
                time_s, y / height[:, None], weight * height[:, None], power, 1.0 if sustained else 0.0
            )
            p = np.zeros((len(y), 6))
            p[:, 1], p[:, 2], p[:, 5] = 1.0, start_s, plateau
            p[:, 3:5] = np.log([2.0 * interval, decay * (time_s[-1] - time_s[0])])
            p, cost = problem.solve(p)
            cost = cost + (0.0 if sustained else _SUSTAINED_GAIN)
            better = cost < best_cost
            best_cost = np.where(better, cost, best_cost)
            best[better] = np.column_stack([p, np.full(len(p), power)])[better]
    return _describe(time_s, y, weight, height, best)


def is_raised_late(y: Array, weight: Array, *, n_baseline: int) -> NDArray[np.bool_]:
    """Tell which traces are still above their baseline at the end, where a plateau would show.

    Parameters
    ----------
    y, weight : array, shape (n, m)
        Traces above their baseline and 1 / noise SD; weight 0 where a sample is missing.
    n_baseline : int
        Number of frames the baseline was taken from: its own error counts too.

    Returns
    -------
    array of bool, shape (n,)
        True where the mean of the last frames exceeds 2.5 of its standard errors.
    """
    last = max(1, int(_LATE * (y.shape[1] - n_baseline)))
    count = np.maximum((weight[:, -last:] > 0).sum(axis=1), 1)
    mean = np.sum((y * weight)[:, -last:], axis=1) / count
    above: NDArray[np.bool_] = mean > _LATE_SD * np.sqrt(1.0 / count + 1.0 / max(n_baseline, 1))
    return above


def _steepest_frame(y: Array, weight: Array) -> NDArray[np.intp]:
    """Return the first frame after the most likely step upwards."""
    known = weight > 0
    total, count = np.cumsum(np.where(known, y, 0.0), axis=1), np.cumsum(known, axis=1)
    n_after: NDArray[np.intp] = count[:, -1:] - count
    rise = (total[:, -1:] - total) / np.maximum(n_after, 1) - total / np.maximum(count, 1)
    first = np.argmax(np.maximum(rise, 0.0) * np.sqrt(count * n_after), axis=1) + 1
    first_after: NDArray[np.intp] = np.minimum(first, y.shape[1] - 1)
    return first_after


def _shape(time_s: Array, p: Array, power: int | Array) -> Array:
    """Evaluate the response above its offset, in units of its amplitude."""
    onset, log_rise, log_decay, plateau = (column[:, None] for column in p.T)
    s = np.maximum(time_s - onset, 0.0)
    rising = -np.expm1(-s * np.exp(-log_rise))
    rising = rising * np.where(power == 1, 1.0, rising * rising)  # a power takes ten times as long
    shape: Array = rising * (plateau + (1.0 - plateau) * np.exp(-s * np.exp(-log_decay)))
    return shape


def _problem(time_s: Array, y: Array, weight: Array, power: int, least_plateau: float) -> Problem:
    interval, length = float(np.median(np.diff(time_s))), float(time_s[-1] - time_s[0])
    contrast = np.array([0.0, 0.0, 0.0, 1.0, -1.0, 0.0]) / _RATIO_SD
    return Problem(
        shape=lambda p: _shape(time_s, p, power),
        y=y,
        weight=weight,
        low=np.array(
            [-10.0, 1e-6, time_s[0] - length, np.log(0.1 * interval), np.log(0.3 * interval), least_plateau]
        ),
        high=np.array([10.0, 20.0, time_s[-1], np.log(3.0 * length), np.log(10.0 * length), 1.0]),
        reach=np.array([1.0, 1.0, 10.0 * interval, 0.7, 0.7, 0.3]),
        prior_mean=np.array([0.0, 0.0, 0.0, _TYPICAL_LOG_RATIO, 0.0, 0.0]),
        prior_precision=np.outer(contrast, contrast),
    )


def _describe(time_s: Array, y: Array, weight: Array, height: Array, best: Array) -> PlateauFit:
    p, power = best[:, :6], best[:, 6:]
    onset = p[:, 2:3]
    span = np.maximum(time_s[-1] - onset, 1e-9)
    grid = np.linspace(0.0, 1.0, _GRID) ** 3
    curve = (height * p[:, 1])[:, None] * _shape(onset + span * grid, p[:, 2:], power)
    kinetics = curve_kinetics(onset + span * grid, curve)
    kinetics = replace(kinetics, peak_s=time_of_peak(onset + span * grid, curve, kinetics))
    fitted = height[:, None] * (p[:, :1] + p[:, 1:2] * _shape(time_s, p[:, 2:], power))
    return PlateauFit(
        kinetics=kinetics,
        decay_s=np.exp(p[:, 4]),
        plateau=p[:, 5],
        offset=height * p[:, 0],
        fitted=fitted,
        chi_square=np.sum(((y - fitted) * weight) ** 2, axis=1),
    )
