"""How high noise alone gets: thresholds from simulated recordings without any response."""

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np
from scipy.signal import lfilter

from s1r_imaging.calcium.arrays import Array
from s1r_imaging.calcium.levels import baseline_activity, standardised_level
from s1r_imaging.calcium.noise import autocorrelation
from s1r_imaging.progress import Progress, silent

_SAMPLES = 1_500_000
_BLOCK_SAMPLES = 200_000
_MIN_CELLS, _MAX_CELLS = 2_000, 8_000
_KNOWN_PHI = (-0.5, -0.2, 0.0, 0.2, 0.4, 0.55, 0.7, 0.8, 0.9, 0.95)
_MIN_FRAMES = 5
_MOST_KEPT = 128

_Key = tuple[str, float, int, int, int]  # which statistic; autocorrelation; frames of baseline, response, duration
_kept: dict[_Key, Array] = {}  # what was simulated, oldest first


def noise_autocorrelation(baseline: Array) -> float:
    """Estimate the lag-1 autocorrelation of the noise without the bias that short baselines bring.

    What `autocorrelation` reads in simulated noise of known autocorrelation and the same length tells what
    its reading here stands for (indirect inference [1]_).

    Parameters
    ----------
    baseline : array, shape (n, b)
        ΔF/F0 before the event.

    Returns
    -------
    float
        Coefficient φ; 0 for baselines of fewer than five frames.

    References
    ----------
    .. [1] Gouriéroux C., Monfort A., Renault E. (1993), Indirect inference, Journal of Applied
       Econometrics 8, S85–S118.
    """
    if baseline.shape[1] < _MIN_FRAMES:
        return 0.0
    readings = _readings(baseline.shape[1])
    return float(np.interp(autocorrelation(baseline), readings, _KNOWN_PHI))


def null_threshold(
    phi: float, n_baseline: int, n_response: int, n_frames: int, rate: float, *, progress: Progress = silent
) -> float:
    """Return the level, in noise SDs, that a share `rate` of cells without a response exceeds.

    Parameters
    ----------
    phi : float
        Lag-1 autocorrelation of the noise; taken to two decimals.
    n_baseline, n_response, n_frames : int
        Frames of baseline, response and minimum duration.
    rate : float
        Stated rate of false responders, between 0 and 1.
    progress : callable, optional
        Told how many of the traces are simulated.

    Returns
    -------
    float
        Threshold; the same on every call.
    """

    def level(noise: Array) -> Array:
        return standardised_level(noise[:, :n_baseline], noise[:, n_baseline:], n_frames)

    null = _simulated(("level", round(phi, 2), n_baseline, n_response, n_frames), level, progress)
    return float(np.quantile(null, 1.0 - rate, method="higher"))


def activity_threshold(
    phi: float, n_baseline: int, n_frames: int, rate: float, *, progress: Progress = silent
) -> float:
    """Return the `baseline_activity` that a share `rate` of silent cells exceeds.

    Parameters
    ----------
    phi : float
        Lag-1 autocorrelation of the noise; taken to two decimals.
    n_baseline, n_frames : int
        Frames of baseline and minimum duration.
    rate : float
        Share of silent cells above the threshold.
    progress : callable, optional
        Told how many of the traces are simulated.

    Returns
    -------
    float
        Threshold; the same on every call.
    """

    def activity(noise: Array) -> Array:
        return baseline_activity(noise, n_frames)

    null = _simulated(("activity", round(phi, 2), n_baseline, 0, n_frames), activity, progress)
    return float(np.quantile(null, 1.0 - rate))


def autoregressive_noise(phi: float, n_frames: int) -> Iterator[Array]:
    """Simulate stationary first-order autoregressive noise of SD 1, the same on every call.

    Parameters
    ----------
    phi : float
        Lag-1 autocorrelation.
    n_frames : int
        Length of each trace.

    Yields
    ------
    array, shape (n, n_frames)
        Traces, in blocks that stay small however long the recording is; in all as many as a quantile in
        the tail needs.
    """
    n_cells = _n_cells(n_frames)
    n_per_block = max(1, _BLOCK_SAMPLES // n_frames)
    rng = np.random.default_rng(0)
    for first in range(0, n_cells, n_per_block):
        noise = rng.standard_normal((min(n_per_block, n_cells - first), n_frames))
        noise[:, 1:] *= np.sqrt(1.0 - phi**2)
        yield lfilter([1.0], [1.0, -phi], noise, axis=1)


def _simulated(key: _Key, statistic: Callable[[Array], Array], progress: Progress) -> Array:
    """Return a statistic of simulated noise; it is kept, for other recordings have the same lengths."""
    found = _kept.get(key)
    if found is not None:
        return found
    _, phi, n_baseline, n_response, _ = key
    n_all = n_baseline + n_response
    values: list[Array] = []
    done, total = 0, _n_cells(n_all)
    for noise in autoregressive_noise(phi, n_all):
        values.append(statistic(noise))
        done += len(noise)
        progress("thresholds", done, total)
    if len(_kept) >= _MOST_KEPT:
        _kept.pop(next(iter(_kept)), None)
    found = _kept[key] = np.concatenate(values)
    return found


def _n_cells(n_frames: int) -> int:
    return int(np.clip(_SAMPLES // n_frames, _MIN_CELLS, _MAX_CELLS))


@lru_cache(maxsize=16)
def _readings(n_baseline: int) -> tuple[float, ...]:
    readings = [autocorrelation(next(autoregressive_noise(phi, n_baseline))) for phi in _KNOWN_PHI]
    return tuple(np.maximum.accumulate(readings).tolist())
