"""Tools for single cells: merge, split, delete, draw, grow; every one of them can be undone."""

from collections.abc import Sequence
from typing import Any

from qtpy.QtWidgets import QDoubleSpinBox, QGridLayout, QVBoxLayout, QWidget

from napari_plugin.cell_cut import CellCut
from napari_plugin.context import Context
from napari_plugin.steps.parts import button, follow, line
from s1r_imaging.imaging.label_edits import delete_labels, grow_labels, merge_labels, split_label

HOW = "Click a cell to choose it, Shift-click to choose more."


class CellEdits(QWidget):
    """Buttons that change the cells that are chosen.

    Parameters
    ----------
    context : Context
        What the steps share.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("cell_edits")
        self._context = context
        self._cut = CellCut(context)
        self._chosen = line("chosen_cells", "The cells that the buttons below change")
        self._by = QDoubleSpinBox()
        self._by.setObjectName("grow_by")
        self._by.setToolTip("How far outlines move: of the cells that are chosen, or of all where none is")
        self._by.setRange(0.1, 100)
        self._by.setSingleStep(0.5)
        self._by.setValue(1)
        self._merge = button("merge_cells", "Merge", "Make one cell of those that are chosen", self.merge)
        self._split = button("split_cell", "Split", "Cut the chosen cell in two where it is narrow", self.split)
        self._delete = button("delete_cells", "Delete", "Delete the cells that are chosen", self.delete)
        cut = button(
            "cut_cell", "Cut by a line", "Draw a line across a cell, along which it is cut", self._cut.start
        )
        grow = button("grow_cells", "Grow", "Move outlines outwards, over free ground only", lambda: self.grow(1))
        shrink = button("shrink_cells", "Shrink", "Move outlines inwards", lambda: self.grow(-1))
        undo = button(
            "undo_edit", "Undo", "Take the last edit back; Ctrl+Z in the image", lambda: self._call("undo")
        )
        redo = button(
            "redo_edit", "Redo", "Do it again after all; Ctrl+Shift+Z in the image", lambda: self._call("redo")
        )
        brush = button(
            "draw_brush", "New, brush", "Paint a new cell with napari's brush", lambda: context.cells.draw("paint")
        )
        polygon = button(
            "draw_polygon",
            "New, polygon",
            "Draw the outline of a new cell click by click; a double click closes it",
            lambda: context.cells.draw("polygon"),
        )
        extend = button("extend_cell", "Add to cell", "Paint more of the chosen cell", lambda: self.paint("paint"))
        erase = button("erase_cell", "Erase", "Rub pixels out with napari's eraser", lambda: self.paint("erase"))
        done = button("put_tool_away", "Done", "Put the tool away: the mouse moves the view again", self.put_away)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._chosen)
        layout.addLayout(
            _grid(
                (self._merge, self._split, self._delete),
                (cut, undo, redo),
                (brush, polygon, extend),
                (erase, done),
                (self._by, grow, shrink),
            )
        )
        follow(context, self, context.cells.picked_changed, self._show_chosen)
        follow(context, self, context.session.changed, self._show_unit)
        self._show_chosen(context.cells.picked)
        self._show_unit()

    def merge(self) -> None:
        """Make one cell of those that are chosen."""
        chosen = self._context.cells.picked
        self._context.cells.edit(lambda labels: merge_labels(labels, chosen))
        if len(chosen) > 1:
            self._context.cells.pick((min(chosen),))

    def split(self) -> None:
        """Cut the cell that was chosen last where it is narrow."""
        label = self._context.selection.label
        self._context.cells.edit(lambda labels: split_label(labels, label))

    def delete(self) -> None:
        """Delete the cells that are chosen."""
        chosen = self._context.cells.picked
        self._context.cells.edit(lambda labels: delete_labels(labels, chosen))
        self._context.cells.pick(())

    def grow(self, direction: int) -> None:
        """Move outlines outwards (1) or inwards (-1)."""
        recording, chosen = self._context.session.recording, self._context.cells.picked
        if recording is None:
            return
        distance = direction * self._by.value() / (recording.pixel_size_um or 1.0)
        self._context.cells.edit_slowly(
            "Moving outlines", lambda labels: grow_labels(labels, distance, only=chosen or None)
        )

    def paint(self, tool: str) -> None:
        """Put napari's brush or eraser in hand, for the cells as they are."""
        layer = self._context.cells.layer
        if layer is not None:
            self._context.viewer.layers.selection.active = layer
            layer.mode = tool

    def put_away(self) -> None:
        """Put the tool away."""
        if self._cut.is_drawing:
            self._cut.start()
        if self._context.cells.layer is not None:
            self._context.cells.layer.mode = "pan_zoom"

    def _call(self, name: str) -> None:
        layer: Any = self._context.cells.layer
        if layer is not None:
            getattr(layer, name)()

    def _show_chosen(self, chosen: tuple[int, ...]) -> None:
        names = ", ".join(str(label) for label in chosen)
        words = f"Chosen: cell{'s' if len(chosen) > 1 else ''} {names}. " if chosen else ""
        self._chosen.setText(f"{words}{HOW}")
        self._merge.setEnabled(len(chosen) > 1)
        self._split.setEnabled(len(chosen) == 1)
        self._delete.setEnabled(bool(chosen))

    def _show_unit(self, _: str = "") -> None:
        recording = self._context.session.recording
        is_known = recording is not None and recording.pixel_size_um is not None
        self._by.setSuffix(" µm" if is_known else " pixels")


def _grid(*rows: Sequence[QWidget]) -> QGridLayout:
    grid = QGridLayout()
    grid.setSpacing(3)
    for number, row in enumerate(rows):
        for column, widget in enumerate(row):
            grid.addWidget(widget, number, column)
    return grid
