"""What cells do under each condition."""

from typing import Any

import numpy as np
import pytest

from s1r_imaging.simulate import RecordingTruth, simulate_recording

SMALL: dict[str, Any] = {"height_px": 128, "width_px": 128, "n_frames": 160, "stimulus_s": 15.0}
QUIET: dict[str, Any] = {"wander_sd": 0.0, "spontaneous_fraction": 0.0}


def truth_of(**options: Any) -> RecordingTruth:
    return simulate_recording(11, **(SMALL | options))[1]


@pytest.mark.parametrize("condition", ["vehicle", "antagonist"])
def test_nothing_happens_without_the_agonist(condition: str) -> None:
    truth = truth_of(condition=condition, **QUIET)
    assert not truth.dff.any()
    assert not truth.cells["responder"].any()
    assert truth.cells["block"].isna().all()


def test_the_truth_table_describes_the_traces() -> None:
    truth = truth_of(**QUIET, frame_interval_s=0.1, n_frames=1000, height_px=64, width_px=64)
    responders = truth.cells["responder"].to_numpy()
    np.testing.assert_allclose(truth.dff.max(axis=1), truth.cells["peak_dff"], rtol=0.01)
    time_s = np.arange(1000) * 0.1
    np.testing.assert_allclose(
        time_s[truth.dff[responders].argmax(axis=1)] - 15.0, truth.cells["time_to_peak_s"][responders], atol=0.2
    )
    np.testing.assert_allclose(np.trapezoid(truth.dff, time_s), truth.cells["auc_dff_s"], rtol=0.01, atol=1e-9)
    assert not truth.dff[:, time_s <= 15.0].any()
    assert (truth.cells.loc[~responders, "kind"] == "none").all()


def test_plateaus_stay_and_transients_come_back() -> None:
    truth = truth_of(**QUIET, n_frames=400, plateau_fraction=0.5, decay_tau_s=5.0, kinetics_sd=0.1)
    left = truth.dff[:, -1] / truth.cells["peak_dff"].where(truth.cells["responder"])
    assert left[truth.cells["kind"] == "plateau"].min() > 0.5
    assert left[truth.cells["kind"] == "transient"].max() < 0.01
    assert truth.cells.loc[truth.cells["kind"] == "plateau", "fwhm_s"].isna().all()
    assert truth.cells.loc[truth.cells["kind"] == "transient", "fwhm_s"].notna().all()


def test_scaled_block_makes_every_response_smaller_and_leaves_its_time() -> None:
    free, blocked = truth_of(), truth_of(condition="antagonist_agonist", block=0.75)
    np.testing.assert_array_equal(free.labels, blocked.labels)
    np.testing.assert_allclose(blocked.cells["peak_dff"], 0.25 * free.cells["peak_dff"])
    np.testing.assert_array_equal(blocked.cells["fwhm_s"], free.cells["fwhm_s"])
    assert (blocked.cells["block"].dropna() == 0.75).all()


def test_silencing_block_silences_that_fraction_of_the_cells() -> None:
    free = truth_of(height_px=320, width_px=320, n_frames=24, stimulus_s=2.0)
    blocked = truth_of(
        height_px=320,
        width_px=320,
        n_frames=24,
        stimulus_s=2.0,
        condition="antagonist_agonist",
        block=0.6,
        block_mode="silence",
    )
    still = blocked.cells["responder"].to_numpy()
    assert still.sum() / free.cells["responder"].sum() == pytest.approx(0.4, abs=0.1)
    np.testing.assert_allclose(blocked.cells["peak_dff"][still], free.cells["peak_dff"][still])


def test_complete_block_leaves_no_responder() -> None:
    truth = truth_of(condition="antagonist_agonist", block=1.0, **QUIET)
    assert not truth.cells["responder"].any()
    assert not truth.dff.any()


def test_fractions_of_responders_and_of_active_cells_are_as_stated() -> None:
    truth = truth_of(
        height_px=320, width_px=320, n_frames=50, stimulus_s=5.0, responder_fraction=0.6, overloaded_fraction=0.0,
        spontaneous_fraction=0.5, spontaneous_per_min=40.0,
    )  # fmt: skip
    assert truth.cells["responder"].mean() == pytest.approx(0.6, abs=0.09)
    assert (truth.cells["n_spontaneous"] > 0).mean() == pytest.approx(0.5, abs=0.09)


def test_overloaded_cells_are_bright_and_never_respond() -> None:
    truth = truth_of(overloaded_fraction=0.3, responder_fraction=1.0)
    bright = truth.cells["overloaded"].to_numpy()
    assert truth.cells["f0_counts"][bright].median() > 1.8 * truth.cells["f0_counts"][~bright].median()
    np.testing.assert_array_equal(truth.cells["responder"], ~bright)


def test_resting_cells_wander_by_the_stated_amount() -> None:
    truth = truth_of(condition="vehicle", spontaneous_fraction=0.0, wander_sd=0.02, n_frames=300)
    assert truth.dff.std() == pytest.approx(0.02, rel=0.05)
    assert np.corrcoef(truth.dff[:, 0], truth.dff[:, 16])[0, 1] == pytest.approx(np.exp(-1), abs=0.2)


@pytest.mark.parametrize(
    ("condition", "antagonist_s", "marks"),
    [
        ("agonist", 5.0, ["PRE-084"]),
        ("vehicle", None, ["vehicle"]),
        ("antagonist", 5.0, ["BD-1063", "vehicle"]),
        ("antagonist_agonist", None, ["PRE-084"]),
        ("antagonist_agonist", 5.0, ["BD-1063", "PRE-084"]),
    ],
)
def test_events_say_what_was_added(condition: Any, antagonist_s: float | None, marks: list[str]) -> None:
    recording, _ = simulate_recording(
        height_px=16, width_px=16, n_frames=40, stimulus_s=15.0, condition=condition, antagonist_s=antagonist_s
    )
    assert [event.name for event in recording.events] == marks
    assert recording.events[-1].start_s == 15.0
