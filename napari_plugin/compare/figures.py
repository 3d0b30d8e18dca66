"""Figures of the library as pages on the screen: as they are printed, on white, in either theme."""

from pathlib import Path

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QMouseEvent, QPainter, QPaintEvent, QPixmap
from qtpy.QtWidgets import QDialog, QSizePolicy, QVBoxLayout, QWidget


class Page(QWidget):
    """A picture that is as wide as there is room, and keeps its shape."""

    clicked = Signal()
    """It was clicked."""

    def __init__(self, name: str, help_text: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setToolTip(help_text)
        self._picture = QPixmap()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def picture(self) -> QPixmap:
        """What is shown; null where nothing is."""
        return self._picture

    def show_picture(self, content: bytes | QPixmap | None) -> None:
        """Show a PNG, or nothing."""
        if isinstance(content, QPixmap):
            self._picture = content
        else:
            self._picture = QPixmap()
            if content:
                self._picture.loadFromData(content)
        self.setVisible(not self._picture.isNull())
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:  # noqa: N802  (Qt's name)
        """Return that the height follows the width."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802  (Qt's name)
        """Return the height that keeps the shape."""
        return 0 if self._picture.isNull() else round(width * self._picture.height() / self._picture.width())

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return the size in a narrow dock."""
        return QSize(320, max(self.heightForWidth(320), 20))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802  (Qt's name)
        """Say that it was clicked."""
        super().mouseReleaseEvent(event)
        self.clicked.emit()

    def paintEvent(self, _: QPaintEvent | None) -> None:  # noqa: N802  (Qt's name)
        """Draw the picture, as large as it fits."""
        if self._picture.isNull():
            return
        size = self._picture.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left = (self.width() - size.width()) // 2
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        ratio = self.devicePixelRatioF()
        scaled = self._picture.scaled(
            size * ratio, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        scaled.setDevicePixelRatio(ratio)
        painter.drawPixmap(left, 0, scaled)
        painter.end()


def large_window(parent: QWidget, page: Page, title: str) -> QDialog:
    """Show a picture in a window of its own."""
    dialog = QDialog(parent)
    dialog.setObjectName("figure_window")
    dialog.setWindowTitle(title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    large = Page("large_figure", page.toolTip())
    large.show_picture(page.picture)
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(large)
    width = min(max(page.picture.width(), 400), 1200)
    dialog.resize(width, min(large.heightForWidth(width), 700))
    dialog.show()
    return dialog


def with_ending(path: str, chosen: str) -> Path:
    """Return a path with an ending that figures can have: the one that was typed, else the one that was chosen.

    >>> with_ending("answer", "PDF (*.pdf)").name
    'answer.pdf'
    """
    place = Path(path)
    if place.suffix.lower() in (".png", ".svg", ".pdf"):
        return place
    ending = next((ending for ending in (".pdf", ".svg") if ending in chosen), ".png")
    return place.with_name(f"{place.name}{ending}")
