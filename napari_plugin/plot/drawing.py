"""What the modes of the plot share: axes in their place, limits, the view."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from napari_plugin.colours import BY_LABEL, YES, Colouring
from napari_plugin.plot import events
from napari_plugin.plot.colours import Colours
from napari_plugin.plot.content import QUANTITIES, Content

TEXT_PT = 8.0
LEFT_PX, BOTTOM_PX, TOP_PX, RIGHT_PX = 62.0, 38.0, 8.0, 12.0
MARGIN = 0.05

Limits = tuple[float, float, float, float]


class Drawing:
    """One mode, drawn on the axes of a figure; what a mode does not say is as here.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Emptied, and drawn on.
    content : Content
        What is shown.
    colours : Colours
        Colours of the theme.
    colouring : Colouring
        Colours of the cells, as in the image.
    """

    right_px = RIGHT_PX
    on_image = False
    draws_selection = False
    """Whether another selection changes what is on the axes, not only what is laid over them."""

    def __init__(self, figure: Figure, content: Content, colours: Colours, colouring: Colouring) -> None:
        figure.clear()
        figure.set_facecolor(colours.ground)
        self.content = content
        self.colours = colours
        self.colouring = colouring
        self.figure = figure
        self.ax: Axes = figure.add_axes((0.1, 0.2, 0.8, 0.7))
        dress(self.ax, colours)
        self.ax.set_xlabel("Time (s)")
        self.ax.set_ylabel(QUANTITIES[content.quantity])
        self.build()
        self.show_all()

    def build(self) -> None:
        """Draw what stays."""

    def all_limits(self) -> Limits:
        """Return x and y limits that show everything."""
        low, high = y_range(self.content.values)
        return float(self.content.time_s[0]), float(self.content.time_s[-1]), low, high

    def show_all(self) -> None:
        """Show everything."""
        self.set_view(self.all_limits())

    @property
    def view(self) -> Limits:
        """X and y limits that are shown."""
        return (*self.ax.get_xlim(), *self.ax.get_ylim())

    @property
    def shows_all(self) -> bool:
        """Whether everything is shown."""
        return bool(np.allclose(self.view, self.all_limits()))

    def set_view(self, limits: Limits) -> None:
        """Show a part."""
        self.ax.set_xlim(limits[:2])
        self.ax.set_ylim(limits[2:])

    def place(self) -> None:
        """Put the axes where the size of the figure leaves them, and the names of stimuli above them."""
        width, height = self.figure.bbox.size
        scale = self.figure.dpi / 96
        left, right = LEFT_PX * scale / width, self.right_px * scale / width
        rows = self._set_place(left, right, 0.0, scale / height)
        self._set_place(left, right, rows * events.ROW_PX, scale / height)
        events.mark(self.ax, self.content.events, self.colours, on_image=self.on_image)

    def slices(self) -> Iterator[Artist]:
        """Yield what is drawn bit by bit, below what is laid over it."""
        return iter(())

    def changed_lines(self, _content: Content, _rows: Sequence[int]) -> Artist | None:
        """Take another content, and return its changed rows as drawn over what is there; None where it cannot."""
        return None

    def highlight(self, _label: int) -> Sequence[Artist]:
        """Return what is laid over for the cell that is selected."""
        return ()

    def label_at(self, _x: float, _y: float) -> int:
        """Return the label of the cell at a place (pixels); 0 where there is none."""
        return 0

    def order(self) -> NDArray[np.int64]:
        """Return labels in the order in which the arrow keys go through them."""
        return np.sort(self.content.labels)

    def trace_colours(self) -> list[Any]:
        """Return the colour of each row: that of its cell, or responders before the grey of all others."""
        if self.colouring.by != BY_LABEL:
            return [self.colouring.colour(int(label)) for label in self.content.labels]
        return [YES if responds else self.colours.trace for responds in self.content.responders()]

    def add(self, artist: Any) -> Any:
        """Add an artist that is drawn only when it is asked for."""
        artist.set_animated(True)
        if isinstance(artist, LineCollection):
            return self.ax.add_collection(artist, autolim=False)
        return self.ax.add_artist(artist)

    def _set_place(self, left: float, right: float, names_px: float, unit: float) -> int:
        bottom, top = BOTTOM_PX * unit, (TOP_PX + names_px) * unit
        box = (left, bottom, max(1 - left - right, 0.05), max(1 - bottom - top, 0.05))
        self.ax.set_position(box)
        return events.n_rows(self.ax, self.content.events)


def carried(view: Limits, old: Drawing, new: Drawing) -> Limits:
    """Return what a new drawing shows where an old one showed a part: the same time, the same values if it can."""
    full = new.all_limits()
    if not np.array_equal(old.content.time_s, new.content.time_s):
        return full
    same = type(old) is type(new) and old.content.quantity == new.content.quantity and not new.draws_selection
    return view if same else (*view[:2], *full[2:])


def dress(ax: Axes, colours: Colours) -> None:
    """Give axes the colours of the theme."""
    ax.set_facecolor("none")
    for side, spine in ax.spines.items():
        spine.set_visible(side in {"left", "bottom"})
        spine.set(color=colours.ink, linewidth=0.8)
    ax.tick_params(labelsize=TEXT_PT, colors=colours.ink, width=0.8, length=3)
    for axis in (ax.xaxis, ax.yaxis):
        axis.label.set(fontsize=TEXT_PT, color=colours.ink)
        axis.set_major_locator(MaxNLocator(nbins=9 if axis is ax.xaxis else 5))


def y_range(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return limits that hold all values with a margin."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    margin = MARGIN * (high - low) or 0.5
    return low - margin, high + margin
