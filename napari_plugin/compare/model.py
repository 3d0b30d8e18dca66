"""The design table for Qt's views: texts, what is wrong with which cell, edits."""

from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt, QTimer, Signal
from qtpy.QtGui import QBrush, QColor

from napari_plugin.compare.table import FIRST_ROW, Checked, Content, DesignTable, cell_text, column_of
from s1r_imaging.experiment.design_columns import read_heading

CHECK_MS = 200
"""How long a person pauses before the table is checked."""

_WRONG = (QColor(215, 60, 50, 90), QColor(215, 60, 50, 55))  # over a dark ground, over a light one
_NO_PARENT = QModelIndex()
_Role = Qt.ItemDataRole


class DesignModel(QAbstractTableModel):
    """The table that is edited.

    Parameters
    ----------
    parent : QObject
        Owner.
    """

    changed = Signal()
    """The content is another one."""
    checked = Signal()
    """What is wrong with the table is known."""

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        self.table = DesignTable()
        self.found = Checked()
        self.is_dark = True
        self._marked: dict[tuple[int, int], str] = {}
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(CHECK_MS)
        self._pause.timeout.connect(self.check)

    @property
    def content(self) -> Content:
        """What the table holds."""
        return self.table.content

    def take(self, change: Any, *arguments: Any) -> None:
        """Have the table changed by one of its own methods."""
        before = self.content
        change(*arguments)
        now = self.content
        if now.headings == before.headings and len(now.rows) == len(before.rows):
            self._say_all()  # selection and scroll bars stay
        else:
            self.beginResetModel()
            self.endResetModel()
        self._pause.start()
        self.changed.emit()

    def check(self) -> Checked:
        """Check the table now."""
        self._pause.stop()
        self.found = self.table.check()
        self._marked = self.found.marked(self.content.headings)
        self._say_all()
        self.checked.emit()
        return self.found

    def rowCount(self, parent: QModelIndex = _NO_PARENT) -> int:  # noqa: N802  (Qt's name)
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self.content.rows)

    def columnCount(self, parent: QModelIndex = _NO_PARENT) -> int:  # noqa: N802  (Qt's name)
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self.content.headings)

    def data(self, index: QModelIndex, role: int = _Role.DisplayRole) -> Any:
        """Return the text of a cell, and how a wrong one looks."""
        place = (index.row(), index.column())
        if role in (_Role.DisplayRole, _Role.EditRole):
            return cell_text(self.content.rows[place[0]][place[1]])
        if role == _Role.ToolTipRole:
            return self._marked.get(place) or cell_text(self.content.rows[place[0]][place[1]])
        if role == _Role.BackgroundRole and place in self._marked:
            return QBrush(_WRONG[0] if self.is_dark else _WRONG[1])
        return None

    def setData(self, index: QModelIndex, value: Any, role: int = _Role.EditRole) -> bool:  # noqa: N802  (Qt's)
        """Take what was typed."""
        if role != _Role.EditRole or str(value) == self.data(index):
            return False
        self.take(self.table.set_cells, [(index.row(), index.column(), str(value) or None)])
        return True

    def flags(self, index: QModelIndex) -> Any:
        """Return that every cell can be edited."""
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def headerData(self, section: int, way: Any, role: int = _Role.DisplayRole) -> Any:  # noqa: N802  (Qt's name)
        """Return headings, and numbers of rows as a spreadsheet has them."""
        if way == Qt.Orientation.Vertical:
            return self._row_header(section, role)
        heading = self.content.headings[section]
        if role == _Role.DisplayRole:
            return heading
        if role == _Role.ToolTipRole:
            known = read_heading(heading) if heading else None
            return "A column of your own: kept, but not used" if known is None else f"Column {known.column}"
        return None

    def is_roles(self, column: int) -> bool:
        """Whether a column holds roles."""
        return column == column_of("role", self.content.headings)

    def next_problem(self, row: int, column: int) -> tuple[int, int] | None:
        """Return the next cell with a problem after a place, then from the top; None where all is well."""
        places = sorted((at, max(across, 0)) for at, across in self._marked)
        return next((place for place in places if place > (row, column)), places[0] if places else None)

    def _row_header(self, row: int, role: int) -> Any:
        mark = "\n".join(lines for (at, _), lines in self._marked.items() if at == row)
        if role == _Role.DisplayRole:
            return f"{row + FIRST_ROW}{' !' if mark else ''}"
        if role == _Role.ToolTipRole:
            return mark or "Double click: open this recording"
        return None

    def _say_all(self) -> None:
        if self.rowCount() and self.columnCount():
            last = self.index(self.rowCount() - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)
            self.headerDataChanged.emit(Qt.Orientation.Vertical, 0, self.rowCount() - 1)
