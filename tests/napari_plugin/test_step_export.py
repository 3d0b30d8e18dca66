"""What is exported in the window is what the API writes, file by file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from qtpy.QtWidgets import QLineEdit, QPushButton

from napari_plugin.main_widget import MainWidget
from napari_plugin.session import Session
from napari_plugin.steps.export import ExportStep, Preview, export_job, proposed_folder
from s1r_imaging.analysis import AnalysisOptions, analyze_recording
from s1r_imaging.calcium.dff import DffOptions
from s1r_imaging.io.results import MANIFEST
from s1r_imaging.results import write_results
from tests.napari_plugin.window import EVENTS, open_window, until_done, write_dish


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def record_of(files: dict[str, bytes]) -> dict[str, Any]:
    """Take the record out of the files of a folder, without the time at which it was written."""
    record: dict[str, Any] = json.loads(files.pop("provenance.json"))
    del record["created"]
    return record


def export_step(widget: MainWidget) -> ExportStep:
    step = widget.steps["export"]
    assert isinstance(step, ExportStep)
    return step


def test_the_folder_is_that_of_the_api_byte_for_byte(
    make_napari_viewer: Callable[..., Any], qtbot: Any, tmp_path: Path
) -> None:
    recording = write_dish(tmp_path)
    widget = open_window(make_napari_viewer(), recording, folder=tmp_path)
    step, session = export_step(widget), widget.context.session
    session.set_options("dff", DffOptions(f0="percentile"))
    button, field = step.findChild(QPushButton, "export"), step.findChild(QLineEdit, "export_folder")
    assert button.text() == "Bring up to date and export"
    assert Path(field.text()) == tmp_path / "dish 1-results"
    button.click()
    qtbot.waitUntil(lambda: "Results are in" in widget.context.runner.message, timeout=60_000)
    assert button.text() == "Export"
    assert step.findChild(Preview, "preview").has_picture
    assert step.minimumSizeHint().width() <= 350
    options = AnalysisOptions(dff=DffOptions(f0="percentile"))
    theirs = files_in(
        write_results(analyze_recording(recording.source, events=EVENTS, options=options), tmp_path / "api")
    )
    mine = files_in(tmp_path / "dish 1-results")
    assert record_of(mine) == record_of(theirs)
    assert mine.keys() == theirs.keys()
    assert {"responses.csv", "run.toml", "labels.tif", "rois.zip", "overview.png", MANIFEST} <= mine.keys()
    assert [name for name in mine if mine[name] != theirs[name]] == []


def test_earlier_results_are_replaced_only_when_the_person_says_so(
    make_napari_viewer: Callable[..., Any], qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget = open_window(make_napari_viewer(), write_dish(tmp_path))
    step, session = export_step(widget), widget.context.session
    written: list[bool] = []
    asked: list[str] = []

    def write(_: object, folder: Path, *, overwrite: bool, **__: object) -> Path:
        written.append(overwrite)
        return folder

    def ask(question: str) -> bool:
        asked.append(question)
        return len(asked) > 1

    monkeypatch.setattr("napari_plugin.steps.export.write_results", write)
    monkeypatch.setattr(step, "ask", ask)
    until_done(widget, qtbot, lambda: widget.context.runner.start(session.job))
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "a.csv").write_text("1")
    (folder / MANIFEST).write_text("a.csv\n")
    step.set_folder(folder)
    until_done(widget, qtbot, step.export)
    assert (len(asked), written) == (1, [])
    until_done(widget, qtbot, step.export)
    assert (len(asked), written) == (2, [True])
    (folder / "notes.txt").write_text("mine")
    assert "notes.txt" in until_done(widget, qtbot, step.export)
    step.set_folder(" ")
    assert "No folder is named" in until_done(widget, qtbot, step.export)
    assert written == [True]


def test_cancelled_leaves_nothing(make_napari_viewer: Callable[..., Any], qtbot: Any, tmp_path: Path) -> None:
    widget = open_window(make_napari_viewer(), write_dish(tmp_path))
    step, runner = export_step(widget), widget.context.runner
    until_done(widget, qtbot, lambda: runner.start(widget.context.session.job))
    step.set_folder(tmp_path / "new" / "out")
    step.export()
    assert "Cancelled" in until_done(widget, qtbot, runner.cancel)
    assert not (tmp_path / "new").exists()


def test_nothing_stale_is_ever_written(tmp_path: Path) -> None:
    session = Session()
    session.open(write_dish(tmp_path))
    with pytest.raises(ValueError, match="not computed, or stale"):
        export_job(session, tmp_path / "out")
    assert proposed_folder(session, "") == tmp_path / "dish 1-results"
