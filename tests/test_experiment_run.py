import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from s1r_imaging.analysis import AnalysisOptions, analyze_recording
from s1r_imaging.calcium.dff import DffOptions
from s1r_imaging.errors import CancelledWorkError, S1RImagingError
from s1r_imaging.experiment_options import ExperimentOptions
from s1r_imaging.experiment_run import Experiment, run_experiment
from s1r_imaging.io.events import format_events
from s1r_imaging.io.labels import write_labels
from s1r_imaging.io.recording import RecordingOptions, read_recording, write_recording
from s1r_imaging.recording import Recording
from s1r_imaging.simulate import SimulationOptions, simulate_experiment

TINY = SimulationOptions(height_px=48, width_px=48, n_frames=60, stimulus_s=15.0, drift_px=0.0)
BAD = "day2_dish1_agonist"


def write_nothing(_: object, path: Path) -> None:
    path.write_bytes(b"")


@pytest.fixture(scope="module", autouse=True)
def no_overviews() -> Iterator[None]:
    """Overviews of single recordings are tested elsewhere, and take longer than all the rest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("s1r_imaging.results_parts.plots.save_figure", write_nothing)
        yield


def write_experiment_files(folder: Path, **how: Any) -> Path:
    """Write recordings and a design as a user has them."""
    recordings, design, _ = simulate_experiment(3, recording=TINY, **how)
    folder.mkdir(exist_ok=True)
    for recording in recordings:
        write_recording(folder / f"{recording.name}.ome.tif", recording)
    table = design.assign(
        file=[f"{recording.name}.ome.tif" for recording in recordings],
        events=[format_events(recording.events) for recording in recordings],
    )
    table.to_csv(folder / "design.csv", index=False)
    return folder / "design.csv"


@pytest.fixture(scope="module")
def twelve(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Experiment]:
    """Twelve recordings, one of which is cut off: the design, the results folder, and the experiment."""
    base = tmp_path_factory.mktemp("twelve")
    design = write_experiment_files(base / "data")
    bad = base / "data" / f"{BAD}.ome.tif"
    bad.write_bytes(bad.read_bytes()[:3000])
    return design, base / "results", run_experiment(design, folder=base / "results")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A design of two recordings with their cells given, which is quick."""
    folder = tmp_path_factory.mktemp("pair")
    recordings, design, truth = simulate_experiment(5, n_days=1, conditions=["vehicle", "agonist"], recording=TINY)
    for recording in recordings:
        write_recording(folder / f"{recording.name}.tif", recording)
        write_labels(folder / f"{recording.name}-cells.tif", truth.recordings[recording.name].labels)
    table = design.assign(
        file=design["recording"] + ".tif",
        labels=design["recording"] + "-cells.tif",
        events=[format_events(recording.events) for recording in recordings],
    )
    table.to_csv(folder / "design.csv", index=False)
    return folder / "design.csv"


def statuses(experiment: Experiment) -> list[str]:
    status: list[str] = experiment.recordings["status"].tolist()
    return status


def assert_same_numbers(one: Experiment, other: Experiment) -> None:
    pd.testing.assert_frame_equal(one.responses, other.responses, check_exact=True)
    pd.testing.assert_frame_equal(one.mean_traces, other.mean_traces, check_exact=True)
    told = ["status"]
    pd.testing.assert_frame_equal(one.recordings.drop(columns=told), other.recordings.drop(columns=told))
    for measure, comparison in one.comparisons.items():
        pd.testing.assert_frame_equal(comparison.contrasts, other.comparisons[measure].contrasts)
    assert one.events == other.events
    assert one.pictures == other.pictures


def test_one_bad_recording_among_twelve_is_a_row_that_says_why(twelve: tuple[Path, Path, Experiment]) -> None:
    _, _, experiment = twelve
    rows = experiment.recordings.set_index("recording")
    assert rows["status"].value_counts().to_dict() == {"done": 11, "failed": 1}
    assert f"{BAD}.ome.tif" in str(rows.loc[BAD, "message"])
    assert BAD not in set(experiment.responses["recording"])
    assert experiment.responses["recording"].nunique() == 11
    assert "1 of 12 recordings could not be analysed." in experiment.notes
    assert any(note.startswith(f"{BAD}: ") for note in experiment.notes)
    assert set(experiment.comparisons) == {"peak_dff", "responder_fraction"}
    replicates = experiment.comparisons["peak_dff"].replicates
    assert replicates.loc[replicates["condition"] == "agonist", "value"].notna().sum() == 2


