import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dask.array
import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.recording import RecordingOptions, read_recording, write_recording
from s1r_imaging.recording import Event, Recording
from tests.io.conftest import Save, Stack

DT = 0.5


def counts(recording: Recording) -> Stack:
    return np.asarray(recording.data[:])


def check(path: Any, expected: Stack, **options: Any) -> Recording:
    """Open, compare every count and a few ways of slicing, and compare one frame at a time."""
    recording = read_recording(path, **options)
    data = recording.data
    assert data.shape == expected.shape
    assert data.dtype == expected.dtype.newbyteorder("=")
    np.testing.assert_array_equal(counts(recording), expected)
    for number in (0, len(expected) - 1, -1):
        np.testing.assert_array_equal(np.asarray(data[number]), expected[number])
    np.testing.assert_array_equal(np.asarray(data[2:7:2, 3:9, -5:]), expected[2:7:2, 3:9, -5:])
    return recording


WRITERS: dict[str, dict[str, Any]] = {
    "tifffile": {},
    "no metadata": {"metadata": None},
    "one directory per page": {"metadata": None, "contiguous": False},
    "several strips": {"rowsperstrip": 5},
    "bigtiff": {"bigtiff": True},
    "big-endian": {"byteorder": ">"},
    "deflate": {"compression": "zlib"},
    "deflate, predictor": {"compression": "zlib", "predictor": True},
    "lzw": {"compression": "lzw"},
    "lzw, predictor, big-endian": {"compression": "lzw", "predictor": True, "byteorder": ">"},
    "zstd": {"compression": "zstd"},
    "packbits": {"compression": "packbits"},
    "tiled": {"tile": (16, 16)},
    "tiled, compressed": {"tile": (16, 16), "compression": "zlib"},
    "white is zero": {"photometric": "miniswhite"},
    "ImageJ": {"imagej": True, "metadata": {"axes": "TYX"}},
    "ImageJ with display range": {
        "imagej": True,
        "metadata": {"axes": "TYX", "min": 100.0, "max": 300.0, "Ranges": (100.0, 300.0)},
    },
    "ImageJ composite": {"imagej": True, "metadata": {"axes": "TYX", "mode": "composite"}},
    "OME": {"ome": True, "metadata": {"axes": "TYX"}},
    "OME, compressed BigTIFF": {"ome": True, "metadata": {"axes": "TYX"}, "compression": "zlib", "bigtiff": True},
}


@pytest.mark.parametrize("options", WRITERS.values(), ids=list(WRITERS))
def test_counts_are_the_same_whatever_program_wrote_the_file(save: Save, stack: Stack, options: Any) -> None:
    check(save(stack, **options), stack, frame_interval_s=DT)


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "f2", "f4", "f8", "u8"])
@pytest.mark.parametrize(
    "options", [{}, {"compression": "zlib"}, {"byteorder": ">"}], ids=["raw", "deflate", "BE"]
)
def test_every_number_type_is_kept(save: Save, stack: Stack, dtype: str, options: Any) -> None:
    data = (stack.astype("f8") - 2000).clip(-120, 120).astype(dtype)
    check(save(data, photometric="minisblack", **options), data, frame_interval_s=DT)


def test_pages_written_one_by_one_without_any_metadata(tmp_path: Path, stack: Stack) -> None:
    for compression in (None, "zlib"):
        path = tmp_path / f"{compression}.tif"
        with tifffile.TiffWriter(path) as writer:
            for frame in stack:
                writer.write(frame, contiguous=False, metadata=None, compression=compression)
        check(path, stack, frame_interval_s=DT)


