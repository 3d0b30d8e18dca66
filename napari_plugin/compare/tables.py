"""Tables of results on the screen: to read and to copy, not to edit."""

import math
from typing import Any

import pandas as pd
from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt
from qtpy.QtGui import QKeyEvent, QKeySequence
from qtpy.QtWidgets import QAbstractItemView, QApplication, QTableView

_NO_PARENT = QModelIndex()
_Role = Qt.ItemDataRole
_WIDEST = 220


class FrameModel(QAbstractTableModel):
    """A DataFrame, numbers with four digits; all digits stand in the tooltips.

    Parameters
    ----------
    frame : DataFrame
        What is shown.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        super().__init__()
        self.frame = frame

    def rowCount(self, parent: QModelIndex = _NO_PARENT) -> int:  # noqa: N802  (Qt's name)
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self.frame)

    def columnCount(self, parent: QModelIndex = _NO_PARENT) -> int:  # noqa: N802  (Qt's name)
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self.frame.columns)

    def data(self, index: QModelIndex, role: int = _Role.DisplayRole) -> Any:
        """Return a cell."""
        if role not in (_Role.DisplayRole, _Role.ToolTipRole):
            return None
        value = self.frame.iloc[index.row(), index.column()]
        return value_text(value) if role == _Role.DisplayRole else str(value)

    def headerData(self, section: int, way: Any, role: int = _Role.DisplayRole) -> Any:  # noqa: N802  (Qt's name)
        """Return names of columns, and numbers of rows."""
        if role not in (_Role.DisplayRole, _Role.ToolTipRole):
            return None
        if way == Qt.Orientation.Vertical:
            return str(section + 1)
        return str(self.frame.columns[section])


class FrameView(QTableView):
    """Shows a DataFrame.

    Parameters
    ----------
    name : str
        Object name.
    help_text : str
        Tooltip.
    """

    def __init__(self, name: str, help_text: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setToolTip(help_text)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMinimumHeight(110)
        self._shown = FrameModel(pd.DataFrame())
        self.setModel(self._shown)

    @property
    def frame(self) -> pd.DataFrame:
        """What is shown."""
        return self._shown.frame

    def show_frame(self, frame: pd.DataFrame) -> None:
        """Show another table."""
        self._shown = FrameModel(frame)
        self.setModel(self._shown)
        self.resizeColumnsToContents()
        for column in range(len(frame.columns)):
            self.setColumnWidth(column, min(self.columnWidth(column), _WIDEST))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802  (Qt's name)
        """Copy the selected cells with all their digits."""
        if event is not None and event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)

    def copy(self) -> None:
        """Copy the selected cells, as spreadsheets paste them."""
        places = [(index.row(), index.column()) for index in self.selectedIndexes()]
        rows, columns = sorted({row for row, _ in places}), sorted({column for _, column in places})
        text = self.frame.iloc[rows, columns].to_csv(sep="\t", index=False, header=False, lineterminator="\n")
        clipboard = QApplication.clipboard()
        if clipboard is not None and places:
            clipboard.setText(text)


def value_text(value: Any) -> str:
    """Return a value as it is shown.

    >>> value_text(0.123456), value_text(float("nan")), value_text(True), value_text(3)
    ('0.1235', '', 'yes', '3')
    """
    if value is None or value is pd.NA:
        return ""
    if hasattr(value, "item") and not isinstance(value, str):
        value = value.item()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.4g}"
    return str(value)
