"""Reading kinetics off a smoothed trace, where no transient shape fits.

Each trace is smoothed by local parabolas (Savitzky–Golay), as little as its noise allows: the narrowest window
that brings the noise below 3 % of the peak, so that a precise trace is not smoothed at all.
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import savgol_coeffs

from s1r_imaging.calcium.shapes import Array, CurveKinetics, curve_kinetics

_HALF_WIDTHS = (0, 2, 3, 4, 6, 9, 13)
_WANTED_NOISE = 0.03  # of the peak
_SUSTAINED = 0.95  # of the peak: where a response without a single maximum counts as having peaked


@dataclass(frozen=True)
class Readout:
    """What was read off n traces.

    Attributes
    ----------
    kinetics : CurveKinetics
        Peak and crossing times.
    decay_tau_s, decay_r2 : array, shape (n,)
        Time constant (s) of a mono-exponential through the falling flank and its R²; NaN where the trace
        does not fall.
    """

    kinetics: CurveKinetics
    decay_tau_s: Array
    decay_r2: Array


def read_kinetics(time_s: Array, response: Array, noise_sd: Array) -> Readout:
    """Measure the highest peak of each trace.

    Parameters
    ----------
    time_s : array, shape (m,)
        Frame times (s); at least three.
    response : array, shape (n, m)
        ΔF/F0 above the baseline; missing values are bridged by straight lines.
    noise_sd : array, shape (n,)
        Noise SD of each trace.

    Returns
    -------
    Readout
        One value per trace.
    """
    smooth = smooth_traces(bridge_gaps(time_s, response), noise_sd)
    kinetics = curve_kinetics(time_s, smooth)
    tau = np.full(len(response), np.nan)
    r2 = np.full(len(response), np.nan)
    for row, trace in enumerate(smooth):
        tau[row], r2[row] = fit_exponential_tail(time_s, trace, float(noise_sd[row]))
    return Readout(kinetics, tau, r2)


def bridge_gaps(time_s: Array, traces: Array) -> Array:
    """Replace missing values by straight lines between their neighbours.

    Parameters
    ----------
    time_s : array, shape (m,)
        Frame times (s).
    traces : array, shape (n, m)
        Traces; a row without any finite value becomes 0.

    Returns
    -------
    array, shape (n, m)
        Finite traces.
    """
    bridged = traces.copy()
    for row in np.flatnonzero(~np.isfinite(traces).all(axis=1)):
        known = np.isfinite(traces[row])
        bridged[row] = np.interp(time_s, time_s[known], traces[row, known]) if known.any() else 0.0
    return bridged


def smooth_traces(traces: Array, noise_sd: Array) -> Array:
    """Smooth each trace as little as brings its noise below 3 % of its peak.

    Parameters
    ----------
    traces : array, shape (n, m)
        Finite traces.
    noise_sd : array, shape (n,)
        Noise SD of each trace.

    Returns
    -------
    array, shape (n, m)
        Smoothed traces.
    """
    result = traces
    smooth = traces
    done = np.zeros(len(traces), dtype=bool)
    for half_width in _HALF_WIDTHS:
        if 2 * half_width + 1 > traces.shape[1]:
            break
        gain = 1.0
        if half_width:
            kernel = savgol_coeffs(2 * half_width + 1, 2)
            padded = np.pad(traces, ((0, 0), (half_width, half_width)), mode="edge")
            smooth = np.stack([np.convolve(row, kernel, mode="valid") for row in padded]).reshape(traces.shape)
            gain = float(np.sqrt(np.sum(kernel**2)))
        result = np.where(done[:, None], result, smooth)
        done |= gain * noise_sd <= _WANTED_NOISE * smooth.max(axis=1)
    return result


def fit_exponential_tail(time_s: Array, trace: Array, noise_sd: float) -> tuple[float, float]:
    """Fit A · exp(−t/τ) to what follows the highest peak, from 90 % down to 10 % of it.

    A weighted straight line through the logarithm: the weights, the squared values, make up for what the
    logarithm does to the noise.

    Parameters
    ----------
    time_s : array, shape (m,)
        Frame times (s).
    trace : array, shape (m,)
        Smoothed ΔF/F0 above the baseline.
    noise_sd : float
        Noise SD; values within two of it are not used.

    Returns
    -------
    tau : float
        Time constant (s); NaN where fewer than three samples fall on the flank or it does not fall.
    r2 : float
        Coefficient of determination of the exponential on the flank.
    """
    top = int(np.argmax(trace))
    peak = trace[top]
    tail = trace[top:]
    below = np.flatnonzero(tail < max(0.1 * peak, 2.0 * noise_sd))
    stop = below[0] if len(below) else len(tail)
    flank = np.arange(len(tail)) < stop
    flank &= np.cumsum(tail <= 0.9 * peak) > 0
    if peak <= 0 or flank.sum() < 3 or tail[flank].min() > 0.7 * peak:
        return float("nan"), float("nan")
    t, y = time_s[top:][flank], tail[flank]
    slope, intercept = np.polyfit(t - t[0], np.log(y), 1, w=y)
    if slope >= 0:
        return float("nan"), float("nan")
    residual = y - np.exp(intercept + slope * (t - t[0]))
    return float(-1.0 / slope), float(1.0 - np.sum(residual**2) / np.sum((y - y.mean()) ** 2))
