"""One decay of fluorescence under the light: a constant, one exponential or two, as the data allow."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.stats import f as f_distribution

from s1r_imaging.calcium.noise import autocorrelation, mean_variance_factor

MIN_FRAMES = 8  # fewer do not show a decay
MIN_REMAINING = 0.1  # a correction never exceeds a factor of ten
_MIN_FREEDOM = 3.0  # slow wander of a few cells leaves residuals that look like a single long wave
_ONE_RATE, _TWO_RATES = 0.05, 0.01  # significance that an exponential, and a second one, must reach

_Array = NDArray[np.float64]


@dataclass(frozen=True)
class Decay:
    """What remains of the fluorescence under the light: a constant, one exponential, or two.

    Attributes
    ----------
    fractions : tuple of float
        Share of each component at `start_s`; they add up to 1.
    rates_per_s : tuple of float
        Rate of each component (1/s), 0 or more.
    start_s : float
        Time at which nothing is bleached yet (s).
    end_se : float
        Standard error of the logarithm of what remains at the end of the recording.
    """

    fractions: tuple[float, ...]
    rates_per_s: tuple[float, ...]
    start_s: float
    end_se: float

    def remaining(self, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return B(t) / B(start).

        Parameters
        ----------
        time_s : array, shape (T,)
            Times (s).

        Returns
        -------
        array, shape (T,)
            1 at the start, never rising, and never under 0.1.
        """
        elapsed = time_s - self.start_s
        terms = (
            part * np.exp(-rate * elapsed) for part, rate in zip(self.fractions, self.rates_per_s, strict=True)
        )
        left: NDArray[np.float64] = np.maximum(np.sum(list(terms), axis=0), MIN_REMAINING)
        return left


def fit_decay(
    time_s: NDArray[np.float64],
    fluorescence: NDArray[np.float64],
    spread: float,
    *,
    n_exponentials: int,
    start_s: float,
    end_s: float,
) -> Decay:
    """Fit a decay with as many exponentials as the data show.

    Parameters
    ----------
    time_s : array, shape (T,)
        Times (s).
    fluorescence : array, shape (T,)
        Fluorescence, about 1; what is not finite is left out.
    spread : float
        Its frame-to-frame standard deviation.
    n_exponentials : {1, 2}
        The most complex decay to try. One exponential must be better than a constant at p < 0.05, two better
        than one at p < 0.01 (F test), or the simpler one stays.
    start_s : float
        Time at which nothing is bleached yet (s).
    end_s : float
        Time up to which the decay will be extended (s).

    Returns
    -------
    Decay
        A constant when there is no decay clear of the noise; its `end_se` says how large a decay may have been
        missed.

    Raises
    ------
    ValueError
        If there are fewer than 8 finite values.

    Notes
    -----
    A Σ pᵢ exp(−kᵢ t) with kᵢ ≥ 0 and Σ pᵢ = 1 is fitted under a soft-L1 loss. The tests and the standard
    error count independent frames, from the autocorrelation of the residuals.
    """
    usable = np.isfinite(fluorescence)
    if usable.sum() < MIN_FRAMES:
        raise ValueError(f"{usable.sum()} values do not show a decay: expected at least {MIN_FRAMES}.")
    elapsed, values = time_s[usable] - start_s, fluorescence[usable]
    constant, best = _fit(elapsed, values, spread, 0), _fit(elapsed, values, spread, 1)
    end_se = _end_se(best, end_s - start_s)  # a constant is as uncertain as the decay that could not be seen
    if not _is_better(best, constant, _ONE_RATE):
        return Decay((1.0,), (0.0,), start_s, end_se)
    if n_exponentials == 2 and _is_better(two := _fit(elapsed, values, spread, 2), best, _TWO_RATES):
        best, end_se = two, _end_se(two, end_s - start_s)
    fractions, rates = _components(best.parameters)
    return Decay(tuple(fractions.tolist()), tuple(rates.tolist()), start_s, end_se)


@dataclass(frozen=True, eq=False)
class _Fit:
    parameters: _Array  # level; then rate (1/s); then fraction of the fast part and slow rate / fast rate
    covariance: _Array
    mean_square: float
    n_independent: float


def _is_better(richer: _Fit, simpler: _Fit, significance: float) -> bool:
    """F test on as many frames as are independent of each other."""
    added = len(richer.parameters) - len(simpler.parameters)
    freedom = max(richer.n_independent - len(richer.parameters), _MIN_FREEDOM)
    gain = (simpler.mean_square - richer.mean_square) / richer.mean_square * freedom / added
    return bool(f_distribution.sf(gain, added, freedom) < significance)


def _fit(elapsed: _Array, values: _Array, spread: float, order: int) -> _Fit:
    level, span = float(np.median(values)), float(np.ptp(elapsed))
    slope = -float(np.polyfit(elapsed, values, 1)[0]) / level
    rate = min(max(slope, 1e-3 / span), 10.0 / span)
    start = level * np.exp(rate * float(np.mean(elapsed)))
    guess = ([level], [start, rate], [start, 3.0 * rate, 0.3, 0.3])[order]
    upper = [np.inf, 1e3 / span, 1.0, 1.0][: len(guess)]

    def residuals(parameters: _Array) -> _Array:
        return _model(parameters, elapsed) - values

    result = least_squares(
        residuals,
        guess,
        bounds=([0.0] * len(guess), upper),
        loss="soft_l1",
        f_scale=max(3.0 * spread, 1e-9),
        x_scale=np.maximum(guess, 1e-12),
    )
    jacobian = np.asarray(result.jac, dtype=np.float64)
    n_values = len(values)
    factor = mean_variance_factor(max(autocorrelation(residuals(result.x)), 0.0), n_values)
    mean_square = max(2.0 * float(result.cost) / n_values, 1e-18)
    variance = factor * mean_square * n_values / max(n_values - len(guess), 1)
    covariance: _Array = variance * np.linalg.pinv(jacobian.T @ jacobian).astype(np.float64)
    return _Fit(result.x, covariance, mean_square, n_values / factor)


def _components(parameters: _Array) -> tuple[_Array, _Array]:
    """Return the fraction and the rate (1/s) of each component."""
    if len(parameters) == 1:
        return np.array([1.0]), np.array([0.0])
    if len(parameters) == 2:
        return np.array([1.0]), parameters[1:]
    _, rate, fraction, slow = parameters
    return np.array([fraction, 1.0 - fraction]), np.array([rate, rate * slow])


def _model(parameters: _Array, elapsed: _Array) -> _Array:
    fractions, rates = _components(parameters)
    curve: _Array = parameters[0] * (np.exp(-np.outer(elapsed, rates)) @ fractions)
    return curve


def _end_se(fit: _Fit, elapsed: float) -> float:
    """Return the standard error of log(remaining) at the end, by the delta method."""
    gradient = np.zeros(len(fit.parameters))
    for index in range(1, len(gradient)):
        step = np.zeros(len(gradient))
        step[index] = 1e-4 * max(fit.parameters[index], 1e-9)
        up, down = (_model(fit.parameters + sign * step, np.array([elapsed]))[0] for sign in (1.0, -1.0))
        gradient[index] = (np.log(max(up, 1e-300)) - np.log(max(down, 1e-300))) / (2.0 * step[index])
    variance = float(gradient @ fit.covariance @ gradient)
    return float(np.sqrt(max(variance, 0.0)))
