"""ΔF/F0 of every cell over time, sorted by onset."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from s1r_imaging.plots.marks import mark_events
from s1r_imaging.plots.style import DFF_LABEL, MISSING, axes_or_new, colour_bar, halo, say
from s1r_imaging.plots.tables import called, dff_of, numbers, rows_of_traces, typical_maximum
from s1r_imaging.plots.words import verbatim
from s1r_imaging.recording import Traces

_MOST_COLUMNS = 4000
_MOST_SHARP_ROWS, _MOST_SHARP_COLUMNS = 200, 800


def plot_heatmap(
    traces: Traces, responses: pd.DataFrame | None = None, *, event: str | None = None, ax: Axes | None = None
) -> Axes:
    """Show ΔF/F0 of every cell as a heat map, responders first and sorted by onset.

    Frames are drawn at their own times, as wide as the time they stand for. The colour scale spans the
    responses and is not stretched by a few odd cells; what lies beyond it is marked by the colour bar's tips.
    Where ΔF/F0 falls clearly below zero the scale is symmetric about it. Cells and frames without ΔF/F0 are grey.

    Parameters
    ----------
    traces : Traces
        Traces that hold ΔF/F0.
    responses : DataFrame, optional
        Table that `measure_responses` made of them. Without it cells are in the order of `traces`.
    event : str, optional
        Event whose onsets sort the cells; the one with the most responders when not given.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If there is no ΔF/F0, or the table does not belong to the traces or does not hold the event.
    """
    dff = dff_of(traces)
    rows, event = rows_of_traces(traces, responses, event)
    ax = axes_or_new(ax, height_mm=70.0)
    edges = frame_edges(traces.time_s)
    ax.set_xlim(edges[0], edges[-1])
    ax.set_xlabel("Time (s)")
    mark_events(ax, traces.events, on_image=len(dff) > 0)
    if not len(dff):
        ax.set(ylabel="Cell", yticks=[])
        say(ax, "no cells")
        return ax
    order, n_first = order_of_cells(rows, len(dff))
    responding = called(rows) if rows is not None else np.zeros(len(dff), dtype=np.bool_)
    picture = draw_rows(ax, dff[order], edges, colour_limits(dff, responding))
    colour_bar(ax, picture, DFF_LABEL, dff[np.isfinite(dff)])
    _divide(ax, n_first, len(dff))
    _name_rows(ax, dff, event, None if rows is None else n_first)
    return ax


def frame_edges(time_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the times between frames, and before the first and after the last.

    Parameters
    ----------
    time_s : array, shape (T,)
        Times of the frames (s), increasing.

    Returns
    -------
    numpy.ndarray, shape (T + 1,)
        Halfway between neighbours.

    Examples
    --------
    >>> frame_edges(np.array([0.0, 1.0, 3.0])).tolist()
    [-0.5, 0.5, 2.0, 4.0]
    """
    if len(time_s) < 2:
        return np.array([time_s[0] - 0.5, time_s[0] + 0.5])
    middle = (time_s[1:] + time_s[:-1]) / 2
    return np.concatenate([[2 * time_s[0] - middle[0]], middle, [2 * time_s[-1] - middle[-1]]])


def order_of_cells(rows: pd.DataFrame | None, n_cells: int) -> tuple[NDArray[np.int64], int]:
    """Return row numbers from top to bottom: responders first, by onset.

    Parameters
    ----------
    rows : DataFrame or None
        Responses to one event, a row per cell; None leaves the cells as they are.
    n_cells : int
        Number of cells.

    Returns
    -------
    order : numpy.ndarray of int, shape (n_cells,)
        Row numbers.
    n_responders : int
        How many of them, from the first, respond.
    """
    if rows is None:
        return np.arange(n_cells), 0
    responds = called(rows)
    onset = np.where(responds, numbers(rows, "onset_s"), np.inf)
    peak = numbers(rows, "peak_dff")
    keys = (np.nan_to_num(-peak, nan=np.inf), np.nan_to_num(onset, nan=np.inf), ~responds)
    return np.lexsort(keys), int(responds.sum())


