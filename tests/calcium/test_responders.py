import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import lfilter

from s1r_imaging.calcium.arrays import Array
from s1r_imaging.calcium.levels import sustained_level
from s1r_imaging.calcium.null import activity_threshold, noise_autocorrelation, null_threshold
from s1r_imaging.calcium.responders import call_responders, conformal_threshold
from s1r_imaging.errors import CancelledWorkError


def noise(phi: float, n_cells: int, n_frames: int, seed: int = 0) -> Array:
    white = np.random.default_rng(seed).standard_normal((n_cells, n_frames + 100))
    return np.asarray(lfilter([np.sqrt(1 - phi**2)], [1.0, -phi], white, axis=1)[:, 100:])


def call(
    traces: Array, n_baseline: int, rate: float = 0.05, min_amplitude: float = 0.0, n_frames: int = 2
) -> Array:
    baseline = traces[:, :n_baseline]
    phi = noise_autocorrelation(baseline)
    found = call_responders(
        baseline, traces[:, n_baseline:], phi=phi, n_frames=n_frames, rate=rate, min_amplitude=min_amplitude
    )
    return np.asarray(found.is_responder)


@pytest.mark.parametrize("n_frames", [1, 2, 3, 7])
def test_sustained_level_is_the_best_minimum_of_a_run(n_frames: int) -> None:
    traces = np.random.default_rng(0).standard_normal((30, 40))
    expected = sliding_window_view(traces, n_frames, axis=1).min(axis=-1).max(axis=-1)
    np.testing.assert_array_equal(sustained_level(traces, n_frames), expected)


def test_missing_frame_ends_a_run() -> None:
    level = sustained_level(np.array([[0.0, 5.0, np.nan, 5.0, 1.0], [np.nan] * 5]), 2)
    np.testing.assert_array_equal(level, [1.0, np.nan])


@pytest.mark.parametrize("phi", [0.0, 0.7])
@pytest.mark.parametrize(("n_baseline", "n_response"), [(20, 60), (60, 20), (60, 240)])
def test_achieved_rate_is_the_stated_one(phi: float, n_baseline: int, n_response: int) -> None:
    called = call(noise(phi, 3000, n_baseline + n_response, seed=3), n_baseline)
    assert 0.03 < called.mean() < 0.07


@pytest.mark.parametrize("rate", [0.01, 0.2])
def test_other_rates_are_met_too(rate: float) -> None:
    called = call(noise(0.3, 4000, 120, seed=4), 60, rate)
    assert called.mean() == pytest.approx(rate, rel=0.3)


def test_spike_of_one_frame_is_no_response() -> None:
    traces = 0.01 * noise(0.0, 50, 120)
    traces[:, 80] += 1.0
    assert call(traces, 60).mean() < 0.15


def test_minimum_amplitude_and_duration_are_required() -> None:
    traces = 0.001 * noise(0.0, 50, 120)
    traces[:, 80:85] += 0.05
    assert call(traces, 60).all()
    assert not call(traces, 60, min_amplitude=0.06).any()
    assert not call(traces, 60, n_frames=7).any()


def test_cell_active_before_must_exceed_what_it_did_by_itself() -> None:
    traces = 0.01 * noise(0.0, 40, 160, seed=5)
    traces[:, 20:26] += 0.5
    weaker, stronger = traces.copy(), traces.copy()
    weaker[:, 100:106] += 0.3
    stronger[:, 100:106] += 1.0
    assert not call(weaker, 80).any()
    assert call(stronger, 80).all()


def test_noise_free_response_is_called_and_a_flat_trace_is_not() -> None:
    traces = np.zeros((2, 100))
    traces[0, 60:70] = 0.5
    np.testing.assert_array_equal(call(traces, 50, min_amplitude=0.01), [True, False])


@pytest.mark.parametrize("phi", [0.0, 0.4, 0.7])
def test_autocorrelation_of_short_baselines_is_unbiased(phi: float) -> None:
    assert noise_autocorrelation(noise(phi, 2000, 20, seed=8)) == pytest.approx(phi, abs=0.03)


def test_threshold_is_the_same_on_every_call() -> None:
    assert null_threshold(0.3, 40, 60, 2, 0.05) == null_threshold(0.3, 40, 60, 2, 0.05)


def test_simulating_noise_reports_each_block_and_can_be_cancelled_in_between() -> None:
    """A recording of 30,000 frames takes seconds of it."""
    told: list[tuple[int, int]] = []

    def note(stage: str, done: int, total: int, /) -> None:
        assert stage == "thresholds"
        told.append((done, total))
        if len(told) == 3:
            raise CancelledWorkError(stage)

    with pytest.raises(CancelledWorkError):
        null_threshold(0.11, 700, 800, 2, 0.05, progress=note)
    assert [done for done, _ in told] == [133, 266, 399]
    assert {total for _, total in told} == {2000}
    told.clear()
    with pytest.raises(CancelledWorkError):
        activity_threshold(0.11, 1500, 2, 0.002, progress=note)
    assert len(told) == 3
    whole = null_threshold(0.11, 700, 800, 2, 0.05)  # what was cancelled left nothing behind that is taken for it
    assert whole == pytest.approx(null_threshold(0.11, 701, 800, 2, 0.05), rel=0.1)


def test_conformal_threshold_keeps_the_rate_on_new_cells() -> None:
    rng = np.random.default_rng(6)
    exceeded = [rng.standard_normal() > conformal_threshold(rng.standard_normal(39), 0.05) for _ in range(4000)]
    assert np.mean(exceeded) == pytest.approx(0.05, abs=0.012)


def test_without_a_baseline_what_falls_measures_what_may_rise() -> None:
    traces = noise(0.0, 400, 200, seed=7)
    silent = call(traces, 0)
    assert silent.mean() < 0.08
    traces[:, 100:120] += 6.0
    assert call(traces, 0).mean() > 0.95