def test_twelve_bits_per_sample_are_unpacked_and_known(tmp_path: Path) -> None:
    # Written by hand: four pixels of 12 bits in 6 bytes, two frames.
    frames = np.array([[[1, 4095, 256, 7]], [[2048, 0, 4094, 99]]], dtype=np.uint16)
    body, pages = bytearray(b"II*\0\x08\0\0\0"), []
    for number, frame in enumerate(frames):
        bits = "".join(f"{value:012b}" for value in frame.ravel())
        pixels = int(bits, 2).to_bytes(6, "big") + b"\0\0"
        tags = [
            (256, 3, 4),
            (257, 3, 1),
            (258, 3, 12),
            (259, 3, 1),
            (262, 3, 1),
            (273, 4, 0),
            (278, 3, 1),
            (279, 4, 6),
        ]
        start = len(body)
        stop = start + 2 + 12 * len(tags) + 4
        body += len(tags).to_bytes(2, "little")
        for code, kind, value in tags:
            entry = stop if code == 273 else value
            body += code.to_bytes(2, "little") + kind.to_bytes(2, "little") + (1).to_bytes(4, "little")
            body += entry.to_bytes(4, "little")
        body += (stop + len(pixels) if number == 0 else 0).to_bytes(4, "little") + pixels
        pages.append(start)
    path = tmp_path / "packed.tif"
    path.write_bytes(body)
    recording = read_recording(path, frame_interval_s=DT)
    np.testing.assert_array_equal(counts(recording), frames)
    assert (recording.bit_depth, recording.saturation_level) == (12, 4095)


def test_a_colour_table_does_not_change_counts(save: Save, stack: Stack) -> None:
    small = (stack // 16).astype(np.uint8)
    green = np.zeros((3, 256), np.uint16)
    green[1] = np.arange(256) * 257
    check(save(small, colormap=green, photometric="palette"), small, frame_interval_s=DT)


def test_signed_counts_that_imagej_stored_with_an_offset_come_back(save: Save, stack: Stack) -> None:
    signed = stack.astype(np.int16) - 50
    stored = (signed.astype(np.int32) + 32768).astype(np.uint16)
    description = (
        "ImageJ=1.53t\nimages=12\nframes=12\nhyperstack=true\ncf=0\nc0=-32768.0\nc1=1.0\nvunit=Gray Value\n"
    )
    check(save(stored, description=description, metadata=None, byteorder=">"), signed, frame_interval_s=DT)


def test_imagej_stack_behind_one_directory(tmp_path: Path, stack: Stack) -> None:
    # ImageJ writes stacks beyond 4 GB so; the same with a small one.
    path = tmp_path / "virtual.tif"
    description = "ImageJ=1.53t\nimages=12\nframes=12\nhyperstack=true\nfinterval=0.5\n"
    tifffile.imwrite(path, stack[0].astype(">u2"), description=description, metadata=None, byteorder=">")
    with path.open("ab") as file:
        file.write(stack[1:].astype(">u2").tobytes())
    with tifffile.TiffFile(path) as tif:
        start = tif.pages.first.dataoffsets[0]
        assert start + stack[:1].nbytes + stack[1:].nbytes == path.stat().st_size
    assert check(path, stack).time_s[1] == 0.5
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(S1RImagingError, match=r"virtual\.tif says that it holds 12 planes, but 11"):
        read_recording(path)


# Time


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


def ome(save: Save, stack: Stack, **metadata: Any) -> Path:
    return save(stack, "rec.ome.tif", ome=True, metadata={"axes": "TYX", **metadata})


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


# Pixel size and bit depth


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


# Axes


def test_channels_are_listed_and_taken_by_number_or_name(save: Save, stack: Stack) -> None:
    two = np.stack([stack, stack + 1], axis=1)
    channels = {"Channel": {"Name": ["Fluo-4", "DIC"]}}
    path = ome(save, two, axes="TCYX", TimeIncrement=1.0, **channels)
    with pytest.raises(S1RImagingError, match=r"rec\.ome\.tif.*2 channels.*0: 'Fluo-4', 1: 'DIC'.*channel="):
        read_recording(path)
    for channel, number in ((0, 0), (1, 1), ("Fluo-4", 0), ("dic", 1), (np.int64(1), 1)):
        check(path, two[:, number], channel=channel)
    for wrong in (2, -1, "GFP", ""):
        with pytest.raises(ValueError, match=r"channel=.*0: 'Fluo-4'"):
            read_recording(path, channel=wrong)


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}])
def test_imagej_channels(save: Save, stack: Stack, options: Any) -> None:
    two = np.stack([stack, stack + 1], axis=1)
    path = save(two, imagej=True, metadata={"axes": "TCYX", "finterval": 1.0}, **options)
    with pytest.raises(S1RImagingError, match=r"2 channels \(0, 1\)"):
        read_recording(path)
    check(path, two[:, 1], channel=1)


