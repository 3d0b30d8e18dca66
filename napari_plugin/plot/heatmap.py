"""One row per cell, ΔF/F0 as colour."""

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import blended_transform_factory
from numpy.typing import NDArray

from napari_plugin.colours import Colouring
from napari_plugin.plot.colours import Colours
from napari_plugin.plot.content import QUANTITIES, Content
from napari_plugin.plot.drawing import TEXT_PT, Drawing, Limits
from s1r_imaging.plots.heatmap import colour_limits, draw_rows, frame_edges

BAR_PX, BAR_GAP_PX = 10.0, 10.0
LEAST_ROW_PX = 4.0


class HeatMap(Drawing):
    """Cells as rows, in the order of labels or as on the library's heat map.

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
    order : {"response", "label"}
        Order of the rows.
    """

    right_px = 84.0
    on_image = True

    def __init__(
        self, figure: Figure, content: Content, colours: Colours, colouring: Colouring, *, order: str
    ) -> None:
        self._rows = content.order(order)
        self._words = "Cell, by response" if order == "response" else "Cell, by label"
        super().__init__(figure, content, colours, colouring)

    def build(self) -> None:
        """Draw the rows and the bar that explains their colours."""
        content = self.content
        limits = colour_limits(content.values, content.responders())
        picture = draw_rows(self.ax, content.values[self._rows], frame_edges(content.time_s), limits)
        self.ax.set_ylabel(self._words)
        self._bar_ax = self.figure.add_axes((0.9, 0.2, 0.02, 0.7))
        bar = self.figure.colorbar(picture, cax=self._bar_ax)
        bar.outline.set_visible(False)
        bar.set_label(QUANTITIES[content.quantity], fontsize=TEXT_PT, color=self.colours.ink)
        self._bar_ax.tick_params(labelsize=TEXT_PT, colors=self.colours.ink, length=3)
        edges = blended_transform_factory(self.ax.transAxes, self.ax.transData)
        self._frame = self.add(Rectangle((0, 0), 1, 1, transform=edges, fill=False, clip_on=False))
        self._frame.set(edgecolor="white", linewidth=1.2)
        self._sign = self.add(Line2D([], [], marker="<", markersize=7, transform=edges, clip_on=False))
        self._sign.set(markerfacecolor=self.colours.ink, markeredgewidth=0)

    def all_limits(self) -> Limits:
        """Return limits that show every row and every frame as wide as it is."""
        edges = frame_edges(self.content.time_s)
        return float(edges[0]), float(edges[-1]), len(self._rows) + 0.5, 0.5

    def place(self) -> None:
        """Put the bar beside the axes."""
        super().place()
        box, scale = self.ax.get_position(), self.figure.dpi / 96 / self.figure.bbox.width
        self._bar_ax.set_position((box.x1 + BAR_GAP_PX * scale, box.y0, BAR_PX * scale, box.height))

    def highlight(self, label: int) -> Sequence[Artist]:
        """Return the frame around the row of a cell, and the sign beside it."""
        row = self.content.row_of(label)
        if row is None:
            return ()
        middle = float(np.flatnonzero(self._rows == row)[0]) + 1
        low, high = self.ax.get_ylim()
        if not min(low, high) <= middle <= max(low, high):
            return ()
        height = max(1.0, LEAST_ROW_PX * abs(high - low) / self.ax.get_window_extent().height)
        self._frame.set_bounds(0, middle - height / 2, 1, height)
        self._sign.set_data([1.005], [middle])
        return self._frame, self._sign

    def label_at(self, x: float, y: float) -> int:
        """Return the cell whose row is there."""
        if not self.ax.bbox.contains(x, y):
            return 0
        row = int(np.round(self.ax.transData.inverted().transform((x, y))[1])) - 1
        return int(self.order()[row]) if 0 <= row < len(self._rows) else 0

    def order(self) -> NDArray[np.int64]:
        """Return labels from top to bottom."""
        return self.content.labels[self._rows]
