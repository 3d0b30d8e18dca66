"""`measure_responses` from the outside: rows, windows, flags, and traces that go wrong."""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s1r_imaging.calcium.arrays import Array
from s1r_imaging.calcium.dff import compute_dff
from s1r_imaging.calcium.responses import RESPONSE_DTYPES, ResponseOptions, measure_responses
from s1r_imaging.flags import CellFlag
from s1r_imaging.recording import Event, Traces

TIME_S = np.arange(0.0, 90.0, 0.5)
EVENTS = (Event("agonist", 30.0),)


def transient(peak: float, start_s: float = 32.0, tau_s: float = 6.0) -> Array:
    s = np.maximum(TIME_S - start_s, 0.0)
    curve = (1 - np.exp(-s / 1.5)) * np.exp(-s / tau_s)
    return np.asarray(peak * curve / curve.max())


def make(dff: Array, *, noise_sd: float = 0.02, seed: int = 0, **fields: Any) -> Traces:
    rng = np.random.default_rng(seed)
    dff = np.atleast_2d(dff) + noise_sd * rng.standard_normal(np.atleast_2d(dff).shape)
    fields = {"events": EVENTS} | fields
    return Traces(TIME_S, 100 * (1 + dff), dff=dff, **fields)


def has(table: pd.DataFrame, flag: CellFlag) -> list[bool]:
    return [bool(value & flag) for value in table["flags"]]


def test_one_row_per_event_and_label_in_this_order() -> None:
    cells = pd.DataFrame(index=[7, 3, 12])
    events = (Event("antagonist", 20.0), Event("agonist", 50.0))
    table = measure_responses(make(np.zeros((3, 180)), cells=cells, events=events, name="dish 1"))
    assert list(table["event"]) == ["antagonist"] * 3 + ["agonist"] * 3
    assert list(table["label"]) == [7, 3, 12] * 2
    assert set(table["recording"]) == {"dish 1"}


def test_responder_and_silent_cell() -> None:
    table = measure_responses(make(np.stack([transient(0.5), np.zeros(180)])))
    assert list(table["is_responder"]) == [True, False]
    assert table["peak_dff"][0] == pytest.approx(0.5, rel=0.05)
    assert table["onset_s"][0] == pytest.approx(2.0, abs=0.3)
    assert table["auc_dff_s"][0] == pytest.approx(np.trapezoid(transient(0.5), TIME_S), rel=0.1)
    assert table["snr"][0] == pytest.approx(25.0, rel=0.35)
    assert np.isnan(table["fwhm_s"][1])
    assert abs(table["peak_dff"][1]) < 0.02


def test_silent_cells_have_a_mean_peak_of_zero() -> None:
    dff = np.vstack([np.tile(transient(0.5), (20, 1)), np.zeros((300, 180))])
    table = measure_responses(make(dff, noise_sd=0.1))
    silent = table[~table["is_responder"]]
    assert abs(silent["peak_dff"].iloc[20:].mean()) < 0.01


def test_second_response_is_measured_from_its_own_level() -> None:
    events = (Event("first", 20.0), Event("second", 55.0))
    step = np.where(TIME_S > 22.0, 0.4, 0.0)
    table = measure_responses(make(step + transient(0.6, 57.0), events=events)).set_index("event")
    assert table.loc["first", "peak_dff"] == pytest.approx(0.4, rel=0.05)
    assert table.loc["second", "peak_dff"] == pytest.approx(0.6, rel=0.05)


@pytest.mark.parametrize("peak", [0.2, 2.0])
def test_sustained_plateau_keeps_its_height_and_is_flagged_open(peak: float) -> None:
    plateau = np.where(TIME_S > 31.0, peak * (1 - np.exp(-np.maximum(TIME_S - 31.0, 0) / 2.0)), 0.0)
    table = measure_responses(make(np.tile(plateau, (10, 1)), noise_sd=0.02 * peak))
    np.testing.assert_allclose(table["peak_dff"], peak, rtol=0.03)
    assert all(has(table, CellFlag.TRUNCATED))
    assert table["fwhm_s"].isna().all()
    assert table["decay_tau_s"].isna().all()
    np.testing.assert_allclose(table["time_to_peak_s"], 1.0 + 2.0 * np.log(20.0), atol=1.5)


def test_transient_that_ends_in_a_plateau() -> None:
    s = np.maximum(TIME_S - 32.0, 0.0)
    curve = (1 - np.exp(-s / 1.0)) * (0.25 + 0.75 * np.exp(-s / 5.0))
    table = measure_responses(make(np.tile(curve, (10, 1))))
    np.testing.assert_allclose(table["peak_dff"], curve.max(), rtol=0.06)
    np.testing.assert_allclose(table["decay_tau_s"], 5.0, rtol=0.3)
    assert not any(has(table, CellFlag.POOR_FIT))


