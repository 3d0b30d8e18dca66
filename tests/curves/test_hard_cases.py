"""Data that made other programs crash or, worse, print a number; all through the front door."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s1r_imaging.curves.curve_fit import CurveFit
from s1r_imaging.curves.fit import fit_curve
from s1r_imaging.flags import CurveFlag

DOSES = 10.0 ** np.arange(-9.0, -4.9, 0.5)
NOISE = np.random.default_rng(0).normal(0, 3, DOSES.size)
CURVE = 100 / (1 + DOSES / 1e-7) + NOISE


@pytest.fixture(scope="module")
def cases(reference_data: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (reference_data / "binding" / "issue_cases.json").read_text(encoding="utf-8")
    )
    return found


def number(fit: CurveFit, name: str, column: str = "estimate") -> float:
    return float(fit.to_frame().set_index("parameter")[column].to_dict()[name])


def raw(fit: CurveFit, name: str, column: str = "estimate") -> float:
    return float(fit.parameters[column].to_dict()[name])


def says_nothing_of_the_midpoint(fit: CurveFit, name: str = "log_ic50") -> bool:
    columns = ("estimate", "standard_error", "ci_low", "ci_high", "estimate_M")
    return not np.isfinite([number(fit, name, column) for column in columns]).any() and (
        fit.midpoints[name].relation == ""
    )


def test_flat_data_have_no_ic50(cases: dict[str, Any]) -> None:
    case = cases["drc4_flat"]
    fit = fit_curve("inhibition_4pl", np.array(case["dose"]) * 1e-6, case["response"])
    assert says_nothing_of_the_midpoint(fit)
    assert fit.flags & CurveFlag.NO_CONCENTRATION_DEPENDENCE
    assert np.isnan(raw(fit, "hill_slope"))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("equation", ["inhibition_3pl", "inhibition_4pl"])
def test_noise_alone_seldom_has_an_ic50_and_never_without_a_test(equation: str, seed: int) -> None:
    y = 5000 + 200 * np.random.default_rng(100 + seed).standard_normal(DOSES.size)
    fit = fit_curve(equation, DOSES, y)
    assert says_nothing_of_the_midpoint(fit)


def test_a_step_has_an_ic50_between_its_doses_and_no_steepest_slope(cases: dict[str, Any]) -> None:
    case = cases["py50_1_step"]
    x = np.repeat(case["dose_uM"], 3) * 1e-6
    fit = fit_curve("inhibition_4pl", x, np.ravel(case["response_replicates"]))
    low, ic50, high = (raw(fit, "log_ic50", column) for column in ("ci_low", "estimate", "ci_high"))
    assert np.log10(2.5e-6) <= low < ic50 < high <= np.log10(10e-6)
    assert raw(fit, "hill_slope", "ci_low") == -np.inf
    assert -3 < raw(fit, "hill_slope", "ci_high") < -2
    assert np.isnan(raw(fit, "hill_slope"))
    assert fit.flags & CurveFlag.OPEN_INTERVAL
    assert fit.flags & CurveFlag.UNSTABLE


def test_least_squares_of_the_public_case_to_its_digits(cases: dict[str, Any]) -> None:
    case, exact = cases["drda12"], cases["drda12"]["exact_LS_4PL"]
    fit = fit_curve("inhibition_4pl", case["dose"], case["response"])
    found = fit.parameters["estimate"]
    assert found["top"] == pytest.approx(exact["Top"], rel=1e-7)
    assert found["bottom"] == pytest.approx(exact["Bottom"], rel=1e-6)
    assert found["log_ic50"] == pytest.approx(exact["logIC50"], rel=1e-7)
    assert found["hill_slope"] == pytest.approx(-exact["Hill"], rel=1e-6)
    assert fit.sum_of_squares == pytest.approx(exact["rss"], rel=1e-10)


def test_doses_that_are_logarithms_are_refused_with_the_remedy(cases: dict[str, Any]) -> None:
    case = cases["drda12"]
    with pytest.raises(ValueError, match=r"pass\s+10.0\*\*x if these are logarithms"):
        fit_curve("inhibition_4pl", np.log10(case["dose"]), case["response"])


@pytest.mark.parametrize("equation", ["inhibition_3pl", "inhibition_4pl"])
def test_two_points_determine_nothing(equation: str) -> None:
    fit = fit_curve(equation, [1e-8, 1e-6], [100.0, 10.0])
    assert not np.isfinite(fit.parameters[["estimate", "standard_error", "ci_low", "ci_high"]].to_numpy()).any()
    assert fit.flags & CurveFlag.TOO_FEW_POINTS
    assert fit.midpoints["log_ic50"].relation == ""


def test_two_doses_with_many_replicates_do_not_determine_a_midpoint() -> None:
    x = np.repeat([1e-8, 1e-6], 8)
    y = np.where(x < 1e-7, 100.0, 10.0) + np.random.default_rng(1).normal(0, 2, 16)
    fit = fit_curve("inhibition_4pl", x, y)
    ends = [raw(fit, "log_ic50", "ci_low"), raw(fit, "log_ic50", "ci_high")]
    assert np.isnan(raw(fit, "log_ic50")) or not np.isfinite(ends).all()
    assert fit.flags & CurveFlag.AMBIGUOUS


def test_one_replicate_per_dose_is_an_ordinary_experiment() -> None:
    fit = fit_curve("inhibition_4pl", DOSES, CURVE)
    low, high = raw(fit, "log_ic50", "ci_low"), raw(fit, "log_ic50", "ci_high")
    assert low < -7 < high
    assert high - low < 0.5
    assert fit.flags == 0


@pytest.mark.parametrize("level", [0.0, 5.0, 1e7])
def test_all_alike_is_flat(level: float) -> None:
    fit = fit_curve("inhibition_4pl", DOSES, np.full(DOSES.size, level))
    assert says_nothing_of_the_midpoint(fit)
    assert fit.flags & CurveFlag.NO_CONCENTRATION_DEPENDENCE


def test_values_that_are_missing_are_left_out_and_told() -> None:
    y, x = CURVE.copy(), DOSES.copy()
    y[3], y[6] = np.nan, np.inf
    fit = fit_curve("inhibition_3pl", x, y)
    kept = np.isfinite(y)
    alone = fit_curve("inhibition_3pl", x[kept], y[kept])
    np.testing.assert_allclose(fit.theta, alone.theta, rtol=1e-12)
    assert fit.n_left_out == 2
    assert fit.flags & CurveFlag.NOT_FINITE


def test_nothing_at_all_is_no_crash() -> None:
    fit = fit_curve("inhibition_4pl", DOSES, np.full(DOSES.size, np.nan))
    assert not np.isfinite(fit.parameters["estimate"]).any()
    assert fit.flags & CurveFlag.NOT_FINITE


def test_negative_counts_are_counts() -> None:
    shifted = fit_curve("inhibition_4pl", DOSES, CURVE - 60)
    plain = fit_curve("inhibition_4pl", DOSES, CURVE)
    for column in ("estimate", "ci_low", "ci_high"):
        assert raw(shifted, "log_ic50", column) == pytest.approx(raw(plain, "log_ic50", column), rel=1e-8)


def test_the_order_of_points_and_duplicated_doses_do_not_matter() -> None:
    order = np.random.default_rng(2).permutation(2 * DOSES.size)
    x, y = np.tile(DOSES, 2), np.concatenate([CURVE, CURVE - 2 * NOISE])
    a, b = fit_curve("inhibition_4pl", x, y), fit_curve("inhibition_4pl", x[order], y[order])
    np.testing.assert_allclose(a.parameters["ci_high"], b.parameters["ci_high"], rtol=1e-8)


def test_one_dose_only_determines_no_midpoint() -> None:
    assert says_nothing_of_the_midpoint(fit_curve("inhibition_4pl", np.full(8, 1e-7), CURVE[:8]))


@pytest.mark.parametrize("factor", [1e6, 1e9])
def test_doses_in_another_unit_are_suspected(factor: float) -> None:
    fit = fit_curve("inhibition_3pl", factor * DOSES, CURVE)
    assert fit.flags & CurveFlag.IMPLAUSIBLE_UNIT
    assert not fit_curve("inhibition_3pl", DOSES, CURVE).flags & CurveFlag.IMPLAUSIBLE_UNIT


def test_a_rising_curve_keeps_its_midpoint() -> None:
    rising = fit_curve("inhibition_4pl", DOSES, 100 - CURVE)
    falling = fit_curve("inhibition_4pl", DOSES, CURVE)
    assert raw(rising, "log_ic50") == pytest.approx(raw(falling, "log_ic50"), rel=1e-9)
    assert raw(rising, "hill_slope") == pytest.approx(-raw(falling, "hill_slope"), rel=1e-8)
    assert raw(rising, "bottom") < raw(rising, "top")


def test_top_below_bottom_is_told() -> None:
    fit = fit_curve("inhibition_3pl", DOSES, 100 - CURVE)
    assert raw(fit, "top") < raw(fit, "bottom")
    assert fit.flags & CurveFlag.INVERTED


@pytest.mark.parametrize("seed", range(3))
def test_a_curve_that_was_cut_short_is_a_limit(seed: int) -> None:
    x = np.repeat(DOSES[:4], 3)
    y = 100 / (1 + x / 1e-7) + np.random.default_rng(seed).normal(0, 1.0, x.size)
    fit = fit_curve("inhibition_3pl", x, y)
    item = fit.midpoints["log_ic50"]
    assert raw(fit, "log_ic50", "ci_high") > -7.0
    if item.relation == ">":
        assert item.value == pytest.approx(-7.5)
        assert number(fit, "log_ic50", "estimate_M") == pytest.approx(x.max())
        assert fit.flags & CurveFlag.CENSORED
    else:
        assert item.relation == "="
        assert raw(fit, "log_ic50") <= -7.5


def test_no_number_is_far_outside_the_data_for_a_curve_cut_short() -> None:
    x = np.repeat(DOSES[:4], 3)
    y = 100 / (1 + x / 1e-7) + np.random.default_rng(1).normal(0, 1.0, x.size)
    fit = fit_curve("inhibition_4pl", x, y)
    finite = fit.parameters[["estimate", "ci_low", "ci_high"]].to_numpy()
    assert np.abs(finite[np.isfinite(finite)]).max() < 1000
    assert raw(fit, "log_ic50", "ci_high") == np.inf


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1e6, 1e9])
def test_units_of_dose_and_response_do_not_matter(scale: float) -> None:
    plain = fit_curve("inhibition_4pl", DOSES, CURVE).parameters
    doses = fit_curve("inhibition_4pl", DOSES * scale, CURVE).parameters
    counts = fit_curve("inhibition_4pl", DOSES, CURVE * scale).parameters
    for column in ("estimate", "ci_low", "ci_high"):
        wanted = plain[column].to_numpy()
        shifted = doses[column].to_numpy() - [0, 0, np.log10(scale), 0]
        np.testing.assert_allclose(shifted, wanted, rtol=1e-9, atol=2e-9)
        scaled = counts[column].to_numpy() / [scale, scale, 1, 1]
        np.testing.assert_allclose(scaled, wanted, rtol=1e-9, atol=2e-9)
