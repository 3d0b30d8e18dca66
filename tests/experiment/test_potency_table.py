from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from s1r_imaging.binding import combine_experiments
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.experiment.concentration import fit_concentration_response
from s1r_imaging.experiment.leff_dougall import fit_leff_dougall, leff_dougall
from s1r_imaging.experiment.potency_table import POTENCY_COLUMNS, potency_table
from s1r_imaging.experiment.schild import fit_schild_points
from tests.benchmarks.schild_coverage import simulate
from tests.experiment.dose_scene import agonist_rows, inhibition_rows, split


def functional() -> pd.DataFrame:
    return pd.DataFrame(
        {"compound": ["BD-1047", "NE-100"], "relation": ["=", "="], "pkb": [7.9, 8.4], "pkb_ci_low": [7.7, 8.3],
         "pkb_ci_high": [8.1, 8.5], "n_replicates": [4, 4]}
    )  # fmt: skip


def binding() -> pd.DataFrame:
    runs = {"experiment": [1, 2, 3] * 2, "compound": ["bd 1047"] * 3 + ["Haloperidol"] * 3}
    return combine_experiments(pd.DataFrame(runs | {"pki": [8.0, 8.1, 7.9, 8.6, 8.5, 8.7]}))


def test_a_slope_other_than_one_counts() -> None:
    # half-way of E = A^n/(A^n + (EC50 (1 + B/KB))^n) at the IC50, for any slope
    kb, ec50, agonist, n = 2e-8, 3e-7, 1e-6, 1.6
    alone = agonist**n / (agonist**n + ec50**n)
    ic50 = leff_ic50 = kb * ((2 + (agonist / ec50) ** n) ** (1 / n) - 1)
    shifted = ec50 * (1 + ic50 / kb)
    np.testing.assert_allclose(agonist**n / (agonist**n + shifted**n), alone / 2)
    np.testing.assert_allclose(leff_dougall(leff_ic50, agonist, ec50, n), kb)


def test_numbers_that_are_not_positive_are_refused() -> None:
    with pytest.raises(ValueError, match="ec50_M=0"):
        leff_dougall(1e-8, 1e-6, 0.0, 1.0)


@pytest.mark.parametrize("one_curve", [False, True])
def test_pkb_from_inhibition_curves_is_unbiased_and_its_interval_honest(one_curve: bool) -> None:
    rng = np.random.default_rng(0)
    held, found = [], []
    for _ in range(40):
        responses, design = split(agonist_rows(rng) + inhibition_rows(rng))
        if one_curve:
            design["replicate"] = design["recording"]
        row = fit_leff_dougall(fit_concentration_response(responses, design)).iloc[0]
        held.append(row["pkb_ci_low"] <= 7.0 <= row["pkb_ci_high"])
        found.append(row["pkb"])
    assert 0.88 <= np.mean(held) <= 1.0
    assert abs(np.median(found) - 7.0) < 0.05


def test_a_pkb_that_cannot_be_had_says_why() -> None:
    rng = np.random.default_rng(1)
    rows = inhibition_rows(rng) + [row for row in agonist_rows(rng) if row["agonist_M"] == 1e-6]
    table = fit_leff_dougall(fit_concentration_response(*split(rows)))
    assert table["sentence"].tolist() == [
        "BD-1047 on ATP 1 µM: no pKB, since the agonist's own curve was not measured."
    ]
    assert table["pkb"].isna().all()


def test_functional_and_binding_stand_side_by_side() -> None:
    table = potency_table(functional(), binding())
    assert list(table.columns) == list(POTENCY_COLUMNS)
    assert table["compound"].tolist() == ["BD-1047", "NE-100", "Haloperidol"]
    row = table.iloc[0]
    np.testing.assert_allclose([row["pkb"], row["pki"], row["difference"]], [7.9, 8.0, -0.1])
    half = 0.1 / np.sqrt(3) * 4.302653
    np.testing.assert_allclose(row["difference_ci_low"], -0.1 - np.hypot(0.2, half), atol=1e-6)
    assert row["n_experiments"] == 3
    assert "none beyond the errors" in row["sentence"]
    assert "no binding pKi" in table["sentence"].iloc[1]
    assert "no functional pKB" in table["sentence"].iloc[2]
    assert table["difference"].iloc[1:].isna().all()


