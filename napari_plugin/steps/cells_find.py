"""Finding cells: options, a preview on a part of the field, and the whole field."""

from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from napari_plugin.cell_preview import CellPreview
from napari_plugin.context import Context
from napari_plugin.steps.parts import button, follow, line, options_form
from s1r_imaging.imaging.segment import SegmentationOptions

WARNING = (
    "The cells were edited, drawn or loaded. Finding them anew replaces them all; undo (Ctrl+Z in the image) "
    "brings them back."
)


class FindCells(QWidget):
    """The form of the segmentation, and what starts it.

    Parameters
    ----------
    context : Context
        What the steps share.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("find_cells_box")
        self._context = context
        self._form = options_form(context, SegmentationOptions)
        self._preview = CellPreview(context, self._show_buttons)
        self._find = button("find_cells", "Find cells", "Find the cells in the whole field", self.find_cells)
        self._try = button(
            "preview_cells", "Preview", "Find the cells in the part of the field that is in view", self.preview
        )
        self._hide = button("hide_preview", "Hide preview", "Take the preview away", self._preview.remove)
        self._warning = line("replace_warning", "What finding cells anew would do")
        self._warning.setText(WARNING)
        self._replace = button("replace_cells", "Replace them", "Find the cells anew", self.replace)
        self._keep = button("keep_cells", "Keep them", "Leave the cells as they are", self.keep)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._form)
        layout.addLayout(_row(self._find, self._try, self._hide))
        layout.addWidget(self._warning)
        layout.addLayout(_row(self._replace, self._keep))
        follow(context, self, context.session.changed, self._follow)
        self._show_buttons()
        self._ask(is_asked=False)

    def find_cells(self) -> None:
        """Find cells; ask first where that would replace what was edited."""
        self._form.flush()
        session = self._context.session
        is_edited = session.labels_given and session.labels is not None and bool(session.labels.any())
        if is_edited:
            self._ask(is_asked=True)
        else:
            self.replace()

    def replace(self) -> None:
        """Find cells anew, in place of those that are there."""
        self._ask(is_asked=False)
        self._preview.remove()
        session = self._context.session
        self._context.runner.start(lambda: session.job("cells", find_again=True))

    def keep(self) -> None:
        """Leave the cells as they are."""
        self._ask(is_asked=False)

    def preview(self) -> None:
        """Find cells in the part that is in view."""
        self._form.flush()
        self._preview.start()

    def _follow(self, what: str) -> None:
        if what in ("recording", "cells"):
            self._preview.remove()
            self._ask(is_asked=False)
        self._show_buttons()

    def _show_buttons(self) -> None:
        is_open = self._context.session.opened is not None
        self._find.setEnabled(is_open)
        self._try.setEnabled(is_open)
        self._hide.setVisible(self._preview.layer is not None)

    def _ask(self, *, is_asked: bool) -> None:
        for widget in (self._warning, self._replace, self._keep):
            widget.setVisible(is_asked)
        self._find.setVisible(not is_asked)


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(3)
    for widget in widgets:
        row.addWidget(widget)
    return row
