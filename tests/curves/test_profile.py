import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from s1r_imaging.curves.bands import curvature, wald_interval
from s1r_imaging.curves.problem import Problem, Solution, minimise
from s1r_imaging.curves.profile import profile_interval, profile_intervals
from tests.curves.logistic import NAMES, Array, logistic, logistic_problem

DOSES = np.repeat(np.arange(-9.0, -4.4, 0.5), 2)


def simulated(seed: int, sd: float = 5.0, x: Array = DOSES) -> tuple[Problem, Solution]:
    rng = np.random.default_rng(seed)
    y = logistic(x, 2.0, 100.0, -7.0, -1.1) + sd * rng.standard_normal(x.size)
    problem = logistic_problem(x, y, [0.0, 100.0, -7.0, -1.0])
    return problem, minimise(problem)


def linear_problem(seed: int) -> Problem:
    rng = np.random.default_rng(seed)
    design, y = rng.normal(size=(12, 3)), rng.normal(size=12)
    no_bound = np.full(3, np.inf)

    def residuals(theta: Array) -> Array:
        return np.asarray(design @ theta - y)

    return Problem(residuals, ("a", "b", "c"), np.zeros(3), -no_bound, no_bound, lambda _: design)


def profile_by_brute_force(problem: Problem, solution: Solution, k: int, value: float) -> float:
    """SS with parameter k held, by an independent optimiser, from two starts."""
    others = np.delete(np.arange(len(problem.names)), k)

    def residuals(part: Array) -> Array:
        return problem.residuals(np.insert(part, k, value))

    found = [
        optimize.least_squares(residuals, start[others], x_scale="jac", xtol=1e-14, ftol=1e-14, gtol=1e-14)
        for start in (solution.theta, problem.start)
    ]
    return 2 * min(item.cost for item in found)


def test_prism_sheet_has_every_printed_digit(reference_data: Path) -> None:
    table = pd.read_csv(reference_data / "binding" / "prism_drugA.csv")
    printed = json.loads((reference_data / "binding" / "prism_drugA_reference.json").read_text(encoding="utf-8"))
    x = np.repeat(np.log10(table["conc_M"].to_numpy()), 3)
    problem = logistic_problem(x, table[["y1", "y2", "y3"]].to_numpy().ravel(), [0, 100, -7, -1])
    intervals = profile_intervals(problem, minimise(problem))
    wanted = printed["unweighted"]["ci95_profile"]
    for name, prism in zip(NAMES, ["Bottom", "Top", "LogIC50", "HillSlope"], strict=True):
        for found, digits in zip((intervals[name].low, intervals[name].high), wanted[prism], strict=True):
            assert f"{found:.4g}" == f"{digits:.4g}", (name, found, digits)
    ic50 = intervals["log_ic50"]
    assert [f"{10**end:.4g}" for end in (ic50.low, ic50.high)] == [f"{end:.4g}" for end in wanted["IC50"]]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("variance_known", [False, True])
