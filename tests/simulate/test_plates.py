"""Simulated plates hold what was asked for, and the truth explains them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from s1r_imaging.binding.conversions import cheng_prusoff, nikolovska_coleska
from s1r_imaging.binding.equilibrium import competitive_equilibrium
from s1r_imaging.simulate import BindingSimulationOptions, simulate_binding_plate

QUIET: dict[str, Any] = {"pki_sd": 0.0, "pipetting_cv": 0.0, "counting_noise": False}
ROLES = {"total", "nonspecific", "competitor", "blank"}


def test_the_assay_of_the_overview_fills_its_plates() -> None:
    plate, truth = simulate_binding_plate()
    assert list(plate.columns[:5]) == ["experiment", "compound", "role", "concentration_M", "signal"]
    assert set(plate["role"]) == ROLES
    for _, one in plate.groupby("experiment"):
        assert len(one) == 96
        assert one["well"].is_unique
        assert one["well"].iloc[[0, -1]].tolist() == ["A1", "H12"]
    competitors = plate[plate["role"] == "competitor"]
    counts = competitors.groupby(["experiment", "compound", "concentration_M"])["replicate"].agg(list)
    assert counts.tolist() == [[1, 2, 3]] * 81
    assert competitors["concentration_M"].max() == 1e-5
    assert len(truth.wells) == len(plate)
    shared = plate[plate["role"] != "competitor"]
    assert shared["compound"].eq("").all()
    assert shared.groupby("role")["concentration_M"].agg(["min", "max"]).to_numpy().tolist() == [
        [0, 0], [1e-5, 1e-5], [0, 0],
    ]  # fmt: skip


def test_counts_are_those_that_a_pharmacologist_would_compute() -> None:
    # 3 nM in 250 µL are 750 fmol, 49,950 dpm at 30 Ci/mmol
    options: dict[str, Any] = {"specific_activity_Ci_mmol": 30.0, "counting_efficiency": 0.4}
    _, truth = simulate_binding_plate(**options)
    assert truth.cpm_per_M * 3e-9 == pytest.approx(49_950 * 0.4, rel=1e-12)


@pytest.mark.parametrize("receptor_M", [1e-11, 2e-10, 3e-9])
def test_binding_is_the_exact_equilibrium(receptor_M: float) -> None:
    plate, truth = simulate_binding_plate(receptor_M=receptor_M, compounds={"tight": 5e-11, "weak": 1e-6}, **QUIET)
    ki = plate["compound"].map({"tight": 5e-11, "weak": 1e-6, "": 3.54e-9})
    hot = plate["role"] != "blank"
    at = competitive_equilibrium(
        receptor_M, 3e-9 * hot, plate["concentration_M"], kd_M=3e-9, ki_M=ki, nonspecific=0.005
    )
    wells = truth.wells
    np.testing.assert_allclose(wells["specific_M"], at.radioligand_bound_M, rtol=1e-9)
    np.testing.assert_allclose(wells["free_M"], at.radioligand_free_M, rtol=1e-9)
    np.testing.assert_allclose(wells["nonspecific_M"], 0.005 * at.radioligand_free_M, rtol=1e-9)
    np.testing.assert_allclose(
        wells["expected_cpm"], 25 + truth.cpm_per_M * (wells["specific_M"] + wells["nonspecific_M"]), rtol=1e-12
    )
    np.testing.assert_allclose(plate["signal"], wells["expected_cpm"], rtol=1e-12)


def test_half_of_the_binding_is_left_at_the_ic50_of_the_truth() -> None:
    for depletion in ("both", "radioligand", "none"):
        options: dict[str, Any] = {"depletion": depletion, "receptor_M": 1e-9, "compounds": {"a": 5e-10}} | QUIET
        _, truth = simulate_binding_plate(**options)
        ic50 = float(truth.compounds["ic50_M"].iloc[0])
        plate, at_ic50 = simulate_binding_plate(**options, n_concentrations=1, top_M=ic50)
        specific = at_ic50.wells["specific_M"].groupby(plate["role"]).mean()
        assert specific["competitor"] / specific["total"] == pytest.approx(0.5, rel=1e-9), depletion


def test_ic50_of_the_truth_converts_to_its_ki() -> None:
    _, exact = simulate_binding_plate(receptor_M=1e-9, nonspecific_ratio=0.0)
    ki = nikolovska_coleska(exact.experiments["ic50_M"], 3e-9, 3e-9, 1e-9)
    np.testing.assert_allclose(ki, exact.experiments["ki_M"], rtol=1e-9)
    _, plain = simulate_binding_plate(depletion="none", receptor_M=1e-9)
    ki = cheng_prusoff(plain.compounds["ic50_M"], 3e-9, 3e-9)
    np.testing.assert_allclose(ki, plain.compounds["ki_M"], rtol=1e-12)
    np.testing.assert_allclose(-np.log10(plain.experiments["ki_M"]), plain.experiments["pki"], rtol=1e-14)


def test_depletion_of_the_competitor_is_what_the_published_bias_says() -> None:
    # Ki 0.05 nM, R 1 nM, L = Kd = 3 nM: Cheng–Prusoff errs by several hundred percent
    _, truth = simulate_binding_plate(receptor_M=1e-9, nonspecific_ratio=0.0, compounds={"a": 5e-11})
    found = cheng_prusoff(truth.compounds["ic50_M"].iloc[0], 3e-9, 3e-9)
    assert float(found) / 5e-11 - 1 == pytest.approx(5.27604, abs=1e-4)


def test_noise_is_that_of_counting_and_pipetting() -> None:
    options: dict[str, Any] = {
        "n_totals": 80, "n_nonspecific": 0, "n_blanks": 16, "n_concentrations": 1, "n_replicates": 1,
        "compounds": {"a": 1e-9}, "plate_format": "384", "n_experiments": 60, "pki_sd": 0.0,
    }  # fmt: skip
    plate, truth = simulate_binding_plate(4, **options)
    totals = (plate["role"] == "total").to_numpy()
    mean = truth.wells["expected_cpm"].to_numpy()[totals][0]
    signal = plate["signal"].to_numpy()
    n = totals.sum()
    expected_sd = np.sqrt(mean / 2.0 + (0.04 * (mean - 25.0)) ** 2)
    assert signal[totals].mean() == pytest.approx(mean, abs=4 * expected_sd / np.sqrt(n))
    assert signal[totals].std() == pytest.approx(expected_sd, rel=0.05)
    blanks = (plate["role"] == "blank").to_numpy()
    assert signal[blanks].var() == pytest.approx(25.0 / 2.0, rel=0.2)
    assert np.all(signal * 2 == np.round(signal * 2))  # whole counts in 2 minutes


def test_pki_varies_between_experiments_as_much_as_asked() -> None:
    _, truth = simulate_binding_plate(n_experiments=400, pki_sd=0.2, compounds={"a": 1e-8}, n_concentrations=1)
    assert truth.experiments["pki"].std() == pytest.approx(0.2, rel=0.1)
    assert truth.experiments["pki"].mean() == pytest.approx(8.0, abs=0.04)


def test_outliers_are_named_and_have_their_size() -> None:
    options: dict[str, Any] = {"compounds": {"a": 1e-9}, "n_experiments": 20} | QUIET
    plate, truth = simulate_binding_plate(outlier_fraction=0.1, outlier_factor=3.0, background_cpm=0.0, **options)
    factor = (plate["signal"] / truth.wells["expected_cpm"]).where(plate["role"] != "blank", 1.0)
    wrong = truth.wells["is_outlier"]
    assert wrong.mean() == pytest.approx(0.1, abs=0.03)
    assert not wrong[plate["role"] == "blank"].any()
    np.testing.assert_allclose(np.abs(np.log(factor[wrong])), np.log(3.0), rtol=1e-12)
    np.testing.assert_allclose(factor[~wrong], 1.0, rtol=1e-12)


@pytest.mark.parametrize(
    ("plate_format", "outermost", "n_outermost"),
    [("96", "A.*|H.*|[A-H]1|[A-H]12", 36), ("384", "A.*|P.*|[A-P]1|[A-P]24", 76)],
)
def test_the_edge_is_the_outermost_ring(plate_format: Any, outermost: str, n_outermost: int) -> None:
    plate, truth = simulate_binding_plate(
        plate_format=plate_format, edge_effect=0.2, background_cpm=0.0, layout="random", n_experiments=1,
        n_totals=int(plate_format) - 1, n_nonspecific=0, n_blanks=0, n_concentrations=1, n_replicates=1,
        compounds={"a": 1e-9}, **QUIET,
    )  # fmt: skip
    edge = truth.wells["is_edge"].to_numpy()
    assert edge.sum() == n_outermost
    np.testing.assert_array_equal(edge, plate["well"].str.fullmatch(outermost))
    factor = plate["signal"] / truth.wells["expected_cpm"]
    np.testing.assert_allclose(factor, np.where(edge, 1.2, 1.0), rtol=1e-12)


def test_same_seed_same_plate_and_another_seed_another() -> None:
    first, again, other = (simulate_binding_plate(seed)[0] for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert not first["signal"].equals(other["signal"])


def test_each_aspect_has_its_own_chance() -> None:
    _, quiet = simulate_binding_plate(5)
    plate, loud = simulate_binding_plate(5, pipetting_cv=0.3, outlier_fraction=0.2, layout="random")
    pd.testing.assert_frame_equal(quiet.experiments, loud.experiments)
    assert plate["well"].tolist() != simulate_binding_plate(5)[0]["well"].tolist()
    _, more = simulate_binding_plate(5, pipetting_cv=0.0, outlier_fraction=0.2)
    np.testing.assert_array_equal(more.wells["is_outlier"], loud.wells["is_outlier"])


def test_the_truth_keeps_the_options() -> None:
    _, truth = simulate_binding_plate(receptor_M=1e-9)
    assert truth.options == BindingSimulationOptions(receptor_M=1e-9)


def test_a_plate_may_lack_totals_and_blanks() -> None:
    plate, _ = simulate_binding_plate(n_totals=0, n_nonspecific=0, n_blanks=0)
    assert set(plate["role"]) == {"competitor"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"receptor_M": 0.0}, "receptor_M"),
        ({"seed": -1}, "seed"),
        ({"compounds": {}}, "compounds"),
        ({"compounds": {"a": -1e-9}}, r"compounds\['a'\]"),
        ({"n_replicates": 6}, "96"),
        ({"layout": "diagonal"}, "layout"),
    ],
)
def test_what_cannot_be_is_named(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        simulate_binding_plate(**wrong)
