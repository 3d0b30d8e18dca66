"""The marks of a curve: its peak, and when it passes 10 %, 50 % and 90 % of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.calcium.arrays import Array

_ROUNDED = 0.7  # of the peak: a maximum whose neighbours are lower is a corner, no vertex of a parabola


@dataclass(frozen=True)
class CurveKinetics:
    """Kinetics of n sampled curves, each array of shape (n,); NaN where the curve does not show it.

    Attributes
    ----------
    peak, peak_s : array
        Height and time of the maximum.
    rise_10_s, rise_90_s : array
        When 10 % and 90 % of the peak are first passed on the way up.
    half_up_s, half_down_s : array
        When half of the peak is passed on the way up and on the way down.
    """

    peak: Array
    peak_s: Array
    rise_10_s: Array
    rise_90_s: Array
    half_up_s: Array
    half_down_s: Array

    @property
    def rise_time_s(self) -> Array:
        """Time from 10 % to 90 % of the peak (s)."""
        return self.rise_90_s - self.rise_10_s

    @property
    def fwhm_s(self) -> Array:
        """Full width at half maximum (s)."""
        return self.half_down_s - self.half_up_s

    @property
    def onset_s(self) -> Array:
        """Where the line through the 10 % and 90 % points of the rise meets the baseline (s)."""
        return self.rise_10_s - self.rise_time_s / 8.0


def curve_kinetics(time_s: Array, curves: Array) -> CurveKinetics:
    """Measure curves that start at the baseline 0, by linear interpolation between their samples.

    Parameters
    ----------
    time_s : array, shape (m,) or (n, m)
        Times (s).
    curves : array, shape (n, m)
        Curves, finite; use smooth ones, noise is not dealt with here.

    Returns
    -------
    CurveKinetics
        One value per curve.
    """
    time_s = np.broadcast_to(time_s, curves.shape)
    rows = np.arange(len(curves))
    top = np.argmax(curves, axis=1)
    peak, peak_s = _vertex(time_s, curves, top)

    def before(level: float) -> Array:
        index = np.arange(curves.shape[1])
        below = (curves < level * peak[:, None]) & (index < top[:, None])
        last = curves.shape[1] - 1 - np.argmax(below[:, ::-1], axis=1)
        return np.where(below.any(axis=1), _crossing(time_s, curves, rows, last, level * peak), np.nan)

    def after(level: float) -> Array:
        index = np.arange(curves.shape[1])
        below = (curves < level * peak[:, None]) & (index > top[:, None])
        first = np.argmax(below, axis=1) - 1
        return np.where(below.any(axis=1), _crossing(time_s, curves, rows, first, level * peak), np.nan)

    return CurveKinetics(peak, peak_s, before(0.1), before(0.9), before(0.5), after(0.5))


def _vertex(time_s: Array, curves: Array, top: NDArray[np.intp]) -> tuple[Array, Array]:
    """Refine a maximum by the parabola through its three samples."""
    rows = np.arange(len(curves))
    middle = np.clip(top, 1, curves.shape[1] - 2)
    t0, t1, t2 = (time_s[rows, middle + k] for k in (-1, 0, 1))
    y0, y1, y2 = (curves[rows, middle + k] for k in (-1, 0, 1))
    slope_01, slope_12 = (y1 - y0) / (t1 - t0), (y2 - y1) / (t2 - t1)
    bend = (slope_12 - slope_01) / (t2 - t0)
    at = 0.5 * (t0 + t1) - 0.5 * slope_01 / np.where(bend < 0, bend, -np.inf)
    value = y0 + (at - t0) * (slope_01 + bend * (at - t1))
    inside = (bend < 0) & (at > t0) & (at < t2) & (np.minimum(y0, y2) > _ROUNDED * y1)
    highest, highest_s = curves[rows, top], time_s[rows, top]
    return np.where(inside, value, highest), np.where(inside, at, highest_s)


def _crossing(time_s: Array, curves: Array, rows: NDArray[np.intp], left: NDArray[np.intp], level: Array) -> Array:
    """Interpolate where `level` is passed between sample `left` and the next."""
    left = np.clip(left, 0, curves.shape[1] - 2)
    y0, y1 = curves[rows, left], curves[rows, left + 1]
    t0, t1 = time_s[rows, left], time_s[rows, left + 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(y1 != y0, (level - y0) / (y1 - y0), 0.0)
    return t0 + np.clip(part, 0.0, 1.0) * (t1 - t0)
