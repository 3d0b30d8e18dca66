"""A four-parameter logistic as a plain `Problem`, for tests of what is inferred from one."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from s1r_imaging.curves.problem import Problem

Array = NDArray[np.float64]
NAMES = ("bottom", "top", "log_ic50", "hill_slope")


def logistic(x: Array, bottom: float, top: float, log_ic50: float, hill_slope: float) -> Array:
    power = np.clip((log_ic50 - x) * hill_slope, -300.0, 300.0)
    curve: Array = bottom + (top - bottom) / (1.0 + 10.0**power)
    return curve


def logistic_problem(
    x: ArrayLike, y: ArrayLike, start: ArrayLike, *, lower: ArrayLike = -np.inf, upper: ArrayLike = np.inf
) -> Problem:
    doses, values = np.asarray(x, np.float64), np.asarray(y, np.float64)

    def residuals(theta: Array) -> Array:
        curve: Any = logistic(doses, *theta.tolist())
        return np.asarray(curve - values)

    def jacobian(theta: Array) -> Array:
        bottom, top, log_ic50, hill_slope = theta.tolist()
        share = logistic(doses, 0.0, 1.0, log_ic50, hill_slope)
        slope = -(top - bottom) * share * (1.0 - share) * np.log(10.0)
        return np.column_stack([1.0 - share, share, slope * hill_slope, slope * (log_ic50 - doses)])

    bounds = [np.broadcast_to(np.asarray(item, np.float64), (4,)).copy() for item in (lower, upper)]
    return Problem(residuals, NAMES, np.asarray(start, np.float64), bounds[0], bounds[1], jacobian)
