from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import curve_fit

from s1r_imaging.curves import fit_curves, get_equation
from s1r_imaging.curves.batch_search import Batch, minimise_batch
from s1r_imaging.curves.logistic_search import is_plain_logistic, minimise_logistic

Array = NDArray[np.float64]
DOSES = 10.0 ** np.linspace(-9, -4.5, 30)
FOUR = np.full(4, np.inf)
TASK = Batch(get_equation("4pl"), DOSES, np.arange(4), -FOUR, FOUR)


def curves(n_curves: int, noise: float, *, x: Array = DOSES, rising: float = -1.0) -> Array:
    rng = np.random.default_rng(3)
    truth = (
        rng.normal(0, 5, n_curves),
        rng.normal(100, 10, n_curves),
        rng.uniform(-8, -5.5, n_curves),
        rising * rng.uniform(0.7, 1.6, n_curves),
    )
    clean: Array = get_equation("4pl").function(x, *(values[:, None] for values in truth))
    return clean + rng.normal(0, noise, clean.shape)


def guess(y: Array, x: Array = DOSES) -> Array:
    found = get_equation("4pl").start(x, y)
    return np.stack([found[name] for name in get_equation("4pl").parameters], axis=1)


@pytest.mark.parametrize("rising", [-1.0, 1.0])
def test_easy_curves_end_where_the_general_search_ends(rising: float) -> None:
    y = curves(400, 5.0, rising=rising)
    weights = np.random.default_rng(1).uniform(0.5, 2.0, y.shape)
    weights[::7, 3] = 0.0
    within = np.linspace(0.0, 50.0, len(y))
    found = minimise_logistic(TASK, y, weights, guess(y), within)
    general = minimise_batch(TASK, y, weights, guess(y), within)
    assert found.converged.mean() > 0.99
    easy = found.converged
    np.testing.assert_allclose(found.theta[easy], general.theta[easy], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found.ss[easy], general.ss[easy], rtol=1e-10)
    np.testing.assert_allclose(found.normal[easy], general.normal[easy], rtol=1e-4, atol=1e-4)


def test_estimates_and_standard_errors_are_those_of_scipy() -> None:
    y = curves(5, 4.0)
    table: Any = fit_curves("4pl", DOSES, y)
    names = list(get_equation("4pl").parameters)
    for index, row in enumerate(y):
        best, covariance = curve_fit(
            get_equation("4pl").function, DOSES, row, (0.0, 100.0, -6.75, -1.0), xtol=1e-12, ftol=1e-12
        )
        np.testing.assert_allclose(table.loc[index, names].astype(float), best, rtol=1e-4, atol=1e-4)
        errors = table.loc[index, [f"{name}_se" for name in names]].astype(float)
        np.testing.assert_allclose(errors, np.sqrt(np.diag(covariance)), rtol=1e-3)


def test_bottom_and_top_keep_their_places() -> None:
    y = curves(400, 10.0)
    start = guess(y)
    for begin in (start, start[:, [1, 0, 2, 3]] * [1.0, 1.0, 1.0, -1.0]):
        found = minimise_logistic(TASK, y, np.ones_like(y), begin, np.zeros(len(y)))
        general = minimise_batch(TASK, y, np.ones_like(y), begin, np.zeros(len(y)))
        easy = found.converged & general.converged
        np.testing.assert_array_equal(np.sign(found.theta[easy, 3]), np.sign(general.theta[easy, 3]))
        np.testing.assert_allclose(found.normal[easy, 3], general.normal[easy, 3], rtol=1e-4, atol=1e-3)


def test_a_dose_of_zero_and_exact_curves_are_no_obstacle() -> None:
    x = np.concatenate([[0.0], DOSES])
    y = curves(100, 0.0, x=x)
    table: Any = fit_curves("4pl", x, y)
    assert table["converged"].all()
    fitted = get_equation("4pl").function(
        x, *(table[[name]].to_numpy() for name in get_equation("4pl").parameters)
    )
    np.testing.assert_allclose(fitted, y, atol=1e-9)


def test_curves_that_determine_no_slope_are_left_to_the_general_search() -> None:
    y = np.stack([np.where(DOSES > 1e-7, 0.0, 100.0), np.full(DOSES.size, 7.0), curves(1, 1.0)[0]])
    weights = np.ones_like(y)
    weights[2, 4:] = 0.0
    found = minimise_logistic(TASK, y, weights, guess(y), np.zeros(3))
    assert not found.converged.any()
    assert np.isnan(found.theta).all()


def test_bounds_and_held_parameters_need_the_general_search() -> None:
    assert is_plain_logistic(TASK)
    assert not is_plain_logistic(Batch(TASK.equation, DOSES, np.arange(3), -FOUR, FOUR))
    assert not is_plain_logistic(Batch(TASK.equation, DOSES, np.arange(4), np.zeros(4), FOUR))
    assert not is_plain_logistic(Batch(get_equation("5pl"), DOSES, np.arange(4), -FOUR, FOUR))
    bounded: Any = fit_curves("4pl", DOSES, curves(20, 4.0), bounds={"hill_slope": (-1.0, -0.9)})
    assert bounded["hill_slope"].between(-1.0, -0.9).all()
