from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage as ndi

from s1r_imaging.flags import CellFlag
from s1r_imaging.imaging.extract import extract_traces
from s1r_imaging.recording import Recording, Traces

SIZE, N_FRAMES, DIAMETER = 240, 60, 28
Array = NDArray[np.float64]
UNCERTAIN = int(CellFlag.BACKGROUND_UNCERTAIN)


def disc_cells(spacing: int = 48, *, drop: float = 0.0) -> NDArray[np.int32]:
    y, x = np.mgrid[:SIZE, :SIZE]
    labels = np.zeros((SIZE, SIZE), dtype=np.int32)
    rng = np.random.default_rng(0)
    number = 0
    for cy in range(spacing // 2, SIZE, spacing):
        for cx in range(spacing // 2, SIZE, spacing):
            number += 1
            if rng.random() >= drop:
                labels[(y - cy) ** 2 + (x - cx) ** 2 < (DIAMETER / 2) ** 2] = number
    return labels


def record(light: Array, background: Array, *, seed: int = 0, shifts: Array | None = None) -> Recording:
    """Cells of given light on a background, (T or 1, Y, X) each, with Gaussian noise of SD 6."""
    rng = np.random.default_rng(seed)
    stack = np.empty((N_FRAMES, SIZE, SIZE), dtype=np.uint16)
    for t in range(N_FRAMES):
        image = light[t % len(light)]
        if shifts is not None:
            image = ndi.shift(image, shifts[t], order=1, mode="nearest")
        frame = image + background[t % len(background)] + rng.normal(0, 6, (SIZE, SIZE))
        stack[t] = np.clip(np.rint(frame), 0, 4095)
    return Recording(stack, time_s=np.arange(N_FRAMES, dtype=float))


def under_cells(background: Array, labels: NDArray[np.int32]) -> Array:
    index = np.unique(labels[labels > 0])
    frames = np.array([ndi.mean(frame, labels, index) for frame in background]).T
    return np.broadcast_to(frames, (index.size, N_FRAMES)) if frames.shape[1] == 1 else frames


def relative_error(traces: Traces, background: Array, labels: NDArray[np.int32]) -> Array:
    truth = under_cells(background, labels)
    return np.asarray((traces.f_background - truth).mean(axis=1) / truth.mean(axis=1))


def responding_light(labels: NDArray[np.int32]) -> Array:
    gain = 1 + 2 * np.exp(-np.clip(np.arange(N_FRAMES) - 25, 0, None) / 10) * (np.arange(N_FRAMES) >= 25)
    brightness = np.random.default_rng(1).lognormal(np.log(250), 0.35, labels.max() + 1)
    brightness[0] = 0
    image = ndi.gaussian_filter(brightness[labels], 1.2)
    return np.asarray(gain[:, np.newaxis, np.newaxis] * image)


def uniform() -> Array:
    return np.full((1, SIZE, SIZE), 100.0)


def vignetted() -> Array:
    y, x = np.mgrid[-1 : 1 : SIZE * 1j, -1 : 1 : SIZE * 1j]
    return np.asarray(100 + 100 * (1 - 0.4 * (y**2 + x**2) / 2))[np.newaxis]


METHODS = ["percentile", "ring"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("background", [uniform(), vignetted()], ids=["uniform", "vignetted"])
def test_noise_and_vignette_do_not_bias_the_background(method: Any, background: Array) -> None:
    labels = disc_cells()
    traces = extract_traces(record(responding_light(labels), background), labels, background=method)
    error = relative_error(traces, background, labels)
    assert abs(error.mean()) < 0.02
    assert np.abs(error).max() < 0.04


@pytest.mark.parametrize("method", METHODS)
def test_haze_that_follows_the_response_is_followed(method: Any) -> None:
    labels = disc_cells()
    light = responding_light(labels)
    background = 100 + 0.4 * np.stack([ndi.gaussian_filter(image, 60) for image in light])
    traces = extract_traces(record(light, background), labels, background=method)
    error = traces.f_background / under_cells(background, labels) - 1
    assert abs(error.mean()) < 0.02
    assert abs(error[:, 26].mean()) < 0.02  # while all cells shine


@pytest.mark.parametrize("method", METHODS)
def test_a_field_that_drifts_over_its_labels_does_not_lift_the_background(method: Any) -> None:
    labels = disc_cells()
    shifts = np.linspace(0, 3, N_FRAMES)[:, np.newaxis] * np.array([1.0, -0.5])
    recording = record(responding_light(labels), uniform(), shifts=shifts)
    error = relative_error(extract_traces(recording, labels, background=method), uniform(), labels)
    assert abs(error.mean()) < 0.02


@pytest.mark.parametrize("method", METHODS)
def test_cells_without_a_label_do_not_lift_the_background(method: Any) -> None:
    every = disc_cells(spacing=32)
    given = np.where(np.random.default_rng(3).random(every.max() + 1)[every] < 0.25, 0, every).astype(np.int32)
    recording = record(responding_light(every), uniform())
    error = relative_error(extract_traces(recording, given, background=method), uniform(), given)
    assert abs(error.mean()) < 0.02
    assert np.abs(error).max() < 0.10


@pytest.mark.parametrize("percentile", [5.0, 30.0, 100.0])
def test_a_low_percentile_is_not_pulled_down_by_noise(percentile: float) -> None:
    labels = disc_cells()
    traces = extract_traces(record(responding_light(labels), uniform()), labels, background_percentile=percentile)
    assert abs(relative_error(traces, uniform(), labels).mean()) < 0.02


@pytest.mark.parametrize("gap_px", [40.0, 0.0, 3.0])
def test_a_gap_that_leaves_no_pixel_is_made_smaller(gap_px: float) -> None:
    labels = disc_cells()
    traces = extract_traces(record(responding_light(labels), uniform()), labels, background_gap_px=gap_px)
    assert abs(relative_error(traces, uniform(), labels).mean()) < 0.05
    assert not (traces.cells["flags"] & UNCERTAIN).any()


@pytest.mark.parametrize("method", METHODS)
def test_without_cell_free_pixels_the_darkest_stand_in_and_every_cell_is_flagged(method: Any) -> None:
    y, x = np.mgrid[:SIZE, :SIZE]
    labels = (y // 30 * 8 + x // 30 + 1).astype(np.int32)
    shape = 1.0 - 0.9 * ((y % 30 == 0) | (x % 30 == 0))
    recording = record((300 * shape)[np.newaxis], uniform())
    traces = extract_traces(recording, labels, background=method)
    assert (traces.cells["flags"] & UNCERTAIN).all()
    assert (traces.f_background.mean(axis=1) < 0.6 * traces.f.mean(axis=1)).all()


def test_a_cell_without_a_ring_takes_the_background_of_the_field_and_is_flagged() -> None:
    labels = np.zeros((SIZE, SIZE), dtype=np.int32)
    labels[60:180, 60:180] = 1
    labels[108:132, 108:132] = 2  # all around it is cell 1
    light = np.where(labels > 0, 300.0, 0.0)[np.newaxis]
    traces = extract_traces(record(light, uniform()), labels, background="ring", background_gap_px=4.0)
    uncertain = (traces.cells["flags"] & UNCERTAIN) > 0
    if uncertain.loc[1]:
        pytest.fail("cell 1 has a ring")
    assert uncertain.loc[2]
    np.testing.assert_allclose(traces.f_background.mean(axis=1), 100, rtol=0.02)


def test_ring_follows_a_local_glow_that_belongs_to_one_cell() -> None:
    labels = disc_cells(spacing=80)
    y, x = np.mgrid[:SIZE, :SIZE]
    glow = 100 + 80 * np.exp(-((y - 40) ** 2 + (x - 40) ** 2) / (2 * 40**2))
    traces = extract_traces(record(responding_light(labels), glow[np.newaxis]), labels, background="ring")
    error = relative_error(traces, glow[np.newaxis], labels)
    assert np.abs(error).max() < 0.15
    assert traces.f_background[0].mean() > 140


def test_region_is_its_own_mean_in_every_frame() -> None:
    labels = disc_cells()
    recording = record(responding_light(labels), vignetted())
    region = np.zeros((SIZE, SIZE), dtype=bool)
    region[:9, 40:71] = True
    traces = extract_traces(recording, labels, background="region", background_region=region)
    expected = np.asarray(recording.data)[:, region].mean(axis=1)
    np.testing.assert_allclose(traces.f_background, np.broadcast_to(expected, traces.f.shape), rtol=1e-12)


@pytest.mark.parametrize(("background", "counts"), [("none", 0.0), (0, 0.0), (97.5, 97.5)])
def test_constants_are_what_they_say(background: Any, counts: float) -> None:
    labels = disc_cells()
    traces = extract_traces(record(responding_light(labels), uniform()), labels, background=background)
    assert (traces.f_background == counts).all()


def test_a_frame_with_dead_pixels_keeps_its_background() -> None:
    labels = disc_cells()
    recording = record(responding_light(labels), uniform())
    stack = np.asarray(recording.data).astype(np.float32)
    stack[7, :, ::3] = np.nan
    stack[:, 100, :] = np.nan
    for method in METHODS:
        traces = extract_traces(
            Recording(stack, time_s=recording.time_s),
            labels,
            background=method,  # type: ignore[arg-type]
        )
        np.testing.assert_allclose(traces.f_background.mean(axis=0), 100, rtol=0.02)
