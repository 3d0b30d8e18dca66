"""Baselines that follow each trace: for drift, never for plateaus.

They swallow every response that is not short beside their window. `response_duration_s` tells how long the
responses are, so that `compute_dff` can warn.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from s1r_imaging.calcium.baseline import frame_noise, location, resting_mode

_RESPONDING_SD = 6.0  # a response whose duration counts is this many SD of the noise high
_START_PERCENTILE = 10.0


def running_percentile(
    values: NDArray[np.float64], time_s: NDArray[np.float64], *, q: float, window_s: float
) -> NDArray[np.float64]:
    """Return a low percentile in a window that runs along each row.

    Follows slow drift, and every response that is not short beside the window: a plateau is swallowed.

    Parameters
    ----------
    values : array, shape (n, T)
        Traces; gaps are bridged by straight lines.
    time_s : array, shape (T,)
        Time of each frame (s); uneven times are brought to even ones and back.
    q : float
        Percentile, 0 to 100.
    window_s : float
        Length of the window (s).

    Returns
    -------
    array, shape (n, T)
        Baseline.
    """
    even, interval = _even_times(time_s)
    size = _odd_size(window_s / interval, len(even))
    level = np.full(values.shape, np.nan)
    for row, trace in enumerate(values):  # one row at a time: the 2-D call is sixty times slower
        bridged = _bridge(trace, time_s, even)
        if bridged is not None:
            filtered = ndimage.percentile_filter(bridged, q, size=size, mode="reflect")
            level[row] = np.interp(time_s, even, filtered)
    return level


def maximin(
    values: NDArray[np.float64], time_s: NDArray[np.float64], *, window_s: float, smoothing_s: float
) -> NDArray[np.float64]:
    """Return the running maximum of the running minimum of each smoothed row.

    Lies under the mean of a noisy resting cell, the more the less it is smoothed, and swallows a plateau as
    `running_percentile` does.

    Parameters
    ----------
    values : array, shape (n, T)
        Traces; gaps are bridged by straight lines.
    time_s : array, shape (T,)
        Time of each frame (s); uneven times are brought to even ones and back.
    window_s : float
        Length of both windows (s).
    smoothing_s : float
        Standard deviation of the Gaussian that smooths first (s).

    Returns
    -------
    array, shape (n, T)
        Baseline.
    """
    even, interval = _even_times(time_s)
    size = _odd_size(window_s / interval, len(even))
    level = np.full(values.shape, np.nan)
    for row, trace in enumerate(values):
        bridged = _bridge(trace, time_s, even)
        if bridged is not None:
            smooth = ndimage.gaussian_filter1d(bridged, smoothing_s / interval)
            low = ndimage.maximum_filter1d(ndimage.minimum_filter1d(smooth, size), size)
            level[row] = np.interp(time_s, even, low)
    return level


def response_duration_s(
    net: NDArray[np.float64], time_s: NDArray[np.float64], before: NDArray[np.bool_] | None
) -> float:
    """Return how long the responses last.

    Parameters
    ----------
    net : array, shape (n, T)
        Background-subtracted traces.
    time_s : array, shape (T,)
        Time of each frame (s).
    before : array of bool, shape (T,), or None
        Frames before the stimulus, when it is known.

    Returns
    -------
    float
        Median, over the cells that rise more than 6 standard deviations of their noise above rest, of the
        longest time above half the peak (s); 0.0 when no cell does.
    """
    level = resting_mode(net, _START_PERCENTILE) if before is None else location(net[:, before])
    noise = frame_noise(net, before)
    smooth = ndimage.median_filter(np.nan_to_num(net - level[:, None]), size=(1, 3), mode="nearest")
    peak = smooth.max(axis=1)
    interval = np.gradient(time_s)
    lengths = [
        _longest_run(row > 0.5 * top, interval)
        for row, top, sd in zip(smooth, peak, noise, strict=True)
        if top > _RESPONDING_SD * sd and top > 0
    ]
    return float(np.median(lengths)) if lengths else 0.0


def _longest_run(above: NDArray[np.bool_], interval: NDArray[np.float64]) -> float:
    runs, n_runs = ndimage.label(above)
    return float(np.max(ndimage.sum_labels(interval, runs, np.arange(1, n_runs + 1))))


def _even_times(time_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    interval = float(np.median(np.diff(time_s)))
    count = round((time_s[-1] - time_s[0]) / interval) + 1
    even = np.linspace(time_s[0], time_s[-1], max(count, 2))
    return even, float(even[1] - even[0])


def _odd_size(frames: float, n_frames: int) -> int:
    size = 2 * round((frames - 1) / 2) + 1
    return int(np.clip(size, 1, 2 * n_frames - 1))


def _bridge(
    trace: NDArray[np.float64], time_s: NDArray[np.float64], even: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    finite = np.isfinite(trace)
    return np.interp(even, time_s[finite], trace[finite]) if finite.any() else None
