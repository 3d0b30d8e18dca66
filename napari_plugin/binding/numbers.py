"""All numbers behind an answer, as tables to read and to copy."""

from collections.abc import Mapping

import pandas as pd
from qtpy.QtWidgets import QWidget

from napari_plugin.binding.parts import choice, one_below_other
from napari_plugin.compare.running import folded
from napari_plugin.compare.tables import FrameView


class Numbers(QWidget):
    """Tables, of which one is shown, behind a title that folds them away.

    Parameters
    ----------
    name : str
        Object name of the table; that of the list of tables ends with ``_choice``.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self._tables: Mapping[str, pd.DataFrame] = {}
        self._titles = choice(f"{name}_choice", "Which table is shown")
        self._view = FrameView(name, "To read and to copy: select cells, then Ctrl+C copies all their digits")
        self._view.setMinimumHeight(180)
        inside = QWidget()
        inside.setObjectName(f"{name}_tables")
        one_below_other(inside, self._titles, self._view)
        one_below_other(self, folded("All numbers", inside))
        self._titles.currentTextChanged.connect(self._show)
        self.show_tables({})

    def show_tables(self, tables: Mapping[str, pd.DataFrame]) -> None:
        """Offer tables by their titles; the one that was shown stays, where it is still there."""
        self._tables, shown = tables, self._titles.currentText()
        self._titles.blockSignals(True)
        self._titles.clear()
        self._titles.addItems(list(tables))
        self._titles.setCurrentIndex(max(self._titles.findText(shown), 0))
        self._titles.blockSignals(False)
        self.setVisible(bool(tables))
        self._show(self._titles.currentText())

    def _show(self, title: str) -> None:
        if title in self._tables:
            self._view.show_frame(self._tables[title])