def test_channel_zero_of_a_file_without_channels(save: Save, stack: Stack) -> None:
    check(save(stack), stack, channel=0, frame_interval_s=1)
    with pytest.raises(ValueError, match="channel=1"):
        read_recording(save(stack), channel=1, frame_interval_s=1)


@pytest.mark.parametrize("kind", ["imagej", "ome"])
def test_frames_saved_as_slices_or_channels_need_a_word(save: Save, stack: Stack, kind: str) -> None:
    for axis in "ZC":
        path = save(stack, **{kind: True}, metadata={"axes": f"{axis}YX"})
        with pytest.raises(S1RImagingError, match=f"rec.tif.*no time axis.*frames_axis='{axis.lower()}'"):
            read_recording(path, frame_interval_s=1)
        check(path, stack, frames_axis=axis.lower(), frame_interval_s=1)
    with pytest.raises(S1RImagingError, match="leave out frames_axis='z'"):
        read_recording(save(stack, **{kind: True}, metadata={"axes": "TYX"}), frames_axis="z", frame_interval_s=1)


def test_frames_saved_as_slices_with_channels(save: Save, stack: Stack) -> None:
    two = np.stack([stack, stack + 1], axis=1)
    path = save(two, imagej=True, metadata={"axes": "ZCYX"})
    check(path, two[:, 1], channel=1, frames_axis="z", frame_interval_s=1)


@pytest.mark.parametrize(("axes", "kind"), [("TZYX", "imagej"), ("TZYX", "ome"), ("TZCYX", "imagej")])
def test_z_stacks_over_time_are_refused_with_a_remedy(save: Save, stack: Stack, axes: str, kind: str) -> None:
    data = (
        stack.reshape(3, 4, *([1] * (len(axes) - 4)), 17, 23)
        if "C" not in axes
        else stack.reshape(2, 3, 2, 17, 23)
    )
    path = save(data, **{kind: True}, metadata={"axes": axes})
    for frames_axis in ("t", "z"):
        with pytest.raises(S1RImagingError, match=r"rec\.tif is a z-stack over time .*array"):
            read_recording(path, frame_interval_s=1, channel=0, frames_axis=frames_axis)


def test_colour_is_refused(save: Save, stack: Stack) -> None:
    colour = np.stack([stack, stack, stack], axis=-1).astype(np.uint8)
    planar = np.moveaxis(colour, -1, 1)
    for path in (
        save(colour, photometric="rgb"),
        save(planar, "planar.tif", photometric="rgb", planarconfig="separate"),
        save(colour, "ij.tif", imagej=True, metadata={"axes": "TYXS"}),
        save(colour, "x.ome.tif", ome=True, photometric="rgb", metadata={"axes": "TYXS"}),
        save(colour[0], "one.tif", photometric="rgb"),
    ):
        with pytest.raises(S1RImagingError, match="colour"):
            read_recording(path, frame_interval_s=1)


def test_axes_that_are_not_clear_are_refused(save: Save, stack: Stack) -> None:
    with pytest.raises(S1RImagingError, match=r"axes QQYX of lengths \(6, 2, 17, 23\).*array"):
        read_recording(save(stack.reshape(6, 2, 17, 23)), frame_interval_s=1)
    with pytest.raises(S1RImagingError, match="not clear"):
        read_recording(save(stack, metadata={"axes": "RYX"}), frame_interval_s=1)


