from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from s1r_imaging.curves import fit_curve
from s1r_imaging.experiment.concentration import TABLE_COLUMNS, ConcentrationResponse, fit_concentration_response
from tests.experiment.dose_scene import DOSES, agonist_rows, inhibition_rows, split, well


def hill(x: Any, bottom: float, top: float, log_ec50: float, slope: float) -> Any:
    with np.errstate(divide="ignore"):
        return bottom + (top - bottom) / (1.0 + 10.0 ** ((log_ec50 - np.log10(x)) * slope))


def row_of(result: ConcentrationResponse, curve: str) -> dict[Any, Any]:
    return {str(row["curve"]): row for row in result.table.to_dict("records")}[curve]


def test_log_ec50_is_averaged_over_the_curves_of_the_days() -> None:
    responses, design = split(agonist_rows(np.random.default_rng(0), day_sd=0.2))
    each = []
    for _, own in design.assign(y=responses["peak_dff"]).groupby("replicate"):
        dose = own["agonist_M"].fillna(0.0).to_numpy()
        theta, _ = optimize.curve_fit(hill, dose, own["y"], p0=(0.0, 1.0, -6.5, 1.0))
        each.append(theta[2])
    low, high = stats.t.interval(0.95, 3, np.mean(each), stats.sem(each))
    row = row_of(fit_concentration_response(responses, design), "ATP")
    np.testing.assert_allclose(
        [row["log_ec50"], row["log_ci_low"], row["log_ci_high"]], [np.mean(each), low, high], atol=1e-5
    )
    np.testing.assert_allclose(row["ec50_nM"], 10.0 ** (9.0 + np.mean(each)), rtol=1e-4)
    assert (row["n_replicates"], row["n_points"], row["relation"]) == (4, 32, "=")


def test_wells_that_are_their_own_replicates_give_one_curve_with_a_profile_interval() -> None:
    responses, design = split(agonist_rows(np.random.default_rng(1)))
    design["replicate"] = design["recording"]
    row = row_of(fit_concentration_response(responses, design), "ATP")
    fit = fit_curve("stimulation_4pl", design["agonist_M"].fillna(0.0), responses["peak_dff"])
    assert row["method"] == "one_curve"
    wanted = fit.parameters.loc["log_ec50", ["estimate", "ci_low", "ci_high"]].to_numpy(dtype=float)
    np.testing.assert_allclose([row["log_ec50"], row["log_ci_low"], row["log_ci_high"]], wanted, atol=1e-8)


def test_cells_are_not_points() -> None:
    responses, design = split(agonist_rows(np.random.default_rng(2)))
    cells = pd.concat(
        [responses.assign(peak_dff=responses["peak_dff"] + shift) for shift in (-0.3, 0.0, 0.1, 0.2)]
    )
    once, often = (fit_concentration_response(item, design) for item in (responses, cells))
    pd.testing.assert_frame_equal(once.table, often.table, rtol=1e-6)
    assert often.points["n_cells"].eq(4).all()


def test_an_ec50_above_the_doses_is_said_to_be_above_the_top_dose() -> None:
    rng = np.random.default_rng(3)
    doses = [*np.logspace(-9, -6.8, 5)]
    rows = agonist_rows(rng, noise=0.004, doses=doses)
    responses, design = split(rows)
    result = fit_concentration_response(responses, design, fixed_hill_slope=1.0)
    row = row_of(result, "ATP")
    assert row["relation"] == ">"
    np.testing.assert_allclose(row["ec50_nM"], 1e9 * max(doses))
    assert row["ci_high_nM"] == np.inf
    assert "above" in result.sentences[0]


def test_there_is_no_ec50_without_dependence_on_concentration() -> None:
    rows = agonist_rows(np.random.default_rng(5), log_ec50=0.0)
    result = fit_concentration_response(*split(rows))
    row = row_of(result, "ATP")
    assert row["relation"] == ""
    assert np.isnan([row["log_ec50"], row["ec50_nM"]]).all()
    assert result.sentences == (
        "ATP: the response does not depend on concentration as far as these data show; no EC50.",
    )


def test_the_agonist_alone_is_the_zero_dose_of_an_inhibition_curve() -> None:
    rng = np.random.default_rng(6)
    rows = agonist_rows(rng, doses=[*DOSES]) + inhibition_rows(rng)
    result = fit_concentration_response(*split(rows))
    name = "BD-1047 on ATP 1 µM"
    zero = result.points[(result.points["curve"] == name) & (result.points["concentration_M"] == 0)]
    assert len(zero) == 4
    row = row_of(result, name)
    truth = -7.0 + np.log10(1.0 + 10**0.5)  # slope 1: half of the agonist's effect above vehicle
    assert row["log_ci_low"] < truth < row["log_ci_high"]
    assert list(result.table["kind"]) == ["ec50", "ic50"]


