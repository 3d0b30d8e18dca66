"""The layer of the cells: what is drawn in it goes to the session, what the session finds comes to it."""

from collections.abc import Callable
from typing import Any

import numpy as np
from napari.layers import Labels as LabelsLayer
from numpy.typing import NDArray
from psygnal import Signal
from qtpy.QtCore import QTimer

from napari_plugin.cell_clicks import CellClicks
from napari_plugin.cell_outline import CellOutline, quiet
from napari_plugin.cell_table import cell_table, measures, show_table
from napari_plugin.colours import BY_LABEL, RGBA, Colouring, colour_by
from napari_plugin.context import Context
from napari_plugin.layers import CELLS_KEY, label_colormap, labels_to_layer, selection_kept
from napari_plugin.session import Job
from s1r_imaging.imaging.label_edits import next_label

NAME = "Cells"
Labels = NDArray[np.int32]

_SYNC_MS = 100  # while a brush moves, cells are measured this often at most
_TABLE_MS = 200  # the trace of an edited cell comes first
_OUTLINE_MS = 50  # a second layer in the same breath would be felt
_DRAWING = ("paint", "polygon")


class CellLayers:
    """Shows the cells of the session in a layer of labels, and takes what is drawn there.

    Only the layers that this class made are changed. Edits by napari's own tools, undo and redo are followed.

    Parameters
    ----------
    context : Context
        What the steps share.

    Attributes
    ----------
    picked_changed : Signal
        Emitted with the labels of the cells that are chosen for an edit.
    recoloured : Signal
        The cells have other colours, or the measures they can be coloured by are others.
    """

    picked_changed = Signal(tuple)
    recoloured = Signal()

    def __init__(self, context: Context) -> None:
        self._context, self._viewer = context, context.viewer
        self._layer: Any = None
        self._picked: tuple[int, ...] = ()
        self._colouring = Colouring()
        self._table = cell_table(None, None)
        self._sent: Labels | None = None  # what was last taken from the layer
        self._is_writing = self._is_new = False
        self._outline = CellOutline(self._viewer)
        self._clicks = CellClicks(self._viewer, lambda: self.layer, self._clicked)
        self._sync_timer, self._table_timer = _timer(_SYNC_MS, self._sync), _timer(_TABLE_MS, self._refresh_table)
        self._outline_timer = _timer(_OUTLINE_MS, self._prepare_outline)
        context.session.changed.connect(self._follow)
        context.selection.changed.connect(self._select)
        context.runner.finished.connect(self._sync)
        self._viewer.layers.events.removed.connect(self._removed)
        self._viewer.layers.events.inserted.connect(self._inserted)
        context.at_close(self.close)

    @property
    def layer(self) -> Any:
        """The layer of the cells; None while there is none."""
        return self._layer

    @property
    def picked(self) -> tuple[int, ...]:
        """Labels of the cells that are chosen for an edit."""
        return self._picked

    @property
    def colouring(self) -> Colouring:
        """What the cells are coloured by."""
        return self._colouring

    @property
    def measures(self) -> list[str]:
        """What they can be coloured by, beside their labels."""
        return measures(self._table)

    def colour(self, label: int) -> RGBA:
        """Return the colour that a cell has now, in the image and everywhere else."""
        return self._colouring.colour(label)

    def show(self) -> None:
        """Show the cells of the session; make the layer anew where it was taken away."""
        labels = self._context.session.labels
        if labels is not None:
            self._show(labels)

    def pick(self, labels: tuple[int, ...]) -> None:
        """Choose cells for an edit, the last one is the one that is selected; the background, 0, is no cell."""
        labels = tuple(label for label in labels if label)
        if labels != self._picked:
            self._picked = labels
            self._outline.show(self._layer, labels)
            self.picked_changed.emit(labels)
        self._context.selection.select(labels[-1] if labels else 0)

    def edit(self, change: Callable[[Labels], Labels]) -> None:
        """Change the cells at once; undo takes it back.

        Parameters
        ----------
        change : callable
            Takes labels, returns new ones. What it raises is said in the window.
        """
        if self._layer is None:
            self._context.runner.say("There are no cells yet: find them, load them, or draw one.")
            return
        try:
            self._write(change(self._layer.data))
        except ValueError as error:
            self._context.runner.say(str(error))

    def edit_slowly(self, title: str, change: Callable[[Labels], Labels]) -> None:
        """Change the cells in a worker; undo takes it back.

        Parameters
        ----------
        title : str
            What is being done.
        change : callable
            Takes labels, returns new ones.
        """
        if self._layer is not None:
            before = self._layer.data.copy()
            self._context.runner.start(Job(title, lambda _: change(before), self._write))

    def draw(self, tool: str = "paint") -> None:
        """Put one of napari's tools in hand, with a label that is free.

        Parameters
        ----------
        tool : {'paint', 'polygon'}
            Mode of the layer.
        """
        session = self._context.session
        if session.opened is None:
            self._context.runner.say("There is no recording yet: open one first.")
            return
        if session.labels is None:
            session.set_labels(np.zeros(session.opened.frame_shape, dtype=np.int32))
        self.show()
        self._viewer.layers.selection.active = self._layer
        self._layer.visible = True
        self._layer.selected_label = next_label(self._layer.data)
        self._layer.mode = tool

    def take_layer(self, layer: Any) -> None:
        """Take the labels of another layer as the cells; that layer stays as it is.

        Parameters
        ----------
        layer : napari.layers.Labels
            A layer of labels on the recording's frames.
        """
        try:
            self._context.session.set_labels(np.asarray(layer.data))
        except (TypeError, ValueError) as error:
            self._context.runner.say(f"{layer.name!r} cannot be taken: {error}")

    def colour_by(self, by: str = BY_LABEL) -> None:
        """Colour the cells by a measure, one of `measures`, or by their labels."""
        if by == BY_LABEL or by not in self._table:
            self._colouring = Colouring()
        else:
            flags = [name for name in self._table if str(name).startswith("flags")]
            is_flagged = (self._table[flags] != "").any(axis=1) if flags else None
            self._colouring = colour_by(by, self._table[by], is_flagged=is_flagged)
        if self._layer is not None:
            self._layer.colormap = label_colormap(self._colouring)
        self.recoloured.emit()

    def close(self) -> None:
        """Listen no more; the layers stay as they are."""
        for timer in (self._sync_timer, self._table_timer, self._outline_timer):
            timer.stop()
        self._clicks.close()
        self._let_go()
        self._context.session.changed.disconnect(self._follow, missing_ok=True)
        self._context.selection.changed.disconnect(self._select, missing_ok=True)
        self._viewer.layers.events.removed.disconnect(self._removed)
        self._viewer.layers.events.inserted.disconnect(self._inserted)

    def _follow(self, what: str) -> None:
        labels = self._context.session.labels
        if labels is None:
            self._remove()
        elif what == "cells":
            if self._sent is None or not np.array_equal(labels, self._sent):
                self._show(labels)
            self._outline.show(self._layer, self._picked)
        self._table_timer.start()

    def _show(self, labels: Labels) -> None:
        self._sent = None
        if self._layer is None:
            self._add(labels)
        elif self._layer.data.shape != labels.shape:
            self._layer.data = np.array(labels)  # of another recording: there is nothing to undo
        else:
            self._is_writing = True
            try:
                self._write(labels)
            finally:
                self._is_writing = False

    def _add(self, labels: Labels) -> None:
        recording = self._context.session.recording
        if recording is None:
            return
        data, kwargs, _ = labels_to_layer(labels, recording, name=NAME, like=self._context.recording_layer)
        with selection_kept(self._viewer):
            layer = self._layer = self._viewer.add_layer(LabelsLayer(data, **kwargs))
        layer.selected_label = self._context.selection.label
        if self._colouring.by != BY_LABEL:
            layer.colormap = label_colormap(self._colouring)
        for event in (layer.events.labels_update, layer.events.set_data):  # `paint` comes before the pixels change
            event.connect(self._touched)
        layer.events.selected_label.connect(self._label_selected)
        layer.events.mode.connect(self._mode_changed)
        self._is_new = True
        self._outline_timer.start()
        self._table_timer.start()

    def _prepare_outline(self) -> None:
        """Choose the new layer and make that of the outline, one thing at a time: each is felt, all are a jerk."""
        layer, selection = self._layer, self._viewer.layers.selection
        if layer is None:
            return
        if self._is_new:
            self._is_new, selection.active = False, layer
        elif self._outline.prepare(layer):
            return
        self._outline_timer.start()

    def _let_go(self) -> None:
        layer, self._layer = self._layer, None
        if layer is not None:
            for event in (layer.events.labels_update, layer.events.set_data):
                event.disconnect(self._touched)
            layer.events.selected_label.disconnect(self._label_selected)
            layer.events.mode.disconnect(self._mode_changed)

    def _remove(self) -> None:
        layer = self._layer
        self._let_go()
        self._sent = None
        self._outline.clear()
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)
        self.pick(())

    def _write(self, labels: Labels) -> None:
        """Change the pixels that differ, so that undo can take it back."""
        if self._layer is None:  # taken away meanwhile
            return
        where = np.nonzero(self._layer.data != labels)
        if len(where[0]):
            self._layer.data_setitem(where, labels[where])
            self._touched()  # a hidden layer tells nobody

    def _touched(self, _: Any = None) -> None:
        """Take what is drawn at once; what follows soon after, when the timer ends."""
        if not self._is_writing and not self._sync_timer.isActive():
            self._sync_timer.start()
            self._sync()

    def _sync(self) -> None:
        """Give the session what is drawn; an edit that could not be taken is not tried again by itself."""
        session = self._context.session
        if self._layer is None or session.labels is None:
            return
        drawn = self._layer.data
        if self._sent is not None and np.array_equal(drawn, self._sent):
            return
        if np.array_equal(drawn, session.labels):
            self._sent = None
        else:
            self._context.runner.start_edit(self._edit_job)

    def _edit_job(self) -> Job:
        session = self._context.session
        if self._layer is None or session.labels is None or np.array_equal(self._layer.data, session.labels):
            return Job("Taking the edit", lambda _: None, lambda _: None)  # it came to nothing meanwhile
        self._sent = np.array(self._layer.data)
        return session.edit_job(self._sent)

    def _clicked(self, label: int, is_added: bool) -> None:  # noqa: FBT001  (as the mouse says it)
        if not is_added:
            self.pick((label,) if label else ())
        elif label:
            others = tuple(other for other in self._picked if other != label)
            self.pick(others if label in self._picked else (*others, label))

    def _select(self, label: int) -> None:
        if label not in self._picked:
            self.pick((label,) if label else ())
        if self._layer is not None and self._layer.selected_label != label:
            with quiet(self._viewer):
                self._layer.selected_label = label

    def _label_selected(self, _: Any = None) -> None:
        self._context.selection.select(int(self._layer.selected_label))

    def _mode_changed(self, _: Any = None) -> None:
        if str(self._layer.mode) in _DRAWING and not self._layer.selected_label:
            self._layer.selected_label = next_label(self._layer.data)  # painting background would do nothing

    def _refresh_table(self) -> None:
        session = self._context.session
        self._table = cell_table(session.traces, session.responses, stale=session.stale)
        if self._layer is not None:
            show_table(self._layer, self._table)
        if self._colouring.by != BY_LABEL:
            self.colour_by(self._colouring.by)
        else:
            self.recoloured.emit()

    def _removed(self, event: Any) -> None:
        if event.value is not None and event.value is self._layer:
            self._let_go()
            self._outline.clear()
            self._context.runner.say(
                "The layer of the cells was taken away; the cells are kept: 'Show cells' brings them back.",
                kind="info",
            )

    def _inserted(self, event: Any) -> None:
        layer = event.value
        if layer.metadata.get(CELLS_KEY) == NAME and self._layer is not None and layer is not self._layer:
            self._context.runner.say(
                f"{layer.name!r} is a copy of the cells: what is drawn there counts only once you take it with "
                "'Use layer'.",
                kind="info",
            )


def _timer(milliseconds: int, function: Callable[[], None]) -> QTimer:
    timer = QTimer()
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(function)
    return timer
