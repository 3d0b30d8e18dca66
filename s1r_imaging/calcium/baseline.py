"""F0: the fluorescence of the resting cell.

Two questions are kept apart: which frames show the cell at rest (`baseline_frames`), and what is the level
there (`location`, or one of the methods that look at the whole trace: `percentile`, `resting_mode`). All work
on background-subtracted traces of shape (n, T), row by row; what is not finite is left out, and a row without
a finite value gives NaN.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.calcium.noise import difference_sd, robust_sd, row_median
from s1r_imaging.recording import Event

Statistic = Literal["clipped_mean", "mean", "median"]

CLIP_SD = 2.5  # frames further than this from the median do not enter the clipped mean
_MODE_RADIUS_SD = 2.0
_MODE_STEPS = 100


def baseline_frames(
    time_s: NDArray[np.float64],
    events: tuple[Event, ...],
    *,
    start_s: float | None = None,
    end_s: float | None = None,
) -> NDArray[np.bool_] | None:
    """Mark the frames before the stimulus.

    Parameters
    ----------
    time_s : array, shape (T,)
        Time of each frame (s).
    events : tuple of Event
        What was added when, sorted by start.
    start_s : float, optional
        First moment of the baseline (s); the start of the recording when not given.
    end_s : float, optional
        End of the baseline (s), itself not included; the start of the first event when not given.

    Returns
    -------
    array of bool, shape (T,), or None
        The frames at or after `start_s` and before `end_s`, perhaps none; None when neither an event nor
        `end_s` says where the baseline ends.

    Examples
    --------
    >>> baseline_frames(np.array([0.0, 1.0, 2.0, 3.0]), (Event("agonist", 2.0),))
    array([ True,  True, False, False])
    """
    if end_s is None and not events:
        return None
    end = events[0].start_s if end_s is None else end_s
    start = time_s[0] if start_s is None else start_s
    rounding = 1e-6 * float(np.median(np.diff(time_s)))
    frames: NDArray[np.bool_] = (time_s >= start - rounding) & (time_s < end - rounding)
    return frames


def location(values: NDArray[np.float64], *, statistic: Statistic = "clipped_mean") -> NDArray[np.float64]:
    """Return the level of each row of baseline frames.

    Parameters
    ----------
    values : array, shape (n, T)
        Baseline frames.
    statistic : {"clipped_mean", "mean", "median"}
        The clipped mean leaves out frames more than 2.5 robust standard deviations from the median: under
        white noise its error is 15 % smaller than the median's (30 frames), and with spontaneous transients
        in the baseline its bias is about the median's, a third to two thirds of the mean's.

    Returns
    -------
    array, shape (n,)
        Levels.
    """
    rows = np.where(np.isfinite(values), values, np.nan)
    if statistic == "median":
        return row_median(rows)
    keep = np.isfinite(rows)
    if statistic == "clipped_mean":
        deviation = np.abs(rows - row_median(rows)[:, None])
        spread = robust_sd(rows)[:, None]
        keep &= ~(deviation > CLIP_SD * spread)
    count = keep.sum(axis=1)
    level = np.full(len(rows), np.nan)
    np.divide(np.where(keep, rows, 0.0).sum(axis=1), count, out=level, where=count > 0)
    return level


def percentile(values: NDArray[np.float64], q: float) -> NDArray[np.float64]:
    """Return a percentile of each row.

    Noise pulls it down: the 10th percentile of a resting cell lies 1.28 standard deviations of the noise
    under its mean, and nearer the mean the longer the cell responds.

    Parameters
    ----------
    values : array, shape (n, T)
        Traces.
    q : float
        Percentile, 0 to 100.

    Returns
    -------
    array, shape (n,)
        Levels.
    """
    rows = np.where(np.isfinite(values), values, np.nan)
    level = np.full(len(rows), np.nan)
    known = np.isfinite(rows).any(axis=1)
    if known.any():
        level[known] = np.nanpercentile(rows[known], q, axis=1)
    return level


def resting_mode(values: NDArray[np.float64], start_q: float) -> NDArray[np.float64]:
    """Return the most frequented low level of each row: for recordings whose stimulus is not known.

    Starts at a low percentile and climbs to the centre of the values around it (mean shift), so that noise
    does not pull it down and a response or a plateau does not pull it up, as long as the cell rests for
    more than that percentage of the frames.

    Parameters
    ----------
    values : array, shape (n, T)
        Traces.
    start_q : float
        Percentile to start from, 0 to 100.

    Returns
    -------
    array, shape (n,)
        Levels.

    Notes
    -----
    The level m becomes the mean of the values within 2 frame-to-frame standard deviations of m, again and
    again until it stays.
    """
    rows = np.where(np.isfinite(values), values, np.nan)
    level = percentile(rows, start_q)
    radius = _MODE_RADIUS_SD * difference_sd(rows)
    for _ in range(_MODE_STEPS):
        near = np.abs(rows - level[:, None]) <= radius[:, None]
        count = near.sum(axis=1)
        moved = level.copy()
        np.divide(np.where(near, rows, 0.0).sum(axis=1), count, out=moved, where=count > 0)
        if np.array_equal(moved, level, equal_nan=True):
            break
        level = moved
    return level


def frame_noise(net: NDArray[np.float64], frames: NDArray[np.bool_] | None) -> NDArray[np.float64]:
    """Return the standard deviation of the noise of one frame.

    Parameters
    ----------
    net : array, shape (n, T)
        Background-subtracted traces.
    frames : array of bool, shape (T,), or None
        Baseline frames; without them, or with fewer than three, the differences between neighbours along the
        whole trace are used.

    Returns
    -------
    array, shape (n,)
        Standard deviations.
    """
    if frames is None or frames.sum() < 3:
        return difference_sd(net)
    return robust_sd(net[:, frames])
