import numpy as np
import pandas as pd
import pytest

from s1r_imaging.binding.combine import combine_experiments
from s1r_imaging.binding.competition import fit_competition
from s1r_imaging.binding.result import BindingFit
from s1r_imaging.flags import BindingFlag, flag_names
from tests.binding.binding_plates import DOSES, noisy, noisy_plate, plate_of

COLUMNS = ["experiment", "compound", "pki", "pki_ci_low", "pki_ci_high", "ki_nM", "ki_ci_low_nM", "ki_ci_high_nM"]


@pytest.fixture(scope="module")
def fit() -> BindingFit:
    flat = plate_of(np.repeat(DOSES, 3), noisy(np.random.default_rng(5), np.full(30, 5000.0)), experiment=3)
    plates = [noisy_plate(1, experiment=1), noisy_plate(2, 2e-8, experiment=2), flat]
    return fit_competition(pd.concat(plates), radioligand_M=3e-9, kd_M=3e-9)


def test_table_has_a_row_per_fit_in_the_fields_units(fit: BindingFit) -> None:
    table = fit.to_frame()
    assert set(COLUMNS) <= set(table)
    assert len(table) == len(fit) == 3
    known = table[table["relation"] == "="]
    assert known["ki_nM"].to_numpy() == pytest.approx(10 ** (9 - known["pki"].to_numpy()))
    assert known["ki_ci_low_nM"].to_numpy() == pytest.approx(10 ** (9 - known["pki_ci_high"].to_numpy()))
    assert (known["pki_ci_low"] < known["pki"]).all()
    assert table["flag_names"].tolist() == [flag_names(flags, kind=BindingFlag) for flags in table["flags"]]
    assert table["n_wells"].tolist() == [38, 38, 36]


def test_curve_has_its_plateaus_at_none_and_at_all_and_its_band_around_it(fit: BindingFit) -> None:
    curve = fit.curve(1, "x")
    assert list(curve) == ["experiment", "compound", "concentration_M", "signal", "ci_low", "ci_high"]
    row = fit.to_frame().iloc[0]
    assert curve["concentration_M"].iloc[[0, -1]].tolist() == [0.0, np.inf]
    assert curve["signal"].iloc[[0, -1]].tolist() == pytest.approx([row["top"], row["bottom"]])
    assert (np.diff(curve["signal"]) < 0).all()
    assert ((curve["ci_low"] < curve["signal"]) & (curve["signal"] < curve["ci_high"])).all()
    half = fit.fit(1, "x").curve(np.array([row["ic50_nM"] * 1e-9]))["signal"].iloc[0]
    assert half == pytest.approx((row["top"] + row["bottom"]) / 2)
    with pytest.raises(KeyError, match="'y'"):
        fit.curve(1, "y")


def test_band_is_as_wide_as_chance(fit: BindingFit) -> None:
    at = np.array([0.0, 3e-9, 1e-8, 1e-7])
    plates = [noisy_plate(100 + seed) for seed in range(40)]
    fits = [fit_competition(plate, radioligand_M=3e-9, kd_M=3e-9).fits[0] for plate in plates]
    found = np.array([item.curve(at)["signal"] for item in fits])
    width = np.array([item.curve(at)["ci_high"] - item.curve(at)["ci_low"] for item in fits]).mean(axis=0)
    assert width == pytest.approx(2 * 2.03 * found.std(axis=0), rel=0.3)


def test_residuals_are_signal_less_curve(fit: BindingFit) -> None:
    rest = fit.residuals()
    assert len(rest) == 38 + 38 + 36
    assert rest["residual"].to_numpy() == pytest.approx((rest["signal"] - rest["fitted"]).to_numpy())
    assert 0.6 < rest["weighted_residual"].std() < 1.4


def test_report_says_numbers_intervals_and_limits(fit: BindingFit) -> None:
    text = fit.report()
    row = fit.to_frame().iloc[0]
    assert f"Ki {row['ki_nM']:.3g} nM" in text
    assert "95 % profile interval" in text
    assert "Ki > 5e+03 nM" in text or "Ki > 5000 nM" in text
    assert "no Ki can be stated" in text


def test_experiments_can_be_combined(fit: BindingFit) -> None:
    row = combine_experiments(fit.to_frame()).iloc[0]
    assert row["n_experiments"] == 3
    assert row["n_censored"] == 1


def test_higher_confidence_is_wider(fit: BindingFit) -> None:
    wide = fit_competition(noisy_plate(1), radioligand_M=3e-9, kd_M=3e-9, confidence=0.99).to_frame().iloc[0]
    row = fit.to_frame().iloc[0]
    assert wide["ki_ci_low_nM"] < row["ki_ci_low_nM"]
    assert wide["ki_ci_high_nM"] > row["ki_ci_high_nM"]
