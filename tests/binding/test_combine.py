from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from s1r_imaging.binding.combine import COMBINED_COLUMNS, combine_experiments
from s1r_imaging.curves.censored import censored_mean
from s1r_imaging.flags import COMBINED_FLAG_MEANING, CombinedFlag, flag_names

NONE = np.array([])


def runs(pki: list[float], **columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"experiment": range(1, len(pki) + 1), "compound": "NE-100", "pki": pki, **columns})


def combined(table: pd.DataFrame, **options: Any) -> pd.Series:
    result = combine_experiments(table, **options)
    assert list(result.columns) == list(COMBINED_COLUMNS)
    assert len(result) == 1
    return result.iloc[0]


@given(st.lists(st.floats(4, 11), min_size=2, max_size=12, unique=True), st.sampled_from([0.8, 0.95, 0.99]))
def test_numbers_give_mean_and_t_interval(pki: list[float], confidence: float) -> None:
    if np.ptp(pki) < 1e-6:
        return
    row = combined(runs(pki), combined_confidence=confidence)
    sem = stats.sem(pki)
    low, high = stats.t.interval(confidence, len(pki) - 1, np.mean(pki), sem)
    wanted = [len(pki), np.mean(pki), np.std(pki, ddof=1), sem, low, high]
    names = ["n_experiments", "mean_pki", "sd_pki", "sem_pki", "pki_ci_low", "pki_ci_high"]
    np.testing.assert_allclose(row[names].astype(float), wanted, rtol=1e-9)
    assert row["ki_nM"] == pytest.approx(stats.gmean(10 ** (9 - np.array(pki))))
    assert row["ki_ci_low_nM"] == pytest.approx(10 ** (9 - high))
    assert row["ki_ci_high_nM"] == pytest.approx(10 ** (9 - low))
    assert (row["relation"], row["flags"]) == ("=", 0)


def test_without_limits_the_likelihood_gives_the_t_interval() -> None:
    pki = np.array([8.1, 8.4, 8.2, 8.9])
    result = censored_mean(pki, NONE, NONE, confidence=0.95)
    low, high = stats.t.interval(0.95, 3, pki.mean(), stats.sem(pki))
    wanted = [pki.mean(), pki.std(ddof=1), stats.sem(pki), low, high]
    got = [result.mean, result.sd, result.standard_error, result.ci_low, result.ci_high]
    np.testing.assert_allclose(got, wanted, rtol=1e-7)


def test_limits_give_the_maximum_of_scipys_censored_likelihood() -> None:
    exact, below, above = np.array([5.3, 5.1, 5.6, 4.9]), np.array([5.0, 4.8]), np.array([5.4])
    result = censored_mean(exact, below, above, confidence=0.95)
    mean, sd = stats.norm.fit(stats.CensoredData(uncensored=exact, left=below, right=above))
    assert result.mean == pytest.approx(mean, abs=1e-4)
    assert result.sd == pytest.approx(sd * np.sqrt(7 / 6), abs=1e-4)


def test_limits_far_away_change_nothing_but_the_number_of_experiments() -> None:
    exact = np.array([8.1, 8.4, 8.2, 8.9])
    result = censored_mean(exact, np.array([50.0]), NONE, confidence=0.95)
    assert result.mean == pytest.approx(exact.mean(), abs=1e-7)


def test_upside_down_is_the_same_upside_down() -> None:
    exact, below = np.array([5.3, 5.1, 5.6]), np.array([5.0])
    one = censored_mean(exact, below, NONE, confidence=0.95)
    other = censored_mean(-exact, NONE, -below, confidence=0.95)
    np.testing.assert_allclose(
        [one.mean, one.ci_low, one.ci_high], [-other.mean, -other.ci_high, -other.ci_low], rtol=1e-6
    )


@pytest.mark.parametrize(("n", "cut"), [(4, -0.5), (8, -0.3)])
def test_the_interval_covers_the_truth_when_values_are_censored(n: int, cut: float) -> None:
    rng = np.random.default_rng(n)
    covered, estimates = [], []
    for _ in range(80):
        pki = 6.0 + 0.3 * rng.standard_normal(n)
        limit = 6.0 + 0.3 * cut
        relation = np.where(pki < limit, ">", "=")
        row = combined(runs(np.where(pki < limit, limit, pki).tolist(), relation=relation))
        if row["relation"] == "=":
            covered.append(row["pki_ci_low"] <= 6.0 <= row["pki_ci_high"])
            estimates.append(row["mean_pki"])
        else:
            assert row["pki_limit"] >= limit
    assert np.mean(covered) > 0.93
    naive = 0.3 * stats.norm.expect(lambda z: max(z, cut)) if n == 8 else None
    if naive is not None:
        assert abs(np.mean(estimates) - 6.0) < naive  # counting limits as values would be farther off


