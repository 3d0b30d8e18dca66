"""The menu of the window: sessions, the script, what is to be seen again, reset, help."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from qtpy.QtCore import QUrl
from qtpy.QtGui import QAction, QDesktopServices
from qtpy.QtWidgets import QMenu

from napari_plugin.session_actions import SessionActions

if TYPE_CHECKING:
    from napari_plugin.main_widget import MainWidget

DOCUMENTATION = "https://s1r-imaging.readthedocs.io"


def make_menu(widget: "MainWidget") -> QMenu:
    """Return the menu of a window."""
    menu = QMenu(widget)
    menu.setToolTipsVisible(True)
    sessions = SessionActions(widget)
    _add(menu, "open_session", "Open session …", "Open a session, or a folder of results", sessions.open)
    _add(menu, "save_session", "Save session", "Save recording, cells, events and options", sessions.save)
    _add(menu, "save_session_as", "Save session as …", "Save the session in another folder", sessions.save_as)
    _add(menu, "copy_script", "Copy as Python", "Copy a script that repeats the session", sessions.copy_script)
    menu.addSeparator()
    _add(menu, "show_plot", "Show plot", "Show the plot of the traces again", widget.show_plot)
    _add(menu, "show_recording", "Show recording", "Show the recording in a layer again", widget.show_recording)
    menu.addSeparator()
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
