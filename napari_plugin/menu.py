"""The menu of the window: sessions, the script, reset, help."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from qtpy.QtCore import QUrl
from qtpy.QtGui import QAction, QDesktopServices
from qtpy.QtWidgets import QMenu

if TYPE_CHECKING:
    from napari_plugin.main_widget import MainWidget

DOCUMENTATION = "https://s1r-imaging.readthedocs.io"


def make_menu(widget: "MainWidget") -> QMenu:
    """Return the menu of a window."""
    menu = QMenu(widget)
    menu.setToolTipsVisible(True)
    _add(menu, "reset_options", "Reset all options", "Go back to the defaults of every step", widget.reset_options)
    _add(menu, "help", "Help", "Open the documentation in a browser", _open_documentation)
    return menu


def _add(menu: QMenu, name: str, title: str, help_text: str, do: Callable[[], object]) -> None:
    action = QAction(title, menu)
    action.setObjectName(name)
    action.setToolTip(help_text)
    action.triggered.connect(lambda: do())  # noqa: PLW0108  (Qt's argument is not passed on)
    menu.addAction(action)


def _open_documentation() -> None:
    QDesktopServices.openUrl(QUrl(DOCUMENTATION))
