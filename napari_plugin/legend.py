"""What the colours of the cells mean."""

from qtpy.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from qtpy.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from napari_plugin.colours import RGBA, Legend


class LegendView(QWidget):
    """What colours mean: a scale with its ends, and words with their colours."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("legend")
        self.setToolTip("What the colours of the cells mean; the scale runs from the 2nd to the 98th percentile")
        self._ramp = _Ramp()
        self._low, self._high, self._entries = QLabel(), QLabel(), QLabel()
        self._low.setObjectName("legend_low")
        self._high.setObjectName("legend_high")
        self._entries.setObjectName("legend_entries")
        self._entries.setWordWrap(True)
        scale = QHBoxLayout()
        for widget in (self._low, self._ramp, self._high):
            scale.addWidget(widget, stretch=int(widget is self._ramp))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(scale)
        layout.addWidget(self._entries)
        self.show_legend(Legend())

    def show_legend(self, legend: Legend) -> None:
        """Show what colours mean; nothing where they are those of labels."""
        self._ramp.colours = legend.ramp
        self._ramp.update()
        self._low.setText(legend.low)
        self._high.setText(legend.high)
        words = [f'<span style="color:{_css(colour)}">■</span> {text}' for text, colour in legend.entries]
        self._entries.setText("&nbsp;&nbsp; ".join(words))
        for widget in (self._ramp, self._low, self._high):
            widget.setVisible(bool(legend.ramp))
        self._entries.setVisible(bool(words))


class _Ramp(QWidget):
    """A bar of colours."""

    colours: tuple[RGBA, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(60, 12)

    def paintEvent(self, _: QPaintEvent | None) -> None:  # noqa: N802  (Qt's name)
        """Draw it."""
        if self.colours:
            gradient = QLinearGradient(0, 0, self.width(), 0)
            for number, colour in enumerate(self.colours):
                gradient.setColorAt(number / (len(self.colours) - 1), QColor.fromRgbF(*colour))
            painter = QPainter(self)
            painter.fillRect(self.rect(), gradient)
            painter.end()


def _css(colour: RGBA) -> str:
    red, green, blue, opacity = (round(255 * part) for part in colour)
    return f"rgba({red}, {green}, {blue}, {opacity})"
