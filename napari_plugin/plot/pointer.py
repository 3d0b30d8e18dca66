"""Mouse on the plot: click selects, drag and wheel move the view, the frame's line and the time axis scrub."""

from matplotlib.backend_bases import MouseButton, MouseEvent
from qtpy.QtCore import QObject, QTimer, Signal

from napari_plugin.plot.canvas import TracesCanvas
from napari_plugin.plot.drawing import Drawing, Limits

GRAB_PX, MOVED_PX = 5.0, 3.0
HOVER_MS = 33
ZOOM = 0.8  # per notch of the wheel


class Pointer(QObject):
    """What the mouse does on a canvas.

    Parameters
    ----------
    canvas : TracesCanvas
        The canvas.
    """

    clicked = Signal(int)
    """A click, with the label that is there; 0 where there is none."""
    hovered = Signal(int, float)
    """The mouse rests: label and time (s); 0 where no cell is near."""
    scrubbed = Signal(float)
    """The line of the current frame is wanted at this time (s)."""

    def __init__(self, canvas: TracesCanvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._start: tuple[float, float] | None = None
        self._view: Limits = (0.0, 1.0, 0.0, 1.0)
        self._is_scrub = self._is_moved = False
        self._at: tuple[float, float] = (0.0, 0.0)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(HOVER_MS)
        self._timer.timeout.connect(self._hover)
        self._links = [
            canvas.mpl_connect("button_press_event", self._press),
            canvas.mpl_connect("motion_notify_event", self._move),
            canvas.mpl_connect("button_release_event", self._release),
            canvas.mpl_connect("scroll_event", self._scroll),
        ]

    def let_go(self) -> None:
        """Disconnect."""
        self._timer.stop()
        for link in self._links:
            self._canvas.mpl_disconnect(link)

    def _press(self, event: MouseEvent) -> None:
        drawing = self._canvas.drawing
        if drawing is None or event.button != MouseButton.LEFT:
            return
        if event.dblclick:
            self._start = None
            drawing.show_all()
            self._canvas.redraw()
            return
        line = self._canvas.line_px
        on_axis = _below(drawing, event)
        self._start, self._view = (event.x, event.y), drawing.view
        self._is_moved = on_axis
        self._is_scrub = on_axis or (line is not None and abs(event.x - line) <= GRAB_PX)
        if on_axis:
            self._scrub(drawing, event)

    def _move(self, event: MouseEvent) -> None:
        self._at = (event.x, event.y)
        drawing = self._canvas.drawing
        if drawing is None:
            return
        if self._start is None:
            if not self._timer.isActive():
                self._timer.start()
            return
        away = max(abs(event.x - self._start[0]), abs(event.y - self._start[1]))
        self._is_moved = self._is_moved or away > MOVED_PX
        if self._is_moved and self._is_scrub:
            self._scrub(drawing, event)
        elif self._is_moved:
            self._pan(drawing, event)

    def _release(self, event: MouseEvent) -> None:
        drawing, start, self._start = self._canvas.drawing, self._start, None
        if drawing is None or start is None or event.button != MouseButton.LEFT or self._is_moved:
            return
        if drawing.ax.bbox.contains(event.x, event.y):
            self.clicked.emit(drawing.label_at(event.x, event.y))

    def _scroll(self, event: MouseEvent) -> None:
        drawing = self._canvas.drawing
        if drawing is None:
            return
        box, (x0, x1, y0, y1) = drawing.ax.bbox, drawing.view
        x, y = drawing.ax.transData.inverted().transform((event.x, event.y))
        by = ZOOM**event.step
        if event.x < box.x0 or event.modifiers & {"shift", "ctrl"}:
            y0, y1 = y - (y - y0) * by, y + (y1 - y) * by
        else:
            x0, x1 = x - (x - x0) * by, x + (x1 - x) * by
        self._set_view(drawing, (x0, x1, y0, y1))

    def _hover(self) -> None:
        drawing = self._canvas.drawing
        if drawing is None or not drawing.ax.bbox.contains(*self._at):
            self.hovered.emit(0, 0.0)
            return
        time_s = float(drawing.ax.transData.inverted().transform(self._at)[0])
        self.hovered.emit(drawing.label_at(*self._at), time_s)

    def _scrub(self, drawing: Drawing, event: MouseEvent) -> None:
        self.scrubbed.emit(float(drawing.ax.transData.inverted().transform((event.x, event.y))[0]))

    def _pan(self, drawing: Drawing, event: MouseEvent) -> None:
        if self._start is None:
            return
        box, (x0, x1, y0, y1) = drawing.ax.bbox, self._view
        right = (x1 - x0) * (self._start[0] - event.x) / box.width
        up = (y1 - y0) * (self._start[1] - event.y) / box.height
        self._set_view(drawing, (x0 + right, x1 + right, y0 + up, y1 + up))

    def _set_view(self, drawing: Drawing, view: Limits) -> None:
        """Show a part of what there is; beyond its ends there is nothing to see."""
        full = drawing.all_limits()
        x, y = _within(view[:2], full[:2]), _within(view[2:], full[2:])
        drawing.set_view((*x, *y))
        self._canvas.redraw()


def _below(drawing: Drawing, event: MouseEvent) -> bool:
    """Return whether the mouse is on the strip of the time axis."""
    box = drawing.ax.bbox
    return bool(box.x0 - GRAB_PX <= event.x <= box.x1 + GRAB_PX and event.y < box.y0)


def _within(part: tuple[float, float], full: tuple[float, float]) -> tuple[float, float]:
    """Return a part that lies within the whole, as wide as asked for where that is possible.

    >>> _within((-1.0, 2.0), (0.0, 10.0)), _within((4.0, 1.0), (3.0, 0.0))
    ((0.0, 3.0), (3.0, 0.0))
    """
    if full[0] > full[1]:
        low, high = _within((part[1], part[0]), (full[1], full[0]))
        return high, low
    if full[0] <= part[0] and part[1] <= full[1]:
        return part
    width = min(part[1] - part[0], full[1] - full[0])
    low = min(max(part[0], full[0]), full[1] - width)
    return low, low + width
