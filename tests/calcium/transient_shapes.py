"""Transients of known kinetics, drawn here and not with the package's own shapes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc

Array = NDArray[np.float64]


def double_exponential(s: Array, r: float, d: float) -> Array:
    s = np.maximum(s, 0.0)
    return np.asarray(np.exp(-s / d) * (1.0 - np.exp(-s / r)))


def alpha_function(s: Array, r: float, d: float) -> Array:
    s = np.maximum(s, 0.0)
    return np.asarray(s / d * np.exp(1.0 - s / d))


def smoothed_exponential(s: Array, r: float, d: float) -> Array:
    x = (r / d - s / r) / np.sqrt(2.0)
    return np.asarray(0.5 * np.exp(np.minimum(0.5 * (r / d) ** 2 - s / d, 50.0)) * erfc(np.minimum(x, 25.0)))


def linear_rise(s: Array, r: float, d: float) -> Array:
    return np.where(s < 0, 0.0, np.where(s < r, s / r, np.exp(-np.maximum(s - r, 0.0) / d)))


def gaussian_flank(s: Array, r: float, d: float) -> Array:
    return np.where(s < 0, np.exp(-0.5 * (s / r) ** 2), np.exp(-np.maximum(s, 0.0) / d))


def logistic_rise(s: Array, r: float, d: float) -> Array:
    return np.asarray(np.exp(-np.maximum(s, 0.0) / d) / (1.0 + np.exp(-np.clip(s / r, -60.0, 60.0))))


@dataclass(frozen=True)
class Generator:
    """A shape with its rise constant for a decay constant of 1."""

    function: Callable[[Array, float, float], Array]
    rise: float

    def curve(self, s: Array, scale: float, rise_scale: float = 1.0) -> Array:
        return self.function(s, self.rise * scale * rise_scale, scale)


GENERATORS: dict[str, Generator] = {
    "double exponential, rise 0.05": Generator(double_exponential, 0.05),
    "double exponential, rise 0.2": Generator(double_exponential, 0.2),
    "double exponential, rise 0.5": Generator(double_exponential, 0.5),
    "double exponential, rise 1": Generator(double_exponential, 1.0),
    "alpha function": Generator(alpha_function, 1.0),
    "smoothed exponential": Generator(smoothed_exponential, 0.3),
    "linear rise 0.3": Generator(linear_rise, 0.3),
    "linear rise 0.8": Generator(linear_rise, 0.8),
    "Gaussian flank": Generator(gaussian_flank, 0.3),
    "logistic rise": Generator(logistic_rise, 0.2),
}


@dataclass(frozen=True)
class Truth:
    """Kinetics of a noise-free curve, measured on 200,000 samples; times from the function's own origin."""

    peak: float
    peak_s: float
    fwhm_s: float
    rise_time_s: float
    decay_tau_s: float
    onset_s: float


def true_kinetics(generator: Generator, scale: float, rise_scale: float = 1.0) -> Truth:
    s = np.linspace(-4.0 * scale, 16.0 * scale, 200_001)
    y = generator.curve(s, scale, rise_scale)
    top = int(np.argmax(y))
    peak = float(y[top])

    def up(level: float) -> float:
        return float(s[np.argmax(y >= level * peak)])

    half_down = float(s[top + np.argmax(y[top:] <= 0.5 * peak)])
    rise = up(0.9) - up(0.1)
    return Truth(peak, float(s[top]), half_down - up(0.5), rise, scale, up(0.1) - rise / 8.0)


def scale_for_width(generator: Generator, fwhm_s: float) -> float:
    """Return the decay constant that makes the curve `fwhm_s` wide."""
    return fwhm_s / true_kinetics(generator, 1.0).fwhm_s
