"""Weights: how much each point counts, where the scatter is not the same everywhere."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector = NDArray[np.float64]
Weights = Literal["1/y", "1/y2"] | ArrayLike | Callable[[Vector], ArrayLike] | None
VarianceOf = Callable[[Vector], Vector]

_SMALLEST_PART = 1e-3  # of the largest value: a curve that crosses zero must not give one point all the weight


def given_weights(weights: Any, n_points: int) -> Vector | None:
    """Return weights that are numbers, or None where they are made from the fitted curve.

    Parameters
    ----------
    weights : None, str, array_like or callable
        As for `fit_curve`.
    n_points : int
        Number of points.

    Returns
    -------
    array, shape (n,), or None
        Weights; ones for None.

    Raises
    ------
    ValueError
        If they have another length, or are not positive where they are finite.
    """
    if weights is None:
        return np.ones(n_points)
    if isinstance(weights, str) or callable(weights):
        return None
    values = np.asarray(weights, dtype=np.float64)
    if values.shape != (n_points,):
        raise ValueError(f"weights.shape={values.shape}: expected one weight for each of the {n_points} points.")
    if np.any(values <= 0):
        raise ValueError(
            f"weights holds {float(np.nanmin(values)):g}: expected positive numbers; to leave a point out, "
            "set its y to NaN."
        )
    return values


def variance_function(weights: Any) -> VarianceOf | None:
    """Return the function from the fitted curve to the relative variance of points, where there is one.

    Parameters
    ----------
    weights : None, str, array_like or callable
        As for `fit_curve`.

    Returns
    -------
    callable or None
        Takes fitted values (n,), returns variances (n,), all positive; None for weights that are numbers.

    Raises
    ------
    ValueError
        If the name is unknown.
    """
    if isinstance(weights, str):
        powers = {"1/y": 1, "1/y2": 2, "1/y²": 2, "1/y^2": 2, "1/y**2": 2}
        key = weights.lower().replace(" ", "")
        if key == "none":
            return None
        if key not in powers:
            raise ValueError(
                f"weights={weights!r}: expected None, '1/y', '1/y2', one number for each point, or a function "
                "from the fitted curve to the variance."
            )
        power = powers[key]
        return lambda fitted: _kept_positive(np.abs(fitted)) ** power
    if callable(weights):
        return lambda fitted: _kept_positive(np.asarray(weights(fitted), dtype=np.float64) + 0.0 * fitted)
    return None


def _kept_positive(values: Vector) -> Vector:
    largest = values.max(initial=0.0)
    if not (np.isfinite(largest) and largest > 0):
        return np.ones_like(values)
    kept: Vector = np.maximum(np.where(np.isfinite(values), values, largest), _SMALLEST_PART * largest)
    return kept
