"""Functional plates as they stood in the reader: one value per well as colours, and small traces of all wells."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import ScaledTranslation
from numpy.typing import NDArray

from s1r_imaging.experiment.roles import ROLES, role_words
from s1r_imaging.plots.condition_axis import axes_width_pt
from s1r_imaging.plots.conditions import condition_colours
from s1r_imaging.plots.plate import draw_wells, name_wells, plate_shape, well_places
from s1r_imaging.plots.style import (
    BLUE,
    DFF_LABEL,
    INK,
    MISSING,
    NOTE_PT,
    PAGE_MM,
    TICK_PT,
    VERMILION,
    axes_or_new,
    figure_of,
    say,
)
from s1r_imaging.plots.tables import typical_maximum
from s1r_imaging.plots.words import event_label, shorten, text_width_pt, verbatim
from s1r_imaging.recording import Event, Traces

_HEIGHT_MM = 118.0
_BOX = 0.46  # half the edge of a well's box; wells are one apart
_INSIDE = 0.42
_EMPTY = "#DEDEDE"
_SHADE = "#ECECEC"
_MOST_NUMBERED = 96
_MOST_LEGEND = 10
_HANDLE_PT = 3.2 * TICK_PT  # line and gaps beside a name


def plot_plate_values(
    values: pd.Series | Mapping[str, float], *, value_label: str = "Peak ΔF/F0", ax: Axes | None = None
) -> Axes:
    """Show one value per well where the wells stood, as colours, with the numbers on plates of 96 wells.

    Wells that are not named are grey; wells without a finite value are grey with a cross.

    Parameters
    ----------
    values : Series or mapping
        Well ("A1") to value.
    value_label : str
        Quantity and unit.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If a name is no well's, or a well stands there twice.
    """
    given = pd.Series(values, dtype=np.float64)
    ax = axes_or_new(ax, width_mm=PAGE_MM, height_mm=112.0)
    places = well_places(given.index)
    grid = np.full(plate_shape(places), np.nan)
    grid[places[:, 0], places[:, 1]] = given.where(np.isfinite(given))
    draw_wells(ax, grid, value_label)
    if not np.isfinite(grid).any():
        say(ax, "no values")
    low, high = ax.images[0].get_clim()
    size = {8: TICK_PT, 16: 0.5 * TICK_PT}.get(len(grid), 0.3 * TICK_PT)
    for row, column in places:
        value = grid[row, column]
        if not np.isfinite(value):
            ax.plot(column, row, "x", color=INK, markersize=size, markeredgewidth=0.6)
        elif grid.size <= _MOST_NUMBERED:
            ink = "white" if value < low + 0.6 * (high - low) else INK
            ax.text(
                column, row, _number(value, high - low), ha="center", va="center", fontsize=0.85 * size, color=ink
            )
    return ax


def _number(value: float, span: float) -> str:
    """Write a value with as many digits as a scale of that span needs."""
    digits = int(np.clip(2 - np.floor(np.log10(span)), 0, 6)) if span > 0 else 2
    return f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def plot_plate_traces(
    traces: Traces,
    *,
    design: pd.DataFrame | None = None,
    colour: Literal["role", "condition"] = "role",
    ax: Axes | None = None,
) -> Axes:
    """Draw the trace of every well where the well stood, all on the same scales.

    ΔF/F0 is drawn where it has been computed, else the signal as read. The time of the additions is shaded, and
    saturated reads are marked at the upper edge. Wells that were not read are grey; a cross marks wells without
    ΔF/F0. A trace that leaves the common scale, which leaves single outliers out, is cut off at the edge.

    Parameters
    ----------
    traces : Traces
        Traces that `read_plate_reader` made: `cells` has a column ``well``.
    design : DataFrame, optional
        Rows with ``well``, or ``recording`` as ``<plate>_<well>``, and ``role`` or ``condition``, for the colours.
    colour : {"role", "condition"}
        What the colours tell.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        The axes: wells are one unit apart, A1 at (0, 0).

    Raises
    ------
    ValueError
        If the traces are of no plate, or the design does not say which wells it is about.
    """
    if "well" not in traces.cells:
        raise ValueError(f"traces {traces.name!r} have no wells: expected those that read_plate_reader made.")
    ax = axes_or_new(ax, width_mm=PAGE_MM, height_mm=_HEIGHT_MM)
    places = well_places(traces.cells["well"])
    shape = plate_shape(places)
    name_wells(ax, shape)
    _draw_boxes(ax, places, shape)
    values = traces.f - traces.f_background if traces.dff is None else traces.dff
    values = np.where(np.isfinite(values), values, np.nan)
    span = (float(traces.time_s[0]), float(traces.time_s[-1]))
    limits = _limits(values, is_dff=traces.dff is not None)
    _mark_events(ax, places, traces.events, span)
    groups, colours = _groups(traces, design, colour)
    x, y = _on_plate(traces, values, places, (span, limits))
    _draw_zero(ax, places, limits, is_dff=traces.dff is not None)
    _draw_traces(ax, x, y, [colours[group] for group in groups])
    _mark_faults(ax, traces, places, x, lost=np.asarray(np.isnan(values).all(axis=1)))
    _explain(ax, _words(traces, span, limits), colours if design is not None else {})
    if not len(places):
        say(ax, "no wells")
    return ax


def _limits(values: NDArray[np.float64], *, is_dff: bool) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    floor = 0.0 if is_dff else float(np.median(finite))
    high, low = floor + typical_maximum(values - floor), floor - typical_maximum(floor - values)
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _draw_boxes(ax: Axes, places: NDArray[np.int64], shape: tuple[int, int]) -> None:
    read = {(int(row), int(column)) for row, column in places}
    for is_read, face in ((True, "white"), (False, _EMPTY)):
        boxes = [
            Rectangle((column - _BOX, row - _BOX), 2 * _BOX, 2 * _BOX)
            for row in range(shape[0])
            for column in range(shape[1])
            if ((row, column) in read) == is_read
        ]
        ax.add_collection(
            PatchCollection(
                boxes, facecolor=face, edgecolor=MISSING if is_read else "none", linewidth=0.4, zorder=0.5,
                gid="read" if is_read else "empty",
            ),
            autolim=False,
        )  # fmt: skip


def _mark_events(ax: Axes, places: NDArray[np.int64], events: Sequence[Event], span: tuple[float, float]) -> None:
    """Shade from each addition to its end, or to the end of the box, with a line where it came."""
    shades, lines = [], []
    for event in events:
        left = max(float(_across(np.array(event.start_s), span)), -_BOX)
        right = _BOX if event.end_s is None else min(float(_across(np.array(event.end_s), span)), _BOX)
        shades += [Rectangle((x + left, y - _BOX), max(right - left, 0.0), 2 * _BOX) for y, x in places]
        lines += [[(x + left, y - _BOX), (x + left, y + _BOX)] for y, x in places]
    if shades:
        patches = PatchCollection(shades, facecolor=_SHADE, edgecolor="none", zorder=0.7, gid="events")
        ax.add_collection(patches, autolim=False)
        ax.add_collection(LineCollection(lines, colors="#A8A8A8", linewidths=0.4, zorder=0.8), autolim=False)


def _across(time_s: NDArray[np.float64], span: tuple[float, float]) -> NDArray[np.float64]:
    """Return where in a box times lie, from its middle."""
    return (2 * (time_s - span[0]) / max(span[1] - span[0], 1e-300) - 1) * _INSIDE


def _on_plate(
    traces: Traces,
    values: NDArray[np.float64],
    places: NDArray[np.int64],
    scales: tuple[tuple[float, float], tuple[float, float]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where on the axes the samples of each well lie."""
    span, limits = scales
    offsets = np.zeros(len(places))
    if "time_offset_s" in traces.cells:
        offsets = np.nan_to_num(traces.cells["time_offset_s"].to_numpy(dtype=np.float64))
    x = places[:, 1:].astype(np.float64) + np.clip(_across(traces.time_s + offsets[:, None], span), -_BOX, _BOX)
    return x, places[:, :1].astype(np.float64) + _up(np.clip(values, *limits), limits)


