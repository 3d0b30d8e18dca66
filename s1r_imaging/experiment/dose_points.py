"""From responses and a design to the points of concentration–response curves: replicates, never cells."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.experiment.replicates import replicate_table

DOSE_COLUMNS = ("agonist", "agonist_M", "antagonist", "antagonist_M")
POINT_COLUMNS = ("role", *DOSE_COLUMNS, "replicate", "value", "n_recordings", "n_cells")
"""Columns of what `dose_points` returns."""

MIN_DOSES = 3
"""Concentrations, none not counted, below which there is no curve."""


def dose_points(
    responses: pd.DataFrame,
    design: pd.DataFrame,
    *,
    measure: str,
    event: str | None = None,
    leave_out_flags: str = "",
) -> pd.DataFrame:
    """Average responses over the cells of every replicate at every concentration.

    Parameters
    ----------
    responses, design, measure, event, leave_out_flags
        As in `replicate_table`; of the columns ``agonist, agonist_M, antagonist, antagonist_M`` of the design
        those that are there count.

    Returns
    -------
    DataFrame
        One row per role, compounds, concentrations and replicate: ``role, agonist, agonist_M, antagonist,
        antagonist_M, replicate, value, n_recordings, n_cells``. A compound that has no name is called by its
        role; what was not given has concentration 0 and no name. Replicates without a value are left out.

    Raises
    ------
    TypeError, ValueError
        As `replicate_table`; if a concentration is negative or no number.
    """
    doses = pd.DataFrame({"role": _column(design, "role", "")})
    for compound in ("agonist", "antagonist"):
        given = doses["role"].isin(["antagonist_agonist", compound]).to_numpy()
        doses[f"{compound}_M"] = np.where(given, _molar(design, f"{compound}_M"), 0.0)
        names = [_name(item, compound) for item in _column(design, compound, compound)]
        doses[compound] = np.where(given, np.array(names, dtype=object), "")
    key = doses.groupby(["role", *DOSE_COLUMNS], sort=False, dropna=False).ngroup().to_numpy()
    named = design.assign(condition=[f"{number}" for number in key])  # a concentration is a condition here
    table = replicate_table(responses, named, measure=measure, event=event, leave_out_flags=leave_out_flags)
    of_key = doses.assign(key=key).drop_duplicates("key").set_index("key")
    own = of_key.loc[table["condition"].astype(int), ["role", *DOSE_COLUMNS]].reset_index(drop=True)
    found = pd.concat([own, table[["replicate", "value", "n_recordings", "n_cells"]]], axis=1)
    known = np.isfinite(found["value"].to_numpy(dtype=np.float64))
    points: pd.DataFrame = found.loc[known, list(POINT_COLUMNS)].reset_index(drop=True)
    return points


def _column(design: pd.DataFrame, name: str, default: object) -> NDArray[np.object_]:
    if name not in design:
        return np.full(len(design), default, dtype=object)
    return design[name].to_numpy(dtype=object)


def _name(item: object, default: str) -> str:
    return item.strip() if isinstance(item, str) and item.strip() else default


def _molar(design: pd.DataFrame, name: str) -> NDArray[np.float64]:
    if name not in design:
        return np.full(len(design), np.nan)
    values = pd.to_numeric(design[name], errors="coerce").to_numpy(dtype=np.float64)
    wrong = (np.isnan(values) & design[name].notna().to_numpy()) | (values < 0) | np.isinf(values)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            f"design row {row + 1} has {name}={design[name].iloc[row]}: expected a concentration in mol/L, 0 or "
            "more."
        )
    return values
