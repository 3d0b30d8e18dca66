import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

from s1r_imaging.analysis import Analysis, AnalysisOptions, analyze_recording
from s1r_imaging.cli import main
from s1r_imaging.errors import CancelledWorkError, S1RImagingError
from s1r_imaging.imaging.motion import MotionOptions
from s1r_imaging.io.labels import read_labels
from s1r_imaging.io.recording import write_recording
from s1r_imaging.io.results import read_table, write_folder
from s1r_imaging.recording import Traces
from s1r_imaging.results import trace_table, write_results
from s1r_imaging.simulate import simulate_recording

EXPECTED = {
    ".s1r-imaging-files",  # what may be replaced by a later run
    "cells.csv",
    "labels.tif",
    "overview.png",
    "overview.svg",
    "provenance.json",
    "responses.csv",
    "rois.zip",
    "run.toml",
    "shifts.csv",
    "traces.csv",
    *(
        f"pictures/{name}.{suffix}"
        for name in ("cells", "heatmap", "mean_trace", "quality", "responses", "traces")
        for suffix in ("png", "svg")
    ),
}


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    recording, _ = simulate_recording(seed=5, height_px=128, width_px=128)
    path = tmp_path_factory.mktemp("source") / "dish.ome.tif"
    write_recording(path, recording)
    return analyze_recording(path, events=recording.events, options=AnalysisOptions(motion=MotionOptions()))


@pytest.fixture(scope="module")
def folder(analysis: Analysis, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_results(analysis, tmp_path_factory.mktemp("results") / "out")


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_folder_holds_what_is_promised_and_nothing_else(folder: Path) -> None:
    assert files(folder) == EXPECTED
    assert [path.name for path in folder.parent.iterdir()] == ["out"]


def test_tables_come_back_to_the_last_bit(analysis: Analysis, folder: Path) -> None:
    responses = read_table(folder / "responses.csv")
    for column in analysis.responses.select_dtypes("number"):
        np.testing.assert_array_equal(responses[column], analysis.responses[column], err_msg=column)
    traces = read_table(folder / "traces.csv")
    assert analysis.traces.dff is not None
    np.testing.assert_array_equal(traces["dff"].to_numpy().reshape(analysis.traces.f.shape), analysis.traces.dff)
    first = traces[traces["label"] == analysis.traces.labels[0]]
    np.testing.assert_array_equal(first["time_s"], analysis.recording.time_s)


def test_labels_come_back_from_both_files(analysis: Analysis, folder: Path) -> None:
    np.testing.assert_array_equal(tifffile.imread(folder / "labels.tif"), analysis.labels)
    rois = read_labels(folder / "rois.zip", shape=analysis.recording.frame_shape)
    np.testing.assert_array_equal(rois, analysis.labels)


def test_the_record_repeats_the_run_bit_for_bit(folder: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    assert main(["analyze", "--config", str(folder / "run.toml"), "--output", str(again)]) == 0
    for name in sorted(files(folder) - {"provenance.json", "run.toml"}):
        assert (again / name).read_bytes() == (folder / name).read_bytes(), name


def test_the_record_says_what_was_done_with_which_versions(folder: Path) -> None:
    record = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    steps = [step["name"] for step in record["history"]]
    assert steps == ["read_recording", "correct_motion", "extract_traces", "compute_dff"]
    assert record["versions"]["numpy"] == np.__version__
    assert record["source"]["digest"].startswith("sha256:")
    assert record["flags"]["SATURATED"]["bit"] == 2


def test_given_labels_and_times_are_in_the_record(tmp_path: Path) -> None:
    recording, truth = simulate_recording(seed=6, height_px=96, width_px=96)
    write_recording(tmp_path / "dish.tif", recording)
    times = recording.time_s * 1.01
    given = analyze_recording(tmp_path / "dish.tif", labels=truth.labels, time_s=times, events=recording.events)
    first = write_results(given, tmp_path / "first")
    assert main(["analyze", "--config", str(first / "run.toml"), "--output", str(tmp_path / "second")]) == 0
    for name in ("responses.csv", "traces.csv", "labels.tif", "run.toml"):
        if name != "run.toml":
            assert (tmp_path / "second" / name).read_bytes() == (first / name).read_bytes(), name


def test_an_existing_folder_is_replaced_only_when_told(analysis: Analysis, tmp_path: Path) -> None:
    write_results(analysis, tmp_path / "out")
    with pytest.raises(S1RImagingError, match="overwrite"):
        write_results(analysis, tmp_path / "out")
    write_results(analysis, tmp_path / "out", overwrite=True)
    assert files(tmp_path / "out") == EXPECTED


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt(), MemoryError()])
def test_nothing_is_left_when_a_picture_cannot_be_written(
    analysis: Analysis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr("s1r_imaging.results.plots.save_figure", fail)
    expected = S1RImagingError if isinstance(fault, OSError) else type(fault)
    with pytest.raises(expected):
        write_results(analysis, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_writing_can_be_cancelled(analysis: Analysis, tmp_path: Path) -> None:
    def cancel(stage: str, done: int, total: int, /) -> None:
        if done > 6:
            raise CancelledWorkError(stage)

    with pytest.raises(CancelledWorkError):
        write_results(analysis, tmp_path / "out", progress=cancel)
    assert list(tmp_path.iterdir()) == []


def test_a_long_table_can_be_cancelled_between_its_pieces(analysis: Analysis, tmp_path: Path) -> None:
    """Hours of recording make a table of traces of millions of rows, which takes longer than all pictures."""
    n_frames = analysis.recording.n_frames
    times = np.linspace(0.0, 1.0, 40 * n_frames)
    long = Traces(times, np.tile(analysis.traces.f, (1, 40)))
    table = trace_table(long)
    told: list[int] = []

    def cancel(_: str, done: int, __: int, /) -> None:
        told.append(done)
        if len(told) == 5:
            raise CancelledWorkError

    with pytest.raises(CancelledWorkError):
        write_folder(tmp_path / "out", {"traces.csv": table}, progress=cancel)
    assert told == [0] * 5
    assert list(tmp_path.iterdir()) == []
    write_folder(tmp_path / "out", {"traces.csv": table})
    assert (tmp_path / "out" / "traces.csv").read_text(encoding="utf-8") == table.to_csv(index=False, na_rep="NaN")


def test_no_cells_are_written_too(tmp_path: Path) -> None:
    recording, _ = simulate_recording(seed=6, height_px=64, width_px=64)
    empty = analyze_recording(recording, labels=np.zeros((64, 64), dtype=np.int32))
    folder = write_results(empty, tmp_path / "out")
    assert files(folder) == EXPECTED - {"shifts.csv"}
    table = pd.read_csv(folder / "responses.csv")
    assert table.empty
    assert "peak_dff" in table
