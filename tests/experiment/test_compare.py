from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from s1r_imaging.experiment.block import block_percent
from s1r_imaging.experiment.compare import Comparison, compare_conditions
from s1r_imaging.experiment.correction import benjamini_hochberg, holm
from s1r_imaging.experiment.difference import welch_difference
from tests.experiment.comparison_tables import AGONIST, ANTAGONIST, MEANS, experiment_tables
from tests.experiment.null_experiments import as_groups, as_tables, null_cells

Method = Literal["replicate_means", "permutation", "mixed_model", "cells"]
METHODS: tuple[Method, ...] = ("replicate_means", "permutation", "mixed_model", "cells")


def values(found: Comparison, condition: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    table = found.replicates
    return table.loc[table["condition"] == condition, "value"].to_numpy()


def contrast(found: Comparison, condition: str) -> dict[Any, Any]:
    return next(row for row in found.contrasts.to_dict("records") if row["condition"] == condition)


def check(found: Comparison, name: str) -> object:
    return found.checks.set_index("check")["passed"].loc[name]


def test_each_role_is_compared_with_what_it_belongs_to() -> None:
    found = compare_conditions(*experiment_tables(means=MEANS | {"positive_control": 1.0}))
    assert found.contrasts["contrast"].to_list() == [
        "agonist vs vehicle",
        "antagonist vs vehicle",
        "antagonist_agonist vs agonist",
        "positive_control vs vehicle",
    ]
    row = contrast(found, "agonist")
    assert row["estimate"] == pytest.approx(values(found, "agonist").mean() - values(found, "vehicle").mean())
    assert (row["n_replicates"], row["n_replicates_reference"], row["n_cells"]) == (4, 4, 120)


def test_blocked_conditions_find_the_agonist_of_their_compound_and_concentration() -> None:
    responses, design = experiment_tables(means=dict.fromkeys(["vehicle", "agonist", "antagonist_agonist"], 0.5))
    parts = [design[design["role"] == "vehicle"].assign(agonist_M=np.nan)]
    tables = [responses[responses["recording"].str.startswith("vehicle")]]
    for name, dose in (("low", 1e-6), ("high", 1e-5)):
        for role in ("agonist", "antagonist_agonist"):
            own = design[design["role"] == role]
            rename = {recording: f"{name}_{recording}" for recording in own["recording"]}
            parts.append(
                own.assign(
                    recording=own["recording"].map(rename),
                    condition=f"{name} {role}",
                    agonist_M=dose * (1 + 1e-9),
                )
            )
            rows = responses[responses["recording"].isin(own["recording"])]
            tables.append(rows.assign(recording=rows["recording"].map(rename)))
    found = compare_conditions(pd.concat(tables), pd.concat(parts, ignore_index=True))
    pairs = dict(zip(found.block["condition"], found.block["agonist_condition"], strict=True))
    assert pairs == {
        "low antagonist_agonist": "low agonist",
        "high antagonist_agonist": "high agonist",
    }


def test_block_is_that_of_the_replicate_means() -> None:
    for has_days in (False, True):
        found = compare_conditions(*experiment_tables(has_days=has_days))
        oracle = block_percent(
            values(found, "vehicle"),
            values(found, "agonist"),
            values(found, "antagonist_agonist"),
            paired=has_days,
        )
        row = found.block.iloc[0]
        assert (row["estimate"], row["ci_low"], row["ci_high"]) == pytest.approx(
            (oracle.estimate, oracle.ci_low, oracle.ci_high)
        )
        assert row["is_paired"] == has_days


def test_shared_days_are_paired_and_it_is_said() -> None:
    found = compare_conditions(*experiment_tables(has_days=True))
    row = contrast(found, "agonist")
    oracle = stats.ttest_rel(values(found, "agonist"), values(found, "vehicle"))
    assert row["p_value"] == pytest.approx(oracle.pvalue)
    assert "Paired" in str(row["note"])
    assert "within days" in found.note
    free = compare_conditions(*experiment_tables(has_days=True), pairing="none")
    assert not free.contrasts["is_paired"].any()


def test_labels_pair_only_when_asked() -> None:
    responses, design = experiment_tables()
    design = design.assign(replicate=design["recording"].str[-1])
    assert not compare_conditions(responses, design).contrasts["is_paired"].any()
    assert compare_conditions(responses, design, pairing="replicate").contrasts["is_paired"].all()


def test_null_experiments_are_rejected_at_the_nominal_rate_and_cells_as_n_are_not() -> None:
    rng = np.random.default_rng(11)
    tables = [as_tables(null_cells(rng, icc=0.3)) for _ in range(60)]
    by_dish = [compare_conditions(*own).contrasts["p_value"].iloc[0] for own in tables]
    by_cell = [compare_conditions(*own, method="cells").contrasts["p_value"].iloc[0] for own in tables[:30]]
    assert np.mean(np.array(by_dish) < 0.05) < 0.17  # four standard errors above 5 %
    assert np.mean(np.array(by_cell) < 0.05) > 0.25  # 59 % in the long run
    assert all(0 <= p <= 1 for p in by_dish)


def test_the_log_scale_compares_by_factors() -> None:
    responses, design = experiment_tables(means={"vehicle": 1.0, "agonist": 2.0}, dish_sd=0.2)
    found = compare_conditions(responses, design, scale="log")
    row = contrast(found, "agonist")
    one, other = (np.log(values(found, name)) for name in ("agonist", "vehicle"))
    assert row["estimate"] == pytest.approx(np.exp(one.mean() - other.mean()))
    assert row["ci_low"] < row["estimate"] < row["ci_high"]
    assert "times as large" in found.sentences[0]
    oracle = compare_conditions(responses, design)
    assert found.checks["sentence"].to_list() == oracle.checks["sentence"].to_list()
    below = compare_conditions(responses.assign(peak_dff=responses["peak_dff"] - 2), design, scale="log")
    assert np.isnan(contrast(below, "agonist")["estimate"])
    assert "no logarithm" in contrast(below, "agonist")["note"]
    with pytest.raises(ValueError, match="scale='log'"):
        compare_conditions(responses, design, scale="log", method="mixed_model")


@pytest.mark.parametrize("icc", [0.15, 0.3])
@pytest.mark.parametrize("is_lognormal", [False, True])
def test_size_of_the_default_test(icc: float, is_lognormal: bool) -> None:
    rng = np.random.default_rng(12)
    cells = [null_cells(rng, icc=icc, is_lognormal=is_lognormal) for _ in range(4000)]
    groups = [as_groups(own) for own in cells]
    by_dish = [welch_difference(one.means, other.means, confidence=0.95).p_value for one, other in groups]
    by_cell = [welch_difference(*own.reshape(2, -1), confidence=0.95).p_value for own in cells[:500]]
    assert 0.04 <= np.mean(np.array(by_dish) < 0.05) <= 0.06
    assert np.mean(np.array(by_cell) < 0.05) > 0.2


def test_cells_as_n_say_so_everywhere() -> None:
    found = compare_conditions(*experiment_tables(), method="cells")
    assert found.contrasts["note"].str.contains("Cells were taken as n").all()
    assert "Cells were taken as n" in found.note
    assert "Cells were taken as n" in found.sentences[0]
    assert found.contrasts["method"].eq("cells").all()
    assert sum("CELLS" in sentence for sentence in found.sentences) == 3


@pytest.mark.parametrize("method", METHODS)
def test_one_replicate_gives_estimates_and_says_what_cannot_be_known(method: Method) -> None:
    found = compare_conditions(*experiment_tables(n_replicates=1), method=method)
    assert np.isfinite(found.contrasts["estimate"]).all()
    assert np.isfinite(found.block["estimate"]).all()
    assert found.block[["ci_low", "ci_high"]].isna().all(axis=None)
    if method != "cells":
        assert found.contrasts[["ci_low", "ci_high", "p_value", "p_adjusted"]].isna().all(axis=None)
        assert any("cannot be known" in sentence for sentence in found.sentences)
    assert "cannot be said" in found.block["verdict"].iloc[0]
    assert check(found, "replicates") is False


@pytest.mark.parametrize("method", METHODS)
def test_conditions_without_values_stay_in_the_tables(method: Method) -> None:
    responses, design = experiment_tables()
    responses.loc[responses["recording"].str.startswith("agonist"), "peak_dff"] = np.nan
    lost = responses[~responses["recording"].str.startswith("antagonist_agonist")]
    found = compare_conditions(lost, design, method=method)
    assert len(found.replicates) == 16
    assert np.isnan(contrast(found, "agonist")["estimate"])
    assert "no replicate" in found.block["verdict"].iloc[0]
    assert np.isfinite(contrast(found, "antagonist")["p_value"])


@pytest.mark.parametrize("method", METHODS)
def test_no_responses_at_all(method: Method) -> None:
    responses, design = experiment_tables()
    full, found = (compare_conditions(table, design, method=method) for table in (responses, responses.iloc[:0]))
    assert found.contrasts["estimate"].isna().all()
    assert list(found.contrasts) == list(full.contrasts)
    assert (found.contrasts.dtypes == full.contrasts.dtypes).all()
    assert (found.block.dtypes == full.block.dtypes).all()


def test_a_design_without_vehicle_says_what_is_missing() -> None:
    found = compare_conditions(*experiment_tables(means={"agonist": 0.8, "antagonist_agonist": 0.2}))
    assert found.contrasts["kind"].to_list() == ["block"]
    assert len(found.block) == 0
    assert any("no vehicle" in sentence for sentence in found.sentences)


def test_constant_replicates_give_no_p_value() -> None:
    responses, design = experiment_tables()
    same = responses.assign(is_responder=responses["recording"].str.startswith("agonist"))
    found = compare_conditions(same, design, measure="responder_fraction")
    row = contrast(found, "agonist")
    assert row["estimate"] == 1.0
    assert np.isnan(row["p_value"])
    assert any("do not differ at all" in sentence for sentence in found.sentences)


def test_sentences_begin_with_the_answer() -> None:
    found = compare_conditions(*experiment_tables(dish_sd=0.02))
    row = found.block.iloc[0]
    ends = f"{row['ci_low']:.0f} to {row['ci_high']:.0f} %"
    assert found.sentences[0] == (
        f"{ANTAGONIST} partly blocked the response to {AGONIST}: block {row['estimate']:.0f} % "
        f"(95 % CI {ends}, n = 4 replicates a condition)."
    )
    assert "Holm-adjusted p" in found.sentences[1]


def test_holm_and_benjamini_hochberg_agree_with_their_definitions() -> None:
    p = np.array([0.02, 0.001, np.nan, 0.04, 0.03])
    order = np.sort(p[np.isfinite(p)])
    expected = np.maximum.accumulate(order * [4, 3, 2, 1])
    assert np.sort(holm(p)[np.isfinite(p)]) == pytest.approx(expected)
    assert benjamini_hochberg(p)[np.isfinite(p)] == pytest.approx(
        stats.false_discovery_control(p[np.isfinite(p)], method="bh")
    )
    assert np.isnan(holm(p)[2])


def test_dunnett_takes_all_conditions_that_share_a_control() -> None:
    found = compare_conditions(*experiment_tables(), correction="dunnett")
    oracle = stats.dunnett(
        values(found, "agonist"), values(found, "antagonist"), control=values(found, "vehicle"), rng=1
    )
    assert found.contrasts["p_adjusted"].to_numpy()[:2] == pytest.approx(oracle.pvalue, abs=2e-3)
    with pytest.raises(ValueError, match="correction='dunnett'"):
        compare_conditions(*experiment_tables(), correction="dunnett", method="permutation")


def test_checks_pass_where_all_is_well() -> None:
    found = compare_conditions(
        *experiment_tables(means=MEANS | {"positive_control": 1.0}, dish_sd=0.01, n_cells=200)
    )
    assert found.checks.set_index("check")["passed"].to_dict() == {
        "agonist_responds": True,
        "antagonist_silent": True,
        "cells_alive": True,
        "replicates": True,
    }


def test_checks_fail_where_something_is_wrong() -> None:
    means = {"vehicle": 0.5, "agonist": 0.5, "antagonist": 0.5, "antagonist_agonist": 0.2, "positive_control": 0.5}
    silent = compare_conditions(*experiment_tables(means=means))
    assert check(silent, "agonist_responds") is False
    assert check(silent, "cells_alive") is False
    active = compare_conditions(*experiment_tables(means=MEANS | {"antagonist": 0.6}))
    assert check(active, "antagonist_silent") is False


def test_little_power_is_no_proof_of_silence() -> None:
    found = compare_conditions(*experiment_tables(dish_sd=0.2, n_replicates=3))
    assert check(found, "antagonist_silent") is None
    assert any("too few replicates to exclude" in sentence for sentence in found.sentences)


def test_the_last_addition_shows_whether_cells_were_alive() -> None:
    responses, design = experiment_tables()
    for share, is_alive in ((1.0, True), (0.1, False)):
        last = responses.assign(event="KCl", is_responder=responses["label"] <= 30 * share)
        found = compare_conditions(pd.concat([responses, last]), design)
        assert check(found, "cells_alive") is is_alive
        assert found.sentences[-1] == (
            f"Response compared: that to vehicle (vehicle, antagonist); {AGONIST} (agonist, antagonist_agonist)."
        )


def test_z_prime_of_each_plate() -> None:
    rng = np.random.default_rng(1)
    design = pd.DataFrame({"well": [f"{row}{column}" for row in "ABCD" for column in range(1, 7)]})
    design["plate"] = np.repeat(["p1", "p2"], 12)
    design["role"] = np.tile(np.repeat(["maximum", "minimum", "vehicle"], 4), 2)
    design["condition"] = design["role"]
    design["recording"] = design["plate"] + "_" + design["well"]
    design["replicate"] = design["recording"]
    level = design["role"].map({"maximum": 3.0, "minimum": 0.0, "vehicle": 0.5})
    noise = rng.standard_normal(24) * np.where(design["plate"] == "p1", 0.05, 1.0)
    responses = pd.DataFrame({"recording": design["recording"], "peak_dff": level + noise})
    found = compare_conditions(responses, design).checks
    own = found[found["check"] == "z_prime"].set_index("condition")["passed"]
    assert own.to_dict() == {"p1": True, "p2": False}


def test_nothing_is_changed_and_order_does_not_matter() -> None:
    responses, design = experiment_tables(has_days=True)
    before = responses.copy(), design.copy()
    found = compare_conditions(responses, design)
    pd.testing.assert_frame_equal(responses, before[0])
    pd.testing.assert_frame_equal(design, before[1])
    shuffled = compare_conditions(responses.sample(frac=1, random_state=1), design.sample(frac=1, random_state=2))
    columns = ["estimate", "ci_low", "ci_high", "p_value"]
    pd.testing.assert_frame_equal(
        found.contrasts.set_index("contrast")[columns].sort_index(),
        shuffled.contrasts.set_index("contrast")[columns].sort_index(),
    )


@settings(max_examples=8, deadline=None)
@given(st.floats(0.01, 100.0), st.sampled_from(METHODS), st.booleans())
def test_units_do_not_change_what_is_found(scale: float, method: Method, has_days: bool) -> None:
    responses, design = experiment_tables(has_days=has_days)
    plain = compare_conditions(responses, design, method=method)
    scaled = compare_conditions(responses.assign(peak_dff=scale * responses["peak_dff"]), design, method=method)
    assert scaled.contrasts["p_value"].to_numpy() == pytest.approx(plain.contrasts["p_value"].to_numpy(), rel=1e-4)
    assert scaled.contrasts["estimate"].to_numpy() == pytest.approx(scale * plain.contrasts["estimate"].to_numpy())
    assert scaled.block["estimate"].to_numpy() == pytest.approx(plain.block["estimate"].to_numpy())
