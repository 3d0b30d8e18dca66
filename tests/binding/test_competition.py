import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import curve_fit

from s1r_imaging.binding.competition import fit_competition
from s1r_imaging.flags import BindingFlag
from tests.binding.binding_plates import DOSES, depleted_plate, noisy, noisy_plate, one_site, plate_of

ASSAY: dict[str, Any] = {"radioligand_M": 3e-9, "kd_M": 3e-9}


def row_of(plate: pd.DataFrame, **options: Any) -> Any:
    return fit_competition(plate, **{**ASSAY, **options}).to_frame().iloc[0]


def test_exact_data_give_the_true_ki() -> None:
    plate = plate_of(DOSES, one_site(DOSES, 1e-8), [5000.0] * 2, [500.0] * 2)
    row = row_of(plate)
    assert row["relation"] == "="
    assert row["ki_nM"] == pytest.approx(5.0, rel=1e-8)
    assert row["pki"] == pytest.approx(-np.log10(5e-9), abs=1e-8)
    assert row["ic50_nM"] == pytest.approx(10.0, rel=1e-8)


def test_unweighted_fit_agrees_with_curve_fit() -> None:
    plate = noisy_plate(1)
    with np.errstate(divide="ignore"):
        x = np.log10(plate["concentration_M"].to_numpy())
    x = np.where(plate["role"] == "nonspecific", 3.0, np.where(plate["role"] == "total", -30.0, x))

    def model(x: Any, bottom: float, top: float, log_ki: float) -> Any:
        return bottom + (top - bottom) / (1 + 10 ** (x - log_ki - np.log10(2.0)))

    found, covariance = curve_fit(model, x, plate["signal"], p0=(500, 5000, -8.3), xtol=1e-14, ftol=1e-14)
    fit = fit_competition(plate, weighting="none", **ASSAY).fits[0]
    assert fit.parameters["estimate"].to_numpy() == pytest.approx(found, rel=1e-7)
    assert fit.parameters["standard_error"].to_numpy() == pytest.approx(np.sqrt(np.diag(covariance)), rel=1e-5)


@pytest.mark.parametrize("concentration", [1e-9, 1e-3, 1e9])
@pytest.mark.parametrize("counts", [1e-6, 1.0, 1e6])
def test_units_change_nothing(concentration: float, counts: float) -> None:
    plate = noisy_plate(2)
    scaled = plate.assign(
        concentration_M=plate["concentration_M"] * concentration, signal=plate["signal"] * counts
    )
    assay = {name: value * concentration for name, value in ASSAY.items()}
    one, other = row_of(plate), row_of(scaled, **assay)
    for name in ("pki", "pki_ci_low", "pki_ci_high"):
        assert other[name] == pytest.approx(one[name] - np.log10(concentration), abs=1e-9)
    assert other["hill_slope"] == pytest.approx(one["hill_slope"], rel=1e-8)


def test_order_of_rows_and_read_only_arrays_do_not_matter() -> None:
    plate = noisy_plate(3)
    one, other = row_of(plate), row_of(plate.sample(frac=1.0, random_state=0))
    assert other["pki"] == pytest.approx(one["pki"], abs=1e-9)
    before = plate.copy()
    row_of(plate)
    pd.testing.assert_frame_equal(plate, before)


@pytest.mark.slow
def test_interval_holds_the_truth_in_95_of_100_plates() -> None:
    low, high = [], []
    for seed in range(200):
        row = row_of(noisy_plate(1000 + seed))
        low.append(row["ki_ci_low_nM"])
        high.append(row["ki_ci_high_nM"])
    inside = np.mean((np.array(low) < 5.0) & (np.array(high) > 5.0))
    assert 0.91 < inside < 0.99  # 95 % ± 2.6 standard errors; 2,000 plates are in the benchmark


