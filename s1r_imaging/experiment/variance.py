"""Variance components: how much days, replicates and cells differ."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from s1r_imaging.curves.fit import CurveOptions
from s1r_imaging.experiment.replicates import block_column

COMPONENT_DTYPES: dict[str, str] = {
    "condition": "object",
    "mean": "float64",
    "variance_day": "float64",
    "variance_replicate": "float64",
    "variance_cell": "float64",
    "intraclass_correlation": "float64",
    "sd": "float64",
    "sd_ci_low": "float64",
    "sd_ci_high": "float64",
    "n_days": "int64",
    "n_replicates": "int64",
    "cells_per_replicate": "float64",
}
"""Columns of `variance_components`."""


@dataclass(frozen=True)
class Scatter:
    """How much the difference of two conditions varies, for one way to compare them.

    Attributes
    ----------
    comparison : str
        ``"independent"`` or ``"within days"``.
    seen : tuple of float
        Variance of the replicate means of each condition, or of the differences within days.
    within : tuple of float
        What single cells add to each, times the number of cells in a replicate.
    cells : tuple of float
        Cells in a replicate, for each.
    df : float
        Degrees of freedom of the sum of `seen`.
    note : str
        What to beware of; empty where there is nothing.
    """

    comparison: str
    seen: tuple[float, ...]
    within: tuple[float, ...]
    cells: tuple[float, ...]
    df: float
    note: str

    def with_cells(self, n_cells: int) -> list[float]:
        """Return the variances that replicates with another number of cells would have.

        Parameters
        ----------
        n_cells : int
            Cells in a replicate.

        Returns
        -------
        list of float
            At least what the cells alone make.
        """
        between = [
            float(np.maximum(0.0, v - w / m)) for v, w, m in zip(self.seen, self.within, self.cells, strict=True)
        ]
        return [b + w / n_cells for b, w in zip(between, self.within, strict=True)]


def variance_components(
    cells: pd.DataFrame,
    *,
    design: pd.DataFrame | None = None,
    confidence: float = CurveOptions.confidence,
) -> pd.DataFrame:
    r"""Split the variance of each condition into days, replicates and cells.

    Parameters
    ----------
    cells : DataFrame
        One row per cell: ``recording, condition, replicate, value``.
    design : DataFrame, optional
        ``recording`` and ``day`` (or ``experiment``); without it days and replicates are one.
    confidence : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        One row per condition: ``condition``, ``mean`` over replicates; ``variance_day``, ``variance_replicate``
        (both with the other, NaN and all, where no day has two replicates) and ``variance_cell``;
        ``intraclass_correlation``; ``sd`` of the replicate means with its interval ``sd_ci_low, sd_ci_high``;
        ``n_days``, ``n_replicates`` and ``cells_per_replicate`` (harmonic mean). What one replicate does not tell
        is NaN.

    Raises
    ------
    TypeError, ValueError
        If a column is missing.

    Notes
    -----
    Analysis of variance: cells within recordings give :math:`\sigma_w^2`; the variance of replicate means within
    days less :math:`\sigma_w^2/m` is that between replicates, and the variance of day means less the
    replicates' part is that between days. What comes out below 0 is given as 0. The interval of the SD is the
    chi-squared one and wide: three replicates allow 0.5 to 6.3 times what is seen.

    Examples
    --------
    >>> cells = pd.DataFrame({"recording": list("aabb"), "condition": "ATP", "replicate": [1, 1, 2, 2],
    ...     "value": [0.7, 0.9, 1.0, 1.2]})
    >>> variance_components(cells)[["variance_replicate", "variance_cell"]].round(3).to_numpy().tolist()
    [[0.035, 0.02]]
    """
    replicates = _replicates(cells, design)
    rows = [_components(str(name), own, confidence) for name, own in replicates.groupby("condition", sort=False)]
    return pd.DataFrame({name: [row[name] for row in rows] for name in COMPONENT_DTYPES}).astype(COMPONENT_DTYPES)


def variance_interval(variance: float, df: float, confidence: float) -> tuple[float, float]:
    """Return the interval of a variance.

    Parameters
    ----------
    variance : float
        As seen.
    df : float
        Its degrees of freedom.
    confidence : float
        Level of the interval.

    Returns
    -------
    tuple of float
        NaN where `df` is 0 or unknown.
    """
    if not df > 0:
        return np.nan, np.nan
    low, high = (special.chdtri(df, tail) for tail in (0.5 - confidence / 2, 0.5 + confidence / 2))
    return float(variance * df / low), float(variance * df / high)


def between_conditions(
    cells: pd.DataFrame, *, condition: str, reference: str, design: pd.DataFrame | None = None
) -> list[Scatter]:
    """Estimate how much the difference of two conditions varies between replicates.

    Parameters
    ----------
    cells : DataFrame
        As in `variance_components`.
    condition, reference : str
        The conditions.
    design : DataFrame, optional
        As in `variance_components`.

    Returns
    -------
    list of Scatter
        Independent replicates and, where two days have both conditions, within days.

    Raises
    ------
    TypeError, ValueError
        If a column or condition is missing.
    """
    replicates = _replicates(cells, design)
    groups = []
    for argument, name in (("condition", condition), ("reference", reference)):
        groups.append(replicates.loc[replicates["condition"] == name])
        if groups[-1].empty:
            known = ", ".join(map(str, replicates["condition"].unique()))
            raise ValueError(f"{argument}={name!r}: no such condition among the cells; they have {known}.")
    found = [_independent(groups)]
    days = sorted(set(groups[0]["day"].dropna()) & set(groups[1]["day"].dropna()), key=str)
    if len(days) >= 2:
        found.append(_within_days(groups, days))
    return found


def _independent(groups: list[pd.DataFrame]) -> Scatter:
    seen = tuple(float(group["value"].var()) for group in groups)
    sizes = [len(group) for group in groups]
    parts = sum(v**2 / (n - 1) for v, n in zip(seen, sizes, strict=True) if n > 1)
    df = sum(seen) ** 2 / parts if min(sizes) > 1 and parts > 0 else np.nan
    note = "" if min(sizes) > 1 else "One replicate does not tell how much replicates differ."
    within, cells = (tuple(_cell_part(group)[i] for group in groups) for i in (0, 1))
    return Scatter("independent", seen, within, cells, df, note)


def _within_days(groups: list[pd.DataFrame], days: list[object]) -> Scatter:
    shared = [group.loc[group["day"].isin(days)] for group in groups]
    means = [group.groupby("day")["value"].mean() for group in shared]
    difference = (means[0] - means[1]).to_numpy()
    parts = [_cell_part(group) for group in shared]
    per_day = [len(group) / len(days) for group in shared]
    within = sum(part[0] for part in parts)
    of_cells = sum(part[0] / part[1] / n for part, n in zip(parts, per_day, strict=True))
    note = "" if max(per_day) == 1 else "A day's replicates of a condition were averaged."
    cells = within / of_cells if of_cells > 0 else np.nan
    return Scatter("within days", (float(difference.var(ddof=1)),), (within,), (cells,), len(days) - 1.0, note)


def _components(name: str, own: pd.DataFrame, confidence: float) -> dict[str, object]:
    within, cells = _cell_part(own)
    total, n = float(own["value"].var()), len(own)
    between, of_days = max(0.0, total - within / cells) if n > 1 else np.nan, np.nan
    n_days = own["day"].nunique()
    if n > n_days > 1:
        between, of_days = _nested(own, within / cells)
    whole = np.nansum([between, of_days])
    low, high = variance_interval(total, n - 1, confidence)
    return {
        "condition": name,
        "mean": float(own["value"].mean()),
        "variance_day": of_days,
        "variance_replicate": between,
        "variance_cell": within,
        "intraclass_correlation": whole / (whole + within) if n > 1 and whole + within > 0 else np.nan,
        "sd": np.sqrt(total),
        "sd_ci_low": np.sqrt(low),
        "sd_ci_high": np.sqrt(high),
        "n_days": n_days,
        "n_replicates": n,
        "cells_per_replicate": cells,
    }


def _nested(own: pd.DataFrame, of_cells: float) -> tuple[float, float]:
    """Return the variance between the replicates of a day, and between days (unequal numbers: Searle 1992)."""
    days = own.groupby("day")["value"]
    size, mean = days.size().to_numpy(dtype=np.float64), days.mean().to_numpy()
    inside = float(((own["value"] - days.transform("mean")) ** 2).sum()) / (size.sum() - size.size)
    outside = float(size @ (mean - own["value"].mean()) ** 2) / (size.size - 1)
    typical = (size.sum() - (size**2).sum() / size.sum()) / (size.size - 1)
    return max(0.0, inside - of_cells), max(0.0, (outside - inside) / typical)


def _cell_part(own: pd.DataFrame) -> tuple[float, float]:
    """Return the variance of cells within recordings, and the cells in a replicate."""
    df = float(own["df"].sum())
    within = float(own["squares"].sum()) / df if df > 0 else 0.0
    return within, 1 / float((1 / own["cells"]).mean())


def _replicates(cells: pd.DataFrame, design: pd.DataFrame | None) -> pd.DataFrame:
    """Return one row per condition and replicate: mean, day, and squares and number of its cells."""
    for name, table, columns in (
        ("cells", cells, ("recording", "condition", "replicate", "value")),
        ("design", design, ("recording",)),
    ):
        if table is not None and not isinstance(table, pd.DataFrame):
            raise TypeError(f"{name} is a {type(table).__name__}: expected a DataFrame.")
        missing = [column for column in columns if table is not None and column not in table]
        if missing:
            raise ValueError(f"{name} has no column {missing[0]!r}.")
    known = cells.loc[cells["value"].notna()]
    groups = known.groupby(["condition", "replicate", "recording"], sort=False)["value"]
    table = groups.agg(mean="mean", n="size", variance="var").reset_index()
    table["day"] = _days(table, design)
    table["df"] = table["n"] - 1
    table["squares"] = table["variance"].fillna(0.0) * table["df"]
    table["inverse"] = 1 / table["n"]
    found = table.groupby(["condition", "replicate"], sort=False).agg(
        value=("mean", "mean"),
        day=("day", "first"),
        df=("df", "sum"),
        squares=("squares", "sum"),
        recordings=("n", "size"),
        inverse=("inverse", "sum"),
    )
    found["cells"] = found["recordings"] ** 2 / found["inverse"]
    return found.reset_index()


def _days(table: pd.DataFrame, design: pd.DataFrame | None) -> pd.Series:
    day = None if design is None else block_column(design)
    if design is None or day is None:
        return pd.Series(np.full(len(table), np.nan), dtype=object)
    of_recording = design.assign(recording=design["recording"].astype(str)).set_index("recording")[day]
    return table["recording"].astype(str).map(of_recording).astype(object)
