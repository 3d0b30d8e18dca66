"""What must hold for pA2 to mean anything: shifted curves, parallel, with the same maximum.

`free_shifts`
    EC50 of every curve by itself, dose ratios, and so the points of the classical Schild plot.
`check_curves`
    Does the maximum fall, do slopes differ; on points that were freed of differences between replicates.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from s1r_imaging.curves.bands import curvature
from s1r_imaging.curves.compare import extra_sum_of_squares
from s1r_imaging.curves.model import Model
from s1r_imaging.curves.problem import Solution
from s1r_imaging.curves.report import concentration_text
from s1r_imaging.experiment.schild_model import SchildModel, plain_fit

Array = NDArray[np.float64]

RATIO_COLUMNS = (
    "replicate", "antagonist_M", "log_ec50", "log_ec50_control", "dose_ratio", "log_dose_ratio_minus_1",
)  # fmt: skip
"""Columns of the dose ratios."""

_SIGNIFICANCE = 0.01  # of a deviation that takes pA2 away: stricter than usual, since the check runs on every fit
_LOWERED = 0.9  # share of the control maximum that the interval must exclude before the maximum has fallen


@dataclass(frozen=True)
class Check:
    """One condition.

    Attributes
    ----------
    check : str
        Its name.
    passed : bool or None
        None where the data cannot say.
    sentence : str
        What was found.
    """

    check: str
    passed: bool | None
    sentence: str


def free_shifts(points: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fit every antagonist concentration of every replicate with an EC50 of its own.

    Parameters
    ----------
    points : DataFrame
        Columns ``agonist_M, antagonist_M, response, replicate``.

    Returns
    -------
    ratios : DataFrame
        ``replicate, antagonist_M, log_ec50, log_ec50_control, dose_ratio, log_dose_ratio_minus_1``, one row per
        replicate and antagonist concentration above 0; bottom, top and slope are common to a replicate's curves.
        The last is NaN where the dose ratio is not above 1.
    levels : DataFrame
        ``bottom, top, log_ec50`` (without antagonist) and ``hill_slope``, indexed by ``replicate``.
    """
    rows, levels = [], {}
    for replicate, own in points.groupby("replicate", sort=False):
        antagonist = own["antagonist_M"].to_numpy(dtype=np.float64)
        if 0.0 not in antagonist or not (antagonist > 0).any():
            continue
        x, y = (own[name].to_numpy(dtype=np.float64) for name in ("agonist_M", "response"))
        shared = ("bottom", "top", "hill_slope")
        model, solution = plain_fit(x, y, antagonist.tolist(), shared, _read_off(x, y, antagonist))
        position = model.columns[:, model.equation.parameters.index("log_ec50")]
        found = dict(zip(model.labels, solution.theta[position].tolist(), strict=True))
        levels[replicate] = dict(zip(model.names, solution.theta.tolist(), strict=True)) | {"log_ec50": found[0.0]}
        for level in np.unique(antagonist[antagonist > 0]).tolist():
            shift = found[level] - found[0.0]
            excess = 10.0**shift - 1.0
            rows.append(
                {
                    "replicate": replicate,
                    "antagonist_M": level,
                    "log_ec50": found[level],
                    "log_ec50_control": found[0.0],
                    "dose_ratio": 10.0**shift,
                    "log_dose_ratio_minus_1": np.log10(excess) if excess > 0 else np.nan,
                }
            )
    names = ["bottom", "top", "log_ec50", "hill_slope"]
    by_replicate = pd.DataFrame.from_dict(levels, orient="index").reindex(columns=names).rename_axis("replicate")
    return pd.DataFrame(rows, columns=list(RATIO_COLUMNS)), by_replicate


def _read_off(agonist_M: Array, response: Array, antagonist_M: Array) -> dict[str, float]:
    """Read starting values off the points: extremes, and where each curve crosses the middle between them."""
    dosed = agonist_M > 0
    x, y, level = np.log10(agonist_M[dosed]), response[dosed], antagonist_M[dosed]
    low, high = (float(np.mean(response[agonist_M == end])) for end in (agonist_M[dosed].min(), agonist_M.max()))
    start = {"hill_slope": 1.0 if high >= low else -1.0}
    start["bottom"], start["top"] = float(response.min()), float(response.max())
    for value in np.unique(antagonist_M).tolist():
        mine = level == value
        if not mine.any():
            continue
        share = np.clip((y[mine] - start["bottom"]) / ((start["top"] - start["bottom"]) or 1.0), 0.0, 1.0)
        share = share if high >= low else 1.0 - share
        spread = np.ptp(x[mine]) + np.ptp(x[mine]) / max(np.unique(x[mine]).size - 1, 1)
        # the area above a sigmoid, from its foot, is the distance to its middle
        start[f"log_ec50[{value}]"] = float(
            x[mine].max() + 0.5 * spread / np.unique(x[mine]).size - spread * share.mean()
        )
    return start


