"""How high a trace stays, and for how long, above its baseline: the statistic of the responder call."""

import numpy as np
from scipy.ndimage import minimum_filter1d

from s1r_imaging.calcium.arrays import Array
from s1r_imaging.calcium.noise import difference_sd, robust_sd, row_median

_MIN_BASELINE = 3
_PEAK_FRAMES = 2
_DURABLE_SHARE = 0.25


def sustained_level(response: Array, n_frames: int) -> Array:
    """Return the highest level each trace keeps up for `n_frames` frames in a row.

    Parameters
    ----------
    response : array, shape (n, m)
        Traces; a missing value ends a run.
    n_frames : int
        Number of frames in a row, at least 1.

    Returns
    -------
    array, shape (n,)
        Levels; NaN where no run of finite values is long enough.

    Examples
    --------
    >>> sustained_level(np.array([[0.0, 9.0, 1.0, 2.0, 3.0, 0.0]]), 2)
    array([2.])
    """
    if response.shape[1] < n_frames:
        return np.full(len(response), np.nan)
    filled = np.where(np.isfinite(response), response, -np.inf)
    lowest = minimum_filter1d(filled, n_frames, axis=1, mode="constant", cval=-np.inf)
    level = lowest.max(axis=1)
    return np.where(np.isfinite(level), level, np.nan)


def durable_level(response: Array, n_frames: int) -> Array:
    """Return the sustained level of a response that is not merely the tail of a shorter, higher one.

    For a long minimum duration the noise keeps up next to nothing, so that any short response would pass
    together with the frames beside it. What is kept up must therefore be at least a quarter of what is
    kept up for two frames.

    Parameters
    ----------
    response : array, shape (n, m)
        Traces above their baseline.
    n_frames : int
        Number of frames in a row.

    Returns
    -------
    array, shape (n,)
        Levels; minus infinity where the response is too short.
    """
    level = sustained_level(response, n_frames)
    if n_frames <= _PEAK_FRAMES:
        return level
    too_short = level < _DURABLE_SHARE * sustained_level(response, _PEAK_FRAMES)
    return np.where(too_short, -np.inf, level)


def baseline_statistics(baseline: Array, response: Array) -> tuple[Array, Array]:
    """Return level and noise SD of each baseline.

    The SD is the larger of two robust ones: the baseline's own, which includes slow noise, and that of
    neighbouring frames in baseline and response, which is precise even where the baseline is short.

    Parameters
    ----------
    baseline : array, shape (n, b)
        ΔF/F0 before the event.
    response : array, shape (n, m)
        ΔF/F0 after the event.

    Returns
    -------
    level : array, shape (n,)
        Mean of the baseline; NaN for fewer than three finite frames.
    noise_sd : array, shape (n,)
        Noise SD; NaN where neither can be had.
    """
    finite = np.isfinite(baseline)
    count = finite.sum(axis=1)
    enough = count >= _MIN_BASELINE
    level = np.full(len(baseline), np.nan)
    np.divide(np.where(finite, baseline, 0.0).sum(axis=1), count, out=level, where=enough)
    neighbours = difference_sd(np.concatenate([baseline, response], axis=1))
    return level, np.fmax(np.where(enough, robust_sd(baseline), np.nan), neighbours)


def standardised_level(baseline: Array, response: Array, n_frames: int) -> Array:
    """Return the sustained level above the baseline in units of the noise SD.

    Parameters
    ----------
    baseline : array, shape (n, b)
        ΔF/F0 before the event.
    response : array, shape (n, m)
        ΔF/F0 after the event.
    n_frames : int
        Number of frames in a row.

    Returns
    -------
    array, shape (n,)
        The statistic; infinite for a response without noise.
    """
    level, noise_sd = baseline_statistics(baseline, response)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic: Array = durable_level(response - level[:, None], n_frames) / noise_sd
    return statistic


def baseline_activity(baseline: Array, n_frames: int) -> Array:
    """Return the level that each baseline itself keeps up, in robust SDs above its median.

    Parameters
    ----------
    baseline : array, shape (n, b)
        ΔF/F0 before the event.
    n_frames : int
        Number of frames in a row.

    Returns
    -------
    array, shape (n,)
        The statistic; NaN where the baseline is too short.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        activity: Array = (sustained_level(baseline, n_frames) - row_median(baseline)) / robust_sd(baseline)
    return activity
