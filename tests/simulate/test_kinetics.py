"""The response curve against its equation, and its kinetics against a dense sampling of the curve."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s1r_imaging.simulate import curve_kinetics, response_curve

STIMULUS_S, END_S = 40.0, 160.0


def test_curve_is_the_difference_of_two_exponentials_when_it_comes_back() -> None:
    time_s = np.linspace(0, 60, 601)
    curve = response_curve(time_s, onset_s=10.0, amplitude=0.5, rise_tau_s=2.0, decay_tau_s=6.0)
    since = np.maximum(time_s - 10.0, 0)
    difference = np.exp(-since / 6.0) - np.exp(-since * (1 / 2.0 + 1 / 6.0))
    peak_at = 2.0 * np.log(1 + 6.0 / 2.0)
    height = np.exp(-peak_at / 6.0) - np.exp(-peak_at * (1 / 2.0 + 1 / 6.0))
    np.testing.assert_allclose(curve, np.where(time_s > 10, 0.5 * difference / height, 0), atol=1e-12)


def test_curve_that_stays_rises_to_its_amplitude() -> None:
    curve = response_curve([0, 1e4], onset_s=1, amplitude=0.7, rise_tau_s=2, decay_tau_s=5, plateau_level=1)
    np.testing.assert_allclose(curve, [0, 0.7])


@pytest.mark.parametrize(("rows", "expected"), [((), (7,)), ((3,), (3, 7)), ((0,), (0, 7))])
def test_shape_follows_the_parameters(rows: tuple[int, ...], expected: tuple[int, ...]) -> None:
    curve = response_curve(
        np.arange(7.0), onset_s=np.full(rows, 2.0), amplitude=1.0, rise_tau_s=1.0, decay_tau_s=4.0
    )
    assert curve.shape == expected


@settings(max_examples=60, deadline=None)
@given(
    latency=st.floats(0, 20),
    amplitude=st.floats(0.01, 5),
    rise=st.floats(0.2, 5),
    ratio=st.floats(1.1, 20),
    plateau=st.floats(0, 1),
)
def test_kinetics_are_those_of_the_curve(
    latency: float, amplitude: float, rise: float, ratio: float, plateau: float
) -> None:
    onset = STIMULUS_S + latency
    shape = {"rise_tau_s": rise, "decay_tau_s": rise * ratio, "plateau_level": plateau}
    found = curve_kinetics(
        stimulus_s=STIMULUS_S, end_s=END_S, onset_s=[onset], amplitude=[amplitude], **shape
    ).iloc[0]
    time_s = np.linspace(onset, END_S, 200_001)
    curve = response_curve(time_s, onset_s=onset, amplitude=amplitude, **shape)
    top = int(curve.argmax())
    around_top = np.linspace(time_s[max(top - 1, 0)], time_s[min(top + 1, time_s.size - 1)], 2001)
    height = response_curve(around_top, onset_s=onset, amplitude=amplitude, **shape).max()
    step = time_s[1] - time_s[0]

    def rises_to(level: float) -> float:
        return float(np.interp(level * curve[top], curve[: top + 1], time_s[: top + 1]))

    assert found["peak_dff"] == pytest.approx(height, rel=1e-6)
    assert found["onset_s"] == pytest.approx(latency)
    assert curve[top] == pytest.approx(np.interp(STIMULUS_S + found["time_to_peak_s"], time_s, curve), rel=1e-6)
    assert found["rise_time_s"] == pytest.approx(rises_to(0.9) - rises_to(0.1), abs=2 * step)
    assert found["auc_dff_s"] == pytest.approx(np.trapezoid(curve, time_s), rel=1e-4)
    if curve[-1] > 0.5 * curve[top]:
        assert np.isnan(found["fwhm_s"])
        assert np.isnan(found["decay_tau_s"])
    else:
        falls_to = float(np.interp(-0.5 * curve[top], -curve[top:], time_s[top:]))
        assert found["fwhm_s"] == pytest.approx(falls_to - rises_to(0.5), abs=2 * step)
        assert found["decay_tau_s"] == rise * ratio


def test_no_response_has_no_kinetics() -> None:
    found = curve_kinetics(
        stimulus_s=STIMULUS_S,
        end_s=END_S,
        onset_s=[45.0, END_S + 1],
        amplitude=[0.0, 1.0],
        rise_tau_s=1.0,
        decay_tau_s=5.0,
    )
    assert (found[["peak_dff", "auc_dff_s"]] == 0).all(axis=None)
    assert found.drop(columns=["peak_dff", "auc_dff_s"]).isna().all(axis=None)


def test_peak_after_the_end_is_cut_at_the_end() -> None:
    shape = {"rise_tau_s": 5.0, "decay_tau_s": 50.0}
    found = curve_kinetics(stimulus_s=0.0, end_s=4.0, onset_s=1.0, amplitude=1.0, **shape)
    last = response_curve([4.0], onset_s=1.0, amplitude=1.0, **shape)
    assert found["peak_dff"].tolist() == pytest.approx(last.tolist())
    assert found["time_to_peak_s"].tolist() == [4.0]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"rise_tau_s": 5.0}, "rise_tau_s"),
        ({"rise_tau_s": 0.0}, "rise_tau_s"),
        ({"plateau_level": 1.5}, "plateau"),
    ],
)
def test_impossible_curves_are_refused(wrong: dict[str, float], named: str) -> None:
    parameters = {"onset_s": 0.0, "amplitude": 1.0, "rise_tau_s": 1.0, "decay_tau_s": 5.0} | wrong
    with pytest.raises(ValueError, match=named):
        response_curve([0.0, 1.0], **parameters)
