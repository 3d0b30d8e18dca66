"""Tables of concentrations and responses, as spreadsheets and GraphPad Prism lay them out."""

import math

import numpy as np
import pandas as pd
import pytest

from s1r_imaging.experiment.concentration import fit_concentration_response
from s1r_imaging.experiment.dose_table import MEASURE, read_dose_table
from s1r_imaging.experiment.schild import fit_schild
from s1r_imaging.io.sheets import text_frame

DOSES_NM = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000)


def rows(ec50s_nM: list[float]) -> str:
    """Responses at each concentration, a column for each EC50."""
    return "\n".join(
        "\t".join([f"{math.log10(dose) - 9:.4f}", *(f"{dose / (dose + ec50):.4f}" for ec50 in ec50s_nM)])
        for dose in DOSES_NM
    )


def design_of(text: str) -> pd.DataFrame:
    return read_dose_table(text_frame(text)).design


def test_columns_named_after_compounds_are_a_curve_each() -> None:
    text = "log M\tPRE-084\t\tSKF-10047\t\n" + rows([50.0, 52.0, 400.0, 410.0])
    table = read_dose_table(text_frame(text))
    assert len(table.responses) == 4 * len(DOSES_NM)
    fitted = fit_concentration_response(table.responses, table.design, measure=MEASURE).table
    assert fitted["agonist"].tolist() == ["PRE-084", "SKF-10047"]
    np.testing.assert_allclose(fitted["ec50_nM"], [51.0, 405.0], rtol=0.01)
    assert set(table.design["replicate"]) == {"1", "2"}


@pytest.mark.parametrize(
    "heading", ["PRE-084 (M)", "log [PRE-084] (M)", "PRE-084, M", "PRE-084 M", "log PRE-084 (M)"]
)
def test_a_first_column_named_after_the_compound_is_its_concentration(heading: str) -> None:
    lines = rows([50.0, 52.0]).splitlines()
    if "log" not in heading:
        lines = [f"{10 ** float(line.split()[0])}\t{line.partition(chr(9))[2]}" for line in lines]
    design = design_of("\n".join([f"{heading}\tcontrol\tNE-100 10 nM", *lines]))
    assert set(design["agonist"]) == {"PRE-084"}
    np.testing.assert_allclose(sorted(set(design["agonist_M"])), np.array(DOSES_NM) * 1e-9, rtol=1e-3)
    assert set(design["antagonist_M"]) == {0.0, 1e-8}


@pytest.mark.parametrize("heading", ["NE-100 10 nM", "10 nM NE-100", "time (min)", "PRE-084"])
def test_a_first_column_without_concentrations_is_none(heading: str) -> None:
    with pytest.raises(ValueError, match="expected a column such as 'concentration \\(nM\\)'"):
        design_of(f"{heading}\tcontrol\n1\t0.1\n10\t0.4\n100\t0.9")


def test_columns_named_after_concentrations_of_an_antagonist_are_a_schild_experiment() -> None:
    """KB 10 nM shifts EC50 by 1 + [B]/KB."""
    heads = "log M\tcontrol\t\tNE-100 10 nM\t\tNE-100 0.1 µM\t\n"
    shifted = [50.0, 51.0, 100.0, 102.0, 550.0, 561.0]
    table = read_dose_table(text_frame(heads + rows(shifted)))
    assert sorted(set(table.design["antagonist_M"])) == [0.0, 1e-8, 1e-7]
    assert set(table.design["antagonist"]) == {"NE-100"}
    found = fit_schild(table.responses, table.design, measure=MEASURE)
    assert found.table["antagonist"].tolist() == ["NE-100"]
    np.testing.assert_allclose(found.table["pkb"], 8.0, atol=0.02)


@pytest.mark.parametrize(
    "headings",
    [("rep 1", "rep 2"), ("1", "2"), ("response 1", "response 2"), ("dish 3", "dish 4"), ("a", "b"), ("R1", "R2")],
)
def test_columns_of_replicates_are_one_curve(headings: tuple[str, str]) -> None:
    design = design_of("\t".join(("log M", *headings)) + "\n" + rows([50.0, 50.0]))
    assert set(design["agonist"]) == {"agonist"}
    assert set(design["replicate"]) == set(headings)


def test_scatter_and_numbers_of_rows_are_no_responses() -> None:
    text = "\tconcentration (nM)\tmean\tSEM\tn\n1\t10\t20%\t0.1\t4\n2\t100\t80%\t0.2\t4\n"
    table = read_dose_table(text_frame(text))
    assert table.responses[MEASURE].tolist() == [20.0, 80.0]


def test_a_problem_of_all_rows_is_said_once() -> None:
    with pytest.raises(ValueError, match=r"it has a concentration that has no unit \(rows 1, 2, .* and 2 more\)"):
        design_of("concentration\tresponse\n" + "\n".join(f"{dose}\t1" for dose in DOSES_NM))
