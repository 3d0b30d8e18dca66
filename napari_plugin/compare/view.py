"""The design table on the screen: edited like a spreadsheet."""

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QEvent, QModelIndex, QPoint, QSize, Qt
from qtpy.QtGui import QKeyEvent, QKeySequence
from qtpy.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QComboBox,
    QInputDialog,
    QMenu,
    QStyledItemDelegate,
    QTableView,
    QWidget,
)

from napari_plugin.compare.model import DesignModel
from napari_plugin.look import is_dark
from s1r_imaging.experiment.roles import ROLES, role_words
from s1r_imaging.experiment.template import TEMPLATE_COLUMNS

_WIDEST = 170  # pixels of a column, until the person makes it wider
_Keys = QKeySequence.StandardKey


class DesignView(QTableView):
    """A view of the table: copy, paste, undo, rows and columns by keys and by a menu.

    Parameters
    ----------
    model : DesignModel
        The table; several views may share it.
    """

    def __init__(self, model: DesignModel) -> None:
        super().__init__()
        self.setObjectName("design_view")
        self.setToolTip(
            "The design: one row per recording. Type, copy and paste as in a spreadsheet; the right mouse button "
            "has rows and columns; a double click on the number of a row opens the recording"
        )
        self._design = model
        self.setModel(model)
        self.setItemDelegate(_Editor(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMinimumHeight(120)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._show_menu)
        model.modelReset.connect(self.fit)
        self._keys: tuple[tuple[Any, Callable[[], None]], ...] = (
            (_Keys.Copy, self.copy),
            (_Keys.Cut, self.cut),
            (_Keys.Paste, self.paste),
            (_Keys.Undo, self.undo),
            (_Keys.Redo, self.redo),
            (_Keys.Delete, self.clear_cells),
        )
        self.fit()

    def copy(self) -> None:
        """Copy the selected cells, as spreadsheets paste them."""
        lines = ["\t".join(str(index.data() or "") for index in row) for row in self._selected_rows()]
        clipboard = QApplication.clipboard()
        if clipboard is not None and lines:
            clipboard.setText("\n".join(lines))

    def cut(self) -> None:
        """Copy the selected cells, and clear them."""
        self.copy()
        self.clear_cells()

    def paste(self) -> None:
        """Paste cells from a spreadsheet, beginning at the current cell."""
        clipboard = QApplication.clipboard()
        text = "" if clipboard is None else clipboard.text()
        if text.strip():
            lines = [line.split("\t") for line in text.rstrip("\r\n").splitlines()]
            here = [row[0] for row in self._selected_rows()][:1]
            at = (here[0].row(), here[0].column()) if here else (self._design.rowCount(), 0)
            self._design.take(self._design.table.paste, *at, lines)

    def clear_cells(self) -> None:
        """Clear the selected cells."""
        cells = [(index.row(), index.column(), None) for row in self._selected_rows() for index in row]
        if cells:
            self._design.take(self._design.table.set_cells, cells)

    def undo(self) -> None:
        """Take the last edit back."""
        self._design.take(self._design.table.undo)

    def redo(self) -> None:
        """Do again what was taken back."""
        self._design.take(self._design.table.redo)

    def go_to_problem(self) -> None:
        """Go to the next cell that something is wrong with."""
        here = self.currentIndex()
        place = self._design.next_problem(here.row(), here.column())
        if place is not None:
            self.setCurrentIndex(self._design.index(*place))
            self.setFocus()

    def add_row(self) -> None:
        """Add a blank row below the current one."""
        here = self.currentIndex()
        place = here.row() + 1 if here.isValid() else self._design.rowCount()
        self._design.take(self._design.table.insert_row, place)

    def remove_rows(self) -> None:
        """Remove the rows of the selected cells."""
        places = {row[0].row() for row in self._selected_rows()}
        if places:
            self._design.take(self._design.table.remove_rows, places)

    def add_column(self) -> None:
        """Ask for a heading, and add a column."""
        known = [name for name in TEMPLATE_COLUMNS if name not in self._design.content.headings]
        heading, is_given = QInputDialog.getItem(self, "Add a column", "Heading", known, 0, editable=True)
        if is_given and heading.strip() and heading.strip() not in self._design.content.headings:
            self._design.take(self._design.table.add_column, heading.strip())

    def remove_column(self) -> None:
        """Remove the column of the current cell."""
        if self.currentIndex().isValid():
            self._design.take(self._design.table.remove_column, self.currentIndex().column())

    def fit(self) -> None:
        """Give columns the room that they need, up to a width; blank ones get little."""
        self._design.is_dark = is_dark(self)
        self.resizeColumnsToContents()
        for column in range(self._design.columnCount()):
            self.setColumnWidth(column, min(self.columnWidth(column), _WIDEST))

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return a size that shows some rows in a narrow dock."""
        return QSize(320, 220)

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802  (Qt's name)
        """Follow the theme."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.StyleChange and hasattr(self, "_design"):
            self._design.is_dark = is_dark(self)

    def event(self, event: QEvent | None) -> bool:
        """Claim the keys of a table before napari's menus take them."""
        is_asked = event is not None and event.type() == QEvent.Type.ShortcutOverride
        if is_asked and isinstance(event, QKeyEvent) and self._action_of(event) is not None:
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802  (Qt's name)
        """Copy, paste, undo and the like; the rest is Qt's."""
        action = None if event is None else self._action_of(event)
        if action is None:
            super().keyPressEvent(event)
        else:
            action()

    def _action_of(self, event: QKeyEvent) -> Callable[[], None] | None:
        return next((do for keys, do in self._keys if event.matches(keys)), None)

    def _selected_rows(self) -> list[list[QModelIndex]]:
        rows: dict[int, list[QModelIndex]] = {}
        for index in sorted(self.selectedIndexes(), key=lambda index: (index.row(), index.column())):
            rows.setdefault(index.row(), []).append(index)
        return [rows[row] for row in sorted(rows)]

    def _show_menu(self, where: QPoint) -> None:
        viewport = self.viewport()
        if viewport is not None:
            self.make_menu().exec(viewport.mapToGlobal(where))

    def make_menu(self) -> QMenu:
        """Return the menu of the right mouse button."""
        menu, table = QMenu(self), self._design.table
        items: tuple[tuple[str, str, Callable[[], None], bool], ...] = (
            ("undo", "Undo", self.undo, table.can_undo),
            ("redo", "Redo", self.redo, table.can_redo),
            ("copy", "Copy", self.copy, True),
            ("paste", "Paste", self.paste, True),
            ("add_row", "Add a row", self.add_row, True),
            ("remove_rows", "Remove rows", self.remove_rows, True),
            ("add_column", "Add a column …", self.add_column, True),
            ("remove_column", "Remove this column", self.remove_column, True),
        )
        for name, title, do, is_possible in items:
            action = menu.addAction(title)
            if action is not None:
                action.setObjectName(f"design_{name}")
                action.setEnabled(is_possible)
                action.triggered.connect(lambda _=False, do=do: do())
        return menu


class _Editor(QStyledItemDelegate):
    """Cells are edited as text; roles are chosen, or typed in one's own words."""

    def createEditor(self, parent: QWidget | None, option: Any, index: QModelIndex) -> QWidget | None:  # noqa: N802
        """Return a list of the roles, or a line."""
        model = index.model()
        if not isinstance(model, DesignModel) or not model.is_roles(index.column()):
            return super().createEditor(parent, option, index)
        box = QComboBox(parent)
        box.setObjectName("role_editor")
        box.setEditable(True)
        box.addItems([role_words(role) for role in ROLES])
        return box

    def setEditorData(self, editor: QWidget | None, index: QModelIndex) -> None:  # noqa: N802  (Qt's name)
        """Show what stands in the cell."""
        if isinstance(editor, QComboBox):
            editor.setCurrentText(str(index.data()))
        else:
            super().setEditorData(editor, index)

    def setModelData(self, editor: QWidget | None, model: Any, index: QModelIndex) -> None:  # noqa: N802  (Qt's)
        """Take what was typed or chosen."""
        if isinstance(editor, QComboBox):
            model.setData(index, editor.currentText())
        else:
            super().setModelData(editor, model, index)
