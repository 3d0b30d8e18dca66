"""A person at a window of the plugin, who finds widgets by their names, clicks, types and waits."""

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QComboBox, QLineEdit, QPushButton, QScrollArea, QTableView, QWidget

from napari_plugin.forms import OptionsForm

LEFT = Qt.MouseButton.LeftButton
HANDS: Any = QTest  # its stubs take functions for methods
PATIENCE_S = 60.0


def wait_until(is_so: Callable[[], object], what: str = "", *, patience_s: float = PATIENCE_S) -> None:
    """Let the window work until something is so."""
    end = time.monotonic() + patience_s
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError(f"still not so after {patience_s:g} s: {what or is_so}")
        HANDS.qWait(10)


def is_in_view(viewer: Any, layer: Any) -> bool:
    """Return whether a layer is wholly on the canvas, and fills at least half of its width or height."""
    low, high = layer.extent.world[:, -2:]
    camera = viewer.scene.camera
    view = np.array(viewer.canvas.size) / camera.zoom
    off_centre = np.abs(np.array(camera.center[-2:]) - (low + high) / 2)
    return bool((off_centre + (high - low) / 2 <= view / 2).all() and (2 * (high - low) > view).any())


def open_plugin(viewer: Any, widget: str = "Calcium imaging") -> Any:
    """Open one of the plugin's widgets as the menu Plugins does."""
    _, made = viewer.window.add_plugin_dock_widget("s1r-imaging", widget)
    return made


class Person:
    """Works a window of the plugin by its widgets.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    window : MainWidget or BindingWidget, optional
        The plugin's window; opened by the menu's command where there is none.
    """

    def __init__(self, viewer: Any, window: Any = None) -> None:
        self.viewer = viewer
        self.window = window if window is not None else open_plugin(viewer)
        self.at: QWidget = self.window  # where widgets are looked for

    patience_s = PATIENCE_S

    @property
    def session(self) -> Any:
        """What the window has computed."""
        return self.window.context.session

    @property
    def says(self) -> str:
        """The sentence at the bottom of the window."""
        return str(self.window.context.runner.message)

    def goes_to(self, step: str) -> None:
        """Bring the window to the front, and click on the button of a step."""
        self.window.parentWidget().raise_()
        self.at = self.window
        self.clicks(f"step_{step}")
        self.at = self.window.steps[step]

    def finds(self, name: str, kind: type[QWidget] = QWidget) -> Any:
        """Return the one widget of a name that is in sight, after scrolling to it."""
        found = [widget for widget in self.at.findChildren(kind, name) if widget.isVisibleTo(self.window)]
        assert len(found) == 1, f"{name}: {len(found)} of it in sight"
        _scroll_to(found[0])
        return found[0]

    def clicks(self, name: str, *, kind: type[QWidget] = QPushButton) -> None:
        """Click on a button, which must be in sight and offered; do not wait for what comes of it."""
        button = self.finds(name, kind)
        assert button.isEnabled(), f"{name} is not offered"
        HANDS.mouseClick(button, LEFT)

    def clicks_and_waits(self, name: str) -> str:
        """Click on a button, wait for the work to end, and read what the window says."""
        self.clicks(name)
        self.waits()
        return self.says

    def clicks_and_waits_at(self, step: str, name: str) -> str:
        """Go to a step, click on a button of it, wait, and read what the window says."""
        self.goes_to(step)
        return self.clicks_and_waits(name)

    def waits(self) -> None:
        """Wait until no work is under way."""
        runner = self.window.context.runner
        wait_until(lambda: not runner.busy, "the work to end", patience_s=self.patience_s)
        HANDS.qWait(1)  # what the end of the work has set off

    def chooses(self, name: str, data: Any) -> None:
        """Choose from a list."""
        box = self.finds(name, QComboBox)
        wait_until(lambda: box.findData(data) >= 0, f"{data!r} is offered in {name}", patience_s=5)
        place = box.findData(data)
        box.setCurrentIndex(place)
        box.activated.emit(place)

    def types(self, name: str, text: str) -> None:
        """Replace what stands in a field."""
        entry = self.finds(name, QLineEdit)
        entry.selectAll()
        HANDS.keyClicks(entry, text)
        HANDS.keyClick(entry, Qt.Key.Key_Return)

    def looks_at_plot(self, mode: str) -> Any:
        """Choose what the plot shows, and return the plot."""
        plot: Any = self.viewer.window._qt_window.findChild(QWidget, "traces_view")
        box = plot.findChild(QComboBox, "plot_mode")
        box.setCurrentIndex(box.findData(mode))
        wait_until(lambda: plot.canvas.drawing is not None, "the plot")
        return plot

    def scrolls_up(self) -> None:
        """Go to the top of the step."""
        area: Any = self.at
        while not hasattr(area, "verticalScrollBar"):
            area = area.parentWidget()
        area.verticalScrollBar().setValue(0)

    def label_at(self, row: int, column: int) -> int:
        """Return the label of the cell at a pixel."""
        return int(self.session.labels[row, column])

    def picks(self, *labels: int) -> None:
        """Choose cells, as clicks on them in the image do."""
        assert all(labels), "the background is no cell"
        self.window.context.cells.pick(labels)

    def clicks_on_cell(self, label: int) -> None:
        """Click on a cell in the image."""
        layer = self.window.context.cells.layer
        rows, columns = np.nonzero(layer.data == label)
        middle = int(np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2))
        at = layer.data_to_world((rows[middle], columns[middle]))
        event = SimpleNamespace(
            type="mouse_press",
            button=1,
            pos=np.zeros(2),
            position=at,
            view_direction=None,
            dims_displayed=[0, 1],
            modifiers=[],
            is_dragging=False,
        )
        for callback in self.viewer.mouse_drag_callbacks:
            steps = callback(self.viewer, event)
            if steps is not None:
                next(steps, None)
                event.type = "mouse_release"
                next(steps, None)
        HANDS.qWait(1)

    def chooses_option(self, name: str, text: str) -> None:
        """Type an option into the form of the step."""
        self.types(name, text)
        for form in self.at.findChildren(OptionsForm):
            form.flush()

    def button_text(self, name: str) -> str:
        """Return what a button of the window says."""
        return str(self.window.findChild(QPushButton, name).text())

    def rows_selected(self, table: QTableView) -> set[int]:
        """Return the labels of the rows that are selected in napari's table."""
        model: Any = table.selectionModel()
        return {int(index.siblingAtColumn(0).data()) for index in model.selectedRows()}

    def row_of(self, table: QTableView, label: int) -> int:
        """Return the row of a label in napari's table."""
        model: Any = table.model()
        return next(row for row in range(model.rowCount()) if int(model.index(row, 0).data()) == label)

    def clicks_on(self, widget: QWidget, where: QPoint) -> None:
        """Click somewhere on a widget, such as the plot."""
        HANDS.mouseClick(widget, LEFT, Qt.KeyboardModifier.NoModifier, where)


def _scroll_to(widget: QWidget) -> None:
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            parent.ensureWidgetVisible(widget)
        parent = parent.parentWidget()
    QApplication.processEvents()