def test_pages_of_different_size_are_refused(tmp_path: Path, stack: Stack) -> None:
    path = tmp_path / "mixed.tif"
    for odd in (3, 11):  # tifffile itself looks at a few pages only
        with tifffile.TiffWriter(path) as writer:
            for number, frame in enumerate(stack):
                writer.write(frame[:-1] if number == odd else frame, contiguous=False, metadata=None)
        with pytest.raises(S1RImagingError, match=r"mixed\.tif"):
            read_recording(path, frame_interval_s=1)


def test_several_images_in_one_file_are_refused(tmp_path: Path, stack: Stack) -> None:
    path = tmp_path / "positions.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        writer.write(stack, metadata={"axes": "TYX"})
        writer.write(stack[:, :8], metadata={"axes": "TYX"})
    with pytest.raises(S1RImagingError, match=r"positions.* 2 images .*array"):
        read_recording(path, frame_interval_s=1)


def test_ome_pyramid_gives_its_full_resolution(tmp_path: Path, stack: Stack) -> None:
    path = tmp_path / "pyramid.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        writer.write(stack, subifds=1, metadata={"axes": "TYX"}, tile=(16, 16))
        writer.write(stack[:, ::2, ::2], subfiletype=1, tile=(16, 16))
    check(path, stack, frame_interval_s=1)


def test_ome_set_in_several_files(tmp_path: Path, stack: Stack) -> None:
    xml = (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:{me}"><Image ID="Image:0">'
        '<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="23" SizeY="17" SizeZ="1" SizeC="1" '
        'SizeT="2" TimeIncrement="0.5"><Channel ID="Channel:0:0" SamplesPerPixel="1"/>'
        '<TiffData FirstT="0" IFD="0" PlaneCount="1"><UUID FileName="a.ome.tif">urn:uuid:a</UUID></TiffData>'
        '<TiffData FirstT="1" IFD="0" PlaneCount="1"><UUID FileName="b.ome.tif">urn:uuid:b</UUID></TiffData>'
        "</Pixels></Image></OME>"
    )
    for number, me in enumerate("ab"):
        tifffile.imwrite(tmp_path / f"{me}.ome.tif", stack[number], description=xml.format(me=me), metadata=None)
    for me in "ab":
        recording = read_recording(tmp_path / f"{me}.ome.tif")
        np.testing.assert_array_equal(counts(recording), stack[:2])
        np.testing.assert_array_equal(recording.time_s, [0, 0.5])
    (tmp_path / "b.ome.tif").unlink()
    with pytest.raises(S1RImagingError, match=r"a\.ome\.tif.*2 planes, but 1 are there.*missing"):
        read_recording(tmp_path / "a.ome.tif")
    binary = (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><BinaryOnly MetadataFile="m.ome"/></OME>'
    )
    tifffile.imwrite(tmp_path / "c.ome.tif", stack, description=binary, metadata=None)
    with pytest.raises(S1RImagingError, match="one part of an OME-TIFF set"):
        read_recording(tmp_path / "c.ome.tif", frame_interval_s=1)


def test_ome_that_promises_more_frames_than_there_are(tmp_path: Path, save: Save, stack: Stack) -> None:
    path = ome(save, stack, TimeIncrement=1.0)
    with tifffile.TiffFile(path) as tif:
        xml = tif.ome_metadata
    assert xml
    other = save(stack[:5], "stopped.ome.tif", description=xml, metadata=None)
    with pytest.raises(S1RImagingError, match=r"stopped.*12 planes, but 5"):
        read_recording(other)


# Files per frame


def test_folder_in_natural_order(tmp_path: Path, stack: Stack) -> None:
    folder = tmp_path / "dish 3"
    folder.mkdir()
    for number, frame in enumerate(stack):
        tifffile.imwrite(folder / f"frame_{number}.tif", frame)
    (folder / "._frame_0.tif").write_bytes(b"resource fork")
    (folder / "notes.txt").write_text("agonist at 30 s")
    recording = check(folder, stack, frame_interval_s=DT)
    assert recording.name == "dish 3"
    files = [folder / f"frame_{number}.tif" for number in (5, 2, 9)]
    np.testing.assert_array_equal(counts(read_recording(files, frame_interval_s=1)), stack[[5, 2, 9]])
    np.testing.assert_array_equal(
        counts(read_recording([str(f) for f in files], frame_interval_s=1)), stack[[5, 2, 9]]
    )
    with pytest.raises(S1RImagingError, match="frame_interval_s="):
        read_recording(folder)


