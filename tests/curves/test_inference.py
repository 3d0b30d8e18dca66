from dataclasses import replace

import numpy as np
import pytest

from s1r_imaging.curves.inference import Inference, infer
from s1r_imaging.curves.problem import Problem, minimise
from s1r_imaging.flags import CurveFlag
from tests.curves.logistic import NAMES, Array, logistic, logistic_problem

X = np.repeat(np.arange(-9.0, -4.9, 0.5), 2)
Y = logistic(X, 2.0, 100.0, -7.0, -1.0) + np.random.default_rng(0).normal(0, 4, X.size)
START = [0.0, 100.0, -7.0, -1.0]


def column(found: Inference, name: str) -> Array:
    return found.parameters[name].to_numpy(dtype=np.float64)


def test_a_well_determined_fit_has_everything_and_no_flag() -> None:
    problem = logistic_problem(X, Y, START)
    found = infer(problem, minimise(problem))
    assert found.parameters.index.to_list() == list(NAMES)
    assert np.isfinite(found.parameters.drop(columns="is_fixed").to_numpy(dtype=np.float64)).all()
    assert found.df == X.size - 4
    assert found.residual_sd == pytest.approx(np.sqrt(found.solution.ss / found.df))
    assert found.flags == 0
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), column(found, "standard_error"))
    np.testing.assert_allclose(np.diag(found.correlation), 1.0)


def test_fixed_parameters_have_no_error_and_count_for_the_degrees_of_freedom() -> None:
    problem, fixed = logistic_problem(X, Y, START), {"bottom": 0.0}
    found = infer(problem, minimise(problem, fixed=fixed), fixed=fixed)
    row = found.parameters.loc["bottom"].to_dict()
    assert row["estimate"] == 0.0
    assert row["is_fixed"]
    assert np.isnan([row["standard_error"], row["ci_low"], row["wald_high"]]).all()
    assert found.df == X.size - 3
    assert "bottom" not in found.intervals


def test_known_variance_replaces_the_scatter() -> None:
    problem = logistic_problem(X, Y, START)
    scaled = replace(
        problem,
        residuals=lambda theta: problem.residuals(theta) / 4.0,
        jacobian=lambda theta: np.asarray(problem.jacobian(theta)) / 4.0 if problem.jacobian else np.empty(0),
    )
    known, unknown = infer(scaled, minimise(scaled), variance_known=True), infer(problem, minimise(problem))
    ratio = column(known, "standard_error") / column(unknown, "standard_error")
    np.testing.assert_allclose(ratio, 4.0 / unknown.residual_sd)


def test_a_better_minimum_that_the_profiles_meet_is_taken() -> None:
    def two_valleys(theta: Array) -> Array:
        return np.array([theta[0] ** 2 - 1.0, 0.2 * (theta[0] - 1.0), 0.3])

    problem = Problem(two_valleys, ("u",), np.array([-1.0]), np.array([-np.inf]), np.array([1.0]))
    solution = minimise(problem)
    found = infer(problem, solution, confidence=0.999)
    assert solution.theta[0] < 0
    assert found.solution.theta[0] == pytest.approx(1.0)
    assert found.solution.ss < solution.ss


def test_a_bound_of_convenience_closes_nothing_and_a_bound_that_is_knowledge_does() -> None:
    x = np.repeat(np.arange(-9.0, -7.4, 0.25), 2)
    y = logistic(x, 0.0, 100.0, -7.0, -1.0) + np.random.default_rng(3).normal(0, 1.0, x.size)
    problem = logistic_problem(
        x, y, START, lower=[-np.inf, -np.inf, -15.0, -50.0], upper=[np.inf, np.inf, -1.0, 50.0]
    )
    fixed = {"hill_slope": -0.8}
    solution = minimise(problem, fixed=fixed)
    hard = infer(problem, solution, fixed=fixed)
    soft = infer(problem, solution, fixed=fixed, soft_bounds=("log_ic50",))
    assert hard.parameters["ci_high"].to_dict()["log_ic50"] == -1.0
    assert hard.parameters["ci_low"].to_dict()["bottom"] < -1e3
    assert not hard.flags & CurveFlag.OPEN_INTERVAL
    assert soft.parameters["ci_high"].to_dict()["log_ic50"] == np.inf
    assert soft.parameters["ci_low"].to_dict()["bottom"] == -np.inf  # it would move if the bound did
    assert np.isfinite(soft.parameters.loc["top", ["ci_low", "ci_high"]].to_numpy(dtype=np.float64)).all()
    assert soft.flags & CurveFlag.OPEN_INTERVAL


def test_what_is_arbitrary_is_not_quoted_but_kept() -> None:
    x = np.repeat([-8.0, -6.0], 6)
    y = np.where(x < -7, 100.0, 10.0) + np.random.default_rng(4).normal(0, 2, 12)
    problem = logistic_problem(x, y, START)
    found = infer(problem, minimise(problem))
    assert np.isnan(column(found, "estimate")[3])
    assert np.isfinite(found.solution.theta).all()
    assert found.flags & CurveFlag.UNSTABLE


def test_fewer_points_than_parameters_say_nothing() -> None:
    problem = logistic_problem([-8.0, -6.0], [100.0, 10.0], START)
    found = infer(problem, minimise(problem))
    assert np.isnan(column(found, "estimate")).all()
    assert found.flags & CurveFlag.TOO_FEW_POINTS


def test_a_parameter_that_stops_at_its_bound_is_told() -> None:
    problem = logistic_problem(X, Y, START, lower=[10.0, -np.inf, -np.inf, -np.inf])
    found = infer(problem, minimise(problem))
    assert found.solution.theta[0] == 10.0
    assert found.flags & CurveFlag.AT_BOUND
    assert found.intervals["bottom"].low_end == "bound"
