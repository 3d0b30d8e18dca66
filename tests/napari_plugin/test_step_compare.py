"""Several recordings to one answer, in a real window."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QAction, QApplication, QComboBox, QFileDialog, QLabel, QPushButton

from napari_plugin.compare import designer
from napari_plugin.compare.idle import WhenIdle
from napari_plugin.compare.words import answer_words
from napari_plugin.main_widget import MainWidget
from napari_plugin.samples import DESIGN_KEY
from napari_plugin.session import Job
from napari_plugin.settings import Settings
from napari_plugin.steps.compare import CompareStep
from s1r_imaging import experiment_run
from s1r_imaging.experiment_options import ExperimentOptions
from s1r_imaging.experiment_results import write_experiment
from s1r_imaging.experiment_run import run_experiment
from s1r_imaging.io.events import format_events
from s1r_imaging.io.labels import read_labels, write_labels
from s1r_imaging.io.recording import write_recording
from s1r_imaging.simulate import SimulationOptions, simulate_experiment

TINY = SimulationOptions(height_px=48, width_px=48, n_frames=60, stimulus_s=15.0, drift_px=0.0)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four recordings of two days with their cells given, which is quick; a fifth that cannot be read."""
    folder = tmp_path_factory.mktemp("files")
    recordings, design, truth = simulate_experiment(5, n_days=2, conditions=["vehicle", "agonist"], recording=TINY)
    for recording in recordings:
        write_recording(folder / f"{recording.name}.tif", recording)
        write_labels(folder / f"{recording.name}-cells.tif", truth.recordings[recording.name].labels)
    table = design.assign(
        file=design["recording"] + ".tif",
        labels=design["recording"] + "-cells.tif",
        events=[format_events(recording.events) for recording in recordings],
    )
    bad = table.iloc[-1:].assign(recording="cut_off", file="cut_off.tif", replicate="day3", day=3)
    (folder / "cut_off.tif").write_bytes((folder / table["file"].iloc[0]).read_bytes()[:3000])
    pd.concat([table, bad]).to_csv(folder / "design.csv", index=False)
    return folder


@pytest.fixture
def design(files: Path, tmp_path: Path) -> Path:
    """The files of a test, which may change them."""
    return Path(shutil.copytree(files, tmp_path / "data")) / "design.csv"


@pytest.fixture
def window(make_napari_viewer: Callable[..., Any]) -> Iterator[MainWidget]:
    viewer = make_napari_viewer()
    widget = MainWidget(viewer, settings=Settings({}))
    viewer.window.add_dock_widget(widget, name="s1r", area="right")
    widget.show_step("compare")
    yield widget
    widget.close_down()


@pytest.fixture(autouse=True)
def no_pictures_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """They take longer than all the rest, and are tested elsewhere."""
    monkeypatch.setattr("s1r_imaging.results_parts.plots.save_figure", lambda _, path: path.write_bytes(b""))
    monkeypatch.setattr("s1r_imaging.experiment_results.report_html", lambda _: "report")
    monkeypatch.setattr("s1r_imaging.experiment_results.write_workbook", lambda path, _: path.write_bytes(b""))
    monkeypatch.setattr("s1r_imaging.experiment_results.experiment_figures", lambda _: {})


def step_of(window: MainWidget) -> CompareStep:
    step = window.steps["compare"]
    assert isinstance(step, CompareStep)
    return step


def idle(window: MainWidget, qtbot: Any) -> None:
    qtbot.waitUntil(lambda: not window.context.runner.busy, timeout=20_000)


def find(window: MainWidget, kind: Any, name: str) -> Any:
    found = step_of(window).findChild(kind, name)
    assert found is not None, name
    return found


def click(window: MainWidget, qtbot: Any, name: str) -> None:
    qtbot.mouseClick(find(window, QPushButton, name), Qt.MouseButton.LeftButton)


def open_design(window: MainWidget, qtbot: Any, design: Path) -> CompareStep:
    step = step_of(window)
    step.design.open_file(design)
    idle(window, qtbot)
    assert step.design.checked_table is not None
    return step


