"""Rolling baselines against pandas, and what they do to drift and plateaus."""

import numpy as np
import pandas as pd
import pytest

from s1r_imaging.calcium.rolling import maximin, response_duration_s, running_percentile

TIME_S = np.linspace(0.0, 199.5, 400)


def test_running_percentile_agrees_with_pandas_away_from_the_ends() -> None:
    values = np.random.default_rng(0).normal(100.0, 5.0, (3, 400))
    ours = running_percentile(values, TIME_S, q=10.0, window_s=20.5)
    oracle = pd.DataFrame(values.T).rolling(41, center=True).quantile(0.1, interpolation="lower").to_numpy().T
    np.testing.assert_allclose(ours[:, 25:-25], oracle[:, 25:-25])


def test_both_follow_drift_under_short_transients() -> None:
    drift = np.linspace(200.0, 100.0, 400)
    trace = drift.copy()
    trace[::80] += 300.0
    for level in (
        running_percentile(trace[None], TIME_S, q=30.0, window_s=15.0),
        maximin(trace[None], TIME_S, window_s=15.0, smoothing_s=0.1),
    ):
        np.testing.assert_allclose(level[0], drift, rtol=0.04)


def test_uneven_times_give_the_window_its_length_in_seconds() -> None:
    rng = np.random.default_rng(1)
    uneven = np.sort(rng.uniform(0.0, 200.0, 400))
    drift = (100.0 + 0.5 * uneven)[None]
    level = running_percentile(drift, uneven, q=50.0, window_s=20.0)
    inner = (uneven > 15.0) & (uneven < 185.0)
    np.testing.assert_allclose(level[0, inner], drift[0, inner], rtol=0.01)


def test_a_window_longer_than_the_recording_is_no_error() -> None:
    values = np.random.default_rng(2).normal(100.0, 5.0, (2, 10))
    assert np.isfinite(running_percentile(values, np.arange(10.0), q=10.0, window_s=1e6)).all()
    assert np.isfinite(maximin(values, np.arange(10.0), window_s=1e6, smoothing_s=1.0)).all()


def test_gaps_are_bridged_and_empty_rows_are_nan() -> None:
    values = np.full((2, 400), 50.0)
    values[0, 100:120] = np.nan
    values[1] = np.nan
    for level in (
        running_percentile(values, TIME_S, q=10.0, window_s=20.0),
        maximin(values, TIME_S, window_s=20.0, smoothing_s=1.0),
    ):
        np.testing.assert_allclose(level[0], 50.0)
        assert np.isnan(level[1]).all()


@pytest.mark.parametrize("duration_s", [10.0, 40.0])
def test_response_duration_is_the_time_above_half_the_peak(duration_s: float) -> None:
    values = np.random.default_rng(3).normal(100.0, 5.0, (20, 400))
    values[:10, (TIME_S >= 60.0) & (60.0 + duration_s > TIME_S)] += 200.0
    known = response_duration_s(values, TIME_S, TIME_S < 60.0)
    assert known == pytest.approx(duration_s, abs=1.0)
    assert response_duration_s(values, TIME_S, None) == pytest.approx(duration_s, abs=1.0)


def test_resting_cells_have_no_response_duration() -> None:
    values = np.random.default_rng(4).normal(100.0, 5.0, (50, 400))
    assert response_duration_s(values, TIME_S, TIME_S < 60.0) == 0
