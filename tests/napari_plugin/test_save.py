"""A session that is saved comes back as it was."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_plugin.save import (
    differs_from_saved,
    open_session,
    recording_changed,
    reopen_job,
    save_session,
    session_files,
)
from napari_plugin.session import Session
from s1r_imaging.analysis import AnalysisOptions, analyze_recording
from s1r_imaging.calcium.dff import DffOptions
from s1r_imaging.calcium.responses import ResponseOptions
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.imaging.extract import TraceOptions
from s1r_imaging.imaging.motion import MotionOptions
from s1r_imaging.io.labels import read_labels
from s1r_imaging.io.recording import RecordingOptions, read_recording, write_recording
from s1r_imaging.io.results import write_folder
from s1r_imaging.progress import silent
from s1r_imaging.recording import Event, Recording
from s1r_imaging.results import result_files
from s1r_imaging.runfile import read_run_file
from s1r_imaging.simulate import simulate_recording
from tests.napari_plugin.jobs import do

EVENT = Event("PRE-084", 8.0, concentration_M=1e-5)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "dish 1.ome.tif"
    write_recording(path, simulate_recording(seed=3, height_px=64, width_px=64, n_frames=40, stimulus_s=8.0)[0])
    return path


def edited(shape: tuple[int, int]) -> np.ndarray[Any, Any]:
    labels = np.zeros(shape, dtype=np.int32)
    labels[10:30, 10:30], labels[40:60, 35:60] = 4, 70_000
    return labels


def working(recording: Recording, options: AnalysisOptions | None = None) -> Session:
    session = Session()
    session.open(recording, options=options)
    return session


def test_a_reopened_session_gives_the_same_results(file: Path, tmp_path: Path) -> None:
    options = AnalysisOptions(traces=TraceOptions(background="ring"), dff=DffOptions(f0="percentile"))
    session = working(read_recording(file, events=[EVENT]), options)
    session.set_labels(edited((64, 64)))
    do(session.job())
    folder = save_session(session, tmp_path / "dish 1", view={"measure": "peak_dff", "selected": 4})
    saved = open_session(folder)
    assert saved.view == {"measure": "peak_dff", "selected": 4}
    again = Session()
    do(reopen_job(again, saved))
    assert again.labels_given
    do(again.job())
    np.testing.assert_array_equal(again.labels, session.labels)
    first, second = session.analysis(), again.analysis()
    assert first.responses.equals(second.responses)
    assert (first.options, first.recording.events) == (second.options, second.recording.events)
    assert first.traces.history == second.traces.history
    assert session_files(again)["run.toml"] == session_files(session)["run.toml"]


_EVENTS = st.lists(
    st.builds(
        Event,
        name=st.text("abcdeµ 'é\\\"=#", min_size=1).filter(str.strip),
        start_s=st.floats(0, 15),
        end_s=st.none() | st.floats(16, 30),
        concentration_M=st.none() | st.floats(1e-12, 1),
    ),
    max_size=3,
    unique_by=lambda event: event.name,
)
_OPTIONS = st.builds(
    AnalysisOptions,
    motion=st.none() | st.just(MotionOptions()),
    traces=st.builds(TraceOptions, background=st.sampled_from(["percentile", "ring", "none"]) | st.floats(0, 1e6)),
    dff=st.builds(DffOptions, f0_end_s=st.none() | st.floats(1, 9), f0_percentile=st.floats(0, 100)),
    responses=st.builds(ResponseOptions, false_responder_rate=st.floats(0.001, 0.4)),
)
_VIEWS = st.dictionaries(st.text("abc", min_size=1), st.text() | st.integers(0, 99) | st.booleans(), max_size=3)


@settings(max_examples=30, deadline=None)
@given(
    events=_EVENTS,
    options=_OPTIONS,
    view=_VIEWS,
    has=st.tuples(st.booleans(), st.booleans()),
)
def test_to_save_and_to_open_changes_nothing(
    file: Path, events: list[Event], options: AnalysisOptions, view: dict[str, Any], has: tuple[bool, bool]
) -> None:
    times = np.cumsum(np.linspace(0.4, 0.6, 40)) if has[0] else None
    session = working(read_recording(file, time_s=times, name="d = 1", events=events), options)
    if has[1]:
        session.set_labels(edited((64, 64)))
    with tempfile.TemporaryDirectory() as place:
        first = open_session(save_session(session, Path(place) / "a", view=view))
        again = Session()
        do(reopen_job(again, first))
        second = open_session(save_session(again, Path(place) / "b", view=first.view))
        assert again.opened is not None
        assert session.opened is not None
        assert (again.opened.events, again.opened.name) == (session.opened.events, "d = 1")
        np.testing.assert_array_equal(again.opened.time_s, session.opened.time_s)
        assert again.labels_given == session.labels_given
        assert replace(again.options, recording=RecordingOptions()) == options
        assert replace(second, folder=first.folder, run=first.run, labels=first.labels) == first
        assert replace(second.run, labels=first.run.labels) == first.run
        if first.labels is not None and second.labels is not None:
            np.testing.assert_array_equal(read_labels(first.labels), read_labels(second.labels))
            np.testing.assert_array_equal(again.labels, session.labels)


def test_cells_that_were_found_are_found_again(file: Path, tmp_path: Path) -> None:
    session = working(read_recording(file, events=[EVENT]))
    do(session.job("cells"))
    saved = open_session(save_session(session, tmp_path / "dish 1"))
    assert not saved.labels_given
    again = Session()
    do(reopen_job(again, saved))
    do(again.job("cells"))
    np.testing.assert_array_equal(again.labels, session.labels)
    assert not differs_from_saved(again, saved)
    again.set_labels(edited((64, 64)))
    assert differs_from_saved(again, saved)


def test_the_command_line_takes_the_run_file_and_results_are_a_session(file: Path, tmp_path: Path) -> None:
    session = working(read_recording(file, events=[EVENT]))
    session.set_labels(edited((64, 64)))
    run = read_run_file(save_session(session, tmp_path / "dish 1") / "run.toml")
    found = analyze_recording(
        run.source, time_s=run.time_s, events=run.events, labels=run.labels, options=run.options
    )
    files = {name: what for name, what in result_files(found).items() if not name.endswith((".png", ".svg"))}
    results = write_folder(tmp_path / "results", files)
    again = Session()
    do(reopen_job(again, open_session(results / "run.toml")))
    do(again.job())
    assert again.responses is not None
    assert again.responses.equals(found.responses)


def test_a_recording_that_moved_is_named_and_found(file: Path, tmp_path: Path) -> None:
    place = tmp_path / "dish 2.ome.tif"
    place.write_bytes(file.read_bytes())
    folder = save_session(working(read_recording(place)), tmp_path / "sessions" / "dish 2")
    moved = place.rename(tmp_path / "elsewhere.ome.tif")
    saved, session = open_session(folder), Session()
    assert saved.find_source() is None
    with pytest.raises(S1RImagingError, match=r"dish 2\.ome\.tif is not there any more: say where"):
        reopen_job(session, saved).compute(silent)
    do(reopen_job(session, saved, recording=moved))
    assert session.opened is not None
    moved.rename(tmp_path / "sessions" / "dish 2.ome.tif")
    assert saved.find_source() == tmp_path / "sessions" / "dish 2.ome.tif"


def test_another_recording_is_refused(tmp_path: Path) -> None:
    recording = simulate_recording(seed=3, height_px=64, width_px=64, n_frames=40, stimulus_s=8.0)[0]
    saved = open_session(save_session(working(recording), tmp_path / "a"))
    other = replace(recording, data=recording.data[:30], time_s=recording.time_s[:30])
    with pytest.raises(S1RImagingError, match="it has 30 frames of 64 × 64 pixels, that of the session 40 frames"):
        reopen_job(Session(), saved, recording=other).compute(silent)


def test_a_file_that_changed_is_told_of(file: Path, tmp_path: Path) -> None:
    place = tmp_path / "dish 2.ome.tif"
    place.write_bytes(file.read_bytes())
    opened = read_recording(place)
    saved, session = open_session(save_session(working(opened), tmp_path / "a")), Session()
    do(reopen_job(session, saved))
    assert not recording_changed(session, saved)
    frames = np.array(opened.data)
    write_recording(place, replace(opened, data=frames + 1))
    do(reopen_job(session, saved))
    assert recording_changed(session, saved)
    assert not recording_changed(session, replace(saved, first_frame=None))  # as an earlier version saved it
    tifffile.imwrite(tmp_path / "bare.tif", frames)
    (tmp_path / "bare.tif").replace(place)
    with pytest.raises(S1RImagingError, match=r"is not the recording that .* leaves open \(frame_interval_s\)"):
        reopen_job(session, saved).compute(silent)


def test_what_was_in_memory_keeps_its_cells_and_options(tmp_path: Path) -> None:
    recording = simulate_recording(seed=3, height_px=64, width_px=64, n_frames=40, stimulus_s=8.0)[0]
    session = working(recording, AnalysisOptions(dff=DffOptions(f0="percentile")))
    session.set_labels(edited((64, 64)))
    saved, again = open_session(save_session(session, tmp_path / "a")), Session()
    assert saved.is_in_memory
    with pytest.raises(S1RImagingError, match="was in memory and is in no file"):
        reopen_job(again, saved).compute(silent)
    do(reopen_job(again, saved, recording=replace(recording, events=())))
    assert again.opened is not None
    assert again.opened.events == recording.events
    assert again.options.dff == session.options.dff
    np.testing.assert_array_equal(again.labels, session.labels)


def test_whole_or_not_at_all(file: Path, tmp_path: Path) -> None:
    session = working(read_recording(file))
    folder = save_session(session, tmp_path / "a")
    with pytest.raises(S1RImagingError, match="exists and is not empty"):
        save_session(session, folder)
    session.set_events([EVENT])
    save_session(session, folder, overwrite=True)
    assert open_session(folder).run.events == (EVENT,)
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(S1RImagingError, match=r"notes\.txt"):
        save_session(session, folder, overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]


def test_region_and_untreated_recordings_come_back(file: Path, tmp_path: Path) -> None:
    options = AnalysisOptions(traces=TraceOptions(background="region"), dff=DffOptions(bleaching="reference"))
    session = working(read_recording(file, events=[EVENT]), options)
    region = edited((64, 64)) > 4
    session.set_background_region(region)
    session.set_bleaching_reference([file])
    do(session.job())
    folder = save_session(session, tmp_path / "dish 1")
    again = Session()
    do(reopen_job(again, open_session(folder)))
    do(again.job())
    np.testing.assert_array_equal(again.used_region, region)
    assert again.used_references == (file,)
    assert session.analysis().traces.history == again.analysis().traces.history
    assert session_files(again)["run.toml"] == session_files(session)["run.toml"]
    again.set_options("traces", TraceOptions())
    again.set_options("dff", DffOptions())
    assert "background_region.tif" not in session_files(again)  # a run that does not use them does not name them
    assert "bleaching_reference" not in str(session_files(again)["run.toml"])
    (folder / "background_region.tif").unlink()
    with pytest.raises(S1RImagingError, match=r"background_region\.tif, the background region, is not there"):
        open_session(folder)


def test_what_is_no_session_says_so(file: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no recording yet"):
        save_session(Session(), tmp_path / "a")
    with pytest.raises(S1RImagingError, match=r"holds no run\.toml"):
        open_session(tmp_path)
    session = working(read_recording(file))
    session.set_labels(edited((64, 64)))
    folder = save_session(session, tmp_path / "a")
    window = folder / "window.toml"
    window.write_text(window.read_text().replace("64", "'many'"))
    with pytest.raises(S1RImagingError, match=r"window\.toml: frames, height_px, width_px are"):
        open_session(folder)
    (folder / "labels.tif").unlink()
    with pytest.raises(S1RImagingError, match=r"labels\.tif, the cells of the session, is not there"):
        open_session(folder)
