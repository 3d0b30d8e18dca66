"""The plot below the image: docked, and brought back when the person has closed it."""

import contextlib

from qtpy.QtCore import QEvent, QObject, Qt, Signal
from qtpy.QtWidgets import QDockWidget, QMainWindow

from napari_plugin.context import Context
from napari_plugin.plot import TracesView

NAME = "Traces"


class PlotDock(QObject):
    """Keeps the plot of a window docked below the image.

    Parameters
    ----------
    context : Context
        What the window shares.
    parent : QObject
        The window.
    """

    changed = Signal()
    """The plot was closed, or is there again."""

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer_window = context.viewer.window
        self._is_left = False
        self.view = TracesView(context)
        self.view.installEventFilter(self)
        context.at_close(self._let_go)
        self._dock()

    @property
    def is_closed(self) -> bool:
        """Whether the person closed the plot."""
        return not self._is_left and self.view.parent() is None

    def show(self) -> None:
        """Bring the plot back: dock it again, or show its dock where that is hidden or behind others."""
        if self.is_closed:
            self._dock()
            self.changed.emit()
        dock = self.view.parent()
        if isinstance(dock, QDockWidget):
            dock.show()
            dock.raise_()

    def leave(self) -> None:
        """Take the plot away for good, together with the window that it belongs to; once is enough."""
        is_left, self._is_left = self._is_left, True
        if not is_left:
            with contextlib.suppress(LookupError, RuntimeError):  # the person, or the closing viewer, was faster
                self._viewer_window.remove_dock_widget(self.view)
            with contextlib.suppress(RuntimeError):
                self.view.deleteLater()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802  (Qt's name)
        """Notice that the plot is taken out of its dock, which is how napari closes it."""
        if event is not None and event.type() == QEvent.Type.ParentChange and watched is self.view:
            with contextlib.suppress(RuntimeError):  # it is taken apart with the viewer
                if self.is_closed:
                    self.changed.emit()
        return False

    def _let_go(self) -> None:
        if self.is_closed:  # else it goes with its dock
            self.view.deleteLater()

    def _dock(self) -> None:
        """Put the plot below the image, and leave the height of the window to what is docked beside it."""
        self._viewer_window.add_dock_widget(self.view, name=NAME, area="bottom")
        self.view.show()
        window = self.view.window()
        if isinstance(window, QMainWindow):
            window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
            window.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
