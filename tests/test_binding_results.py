import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from s1r_imaging.binding_analysis import BindingAnalysis, BindingOptions, analyze_binding, signal_per_molar
from s1r_imaging.binding_results import write_binding_results
from s1r_imaging.binding_runfile import BindingRunFile, read_binding_run_file
from s1r_imaging.binding_tables import prism_table
from s1r_imaging.cli import main
from s1r_imaging.errors import CancelledWorkError, S1RImagingError
from s1r_imaging.io.results import read_table
from s1r_imaging.simulate import simulate_binding_plate

TABLES = {
    "affinities.csv",
    "combined.csv",
    "curves.csv",
    "parameters.csv",
    "plate.csv",
    "prism.csv",
    "quality.csv",
    "residuals.csv",
}
EXPECTED = TABLES | {
    ".s1r-imaging-files",  # what may be replaced by a later run
    "binding.toml",
    "overview.png",
    "overview.svg",
    "provenance.json",
    "report.txt",
    *(f"pictures/{name}.{suffix}" for name in ("compounds", "plate_1") for suffix in ("png", "svg")),
}
ASSAY = {"radioligand_nM": 3.0, "kd_nM": 3.0}


@pytest.fixture(scope="module")
def plate() -> pd.DataFrame:
    made, _ = simulate_binding_plate(seed=4, n_experiments=1, compounds={"PRE-084": 2.2e-9, "NE-100": 1e-9})
    return made


