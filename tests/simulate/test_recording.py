"""Simulated recordings: what is drawn agrees with what is said to be true."""

import tracemalloc
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from s1r_imaging.recording import Recording
from s1r_imaging.simulate import RecordingTruth, SimulationOptions, simulate_recording

SMALL: dict[str, Any] = {"height_px": 96, "width_px": 120, "n_frames": 100, "stimulus_s": 15.0}
IDEAL: dict[str, Any] = {
    "blur_um": 0.0, "haze_fraction": 0.0, "drift_px": 0.0, "read_noise_e": 0.0, "shot_noise": False,
    "bit_depth": 16,
}  # fmt: skip


def cell_means(recording: Recording, truth: RecordingTruth) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([ndimage.mean(frame, truth.labels, truth.cells.index) for frame in recording.data])


def assert_same_truth(first: RecordingTruth, second: RecordingTruth) -> None:
    np.testing.assert_array_equal(first.labels, second.labels)
    np.testing.assert_array_equal(first.dff, second.dff)
    pd.testing.assert_frame_equal(first.cells, second.cells)


def test_same_seed_gives_the_same_recording_bit_for_bit() -> None:
    (first, truth), (again, truth_again) = (simulate_recording(5, **SMALL) for _ in range(2))
    np.testing.assert_array_equal(first.data, again.data)
    assert_same_truth(truth, truth_again)


def test_another_seed_gives_other_cells() -> None:
    (_, first), (_, other) = simulate_recording(5, **SMALL), simulate_recording(6, **SMALL)
    assert not np.array_equal(first.labels, other.labels)


def test_the_camera_and_the_optics_do_not_change_the_cells() -> None:
    _, truth = simulate_recording(5, **SMALL)
    _, other = simulate_recording(5, **SMALL, read_noise_e=50.0, haze_fraction=1.0, blur_um=2.0, drift_px=3.0)
    assert_same_truth(truth, other)


def test_a_default_recording_is_what_a_12_bit_camera_writes() -> None:
    recording, truth = simulate_recording(**SMALL)
    assert recording.data.dtype == np.uint16
    assert recording.data.shape == (100, 96, 120)
    assert (recording.saturation_level, recording.bit_depth, recording.pixel_size_um) == (4095, 12, 0.65)
    assert [event.name for event in recording.events] == ["PRE-084"]
    assert recording.history[0].options["seed"] == 0
    assert truth.labels.dtype == np.int32
    assert sorted(set(np.unique(truth.labels)) - {0}) == truth.cells.index.tolist()


@pytest.mark.parametrize("bleaching_shape", ["mono", "bi"])
def test_mean_over_a_cell_is_its_fluorescence_plus_background(bleaching_shape: Any) -> None:
    recording, truth = simulate_recording(
        1, **SMALL, **IDEAL, bleaching_fraction=0.3, bleaching_shape=bleaching_shape
    )
    means = cell_means(recording, truth).T
    background = 100 + 20 * ndimage.mean(
        1 - 0.125 * np.add.outer(np.linspace(-1, 1, 96) ** 2, np.linspace(-1, 1, 120) ** 2),
        truth.labels,
        truth.cells.index,
    )
    np.testing.assert_allclose(means - background[:, np.newaxis], truth.f, rtol=0.01)
    np.testing.assert_allclose(truth.background, np.broadcast_to(background[:, np.newaxis], truth.f.shape))
    np.testing.assert_allclose(truth.f, truth.f0 * (1 + truth.dff))
    assert truth.bleaching[[0, -1]].tolist() == pytest.approx([1.0, 0.7])


def test_haze_under_the_cells_is_in_the_background() -> None:
    options: dict[str, Any] = SMALL | IDEAL | {"haze_fraction": 0.5}
    recording, truth = simulate_recording(2, **options)
    plain, _ = simulate_recording(2, **(options | {"haze_fraction": 0.0}))
    haze = (cell_means(recording, truth) - cell_means(plain, truth)).T
    expected = truth.background - simulate_recording(2, **(SMALL | IDEAL))[1].background
    np.testing.assert_allclose(haze, expected, rtol=0.02)
    assert expected.min() > 5


def test_blur_moves_light_but_loses_none() -> None:
    options: dict[str, Any] = SMALL | IDEAL | {"growth": "sparse", "vignette": 0.0, "n_cells": 6}
    sharp = simulate_recording(3, **options)[0].data
    blurred = simulate_recording(3, **(options | {"blur_um": 1.5}))[0].data
    assert blurred[0].astype(float).std() < sharp[0].astype(float).std()
    assert blurred.mean() == pytest.approx(sharp.mean(), rel=0.02)


def test_photon_transfer_gives_gain_and_read_noise() -> None:
    options: dict[str, Any] = (
        SMALL | IDEAL | {"shot_noise": True, "read_noise_e": 16.4, "n_frames": 300, "stimulus_s": 20.0}
    )
    still: dict[str, Any] = {
        "condition": "vehicle",
        "wander_sd": 0.0,
        "spontaneous_fraction": 0.0,
        "bleaching_fraction": 0.0,
    }
    recording, _ = simulate_recording(4, **options, **still)
    data = recording.data.astype(float)
    slope, intercept = np.polyfit(data.mean(axis=0).ravel() - 100, data.var(axis=0, ddof=1).ravel(), 1)
    assert slope == pytest.approx(0.146, rel=0.03)
    assert np.sqrt(intercept - 1 / 12) / slope == pytest.approx(16.4, rel=0.1)  # 1/12 is the rounding


