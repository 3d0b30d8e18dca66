"""The points of a Schild experiment: pairs that a design holds, and what replicates can be used for."""

import numpy as np
import pandas as pd

from s1r_imaging.experiment.dose_points import MIN_DOSES

POINT_COLUMNS = ("agonist_M", "antagonist_M", "response", "replicate")
"""Columns of the points of a Schild experiment."""


def pairs_of(points: pd.DataFrame) -> tuple[tuple[str, str], ...]:
    """List agonist and antagonist of every Schild experiment among points as `dose_points` gives them."""
    dosed = points[(points["agonist_M"] > 0) & points["antagonist_M"].notna()]
    control = dosed[dosed["role"] == "agonist"].groupby("agonist")["agonist_M"].nunique()
    shifted = dosed[(dosed["role"] == "antagonist_agonist") & (dosed["antagonist_M"] > 0)]
    size = shifted.groupby(["agonist", "antagonist", "antagonist_M"], sort=False)["agonist_M"].nunique()
    found = [(str(key[0]), str(key[1])) for key, n in size.items() if n >= MIN_DOSES]  # type: ignore[index]
    return tuple(pair for pair in dict.fromkeys(found) if control.get(pair[0], 0) >= MIN_DOSES)


def points_of(points: pd.DataFrame, agonist: str, antagonist: str) -> pd.DataFrame:
    """Return the points of one pair; zero doses go with the antagonist concentrations that have a curve."""
    named = points["agonist"].isin([agonist, ""]) & points["antagonist"].isin([antagonist, ""])
    role = points["role"].isin(["vehicle", "agonist", "antagonist", "antagonist_agonist"])
    own = points[named & role & points["agonist_M"].notna() & points["antagonist_M"].notna()]
    dosed = own[own["agonist_M"] > 0].groupby("antagonist_M")["agonist_M"].nunique()
    own = own[own["antagonist_M"].isin(dosed.index[dosed >= MIN_DOSES])]
    return own.rename(columns={"value": "response"})[list(POINT_COLUMNS)]


def check_points(points: pd.DataFrame) -> pd.DataFrame:
    """Check a plain table of points and average what one replicate measured twice.

    Parameters
    ----------
    points : DataFrame
        Columns ``agonist_M, antagonist_M, response`` and perhaps ``replicate``.

    Returns
    -------
    DataFrame
        The points with a finite response; without replicates all are of one, ``"all"``.

    Raises
    ------
    TypeError, ValueError
        If a column is missing, a concentration is negative, or curves are missing.
    """
    if not isinstance(points, pd.DataFrame):
        raise TypeError(f"points is a {type(points).__name__}: expected a DataFrame.")
    missing = [name for name in POINT_COLUMNS[:3] if name not in points]
    if missing:
        raise ValueError(f"points has no column {missing[0]!r}: expected agonist_M, antagonist_M and response.")
    data = pd.DataFrame({name: pd.to_numeric(points[name], errors="coerce") for name in POINT_COLUMNS[:3]})
    data[["agonist_M", "antagonist_M"]] = data[["agonist_M", "antagonist_M"]].fillna(0.0)
    data["replicate"] = points.get("replicate", "all")
    data["replicate"] = data["replicate"].astype(object).where(data["replicate"].notna(), "no name")
    data = data[np.isfinite(data["response"].to_numpy(dtype=np.float64))].reset_index(drop=True)
    doses = data[["agonist_M", "antagonist_M"]].to_numpy(dtype=np.float64)
    if (doses < 0).any():
        raise ValueError(
            f"points holds the concentration {doses.min():g}: expected mol/L, where 0 means none; pass 10.0**x if "
            "these are logarithms."
        )
    dosed = data[data["agonist_M"] > 0].groupby("antagonist_M")["agonist_M"].nunique()
    if dosed.get(0.0, 0) < MIN_DOSES or not ((dosed.index > 0) & (dosed >= MIN_DOSES)).any():
        raise ValueError(
            f"points holds no control curve and curve with antagonist of at least {MIN_DOSES} agonist "
            "concentrations each: antagonist_M=0 marks the control curve."
        )
    if len(data["replicate"].unique()) > 1:
        keys = ["replicate", "antagonist_M", "agonist_M"]
        data = data.groupby(keys, sort=False, as_index=False)["response"].mean()
    ready: pd.DataFrame = data[list(POINT_COLUMNS)]
    return ready


def structure(data: pd.DataFrame) -> tuple[bool, bool]:
    """Say what replicates can be used for.

    Parameters
    ----------
    data : DataFrame
        Points as `check_points` gives them.

    Returns
    -------
    own_levels : bool
        Whether each can have levels of its own: all have a control curve and one with antagonist.
    by_replicate : bool
        Whether each of them knows pA2 and slope by itself, so that they are the units of the intervals.
    """
    dosed = data[data["agonist_M"] > 0]
    size = dosed.groupby(["replicate", "antagonist_M"])["agonist_M"].nunique()
    curves = size[size >= MIN_DOSES].reset_index()
    with_antagonist = curves[curves["antagonist_M"] > 0]
    labels = data["replicate"].unique()
    control = set(curves.loc[curves["antagonist_M"] == 0, "replicate"])
    n_shifted = with_antagonist.groupby("replicate")["antagonist_M"].nunique().reindex(labels, fill_value=0)
    wanted = min(2, with_antagonist["antagonist_M"].nunique())
    own_levels = len(labels) > 1 and control == set(labels) and bool((n_shifted >= 1).all())
    return own_levels, own_levels and bool((n_shifted >= wanted).all())