@pytest.fixture(scope="module")
def analysis(plate: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> BindingAnalysis:
    path = tmp_path_factory.mktemp("source") / "counts.csv"
    plate.to_csv(path, index=False)
    return analyze_binding(path, radioligand_nM=3.0, kd_nM=3.0, kd_se_nM=0.3)


@pytest.fixture(scope="module")
def folder(analysis: BindingAnalysis, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_binding_results(analysis, tmp_path_factory.mktemp("results") / "out")


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_folder_holds_what_is_promised_and_nothing_else(folder: Path) -> None:
    assert files(folder) == EXPECTED
    assert [path.name for path in folder.parent.iterdir()] == ["out"]


def test_tables_come_back_to_the_last_bit(analysis: BindingAnalysis, folder: Path) -> None:
    for name, table in (("affinities", analysis.affinities), ("curves", analysis.fit.curves())):
        read = read_table(folder / f"{name}.csv")
        for column in table.select_dtypes("number"):
            np.testing.assert_array_equal(read[column], table[column], err_msg=column)


def test_the_record_repeats_the_run_bit_for_bit(folder: Path, tmp_path: Path) -> None:
    assert main(["bind", "--config", str(folder / "binding.toml"), "--output", str(tmp_path / "again")]) == 0
    for name in sorted(EXPECTED - {"provenance.json", "binding.toml"}):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes(), name


def test_a_plate_from_memory_is_repeated_from_the_folder_itself(
    plate: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "s1r_imaging.results_parts.plots.save_figure", lambda _, path: path.write_bytes(b"picture")
    )
    first = write_binding_results(analyze_binding(plate, radioligand_nM=3.0, kd_nM=3.0), tmp_path / "first")
    assert main(["bind", "--config", str(first / "binding.toml"), "--output", str(tmp_path / "second")]) == 0
    for name in TABLES - {"plate.csv"}:
        assert (tmp_path / "second" / name).read_bytes() == (first / name).read_bytes(), name


def test_wells_of_several_experiments_come_back_from_one_table(tmp_path: Path) -> None:
    plate, _ = simulate_binding_plate(seed=4, n_experiments=2, compounds={"NE-100": 1e-9})
    plate.to_csv(tmp_path / "counts.csv", index=False)
    from_file = analyze_binding(tmp_path / "counts.csv", radioligand_nM=3.0, kd_nM=3.0)
    from_memory = analyze_binding(plate, radioligand_nM=3.0, kd_nM=3.0)
    pd.testing.assert_frame_equal(from_file.affinities, from_memory.affinities, rtol=1e-12)


def test_the_record_says_from_what_with_which_versions_and_what_flags_mean(folder: Path) -> None:
    record = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert record["sources"][0]["digest"].startswith("sha256:")
    assert record["versions"]["numpy"] == np.__version__
    assert record["run"]["binding"]["kd_se_nM"] == 0.3
    assert record["flags"]["DEPLETION"]["meaning"].endswith(".")


def test_prism_gets_every_well_once_in_the_block_of_its_compound(plate: pd.DataFrame) -> None:
    table = prism_table(plate)
    for compound in ("PRE-084", "NE-100"):
        block = table.filter(regex=rf"^{compound} \d+$")
        own = plate[plate["compound"] == compound]
        totals = plate.loc[plate["role"] == "total", "signal"]
        written = block.to_numpy()
        assert sorted(written[np.isfinite(written)]) == sorted([*own["signal"], *totals])
        for dose, wells in own.groupby("concentration_M")["signal"]:
            row = block[np.isclose(table["log10 M"], np.log10(float(str(dose))))].to_numpy().ravel()
            assert sorted(row[np.isfinite(row)]) == sorted(wells)
    low = np.log10(plate.loc[plate["role"] == "competitor", "concentration_M"].min())
    assert table["log10 M"].iloc[0] <= low - 2
    assert table["log10 M"].is_monotonic_increasing


def test_prism_leaves_cells_without_a_well_empty(folder: Path) -> None:
    text = (folder / "prism.csv").read_text(encoding="utf-8")
    assert text.startswith("log10 M,PRE-084 1,PRE-084 2,")
    assert "NaN" not in text


def test_several_files_are_several_experiments(plate: pd.DataFrame, tmp_path: Path) -> None:
    paths = [tmp_path / f"{day}.csv" for day in ("monday", "tuesday")]
    for path in paths:
        plate.to_csv(path, index=False)
    both = analyze_binding(paths, radioligand_nM=3.0, kd_nM=3.0)
    assert list(both.affinities["experiment"].unique()) == ["monday", "tuesday"]
    assert list(both.combined["n_experiments"]) == [2, 2]


def test_counts_become_concentration_as_in_the_overview() -> None:
    assay = BindingOptions(specific_activity_Ci_mmol=30, counting_efficiency=1, volume_uL=250)
    found = signal_per_molar(assay)
    assert found is not None
    assert 3e-9 * found == pytest.approx(49_950)
    assert signal_per_molar(BindingOptions()) is None


def test_the_receptor_is_found_from_counts() -> None:
    plate, truth = simulate_binding_plate(seed=7, n_experiments=1, receptor_M=4e-10, compounds={"NE-100": 1e-9})
    made = truth.options
    result = analyze_binding(
        plate,
        radioligand_nM=3.0,
        kd_nM=3.0,
        specific_activity_Ci_mmol=made.specific_activity_Ci_mmol,
        counting_efficiency=made.counting_efficiency,
        volume_uL=made.volume_uL,
        equilibrium="exact",
    )
    assert result.affinities["receptor_nM"].iloc[0] == pytest.approx(0.4, rel=0.1)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "radioligand_nM was not given"),
        ({"radioligand_nM": 3.0}, "kd_nM was not given"),
        (ASSAY | {"volume_uL": 250.0}, "specific_activity_Ci_mmol was not given"),
        (ASSAY | {"equilibrium": "exact"}, "receptor_nM"),
        (ASSAY | {"kd_se_nM": -1.0}, "kd_se_nM"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_read(given: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        analyze_binding("nowhere.csv", **given)  # type: ignore[arg-type]


def test_a_run_file_survives_being_written_and_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    import tomli_w

    run = BindingRunFile(
        sources=(Path("a.csv"), Path("b.csv")), plate_map=Path("map.csv"), binding=BindingOptions(kd_nM=2.5)
    )
    path = tmp_path / "binding.toml"
    path.write_text(tomli_w.dumps(run.to_dict()))
    read = read_binding_run_file(path)
    assert read.sources == (tmp_path / "a.csv", tmp_path / "b.csv")
    assert read.binding == run.binding
    for text, words in (
        ("[assay]\nx = 1\n", "unknown entry 'assay'"),
        ("[binding]\nkd = 1\n", "unknown option 'kd'"),
        ("sources = 'a.csv'\n", "a list of file names"),
        ("binding = 3\n", "no section"),
        ("no toml", "no TOML file"),
    ):
        path.write_text(text)
        with pytest.raises(S1RImagingError, match=words):
            read_binding_run_file(path)


def test_writing_can_be_cancelled_and_leaves_nothing(analysis: BindingAnalysis, tmp_path: Path) -> None:
    def cancel(stage: str, done: int, total: int, /) -> None:
        raise CancelledWorkError(stage)

    with pytest.raises(CancelledWorkError):
        write_binding_results(analysis, tmp_path / "out", progress=cancel)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("role", ["total", "nonspecific", "competitor"])
def test_plates_that_lack_something_are_written_too(role: str, plate: pd.DataFrame, tmp_path: Path) -> None:
    lacking = analyze_binding(plate[plate["role"] != role], radioligand_nM=3.0, kd_nM=3.0)
    folder = write_binding_results(lacking, tmp_path / "out")
    assert files(folder) >= TABLES
    assert list(pd.read_csv(folder / "affinities.csv").columns[:3]) == ["experiment", "compound", "relation"]


def test_progress_is_told_of_every_curve_and_can_cancel(plate: pd.DataFrame, tmp_path: Path) -> None:
    plate.to_csv(tmp_path / "counts.csv", index=False)
    said: list[tuple[str, int, int]] = []

    def note(stage: str, done: int, total: int, /) -> None:
        said.append((stage, done, total))

    analyze_binding(tmp_path / "counts.csv", radioligand_nM=3.0, kd_nM=3.0, progress=note)
    assert said == [("counts", 0, 1), ("counts", 1, 1), *(("curves", done, 2) for done in range(3))]
    said.clear()

    def cancel(stage: str, done: int, total: int, /) -> None:
        note(stage, done, total)
        if done:
            raise CancelledWorkError(stage)

    with pytest.raises(CancelledWorkError):
        analyze_binding(plate, radioligand_nM=3.0, kd_nM=3.0, progress=cancel)
    assert said == [("curves", 0, 2), ("curves", 1, 2)]
