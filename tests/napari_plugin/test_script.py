"""The script of a session gives the numbers of the session."""

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import s1r_imaging
from napari_plugin.script import script
from napari_plugin.session import Session
from s1r_imaging.analysis import Analysis, AnalysisOptions
from s1r_imaging.calcium.dff import DffOptions
from s1r_imaging.calcium.responses import ResponseOptions
from s1r_imaging.imaging.extract import TraceOptions
from s1r_imaging.imaging.motion import MotionOptions
from s1r_imaging.io.labels import write_labels
from s1r_imaging.io.recording import read_recording, write_recording
from s1r_imaging.recording import Event, Recording
from s1r_imaging.simulate import simulate_recording
from tests.napari_plugin.jobs import do


@pytest.fixture(scope="module")
def recording() -> Recording:
    return simulate_recording(seed=3, height_px=64, width_px=64, n_frames=40, stimulus_s=8.0)[0]


def finished(recording: Recording, options: AnalysisOptions | None = None, *, labels: Any = None) -> Session:
    session = Session()
    session.open(recording, options=options)
    if labels is not None:
        session.set_labels(labels)
    do(session.job())
    return session


def run(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch, *, writes: bool = False) -> Analysis:
    """Run the script in a folder; drawing the pictures of its results once is enough."""
    path = folder / "script.py"
    path.write_text(text, encoding="utf-8")
    if not writes:
        monkeypatch.setattr(s1r_imaging, "write_results", lambda *_: None)
    monkeypatch.chdir(folder)
    analysis: Analysis = runpy.run_path(str(path))["analysis"]
    return analysis


def assert_same(mine: Analysis, theirs: Analysis) -> None:
    np.testing.assert_array_equal(mine.labels, theirs.labels)
    pd.testing.assert_frame_equal(mine.responses, theirs.responses, check_exact=True)
    for name in ("f", "f_background", "f0", "dff"):
        np.testing.assert_array_equal(getattr(mine.traces, name), getattr(theirs.traces, name))


def test_defaults_are_not_named(recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_recording(tmp_path / "dish 'a'.ome.tif", recording)
    session = finished(read_recording(tmp_path / "dish 'a'.ome.tif", events=recording.events))
    text = script(session)
    assert "Options" not in text
    assert_same(run(text, tmp_path, monkeypatch, writes=True), session.analysis())
    assert (tmp_path / "dish 'a'-results" / "run.toml").is_file()


def test_options_events_times_and_edits_are(
    recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_recording(tmp_path / "a.ome.tif", recording)
    options = AnalysisOptions(
        motion=MotionOptions(),
        dff=DffOptions(f0="first_seconds", f0_seconds=7.5),
        responses=ResponseOptions(false_responder_rate=0.1),
    )
    times = np.cumsum(np.linspace(0.4, 0.6, recording.n_frames))
    events = [Event("vehicle 'x'", 6.0, end_s=9.0), Event('µ"\\', 9.5, concentration_M=1e-7)]
    opened = read_recording(tmp_path / "a.ome.tif", time_s=times, events=events, pixel_size_um=0.7, name='d"1\\')
    labels = np.zeros(recording.frame_shape, dtype=np.int32)
    labels[5:25, 5:25], labels[30:60, 30:55] = 3, 9
    session = finished(opened, options, labels=labels)
    with pytest.raises(ValueError, match="save them to a file first"):
        script(session)
    write_labels(tmp_path / "cells.tif", labels)
    text = script(session, labels=tmp_path / "cells.tif")
    assert "min_amplitude_dff" not in text
    found = run(text, tmp_path, monkeypatch)
    assert_same(found, session.analysis())
    assert (found.options, found.traces.history) == (session.analysis().options, session.analysis().traces.history)


def test_region_and_untreated_recordings_are(
    recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_recording(tmp_path / "a.ome.tif", recording)
    write_recording(tmp_path / "vehicle 'b'.ome.tif", recording)
    region = np.zeros(recording.frame_shape, dtype=bool)
    region[:8, 20:40] = True
    session = Session()
    session.open(
        read_recording(tmp_path / "a.ome.tif", events=recording.events),
        options=AnalysisOptions(traces=TraceOptions(background="region"), dff=DffOptions(bleaching="reference")),
    )
    session.set_background_region(region)
    session.set_bleaching_reference([tmp_path / "vehicle 'b'.ome.tif"])
    do(session.job())
    with pytest.raises(ValueError, match="save it to a file first"):
        script(session)
    write_labels(tmp_path / "region.tif", region.astype(np.int32))
    found = run(script(session, background_region=tmp_path / "region.tif"), tmp_path, monkeypatch)
    assert_same(found, session.analysis())
    assert found.traces.history == session.analysis().traces.history
    assert found.bleaching_reference == session.analysis().bleaching_reference


def test_of_a_recording_in_memory_it_says_where_to_put_it(
    recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = finished(recording)
    text = script(session)
    assert "came from no file: 40 frames of 64 × 64 pixels" in text
    np.save(tmp_path / "recording.npy", recording.data)
    assert_same(run(text, tmp_path, monkeypatch), session.analysis())


def test_without_a_recording_there_is_none() -> None:
    with pytest.raises(ValueError, match="nothing to repeat"):
        script(Session())