def test_light_above_the_top_code_is_cut_off() -> None:
    recording, _ = simulate_recording(**SMALL, resting_counts=4000.0)
    assert recording.data.max() == 4095
    assert (recording.data == 4095).mean() > 0.1


def test_drift_moves_the_cells_as_the_truth_says() -> None:
    options: dict[str, Any] = SMALL | {
        "drift_px": 2.0,
        "n_jumps": 1,
        "condition": "vehicle",
        "vignette": 0.0,
        "read_noise_e": 0.0,
    }
    recording, truth = simulate_recording(7, **options)
    np.testing.assert_array_equal(truth.shifts_px[0], 0)
    worst = int(np.abs(truth.shifts_px).sum(axis=1).argmax())
    back = ndimage.shift(recording.data[worst].astype(float), -truth.shifts_px[worst], order=3)
    inner = (slice(14, -14), slice(14, -14))
    first = recording.data[0].astype(float)
    aligned = np.corrcoef(back[inner].ravel(), first[inner].ravel())[0, 1]
    assert aligned > 0.99
    assert aligned > np.corrcoef(recording.data[worst][inner].ravel(), first[inner].ravel())[0, 1]


def test_a_confluent_field_is_full_of_touching_cells_with_some_gaps() -> None:
    _, truth = simulate_recording(n_frames=2, stimulus_s=0.0, height_px=256, width_px=256)
    assert 0.83 < (truth.labels > 0).mean() < 0.97
    grown = ndimage.grey_dilation(truth.labels, footprint=ndimage.generate_binary_structure(2, 1))
    assert ((grown != truth.labels) & (truth.labels > 0)).any()
    inside = truth.cells[~truth.cells["at_edge"]]
    diameter_um = 0.65 * np.sqrt(4 * inside["area_px"] / np.pi)
    assert diameter_um.median() == pytest.approx(18, rel=0.15)
    assert 0.15 < np.log(diameter_um).std() < 0.45


def test_a_sparse_field_is_mostly_empty() -> None:
    _, truth = simulate_recording(n_frames=2, stimulus_s=0.0, growth="sparse")
    assert 0.15 < (truth.labels > 0).mean() < 0.45


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    height=st.integers(16, 90),
    width=st.integers(16, 90),
    coverage=st.floats(0.05, 1.0),
    elongation=st.floats(1.0, 4.0),
)
def test_every_cell_is_one_piece(seed: int, height: int, width: int, coverage: float, elongation: float) -> None:
    _, truth = simulate_recording(
        seed, height_px=height, width_px=width, cell_coverage=coverage, cell_elongation=elongation,
        n_frames=2, stimulus_s=0.0,
    )  # fmt: skip
    assert truth.labels.shape == (height, width)
    inside = truth.cells.index[~truth.cells["at_edge"]]  # the border may cut a cell in two
    assert all(ndimage.label(truth.labels == label)[1] == 1 for label in inside)
    np.testing.assert_array_equal(truth.cells["area_px"], np.bincount(truth.labels.ravel())[1:])


def test_few_cells_in_a_large_field_do_not_spread_over_it() -> None:
    _, truth = simulate_recording(
        height_px=192, width_px=192, n_frames=2, stimulus_s=0.0, n_cells=5, cell_size_sd=0.0, neurite_fraction=0.0
    )
    whole = truth.cells.loc[~truth.cells["at_edge"], "area_px"]
    own_size = np.pi / 4 * (SimulationOptions.cell_diameter_um / SimulationOptions.pixel_size_um) ** 2
    assert len(whole) > 1
    assert whole.max() < 2.2 * own_size  # a cell grows to 1.35 times its own diameter at most


def test_no_cells_is_a_dark_field_with_an_empty_table() -> None:
    recording, truth = simulate_recording(**SMALL, n_cells=0)
    assert truth.f.shape == truth.background.shape == (0, 100)
    assert not truth.labels.any()
    assert list(truth.cells.columns) == list(simulate_recording(**SMALL)[1].cells.columns)
    assert recording.data.mean() == pytest.approx(118, abs=2)


def test_everything_off_is_still_a_recording() -> None:
    off: dict[str, Any] = dict.fromkeys(
        ["resting_counts", "loading_sd", "texture_sd", "edge_brightness", "cell_size_sd", "vignette",
         "medium_counts", "bleaching_fraction", "wander_sd", "spontaneous_fraction", "responder_fraction",
         "agonist_dff", "amplitude_sd", "kinetics_sd", "latency_s", "unevenness_sd", "overloaded_fraction",
         "offset_counts"],
        0.0,
    )  # fmt: skip
    recording, truth = simulate_recording(**SMALL, **IDEAL, **off, nuclei="none")
    assert not recording.data.any()
    assert not truth.dff.any()


def test_memory_is_little_more_than_the_frames() -> None:
    options: dict[str, Any] = SMALL | {"n_frames": 400, "height_px": 128, "width_px": 128}
    tracemalloc.start()
    recording, _ = simulate_recording(**options)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < recording.data.nbytes + 60e6


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"seed": -1}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"stimulus_s": 1e4}, "stimulus_s"),
        ({"antagonist_s": 50.0}, "antagonist_s"),
        ({"rise_tau_s": 10.0, "decay_tau_s": 5.0}, "rise_tau_s"),
        ({"condition": "agonists"}, "condition"),
        ({"cell_coverage": 0.0}, "cell_coverage"),
        ({"n_frames": 1}, "n_frames"),
    ],
)
def test_wrong_options_are_named(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        simulate_recording(**wrong)