@pytest.mark.parametrize(("kd_cv", "ligand_cv"), [(0.1, 0.0), (0.2, 0.05), (0.4, 0.0)])
def test_errors_of_kd_and_radioligand_widen_the_interval_as_chance_does(kd_cv: float, ligand_cv: float) -> None:
    plate = noisy_plate(4)
    kd, ligand = 3e-9, 9e-9
    plain = row_of(plate, radioligand_M=ligand)
    row = row_of(plate, radioligand_M=ligand, kd_se_M=kd_cv * kd, radioligand_se_M=ligand_cv * ligand)
    rng = np.random.default_rng(0)
    n = 400_000
    log_ic50 = plain["pki"] - np.log10(1 + ligand / kd)
    drawn = -log_ic50 + plain["pki_se"] * rng.standard_normal(n)
    drawn -= np.log10(
        1 + ligand / kd * np.exp(ligand_cv * rng.standard_normal(n) - kd_cv * rng.standard_normal(n))
    )
    low, high = np.quantile(drawn, [0.025, 0.975])
    width = row["pki_ci_high"] - row["pki_ci_low"]
    assert width == pytest.approx(high - low, rel=0.02)
    assert -row["pki_ci_high"] == pytest.approx(low, abs=0.02 * width)
    assert -row["pki_ci_low"] == pytest.approx(high, abs=0.02 * width)
    assert row["pki"] == pytest.approx(plain["pki"], abs=1e-7)


def test_depleted_plate_is_unbiased_where_cheng_prusoff_is_not() -> None:
    away, wrong, slope = [], [], []
    for seed in range(12):
        plate = depleted_plate(seed)
        away.append(np.log(row_of(plate, receptor_M=1e-9, equilibrium="exact")["ki_nM"] / 0.05))
        row = row_of(plate, receptor_M=1e-9)
        wrong.append(row["ki_nM"] / 0.05 - 1)
        slope.append(row_of(plate, model="variable_slope")["ki_nM"] / 0.05 - 1)
        assert row["flags"] & BindingFlag.RECEPTOR_NEAR_IC50
        assert row["flags"] & BindingFlag.DEPLETION
    assert abs(np.mean(away)) < 0.02 + 3 * np.std(away) / np.sqrt(12)
    assert min(wrong) > 1
    assert min(slope) > 3  # the true IC50 would give 4.49


def test_noise_free_depleted_plate_is_solved_exactly() -> None:
    plate = depleted_plate(0, cv=0)
    given = row_of(plate, receptor_M=1e-9, equilibrium="exact")
    found = row_of(plate, signal_per_M=1e13 + 300 / 3e-9, equilibrium="exact")
    assert given["ki_nM"] == pytest.approx(0.05, rel=1e-6)
    assert found["ki_nM"] == pytest.approx(0.05, rel=1e-6)
    assert found["receptor_nM"] == pytest.approx(1.0, rel=1e-6)


def test_depletion_is_noticed_without_knowing_the_receptor() -> None:
    row = row_of(depleted_plate(1))
    assert row["flags"] & BindingFlag.TIGHT_BINDING
    assert row["flags"] & BindingFlag.HILL_NOT_ONE
    report = fit_competition(depleted_plate(1), **ASSAY).report()
    assert "equilibrium='exact'" in report


def test_exact_and_cheng_prusoff_agree_without_depletion() -> None:
    plate = noisy_plate(5)
    assert row_of(plate, receptor_M=1e-14, equilibrium="exact")["pki"] == pytest.approx(
        row_of(plate)["pki"], abs=1e-5
    )


def test_homologous_competition_finds_kd() -> None:
    rng = np.random.default_rng(6)
    doses = np.repeat(DOSES, 3)
    level = 500 + 4500 * (4e-9 + 2e-9) / (4e-9 + 2e-9 + doses)  # Kd 4 nM, radioligand 2 nM
    plate = plate_of(doses, noisy(rng, level, 0.01))
    row = row_of(plate, radioligand_M=2e-9, kd_M=None, model="homologous")
    assert row["ki_ci_low_nM"] < 4.0 < row["ki_ci_high_nM"]
    assert row["ki_nM"] == pytest.approx(4.0, rel=0.1)


