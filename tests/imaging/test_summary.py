import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from s1r_imaging.errors import CancelledWorkError
from s1r_imaging.imaging.summary import SummaryImages, summary_image, summary_images
from s1r_imaging.recording import Event, Recording

Stack = NDArray[np.floating]


def record(stack: NDArray[np.generic], **fields: object) -> Recording:
    return Recording(stack, time_s=np.arange(float(len(stack))), **fields)  # type: ignore[arg-type]


def shared_and_own(n_frames: int = 80, seed: int = 0) -> Stack:
    """Two halves with a time course each, a strong drift that all share, and noise."""
    rng = np.random.default_rng(seed)
    own = np.cumsum(rng.normal(size=(2, n_frames)), axis=1)
    stack: Stack = 500 + rng.normal(0, 1.0, (n_frames, 24, 24)) + 50 * np.linspace(1, 0, n_frames)[:, None, None]
    stack[:, :, :10] += own[0][:, None, None]
    stack[:, :, 14:] -= own[0][:, None, None]
    return stack


@settings(max_examples=20, deadline=None)
@given(
    st.integers(2, 40),
    st.sampled_from([np.uint8, np.uint16, np.int16, np.float32, np.float64]),
    st.integers(0, 1000),
)
def test_mean_maximum_and_deviation_are_those_of_numpy(n_frames: int, dtype: type, seed: int) -> None:
    stack: NDArray[Any] = np.random.default_rng(seed).integers(0, 250, (n_frames, 5, 7)).astype(dtype)
    images = summary_images(record(stack))
    np.testing.assert_allclose(images.mean, stack.mean(axis=0), rtol=1e-5)
    np.testing.assert_array_equal(images.maximum, stack.max(axis=0))
    np.testing.assert_allclose(images.standard_deviation, stack.std(axis=0), rtol=1e-4, atol=1e-3)


def test_deviation_survives_a_large_offset() -> None:
    stack = 60000 + np.random.default_rng(0).normal(0, 1, (200, 6, 6))
    deviation = summary_images(record(stack)).standard_deviation
    np.testing.assert_allclose(deviation, stack.std(axis=0), rtol=0.02)


def test_local_correlation_is_the_mean_over_8_neighbours_without_what_the_field_shares() -> None:
    stack = shared_and_own()
    field = stack.mean(axis=(1, 2)) - stack.mean()
    rest = stack - stack.mean(axis=0)
    rest -= np.einsum("t,yx->tyx", field, np.einsum("tyx,t->yx", rest, field) / (field @ field))
    y, x = 5, 4
    around = [(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]
    expected = np.mean([np.corrcoef(rest[:, y, x], rest[:, j, i])[0, 1] for j, i in around])
    assert summary_image(record(stack), "local_correlation")[y, x] == pytest.approx(expected, abs=1e-4)


def test_local_correlation_tells_cells_from_what_only_drifts_with_the_field() -> None:
    image = summary_image(record(shared_and_own()), "local_correlation")
    assert image[4:20, 2:8].min() > 0.7
    assert np.abs(image[:, 11:13]).max() < 0.4


def test_response_is_the_rise_after_the_first_stimulus() -> None:
    stack = np.full((60, 8, 8), 200.0)
    stack[25:40, :, 4:] += 100
    stack[45:, :4, :4] += 1000  # after the second stimulus
    response = summary_image(record(stack, events=(Event("a", 20.0), Event("b", 45.0))), "response")
    np.testing.assert_allclose(response[:, 4:], 100, rtol=1e-5)
    np.testing.assert_allclose(response[:, :4], 0, atol=1e-3)


def test_response_without_a_stimulus_shows_where_something_happened() -> None:
    stack = np.random.default_rng(0).normal(200, 1, (64, 8, 8))
    stack[30:34, :4] += 100
    response = summary_image(record(stack), "response")
    assert response[:4].min() > 50
    assert response[4:].max() < 5


@pytest.mark.parametrize("value", [0.0, 7.0, -3.0, 65535.0, np.nan])
def test_constant_stacks_give_constant_images_without_warnings(value: float) -> None:
    images = summary_images(record(np.full((5, 6, 7), value), events=(Event("a", 2.0),)))
    for item in dataclasses.fields(SummaryImages):
        image = getattr(images, item.name)
        assert image.shape == (6, 7)
        assert image.dtype == np.float32
        expected = value if item.name in {"mean", "maximum"} else 0.0 * value
        np.testing.assert_array_equal(image, np.float32(expected))


def test_one_bad_pixel_stays_alone() -> None:
    stack = np.random.default_rng(0).normal(100, 1, (20, 6, 6))
    stack[3, 2, 2] = np.inf
    images = summary_images(record(stack))
    for item in dataclasses.fields(SummaryImages):
        bad = ~np.isfinite(getattr(images, item.name))
        assert bad.sum() == 1, item.name
        assert bad[2, 2], item.name


def test_unknown_image_is_named() -> None:
    with pytest.raises(ValueError, match="kind='median'"):
        summary_image(record(np.zeros((2, 3, 3))), "median")  # type: ignore[arg-type]


def test_progress_can_cancel() -> None:
    def stop(stage: str, done: int, total: int, /) -> None:
        raise CancelledWorkError

    with pytest.raises(CancelledWorkError):
        summary_images(record(np.zeros((4, 3, 3))), progress=stop)
