"""The table of events, without a viewer."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qtpy.QtWidgets import QTableWidget

from napari_plugin.event_table import EventTable
from napari_plugin.look import Sentence
from s1r_imaging.recording import Event, check_events

TIME_S: Any = np.arange(100) * 0.5


@pytest.fixture
def table(qtbot: Any) -> EventTable:
    widget = EventTable(lambda: 12.5, lambda events: check_events(events, TIME_S))
    qtbot.addWidget(widget)
    return widget


def cells(table: EventTable) -> Any:
    return table.findChild(QTableWidget, "events_table")


def put(table: EventTable, row: int, column: int, text: str) -> None:
    cells(table).item(row, column).setText(text)


def said(table: EventTable) -> str:
    label: Any = table.findChild(Sentence, "events_error")
    return str(label.text())


def test_a_decimal_comma_is_one(table: EventTable) -> None:
    table.set_events([Event("agonist", 10.0)])
    for column, text in ((1, "2,5 µM"), (2, "15,5"), (3, "20,25 s")):
        put(table, 0, column, text)
    assert table.events() == (Event("agonist", 15.5, end_s=20.25, concentration_M=2.5e-6),)
    put(table, 0, 2, "1,500")
    assert said(table) == "The start of agonist is '1,500': expected seconds."


@pytest.mark.parametrize(
    ("column", "text", "sentence"),
    [
        (0, "", "event name=''"),
        (0, "KCl", "two events are named 'KCl'"),
        (1, "10", "The concentration of agonist is '10': expected a number with its unit, such as 10 uM"),
        (1, "ten uM", "The concentration of agonist is 'ten uM'"),
        (2, "", "The start of agonist is 'empty': expected seconds."),
        (2, "soon", "The start of agonist is 'soon': expected seconds."),
        (2, "nan", "The start of agonist is 'nan': expected seconds."),
        (2, "1e9", "event 'agonist' starts at 1e+09 s, but the recording ends"),
        (3, "1", "event 'agonist': end_s=1.0 is not after start_s=10.0."),
    ],
)
def test_what_is_wrong_is_said_and_not_taken(
    qtbot: Any, table: EventTable, column: int, text: str, sentence: str
) -> None:
    events = (Event("agonist", 10.0), Event("KCl", 20.0))
    table.set_events(events)
    with qtbot.assertNotEmitted(table.changed):
        put(table, 0, column, text)
    assert said(table).startswith(sentence)
    assert table.events() == events
    table.set_events([Event("other", 3.0)])
    assert said(table) == ""
    assert [cells(table).item(0, column).text() for column in range(4)] == ["other", "", "3", ""]


def test_what_is_typed_is_taken(qtbot: Any, table: EventTable) -> None:
    table.set_events([Event("agonist", 10.0)])
    for column, text in enumerate((" PRE-084: new ", "3 µM", "12 s", "20.5")):
        with qtbot.waitSignal(table.changed):
            put(table, 0, column, text)
    assert table.events() == (Event("PRE-084: new", 12.0, 20.5, 3e-6),)
    with qtbot.waitSignal(table.changed):
        put(table, 0, 1, "")
    assert table.events()[0].concentration_M is None


def test_events_are_added_at_the_time_shown_and_removed(qtbot: Any, table: EventTable) -> None:
    table.set_events([Event("late", 30.0)])
    for _ in range(3):
        table.add()
    assert [(event.name, event.start_s) for event in table.events()] == [
        ("stimulus", 12.5), ("stimulus 2", 12.5), ("stimulus 3", 12.5), ("late", 30.0),
    ]  # fmt: skip
    assert cells(table).currentRow() == 2
    table.remove()
    assert [event.name for event in table.events()] == ["stimulus", "stimulus 2", "late"]
    cells(table).setCurrentItem(None)
    table.remove()
    assert said(table) == "Select the row to remove first."


def test_what_was_typed_wrong_can_be_removed(qtbot: Any, table: EventTable) -> None:
    table.set_events([Event("agonist", 10.0), Event("KCl", 20.0)])
    put(table, 0, 2, "soon")
    cells(table).setCurrentCell(0, 0)
    table.remove()
    assert said(table) == ""
    assert table.events() == (Event("KCl", 20.0),)


def test_every_event_comes_back_exactly(qtbot: Any, table: EventTable) -> None:
    name = st.text(min_size=1).filter(lambda text: text.strip() == text)
    start = st.floats(-1e3, 49)
    molar = st.none() | st.floats(1e-15, 10)

    @given(st.lists(st.builds(Event, name, start, st.none(), molar), max_size=4, unique_by=lambda e: e.name))
    def back_and_forth(events: list[Event]) -> None:
        expected = check_events(events, TIME_S)
        table.set_events(expected)
        table._edited()
        assert said(table) == ""
        assert table.events() == expected

    back_and_forth()
