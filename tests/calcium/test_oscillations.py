import numpy as np
import pytest

from s1r_imaging.calcium.oscillations import count_peaks

TIME_S = np.arange(0.0, 200.0, 0.5)


def test_counts_periodic_peaks_and_their_spacing_in_noise() -> None:
    rng = np.random.default_rng(0)
    wave = np.sin(np.pi * TIME_S / 20.0) ** 2
    found = count_peaks(TIME_S, wave + 0.1 * rng.standard_normal((20, len(TIME_S))), np.full(20, 0.1), phi=0.0)
    assert np.all(found.n_peaks == 10)
    np.testing.assert_allclose(found.period_s, 20.0, rtol=0.02)
    assert np.all(found.period_sd_s < 3.0)


def test_irregular_peaks_have_the_sd_of_their_gaps() -> None:
    at = np.array([20.0, 50.0, 70.0, 120.0])
    trace = np.exp(-0.5 * ((TIME_S[:, None] - at) / 2.0) ** 2).sum(axis=1)
    found = count_peaks(TIME_S, trace[None], np.zeros(1), phi=0.0)
    assert found.n_peaks[0] == 4
    assert found.period_s[0] == pytest.approx(np.diff(at).mean())
    assert found.period_sd_s[0] == pytest.approx(np.diff(at).std(ddof=1))


@pytest.mark.parametrize("phi", [0.0, 0.7])
def test_noise_alone_has_almost_no_peaks(phi: float) -> None:
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((200, 240))
    for frame in range(1, 240):
        noise[:, frame] = phi * noise[:, frame - 1] + np.sqrt(1 - phi**2) * noise[:, frame]
    found = count_peaks(np.arange(240.0), noise, np.ones(200), phi=phi)
    assert found.n_peaks.mean() < 0.1


def test_one_peak_has_no_period_and_nothing_finite_no_peak() -> None:
    trace = np.stack([np.exp(-0.5 * ((TIME_S - 50) / 5) ** 2), np.full(len(TIME_S), np.nan)])
    found = count_peaks(TIME_S, trace, np.array([0.01, np.nan]), phi=0.0)
    assert list(found.n_peaks) == [1, 0]
    assert np.isnan(found.period_s).all()


def test_sustained_plateau_is_one_peak() -> None:
    rng = np.random.default_rng(2)
    trace = np.where(TIME_S > 20, 1.0, 0.0) + 0.05 * rng.standard_normal((50, len(TIME_S)))
    assert np.all(count_peaks(TIME_S, trace, np.full(50, 0.05), phi=0.0).n_peaks == 1)
