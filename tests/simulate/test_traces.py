"""Simulated traces have the noise and the truth that were asked for."""

from typing import Any

import numpy as np
import pytest

from s1r_imaging.simulate import simulate_traces


def test_noise_has_the_stated_signal_to_noise_ratio() -> None:
    traces, truth = simulate_traces(n_cells=400, snr=5.0, responder_fraction=0.0)
    dff = (traces.f - traces.f_background) / truth["f0_counts"].to_numpy()[:, np.newaxis] - 1
    assert dff.std() == pytest.approx(0.8 / 5, rel=0.02)
    assert abs(np.mean(dff[:, 1:] * dff[:, :-1])) < 0.01 * dff.var()


def test_autoregressive_noise_has_the_stated_correlation_and_the_same_spread() -> None:
    traces, _ = simulate_traces(n_cells=400, responder_fraction=0.0, noise="ar1", ar1_coefficient=0.7)
    dff = (traces.f - traces.f_background) / 300.0 - 1
    assert dff.std() == pytest.approx(0.8 / 5, rel=0.02)
    assert dff[:, 0].std() == pytest.approx(0.8 / 5, rel=0.1)
    lagged = np.corrcoef(dff[:, 1:].ravel(), dff[:, :-1].ravel())[0, 1]
    assert lagged == pytest.approx(0.7, abs=0.02)


def test_without_noise_the_peak_is_the_truth() -> None:
    traces, truth = simulate_traces(
        n_cells=50, snr=np.inf, amplitude_sd=0.4, kinetics_sd=0.3, frame_interval_s=0.05, n_frames=2400
    )
    dff = (traces.f - traces.f_background) / 300.0 - 1
    np.testing.assert_allclose(dff.max(axis=1), truth["peak_dff"], rtol=2e-3)
    at = traces.time_s[dff.argmax(axis=1)] - 40.0
    np.testing.assert_allclose(at, truth["time_to_peak_s"], atol=0.05)


def test_noise_does_not_change_the_cells() -> None:
    _, quiet = simulate_traces(3, n_cells=20, kinetics_sd=0.3, amplitude_sd=0.3, snr=50.0)
    _, loud = simulate_traces(3, n_cells=20, kinetics_sd=0.3, amplitude_sd=0.3, snr=2.0, noise="ar1")
    assert quiet.drop(columns="noise_sd").equals(loud.drop(columns="noise_sd"))


def test_same_seed_same_traces_and_another_seed_others() -> None:
    first, again, other = (simulate_traces(seed, n_cells=5)[0].f for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_responders_are_the_stated_fraction() -> None:
    _, truth = simulate_traces(n_cells=2000, responder_fraction=0.3)
    assert truth["responder"].mean() == pytest.approx(0.3, abs=0.04)
    assert (truth.loc[~truth["responder"], "peak_dff"] == 0).all()


def test_no_cells_is_an_empty_table_with_its_columns() -> None:
    traces, truth = simulate_traces(n_cells=0)
    assert traces.f.shape == (0, 240)
    assert list(truth.columns) == list(simulate_traces(n_cells=1)[1].columns)


@pytest.mark.parametrize(
    "wrong", [{"n_cells": -1}, {"n_frames": 1}, {"snr": 0.0}, {"ar1_coefficient": 1.0}, {"seed": -1}]
)
def test_numbers_out_of_range_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        simulate_traces(**wrong)
