"""Reading kinetics off a smoothed trace, where no transient shape fits.

Each trace is smoothed by local parabolas (Savitzky–Golay) over the window that promises the smallest error around
its highest value, by Stein's unbiased estimate of the risk: a precise trace is not smoothed at all.

References
----------
Stein C. M., Ann. Statist. 9:1135 (1981); Savitzky & Golay, Anal. Chem. 36:1627 (1964).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve1d
from scipy.signal import savgol_coeffs

from s1r_imaging.calcium.arrays import Array
from s1r_imaging.calcium.marks import CurveKinetics, curve_kinetics

_HALF_WIDTHS = (0, 2, 3, 4, 6, 9, 13)
_REGION = 15  # frames on both sides of the peak in which the risk is estimated
_REACHED = 0.95  # of the peak: where a response that does not fall again counts as having peaked


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
    kinetics = replace(kinetics, peak_s=time_of_peak(time_s, smooth, kinetics))
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
    """Smooth each trace over the window with the smallest estimated risk around its peak.

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
    best_risk = np.full(len(traces), np.inf)
    best = traces
    region = _around_peak(_savitzky_golay(traces, 2)[0])
    variance = noise_sd**2
    for half_width in _HALF_WIDTHS:
        if 2 * half_width + 1 > traces.shape[1]:
            break
        smooth, weight_of_itself = _savitzky_golay(traces, half_width)
        square = np.where(region, (traces - smooth) ** 2, 0.0).sum(axis=1) / region.sum(axis=1)
        risk = square + 2.0 * weight_of_itself * variance
        better = risk < best_risk * (1.0 - 1e-9)
        best_risk = np.where(better, risk, best_risk)
        best = np.where(better[:, None], smooth, best)
    return best


def _savitzky_golay(traces: Array, half_width: int) -> tuple[Array, float]:
    """Smooth by local parabolas; return also the weight of the middle sample."""
    if half_width == 0 or 2 * half_width + 1 > traces.shape[1]:
        return traces, 1.0
    kernel = savgol_coeffs(2 * half_width + 1, 2)
    padded = np.pad(traces, ((0, 0), (half_width, half_width)), mode="edge")
    smooth: Array = convolve1d(padded, kernel, axis=1)[:, half_width:-half_width]
    return smooth, float(kernel[half_width])


def _around_peak(smooth: Array) -> NDArray[np.bool_]:
    distance = np.abs(np.arange(smooth.shape[1]) - np.argmax(smooth, axis=1)[:, None])
    region: NDArray[np.bool_] = distance <= _REGION
    return region


def time_of_peak(time_s: Array, curves: Array, kinetics: CurveKinetics) -> Array:
    """Return when each curve peaks, or first comes within 5 % of its peak if it ends there.

    Parameters
    ----------
    time_s : array, shape (m,) or (n, m)
        Times (s).
    curves : array, shape (n, m)
        Smooth curves above their baseline.
    kinetics : CurveKinetics
        What was measured on them.

    Returns
    -------
    array, shape (n,)
        Times (s).
    """
    near = curves >= _REACHED * kinetics.peak[:, None]
    reached_s = np.broadcast_to(time_s, curves.shape)[np.arange(len(curves)), np.argmax(near, axis=1)]
    sustained = near[:, -1]
    return np.where(sustained, reached_s, kinetics.peak_s)


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


def area_under(time_s: Array, response: Array) -> Array:
    """Integrate each trace by trapezoids over the frames that are finite.

    Parameters
    ----------
    time_s : array, shape (m,)
        Frame times (s).
    response : array, shape (n, m)
        ΔF/F0 above the baseline.

    Returns
    -------
    array, shape (n,)
        Areas (s); NaN for fewer than two finite frames.
    """
    area = np.full(len(response), np.nan)
    complete = np.isfinite(response).all(axis=1)
    if response.shape[1] >= 2:
        area[complete] = np.trapezoid(response[complete], time_s, axis=1)
    for row in np.flatnonzero(~complete):
        known = np.isfinite(response[row])
        if known.sum() >= 2:
            area[row] = np.trapezoid(response[row, known], time_s[known])
    return area
