"""Block per cent of each condition with antagonist and agonist, from its replicates."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.experiment.block import block_percent
from s1r_imaging.experiment.contrast_plan import Contrast, ContrastPlan
from s1r_imaging.experiment.groups import Group, are_paired, shared_blocks
from s1r_imaging.experiment.typed import typed_table

if TYPE_CHECKING:  # the options stand beside the function that has them as arguments
    from s1r_imaging.experiment.compare import CompareOptions

Array = NDArray[np.float64]

BLOCK_DTYPES: dict[str, str] = {
    "condition": "object",
    "agonist_condition": "object",
    "vehicle_condition": "object",
    "estimate": "float64",
    "ci_low": "float64",
    "ci_high": "float64",
    "verdict": "object",
    "is_open": "bool",
    "df": "float64",
    "n_replicates": "int64",
    "n_replicates_agonist": "int64",
    "n_replicates_vehicle": "int64",
    "is_paired": "bool",
    "method": "object",
    "note": "object",
}
"""Columns of the table of blocks."""

_FEWEST_DAYS = 3  # paired on fewer, one degree of freedom would be left


def block_table(plan: ContrastPlan, groups: Mapping[str, Group], options: "CompareOptions") -> pd.DataFrame:
    """Estimate the block of each condition with antagonist and agonist.

    Parameters
    ----------
    plan : ContrastPlan
        Which condition belongs to which agonist.
    groups : mapping of str to Group
        Replicates of each condition.
    options : CompareOptions
        Level of the interval, pairing, and limits of the verdict.

    Returns
    -------
    DataFrame
        One row per such condition, columns `BLOCK_DTYPES`; estimate and interval in per cent, not clipped.
    """
    blocks = [contrast for contrast in plan.contrasts if contrast.kind == "block"]
    rows = [_row(contrast, plan.vehicle, groups, options) for contrast in blocks if plan.vehicle is not None]
    return typed_table(rows, BLOCK_DTYPES)


def _row(
    contrast: Contrast, vehicle_name: str, groups: Mapping[str, Group], options: "CompareOptions"
) -> dict[str, Any]:
    vehicle, agonist, blocked = groups[vehicle_name], groups[contrast.reference], groups[contrast.condition]
    is_paired = is_block_paired(vehicle, agonist, blocked, pairing=options.pairing)
    days = shared_blocks(vehicle, agonist, blocked)
    three = [by_day(group, days) if is_paired else group.means for group in (vehicle, agonist, blocked)]
    three = [values[np.isfinite(values)] for values in three] if not is_paired else three
    row: dict[str, Any] = {
        "condition": contrast.condition,
        "agonist_condition": contrast.reference,
        "vehicle_condition": vehicle_name,
        "is_paired": is_paired,
        "note": _note(int(days.size), options, is_paired=is_paired),
    }
    is_complete = bool(np.isfinite(three).all(axis=0).any()) if is_paired else all(values.size for values in three)
    if not is_complete:
        return row | _nothing(three)
    found = block_percent(
        *three,
        paired=is_paired,
        confidence=options.confidence,
        full_block_percent=options.full_block_percent,
        relevant_block_percent=options.relevant_block_percent,
    )
    n_vehicle, n_agonist, n_blocked = found.n_replicates
    return row | {
        "estimate": found.estimate,
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
        "verdict": found.verdict,
        "is_open": found.is_open,
        "df": found.df,
        "n_replicates": n_blocked,
        "n_replicates_agonist": n_agonist,
        "n_replicates_vehicle": n_vehicle,
        "method": found.method,
    }


def _note(n_days: int, options: "CompareOptions", *, is_paired: bool) -> str:
    note = f"Within {n_days} days." if is_paired else "Replicates of the conditions taken as independent."
    return (
        f"{note} From replicate means, though the contrasts took cells as n."
        if options.method == "cells"
        else note
    )


def is_block_paired(vehicle: Group, agonist: Group, blocked: Group, *, pairing: str) -> bool:
    """Tell whether the block is estimated within days: its contrasts are paired, and three days have all of it."""
    pairs = ((agonist, vehicle), (blocked, agonist), (blocked, vehicle))
    is_paired = all(are_paired(one, other, pairing=pairing) for one, other in pairs)
    return is_paired and shared_blocks(vehicle, agonist, blocked).size >= _FEWEST_DAYS


def by_day(group: Group, days: NDArray[np.int64]) -> Array:
    """Average the replicates of each day; NaN where a day has none with a value."""
    known = np.isfinite(group.means) & np.isin(group.blocks, days)
    place = np.searchsorted(days, group.blocks[known])
    with np.errstate(invalid="ignore"):
        total = np.bincount(place, weights=group.means[known], minlength=days.size)
        return np.asarray(total / np.bincount(place, minlength=days.size))


def _nothing(three: list[Array]) -> dict[str, Any]:
    n_vehicle, n_agonist, n_blocked = (int(np.isfinite(values).sum()) for values in three)
    missing = [
        name
        for name, n in (("vehicle", n_vehicle), ("agonist", n_agonist), ("antagonist with agonist", n_blocked))
        if n == 0
    ]
    reason = f"no replicate of {missing[0]} has a value" if missing else "no day has all three conditions"
    return {
        "estimate": np.nan,
        "ci_low": np.nan,
        "ci_high": np.nan,
        "verdict": f"cannot be said: {reason}",
        "is_open": False,
        "df": np.nan,
        "n_replicates": n_blocked,
        "n_replicates_agonist": n_agonist,
        "n_replicates_vehicle": n_vehicle,
        "method": "none",
    }
