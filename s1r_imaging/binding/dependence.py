"""What the wells of a competition curve allow to be said of its midpoint: a number, a limit, or nothing."""

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.binding.curve_wells import CurveWells
from s1r_imaging.binding.joint import JointFit
from s1r_imaging.curves.compare import extra_sum_of_squares, weighted_ss
from s1r_imaging.curves.potency import Relation
from s1r_imaging.flags import BindingFlag

Array = NDArray[np.float64]

_SIGNIFICANCE = 0.05
_CLEAR = 3.0  # standard errors by which totals must exceed non-specific wells
_NEAR = 0.25  # of the window: competitor wells this close to a plateau have left it little or wholly


def midpoint(
    wells: CurveWells, joint: JointFit, slope: JointFit, *, log_ic50: float, low: float, high: float
) -> tuple[Relation, float, int]:
    """Decide what may be said of IC50.

    Parameters
    ----------
    wells : CurveWells
        The wells.
    joint, slope : JointFit
        The fit, and that with a variable slope.
    log_ic50 : float
        Log10 of IC50 (M) as fitted.
    low, high : float
        Interval of log Ki.

    Returns
    -------
    relation : {"=", ">", "<", ""}
        A number, a limit, or nothing.
    limit : float
        Log10 of the limit of IC50 (M); NaN where there is none.
    flags : int
        Sum of `BindingFlag` bits: why it is no number.
    """
    if joint.df < 1:
        return "", np.nan, int(BindingFlag.TOO_FEW_POINTS)
    doses = wells.doses
    relation, flag = _where(doses, log_ic50)
    if not depends_on_concentration(wells, joint, slope):
        relation, flag = _beside_a_plateau(wells, joint), BindingFlag.NO_COMPETITION
    elif _rises(joint):
        relation, flag = "", BindingFlag.TOP_BELOW_BOTTOM
    elif relation == "=" and not np.isfinite([low, high]).all():
        relation, flag = "", BindingFlag.OPEN_INTERVAL
    return relation, _limit_of(relation, doses), int(flag)


def is_upside_down(wells: CurveWells) -> bool:
    """Say whether totals were measured to bind no more than non-specific wells.

    Parameters
    ----------
    wells : CurveWells
        The wells.

    Returns
    -------
    bool
        False where one of the two is missing.
    """
    totals, others = wells.y[np.isneginf(wells.x)], wells.y[np.isposinf(wells.x)]
    return bool(totals.size and others.size and totals.mean() <= others.mean())


def _rises(joint: JointFit) -> bool:
    bottom, top = (float(joint.model.curve(np.array([end]), joint.theta)[0][0]) for end in (np.inf, -np.inf))
    return not top > bottom


def _where(doses: Array, log_ic50: float) -> tuple[Relation, BindingFlag]:
    if log_ic50 > doses.max():
        return ">", BindingFlag.BEYOND_TOP
    if log_ic50 < doses.min():
        return "<", BindingFlag.BELOW_LOWEST
    return "=", BindingFlag(0)


def depends_on_concentration(wells: CurveWells, joint: JointFit, slope: JointFit) -> bool:
    """Test whether binding depends on the concentration of competitor (F test, P < 0.05).

    The null hypothesis gives totals, non-specific wells and all other wells a mean each; it is the limit of a
    curve whose slope goes to 0.

    Parameters
    ----------
    wells : CurveWells
        The wells.
    joint, slope : JointFit
        The fit, whose weights count, and that with a variable slope.

    Returns
    -------
    bool
        False also where there are too few wells to tell.
    """
    weights, y = joint.weights, wells.y
    kinds = [np.isneginf(wells.x), np.isposinf(wells.x), np.isfinite(wells.x)]
    kinds = [kind for kind in kinds if kind.any()]
    ss_flat = sum(weighted_ss(y[kind], weights[kind]) for kind in kinds)
    df_flat, df_slope = y.size - len(kinds), slope.df
    best = min((slope, joint), key=lambda fit: float(weights @ (y - fit.fitted) ** 2))
    ss = float(weights @ (y - best.fitted) ** 2)
    if df_slope < 1:
        return False
    if ss <= 1e-12 * ss_flat:
        return True
    if df_flat <= df_slope:
        return ss < ss_flat
    return bool(extra_sum_of_squares(ss_flat, df_flat, ss, df_slope).p < _SIGNIFICANCE)


def _beside_a_plateau(wells: CurveWells, joint: JointFit) -> Relation:
    """Say beside which plateau all competitor wells lie, where both plateaus were measured."""
    kinds = [np.isneginf(wells.x), np.isposinf(wells.x), np.isfinite(wells.x)]
    if not all(kind.any() for kind in kinds):
        return ""
    means, errors = [], []
    for kind in kinds:
        weights = joint.weights[kind]
        means.append(float(weights @ wells.y[kind] / weights.sum()))
        errors.append(float(joint.ss / joint.df / weights.sum()))
    top, bottom, between = means
    if top - bottom < _CLEAR * np.sqrt(errors[0] + errors[1]):
        return ""
    share = (between - bottom) / (top - bottom)
    return ">" if share > 1 - _NEAR else "<" if share < _NEAR else ""


def _limit_of(relation: Relation, doses: Array) -> float:
    return float(doses.max()) if relation == ">" else float(doses.min()) if relation == "<" else np.nan