def test_folder_of_compressed_and_big_endian_frames(tmp_path: Path, stack: Stack) -> None:
    options: list[dict[str, Any]] = [{"compression": "zlib"}, {"byteorder": ">"}, {}, {"tile": (16, 16)}]
    for number, frame in enumerate(stack):
        tifffile.imwrite(tmp_path / f"{number}.tif", frame, **options[number % 4])
    check(tmp_path, stack, frame_interval_s=DT)


def test_frames_that_do_not_fit_are_named(tmp_path: Path, stack: Stack) -> None:
    for number in range(4):
        tifffile.imwrite(tmp_path / f"f{number}.tif", stack[number])
    odd = tmp_path / "f2.tif"
    for wrong, words in (
        (stack[2, :-1], "16 × 23"),
        (stack[2].astype(np.uint8), "8-bit"),
        (stack[2].astype(np.int16), "signed"),
        (stack[:3], "3 pages"),
        (np.zeros((17, 23, 3), np.uint8), "colour"),
    ):
        tifffile.imwrite(odd, wrong, photometric="rgb" if wrong.shape[-1] == 3 else "minisblack")
        with pytest.raises(S1RImagingError, match=rf"f2\.tif.*{words}"):
            read_recording(tmp_path, frame_interval_s=1)
    odd.write_bytes(b"")
    with pytest.raises(S1RImagingError, match=r"f2\.tif is empty"):
        read_recording(tmp_path, frame_interval_s=1)


def test_folders_without_frames(tmp_path: Path, stack: Stack) -> None:
    with pytest.raises(S1RImagingError, match="0 TIFF file"):
        read_recording(tmp_path, frame_interval_s=1)
    tifffile.imwrite(tmp_path / "all.tif", stack)
    with pytest.raises(S1RImagingError, match=r"1 TIFF file.*pass the file itself"):
        read_recording(tmp_path, frame_interval_s=1)
    store = tmp_path / "z.zarr"
    zarr.save_array(str(store), stack)
    with pytest.raises(S1RImagingError, match="is a Zarr array.*pass the array"):
        read_recording(store, frame_interval_s=1)


# Arrays


def test_arrays_work_in_place_of_files(tmp_path: Path, stack: Stack) -> None:
    store = zarr.create_array(str(tmp_path / "a.zarr"), data=stack, chunks=(4, 17, 23))
    for data in (stack, dask.array.from_array(stack, chunks=(5, 17, 23)), store, stack.tolist(), list(stack)):
        recording = read_recording(data, frame_interval_s=DT, events=[Event("ATP", 1.0)], name="a")
        np.testing.assert_array_equal(np.asarray(recording.data[:]), stack)
        assert recording.frame_interval_s == DT
        assert recording.events == (Event("ATP", 1.0),)
    lazy = dask.array.from_array(stack)
    assert read_recording(lazy, frame_interval_s=1).data is lazy
    with pytest.raises(ValueError, match="three axes"):
        read_recording(stack[None], frame_interval_s=1)
    with pytest.raises(ValueError, match="channel=1"):
        read_recording(stack, frame_interval_s=1, channel=1)


# What comes out


def test_name_source_and_record(save: Save, stack: Stack) -> None:
    path = ome(save, stack, TimeIncrement=0.5)
    recording = read_recording(path)
    assert (recording.name, recording.source) == ("rec", str(path))
    (step,) = recording.history
    assert (step.name, step.input_digest) == ("read_recording", None)
    assert step.options == {"frames_axis": "t", "path": str(path), "frame_interval_from": "OME TimeIncrement"}
    assert RecordingOptions().to_dict() == {"frames_axis": "t"}


