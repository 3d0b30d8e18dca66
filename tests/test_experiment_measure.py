from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from s1r_imaging.analysis import AnalysisOptions
from s1r_imaging.calcium.dff import DffOptions
from s1r_imaging.experiment_options import ExperimentOptions
from s1r_imaging.experiment_run import Experiment, run_experiment
from s1r_imaging.io.labels import write_labels
from s1r_imaging.simulate import SimulationOptions, simulate_experiment

TINY = SimulationOptions(height_px=48, width_px=48, n_frames=60, stimulus_s=15.0, drift_px=0.0)


def statuses(experiment: Experiment) -> list[str]:
    status: list[str] = experiment.recordings["status"].tolist()
    return status


def write_plate(folder: Path, name: str = "plate1") -> list[dict[str, Any]]:
    """Write a plate of two rows, vehicle and agonist, of which the agonist responds with ΔF/F0 0.8."""
    rng = np.random.default_rng(1)
    time_s = np.arange(0.0, 120.0, 2.0)
    step = np.where(time_s > 30, 1 - np.exp(-(time_s - 30) / 2), 0.0)
    columns, rows = {"Time (s)": time_s}, []
    for row, role, height, agonist in (("A", "vehicle", 0.0, None), ("B", "agonist", 0.8, "PRE-084")):
        for number in range(1, 7):
            well = f"{row}{number}"
            columns[well] = 500 * (1 + height * step) + rng.normal(0, 3, time_s.size)
            events = "vehicle@30" if agonist is None else "PRE-084:10uM@30"
            rows.append({"plate": name, "well": well, "file": f"{name}.csv", "role": role, "agonist": agonist,
                         "agonist_uM": None if agonist is None else 10, "events": events})  # fmt: skip
    pd.DataFrame(columns).to_csv(folder / f"{name}.csv", index=False)
    return rows


def test_wells_of_a_plate_are_recordings_of_their_own(tmp_path: Path) -> None:
    rows = write_plate(tmp_path)
    pd.DataFrame([*rows, rows[-1] | {"well": "H12"}]).to_csv(tmp_path / "design.csv", index=False)
    first = run_experiment(tmp_path / "design.csv", folder=tmp_path / "out")
    table = first.recordings.set_index("recording")
    assert table.index[:2].tolist() == ["plate1_A1", "plate1_A2"]
    assert statuses(first) == ["done"] * 12 + ["failed"]
    assert "H12" in str(table.loc["plate1_H12", "message"])
    assert (table["n_cells"][:12] == 1).all()
    effect = first.comparisons["peak_dff"].contrasts.iloc[0]
    assert effect["estimate"] == pytest.approx(0.8, abs=0.02)
    assert effect["n_replicates"] == 6
    assert set(first.responses["event"]) == {"vehicle", "PRE-084"}
    assert len(first.responses) == 12
    again = run_experiment(tmp_path / "design.csv", folder=tmp_path / "out")
    assert statuses(again) == ["kept"] * 12 + ["failed"]
    pd.testing.assert_frame_equal(first.responses, again.responses, check_exact=True)
    pd.testing.assert_frame_equal(first.mean_traces, again.mean_traces, check_exact=True)


def test_bleaching_is_measured_in_the_vehicle_dishes(tmp_path: Path) -> None:
    fading = replace(TINY, bleaching_fraction=0.3, n_frames=100)
    recordings, design, truth = simulate_experiment(
        5, n_days=1, conditions=["vehicle", "agonist"], recording=fading
    )
    files = [tmp_path / f"{recording.name}.tif" for recording in recordings]
    for file, recording in zip(files, recordings, strict=True):
        write_labels(file, truth.recordings[recording.name].labels)
    design["labels"] = [str(file) for file in files]
    options = ExperimentOptions(analysis=AnalysisOptions(dff=DffOptions(bleaching="reference")))
    plain = run_experiment(design, recordings=recordings)
    folder = tmp_path / "out"
    corrected = run_experiment(design, recordings=recordings, options=options, folder=folder)
    assert plain.recordings["peak_dff"][0] < -0.1
    assert abs(corrected.recordings["peak_dff"][0]) < 0.03
    assert statuses(run_experiment(design, recordings=recordings, options=options, folder=folder)) == ["kept"] * 2
    darker = replace(recordings[0], data=np.asarray(recordings[0].data) - 1)
    changed = run_experiment(design, recordings=[darker, recordings[1]], options=options, folder=folder)
    assert statuses(changed) == ["done", "done"]
    alone = run_experiment(design[1:], recordings=recordings, options=options)
    assert statuses(alone) == ["failed"]
    assert "vehicle" in alone.recordings["message"][0]


def test_plates_of_one_name_in_two_folders_do_not_meet(tmp_path: Path) -> None:
    rows = []
    for day in ("day1", "day2"):
        (tmp_path / day).mkdir()
        rows += [row | {"file": f"{day}/{row['file']}", "plate": day} for row in write_plate(tmp_path / day)]
    pd.DataFrame(rows).to_csv(tmp_path / "design.csv", index=False)
    for expected in ("done", "kept"):
        experiment = run_experiment(tmp_path / "design.csv", folder=tmp_path / "out")
        assert statuses(experiment) == [expected] * 24
    assert experiment.recordings["recording"].is_unique


def test_a_plate_that_cannot_be_read_fails_with_all_its_wells(tmp_path: Path) -> None:
    rows = write_plate(tmp_path)
    (tmp_path / "plate1.csv").write_text("nothing\n", encoding="utf-8")
    experiment = run_experiment(pd.DataFrame(rows).assign(file=str(tmp_path / "plate1.csv")))
    assert statuses(experiment) == ["failed"] * 12
    assert all("plate1.csv" in message for message in experiment.recordings["message"])