def colour_limits(dff: NDArray[np.float64], responding: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the ends of the colour scale, which a few odd cells do not stretch.

    Parameters
    ----------
    dff : array, shape (n_cells, T)
        ΔF/F0; NaN is nothing.
    responding : array of bool, shape (n_cells,)
        Cells whose responses the scale spans; all cells where none responds.

    Returns
    -------
    low, high : float
        The ends; symmetric where values fall clearly below zero.
    """
    rows = dff[responding] if responding.any() else dff
    high = typical_maximum(rows)
    low = -typical_maximum(-rows)
    if high <= 0 and low >= 0:
        return 0.0, 1.0
    if low < -0.5 * high:
        return -max(high, -low), max(high, -low)
    return float(np.clip(np.nanmin(dff), -0.25 * high, 0.0)), high


def draw_rows(
    ax: Axes, dff: NDArray[np.float64], edges: NDArray[np.float64], limits: tuple[float, float]
) -> AxesImage:
    """Draw cells as rows of colours, every frame at its own time.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw on.
    dff : array, shape (n_cells, T)
        ΔF/F0 from top to bottom; NaN is grey.
    edges : array, shape (T + 1,)
        Times between frames (s).
    limits : tuple of float
        Ends of the colour scale; symmetric ones get a diverging scale.

    Returns
    -------
    matplotlib.image.AxesImage
        The picture.
    """
    widths = np.diff(edges)
    if np.ptp(widths) > 0.01 * np.median(widths):
        n_columns = int(np.clip(np.ceil((edges[-1] - edges[0]) / widths.min()), len(widths), _MOST_COLUMNS))
        centres = edges[0] + (np.arange(n_columns) + 0.5) * (edges[-1] - edges[0]) / n_columns
        dff = dff[:, np.searchsorted(edges, centres) - 1]
    # Cells and frames that outnumber the dots of a page are averaged; else every frame keeps sharp edges.
    crowded = dff.shape[0] > _MOST_SHARP_ROWS or dff.shape[1] > _MOST_SHARP_COLUMNS
    name = "RdBu_r" if limits[0] == -limits[1] else "viridis"
    return ax.imshow(
        np.ma.masked_invalid(dff), aspect="auto", origin="upper",
        interpolation="auto" if crowded else "nearest", zorder=1,
        extent=(edges[0], edges[-1], len(dff) + 0.5, 0.5), vmin=limits[0], vmax=limits[1],
        cmap=mpl.colormaps[name].with_extremes(bad=MISSING),
    )  # fmt: skip


def _divide(ax: Axes, n_first: int, n_cells: int) -> None:
    if 0 < n_first < n_cells:
        ax.axhline(n_first + 0.5, color="white", linewidth=0.8, path_effects=halo(1.8))
    ticks = sorted({1, n_cells} | ({n_first} if 0.08 * n_cells < n_first < 0.92 * n_cells else set()))
    ax.set_yticks(ticks)
    ax.set_ylim(n_cells + 0.5, 0.5)


def _name_rows(ax: Axes, dff: NDArray[np.float64], event: str | None, n_responders: int | None) -> None:
    n_cells, n_missing = len(dff), int(np.sum(~np.isfinite(dff).any(axis=1)))
    if n_responders is None:
        words = f"Cell (n = {n_cells})"
    else:
        first = "Cell, sorted by onset" + (f" after {verbatim(event, longest=24)}" if event else "")
        words = f"{first}\n{n_responders} of {n_cells} respond"
    if n_missing:
        words += (
            f"\n{n_missing} without ΔF/F0 (grey)"
            if n_responders is None
            else f"; {n_missing} without ΔF/F0 (grey)"
        )
    ax.set_ylabel(words)
