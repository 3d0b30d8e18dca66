"""All traces over each other."""

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from napari_plugin.colours import BY_LABEL, YES
from napari_plugin.plot.content import Content
from napari_plugin.plot.drawing import TEXT_PT, Drawing

NEAR_PX = 12.0
SLICE = 4  # lines drawn at once: some milliseconds
FRAMES_PER_PIXEL = 4


class Overlay(Drawing):
    """Thin traces of all cells, those of responders in colour; the selected one thick, with its onset and peak."""

    def build(self) -> None:
        """Draw nothing yet: traces come bit by bit."""
        self._colours = self.trace_colours()
        responders = self.content.responders()
        if responders.any() and self.colouring.by == BY_LABEL:
            self.ax.annotate(
                f"{responders.sum()} of {len(responders)} cells respond", (1, 0), xycoords="axes fraction",
                xytext=(0, -30), textcoords="offset pixels", ha="right", va="bottom", fontsize=TEXT_PT, color=YES,
                annotation_clip=False, gid="count",
            )  # fmt: skip
        self._lines = self.add(LineCollection([], linewidths=0.7))
        self._line = self.add(Line2D([], [], linewidth=1.7, solid_joinstyle="round"))
        self._line.set_path_effects([withStroke(linewidth=3.6, foreground=self.colours.ink)])
        self._marks = response_marks(self)

    def slices(self) -> Iterator[Artist]:
        """Yield a few lines at a time, responders last so that they lie on top."""
        usable, responds = np.isfinite(self.content.values).any(axis=1), self.content.responders()
        for chosen in (usable & ~responds, usable & responds):
            rows = np.flatnonzero(chosen)
            step = max(-(-len(rows) // SLICE), 1)
            for first in range(min(step, len(rows))):  # every so-many-th: a fair sample while more is to come
                yield self._set(rows[first::step], 0.7)

    def changed_lines(self, content: Content, rows: Sequence[int]) -> Artist:
        """Take another content, and return lines of its rows that changed."""
        self.content = content
        self._colours = self.trace_colours()
        return self._set(np.asarray(rows, dtype=np.int64), 1.4)

    def highlight(self, label: int) -> Sequence[Artist]:
        """Return the thick line and the marks of a cell."""
        row = self.content.row_of(label)
        if row is None:
            return ()
        self._line.set_data(self.content.time_s, self.content.values[row])
        self._line.set_color(self.colouring.colour(label))
        place_marks(self._marks, self, label, row)
        return (self._line, *self._marks)

    def label_at(self, x: float, y: float) -> int:
        """Return the cell whose trace is nearest, of those that are near."""
        row = nearest_row(self._x_pixels()[self._around(x)], self._in_pixels(x), x, y)
        return 0 if row is None else int(self.content.labels[row])

    def _in_pixels(self, x: float) -> NDArray[np.float64]:
        values = self.content.values[:, self._around(x)]
        scale, shift = self.ax.transData.transform([(0, 1), (0, 0)])[:, 1]
        pixels: NDArray[np.float64] = values * (scale - shift) + shift
        return pixels

    def _x_pixels(self) -> NDArray[np.float64]:
        one, zero = self.ax.transData.transform([(1, 0), (0, 0)])[:, 0]
        pixels: NDArray[np.float64] = self.content.time_s * (one - zero) + zero
        return pixels

    def _around(self, x: float) -> slice:
        low, high = np.searchsorted(self._x_pixels(), (x - NEAR_PX, x + NEAR_PX))
        return slice(max(int(low) - 1, 0), int(high) + 1)

    def _set(self, rows: NDArray[np.int64], width: float) -> LineCollection:
        low, high = np.searchsorted(self.content.time_s, self.ax.get_xlim())
        shown = slice(max(int(low) - 1, 0), int(high) + 1)
        time_s, values = self.content.time_s[shown], self.content.values[rows, shown]
        time_s, values = thinned(time_s, values, int(self.ax.get_window_extent().width))
        lines: LineCollection = self._lines
        lines.set_segments([np.column_stack([time_s, line]) for line in values])
        lines.set(color=[self._colours[row] for row in rows], linewidth=width)
        return lines


def response_marks(drawing: Drawing) -> tuple[Line2D, Line2D]:
    """Add an open triangle for onsets and a dot for peaks, as on the library's figures."""
    ink, ground = drawing.colours.ink, drawing.colours.ground
    onset = Line2D([], [], marker="^", linestyle="none", markersize=6, markeredgecolor=ink, markerfacecolor=ground)
    peak = Line2D([], [], marker="o", linestyle="none", markersize=5, markeredgecolor=ground, markerfacecolor=ink)
    return drawing.add(onset), drawing.add(peak)


def place_marks(marks: tuple[Line2D, Line2D], drawing: Drawing, label: int, row: int) -> None:
    """Put the marks of a cell on its trace."""
    trace, time_s = drawing.content.values[row], drawing.content.time_s
    known = np.isfinite(trace)
    for mark, times in zip(marks, drawing.content.marks(label), strict=True):
        heights = np.interp(times, time_s[known], trace[known]) if known.any() else np.full(len(times), np.nan)
        mark.set_data(times, heights)


def nearest_row(
    x_px: NDArray[np.float64], y_px: NDArray[np.float64], x: float, y: float, *, near_px: float = NEAR_PX
) -> int | None:
    """Return the row whose line passes nearest to a place; None where none is near.

    Parameters
    ----------
    x_px : array, shape (n,)
        Places of the frames around.
    y_px : array, shape (n_cells, n)
        Values; NaN breaks a line.
    x, y : float
        The place.
    near_px : float
        How far a line may be.

    Returns
    -------
    int or None
        Index into `y_px`.
    """
    if len(x_px) < 2 or not len(y_px):
        return None
    run, rise = np.diff(x_px), np.diff(y_px, axis=1)
    along = ((x - x_px[:-1]) * run + (y - y_px[:, :-1]) * rise) / (run**2 + rise**2)
    along = np.clip(along, 0.0, 1.0)
    distance = np.hypot(x_px[:-1] + along * run - x, y_px[:, :-1] + along * rise - y)
    nearest = np.where(np.isfinite(distance), distance, np.inf).min(axis=1)
    row = int(nearest.argmin())
    return row if nearest[row] <= near_px else None


def thinned(
    time_s: NDArray[np.float64], values: NDArray[np.float64], n_pixels: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return lines that look the same with fewer points where many frames share a pixel.

    Parameters
    ----------
    time_s : array, shape (T,)
        Times.
    values : array, shape (n_cells, T)
        Values; NaN is nothing.
    n_pixels : int
        Width that they are drawn on.

    Returns
    -------
    time_s, values : numpy.ndarray
        As given, or the lowest and the highest value of every pixel.
    """
    if len(time_s) <= FRAMES_PER_PIXEL * max(n_pixels, 1):
        return time_s, values
    starts = np.linspace(0, len(time_s), max(n_pixels, 1), endpoint=False).astype(np.int64)
    low, high = np.fmin.reduceat(values, starts, axis=1), np.fmax.reduceat(values, starts, axis=1)
    return np.repeat(time_s[starts], 2), np.stack([low, high], axis=2).reshape(len(values), -1)
