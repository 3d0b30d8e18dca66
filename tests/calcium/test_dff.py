"""ΔF/F0 against known truth, its invariances, and its flags."""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from s1r_imaging.calcium.dff import DffOptions, compute_dff
from s1r_imaging.flags import CellFlag
from s1r_imaging.recording import Event, Traces

TIME_S = np.linspace(0.0, 99.5, 200)
EVENTS = (Event("agonist", 30.0),)


def response(peak: float, *, plateau: bool = False) -> NDArray[np.float64]:
    since = np.maximum(TIME_S - 30.0, 0.0)
    shape = 1.0 - np.exp(-since / 2.0)
    if not plateau:
        shape = shape * np.exp(-since / 10.0)
    scaled: NDArray[np.float64] = peak * shape / shape.max()
    return scaled


def make_traces(
    peak: float = 1.0,
    *,
    f0: float = 200.0,
    noise: float = 0.0,
    n_cells: int = 1,
    offset: float = 100.0,
    plateau: bool = False,
    events: tuple[Event, ...] = EVENTS,
    seed: int = 0,
) -> Traces:
    rng = np.random.default_rng(seed)
    f = offset + f0 * (1.0 + response(peak, plateau=plateau)) + noise * rng.normal(size=(n_cells, 200))
    return Traces(TIME_S, f, f_background=np.full(f.shape, offset), events=events)


def dff_of(traces: Traces, **options: Any) -> NDArray[np.float64]:
    found = compute_dff(traces, **options).dff
    assert found is not None
    return found


def flags_of(traces: Traces, **options: Any) -> list[CellFlag]:
    return [CellFlag(int(value)) for value in compute_dff(traces, **options).cells["flags"]]


def test_background_is_subtracted_before_the_ratio() -> None:
    np.testing.assert_allclose(dff_of(make_traces(4.0, f0=100.0))[0], response(4.0), atol=1e-12)


@pytest.mark.parametrize("noise", [5.0, 20.0, 40.0])
def test_f0_is_unbiased_and_its_error_small(noise: float) -> None:
    traces = compute_dff(make_traces(noise=noise, n_cells=500))
    assert traces.f0 is not None
    assert traces.f0.shape == (500, 200)
    assert np.mean(traces.f0[:, 0]) == pytest.approx(200.0, rel=0.01)
    assert np.std(traces.f0[:, 0]) < 1.15 * noise / np.sqrt(60)  # a plain mean without transients: 1.0


def test_plateau_survives_the_default_baseline() -> None:
    found = dff_of(make_traces(2.0, noise=10.0, n_cells=20, plateau=True))
    assert np.median(found[:, 150:]) == pytest.approx(2.0, rel=0.02)


@pytest.mark.parametrize("method", ["running_percentile", "maximin"])
def test_rolling_baselines_swallow_a_plateau_and_say_so(method: str) -> None:
    traces = make_traces(2.0, noise=4.0, n_cells=20, plateau=True)
    with pytest.warns(UserWarning, match=r"follows the responses themselves, which last about 6\d.* s"):
        found = dff_of(traces, f0=method, f0_window_s=30.0)
    assert np.median(found[:, 150:]) < 0.5


@pytest.mark.parametrize("method", ["running_percentile", "maximin"])
def test_rolling_baselines_are_silent_where_the_window_is_long_enough(method: str) -> None:
    traces = make_traces(2.0, noise=4.0, n_cells=20)
    found = dff_of(traces, f0=method, f0_window_s=60.0)
    assert np.median(found.max(axis=1)) > 1.7
    dff_of(make_traces(0.0, noise=4.0, n_cells=20), f0=method, f0_window_s=5.0)


@pytest.mark.parametrize(
    "options",
    [
        {"f0": "prestimulus"},
        {"f0": "prestimulus", "f0_statistic": "median"},
        {"f0": "prestimulus", "f0_statistic": "mean"},
        {"f0_start_s": 10.0, "f0_end_s": 20.0},
        {"f0": "first_frames", "f0_frames": 20},
        {"f0": "first_seconds", "f0_seconds": 15.0},
        {"f0": "resting_mode"},
    ],
    ids=str,
)
def test_every_resting_level_gives_the_same_answer(options: dict[str, Any]) -> None:
    found = dff_of(make_traces(2.0, noise=4.0, n_cells=50), **options)
    assert np.median(found[:, np.argmax(response(2.0))]) == pytest.approx(2.0, rel=0.02)


