"""Which cells responded, at a stated rate of false responders.

A cell responds when its ΔF/F0 stays above a threshold for a minimum duration. The statistic is therefore
the *sustained level*: the highest value that a trace keeps up for that many frames in a row, counted from the
mean of the baseline in units of the baseline's noise. How high it gets without any response depends on the
number of baseline and response frames and on how autocorrelated the noise is, so no fixed multiple of the
SD is right. The threshold is the quantile of the statistic over simulated recordings without a response,
with the same frames, the same duration, and autoregressive noise as correlated as the baselines are; what
chance does to a baseline's mean and SD is thereby included. Cells of vehicle recordings, where given,
replace the simulation.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.calcium.arrays import Array
from s1r_imaging.calcium.levels import (
    baseline_activity,
    baseline_statistics,
    durable_level,
    standardised_level,
    sustained_level,
)
from s1r_imaging.calcium.noise import difference_sd, row_median
from s1r_imaging.calcium.null import activity_threshold, null_threshold
from s1r_imaging.progress import Progress, silent

_ACTIVE_RATE = 0.002
_MIN_BASELINE = 3


@dataclass(frozen=True)
class ResponderCall:
    """What the responder call found in n cells.

    Attributes
    ----------
    level, noise_sd : array, shape (n,)
        Mean and noise SD of the baseline (ΔF/F0).
    threshold : array, shape (n,)
        What the sustained level above the baseline had to exceed (ΔF/F0).
    is_responder, is_active_before : array of bool, shape (n,)
        Whether it did; whether the cell was active in the baseline already.
    achieved_rate : float
        Share of responders called within the baselines, where there are none.
    """

    level: Array
    noise_sd: Array
    threshold: Array
    is_responder: NDArray[np.bool_]
    is_active_before: NDArray[np.bool_]
    achieved_rate: float


def call_responders(
    baseline: Array,
    response: Array,
    *,
    phi: float,
    n_frames: int,
    rate: float,
    min_amplitude: float,
    threshold: float | None = None,
    progress: Progress = silent,
) -> ResponderCall:
    """Call the cells whose response stays above the threshold for long enough.

    A cell that was active before the event must in addition exceed what it did by itself. Without a
    baseline (fewer than three frames) the fluctuations below the median stand in for the noise.

    Parameters
    ----------
    baseline : array, shape (n, b)
        ΔF/F0 before the event.
    response : array, shape (n, m)
        ΔF/F0 after the event.
    phi : float
        Lag-1 autocorrelation of the noise.
    n_frames : int
        Minimum duration (frames).
    rate : float
        Stated rate of false responders.
    min_amplitude : float
        Smallest threshold (ΔF/F0).
    threshold : float, optional
        Threshold in noise SDs, from vehicle cells; from simulated noise when not given.
    progress : callable, optional
        Told how much noise is simulated.

    Returns
    -------
    ResponderCall
        One value per cell.
    """
    if baseline.shape[1] < _MIN_BASELINE or not response.shape[1]:
        return _call_without_baseline(response, n_frames, rate, min_amplitude, progress)
    level, noise_sd = baseline_statistics(baseline, response)
    if threshold is None:
        lengths = (baseline.shape[1], response.shape[1], n_frames)
        threshold = null_threshold(phi, *lengths, rate, progress=progress)
    needed = np.maximum(threshold * noise_sd, min_amplitude)
    active = _active_baselines(baseline, phi, n_frames, progress)
    needed = np.where(active, np.fmax(needed, sustained_level(baseline, n_frames) - level), needed)
    return ResponderCall(
        level=level,
        noise_sd=noise_sd,
        threshold=needed,
        is_responder=durable_level(response - level[:, None], n_frames) > needed,
        is_active_before=active,
        achieved_rate=achieved_rate(baseline, phi, n_frames, rate, progress=progress),
    )


def conformal_threshold(statistic: Array, rate: float) -> float:
    """Return the threshold that a cell like the given untreated ones exceeds with probability ≤ `rate`.

    Parameters
    ----------
    statistic : array, shape (n,)
        Statistic of untreated cells; NaN is left out.
    rate : float
        Stated rate of false responders.

    Returns
    -------
    float
        The k-th smallest value with k = ⌈(n + 1)(1 − rate)⌉ [1]_; infinite when n is too small.

    References
    ----------
    .. [1] Vovk V., Gammerman A., Shafer G. (2005), Algorithmic Learning in a Random World, chapter 2.

    Examples
    --------
    >>> conformal_threshold(np.arange(19.0), 0.05)
    18.0
    >>> conformal_threshold(np.arange(18.0), 0.05)
    inf
    """
    known = np.sort(statistic[~np.isnan(statistic)])
    rank = int(np.ceil((len(known) + 1) * (1.0 - rate) - 1e-9))
    return float(known[rank - 1]) if 0 < rank <= len(known) else float("inf")


def achieved_rate(
    baseline: Array, phi: float, n_frames: int, rate: float, *, progress: Progress = silent
) -> float:
    """Call responders within the baselines, where there are none, and return the share called.

    Each baseline is divided into a first part that serves as baseline and a second that serves as response,
    at two places and also backwards in time, and the threshold for those lengths is applied. That uses the
    recorded noise and not the model that set the threshold, so drift or spontaneous activity show.

    Parameters
    ----------
    baseline : array, shape (n, b)
        ΔF/F0 before the event.
    phi : float
        Lag-1 autocorrelation that the threshold assumes.
    n_frames : int
        Minimum duration (frames).
    rate : float
        Stated rate.
    progress : callable, optional
        Told how much noise is simulated.

    Returns
    -------
    float
        Achieved rate; NaN where baselines are shorter than twelve frames.
    """
    n_baseline = baseline.shape[1]
    if n_baseline < 12:
        return float("nan")
    called: list[NDArray[np.bool_]] = []
    for split in (n_baseline // 3, n_baseline // 2, (2 * n_baseline) // 3):
        threshold = null_threshold(phi, split, n_baseline - split, n_frames, rate, progress=progress)
        for trace in (baseline, baseline[:, ::-1]):
            statistic = standardised_level(trace[:, :split], trace[:, split:], n_frames)
            called.append(statistic[~np.isnan(statistic)] > threshold)
    all_called = np.concatenate(called)
    return float(all_called.mean()) if all_called.size else float("nan")


def _active_baselines(baseline: Array, phi: float, n_frames: int, progress: Progress) -> NDArray[np.bool_]:
    """Tell which baselines keep up a level that noise reaches in 1 of 500 cells."""
    if baseline.shape[1] < 2 * _MIN_BASELINE:
        return np.zeros(len(baseline), dtype=bool)
    limit = activity_threshold(phi, baseline.shape[1], n_frames, _ACTIVE_RATE, progress=progress)
    active: NDArray[np.bool_] = baseline_activity(baseline, n_frames) > limit
    return active


def _call_without_baseline(
    response: Array, n_frames: int, rate: float, min_amplitude: float, progress: Progress
) -> ResponderCall:
    """Compare what rises above the median with what falls below it."""
    middle = row_median(response)
    noise_sd = difference_sd(response)
    rise = durable_level(response - middle[:, None], n_frames)
    fall = durable_level(middle[:, None] - response, n_frames)
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = np.sort((fall / noise_sd)[np.isfinite(fall / noise_sd)])
    rank = min(int(np.ceil((len(chance) + 1) * (1.0 - rate))), len(chance))
    limit = chance[rank - 1] if len(chance) else 0.0
    if response.shape[1]:
        lengths = (response.shape[1], response.shape[1], n_frames)
        limit = max(limit, null_threshold(0.0, *lengths, rate, progress=progress))
    needed = np.maximum(limit * noise_sd, min_amplitude)
    return ResponderCall(
        level=np.zeros(len(response)),
        noise_sd=noise_sd,
        threshold=needed + middle,
        is_responder=rise > needed,
        is_active_before=np.zeros(len(response), dtype=bool),
        achieved_rate=float("nan"),
    )