def run(window: MainWidget, qtbot: Any) -> None:
    step = step_of(window)
    step.tabs.setCurrentWidget(step.running)
    click(window, qtbot, "run_experiment")
    idle(window, qtbot)


def test_a_person_s_path_gives_what_the_api_gives(
    window: MainWidget, qtbot: Any, design: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = open_design(window, qtbot, design)
    run(window, qtbot)
    assert step.answer is not None
    assert step.tabs.currentWidget() is step.results
    failures = find(window, QLabel, "experiment_failures").text()
    assert failures.startswith("cut_off: ")
    assert "cut_off.tif" in failures
    qtbot.waitUntil(lambda: not step.results._page.picture.isNull(), timeout=20_000)

    measured = []
    monkeypatch.setattr(experiment_run, "measure_job", lambda job, *_, **__: measured.append(job))
    pairing: Any = step.results._form.editor("pairing")
    pairing.set_value("none")
    step.results._form.flush()
    shown = step.answer
    qtbot.waitUntil(lambda: step.answer is not shown, timeout=20_000)
    idle(window, qtbot)
    assert measured == []
    assert step.answer.experiment.comparisons["peak_dff"].options.pairing == "none"
    monkeypatch.undo()

    click(window, qtbot, "export_experiment")
    idle(window, qtbot)
    ours = design.with_name("design-experiment")
    assert str(ours) in window.context.runner.message
    options = ExperimentOptions.from_dict({"compare": {"pairing": "none"}})
    same = run_experiment(design, folder=tmp_path / "api", options=options)
    theirs = write_experiment(same, tmp_path / "api")
    tables = sorted(path.name for path in (theirs / "tables").glob("*.csv"))
    assert "contrasts.csv" in tables
    for name in tables:
        if name == "recordings.csv":
            continue  # says which were kept from an earlier run
        assert (ours / "tables" / name).read_bytes() == (theirs / "tables" / name).read_bytes(), name
    for name in ("experiment.toml", "design.csv"):
        assert (ours / name).read_bytes() == (theirs / name).read_bytes(), name
    asked: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: asked.append(url.toLocalFile()))
    click(window, qtbot, "open_report")
    assert asked == [str(ours / "report.html")]
    said = find(window, QLabel, "experiment_answer").text()
    assert said == "\n".join(answer_words(same)[0])