def test_without_an_event_the_resting_mode_is_the_default() -> None:
    traces = make_traces(2.0, noise=4.0, n_cells=30, plateau=True, events=())
    np.testing.assert_array_equal(dff_of(traces), dff_of(traces, f0="resting_mode"))
    assert np.median(dff_of(traces)[:, 150:]) == pytest.approx(2.0, rel=0.03)


def test_percentile_is_low_by_the_noise() -> None:
    found = compute_dff(make_traces(0.0, noise=10.0, n_cells=50), f0="percentile")
    assert found.f0 is not None
    assert np.mean(found.f0) == pytest.approx(200.0 - 1.28 * 10.0, abs=1.0)


def test_f0_is_before_the_first_of_several_events() -> None:
    events = (Event("agonist", 30.0), Event("ionomycin", 80.0))
    np.testing.assert_allclose(dff_of(make_traces(1.0, events=events))[0], response(1.0), atol=1e-12)


def test_negative_sign_turns_a_darkening_dye_round() -> None:
    traces = make_traces(-0.4)
    np.testing.assert_allclose(dff_of(traces, response_sign="negative"), -dff_of(traces))
    assert dff_of(traces, response_sign="negative").max() == pytest.approx(0.4)


@settings(deadline=None, max_examples=40)
@given(gain=st.floats(0.01, 1000.0), shift=st.floats(-1000.0, 10000.0), seed=st.integers(0, 1000))
def test_gain_and_a_common_offset_change_nothing(gain: float, shift: float, seed: int) -> None:
    traces = make_traces(1.5, noise=10.0, n_cells=4, seed=seed)
    changed = dataclasses.replace(
        traces, f=gain * (traces.f + shift), f_background=gain * (traces.f_background + shift)
    )
    np.testing.assert_allclose(dff_of(changed), dff_of(traces), rtol=1e-6, atol=1e-8)


@settings(deadline=None, max_examples=20)
@given(order=st.permutations(range(5)))
def test_permuting_labels_permutes_rows(order: list[int]) -> None:
    traces = make_traces(1.5, noise=10.0, n_cells=5)
    permuted = dataclasses.replace(
        traces, f=traces.f[order], f_background=traces.f_background[order], cells=traces.cells.iloc[order]
    )
    found = compute_dff(permuted)
    np.testing.assert_array_equal(found.dff, dff_of(traces)[order])
    assert found.labels.tolist() == [index + 1 for index in order]


def test_f0_within_the_noise_gives_nan_and_a_flag() -> None:
    dim = make_traces(1.0, f0=0.0, noise=10.0, n_cells=300)
    found = compute_dff(dim)
    assert np.isnan(dff_of(dim)).all(axis=1).mean() > 0.99
    assert found.f0 is not None
    assert np.isfinite(found.f0).all()
    assert all(CellFlag.F0_TOO_LOW in flags for flags in flags_of(dim, f0_noise_factor=1000.0))
    bright = make_traces(1.0, noise=10.0, n_cells=50)
    assert not any(CellFlag.F0_TOO_LOW in flags for flags in flags_of(bright))


@pytest.mark.parametrize("f0", [0.0, -20.0])
def test_f0_of_zero_or_less_is_never_a_divisor(f0: float) -> None:
    traces = make_traces(1.0, f0=f0)
    assert np.isnan(dff_of(traces, f0_noise_factor=0.0)).all()
    assert CellFlag.F0_TOO_LOW in flags_of(traces)[0]


def test_missing_values_stay_missing_and_nothing_else() -> None:
    whole = make_traces(1.0, n_cells=3)
    f = whole.f.copy()
    f[0, [3, 100]] = np.nan
    f[1, 50] = np.inf
    f[2] = np.nan
    traces = dataclasses.replace(whole, f=f)
    found = dff_of(traces)
    assert np.flatnonzero(np.isnan(found[0])).tolist() == [3, 100]
    np.testing.assert_allclose(found[0, 101:], response(1.0)[101:], atol=1e-12)
    assert np.flatnonzero(np.isnan(found[1])).tolist() == [50]
    assert np.isnan(found[2]).all()
    assert all(CellFlag.NOT_FINITE in flags for flags in flags_of(traces))


