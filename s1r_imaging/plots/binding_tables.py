"""Which wells, curves and levels a binding picture shows, and what it says about them."""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.plots.words import format_concentration

Spread = Literal["sd", "sem"]
Scale = Literal["signal", "percent"]
_KI = r"$K_\mathrm{i}$"
_KI_ENDS = ("ki_nM", "ki_ci_low_nM", "ki_ci_high_nM")
_ROLES = ("total", "nonspecific", "competitor", "blank")


def checked_plate(plate: pd.DataFrame) -> pd.DataFrame:
    """Return the wells that a picture shows, with a column ``dose_M`` that has a value for every role.

    Parameters
    ----------
    plate : DataFrame
        Wells with columns ``role, concentration_M, signal``, and ``experiment`` and ``compound`` where there
        are several.

    Returns
    -------
    DataFrame
        A copy without blanks and without wells that were not measured; the dose is 0 for totals and infinite for
        non-specific wells.

    Raises
    ------
    ValueError
        If a column is missing or a role is unknown.
    """
    missing = [name for name in ("role", "concentration_M", "signal") if name not in plate]
    if missing:
        raise ValueError(f"plate has no column {missing[0]!r}: expected role, concentration_M and signal.")
    unknown = sorted(set(plate["role"].astype(str)) - set(_ROLES))
    if unknown:
        raise ValueError(f"plate has the role {unknown[0]!r}: expected one of {', '.join(_ROLES)}.")
    dose = plate["concentration_M"].astype(float)
    dose = dose.where(plate["role"] != "total", 0.0).where(plate["role"] != "nonspecific", np.inf)
    wells = plate.assign(dose_M=dose, signal=plate["signal"].astype(float))
    for name in ("experiment", "compound"):
        wells[name] = wells[name].astype(str) if name in wells else ""
    is_shown = (wells["role"] != "blank") & np.isfinite(wells["signal"]) & dose.notna()
    shown: pd.DataFrame = wells[is_shown]
    return shown


def compounds_of(wells: pd.DataFrame) -> list[str]:
    """Return the competitors of a plate in the order in which they appear."""
    return [str(name) for name in wells.loc[wells["role"] == "competitor", "compound"].unique()]


def means_and_spread(wells: pd.DataFrame, spread: Spread) -> pd.DataFrame:
    """Return the mean of the wells of each dose, its error bar, and their number.

    Parameters
    ----------
    wells : DataFrame
        Wells of one curve with columns ``dose_M, signal`` and ``experiment``.
    spread : {'sd', 'sem'}
        What the bar is.

    Returns
    -------
    DataFrame
        Indexed by dose, columns ``mean, spread, n``. Over several experiments, the mean of each counts once and
        n is their number. The bar of one value is NaN.
    """
    experiments = wells["experiment"].nunique()
    values = wells.groupby(["dose_M", "experiment"])["signal"].mean() if experiments > 1 else wells
    by_dose = (values if experiments > 1 else wells.set_index("dose_M")["signal"]).groupby(level="dose_M")
    table = by_dose.agg(["mean", "std", "count"]).rename(columns={"std": "spread", "count": "n"})
    if spread == "sem":
        table["spread"] = table["spread"] / np.sqrt(table["n"])
    return table


def levels(wells: pd.DataFrame, curves: pd.DataFrame | None) -> pd.DataFrame:
    """Return the total and the non-specific level of each experiment.

    Parameters
    ----------
    wells : DataFrame
        Wells as `checked_plate` returns them.
    curves : DataFrame or None
        Fitted curves; their values at no and at infinite competitor go before the wells' means.

    Returns
    -------
    DataFrame
        Indexed by experiment, columns ``total, nonspecific``.
    """
    names = {0.0: "total", np.inf: "nonspecific"}
    means = wells[wells["role"].isin(["total", "nonspecific"])].groupby(["experiment", "dose_M"])["signal"].mean()
    found = means.unstack("dose_M").rename(columns=names)  # noqa: PD010  (by index, not by column)
    found = found.reindex(index=wells["experiment"].unique(), columns=list(names.values()))
    if curves is not None and len(curves):
        ends = curves[curves["concentration_M"].isin(list(names))].astype({"experiment": str})
        fitted = ends.groupby(["experiment", "concentration_M"])["signal"].mean()
        table = fitted.unstack("concentration_M").rename(columns=names)  # noqa: PD010
        found = table.reindex(index=found.index, columns=found.columns).combine_first(found)
    return found