def test_frames_can_be_pickled_and_read_from_threads(save: Save, stack: Stack) -> None:
    for options in ({}, {"compression": "zlib"}):
        data = read_recording(save(stack, **options), frame_interval_s=1).data
        again = pickle.loads(pickle.dumps(data))
        np.testing.assert_array_equal(again[3:5], stack[3:5])
        with ThreadPoolExecutor(4) as pool:
            frames = list(pool.map(lambda number, stack_=data: stack_[number], range(12)))
        np.testing.assert_array_equal(frames, stack)


indices = st.one_of(
    st.integers(-12, 11),
    st.slices(12),
    st.lists(st.integers(-12, 11), max_size=5),
    st.just(Ellipsis),
    st.tuples(st.slices(12), st.slices(17)),
    st.tuples(st.integers(-12, 11), st.integers(-17, 16), st.integers(-23, 22)),
    st.tuples(st.just(Ellipsis), st.integers(-23, 22)),
    st.tuples(st.lists(st.integers(0, 11), min_size=1, max_size=4), st.slices(17), st.integers(0, 22)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(key=indices, compressed=st.booleans())
def test_slicing_is_numpys(tmp_path: Path, stack: Stack, key: Any, compressed: bool) -> None:
    path = tmp_path / f"{compressed}.tif"
    if not path.exists():
        tifffile.imwrite(path, stack, compression="zlib" if compressed else None)
    data = read_recording(path, frame_interval_s=1).data
    expected = stack[np.array(key, dtype=int)] if isinstance(key, list) else stack[key]
    np.testing.assert_array_equal(data[key], expected)


def test_impossible_indices(save: Save, stack: Stack) -> None:
    data = read_recording(save(stack), frame_interval_s=1).data
    for key in (12, -13, None, (0, 0, 0, 0), (..., ...), (0, 17), ([0, 1], [2, 3]), np.zeros((2, 2), int)):
        with pytest.raises(IndexError):
            data[key]


# Writing


def test_write_then_read_is_identity(tmp_path: Path, stack: Stack) -> None:
    times = np.cumsum(np.random.default_rng(1).uniform(0.1, 1, 12))
    before = Recording(stack, time_s=times, pixel_size_um=0.325, bit_depth=12, saturation_level=4095, name="x")
    seen: list[int] = []
    write_recording(tmp_path / "out.ome.tif", before, progress=lambda _stage, done, _total: seen.append(done))
    after = read_recording(tmp_path / "out.ome.tif")
    np.testing.assert_array_equal(counts(after), stack)
    np.testing.assert_array_equal(after.time_s, times)
    assert (after.pixel_size_um, after.bit_depth, after.saturation_level) == (0.325, 12, 4095)
    assert seen == list(range(1, 13))
    assert [path.name for path in tmp_path.iterdir()] == ["out.ome.tif"]


def test_writing_that_is_stopped_leaves_nothing(tmp_path: Path, stack: Stack) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    recording = Recording(stack, time_s=np.arange(12.0))
    with pytest.raises(KeyboardInterrupt):
        write_recording(tmp_path / "out.ome.tif", recording, progress=stop)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(TypeError, match="int64"):
        write_recording(tmp_path / "out.ome.tif", Recording(stack.astype(np.int64), time_s=np.arange(12.0)))


# Real files


def test_real_fura_recording(reference_data: Path) -> None:
    path = reference_data / "calcium" / "adu340_4small_fura2_T128.tif"
    with pytest.raises(S1RImagingError, match="frame_interval_s="):
        read_recording(path)
    recording = check(path, tifffile.imread(path), frame_interval_s=0.15)
    assert recording.time_s[-1] == pytest.approx(127 * 0.15)
    assert recording.pixel_size_um is None


def test_real_single_image_is_no_recording(reference_data: Path) -> None:
    with pytest.raises(S1RImagingError, match="single frame"):
        read_recording(reference_data / "segmentation" / "img2d_img.tif", frame_interval_s=1)
