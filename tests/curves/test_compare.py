import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from s1r_imaging.curves.compare import aicc, compare_models, extra_sum_of_squares, flat_line_test
from s1r_imaging.curves.problem import minimise
from tests.curves.logistic import logistic, logistic_problem


def test_extra_sum_of_squares_is_the_partial_f_test_of_linear_models() -> None:
    rng = np.random.default_rng(0)
    groups = [rng.normal(mean, 1, 7) for mean in (0.0, 0.4, 1.0)]
    values = np.concatenate(groups)
    full = sum(float(((item - item.mean()) ** 2).sum()) for item in groups)
    test = extra_sum_of_squares(float(((values - values.mean()) ** 2).sum()), 20, full, 18)
    theirs = stats.f_oneway(*groups)
    assert test.f == pytest.approx(theirs.statistic)
    assert test.p == pytest.approx(theirs.pvalue)


def test_there_is_no_test_without_degrees_of_freedom_and_certainty_with_an_exact_fit() -> None:
    assert np.isnan(extra_sum_of_squares(10.0, 3, 0.0, 0).p)
    assert np.isnan(extra_sum_of_squares(10.0, 3, 5.0, 3).p)
    assert extra_sum_of_squares(10.0, 6, 0.0, 3).p == 0
    assert extra_sum_of_squares(0.0, 6, 0.0, 3).p == 1


def test_aicc_of_a_normal_sample_is_that_of_its_likelihood() -> None:
    residuals = np.random.default_rng(1).normal(size=25)
    ss = float(residuals @ residuals)
    log_likelihood = stats.norm.logpdf(residuals, scale=np.sqrt(ss / 25)).sum()
    k = 4 + 1
    expected = 2 * k - 2 * log_likelihood + 2 * k * (k + 1) / (25 - k - 1)
    assert aicc(ss, 25, 4) - aicc(2 * ss, 25, 4) == pytest.approx(-25 * np.log(2))
    assert aicc(ss, 25, 4) == pytest.approx(expected - 25 * (np.log(2 * np.pi) + 1))
    assert aicc(ss, 6, 4) == np.inf


def test_comparison_prefers_the_truth() -> None:
    x = np.repeat(np.arange(-9.0, -4.9, 0.5), 3)
    noise = np.random.default_rng(2).normal(0, 3, x.size)
    for hill, preferred in ((-1.0, "simple"), (-2.0, "full")):
        problem = logistic_problem(x, logistic(x, 0.0, 100.0, -7.0, hill) + noise, [0, 100, -7, -1])
        simple, full = minimise(problem, fixed={"hill_slope": -1.0}), minimise(problem)
        found = compare_models(simple.ss, x.size - 3, full.ss, x.size - 4, n_points=x.size)
        assert found.preferred == preferred
        assert (found.probability_full > 0.5) == (preferred == "full")
        assert found.evidence_ratio == pytest.approx(np.exp(abs(found.aicc_full - found.aicc_simple) / 2))


def test_models_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValueError, match="larger model as the full one"):
        compare_models(1.0, 10, 2.0, 12, n_points=15)


def test_flat_data_of_the_public_issue_are_flat(reference_data: Path) -> None:
    case = json.loads((reference_data / "binding" / "issue_cases.json").read_text(encoding="utf-8"))["drc4_flat"]
    x, y = np.log10(case["dose"]), np.array(case["response"])
    starts = [[70.0, 80.0, middle, hill] for middle in (-2.0, 0.0, 1.0) for hill in (-1.0, -5.0, 1.0, 5.0)]
    ss = min(minimise(logistic_problem(x, y, start)).ss for start in starts)
    assert flat_line_test(y, ss, x.size - 4).p > 0.05


def test_the_flat_line_is_rejected_as_often_as_it_should_be() -> None:
    rng = np.random.default_rng(3)
    x = np.linspace(0, 1, 12)
    design = np.column_stack([np.ones(12), x, x**2])
    rejected = 0
    for _ in range(400):
        y = 50 + rng.normal(size=12)
        left = y - design @ np.linalg.lstsq(design, y)[0]
        rejected += flat_line_test(y, float(left @ left), 9).p < 0.05
    assert rejected / 400 == pytest.approx(0.05, abs=0.035)


@pytest.mark.parametrize("level", [0.0, 80.0, 1e9])
def test_equal_values_are_flat_at_any_level(level: float) -> None:
    assert flat_line_test(np.full(12, level), 0.0, 8).p == 1


def test_weights_are_used_for_the_line_too() -> None:
    y, weights = np.array([1.0, 2.0, 9.0, 4.0]), np.array([1.0, 1.0, 0.0, 1.0])
    inside = y[[0, 1, 3]]
    test = flat_line_test(y, 1.0, 1, weights=weights)
    assert test.f == pytest.approx((((inside - inside.mean()) ** 2).sum() - 1.0) / 2)
