"""A person's path from File › Open Sample to exported results, by the widgets of real windows."""

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from qtpy.QtCore import QPoint
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QFileDialog, QLabel, QPushButton, QTableView, QTableWidget

import napari_plugin
import s1r_imaging.samples
from napari_plugin import samples, stages
from napari_plugin.binding.parts import Answers
from s1r_imaging import analyze_recording, read_recording, write_results
from s1r_imaging.binding_analysis import analyze_binding
from s1r_imaging.recording import Event
from s1r_imaging.simulate import simulate_binding_plate, simulate_recording
from tests.napari_plugin.person import Person, open_plugin, wait_until

TINY = {"height_px": 72, "width_px": 72, "n_frames": 80, "stimulus_s": 12.0}
MakeViewer = Callable[..., Any]


@pytest.fixture(autouse=True)
def sample_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where samples, which are small, are kept; written before, because a worker's time is not tested here."""
    kept = tmp_path / "samples"
    monkeypatch.setattr(samples, "sample_folder", lambda: kept)
    monkeypatch.setattr(s1r_imaging.samples, "simulate_recording", partial(simulate_recording, **TINY))  # type: ignore[arg-type]
    s1r_imaging.samples.write_sample_recording(kept / "recording", seed=3)
    return kept / "recording"


@pytest.fixture
def person(make_napari_viewer: MakeViewer) -> Person:
    """A person who has opened the sample and the plugin."""
    viewer = make_napari_viewer(show=True)
    viewer.open_sample("s1r-imaging", "recording")
    return Person(viewer)


