"""Cells stimulated twice: both responses of each cell, and their ratio in each replicate."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.experiment.replicates import DESIGN_COLUMNS, block_column

Array = NDArray[np.float64]

CELL_DTYPES: dict[str, str] = {
    "recording": "object",
    "condition": "object",
    "role": "object",
    "replicate": "object",
    "label": "int64",
    "first": "float64",
    "second": "float64",
    "is_first_responder": "bool",
    "is_used": "bool",
    "ratio": "float64",
}
"""Columns of the cells of a paired design."""


@dataclass(frozen=True, eq=False)
class PairedCells:
    """Cells of the chosen conditions with both responses.

    Attributes
    ----------
    table : DataFrame
        One row per cell, columns `CELL_DTYPES`; ``first`` or ``second`` is NaN where it was not measured.
    problems : tuple of str
        A sentence about each thing that does not fit together.
    """

    table: pd.DataFrame
    problems: tuple[str, ...]


def pair_cells(
    responses: pd.DataFrame, design: pd.DataFrame, *, first: str, second: str, measure: str, all_cells: bool
) -> PairedCells:
    """Put both responses of each cell side by side.

    Parameters
    ----------
    responses : DataFrame
        One row per recording, cell and event.
    design : DataFrame
        The recordings whose cells are wanted.
    first, second : str
        Names of the events; where both are the same, its first and second time.
    measure : str
        Column of `responses`.
    all_cells : bool
        Whether cells that did not respond to the first stimulus are used too.

    Returns
    -------
    PairedCells
        Cells in the order of `responses`.
    """
    rows = responses.assign(
        recording=responses["recording"].astype(str),
        label=responses.get("label", 0),
        is_responder=responses.get("is_responder", True),
        event=responses["event"].fillna("").astype(str).str.strip().str.casefold(),
    )
    rows = rows.loc[rows["recording"].isin(design["recording"].astype(str))]
    keys = ["recording", "label"]
    time = rows.groupby([*keys, "event"], sort=False).cumcount()
    names = [name.strip().casefold() for name in (first, second)]
    is_first = (rows["event"] == names[0]) & (time == 0)
    is_second = (rows["event"] == names[1]) & (time == int(names[0] == names[1]))
    one = rows.loc[is_first, [*keys, measure, "is_responder"]].rename(columns={measure: "first"})
    two = rows.loc[is_second, [*keys, measure]].rename(columns={measure: "second"})
    both = one.merge(two, on=keys, how="inner")
    both = both.merge(design[list(DESIGN_COLUMNS)].astype({"recording": str}), on="recording")
    value = {name: both[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("first", "second")}
    is_measured = np.isfinite(value["first"]) & np.isfinite(value["second"])
    responded = both["is_responder"].eq(True).to_numpy(dtype=bool)
    used = is_measured & (responded | all_cells)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(used & (value["first"] > 0), value["second"] / value["first"], np.nan)
    table = both.assign(**value, is_first_responder=responded, is_used=used, ratio=ratio)
    problems = _problems(design, both, first, second)
    if "is_responder" not in responses:
        problems.append("The responses do not say which cells responded (is_responder): all cells were used.")
    return PairedCells(table[list(CELL_DTYPES)].astype(CELL_DTYPES), tuple(problems))


def paired_replicates(cells: pd.DataFrame, design: pd.DataFrame) -> pd.DataFrame:
    """Average both responses over the cells used of each recording, then over the recordings of each replicate.

    Parameters
    ----------
    cells : DataFrame
        As `pair_cells` gives it.
    design : DataFrame
        All recordings: a replicate without cells keeps its row.

    Returns
    -------
    DataFrame
        One row per condition and replicate: ``condition, role, replicate``, the day where the design has one,
        ``first`` and ``second`` (means), ``ratio`` of the means (NaN where the first is not above 0),
        ``n_cells`` (used), ``n_left_out`` (no response to the first stimulus), ``n_missing`` (not measured
        twice), ``n_recordings``.
    """
    means = cells.loc[cells["is_used"]].groupby("recording", sort=False)[["first", "second"]].mean()
    counted = pd.DataFrame(
        {
            "recording": cells["recording"],
            "n_cells": cells["is_used"].astype(np.int64),
            "n_missing": cells[["first", "second"]].isna().any(axis=1).astype(np.int64),
        }
    )
    counted["n_left_out"] = 1 - counted["n_cells"] - counted["n_missing"]
    counts = counted.groupby("recording", sort=False).sum()
    names = design["recording"].astype(str)
    day = block_column(design)
    table = design[[*DESIGN_COLUMNS[1:], *([day] if day else [])]].reset_index(drop=True)
    table[["first", "second"]] = means.reindex(names).to_numpy()
    table[counts.columns.tolist()] = counts.reindex(names).fillna(0).astype(np.int64).to_numpy()
    table["n_recordings"] = table["first"].notna().astype(np.int64)
    groups = table.groupby(["condition", "replicate"], sort=False, as_index=False)
    kept = dict.fromkeys(("role", *([day] if day else [])), "first")
    summed = dict.fromkeys(("n_cells", "n_left_out", "n_missing", "n_recordings"), "sum")
    found = groups.agg(kept | {"first": "mean", "second": "mean"} | summed)
    first, second = (found[name].to_numpy(dtype=np.float64) for name in ("first", "second"))
    with np.errstate(divide="ignore", invalid="ignore"):
        found["ratio"] = np.where(first > 0, second / first, np.nan)
    columns = ["condition", "role", "replicate", *([day] if day else []), "first", "second", "ratio"]
    return found[columns + list(summed)]


def _problems(design: pd.DataFrame, both: pd.DataFrame, first: str, second: str) -> list[str]:
    names = design["recording"].astype(str)
    without = names[~names.isin(both["recording"])]
    if not len(without):
        return []
    listed = ", ".join(without[:5]) + (f" and {len(without) - 5} more" if len(without) > 5 else "")
    return [f"Without a response to both {first!r} and {second!r}: {listed}."]
