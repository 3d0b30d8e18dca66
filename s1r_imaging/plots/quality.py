"""Whether a recording can be trusted: its shifts, its background, its flags."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from s1r_imaging.flags import CellFlag
from s1r_imaging.plots.marks import mark_events
from s1r_imaging.plots.style import BLUE, GREY, INK, ORANGE, TICK_PT, VERMILION, axes_row, say
from s1r_imaging.recording import Traces

_BAD = "#F6D5C3"


def plot_quality(
    traces: Traces,
    responses: pd.DataFrame | None = None,
    *,
    shifts_px: ArrayLike | None = None,
    axes: Sequence[Axes] | NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Draw the shifts and the background over time, and count the flags of the cells.

    Parameters
    ----------
    traces : Traces
        Traces with their background, flags and moved frames.
    responses : DataFrame, optional
        Table that `measure_responses` made of them; its flags are counted with those of the cells, each cell
        once.
    shifts_px : array_like, shape (T, 2), optional
        The recording's ``shifts_px`` (y, x).
    axes : sequence of matplotlib.axes.Axes, optional
        Three axes to draw on; a new figure when not given.

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes, shape (3,)
        Shifts, background, flags.

    Raises
    ------
    ValueError
        If the shifts are not two per frame, or `axes` are not three.
    """
    shifts = None if shifts_px is None else np.asarray(shifts_px, dtype=np.float64)
    if shifts is not None and shifts.shape != (len(traces.time_s), 2):
        raise ValueError(f"shifts_px has shape {shifts.shape}: expected ({len(traces.time_s)}, 2).")
    panels = axes_row(axes, 3, height_mm=55.0)
    for ax in panels[:2]:
        ax.set_xlim(traces.time_s[0], traces.time_s[-1])
        ax.set_xlabel("Time (s)")
        _shade_moved(ax, traces)
        mark_events(ax, traces.events)
    _draw_shifts(panels[0], traces, shifts)
    _draw_background(panels[1], traces)
    _count_flags(panels[2], traces, responses)
    return panels


def _shade_moved(ax: Axes, traces: Traces) -> None:
    if traces.moved is None:
        return
    half = traces.frame_interval_s / 2
    edges = np.diff(np.concatenate([[0], traces.moved.astype(np.int8), [0]]))
    for number, (start, stop) in enumerate(
        zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True)
    ):
        label = "field jumped" if number == 0 else None
        ax.axvspan(
            traces.time_s[start] - half,
            traces.time_s[stop - 1] + half,
            color=_BAD,
            linewidth=0,
            zorder=0.5,
            label=label,
        )


def _draw_shifts(ax: Axes, traces: Traces, shifts: NDArray[np.float64] | None) -> None:
    ax.set_ylabel("Shift (pixels)")
    if shifts is None:
        ax.set_yticks([])
        say(ax, "motion not corrected")
        return
    for column, colour, name in ((0, BLUE, "vertical"), (1, ORANGE, "horizontal")):
        ax.plot(traces.time_s, shifts[:, column], color=colour, linewidth=0.9, label=name)
    _widen(ax, 1.0)
    _legend(ax)


def _draw_background(ax: Axes, traces: Traces) -> None:
    ax.set_ylabel("Background (counts)")
    background = np.where(np.isfinite(traces.f_background), traces.f_background, np.nan)
    usable = background[np.isfinite(background).all(axis=1)]
    if not len(usable):
        ax.set_yticks([])
        say(ax, "no cells")
        return
    middle = np.median(usable, axis=0)
    ax.plot(traces.time_s, middle, color=INK, linewidth=1.0, label="median cell", zorder=3)
    if np.ptp(usable, axis=0).max() > 0:
        low, high = np.percentile(usable, [5, 95], axis=0)
        ax.fill_between(
            traces.time_s, low, high, color=GREY, alpha=0.35, linewidth=0, label="90 % of cells", zorder=2
        )
        _legend(ax)
    _widen(ax, 0.02 * float(np.abs(middle).max()) or 1.0)


def _widen(ax: Axes, least: float) -> None:
    """Keep noise from filling the axes: show at least this range, and a fifth more for the legend."""
    low, high = ax.get_ylim()
    extra = max(least - (high - low), 0.0) / 2
    low, high = low - extra, high + extra
    ax.set_ylim(low, high + 0.25 * (high - low))


def _count_flags(ax: Axes, traces: Traces, responses: pd.DataFrame | None) -> None:
    flags = dict(zip(traces.labels.tolist(), traces.cells["flags"].astype(int).tolist(), strict=True))
    if responses is not None and "flags" in responses:
        mine = responses[responses["recording"] == traces.name] if "recording" in responses else responses
        for label, bits in zip(mine["label"], mine["flags"], strict=True):
            flags[int(label)] = flags.get(int(label), 0) | int(bits)
    names = [str(flag.name).lower().replace("_", " ").replace("f0", "F0") for flag in CellFlag]
    counts = [sum(bool(bits & flag) for bits in flags.values()) for flag in CellFlag]
    clean = sum(bits == 0 for bits in flags.values())
    kept = [(name, count, VERMILION) for name, count in zip(names, counts, strict=True) if count]
    kept = [("no flag", clean, GREY), *sorted(kept, key=lambda item: -item[1])]
    places = np.arange(len(kept))
    ax.barh(places, [count for _, count, _ in kept], color=[colour for _, _, colour in kept], height=0.7)
    ax.set_yticks(places, [name for name, _, _ in kept])
    for place, (_, count, _) in zip(places, kept, strict=True):
        ax.annotate(
            str(count), (count, place), xytext=(2, 0), textcoords="offset points", va="center", fontsize=TICK_PT,
            color=INK,
        )  # fmt: skip
    ax.set_ylim(max(len(kept), 4) - 0.5, -0.5)
    ax.set_xlim(0, 1.15 * max(1, *(count for _, count, _ in kept), 1))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    ax.set_xlabel(f"Cells (of {traces.n_cells})")
    ax.tick_params(axis="y", length=0)


def _legend(ax: Axes) -> None:
    ax.legend(
        loc="upper left", ncols=3, framealpha=0.85, edgecolor="none", facecolor="white",
        fontsize=TICK_PT, labelcolor=INK, handlelength=1.0, borderpad=0.1, columnspacing=0.8,
    )  # fmt: skip
