"""A Schild experiment: shifted curves, and the classical plot of dose ratios."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from s1r_imaging.experiment.schild import SchildFit
from s1r_imaging.plots.concentration_axis import ConcentrationUnit, concentration_axis, dress_concentration_axis
from s1r_imaging.plots.dose_marks import COLOURS, MARKERS, draw_curve, draw_points, keep_to_data, legend_above
from s1r_imaging.plots.style import BLUE, GREY, INK, LABEL_PT, NOTE_PT, axes_or_new, figure_of, say
from s1r_imaging.plots.words import format_concentration, shorten, verbatim


def plot_schild(
    fit: SchildFit, *, unit: ConcentrationUnit = "M", response_label: str = "Response", ax: Axes | None = None
) -> Axes:
    """Draw agonist curves with and without antagonist, and the global fit to them with its bands.

    Parameters
    ----------
    fit : SchildFit
        What `fit_schild` found.
    unit : {'M', 'mM', 'µM', 'nM', 'pM', 'log10 M'}
        Unit of the agonist's axis.
    response_label : str
        Quantity and unit of the response.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    ax = axes_or_new(ax, height_mm=80.0)
    points = fit.points
    axis = concentration_axis(points["agonist_M"].to_numpy(dtype=float), unit=unit)
    grid = np.concatenate([[0.0], axis.doses()]) if axis.zero_at is not None else axis.doses()
    curves = fit.curves(grid).rename(columns={"response": "value"})
    levels = np.unique(points["antagonist_M"]).tolist()
    for number, level in enumerate(levels):
        own = points[points["antagonist_M"] == level]
        colour = INK if level == 0 else COLOURS[(number - 1) % (len(COLOURS) - 1)]
        marker = MARKERS[number % len(MARKERS)]
        words = "none" if level == 0 else format_concentration(level)
        draw_points(ax, axis, own["agonist_M"], own["response"], colour=colour, marker=marker, label=words)
        rows = curves[curves["antagonist_M"] == level]
        draw_curve(ax, axis, grid, rows, colour=colour, band_alpha=min(0.2, 0.5 / len(levels)))
    keep_to_data(ax, points["response"])
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    ax.set_ylabel(response_label)
    width = float(ax.get_window_extent().width * 72 / figure_of(ax).dpi)
    dress_concentration_axis(ax, axis, label=shorten(fit.agonist, width - 24.0, LABEL_PT))
    legend_above(ax, verbatim(fit.antagonist), columns=min(len(levels), 5))
    return ax


def plot_schild_regression(fit: SchildFit, *, ax: Axes | None = None) -> Axes:
    """Draw log10(dose ratio − 1) against log10 of the antagonist, with the line of the global fit and pA2.

    Parameters
    ----------
    fit : SchildFit
        What `fit_schild` found.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. Replicates are small open points, their means filled; dose ratios of 1 or less have no place here
        and are counted.
    """
    ax = axes_or_new(ax, height_mm=70.0)
    ratios = fit.dose_ratios
    y = ratios["log_dose_ratio_minus_1"].to_numpy(dtype=float)
    x = np.log10(ratios["antagonist_M"].to_numpy(dtype=float))
    known = np.isfinite(y)
    if not known.any():
        say(ax, "no dose ratio above 1")
        return ax
    means = pd.Series(y[known]).groupby(x[known]).mean()
    if len(means) < known.sum():
        ax.plot(
            x[known], y[known], linestyle="none", marker="o", markersize=2.8, markerfacecolor="none",
            markeredgecolor=BLUE, markeredgewidth=0.5, alpha=0.8, zorder=3, gid="replicates",
        )  # fmt: skip
    ax.plot(means.index, means, linestyle="none", marker="o", markersize=4.5, color=BLUE, zorder=4, gid="means")
    span = _draw_line(ax, fit, x[known])
    ax.axhline(0.0, color=GREY, linewidth=0.6, zorder=1)
    ax.set_xlim(*span)
    low, high = float(np.nanmin(y)), float(np.nanmax(y))
    ax.set_ylim(min(low, 0.0) - 0.35, high + 0.35)
    for direction in (ax.xaxis, ax.yaxis):
        direction.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    width = float(ax.get_window_extent().width * 72 / figure_of(ax).dpi)
    ax.set_xlabel(rf"$\log_{{10}}$ {shorten(fit.antagonist, width - 50.0, LABEL_PT)} (M)")
    ax.set_ylabel(r"$\log_{10}$(dose ratio − 1)")
    _write_answer(ax, fit, n_without=int((~known).sum()))
    return ax


def _draw_line(ax: Axes, fit: SchildFit, x: NDArray[np.float64]) -> tuple[float, float]:
    """Draw the line of the global fit down to pA2, and pA2 with its interval; return the limits of x."""
    row: dict[Any, Any] = fit.table.iloc[0].to_dict()
    low, high = float(x.min()), float(x.max())
    if row["relation"] != "=":
        return low - 0.5, high + 0.5
    pa2, slope = float(row["pa2"]), float(row["schild_slope"])
    ends = np.array([float(row["pa2_ci_high"]), float(row["pa2_ci_low"])])
    nearest = min(low, -pa2)
    line = np.array([nearest - 0.1, high + 0.2])
    ax.plot(line, slope * (line + pa2), color=BLUE, linewidth=1.2, zorder=2.5, gid="line")
    one = line + float(fit.parameters.loc["pkb", "estimate"])  # type: ignore[arg-type]
    if slope != 1.0:
        ax.plot(line, one, color=GREY, linewidth=0.8, linestyle=(0, (4, 2)), zorder=2, gid="slope 1")
    shown = np.clip(-ends, low - 2.0, high + 0.5)
    ax.plot(shown, [0.0, 0.0], color=INK, linewidth=2.0, solid_capstyle="butt", zorder=3.5, gid="pa2 interval")
    ax.plot([-pa2], [0.0], marker="d", markersize=5.0, color=INK, markeredgecolor="white", zorder=3.6, gid="pa2")
    left = min(nearest, float(shown.min())) - 0.25
    return left, max(high, float(shown.max())) + 0.3


def _write_answer(ax: Axes, fit: SchildFit, *, n_without: int) -> None:
    row: dict[Any, Any] = fit.table.iloc[0].to_dict()
    if row["relation"] == "=":
        lines = [f"pA$_2$ {row['pa2']:.2f} [{row['pa2_ci_low']:.2f}, {row['pa2_ci_high']:.2f}]"]
        if np.isfinite(row["slope_ci_low"]):
            lines.append(
                f"slope {row['schild_slope']:.2f} [{row['slope_ci_low']:.2f}, {row['slope_ci_high']:.2f}]"
            )
        if np.isfinite(row["pkb"]) and row["schild_slope"] != 1.0:
            ends = f"[{row['pkb_ci_low']:.2f}, {row['pkb_ci_high']:.2f}]"
            lines.append(f"p$K_B$ {row['pkb']:.2f} {ends}, slope 1 (dashed)")
    else:
        lines = ["no pA$_2$: " + ("no shift" if row["relation"] == "<" else "see the checks")]
    if n_without:
        lines.append(f"{n_without} dose ratio{'' if n_without == 1 else 's'} of 1 or less not shown")
    ax.annotate(
        "\n".join(lines), (0, 1), xycoords="axes fraction", xytext=(3, -2), textcoords="offset points", ha="left",
        va="top", fontsize=NOTE_PT, color=INK, linespacing=1.4, zorder=5,
    )  # fmt: skip
