"""The state behind the window gives the API's numbers, and knows what is stale."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from napari_plugin.session import Session
from s1r_imaging.analysis import Analysis, AnalysisOptions, analyze_recording
from s1r_imaging.calcium.dff import DffOptions
from s1r_imaging.calcium.responses import ResponseOptions
from s1r_imaging.imaging.extract import TraceOptions
from s1r_imaging.imaging.motion import MotionOptions
from s1r_imaging.imaging.segment import SegmentationOptions
from s1r_imaging.io.recording import write_recording
from s1r_imaging.progress import silent
from s1r_imaging.recording import Event, Recording
from s1r_imaging.simulate import simulate_recording
from tests.napari_plugin.jobs import do, take


@pytest.fixture(scope="module")
def recording() -> Recording:
    return simulate_recording(seed=3, height_px=96, width_px=96, n_frames=100, stimulus_s=20.0)[0]


def assert_same(mine: Analysis, theirs: Analysis) -> None:
    np.testing.assert_array_equal(mine.labels, theirs.labels)
    pd.testing.assert_frame_equal(mine.responses, theirs.responses, check_exact=True)
    pd.testing.assert_frame_equal(mine.traces.cells, theirs.traces.cells, check_exact=True)
    for name in ("f", "f_background", "f0", "dff"):
        np.testing.assert_array_equal(getattr(mine.traces, name), getattr(theirs.traces, name))
    assert mine.traces.history == theirs.traces.history
    assert (mine.options, mine.labels_given) == (theirs.options, theirs.labels_given)


def ready(recording: Recording) -> Session:
    session = Session()
    session.open(recording)
    do(session.job())
    return session


@pytest.mark.parametrize(
    "options",
    [
        AnalysisOptions(),
        AnalysisOptions(
            motion=MotionOptions(),
            segmentation=SegmentationOptions(method="mean"),
            traces=TraceOptions(background="ring"),
            dff=DffOptions(bleaching="mono_exponential"),
            responses=ResponseOptions(false_responder_rate=0.01),
        ),
    ],
    ids=["default", "other"],
)
def test_gives_what_the_api_gives(recording: Recording, options: AnalysisOptions) -> None:
    session = Session()
    session.open(recording, options=options)
    assert session.missing[-1] == "responses"
    do(session.job())
    assert not session.missing
    assert_same(session.analysis(), analyze_recording(recording, options=options))


def test_options_make_stale_what_is_made_with_them_and_what_follows(recording: Recording) -> None:
    session = ready(recording)
    default = session.options.dff
    session.set_options("dff", DffOptions(f0="percentile"))
    assert session.stale == {"dff", "responses"}
    session.set_options("dff", default)
    assert not session.stale
    session.set_options("segmentation", SegmentationOptions(diameter_px=12))
    assert session.stale == {"cells", "traces", "dff", "responses"}
    session.set_options("motion", MotionOptions())
    assert session.missing == ("motion", "images", "cells", "traces", "dff", "responses")


def test_events_change_what_depends_on_them(recording: Recording) -> None:
    session = ready(recording)
    moved = [replace(event, start_s=event.start_s + 5) for event in recording.events]
    session.set_events(moved)
    assert session.stale == {"images", "dff", "responses"}
    do(session.job())
    assert_same(session.analysis(), analyze_recording(replace(recording, events=tuple(moved))))


def test_an_edit_changes_its_cell_at_once_and_the_rest_when_asked(recording: Recording) -> None:
    session = ready(recording)
    before = session.traces
    assert before is not None
    assert session.labels is not None
    assert before.dff is not None
    labels = session.labels.copy()
    label = int(before.labels[2])
    ys, xs = np.nonzero(labels == label)
    labels[ys[: len(ys) // 2], xs[: len(ys) // 2]] = 0
    heard: list[str] = []
    session.changed.connect(heard.append)
    do(session.edit_job(labels))
    assert heard == ["cells", "traces", "dff"]
    after = session.traces
    assert after is not None
    assert after.dff is not None
    others = after.labels != label
    np.testing.assert_array_equal(after.dff[others], before.dff[others])
    assert not np.array_equal(after.dff[~others], before.dff[~others])
    assert session.stale == {"traces", "dff", "responses"}
    with pytest.raises(ValueError, match="traces, dff, responses: not computed, or stale"):
        session.analysis()
    do(session.job())
    assert_same(session.analysis(), analyze_recording(recording, labels=labels))


def test_edits_survive_other_options_until_cells_are_found_again(recording: Recording) -> None:
    session = ready(recording)
    assert session.labels is not None
    found, edited = session.labels, np.where(session.labels == 1, 0, session.labels)
    session.set_labels(edited)
    session.set_options("segmentation", SegmentationOptions(method="mean"))
    do(session.job())
    np.testing.assert_array_equal(session.labels, edited)
    session.set_options("segmentation", SegmentationOptions())
    do(session.job("cells", find_again=True))
    np.testing.assert_array_equal(session.labels, found)
    assert not session.labels_given


def test_cells_may_come_before_anything_is_found(recording: Recording) -> None:
    session = Session()
    session.open(recording)
    labels = np.zeros(recording.frame_shape, dtype=np.int32)
    labels[10:30, 10:30] = 4
    do(session.edit_job(labels))
    do(session.job())
    assert_same(session.analysis(), analyze_recording(recording, labels=labels))


def test_answers_for_a_recording_that_was_replaced_are_dropped(recording: Recording) -> None:
    session = ready(recording)
    assert session.labels is not None
    late, edit = session.job("cells", find_again=True), session.edit_job(np.zeros_like(session.labels))
    answers: list[Any] = [late.compute(silent), edit.compute(silent)]
    session.open(replace(recording, name="other"))
    take(late, answers[0])
    take(edit, answers[1])
    assert session.labels is None


def test_an_edit_during_work_leaves_the_answer_stale(recording: Recording) -> None:
    session = ready(recording)
    assert session.labels is not None
    session.set_options("traces", TraceOptions(background=100.0))
    job = session.job()
    answer = job.compute(silent)
    session.set_labels(np.where(session.labels == 1, 0, session.labels))
    take(job, answer)
    assert session.stale == {"traces", "dff", "responses"}


def test_without_a_recording_it_says_what_to_do() -> None:
    session = Session()
    assert session.missing == ()
    for act in (session.job, session.analysis, lambda: session.set_events([Event("a", 1.0)])):
        with pytest.raises(ValueError, match="open one, or take a layer"):
            act()
    with pytest.raises(ValueError, match="section='kinetics': expected one of recording, motion"):
        session.set_options("kinetics", None)


def test_region_and_references_are_stale_only_where_they_are_used(recording: Recording, tmp_path: Path) -> None:
    session = ready(recording)
    region = np.zeros(recording.frame_shape, dtype=bool)
    region[:10, :10] = True
    session.set_background_region(region)
    session.set_bleaching_reference([tmp_path / "vehicle.ome.tif"])
    assert session.stale == frozenset()
    assert session.analysis().background_region is None
    session.set_options("traces", TraceOptions(background="region"))
    session.set_options("dff", DffOptions(bleaching="reference"))
    assert session.stale == {"traces", "dff", "responses"}
    assert list(session.missing) == ["traces", "references", "dff", "responses"]
    write_recording(tmp_path / "vehicle.ome.tif", recording)
    do(session.job())
    given: dict[str, Any] = {"background_region": region, "bleaching_reference": [tmp_path / "vehicle.ome.tif"]}
    assert_same(session.analysis(), analyze_recording(recording, options=session.options, **given))
    session.set_options("dff", DffOptions(bleaching="reference", f0="percentile"))
    assert list(session.missing) == ["dff", "responses"]  # they are not measured again for that
    session.set_background_region(~region)
    assert list(session.missing) == ["traces", "dff", "responses"]
    session.set_options("segmentation", SegmentationOptions(diameter_px=12))
    assert list(session.missing) == ["cells", "traces", "references", "dff", "responses"]
    session.set_options("traces", TraceOptions())
    session.set_options("dff", DffOptions())
    session.set_options("segmentation", SegmentationOptions())
    do(session.job())
    assert not session.stale


def test_an_edit_is_followed_before_untreated_recordings_are_measured(
    recording: Recording, tmp_path: Path
) -> None:
    session = ready(recording)
    assert session.labels is not None
    session.set_options("dff", DffOptions(bleaching="reference"))
    session.set_bleaching_reference([tmp_path / "nowhere.tif"])
    labels = np.where(session.labels == 2, 0, session.labels)
    do(session.edit_job(labels))
    assert session.traces is not None
    assert session.traces.dff is not None
    assert 2 not in session.traces.labels
    assert {"dff", "responses"} <= session.stale


def test_an_earlier_dff_is_never_shown_beside_new_traces(recording: Recording) -> None:
    session = ready(recording)
    before = session.traces
    session.set_options("traces", TraceOptions(background="ring"))
    assert session.traces is before  # all of it is of the earlier options, and stale
    do(session.job("traces"))
    measured = session.traces
    assert measured is not None
    assert measured.dff is None
    theirs = analyze_recording(recording, options=session.options)
    np.testing.assert_array_equal(measured.f_background, theirs.traces.f_background)
    assert session.stale == {"dff", "responses"}
    do(session.job())
    assert_same(session.analysis(), theirs)


def test_a_stale_dff_of_the_same_traces_stays_in_sight(recording: Recording) -> None:
    session = ready(recording)
    before = session.traces
    session.set_events([Event("ATP", 25.0)])
    assert session.traces is before
    labels = np.array(session.labels)
    labels[labels == 1] = 0
    do(session.edit_job(labels))
    assert session.traces is not None
    assert session.traces.dff is not None
    assert 1 not in session.traces.labels


def test_between_two_turns_of_an_answer_nothing_is_said_that_is_not_so(recording: Recording) -> None:
    session = Session()
    session.open(recording)
    job = session.job("traces")
    told: list[str] = []
    session.changed.connect(told.append)
    turns = job.accept(job.compute(silent))
    assert isinstance(turns, Iterator)
    next(turns)
    assert told == ["images"]
    assert (session.stale, session.missing) == (frozenset(), ("dff", "responses"))
    assert session.labels is not None
    session.set_labels(np.where(session.labels == 1, 0, session.labels))  # the person edits before the next turn
    assert session.stale == {"traces"}
    next(turns)
    session.open(replace(recording, name="other"))
    told.clear()
    assert list(turns) == []
    assert told == []
    assert session.labels is None
