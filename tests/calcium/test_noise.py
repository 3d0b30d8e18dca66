"""Robust noise estimators against known noise."""

import numpy as np
import pytest
from numpy.typing import NDArray

from s1r_imaging.calcium.noise import (
    autocorrelation,
    difference_sd,
    mean_variance_factor,
    robust_sd,
    row_median,
    von_neumann_ratio,
)


def ar1(phi: float, shape: tuple[int, int], seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=shape)
    for t in range(1, shape[1]):
        values[:, t] = phi * values[:, t - 1] + np.sqrt(1 - phi**2) * values[:, t]
    return values


@pytest.mark.parametrize("n_frames", [3, 5, 8, 10, 30, 200])
def test_robust_sd_is_unbiased_for_white_noise_in_short_and_long_windows(n_frames: int) -> None:
    noise = 7.0 * np.random.default_rng(1).normal(size=(4000, n_frames))
    assert np.mean(robust_sd(noise)) == pytest.approx(7.0, rel=0.03)


def test_robust_sd_holds_with_a_third_of_the_frames_in_a_transient() -> None:
    noise = np.random.default_rng(2).normal(size=(500, 60))
    noise[:, 20:32] += 50.0
    assert np.mean(robust_sd(noise)) < 1.4
    assert np.mean(noise.std(axis=1)) > 15.0


def test_difference_sd_ignores_drift_and_plateaus() -> None:
    noise = np.random.default_rng(3).normal(size=(500, 300))
    drift = np.linspace(0.0, 40.0, 300)
    plateau = np.where(np.arange(300) > 100, 25.0, 0.0)
    assert np.mean(difference_sd(noise + drift + plateau)) == pytest.approx(1.0, rel=0.03)


def test_difference_sd_of_autocorrelated_noise_is_low_by_the_documented_factor() -> None:
    assert np.mean(difference_sd(ar1(0.7, (300, 500), 4))) == pytest.approx(np.sqrt(0.3), rel=0.02)


@pytest.mark.parametrize(("phi", "n_frames"), [(0.0, 10), (0.0, 60), (0.7, 20), (0.7, 60), (0.3, 60)])
def test_autocorrelation_is_found_again_in_short_windows(phi: float, n_frames: int) -> None:
    assert autocorrelation(ar1(phi, (400, n_frames), 5)) == pytest.approx(phi, abs=0.08)


def test_autocorrelation_is_not_led_astray_by_a_few_active_cells() -> None:
    values = ar1(0.0, (100, 60), 6)
    values[:15] += 20.0 * np.exp(-((np.arange(60) - 30.0) ** 2) / 50.0)
    assert abs(autocorrelation(values)) < 0.1


def test_von_neumann_ratio_of_white_and_autocorrelated_noise() -> None:
    assert np.mean(von_neumann_ratio(ar1(0.0, (300, 200), 7))) == pytest.approx(2.0, rel=0.02)
    assert np.mean(von_neumann_ratio(ar1(0.7, (300, 2000), 8))) == pytest.approx(0.6, rel=0.03)


@pytest.mark.parametrize("phi", [0.0, 0.7])
def test_mean_variance_factor_agrees_with_the_spread_of_simulated_means(phi: float) -> None:
    means = ar1(phi, (20000, 12), 9).mean(axis=1)
    assert 12 * means.var() == pytest.approx(mean_variance_factor(phi, 12), rel=0.04)


def test_missing_values_are_left_out_and_empty_rows_are_nan_without_a_warning() -> None:
    values = np.random.default_rng(10).normal(size=(3, 200))
    values[0, ::7] = np.nan
    values[1, ::5] = np.inf
    values[2] = np.nan
    for estimate in (robust_sd(values), difference_sd(values)):
        assert np.all(np.abs(estimate[:2] - 1.0) < 0.3)
        assert np.isnan(estimate[2])
    assert np.isnan(von_neumann_ratio(values)[2])
    assert np.isnan(row_median(values)[2])
    assert abs(autocorrelation(values)) < 0.3


def test_constant_rows_have_no_noise_and_no_autocorrelation() -> None:
    constant = np.full((2, 30), 5.0)
    assert np.all(robust_sd(constant) == 0.0)
    assert np.all(difference_sd(constant) == 0.0)
    assert np.all(np.isnan(von_neumann_ratio(constant)))
    assert autocorrelation(constant) == 0.0


def test_estimates_scale_with_gain_and_never_with_offset() -> None:
    values = np.random.default_rng(11).normal(size=(5, 80))
    for estimate in (robust_sd, difference_sd):
        np.testing.assert_allclose(estimate(3.0 * values + 1000.0), 3.0 * estimate(values))


def test_three_axes_are_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"expected \(n, T\)"):
        robust_sd(np.zeros((2, 2, 2)))


@pytest.mark.parametrize("n_frames", [1, 2, 3, 4, 59, 60])
def test_row_median_is_that_of_numpy_to_the_last_bit(n_frames: int) -> None:
    values = np.random.default_rng(7).normal(size=(200, n_frames))
    assert row_median(values).tobytes() == np.median(values, axis=1).tobytes()