def test_two_sites_are_told_apart() -> None:
    rng = np.random.default_rng(7)
    doses = np.repeat(np.logspace(-11, -4, 22), 3)
    level = 0.6 * one_site(doses, 2e-9) + 0.4 * one_site(doses, 2e-6)
    row = row_of(plate_of(doses, noisy(rng, level, 0.02)), model="two_site")
    assert row["pki"] == pytest.approx(9.0, abs=0.1)
    assert row["pki_2"] == pytest.approx(6.0, abs=0.2)
    assert row["fraction"] == pytest.approx(0.6, abs=0.05)


def test_zero_concentration_is_a_total() -> None:
    plate = noisy_plate(8)
    moved = plate.copy()
    moved.loc[moved["role"] == "total", ["role", "compound"]] = ["competitor", "x"]
    one, other = row_of(plate, weighting="1/y"), row_of(moved, weighting="1/y")
    assert other["pki"] == pytest.approx(one["pki"], abs=1e-9)
    assert not other["flags"] & BindingFlag.NO_TOTAL


FLAT = np.repeat(DOSES, 2)


@pytest.mark.parametrize(
    ("level", "relation"), [(5000.0, ">"), (2500.0, ""), (500.0, "<")], ids=["totals", "between", "nonspecific"]
)
def test_flat_wells_give_no_number(level: float, relation: str) -> None:
    row = row_of(plate_of(FLAT, noisy(np.random.default_rng(9), np.full(FLAT.size, level))))
    assert np.isnan(row["ki_nM"])
    assert np.isnan(row["ic50_nM"])
    assert np.isnan(row["pki"])
    assert row["relation"] == relation
    assert row["flags"] & BindingFlag.NO_COMPETITION


def test_ki_beyond_the_concentrations_is_a_limit() -> None:
    weak, tight = row_of(noisy_plate(10, 4e-5)), row_of(noisy_plate(10, 1e-11))
    assert weak["relation"] == ">"
    assert weak["ki_limit_nM"] == pytest.approx(5000.0)
    assert tight["relation"] == "<"
    assert tight["ki_limit_nM"] == pytest.approx(10**-1.5 / 2)
    assert np.isnan(weak["ki_nM"])
    assert np.isnan(tight["ki_nM"])


@pytest.mark.parametrize(
    ("plate", "flag"),
    [
        (plate_of([1e-8], [2500.0]), BindingFlag.TOO_FEW_POINTS),
        (plate_of([1e-8, 1e-7], [3500.0, 1200.0], (), ()), BindingFlag.TOO_FEW_POINTS),
        (plate_of(FLAT, np.zeros(FLAT.size), (0.0, 0.0), (0.0, 0.0)), BindingFlag.NO_COMPETITION),
        (plate_of(FLAT, np.full(FLAT.size, np.nan), (np.nan,), (np.nan,)), BindingFlag.NOT_FINITE),
        (plate_of(FLAT, one_site(FLAT, 1e-8), (500.0, 510.0), (5000.0, 4900.0)), BindingFlag.TOP_BELOW_BOTTOM),
        (
            plate_of(FLAT, one_site(FLAT, 1e-8)[::-1], (500.0, 510.0), (5000.0, 4900.0)),
            BindingFlag.TOP_BELOW_BOTTOM,
        ),
    ],
    ids=["one concentration", "two points", "all zero", "all NaN", "exchanged controls", "upside down"],
)
def test_wells_that_say_nothing_give_no_number(plate: pd.DataFrame, flag: BindingFlag) -> None:
    row = row_of(plate)
    assert row["relation"] == ""
    assert np.isnan([row["ki_nM"], row["pki"], row["ic50_nM"], row["hill_slope"]]).all()
    assert row["flags"] & flag
    assert fit_competition(plate, **ASSAY).report()


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        (lambda p: p.assign(signal=p["signal"].where(p.index % 7 != 6)), BindingFlag.NOT_FINITE),
        (lambda p: p[p["role"] != "total"], BindingFlag.NO_TOTAL),
        (lambda p: p[p["role"] != "nonspecific"], BindingFlag.NO_NONSPECIFIC),
        (lambda p: p.assign(signal=p["signal"] - 520.0), BindingFlag.NEGATIVE_SIGNAL),
        (lambda p: p.drop_duplicates(["role", "concentration_M"]), BindingFlag.NO_REPLICATES),
        (lambda p: p.assign(concentration_M=p["concentration_M"] * 1e9), BindingFlag.IMPLAUSIBLE_UNIT),
        (lambda p: p.assign(concentration_M=p["concentration_M"] * 1e-3), BindingFlag.IMPLAUSIBLE_UNIT),
    ],
    ids=["NaN", "no totals", "no non-specific", "negative", "one replicate", "nM as M", "µM as nM"],
)
def test_imperfect_plates_are_fitted_and_flagged(change: Any, flag: BindingFlag) -> None:
    row = row_of(change(noisy_plate(11)))
    assert row["relation"] == "="
    assert row["flags"] & flag
    assert row["ki_ci_low_nM"] < row["ki_nM"] < row["ki_ci_high_nM"]


