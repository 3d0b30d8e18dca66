"""Which concentration–response curves an experiment holds, and what belongs to each."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from s1r_imaging.curves.report import concentration_text
from s1r_imaging.experiment.dose_points import MIN_DOSES

CurveKind = Literal["ec50", "ic50"]
ResponseScale = Literal["measured", "percent"]
InhibitionFloor = Literal["fitted", "vehicle"]

CURVE_COLUMNS = (
    "curve", "kind", "compound", "agonist", "agonist_M", "replicate", "concentration_M", "value", "n_recordings",
    "n_cells",
)  # fmt: skip
"""Columns of the points of a curve."""


@dataclass(frozen=True, eq=False)
class DoseCurve:
    """The points of one curve.

    Attributes
    ----------
    name : str
        Told apart by.
    kind : {"ec50", "ic50"}
        The agonist's own curve, or the antagonist's against one concentration of agonist.
    compound, agonist : str
        Whose concentration varies; the agonist.
    agonist_M : float
        Concentration of the agonist where it does not vary (mol/L); NaN otherwise.
    points : DataFrame
        See `CURVE_COLUMNS`; concentration 0 is vehicle, or the agonist alone.
    floor : float or None
        Mean response to vehicle, where it is the bottom of the curve.
    """

    name: str
    kind: CurveKind
    compound: str
    agonist: str
    agonist_M: float
    points: pd.DataFrame
    floor: float | None = None


def dose_curves(
    points: pd.DataFrame, *, scale: ResponseScale, floor: InhibitionFloor
) -> tuple[list[DoseCurve], list[str]]:
    """Sort points into curves.

    Parameters
    ----------
    points : DataFrame
        As `dose_points` gives them.
    scale : {"measured", "percent"}
        Whether responses become percent of their control.
    floor : {"fitted", "vehicle"}
        Whether vehicle is the bottom of inhibition curves.

    Returns
    -------
    curves : list of DoseCurve
        Those with at least three concentrations, agonists first.
    problems : list of str
        A sentence about each that could not be made.
    """
    by_role = dict(iter(points.groupby("role", sort=False)))
    nothing = points.iloc[:0]
    vehicle = by_role.get("vehicle", nothing)
    made: list[DoseCurve] = []
    problems: list[str] = []
    agonists = by_role.get("agonist", nothing)
    for agonist, own in agonists.groupby("agonist", sort=False):
        at = pd.concat([_at(own, "agonist_M"), _at(vehicle, "agonist_M")], ignore_index=True)
        controls = (by_role.get("minimum", vehicle), by_role.get("maximum"))
        item = DoseCurve(str(agonist), "ec50", str(agonist), str(agonist), np.nan, at)
        _add(item, made, problems, controls=controls, scale=scale)
    both = by_role.get("antagonist_agonist", nothing)
    keys = ["antagonist", "agonist", "agonist_M"]
    groups: Any = both.groupby(keys, sort=False, dropna=False)
    for (antagonist, agonist, agonist_M), own in groups:
        alone = agonists[(agonists["agonist"] == agonist) & _same(agonists["agonist_M"], float(agonist_M))]
        at = pd.concat([_at(own, "antagonist_M"), _at(alone, "antagonist_M")], ignore_index=True)
        bottom = float(vehicle["value"].mean()) if floor == "vehicle" and len(vehicle) else None
        amount = f" {concentration_text(agonist_M)}" if np.isfinite(agonist_M) else ""
        name = f"{antagonist} on {agonist}{amount}"
        item = DoseCurve(name, "ic50", str(antagonist), str(agonist), float(agonist_M), at, bottom)
        controls = (by_role.get("minimum", vehicle), alone if len(alone) else None)
        _add(item, made, problems, controls=controls, scale=scale)
    return made, problems


def _at(points: pd.DataFrame, column: str) -> pd.DataFrame:
    return points.assign(concentration_M=points[column])[points[column].notna()]


def _same(values: pd.Series, wanted: float) -> "pd.Series[bool]":
    return (
        values.isna()
        if np.isnan(wanted)
        else pd.Series(np.isclose(values, wanted, rtol=1e-6, atol=0.0), values.index)
    )


def _add(
    item: DoseCurve,
    made: list[DoseCurve],
    problems: list[str],
    *,
    controls: tuple[pd.DataFrame, pd.DataFrame | None],
    scale: ResponseScale,
) -> None:
    """Append a curve if it is one, on the scale that is wanted."""
    doses = item.points.loc[item.points["concentration_M"] > 0, "concentration_M"].nunique()
    if doses < MIN_DOSES:
        if doses > 1:
            problems.append(f"{item.name}: {doses} concentrations are no curve; at least {MIN_DOSES} are needed.")
        return
    points, floor = item.points, item.floor
    if scale == "percent":
        low, high = controls
        if high is None or not len(high) or not len(low):
            missing = "maximum control" if item.kind == "ec50" else "agonist alone"
            missing = missing if high is None or not len(high) else "vehicle or minimum control"
            problems.append(f"{item.name}: no {missing} in the design, so the response cannot be percent of it.")
            return
        points, floor = _percent(points, low, high), None if floor is None else 0.0
    own = points.groupby(["concentration_M", "replicate"], sort=False, as_index=False).agg(
        {"value": "mean", "n_recordings": "sum", "n_cells": "sum"}
    )
    own = own.assign(
        curve=item.name, kind=item.kind, compound=item.compound, agonist=item.agonist, agonist_M=item.agonist_M
    )
    own = own[list(CURVE_COLUMNS)].sort_values("concentration_M", kind="stable").reset_index(drop=True)
    made.append(DoseCurve(item.name, item.kind, item.compound, item.agonist, item.agonist_M, own, floor))


def _percent(points: pd.DataFrame, low: pd.DataFrame, high: pd.DataFrame) -> pd.DataFrame:
    """Scale each replicate by its own controls, or by the mean of all where it has none."""
    ends = []
    for control in (low, high):
        means = control.groupby("replicate")["value"].mean()
        ends.append(points["replicate"].map(means).astype(float).fillna(float(means.mean())))
    span = ends[1] - ends[0]
    return points.assign(value=100.0 * (points["value"] - ends[0]) / span.where(span != 0))
