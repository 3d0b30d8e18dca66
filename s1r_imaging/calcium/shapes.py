"""Shapes of a single calcium transient.

Every shape has three parameters besides its amplitude: an onset, a rise time and a decay constant, so
that the evidence for one against another is not a matter of counting parameters.

==================  ==========================================================================
`exponential_rise`  (1 − exp(−s/r)) · exp(−s/d); the alpha function is its limit for large r
`gaussian_rise`     an exponential decay smoothed by a Gaussian of SD r (exponentially modified
                    Gaussian); a plain Gaussian is its limit for small d
`linear_rise`       s/r up to the peak, then exp(−(s − r)/d)
`sigmoid_rise`      (1 − exp(−s/r))³ · exp(−s/d), a rise with a foot
`gaussian_flank`    a half Gaussian of SD r up to a sharp peak, then exp(−s/d)
==================  ==========================================================================

Here s = t − onset, and each is 0 for s < 0 except the two Gaussian ones, which have no sharp onset.
"""

from collections.abc import Callable
from functools import cached_property

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import erfcx

from s1r_imaging.calcium.arrays import Array
from s1r_imaging.calcium.marks import CurveKinetics, curve_kinetics

ShapeFunction = Callable[[Array, Array, Array], Array]
LOG_RATIO_RANGE = (float(np.log(0.02)), float(np.log(300.0)))
_GRID = 4000
_TABLE_NODES = 160


def exponential_rise(s: Array, rise: Array, decay: Array) -> Array:
    """Return (1 − exp(−s/rise)) · exp(−s/decay), 0 before the onset.

    Parameters
    ----------
    s : array
        Time since the onset (s).
    rise, decay : array
        Time constants (s).

    Returns
    -------
    array
        Values between 0 and 1.
    """
    s = np.maximum(s, 0.0)
    rising: Array = -np.expm1(-s / rise)
    return rising * np.exp(-s / decay)


def sigmoid_rise(s: Array, rise: Array, decay: Array) -> Array:
    """Return (1 − exp(−s/rise))³ · exp(−s/decay), 0 before the onset.

    Parameters
    ----------
    s : array
        Time since the onset (s).
    rise, decay : array
        Time constants (s).

    Returns
    -------
    array
        Values between 0 and 1.
    """
    s = np.maximum(s, 0.0)
    rising: Array = -np.expm1(-s / rise)
    return rising * rising * rising * np.exp(-s / decay)  # a power takes ten times as long


def linear_rise(s: Array, rise: Array, decay: Array) -> Array:
    """Return s/rise up to 1, then exp(−(s − rise)/decay), 0 before the onset.

    Parameters
    ----------
    s : array
        Time since the onset (s).
    rise, decay : array
        Duration of the rise and time constant of the decay (s).

    Returns
    -------
    array
        Values between 0 and 1.
    """
    rising: Array = np.clip(s / rise, 0.0, 1.0)
    return rising * np.exp(-np.maximum(s - rise, 0.0) / decay)


def gaussian_rise(s: Array, rise: Array, decay: Array) -> Array:
    """Return exp(−s/decay) for s > 0, smoothed by a Gaussian of SD `rise`.

    Written with the scaled complementary error function, which neither overflows nor cancels.

    Parameters
    ----------
    s : array
        Time since the centre of the rise (s).
    rise, decay : array
        SD of the Gaussian and time constant of the decay (s).

    Returns
    -------
    array
        Values between 0 and 1.
    """
    x = (rise / decay - s / rise) / np.sqrt(2.0)
    before = np.exp(-0.5 * (s / rise) ** 2) * erfcx(np.maximum(x, 0.0))
    exponent = np.minimum(0.5 * (rise / decay) ** 2 - s / decay, 0.0)
    after = np.exp(exponent) * (2.0 - np.exp(-(np.minimum(x, 0.0) ** 2)) * erfcx(np.abs(x)))
    smooth: Array = np.where(x >= 0, before, after)
    return 0.5 * smooth


def gaussian_flank(s: Array, rise: Array, decay: Array) -> Array:
    """Return exp(−s²/(2 rise²)) up to the peak at s = 0, then exp(−s/decay).

    Parameters
    ----------
    s : array
        Time since the peak (s).
    rise, decay : array
        SD of the Gaussian and time constant of the decay (s).

    Returns
    -------
    array
        Values between 0 and 1.
    """
    flank: Array = np.exp(-0.5 * (np.minimum(s, 0.0) / rise) ** 2)
    return flank * np.exp(-np.maximum(s, 0.0) / decay)


