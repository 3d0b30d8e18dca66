"""Answers of competition fits in words, as they would stand in a paper."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_MODELS = {
    "one_site": "one site",
    "variable_slope": "variable Hill slope",
    "two_site": "two sites",
    "homologous": "homologous competition (Ki is the Kd of the ligand itself)",
}


def fit_words(row: Mapping[str, Any], notes: Sequence[str], *, assay: str, confidence: float) -> str:
    """Describe one fit.

    Parameters
    ----------
    row : mapping
        A row of `BindingFit.to_frame`.
    notes : sequence of str
        Sentences about what is suspect.
    assay : str
        Radioligand and its Kd, in words.
    confidence : float
        Level of the intervals.

    Returns
    -------
    str
        A few lines.
    """
    lines = [f"{row['compound']}, experiment {row['experiment']}: {_answer(row, confidence)}."]
    method = "exact equilibrium" if row["equilibrium"] == "exact" else "Cheng-Prusoff"
    lines.append(f"  {_MODELS.get(row['model'], row['model'])}, {method}; {assay}.")
    if np.isfinite(row["hill_slope"]):
        ends = _interval(row["hill_ci_low"], row["hill_ci_high"], ".2f")
        lines.append(f"  IC50 {_number(row['ic50_nM'])} nM; Hill slope {row['hill_slope']:.2f} ({ends}).")
    if np.isfinite(row["pki_2"]):
        lines.append(
            f"  Second site: pKi {row['pki_2']:.2f}; {100 * row['fraction']:.0f} % of sites have the first."
        )
    lines.append(
        f"  Plateaus {_number(row['top'])} and {_number(row['bottom'])}; weighted R² {row['r_squared']:.4f}; "
        f"{row['n_wells']} wells, {row['n_concentrations']} concentrations."
    )
    if np.isfinite(row["bound_fraction"]):
        lines.append(f"  Radioligand bound: {100 * row['bound_fraction']:.1f} % of what was added.")
    return "\n".join([*lines, *(f"  ! {note}" for note in notes)])


def _answer(row: Mapping[str, Any], confidence: float) -> str:
    if row["relation"] == "=":
        ends = _interval(row["ki_ci_low_nM"], row["ki_ci_high_nM"], ".3g")
        return (
            f"Ki {_number(row['ki_nM'])} nM ({100 * confidence:g} % profile interval {ends} nM), "
            f"pKi {row['pki']:.2f} ± {row['pki_se']:.2f} (SE)"
        )
    if row["relation"]:
        return f"Ki {row['relation']} {_number(row['ki_limit_nM'])} nM"
    return "Ki not determined"


def _interval(low: float, high: float, form: str) -> str:
    if np.isnan(low) or np.isnan(high):
        return "interval not known"
    if low in (0.0, -np.inf):
        return "unlimited" if np.isinf(high) else f"less than {high:{form}}"
    return f"more than {low:{form}}" if np.isinf(high) else f"{low:{form}} to {high:{form}}"


def _number(value: float) -> str:
    return "not known" if np.isnan(value) else f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