def test_noise_free_step_has_its_height() -> None:
    table = measure_responses(make(np.where(TIME_S >= 33.0, 0.7, 0.0), noise_sd=0.0))
    assert table["is_responder"][0]
    assert table["peak_dff"][0] == pytest.approx(0.7, rel=0.005)


def test_oscillation_has_its_period_and_is_no_transient() -> None:
    wave = np.where(TIME_S > 30.0, 0.5 * np.sin(np.pi * (TIME_S - 30.0) / 8.0) ** 2, 0.0)
    table = measure_responses(make(np.tile(wave, (5, 1))))
    assert all(has(table, CellFlag.POOR_FIT))
    assert set(table["n_peaks"]) <= {7, 8}
    np.testing.assert_allclose(table["period_s"], 8.0, rtol=0.03)
    np.testing.assert_allclose(table["peak_dff"], 0.5, rtol=0.1)


def test_response_of_two_frames() -> None:
    table = measure_responses(make(np.where((TIME_S > 35.2) & (TIME_S < 36.3), 0.5, 0.0)))
    assert table["is_responder"][0]
    assert table["peak_dff"][0] == pytest.approx(0.5, abs=0.06)
    assert table["fwhm_s"][0] < 2.0


def test_area_is_never_zero_for_600_frames_and_50_cells() -> None:
    time_s = np.arange(600.0)
    rng = np.random.default_rng(3)
    at = rng.uniform(120, 500, 50)
    dff = np.exp(-0.5 * ((time_s - at[:, None]) / 15.0) ** 2)
    table = measure_responses(Traces(time_s, 1 + dff, dff=dff, events=(Event("agonist", 20.0),)))
    np.testing.assert_allclose(table["auc_dff_s"], 15.0 * np.sqrt(2 * np.pi), rtol=0.02)


@pytest.mark.parametrize("phi", [0.0, 0.7])
def test_false_responders_at_default_options(phi: float) -> None:
    rng = np.random.default_rng(21)
    noise = rng.standard_normal((800, 160))
    for frame in range(1, 160):
        noise[:, frame] = phi * noise[:, frame - 1] + np.sqrt(1 - phi**2) * noise[:, frame]
    dff = 0.05 * noise[:, 20:]
    table = measure_responses(Traces(np.arange(140.0), 1 + dff, dff=dff, events=(Event("vehicle", 60.0),)))
    assert 0.03 < table["is_responder"].mean() < 0.07
    assert 0.03 < table["false_responder_rate"].iloc[0] < 0.07


@pytest.mark.parametrize("rise_sd", [-2.0, 2.0])
def test_drift_that_cells_share_makes_no_responders(rise_sd: float) -> None:
    drift = np.linspace(0.0, rise_sd * 0.05, 180)
    table = measure_responses(make(np.tile(drift, (400, 1)), noise_sd=0.05, seed=9))
    assert table["is_responder"].mean() < 0.09
    assert table["baseline_slope_per_s"].median() == pytest.approx(rise_sd * 0.05 / TIME_S[-1], rel=0.2)


def test_bleaching_that_levels_off_makes_no_responders() -> None:
    bleaching = 0.3 * (np.exp(-TIME_S / 15.0) - 1.0)
    table = measure_responses(make(np.tile(bleaching, (100, 1)), noise_sd=0.02, seed=10))
    assert not table["is_responder"].any()


def test_vehicle_cells_set_the_threshold() -> None:
    wobble = transient(0.1)
    amplitude = np.random.default_rng(4).uniform(0, 1, (200, 1))
    vehicle = make(amplitude * wobble, seed=5)
    treated = make(amplitude * wobble, seed=6)
    assert measure_responses(treated)["is_responder"].mean() > 0.3
    assert measure_responses(treated, vehicle=vehicle)["is_responder"].mean() < 0.1
    assert measure_responses(make(transient(0.6)), vehicle=vehicle)["is_responder"].all()


def test_too_few_vehicle_cells_are_refused() -> None:
    with pytest.raises(ValueError, match=r"vehicle has 5 cells .* expected at least 19"):
        measure_responses(make(transient(0.5)), vehicle=make(np.zeros((5, 180))))


def test_flags_of_the_window() -> None:
    moved = np.zeros(180, dtype=bool)
    moved[100] = True
    saturated = np.zeros((2, 180), dtype=int)
    saturated[1, 70] = 3
    cells = pd.DataFrame({"flags": [int(CellFlag.EDGE), 0]}, index=[1, 2])
    table = measure_responses(make(np.zeros((2, 180)), moved=moved, saturated=saturated, cells=cells))
    assert has(table, CellFlag.EDGE) == [True, False]
    assert has(table, CellFlag.SATURATED) == [False, True]
    assert has(table, CellFlag.MOVED) == [True, True]