def _up(values: NDArray[np.float64], limits: tuple[float, float]) -> NDArray[np.float64]:
    """Return where in a box values lie, from its middle, downwards as rows run."""
    return (1 - 2 * (values - limits[0]) / (limits[1] - limits[0])) * _INSIDE


def _draw_zero(ax: Axes, places: NDArray[np.int64], limits: tuple[float, float], *, is_dff: bool) -> None:
    if is_dff and limits[0] <= 0 <= limits[1]:
        zero = float(_up(np.array(0.0), limits))
        rules = [[(column - _BOX, row + zero), (column + _BOX, row + zero)] for row, column in places]
        ax.add_collection(LineCollection(rules, colors="#C0C0C0", linewidths=0.4, zorder=1), autolim=False)


def _draw_traces(ax: Axes, x: NDArray[np.float64], y: NDArray[np.float64], colours: Sequence[str]) -> None:
    width = 0.8 if len(x) <= _MOST_NUMBERED else 0.5
    lines = [np.column_stack(pair) for pair in zip(x, y, strict=True)]
    drawn = LineCollection(lines, colors=list(colours), linewidths=width, zorder=2, gid="traces")
    ax.add_collection(drawn, autolim=False)


def _mark_faults(
    ax: Axes, traces: Traces, places: NDArray[np.int64], x: NDArray[np.float64], *, lost: NDArray[np.bool_]
) -> None:
    ax.plot(places[lost, 1], places[lost, 0], "x", color=INK, markersize=4, markeredgewidth=0.6, zorder=2)
    if traces.saturated is None:
        return
    well, frame = np.nonzero(traces.saturated > 0)
    ax.plot(
        x[well, frame], places[well, 0] - _INSIDE, "v", color=VERMILION, markersize=2.0, zorder=3,
        markeredgewidth=0, gid="saturated",
    )  # fmt: skip