@pytest.mark.parametrize(
    "method",
    [
        "prestimulus",
        "first_frames",
        "first_seconds",
        "resting_mode",
        "percentile",
        "running_percentile",
        "maximin",
    ],
)
def test_hopeless_rows_never_warn_and_never_raise(method: str) -> None:
    f = np.vstack([np.full(200, np.nan), np.zeros(200), np.full(200, 7.0), np.full(200, -3.0)])
    traces = Traces(TIME_S, f, events=EVENTS)
    found = dff_of(traces, f0=method)
    assert np.isnan(found[[0, 1, 3]]).all()
    np.testing.assert_allclose(found[2], 0.0, atol=1e-12)
    flags = flags_of(traces, f0=method)
    assert flags[0] == CellFlag.NOT_FINITE | (flags[0] & CellFlag.SHORT_BASELINE)
    assert CellFlag.F0_TOO_LOW in flags[1]
    assert CellFlag.CONSTANT in flags[2]
    assert CellFlag.F0_TOO_LOW in flags[3]


def test_a_short_baseline_is_flagged() -> None:
    late, early = make_traces(events=(Event("agonist", 2.5),)), make_traces(events=(Event("agonist", 2.0),))
    assert CellFlag.SHORT_BASELINE not in flags_of(late)[0]
    assert CellFlag.SHORT_BASELINE in flags_of(early)[0]
    assert CellFlag.SHORT_BASELINE not in flags_of(early, f0_min_frames=4)[0]


def test_no_cells_give_empty_matrices() -> None:
    found = compute_dff(Traces(TIME_S, np.zeros((0, 200)), events=EVENTS))
    assert found.dff is not None
    assert found.dff.shape == (0, 200)
    assert compute_dff(Traces(TIME_S, np.zeros((0, 200))), f0="maximin").n_cells == 0


def test_flags_are_added_and_nothing_is_changed_in_place() -> None:
    cells = pd.DataFrame({"flags": [int(CellFlag.EDGE)], "area_px": [80]}, index=[12])
    traces = dataclasses.replace(make_traces(f0=0.0), cells=cells)
    found = compute_dff(traces)
    assert CellFlag.EDGE | CellFlag.F0_TOO_LOW in flags_of(traces)[0]
    assert found.cells.loc[12, "area_px"] == 80
    assert traces.cells.loc[12, "flags"] == CellFlag.EDGE
    assert traces.dff is None
    np.testing.assert_array_equal(found.f, traces.f)


def test_history_holds_what_reproduces_it() -> None:
    traces = make_traces(1.0, noise=10.0, n_cells=5)
    found = compute_dff(traces, f0_statistic="median", f0_start_s=5.0)
    step = found.history[-1]
    assert step.name == "compute_dff"
    np.testing.assert_array_equal(dff_of(traces, **step.options), found.dff)
    assert DffOptions.from_dict(step.options).f0_statistic == "median"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"f0": "mean"}, "f0='mean'"),
        ({"f0": "prestimulus"}, "needs to know when the stimulus came"),
        ({"f0": "first_frames", "f0_frames": 201}, "only 200 frames"),
        ({"f0_frames": 0}, "f0_frames=0"),
        ({"f0_window_s": 0.0}, "f0_window_s"),
        ({"f0_percentile": 101.0}, "f0_percentile"),
        ({"response_sign": "down"}, "response_sign"),
        ({"bleaching": "linear"}, "bleaching"),
        ({"f0_end_s": -5.0}, "f0_end_s=-5"),
    ],
)
def test_a_mistake_is_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compute_dff(make_traces(events=()), **options)


@pytest.mark.parametrize("start_s", [0.0, -3.0])
def test_an_event_at_the_first_frame_or_before_says_what_to_do(start_s: float) -> None:
    at_once = make_traces(events=(Event("agonist", start_s),))
    with pytest.raises(ValueError, match=r"no frame lies between .* 'agonist' .* f0='first_seconds'"):
        compute_dff(at_once)
    assert np.isfinite(dff_of(at_once, f0="first_seconds")).all()
    with pytest.warns(UserWarning, match="not corrected: 0 usable frames"):
        dff_of(at_once, f0="first_seconds", bleaching="mono_exponential")