def test_tables_belong_together_and_follow_the_design(twelve: tuple[Path, Path, Experiment]) -> None:
    _, _, experiment = twelve
    order = [name for name in experiment.design["recording"] if name != BAD]
    assert experiment.recordings["recording"].tolist() == experiment.design["recording"].tolist()
    assert list(dict.fromkeys(experiment.responses["recording"])) == order
    assert list(dict.fromkeys(experiment.mean_traces["recording"])) == order
    assert set(experiment.pictures) == set(experiment.events) == set(order)
    assert all(picture.startswith(b"\x89PNG") for picture in experiment.pictures.values())
    rows = experiment.recordings.set_index("recording").loc[order]
    cells = experiment.responses.groupby("recording", sort=False)
    assert rows["n_cells"].tolist() == cells["label"].nunique().tolist()
    assert rows["n_responders"].tolist() == cells["is_responder"].sum().tolist()
    assert rows["n_frames"].eq(60).all()


def test_a_recording_of_an_experiment_has_the_numbers_it_has_alone(twelve: tuple[Path, Path, Experiment]) -> None:
    design, _, experiment = twelve
    name = "day1_dish1_agonist"
    alone = analyze_recording(design.parent / f"{name}.ome.tif", events=experiment.events[name], name=name)
    ours = experiment.responses[experiment.responses["recording"] == name].reset_index(drop=True)
    pd.testing.assert_frame_equal(ours, alone.responses, check_exact=True)
    trace = experiment.mean_traces[experiment.mean_traces["recording"] == name]
    assert alone.traces.dff is not None
    np.testing.assert_allclose(trace["mean_dff"], np.nanmean(alone.traces.dff, axis=0), atol=1e-12)
    np.testing.assert_allclose(trace["sd_dff"], np.nanstd(alone.traces.dff, axis=0, ddof=1), atol=1e-12)
    np.testing.assert_array_equal(trace["time_s"], alone.recording.time_s)