def to_percent(table: pd.DataFrame, levels: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """Return a table with signals as percent of the specific binding of their experiment.

    Parameters
    ----------
    table : DataFrame
        Wells or curves with a column ``experiment``.
    levels : DataFrame
        What `levels` returned.
    columns : tuple of str
        Columns to turn.

    Returns
    -------
    DataFrame
        A copy; 100 at the total, 0 at the non-specific level.
    """
    own = levels.reindex(table["experiment"].astype(str))
    low, high = own["nonspecific"].to_numpy(), own["total"].to_numpy()
    return table.assign(**{name: 100 * (table[name].to_numpy() - low) / (high - low) for name in columns})


def interval_words(estimate_nM: float, low_nM: float, high_nM: float) -> str:
    """Write an affinity with its interval, in the unit that suits it.

    Parameters
    ----------
    estimate_nM, low_nM, high_nM : float
        Estimate and ends of its interval (nM); NaN for unknown, infinite or 0 for an open end.

    Returns
    -------
    str
        The words.

    Examples
    --------
    >>> interval_words(4.123, 3.5, 4.86)
    '4.12 nM (3.50–4.86)'
    >>> interval_words(2400, 1000, float("inf"))
    '2.40 µM (> 1.00)'
    >>> interval_words(float("nan"), 10000, float("inf"))
    '> 10.0 µM'
    """
    has_low, has_high = bool(np.isfinite(low_nM) and low_nM > 0), bool(np.isfinite(high_nM))
    known = [value for value in (estimate_nM, low_nM, high_nM) if np.isfinite(value) and value > 0]
    if not known:
        return "not determined"
    unit_nM, unit = _unit(known[0])
    ends = [_digits(value / unit_nM) for value in (low_nM, high_nM)]
    if not (np.isfinite(estimate_nM) and estimate_nM > 0):
        return f"> {ends[0]} {unit}" if has_low else f"< {ends[1]} {unit}"
    words = f"{_digits(estimate_nM / unit_nM)} {unit}"
    if has_low and has_high:
        return f"{words} ({ends[0]}–{ends[1]})"
    if has_low or has_high:
        return f"{words} ({'> ' + ends[0] if has_low else '< ' + ends[1]})"
    return words


def affinity_words(compound: str, results: pd.DataFrame | None) -> str:
    """Write the Ki of one compound for a legend.

    Parameters
    ----------
    compound : str
        The compound.
    results : DataFrame or None
        Rows per experiment and compound, or per compound, with ``ki_nM, ki_ci_low_nM, ki_ci_high_nM``, and
        ``relation, ki_limit_nM`` where Ki may lie beyond a limit and ``n_experiments`` where they are combined.

    Returns
    -------
    str
        Ki with its interval; of several rows the geometric mean with their number; empty where none is known.
    """
    rows = select(results, compound)
    if rows is None or "ki_nM" not in rows:
        return ""
    if len(rows) > 1:
        ki_nM = rows["ki_nM"].to_numpy(dtype=float)
        known = ki_nM[np.isfinite(ki_nM) & (ki_nM > 0)]
        mean = float(np.exp(np.mean(np.log(known)))) if known.size else np.nan
        return f"{_KI} {interval_words(mean, np.nan, np.nan)}, n = {known.size}"
    row = rows.iloc[0]
    number = f", n = {row['n_experiments']}" if "n_experiments" in rows else ""
    relation = row["relation"] if "relation" in rows else "="
    if relation in {"<", ">"}:
        return f"{_KI} {relation} {interval_words(float(row['ki_limit_nM']), np.nan, np.nan)}{number}"
    ends = [float(row[name]) if name in rows else np.nan for name in _KI_ENDS]
    return f"{_KI} {interval_words(*ends)}{number}"


def has_intervals(results: pd.DataFrame | None) -> bool:
    """Say whether any Ki of a table has an interval to be written beside it."""
    if results is None or not set(_KI_ENDS) <= set(results):
        return False
    if "compound" in results and results["compound"].duplicated().any():
        return False
    ends = results[list(_KI_ENDS)].to_numpy(dtype=float)
    return bool((np.isfinite(ends[:, 0]) & (np.isfinite(ends[:, 1:]).any(axis=1))).any())


def _unit(value_nM: float) -> tuple[float, str]:
    unit = format_concentration(value_nM * 1e-9).rpartition(" ")[2]
    return {"M": 1e9, "mM": 1e6, "µM": 1e3, "nM": 1.0, "pM": 1e-3, "fM": 1e-6}[unit], unit


def _digits(value: float) -> str:
    """Write three significant digits, trailing zeros included."""
    if not np.isfinite(value) or value <= 0:
        return ""
    rounded = float(f"{value:.2e}")
    power = int(np.floor(np.log10(rounded)))
    return f"{rounded:.{max(2 - power, 0)}f}" if -3 <= power < 5 else f"{rounded:.2e}"


def select(table: pd.DataFrame | None, compound: str) -> pd.DataFrame | None:
    """Return the rows of one compound; None where there is no table or no row."""
    if table is None:
        return None
    rows = table[table["compound"].astype(str) == compound] if "compound" in table else table
    return rows if len(rows) else None


def finite_doses(curve: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows of a curve lie on the log part of the axis."""
    dose = curve["concentration_M"].to_numpy(dtype=float)
    return np.asarray(np.isfinite(dose) & (dose > 0))
