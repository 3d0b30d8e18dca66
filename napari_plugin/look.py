"""Colours that are read in napari's dark theme as well as in the light one, and sentences in them."""

import re

from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QPalette
from qtpy.QtWidgets import QLabel, QWidget

RED_ON_DARK, RED_ON_LIGHT = "#ff8f85", "#b00020"
_LONG_WORD = re.compile(r"\S{30,}")
_PART = re.compile(r"[^/\\_.-]{1,20}[/\\_.-]*|[/\\_.-]+")


def is_dark(widget: QWidget) -> bool:
    """Return whether a widget stands on a dark ground."""
    widget.ensurePolished()
    return bool(widget.palette().color(QPalette.ColorRole.Window).lightness() < 128)


def breakable(text: str) -> str:
    r"""Let a line break within a word that is as long as a line, such as a path; Qt breaks between words only.

    >>> breakable("see /data/2024_SH-SY5Y_Fluo-4_dish_1.tif").replace("\u200b", "|")
    'see /|data/|2024_|SH-|SY5Y_|Fluo-|4_|dish_|1.|tif'
    """
    return _LONG_WORD.sub(lambda word: "\u200b".join(_PART.findall(word[0])), text)


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
        self._kind, self._text = "info", ""
        self._is_colouring = False
        self.setObjectName(name)
        self.setToolTip(help_text)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)  # a name in angle brackets is no markup
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setMinimumWidth(1)  # nothing that is said makes the window wider
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
        self._kind, self._text = kind, text
        self.setText(breakable(text))
        self.setVisible(bool(text))
        self._colour()

    def text(self) -> str:
        """Return what was said, without the places where lines may break."""
        return self._text

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
