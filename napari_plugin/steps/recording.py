"""The first step: which recording, what was added when, and motion."""

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_plugin.context import Context


class RecordingStep(QWidget):
    """Open a recording.

    Parameters
    ----------
    context : Context
        What the steps share.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("recording_step")
        self._context = context
        QVBoxLayout(self)
