"""ΔF/F0 over time: the mean over cells with its interval, and single cells."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import NDArray
from scipy import stats

from s1r_imaging.plots.marks import mark_events
from s1r_imaging.plots.style import (
    DFF_LABEL,
    INK,
    LABEL_PT,
    NON_RESPONDER,
    RESPONDER,
    TICK_PT,
    axes_or_new,
    note_below,
    round_length,
    say,
)
from s1r_imaging.plots.tables import called, dff_of, numbers, rows_of_traces, typical_maximum
from s1r_imaging.plots.words import verbatim
from s1r_imaging.recording import Traces

_MOST_STACKED = 20
_FEWEST_FOR_BAND = 3  # the t interval of two cells is wider than any page


def plot_mean_trace(
    traces: Traces,
    responses: pd.DataFrame | None = None,
    *,
    event: str | None = None,
    n_single_cells: int = 50,
    ax: Axes | None = None,
) -> Axes:
    """Draw the mean ΔF/F0 over cells with a 95 % interval, over thin traces of single cells.

    The band is the pointwise t interval of the mean, mean ± t(0.975, n − 1) · SD / √n, over the n cells with a
    value in that frame. It says how well **this recording's** mean is known; cells of one dish are no
    independent replicates, so it says nothing about another dish.

    Parameters
    ----------
    traces : Traces
        Traces that hold ΔF/F0.
    responses : DataFrame, optional
        Table that `measure_responses` made of them: responders and the other cells get a mean each.
    event : str, optional
        Event whose responders are meant; the one with the most when not given.
    n_single_cells : int
        How many single cells to draw at most, evenly chosen; 0 for none.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If there is no ΔF/F0, the number of cells is negative, or the table does not belong to the traces or
        does not hold the event.
    """
    if n_single_cells < 0:
        raise ValueError(f"{n_single_cells=}: expected 0 or more.")
    dff = dff_of(traces)
    rows, event = rows_of_traces(traces, responses, event)
    ax = axes_or_new(ax, height_mm=62.0)
    ax.set_xlim(traces.time_s[0], traces.time_s[-1])
    ax.set_ylabel(DFF_LABEL)
    ax.set_xlabel("Time (s)")
    mark_events(ax, traces.events)
    usable = np.isfinite(dff).any(axis=1)
    if not usable.any():
        ax.set_yticks([])
        say(ax, "no cells" if not len(dff) else f"none of {len(dff)} cells has ΔF/F0")
        return ax
    single = _evenly(np.flatnonzero(usable), n_single_cells)
    groups = [(mask & usable, colour, name) for mask, colour, name in _groups(rows, len(dff), event)]
    drawn = [_draw_mean(ax, traces.time_s, dff[mask], colour, name) for mask, colour, name in groups if mask.any()]
    if len(single):
        _draw_single(ax, traces.time_s, dff[single])
        drawn.append(np.array([[typical_maximum(dff[single])], [-typical_maximum(-dff[single])]]))
    n_entries = _legend(ax, n_missing=int((~usable).sum()))
    _fit_y(ax, np.concatenate([values.ravel() for values in drawn]), n_entries)
    if usable.sum() > 1:
        note_below(ax, "bands: pointwise 95 % t interval over the cells of one recording")
    return ax


def plot_traces(
    traces: Traces,
    responses: pd.DataFrame | None = None,
    *,
    labels: Sequence[int] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Stack the ΔF/F0 traces of single cells, each with its onsets and peaks.

    All cells share one scale, shown by the bar on the right; the line below each trace is its zero.

    Parameters
    ----------
    traces : Traces
        Traces that hold ΔF/F0.
    responses : DataFrame, optional
        Table that `measure_responses` made of them: responders are coloured; an open triangle marks the onset
        and a dot the peak of every response that was called.
    labels : sequence of int, optional
        Cells to show, from top to bottom; at most 20 evenly chosen cells when not given.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; a new figure, as high as the cells need, when not given.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If there is no ΔF/F0, a label is unknown, or the table does not belong to the traces.
    """
    dff = dff_of(traces)
    index = _chosen(traces, labels)
    ax = axes_or_new(ax, height_mm=float(np.clip(20 + 8 * len(index), 45, 230)))
    ax.set_xlim(traces.time_s[0], traces.time_s[-1])
    ax.set_xlabel("Time (s)")
    mark_events(ax, traces.events)
    if not len(index):
        ax.set(yticks=[])
        say(ax, "no cells")
        return ax
    shown = dff[index]
    step = _step(shown)
    offsets = step * np.arange(len(index), dtype=np.float64)[::-1]
    responds = _draw_responses(ax, traces, responses, index, offsets)
    for trace, offset, colour in zip(shown, offsets, np.where(responds, RESPONDER, NON_RESPONDER), strict=True):
        ax.axhline(offset, color="#D9D9D9", linewidth=0.5, zorder=1)
        ax.plot(traces.time_s, trace + offset, color=str(colour) if responses is not None else INK, linewidth=0.8)
    names = [
        f"{traces.labels[row]}" if np.isfinite(trace).any() else f"{traces.labels[row]} (no ΔF/F0)"
        for row, trace in zip(index, shown, strict=True)
    ]
    ax.set_yticks(offsets, names)
    ax.set_ylabel("Cell")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    low = float(np.nanmin(shown[-1], initial=0.0))
    high = float(np.nanmax(shown[0], initial=0.0)) + offsets[0]
    ax.set_ylim(max(low, -step) - 0.15 * step, max(high, offsets[0] + 0.3 * step) + 0.15 * step)
    _amplitude_bar(ax, step)
    if responds.any():
        note_below(ax, "vermilion: responder; triangle: onset; dot: peak")
    return ax


