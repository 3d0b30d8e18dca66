"""The bitmap of the plot: drawn once, kept, and laid over for every frame and every selection.

What is drawn comes in three layers. The ground holds axes and traces; traces of hundreds of cells are drawn a
few at a time between events, so that the window never waits for them. Over it lies what is selected, and over
that the line of the current frame. A selection copies the ground and draws one cell; a frame copies ground and
selection and draws one line.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from qtpy.QtCore import QRect, QSize, Qt, QTimer, Signal
from qtpy.QtGui import QKeyEvent

from napari_plugin.plot.colours import Colours
from napari_plugin.plot.content import Content
from napari_plugin.plot.drawing import Drawing

SLICE_S = 0.012  # how long traces are drawn before events have their turn
SHOWN_S = 0.1  # how often traces that were drawn are shown
HELD_MS = 20  # how long to wait before asking again whether to go on
STRIP_PX = 8  # around the line of the current frame


class TracesCanvas(FigureCanvasQTAgg):
    """Shows a `Drawing`, what is selected and the current frame.

    Parameters
    ----------
    is_held : callable
        Whether traces that are still to be drawn have to wait, for work that is over in a moment.
    """

    stepped = Signal(int)
    """An arrow key: 1 is the next cell, -1 the one before."""
    dropped = Signal()
    """Escape: no cell."""

    def __init__(self, is_held: Callable[[], bool] = lambda: False) -> None:
        super().__init__(Figure(dpi=96))  # type: ignore[no-untyped-call]
        self.setObjectName("traces_canvas")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.drawing: Drawing | None = None
        self.label = 0
        self._is_held = is_held
        self.n_full_draws = 0  # of the axes; tests and benchmarks count them
        self._time_s: float | None = None
        self._line: Line2D | None = None
        self._ground: Any = None
        self._selected: Any = None
        self._shown_at = 0.0
        self._to_come: Iterator[Artist] = iter(())
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._draw_more)

    @property
    def is_complete(self) -> bool:
        """Whether all traces are drawn."""
        return self._ground is not None and not self._timer.isActive()

    @property
    def line_px(self) -> float | None:
        """Where the line of the current frame stands (pixels); None where there is none."""
        if self.drawing is None or self._time_s is None:
            return None
        return float(self.drawing.ax.transData.transform((self._time_s, 0))[0])

    def show_drawing(self, drawing: Drawing) -> None:
        """Show another drawing, made on this canvas's figure."""
        self.drawing = drawing
        colour = "white" if drawing.on_image else drawing.colours.ink
        handle: dict[str, Any] = {"marker": "^", "markersize": 8, "markevery": [0], "clip_on": False}
        line = Line2D([], [], color=colour, linewidth=1.2, transform=drawing.ax.get_xaxis_transform(), **handle)
        if drawing.on_image:
            line.set_path_effects([withStroke(linewidth=3.0, foreground="black")])
        self._line = drawing.add(line)
        self._ground = self._selected = None
        self.redraw()

    def show_words(self, words: str, colours: Colours) -> None:
        """Say why there is nothing to show."""
        self.drawing = self._line = self._ground = self._selected = None
        self._stop()
        self.figure.clear()
        self.figure.set_facecolor(colours.ground)
        self.figure.text(0.5, 0.5, words, ha="center", va="center", color=colours.ink, fontsize=9.5, wrap=True)
        self.redraw()

    def draw(self) -> None:
        """Draw the axes anew, and begin with the traces."""
        self._stop()
        if self.drawing is not None:
            self.drawing.place()
        super().draw()  # type: ignore[no-untyped-call]  # Matplotlib's backends are not typed
        self.n_full_draws += 1
        if self.drawing is None:
            return
        self._ground, self._selected = self._copy(), None
        self._to_come = self.drawing.slices()
        self._timer.start()
        self._draw_more()

    def redraw(self) -> None:
        """Draw everything anew before the next paint."""
        self.draw_idle()  # type: ignore[no-untyped-call]

    def highlight(self, label: int) -> None:
        """Lay another cell over the traces."""
        self.label = label
        if self._ground is not None:
            self._lay_over()
            self.update()
            self._wait_for_paint()

    def draw_over(self, content: Content, rows: Sequence[int]) -> bool:
        """Draw rows that changed over what is there; return whether that was possible."""
        if self.drawing is None or self._ground is None:
            return False
        lines = self.drawing.changed_lines(content, rows)
        if lines is None:
            return False
        self._restore(self._ground)
        self.drawing.ax.draw_artist(lines)
        self._ground = self._copy()
        self._lay_over()
        self.update()
        self._wait_for_paint()
        return True

    def show_time(self, time_s: float | None) -> None:
        """Move the line of the current frame."""
        before, self._time_s = self.line_px, time_s
        if self._selected is None or (time_s is None and before is None):
            return
        self._restore(self._selected)
        self._draw_line()
        for place in (before, self.line_px):
            if place is not None:
                left = int(place / self.device_pixel_ratio) - STRIP_PX
                self.update(QRect(left, 0, 2 * STRIP_PX + 1, self.height()))

    def let_go(self) -> None:
        """Stop drawing, and free the bitmaps."""
        self._stop()
        self.drawing = self._line = self._ground = self._selected = None
        self.figure.clear()

    def minimumSizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return the smallest size that shows a trace."""
        return QSize(240, 110)

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return the size that suits a dock below the image."""
        return QSize(700, 190)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802  (Qt's name)
        """Go to the next cell, or to none; other keys are napari's."""
        if event is None:
            return
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        if event.key() in steps:
            self.stepped.emit(steps[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Escape:
            self.dropped.emit()
        else:
            event.ignore()

    def _wait_for_paint(self) -> None:
        """Have the traces that are still to be drawn wait until what was just laid over them is seen."""
        if self._timer.isActive():
            self._timer.start(HELD_MS)

    def _draw_more(self) -> None:
        """Draw traces for a moment; the timer calls again until all are there."""
        if self.drawing is None or self._ground is None:
            self._stop()
            return
        is_held = self._selected is not None and self._is_held()
        self._timer.setInterval(HELD_MS if is_held else 0)
        if is_held:
            return
        until = time.perf_counter() + SLICE_S
        self._restore(self._ground)
        while time.perf_counter() < until:
            artist = next(self._to_come, None)
            if artist is None:
                self._timer.stop()
                break
            self.drawing.ax.draw_artist(artist)
        self._ground = self._copy()
        if self._selected is None or self.is_complete or until - self._shown_at > SHOWN_S:
            self._lay_over()
            self._shown_at = until
            self.update()
        else:  # what was shown last stays in the bitmap, for whoever paints meanwhile
            self._restore(self._selected)
            self._draw_line()

    def _lay_over(self) -> None:
        """Lay what is selected and the current frame over the ground."""
        if self.drawing is None:
            return
        self._restore(self._ground)
        for artist in self.drawing.highlight(self.label):
            self.drawing.ax.draw_artist(artist)
        self._selected = self._copy()
        self._draw_line()

    def _draw_line(self) -> None:
        if self.drawing is None or self._line is None or self._time_s is None:
            return
        low, high = self.drawing.ax.get_xlim()
        if low <= self._time_s <= high:
            self._line.set_data([self._time_s, self._time_s], [0, 1])
            self.drawing.ax.draw_artist(self._line)

    def _copy(self) -> Any:
        return self.copy_from_bbox(self.figure.bbox)  # type: ignore[no-untyped-call]

    def _restore(self, bitmap: Any) -> None:
        self.restore_region(bitmap)  # type: ignore[no-untyped-call]

    def _stop(self) -> None:
        self._timer.stop()
        self._to_come = iter(())
