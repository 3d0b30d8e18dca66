"""What several steps of the window of binding curves are made of."""

from collections.abc import Mapping, Sequence

from qtpy.QtCore import QRect, QSize, Qt
from qtpy.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from qtpy.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDialog,
    QGridLayout,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_plugin.binding.pictures import Picture
from napari_plugin.look import is_dark

WIDTH_PX = 330  # of a dock on a small screen


def clipboard_text() -> str:
    """Return what was copied as text; a sentence where it is none is left to who reads it."""
    clipboard = QApplication.clipboard()
    return "" if clipboard is None else str(clipboard.text())


def copy_text(text: str) -> None:
    """Put text on the clipboard."""
    clipboard = QApplication.clipboard()
    if clipboard is not None:
        clipboard.setText(text)


def rows_of_buttons(*widgets: QWidget, columns: int = 2) -> QWidget:
    """Return widgets side by side, in as many rows as it takes."""
    box = QWidget()
    grid = QGridLayout(box)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setSpacing(4)
    for number, widget in enumerate(widgets):
        grid.addWidget(widget, number // columns, number % columns)
    return box


def one_below_other(widget: QWidget, *parts: QWidget) -> None:
    """Lay out a step."""
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(6)
    for part in parts:
        layout.addWidget(part)
    layout.addStretch()


def choice(name: str, help_text: str, items: Mapping[str, str] | None = None) -> QComboBox:
    """Return a list to choose from: values to words."""
    made = QComboBox()
    made.setObjectName(name)
    made.setToolTip(help_text)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    made.setMinimumContentsLength(6)
    for value, words in (items or {}).items():
        made.addItem(words, value)
    return made


class PictureView(QWidget):
    """A picture in the colours of the theme, as wide as there is room.

    Parameters
    ----------
    name : str
        Object name.
    help_text : str
        What it shows.
    """

    def __init__(self, name: str, help_text: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setToolTip(f"{help_text}; a click shows it large")
        self.shown: Picture | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()

    def show_picture(self, picture: Picture | None) -> None:
        """Show a picture, or none."""
        self.shown = picture
        self.setVisible(picture is not None)
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:  # noqa: N802  (Qt's name)
        """Say that the height follows from the width."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802  (Qt's name)
        """Return the height that keeps the shape."""
        if self.shown is None:
            return 0
        height, own_width = self.shown.light.shape[:2]
        return int(min(width, own_width) * height / own_width)

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return the size that suits a dock."""
        return QSize(WIDTH_PX, self.heightForWidth(WIDTH_PX))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802  (Qt's name)
        """Show it large."""
        super().mouseReleaseEvent(event)
        if self.shown is not None and not isinstance(self.parentWidget(), QDialog):
            large_picture(self, self.shown)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802  (Qt's name)
        """Draw it for the theme of the window."""
        super().paintEvent(event)
        if self.shown is None:
            return
        pixels = self.shown.dark if is_dark(self) else self.shown.light
        height, width = pixels.shape[:2]
        image = QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888)
        room = min(self.width(), width)
        left = (self.width() - room) // 2
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRect(left, 0, room, self.heightForWidth(room)), image)
        painter.end()


def large_picture(parent: QWidget, picture: Picture) -> QDialog:
    """Show a picture in a window of its own."""
    dialog = QDialog(parent)
    dialog.setObjectName("large_picture")
    dialog.setWindowTitle("Figure")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    large = PictureView("large_curves", "The figure")
    large.setToolTip("As it is saved, in the colours of the window")
    large.show_picture(picture)
    layout = QVBoxLayout(dialog)
    layout.addWidget(large)
    height, width = picture.light.shape[:2]
    dialog.resize(width + 24, min(height + 24, 700))
    dialog.show()
    return dialog


class Answers(QTableWidget):
    """A table to read and to copy from.

    Parameters
    ----------
    name : str
        Object name.
    help_text : str
        What it shows.
    headings : sequence of str
        Of the columns.
    """

    def __init__(self, name: str, help_text: str, headings: Sequence[str]) -> None:
        super().__init__(0, len(headings))
        self.setObjectName(name)
        self.setToolTip(help_text)
        self.setHorizontalHeaderLabels(list(headings))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setWordWrap(True)
        self.setMinimumWidth(50)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows = self.verticalHeader()
        columns = self.horizontalHeader()
        if rows is not None and columns is not None:
            rows.hide()
            rows.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
            columns.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.hide()

    def show_rows(self, rows: Sequence[Sequence[str]], help_texts: Sequence[str] = ()) -> None:
        """Show rows of words, each with what is said of it under the mouse."""
        self.setRowCount(len(rows))
        for number, row in enumerate(rows):
            for column, words in enumerate(row):
                item = QTableWidgetItem(words)
                item.setToolTip(help_texts[number] if help_texts else words)
                self.setItem(number, column, item)
        self.setVisible(bool(rows))
        self._fit()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802  (Qt's name)
        """Keep all rows in sight."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        heading = self.horizontalHeader()
        if heading is not None:
            height = heading.sizeHint().height() + sum(self.rowHeight(row) for row in range(self.rowCount()))
            self.setFixedHeight(height + 4)


class Legend(QLabel):
    """Colours and what they stand for.

    Parameters
    ----------
    name : str
        Object name.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setToolTip("What the colours stand for")
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setMinimumWidth(1)
        self.words: dict[str, str] = {}

    def show_colours(self, words: Mapping[str, str]) -> None:
        """Show words, each with its colour."""
        self.words = dict(words)
        parts = [
            f'<span style="color: {QColor(colour).name()};">■</span>&nbsp;{_escaped(name)}'
            for name, colour in words.items()
        ]
        self.setText("&nbsp; ".join(parts))


def _escaped(text: str) -> str:
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace(" ", "&nbsp;")