def test_a_second_run_does_only_what_is_missing(
    twelve: tuple[Path, Path, Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    design, results, first = twelve
    shutil.copytree(results, tmp_path / "results")
    shutil.rmtree(tmp_path / "results" / "recordings" / "day3_dish1_vehicle")
    from s1r_imaging import experiment_run

    measured = []
    measure_job = vars(experiment_run)["measure_job"]

    def watched(job: Any, *arguments: Any, **how: Any) -> Any:
        measured.append(job.name)
        return measure_job(job, *arguments, **how)

    monkeypatch.setattr(experiment_run, "measure_job", watched)
    again = run_experiment(design, folder=tmp_path / "results")
    assert measured == [BAD, "day3_dish1_vehicle"]
    assert again.recordings["status"].value_counts().to_dict() == {"kept": 10, "done": 1, "failed": 1}
    assert_same_numbers(first, again)


@pytest.mark.parametrize("changed", ["options", "events", "file", "labels"])
def test_what_was_made_from_something_else_is_made_again(pair: Path, tmp_path: Path, changed: str) -> None:
    shutil.copytree(pair.parent, tmp_path / "data")
    design, results = tmp_path / "data" / "design.csv", tmp_path / "results"
    run_experiment(design, folder=results)
    assert statuses(run_experiment(design, folder=results)) == ["kept", "kept"]
    table = pd.read_csv(design)
    options = ExperimentOptions()
    expected = ["done", "kept"]
    if changed == "options":
        options = ExperimentOptions(analysis=AnalysisOptions(dff=DffOptions(f0_percentile=20.0)))
        expected = ["done", "done"]
    elif changed == "events":
        table.loc[0, "events"] = "vehicle@16"
        table.to_csv(design, index=False)
    elif changed == "file":
        recording = read_recording(tmp_path / "data" / table["file"][0])
        darker = replace(recording, data=np.asarray(recording.data[:]) - 1)
        write_recording(tmp_path / "data" / table["file"][0], darker)
    else:
        shutil.copy(tmp_path / "data" / table["labels"][1], tmp_path / "data" / table["labels"][0])
    assert statuses(run_experiment(design, folder=results, options=options)) == expected
    assert statuses(run_experiment(design, folder=results, options=options)) == ["kept", "kept"]


@pytest.mark.parametrize("stage", ["recordings", "traces"])
def test_cancelling_keeps_what_is_done_and_nothing_half_written(pair: Path, tmp_path: Path, stage: str) -> None:
    calls = 0

    def cancel(told: str, done: int, total: int, /) -> None:
        nonlocal calls
        calls += told == "recordings"
        if calls == 2 and told == stage:
            raise CancelledWorkError(told)

    with pytest.raises(CancelledWorkError):
        run_experiment(pair, folder=tmp_path / "results", progress=cancel)
    kept = [path.name for path in (tmp_path / "results" / "recordings").iterdir()]
    assert kept == ["day1_dish1_vehicle"]
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["recordings"]
    assert statuses(run_experiment(pair, folder=tmp_path / "results")) == ["kept", "done"]


def test_a_damaged_record_is_made_again(pair: Path, tmp_path: Path) -> None:
    run_experiment(pair, folder=tmp_path)
    folders = sorted((tmp_path / "recordings").iterdir())
    (folders[0] / "kept.json").write_text("{", encoding="utf-8")
    (folders[1] / "responses.csv").write_text("recording\n", encoding="utf-8")
    assert statuses(run_experiment(pair, folder=tmp_path)) == ["done", "done"]


def test_recordings_in_memory_give_the_same_as_their_files(pair: Path, tmp_path: Path) -> None:
    table = pd.read_csv(pair)
    labels = [str(pair.parent / name) for name in table["labels"]]
    recordings = {name: read_recording(pair.parent / f"{name}.tif") for name in table["recording"]}
    design = table.drop(columns="file").assign(labels=labels)
    in_memory = run_experiment(design, recordings=recordings, folder=tmp_path)
    assert_same_numbers(run_experiment(pair), in_memory)
    assert statuses(run_experiment(design, recordings=recordings, folder=tmp_path)) == ["kept", "kept"]


def test_events_of_a_recording_in_memory_are_used_where_the_design_has_none() -> None:
    recordings, design, _ = simulate_experiment(5, n_days=1, conditions=["agonist"], recording=TINY)
    experiment = run_experiment(design, recordings=recordings)
    assert experiment.events == {recordings[0].name: recordings[0].events}
    assert set(experiment.responses["event"]) == {"PRE-084"}


def test_an_unexpected_error_is_a_row_with_its_type(pair: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from s1r_imaging import experiment_measure

    analyze = vars(experiment_measure)["analyze_recording"]

    def fail(stack: Any, **how: Any) -> Any:
        if "vehicle" in str(stack):
            raise ZeroDivisionError("division by zero")
        return analyze(stack, **how)

    monkeypatch.setattr(experiment_measure, "analyze_recording", fail)
    experiment = run_experiment(pair)
    assert statuses(experiment) == ["failed", "done"]
    assert experiment.recordings["message"][0] == "ZeroDivisionError: division by zero"


def test_nothing_could_be_analysed(pair: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise S1RImagingError("x.tif is broken.")

    monkeypatch.setattr("s1r_imaging.experiment_measure.analyze_recording", fail)
    experiment = run_experiment(pair)
    assert statuses(experiment) == ["failed", "failed"]
    assert experiment.responses.empty
    assert experiment.mean_traces.empty
    assert {"peak_dff", "recording", "is_responder"} <= set(experiment.responses.columns)
    assert experiment.recordings["n_cells"].tolist() == [0, 0]


def test_without_vehicle_there_is_a_sentence(pair: Path) -> None:
    table = pd.read_csv(pair)
    table = table[table["role"] == "agonist"]
    recording = read_recording(pair.parent / table["file"].iloc[0])
    design = table.drop(columns=["file", "labels"])
    experiment = run_experiment(design, recordings={table["recording"].iloc[0]: recording})
    said = " ".join([*experiment.notes, *(s for c in experiment.comparisons.values() for s in c.sentences)])
    assert "vehicle" in said
    assert len(experiment.responses)


def test_names_that_no_file_may_have_and_names_like_numbers(pair: Path, tmp_path: Path) -> None:
    table = pd.read_csv(pair)
    names = ["001", 'a/b: <"µ"> ' + "x" * 200]
    recordings = dict(zip(names, (read_recording(pair.parent / file) for file in table["file"]), strict=True))
    labels = [str(pair.parent / name) for name in table["labels"]]
    design = table.drop(columns="file").assign(recording=names, labels=labels)
    first = run_experiment(design, recordings=recordings, folder=tmp_path)
    second = run_experiment(design, recordings=recordings, folder=tmp_path)
    assert (statuses(first), statuses(second)) == (["done"] * 2, ["kept"] * 2)
    assert list(dict.fromkeys(second.responses["recording"])) == names
    assert_same_numbers(first, second)


def test_what_the_design_says_of_a_file_comes_before_the_file(pair: Path, tmp_path: Path) -> None:
    table = pd.read_csv(pair).assign(frame_interval_s=[0.25, np.nan])
    for column in ("file", "labels"):
        table[column] = [str(pair.parent / name) for name in table[column]]
    experiment = run_experiment(table.assign(events=["vehicle@7.5", "PRE-084:10uM@15"]))
    assert experiment.recordings["frame_interval_s"].tolist() == [0.25, 0.5]


def test_warnings_of_a_recording_stand_in_its_row(pair: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import warnings

    from s1r_imaging import experiment_measure

    analyze = vars(experiment_measure)["analyze_recording"]

    def warn(stack: Any, **how: Any) -> Any:
        warnings.warn("the field is dark.", UserWarning, stacklevel=2)
        return analyze(stack, **how)

    monkeypatch.setattr(experiment_measure, "analyze_recording", warn)
    experiment = run_experiment(pair)
    assert experiment.recordings["message"].tolist() == ["the field is dark."] * 2
    assert statuses(experiment) == ["done", "done"]


def test_wrong_arguments_are_named(pair: Path, tmp_path: Path) -> None:
    recordings, design, _ = simulate_experiment(5, n_days=1, conditions=["vehicle", "agonist"], recording=TINY)
    with pytest.raises(ValueError, match="'day1_dish1_agonist' has no file"):
        run_experiment(design, recordings=recordings[:1])
    wrong: Any = [np.zeros((4, 5, 6))]
    with pytest.raises(TypeError, match="ndarray"):
        run_experiment(design, recordings=wrong)
    with pytest.raises(ValueError, match="twice"):
        run_experiment(design, recordings=[recordings[0], recordings[0]])
    with pytest.raises(ValueError, match="named in the design"):
        ExperimentOptions(analysis=AnalysisOptions(recording=RecordingOptions(name="dish")))
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(S1RImagingError, match="is a file"):
        run_experiment(design, recordings=recordings, folder=tmp_path / "taken")
    missing = pd.read_csv(pair).assign(file=["gone.tif", "gone-too.tif"])
    with pytest.raises(ValueError, match=r"gone\.tif(.|\n)*gone-too\.tif"):
        run_experiment(missing)


def test_options_survive_a_file() -> None:
    options = ExperimentOptions(analysis=AnalysisOptions(dff=DffOptions(f0_percentile=20.0)))
    assert ExperimentOptions.from_dict(options.to_dict()) == options
    with pytest.raises(ValueError, match="unknown section"):
        ExperimentOptions.from_dict({"no_such": {}})


def test_inputs_stay_as_they_are() -> None:
    recordings, design, _ = simulate_experiment(5, n_days=1, conditions=["vehicle"], recording=TINY)
    before = design.copy(deep=True)
    data = np.asarray(recordings[0].data)
    data.setflags(write=False)
    run_experiment(design, recordings=[Recording(data, time_s=recordings[0].time_s, name=recordings[0].name)])
    pd.testing.assert_frame_equal(design, before)
