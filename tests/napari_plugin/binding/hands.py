"""What a person does at the window of binding curves, in tests."""

from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QComboBox, QPushButton

from napari_plugin.binding.grid import PlateGrid
from napari_plugin.binding_widget import BindingWidget

GRID = "\n".join("\t".join(f"{1000 - 50 * column + row},5" for column in range(12)) for row in range(8))
LEFT = Qt.MouseButton.LeftButton


def find(widget: BindingWidget, kind: type[Any], name: str) -> Any:
    found = widget.findChild(kind, name)
    assert found is not None, name
    return found


def click(widget: BindingWidget, qtbot: Any, name: str) -> None:
    qtbot.mouseClick(find(widget, QPushButton, name), LEFT)
    qtbot.waitUntil(lambda: not widget.context.runner.busy, timeout=20_000)


def paste(widget: BindingWidget, qtbot: Any, name: str, text: str) -> None:
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    clipboard.setText(text)
    click(widget, qtbot, name)


def grid_of(widget: BindingWidget) -> PlateGrid:
    grid: PlateGrid = find(widget, PlateGrid, "plate_roles")
    return grid


def choose(widget: BindingWidget, name: str, value: str) -> None:
    combo = find(widget, QComboBox, name)
    combo.setCurrentIndex(combo.findData(value))
