"""Competition curves from 1 (no competitor) to 0 (all displaced), as functions of log10 concentrations.

Each takes log10 of the competitor's concentration (−inf where there is none, +inf for non-specific wells) and
its parameters, all log10 M except where said, and returns the share of specific binding that is left, with
derivatives.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.binding.equilibrium import bound_radioligand_derivatives, competitive_equilibrium

Array = NDArray[np.float64]
ShapeFunction = Callable[[Array, Array], tuple[Array, Array]]

_LN10 = float(np.log(10.0))
_MAX_EXPONENT = 300.0


@dataclass(frozen=True, eq=False)
class Shape:
    """A competition curve without its plateaus.

    Parameters
    ----------
    names : tuple of str
        Parameters: those of the competitor first, then ``log_kd`` and ``log_l`` of the radioligand.
    function : callable
        Takes log10 concentrations (n,) and parameters (k,); returns the share (n,) and derivatives (n, k).
    """

    names: tuple[str, ...]
    function: ShapeFunction


def _power(exponent: Array | float) -> Array:
    return np.asarray(np.power(10.0, np.clip(exponent, -_MAX_EXPONENT, _MAX_EXPONENT)), dtype=np.float64)


def _logistic(x: Array, middle: float, hill: float) -> tuple[Array, Array, Array]:
    """Return the share left at log10 concentration x, and its derivatives by the middle and the slope."""
    away = x - middle
    left = np.where(np.isneginf(x), 1.0, np.where(np.isposinf(x), 0.0, 1.0 / (1.0 + _power(hill * away))))
    steep = left * (1.0 - left) * _LN10
    return left, hill * steep, -np.where(np.isfinite(away), away, 0.0) * steep


def shift(log_kd: float, log_l: float) -> tuple[float, float]:
    """Return log10(1 + [L]/Kd), what Cheng and Prusoff add to log Ki, and its derivative by log [L].

    Parameters
    ----------
    log_kd, log_l : float
        Both in log10 of one unit.

    Returns
    -------
    shift, slope : float
        The derivative by log Kd is minus that by log [L].
    """
    ratio = float(_power(log_l - log_kd))
    return float(np.log1p(ratio)) / _LN10, ratio / (1.0 + ratio)


def _one_site(x: Array, p: Array) -> tuple[Array, Array]:
    added, slope = shift(p[1], p[2])
    left, by_middle, _ = _logistic(x, p[0] + added, 1.0)
    return left, np.stack([by_middle, -slope * by_middle, slope * by_middle], axis=1)


def _variable_slope(x: Array, p: Array) -> tuple[Array, Array]:
    added, slope = shift(p[2], p[3])
    left, by_middle, by_hill = _logistic(x, p[0] + added, p[1])
    return left, np.stack([by_middle, by_hill, -slope * by_middle, slope * by_middle], axis=1)


def _two_site(x: Array, p: Array) -> tuple[Array, Array]:
    added, slope = shift(p[3], p[4])
    high, by_high, _ = _logistic(x, p[0] + added, 1.0)
    low, by_low, _ = _logistic(x, p[1] + added, 1.0)
    by_high, by_low = p[2] * by_high, (1.0 - p[2]) * by_low
    by_shift = slope * (by_high + by_low)
    columns = [by_high, by_low, high - low, -by_shift, by_shift]
    return p[2] * high + (1.0 - p[2]) * low, np.stack(columns, axis=1)


def _homologous(x: Array, p: Array) -> tuple[Array, Array]:
    added, slope = shift(p[0], p[1])
    left, by_middle, _ = _logistic(x, p[0] + added, 1.0)
    return left, np.stack([(1.0 - slope) * by_middle, slope * by_middle], axis=1)


SHAPES: dict[str, Shape] = {
    "one_site": Shape(("log_ki", "log_kd", "log_l"), _one_site),
    "variable_slope": Shape(("log_ki", "hill_slope", "log_kd", "log_l"), _variable_slope),
    "two_site": Shape(("log_ki", "log_ki_2", "fraction", "log_kd", "log_l"), _two_site),
    "homologous": Shape(("log_ki", "log_l"), _homologous),
}


def exact_shape(receptor: float, *, homologous: bool) -> Shape:
    """Make the curve of the exact equilibrium with a known concentration of receptor.

    Parameters
    ----------
    receptor : float
        Total receptor, in the unit whose logarithms the parameters are.
    homologous : bool
        Whether competitor and radioligand are one substance.

    Returns
    -------
    Shape
        Share of the radioligand bound without competitor that is still bound.
    """

    def function(x: Array, p: Array) -> tuple[Array, Array]:
        log_ki, log_kd, log_l = (p[0], p[0], p[1]) if homologous else p
        with_top = np.concatenate([x, [-np.inf]])
        bound, slopes = exact_bound(with_top, np.array([np.log10(receptor), log_ki, log_kd, log_l]))
        bound, top, slopes, top_slopes = bound[:-1], bound[-1], slopes[:-1], slopes[-1:]
        left = bound / top
        derivatives = (slopes - left[:, None] * top_slopes) / top
        if homologous:
            return left, np.stack([derivatives[:, 1] + derivatives[:, 2], derivatives[:, 3]], axis=1)
        return left, derivatives[:, 1:]

    return Shape(SHAPES["homologous" if homologous else "one_site"].names, function)


def exact_bound(x: Array, p: Array) -> tuple[Array, Array]:
    """Compute radioligand bound at the exact equilibrium.

    Parameters
    ----------
    x : array, shape (n,)
        Log10 of total competitor; −inf where there is none, +inf where all is displaced.
    p : array, shape (4,)
        Log10 of receptor, Ki, Kd and radioligand.

    Returns
    -------
    bound : array, shape (n,)
        In the unit whose logarithms the parameters are.
    derivatives : array, shape (n, 4)
        By the parameters.
    """
    receptor, ki, kd, radioligand = (float(value) for value in _power(p))
    x, wells = np.unique(x, return_inverse=True)  # replicates need be solved only once
    competitor = np.where(np.isposinf(x), 0.0, _power(x) * ~np.isneginf(x))
    by = bound_radioligand_derivatives(receptor, radioligand, competitor, kd_M=kd, ki_M=ki)
    bound: Array = np.sum(list(by.values()), axis=0) * ~np.isposinf(x)  # (it carries the unit of them all)
    slopes = np.stack([by[name] for name in ("receptor_M", "ki_M", "kd_M", "radioligand_M")], axis=1)
    return bound[wells], (slopes * ~np.isposinf(x)[:, None] * _LN10)[wells]


def exact_log_ic50(receptor: float, ki: float, kd: float, radioligand: float) -> float:
    """Return log10 of the total competitor that halves the radioligand bound.

    Parameters
    ----------
    receptor, ki, kd, radioligand : float
        Total receptor, dissociation constants and total radioligand, all in one unit.

    Returns
    -------
    float
        In log10 of that unit.
    """
    at = competitive_equilibrium(receptor, radioligand, 0.0, kd_M=kd, ki_M=ki)
    half = 0.5 * float(at.radioligand_bound_M)
    free = kd * half / (radioligand - half)
    return float(np.log10((receptor - free - half) * (ki + free) / free))
