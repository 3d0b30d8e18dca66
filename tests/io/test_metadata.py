from typing import Any

import numpy as np
import pytest
import tifffile

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.recording import read_recording
from tests.io.conftest import Save, Stack, ome


def test_a_missing_interval_names_the_argument_and_the_flag(save: Save, stack: Stack) -> None:
    path = save(stack)
    with pytest.raises(S1RImagingError, match=r"rec\.tif.*frame_interval_s=.*--frame-interval-s"):
        read_recording(path)
    with pytest.raises(S1RImagingError, match="frame_interval_s="):
        read_recording(stack)


@pytest.mark.parametrize(
    ("metadata", "seconds"),
    [
        ({"finterval": 0.25}, 0.25),
        ({"finterval": 250, "tunit": "ms"}, 0.25),
        ({"finterval": 2, "tunit": "min"}, 120.0),
        ({"finterval": 2, "tunit": "sec"}, 2.0),
        ({"finterval": 0.0}, None),
        ({"finterval": -1.0}, None),
        ({"finterval": float("nan")}, None),
        ({"finterval": 3, "tunit": "frame"}, None),
        ({"tunit": "sec", "fps": 7.0}, None),
    ],
)
def test_imagej_interval(save: Save, stack: Stack, metadata: Any, seconds: float | None) -> None:
    if "fps" in metadata:  # tifffile would turn the display rate into an interval
        description = "ImageJ=1.53t\nimages=12\nframes=12\nhyperstack=true\nfps=7.0\n"
        path = save(stack, description=description, metadata=None)
    else:
        path = save(stack, imagej=True, metadata={"axes": "TYX", **metadata})
    if seconds is None:
        with pytest.raises(S1RImagingError, match="frame_interval_s="):
            read_recording(path)
    else:
        recording = read_recording(path)
        np.testing.assert_allclose(recording.time_s, np.arange(12) * seconds, rtol=1e-12)
        assert recording.history[-1].options["frame_interval_from"] == "ImageJ finterval"


def test_ome_plane_times_are_used_as_they_are(save: Save, stack: Stack) -> None:
    times = np.cumsum(np.random.default_rng(0).uniform(0.1, 0.9, 12))
    path = ome(save, stack, Plane={"DeltaT": times.tolist()}, TimeIncrement=99.0)
    recording = read_recording(path)
    np.testing.assert_array_equal(recording.time_s, times)
    assert recording.history[-1].options["frame_interval_from"] == "OME DeltaT"


@pytest.mark.parametrize(
    ("unit", "factor"), [("ms", 1e-3), ("min", 60.0), ("s", 1.0), ("µs", 1e-6), ("h", 3600.0)]
)
def test_ome_time_units(save: Save, stack: Stack, unit: str, factor: float) -> None:
    plane = {"DeltaT": [3.0 * i for i in range(12)], "DeltaTUnit": [unit] * 12}
    np.testing.assert_allclose(read_recording(ome(save, stack, Plane=plane)).time_s, np.arange(12) * 3 * factor)
    path = ome(save, stack, TimeIncrement=3.0, TimeIncrementUnit=unit)
    np.testing.assert_allclose(read_recording(path).time_s, np.arange(12) * 3 * factor)


@pytest.mark.parametrize(
    "delta", [[0.0] * 12, list(range(12))[::-1], [0.0, 1.0, 1.0, *range(3, 12)], [float("nan")] * 12]
)
def test_useless_plane_times_fall_back_to_the_increment_or_ask(
    save: Save, stack: Stack, delta: list[float]
) -> None:
    plane = {"DeltaT": delta}
    recording = read_recording(ome(save, stack, Plane=plane, TimeIncrement=0.2))
    np.testing.assert_allclose(recording.time_s, np.arange(12) * 0.2)
    assert recording.history[-1].options["frame_interval_from"] == "OME TimeIncrement"
    with pytest.raises(S1RImagingError, match="frame_interval_s="):
        read_recording(ome(save, stack, Plane=plane, TimeIncrement=0.0))


def test_a_plane_without_its_time_makes_the_others_useless(save: Save, stack: Stack) -> None:
    path = ome(save, stack, Plane={"DeltaT": list(range(12))})
    with tifffile.TiffFile(path) as tif:
        xml = tif.ome_metadata
    assert xml
    with pytest.raises(S1RImagingError, match="frame_interval_s="):
        read_recording(save(stack, description=xml.replace('DeltaT="7"', ""), metadata=None))


def test_plane_times_are_those_of_the_chosen_channel(save: Save, stack: Stack) -> None:
    two = np.stack([stack, stack + 1], axis=1)
    times = np.arange(24) * 0.25
    path = ome(save, two, axes="TCYX", Plane={"DeltaT": times.tolist()})
    np.testing.assert_array_equal(read_recording(path, channel=0).time_s, times[0::2])
    np.testing.assert_array_equal(read_recording(path, channel=1).time_s, times[1::2])


