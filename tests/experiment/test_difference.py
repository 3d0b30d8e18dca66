import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from s1r_imaging.experiment.difference import blocked_difference, hedges_g, welch_difference
from s1r_imaging.experiment.groups import Group, are_paired, with_values
from tests.experiment.null_experiments import as_groups, null_cells


def group(values: list[float], days: list[int]) -> Group:
    array, one = np.array(values), np.ones(len(values))
    return Group("a", "agonist", array, one, array, 0 * one, np.array(days))


def test_the_statistic_and_interval_of_welch_agree_with_scipy_in_large_samples() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.normal(1.0, 1.0, 400), rng.normal(1.1, 3.0, 300)
    found = welch_difference(one, other, confidence=0.9)
    oracle = stats.ttest_ind(one, other, equal_var=False)
    interval = oracle.confidence_interval(0.9)
    assert found.p_value == pytest.approx(oracle.pvalue, rel=1e-2)
    assert (found.ci_low, found.ci_high) == pytest.approx((interval.low, interval.high), rel=1e-2)


def test_degrees_of_freedom_are_those_of_welch_1947() -> None:
    # equal variances in groups of four: (2a)²/(2a²/5) − 2 = 8; no variance in one group: 5 − 2 = 3
    assert welch_difference(np.arange(4.0), np.arange(4.0) + 1, confidence=0.95).df == pytest.approx(8)
    assert welch_difference(np.arange(4.0), np.zeros(4), confidence=0.95).df == pytest.approx(3)


def test_size_with_few_replicates_is_nominal_where_satterthwaite_is_conservative() -> None:
    rng = np.random.default_rng(2)
    one, other = rng.standard_normal((2, 8000, 4))
    own = [welch_difference(a, b, confidence=0.95).p_value < 0.05 for a, b in zip(one, other, strict=True)]
    usual = stats.ttest_ind(one, other, axis=1, equal_var=False).pvalue < 0.05
    assert 0.045 < np.mean(own) < 0.055  # 0.0025 is the standard error
    assert np.mean(usual) < np.mean(own) - 0.005


def test_one_replicate_each_day_is_the_paired_t_test() -> None:
    rng = np.random.default_rng(3)
    one, other = rng.standard_normal((2, 5))
    found = blocked_difference(
        group(list(one), [3, 1, 2, 5, 4]), group(list(other), [3, 1, 2, 5, 4]), confidence=0.95
    )
    oracle = stats.ttest_rel(one, other)
    interval = oracle.confidence_interval(0.95)
    assert (found.p_value, found.df) == pytest.approx((oracle.pvalue, 4))
    assert (found.ci_low, found.ci_high) == pytest.approx((interval.low, interval.high))


def test_several_replicates_a_day_are_least_squares_with_a_level_for_each_day() -> None:
    rng = np.random.default_rng(4)
    days = [np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 1, 2])]
    values = [rng.standard_normal(len(own)) + own for own in days]
    found = blocked_difference(
        *(group(list(v), list(d)) for v, d in zip(values, days, strict=True)), confidence=0.95
    )
    day, y = np.concatenate(days), np.concatenate(values)
    x = np.column_stack([np.arange(11) < 6, day == 0, day == 1, day == 2]).astype(float)
    coefficients, rest, *_ = np.linalg.lstsq(x, y)
    error = np.sqrt(rest[0] / 7 * np.linalg.inv(x.T @ x)[0, 0])
    assert (found.estimate, found.df) == pytest.approx((coefficients[0], 7))
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(coefficients[0]) / error, 7))


@pytest.mark.parametrize(
    ("days_one", "days_other", "paired"),
    [
        ([0, 1, 2], [0, 1, 2], True),  # 2 of 4 degrees of freedom are left
        ([0, 1], [0, 1], False),  # 1 would be left
        ([0, 0, 1, 1], [0, 0, 1, 1], True),
        ([0, 0, 0, 0], [0, 0, 0, 0], False),  # one day: no day to compare with another
        ([0, 1, 2, 3], [2, 3, 4, 5], False),
        ([-1, -1, -1], [-1, -1, -1], False),
    ],
)
def test_the_design_alone_decides_on_pairs(days_one: list[int], days_other: list[int], paired: bool) -> None:
    rng = np.random.default_rng(5)
    for scale in (1e-6, 1e6):
        groups = [group(list(scale * rng.standard_normal(len(own))), own) for own in (days_one, days_other)]
        assert are_paired(groups[0], groups[1], pairing="auto") is paired
        assert not are_paired(groups[0], groups[1], pairing="none")


def test_a_day_that_lost_one_condition_is_not_used_in_pairs() -> None:
    one, other = group([1.0, np.nan, 3.0, 4.0], [0, 1, 2, 3]), group([0.0, 1.0, 2.0, 2.0], [0, 1, 2, 3])
    used = with_values(one, other, is_paired=True)
    assert [list(part.blocks) for part in used] == [[0, 2, 3], [0, 2, 3]]


def test_hedges_g_of_known_numbers() -> None:
    # means 2 apart, pooled SD 1, df 4: J = Γ(2)/(√2 Γ(1.5)) = 0.7979
    assert hedges_g(np.array([3.0, 4.0, 5.0]), np.array([1.0, 2.0, 3.0])) == pytest.approx(2 * 0.7978846, rel=1e-6)


def test_hedges_g_is_unbiased() -> None:
    rng = np.random.default_rng(6)
    drawn = [hedges_g(rng.normal(1.5, 1.0, 4), rng.normal(0.0, 1.0, 4)) for _ in range(5000)]
    assert np.mean(drawn) == pytest.approx(1.5, abs=4 * np.std(drawn) / np.sqrt(len(drawn)))


@pytest.mark.parametrize("n", [(0, 3), (1, 1), (1, 3)])
def test_too_few_replicates_give_an_estimate_and_a_reason(n: tuple[int, int]) -> None:
    found = welch_difference(np.arange(n[0], dtype=float), np.arange(n[1], dtype=float), confidence=0.95)
    assert np.isnan([found.ci_low, found.ci_high, found.p_value]).all()
    assert np.isnan(found.estimate) == (min(n) == 0)
    assert "replicate" in found.note


def test_replicates_without_variance_give_no_p_value() -> None:
    found = welch_difference(np.full(4, 0.1 + 0.2), np.full(4, 0.3), confidence=0.95)
    assert np.isnan(found.p_value)
    assert "do not differ" in found.note
    pairs = blocked_difference(
        group([2.0, 3.0, 4.0], [0, 1, 2]), group([1.0, 2.0, 3.0], [0, 1, 2]), confidence=0.95
    )
    assert pairs.estimate == 1
    assert np.isnan(pairs.p_value)


@given(st.floats(1e-6, 1e6), st.floats(-1e3, 1e3), st.integers(0, 50))
def test_units_do_not_matter(scale: float, shift: float, seed: int) -> None:
    one, other = as_groups(null_cells(np.random.default_rng(seed)))
    plain = welch_difference(one.means, other.means, confidence=0.95)
    scaled = welch_difference(scale * (one.means + shift), scale * (other.means + shift), confidence=0.95)
    swapped = welch_difference(other.means, one.means, confidence=0.95)
    assert scaled.p_value == pytest.approx(plain.p_value, rel=1e-5)
    assert scaled.ci_low == pytest.approx(scale * plain.ci_low, rel=1e-5, abs=1e-7 * scale * (1 + abs(shift)))
    assert (swapped.estimate, swapped.ci_low) == pytest.approx((-plain.estimate, -plain.ci_high))
