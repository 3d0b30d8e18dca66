"""Slow change of the baseline: dye that leaks, bleaches or goes out of focus.

A baseline that rises by one noise SD over a recording turns a stated 5 % of false responders into 30 %. One
cell's slope is too uncertain to be drawn out beyond its baseline, but what all cells drift by is not. Only a
rise is drawn out: a fall mostly is bleaching, which levels off, and a straight line drawn below it would make
responders of all cells; left alone it makes the call stricter. `compute_dff` corrects bleaching.
"""

import numpy as np

from s1r_imaging.calcium.arrays import Array
from s1r_imaging.calcium.noise import robust_sd

_MIN_CELLS = 10
_MEDIAN_TO_MEAN = 1.2533  # standard error of a median of normal values over that of their mean
_SIGNIFICANT = 4.0


def baseline_slopes(time_s: Array, baseline: Array) -> Array:
    """Fit a straight line to each baseline.

    Parameters
    ----------
    time_s : array, shape (b,)
        Frame times (s).
    baseline : array, shape (n, b)
        ΔF/F0 before the event.

    Returns
    -------
    array, shape (n,)
        Slopes (1/s); NaN for fewer than three finite frames.
    """
    known = np.isfinite(baseline)
    count = known.sum(axis=1)
    slope = np.full(len(baseline), np.nan)
    enough = count >= 3
    if not enough.any():
        return slope
    known, y = known[enough], np.where(known, baseline, 0.0)[enough]
    t = np.where(known, time_s - time_s.mean(), 0.0)
    t = np.where(known, t - (t.sum(axis=1) / count[enough])[:, None], 0.0)
    slope[enough] = np.sum(t * y, axis=1) / np.sum(t**2, axis=1)
    return slope


def common_rise(time_s: Array, traces: Array, *, n_baseline: int) -> Array:
    """Extrapolate the upward drift that the baselines of most cells have in common.

    Parameters
    ----------
    time_s : array, shape (m,)
        Times of baseline and response (s).
    traces : array, shape (n, m)
        ΔF/F0.
    n_baseline : int
        How many of the frames are baseline.

    Returns
    -------
    array, shape (m,)
        Straight line with the cells' median slope and mean 0 over the baseline; 0 everywhere where that
        slope is less than four of its standard errors above 0, or there are fewer than ten cells.
    """
    slopes = baseline_slopes(time_s[:n_baseline], traces[:, :n_baseline])
    slopes = slopes[np.isfinite(slopes)]
    if len(slopes) < _MIN_CELLS:
        return np.zeros(len(time_s))
    slope = float(np.median(slopes))
    standard_error = _MEDIAN_TO_MEAN * float(robust_sd(slopes)[0]) / np.sqrt(len(slopes))
    if slope <= _SIGNIFICANT * standard_error:
        return np.zeros(len(time_s))
    return np.asarray(slope * (time_s - time_s[:n_baseline].mean()))
