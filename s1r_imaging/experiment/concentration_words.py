"""Potencies in words."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from s1r_imaging.curves.report import concentration_text
from s1r_imaging.flags import CurveFlag


def curve_sentence(row: Mapping[str, Any], *, confidence: float) -> str:
    """Say what a row of ``ConcentrationResponse.table`` says.

    Parameters
    ----------
    row : mapping
        The row.
    confidence : float
        Level of its interval.

    Returns
    -------
    str
        One sentence.
    """
    name = "EC50" if row["kind"] == "ec50" else "IC50"
    who = row["curve"]
    if not row["relation"] and not row["flags"] & CurveFlag.NO_CONCENTRATION_DEPENDENCE:
        return f"{who}: the data do not determine {name}: perhaps a plateau was not reached."
    if not row["relation"]:
        return f"{who}: the response does not depend on concentration as far as these data show; no {name}."
    value = concentration_text(row["ec50_nM"] * 1e-9)
    if row["relation"] != "=":
        side = "above" if row["relation"] == ">" else "below"
        limit = "highest" if row["relation"] == ">" else "lowest"
        return f"{who}: {name} lies {side} {value}, the {limit} concentration at which a curve can place it."
    return f"{who}: {name} {value}{interval_words(row['ci_low_nM'], row['ci_high_nM'], confidence)}{_n(row)}."


def interval_words(low_nM: float, high_nM: float, confidence: float) -> str:
    """Write an interval of concentrations (nM) in brackets; nothing where it is not known.

    >>> interval_words(12.0, 34.0, 0.95)
    ' (95 % CI 12 nM to 34 nM)'
    """
    if np.isnan(low_nM) and np.isnan(high_nM):
        return ""
    low, high = (concentration_text(end * 1e-9) for end in (low_nM, high_nM))
    if np.isposinf(high_nM):
        words = f"above {low}" if low_nM > 0 else "open on both sides"
    else:
        words = f"{low} to {high}" if low_nM > 0 else f"below {high}"
    return f" ({100 * confidence:g} % CI {words})"


def _n(row: Mapping[str, Any]) -> str:
    n = int(row["n_replicates"])
    each = f"{n} replicate{'' if n == 1 else 's'}"
    if row["method"] == "replicate_curves":
        return f", mean of {each}"
    return f", one curve through {row['n_points']} points of {each}"