class Shape:
    """A transient of peak 1, described by its width and the ratio of its rise to its decay.

    Parameters
    ----------
    function : callable
        ``function(s, rise, decay)``.
    typical_ratio, usual_share : float
        Usual rise / decay, and how common the shape is, where few cells tell.
    lead : float
        How long before its nominal onset the function leaves 0, in units of `rise`.
    """

    def __init__(
        self, function: ShapeFunction, *, typical_ratio: float, usual_share: float, lead: float = 0.0
    ) -> None:
        self._function = function
        self._lead = lead
        self.usual_share = usual_share
        self.typical_log_ratio = float(np.log(typical_ratio))

    @cached_property
    def _table(self) -> CubicSpline:
        """Kinetics for decay 1 as functions of log(rise / decay)."""
        log_ratio = np.linspace(*LOG_RATIO_RANGE, _TABLE_NODES)
        rise = np.exp(log_ratio)[:, None]
        grid = np.linspace(0.0, 1.0, _GRID) ** 2
        time_s = -self._lead * rise + 10.0 * (rise + 1.0) * grid
        k = curve_kinetics(time_s, self._function(time_s, rise, np.ones_like(rise)))
        since_half = [k.half_up_s, k.peak_s, k.rise_10_s, k.rise_90_s]
        columns = [
            np.log(k.peak),
            np.log(k.fwhm_s),
            k.half_up_s,
            *((at - k.half_up_s) / k.fwhm_s for at in since_half),
        ]
        return CubicSpline(log_ratio, np.column_stack(columns))

    def curve(self, since_half_s: Array, log_ratio: Array, log_width: Array) -> Array:
        """Evaluate the shape.

        Parameters
        ----------
        since_half_s : array
            Time since half of the peak was passed on the way up (s).
        log_ratio, log_width : array
            Logarithms of rise / decay and of the FWHM (s).

        Returns
        -------
        array
            Values, 1 at the peak.
        """
        log_peak, log_fwhm, half_up = np.moveaxis(self._table(log_ratio), -1, 0)[:3]
        decay = np.exp(log_width - log_fwhm)
        raw: Array = self._function(since_half_s + half_up * decay, decay * np.exp(log_ratio), decay)
        peak: Array = np.exp(log_peak)
        return raw / peak

    def decay_s(self, log_ratio: Array, log_width: Array) -> Array:
        """Return the decay constant (s).

        Parameters
        ----------
        log_ratio, log_width : array
            Logarithms of rise / decay and of the FWHM (s).

        Returns
        -------
        array
            Decay constants.
        """
        decay: Array = np.exp(log_width - self._table(log_ratio)[..., 1])
        return decay

    def kinetics(self, half_up_s: Array, log_ratio: Array, log_width: Array) -> CurveKinetics:
        """Return when a shape of peak 1 passes its marks.

        Parameters
        ----------
        half_up_s : array, shape (n,)
            When half of the peak is passed on the way up (s).
        log_ratio, log_width : array, shape (n,)
            Logarithms of rise / decay and of the FWHM (s).

        Returns
        -------
        CurveKinetics
            One value per curve.
        """
        width = np.exp(log_width)
        peak, rise_10, rise_90 = (half_up_s + width * mark for mark in self._table(log_ratio)[..., 4:].T)
        return CurveKinetics(
            peak=np.ones_like(half_up_s),
            peak_s=peak,
            rise_10_s=rise_10,
            rise_90_s=rise_90,
            half_up_s=half_up_s,
            half_down_s=half_up_s + width,
        )


SHAPES: tuple[Shape, ...] = (
    Shape(exponential_rise, typical_ratio=0.3, usual_share=0.4),
    Shape(gaussian_rise, typical_ratio=0.3, usual_share=0.2, lead=4.0),
    Shape(linear_rise, typical_ratio=0.5, usual_share=0.15),
    Shape(sigmoid_rise, typical_ratio=0.3, usual_share=0.15),
    Shape(gaussian_flank, typical_ratio=0.4, usual_share=0.1, lead=4.0),
)