def test_a_second_run_does_only_what_is_missing(
    window: MainWidget, qtbot: Any, design: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = open_design(window, qtbot, design)
    step.design.model.take(step.design.model.table.remove_rows, [4])
    assert "edits are not saved" in find(window, QLabel, "design_title").text()
    run(window, qtbot)
    assert step.answer is not None
    assert step.answer.experiment.recordings["status"].tolist() == ["done"] * 4
    one = step.answer.experiment.responses
    shutil.rmtree(design.with_name("design-experiment") / "recordings" / "day2_dish1_vehicle")
    run(window, qtbot)
    assert step.answer.experiment.recordings["status"].tolist() == ["kept", "kept", "done", "kept"]
    pd.testing.assert_frame_equal(step.answer.experiment.responses, one, check_exact=True)
    segmentation = window.context.session.options.responses
    window.context.session.set_options("responses", type(segmentation)(min_amplitude_dff=0.2))
    assert "Stale" in find(window, QLabel, "experiment_stale").text()
    assert "min_amplitude_dff = 0.2" in find(window, QLabel, "analysis_options").text()


def test_problems_are_said_and_marked_and_nothing_is_run(window: MainWidget, qtbot: Any, design: Path) -> None:
    step = open_design(window, qtbot, design)
    model = step.design.model
    role = model.content.headings.index("role")
    model.setData(model.index(1, role), "agnist")
    qtbot.waitUntil(lambda: step.design.checked_table is None, timeout=5000)
    assert "row 3, column role" in find(window, QLabel, "design_problems").text()
    assert "agnist" in model.data(model.index(1, role), Qt.ItemDataRole.ToolTipRole)
    assert model.data(model.index(1, role), Qt.ItemDataRole.BackgroundRole) is not None
    assert model.headerData(1, Qt.Orientation.Vertical) == "3 !"
    click(window, qtbot, "next_problem")
    assert (step.design.view.currentIndex().row(), step.design.view.currentIndex().column()) == (1, role)
    run(window, qtbot)
    assert step.answer is None
    assert "1 problem" in window.context.runner.message
    click(window, qtbot, "undo_design")
    assert model.check().table is not None


def test_the_table_is_edited_by_keys_like_a_spreadsheet(window: MainWidget, qtbot: Any, design: Path) -> None:
    step = open_design(window, qtbot, design)
    view, model = step.design.view, step.design.model
    view.setFocus()
    view.setCurrentIndex(model.index(0, 0))
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard.text() == "day1_dish1_vehicle"
    clipboard.setText("one\nother")
    qtbot.keyClick(view, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert [model.index(row, 0).data() for row in (0, 1)] == ["one", "other"]
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert model.index(0, 0).data() == ""
    for _ in range(2):
        qtbot.keyClick(view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert model.index(0, 0).data() == "day1_dish1_vehicle"
    role = next(n for n in range(model.columnCount()) if model.headerData(n, Qt.Orientation.Horizontal) == "role")
    view.edit(model.index(0, role))
    editor = view.findChild(QComboBox, "role_editor")
    assert editor is not None
    assert editor.findText("positive control") >= 0
    assert {action.objectName() for action in view.make_menu().actions()} >= {"design_add_column", "design_redo"}


def test_a_recording_of_the_design_is_opened_and_its_cells_are_kept(
    window: MainWidget, qtbot: Any, design: Path
) -> None:
    step = open_design(window, qtbot, design)
    step.design.model.take(step.design.model.table.remove_rows, [4])
    header = step.design.view.verticalHeader()
    assert header is not None
    header.sectionDoubleClicked.emit(1)
    idle(window, qtbot)
    session = window.context.session
    assert session.opened is not None
    assert session.opened.name == "day1_dish1_agonist"
    assert [event.name for event in session.opened.events] == ["PRE-084"]
    assert window.context.recording_layer is not None
    given = read_labels(design.with_name("day1_dish1_agonist-cells.tif"))
    np.testing.assert_array_equal(session.labels, given)
    edited = np.where(given == given.max(), 0, given)
    session.set_labels(edited)
    window.show_step("compare")
    click(window, qtbot, "keep_cells")
    idle(window, qtbot)
    np.testing.assert_array_equal(read_labels(design.with_name("day1_dish1_agonist_labels.tif")), edited)
    assert step.design.checked_table is not None
    assert step.design.checked_table["labels"].iloc[1].endswith("day1_dish1_agonist_labels.tif")
    assert "edits are not saved" in find(window, QLabel, "design_title").text()
    click(window, qtbot, "add_open_recording")
    assert "already" in window.context.runner.message


def test_the_recording_that_is_open_becomes_a_row(window: MainWidget, qtbot: Any, design: Path) -> None:
    step = step_of(window)
    click(window, qtbot, "add_open_recording")
    assert "no recording yet" in window.context.runner.message
    open_design(window, qtbot, design)
    step.design.open_row(0)
    idle(window, qtbot)
    model = step.design.model
    model.take(model.table.remove_rows, range(5))
    model.check()
    click(window, qtbot, "add_open_recording")
    row = dict(zip(model.content.headings, model.content.rows[-1], strict=True))
    assert (row["recording"], row["file"]) == ("day1_dish1_vehicle", "day1_dish1_vehicle.tif")
    assert row["events"] == "vehicle@15"


def test_cancelled_work_is_gone_on_with(
    window: MainWidget, qtbot: Any, design: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = open_design(window, qtbot, design)
    step.design.model.take(step.design.model.table.remove_rows, [2, 3, 4])
    measure = vars(experiment_run)["measure_job"]
    done: list[str] = []

    def slow(job: Any, options: Any, progress: Any, **how: Any) -> Any:
        worker = window.context.runner._worker
        if done and worker is not None:
            worker.cancel()  # the person clicks while the second is measured
        done.append(job.name)
        return measure(job, options, progress, **how)

    monkeypatch.setattr(experiment_run, "measure_job", slow)
    run(window, qtbot)
    assert step.results.answer is None
    assert "are kept in the folder" in window.context.runner.message
    monkeypatch.undo()
    run(window, qtbot)
    assert step.answer is not None
    assert step.answer.experiment.recordings["status"].tolist() == ["kept", "done"]


def test_edits_are_not_lost_when_another_design_is_opened_or_the_window_closes(
    window: MainWidget, qtbot: Any, design: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = open_design(window, qtbot, design)
    model = step.design.model
    model.setData(model.index(0, 0), "renamed")
    monkeypatch.setattr(designer.DesignPanel, "ask_to_save", lambda _: "cancel")
    step.design.open_file(design)
    idle(window, qtbot)
    assert model.content.rows[0][0] == "renamed"
    settings = window.context.settings
    window.close_down()
    again = designer.DesignPanel(window.context)
    assert settings.choice("compare/draft") is not None
    brought = again.findChild(QPushButton, "bring_back")
    assert brought is not None
    assert not brought.isHidden()
    brought.click()
    assert again.model.content.rows[0][0] == "renamed"
    assert brought.isHidden()
    assert again.save_to(design.with_name("other.csv"))
    assert not again.model.table.is_changed
    again.deleteLater()


def test_the_sample_experiment_is_written_once_and_opened(
    window: MainWidget, qtbot: Any, design: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Path] = []

    def write(folder: Path, **_: Any) -> None:
        written.append(folder)
        shutil.copytree(design.parent, folder)

    monkeypatch.setattr(designer, "write_sample_experiment", write)
    monkeypatch.setattr(designer, "sample_folder", lambda: tmp_path / "samples")
    action = find(window, QAction, "sample_experiment")
    for _ in range(2):
        action.trigger()
        idle(window, qtbot)
    assert written == [tmp_path / "samples" / "experiment"]
    assert step_of(window).design.checked_table is not None


def test_a_sample_s_layer_brings_its_design(window: MainWidget, qtbot: Any, design: Path) -> None:
    metadata = {DESIGN_KEY: str(design)}
    window.context.viewer.add_image(np.zeros((3, 8, 8)), metadata=metadata)
    step_of(window).design.take_sample_of_layer()
    idle(window, qtbot)
    assert step_of(window).design.model.table.source == design


def test_work_that_waits_for_its_turn_is_done_in_order(window: MainWidget, qtbot: Any) -> None:
    done: list[str] = []
    waits = WhenIdle(window.context.runner)

    def job(name: str) -> Job:
        return Job(name, lambda _: name, done.append)

    window.context.runner.start(job("first"))
    waits.ask("draw", lambda: job("never"))
    waits.ask("draw", lambda: job("drawn"))
    waits.ask("compare", lambda: job("compared"))
    qtbot.waitUntil(lambda: len(done) == 3, timeout=5000)
    assert done == ["first", "drawn", "compared"]
    idle(window, qtbot)


def test_fits_a_narrow_dock_and_everything_has_a_tooltip(window: MainWidget, qtbot: Any, design: Path) -> None:
    step = open_design(window, qtbot, design)
    assert step.minimumSizeHint().width() <= 350
    for widget in step.findChildren(QPushButton):
        assert widget.toolTip(), widget.objectName()
        assert widget.objectName()


def test_a_pasted_table_is_told_where_its_files_are(
    window: MainWidget, qtbot: Any, design: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    step = step_of(window)
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    clipboard.setText(pd.read_csv(design).to_csv(sep="\t", index=False))
    step.design.view.paste()
    step.design.model.check()
    problems = find(window, QLabel, "design_problems").text().splitlines()
    assert "Folder of the files" in problems[0]
    assert problems[-1].endswith("more: Next ! goes through them.")
    assert len(problems) == 8
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, **__: str(design.parent))
    find(window, QAction, "folder_of_files").trigger()
    assert find(window, QLabel, "design_problems").text() == ""
    table = step.design.checked_table
    assert table is not None
    assert Path(table["file"].iloc[0]).parent == design.parent
