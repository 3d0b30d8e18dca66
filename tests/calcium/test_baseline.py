"""F0 against known resting levels."""

import numpy as np
import pytest
from numpy.typing import NDArray

from s1r_imaging.calcium.baseline import Statistic, baseline_frames, location, percentile, resting_mode
from s1r_imaging.recording import Event


def noisy(level: float, sd: float, shape: tuple[int, int], seed: int) -> NDArray[np.float64]:
    return level + sd * np.random.default_rng(seed).normal(size=shape)


def test_frames_before_the_first_of_several_events() -> None:
    events = (Event("antagonist", 2.0), Event("agonist", 4.0))
    assert baseline_frames(np.arange(6.0), events).tolist() == [True, True, False, False, False, False]  # type: ignore[union-attr]


def test_frames_are_chosen_by_time_and_not_by_their_number() -> None:
    uneven = np.array([0.0, 0.1, 0.2, 5.0, 10.0, 10.1])
    frames = baseline_frames(uneven, (Event("agonist", 10.0),), start_s=0.2)
    assert frames is not None
    assert uneven[frames].tolist() == [0.2, 5.0]


def test_a_frame_at_the_moment_of_the_event_is_out_in_spite_of_rounding() -> None:
    time_s = np.array([0.1 * index for index in range(40)])
    for index in range(1, 40):
        frames = baseline_frames(time_s, (Event("agonist", index / 10),))
        assert frames is not None
        assert frames.sum() == index


def test_without_event_or_end_nothing_is_known() -> None:
    assert baseline_frames(np.arange(5.0), ()) is None
    given = baseline_frames(np.arange(5.0), (), end_s=2.0)
    assert given is not None
    assert given.sum() == 2


@pytest.mark.parametrize("statistic", ["clipped_mean", "mean", "median"])
@pytest.mark.parametrize("n_frames", [5, 12, 60])
def test_location_is_unbiased_under_noise(statistic: Statistic, n_frames: int) -> None:
    level = location(noisy(100.0, 20.0, (4000, n_frames), 1), statistic=statistic)
    assert np.mean(level) == pytest.approx(100.0, rel=0.01)


def test_clipped_mean_is_tighter_than_the_median_under_noise() -> None:
    values = noisy(100.0, 20.0, (4000, 30), 2)
    assert np.std(location(values)) < 0.92 * np.std(location(values, statistic="median"))
    assert np.std(location(values)) < 1.10 * np.std(location(values, statistic="mean"))


def test_clipped_mean_resists_a_spontaneous_transient() -> None:
    values = noisy(100.0, 5.0, (2000, 60), 3)
    values[:, 20:32] += 100.0 * np.exp(-np.arange(12) / 5.0)
    assert np.mean(location(values)) == pytest.approx(100.0, rel=0.02)
    assert np.mean(location(values, statistic="mean")) > 105.0


def test_percentile_of_a_resting_cell_is_low_by_what_the_docstring_says() -> None:
    assert np.mean(percentile(noisy(100.0, 10.0, (300, 1000), 4), 10.0)) == pytest.approx(87.2, abs=0.3)


@pytest.mark.parametrize("responding", [0.0, 0.3, 0.7])
def test_resting_mode_finds_rest_under_noise_and_plateaus(responding: float) -> None:
    values = noisy(100.0, 10.0, (300, 400), 5)
    values[:, 400 - int(400 * responding) :] += 150.0
    assert np.mean(resting_mode(values, 10.0)) == pytest.approx(100.0, rel=0.01)


def test_gaps_are_left_out_and_empty_rows_are_nan() -> None:
    values = noisy(100.0, 1.0, (3, 100), 6)
    values[0, ::3] = np.nan
    values[1, 5] = np.inf
    values[2] = np.nan
    for level in (location(values), percentile(values, 50.0), resting_mode(values, 10.0)):
        np.testing.assert_allclose(level[:2], 100.0, atol=1.0)
        assert np.isnan(level[2])


def test_noise_free_levels_are_exact() -> None:
    values = np.full((2, 20), 7.5)
    for level in (location(values), percentile(values, 10.0), resting_mode(values, 10.0)):
        assert level.tolist() == [7.5, 7.5]
