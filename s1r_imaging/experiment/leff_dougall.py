"""KB from an inhibition curve of a functional response."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from s1r_imaging.curves.fit import CurveOptions
from s1r_imaging.curves.report import concentration_text
from s1r_imaging.experiment.concentration import ConcentrationResponse
from s1r_imaging.options import Options, option

Array = NDArray[np.float64]
Row = Mapping[Any, Any]

KB_COLUMNS = (
    "compound", "agonist", "agonist_M", "relation", "pkb", "pkb_ci_low", "pkb_ci_high", "kb_nM", "kb_ci_low_nM",
    "kb_ci_high_nM", "ic50_nM", "ec50_nM", "hill_slope", "n_replicates", "method", "sentence",
)  # fmt: skip
"""Columns of what `fit_leff_dougall` returns."""


@dataclass(frozen=True, kw_only=True)
class LeffDougallOptions(Options):
    """Options of `fit_leff_dougall`."""

    section: ClassVar[str] = "leff_dougall"

    kb_confidence: float = option(CurveOptions.confidence, "Level of the interval of pKB.", gt=0, lt=1)


def leff_dougall(ic50_M: float, agonist_M: float, ec50_M: float, hill_slope: float) -> float:
    """Compute KB from an IC50 that was measured against one concentration of agonist.

    Parameters
    ----------
    ic50_M : float
        Antagonist that halves the response (mol/L).
    agonist_M : float
        Agonist (mol/L).
    ec50_M : float
        EC50 of the agonist (mol/L).
    hill_slope : float
        Hill slope of the agonist's curve.

    Returns
    -------
    float
        KB (mol/L) = IC50 / ((2 + (A/EC50)^n)^(1/n) − 1).

    Raises
    ------
    ValueError
        If a number is not positive.

    References
    ----------
    Leff P., Dougall I. G. (1993), Trends Pharmacol. Sci. 14, 110–112.

    Examples
    --------
    >>> round(leff_dougall(100e-9, 1e-6, 1e-6, 1.0) * 1e9, 6)  # at EC50 and slope 1: half of IC50
    50.0
    """
    given = {"ic50_M": ic50_M, "agonist_M": agonist_M, "ec50_M": ec50_M, "hill_slope": hill_slope}
    for name, value in given.items():
        if not value > 0:
            raise ValueError(f"{name}={value!r}: expected a number above 0.")
    return float(10.0 ** _log_kb(np.log10(ic50_M), np.log10(agonist_M), np.log10(ec50_M), hill_slope))


def fit_leff_dougall(
    result: ConcentrationResponse, *, kb_confidence: float = LeffDougallOptions.kb_confidence
) -> pd.DataFrame:
    """Turn every IC50 of an experiment into a functional pKB, where the agonist's own curve was measured too.

    Parameters
    ----------
    result : ConcentrationResponse
        Agonist and inhibition curves.
    kb_confidence : float
        Level of the interval.

    Returns
    -------
    DataFrame
        One row per inhibition curve: ``compound, agonist, agonist_M, relation`` (of pKB: ``"<"`` below the value),
        ``pkb, pkb_ci_low, pkb_ci_high, kb_nM, kb_ci_low_nM, kb_ci_high_nM, ic50_nM, ec50_nM, hill_slope``
        (the agonist's), ``n_replicates`` (the units of the interval), ``method`` and a ``sentence``, which says
        why where there is no pKB.

    Raises
    ------
    ValueError
        If the confidence is out of range.

    Notes
    -----
    Where at least two replicates have both curves, each gives a pKB with its own EC50 and slope, and the interval
    is mean ± t SD/√n. Otherwise errors of IC50, EC50 and slope are carried over to first order on the log scale;
    their degrees of freedom are combined after Welch and Satterthwaite.

    See Also
    --------
    leff_dougall : The equation and its source.
    """
    options = LeffDougallOptions(kb_confidence=kb_confidence)
    table = result.table
    agonists = {str(row["agonist"]): row for row in table[table["kind"] == "ec50"].to_dict("records")}
    rows = [
        _row(result, inhibition, agonists.get(str(inhibition["agonist"])), options.kb_confidence)
        for inhibition in table[table["kind"] == "ic50"].to_dict("records")
    ]
    return pd.DataFrame(rows, columns=list(KB_COLUMNS))


def _log_kb(log_ic50: Array | float, log_agonist: float, log_ec50: Array | float, slope: Array | float) -> Array:
    """Return log10 KB."""
    ratio = np.log(10.0) * np.asarray(slope) * (log_agonist - np.asarray(log_ec50))
    power = np.logaddexp(np.log(2.0), ratio) / np.asarray(slope)
    found: Array = np.asarray(log_ic50) - np.log10(np.expm1(power))
    return found


def _row(
    result: ConcentrationResponse, inhibition: Row, agonist: Row | None, confidence: float
) -> dict[str, object]:
    row: dict[str, object] = {name: inhibition[name] for name in ("compound", "agonist", "agonist_M", "relation")}
    row |= {"ic50_nM": inhibition["ec50_nM"], "n_replicates": 0, "method": ""}
    why = _missing(inhibition, agonist)
    if why or agonist is None:
        return row | {"relation": "", "sentence": f"{inhibition['curve']}: no pKB, {why}."}
    row |= {"ec50_nM": agonist["ec50_nM"], "hill_slope": agonist["hill_slope"]}
    log_agonist = float(np.log10(inhibition["agonist_M"]))
    if inhibition["relation"] != "=":
        pkb = -float(_log_kb(inhibition["log_ec50"], log_agonist, agonist["log_ec50"], agonist["hill_slope"]))
        side = "above" if inhibition["relation"] == ">" else "below"
        words = f"{inhibition['curve']}: KB lies {side} {concentration_text(10.0**-pkb)} (Leff–Dougall)."
        row["relation"] = "<" if inhibition["relation"] == ">" else ">"
        return row | {"pkb": pkb, "kb_nM": 10.0 ** (9.0 - pkb), "sentence": words}
    each = _by_replicate(result, inhibition, agonist, log_agonist)
    if len(each) >= 2:
        pkb, error, df, n = (
            float(each.mean()),
            float(each.std(ddof=1) / np.sqrt(len(each))),
            len(each) - 1.0,
            len(each),
        )
        method = "each replicate's own KB"
    else:
        pkb, error, df = _propagated(result, inhibition, agonist, log_agonist)
        n, method = int(inhibition["n_replicates"]), "errors of IC50, EC50 and slope carried over"
    half = float(stats.t.ppf(0.5 + confidence / 2.0, df)) * error if df > 0 else np.nan
    low, high = pkb - half, pkb + half
    words = (
        f"{inhibition['curve']}: pKB {pkb:.2f} ({100 * confidence:g} % CI {low:.2f} to {high:.2f}), KB "
        f"{concentration_text(10.0**-pkb)} (Leff–Dougall)."
    )
    return row | {
        "pkb": pkb, "pkb_ci_low": low, "pkb_ci_high": high, "kb_nM": 10.0 ** (9.0 - pkb),
        "kb_ci_low_nM": 10.0 ** (9.0 - high), "kb_ci_high_nM": 10.0 ** (9.0 - low), "n_replicates": n,
        "method": method, "sentence": words,
    }  # fmt: skip


def _missing(inhibition: Row, agonist: Row | None) -> str:
    if not inhibition["relation"]:
        return "since there is no IC50"
    if not inhibition["agonist_M"] > 0:
        return "since the agonist's concentration is not in the design"
    if agonist is None:
        return "since the agonist's own curve was not measured"
    if agonist["relation"] != "=" or not agonist["hill_slope"] > 0:
        return "since the agonist's EC50 is not known"
    return ""


def _by_replicate(result: ConcentrationResponse, inhibition: Row, agonist: Row, log_agonist: float) -> Array:
    """Return the pKB of each replicate, where every replicate of the IC50 has one."""
    own = result.replicates.set_index("curve")
    if inhibition["curve"] not in own.index or agonist["curve"] not in own.index:
        return np.zeros(0)
    both = (
        own.loc[[inhibition["curve"]]]
        .reset_index()
        .merge(own.loc[[agonist["curve"]]].reset_index(), on="replicate", suffixes=("", "_agonist"), how="left")
    )
    good = (both["relation"] == "=") & (both["relation_agonist"] == "=") & (both["hill_slope_agonist"] > 0)
    if not good.all():
        return np.zeros(0)
    columns = ("log_ec50", "log_ec50_agonist", "hill_slope_agonist")
    log_ic50, log_ec50, slope = (both[name].to_numpy(dtype=np.float64) for name in columns)
    return -_log_kb(log_ic50, log_agonist, log_ec50, slope)


def _propagated(
    result: ConcentrationResponse, inhibition: Row, agonist: Row, log_agonist: float
) -> tuple[float, float, float]:
    """Return pKB with its standard error and degrees of freedom, from the errors of its parts."""
    own, control = result.fits[inhibition["curve"]], result.fits[agonist["curve"]]
    i, (e, h) = (
        own.model.names.index("log_ic50"),
        (control.model.names.index(n) for n in ("log_ec50", "hill_slope")),
    )
    at = np.array([own.theta[i], control.theta[e], control.theta[h]])
    step = 1e-5
    gradient = np.array(
        [
            (_log_kb(*_moved(at, k, step, log_agonist)) - _log_kb(*_moved(at, k, -step, log_agonist))) / (2 * step)
            for k in range(3)
        ]
    )
    of_own = gradient[0] ** 2 * float(own.covariance.to_numpy()[i, i])
    part = control.covariance.to_numpy()[np.ix_([e, h], [e, h])]
    of_control = float(gradient[1:] @ part @ gradient[1:])
    variance = of_own + of_control
    df = variance**2 / (of_own**2 / max(own.df, 1) + of_control**2 / max(control.df, 1)) if variance > 0 else 0.0
    return -float(_log_kb(at[0], log_agonist, at[1], at[2])), float(np.sqrt(variance)), df


def _moved(at: Array, k: int, step: float, log_agonist: float) -> tuple[float, float, float, float]:
    moved = at.copy()
    moved[k] += step
    return float(moved[0]), log_agonist, float(moved[1]), float(moved[2])
