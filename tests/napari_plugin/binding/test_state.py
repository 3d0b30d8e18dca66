"""The window's numbers are the library's; sessions and scripts repeat them."""

import runpy
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from napari_plugin.binding.export_step import export_job
from napari_plugin.binding.files import REST_FILE, open_job, save_job
from napari_plugin.binding.functional import FunctionalState, write_functional_job
from napari_plugin.binding.script import folder_name, script
from napari_plugin.binding.state import BindingState
from napari_plugin.session import Job
from s1r_imaging import binding_results
from s1r_imaging.binding_analysis import BindingOptions, analyze_binding
from s1r_imaging.binding_results import write_binding_results
from s1r_imaging.cli import main
from s1r_imaging.experiment.concentration import fit_concentration_response
from s1r_imaging.experiment.dose_table import read_dose_table
from s1r_imaging.experiment.potency_table import potency_table
from s1r_imaging.experiment.schild import fit_schild
from s1r_imaging.io.sheets import text_frame
from s1r_imaging.progress import silent
from s1r_imaging.samples import counter_file, sample_assay
from s1r_imaging.simulate import simulate_binding_plate


def do(job: Job) -> None:
    job.accept(job.compute(silent))


@pytest.fixture
def state() -> BindingState:
    made = BindingState()
    do(made.sample_job())
    return made


@pytest.fixture
def without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """They take seconds, and one test compares them."""
    monkeypatch.setattr(binding_results, "_pictures", lambda _: {})


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    plate, _ = simulate_binding_plate(n_experiments=1, compounds={"NE-100": 1e-9})
    counts, plate_map = tmp_path / "day 1.csv", tmp_path / "map.csv"
    counts.write_text(counter_file(plate), encoding="utf-8")
    named = plate[["well", "role", "compound", "concentration_M"]]
    named.to_csv(plate_map, index=False)
    return counts, plate_map


def same_files(one: Path, other: Path, *, but: tuple[str, ...] = ()) -> None:
    names = sorted(path.relative_to(one).as_posix() for path in one.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(other).as_posix() for path in other.rglob("*") if path.is_file())
    different = [name for name in names if (one / name).read_bytes() != (other / name).read_bytes()]
    assert [name for name in different if name not in but] == []


def test_sample_plates_give_the_numbers_of_the_library(state: BindingState, tmp_path: Path) -> None:
    do(state.fit_job())
    plate, truth = simulate_binding_plate()
    expected = analyze_binding(plate, **sample_assay(truth))
    assert state.analysis is not None
    for name in ("affinities", "combined", "quality"):
        pd.testing.assert_frame_equal(getattr(state.analysis, name), getattr(expected, name), check_exact=True)


def test_the_folder_is_that_of_the_command(files: tuple[Path, Path], tmp_path: Path) -> None:
    counts, plate_map = files
    state = BindingState()
    do(state.open_job([counts]))
    assert not state.wells.has_roles
    do(state.map_job(plate_map))
    state.set_options(BindingOptions(radioligand_nM=3.0, kd_nM=3.0))
    do(state.fit_job())
    do(export_job(state, tmp_path / "window"))
    main(["bind", str(counts), "--map", str(plate_map), "--radioligand-nM", "3", "--kd-nM", "3", "--output",
          str(tmp_path / "command")])  # fmt: skip
    same_files(tmp_path / "window", tmp_path / "command", but=("provenance.json",))


def test_a_session_is_opened_as_it_was(state: BindingState, tmp_path: Path) -> None:
    state.wells.leave_out([0, 20])
    state.wells.assign([5], "")
    do(state.fit_job())
    do(save_job(state, tmp_path / "session"))
    again = BindingState()
    do(open_job(again, tmp_path / "session" / "binding.toml"))
    assert again.options == state.options
    columns = ["plate", "well", "role", "compound", "concentration_M", "signal", "excluded"]
    tables = [each.wells.table[columns].astype({"plate": str}) for each in (state, again)]
    tables = [table.sort_values(["plate", "well"]).reset_index(drop=True) for table in tables]
    pd.testing.assert_frame_equal(tables[0], tables[1], check_exact=True, check_dtype=False)
    do(again.fit_job())
    assert again.analysis is not None
    assert state.analysis is not None
    pd.testing.assert_frame_equal(again.analysis.affinities, state.analysis.affinities, check_exact=True)
    again.wells.leave_out([0])
    assert (tmp_path / "session" / REST_FILE).is_file()


@pytest.mark.usefixtures("without_pictures")
def test_a_session_repeats_with_the_command(state: BindingState, tmp_path: Path) -> None:
    state.wells.leave_out([30])
    do(state.fit_job())
    do(save_job(state, tmp_path / "session"))
    main(["bind", "--config", str(tmp_path / "session" / "binding.toml"), "--output", str(tmp_path / "command")])
    do(export_job(state, tmp_path / "window"))
    same_files(tmp_path / "window", tmp_path / "command", but=("provenance.json", "binding.toml"))


@pytest.mark.usefixtures("without_pictures")
def test_a_results_folder_is_a_session(state: BindingState, tmp_path: Path) -> None:
    do(state.fit_job())
    assert state.analysis is not None
    write_binding_results(state.analysis, tmp_path / "results")
    again = BindingState()
    do(open_job(again, tmp_path / "results"))
    do(again.fit_job())
    assert again.analysis is not None
    pd.testing.assert_frame_equal(again.analysis.affinities, state.analysis.affinities, check_exact=True)


