"""Bleaching corrections against known decays."""

import warnings

import numpy as np
import pytest
from numpy.typing import NDArray

from s1r_imaging.calcium.bleaching import falls_markedly, pool_traces, relative_rates
from s1r_imaging.calcium.decay import fit_decay
from s1r_imaging.calcium.dff import compute_dff
from s1r_imaging.flags import CellFlag
from s1r_imaging.recording import Event, Traces

TIME_S = np.linspace(0.0, 149.5, 300)
LOSS_30 = np.exp(np.log(0.7) * TIME_S / TIME_S[-1])
TWO_RATES = 0.15 * np.exp(-TIME_S / 15.0) + 0.85 * np.exp(-0.0005 * TIME_S)


def response(event_s: float, peak: float) -> NDArray[np.float64]:
    since = np.maximum(TIME_S - event_s, 0.0)
    shape = (1.0 - np.exp(-since / 2.0)) * np.exp(-since / 15.0)
    scaled: NDArray[np.float64] = peak * shape / shape.max()
    return scaled


def bleaching_cells(
    remaining: NDArray[np.float64],
    *,
    n_cells: int = 50,
    event_s: float = 60.0,
    peak: float = 1.73,
    noise: float = 0.05,
    active: float = 0.0,
    seed: int = 0,
) -> Traces:
    rng = np.random.default_rng(seed)
    f0 = rng.lognormal(np.log(200.0), 0.4, (n_cells, 1))
    dff = np.tile(response(event_s, peak), (n_cells, 1))
    for row in np.flatnonzero(rng.random(n_cells) < active):
        since = TIME_S - rng.uniform(0.0, event_s)
        dff[row] += np.where(since > 0, 0.5 * np.exp(-since / 5.0), 0.0)
    f = f0 * (1.0 + dff) * remaining + noise * f0 * rng.normal(size=dff.shape)
    return Traces(TIME_S, f + 100.0, f_background=np.full(f.shape, 100.0), events=(Event("agonist", event_s),))


def median_dff(traces: Traces) -> NDArray[np.float64]:
    assert traces.dff is not None
    return np.median(traces.dff, axis=0)


@pytest.mark.parametrize("seed", range(3))
def test_thirty_percent_bleaching_and_a_synchronous_response(seed: int) -> None:
    traces = bleaching_cells(LOSS_30, seed=seed)
    corrected = median_dff(compute_dff(traces, bleaching="mono_exponential"))
    truth = response(60.0, 1.73)
    top = int(np.argmax(truth))
    assert corrected[top] == pytest.approx(1.73, rel=0.02)
    assert np.mean(corrected[-40:] - truth[-40:]) == pytest.approx(0.0, abs=0.02)
    assert median_dff(compute_dff(traces))[top] < 1.6


def test_a_single_noise_free_trace_is_corrected_exactly() -> None:
    traces = bleaching_cells(LOSS_30, n_cells=1, noise=0.0)
    corrected = compute_dff(traces, bleaching="mono_exponential")
    assert corrected.dff is not None
    np.testing.assert_allclose(corrected.dff[0], response(60.0, 1.73), atol=1e-3)


def test_spontaneous_activity_before_the_stimulus_does_not_mislead_the_fit() -> None:
    traces = bleaching_cells(LOSS_30, event_s=40.0, active=0.3)
    corrected = median_dff(compute_dff(traces, bleaching="mono_exponential"))
    assert corrected.max() == pytest.approx(1.73, rel=0.02)


def test_two_rates_need_the_bi_exponential() -> None:
    traces = bleaching_cells(TWO_RATES)
    truth = response(60.0, 1.73)
    mono = median_dff(compute_dff(traces, bleaching="mono_exponential"))
    both = median_dff(compute_dff(traces, bleaching="bi_exponential"))
    assert both[int(np.argmax(truth))] == pytest.approx(1.73, rel=0.02)
    assert abs(np.mean(both[-40:] - truth[-40:])) < 0.05 < abs(np.mean(mono[-40:] - truth[-40:]))


