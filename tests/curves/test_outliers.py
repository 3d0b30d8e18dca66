import numpy as np
import pytest
from scipy import stats

from s1r_imaging.curves.fit import fit_curve
from s1r_imaging.curves.inference import infer
from s1r_imaging.curves.outliers import discoveries, find_outliers, without
from s1r_imaging.curves.problem import minimise
from tests.curves.logistic import Array, logistic, logistic_problem

X = np.repeat(np.arange(-9.0, -4.9, 0.5), 3)
TRUTH = logistic(X, 0.0, 100.0, -7.0, -1.0)


def found_in(y: Array, q: float = 0.01) -> tuple[list[int], Array]:
    problem = logistic_problem(X, y, [0.0, 100.0, -7.0, -1.0])
    found = find_outliers(problem, minimise(problem), false_discovery_rate=q)
    return np.flatnonzero(found.is_outlier).tolist(), found.theta


def test_gross_outliers_are_marked_and_do_not_bend_the_robust_fit() -> None:
    y = TRUTH + np.random.default_rng(0).normal(0, 3, X.size)
    clean = minimise(logistic_problem(X, y, [0.0, 100.0, -7.0, -1.0]))
    y[[4, 13, 20]] += [60.0, -35.0, 50.0]
    marked, theta = found_in(y)
    assert marked == [4, 13, 20]
    spoiled = minimise(logistic_problem(X, y, [0.0, 100.0, -7.0, -1.0]))
    assert abs(theta[2] - clean.theta[2]) < 0.3 * abs(spoiled.theta[2] - clean.theta[2])


def test_clean_experiments_are_seldom_marked() -> None:
    rng = np.random.default_rng(1)
    marked = [len(found_in(TRUTH + rng.normal(0, 3, X.size))[0]) > 0 for _ in range(80)]
    assert np.mean(marked) < 0.06  # the paper states 1 to 3 % of experiments


def test_scale_and_sign_of_the_data_do_not_matter() -> None:
    y = TRUTH + np.random.default_rng(2).normal(0, 3, X.size)
    y[7] += 40
    problem = logistic_problem(X, -1e6 * y, [0.0, -1e8, -7.0, -1.0])
    found = find_outliers(problem, minimise(problem))
    assert np.flatnonzero(found.is_outlier).tolist() == found_in(y)[0] == [7]


def test_a_larger_false_discovery_rate_marks_no_fewer() -> None:
    y = TRUTH + 3 * np.random.default_rng(3).standard_t(2, X.size)
    counts = [len(found_in(y, q)[0]) for q in (0.001, 0.01, 0.1, 0.5)]
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]


def test_exact_data_and_too_few_points_have_no_outliers() -> None:
    assert found_in(TRUTH)[0] == []
    problem = logistic_problem(X[:15:3], TRUTH[:15:3], [0.0, 100.0, -7.0, -1.0])
    found = find_outliers(problem, minimise(problem))
    assert found.n_outliers == 0
    assert np.isnan(found.robust_sd)


def test_nothing_is_changed_or_dropped() -> None:
    y = TRUTH + np.random.default_rng(0).normal(0, 3, X.size)
    y[4] += 60
    problem = logistic_problem(X, y, [0.0, 100.0, -7.0, -1.0])
    solution = minimise(problem)
    before = solution.theta.copy()
    found = find_outliers(problem, solution)
    assert found.is_outlier.shape == found.p.shape == y.shape
    np.testing.assert_array_equal(solution.theta, before)


def test_fixed_parameters_stay_fixed() -> None:
    y = TRUTH + np.random.default_rng(4).normal(0, 3, X.size)
    y[4] += 60
    problem = logistic_problem(X, y, [0.0, 100.0, -7.0, -1.0])
    fixed = {"bottom": -5.0, "hill_slope": -1.0}
    found = find_outliers(problem, minimise(problem, fixed=fixed), fixed=fixed)
    assert found.theta[[0, 3]].tolist() == [-5.0, -1.0]


def test_discoveries_are_those_of_the_step_up_procedure_among_the_farthest() -> None:
    rng = np.random.default_rng(5)
    p = np.concatenate([rng.uniform(size=20), [1e-5, 3e-4, 2e-3]])
    adjusted = stats.false_discovery_control(p)
    np.testing.assert_array_equal(discoveries(p, false_discovery_rate=0.02), adjusted < 0.02)
    assert discoveries(np.full(10, 1e-9)).sum() == 3


@pytest.mark.parametrize("q", [0.0, 1.0, 1])
def test_a_wrong_rate_is_refused(q: float) -> None:
    problem = logistic_problem(X, TRUTH, [0.0, 100.0, -7.0, -1.0])
    with pytest.raises(ValueError, match="false_discovery_rate="):
        find_outliers(problem, minimise(problem), false_discovery_rate=q)


def test_results_with_and_without_outliers_stand_side_by_side() -> None:
    y = TRUTH + np.random.default_rng(0).normal(0, 3, X.size)
    y[[4, 13]] += [60.0, -35.0]
    with_all = fit_curve("inhibition_4pl", 10.0**X, y)
    found = with_all.outliers()
    again = fit_curve("inhibition_4pl", 10.0**X, np.where(found.is_outlier, np.nan, y))
    problem = without(with_all.problem, found.is_outlier)
    inferred = infer(problem, minimise(problem))
    np.testing.assert_allclose(inferred.parameters["ci_low"], again.parameters["ci_low"], rtol=1e-7)
    assert again.residual_sd < 0.5 * with_all.residual_sd
    assert with_all.y.size == again.y.size + 2
    with pytest.raises(ValueError, match="expected one mark for each of the 27"):
        without(with_all.problem, [True])
