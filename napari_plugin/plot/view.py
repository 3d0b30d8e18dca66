"""The widget below the image: what is shown of the traces, and what it follows."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from napari_plugin.colours import Colouring
from napari_plugin.context import Context
from napari_plugin.plot.bar import Bar
from napari_plugin.plot.canvas import TracesCanvas
from napari_plugin.plot.colours import colours_of
from napari_plugin.plot.content import Content, changed_rows, content_of, is_same
from napari_plugin.plot.drawing import Drawing, carried
from napari_plugin.plot.figure import write_figure
from napari_plugin.plot.frames import current_time, go_to_time
from napari_plugin.plot.heatmap import HeatMap
from napari_plugin.plot.overlay import Overlay
from napari_plugin.plot.pointer import Pointer
from napari_plugin.plot.single import Single
from napari_plugin.session import Job
from napari_plugin.stages import STAGES
from napari_plugin.wording import STAGE_WORDS

FEW = 8  # cells that an edit changes: they are drawn over the others at once
AFTER_EDIT_MS = 400


class TracesView(QWidget):
    """Traces of all cells, linked with the image, the tables and the time slider.

    Parameters
    ----------
    context : Context
        What the window shares.
    parent : QWidget, optional
        Widget it belongs to.
    """

    _asked = Signal()  # queued, and so answered before the window is painted; a timer comes after that

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("traces_view")
        self._context = context
        self._content: Content | str = ""
        self._unlink: list[Callable[[], None]] = []
        self._colours = colours_of(context.viewer)
        self._colouring = Colouring()
        runner = context.runner
        self.bar, self.canvas = Bar(), TracesCanvas(lambda: runner.is_editing)
        self._pointer = Pointer(self.canvas)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2, 2, 2, 0)
        layout.setSpacing(2)
        layout.addWidget(self.bar)
        layout.addWidget(self.canvas, stretch=1)
        self._is_asked = False
        self._asked.connect(self._refresh_asked, Qt.ConnectionType.QueuedConnection)
        self._frame_soon = self._timer(0, self._on_frame)
        self._redraw = self._timer(AFTER_EDIT_MS, self._show)
        self._connect()
        self._refresh()

    def close_down(self) -> None:
        """Let go of viewer, session and figure; once is enough."""
        for unlink in self._unlink:
            unlink()
        self._unlink = []
        self._is_asked = False
        for timer in (self._frame_soon, self._redraw):
            timer.stop()
        self._pointer.let_go()
        self.canvas.let_go()

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802  (Qt's name)
        """Close down."""
        self.close_down()
        super().closeEvent(event)

    def save_figure(self, path: str | Path) -> None:
        """Write what is shown as a figure for print, in a worker; see `napari_plugin.plot.figure`."""
        content, mode, label = self._content, self.bar.mode, self._context.selection.label
        runner = self._context.runner
        if isinstance(content, str):
            runner.say(content)
            return
        compute = partial(write_figure, content, mode, path, label=label)
        stale = self._stale_words()
        warning = f". It shows what is stale: {stale}." if stale else ""
        said = partial(runner.say, f"The figure is saved: {path}{warning}", kind="info")
        runner.start(Job("Saving the figure", lambda _: compute(), lambda _: None), then=said)

    def _connect(self) -> None:
        context, viewer = self._context, self._context.viewer
        self._follow(context.session.changed, self._on_session)
        self._follow(context.selection.changed, self._on_selection)
        self._follow(viewer.dims.events.current_step, self._on_frame)
        self._follow(viewer.events.theme, self._on_theme)
        self._follow(viewer.layers.events.inserted, self._on_layers)
        self._follow(viewer.layers.events.removed, self._on_layers)
        if context.cells is not None:
            self._follow(context.cells.recoloured, self._on_colours)
        context.at_close(self.close_down)
        self.bar.changed.connect(self._show_other)
        self.bar.save_asked.connect(self._ask_and_save)
        self.bar.all_asked.connect(self._show_all)
        self.canvas.stepped.connect(self._step)
        self.canvas.dropped.connect(lambda: context.selection.select(0))
        self._pointer.clicked.connect(context.selection.select)
        self._pointer.hovered.connect(self._on_hover)
        self._pointer.scrubbed.connect(self._on_scrub)

    def _follow(self, signal: Any, slot: Callable[..., None]) -> None:
        signal.connect(slot)
        self._unlink.append(lambda: signal.disconnect(slot))

    def _timer(self, wait_ms: int, work: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(wait_ms)
        timer.timeout.connect(work)
        return timer

    def _on_session(self, _: str) -> None:
        if not self._is_asked:  # one job changes several things, and is shown once
            self._is_asked = True
            self._asked.emit()

    def _refresh_asked(self) -> None:
        if self._is_asked:  # else closed down meanwhile
            self._is_asked = False
            self._refresh()

    def _on_selection(self, label: int) -> None:
        drawing = self.canvas.drawing
        if drawing is not None and drawing.draws_selection:
            self.canvas.label = label
            self._show()
        else:
            self.canvas.highlight(label)
        self._say_selected()

    def _on_frame(self, _: object = None) -> None:
        if isinstance(self._content, Content):
            self.canvas.show_time(current_time(self._context, self._content.time_s))

    def _on_layers(self, _: object = None) -> None:
        self._frame_soon.start()  # which layer shows the recording is said after it is there

    def _on_theme(self, _: object = None) -> None:
        self._colours = colours_of(self._context.viewer)
        self._show()

    def _on_colours(self) -> None:
        if self._context.cells.colouring is not self._colouring:  # said for other reasons too
            self._colouring = self._context.cells.colouring
            self._show()

    def _on_scrub(self, time_s: float) -> None:
        if isinstance(self._content, Content):
            go_to_time(self._context, self._content.time_s, time_s)

    def _on_hover(self, label: int, time_s: float) -> None:
        if label and isinstance(self._content, Content):
            self.bar.say(self._content.words(label, time_s))
        else:
            self._say_selected()

    def _say_selected(self) -> None:
        label = self._context.selection.label
        self.bar.say(f"Cell {label}" if label else "")

    def _step(self, by: int) -> None:
        drawing, selection = self.canvas.drawing, self._context.selection
        if drawing is None:
            return
        order = drawing.order()
        found = np.flatnonzero(order == selection.label)
        place = int(found[0]) + by if len(found) else (0 if by > 0 else len(order) - 1)
        selection.select(int(order[np.clip(place, 0, len(order) - 1)]))

    def _refresh(self) -> None:
        """Take what the session has now; draw all of it only where more than a few cells changed."""
        before, self._content = self._content, content_of(self._context.session, self.bar.quantity)
        self._say_stale()
        drawing = self.canvas.drawing
        if isinstance(before, Content) and isinstance(self._content, Content) and drawing is not None:
            if is_same(before, self._content):
                return
            rows = changed_rows(before, self._content)
            if rows is not None and len(rows) <= FEW and self.canvas.draw_over(self._content, rows):
                self._redraw.start()
                return
        self._show()

    def _show(self) -> None:
        """Draw everything anew."""
        self._redraw.stop()
        content = self._content
        if isinstance(content, str):
            self.canvas.show_words(content, self._colours)
        else:
            old = self.canvas.drawing
            view = None if old is None or old.shows_all else old.view  # before the figure is emptied
            drawing = self._drawing(content)
            if old is not None and view is not None:
                drawing.set_view(carried(view, old, drawing))
            self.canvas.label = self._context.selection.label
            self.canvas.show_drawing(drawing)
            self._on_frame()
        self.bar.allow_saving(isinstance(content, Content) and content.traces.dff is not None)

    def _show_other(self) -> None:
        """Show another mode or quantity."""
        self._content = content_of(self._context.session, self.bar.quantity)
        self._show()

    def _show_all(self) -> None:
        if self.canvas.drawing is not None:
            self.canvas.drawing.show_all()
            self.canvas.redraw()

    def _say_stale(self) -> None:
        words = self._stale_words()
        self.bar.say_stale(f"stale: {words}" if words else "", self._colours.warning)

    def _stale_words(self) -> str:
        stale = self._context.session.stale
        return ", ".join(STAGE_WORDS[stage] for stage in STAGES if stage in stale)

    def _ask_and_save(self) -> None:
        content = self._content
        if isinstance(content, str):
            return
        name = f"{content.traces.name} {self.bar.mode}.pdf"
        path, _ = QFileDialog.getSaveFileName(
            self, "Save a figure for print", name, "PDF (*.pdf);;SVG (*.svg);;PNG (*.png)"
        )
        if path:
            self.save_figure(path)

    def _drawing(self, content: Content) -> Drawing:
        shared = (self.canvas.figure, content, self._colours, self._colouring)
        if self.bar.mode == "heatmap":
            return HeatMap(*shared, order=self.bar.order)
        if self.bar.mode == "single":
            return Single(*shared, label=self._context.selection.label, parts=self.bar.parts)
        return Overlay(*shared)
