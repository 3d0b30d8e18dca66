import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from s1r_imaging.curves.bands import band, critical_value, curvature, wald_interval
from s1r_imaging.curves.problem import minimise
from tests.curves.logistic import logistic, logistic_problem


def test_prism_sheet_has_every_printed_digit_of_the_symmetric_intervals(reference_data: Path) -> None:
    table = pd.read_csv(reference_data / "binding" / "prism_drugA.csv")
    printed = json.loads((reference_data / "binding" / "prism_drugA_reference.json").read_text(encoding="utf-8"))
    x = np.repeat(np.log10(table["conc_M"].to_numpy()), 3)
    problem = logistic_problem(x, table[["y1", "y2", "y3"]].to_numpy().ravel(), [0, 100, -7, -1])
    solution = minimise(problem)
    covariance = curvature(solution.jacobian, solution.ss / 23).covariance
    low, high = wald_interval(solution.theta, np.sqrt(np.diag(covariance)), 23)
    wanted = printed["unweighted"]["ci95_asymptotic"]
    for k, prism in enumerate(["Bottom", "Top", "LogIC50", "HillSlope"]):
        assert [f"{low[k]:.4g}", f"{high[k]:.4g}"] == [f"{end:.4g}" for end in wanted[prism]]


def test_covariance_correlation_and_dependency_are_those_of_textbook_algebra() -> None:
    rng = np.random.default_rng(0)
    design = rng.normal(size=(30, 4)) * [1.0, 1e6, 1e-6, 3.0]
    design[:, 3] += 0.9 * design[:, 0]
    found = curvature(design, 2.5)
    inverse = np.linalg.inv((design / [1, 1e6, 1e-6, 3]).T @ (design / [1, 1e6, 1e-6, 3]))
    wanted = 2.5 * inverse / np.outer([1, 1e6, 1e-6, 3], [1, 1e6, 1e-6, 3])
    np.testing.assert_allclose(found.covariance, wanted, rtol=1e-10)
    sd = np.sqrt(np.diag(wanted))
    np.testing.assert_allclose(found.correlation, wanted / np.outer(sd, sd), rtol=1e-10)
    for k in range(4):
        others = np.delete(design, k, axis=1)
        left = design[:, k] - others @ np.linalg.lstsq(others, design[:, k])[0]
        assert found.dependency[k] == pytest.approx(1 - left @ left / (design[:, k] @ design[:, k]))


def test_parameters_that_are_held_count_as_known() -> None:
    design = np.random.default_rng(1).normal(size=(20, 3))
    found = curvature(design, 1.0, free=[True, False, True])
    alone = curvature(design[:, [0, 2]], 1.0)
    np.testing.assert_allclose(found.covariance[np.ix_([0, 2], [0, 2])], alone.covariance)
    assert not found.covariance[1].any()


def test_what_the_data_do_not_determine_has_no_finite_error() -> None:
    design = np.random.default_rng(1).normal(size=(20, 4))
    design[:, 1] = 2 * design[:, 0]
    design[:, 3] = 0
    found = curvature(design, 1.0)
    assert np.isinf(np.diag(found.covariance)[[0, 1, 3]]).all()
    assert np.diag(found.covariance)[2] == pytest.approx(curvature(design[:, [0, 2]], 1.0).covariance[1, 1])
    np.testing.assert_array_equal(found.dependency[[0, 1, 3]], 1.0)


def test_critical_values_are_those_of_t_and_normal() -> None:
    assert critical_value(0.99, 7) == pytest.approx(stats.t.ppf(0.995, 7))
    assert critical_value(0.9, np.inf) == pytest.approx(stats.norm.ppf(0.95))
    assert np.isnan(critical_value(0.95, 0))
    with pytest.raises(ValueError, match="confidence=1.5"):
        critical_value(1.5, 4)


def test_bands_of_a_straight_line_are_those_of_the_textbook() -> None:
    rng = np.random.default_rng(2)
    x = rng.uniform(0, 10, 15)
    y = 3 + 2 * x + rng.normal(size=15)
    line = stats.linregress(x, y)
    fitted = line.intercept + line.slope * x
    variance = float(((y - fitted) ** 2).sum() / 13)
    design = np.column_stack([np.ones(15), x])
    covariance = curvature(design, variance).covariance
    new = np.array([-3.0, 5.0, 20.0])
    curve, slopes = line.intercept + line.slope * new, np.column_stack([np.ones(3), new])
    leverage = 1 / 15 + (new - x.mean()) ** 2 / ((x - x.mean()) ** 2).sum()
    t = stats.t.ppf(0.975, 13)
    low, high = band(curve, slopes, covariance, 13)
    np.testing.assert_allclose(high - curve, t * np.sqrt(variance * leverage))
    np.testing.assert_allclose(curve - low, t * np.sqrt(variance * leverage))
    _, high = band(curve, slopes, covariance, 13, scatter_variance=variance)
    np.testing.assert_allclose(high - curve, t * np.sqrt(variance * (1 + leverage)))


def test_confidence_band_of_a_logistic_holds_the_truth_as_often_as_it_says() -> None:
    x = np.repeat(np.arange(-9.0, -4.9, 0.5), 2)
    truth = logistic(x, 5.0, 100.0, -7.0, -1.0)
    rng = np.random.default_rng(3)
    inside = []
    for _ in range(200):
        problem = logistic_problem(x, truth + 4 * rng.standard_normal(x.size), [0, 100, -7, -1])
        solution = minimise(problem)
        covariance = curvature(solution.jacobian, solution.ss / (x.size - 4)).covariance
        low, high = band(logistic(x, *solution.theta.tolist()), solution.jacobian, covariance, x.size - 4)
        inside.append((low <= truth) & (truth <= high))
    assert np.mean(inside) == pytest.approx(0.95, abs=0.025)


def test_a_band_is_infinite_only_where_the_lost_parameter_matters() -> None:
    low, high = band([1.0, 2.0], [[1.0, 0.0], [1.0, 1.0]], np.diag([0.04, np.inf]), np.inf)
    assert np.isfinite([low[0], high[0]]).all()
    assert [low[1], high[1]] == [-np.inf, np.inf]


def test_errors_agree_with_those_of_scipy() -> None:
    x = np.repeat(np.arange(-9.0, -4.9, 0.5), 2)
    y = logistic(x, 5.0, 100.0, -7.0, -1.0) + np.random.default_rng(4).normal(0, 4, x.size)
    solution = minimise(logistic_problem(x, y, [0, 100, -7, -1]))
    theirs = optimize.curve_fit(logistic, x, y, [0, 100, -7, -1], ftol=1e-14, xtol=1e-14)[1]
    np.testing.assert_allclose(
        curvature(solution.jacobian, solution.ss / (x.size - 4)).covariance, theirs, rtol=1e-4
    )
