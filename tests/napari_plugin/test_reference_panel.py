"""Untreated recordings in a window: chosen, measured, used."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from qtpy.QtWidgets import QComboBox, QFileDialog, QLabel, QListWidget, QPushButton, QWidget

from napari_plugin.stages import NO_REFERENCES
from napari_plugin.steps.export import export_job
from s1r_imaging.analysis import AnalysisOptions, analyze_recording
from s1r_imaging.calcium.dff import DffOptions
from s1r_imaging.io.recording import write_recording
from s1r_imaging.results import write_results
from s1r_imaging.simulate import simulate_recording
from tests.napari_plugin.test_step_export import files_in, record_of
from tests.napari_plugin.window import EVENTS, open_window, until_done, write_dish

BY_REFERENCE = AnalysisOptions(dff=DffOptions(bleaching="reference"))


def write_untreated(folder: Path) -> list[Path]:
    paths = [folder / f"vehicle {seed}.ome.tif" for seed in (8, 9)]
    for seed, path in enumerate(paths, start=8):
        made, _ = simulate_recording(
            seed=seed, height_px=96, width_px=96, n_frames=90, responder_fraction=0.0, bleaching_fraction=0.3
        )
        write_recording(path, made)
    return paths


def test_chosen_measured_and_exported_it_is_what_the_api_writes(
    make_napari_viewer: Callable[..., Any], qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording, untreated = write_dish(tmp_path), write_untreated(tmp_path)
    widget = open_window(make_napari_viewer(), recording)
    session, step, runner = widget.context.session, widget.steps["traces"], widget.context.runner
    panel, update = step.findChild(QWidget, "bleaching_reference"), step.findChild(QPushButton, "update_traces")
    state = step.findChild(QLabel, "traces_state")
    names: Any = panel.findChild(QListWidget, "references")
    assert panel.isHidden()
    bleaching = step.findChild(QComboBox, "bleaching")
    bleaching.setCurrentIndex(bleaching.findData("reference"))
    qtbot.waitUntil(lambda: not panel.isHidden())
    assert until_done(widget, qtbot, update.click) == NO_REFERENCES
    chosen = [str(tmp_path / "nowhere.tif"), *map(str, untreated)]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: (chosen, ""))
    panel.findChild(QPushButton, "add_references").click()
    assert [names.item(row).text() for row in range(names.count())] == [Path(path).name for path in chosen]
    assert "nowhere.tif" in until_done(widget, qtbot, update.click)
    names.item(0).setSelected(True)
    panel.findChild(QPushButton, "remove_references").click()
    assert session.bleaching_reference == tuple(untreated)
    until_done(widget, qtbot, update.click)
    assert state.text() == "Up to date."
    until_done(widget, qtbot, lambda: runner.start(session.job))
    until_done(widget, qtbot, lambda: runner.start(export_job(session, tmp_path / "window")))
    theirs = analyze_recording(
        recording.source, events=EVENTS, bleaching_reference=untreated, options=BY_REFERENCE
    )
    mine, others = files_in(tmp_path / "window"), files_in(write_results(theirs, tmp_path / "api"))
    assert mine.keys() == others.keys()
    assert record_of(mine) == record_of(others)
    assert [name for name in mine if mine[name] != others[name]] == []
    assert str(untreated[0]).encode() in mine["run.toml"]
    names.item(1).setSelected(True)
    panel.findChild(QPushButton, "remove_references").click()
    assert state.text().startswith("Stale: untreated recordings, ΔF/F0.")
    assert step.minimumSizeHint().width() <= 350


def test_measuring_them_can_be_cancelled(
    make_napari_viewer: Callable[..., Any], qtbot: Any, tmp_path: Path
) -> None:
    widget = open_window(make_napari_viewer(), write_dish(tmp_path))
    session, runner = widget.context.session, widget.context.runner
    until_done(widget, qtbot, lambda: runner.start(session.job))
    before = session.traces
    session.set_options("dff", BY_REFERENCE.dff)
    session.set_bleaching_reference(write_untreated(tmp_path))
    assert session.missing == ("references", "dff", "responses")
    runner.start(session.job)
    assert "Cancelled" in until_done(widget, qtbot, runner.cancel)
    assert session.missing == ("references", "dff", "responses")
    assert session.traces is before
