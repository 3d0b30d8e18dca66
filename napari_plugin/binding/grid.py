"""The plate as it stands on the bench: wells to look at, to click, and to drag over."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from qtpy.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from napari_plugin.binding.wells import Place
from s1r_imaging.io.grids import ROW_LETTERS, well_position

HEADER_PX = 16
SMALLEST_PX, LARGEST_PX = 8, 30
LETTERS_FROM_PX = 17  # in smaller wells no letter can be read
_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


@dataclass(frozen=True)
class WellLook:
    """How a well is shown.

    Attributes
    ----------
    fill : str
        Colour.
    letters : str
        What stands in it, where there is room.
    words : str
        What is said of it under the mouse.
    is_crossed : bool
        Whether it is left out.
    """

    fill: str
    letters: str = ""
    words: str = ""
    is_crossed: bool = False


class PlateGrid(QWidget):
    """Wells of a plate; a click, a drag, or a click on a letter or number selects some.

    Parameters
    ----------
    name : str
        Object name.
    help_text : str
        What it is for.
    """

    selected = Signal()
    """Other wells are selected."""

    def __init__(self, name: str, help_text: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(help_text)
        self._help = help_text
        self._shape = (8, 12)
        self._looks: Mapping[Place, WellLook] = {}
        self._selection: frozenset[Place] = frozenset()
        self._kept: frozenset[Place] = frozenset()
        self._anchor: Place | None = None
        self._end: Place | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumWidth(HEADER_PX + 24 * SMALLEST_PX)

    @property
    def selection(self) -> list[Place]:
        """Row and column of the selected wells, from left to right and down."""
        return sorted(self._selection)

    @property
    def looks(self) -> Mapping[Place, WellLook]:
        """How each well is shown."""
        return self._looks

    def show_wells(self, shape: tuple[int, int], looks: Mapping[Place, WellLook]) -> None:
        """Show a plate.

        Parameters
        ----------
        shape : tuple of int
            Rows and columns.
        looks : mapping
            Row and column to how the well is shown; the others are empty.
        """
        if shape != self._shape:
            self._shape = shape
            self.select([])
            self.updateGeometry()
        self._looks = looks
        self.update()

    def select(self, places: Iterable[Place]) -> None:
        """Select wells."""
        chosen = frozenset(places)
        if chosen != self._selection:
            self._selection = chosen
            self.update()
            self.selected.emit()

    def well_rect(self, place: Place) -> QRectF:
        """Return where a well is drawn."""
        size = self._size()
        return QRectF(HEADER_PX + place[1] * size, HEADER_PX + place[0] * size, size, size)

    def place_at(self, point: QPointF | QPoint) -> tuple[int, int] | None:
        """Return row and column under a point, -1 for the names of columns and rows; None outside."""
        size = self._size()
        row = -1 if point.y() < HEADER_PX else int((point.y() - HEADER_PX) / size)
        column = -1 if point.x() < HEADER_PX else int((point.x() - HEADER_PX) / size)
        return (row, column) if row < self._shape[0] and column < self._shape[1] else None

    def hasHeightForWidth(self) -> bool:  # noqa: N802  (Qt's name)
        """Say that the height follows from the width."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802  (Qt's name)
        """Return the height at which wells are square."""
        return int(HEADER_PX + self._shape[0] * self._size(width)) + 2

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return a size that fits the width of a dock."""
        return QSize(320, self.heightForWidth(320))

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802  (Qt's name)
        """Draw the wells."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self.palette().color(QPalette.ColorRole.WindowText)
        self._paint_names(painter, ink)
        for row in range(self._shape[0]):
            for column in range(self._shape[1]):
                self._paint_well(painter, (row, column), ink)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802  (Qt's name)
        """Begin a selection; with Ctrl or Shift it is added to what is selected."""
        place = None if event is None else self.place_at(event.position())
        if event is None or place is None or event.button() != Qt.MouseButton.LeftButton:
            return
        extends = event.modifiers() & Qt.KeyboardModifier.ShiftModifier and self._anchor is not None
        adds = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        self._kept = self._selection if adds else frozenset()
        if not extends:
            self._anchor = place
        self._drag_to(place)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802  (Qt's name)
        """Select up to here."""
        if event is None or not event.buttons() & Qt.MouseButton.LeftButton or self._anchor is None:
            return
        size, (rows, columns) = self._size(), self._shape
        row = min(max(int((event.position().y() - HEADER_PX) // size), -1 if self._anchor[0] < 0 else 0), rows - 1)
        at = (event.position().x() - HEADER_PX) // size
        column = min(max(int(at), -1 if self._anchor[1] < 0 else 0), columns - 1)
        self._drag_to((row, column))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802  (Qt's name)
        """Go to the next well with an arrow, further with Shift; other keys are napari's."""
        if event is None:
            return
        if event.key() not in _STEPS:
            event.ignore()
            return
        down, right = _STEPS[Qt.Key(event.key())]
        at = self._end or (0, 0)
        end = (
            min(max(at[0] + down, 0), self._shape[0] - 1),
            min(max(at[1] + right, 0), self._shape[1] - 1),
        )
        self._kept = frozenset()
        if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier or self._anchor is None:
            self._anchor = end
        self._drag_to(end)

    def event(self, event: QEvent | None) -> bool:
        """Say under the mouse what a well holds."""
        if isinstance(event, QHelpEvent):
            place = self.place_at(event.pos())
            look = None if place is None else self._looks.get(place)
            QToolTip.showText(event.globalPos(), self._help if look is None else look.words, self)
            return True
        return bool(super().event(event))

    def _drag_to(self, end: Place) -> None:
        """Select what lies between where the mouse went down and here; names stand for their row or column."""
        if self._anchor is None:
            return
        self._end = end
        ranges = [
            range(size) if -1 in {first, last} else range(min(first, last), max(first, last) + 1)
            for first, last, size in zip(self._anchor, end, self._shape, strict=True)
        ]
        self.select(self._kept | {(row, column) for row in ranges[0] for column in ranges[1]})

    def _size(self, width: int | None = None) -> float:
        """Return the size of a well; of the widget as it is, one that fits its height, too."""
        size = ((self.width() if width is None else width) - HEADER_PX - 2) / self._shape[1]
        if width is None:
            size = min(size, (self.height() - HEADER_PX - 2) / self._shape[0])
        return float(min(max(size, SMALLEST_PX), LARGEST_PX))

    def _paint_names(self, painter: QPainter, ink: QColor) -> None:
        size, font = self._size(), painter.font()
        font.setPixelSize(int(min(10, max(6, 0.7 * size))))
        painter.setFont(font)
        painter.setPen(ink)
        for column in range(self._shape[1]):
            place = QRectF(HEADER_PX + column * size, 0, size, HEADER_PX)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, str(column + 1))
        for row in range(self._shape[0]):
            place = QRectF(0, HEADER_PX + row * size, HEADER_PX, size)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, ROW_LETTERS[row])

    def _paint_well(self, painter: QPainter, place: Place, ink: QColor) -> None:
        look, rect = self._looks.get(place), self.well_rect(place).adjusted(0.75, 0.75, -0.75, -0.75)
        faint = QColor(ink)
        faint.setAlpha(60)
        painter.setPen(QPen(faint, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush if look is None else QColor(look.fill))
        painter.drawRect(rect)
        if look is not None:
            dark = QColor(look.fill).lightness() < 128
            painter.setPen(QPen(QColor("white" if dark else "black"), 1.2))
            if look.letters and rect.width() >= LETTERS_FROM_PX:
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, look.letters)
            if look.is_crossed:
                painter.drawLine(rect.topLeft(), rect.bottomRight())
                painter.drawLine(rect.topRight(), rect.bottomLeft())
        if place in self._selection:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(ink, 2))
            painter.drawRect(rect)


def places_in(text: str, shape: tuple[int, int]) -> list[Place]:
    """Return the wells that a text names: wells, ranges, rows and columns.

    Parameters
    ----------
    text : str
        Such as ``"A1:B6, C, 12"``.
    shape : tuple of int
        Rows and columns of the plate.

    Returns
    -------
    list of (int, int)
        Rows and columns.

    Raises
    ------
    ValueError
        If a part of it names none.

    Examples
    --------
    >>> places_in("A1:A2, b1", (8, 12)), len(places_in("C, 12", (8, 12)))
    ([(0, 0), (0, 1), (1, 0)], 19)
    """
    found: set[Place] = set()
    for part in text.replace(";", ",").split(","):
        if part.strip():
            found |= set(_span(part.strip().upper(), shape))
    return sorted(found)


def _span(part: str, shape: tuple[int, int]) -> Sequence[Place]:
    ends = [_rows_and_columns(word.strip(), shape) for word in part.replace("–", ":").replace("-", ":").split(":")]
    if len(ends) > 2 or any(end is None for end in ends):
        raise ValueError(f"{part!r} names no wells of this plate: expected such as A1, A1:B6, C or 12.")
    (first_rows, first_columns), (last_rows, last_columns) = (
        ends[0] or ((0, 0), (0, 0)),
        ends[-1] or ((0, 0), (0, 0)),
    )
    rows = range(min(*first_rows, *last_rows), max(*first_rows, *last_rows) + 1)
    columns = range(min(*first_columns, *last_columns), max(*first_columns, *last_columns) + 1)
    return [(row, column) for row in rows for column in columns]


def _rows_and_columns(word: str, shape: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Return first and last row and column that a word names."""
    n_rows, n_columns = shape
    if word.isdecimal():
        column = int(word) - 1
        return ((0, n_rows - 1), (column, column)) if 0 <= column < n_columns else None
    if len(word) == 1 and word in ROW_LETTERS[:n_rows]:
        row = ROW_LETTERS.index(word)
        return (row, row), (0, n_columns - 1)
    if word[:1] in ROW_LETTERS[:n_rows] and word[1:].isdecimal():
        row, column = well_position(word)
        return ((row, row), (column, column)) if 0 <= column < n_columns else None
    return None
