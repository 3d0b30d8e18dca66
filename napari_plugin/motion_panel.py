"""Motion correction: on or off, its options, and the layer that shows what came of it."""

import weakref
from typing import Any

from napari.layers import Layer
from qtpy.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from napari_plugin.context import Context
from napari_plugin.forms import OptionsForm
from napari_plugin.layers import recording_to_layer
from napari_plugin.session import Job
from napari_plugin.steps.parts import button
from s1r_imaging.imaging.motion import MotionOptions

CORRECTED = "motion corrected"


class MotionPanel(QWidget):
    """Correct motion, or leave the recording as it is.

    Parameters
    ----------
    context : Context
        What the steps share.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("motion")
        self._context = context
        self._layer: Any = None  # of the corrected recording: a weak reference
        self._is_on = QCheckBox("Correct motion")
        self._is_on.setObjectName("correct_motion")
        self._is_on.setToolTip("Shift every frame back onto the first ones before anything is measured")
        self._form = OptionsForm(MotionOptions)
        self._run = button("run_motion", "Correct now", "Find the displacements and show the result", self.run)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for widget in (self._is_on, self._form, self._run):
            layout.addWidget(widget)
        self._is_on.toggled.connect(lambda _: self._take())
        self._form.changed.connect(self._take)
        context.session.changed.connect(self._follow)
        context.at_close(lambda: context.session.changed.disconnect(self._follow, missing_ok=True))
        self._follow("options")

    def run(self) -> None:
        """Correct motion now."""
        self._form.flush()
        self._context.runner.start(lambda: self._context.session.job("motion"))

    def _take(self) -> None:
        self._context.session.set_options("motion", self._form.value() if self._is_on.isChecked() else None)

    def _follow(self, what: str) -> None:
        session = self._context.session
        options = session.options.motion
        if what == "options":
            self._is_on.blockSignals(True)
            self._is_on.setChecked(options is not None)
            self._is_on.blockSignals(False)
            if options is not None and options != self._form.value():
                self._form.set_value(options)
        self._form.setVisible(options is not None)
        self._run.setVisible(options is not None)
        self._run.setEnabled("motion" in session.missing)
        if what == "motion":
            self._context.runner.start_edit(self._show_job)
        elif what == "recording" or options is None:
            self._remove()

    def _show_job(self) -> Job:
        """Return the work that shows the corrected recording; a few of its frames are read for the contrast."""
        recording = self._context.session.recording
        if recording is None:
            return Job("Showing the recording", lambda _: None, lambda _: None)

        def accept(data: Any) -> None:
            if self._context.session.recording is not None and self._context.session.options.motion is not None:
                self._show(data)

        return Job("Showing the recording", lambda _: recording_to_layer(recording), accept)

    def _show(self, data: Any) -> None:
        viewer, below = self._context.viewer, self._context.recording_layer
        self._remove()
        data[1]["name"] = f"{data[1]['name']} ({CORRECTED})"
        below = below if below is not None and below in viewer.layers else None
        layer = viewer.add_layer(Layer.create(*data))
        if below is not None:  # under the cells, which were there before
            viewer.layers.move(viewer.layers.index(layer), viewer.layers.index(below) + 1)
        self._layer = weakref.ref(layer)

    def _remove(self) -> None:
        layer = None if self._layer is None else self._layer()
        self._layer = None
        if layer is not None and layer in self._context.viewer.layers:
            self._context.viewer.layers.remove(layer)
