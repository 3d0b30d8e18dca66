"""Competition curves as a paper shows them: doses on a log axis, totals and non-specific wells beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from s1r_imaging.plots.binding_tables import (
    Scale,
    Spread,
    affinity_words,
    checked_plate,
    compounds_of,
    finite_doses,
    has_intervals,
    levels,
    means_and_spread,
    select,
    to_percent,
)
from s1r_imaging.plots.concentration_axis import (
    ConcentrationAxis,
    ConcentrationUnit,
    concentration_axis,
    dress_concentration_axis,
)
from s1r_imaging.plots.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    LABEL_PT,
    NOTE_PT,
    ORANGE,
    PURPLE,
    SKY,
    TICK_PT,
    VERMILION,
    axes_or_new,
    figure_of,
    halo,
    say,
)
from s1r_imaging.plots.words import shorten, text_width_pt

_COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, INK)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
_HANDLE_PT, _UNIT_PT = 20.0, 24.0  # room for a marker and for a unit
SIGNAL_LABEL = "Bound radioligand (cpm)"
_PERCENT_LABEL = "Specific binding (%)"


@dataclass(frozen=True, eq=False)
class _Scene:
    """What competition pictures share: wells and curves on one scale, and the axis for both."""

    wells: pd.DataFrame
    curves: pd.DataFrame | None
    levels: pd.DataFrame
    axis: ConcentrationAxis
    scale: Scale


def plot_competition(
    plate: pd.DataFrame,
    curves: pd.DataFrame | None = None,
    results: pd.DataFrame | None = None,
    *,
    compounds: Sequence[str] | None = None,
    scale: Scale = "signal",
    spread: Spread = "sd",
    unit: ConcentrationUnit = "M",
    signal_label: str = SIGNAL_LABEL,
    ax: Axes | None = None,
) -> Axes:
    """Draw competition curves with their bands, the means of the wells, totals and non-specific wells.

    Wells without competitor stand at 0, behind a break of the log axis, non-specific wells at NS behind another;
    dashed lines mark both levels. Of several experiments each has its own curve, without bands, and a point is
    the mean over experiments.

    Parameters
    ----------
    plate : DataFrame
        Wells with columns ``role, concentration_M, signal``, and ``experiment`` and ``compound`` where there
        are several.
    curves : DataFrame, optional
        Fitted curves: columns ``experiment, compound, concentration_M, signal, ci_low, ci_high``; rows at
        concentration 0 and infinity hold the total and the non-specific level.
    results : DataFrame, optional
        One row per experiment and compound, or per compound, with ``ki_nM, ki_ci_low_nM, ki_ci_high_nM`` for the
        legend.
    compounds : sequence of str, optional
        Compounds to draw, in this order; all of the plate when not given.
    scale : {'signal', 'percent'}
        The wells' own signal, or percent of the specific binding of their experiment.
    spread : {'sd', 'sem'}
        What the error bars are.
    unit : {'M', 'mM', 'µM', 'nM', 'pM', 'log10 M'}
        Unit of the competitor's axis.
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
        If a column is missing, or a role or compound is unknown.
    """
    scene, chosen = _scene(plate, curves, compounds, scale=scale, unit=unit)
    ax = axes_or_new(ax, height_mm=75.0)
    _draw_levels(ax, scene)
    styles = compound_styles(scene.wells)
    for name in chosen:
        words = _legend_words(ax, name, results)
        _draw_compound(ax, scene, name, styles[name], spread, label=words, alpha=min(0.2, 0.5 / len(chosen)))
    _draw_controls(ax, scene, spread)
    dress_concentration_axis(ax, scene.axis, label=_competitor(ax, chosen))
    _dress_signal(ax, scene, signal_label)
    _legend(ax, points_words(scene.wells, spread, with_interval=has_intervals(results)))
    if not len(scene.wells):
        say(ax, "no wells")
    return ax


def plot_competition_residuals(
    plate: pd.DataFrame,
    residuals: pd.DataFrame,
    *,
    compounds: Sequence[str] | None = None,
    unit: ConcentrationUnit = "M",
    residual_label: str = "Residual",
    ax: Axes | None = None,
) -> Axes:
    """Draw what the fit leaves of every well, on the same axis as `plot_competition`.

    Parameters
    ----------
    plate : DataFrame
        The wells, for the axis and the colours.
    residuals : DataFrame
        Columns ``compound, role, concentration_M, residual``, one row per fitted well.
    compounds : sequence of str, optional
        Compounds to draw; all of the plate when not given.
    unit : {'M', 'mM', 'µM', 'nM', 'pM', 'log10 M'}
        Unit of the competitor's axis.
    residual_label : str
        Quantity and unit of the residuals.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If a column is missing, or a role or compound is unknown.
    """
    scene, chosen = _scene(plate, None, compounds, scale="signal", unit=unit)
    ax = axes_or_new(ax, height_mm=30.0)
    if "residual" not in residuals:
        raise ValueError("residuals has no column 'residual': expected compound, role, concentration_M, residual.")
    rows = checked_plate(residuals.assign(signal=residuals["residual"]))
    styles = compound_styles(scene.wells)
    ax.axhline(0, color=INK, linewidth=0.6, zorder=1)
    for number, name in enumerate(chosen):
        own = rows[rows["compound"] == name]
        shift = 0.05 * (number - (len(chosen) - 1) / 2)
        colour, marker = styles[name]
        ax.plot(
            scene.axis.place(own["dose_M"]) + shift, own["signal"], linestyle="none", marker=marker,
            markersize=2.4, markerfacecolor="none", markeredgecolor=colour, markeredgewidth=0.7,
        )  # fmt: skip
    farthest = float(np.abs(rows["signal"].to_numpy()).max(initial=0.0)) or 1.0  # checked wells are finite
    ax.set_ylim(-1.15 * farthest, 1.15 * farthest)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=3, symmetric=True))
    ax.set_ylabel(residual_label)
    dress_concentration_axis(ax, scene.axis, label=_competitor(ax, chosen))
    return ax


def _scene(
    plate: pd.DataFrame,
    curves: pd.DataFrame | None,
    compounds: Sequence[str] | None,
    *,
    scale: Scale,
    unit: ConcentrationUnit,
) -> tuple[_Scene, list[str]]:
    wells = checked_plate(plate)
    names = compounds_of(wells)
    chosen = names if compounds is None else [str(name) for name in compounds]
    unknown = [name for name in chosen if name not in names]
    if unknown:
        raise ValueError(f"compounds holds {unknown[0]!r}: the plate holds {', '.join(names) or 'none'}.")
    drawn = None if curves is None else curves[curves["compound"].astype(str).isin(chosen)]
    ends = levels(wells, drawn)
    if scale == "percent":
        wells = to_percent(wells, ends, ("signal",))
        drawn = None if drawn is None else to_percent(drawn, ends, ("signal", "ci_low", "ci_high"))
        ends = ends.assign(total=100.0, nonspecific=0.0)
    doses = wells["dose_M"].to_numpy()
    axis = concentration_axis(doses, has_end=bool(np.isposinf(doses).any()), unit=unit)
    return _Scene(wells, drawn, ends, axis, scale), chosen


def compound_styles(wells: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Give each compound of the plate a colour and a marker, the same in every picture of the plate."""
    return {
        name: (_COLOURS[number % len(_COLOURS)], _MARKERS[number % len(_MARKERS)])
        for number, name in enumerate(compounds_of(wells))
    }


