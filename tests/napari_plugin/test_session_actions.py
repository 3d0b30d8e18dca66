"""Sessions by the menu of a window."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QApplication, QFileDialog

from napari_plugin.layers import RECORDING_KEY
from napari_plugin.main_widget import MainWidget
from s1r_imaging.calcium.dff import DffOptions
from s1r_imaging.imaging.extract import TraceOptions
from s1r_imaging.io.labels import read_labels
from tests.napari_plugin.window import open_window, until_done, write_dish


def trigger(widget: MainWidget, name: str) -> None:
    widget.findChild(QAction, name).trigger()


def test_saved_copied_as_python_and_reopened_in_another_window(
    make_napari_viewer: Callable[..., Any], qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_window(make_napari_viewer(), write_dish(tmp_path))
    session = first.context.session
    until_done(first, qtbot, lambda: first.context.runner.start(session.job))
    assert session.labels is not None
    session.set_labels(np.where(session.labels == 2, 0, session.labels))
    session.set_options("dff", DffOptions(f0="percentile"))
    until_done(first, qtbot, lambda: first.context.runner.start(session.job))
    qtbot.waitUntil(lambda: "peak_dff" in first.context.cells.measures)
    first.context.cells.colour_by("peak_dff")
    first.context.selection.select(3)
    compare: Any = first.steps["compare"]
    design = tmp_path / "design.csv"
    design.write_text("file,replicate,condition,role\ndish 1.ome.tif,day 1,PRE-084,agonist\n")
    until_done(first, qtbot, lambda: compare.design.open_file(design))
    folder = tmp_path / "dish 1-session"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(folder), ""))
    trigger(first, "copy_script")  # edited cells are saved first
    qtbot.waitUntil(lambda: "in the clipboard" in first.context.runner.message, timeout=20_000)
    clipboard: Any = QApplication.clipboard()
    text = clipboard.text()
    assert str(folder / "labels.tif") in text
    assert session.responses is not None
    found = runpy.run_path(_without_writing(tmp_path, text))["analysis"]
    assert found.responses.equals(session.responses)

    second = open_window(make_napari_viewer())
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, **__: str(folder))
    until_done(second, qtbot, lambda: trigger(second, "open_session"))
    qtbot.waitUntil(lambda: second.context.cells.colouring.by == "peak_dff", timeout=20_000)
    compare = second.steps["compare"]
    qtbot.waitUntil(lambda: compare.view_state() == {"design": str(design)}, timeout=20_000)
    again = second.context.session
    assert again.responses is not None
    assert again.responses.equals(session.responses)
    assert again.labels_given
    assert second.context.selection.label == 3
    assert again.options.dff == DffOptions(f0="percentile")
    assert second.context.recording_layer.metadata[RECORDING_KEY] is again.opened
    assert session.opened is not None  # the first window is as it was
    session.set_options("dff", DffOptions())
    until_done(first, qtbot, lambda: trigger(first, "save_session"))  # to its place, without asking
    assert 'f0 = "auto"' in (folder / "run.toml").read_text()


def test_a_moved_recording_is_asked_for(
    make_napari_viewer: Callable[..., Any], qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = write_dish(tmp_path)
    widget = open_window(make_napari_viewer(), recording)
    folder = tmp_path / "sessions" / "one"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(folder), ""))
    assert str(folder) in until_done(widget, qtbot, lambda: trigger(widget, "save_session_as"))
    assert recording.source is not None
    moved = Path(recording.source).rename(tmp_path / "elsewhere.ome.tif")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, **__: str(folder))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: ("", ""))
    said = until_done(widget, qtbot, lambda: trigger(widget, "open_session"))
    assert said.endswith("dish 1.ome.tif is not there any more: say where the recording is now.")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(moved), ""))
    until_done(widget, qtbot, lambda: trigger(widget, "open_session"))
    assert widget.context.session.opened is not None
    assert widget.context.session.opened.source == str(moved)


@pytest.mark.parametrize("name", ["save_session", "copy_script"])
def test_without_a_recording_it_says_so(make_napari_viewer: Callable[..., Any], name: str) -> None:
    widget = open_window(make_napari_viewer())
    trigger(widget, name)
    assert "There is no recording yet" in widget.context.runner.message


def _without_writing(folder: Path, text: str) -> str:
    path = folder / "script.py"
    path.write_text("\n".join(line for line in text.splitlines() if not line.startswith("write_results")))
    return str(path)


def test_a_region_that_was_drawn_is_saved_before_the_script_reads_it(
    make_napari_viewer: Callable[..., Any], qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget = open_window(make_napari_viewer(), write_dish(tmp_path))
    session, runner = widget.context.session, widget.context.runner
    session.set_options("traces", TraceOptions(background="region"))
    session.set_background_region(np.eye(96, dtype=bool))
    folder = tmp_path / "dish 1-session"
    asked: list[Path] = []

    def ask(*_: object, **__: object) -> tuple[str, str]:
        asked.append(folder)
        return str(folder), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    clipboard: Any = QApplication.clipboard()
    for n_asked in (1, 1):  # what is saved is not saved again
        clipboard.clear()
        trigger(widget, "copy_script")
        qtbot.waitUntil(lambda: "in the clipboard" in runner.message, timeout=20_000)
        assert f"background_region={str(folder / 'background_region.tif')!r}" in clipboard.text()
        assert len(asked) == n_asked
        runner.say("")
    session.set_background_region(np.ones((96, 96), dtype=bool))
    trigger(widget, "copy_script")
    qtbot.waitUntil(lambda: "in the clipboard" in runner.message, timeout=20_000)
    assert read_labels(folder / "background_region.tif").all()
