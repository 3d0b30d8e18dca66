"""The table of contrasts: each planned comparison by one method, with effect size and adjusted P values."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.experiment import correction
from s1r_imaging.experiment.contrast_plan import Contrast
from s1r_imaging.experiment.difference import (
    Difference,
    blocked_difference,
    hedges_g,
    unknown_difference,
    welch_difference,
)
from s1r_imaging.experiment.groups import Group, are_paired, with_values
from s1r_imaging.experiment.mixed_model import mixed_model_difference
from s1r_imaging.experiment.permutation import permutation_difference
from s1r_imaging.experiment.typed import typed_table

if TYPE_CHECKING:  # the options stand beside the function that has them as arguments
    from s1r_imaging.experiment.compare import CompareOptions

Array = NDArray[np.float64]

CONTRAST_DTYPES: dict[str, str] = {
    "contrast": "object",
    "kind": "object",
    "condition": "object",
    "reference": "object",
    "estimate": "float64",
    "ci_low": "float64",
    "ci_high": "float64",
    "p_value": "float64",
    "p_adjusted": "float64",
    "effect_size": "float64",
    "df": "float64",
    "n_replicates": "int64",
    "n_replicates_reference": "int64",
    "n_cells": "int64",
    "n_cells_reference": "int64",
    "is_paired": "bool",
    "method": "object",
    "note": "object",
}
"""Columns of the table of contrasts."""

CELLS_AS_N = "Cells were taken as n, though cells of one dish are not independent: the P value is far too small"


def contrast_table(
    contrasts: Sequence[Contrast],
    groups: Mapping[str, Group],
    cells: Mapping[str, Array],
    options: "CompareOptions",
) -> pd.DataFrame:
    """Compare the conditions of each contrast.

    Parameters
    ----------
    contrasts : sequence of Contrast
        What is compared.
    groups : mapping of str to Group
        Replicates of each condition.
    cells : mapping of str to array
        Values of all cells of each condition.
    options : CompareOptions
        How.

    Returns
    -------
    DataFrame
        One row per contrast, columns `CONTRAST_DTYPES`.
    """
    rows = [_row(contrast, groups, cells, options) for contrast in contrasts]
    adjusted = _adjusted(np.array([row["p_value"] for row in rows]), contrasts, groups, options)
    rows = [row | {"p_adjusted": value} for row, value in zip(rows, adjusted, strict=True)]
    return typed_table(rows, CONTRAST_DTYPES)


def _row(
    contrast: Contrast, groups: Mapping[str, Group], cells: Mapping[str, Array], options: "CompareOptions"
) -> dict[str, Any]:
    both = groups[contrast.condition], groups[contrast.reference]
    is_paired = options.method != "cells" and are_paired(*both, pairing=options.pairing)
    used = with_values(*both, is_paired=is_paired)
    if options.method == "cells":
        found = _cells_difference(cells[contrast.condition], cells[contrast.reference], options)
    else:
        used = on_scale(used[0], options.scale), on_scale(used[1], options.scale)
        found = back_to_ratio(difference_of(*used, options, is_paired=is_paired), options.scale)
    return {
        "contrast": f"{contrast.condition} vs {contrast.reference}",
        "kind": contrast.kind,
        "condition": contrast.condition,
        "reference": contrast.reference,
        "estimate": found.estimate,
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
        "p_value": found.p_value,
        "effect_size": hedges_g(used[0].means, used[1].means),
        "df": found.df,
        "n_replicates": used[0].n_replicates,
        "n_replicates_reference": used[1].n_replicates,
        "n_cells": int(used[0].n_cells.sum()),
        "n_cells_reference": int(used[1].n_cells.sum()),
        "is_paired": is_paired,
        "method": options.method,
        "note": found.note,
    }


def difference_of(treated: Group, reference: Group, options: "CompareOptions", *, is_paired: bool) -> Difference:
    """Compare two conditions over their replicates by the method of the options.

    Parameters
    ----------
    treated, reference : Group
        Replicates with a value; in pairs, of the days that both have.
    options : CompareOptions
        Method (not ``"cells"``), level of the interval, and what the permutation needs.
    is_paired : bool
        Whether they are compared within days.

    Returns
    -------
    Difference
        Treated minus reference.
    """
    confidence = options.confidence
    if np.isnan(treated.means).any() or np.isnan(reference.means).any():
        return unknown_difference(np.nan, "A replicate is not above zero: it has no logarithm")
    if options.method == "permutation":
        return permutation_difference(
            treated,
            reference,
            is_paired=is_paired,
            confidence=confidence,
            n_permutations=options.n_permutations,
            seed=options.permutation_seed,
        )
    if options.method == "mixed_model":
        return mixed_model_difference(treated, reference, is_paired=is_paired, confidence=confidence)
    if is_paired:
        return blocked_difference(treated, reference, confidence=confidence)
    return welch_difference(treated.means, reference.means, confidence=confidence)


def on_scale(group: Group, scale: str) -> Group:
    """Return the replicates as they are compared: on the log scale NaN where they are not above zero."""
    if scale == "linear":
        return group
    logs = np.log(np.where(group.means > 0, group.means, np.nan))
    return dataclasses.replace(group, means=logs)


def back_to_ratio(found: Difference, scale: str) -> Difference:
    """Turn a difference of logarithms into a ratio."""
    if scale == "linear":
        return found
    estimate, low, high = (float(np.exp(value)) for value in (found.estimate, found.ci_low, found.ci_high))
    return dataclasses.replace(
        found, estimate=estimate, ci_low=low, ci_high=high, note=f"{found.note}, of logarithms"
    )


def _cells_difference(treated: Array, reference: Array, options: "CompareOptions") -> Difference:
    if min(treated.size, reference.size) < 2:
        estimate = float(treated.mean() - reference.mean()) if treated.size and reference.size else np.nan
        return unknown_difference(estimate, f"{CELLS_AS_N}; and there are fewer than two in one condition.")
    found = welch_difference(treated, reference, confidence=options.confidence)
    note = f"{CELLS_AS_N}. {found.note}"
    return Difference(found.estimate, found.ci_low, found.ci_high, found.p_value, found.df, note)


def _adjusted(
    p_values: Array, contrasts: Sequence[Contrast], groups: Mapping[str, Group], options: "CompareOptions"
) -> Array:
    if options.correction == "holm":
        return correction.holm(p_values)
    if options.correction == "benjamini_hochberg":
        return correction.benjamini_hochberg(p_values)
    if options.correction == "none":
        return p_values
    adjusted = np.full(p_values.shape, np.nan)
    for reference in dict.fromkeys(contrast.reference for contrast in contrasts):
        own = [
            place
            for place, contrast in enumerate(contrasts)
            if contrast.reference == reference and np.isfinite(p_values[place])
        ]
        if own:
            treated = [_finite(groups[contrasts[place].condition]) for place in own]
            adjusted[own] = correction.dunnett(treated, _finite(groups[reference]))
    return adjusted


def _finite(group: Group) -> Array:
    return group.means[np.isfinite(group.means)]
