from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from s1r_imaging.binding.quality import QUALITY_COLUMNS, plate_quality
from s1r_imaging.binding.runs import CHART_COLUMNS, control_chart
from s1r_imaging.simulate import simulate_binding_plate


def quality(plate: pd.DataFrame, **options: Any) -> pd.Series:
    table = plate_quality(plate, **options)
    assert list(table.columns) == list(QUALITY_COLUMNS)
    assert len(table) == 1
    return table.iloc[0]


def plate_of(signals: dict[str, list[float]]) -> pd.DataFrame:
    rows = [
        {"experiment": "x", "compound": "", "role": role, "concentration_M": 0.0, "signal": value}
        for role, values in signals.items()
        for value in values
    ]
    return pd.DataFrame(rows)


def test_window_and_percentages_by_hand() -> None:
    plate = plate_of({"total": [980, 1000, 1020], "nonspecific": [90, 100, 110], "blank": [20, 20]})
    row = quality(plate, added_signal=19_600.0)
    assert row["z_prime"] == pytest.approx(1 - 3 * (20 + 10) / 900)
    assert row["signal_window"] == pytest.approx((900 - 3 * 30) / 20)
    assert row["specific_percent"] == pytest.approx(100 * 900 / 980)
    assert row["bound_percent"] == pytest.approx(5.0)
    assert row["replicate_cv_percent"] == pytest.approx(100 * np.sqrt((0.02**2 + 0.1**2) / 2))
    assert row["replicate_df"] == 4
    assert np.isnan(row["edge_percent"])
    assert (row["verdict"], row["edge_verdict"]) == ("pass", "unknown")


def test_verdicts_name_what_failed() -> None:
    row = quality(plate_of({"total": [600, 1000, 1400], "nonspecific": [500, 600, 700]}), added_signal=5000.0)
    assert row["verdict"] == "fail: Z′, signal window, specific, bound, replicate"
    row = quality(plate_of({"total": [100, 110], "nonspecific": [200, 210]}))
    assert row["z_prime"] == -np.inf
    assert "Z′" in row["verdict"]
    assert quality(plate_of({"total": [100, 110]}))["verdict"] == "unknown"
    loose = quality(plate_of({"total": [100, 110], "nonspecific": [40, 42]}), min_specific_percent=50.0)
    assert loose["specific_verdict"] == "pass"


def test_one_row_for_each_experiment_and_none_for_none() -> None:
    plate, truth = simulate_binding_plate(seed=2, n_experiments=3)
    table = plate_quality(plate)
    assert list(table["experiment"]) == [1, 2, 3]
    is_total = (plate["role"] == "total").to_numpy()
    expected = truth.wells["expected_cpm"][is_total].mean()
    np.testing.assert_allclose(table["total"], expected, rtol=0.1)
    empty = plate_quality(plate.iloc[:0])
    assert list(empty.columns) == list(QUALITY_COLUMNS)
    assert len(empty) == 0


def test_pooled_cv_finds_the_pipetting_error() -> None:
    plate, _ = simulate_binding_plate(
        seed=1, n_experiments=1, pipetting_cv=0.06, n_replicates=8, plate_format="384", counting_time_min=500.0
    )
    row = quality(plate)
    low, high = row["replicate_cv_percent"] * np.sqrt(
        row["replicate_df"] / stats.chi2.ppf([0.999, 0.001], row["replicate_df"])
    )
    assert low < 6.0 < high


def test_bound_percent_is_what_was_bound() -> None:
    plate, truth = simulate_binding_plate(seed=1, n_experiments=1, pipetting_cv=0.001, counting_time_min=1000.0)
    row = quality(plate, added_signal=truth.cpm_per_M * truth.options.radioligand_M)
    wells = truth.wells[(plate["role"] == "total").to_numpy()]
    bound = (wells["specific_M"] + wells["nonspecific_M"]).mean() / truth.options.radioligand_M
    assert row["bound_percent"] == pytest.approx(100 * bound, rel=0.01)


def test_an_edge_effect_is_found_with_its_size() -> None:
    found = []
    for seed in range(5):
        plate, _ = simulate_binding_plate(seed=seed, n_experiments=1, edge_effect=-0.25, layout="random")
        row = quality(plate)
        found.append(row["edge_percent"])
        assert row["edge_verdict"] == "fail"
        assert row["edge_p"] < 0.001
    # outer wells are 0.75 of inner ones; relative to the mean of both, which a 96-well plate has in its middle
    assert -0.25 / 0.75 < np.mean(found) / 100 < -0.25


