from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from s1r_imaging import samples
from s1r_imaging.cli import main
from s1r_imaging.experiment_file import read_experiment_file
from s1r_imaging.io.events import format_events
from s1r_imaging.io.labels import write_labels
from s1r_imaging.io.recording import write_recording
from s1r_imaging.simulate import SimulationOptions, simulate_experiment

TINY = SimulationOptions(height_px=48, width_px=48, n_frames=60, stimulus_s=15.0, drift_px=0.0)


@pytest.fixture(scope="module", autouse=True)
def no_pictures() -> Iterator[None]:
    """Pictures and report are tested elsewhere, and take longer than all the rest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("s1r_imaging.plots.save_figure", lambda _, path: path.write_bytes(b""))
        patch.setattr(
            "s1r_imaging.experiment_results.report_html", lambda experiment: f"<h1>{experiment.name}</h1>"
        )
        yield


@pytest.fixture
def design(tmp_path: Path) -> Path:
    recordings, table, truth = simulate_experiment(5, n_days=1, conditions=["vehicle", "agonist"], recording=TINY)
    for recording in recordings:
        write_recording(tmp_path / f"{recording.name}.tif", recording)
        write_labels(tmp_path / f"{recording.name}-cells.tif", truth.recordings[recording.name].labels)
    events = [format_events(recording.events) for recording in recordings]
    names = table["recording"]
    table = table.assign(file=names + ".tif", labels=names + "-cells.tif", events=events)
    table.to_csv(tmp_path / "sigma1.csv", index=False)
    return tmp_path / "sigma1.csv"


def test_the_answer_is_printed_and_a_second_run_keeps_what_is_there(
    design: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["run", str(design), "--f0-percentile", "20", "--compare-method", "permutation"]) == 0
    said = capsys.readouterr().out
    assert "2 of 2 recordings analysed" in said
    assert "Peak ΔF/F0:" in said
    assert "positive control" in said
    folder = tmp_path / "sigma1-experiment"
    assert (folder / "report.html").read_text(encoding="utf-8") == "<h1>sigma1</h1>"
    options = read_experiment_file(folder / "experiment.toml").options
    assert (options.analysis.dff.f0_percentile, options.compare.method) == (20.0, "permutation")
    assert main(["run", "--config", str(folder / "experiment.toml"), "--output", str(folder)]) == 0
    assert "2 of them in an earlier run" in capsys.readouterr().out
    assert main(["run", str(design), "--output", str(folder)]) == 0
    assert "earlier run" not in capsys.readouterr().out


def test_one_bad_recording_is_named_and_the_others_finish(
    design: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "day1_dish1_vehicle.tif").write_bytes(b"no picture")
    assert main(["run", str(design), "--output", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "1 of 2 recordings analysed, 1 failed" in said
    assert "day1_dish1_vehicle.tif" in said


def test_nothing_is_written_when_nothing_could_be_analysed_or_the_design_is_wrong(
    design: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    for file in tmp_path.glob("*[et].tif"):
        file.write_bytes(b"no picture")
    assert main(["run", str(design), "--output", str(out)]) == 1
    assert "no recording could be analysed" in capsys.readouterr().err
    pd.read_csv(design).assign(role=["vehicle", "agnist"], file=["gone.tif", "b.tif"]).to_csv(design, index=False)
    assert main(["run", str(design), "--output", str(out)]) == 1
    said = capsys.readouterr().err
    assert "agnist" in said
    assert "gone.tif" in said
    assert main(["run", "--output", str(out)]) == 2
    assert not out.exists()


def test_files_of_the_user_are_not_replaced(
    design: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "report.html").write_text("mine", encoding="utf-8")
    assert main(["run", str(design), "--output", str(tmp_path)]) == 1
    assert "report.html" in capsys.readouterr().err
    assert not (tmp_path / "recordings").exists()


def test_the_demo_says_how_far_from_the_truth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        samples, "simulate_experiment", lambda seed, **how: simulate_experiment(seed, recording=TINY, **how)
    )
    out = tmp_path / "demo"
    assert main(["demo-experiment", "--days", "1", "--output", str(out)]) == 0
    said = capsys.readouterr().out
    assert "Truth: agonist - vehicle" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo", "demo-sample"]
    assert len(list((tmp_path / "demo-sample").glob("*.ome.tif"))) == 4
    assert main(["demo-experiment", "--days", "1", "--output", str(out)]) == 1
    assert "overwrite" in capsys.readouterr().err
    assert main(["run", str(tmp_path / "demo-sample" / "design.csv"), "--output", str(out)]) == 0
    assert "4 of them in an earlier run" in capsys.readouterr().out
