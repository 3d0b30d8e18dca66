import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import curve_fit as scipy_curve_fit

from s1r_imaging.curves import equations, fit_curve, get_equation
from s1r_imaging.flags import CurveFlag

Array = NDArray[Any]

DOSES = np.concatenate([[0.0, 0.0], np.repeat(10.0 ** np.arange(-10, -4.5, 0.5), 2)])


def hill(x: Array, bottom: float, top: float, log_ic50: float, slope: float) -> Array:
    values: Array = bottom + (top - bottom) / (1.0 + (x / 10.0**log_ic50) ** slope)
    return values


def noisy_curve(seed: int = 0) -> Array:
    return hill(DOSES, 120.0, 2100.0, -7.6, 1.1) + np.random.default_rng(seed).normal(0, 40, DOSES.size)


def drug_a(reference_data: Path) -> tuple[Array, Array, dict[str, Any]]:
    folder = reference_data / "binding"
    table = np.genfromtxt(folder / "prism_drugA.csv", delimiter=",", skip_header=1)
    reference = json.loads((folder / "prism_drugA_reference.json").read_text(encoding="utf-8"))
    return np.repeat(table[:, 0], 3), table[:, 1:].ravel(), reference


NAMES = {"Bottom": "bottom", "Top": "top", "LogIC50": "log_ic50", "HillSlope": "hill_slope"}


def assert_printed(value: float, printed: float) -> None:
    """The number must round to what was printed, which has four significant digits."""
    assert float(f"{value:.4g}") == pytest.approx(printed, rel=1e-12)


def test_prism_unweighted_to_every_printed_digit(reference_data: Path) -> None:
    x, y, reference = drug_a(reference_data)
    fit: Any
    fit, expected = fit_curve("inhibition_4pl", x, y), reference["unweighted"]
    for theirs, ours in NAMES.items():
        row = fit.parameters.loc[ours]
        assert_printed(row["estimate"], expected["best_fit"][theirs][0])
        for kind, columns in (
            ("ci95_asymptotic", ("wald_low", "wald_high")),
            ("ci95_profile", ("ci_low", "ci_high")),
        ):
            for column, printed in zip(columns, expected[kind][theirs], strict=True):
                assert_printed(row[column], printed)
    molar = fit.to_frame().set_index("parameter").loc["log_ic50"]
    assert_printed(molar["estimate_M"], expected["best_fit"]["IC50"][0])
    assert_printed(molar["ci_low_M"], expected["ci95_profile"]["IC50"][0])
    assert_printed(molar["ci_high_M"], expected["ci95_profile"]["IC50"][1])
    assert_printed(fit.r_squared, expected["R2"])
    assert_printed(fit.sum_of_squares, expected["SS"])
    assert_printed(fit.residual_sd, expected["Sy.x"])
    assert (fit.df, fit.y.size, int(fit.flags)) == (expected["df"], expected["n"], 0)


def test_prism_weighted_by_the_fitted_curve(reference_data: Path) -> None:
    x, y, reference = drug_a(reference_data)
    fit: Any
    fit, expected = fit_curve("inhibition_4pl", x, y, weights="1/y2"), reference["weighted_1_over_Y2_IRLS"]
    for theirs, ours in NAMES.items():
        assert_printed(fit.parameters.loc[ours, "estimate"], expected["best_fit"][theirs][0])
    assert_printed(fit.r_squared, expected["R2_weighted"])
    assert_printed(fit.sum_of_squares, expected["SS_weighted"])
    assert_printed(fit.residual_sd, expected["Sy.x"])
    np.testing.assert_allclose(fit.weights, fit.fitted**-2, rtol=1e-9)


