"""What pictures of concentration–response curves share: points, curves and bands on a broken axis."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from s1r_imaging.plots.concentration_axis import ConcentrationAxis
from s1r_imaging.plots.style import BLUE, GREEN, INK, NOTE_PT, ORANGE, PURPLE, SKY, TICK_PT, VERMILION

COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, INK)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

MEASURE_LABELS = {
    "peak_dff": "Peak ΔF/F0",
    "mean_dff": "Mean ΔF/F0",
    "auc_dff_s": "Area under ΔF/F0 (s)",
    "responder_fraction": "Fraction of responders",
}


def measure_label(measure: str) -> str:
    """Return a measure as an axis says it."""
    return MEASURE_LABELS.get(measure, measure.replace("_", " "))


def draw_points(
    ax: Axes,
    axis: ConcentrationAxis,
    dose_M: ArrayLike,
    values: ArrayLike,
    *,
    colour: str,
    marker: str,
    label: str,
) -> None:
    """Draw replicates as small open points and their mean at each dose as a filled one.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw on.
    axis : ConcentrationAxis
        Where doses stand.
    dose_M, values : array_like, shape (n,)
        Doses (mol/L) and responses.
    colour, marker : str
        How.
    label : str
        For the legend.
    """
    table = pd.DataFrame({"dose": np.asarray(dose_M, dtype=float), "value": np.asarray(values, dtype=float)})
    means = table.groupby("dose")["value"].mean()
    if len(means) < len(table):
        ax.plot(
            axis.place(table["dose"]), table["value"], linestyle="none", marker=marker, markersize=2.6,
            markerfacecolor="none", markeredgecolor=colour, markeredgewidth=0.5, alpha=0.75, zorder=3.5,
            gid="replicates",
        )  # fmt: skip
    ax.plot(
        axis.place(means.index.to_numpy(dtype=float)), means.to_numpy(), linestyle="none", marker=marker,
        markersize=4.2, color=colour, markeredgecolor="white", markeredgewidth=0.4, label=label, zorder=4,
        gid="means",
    )  # fmt: skip


def draw_curve(
    ax: Axes,
    axis: ConcentrationAxis,
    dose_M: NDArray[np.float64],
    rows: pd.DataFrame,
    *,
    colour: str,
    band_alpha: float,
) -> None:
    """Draw a fitted curve with its band, over the decades and, at dose 0, on the place of none.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw on.
    axis : ConcentrationAxis
        Where doses stand.
    dose_M : array, shape (n,)
        Doses (mol/L), in ascending order; 0 may be the first.
    rows : DataFrame
        ``value, ci_low, ci_high`` at these doses.
    colour : str
        Of the line.
    band_alpha : float
        Opacity of the band.
    """
    value, low, high = (rows[name].to_numpy(dtype=float) for name in ("value", "ci_low", "ci_high"))
    dosed = dose_M > 0
    pieces = [(axis.place(dose_M[dosed]), np.flatnonzero(dosed))]
    if axis.zero_at is not None and not dosed.all():
        pieces.append((axis.shelf(axis.zero_at), np.flatnonzero(~dosed)[[0, 0]]))
    for x, mine in pieces:
        ax.plot(x, value[mine], color=colour, linewidth=1.2, solid_capstyle="butt", zorder=3, gid="curve")
        if np.isfinite(low[mine]).all() and np.isfinite(high[mine]).all():
            ax.fill_between(x, low[mine], high[mine], color=colour, alpha=band_alpha, linewidth=0, zorder=2)


def keep_to_data(ax: Axes, values: ArrayLike) -> None:
    """Set the limits of y by the points, so that a wide band does not flatten the curves."""
    finite = np.asarray(values, dtype=float)
    finite = finite[np.isfinite(finite)]
    if not finite.size:
        return
    low, high = min(float(finite.min()), 0.0), max(float(finite.max()), 0.0)
    room = 0.08 * ((high - low) or 1.0)
    ax.set_ylim(low - (room if low < 0 else 0.0), high + room)


def legend_above(ax: Axes, title: str, *, columns: int = 1) -> None:
    """Put the legend above the axes, where it covers no point."""
    handles, labels = ax.get_legend_handles_labels()
    if handles:
        ax.legend(
            handles, labels, loc="lower left", bbox_to_anchor=(0, 1), frameon=False, fontsize=TICK_PT,
            labelcolor=INK, handlelength=1.0, borderpad=0, borderaxespad=0.6, labelspacing=0.35, handletextpad=0.5,
            columnspacing=1.2, ncols=columns, title=title, title_fontsize=NOTE_PT, alignment="left",
        )  # fmt: skip
