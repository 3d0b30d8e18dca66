import json
import tomllib
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from s1r_imaging.errors import CancelledWorkError, S1RImagingError
from s1r_imaging.experiment.design import read_design
from s1r_imaging.experiment_file import read_experiment_file
from s1r_imaging.experiment_results import write_experiment
from s1r_imaging.experiment_run import Experiment, run_experiment
from s1r_imaging.experiment_tables import prism_columns, prism_traces
from s1r_imaging.io.results import read_table
from s1r_imaging.simulate import SimulationOptions, simulate_experiment

TINY = SimulationOptions(height_px=48, width_px=48, n_frames=60, stimulus_s=15.0, drift_px=0.0)
TOP = {"report.html", "figures", "tables", "design.csv", "experiment.toml", "provenance.json"}


def write_nothing(_: object, path: Path) -> None:
    path.write_bytes(b"")


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    recordings, design, _ = simulate_experiment(4, n_days=2, recording=TINY)
    design["condition"] = design["condition"].replace("agonist", "=<b>agonist</b>")
    return run_experiment(design, recordings=recordings)


@pytest.fixture(scope="module")
def folder(experiment: Experiment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_experiment(experiment, tmp_path_factory.mktemp("results") / "out")


def test_the_folder_holds_what_is_promised(experiment: Experiment, folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == TOP | {".s1r-imaging-files"}
    figures = {path.name for path in (folder / "figures").iterdir()}
    names = {name.rpartition(".")[0] for name in figures}
    assert {"answer", "mean_traces", "superplot_peak", "responder_fraction", "block", "contrasts"} <= names
    assert figures == {f"{name}.{kind}" for name in names for kind in ("svg", "pdf", "png")}
    heads = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG"}
    for name in figures:
        assert (folder / "figures" / name).read_bytes().startswith(heads[name.rpartition(".")[2]])
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "<b>agonist</b>" not in page
    assert "=&lt;b&gt;agonist" in page


def test_tables_hold_the_numbers_of_the_experiment(experiment: Experiment, folder: Path) -> None:
    responses = read_table(folder / "tables" / "responses.csv", text=("recording", "event"))
    for column in experiment.responses.select_dtypes("number"):
        np.testing.assert_array_equal(responses[column], experiment.responses[column], err_msg=column)
    contrasts = read_table(folder / "tables" / "contrasts.csv")
    of_peak = contrasts[contrasts["measure"] == "peak_dff"]["estimate"]
    np.testing.assert_array_equal(of_peak, experiment.comparisons["peak_dff"].contrasts["estimate"])
    assert contrasts["measure"].unique().tolist() == ["peak_dff", "responder_fraction"]
    block = read_table(folder / "tables" / "block.csv").set_index("measure")
    assert block.loc["peak_dff", "estimate"] == experiment.comparisons["peak_dff"].block["estimate"].iloc[0]


def test_one_workbook_has_every_table_and_no_formula(folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "tables" / "tables.xlsx")
    tables = {path.stem for path in (folder / "tables").glob("*.csv")}
    assert set(book.sheetnames) == tables
    assert not any(cell.data_type == "f" for sheet in book for row in sheet.iter_rows(max_row=50) for cell in row)


def test_prism_gets_a_column_per_condition_with_replicates_as_rows(experiment: Experiment, folder: Path) -> None:
    wide = pd.read_csv(folder / "tables" / "prism_peak_dff.csv")
    assert wide.columns.tolist() == ["replicate", *dict.fromkeys(experiment.design["condition"])]
    assert wide["replicate"].tolist() == ["day1_dish1", "day2_dish1"]
    replicates = experiment.comparisons["peak_dff"].replicates
    for row in replicates.to_dict("records"):
        found = wide.loc[wide["replicate"] == row["replicate"], row["condition"]].iloc[0]
        assert found == pytest.approx(row["value"], rel=1e-12)
    traces = pd.read_csv(folder / "tables" / "prism_mean_traces.csv")
    assert len(traces) == 60
    assert traces.columns[:3].tolist() == ["time_s", "vehicle (day1_dish1)", "vehicle (day2_dish1)"]


def test_prism_tables_keep_pairs_and_gaps_and_any_name() -> None:
    table = pd.DataFrame(
        {
            "condition": ["replicate", "replicate", "b"],
            "replicate": ["d1", "d2", "d2"],
            "value": [1.0, 2.0, 3.0],
        }
    )
    wide = prism_columns(table)
    assert wide.columns.tolist() == ["replicate", "replicate", "b"]
    assert wide.iloc[1].tolist() == ["d2", 2.0, 3.0]
    assert wide.iloc[:, 2].isna().tolist() == [True, False]
    empty = prism_columns(table.iloc[:0])
    assert empty.columns.tolist() == ["replicate"]
    assert empty.empty
    traces = pd.DataFrame({"recording": ["x", "x", "y"], "time_s": [0.0, 1.0, 0.0], "mean_dff": [1.0, 2.0, 3.0]})
    design = pd.DataFrame({"recording": ["x", "y"], "condition": ["a", "b"], "replicate": ["d1", "d1"]})
    assert prism_traces(traces, design)["b (d1)"].isna().tolist() == [False, True]


def test_the_record_says_what_went_in(experiment: Experiment, folder: Path) -> None:
    record = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert [row["recording"] for row in record["recordings"]] == experiment.design["recording"].tolist()
    assert all(row["digest"].startswith("sha256:") for row in record["recordings"])
    assert record["versions"]["numpy"] == np.__version__
    plan = read_experiment_file(folder / "experiment.toml")
    assert plan.options == experiment.options
    assert plan.design == folder / "design.csv"
    again = read_design(plan.design)
    same = ["recording", "condition", "role", "replicate"]
    pd.testing.assert_frame_equal(again[same].astype(str), experiment.design[same].astype(str))
    np.testing.assert_array_equal(again["agonist_M"], experiment.design["agonist_M"])


def test_a_second_time_replaces_its_own_and_keeps_the_rest(
    experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s1r_imaging.plots.save_figure", write_nothing)
    write_experiment(experiment, tmp_path)
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "kept").write_text("", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(S1RImagingError, match="overwrite"):
        write_experiment(experiment, tmp_path)
    write_experiment(experiment, tmp_path, overwrite=True)
    assert {path.name for path in tmp_path.iterdir()} == TOP | {".s1r-imaging-files", "recordings", "notes.txt"}
    (tmp_path / "figures" / "drawing.svg").write_text("mine", encoding="utf-8")
    with pytest.raises(S1RImagingError, match=r"drawing\.svg"):
        write_experiment(experiment, tmp_path, overwrite=True)


def test_cancelled_writing_leaves_nothing(
    experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cancel(stage: str, done: int, total: int, /) -> None:
        if done > 3:
            raise CancelledWorkError(stage)

    monkeypatch.setattr("s1r_imaging.plots.save_figure", write_nothing)
    with pytest.raises(CancelledWorkError):
        write_experiment(experiment, tmp_path / "out", progress=cancel)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_experiment_file_is_explained(tmp_path: Path) -> None:
    for text, said in (
        ("design = 3", "name of the design table"),
        ("[dff]\nf0_percentil = 3", "f0_percentil"),
        ("[nonsense]", "nonsense"),
        ("confidence = 0.9", "outside a section"),
        ("[compare]\nconfidence = 2.0", "confidence"),
    ):
        file = tmp_path / "experiment.toml"
        file.write_text(text, encoding="utf-8")
        with pytest.raises(S1RImagingError, match=said):
            read_experiment_file(file)
    file.write_text("[compare]\nconfidence = 0.9\n", encoding="utf-8")
    assert read_experiment_file(file).options.compare.confidence == 0.9
    assert tomllib.loads(file.read_text(encoding="utf-8"))
