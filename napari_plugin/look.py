"""Colours that are read in napari's dark theme as well as in the light one, and sentences in them."""

from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QPalette
from qtpy.QtWidgets import QLabel, QWidget

RED_ON_DARK, RED_ON_LIGHT = "#ff8f85", "#b00020"


def is_dark(widget: QWidget) -> bool:
    """Return whether a widget stands on a dark ground."""
    widget.ensurePolished()
    return bool(widget.palette().color(QPalette.ColorRole.Window).lightness() < 128)


class Sentence(QLabel):
    """A sentence in the window, which takes no room when it is empty; errors are red in either theme.

    Parameters
    ----------
    name : str
        Name of the object.
    help_text : str
        What it is about.
    """

    def __init__(self, name: str, help_text: str) -> None:
        super().__init__()
        self._kind = "info"
        self._is_colouring = False
        self.setObjectName(name)
        self.setToolTip(help_text)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)  # a name in angle brackets is no markup
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setMinimumWidth(1)  # a long word without a blank does not make the window wider
        self.hide()

    def say(self, text: str, kind: str = "error") -> None:
        """Show a sentence; an empty one hides the label.

        Parameters
        ----------
        text : str
            What to say.
        kind : {"error", "info"}
            Errors are red.
        """
        self._kind = kind
        self.setText(text)
        self.setVisible(bool(text))
        self._colour()

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802  (Qt's name)
        """Choose the red anew when the theme changes."""
        super().changeEvent(event)
        if event is not None and event.type() in (QEvent.Type.StyleChange, QEvent.Type.PaletteChange):
            self._colour()

    def _colour(self) -> None:
        if self._is_colouring:  # what is done here is a change of style too
            return
        self._is_colouring = True
        red = RED_ON_DARK if is_dark(self) else RED_ON_LIGHT
        style = f"color: {red};" if self._kind == "error" and self.text() else ""
        if self.styleSheet() != style:
            self.setStyleSheet(style)
        self._is_colouring = False