@pytest.mark.usefixtures("without_pictures")
def test_the_script_gives_the_same_folder(
    state: BindingState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.wells.leave_out([40])
    with pytest.raises(ValueError, match="save the session first"):
        script(state)
    do(save_job(state, tmp_path / "session"))
    text = script(state)
    assert "kd_nM=3.0" in text
    assert "weighting" not in text  # a default
    do(state.fit_job())
    do(export_job(state, tmp_path / "window"))
    (tmp_path / "script.py").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    runpy.run_path("script.py")
    same_files(tmp_path / "window", tmp_path / folder_name(state.origin), but=("provenance.json",))


def test_what_was_fitted_goes_stale_and_comes_back(state: BindingState) -> None:
    said = []
    do(state.fit_job())
    said.append(state.stale)
    state.wells.leave_out([3])
    said.append(state.stale)
    state.set_options(BindingOptions(radioligand_nM=2.0, kd_nM=3.0))
    said.append(state.stale)
    with pytest.raises(ValueError, match="stale"):
        export_job(state, Path("nowhere"))
    state.wells.undo()
    said.append(state.stale)
    assert said == ["", "wells", "wells and options", "options"]


def test_pasting_something_else_is_one_sentence() -> None:
    state = BindingState()
    with pytest.raises(ValueError, match="What was pasted holds no plate"):
        do(state.paste_job("hello\tyou"))
    with pytest.raises(ValueError, match="holds no cells"):
        do(state.paste_job(""))


def test_several_files_are_experiments(tmp_path: Path) -> None:
    plate, truth = simulate_binding_plate(n_experiments=2)
    paths = [tmp_path / f"day{number}.csv" for number in (1, 2)]
    for number, path in enumerate(paths, start=1):
        plate[plate["experiment"] == number].to_csv(path, index=False)
    state = BindingState()
    do(state.open_job(paths))
    state.set_options(BindingOptions.from_dict(sample_assay(truth)))
    do(state.fit_job())
    expected = analyze_binding([str(path) for path in paths], **sample_assay(truth))
    assert state.analysis is not None
    pd.testing.assert_frame_equal(state.analysis.affinities, expected.affinities, check_exact=True)
    assert list(state.analysis.affinities["experiment"].unique()) == ["day1", "day2"]


SCHILD = "\n".join(
    ["agonist\tagonist (nM)\tantagonist\tantagonist (nM)\treplicate\tresponse"]
    + [
        f"PRE-084\t{dose:g}\thaloperidol\t{block:g}\tday {day}\t"
        f"{0.05 + 0.01 * ((7 * day + 3 * at) % 5 - 2) + 0.9 * dose / (dose + 100 * (1 + block / 10) + 1e-9):.4f}"
        for day in (1, 2, 3)
        for block in (0, 10, 100)
        for at, dose in enumerate((0, 1, 10, 100, 1e3, 1e4, 1e5))
    ]
)


def test_functional_curves_are_those_of_the_library(state: BindingState, tmp_path: Path) -> None:
    do(state.fit_job())
    functional = FunctionalState()
    do(functional.paste_job(SCHILD))
    do(functional.fit_job(state.analysis))
    found, table = functional.found, read_dose_table(text_frame(SCHILD))
    assert found is not None
    assert found.potency is not None
    assert state.analysis is not None
    tables = (table.responses, table.design)
    expected = fit_concentration_response(*tables, measure="response")
    pd.testing.assert_frame_equal(found.response.table, expected.table, check_exact=True)
    schild = fit_schild(*tables, measure="response")
    pd.testing.assert_frame_equal(found.schild[0].table, schild.table, check_exact=True)
    pd.testing.assert_frame_equal(found.potency, potency_table(schild, state.analysis.combined), check_exact=True)
    assert not functional.stale(state.analysis)
    assert functional.stale(None)
    do(write_functional_job(found, tmp_path / "curves"))
    assert (tmp_path / "curves" / "potency.csv").is_file()
    assert (tmp_path / "curves" / "figures" / "figure_1.svg").is_file()


@pytest.mark.parametrize(
    ("text", "replicates", "roles"),
    [
        ("conc (nM)\trep 1\trep 2\n0\t1,5\t2,5\n10\t3,5\t4,5\n", {"rep 1", "rep 2"}, {"vehicle", "agonist"}),
        ("log M;response\n-9;0,1\n-8;0,5\n-7;0,9\n", {"1"}, {"agonist"}),
        ("antagonist_uM,response\n0,1\n1,0.5\n10,0.1\n", {"1"}, {"agonist", "antagonist_agonist"}),
    ],
)
def test_tables_of_responses(text: str, replicates: set[str], roles: set[str]) -> None:
    design = read_dose_table(text_frame(text)).design
    assert set(design["replicate"]) == replicates
    assert set(design["role"]) == roles


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\tb\n1\t2", "holds no concentrations with responses"),
        ("concentration\tresponse\n1\t2", "has no unit"),
        ("concentration (nM)\tresponse\n1\tx", "which is no number"),
        ("concentration (nM)\trole\tresponse\n1\tking\t2", "unknown role"),
    ],
)
def test_tables_that_say_too_little(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_dose_table(text_frame(text))


def test_no_table_no_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="no table of responses"):
        FunctionalState().fit_job(None)


def test_every_curve_is_told_of(state: BindingState) -> None:
    said: list[tuple[Any, ...]] = []
    fitted = state.fit_job().compute(lambda *what: said.append(what))
    n_curves = len(fitted.analysis.affinities)
    assert said == [*(("curves", done, n_curves) for done in range(n_curves + 1)), ("drawing", 0, 0)]
