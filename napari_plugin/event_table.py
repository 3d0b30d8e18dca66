"""What was added when, as a small table."""

import math
from collections.abc import Callable, Sequence

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_plugin.editors import typed_number
from napari_plugin.look import Sentence
from s1r_imaging.io.decimals import find_decimal_mark
from s1r_imaging.io.events import format_events, parse_event
from s1r_imaging.recording import Event

COLUMNS = ("Name", "Conc.", "Start (s)", "End (s)")
HELP = (
    "What was added, such as PRE-084",
    "Final concentration with its unit, such as 10 uM; empty where there is none",
    "When it was added, in seconds on the recording's time axis",
    "When it was washed out, in seconds; empty when it stayed",
)
NEW = "stimulus"


class EventTable(QWidget):
    """A table of events that can be edited.

    Parameters
    ----------
    current_time : callable
        Returns the time that the viewer shows (s), or None.
    check : callable
        Takes events; raises a `ValueError` where they do not fit the recording.
    """

    changed = Signal()
    """The person changed the events, and they are valid."""

    def __init__(
        self, current_time: Callable[[], float | None], check: Callable[[Sequence[Event]], object]
    ) -> None:
        super().__init__()
        self.setObjectName("events")
        self._current_time, self._check = current_time, check
        self._events: tuple[Event, ...] = ()
        self._table = QTableWidget(0, len(COLUMNS))
        self._table.setObjectName("events_table")
        self._table.setToolTip("What was added when; the stimuli are shaded in the plot")
        self._table.setHorizontalHeaderLabels(list(COLUMNS))
        self._table.setMinimumHeight(90)
        self._table.setMaximumHeight(130)
        rows, columns = self._table.verticalHeader(), self._table.horizontalHeader()
        if rows is not None and columns is not None:
            rows.hide()
            columns.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
            columns.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._add = _button("add_event", "Add at current time", "Add a stimulus at the frame that is shown")
        self._remove = _button("remove_event", "Remove", "Remove the stimulus of the selected row")
        self._sentence = Sentence("events_error", "What is wrong with the table")
        self._add.clicked.connect(self.add)
        self._remove.clicked.connect(self.remove)
        self._table.itemChanged.connect(lambda _: self._edited())
        buttons = QHBoxLayout()
        buttons.addWidget(self._add)
        buttons.addWidget(self._remove)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._table)
        layout.addLayout(buttons)
        layout.addWidget(self._sentence)

    def events(self) -> tuple[Event, ...]:
        """Return the events; while the table holds something that is not valid, the last ones that were."""
        return self._events

    def set_events(self, events: Sequence[Event]) -> None:
        """Show events, without `changed`."""
        self._events = tuple(events)
        self._sentence.say("")
        self._table.blockSignals(True)
        self._table.setRowCount(len(self._events))
        for row, event in enumerate(self._events):
            for column, text in enumerate(_as_text(event)):
                self._put(row, column, text)
        self._table.blockSignals(False)

    def add(self) -> None:
        """Add an event at the time that is shown, and let its name be typed."""
        time_s = self._current_time()
        names = {self._text(row, 0) for row in range(self._table.rowCount())}
        numbers = ["", *(f" {number}" for number in range(2, len(names) + 3))]
        name = next(f"{NEW}{number}" for number in numbers if f"{NEW}{number}" not in names)
        row = self._table.rowCount()
        self._table.blockSignals(True)
        self._table.insertRow(row)
        for column, text in enumerate((name, "", "0" if time_s is None else _number(time_s), "")):
            self._put(row, column, text)
        self._table.blockSignals(False)
        self._edited()
        found = [row for row in range(self._table.rowCount()) if self._text(row, 0) == name]
        self._table.setCurrentCell(found[0], 0)

    def remove(self) -> None:
        """Remove the event of the selected row."""
        row = self._table.currentRow()
        if row < 0:
            self._sentence.say("Select the row to remove first.")
            return
        self._table.removeRow(row)
        self._edited()

    def _edited(self) -> None:
        try:
            events = [self._row(row) for row in range(self._table.rowCount())]
            self._check(events)
        except ValueError as error:
            self._sentence.say(str(error))
            return
        self.set_events(sorted(events, key=lambda event: event.start_s))
        self.changed.emit()

    def _row(self, row: int) -> Event:
        name, concentration, start, end = (self._text(row, column) for column in range(len(COLUMNS)))
        return Event(
            name,
            _seconds(name, "start", start),
            end_s=_seconds(name, "end", end) if end else None,
            concentration_M=_molar(name, concentration) if concentration else None,
        )

    def _text(self, row: int, column: int) -> str:
        item = self._table.item(row, column)
        return "" if item is None else item.text().strip()

    def _put(self, row: int, column: int, text: str) -> None:
        item = self._table.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            item.setToolTip(HELP[column])
            self._table.setItem(row, column, item)
        item.setText(text)


def _button(name: str, text: str, help_text: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setToolTip(help_text)
    return button


def _as_text(event: Event) -> tuple[str, str, str, str]:
    concentration = ""
    if event.concentration_M is not None:
        plain = Event("x", 0.0, concentration_M=event.concentration_M)
        concentration = format_events([plain]).removeprefix("x:").removesuffix("@0")
    return event.name, concentration, _number(event.start_s), "" if event.end_s is None else _number(event.end_s)


def _number(value: float) -> str:
    return repr(float(value)).removesuffix(".0")


def _seconds(name: str, what: str, text: str) -> float:
    try:
        value = typed_number(text.removesuffix("s").strip())
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"The {what} of {name or 'the stimulus'} is {text or 'empty'!r}: expected seconds.")
    return value


def _molar(name: str, text: str) -> float | None:
    try:
        plain = text.replace(",", ".") if find_decimal_mark([text]) == "," else text
        return parse_event(f"x:{plain}@0").concentration_M
    except ValueError:
        raise ValueError(
            f"The concentration of {name or 'the stimulus'} is {text!r}: expected a number with its unit, such as "
            "10 uM (M, mM, uM, nM or pM)."
        ) from None
