"""The selected cell alone, with what its ΔF/F0 is made from."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from napari_plugin.colours import Colouring
from napari_plugin.plot.colours import Colours, readable
from napari_plugin.plot.content import Content
from napari_plugin.plot.drawing import RIGHT_PX, TEXT_PT, Drawing, Limits, dress, y_range
from napari_plugin.plot.overlay import place_marks, response_marks
from s1r_imaging.plots.style import GREEN, PURPLE, SKY

PARTS: Mapping[str, tuple[str, str]] = {
    "f": ("F", SKY),
    "f_background": ("background", PURPLE),
    "f0": ("F0 (above background)", GREEN),
}
"""Part to its name and colour; all in counts."""


class Single(Drawing):
    """The trace of one cell; its parts in counts, on a scale of their own beside ΔF/F0.

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
    label : int
        The cell.
    parts : collection of str
        Which of `PARTS` are shown.
    """

    draws_selection = True

    def __init__(
        self,
        figure: Figure,
        content: Content,
        colours: Colours,
        colouring: Colouring,
        *,
        label: int,
        parts: Collection[str] = (),
    ) -> None:
        self.label = label
        self._row = content.row_of(label)
        self._parts = {name: self._part(content, name) for name in PARTS if name in parts}
        self._parts = {name: line for name, line in self._parts.items() if line is not None}
        self._counts: Axes | None = None
        super().__init__(figure, content, colours, colouring)

    def build(self) -> None:
        """Draw the trace and its parts."""
        self._marks = response_marks(self)
        row, content = self._row, self.content
        if row is None:
            words = "Select a cell: click on it in the image, or on its trace." if not self.label else (
                f"Cell {self.label} has no trace yet."
            )  # fmt: skip
            self.ax.text(
                0.5, 0.5, words, transform=self.ax.transAxes, ha="center", va="center", color=self.colours.ink,
                fontsize=TEXT_PT + 1,
            )  # fmt: skip
            return
        colour = self.trace_colours()[row]
        colour = self.colours.ink if colour == self.colours.trace else readable(colour, self.colours)
        if not np.isfinite(content.values[row]).any():
            self.ax.text(0.5, 0.5, f"Cell {self.label} has no ΔF/F0.", transform=self.ax.transAxes,
                         ha="center", va="center", color=self.colours.ink, fontsize=TEXT_PT + 1)  # fmt: skip
        self.ax.plot(content.time_s, content.values[row], color=colour, linewidth=1.3, label=f"cell {self.label}")
        if self._parts:
            self._draw_parts(self._scale_of_parts())

    def all_limits(self) -> Limits:
        """Return limits that show the trace, and its parts where they share its scale."""
        time_s = self.content.time_s
        if self._row is None:
            return float(time_s[0]), float(time_s[-1]), *y_range(self.content.values)
        lines = [self.content.values[self._row]]
        if self._counts is None:
            lines += list(self._parts.values())
        return float(time_s[0]), float(time_s[-1]), *y_range(np.array(lines))

    def place(self) -> None:
        """Put both axes in the same place."""
        super().place()
        if self._counts is not None:
            self._counts.set_position(self.ax.get_position())

    def highlight(self, label: int) -> Sequence[Artist]:
        """Return the marks of the responses."""
        if self._row is None or label != self.label:
            return ()
        place_marks(self._marks, self, label, self._row)
        return self._marks

    def _part(self, content: Content, name: str) -> Any:
        values: NDArray[np.float64] | None = getattr(content.traces, name)
        return None if values is None or self._row is None else values[self._row]

    def _scale_of_parts(self) -> Axes:
        if self.content.quantity != "dff":
            self.right_px = RIGHT_PX
            return self.ax
        self.right_px = 66.0
        other: Axes = self.ax.twinx()
        dress(other, self.colours)
        for side, spine in other.spines.items():
            spine.set_visible(side == "right")
        other.set_ylabel("counts", fontsize=TEXT_PT, color=self.colours.ink)
        other.set_ylim(y_range(np.array(list(self._parts.values()))))
        self._counts = other
        return other

    def _draw_parts(self, ax: Axes) -> None:
        for name, line in self._parts.items():
            words, colour = PARTS[name]
            style = "-" if name == "f" else "--"
            ax.plot(self.content.time_s, line, style, color=colour, linewidth=1.0, label=words)
        lines = [*self.ax.get_lines(), *(() if ax is self.ax else ax.get_lines())]
        named = [line for line in lines if not line.get_animated()]
        legend = ax.legend(
            handles=named, loc="upper right", ncols=len(named), fontsize=TEXT_PT, framealpha=0.8,
            facecolor=self.colours.ground, edgecolor="none", labelcolor=self.colours.ink, borderpad=0.1,
            borderaxespad=0.1, handlelength=1.4,
        )  # fmt: skip
        legend.set_zorder(6)
