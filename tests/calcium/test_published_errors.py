"""Inputs on which published tools give wrong numbers: ours are within 2 % of truth.

Each test names the tool and what it answers; all go through the public functions with their defaults, and
only what the case is about differs.
"""

import numpy as np
import pytest
from numpy.typing import NDArray

from s1r_imaging.calcium.dff import compute_dff
from s1r_imaging.calcium.responses import measure_responses
from s1r_imaging.imaging.extract import extract_traces
from s1r_imaging.recording import Event, Recording, Traces

OFFSET = 100.0  # camera
READ_NOISE = 3.0  # counts per pixel
WITHIN = 0.02


def transient(time_s: NDArray[np.float64], start_s: float) -> NDArray[np.float64]:
    since = np.maximum(time_s - start_s, 0.0)
    shape = (1.0 - np.exp(-since / 2.0)) * np.exp(-since / 10.0)
    scaled: NDArray[np.float64] = shape / shape.max()
    return scaled


def grid_of_cells(n_rows: int, n_columns: int) -> NDArray[np.int32]:
    """Square cells of 12 × 12 pixels, 12 pixels apart, labelled from 1."""
    labels = np.zeros((24 * n_rows + 12, 24 * n_columns + 12), dtype=np.int32)
    for index in range(n_rows * n_columns):
        y, x = 12 + 24 * (index // n_columns), 12 + 24 * (index % n_columns)
        labels[y : y + 12, x : x + 12] = index + 1
    return labels


def film(labels: NDArray[np.int32], fluorescence: NDArray[np.float64], seed: int = 0) -> NDArray[np.uint16]:
    """Show the fluorescence (label, frame) of each cell on top of offset and noise."""
    rows = np.zeros((labels.max() + 1, fluorescence.shape[1]))
    rows[np.unique(labels)[1:]] = fluorescence
    clean = OFFSET + np.moveaxis(rows[labels], -1, 0)
    noise = READ_NOISE * np.random.default_rng(seed).normal(size=clean.shape)
    return np.clip(np.round(clean + noise), 0, 65535).astype(np.uint16)


def test_area_of_every_peak_in_600_frames_of_50_cells() -> None:
    """Pykrait 0.3.3: AUC = 0 for every peak."""
    time_s = np.linspace(0.0, 299.5, 600)
    rng = np.random.default_rng(0)
    peak = rng.uniform(0.5, 2.0, 50)
    dff = peak[:, None] * transient(time_s, 150.0)
    f = 200.0 * (1.0 + dff + 0.005 * rng.normal(size=dff.shape))
    table = measure_responses(compute_dff(Traces(time_s, f, events=(Event("agonist", 150.0),))))
    np.testing.assert_allclose(table["auc_dff_s"], np.trapezoid(dff, time_s, axis=1), rtol=WITHIN)


def test_labels_that_are_not_consecutive_keep_their_names() -> None:
    """Pykrait 0.3.3: ids {1, 3} shift in silence."""
    time_s = np.linspace(0.0, 59.5, 120)
    labels = grid_of_cells(1, 2)
    labels[labels == 2] = 3
    peak = np.array([0.5, 2.5])
    stack = film(labels, 200.0 * (1.0 + peak[:, None] * transient(time_s, 20.0)))
    recording = Recording(stack, time_s=time_s, events=(Event("agonist", 20.0),))
    traces = compute_dff(extract_traces(recording, labels))
    table = measure_responses(traces).set_index("label")
    assert traces.labels.tolist() == table.index.tolist() == [1, 3]
    assert table.loc[1, "peak_dff"] == pytest.approx(0.5, rel=WITHIN)
    assert table.loc[3, "peak_dff"] == pytest.approx(2.5, rel=WITHIN)


def test_amplitude_follows_truth_when_the_agonist_comes_at_frame_40() -> None:
    """napari-cta 0.1.0: amplitude against truth r = −0.88, for it clips to the first 16 frames."""
    time_s = np.linspace(0.0, 99.5, 200)
    labels = grid_of_cells(3, 4)
    peak = np.linspace(0.34, 2.90, 12)
    stack = film(labels, 400.0 * (1.0 + peak[:, None] * transient(time_s, 20.0)))
    recording = Recording(stack, time_s=time_s, events=(Event("agonist", time_s[40]),))
    table = measure_responses(compute_dff(extract_traces(recording, labels)))
    np.testing.assert_allclose(table["peak_dff"], peak, rtol=WITHIN)


def plateau_traces() -> Traces:
    time_s = np.linspace(0.0, 299.5, 600)
    plateau = 2.0 * (1.0 - np.exp(-np.maximum(time_s - 60.0, 0.0) / 3.0))
    noise = 0.03 * np.random.default_rng(1).normal(size=(10, 600))
    return compute_dff(Traces(time_s, 150.0 * (1.0 + plateau + noise), events=(Event("agonist", 60.0),)))


def test_a_sustained_plateau_is_not_swallowed_by_the_baseline() -> None:
    """NA3, default baseline: 0.05 instead of 2.0."""
    traces = plateau_traces()
    assert traces.dff is not None
    np.testing.assert_allclose(traces.dff[:, -200:].mean(axis=1), 2.0, rtol=WITHIN)


def test_the_height_of_a_sustained_plateau_is_not_raised_by_noise() -> None:
    assert np.median(measure_responses(plateau_traces())["peak_dff"]) == pytest.approx(2.0, rel=WITHIN)


def test_a_camera_offset_is_no_fluorescence() -> None:
    """Caliana 0.3.2: 2.0 instead of 4.0, for it subtracts no background."""
    time_s = np.linspace(0.0, 99.5, 200)
    labels = grid_of_cells(2, 3)
    stack = film(labels, np.tile(100.0 * (1.0 + 4.0 * transient(time_s, 30.0)), (6, 1)))
    recording = Recording(stack, time_s=time_s, events=(Event("agonist", 30.0),))
    traces = compute_dff(extract_traces(recording, labels))
    assert traces.f_background.mean() == pytest.approx(OFFSET, abs=0.5)
    np.testing.assert_allclose(measure_responses(traces)["peak_dff"], 4.0, rtol=WITHIN)


@pytest.mark.parametrize("correction", ["mono_exponential", "bi_exponential"])
def test_a_synchronous_response_is_no_bleaching(correction: str) -> None:
    """napari-bleach-correct 0.0.1: ratio 0.01, histogram 0.00, exponential 1.29 instead of 1.73."""
    time_s = np.linspace(0.0, 149.5, 300)
    labels = grid_of_cells(2, 3)
    loss = np.exp(np.log(0.7) * time_s / time_s[-1])
    stack = film(labels, np.tile(300.0 * loss * (1.0 + 1.73 * transient(time_s, 50.0)), (6, 1)))
    recording = Recording(stack, time_s=time_s, events=(Event("agonist", 50.0),))
    traces = compute_dff(extract_traces(recording, labels), bleaching=correction)  # type: ignore[arg-type]
    np.testing.assert_allclose(measure_responses(traces)["peak_dff"], 1.73, rtol=WITHIN)
