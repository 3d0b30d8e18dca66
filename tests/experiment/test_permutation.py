import numpy as np
import pytest
from scipy import stats

from s1r_imaging.experiment.difference import Difference
from s1r_imaging.experiment.groups import Group
from s1r_imaging.experiment.permutation import (
    all_allocations,
    n_allocations,
    permutation_difference,
    random_allocations,
    smallest_p,
)
from tests.experiment.null_experiments import as_groups, null_cells


def group(values: list[float], days: list[int] | None = None) -> Group:
    array, one = np.array(values), np.ones(len(values))
    return Group("a", "agonist", array, one, array, 0 * one, np.array(days or [-1] * len(values)))


def compare(
    one: Group, other: Group, *, is_paired: bool = False, n: int = 10_000, confidence: float = 0.95
) -> Difference:
    return permutation_difference(one, other, is_paired=is_paired, confidence=confidence, n_permutations=n, seed=0)


@pytest.mark.parametrize("seed", range(4))
def test_equal_groups_agree_with_scipy(seed: int) -> None:
    one, other = as_groups(null_cells(np.random.default_rng(seed), n_dishes=5, n_cells=3))
    oracle = stats.permutation_test(
        (one.means, other.means), lambda a, b: abs(a.mean() - b.mean()), alternative="greater", n_resamples=100_000
    )
    assert compare(one, other).p_value == pytest.approx(oracle.pvalue)


@pytest.mark.parametrize("seed", range(4))
def test_pairs_agree_with_scipy(seed: int) -> None:
    one, other = as_groups(null_cells(np.random.default_rng(seed), n_dishes=6, n_cells=3))
    oracle = stats.permutation_test(
        (one.means - other.means,),
        lambda d: abs(d.mean()),
        permutation_type="samples",
        alternative="greater",
        n_resamples=100_000,
    )
    assert compare(one, other, is_paired=True).p_value == pytest.approx(oracle.pvalue)


def test_the_smallest_possible_p_is_said() -> None:
    found = compare(group([10.0, 11.0, 12.0, 13.0]), group([1.0, 2.0, 3.0, 4.0]))
    assert found.p_value == pytest.approx(2 / 70)
    assert "smallest possible p is 0.029" in found.note
    unequal = compare(group([10.0, 11.0, 12.0]), group([1.0, 2.0, 3.0, 4.0]))
    assert unequal.p_value == pytest.approx(1 / 35)


def test_the_interval_is_open_where_no_allocation_is_rare_enough() -> None:
    found = compare(group([10.0, 11.0, 12.0]), group([1.0, 2.0, 3.0]))
    assert found.p_value == pytest.approx(0.1)
    assert (found.ci_low, found.ci_high) == (-np.inf, np.inf)
    assert np.isfinite(compare(group([10.0, 11.0, 12.0]), group([1.0, 2.0, 3.0]), confidence=0.8).ci_low)


def test_the_interval_holds_the_shifts_that_are_not_rejected() -> None:
    rng = np.random.default_rng(3)
    one, other = rng.normal(1.0, 1.0, 5), rng.normal(0.0, 2.0, 6)
    found = compare(group(list(one)), group(list(other)))
    for shift, is_rejected in (
        (found.ci_low - 0.01, True),
        (found.ci_low + 0.01, False),
        (found.ci_high - 0.01, False),
        (found.ci_high + 0.01, True),
    ):
        assert (compare(group(list(one - shift)), group(list(other))).p_value <= 0.05) == is_rejected


def test_allocations_within_days_keep_the_number_of_each_day() -> None:
    observed = np.array([True, True, False, True, False, False])
    days = np.array([0, 0, 0, 1, 1, 1])
    rows = all_allocations(observed, days)
    assert len(rows) == n_allocations(observed, days) == 9
    assert len(np.unique(rows, axis=0)) == 9
    assert (rows[0] == observed).all()
    for allocations in (rows, random_allocations(observed, days, 200, seed=1)):
        assert (allocations[:, days == 0].sum(axis=1) == 2).all()
        assert (allocations[:, days == 1].sum(axis=1) == 1).all()
    assert smallest_p(observed, days) == pytest.approx(1 / 9)


def test_random_allocations_come_near_the_exact_test() -> None:
    rng = np.random.default_rng(4)
    one, other = group(list(rng.normal(0.8, 1.0, 8))), group(list(rng.normal(0.0, 1.0, 8)))
    exact, drawn = compare(one, other, n=20_000), compare(one, other, n=5000)
    assert "all 12870" in exact.note
    assert drawn.p_value == pytest.approx(exact.p_value, abs=4 * np.sqrt(exact.p_value / 5000))
    assert drawn == compare(one, other, n=5000)


def test_few_replicates_give_no_p_value() -> None:
    found = compare(group([1.0]), group([2.0]))
    assert found.estimate == -1
    assert np.isnan(found.p_value)
    assert np.isnan(compare(group([1.0, 1.0]), group([1.0, 1.0])).p_value)


def test_it_never_rejects_more_than_it_says() -> None:
    rng = np.random.default_rng(5)
    p_values = [compare(*as_groups(null_cells(rng, n_cells=2)), n=100).p_value for _ in range(250)]
    for level in (2 / 70, 0.1, 0.3):
        assert np.mean(np.array(p_values) <= level) < level + 4 * np.sqrt(level / 250)