def schild_line(ratios: pd.DataFrame) -> tuple[float, float]:
    """Fit the straight line of the Schild plot.

    Parameters
    ----------
    ratios : DataFrame
        As `free_shifts` gives them.

    Returns
    -------
    pa2, slope : float
        Of log10(dose ratio − 1) on log10 of the antagonist (M); NaN where there are fewer than two concentrations.
    """
    known = ratios[np.isfinite(ratios["log_dose_ratio_minus_1"].to_numpy(dtype=np.float64))]
    x = np.log10(known["antagonist_M"].to_numpy(dtype=np.float64))
    y = known["log_dose_ratio_minus_1"].to_numpy(dtype=np.float64)
    if np.unique(x).size < 2:
        return np.nan, np.nan
    slope, intercept = np.polyfit(x, y, 1)
    return (float(intercept / slope) if slope != 0 else np.nan), float(slope)


def check_curves(fit: SchildModel, *, confidence: float) -> list[Check]:
    """Check that the maximum stands and that the curves are parallel.

    Parameters
    ----------
    fit : SchildModel
        The joint fit, which takes both for granted.
    confidence : float
        Level of the intervals that are quoted.

    Returns
    -------
    list of Check
        ``maximum`` and ``parallel``.

    Notes
    -----
    Responses are put on each replicate's own scale, from its bottom (0) to its top (1), and agonist concentrations
    on its own EC50, so that differences between replicates do not count as scatter. Curves with a maximum, or a
    Hill slope, of their own are then compared with curves that share it (extra sum of squares, P < 0.01). The
    maximum has fallen if in addition the interval of one, corrected for their number, lies below 90 % of control.
    """
    data = _aligned(fit)
    x, y, level = data
    labels = [float(item) for item in level]
    start = {"bottom": 0.0, "top": 1.0, "hill_slope": fit.value("hill_slope")} | _shifted(fit)
    common = plain_fit(x, y, labels, ("bottom", "top", "hill_slope"), start)[1]
    df = y.size - common.theta.size
    tops, slopes = (plain_fit(x, y, labels, ("bottom", other), start) for other in ("hill_slope", "top"))
    p_top, p_slope = (
        extra_sum_of_squares(common.ss, df, item.ss, y.size - item.theta.size).p for _, item in (tops, slopes)
    )
    return [_maximum(tops, p_top, y.size, confidence), _parallel(p_slope)]


def _aligned(fit: SchildModel) -> tuple[Array, Array, Array]:
    """Return agonist, response and antagonist of all points, on the scale of the mean replicate."""
    levels, member = fit.levels(), fit.points.member
    bottom, top, log_ec50 = (levels[name].to_numpy(dtype=np.float64) for name in levels)
    span = np.where(top == bottom, 1.0, top - bottom)
    y = (fit.points.y - bottom[member]) / span[member]
    x = fit.points.x[0] * 10.0 ** (log_ec50.mean() - log_ec50[member])
    return x, y, fit.points.x[1]


def _shifted(fit: SchildModel) -> dict[str, float]:
    """Return log EC50 of each curve after the joint fit, by the names of their parameters."""
    log_ec50 = float(fit.levels()["log_ec50"].mean())
    shifts = {}
    for level in np.unique(fit.points.x[1]).tolist():
        above = fit.value("schild_slope") * (np.log10(level) + fit.value("pa2")) if level > 0 else -np.inf
        shifts[f"log_ec50[{level}]"] = log_ec50 + float(np.logaddexp(0.0, np.log(10.0) * above) / np.log(10.0))
    return shifts


def _maximum(fitted: tuple[Model, Solution], p: float, n_points: int, confidence: float) -> Check:
    model, solution = fitted
    df = n_points - solution.theta.size
    column = model.equation.parameters.index("top")
    place = {label: model.columns[k, column] for k, label in enumerate(model.labels)}
    if df < 1 or 0.0 not in place or not np.isfinite(p):
        return Check("maximum", None, "Too few points to say whether the maximum stands.")
    covariance = curvature(solution.jacobian, solution.ss / df, free=solution.free).covariance
    control = place.pop(0.0)
    quantile = float(stats.t.ppf(1.0 - _SIGNIFICANCE / 2.0 / max(len(place), 1), df))
    t = float(stats.t.ppf(0.5 + confidence / 2.0, df))
    lowest, words = np.inf, ""
    for level, k in place.items():
        ratio = solution.theta[k] / solution.theta[control]
        gradient = np.array([1.0, -ratio]) / solution.theta[control]
        error = float(np.sqrt(gradient @ covariance[np.ix_([k, control], [k, control])] @ gradient))
        if np.isfinite(error) and ratio + quantile * error < _LOWERED and ratio < lowest:
            lowest = ratio
            ends = [max(100.0 * (ratio + side * t * error), 0.0) for side in (-1.0, 1.0)]
            words = (
                f"{100.0 * ratio:.0f} % of control ({100 * confidence:g} % CI {ends[0]:.0f} to {ends[1]:.0f} %) "
                f"at {concentration_text(float(str(level)))} of antagonist"
            )
    if words and p < _SIGNIFICANCE:
        return Check("maximum", False, f"The maximum falls to {words}: the antagonism is insurmountable.")
    return Check("maximum", True, f"The maximum does not fall with the antagonist (P = {p:.2g}).")


def _parallel(p: float) -> Check:
    if not np.isfinite(p):
        return Check("parallel", None, "Too few points to say whether the curves are parallel.")
    if p < _SIGNIFICANCE:
        return Check("parallel", False, f"The curves are not parallel: their Hill slopes differ (P = {p:.2g}).")
    return Check("parallel", True, f"The curves are parallel as far as these data show (P = {p:.2g}).")
