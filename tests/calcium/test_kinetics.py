"""Kinetics against transients whose truth is known, through the fit and through `measure_responses`."""

import numpy as np
import pytest

from s1r_imaging.calcium.kinetics import fit_transients, pool_transients
from s1r_imaging.calcium.responses import measure_responses
from s1r_imaging.recording import Event, Traces
from tests.calcium.transient_shapes import GENERATORS, Array, scale_for_width, true_kinetics

KINETICS = ["time_to_peak_s", "rise_time_s", "fwhm_s", "decay_tau_s", "onset_s"]


def transients(name: str, time_s: Array, *, width: float, at: Array) -> Array:
    generator = GENERATORS[name]
    scale = scale_for_width(generator, width)
    return generator.curve(time_s - at[:, None], scale) / true_kinetics(generator, scale).peak


def traces_of(dff: Array, time_s: Array, start_s: float = 40.0) -> Traces:
    return Traces(time_s, 100.0 * (1.0 + dff), dff=dff, events=(Event("agonist", start_s),))


@pytest.mark.parametrize(
    "name",
    ["double exponential, rise 0.2", "double exponential, rise 0.5", "smoothed exponential", "linear rise 0.3"],
)
def test_kinetics_at_snr_5_with_ten_frames_in_the_width(name: str) -> None:
    rng = np.random.default_rng(11)
    time_s = np.arange(160.0)
    dff = transients(name, time_s, width=10.0, at=rng.uniform(42.0, 48.0, 120))
    table = measure_responses(traces_of(dff + 0.2 * rng.standard_normal(dff.shape), time_s))
    truth = true_kinetics(GENERATORS[name], scale_for_width(GENERATORS[name], 10.0))
    assert table["is_responder"].mean() > 0.98
    table = table[table["is_responder"]]
    assert table["peak_dff"].mean() == pytest.approx(1.0, rel=0.05)
    assert table["peak_dff"].std() < 0.12
    for column in ("fwhm_s", "rise_time_s", "decay_tau_s"):
        ratio = table[column] / getattr(truth, column)
        assert ratio.mean() == pytest.approx(1.0, abs=0.075), column
        assert ratio.std() / ratio.mean() < 0.17, column


@pytest.mark.parametrize("width", [9.2, 10.4])
def test_many_cells_that_are_alike_are_not_drawn_to_a_grid(width: float) -> None:
    rng = np.random.default_rng(15)
    time_s = np.arange(130.0)
    dff = transients("double exponential, rise 0.2", time_s, width=width, at=rng.uniform(42.0, 48.0, 300))
    table = measure_responses(traces_of(dff + 0.2 * rng.standard_normal(dff.shape), time_s))
    assert table["fwhm_s"].mean() == pytest.approx(width, rel=0.03)
    assert table["peak_dff"].mean() == pytest.approx(1.0, rel=0.03)


@pytest.mark.parametrize("name", sorted(GENERATORS))
def test_noise_free_transients_are_measured_exactly(name: str) -> None:
    time_s = np.arange(200.0)
    at = np.linspace(42.0, 47.0, 8)
    table = measure_responses(traces_of(transients(name, time_s, width=10.0, at=at), time_s))
    truth = true_kinetics(GENERATORS[name], scale_for_width(GENERATORS[name], 10.0))
    has_corner = name in {"double exponential, rise 0.05", "logistic rise"}  # ten frames do not resolve it
    np.testing.assert_allclose(table["peak_dff"], 1.0, rtol=0.02 if has_corner else 0.005)
    np.testing.assert_allclose(table["fwhm_s"], truth.fwhm_s, rtol=0.05)
    np.testing.assert_allclose(table["time_to_peak_s"] + 40.0, at + truth.peak_s, atol=0.6)


def test_cells_that_differ_keep_their_differences() -> None:
    rng = np.random.default_rng(12)
    time_s = np.arange(260.0)
    generator = GENERATORS["double exponential, rise 0.2"]
    scales = np.repeat([6.0, 24.0], 40)
    dff = np.stack([generator.curve(time_s - 43.0, scale) for scale in scales])
    dff /= dff.max(axis=1, keepdims=True)
    table = measure_responses(traces_of(dff + 0.1 * rng.standard_normal(dff.shape), time_s))
    tau = table["decay_tau_s"].to_numpy()
    assert np.median(tau[:40]) == pytest.approx(6.0, rel=0.1)
    assert np.median(tau[40:]) == pytest.approx(24.0, rel=0.1)


def test_time_unit_scales_times_only_and_gain_scales_amplitudes_only() -> None:
    rng = np.random.default_rng(13)
    time_s = np.arange(160.0)
    dff = transients("double exponential, rise 0.2", time_s, width=10.0, at=rng.uniform(42, 46, 6))
    dff = dff + 0.05 * rng.standard_normal(dff.shape)
    once = measure_responses(traces_of(dff, time_s))
    slower = measure_responses(traces_of(dff, 8.0 * time_s, 320.0))
    stronger = measure_responses(traces_of(2.0 * dff, time_s))
    np.testing.assert_allclose(slower[KINETICS], 8.0 * once[KINETICS], rtol=1e-6)
    np.testing.assert_allclose(slower["peak_dff"], once["peak_dff"], rtol=1e-9)
    np.testing.assert_allclose(slower["auc_dff_s"], 8.0 * once["auc_dff_s"], rtol=1e-9)
    np.testing.assert_allclose(stronger[KINETICS], once[KINETICS], rtol=1e-6)
    np.testing.assert_allclose(
        stronger[["peak_dff", "auc_dff_s"]], 2.0 * once[["peak_dff", "auc_dff_s"]], rtol=1e-6
    )


def test_uneven_frame_times_are_used_as_they_are() -> None:
    rng = np.random.default_rng(14)
    time_s = 0.8 * (np.arange(200.0) + rng.uniform(-0.3, 0.3, 200))
    dff = transients("double exponential, rise 0.2", time_s, width=10.0, at=np.full(30, 43.0))
    table = measure_responses(traces_of(dff + 0.02 * rng.standard_normal(dff.shape), time_s))
    assert table["fwhm_s"].median() == pytest.approx(10.0, rel=0.05)
    assert table["onset_s"].median() == pytest.approx(3.0, abs=0.3)


def test_fit_leaves_missing_frames_out() -> None:
    time_s = np.arange(120.0)
    y = transients("double exponential, rise 0.2", time_s, width=12.0, at=np.array([43.2]))
    holes = y.copy()
    holes[0, [10, 47, 48, 60]] = np.nan
    noise_sd = np.array([1e-3])
    whole, holed = (
        fit_transients(time_s, trace, noise_sd, pool_transients(time_s, trace, noise_sd)) for trace in (y, holes)
    )
    assert holed.kinetics.peak[0] == pytest.approx(whole.kinetics.peak[0], rel=1e-3)
    assert holed.decay_s[0] == pytest.approx(whole.decay_s[0], rel=1e-3)