def _groups(traces: Traces, design: pd.DataFrame | None, colour: str) -> tuple[list[str], dict[str, str]]:
    """Return the role or condition of each well, and the colour of each of these."""
    wells = traces.cells["well"].astype(str)
    if design is None:
        return [""] * len(wells), {"": BLUE}
    if colour not in {"role", "condition"}:
        raise ValueError(f"colour={colour!r}: expected 'role' or 'condition'.")
    key = "recording" if "recording" in design else "well"
    missing = [name for name in (key, colour) if name not in design]
    if missing:
        raise ValueError(f"design has no column {missing[0]!r}: expected recording (or well) and {colour}.")
    found: dict[Hashable, Any] = dict(zip(design[key], design[colour].astype(str), strict=True))
    names = [f"{traces.name}_{well}" for well in wells] if key == "recording" else list(wells)
    groups = [str(found.get(name, "not in the design")) for name in names]
    role_of = (
        dict(zip(design[colour].astype(str), design["role"].astype(str), strict=True)) if "role" in design else {}
    )
    rank = {role: number for number, role in enumerate(ROLES)}
    order = sorted(dict.fromkeys(groups), key=lambda name: rank.get(role_of.get(name, ""), len(rank)))
    colours = condition_colours([name for name in order if name in role_of or name in found.values()], role_of)
    return groups, {name: colours.get(name, MISSING) for name in order}


def _words(traces: Traces, span: tuple[float, float], limits: tuple[float, float]) -> str:
    """Say what a box spans and what was added when."""
    height = limits[1] - limits[0]
    low, high = (_number(limit, height) for limit in limits)
    label = DFF_LABEL if traces.dff is not None else "signal"
    parts = [f"each box: {span[0]:.3g} to {span[1]:.3g} s, {label} {low} to {high}"]
    parts += [f"{verbatim(event_label(event), longest=32)} at {event.start_s:g} s" for event in traces.events[:3]]
    return "; ".join(parts)


def _explain(ax: Axes, words: str, colours: Mapping[str, str]) -> None:
    """Write below the plate, and what the colours mean."""
    ax.annotate(
        words, (0, 0), xycoords="axes fraction", xytext=(0, -4), textcoords="offset points", ha="left", va="top",
        fontsize=NOTE_PT, color=INK, annotation_clip=False,
    )  # fmt: skip
    if not colours:
        return
    names, more = list(colours)[:_MOST_LEGEND], len(colours) - _MOST_LEGEND
    n_columns, room = _columns([role_words(name) for name in names], axes_width_pt(ax))
    handles = [
        Line2D([], [], color=colours[name], linewidth=1.6, label=shorten(role_words(name), room, TICK_PT))
        for name in names
    ]
    if more > 0:
        handles.append(Line2D([], [], linestyle="none", label=f"and {more} more"))
    below = ax.transAxes + ScaledTranslation(0, -15 / 72, figure_of(ax).dpi_scale_trans)
    ax.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0, 0), bbox_transform=below, ncols=n_columns,
        frameon=False, fontsize=TICK_PT, labelcolor=INK, handlelength=1.2, borderpad=0, borderaxespad=0,
        columnspacing=1.2,
    )  # fmt: skip


def _columns(names: Sequence[str], width_pt: float) -> tuple[int, float]:
    """Return how many columns a legend has room for, and the room for each name (points)."""
    longest = max(text_width_pt(verbatim(name), TICK_PT) for name in names)
    for n_columns in (5, 4, 3):
        room = width_pt / n_columns - _HANDLE_PT
        if longest <= room:
            return n_columns, room
    return 2, width_pt / 2 - _HANDLE_PT
