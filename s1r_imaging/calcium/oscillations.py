"""Repeated peaks: how many, how far apart, how regular."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from s1r_imaging.calcium.arrays import Array
from s1r_imaging.calcium.noise import mean_variance_factor

_SMOOTHING = 3  # frames
_PROMINENCE_SD = 6.0  # of the smoothed noise: rises and falls of noise alone stay below it
_PROMINENCE_SHARE = 0.2  # of the highest peak: ripples on a response are not peaks of their own


@dataclass(frozen=True)
class Oscillations:
    """Peaks of n traces.

    Attributes
    ----------
    n_peaks : array of int, shape (n,)
        Number of peaks.
    period_s : array, shape (n,)
        Mean time from one peak to the next (s); NaN for fewer than two peaks.
    period_sd_s : array, shape (n,)
        Its SD (s); NaN for fewer than three peaks.
    """

    n_peaks: NDArray[np.int64]
    period_s: Array
    period_sd_s: Array


def count_peaks(time_s: Array, response: Array, noise_sd: Array, *, phi: float) -> Oscillations:
    """Count peaks that stand out of the noise on both sides.

    A peak's prominence, its height above the higher of the two valleys beside it, must exceed six SDs of
    the noise after smoothing over three frames, and a fifth of the highest peak.

    Parameters
    ----------
    time_s : array, shape (m,)
        Frame times (s).
    response : array, shape (n, m)
        ΔF/F0 above the baseline.
    noise_sd : array, shape (n,)
        Noise SD of each trace.
    phi : float
        Lag-1 autocorrelation of the noise.

    Returns
    -------
    Oscillations
        Counts and periods.
    """
    n_peaks = np.zeros(len(response), dtype=np.int64)
    period_s = np.full(len(response), np.nan)
    period_sd_s = np.full(len(response), np.nan)
    smoothed_sd = noise_sd * np.sqrt(mean_variance_factor(phi, _SMOOTHING) / _SMOOTHING)
    for row, trace in enumerate(response):
        known = np.isfinite(trace)
        if known.sum() < 3:
            continue
        peaks_s = _peak_times(time_s[known], trace[known], _PROMINENCE_SD * smoothed_sd[row])
        n_peaks[row] = len(peaks_s)
        gaps = np.diff(peaks_s)
        if len(gaps):
            period_s[row] = gaps.mean()
        if len(gaps) > 1:
            period_sd_s[row] = gaps.std(ddof=1)
    return Oscillations(n_peaks, period_s, period_sd_s)


def _peak_times(time_s: Array, trace: Array, prominence: float) -> Array:
    """Return the times of prominent peaks; both ends count as valleys at the baseline 0."""
    kernel = np.ones(_SMOOTHING) / _SMOOTHING
    padded = np.concatenate([[0.0] * _SMOOTHING, trace, [trace[-1]] * (_SMOOTHING // 2), [0.0] * _SMOOTHING])
    smooth = np.convolve(padded, kernel, mode="same")
    height = max(float(smooth.max()), 0.0)
    needed = max(prominence if np.isfinite(prominence) else 0.0, _PROMINENCE_SHARE * height, 1e-12)
    at, _ = find_peaks(smooth, height=needed, prominence=needed)
    return time_s[np.clip(at - _SMOOTHING, 0, len(trace) - 1)]