def test_without_an_edge_effect_chance_finds_one_as_often_as_it_says() -> None:
    p = []
    for seed in range(80):
        plate, _ = simulate_binding_plate(
            seed=seed, n_experiments=1, layout="random", n_concentrations=4, compounds={"a": 1e-9, "b": 1e-8}
        )
        p.append(quality(plate)["edge_p"])
    assert stats.kstest(p, "uniform").pvalue > 0.001
    assert np.mean(np.array(p) < 0.05) < 0.11


def test_doses_at_the_edge_are_no_edge_effect() -> None:
    wells = [f"{letter}{column}" for letter in "ABCDEFGH" for column in range(1, 13)]
    outer = np.array([well[0] in "AH" or well[1:] in {"1", "12"} for well in wells])
    plate = pd.DataFrame(
        {
            "experiment": 1,
            "compound": "a",
            "role": "competitor",
            "concentration_M": np.where(outer, 1e-5, 1e-9),
            "signal": np.where(outer, 100.0, 1000.0) + np.arange(96) % 7,
            "well": wells,
        }
    )
    assert np.isnan(quality(plate)["edge_percent"])


def test_bad_counts_and_odd_wells_do_not_stop_the_judgement() -> None:
    plate, _ = simulate_binding_plate(n_experiments=1)
    plate.loc[[0, 8], "signal"] = np.nan
    plate.loc[20, "well"] = None
    row = quality(plate)
    assert (row["n_total"], row["n_nonspecific"]) == (5, 5)
    assert np.isfinite(row["edge_percent"])


def runs(pki: Any) -> pd.DataFrame:
    return pd.DataFrame({"experiment": range(1, len(pki) + 1), "compound": "haloperidol", "pki": pki})


def test_many_runs_have_limits_of_two_and_three_sd() -> None:
    pki = np.random.default_rng(0).normal(8.45, 0.1, 1500)
    chart = control_chart(runs(pki), "haloperidol", reference_runs=1499)
    assert list(chart.columns) == list(CHART_COLUMNS)
    row = chart.iloc[-1]
    assert row["limit_high"] - row["mean_pki"] == pytest.approx(3 * row["sd_pki"], rel=0.01)
    assert row["mean_pki"] - row["warning_low"] == pytest.approx(2 * row["sd_pki"], rel=0.01)
    assert row["minimum_significant_ratio"] == pytest.approx(10 ** (2 * np.sqrt(2) * pki[:1499].std(ddof=1)))


def test_few_runs_raise_no_more_false_alarms_than_many() -> None:
    rng = np.random.default_rng(1)
    verdicts = [control_chart(runs(rng.normal(8, 0.2, 6)), "haloperidol")["verdict"].iloc[-1] for _ in range(200)]
    alarms = np.mean(np.array(verdicts) != "in")
    assert stats.binomtest(int(alarms * 200), 200, 0.0455).pvalue > 0.001


def test_a_run_that_went_wrong_is_out_and_does_not_hide_itself() -> None:
    chart = control_chart(runs([8.4, 8.5, 8.45, 8.42, 8.48, 7.0, np.nan]), "haloperidol")
    assert chart["verdict"].to_list() == ["in"] * 5 + ["out", "unknown"]
    fixed = control_chart(runs([8.4, 8.5, 8.45, 8.42, 8.48, 7.0]), "haloperidol", reference_runs=5)
    assert fixed["verdict"].iloc[-1] == "out"
    assert len(set(fixed["mean_pki"])) == 1


def test_too_few_runs_are_not_judged() -> None:
    assert set(control_chart(runs([8.4, 8.5, 8.3]), "haloperidol")["verdict"]) == {"unknown"}
    assert control_chart(runs([8.4]), "haloperidol")["sd_pki"].isna().all()
    assert len(control_chart(runs([8.4]).iloc[:0], "haloperidol")) == 0


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match="compound='NE-100' is not in the table"):
        control_chart(runs([8.4]), "NE-100")
    with pytest.raises(ValueError, match="no column 'pki'"):
        control_chart(runs([8.4]).drop(columns="pki"), "haloperidol")
    with pytest.raises(ValueError, match="added_signal"):
        plate_quality(plate_of({"total": [1, 2]}), added_signal=0)
