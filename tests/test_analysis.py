import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from s1r_imaging.analysis import STAGES, Analysis, AnalysisOptions, analyze_recording
from s1r_imaging.errors import CancelledWorkError, S1RImagingError
from s1r_imaging.imaging.motion import MotionOptions
from s1r_imaging.io.recording import write_recording
from s1r_imaging.recording import Event, Recording
from s1r_imaging.simulate import RecordingTruth, simulate_recording


@pytest.fixture(scope="module")
def dish() -> tuple[Recording, RecordingTruth]:
    return simulate_recording(seed=3, height_px=128, width_px=160)


@pytest.fixture(scope="module")
def result(dish: tuple[Recording, RecordingTruth]) -> Analysis:
    return analyze_recording(dish[0])


def test_every_cell_has_a_row_for_every_event(result: Analysis) -> None:
    assert result.responses["label"].tolist() == sorted(np.unique(result.labels)[1:])
    assert set(result.responses["event"]) == {event.name for event in result.recording.events}
    assert set(result.responses["recording"]) == {result.recording.name}


def test_a_file_gives_the_numbers_of_the_array(
    dish: tuple[Recording, RecordingTruth], result: Analysis, tmp_path: Path
) -> None:
    write_recording(tmp_path / f"{dish[0].name}.ome.tif", dish[0])
    from_file = analyze_recording(tmp_path / f"{dish[0].name}.ome.tif", events=dish[0].events)
    np.testing.assert_array_equal(from_file.labels, result.labels)
    pd.testing.assert_frame_equal(from_file.responses, result.responses)


@pytest.mark.parametrize("kind", ["numpy", "dask", "zarr", "fortran", "read-only"])
def test_any_array_gives_the_same_numbers(
    dish: tuple[Recording, RecordingTruth], result: Analysis, kind: str, tmp_path: Path
) -> None:
    data = np.asarray(dish[0].data)
    if kind == "dask":
        data = pytest.importorskip("dask.array").from_array(data, chunks=(7, 64, 50))
    elif kind == "zarr":
        zarr = pytest.importorskip("zarr")
        data = zarr.create_array(store=str(tmp_path / "a.zarr"), data=data, chunks=(16, 64, 64))
    elif kind == "fortran":
        data = np.asfortranarray(data)
    elif kind == "read-only":
        data = data.copy()
        data.setflags(write=False)
    other = analyze_recording(dataclasses.replace(dish[0], data=data))
    np.testing.assert_array_equal(other.labels, result.labels)
    pd.testing.assert_frame_equal(other.responses, result.responses)


def test_a_bare_stack_needs_its_frame_interval(dish: tuple[Recording, RecordingTruth]) -> None:
    with pytest.raises(S1RImagingError, match="frame_interval_s"):
        analyze_recording(dish[0].data)


def test_a_bare_stack_and_own_labels_are_enough(dish: tuple[Recording, RecordingTruth]) -> None:
    recording, truth = dish
    own = analyze_recording(
        np.asarray(recording.data),
        labels=truth.labels,
        frame_interval_s=recording.frame_interval_s,
        pixel_size_um=recording.pixel_size_um,
        events=[Event("agonist", recording.events[0].start_s)],
        name="well A1",
    )
    assert own.labels_given
    assert own.responses["label"].tolist() == truth.cells.index.tolist()
    assert set(own.responses["recording"]) == {"well A1"}
    responding = truth.cells["responder"].to_numpy() & (truth.cells["peak_dff"].to_numpy() > 0.2)
    assert own.responses["is_responder"].to_numpy()[responding].mean() > 0.9


def test_labels_of_another_shape_are_refused_before_any_work(dish: tuple[Recording, RecordingTruth]) -> None:
    def fail(stage: str, done: int, total: int, /) -> None:
        raise AssertionError(f"{stage} was begun")

    with pytest.raises(ValueError, match="shape"):
        analyze_recording(dish[0], labels=np.ones((5, 5), dtype=np.int32), progress=fail)


def test_how_a_recording_is_read_cannot_be_said_twice(dish: tuple[Recording, RecordingTruth]) -> None:
    with pytest.raises(ValueError, match="replace"):
        analyze_recording(dish[0], frame_interval_s=1.0)


def test_progress_reaches_the_end_of_every_stage_and_can_cancel(dish: tuple[Recording, RecordingTruth]) -> None:
    seen: dict[str, tuple[int, int]] = {}

    def note(stage: str, done: int, total: int, /) -> None:
        seen[stage] = (done, total)

    analyze_recording(dish[0], options=AnalysisOptions(motion=MotionOptions()), progress=note)
    assert len(seen) >= 3
    assert all(done == total for done, total in seen.values())

    def cancel(stage: str, done: int, total: int, /) -> None:
        raise CancelledWorkError(stage)

    with pytest.raises(CancelledWorkError):
        analyze_recording(dish[0], progress=cancel)


def test_no_cells_give_an_empty_table_with_all_columns(
    dish: tuple[Recording, RecordingTruth], result: Analysis
) -> None:
    empty = analyze_recording(dish[0], labels=np.zeros(dish[0].frame_shape, dtype=np.int32))
    assert empty.responses.empty
    assert empty.responses.dtypes.equals(result.responses.dtypes)


@pytest.mark.parametrize("value", [0.0, 100.0, -5.0, np.nan, 4095.0])
def test_a_constant_recording_gives_flags_and_no_numbers(value: float) -> None:
    labels = np.zeros((32, 32), dtype=np.int32)
    labels[4:12, 4:12] = 1
    found = analyze_recording(
        np.full((40, 32, 32), value), labels=labels, frame_interval_s=1.0, events=[Event("ATP", 20.0)]
    )
    row = found.responses.iloc[0]
    assert not row["is_responder"]
    assert row["flags"] != 0
    assert not np.isfinite(row["peak_dff"]) or row["peak_dff"] == 0
    assert analyze_recording(found.recording).traces.n_cells == 0


def test_options_survive_as_plain_values() -> None:
    options = AnalysisOptions(motion=MotionOptions())
    assert AnalysisOptions.from_dict(options.to_dict()) == options
    assert set(options.to_dict()) == set(STAGES)
    assert "motion" not in AnalysisOptions().to_dict()


def test_the_input_is_not_changed(dish: tuple[Recording, RecordingTruth]) -> None:
    recording, truth = dish
    before = np.array(recording.data)
    labels = truth.labels.copy()
    analyze_recording(recording, labels=labels, options=AnalysisOptions(motion=MotionOptions()))
    np.testing.assert_array_equal(recording.data, before)
    np.testing.assert_array_equal(labels, truth.labels)