def test_step_has_a_bracketed_ki_and_an_open_slope(reference_data: Path) -> None:
    cases = json.loads((reference_data / "binding" / "issue_cases.json").read_text())
    step = cases["py50_1_step"]
    doses = np.repeat(np.array(step["dose_uM"]) * 1e-6, 3)
    plate = plate_of(doses, np.ravel(step["response_replicates"]), [100.0] * 3, [0.0] * 3)
    row = row_of(plate, model="variable_slope")
    assert row["relation"] == "="
    assert 2500 < row["ic50_nM"] < 10000
    assert np.isinf(row["hill_ci_high"])


def test_flat_published_case_has_no_ki(reference_data: Path) -> None:
    flat = json.loads((reference_data / "binding" / "issue_cases.json").read_text())["drc4_flat"]
    for controls in ((), (77.0, 79.0, 80.0)):
        plate = plate_of(np.array(flat["dose"]) * 1e-6, flat["response"], controls, [5.0] * len(controls))
        row = row_of(plate)
        assert np.isnan(row["ki_nM"])
        assert row["flags"] & BindingFlag.NO_COMPETITION


def test_each_experiment_and_compound_has_a_row_and_shares_its_controls() -> None:
    first = pd.concat(
        [noisy_plate(12, experiment="one"), noisy_plate(13, 1e-7, experiment="one").query("role == 'competitor'")]
    )
    first.loc[first.index[-30:], "compound"] = "x"
    second = noisy_plate(14, experiment="two").assign(
        compound=lambda p: p["compound"].where(p["role"] != "competitor", "y")
    )
    table = fit_competition(pd.concat([first, second]), **ASSAY).to_frame()
    assert table[["experiment", "compound"]].to_numpy().tolist() == [["one", "x"], ["two", "y"]]


def test_empty_plate_gives_the_same_columns_and_no_rows() -> None:
    plate = noisy_plate(15)
    empty = fit_competition(plate.iloc[:0], **ASSAY).to_frame()
    assert len(empty) == 0
    assert list(empty) == list(fit_competition(plate, **ASSAY).to_frame())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"radioligand_M": 0.0}, "radioligand_M"),
        ({"kd_M": float("nan")}, "kd_M"),
        ({"kd_M": None}, "homologous"),
        ({"equilibrium": "exact"}, "receptor_M"),
        ({"equilibrium": "exact", "receptor_M": 1e-9, "model": "two_site"}, "two_site"),
        ({"confidence": 95.0}, "confidence"),
        ({"model": "three_site"}, "model"),
    ],
)
def test_mistakes_are_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        row_of(noisy_plate(16), **options)


def test_a_table_that_is_no_plate_is_refused() -> None:
    with pytest.raises(TypeError, match="DataFrame"):
        fit_competition([1.0, 2.0], **ASSAY)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="signal"):
        fit_competition(noisy_plate(17).drop(columns="signal"), **ASSAY)
    with pytest.raises(ValueError, match="TB"):
        fit_competition(noisy_plate(17).replace({"role": {"total": "TB"}}), **ASSAY)