def _groups(
    rows: pd.DataFrame | None, n_cells: int, event: str | None
) -> list[tuple[NDArray[np.bool_], str, str]]:
    if rows is None:
        return [(np.ones(n_cells, dtype=np.bool_), INK, "mean")]
    responds = called(rows)
    to = f" to {verbatim(event, longest=24)}" if event else ""
    return [(~responds, NON_RESPONDER, "non-responders"), (responds, RESPONDER, f"responders{to}")]


def _evenly(index: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    if len(index) <= most:
        return index
    return index[np.linspace(0, len(index) - 1, most).round().astype(np.int64)] if most else index[:0]


def _draw_mean(
    ax: Axes, time_s: NDArray[np.float64], dff: NDArray[np.float64], colour: str, name: str
) -> NDArray[np.float64]:
    """Draw one mean and its band; return mean and limits for the y axis."""
    mean, half = mean_and_half_width(dff)
    if len(dff) < _FEWEST_FOR_BAND:
        half = np.zeros_like(half)
    else:
        ax.fill_between(time_s, mean - half, mean + half, color=colour, alpha=0.25, linewidth=0, zorder=3)
    cells = "1 cell" if len(dff) == 1 else f"n = {len(dff)} cells"
    ax.plot(time_s, mean, color=colour, linewidth=1.4, zorder=4, label=f"{name} ({cells})")
    return np.stack([mean, mean - half, mean + half])


def mean_and_half_width(dff: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean over cells and half the width of its 95 % t interval, frame by frame.

    Parameters
    ----------
    dff : array, shape (n_cells, T)
        ΔF/F0; NaN is left out.

    Returns
    -------
    mean : numpy.ndarray, shape (T,)
        NaN where no cell has a value.
    half_width : numpy.ndarray, shape (T,)
        NaN where fewer than two have.
    """
    finite = np.isfinite(dff)
    n = finite.sum(axis=0)
    mean = np.where(finite, dff, 0.0).sum(axis=0) / np.where(n > 0, n, np.nan)
    squares = np.where(finite, (dff - mean) ** 2, 0.0).sum(axis=0)
    freedom = np.where(n > 1, n - 1.0, np.nan)
    return mean, stats.t.ppf(0.975, freedom) * np.sqrt(squares / freedom / np.where(n > 1, n, np.nan))


def _draw_single(ax: Axes, time_s: NDArray[np.float64], dff: NDArray[np.float64]) -> None:
    lines = [np.column_stack([time_s, trace]) for trace in dff]
    many = LineCollection(lines, colors="#B8B8B8", linewidths=0.4, alpha=0.7, zorder=2, rasterized=True)
    ax.add_collection(many, autolim=False)


def _fit_y(ax: Axes, values: NDArray[np.float64], n_entries: int) -> None:
    """Show all these values, with room above them for the legend."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    margin = 0.05 * (high - low) or 0.5
    ax.set_ylim(low - margin, high + margin * (1 + 2 * n_entries))


def _legend(ax: Axes, *, n_missing: int) -> int:
    if n_missing:
        ax.plot([], [], linestyle="none", label=f"{n_missing} without ΔF/F0 left out")
    legend = ax.legend(
        loc="upper right", framealpha=0.85, edgecolor="none", facecolor="white",
        fontsize=TICK_PT, labelcolor=INK, handlelength=1.2, borderpad=0.1,
        borderaxespad=0.2, labelspacing=0.3,
    )  # fmt: skip
    return len(legend.get_texts())


def _chosen(traces: Traces, labels: Sequence[int] | None) -> NDArray[np.int64]:
    if labels is None:
        return _evenly(np.arange(traces.n_cells), _MOST_STACKED)
    row_of = {int(label): row for row, label in enumerate(traces.labels)}
    for label in labels:
        if int(label) not in row_of:
            raise ValueError(f"labels holds {label}: expected labels of traces {traces.name!r}.")
    return np.array([row_of[int(label)] for label in labels], dtype=np.int64)


def _step(shown: NDArray[np.float64]) -> float:
    """Return the distance between two traces: the largest usual height among them."""
    heights = [np.ptp(np.percentile(row[np.isfinite(row)], (1, 99.5))) for row in shown if np.isfinite(row).any()]
    if not heights:
        return 1.0
    return 1.1 * min(float(max(heights)), 4 * float(np.median(heights)) or np.inf) or 1.0


def _draw_responses(
    ax: Axes,
    traces: Traces,
    responses: pd.DataFrame | None,
    index: NDArray[np.int64],
    offsets: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Mark onsets and peaks of called responses; return which of the shown cells responded to anything."""
    responds = np.zeros(len(index), dtype=np.bool_)
    if responses is None:
        return responds
    dff = dff_of(traces)
    for event in traces.events or (None,):
        name = None if event is None else event.name
        if name is not None and name not in set(responses.get("event", ())):
            continue
        rows, _ = rows_of_traces(traces, responses, name)
        assert rows is not None  # noqa: S101  (a table was given)
        calls = called(rows)[index]
        responds |= calls
        start_s = traces.time_s[0] if event is None else event.start_s
        for marker, column in (("^", "onset_s"), ("o", "time_to_peak_s")):
            times = start_s + numbers(rows, column)[index]
            for place in np.flatnonzero(calls & np.isfinite(times)):
                _mark(
                    ax,
                    marker,
                    times[place],
                    _level(traces.time_s, dff[index[place]], times[place]) + offsets[place],
                )
    return responds


def _level(time_s: NDArray[np.float64], trace: NDArray[np.float64], at_s: float) -> float:
    finite = np.isfinite(trace)
    return float(np.interp(at_s, time_s[finite], trace[finite])) if finite.any() else np.nan


def _mark(ax: Axes, marker: str, x: float, y: float) -> None:
    face = INK if marker == "o" else "white"
    ax.plot(x, y, marker, markerfacecolor=face, markeredgecolor=INK, markeredgewidth=0.7, markersize=3.5, zorder=5)


def _amplitude_bar(ax: Axes, step: float) -> None:
    """Draw a vertical bar of a round ΔF/F0 right of the axes."""
    length = round_length(step)
    place = ax.get_yaxis_transform()
    ax.plot(
        [1.02, 1.02], [0, length], color=INK, linewidth=1.5, solid_capstyle="butt", transform=place, clip_on=False
    )
    ax.text(
        1.03, 0, f"{length:g} {DFF_LABEL}", transform=place, rotation=90, ha="left", va="bottom",
        fontsize=LABEL_PT, color=INK,
    )  # fmt: skip
