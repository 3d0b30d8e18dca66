"""Layers that are unlike those of the samples: each is taken as it is, or refused in a sentence that names it."""

import warnings
from typing import Any

import numpy as np
import pytest
from napari.layers import Image

from napari_plugin.layers import layer_to_recording
from s1r_imaging.errors import MissingOptionError

FRAMES = np.arange(6 * 5 * 4, dtype=np.uint16).reshape(6, 5, 4)


def layer(data: Any = FRAMES, *, scale: tuple[float, ...] = (0.5, 0.65, 0.65), **kwargs: Any) -> Image:
    """Return a layer in seconds and micrometres."""
    given = {"units": ("s", "um", "um"), "axis_labels": ("t", "y", "x"), "name": "odd", "rgb": False} | kwargs
    return Image(data, scale=scale, **given)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (FRAMES > 30, "'odd' cannot be taken: data has dtype bool"),
        (FRAMES[:1], r"'odd' cannot be taken: data has 1 frame"),
    ],
)
def test_a_refusal_names_the_layer(data: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        layer_to_recording(layer(data))


def test_time_that_runs_backwards_is_asked_for() -> None:
    backwards = layer(scale=(-0.5, 0.65, 0.65))
    with pytest.raises(MissingOptionError, match="'odd' does not say how much time"):
        layer_to_recording(backwards)
    assert layer_to_recording(backwards, frame_interval_s=0.5).time_s[1] == 0.5


def test_a_flipped_axis_has_the_same_pixels() -> None:
    assert layer_to_recording(layer(scale=(0.5, -0.65, 0.65))).pixel_size_um == 0.65


@pytest.mark.parametrize(
    ("units", "scale"),
    [(("ms", "nm", "nm"), (500, 650, 650)), (("min", "um", "um"), (0.5 / 60, 0.65, 0.65))],
)
def test_any_unit_is_understood(units: tuple[str, ...], scale: tuple[float, ...]) -> None:
    with warnings.catch_warnings(action="error"):
        taken = layer_to_recording(layer(units=units, scale=scale))
    assert taken.frame_interval_s == pytest.approx(0.5, rel=1e-12)
    assert taken.pixel_size_um == pytest.approx(0.65, rel=1e-12)