def test_bi_exponential_falls_back_to_one_rate_where_one_is_enough() -> None:
    traces = bleaching_cells(LOSS_30)
    one = compute_dff(traces, bleaching="mono_exponential").dff
    two = compute_dff(traces, bleaching="bi_exponential").dff
    assert one is not None
    assert two is not None
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_corrected_where_nothing_bleaches(seed: int) -> None:
    traces = bleaching_cells(np.ones(300), seed=seed)
    plain, corrected = compute_dff(traces).dff, compute_dff(traces, bleaching="bi_exponential").dff
    assert plain is not None
    assert corrected is not None
    np.testing.assert_allclose(corrected, plain, atol=0.03)


@pytest.mark.parametrize("phi", [0.0, 0.7, 0.95])
def test_noise_is_seldom_taken_for_a_decay(phi: float) -> None:
    found = 0
    for seed in range(40):
        noise = np.random.default_rng(seed).normal(size=(20, 80))
        for frame in range(1, 80):
            noise[:, frame] = phi * noise[:, frame - 1] + np.sqrt(1 - phi**2) * noise[:, frame]
        pooled, spread = pool_traces(200.0 + 10.0 * noise)
        decay = fit_decay(TIME_S[:80], pooled, spread, n_exponentials=1, start_s=0.0, end_s=120.0)
        found += decay.rates_per_s[0] > 0
    assert found <= 6  # 5 % expected at most, half of it upwards


def test_slow_wander_of_the_cells_does_not_hide_a_small_decay() -> None:
    wander = np.random.default_rng(9).normal(size=(150, 80))
    for frame in range(1, 80):
        wander[:, frame] = 0.98 * wander[:, frame - 1] + np.sqrt(1 - 0.98**2) * wander[:, frame]
    loss = np.exp(np.log(0.92) * TIME_S[:80] / 120.0)
    pooled, spread = pool_traces(200.0 * loss * (1.0 + 0.02 * wander))
    decay = fit_decay(TIME_S[:80], pooled, spread, n_exponentials=1, start_s=0.0, end_s=120.0)
    assert decay.remaining(np.array([120.0]))[0] == pytest.approx(0.92, abs=0.02)


def test_untreated_recordings_correct_a_treated_one() -> None:
    untreated = [bleaching_cells(TWO_RATES, peak=0.0, seed=seed) for seed in (1, 2)]
    treated = bleaching_cells(TWO_RATES, event_s=10.0, seed=3)
    truth = response(10.0, 1.73)
    corrected = median_dff(compute_dff(treated, bleaching="reference", bleaching_reference=untreated))
    assert corrected[int(np.argmax(truth))] == pytest.approx(1.73, rel=0.02)
    assert np.mean(corrected[-40:] - truth[-40:]) == pytest.approx(0.0, abs=0.03)
    single = compute_dff(treated, bleaching="reference", bleaching_reference=untreated[0])
    assert single.history[-1].input_digest is not None


def test_cells_that_bleach_at_their_own_rate_get_it_from_a_long_baseline() -> None:
    rng = np.random.default_rng(5)
    rates = np.clip(1.0 + 0.4 * rng.normal(size=60), 0.1, None)
    own = LOSS_30 ** rates[:, None]
    f = 200.0 * own * (1.0 + response(100.0, 1.5)) + 8.0 * rng.normal(size=(60, 300))
    traces = Traces(TIME_S, f, events=(Event("agonist", 100.0),))
    corrected = compute_dff(traces, bleaching="mono_exponential").dff
    assert corrected is not None
    error = (corrected - response(100.0, 1.5))[:, -30:].mean(axis=1)
    uncorrected_spread = np.std((f / f[:, :20].mean(axis=1, keepdims=True) / LOSS_30)[:, -30:].mean(axis=1))
    assert np.std(error) < 0.03 < uncorrected_spread


def test_equal_rates_are_found_equal() -> None:
    rng = np.random.default_rng(6)
    net = 200.0 * LOSS_30 + 10.0 * rng.normal(size=(60, 300))
    np.testing.assert_allclose(relative_rates(net, LOSS_30), 1.0, atol=0.15)


def test_a_baseline_too_short_to_show_a_decay_warns_and_corrects_nothing() -> None:
    traces = bleaching_cells(LOSS_30, event_s=3.0)
    with pytest.warns(UserWarning, match="not corrected: 6 usable frames"):
        corrected = compute_dff(traces, bleaching="mono_exponential")
    np.testing.assert_array_equal(corrected.dff, compute_dff(traces).dff)


