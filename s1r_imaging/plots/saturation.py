"""Saturation and kinetics of a radioligand: total, non-specific and specific binding on plain axes."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from s1r_imaging.plots.binding_tables import Spread
from s1r_imaging.plots.concentration_axis import UNITS_M, ConcentrationUnit
from s1r_imaging.plots.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    NOTE_PT,
    ORANGE,
    PURPLE,
    TICK_PT,
    VERMILION,
    axes_or_new,
)
from s1r_imaging.plots.words import format_concentration, verbatim

_KINDS = ("total", "nonspecific", "specific")
_LOOK: dict[str, tuple[str, str, str]] = {
    "total": (INK, "o", "total"),
    "nonspecific": (GREY, "s", "non-specific"),
    "specific": (VERMILION, "^", "specific"),
}
_RATES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE)
_MARKERS = ("o", "s", "^", "D", "v")


def plot_saturation(
    points: pd.DataFrame,
    curves: pd.DataFrame | None = None,
    *,
    words: str = "",
    spread: Spread = "sd",
    unit: ConcentrationUnit = "nM",
    signal_label: str = "Bound radioligand (cpm)",
    ax: Axes | None = None,
) -> Axes:
    """Draw total, non-specific and specific binding over the concentration of the radioligand.

    Specific points are the means of the total wells less the mean of the non-specific ones at that dose: a view,
    with the error bars of a difference of means. The fit uses the wells themselves.

    Parameters
    ----------
    points : DataFrame
        Wells with columns ``role`` (``total`` or ``nonspecific``), ``concentration_M`` of radioligand, ``signal``.
    curves : DataFrame, optional
        Fitted curves: columns ``role`` (``total``, ``nonspecific`` or ``specific``), ``concentration_M``,
        ``signal``, and ``ci_low, ci_high`` for a band.
    words : str
        What was found, such as Kd and Bmax with their intervals; stands above.
    spread : {'sd', 'sem'}
        What the error bars are.
    unit : {'M', 'mM', 'µM', 'nM', 'pM'}
        Unit of the radioligand's axis.
    signal_label : str
        Quantity and unit of `signal`.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If a column is missing, or the unit is unknown or logarithmic.
    """
    _need(points, "role", "concentration_M", "signal")
    if unit not in UNITS_M or unit == "log10 M":
        raise ValueError(f"unit={unit!r}: expected M, mM, µM, nM or pM.")
    ax = axes_or_new(ax, height_mm=72.0)
    for kind, table in _three_kinds(points, spread).items():
        colour, marker, label = _LOOK[kind]
        x = table.index.to_numpy(dtype=float) / UNITS_M[unit]
        if curves is not None:
            _draw_curve(ax, curves[curves["role"] == kind], "concentration_M", UNITS_M[unit], colour)
        _draw_points(ax, x, table, fmt=marker, color=colour, label=label)
    _dress(ax, f"Radioligand ({unit})", signal_label, f"{words}\nmean ± {spread.upper()}".strip())
    return ax


def plot_binding_kinetics(
    points: pd.DataFrame,
    curves: pd.DataFrame | None = None,
    *,
    words: str = "",
    spread: Spread = "sd",
    signal_label: str = "Bound radioligand (cpm)",
    ax: Axes | None = None,
) -> Axes:
    """Draw association or dissociation of a radioligand over time, one curve for each concentration.

    Parameters
    ----------
    points : DataFrame
        Wells with columns ``time_min, signal``, and ``concentration_M`` or ``series`` where there are several
        curves; wells of role ``nonspecific`` are drawn open, blanks not at all.
    curves : DataFrame, optional
        Fitted curves: the same columns, and ``ci_low, ci_high`` for a band.
    words : str
        What was found, such as k_on and k_off with their intervals; stands above.
    spread : {'sd', 'sem'}
        What the error bars are.
    signal_label : str
        Quantity and unit of `signal`.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    _need(points, "time_min", "signal")
    ax = axes_or_new(ax, height_mm=72.0)
    wells = points.assign(_series=_series(points))
    lines = None if curves is None else curves.assign(_series=_series(curves))
    for number, name in enumerate(wells["_series"].unique()):
        colour, marker = _RATES[number % len(_RATES)], _MARKERS[number % len(_MARKERS)]
        if lines is not None:
            for _, rows in _by_role(lines[lines["_series"] == name]):
                _draw_curve(ax, rows, "time_min", 1.0, colour)
        for role, own in _by_role(wells[wells["_series"] == name]):
            table = _by_dose(own, "time_min", spread)
            is_open = role == "nonspecific"
            _draw_points(
                ax, table.index.to_numpy(dtype=float), table, fmt=marker, color=colour,
                label=None if is_open else name or None, markerfacecolor="white" if is_open else colour,
            )  # fmt: skip
    _dress(ax, "Time (min)", signal_label, f"{words}\nmean ± {spread.upper()}".strip())
    return ax