def test_a_file_gives_what_the_table_gives(tmp_path: Path) -> None:
    binding().to_csv(tmp_path / "combined.csv", index=False)
    pd.testing.assert_frame_equal(
        potency_table(functional(), tmp_path / "combined.csv"), potency_table(functional(), binding())
    )
    with pytest.raises(S1RImagingError, match="no_such.csv"):
        potency_table(functional(), tmp_path / "no_such.csv")


def test_single_experiments_of_a_compound_are_averaged() -> None:
    runs = pd.DataFrame({"experiment": [1, 2], "compound": "BD-1047", "pki": [8.0, 8.2], "relation": "="})
    row = potency_table(functional(), runs).iloc[0]
    np.testing.assert_allclose([row["pki"], row["n_experiments"]], [8.1, 2])


def test_limits_are_limits() -> None:
    weak = pd.DataFrame(
        {
            "compound": ["BD-1047"],
            "relation": [">"],
            "mean_pki": [np.nan],
            "pki_limit": [5.0],
            "n_experiments": [3],
        }
    )
    row = potency_table(functional(), weak).iloc[0]
    assert (row["pki_relation"], row["pki"]) == ("<", 5.0)
    assert np.isnan(row["difference"])
    assert "pKi < 5.00" in row["sentence"]


def test_schild_fits_go_in_as_they_are() -> None:
    fit = fit_schild_points(simulate(np.random.default_rng(2), n=4, day=1.0), antagonist="bd1047")
    steep = fit_schild_points(simulate(np.random.default_rng(4), n=4, noise=0.01, slope=1.4), antagonist="NE-100")
    none = fit_schild_points(
        simulate(np.random.default_rng(6), n=4, antagonist=(1e-13, 1e-12, 1e-11)), antagonist="Haloperidol"
    )
    table = potency_table([fit, steep, none], binding())
    assert table["quantity"].tolist() == ["pKB", "pA2", "pA2"]
    assert table["pkb_relation"].tolist() == ["=", "=", "<"]
    np.testing.assert_allclose(table["pkb"].iloc[0], fit.table["pkb"].iloc[0])
    assert potency_table(fit, binding())["difference"].iloc[0] == table["difference"].iloc[0]


def test_tables_of_another_kind_are_refused() -> None:
    with pytest.raises(ValueError, match="expected compound and pkb"):
        potency_table(pd.DataFrame({"a": [1]}), binding())
    with pytest.raises(ValueError, match="expected compound and mean_pki"):
        potency_table(functional(), pd.DataFrame({"compound": ["a"]}))
    with pytest.raises(TypeError, match="binding is a list"):
        potency_table(functional(), [])  # type: ignore[arg-type]


def test_nothing_at_all_gives_an_empty_table() -> None:
    assert list(potency_table([], binding().iloc[:0]).columns) == list(POTENCY_COLUMNS)
    assert potency_table([], binding())["compound"].tolist() == ["bd 1047", "Haloperidol"]


def test_an_ic50_above_the_doses_gives_a_pkb_below_a_limit() -> None:
    rng = np.random.default_rng(3)
    rows = agonist_rows(rng, noise=0.01) + inhibition_rows(rng, noise=0.01, log_kb=-5.6)
    result = fit_concentration_response(*split(rows), fixed_hill_slope=1.0, inhibition_floor="vehicle")
    row = fit_leff_dougall(result).iloc[0]
    limit = leff_dougall(1e-5, 1e-6, row["ec50_nM"] * 1e-9, 1.0)
    assert row["relation"] == "<"
    np.testing.assert_allclose(row["pkb"], -np.log10(limit))
    table = potency_table(fit_leff_dougall(result), binding())
    assert table["pkb_relation"].iloc[0] == "<"
