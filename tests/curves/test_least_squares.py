from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from s1r_imaging.curves.derivatives import numerical_jacobian
from s1r_imaging.curves.problem import Problem, minimise

X = np.linspace(0.1, 3.0, 25)
INFINITE = np.full(2, np.inf)


def decay(theta: NDArray[Any]) -> NDArray[Any]:
    values: NDArray[Any] = theta[0] * np.exp(-theta[1] * X)
    return values


def problem(noise: float = 0.05) -> Problem:
    y = decay(np.array([2.0, 0.8])) + np.random.default_rng(0).normal(0, noise, X.size)
    return Problem(lambda theta: decay(theta) - y, ("a", "k"), np.array([1.0, 3.0]), -INFINITE, INFINITE)


def test_the_gradient_vanishes_at_the_minimum() -> None:
    found = minimise(problem())
    cosine = np.abs(found.jacobian.T @ found.residuals) / np.linalg.norm(found.jacobian, axis=0)
    assert np.all(cosine < 1e-10 * np.sqrt(found.ss))
    assert found.converged


def test_a_fixed_parameter_stays_and_the_other_is_best() -> None:
    found = minimise(problem(), fixed={"k": 0.5})
    shape = np.exp(-0.5 * X)
    y = decay(np.zeros(2)) - problem().residuals(np.zeros(2))
    assert found.theta[1] == 0.5
    assert found.theta[0] == pytest.approx(shape @ y / (shape @ shape), rel=1e-12)
    assert list(found.free) == [True, False]


def test_a_bound_that_is_in_the_way_holds() -> None:
    free = problem()
    bounded = Problem(free.residuals, free.names, free.start, np.array([-np.inf, 1.0]), INFINITE)
    found = minimise(bounded)
    assert found.theta[1] == 1.0
    assert found.theta[0] == pytest.approx(minimise(free, fixed={"k": 1.0}).theta[0], rel=1e-10)
    assert list(found.free) == [True, False]


def test_data_without_noise_are_met_exactly() -> None:
    found = minimise(problem(noise=0.0))
    np.testing.assert_allclose(found.theta, [2.0, 0.8], rtol=1e-12)
    assert found.converged


def test_residuals_that_cannot_be_computed_are_no_crash() -> None:
    broken = Problem(lambda theta: np.full(5, np.nan) * theta[0], ("a",), np.ones(1), -INFINITE[:1], INFINITE[:1])
    assert not minimise(broken).converged


def test_an_unknown_parameter_is_named() -> None:
    with pytest.raises(ValueError, match="'b' is no parameter"):
        minimise(problem(), fixed={"b": 1.0})


@pytest.mark.parametrize("make", [lambda z: z, np.abs], ids=["analytic", "not analytic"])
def test_derivatives_are_accurate_to_ten_digits(make: object) -> None:
    assert callable(make)
    theta = np.array([1.7, 0.6])
    found = numerical_jacobian(lambda p: make(p[0]) * np.exp(-p[1] * X), theta)(theta)
    expected = np.stack([np.exp(-0.6 * X), -1.7 * X * np.exp(-0.6 * X)], axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_derivatives_stay_within_bounds() -> None:
    def root(p: NDArray[Any]) -> NDArray[Any]:
        values: NDArray[Any] = np.sqrt(np.abs(p - 1.0)) * np.where(p >= 1.0, 1.0, np.nan) + 0 * np.abs(p)
        return values

    theta = np.array([1.001])
    found = numerical_jacobian(root, theta, lower=np.array([1.0]))(theta)
    np.testing.assert_allclose(found, [[0.5 / np.sqrt(0.001)]], rtol=0.2)
