"""What the plot shows is what the session holds."""

from dataclasses import replace

import numpy as np
import pytest

from napari_plugin.plot.content import Content, changed_rows, content_of
from napari_plugin.session import Session
from s1r_imaging.plots.heatmap import order_of_cells
from s1r_imaging.plots.tables import rows_of_traces
from tests.napari_plugin.jobs import do
from tests.napari_plugin.plot.scene import fill, without


def content(session: Session, quantity: str = "dff") -> Content:
    found = content_of(session, quantity)
    assert isinstance(found, Content)
    return found


def test_values_are_those_of_the_session(session: Session) -> None:
    traces = session.traces
    assert traces is not None
    np.testing.assert_array_equal(content(session).values, traces.dff)
    np.testing.assert_array_equal(content(session, "f").values, traces.f)
    np.testing.assert_array_equal(content(session, "net").values, traces.f - traces.f_background)


def test_what_is_not_finite_is_left_out(session: Session) -> None:
    traces = session.traces
    assert traces is not None
    dff = np.array(traces.dff)
    dff[0, 3] = np.inf
    session._keep({"dff": replace(traces, dff=dff)}, session._there())
    assert np.isnan(content(session).values[0, 3])


@pytest.mark.parametrize(
    ("stage", "quantity", "words"),
    [(None, "dff", "No recording"), ("images", "f", "Traces"), ("traces", "dff", "or show F")],
)
def test_what_is_to_be_done_first_is_said(stage: str | None, quantity: str, words: str) -> None:
    session = Session()
    if stage is not None:
        fill(session, stage=stage)
    said = content_of(session, quantity)
    assert isinstance(said, str)
    assert words in said


def test_without_cells_it_says_so(session: Session) -> None:
    session.set_labels(np.zeros_like(session.labels))
    do(session.job("dff"))
    said = content_of(session, "dff")
    assert isinstance(said, str)
    assert "no cells" in said


def test_rows_are_in_the_order_of_the_librarys_heat_map(session: Session) -> None:
    shown = content(session)
    rows, _ = rows_of_traces(shown.traces, session.responses, None)
    np.testing.assert_array_equal(shown.order("response"), order_of_cells(rows, 6)[0])
    np.testing.assert_array_equal(shown.labels[shown.order("label")], np.arange(1, 7))


def test_responders_and_marks_are_those_of_the_table(session: Session) -> None:
    shown, table = content(session), session.responses
    assert table is not None
    called = table[table["is_responder"]]
    assert set(shown.labels[shown.responders()]) == set(called["label"]) != set()
    row = called.iloc[0]
    onset, peak = shown.marks(int(row["label"]))
    start = shown.traces.events[0].start_s
    assert onset.tolist() == [start + row["onset_s"]]
    assert peak.tolist() == [start + row["time_to_peak_s"]]


def test_only_rows_that_changed_are_found(session: Session) -> None:
    before = content(session)
    labels = np.array(session.labels)
    labels[0, 6] = 0  # a pixel of cell 3
    do(session.edit_job(labels))
    assert changed_rows(before, content(session)) == [2]
    assert changed_rows(before, content(session, "f")) is None


def test_a_cell_that_is_gone_changes_no_other_row(session: Session) -> None:
    before = content(session)
    do(session.edit_job(without(session.labels, 2)))
    after = content(session)
    assert changed_rows(before, after) == []
    assert after.row_of(2) is None
    assert after.words(2, 1.0) == ""


def test_words_give_the_value_at_the_nearest_frame(session: Session) -> None:
    shown = content(session)
    time_s = shown.time_s[10]
    assert shown.words(3, time_s + 1e-6) == f"Cell 3: ΔF/F0 = {shown.values[2, 10]:.4g} at {time_s:.4g} s"
    counts = content(session, "f")
    assert counts.words(3, time_s).startswith(f"Cell 3: F = {counts.values[2, 10]:.4g} counts")
