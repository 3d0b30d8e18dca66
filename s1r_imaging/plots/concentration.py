"""Concentration–response curves with their EC50, and functional potencies beside binding."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from s1r_imaging.experiment.concentration import ConcentrationResponse
from s1r_imaging.plots.concentration_axis import (
    UNITS_M,
    ConcentrationAxis,
    ConcentrationUnit,
    concentration_axis,
    dress_concentration_axis,
)
from s1r_imaging.plots.dose_marks import (
    COLOURS,
    MARKERS,
    draw_curve,
    draw_points,
    keep_to_data,
    legend_above,
    measure_label,
)
from s1r_imaging.plots.style import INK, LABEL_PT, NOTE_PT, TICK_PT, axes_or_new, figure_of, halo, say
from s1r_imaging.plots.words import format_concentration, shorten, text_width_pt, verbatim


def plot_concentration_response(
    result: ConcentrationResponse,
    *,
    curves: Sequence[str] | None = None,
    unit: ConcentrationUnit = "M",
    ax: Axes | None = None,
) -> Axes:
    """Draw concentration–response curves: replicates, their means, the fit with its band, EC50 with its interval.

    Vehicle, or the agonist alone, stands at 0, behind a break of the log axis. EC50 is a bar just above the axis,
    as long as its interval; an open end and "above the top dose" are arrows.

    Parameters
    ----------
    result : ConcentrationResponse
        What `fit_concentration_response` found.
    curves : sequence of str, optional
        Curves to draw, as named in the table's column ``curve``; when not given, the agonists' own curves, or
        all where there are none.
    unit : {'M', 'mM', 'µM', 'nM', 'pM', 'log10 M'}
        Unit of the axis.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If a curve is unknown.
    """
    ax = axes_or_new(ax, height_mm=75.0)
    chosen = _chosen(result, curves)
    points = result.points[result.points["curve"].isin(chosen)]
    axis = concentration_axis(points["concentration_M"].to_numpy(dtype=float), unit=unit)
    rows: dict[str, Any] = {str(row["curve"]): row for row in result.table.to_dict("records")}
    for number, name in enumerate(chosen):
        own = points[points["curve"] == name]
        colour, marker = COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)]
        doses = own["concentration_M"].to_numpy(dtype=float)
        draw_points(ax, axis, doses, own["value"], colour=colour, marker=marker, label=_label(ax, rows[name]))
        grid = np.concatenate([[0.0], axis.doses()]) if axis.zero_at is not None else axis.doses()
        draw_curve(ax, axis, grid, result.curve(name, grid), colour=colour, band_alpha=min(0.2, 0.5 / len(chosen)))
    keep_to_data(ax, points["value"])
    for number, name in enumerate(chosen):
        _draw_midpoint(ax, axis, rows[name], number, COLOURS[number % len(COLOURS)])
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    ax.set_ylabel(_response_label(result))
    dress_concentration_axis(ax, axis, label=_compound(ax, result, chosen))
    legend_above(ax, _legend_title(result, chosen))
    if not chosen:
        say(ax, "no concentration–response curves")
    return ax


def plot_potency(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw functional pKB against binding pKi with both intervals, and the line on which they are equal.

    Parameters
    ----------
    table : DataFrame
        What `potency_table` returns; rows without both numbers are not drawn, but counted below the axis.
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
    numbers = [f"{name}{end}" for name in ("pkb", "pki") for end in ("", "_ci_low", "_ci_high")]
    needed = ("compound", "quantity", "difference", *numbers)
    missing = [name for name in needed if name not in table]
    if missing:
        raise ValueError(f"table has no column {missing[0]!r}: expected what potency_table returns.")
    ax = axes_or_new(ax, height_mm=80.0)
    both = table[np.isfinite(table["difference"].to_numpy(dtype=float))]
    if not len(both):
        say(ax, "no compound with both pKB and pKi")
        return ax
    for number, row in enumerate(both.to_dict("records")):
        _draw_pair(ax, row, COLOURS[number % len(COLOURS)])
    ends = both[numbers].to_numpy(dtype=float)
    low, high = np.floor(2 * np.nanmin(ends) - 0.2) / 2, np.ceil(2 * np.nanmax(ends) + 0.2) / 2
    ax.plot([low, high], [low, high], color=INK, linewidth=0.7, linestyle=(0, (4, 2)), zorder=1, gid="identity")
    ax.set_xlim(low, high)
    ax.set_ylim(low, high)
    ax.set_aspect("equal", adjustable="box")
    for direction in (ax.xaxis, ax.yaxis):
        direction.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    ax.set_xlabel("Binding p$K_i$")
    ax.set_ylabel("Functional p$K_B$" + (" or pA$_2$" if (both["quantity"] == "pA2").any() else ""))
    left_out = len(table) - len(both)
    if left_out:
        words = f"{left_out} compound{'' if left_out == 1 else 's'} with only one of the two not shown"
        ax.annotate(
            words, (1, 0), xycoords="axes fraction", xytext=(-2, 3), textcoords="offset points", ha="right",
            va="bottom", fontsize=NOTE_PT, color="#606060",
        )  # fmt: skip
    return ax


def _chosen(result: ConcentrationResponse, curves: Sequence[str] | None) -> list[str]:
    names = [str(name) for name in result.table["curve"]]
    if curves is None:
        own = [str(name) for name in result.table.loc[result.table["kind"] == "ec50", "curve"]]
        return own or names
    unknown = [name for name in curves if name not in names]
    if unknown:
        raise ValueError(f"curves holds {unknown[0]!r}: expected some of {', '.join(names) or 'none'}.")
    return list(curves)


def _label(ax: Axes, row: Any) -> str:
    """Write a curve with its potency; where there is no room for both, the name is cut."""
    name = "EC$_{50}$" if row["kind"] == "ec50" else "IC$_{50}$"
    plain = name.replace("$_{", "").replace("}$", "")
    value = f"no {plain}"
    if row["relation"]:
        amount = format_concentration(row["ec50_nM"] * 1e-9)
        value = f"{plain} {'' if row['relation'] == '=' else row['relation'] + ' '}{amount}"
        ends = np.array([row["ci_low_nM"], row["ci_high_nM"]]) * 1e-9
        if row["relation"] == "=" and np.isfinite(ends).all():
            low, high = ends / UNITS_M.get(amount.split()[-1], 1e-15)  # in the unit of the estimate
            value += f" [{low:.3g}–{high:.3g}]"
    width = float(ax.get_window_extent().width * 72 / figure_of(ax).dpi)
    who = shorten(row["curve"], width - 16.0 - text_width_pt(value, TICK_PT), TICK_PT)
    return f"{who}   {value.replace(plain, name)}"


def _draw_midpoint(ax: Axes, axis: ConcentrationAxis, row: Any, number: int, colour: str) -> None:
    """Draw EC50 as a bar over its interval, above the axis; limits and open ends as arrows."""
    if not row["relation"]:
        return
    low_y, high_y = ax.get_ylim()
    y = low_y + (0.03 + 0.035 * number) * (high_y - low_y)
    at = float(row["log_ec50"])
    ends = [float(row["log_ci_low"]), float(row["log_ci_high"])]
    if row["relation"] == ">":
        at, ends = min(at, axis.high), [min(at, axis.high), np.inf]
    elif row["relation"] == "<":
        ends = [-np.inf, at]
    shown = [np.clip(end, axis.low, axis.high) if not np.isnan(end) else at for end in ends]
    ax.plot(shown, [y, y], color=colour, linewidth=1.4, solid_capstyle="butt", zorder=4.5, gid="ec50 interval")
    for end, place, marker in zip(ends, shown, ("<", ">"), strict=True):
        if end != place and not np.isnan(end):
            ax.plot([place], [y], marker=marker, markersize=3.5, color=colour, zorder=4.6, clip_on=False)
    if row["relation"] == "=":
        ax.plot(
            [at], [y], marker="d", markersize=4.5, color=colour, markeredgecolor="white", markeredgewidth=0.5,
            zorder=4.7, gid="ec50",
        )  # fmt: skip


def _response_label(result: ConcentrationResponse) -> str:
    if result.options.response_scale == "percent":
        kinds = set(result.table["kind"])
        return "Response (% of maximum)" if kinds == {"ec50"} else "Response (% of control)"
    return measure_label(result.measure)


def _compound(ax: Axes, result: ConcentrationResponse, chosen: Sequence[str]) -> str:
    rows = result.table[result.table["curve"].isin(chosen)]
    names = rows["compound"].unique()
    name = str(names[0]) if len(names) == 1 else "Agonist" if set(rows["kind"]) == {"ec50"} else "Concentration"
    width = float(ax.get_window_extent().width * 72 / figure_of(ax).dpi)
    return shorten(name, width - 24.0, LABEL_PT)


def _legend_title(result: ConcentrationResponse, chosen: Sequence[str]) -> str:
    rows = result.table[result.table["curve"].isin(chosen)]
    if not len(rows):
        return ""
    numbers = sorted({int(n) for n in rows["n_replicates"]})
    n = f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
    return f"means of n = {n} replicates; {100 * result.options.ec50_confidence:g} % CI in brackets"


def _draw_pair(ax: Axes, row: dict[Any, Any], colour: str) -> None:
    x, y = float(row["pki"]), float(row["pkb"])
    bars = []
    for name, at in (("pki", x), ("pkb", y)):
        ends = [at - float(row[f"{name}_ci_low"]), float(row[f"{name}_ci_high"]) - at]
        bars.append(np.array([[end if np.isfinite(end) else 0.0] for end in ends]))
    ax.errorbar(
        [x], [y], xerr=bars[0], yerr=bars[1], fmt="o", color=colour, markersize=4.5, elinewidth=0.8, capsize=1.8,
        capthick=0.8, zorder=3,
    )  # fmt: skip
    ax.annotate(
        verbatim(row["compound"], longest=18), (x, y), xytext=(4, -4), textcoords="offset points", ha="left",
        va="top", fontsize=TICK_PT, color=INK, path_effects=halo(1.5, "white"), zorder=4,
    )  # fmt: skip