def test_all_censored_gives_a_limit_and_no_number() -> None:
    row = combined(runs([np.nan] * 3, relation=">", pki_limit=[5.0, 5.0, 4.5]))
    assert (row["relation"], row["pki_limit"], row["n_censored"]) == (">", 5.0, 3)
    assert row["ki_limit_nM"] == pytest.approx(10_000)
    assert row["flags"] == CombinedFlag.LIMIT_ONLY
    assert row[["mean_pki", "sd_pki", "pki_ci_low", "pki_ci_high", "ki_nM"]].isna().all()
    row = combined(runs([9.5, 9.8], relation="<"))
    assert (row["relation"], row["pki_limit"]) == ("<", 9.5)


def test_one_number_among_limits_gives_the_weakest_limit() -> None:
    row = combined(runs([5.2, 5.0, 5.0], relation=["=", ">", ">"]))
    assert (row["relation"], row["pki_limit"]) == (">", 5.2)


def test_limits_on_both_sides_give_nothing() -> None:
    row = combined(runs([5.0, 9.0], relation=[">", "<"]))
    assert row["relation"] == ""
    assert row["flags"] == CombinedFlag.CONFLICTING
    assert np.isnan(row["mean_pki"])


def test_one_experiment_has_no_interval() -> None:
    row = combined(runs([8.0]))
    assert (row["mean_pki"], row["ki_nM"], row["n_experiments"]) == (8.0, pytest.approx(10.0), 1)
    assert row[["sd_pki", "sem_pki", "pki_ci_low", "pki_ci_high"]].isna().all()
    assert row["flags"] == CombinedFlag.SINGLE_EXPERIMENT


def test_open_intervals_are_limits() -> None:
    table = runs(
        [5.1, 5.3, 4.8],
        pki_ci_low=[4.9, 5.0, -np.inf],
        pki_ci_high=[5.3, 5.6, 5.2],
    )
    row = combined(table)
    same = combined(runs([5.1, 5.3, 5.2], relation=["=", "=", ">"]))
    assert row["n_censored"] == 1
    assert row["mean_pki"] == same["mean_pki"]
    assert row["flags"] == CombinedFlag.CENSORED
    open_both = combined(runs([5.1, 5.3, 4.8], pki_ci_low=-np.inf, pki_ci_high=np.inf))
    assert (open_both["n_experiments"], open_both["flags"]) == (0, CombinedFlag.MISSING | CombinedFlag.NO_VALUE)


def test_experiments_without_a_value_are_flagged_and_not_counted() -> None:
    row = combined(runs([8.0, np.nan, 8.2]))
    assert row["n_experiments"] == 2
    assert row["flags"] == CombinedFlag.MISSING
    row = combined(runs([np.nan, np.inf]))
    assert row["relation"] == ""
    assert np.isnan(row["ki_nM"])


def test_copied_values_have_no_interval() -> None:
    assert combined(runs([8.1, 8.1, 8.1]))["flags"] == CombinedFlag.NO_SPREAD
    row = combined(runs([5.1, 5.1, 5.0], relation=["=", "=", ">"]))
    assert row["flags"] == CombinedFlag.NO_SPREAD | CombinedFlag.CENSORED
    assert np.isnan(row["pki_ci_low"])


def test_compounds_keep_their_order_and_nothing_gives_nothing() -> None:
    table = pd.concat([runs([8.0, 8.2]), runs([7.0, 7.1]).assign(compound="BD-1047")])
    before = table.copy()
    assert list(combine_experiments(table)["compound"]) == ["NE-100", "BD-1047"]
    pd.testing.assert_frame_equal(table, before)
    empty = combine_experiments(table.iloc[:0])
    assert list(empty.columns) == list(COMBINED_COLUMNS)
    assert len(empty) == 0


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match="two rows for NE-100 in experiment 1"):
        combine_experiments(runs([8.0, 8.1]).assign(experiment=1))
    with pytest.raises(ValueError, match="no column 'pki'"):
        combine_experiments(runs([8.0]).drop(columns="pki"))
    with pytest.raises(ValueError, match="relation '~'"):
        combine_experiments(runs([8.0], relation="~"))
    with pytest.raises(TypeError, match="expected a DataFrame"):
        combine_experiments([8.0])  # type: ignore[arg-type]


def test_flags_of_combined_values_have_meanings() -> None:
    assert set(COMBINED_FLAG_MEANING) == set(CombinedFlag)
    assert flag_names(CombinedFlag.CENSORED | CombinedFlag.MISSING, kind=CombinedFlag) == "censored; missing"
