"""Mean of a normal sample of which some values are only known to lie below or above a limit (Tobit)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

Array = NDArray[np.float64]

_FARTHEST = 1e4  # SDs; a profile that is still above its threshold there has an open end


@dataclass(frozen=True)
class CensoredMean:
    """Mean and SD of a sample with censored values.

    Attributes
    ----------
    mean, sd, standard_error : float
        The SD with n − 1 in place of n, and the standard error that belongs to it.
    ci_low, ci_high : float
        Profile-likelihood interval of the mean.
    """

    mean: float
    sd: float
    standard_error: float
    ci_low: float
    ci_high: float


def censored_mean(exact: Array, below: Array, above: Array, *, confidence: float) -> CensoredMean:
    """Estimate mean and SD by maximum likelihood.

    Parameters
    ----------
    exact : array, shape (n,)
        Values that are known, at least two, and not all alike.
    below : array, shape (m,)
        Limits below which other values lie.
    above : array, shape (k,)
        Limits above which other values lie.
    confidence : float
        Level of the interval.

    Returns
    -------
    CensoredMean
        Estimates; without censored values the ordinary mean, SD and t interval.

    Notes
    -----
    The likelihood is Π φ((y − μ)/σ)/σ · Π Φ((b − μ)/σ) · Π Φ((μ − a)/σ); with γ = μ/σ and h = 1/σ its logarithm is
    concave (Olsen 1978), so there is one maximum. The interval holds the μ whose profile is within
    n log(1 + t²/(n − 1))/2 of the maximum, with t the quantile of n − 1 degrees of freedom: for a sample without
    censored values this is the t interval to the last digit; n counts the values that are known.

    References
    ----------
    Tobin J. (1958), Econometrica 26, 24–36. Olsen R. J. (1978), Econometrica 46, 1211–1215.

    Examples
    --------
    >>> result = censored_mean(np.array([6.0, 6.2, 6.4]), np.array([]), np.array([]), confidence=0.95)
    >>> round(result.mean, 6), round(result.sd, 6), round(result.ci_low, 3)
    (6.2, 0.2, 5.703)
    """
    centre, unit = float(exact.mean()), float(exact.std())
    y, b, a = ((values - centre) / unit for values in (exact, below, above))
    precise: Any = {"xatol": 1e-10, "fatol": 1e-13, "maxiter": 4000}

    def misfit(parameters: Array) -> float:
        return -_log_likelihood(float(parameters[0]), float(parameters[1]), y, b, a)

    best: Any = optimize.minimize(misfit, np.zeros(2), method="Nelder-Mead", options=precise)
    mean, log_h = (float(value) for value in best.x)
    top = -float(best.fun)
    n = len(y)
    t = float(stats.t.ppf(0.5 + confidence / 2.0, n - 1))
    threshold = top - 0.5 * n * float(np.log1p(t**2 / (n - 1)))
    n_all = n + len(b) + len(a)
    correction = np.sqrt(n_all / (n_all - 1))
    error = _standard_error(mean, log_h, y, b, a)
    sd = float(np.exp(-log_h))

    def above_threshold(away: float) -> float:
        return _profile(mean + away, y, b, a) - threshold

    ends = [mean + _reach(above_threshold, side, sd) for side in (-1.0, 1.0)]
    return CensoredMean(
        mean=centre + unit * mean,
        sd=unit * float(sd * correction),
        standard_error=unit * float(error * correction),
        ci_low=centre + unit * ends[0],
        ci_high=centre + unit * ends[1],
    )


def _log_likelihood(mean: float, log_h: float, y: Array, b: Array, a: Array) -> float:
    h = np.exp(np.clip(log_h, -50.0, 50.0))
    return float(
        len(y) * log_h
        - 0.5 * np.sum((h * (y - mean)) ** 2)
        + np.sum(special.log_ndtr(h * (b - mean)))
        + np.sum(special.log_ndtr(h * (mean - a)))
    )


def _profile(mean: float, y: Array, b: Array, a: Array) -> float:
    """Return the highest log-likelihood with this mean."""
    start = -0.5 * np.log(np.mean((y - mean) ** 2))
    found = optimize.minimize_scalar(
        lambda log_h: -_log_likelihood(mean, log_h, y, b, a), bracket=(start - 0.5, start + 0.5), tol=1e-10
    )
    return -float(found.fun)


def _reach(above_threshold: Callable[[float], float], side: float, sd: float) -> float:
    """Return how far from the maximum the profile falls to its threshold on one side."""
    step = sd
    while above_threshold(side * step) > 0.0:
        step *= 2.0
        if step > _FARTHEST * sd:
            return side * np.inf
    nearest, farthest = sorted((side * 1e-9 * sd, side * step))
    return float(optimize.brentq(above_threshold, nearest, farthest, rtol=1e-12))


def _standard_error(mean: float, log_h: float, y: Array, b: Array, a: Array) -> float:
    """Return the standard error of the mean from the observed information."""
    h = np.exp(log_h)
    by_mean = -len(y) * h**2
    by_both = 2.0 * h**2 * float(np.sum(y - mean))
    by_h = -2.0 * h**2 * float(np.sum((y - mean) ** 2))
    for z, sign in ((h * (b - mean), -1.0), (h * (mean - a), 1.0)):
        mills = np.exp(-0.5 * z**2 - 0.5 * np.log(2.0 * np.pi) - special.log_ndtr(z))
        curvature = -mills * (z + mills)  # second derivative of log Φ
        by_mean += float(np.sum(curvature)) * h**2
        by_both += float(np.sum(curvature * z + mills)) * sign * h
        by_h += float(np.sum(curvature * z**2 + mills * z))
    information = -np.array([[by_mean, by_both], [by_both, by_h]])
    return float(np.sqrt(np.linalg.inv(information)[0, 0]))
