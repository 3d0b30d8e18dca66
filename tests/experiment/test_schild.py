from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from s1r_imaging.experiment.schild import fit_schild, fit_schild_points, schild_pairs
from tests.benchmarks.schild_coverage import coverage, simulate
from tests.experiment.dose_scene import split, well


def gaddum(x: Any, *theta: float) -> Any:
    bottom, top, log_ec50, n, pa2, slope = theta
    ec50 = 10.0**log_ec50 * (1.0 + (x[1] * 10.0**pa2) ** slope)
    return bottom + (top - bottom) / (1.0 + (ec50 / x[0]) ** n)


def test_the_global_fit_of_one_replicate_is_that_of_scipy() -> None:
    points = simulate(np.random.default_rng(0), n=1)
    x = points[["agonist_M", "antagonist_M"]].to_numpy().T
    start = (0.0, 1.0, -7.5, 1.2, 8.0, 1.0)
    wanted, _ = optimize.curve_fit(gaddum, x, points["response"], p0=start, xtol=1e-12, ftol=1e-12)
    names = ["bottom", "top", "log_ec50", "hill_slope", "pa2", "schild_slope"]
    found = fit_schild_points(points).parameters.loc[names, "estimate"]
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_noise_free_data_give_back_what_they_were_made_of() -> None:
    fit = fit_schild_points(simulate(np.random.default_rng(1), n=3, noise=1e-6, day=1.0, slope=1.0))
    row = fit.table.iloc[0]
    np.testing.assert_allclose(
        [row["pa2"], row["schild_slope"], row["schild_plot_pa2"]], [8.0, 1.0, 8.0], atol=5e-3
    )
    assert row["n_replicates"] == 3


@pytest.mark.parametrize(
    "design",
    [
        {"n": 4, "day": 1.0},
        {"n": 3, "noise": 0.0, "proportional": 0.1, "slope": 0.8, "day": 1.0},
        {"n": 3, "labelled": False},
    ],
)
def test_intervals_hold_the_truth_and_estimates_are_not_biased(design: dict[str, Any]) -> None:
    table = coverage(40, seed=5, **design)
    for name in ("pA2", "slope"):
        row: Any = table.loc[name]
        assert row["none"] == 0.0
        assert 0.85 <= row["coverage"] <= 1.0
        assert abs(row["median_error"]) < 0.3 * row["half_width"]


def test_units_of_concentration_and_response_do_not_matter() -> None:
    points = simulate(np.random.default_rng(2), n=3, day=1.0)
    other = points.assign(
        agonist_M=points["agonist_M"] * 100,
        antagonist_M=points["antagonist_M"] * 10,
        response=points["response"] * 7,
    )
    one, two = fit_schild_points(points).table.iloc[0], fit_schild_points(other).table.iloc[0]
    columns = ["pa2", "pa2_ci_low", "pa2_ci_high"]
    np.testing.assert_allclose(two[columns].astype(float), one[columns].astype(float) - 1.0, atol=1e-3)
    np.testing.assert_allclose(two["slope_ci_high"], one["slope_ci_high"], atol=1e-3)


def test_an_agonist_that_lowers_the_signal_has_the_same_pa2() -> None:
    points = simulate(np.random.default_rng(3), n=3, day=1.0)
    one = fit_schild_points(points).table.iloc[0]
    two = fit_schild_points(points.assign(response=1.0 - points["response"])).table.iloc[0]
    np.testing.assert_allclose(two["pa2"], one["pa2"], atol=1e-4)
    np.testing.assert_allclose(two["pa2_ci_low"], one["pa2_ci_low"], atol=1e-3)


def test_days_that_differ_do_not_widen_the_interval() -> None:
    calm, shifted = (float(coverage(10, seed=6, n=4, day=day)["half_width"]["pA2"]) for day in (0.0, 1.0))
    assert shifted < 1.5 * calm


def test_a_slope_that_is_not_one_leaves_no_pkb() -> None:
    fit = fit_schild_points(simulate(np.random.default_rng(4), n=4, noise=0.01, slope=1.4))
    row = fit.table.iloc[0]
    assert row["slope_p"] < 0.05
    assert np.isnan(row["pkb"])
    assert any("is not 1" in sentence for sentence in fit.sentences)


def test_a_falling_maximum_takes_pa2_away_in_words() -> None:
    points = simulate(np.random.default_rng(5), n=4, day=1.0)
    left = 1.0 - 0.5 * points["antagonist_M"] / (points["antagonist_M"] + 3e-8)
    fit = fit_schild_points(points.assign(response=points["response"] * left))
    row = fit.table.iloc[0]
    assert not row["surmountable"]
    assert np.isnan([row["pa2"], row["pkb"], row["pa2_ci_low"]]).all()
    assert fit.parameters["estimate"].notna().all()
    assert "No pA2 can be given" in fit.sentences[0]
    assert any("maximum falls to" in sentence for sentence in fit.sentences)


def test_without_a_shift_pa2_is_below_the_top_antagonist() -> None:
    points = simulate(np.random.default_rng(6), n=4, antagonist=(1e-13, 1e-12, 1e-11))
    fit = fit_schild_points(points)
    row = fit.table.iloc[0]
    assert (row["relation"], row["pa2"]) == ("<", 11.0)
    assert np.isnan(row["pa2_ci_low"])
    assert "no shift up to 10 pM" in fit.sentences[0]