def test_vehicle_can_be_the_floor_of_an_inhibition_curve() -> None:
    rng = np.random.default_rng(7)
    rows = agonist_rows(rng) + inhibition_rows(rng, doses=[*np.logspace(-8.5, -6.5, 6)])
    responses, design = split(rows)
    result = fit_concentration_response(responses, design, inhibition_floor="vehicle")
    vehicle = responses["peak_dff"][design["role"] == "vehicle"].mean()
    row = row_of(result, "BD-1047 on ATP 1 µM")
    np.testing.assert_allclose(row["bottom"], vehicle)
    assert row["log_ci_low"] < -7.0 + np.log10(1.0 + 10**0.5) < row["log_ci_high"]


def test_per_cent_of_control_takes_away_the_gain_of_a_day() -> None:
    rng = np.random.default_rng(8)
    rows = agonist_rows(rng) + [
        well(role="maximum", replicate=f"day {day}", response=1.2 + 0.02 * day) for day in range(4)
    ]
    responses, design = split(rows)
    gain = design["replicate"].map({f"day {day}": 1.0 + day for day in range(4)})
    louder = responses.assign(peak_dff=responses["peak_dff"] * gain)
    plain, loud = (
        fit_concentration_response(item, design, response_scale="percent").table for item in (responses, louder)
    )
    pd.testing.assert_frame_equal(plain, loud, rtol=1e-6)
    assert 60 < plain["top"].iloc[0] < 100


def test_what_cannot_be_per_cent_is_said() -> None:
    responses, design = split(agonist_rows(np.random.default_rng(9)))
    result = fit_concentration_response(responses, design, response_scale="percent")
    assert result.table.empty
    assert result.problems == ("ATP: no maximum control in the design, so the response cannot be percent of it.",)


def test_fractions_of_responders_have_an_ec50_too() -> None:
    rng = np.random.default_rng(10)
    responses, design = split(agonist_rows(rng))
    chance = responses["peak_dff"].clip(0, 1)
    cells = pd.concat([responses.assign(is_responder=rng.random(len(chance)) < chance) for _ in range(60)])
    row = row_of(fit_concentration_response(cells, design, measure="responder_fraction"), "ATP")
    assert abs(row["log_ec50"] + 6.5) < 0.2


@pytest.mark.parametrize("drop", [["agonist_M", "antagonist_M", "agonist", "antagonist"], []])
def test_a_design_without_curves_gives_a_table_without_rows(drop: list[str]) -> None:
    rows = [well(role="vehicle", replicate=1, response=0.0)]
    rows += [well(role="agonist", replicate=n, agonist="ATP", agonist_M=1e-5, response=1.0) for n in (1, 2)]
    responses, design = split(rows)
    result = fit_concentration_response(responses, design.drop(columns=drop))
    assert list(result.table.columns) == list(TABLE_COLUMNS)
    assert result.table.empty
    assert result.sentences == ()


def test_a_missing_value_costs_a_point_and_no_more() -> None:
    responses, design = split(agonist_rows(np.random.default_rng(11)))
    holed = responses.assign(peak_dff=responses["peak_dff"].mask(np.arange(len(responses)) == 5))
    row = row_of(fit_concentration_response(holed, design), "ATP")
    assert (row["n_points"], row["n_replicates"]) == (31, 4)
    assert abs(row["log_ec50"] + 6.5) < 0.2


def test_a_concentration_that_is_none_is_refused() -> None:
    responses, design = split(agonist_rows(np.random.default_rng(12)))
    with pytest.raises(ValueError, match="row 2 has agonist_M=-8"):
        fit_concentration_response(responses, design.assign(agonist_M=np.log10(design["agonist_M"])))


def test_tables_are_left_as_they_were() -> None:
    responses, design = split(agonist_rows(np.random.default_rng(13)))
    before = responses.copy(), design.copy()
    fit_concentration_response(responses, design)
    pd.testing.assert_frame_equal(responses, before[0])
    pd.testing.assert_frame_equal(design, before[1])


def test_intervals_over_days_hold_the_true_ec50() -> None:
    rng = np.random.default_rng(14)
    held = []
    for _ in range(60):
        table = fit_concentration_response(*split(agonist_rows(rng, day_sd=0.15, noise=0.06))).table
        held.append(table["log_ci_low"].iloc[0] <= -6.5 <= table["log_ci_high"].iloc[0])
    assert np.mean(held) >= 0.87