def _need(table: pd.DataFrame, *columns: str) -> None:
    missing = [name for name in columns if name not in table]
    if missing:
        raise ValueError(f"points has no column {missing[0]!r}: expected {', '.join(columns)}.")


def _by_dose(wells: pd.DataFrame, column: str, spread: Spread) -> pd.DataFrame:
    finite = wells[np.isfinite(wells["signal"].astype(float))]
    table = finite.groupby(column)["signal"].agg(["mean", "std", "count"]).rename(columns={"std": "spread"})
    return table.assign(spread=table["spread"] / np.sqrt(table["count"])) if spread == "sem" else table


def _three_kinds(points: pd.DataFrame, spread: Spread) -> dict[str, pd.DataFrame]:
    tables = {
        kind: _by_dose(points[points["role"] == kind], "concentration_M", spread)
        for kind in ("total", "nonspecific")
    }
    both = tables["total"].index.intersection(tables["nonspecific"].index)
    total, other = (tables[kind].loc[both] for kind in ("total", "nonspecific"))
    difference = pd.DataFrame(
        {"mean": total["mean"] - other["mean"], "spread": np.hypot(total["spread"], other["spread"])}, index=both
    )
    return {kind: table for kind, table in (tables | {"specific": difference}).items() if len(table)}


def _by_role(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    if "role" not in rows:
        return [("", rows)]
    return [(str(role), own) for role, own in rows.groupby("role", sort=False) if role != "blank"]


def _series(table: pd.DataFrame) -> list[str]:
    if "series" in table:
        return [verbatim(name, longest=28) for name in table["series"]]
    if "concentration_M" in table:
        return [format_concentration(dose) if dose > 0 else "0" for dose in table["concentration_M"].astype(float)]
    return [""] * len(table)


def _draw_curve(ax: Axes, rows: pd.DataFrame, column: str, unit: float, colour: str) -> None:
    rows = rows.sort_values(column)
    x = rows[column].to_numpy(dtype=float) / unit
    ax.plot(x, rows["signal"], color=colour, linewidth=1.2, zorder=3, gid="curve")
    if {"ci_low", "ci_high"} <= set(rows) and np.isfinite(rows[["ci_low", "ci_high"]].to_numpy(dtype=float)).any():
        ax.fill_between(x, rows["ci_low"], rows["ci_high"], color=colour, alpha=0.2, linewidth=0, zorder=2)


def _draw_points(ax: Axes, x: Any, table: pd.DataFrame, **style: Any) -> None:
    ax.errorbar(
        x, table["mean"], yerr=table["spread"], linestyle="none", markersize=3.8, markeredgewidth=0.7,
        elinewidth=0.7, capsize=1.6, capthick=0.7, zorder=4, **style,
    )  # fmt: skip


def _dress(ax: Axes, x_label: str, signal_label: str, title: str) -> None:
    ax.set(xlabel=x_label, ylabel=signal_label)
    ax.set_xlim(0, None)
    ax.set_ylim(min(ax.get_ylim()[0], 0.0) if ax.dataLim.ymin < 0 else 0.0, None)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    handles, labels = ax.get_legend_handles_labels()
    if handles:
        ax.legend(
            handles, labels, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, fontsize=TICK_PT,
            labelcolor=INK, handlelength=1.0, borderpad=0, borderaxespad=0.6, columnspacing=1.2, handletextpad=0.5,
            title=title, title_fontsize=NOTE_PT, alignment="left",
        )  # fmt: skip
    else:
        ax.set_title(title, fontsize=NOTE_PT, loc="left", color=INK)
