"""What is said of a fitted curve: flags, and what may be stated of its midpoints."""

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.curves.compare import flat_line_test
from s1r_imaging.curves.diagnostics import SIGNIFICANCE, scatter_flags
from s1r_imaging.curves.equation import log10_molar
from s1r_imaging.curves.model import Model
from s1r_imaging.curves.potency import Censored, judge_midpoint
from s1r_imaging.curves.search import Points
from s1r_imaging.flags import CurveFlag

Vector = NDArray[np.float64]

_HIGHEST_MOLAR = 2.0  # what is more concentrated than this was typed in another unit


def judge_points(points: Points, fitted: Vector, df: int) -> CurveFlag:
    """Return the flags that the scatter of the points about the curves calls for.

    Parameters
    ----------
    points : Points
        The data, with the weights of the fit.
    fitted : array, shape (n,)
        The curves there.
    df : int
        Degrees of freedom.

    Returns
    -------
    CurveFlag
        LACK_OF_FIT, SYSTEMATIC_RESIDUALS, EXACT_FIT, where they apply.
    """
    _, place = np.unique(np.vstack([points.member, points.x]), axis=1, return_inverse=True)
    residuals = (points.y - fitted) * np.sqrt(points.weights)
    return scatter_flags(place.ravel(), points.y, residuals, df, weights=points.weights)


def judge_midpoints(
    model: Model, points: Points, theta: Vector, free: NDArray[np.bool_]
) -> tuple[dict[str, Censored], CurveFlag]:
    """Decide for each midpoint that was fitted what may be said about it.

    Parameters
    ----------
    model : Model
        Equation and layout of the parameters.
    points : Points
        The data, with the weights of the fit.
    theta : array, shape (p,)
        Parameters.
    free : array of bool, shape (p,)
        Which parameters were fitted.

    Returns
    -------
    midpoints : dict
        Parameter name to what may be said.
    flags : CurveFlag
        Of all of them together.
    """
    found: dict[str, Censored] = {}
    fitted = np.real(model.predict(theta, points.x, points.member))
    for index, columns in enumerate(model.columns):
        mine = points.member == index
        weights, y = points.weights[mine], points.y[mine]
        ss = float(weights @ (y - fitted[mine]) ** 2)
        df = int(mine.sum() - free[columns].sum())
        p = flat_line_test(y, ss, df, weights=weights).p if y.size else np.nan
        for parameter in model.equation.log10:
            column = columns[model.equation.parameters.index(parameter)]
            name = model.names[column]
            if free[column] and (name not in found or p < SIGNIFICANCE):
                found[name] = _midpoint(model, float(theta[column]), points.x[..., mine], p)
    flags = CurveFlag(0)
    for item in found.values():
        flags |= item.flags
    return found, flags


def judge_direction(model: Model, theta: Vector) -> CurveFlag:
    """Flag curves whose top came out below their bottom.

    Parameters
    ----------
    model : Model
        Equation and layout of the parameters.
    theta : array, shape (p,)
        Parameters.

    Returns
    -------
    CurveFlag
        INVERTED where it applies.
    """
    names = model.equation.parameters
    if not {"bottom", "top"} <= set(names):
        return CurveFlag(0)
    low, high = model.columns[:, names.index("bottom")], model.columns[:, names.index("top")]
    return CurveFlag.INVERTED if np.any(theta[low] > theta[high]) else CurveFlag(0)


def judge_unit(model: Model, x: Vector) -> CurveFlag:
    """Flag concentrations that cannot be molar.

    Parameters
    ----------
    model : Model
        Equation and layout of the parameters.
    x : array, shape (n,) or (k, n)
        Where the curves were measured.

    Returns
    -------
    CurveFlag
        IMPLAUSIBLE_UNIT where it applies.
    """
    molar = model.equation.x_kind.endswith("_M")
    return CurveFlag.IMPLAUSIBLE_UNIT if molar and np.any(x > _HIGHEST_MOLAR) else CurveFlag(0)


def _midpoint(model: Model, estimate: float, x: Vector, flat_p: float) -> Censored:
    if (
        model.equation.x_kind != "concentration_M"
    ):  # the unit of x is not known, or its axis is not this midpoint's
        return judge_midpoint(estimate, [estimate], flat_p=flat_p)
    positive = x[x > 0]
    return judge_midpoint(estimate, log10_molar(positive), flat_p=flat_p)