def _draw_levels(ax: Axes, scene: _Scene) -> None:
    """Draw a dashed line at the total and at the non-specific level, one for each experiment."""
    names = {"total": "total", "nonspecific": "non-specific"}
    for column, words in names.items():
        heights = scene.levels[column].dropna().unique()
        for height in heights:
            ax.axhline(height, color=GREY, linewidth=0.6, linestyle=(0, (4, 2)), zorder=1)
        if len(heights) == 1:
            at_right = column == "total"
            ax.annotate(
                words, (1 if at_right else 0, heights[0]), xycoords=ax.get_yaxis_transform(),
                xytext=(-1 if at_right else 1, 1.5), textcoords="offset points", fontsize=NOTE_PT, color="#606060",
                ha="right" if at_right else "left", va="bottom", path_effects=halo(1.5, "white"), zorder=1.1,
            )  # fmt: skip


def _draw_compound(
    ax: Axes, scene: _Scene, name: str, style: tuple[str, str], spread: Spread, *, label: str, alpha: float
) -> None:
    colour, marker = style
    wells = scene.wells[(scene.wells["compound"] == name) & (scene.wells["role"] == "competitor")]
    curves = select(scene.curves, name)
    if curves is not None:
        groups = [rows for _, rows in curves.groupby("experiment", sort=False)]
        for rows in groups:
            _draw_curve(ax, scene, rows, colour, band_alpha=alpha if len(groups) == 1 else None)
    _draw_points(ax, scene, wells, spread, label=label, fmt=marker, color=colour, zorder=4)


