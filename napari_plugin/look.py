"""Colours that are read in napari's dark theme as well as in the light one."""

from qtpy.QtGui import QPalette
from qtpy.QtWidgets import QWidget

RED_ON_DARK, RED_ON_LIGHT = "#ff8f85", "#b00020"


def is_dark(widget: QWidget) -> bool:
    """Return whether a widget stands on a dark ground."""
    return bool(widget.palette().color(QPalette.ColorRole.Window).lightness() < 128)


def red_for(widget: QWidget) -> str:
    """Return the red of errors that is read well where a widget stands."""
    return RED_ON_DARK if is_dark(widget) else RED_ON_LIGHT