def test_one_antagonist_concentration_takes_the_slope_for_one() -> None:
    points = simulate(np.random.default_rng(7), n=4, day=1.0, antagonist=(1e-7,))
    row = fit_schild_points(points).table.iloc[0]
    assert row["schild_slope"] == 1.0
    assert row["pa2"] == row["pkb"]
    assert row["pa2_ci_low"] < 8.0 < row["pa2_ci_high"]


def test_replicates_that_hold_one_curve_each_are_fitted_together() -> None:
    points = simulate(np.random.default_rng(8), n=1)
    labels = points["antagonist_M"].astype(str)
    one, other = (
        fit_schild_points(points).table.iloc[0],
        fit_schild_points(points.assign(replicate=labels)).table.iloc[0],
    )
    np.testing.assert_allclose(other["pa2"], one["pa2"], atol=1e-5)
    assert "intervals over points" in other["method"]


def test_days_with_one_antagonist_concentration_each_are_fitted_with_levels_of_their_own() -> None:
    days = []
    for number, level in enumerate((1e-8, 3e-8, 1e-7) * 2):
        day = simulate(np.random.default_rng(number), n=1, day=1.0, antagonist=(level,), noise=0.03)
        days.append(day.assign(replicate=number))
    row = fit_schild_points(pd.concat(days)).table.iloc[0]
    assert "of each replicate; intervals over points" in row["method"]
    assert row["pa2_ci_low"] < 8.0 < row["pa2_ci_high"]
    assert row["pa2_ci_high"] - row["pa2_ci_low"] < 0.6


def test_a_design_gives_what_its_points_give() -> None:
    points = simulate(np.random.default_rng(9), n=3, day=1.0, n_agonist=6)
    rows = [
        well(
            role="antagonist_agonist" if item["antagonist_M"] else "agonist", replicate=item["replicate"],
            agonist="PRE-084", agonist_M=item["agonist_M"], antagonist="BD-1047" if item["antagonist_M"] else None,
            antagonist_M=item["antagonist_M"] or np.nan, response=item["response"],
        )
        for item in points.to_dict("records")
    ]  # fmt: skip
    responses, design = split(rows)
    assert schild_pairs(design) == (("PRE-084", "BD-1047"),)
    fit, wanted = fit_schild(responses, design), fit_schild_points(points)
    np.testing.assert_allclose(fit.parameters.to_numpy(), wanted.parameters.to_numpy(), atol=1e-6)
    assert fit.antagonist == "BD-1047"


def test_several_pairs_are_told_apart_and_one_must_be_chosen() -> None:
    points = simulate(np.random.default_rng(10), n=2, n_agonist=6)
    rows = []
    for name in ("BD-1047", "NE-100"):
        rows += [
            well(
                role="antagonist_agonist", replicate=item["replicate"], agonist="ATP", agonist_M=item["agonist_M"],
                antagonist=name, antagonist_M=item["antagonist_M"], response=item["response"],
            )
            for item in points[points["antagonist_M"] > 0].to_dict("records")
        ]  # fmt: skip
    rows += [
        well(role="agonist", replicate=item["replicate"], agonist="ATP", agonist_M=item["agonist_M"],
             response=item["response"])
        for item in points[points["antagonist_M"] == 0].to_dict("records")
    ]  # fmt: skip
    responses, design = split(rows)
    assert len(schild_pairs(design)) == 2
    with pytest.raises(ValueError, match="2 such pairs.*NE-100"):
        fit_schild(responses, design)
    assert fit_schild(responses, design, antagonist="NE-100").antagonist == "NE-100"


def test_missing_points_cost_no_more_than_themselves() -> None:
    points = simulate(np.random.default_rng(11), n=3, day=1.0)
    holed = points.assign(response=points["response"].mask(np.arange(len(points)) % 17 == 3))
    row = fit_schild_points(holed).table.iloc[0]
    assert row["n_points"] == holed["response"].notna().sum()
    assert row["pa2_ci_low"] < 8.0 < row["pa2_ci_high"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda points: points.drop(columns="response"), "no column 'response'"),
        (lambda points: points.assign(agonist_M=np.log10(points["agonist_M"])), "logarithms"),
        (lambda points: points[points["antagonist_M"] > 0], "no control curve"),
        (lambda points: points[points["antagonist_M"] == 0], "curve with antagonist"),
    ],
)
def test_tables_that_cannot_be_used_say_why(change: Callable[[pd.DataFrame], pd.DataFrame], words: str) -> None:
    points = simulate(np.random.default_rng(12), n=2)
    with pytest.raises(ValueError, match=words):
        fit_schild_points(change(points))


def test_curves_pass_through_the_means_of_the_points() -> None:
    points = simulate(np.random.default_rng(13), n=5, day=1.0)
    fit = fit_schild_points(points)
    dose = np.unique(points["agonist_M"])
    curves = fit.curves(dose).set_index(["antagonist_M", "agonist_M"])["response"]
    means = points.groupby(["antagonist_M", "agonist_M"])["response"].mean()
    assert np.abs(curves - means).max() < 0.12
