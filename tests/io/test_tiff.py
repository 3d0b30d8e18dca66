from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.recording import read_recording
from tests.io.conftest import Save, Stack, check, counts, ome

DT = 0.5

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


def test_channels_are_listed_and_taken_by_number_or_name(save: Save, stack: Stack) -> None:
    two = np.stack([stack, stack + 1], axis=1)
    channels = {"Channel": {"Name": ["Fluo-4", "DIC"]}}
    path = ome(save, two, axes="TCYX", TimeIncrement=1.0, **channels)
    with pytest.raises(S1RImagingError, match=r"rec\.ome\.tif.*2 channels.*0: 'Fluo-4', 1: 'DIC'.*channel="):
        read_recording(path)
    for channel, number in ((0, 0), (1, 1), ("Fluo-4", 0), ("dic", 1), (np.int64(1), 1), ("1", 1)):
        check(path, two[:, number], channel=channel)
    for wrong in (2, -1, "GFP", "", "2"):
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
