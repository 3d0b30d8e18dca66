"""Several antagonists in one design: each has its own pA2, in answers, tables, figures and report."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from s1r_imaging.cli.experiment_summary import experiment_lines
from s1r_imaging.experiment.schild import fit_schild
from s1r_imaging.experiment_answers import answer_design
from s1r_imaging.experiment_options import ExperimentOptions
from s1r_imaging.experiment_run import Experiment
from s1r_imaging.experiment_tables import experiment_tables
from s1r_imaging.plots import experiment_figures
from s1r_imaging.report import report_html
from tests.experiment.dose_scene import DOSES, agonist_rows, split, well
from tests.report.scene import made_up_plates

PA2 = {"NE-100": 7.0, "BD-1047": 8.2}


def shifted_rows(rng: np.random.Generator, name: str) -> list[dict[str, Any]]:
    """Return the agonist's curves of `agonist_rows` with three concentrations of an antagonist, on four days."""
    rows = []
    for day in range(4):
        for blocker in 10.0 ** (np.array([0.5, 1.0, 1.5]) - PA2[name]):
            ec50 = 10.0**-6.5 * (1.0 + blocker * 10.0 ** PA2[name])
            for dose in DOSES:
                given = {"agonist": "ATP", "agonist_M": dose, "antagonist": name, "antagonist_M": blocker}
                value = 0.05 + 0.95 * dose / (dose + ec50) + 0.03 * rng.standard_normal()
                rows.append(well(role="antagonist_agonist", replicate=f"day {day}", response=value, **given))
    return rows


@pytest.fixture(scope="module")
def dishes() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(5)
    rows = [*agonist_rows(rng, noise=0.03), *shifted_rows(rng, "NE-100"), *shifted_rows(rng, "BD-1047")]
    return split(rows)


@pytest.fixture(scope="module")
def experiment(dishes: tuple[pd.DataFrame, pd.DataFrame]) -> Experiment:
    responses, design = dishes
    answers = answer_design(responses, design, ExperimentOptions())
    return replace(made_up_plates(), schild=answers.schild, notes=answers.notes)


def test_each_antagonist_has_its_own_pa2(
    dishes: tuple[pd.DataFrame, pd.DataFrame], experiment: Experiment
) -> None:
    responses, design = dishes
    assert [(fit.antagonist, fit.agonist) for fit in experiment.schild] == [("NE-100", "ATP"), ("BD-1047", "ATP")]
    assert not any("pA2" in note for note in experiment.notes)
    for fit in experiment.schild:
        row, truth = fit.table.iloc[0], PA2[fit.antagonist]
        assert row["pa2_ci_low"] < truth < row["pa2_ci_high"]
        assert row["pa2"] == pytest.approx(truth, abs=0.1)
        assert row["slope_ci_low"] < 1.0 < row["slope_ci_high"]
        alone = fit_schild(responses, design, antagonist=fit.antagonist)
        pd.testing.assert_frame_equal(fit.table, alone.table, check_exact=True)


def test_tables_and_figures_have_both(experiment: Experiment) -> None:
    tables = experiment_tables(experiment)
    assert tables["schild"]["antagonist"].tolist() == ["NE-100", "BD-1047"]
    assert tables["schild"]["pa2"].tolist() == [fit.table["pa2"].iloc[0] for fit in experiment.schild]
    points = tables["schild_points"]
    assert points.groupby("antagonist").size().to_dict() == {
        fit.antagonist: len(fit.points) for fit in experiment.schild
    }
    figures = [name for name in experiment_figures(experiment) if name.startswith("schild")]
    assert figures == [
        f"schild{kind}_{name} against ATP" for name in ("NE-100", "BD-1047") for kind in ("", "_regression")
    ]


def test_report_and_summary_say_both(experiment: Experiment) -> None:
    page, lines = report_html(experiment), experiment_lines(experiment)
    for fit in experiment.schild:
        assert f"Schild: {fit.antagonist} against ATP" in page
        assert f"Schild regression of {fit.antagonist} against ATP" in page
        assert fit.sentences[0] in lines


def test_one_pair_keeps_the_short_names() -> None:
    experiment = made_up_plates()
    assert {"schild", "schild_regression"} <= set(experiment_figures(experiment))
    assert experiment_tables(experiment)["schild"]["antagonist"].tolist() == ["PPADS"]