def test_of_a_linear_equation_the_profile_is_the_wald_interval(seed: int, variance_known: bool) -> None:
    problem = linear_problem(seed)
    solution = minimise(problem)
    df = np.inf if variance_known else 9.0
    variance = 1.0 if variance_known else solution.ss / 9
    error = np.sqrt(np.diag(curvature(solution.jacobian, variance).covariance))
    low, high = wald_interval(solution.theta, error, df, confidence=0.9)
    found = profile_intervals(problem, solution, confidence=0.9, variance_known=variance_known)
    np.testing.assert_allclose([item.low for item in found.values()], low, rtol=1e-9)
    np.testing.assert_allclose([item.high for item in found.values()], high, rtol=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_ends_lie_where_an_independent_profile_crosses_the_limit(seed: int) -> None:
    problem, solution = simulated(seed, sd=9.0)
    df = DOSES.size - 4
    target = solution.ss * (1 + stats.f.ppf(0.95, 1, df) / df)
    for k, (name, item) in enumerate(profile_intervals(problem, solution).items()):
        for end, limit in ((item.low, item.low_end), (item.high, item.high_end)):
            if limit == "closed":
                assert profile_by_brute_force(problem, solution, k, end) == pytest.approx(target, rel=1e-6), name


def test_one_experiment_with_few_doses_has_a_lopsided_interval() -> None:
    problem, solution = simulated(1, sd=8.0, x=np.arange(-9.0, -4.0))
    item = profile_interval(problem, solution, "log_ic50", confidence=0.5)
    assert item.low < solution.theta[2] < item.high
    assert (item.high - solution.theta[2]) / (solution.theta[2] - item.low) != pytest.approx(1.0, abs=0.02)


def test_a_step_has_a_midpoint_and_no_upper_limit_of_steepness(reference_data: Path) -> None:
    case = json.loads((reference_data / "binding" / "issue_cases.json").read_text(encoding="utf-8"))["py50_1_step"]
    x = np.log10(np.repeat(case["dose_uM"], 3)) - 6
    problem = logistic_problem(x, np.ravel(case["response_replicates"]), [0.0, 100.0, -5.3, -1.0])
    intervals = profile_intervals(problem, minimise(problem))
    assert np.log10(2.5e-6) <= intervals["log_ic50"].low < intervals["log_ic50"].high <= np.log10(10e-6)
    assert intervals["hill_slope"].low == -np.inf
    assert intervals["hill_slope"].low_end == "open"
    assert np.isfinite(intervals["hill_slope"].high)
    assert intervals["hill_slope"].low_rise < 0.01


def test_a_truncated_curve_has_no_upper_limit_of_its_midpoint() -> None:
    x = np.repeat(np.arange(-9.0, -6.9, 0.25), 2)
    y = logistic(x, 0.0, 100.0, -6.5, -1.0) + np.random.default_rng(0).normal(0, 4, x.size)
    problem = logistic_problem(x, y, [0.0, 100.0, -6.5, -1.0])
    item = profile_interval(problem, minimise(problem), "log_ic50")
    assert item.high == np.inf
    assert item.is_open
    assert np.isfinite(item.low)


def test_fixed_parameters_stay_fixed() -> None:
    problem, _ = simulated(2)
    fixed = {"bottom": 0.0, "hill_slope": -1.0}
    solution = minimise(problem, fixed=fixed)
    found = profile_intervals(problem, solution, fixed=fixed)
    assert np.isnan([found["bottom"].low, found["bottom"].high, found["hill_slope"].low]).all()

    def two(theta: Array) -> Array:
        return problem.residuals(np.array([0.0, theta[0], theta[1], -1.0]))

    no_bound = np.full(2, np.inf)
    smaller = Problem(two, ("top", "log_ic50"), np.array([100.0, -7.0]), -no_bound, no_bound)
    alone = profile_intervals(smaller, minimise(smaller))
    for name in ("top", "log_ic50"):
        assert found[name].low == pytest.approx(alone[name].low, rel=1e-8)
        assert found[name].high == pytest.approx(alone[name].high, rel=1e-8)


def test_an_end_at_a_bound_is_the_bound_and_says_so() -> None:
    problem, solution = simulated(3)
    error = np.sqrt(curvature(solution.jacobian, solution.ss / 16).covariance[0, 0])
    bounded = replace(problem, lower=np.array([solution.theta[0] - 0.3 * error, -np.inf, -np.inf, -np.inf]))
    item = profile_interval(bounded, solution, "bottom")
    assert (item.low, item.low_end, item.high_end) == (bounded.lower[0], "bound", "closed")
    assert 0 < item.low_rise < 1


def test_bounds_of_other_parameters_are_kept_on_the_way() -> None:
    problem, _ = simulated(4, sd=10.0)
    bounded = replace(problem, lower=np.array([0.0, 0.0, -9.0, -1.3]), upper=np.array([4.0, 104.0, -5.0, -0.9]))
    solution = minimise(bounded)
    item = profile_interval(bounded, solution, "log_ic50")
    wide = profile_interval(problem, minimise(problem), "log_ic50")
    assert item.high - item.low < wide.high - wide.low
    target = solution.ss * (1 + stats.f.ppf(0.95, 1, DOSES.size - 4) / (DOSES.size - 4))

    def ss_at(value: float) -> float:
        free = [0, 1, 3]

        def held(part: Array) -> Array:
            return bounded.residuals(np.insert(part, 2, value))

        found = optimize.least_squares(
            held,
            solution.theta[free].clip(bounded.lower[free] + 1e-6, bounded.upper[free] - 1e-6),
            bounds=(bounded.lower[free], bounded.upper[free]),
            xtol=1e-13,
            ftol=1e-13,
            gtol=1e-13,
        )
        return float(2 * found.cost)

    assert ss_at(item.low) == pytest.approx(target, rel=1e-5)
    assert ss_at(item.high) == pytest.approx(target, rel=1e-5)


def test_a_better_minimum_on_the_way_is_reported() -> None:
    def two_valleys(theta: Array) -> Array:
        return np.array([theta[0] ** 2 - 1.0, 0.2 * (theta[0] - 1.0), 0.3])

    problem = Problem(two_valleys, ("u",), np.array([-1.0]), np.array([-np.inf]), np.array([1.0]))
    solution = minimise(problem)
    assert solution.theta[0] < 0
    item = profile_interval(problem, solution, "u", confidence=0.999)
    assert item.better is not None
    assert item.better[0] == 1.0


def test_without_degrees_of_freedom_there_is_no_interval() -> None:
    x = np.array([-9.0, -8.0, -7.0, -6.0])
    problem = logistic_problem(x, [100.0, 80.0, 40.0, 5.0], [0.0, 100.0, -7.2, -1.0])
    item = profile_interval(problem, minimise(problem), "log_ic50")
    assert np.isnan([item.low, item.high]).all()


def test_wrong_names_and_levels_are_refused() -> None:
    problem, solution = simulated(0)
    with pytest.raises(ValueError, match="'ic50' is no parameter"):
        profile_interval(problem, solution, "ic50")
    with pytest.raises(ValueError, match="confidence=95"):
        profile_interval(problem, solution, "log_ic50", confidence=95)


@given(st.sampled_from([1e-9, 1e-3, 1e4, 1e9]), st.sampled_from([-9.0, -3.0, 6.0]), st.integers(0, 20))
@settings(max_examples=15)
def test_units_do_not_matter(scale: float, shift: float, seed: int) -> None:
    problem, solution = simulated(seed, sd=6.0)
    y = -problem.residuals(np.zeros(4))  # the curve of zeros is zero
    other = logistic_problem(DOSES + shift, scale * y, [0.0, 100.0 * scale, -7.0 + shift, -1.0])
    for name, item in profile_intervals(problem, solution).items():
        moved = profile_interval(other, minimise(other), name)
        factor = scale if name in {"bottom", "top"} else 1.0
        offset = shift if name == "log_ic50" else 0.0
        expected = [item.low * factor + offset, item.high * factor + offset]
        np.testing.assert_allclose([moved.low, moved.high], expected, rtol=1e-8, atol=1e-9 * factor)
