"""The untreated recordings in which bleaching is measured."""

from collections.abc import Iterable
from pathlib import Path

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_plugin.context import Context
from napari_plugin.steps.parts import button, follow, line

HELP = (
    "Recordings of untreated cells under the same light; they are read and measured with the options of this one."
)
_HEIGHT_PX = 66  # three names


class ReferencePanel(QWidget):
    """A list of files, which the session follows.

    Parameters
    ----------
    context : Context
        What the steps share.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("bleaching_reference")
        self._context = context
        help_line = line("references_help", "In what bleaching is measured")
        help_line.setText(HELP)
        self._list = QListWidget()
        self._list.setObjectName("references")
        self._list.setToolTip("Untreated recordings; choose some to remove them")
        self._list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._list.setFixedHeight(_HEIGHT_PX)
        self._list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._list.itemSelectionChanged.connect(self._show_buttons)
        self._remove = button("remove_references", "Remove", "Take the chosen ones off the list", self.remove)
        row = QHBoxLayout()
        row.setSpacing(3)
        row.addWidget(
            button("add_references", "Add files…", "TIFFs, or files of a microscope", self._ask_for_files)
        )
        row.addWidget(
            button(
                "add_reference_folder", "Add folder…", "A folder with a file for each frame", self._ask_for_folder
            )
        )
        row.addWidget(self._remove)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(help_line)
        layout.addWidget(self._list)
        layout.addLayout(row)
        follow(context, self, context.session.changed, self._follow)
        self._follow("bleaching_reference")

    def add(self, paths: Iterable[str | Path]) -> None:
        """Add recordings to the list."""
        session = self._context.session
        session.set_bleaching_reference([*session.bleaching_reference, *paths])

    def remove(self) -> None:
        """Take the chosen recordings off the list."""
        chosen = {self._list.row(item) for item in self._list.selectedItems()}
        paths = self._context.session.bleaching_reference
        self._context.session.set_bleaching_reference(
            path for number, path in enumerate(paths) if number not in chosen
        )

    def _ask_for_files(self) -> None:
        start = self._context.settings.folder
        paths, _ = QFileDialog.getOpenFileNames(self, "Add untreated recordings", start)
        self.add(paths)

    def _ask_for_folder(self) -> None:
        start = self._context.settings.folder
        path = QFileDialog.getExistingDirectory(self, "Add a folder of frames", start)
        self.add([path] if path else [])

    def _follow(self, what: str) -> None:
        if what == "bleaching_reference":
            self._list.clear()
            for path in self._context.session.bleaching_reference:
                item = QListWidgetItem(path.name)
                item.setToolTip(str(path))
                self._list.addItem(item)
        self._show_buttons()

    def _show_buttons(self) -> None:
        self._remove.setEnabled(bool(self._list.selectedItems()))
