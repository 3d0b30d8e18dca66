"""How amplitude and kinetics are distributed over cells, and what fraction responds."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from scipy import stats

from s1r_imaging.plots.style import INK, NON_RESPONDER, RESPONDER, TICK_PT, axes_row, say
from s1r_imaging.plots.tables import called, numbers, rows_of_event
from s1r_imaging.plots.words import verbatim

_PANELS = {
    "peak_dff": "Peak ΔF/F0",
    "time_to_peak_s": "Time to peak (s)",
    "fwhm_s": "FWHM (s)",
    "decay_tau_s": "Decay constant (s)",
}

_FEWEST_FOR_OUTLIERS = 20


def plot_response_distributions(
    responses: pd.DataFrame,
    *,
    event: str | None = None,
    axes: Sequence[Axes] | NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Draw histograms of peak ΔF/F0, time to peak, width and decay constant, and name the fraction of responders.

    The peaks of responders are stacked on those of the other cells; kinetics are those of the responders alone.
    The fraction is that of the cells that could be measured, with Wilson's 95 % interval; it is an interval over
    the cells of one recording, and is left out where the table holds several. A triangle marks each median, a line
    the median threshold of the calls. The few values far beyond the rest are counted in the outermost bar.

    Parameters
    ----------
    responses : DataFrame
        Table that `measure_responses` made.
    event : str, optional
        Event to show; the one with the most responders when not given.
    axes : sequence of matplotlib.axes.Axes, optional
        Four axes to draw on; a new figure when not given.

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes, shape (4,)
        The axes.

    Raises
    ------
    ValueError
        If the table does not hold the event, or `axes` are not four.

    References
    ----------
    .. [1] E. B. Wilson, "Probable inference, the law of succession, and statistical inference", J. Am. Stat.
       Assoc. 22 (1927) 209-212.
    """
    rows, event = rows_of_event(responses, event)
    panels = axes_row(axes, len(_PANELS), height_mm=52.0)
    responds = called(rows)
    for ax, (column, title) in zip(panels, _PANELS.items(), strict=True):
        values = numbers(rows, column)
        groups = [(values[responds], RESPONDER, "responders")]
        if column == "peak_dff":
            groups.insert(0, (values[~responds], NON_RESPONDER, "non-responders"))
        _histogram(ax, groups)
        ax.set_xlabel(title)
        place = ax.get_subplotspec()
        if place is None or place.is_first_col():
            ax.set_ylabel("Cells")
    _draw_threshold(panels[0], rows)
    _legend(panels[0])
    panels[0].set_title(_title(rows, event), loc="left", fontsize=TICK_PT, color=INK, pad=17)
    return panels


def responder_fraction(rows: pd.DataFrame) -> str:
    """Write the fraction of responders among the cells that could be measured.

    Parameters
    ----------
    rows : DataFrame
        Rows of one event.

    Returns
    -------
    str
        Percentage, 95 % interval (Wilson) and number of cells.

    Examples
    --------
    >>> table = pd.DataFrame({"peak_dff": [1.0, 2.0, 0.1], "is_responder": [True, True, False]})
    >>> responder_fraction(table)
    '67 % respond (95 % CI 21–94 %, Wilson; n = 3 cells)'
    """
    measured = np.isfinite(numbers(rows, "peak_dff"))
    n, k = int(measured.sum()), int(called(rows)[measured].sum())
    if n == 0:
        return "no cell could be measured"
    unmeasured = len(rows) - n
    tail = f", {unmeasured} not measured" if unmeasured else ""
    cells = "1 cell" if n == 1 else f"{n} cells"
    n_recordings = rows["recording"].nunique() if "recording" in rows else 1
    if n_recordings > 1:
        return f"{100 * k / n:.0f} % respond (n = {cells} of {n_recordings} recordings{tail})"
    interval = stats.binomtest(k, n).proportion_ci(confidence_level=0.95, method="wilson")
    low, high = 100 * interval.low, 100 * interval.high
    return f"{100 * k / n:.0f} % respond (95 % CI {low:.0f}–{high:.0f} %, Wilson; n = {cells}{tail})"


def _title(rows: pd.DataFrame, event: str | None) -> str:
    rate = numbers(rows, "false_responder_rate")
    lines = [verbatim(event)] if event else []
    lines.append(responder_fraction(rows))
    if np.isfinite(rate).any():
        lines.append(f"{100 * np.nanmedian(rate):.2g} % false responders in the baselines")
    return "\n".join(lines)


def _draw_threshold(ax: Axes, rows: pd.DataFrame) -> None:
    thresholds = numbers(rows, "threshold_dff")
    if np.isfinite(thresholds).any() and ax.patches:
        middle = float(np.nanmedian(thresholds))
        ax.axvline(middle, color=INK, linewidth=0.8, linestyle=(0, (4, 2)), label="threshold")


def _histogram(ax: Axes, groups: list[tuple[NDArray[np.float64], str, str]]) -> None:
    finite = [values[np.isfinite(values)] for values, _, _ in groups]
    pooled = np.concatenate(finite)
    if not pooled.size:
        ax.set(xticks=[], yticks=[])
        say(ax, "no responders" if len(groups) == 1 else "no values")
        return
    edges = _bins(pooled)
    inside = [np.clip(values, edges[0], edges[-1]) for values in finite]
    kept = [
        (values, colour, name) for values, (_, colour, name) in zip(inside, groups, strict=True) if values.size
    ]
    ax.hist(
        [values for values, _, _ in kept], bins=list(edges), stacked=True, color=[colour for _, colour, _ in kept],
        label=[f"{name} ({len(values)})" for values, _, name in kept], edgecolor="white", linewidth=0.4,
    )  # fmt: skip
    for (_, colour, _), values in zip(groups, finite, strict=True):
        if values.size:
            ax.plot(
                np.clip(np.median(values), edges[0], edges[-1]), 0.97, "v", color=colour, markersize=4,
                markeredgecolor=INK, markeredgewidth=0.4, transform=ax.get_xaxis_transform(), clip_on=False,
                zorder=5,
            )  # fmt: skip
    ax.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=4))
    ax.set_ylim(0, 1.1 * ax.get_ylim()[1])


def _bins(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return edges that span all values; of twenty and more, all but far outliers."""
    first, third = np.percentile(values, [25, 75])
    fence = 4 * (third - first) if values.size >= _FEWEST_FOR_OUTLIERS else np.inf
    usual = values[(values >= first - fence) & (values <= third + fence)]
    low, high = float(usual.min()), float(usual.max())
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-300):
        half = 0.5 * abs(low) or 0.5
        return np.linspace(low - half, low + half, 8)
    n_bins = int(np.clip(2 * len(values) ** (1 / 2), 6, 30))
    return np.linspace(low, high, n_bins + 1)


def _legend(ax: Axes) -> None:
    if ax.get_legend_handles_labels()[1]:
        legend = ax.legend(
            loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, fontsize=TICK_PT, labelcolor=INK,
            handlelength=1.0, borderpad=0, borderaxespad=0.5, columnspacing=0.8, handletextpad=0.5,
        )  # fmt: skip
        # It may reach over the next panel; the title above it keeps its height free.
        legend.set_in_layout(False)