def _draw_curve(ax: Axes, scene: _Scene, rows: pd.DataFrame, colour: str, *, band_alpha: float | None) -> None:
    alone = band_alpha is not None
    rows, axis = rows.sort_values("concentration_M"), scene.axis
    line: dict[str, Any] = {"color": colour, "linewidth": 1.2 if alone else 0.7, "alpha": 1.0 if alone else 0.7}
    inside = rows[finite_doses(rows)]
    x = axis.place(inside["concentration_M"])
    inside = inside[(x >= axis.low - 1e-9) & (x <= axis.high + 1e-9)]
    pieces = [(axis.place(inside["concentration_M"]), inside)]
    for place, dose in ((axis.zero_at, 0.0), (axis.end_at, np.inf)):
        level = rows[rows["concentration_M"] == dose]
        if place is not None and len(level):
            pieces.append((axis.shelf(place), level.iloc[[0, 0]]))
    for x, piece in pieces:
        ax.plot(x, piece["signal"], zorder=3, solid_capstyle="butt", gid="curve", **line)
        if alone and np.isfinite(piece[["ci_low", "ci_high"]].to_numpy(dtype=float)).any():
            ax.fill_between(
                x, piece["ci_low"], piece["ci_high"], color=colour, alpha=band_alpha, linewidth=0, zorder=2
            )


def _draw_controls(ax: Axes, scene: _Scene, spread: Spread) -> None:
    for role, face in (("total", INK), ("nonspecific", "white")):
        wells = scene.wells[scene.wells["role"] == role]
        _draw_points(ax, scene, wells, spread, label=None, fmt="o", color=INK, zorder=3.5, markerfacecolor=face)


def _draw_points(
    ax: Axes, scene: _Scene, wells: pd.DataFrame, spread: Spread, *, label: str | None, **style: Any
) -> None:
    table = means_and_spread(wells, spread)
    ax.errorbar(
        scene.axis.place(table.index.to_numpy(dtype=float)), table["mean"], yerr=table["spread"], label=label,
        linestyle="none", markersize=3.8, markeredgewidth=0.7, elinewidth=0.7, capsize=1.6, capthick=0.7, **style,
    )  # fmt: skip


def _legend_words(ax: Axes, name: str, results: pd.DataFrame | None) -> str:
    """Write a compound and its Ki; where there is no room for both, the name is cut."""
    affinity = affinity_words(name, results)
    room = _width_pt(ax) - _HANDLE_PT - text_width_pt(affinity, TICK_PT)
    return "   ".join(part for part in (shorten(name, room, TICK_PT), affinity) if part)


def _competitor(ax: Axes, chosen: Sequence[str]) -> str:
    name = chosen[0] if len(chosen) == 1 and chosen[0] else "Competitor"
    return shorten(name, _width_pt(ax) - _UNIT_PT, LABEL_PT)


def _width_pt(ax: Axes) -> float:
    return float(ax.get_window_extent().width * 72 / figure_of(ax).dpi)


def _dress_signal(ax: Axes, scene: _Scene, signal_label: str) -> None:
    is_percent = scene.scale == "percent"
    ax.set_ylabel(_PERCENT_LABEL if is_percent else signal_label)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    low, high = ax.get_ylim()
    ax.set_ylim(min(low, 0.0) if is_percent or low < 0 else 0.0, high)


def points_words(wells: pd.DataFrame, spread: Spread, *, with_interval: bool) -> str:
    """Say what points and bars are: the mean of how many wells or experiments.

    Parameters
    ----------
    wells : DataFrame
        Wells as `checked_plate` returns them.
    spread : {'sd', 'sem'}
        What the bars are.
    with_interval : bool
        Whether intervals are written beside.

    Returns
    -------
    str
        The words.
    """
    words = f"mean ± {spread.upper()}"
    n_experiments = wells["experiment"].nunique()
    n = wells[wells["role"] == "competitor"].groupby(["compound", "dose_M"]).size().unique()
    if n_experiments > 1:
        words += f" of {n_experiments} experiments"
    elif len(n) == 1 and n[0] > 1:
        words += f" of {n[0]} wells"
    return f"{words}; 95 % CI in brackets" if with_interval else words


def _legend(ax: Axes, title: str) -> None:
    handles, labels = ax.get_legend_handles_labels()
    if handles:
        ax.legend(
            handles, labels, loc="lower left", bbox_to_anchor=(0, 1), frameon=False, fontsize=TICK_PT,
            labelcolor=INK, handlelength=1.0, borderpad=0, borderaxespad=0.6, labelspacing=0.35, handletextpad=0.6,
            title=title, title_fontsize=NOTE_PT, alignment="left",
        )  # fmt: skip