def test_an_uncertain_extrapolation_warns() -> None:
    traces = bleaching_cells(LOSS_30, n_cells=3, event_s=10.0, noise=0.1)
    with pytest.warns(UserWarning, match=r"uncertain: .* give or take"):
        compute_dff(traces, bleaching="mono_exponential")


def test_a_correction_never_explodes() -> None:
    fast = np.exp(-TIME_S / 10.0)
    traces = bleaching_cells(fast, event_s=20.0, noise=0.01)
    with pytest.warns(UserWarning, match="uncertain"):
        corrected = compute_dff(traces, bleaching="mono_exponential")
    assert corrected.dff is not None
    assert np.nanmax(np.abs(corrected.dff)) < 5.0


def test_the_reported_error_of_the_extrapolation_is_the_error_that_is_made() -> None:
    errors, stated = [], []
    for seed in range(40):
        pooled = LOSS_30[:80] * (1.0 + 0.01 * np.random.default_rng(seed).normal(size=80))
        decay = fit_decay(TIME_S[:80], pooled, 0.01, n_exponentials=1, start_s=0.0, end_s=float(TIME_S[-1]))
        errors.append(np.log(decay.remaining(TIME_S[-1:])[0] / 0.7))
        stated.append(decay.end_se)
    assert np.mean(stated) == pytest.approx(np.std(errors), rel=0.3)


def test_pooling_leaves_out_dim_and_empty_cells() -> None:
    rng = np.random.default_rng(7)
    net = np.vstack(
        [200.0 * LOSS_30 + rng.normal(size=(5, 300)), rng.normal(size=(2, 300)), np.full((1, 300), np.nan)]
    )
    pooled, _ = pool_traces(net)
    np.testing.assert_allclose(pooled / pooled[0], LOSS_30, rtol=0.02)


def test_bleached_flag_marks_a_fall_before_the_stimulus_and_only_without_correction() -> None:
    falling = compute_dff(bleaching_cells(LOSS_30, noise=0.02))
    steady = compute_dff(bleaching_cells(np.ones(300), noise=0.02))
    corrected = compute_dff(bleaching_cells(LOSS_30, noise=0.02), bleaching="mono_exponential")
    bleached = [
        np.mean((traces.cells["flags"].to_numpy() & CellFlag.BLEACHED) > 0)
        for traces in (falling, steady, corrected)
    ]
    assert bleached[0] > 0.95
    assert bleached[1:] == [0.0, 0.0]


@pytest.mark.parametrize("phi", [0.0, 0.7])
def test_steady_noise_is_seldom_called_bleached(phi: float) -> None:
    noise = np.random.default_rng(8).normal(size=(500, 60))
    for frame in range(1, 60):
        noise[:, frame] = phi * noise[:, frame - 1] + np.sqrt(1 - phi**2) * noise[:, frame]
    assert falls_markedly(TIME_S[:60], 100.0 + 20.0 * noise, duration_s=150.0).mean() < 0.02


def test_a_recording_without_usable_cells_is_left_alone() -> None:
    empty = Traces(TIME_S, np.zeros((0, 300)), events=(Event("agonist", 60.0),))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert compute_dff(empty, bleaching="mono_exponential").n_cells == 0
    dark = Traces(TIME_S, np.zeros((2, 300)), events=(Event("agonist", 60.0),))
    with pytest.warns(UserWarning, match="not corrected"):
        assert np.isnan(compute_dff(dark, bleaching="mono_exponential").dff).all()  # type: ignore[arg-type]


def test_what_is_missing_is_named() -> None:
    no_event = Traces(TIME_S, np.ones((1, 300)))
    with pytest.raises(ValueError, match="no event is known"):
        compute_dff(no_event, bleaching="mono_exponential")
    with pytest.raises(ValueError, match="needs bleaching_reference"):
        compute_dff(no_event, bleaching="reference")
    with pytest.raises(ValueError, match="bleaching_reference has 0 frames"):
        compute_dff(no_event, bleaching="reference", bleaching_reference=Traces(TIME_S, np.zeros((2, 300))))
    with pytest.raises(TypeError, match="bleaching_reference holds a str"):
        compute_dff(no_event, bleaching="reference", bleaching_reference=["control.csv"])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="say bleaching='reference'"):
        compute_dff(no_event, bleaching_reference=no_event)