def test_activity_before_the_event_is_flagged() -> None:
    table = measure_responses(make(np.stack([transient(0.5, 10.0, 2.0), np.zeros(180)])))
    assert has(table, CellFlag.ACTIVE_BASELINE) == [True, False]


def test_short_or_absent_baseline_is_flagged_and_still_measured() -> None:
    for start_s in (0.0, 2.0):
        table = measure_responses(make(transient(0.5), events=(Event("agonist", start_s),)))
        assert has(table, CellFlag.SHORT_BASELINE) == [True]
        assert table["peak_dff"][0] == pytest.approx(0.5, abs=0.1)


def test_cell_without_dff_is_nan_and_no_responder() -> None:
    dff = np.stack([transient(0.5), np.full(180, np.nan)])
    table = measure_responses(make(dff))
    assert list(table["is_responder"]) == [True, False]
    assert has(table, CellFlag.NOT_FINITE) == [False, True]
    assert table.loc[1, ["peak_dff", "auc_dff_s", "snr", "onset_s"]].isna().all()


def test_no_cells_give_the_columns_and_their_types() -> None:
    empty = np.zeros((0, 180))
    table = measure_responses(Traces(TIME_S, empty, dff=empty, events=EVENTS))
    assert len(table) == 0
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == RESPONSE_DTYPES


def test_without_events_the_whole_recording_is_searched() -> None:
    spontaneous = transient(0.5, 15.0, 2.0) + transient(0.5, 45.0, 2.0) + transient(0.5, 75.0, 2.0)
    table = measure_responses(make(np.vstack([spontaneous, np.zeros((30, 180))]), events=()))
    assert set(table["event"]) == {""}
    assert table["is_responder"][0]
    assert table["n_peaks"][0] == 3
    assert table["period_s"][0] == pytest.approx(30.0, rel=0.03)


def test_dff_is_needed() -> None:
    with pytest.raises(ValueError, match="run compute_dff first"):
        measure_responses(Traces(TIME_S, np.ones((1, 180)), events=EVENTS))


@pytest.mark.parametrize("wrong", [{"false_responder_rate": 0.0}, {"min_duration_s": -1.0}])
def test_wrong_options_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        measure_responses(make(np.zeros(180)), **wrong)


def test_defaults_are_those_of_the_options() -> None:
    defaults = measure_responses.__kwdefaults__ or {}
    for field in dataclasses.fields(ResponseOptions):
        assert defaults[field.name] == field.default


@settings(max_examples=3, deadline=None)
@given(order=st.permutations(range(6)))
def test_permuting_cells_permutes_rows(order: list[int]) -> None:
    traces = make(np.stack([transient(0.1 * k) for k in range(6)]))
    assert traces.dff is not None
    table = measure_responses(traces)
    shuffled = dataclasses.replace(
        traces, f=traces.f[order], dff=traces.dff[order], cells=traces.cells.iloc[order]
    )
    again = measure_responses(shuffled).set_index("label").loc[table["label"]].reset_index()
    pd.testing.assert_frame_equal(again[table.columns], table, rtol=1e-6)


def test_input_may_be_read_only_and_is_not_changed() -> None:
    traces = make(transient(0.5))
    assert traces.dff is not None
    before = traces.dff.copy()
    measure_responses(traces)
    np.testing.assert_array_equal(traces.dff, before)
    assert not traces.dff.flags.writeable


def test_the_baseline_begins_where_that_of_f0_does() -> None:
    rng = np.random.default_rng(5)
    time_s = np.arange(200.0)
    fading = 100 + 60 * np.exp(-time_s / 30)  # rests from about 100 s on
    f = fading + 40 * (time_s >= 150) + rng.normal(0, 0.5, (20, 200))
    traces = Traces(time_s, f, events=(Event("agonist", 150.0),))
    late = measure_responses(compute_dff(traces, f0_start_s=120.0))
    np.testing.assert_allclose(late["peak_dff"], 0.4, rtol=0.03)
    assert late["is_responder"].all()


def test_a_fading_baseline_is_not_taken_for_a_response_that_began_long_before() -> None:
    rng = np.random.default_rng(6)
    time_s = np.arange(200.0)
    response = np.where(time_s >= 123, 40 * np.exp(-(time_s - 123) / 3), 0.0)
    f = 100 + 60 * np.exp(-time_s / 60) + response + rng.normal(0, 0.5, (20, 200))
    traces = Traces(time_s, f, events=(Event("agonist", 120.0),))
    responses = measure_responses(compute_dff(traces, f0_start_s=100.0))
    called = responses[responses["is_responder"]]
    assert len(called) > 10
    assert (called["onset_s"] > -5).all()
    np.testing.assert_allclose(called["fwhm_s"].median(), 3 * np.log(2), atol=1.5)