def test_what_the_user_says_overrides_the_file(save: Save, stack: Stack) -> None:
    path = ome(save, stack, TimeIncrement=0.2, PhysicalSizeX=0.5, PhysicalSizeY=0.5, SignificantBits=12)
    recording = read_recording(path, frame_interval_s=1.5, pixel_size_um=0.1, saturation_level=1000, name="dish 1")
    np.testing.assert_array_equal(recording.time_s, np.arange(12) * 1.5)
    assert (recording.pixel_size_um, recording.saturation_level, recording.name) == (0.1, 1000, "dish 1")
    times = np.geomspace(1, 5, 12)
    np.testing.assert_array_equal(read_recording(path, time_s=times).time_s, times)
    with pytest.raises(ValueError, match="frame_interval_s=1.*time_s"):
        read_recording(path, time_s=times, frame_interval_s=1)


@pytest.mark.parametrize("interval", [0, -1.0, float("nan"), float("inf"), "0.5", True])
def test_an_impossible_interval_is_the_callers_mistake(save: Save, stack: Stack, interval: Any) -> None:
    with pytest.raises(ValueError, match="frame_interval_s="):
        read_recording(save(stack), frame_interval_s=interval)


@pytest.mark.parametrize(
    ("unit", "per_pixel", "micrometres"),
    [
        ("um", 0.65, 0.65),
        ("micron", 0.65, 0.65),
        ("microns", 0.65, 0.65),
        ("µm", 0.65, 0.65),
        ("\\u00B5m", 0.65, 0.65),
        ("nm", 650, 0.65),
        ("mm", 0.00065, 0.65),
        ("cm", 0.000065, 0.65),
        ("inch", 1 / 72, None),
        ("inch", 0.65 / 25400, 0.65),
        ("pixel", 1, None),
        ("", 1, None),
    ],
)
def test_imagej_pixel_size(
    save: Save, stack: Stack, unit: str, per_pixel: float, micrometres: float | None
) -> None:
    description = f"ImageJ=1.53t\nimages=12\nframes=12\nhyperstack=true\nfinterval=1.0\nunit={unit}\n"
    path = save(
        stack,
        description=description.encode("latin-1") if "µ" in unit else description,
        metadata=None,
        resolution=(1 / per_pixel, 1 / per_pixel),
        resolutionunit="NONE",
    )
    found = read_recording(path).pixel_size_um
    assert found == (None if micrometres is None else pytest.approx(micrometres, rel=1e-5))


@pytest.mark.parametrize(("unit", "value"), [("nm", 650.0), ("µm", 0.65), ("mm", 6.5e-4), (None, 0.65)])
def test_ome_pixel_size(save: Save, stack: Stack, unit: str | None, value: float) -> None:
    size = {f"PhysicalSize{axis}": value for axis in "XY"}
    units = {} if unit is None else {f"PhysicalSize{axis}Unit": unit for axis in "XY"}
    assert read_recording(ome(save, stack, TimeIncrement=1, **size, **units)).pixel_size_um == 0.65


def test_pixels_that_are_not_square_are_said_and_left_open(save: Save, stack: Stack) -> None:
    path = ome(save, stack, TimeIncrement=1, PhysicalSizeX=0.5, PhysicalSizeY=1.0)
    with pytest.warns(UserWarning, match="0.5 × 1 µm.*pixel_size_um"):
        assert read_recording(path).pixel_size_um is None
    assert read_recording(path, pixel_size_um=0.7).pixel_size_um == 0.7


@pytest.mark.parametrize(
    ("per_unit", "unit", "micrometres"), [(15384.6, "CENTIMETER", 0.65), (300, "INCH", None), (1, "NONE", None)]
)
def test_plain_pixel_size(save: Save, stack: Stack, per_unit: float, unit: str, micrometres: float | None) -> None:
    path = save(stack, resolution=(per_unit, per_unit), resolutionunit=unit)
    found = read_recording(path, frame_interval_s=1).pixel_size_um
    assert found == (None if micrometres is None else pytest.approx(micrometres, rel=1e-4))


@pytest.mark.parametrize(("bits", "level"), [(12, 4095), (14, 16383), (11, 2047), (16, None), (0, None)])
def test_significant_bits(save: Save, stack: Stack, bits: int, level: float | None) -> None:
    recording = read_recording(ome(save, stack, TimeIncrement=1, SignificantBits=bits))
    assert recording.saturation_level == level
    assert recording.bit_depth == (bits if level else None)


@pytest.mark.parametrize(("top", "level"), [(4095, 4095), (3127, None), (65535, None), (0, None)])
def test_max_sample_value(save: Save, stack: Stack, top: int, level: float | None) -> None:
    path = save(stack, extratags=[(281, 3, 1, top, True)])
    assert read_recording(path, frame_interval_s=1).saturation_level == level
