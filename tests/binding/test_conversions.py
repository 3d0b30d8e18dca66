"""Ki from IC50, against exact equilibria."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s1r_imaging.binding.conversions import (
    bound_over_free,
    cheng_prusoff,
    ic50_from_ki,
    ln_ki_variance,
    munson_rodbard,
    nikolovska_coleska,
)
from s1r_imaging.binding.equilibrium import competitive_equilibrium

molar = st.floats(-13.0, -5.0).map(lambda exponent: 10.0**exponent)


@pytest.fixture(scope="module")
def table(reference_data: Path) -> pd.DataFrame:
    return pd.read_csv(reference_data / "binding" / "ic50_to_ki.csv")


def test_exact_conversions_return_the_true_ki(table: pd.DataFrame) -> None:
    given_ic50 = table["IC50_total_exact"], table["L_total"], table["Kd"]
    np.testing.assert_allclose(nikolovska_coleska(*given_ic50, table["R_total"]), table["Ki_true"], rtol=1e-12)
    ratio = bound_over_free(table["R_total"], table["L_total"], table["Kd"])
    np.testing.assert_allclose(ratio, table["bound_over_free0"], rtol=1e-13)
    np.testing.assert_allclose(munson_rodbard(*given_ic50, ratio), table["Ki_true"], rtol=1e-12)


def test_cheng_prusoff_errs_as_much_as_the_table_says(table: pd.DataFrame) -> None:
    found = cheng_prusoff(table["IC50_total_exact"], table["L_total"], table["Kd"])
    np.testing.assert_allclose(100 * (found / table["Ki_true"] - 1), table["bias_CP_pct"], rtol=1e-9)


@settings(max_examples=30)
@given(receptor=molar, radioligand=molar, kd=molar, ki=molar)
def test_exact_conversions_agree_with_the_equilibrium(
    receptor: float, radioligand: float, kd: float, ki: float
) -> None:
    def half(at_ic50: float) -> float:
        bound = competitive_equilibrium(
            receptor, radioligand, [0.0, at_ic50], kd_M=kd, ki_M=ki
        ).radioligand_bound_M
        return float(bound[1] / bound[0])

    low, high = 1e-16, 1e10  # the IC50 by bisection, without any formula
    for _ in range(90):
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if half(middle) < 0.5 else (middle, high)
    taken = receptor  # what the competitor occupies at most: the digits of Ki are lost in it where Ki is small
    tolerance = 1e-9 * (1 + taken / ki)
    ic50 = (low * high) ** 0.5
    assert nikolovska_coleska(ic50, radioligand, kd, receptor) == pytest.approx(
        ki, rel=tolerance, abs=1e-9 * taken
    )
    ratio = bound_over_free(receptor, radioligand, kd)
    assert munson_rodbard(ic50, radioligand, kd, ratio) == pytest.approx(ki, rel=tolerance, abs=1e-9 * taken)


@given(ki=molar, radioligand=molar, kd=molar)
def test_without_receptor_all_are_cheng_prusoff(ki: float, radioligand: float, kd: float) -> None:
    ic50 = ic50_from_ki(ki, radioligand, kd)
    tiny = 1e-12 * min(ki, radioligand, kd)
    assert cheng_prusoff(ic50, radioligand, kd) == pytest.approx(ki, rel=1e-14)
    assert nikolovska_coleska(ic50, radioligand, kd, tiny) == pytest.approx(ki, rel=1e-10)
    assert munson_rodbard(ic50, radioligand, kd, 0.0) == pytest.approx(ki, rel=1e-13)


def test_an_ic50_below_what_must_be_bound_has_no_ki() -> None:
    ratio = bound_over_free(1.0, 3.0, 3.0)
    assert np.isnan(munson_rodbard([0.2, 0.6], 3.0, 3.0, ratio)).tolist() == [True, False]
    assert np.isnan(nikolovska_coleska([0.2, 0.6], 3.0, 3.0, 1.0)).tolist() == [True, False]


def test_unknown_and_unlimited_values_stay_so() -> None:
    given_ic50 = np.array([1e-8, np.nan, np.inf])
    given_ic50.flags.writeable = False
    for ki in (
        cheng_prusoff(given_ic50, 3e-9, 3e-9),
        munson_rodbard(given_ic50, 3e-9, 3e-9, 0.1),
        nikolovska_coleska(given_ic50, 3e-9, 3e-9, 1e-10),
    ):
        assert np.isfinite(ki).tolist() == [True, False, False]
        assert np.isnan(ki[1])
        assert ki[2] == np.inf


def test_variance_of_ki_is_that_of_a_simulation() -> None:
    rng = np.random.default_rng(3)
    z = rng.standard_normal((3, 400_000))
    ki = cheng_prusoff(1e-8 * np.exp(0.05 * z[0]), 5e-9 * np.exp(0.03 * z[1]), 2e-9 * np.exp(0.04 * z[2]))
    predicted = ln_ki_variance(0.05**2, 5e-9, 2e-9, radioligand_se=0.03 * 5e-9, kd_se=0.04 * 2e-9)
    assert float(predicted) == pytest.approx(np.log(ki).var(), rel=0.01)


def test_variance_without_errors_of_the_assay_is_that_of_the_ic50() -> None:
    assert float(ln_ki_variance(0.04, 3e-9, 3e-9)) == 0.04


@pytest.mark.parametrize("bad", [0.0, -1.0])
def test_impossible_values_are_named(bad: float) -> None:
    with pytest.raises(ValueError, match="ic50"):
        cheng_prusoff([1e-8, bad], 3e-9, 3e-9)
    with pytest.raises(ValueError, match="kd"):
        cheng_prusoff(1e-8, 3e-9, bad)
    with pytest.raises(ValueError, match="radioligand"):
        cheng_prusoff(1e-8, -1e-9, 3e-9)
    with pytest.raises(ValueError, match="receptor"):
        nikolovska_coleska(1e-8, 3e-9, 3e-9, bad)
    with pytest.raises(ValueError, match="bound_over_free"):
        munson_rodbard(1e-8, 3e-9, 3e-9, -0.1)
    with pytest.raises(ValueError, match="kd_se"):
        ln_ki_variance(0.1, 3e-9, 3e-9, kd_se=-1e-10)