@pytest.mark.parametrize("power", [-9, -6, 3, 6, 9])
def test_units_of_concentration_shift_the_midpoint_and_nothing_else(power: int) -> None:
    y = noisy_curve()
    one: Any
    other: Any
    one, other = fit_curve("inhibition_4pl", DOSES, y), fit_curve("inhibition_4pl", DOSES * 10.0**power, y)
    shift = np.where(one.parameters.index == "log_ic50", power, 0.0)
    for column in ("estimate", "ci_low", "ci_high", "wald_low", "wald_high"):
        np.testing.assert_allclose(other.parameters[column] - shift, one.parameters[column], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(other.parameters["standard_error"], one.parameters["standard_error"], rtol=1e-9)


@pytest.mark.parametrize("factor", [1e-6, 3e-3, 7e4, 1e6])
def test_units_of_the_response_scale_the_plateaus_and_nothing_else(factor: float) -> None:
    y = noisy_curve()
    one: Any
    other: Any
    one, other = fit_curve("inhibition_4pl", DOSES, y), fit_curve("inhibition_4pl", DOSES, y * factor)
    scale = np.where(one.parameters.index.isin(["bottom", "top"]), factor, 1.0)
    for column in ("estimate", "standard_error", "ci_low", "ci_high"):
        np.testing.assert_allclose(other.parameters[column] / scale, one.parameters[column], rtol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_scipy_started_at_the_truth(seed: int) -> None:
    y = noisy_curve(seed)
    with np.errstate(divide="ignore"):
        theta, covariance = scipy_curve_fit(hill, DOSES, y, [120.0, 2100.0, -7.6, 1.1], xtol=1e-14, ftol=1e-14)
    table: Any = fit_curve(hill, DOSES, y, start=[0.0, 1500.0, -7.0, 1.0]).parameters
    np.testing.assert_allclose(table["estimate"], theta, rtol=1e-6)
    np.testing.assert_allclose(table["standard_error"], np.sqrt(np.diag(covariance)), rtol=1e-5)


def test_a_function_and_the_equation_of_that_name_agree() -> None:
    y = noisy_curve()
    by_name: Any = fit_curve("inhibition_4pl", DOSES, y).parameters
    by_function: Any = fit_curve(
        hill, DOSES, y, start={"bottom": 0, "top": 2000, "log_ic50": -7, "slope": 1}
    ).parameters
    np.testing.assert_allclose(by_function["estimate"], by_name["estimate"] * [1, 1, 1, -1], rtol=1e-9)


@pytest.mark.parametrize("equation", equations(), ids=lambda equation: equation.name)
def test_each_equation_finds_its_own_curve_without_a_start(equation: Any) -> None:
    truth = {
        "bottom": 5.0, "top": 100.0, "log_ic50": -7.2, "log_ec50": -7.2, "hill_slope": 1.3, "asymmetry": 0.6,
        "fraction_high": 0.4, "log_ic50_high": -8.5, "log_ic50_low": -6.3, "hill_slope_high": -1.0,
        "hill_slope_low": -1.2, "bmax": 80.0, "log_kd": -7.4, "ns": 2e6, "background": 3.0, "bmax_high": 60.0,
        "log_kd_high": -8.5, "bmax_low": 90.0, "log_kd_low": -6.2, "y0": 100.0, "plateau": 8.0, "k": 0.1,
        "fraction_fast": 0.4, "k_fast": 0.6, "k_slow": 0.03, "pa2": 7.5, "schild_slope": 1.1, "basal": 4.0,
        "em": 110.0, "log_tau": 0.4, "log_ka": -6.5, "n": 1.2,
    }  # fmt: skip
    dose = np.concatenate([[0.0], 10.0 ** np.linspace(-10.5, -4.5, 49)])
    x = np.linspace(0, 120, 50) if equation.x_kind == "time" else dose
    if equation.x_kind == "agonist_and_antagonist_M":
        x = np.stack([np.tile(dose, 3), np.repeat([0.0, 1e-7, 1e-6], dose.size)])
    theta = np.array([truth[name] for name in equation.parameters])
    noise = np.random.default_rng(1).normal(0, 1e-3, x.shape[-1])
    y = equation.function(x, *theta) + noise
    found: Any = fit_curve(equation.name, x, y).solution
    rms = np.sqrt(np.mean((equation.function(x, *found.theta) - equation.function(x, *theta)) ** 2))
    assert rms < 1e-3
    assert found.converged


@given(st.floats(-50, 50), st.floats(60, 200), st.floats(-9, -5.5), st.floats(-2.5, -0.6))
def test_exact_curves_are_recovered(bottom: float, top: float, log_ic50: float, hill_slope: float) -> None:
    theta = (bottom, top, log_ic50, hill_slope)
    found = fit_curve("4pl", DOSES, get_equation("4pl").function(DOSES, *theta))
    np.testing.assert_allclose(found.theta, theta, rtol=1e-7, atol=1e-6)


def test_fixed_and_bounded_parameters_are_kept() -> None:
    y = noisy_curve()
    fit: Any = fit_curve("4pl", DOSES, y, fixed={"bottom": 0.0}, bounds={"hill_slope": (-1.0, -0.5)})
    assert fit.parameters.loc["bottom", "estimate"] == 0.0
    assert bool(fit.parameters.loc["bottom", "is_fixed"])
    assert -1.0 <= fit.parameters.loc["hill_slope", "estimate"] <= -0.5
    assert fit.df == DOSES.size - 3


def test_shared_parameters_have_one_value_and_the_rest_one_for_each_curve() -> None:
    x, label = np.tile(DOSES, 2), np.repeat(["control", "treated"], DOSES.size)
    y = np.concatenate([hill(DOSES, 100, 2000, -8.0, 1.0), hill(DOSES, 100, 2000, -7.0, 1.0)])
    y = y + np.random.default_rng(2).normal(0, 20, y.size)
    fit: Any = fit_curve("3pl", x, y, curve=label, shared=["bottom", "top"])
    assert list(fit.parameters.index) == ["bottom", "top", "log_ic50[control]", "log_ic50[treated]"]
    separate: Any = [
        fit_curve("3pl", DOSES, part).parameters.loc["log_ic50", "estimate"] for part in np.split(y, 2)
    ]
    np.testing.assert_allclose(fit.parameters["estimate"].iloc[2:], separate, atol=0.03)
    assert fit.parameters["standard_error"].iloc[2] < 0.03
    np.testing.assert_allclose(fit.predict([1e-8], curve="control"), 1050, rtol=0.05)


def test_separate_curves_in_one_call_are_separate_fits() -> None:
    x, label = np.tile(DOSES, 2), np.repeat([1, 2], DOSES.size)
    y = np.concatenate([noisy_curve(1), noisy_curve(2)])
    both = fit_curve("4pl", x, y, curve=label).parameters["estimate"].to_numpy().reshape(4, 2).T
    alone: Any = [fit_curve("4pl", DOSES, part).parameters["estimate"] for part in np.split(y, 2)]
    np.testing.assert_allclose(both, alone, rtol=1e-7)


def test_a_noise_model_weights_by_one_over_its_variance() -> None:
    y = noisy_curve()
    fit: Any = fit_curve("4pl", DOSES, y, weights=lambda fitted: 30.0 + (0.04 * fitted) ** 2)
    again = fit_curve("4pl", DOSES, y, weights=1.0 / (30.0 + (0.04 * fit.fitted) ** 2))
    np.testing.assert_allclose(again.parameters["estimate"], fit.parameters["estimate"], rtol=1e-9)
    low, high = fit.prediction_band(DOSES)
    assert np.all(np.diff((high - low)[::4]) < 0)  # the scatter falls with the signal
    with pytest.raises(ValueError, match="prediction band"):
        again.prediction_band(DOSES)


def test_points_that_are_not_numbers_are_left_out_and_counted() -> None:
    y = noisy_curve()
    holes = y.copy()
    holes[[3, 8]] = [np.nan, np.inf]
    kept = np.delete(np.arange(y.size), [3, 8])
    fit: Any = fit_curve("4pl", DOSES, holes)
    assert fit.n_left_out == 2
    assert CurveFlag.NOT_FINITE in fit.flags
    np.testing.assert_array_equal(
        fit.parameters["estimate"], fit_curve("4pl", DOSES[kept], y[kept]).parameters["estimate"]
    )


BAD_CURVES = {
    "nothing": np.full(DOSES.size, np.nan),
    "zero": np.zeros(DOSES.size),
    "constant": np.full(DOSES.size, 7.0),
    "two points": np.where(np.isin(np.arange(DOSES.size), [4, 18]), 5.0 + DOSES * 1e6, np.nan),
    "negative": -np.abs(noisy_curve()),
    "step": np.where(DOSES > 1e-7, 0.0, 100.0),
    "noise": np.random.default_rng(3).normal(100, 10, DOSES.size),
}


@pytest.mark.parametrize("name", BAD_CURVES)
def test_bad_curves_end_in_a_table_with_flags(name: str) -> None:
    fit: Any = fit_curve("4pl", DOSES, BAD_CURVES[name])
    assert list(fit.parameters.index) == ["bottom", "top", "log_ic50", "hill_slope"]
    if name != "negative":
        assert fit.flags
    if name in {"nothing", "zero", "constant", "noise"}:
        assert np.isnan(fit.parameters.loc["log_ic50", "estimate"])


def test_flat_data_of_a_published_failure_give_no_midpoint(reference_data: Path) -> None:
    cases = json.loads((reference_data / "binding" / "issue_cases.json").read_text(encoding="utf-8"))
    case = cases["drc4_flat"]
    fit: Any = fit_curve("4pl", np.array(case["dose"]) * 1e-6, case["response"])
    assert CurveFlag.NO_CONCENTRATION_DEPENDENCE in fit.flags
    assert np.isnan(fit.parameters.loc["log_ic50", "estimate"])
    assert np.isnan(fit.to_frame().set_index("parameter").loc["log_ic50", "estimate_M"])


def test_a_step_brackets_the_midpoint_and_leaves_the_slope_open(reference_data: Path) -> None:
    case = json.loads((reference_data / "binding" / "issue_cases.json").read_text(encoding="utf-8"))["py50_1_step"]
    x = np.repeat(np.array(case["dose_uM"]) * 1e-6, 3)
    fit: Any = fit_curve("4pl", x, np.ravel(case["response_replicates"]))
    assert np.log10(2.5e-6) < fit.parameters.loc["log_ic50", "estimate"] < np.log10(10e-6)
    assert np.isneginf(fit.parameters.loc["hill_slope", "ci_low"])
    assert CurveFlag.OPEN_INTERVAL in fit.flags


def test_published_least_squares_of_another_program(reference_data: Path) -> None:
    case = json.loads((reference_data / "binding" / "issue_cases.json").read_text(encoding="utf-8"))["drda12"]
    fit: Any
    fit, expected = fit_curve("4pl", np.array(case["dose"]) * 1e-6, case["response"]), case["exact_LS_4PL"]
    values = [expected["Bottom"], expected["Top"], expected["logIC50"] - 6.0, -expected["Hill"]]
    np.testing.assert_allclose(fit.parameters["estimate"], values, rtol=1e-6)
    assert fit.sum_of_squares == pytest.approx(expected["rss"], rel=1e-9)


def test_a_rising_curve_has_a_positive_slope_and_bottom_below_top() -> None:
    table: Any = fit_curve("4pl", DOSES, noisy_curve()[::-1]).parameters["estimate"]
    rising: Any = fit_curve("stimulation_4pl", DOSES, 2200 - noisy_curve()).parameters["estimate"]
    assert rising["hill_slope"] > 0
    assert rising["bottom"] < rising["top"]
    assert table["bottom"] < table["top"]


def test_logarithms_of_concentrations_are_refused() -> None:
    with pytest.raises(ValueError, match=r"pass 10\.0\*\*x"):
        fit_curve("4pl", [-9, -8, -7, -6, -5], [1, 2, 3, 4, 5])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"start": {"middle": 1.0}}, "middle"),
        ({"fixed": {"middle": 1.0}}, "middle"),
        ({"bounds": {"top": (2.0, 1.0)}}, "lower < upper"),
        ({"weights": "1/z"}, "1/z"),
        ({"weights": [1.0]}, "one weight for each"),
        ({"weights": np.zeros(DOSES.size)}, "positive"),
        ({"shared": ["top"]}, "curve="),
        ({"curve": ["a"]}, "labels"),
        ({"confidence": 95.0}, "confidence"),
    ],
)
def test_mistakes_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit_curve("4pl", DOSES, noisy_curve(), **arguments)


def test_a_function_without_a_start_asks_for_one() -> None:
    with pytest.raises(ValueError, match="bottom, top, log_ic50, slope"):
        fit_curve(hill, DOSES, noisy_curve())
    with pytest.raises(ValueError, match="did you mean 'inhibition_4pl'"):
        fit_curve("inhibition_4p", DOSES, noisy_curve())
    with pytest.raises(TypeError, match="first argument is x"):
        fit_curve(lambda x: x, DOSES, noisy_curve())


def test_inputs_are_not_changed() -> None:
    x, y = DOSES.copy(), noisy_curve()
    x.flags.writeable = y.flags.writeable = False
    fit_curve("4pl", x, y, weights="1/y")


def test_bands_hold_the_curve_and_the_wider_one_the_points() -> None:
    y = noisy_curve()
    fit: Any = fit_curve("4pl", DOSES, y)
    low, high = fit.confidence_band(DOSES)
    wide_low, wide_high = fit.prediction_band(DOSES)
    assert np.all((low < fit.fitted) & (fit.fitted < high))
    assert np.all((wide_low < low) & (high < wide_high))
    assert np.mean((wide_low < y) & (y < wide_high)) > 0.9