def analyse(person: Person) -> None:
    """Take the layer and have everything computed."""
    person.clicks_and_waits_at("recording", "use_layer")
    person.at = person.window
    person.clicks_and_waits("bring_up_to_date")


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a results folder; of the record, all but the time."""
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    record = json.loads(files.pop("provenance.json"))
    del record["created"]
    return files | {"provenance": json.dumps(record).encode()}


def test_from_the_sample_to_exported_results_that_are_those_of_the_api(
    person: Person, sample_folder: Path, tmp_path: Path
) -> None:
    viewer, session = person.viewer, person.session
    assert person.clicks_and_waits_at("recording", "use_layer") == ""
    table = person.finds("events_table", QTableWidget)
    assert [table.item(0, column).text() for column in range(4)] == ["PRE-084", "10uM", "12", ""]
    table.item(0, 2).setText("11.5")
    viewer.dims.set_current_step(0, 60)
    person.clicks("add_event")
    table.item(1, 0).setText("ATP")
    events = (Event("PRE-084", 11.5, concentration_M=1e-5), Event("ATP", 30.0))
    assert session.opened.events == events

    person.clicks_and_waits_at("cells", "find_cells")
    layer = person.window.context.cells.layer
    found = np.array(layer.data)
    gone = int(found[found > 0][0])
    person.clicks_on_cell(gone)
    assert person.window.context.selection.label == gone
    person.clicks_and_waits("delete_cells")
    assert gone not in session.labels
    person.clicks("undo_edit")
    wait_until(lambda: np.array_equal(session.labels, found), "the cell to be back")
    person.clicks_on_cell(gone)
    person.clicks_and_waits("delete_cells")

    person.clicks_and_waits_at("traces", "update_traces")
    person.goes_to("responses")
    person.chooses_option("false_responder_rate", "0.02")
    person.clicks_and_waits("measure_responses")
    label = int(session.traces.labels[-1])
    person.clicks_on_cell(label)
    assert person.says == ""
    assert person.at.findChild(QLabel, "fact_Cell").text().startswith(f"{label}:")

    person.goes_to("export")
    out = tmp_path / "out"
    person.types("export_folder", str(out))
    person.clicks("export")
    wait_until(lambda: "Results are in" in person.says, person.says)

    recording = read_recording(sample_folder / "sample_dish.ome.tif", events=events)
    labels = np.where(found == gone, 0, found)
    options = session.options
    assert options.responses.false_responder_rate == 0.02
    theirs = analyze_recording(recording, labels=labels, options=options)
    write_results(theirs, tmp_path / "api")
    mine, expected = contents(out), contents(tmp_path / "api")
    assert mine.keys() == expected.keys()
    assert [name for name in mine if mine[name] != expected[name]] == []
    pd.testing.assert_frame_equal(session.responses, theirs.responses, check_exact=True)


def test_image_table_and_plot_follow_each_other(person: Person) -> None:
    analyse(person)
    person.goes_to("responses")
    selection, plot = person.window.context.selection, person.looks_at_plot("overlay")
    person.clicks("show_table")
    tables = person.viewer.window._qt_window.findChildren(QTableView)
    (table,) = [found for found in tables if not found.objectName()]  # napari gives its own none
    first, second, third = (int(label) for label in person.session.traces.labels[[0, 2, 4]])
    wait_until(lambda: table.model() is not None and table.model().rowCount() > third, "the table")

    person.clicks_on_cell(first)
    assert selection.label == plot.canvas.label == first
    wait_until(lambda: person.rows_selected(table) == {first}, "the row of the cell")

    person.clicks_on(plot.canvas, _on_trace(plot, second))
    assert selection.label == person.window.context.cells.layer.selected_label == second
    wait_until(lambda: person.rows_selected(table) == {second}, "the row of the trace")

    table.selectRow(person.row_of(table, third))
    wait_until(lambda: selection.label == third, "the cell of the row")
    assert plot.canvas.label == third

    plot._pointer.scrubbed.emit(person.session.opened.time_s[33])
    assert person.viewer.dims.current_step[0] == 33


def test_one_pixel_more_changes_one_trace_and_undo_takes_it_back(person: Person) -> None:
    analyse(person)
    session, layer = person.session, person.window.context.cells.layer
    before, labels = session.traces, session.labels.copy()
    label = int(before.labels[1])
    person.goes_to("cells")
    person.clicks_on_cell(label)
    person.clicks("extend_cell")
    assert layer.mode == "paint"
    rows, columns = np.nonzero(labels == label)
    layer.brush_size = 3
    layer.paint((int(rows.mean()), int(columns.max()) + 1), label)
    wait_until(lambda: not np.array_equal(session.labels, labels), "the edit")
    person.waits()
    changed = (session.traces.f != before.f).any(axis=1)
    touched = {int(old) for old in labels[session.labels != labels] if old} | {label}
    assert set(before.labels[changed]) == touched
    assert "•" in person.button_text("step_traces")
    assert "Stale" in person.window.findChild(QLabel, "state").text()
    person.clicks("undo_edit")
    wait_until(lambda: np.array_equal(session.labels, labels), "the pixels to be back")
    np.testing.assert_array_equal(session.traces.f, before.f)
    person.clicks("put_tool_away")
    person.at = person.window
    person.clicks_and_waits("bring_up_to_date")
    theirs = analyze_recording(session.opened, labels=labels, options=session.options)
    pd.testing.assert_frame_equal(session.responses, theirs.responses, check_exact=True)


def test_cancelled_while_cells_are_found_the_window_is_as_it_was(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.clicks_and_waits_at("recording", "use_layer")
    begun = []

    def never_done(*_: Any, progress: Any, **__: Any) -> None:
        begun.append(True)
        while True:
            progress("Finding cells", 1, 2)

    with monkeypatch.context() as for_now:
        for_now.setattr(stages, "segment_cells", never_done)
        person.goes_to("cells")
        person.clicks("find_cells")
        wait_until(lambda: begun, "the work to begin")
        person.at = person.window
        person.clicks_and_waits("cancel")
        assert person.says == "Cancelled: everything is as it was before."
        assert person.session.labels is None
    person.clicks_and_waits_at("cells", "find_cells")
    assert person.says == ""
    assert person.session.missing[0] == "traces"


@pytest.mark.parametrize(
    ("kind", "shape", "words"),
    [
        ("image", (20, 16, 16, 3), "colour"),
        ("image", (16, 16), "frames"),
        ("image", (2, 20, 16, 16), "4"),
        ("labels", (20, 16, 16), "no image layer"),
    ],
)
def test_a_wrong_layer_is_one_sentence(
    make_napari_viewer: MakeViewer, kind: str, shape: tuple[int, ...], words: str
) -> None:
    viewer = make_napari_viewer(show=True)
    if kind == "labels":
        viewer.add_labels(np.zeros(shape, np.int32))
    else:
        viewer.add_image(np.zeros(shape, np.uint8), rgb=shape[-1] == 3)
    person = Person(viewer)
    said = person.clicks_and_waits_at("recording", "use_layer")
    said = said or person.finds("missing").text()
    assert words in said
    assert "Traceback" not in said
    assert said.count("\n") == 0
    assert person.session.opened is None
    assert not person.window.findChild(QPushButton, "copy_details").isVisible()
    assert len(viewer.layers) == 1


def test_two_windows_side_by_side_and_a_session_from_one_in_the_other(
    person: Person, make_napari_viewer: MakeViewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Person(make_napari_viewer(show=True))
    analyse(person)
    assert other.session.opened is None
    assert len(other.viewer.layers) == 0
    person.goes_to("cells")
    person.clicks_on_cell(int(person.session.traces.labels[0]))
    person.clicks_and_waits("delete_cells")
    person.at = person.window
    person.clicks_and_waits("bring_up_to_date")
    folder = tmp_path / "kept"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(folder), ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, **__: str(folder))
    person.window.findChild(QAction, "save_session").trigger()
    person.waits()
    before = person.session.responses
    person.viewer.close()

    other.window.findChild(QAction, "open_session").trigger()
    other.waits()
    pd.testing.assert_frame_equal(other.session.responses, before, check_exact=True)
    assert other.session.labels_given
    assert [layer.name for layer in other.viewer.layers][:1] == ["sample_dish"]


def test_a_viewer_closed_during_work_leaves_nothing(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    person.clicks_and_waits_at("recording", "use_layer")
    begun, ended = [], []

    def never_done(*_: Any, progress: Any, **__: Any) -> None:
        begun.append(True)
        try:
            while True:
                progress("Finding cells", 1, 2)
        finally:
            ended.append(True)

    monkeypatch.setattr(stages, "segment_cells", never_done)
    person.goes_to("cells")
    person.clicks("find_cells")
    wait_until(lambda: begun, "the work to begin")
    person.viewer.close()
    wait_until(lambda: ended, "the work to stop")  # that no window survives is checked by make_napari_viewer


def test_from_sample_plates_to_ki(make_napari_viewer: MakeViewer, tmp_path: Path) -> None:
    viewer = make_napari_viewer(show=True)
    (layer,) = viewer.open_sample("s1r-imaging", "binding_plate")
    person = Person(viewer, open_plugin(viewer, "Binding curves"))
    person.clicks_and_waits_at("plate", "layer_plate")
    person.clicks_and_waits_at("fit", "fit")
    assert person.finds("affinities", Answers).rowCount() == 3
    plate, _ = simulate_binding_plate()
    theirs = analyze_binding(plate, **layer.metadata[samples.PLATE_KEY]["assay"])
    pd.testing.assert_frame_equal(
        person.window.context.state.analysis.affinities, theirs.affinities, check_exact=True
    )


def test_windows_docked_one_after_the_other_have_their_whole_height(make_napari_viewer: MakeViewer) -> None:
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(1366, 768)
    for name in ("Binding curves", "Calcium imaging"):
        person = Person(viewer, open_plugin(viewer, name))
        bottom = person.window.context.runner.geometry().bottom()
        wait_until(lambda: person.window.height() - bottom < 20, name, patience_s=2)  # noqa: B023
        viewer.window.remove_dock_widget(person.window)


def test_only_public_parts_of_napari_are_used() -> None:
    private = re.compile(
        r"\b(viewer|window|layers?|dims|camera)\._[a-z]|napari\.[a-z.]*_[a-z_]+ import|import napari\._"
    )
    sources = Path(napari_plugin.__file__).parent.rglob("*.py")
    found = [
        (path.name, line) for path in sources for line in path.read_text().splitlines() if private.search(line)
    ]
    assert [line for line in found if "napari_plugin" not in line[1]] == []


def _on_trace(plot: Any, label: int) -> QPoint:
    """Return where the trace of a cell has its peak."""
    drawing = plot.canvas.drawing
    shown = drawing.content
    row = shown.row_of(label)
    frame = int(np.nanargmax(shown.traces.dff[row]))
    x, y = drawing.ax.transData.transform((shown.time_s[frame], shown.traces.dff[row, frame]))
    return QPoint(round(x), round(plot.canvas.height() - y))
