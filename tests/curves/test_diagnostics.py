from itertools import combinations, pairwise

import numpy as np
import pytest
from scipy import stats

from s1r_imaging.curves.diagnostics import (
    ambiguous,
    normality_test,
    replicates_test,
    runs_test,
    scatter_flags,
    unstable,
    verdicts,
)
from s1r_imaging.curves.profile import ProfileInterval
from s1r_imaging.flags import CurveFlag

CLOSED = ProfileInterval(1.0, 2.0)


def test_replicates_test_is_the_lack_of_fit_anova() -> None:
    rng = np.random.default_rng(0)
    x = np.repeat(np.arange(6.0), [2, 3, 2, 4, 1, 3])
    y = 1 + 0.5 * x + 0.2 * x**2 + rng.normal(size=x.size)
    line = stats.linregress(x, y)
    ss = float(((y - line.intercept - line.slope * x) ** 2).sum())
    means = np.array([y[x == dose].mean() for dose in x])
    pure, pure_df = float(((y - means) ** 2).sum()), x.size - 6
    f = (ss - pure) / 4 / (pure / pure_df)
    test = replicates_test(x, y, ss, x.size - 2)
    assert (test.df_numerator, test.df_denominator) == (4, pure_df)
    assert test.f == pytest.approx(f)
    assert test.p == pytest.approx(stats.f.sf(f, 4, pure_df))


def test_replicates_test_with_weights_is_that_of_scaled_data() -> None:
    x, y = np.array([0.0, 0.0, 1.0, 1.0, 2.0, 2.0]), np.array([1.0, 1.5, 2.0, 2.9, 4.0, 4.2])
    doubled = replicates_test(x, y, 3.0 * 4, 4, weights=np.full(6, 4.0))
    assert doubled.p == pytest.approx(replicates_test(x, y, 3.0, 4).p)


def test_there_is_no_test_of_single_or_identical_replicates() -> None:
    assert np.isnan(replicates_test(np.arange(6.0), np.arange(6.0), 1.0, 4).p)
    assert np.isnan(replicates_test([0.0, 0.0, 1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0, 1.0, 1.0], 1.0, 4).p)


@pytest.mark.parametrize("signs", ["++++----", "+-+-+--+", "++--++++", "-+++++++", "+--+-++-+-"])
def test_probability_of_runs_is_that_of_counting_all_orders(signs: str) -> None:
    above, runs = signs.count("+"), 1 + sum(a != b for a, b in pairwise(signs))
    orders = list(combinations(range(len(signs)), above))
    few = 0
    for chosen in orders:
        order = [index in chosen for index in range(len(signs))]
        few += 1 + sum(a != b for a, b in pairwise(order)) <= runs
    test = runs_test(np.arange(len(signs)), [1.0 if sign == "+" else -1.0 for sign in signs])
    assert (test.n_runs, test.n_above) == (runs, above)
    assert test.p == pytest.approx(few / len(orders))


def test_many_runs_agree_with_few_at_the_border_of_exact_counting() -> None:
    rng = np.random.default_rng(1)
    residuals = np.repeat(rng.choice([-1.0, 1.0], 25), 2)
    exact = runs_test(np.arange(50), residuals).p
    residuals = np.concatenate([residuals, rng.choice([-1.0, 1.0], 30)])
    approximate = runs_test(np.arange(80), residuals)
    assert 0 < exact < 0.05
    assert 0 < approximate.p < 1


def test_runs_look_at_the_means_of_replicates_in_the_order_of_doses() -> None:
    x = np.array([2.0, 0.0, 1.0, 2.0, 0.0, 1.0, 3.0, 3.0])
    residuals = np.array([-1.0, 2.0, 1.0, -2.0, -1.0, 1.0, -1.0, -1.0])
    test = runs_test(x, residuals)
    assert (test.n_runs, test.n_above, test.n_below) == (2, 2, 2)


def test_residuals_of_one_sign_or_none_have_no_probability() -> None:
    assert np.isnan(runs_test([1, 2, 3], [1.0, 1.0, 2.0]).p)
    assert np.isnan(runs_test([1, 2, 3], [0.0, 0.0, 0.0]).p)
    assert np.isnan(runs_test([], []).p)


def test_normality_tells_normal_from_skewed() -> None:
    rng = np.random.default_rng(2)
    assert normality_test(rng.normal(size=60)) > 0.05
    assert normality_test(rng.exponential(size=60)) < 0.01
    assert np.isnan(normality_test([1.0, 1.0, 1.0, 1.0, 1.0]))


def test_verdicts_on_parameters() -> None:
    flat_side = ProfileInterval(-np.inf, 2.0, "open", "closed", 0.001, 1.0)
    limited = ProfileInterval(1.0, np.inf, "closed", "open", 1.0, 0.4)
    intervals = {"a": CLOSED, "b": flat_side, "c": limited, "d": CLOSED}
    dependency = {"a": 0.5, "b": 0.5, "c": 0.5, "d": 0.99995}
    assert ambiguous(intervals, dependency) == ("b", "c", "d")
    assert unstable(intervals) == ("b",)
    assert verdicts(intervals, dependency) == CurveFlag.OPEN_INTERVAL | CurveFlag.AMBIGUOUS | CurveFlag.UNSTABLE
    assert verdicts({"a": CLOSED}, {"a": 0.9}) == CurveFlag(0)


def test_flags_of_the_scatter() -> None:
    x = np.repeat(np.arange(12.0), 3)
    rng = np.random.default_rng(3)
    noise = rng.normal(size=x.size)
    assert scatter_flags(x, 100 + noise, noise, 32) == CurveFlag(0)
    bent = noise + 6 * np.where(x < 6, 1.0, -1.0)
    assert scatter_flags(x, 100 + bent, bent, 32) == CurveFlag.LACK_OF_FIT | CurveFlag.SYSTEMATIC_RESIDUALS
    assert scatter_flags(x, 100 + 0 * x, 0 * x, 32) == CurveFlag.EXACT_FIT
