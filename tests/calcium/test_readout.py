import numpy as np
import pytest

from s1r_imaging.calcium.readout import bridge_gaps, fit_exponential_tail, read_kinetics, smooth_traces

TIME_S = np.arange(100.0)


def test_precise_trace_is_not_smoothed() -> None:
    trace = np.exp(-0.5 * ((TIME_S - 40) / 6) ** 2)[None]
    np.testing.assert_array_equal(smooth_traces(trace, np.zeros(1)), trace)


def test_smoothing_lowers_the_error_of_a_noisy_trace() -> None:
    rng = np.random.default_rng(0)
    truth = np.exp(-0.5 * ((TIME_S - 40) / 12) ** 2)
    noisy = truth + 0.2 * rng.standard_normal((50, 100))
    smooth = smooth_traces(noisy, np.full(50, 0.2))
    assert np.mean((smooth - truth) ** 2) < 0.35 * np.mean((noisy - truth) ** 2)


def test_two_frame_response_survives_smoothing() -> None:
    rng = np.random.default_rng(1)
    traces = np.where((TIME_S == 30) | (TIME_S == 31), 1.0, 0.0) + 0.05 * rng.standard_normal((30, 100))
    found = read_kinetics(TIME_S, traces, np.full(30, 0.05))
    assert np.median(found.kinetics.peak) == pytest.approx(1.0, abs=0.1)


def test_exponential_tail_is_recovered_with_its_r_squared() -> None:
    tau, r2 = fit_exponential_tail(TIME_S, np.where(TIME_S >= 10, np.exp(-(TIME_S - 10) / 7.5), 0.0), 0.0)
    assert tau == pytest.approx(7.5, rel=1e-6)
    assert r2 == pytest.approx(1.0)


def test_plateau_has_no_tail() -> None:
    assert np.isnan(fit_exponential_tail(TIME_S, np.where(TIME_S > 20, 1.0, 0.0), 0.01)).all()


def test_sustained_response_peaks_where_it_comes_within_five_per_cent() -> None:
    trace = np.where(TIME_S > 20, 1.0 - np.exp(-(TIME_S - 20) / 10.0), 0.0)[None]
    found = read_kinetics(TIME_S, trace, np.zeros(1)).kinetics
    assert found.peak_s[0] == pytest.approx(20 + 10 * np.log(20), abs=1.0)
    assert np.isnan(found.fwhm_s[0])


def test_gaps_are_bridged_by_straight_lines() -> None:
    traces = np.array([[0.0, np.nan, 2.0], [np.nan, np.nan, np.nan]])
    np.testing.assert_array_equal(bridge_gaps(np.arange(3.0), traces), [[0, 1, 2], [0, 0, 0]])
