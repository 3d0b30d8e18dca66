"""Zeiss CZI files; the library czifile reads their directory, and this module the planes.

Python 3.11 gets a czifile of 2019, which knows neither Zstandard, the compression that ZEN writes today, nor the
names that newer versions have. What is needed of the directory is alike in both; a plane is a header, metadata
and compressed pixels, which are read here, so that the same counts come out with either.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree import ElementTree as ET

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.units import to_micrometres, to_seconds
from s1r_imaging.io.vendor import Contents, MakeStack, PlaneStack

_AS_ARRAY = "read_recording(czifile.imread(path)[…], frame_interval_s=…)"

_AXES = "TCZ"
_PIXELS = {"gray8": np.uint8, "gray16": np.uint16, "gray32float": np.float32}
_SEGMENT = struct.Struct("<16sqq iiq 28x i")  # id, sizes; bytes of metadata, attachment, data; number of axes
_SEGMENT_BYTES, _FIXED_BYTES = 48, 240


@dataclass(frozen=True)
class _Tile:
    """One plane of the directory: where on the axes it is, and where in the file."""

    starts: dict[str, int]
    shape: tuple[int, int]
    place: tuple[object, ...]
    position: int
    compression: int


def open_contents(path: Path, czifile: Any) -> tuple[Contents, MakeStack]:
    """Say what a CZI file holds, and how its planes become a stack.

    Parameters
    ----------
    path : Path
        The file.
    czifile : module
        The library, of 2019 or newer.

    Returns
    -------
    contents : Contents
        What it holds.
    make_stack : callable
        Takes numbers of planes.

    Raises
    ------
    S1RImagingError
        If it holds several scenes or tiles, or colours, or planes are missing.
    """
    with czifile.CziFile(str(path)) as file:
        entries = [entry for entry in file.subblock_directory if not int(entry.pyramid_type)]
        dtype = _dtype(path, entries)
        tiles = [_tile(entry) for entry in entries]
        xml = ET.fromstring(file.metadata() or "<none/>")  # noqa: S314  (a local file of the user)
        stamps = _stamps(file)
    sizes, located = _arrange(path, tiles)
    time_s, time_from = _plane_times(path, sizes, located, stamps)
    channels = xml.findall(".//Information/Image/Dimensions/Channels/Channel")
    contents = Contents(
        sizes=sizes,
        dtype=dtype,
        as_array=_AS_ARRAY,
        channels=tuple(channel.get("Name", "") for channel in channels),
        time_s=time_s,
        time_from=time_from,
        interval_s=to_seconds(xml.findtext(".//Dimensions/T/Positions/Interval/Increment"), "s"),
        interval_from="CZI T increment",
        pixel_size_um=_scaling(xml, "X"),
        pixel_height_um=_scaling(xml, "Y"),
        bit_depth=_bit_depth(channels),
    )

    def make_stack(planes: NDArray[np.intp]) -> PlaneStack:
        return PlaneStack((len(planes), sizes["Y"], sizes["X"]), dtype, path, located[planes], read_planes)

    return contents, make_stack


def read_planes(path: Path, planes: NDArray[np.int64], block: NDArray[Any]) -> None:
    """Read planes, each given by the place of its segment in the file and its compression, into `block`."""
    with path.open("rb") as file:
        for row, (position, compression) in enumerate(planes.tolist()):
            _, data = _read_segment(file, position)
            block[row] = _decode(data, compression, block.dtype).reshape(block.shape[1:])


def _read_segment(file: BinaryIO, position: int, *, with_data: bool = True) -> tuple[bytes, bytes]:
    """Return the metadata (XML) and the stored pixels of a plane."""
    file.seek(position)
    kind, _, _, n_metadata, _, n_data, n_axes = _SEGMENT.unpack(file.read(_SEGMENT.size))
    if not kind.startswith(b"ZISRAWSUBBLOCK"):
        raise ValueError(f"no plane at byte {position}")
    file.seek(position + _SEGMENT_BYTES + max(_FIXED_BYTES, 32 + 20 * n_axes))
    return file.read(n_metadata), file.read(n_data) if with_data else b""


def _decode(data: bytes, compression: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    stored = dtype.newbyteorder("<")
    if compression == 0:
        return np.frombuffer(data, stored)
    if compression in (1, 4):
        decode = imagecodecs.jpeg8_decode if compression == 1 else imagecodecs.jpegxr_decode
        return np.asarray(decode(data))
    if compression == 5:
        return np.frombuffer(imagecodecs.zstd_decode(data), stored)
    if compression == 6:
        # A header of 1 or 3 bytes; in a long one the last bit says that low and high bytes were parted.
        is_parted = data[0] == 3 and bool(data[2] & 1)
        plain = imagecodecs.zstd_decode(data[data[0] :])
        if is_parted:
            plain = np.frombuffer(plain, np.uint8).reshape(dtype.itemsize, -1).T.tobytes()
        return np.frombuffer(plain, stored)
    raise ValueError(f"compression {compression} is not supported; save it again in ZEN")


def _dtype(path: Path, entries: list[Any]) -> np.dtype[Any]:
    kinds = {_pixel_type(entry) for entry in entries}
    if not kinds:
        raise S1RImagingError(f"{path} holds no image: export the recording again.")
    if len(kinds) > 1 or not kinds <= _PIXELS.keys():
        raise S1RImagingError(
            f"{path} holds pixels of type {', '.join(sorted(kinds))}: expected grey counts of one kind; export "
            "the grey recording."
        )
    return np.dtype(_PIXELS[kinds.pop()])


def _pixel_type(entry: Any) -> str:
    # An enumeration in newer versions; in that of 2019 a word that it takes from the type of the counts.
    kind = entry.pixel_type
    return str(getattr(kind, "name", kind)).lower()


def _tile(entry: Any) -> _Tile:
    names = tuple(entry.dims if hasattr(entry, "dims") else entry.axes)
    starts = dict(zip(names, (int(start) for start in entry.start), strict=True))
    shape = dict(zip(names, entry.stored_shape, strict=True))
    # S is the scene in the version of 2019, and the colours in newer ones, which have the scene beside.
    scene = getattr(entry, "scene_index", starts.get("S"))
    return _Tile(
        starts={axis: starts.get(axis, 0) for axis in _AXES},
        shape=(int(shape["Y"]), int(shape["X"])),
        place=(scene, entry.mosaic_index, *(starts[axis] for axis in names if axis not in "TCZYXS0")),
        position=int(entry.file_position),
        compression=int(entry.compression),
    )


def _arrange(path: Path, tiles: list[_Tile]) -> tuple[dict[str, int], NDArray[np.int64]]:
    """Return the length of each axis, and position and compression of each plane, shape (n_planes, 2)."""
    places = {tile.place for tile in tiles}
    shapes = {tile.shape for tile in tiles}
    if len(places) > 1 or len(shapes) > 1:
        raise S1RImagingError(
            f"{path} holds {max(len(places), len(shapes))} scenes, tiles or views: save one of them by itself "
            f"(ZEN: Processing > Split Scenes), or pass an array: {_AS_ARRAY}."
        )
    first = {axis: min(tile.starts[axis] for tile in tiles) for axis in _AXES}
    sizes = {axis: max(tile.starts[axis] for tile in tiles) - first[axis] + 1 for axis in _AXES}
    lengths = tuple(sizes.values())
    located = np.full((np.prod(lengths, dtype=np.intp), 2), -1, dtype=np.int64)
    for tile in tiles:
        index = tuple(tile.starts[axis] - first[axis] for axis in _AXES)
        located[np.ravel_multi_index(index, lengths)] = tile.position, tile.compression
    missing = int(np.sum(located[:, 0] < 0))
    if missing:
        raise S1RImagingError(
            f"{path} says that it holds {len(located)} planes, but {missing} are missing: it was stopped early; "
            "save the complete frames to a new file."
        )
    height, width = shapes.pop()
    return sizes | {"Y": height, "X": width}, located


def _plane_times(
    path: Path, sizes: dict[str, int], located: NDArray[np.int64], stamps: NDArray[np.float64] | None
) -> tuple[NDArray[np.float64] | None, str]:
    """Return when each plane was taken (s): the file's list of time stamps, or what stands beside each plane."""
    n_frames = sizes["T"]
    if stamps is not None and len(stamps) == n_frames and np.all(np.diff(stamps) > 0):
        return np.repeat(stamps, len(located) // n_frames), "CZI TimeStamps"
    with path.open("rb") as file:
        texts = [_read_segment(file, position, with_data=False)[0] for position in located[:, 0].tolist()]
    found = [re.search(rb"<AcquisitionTime>([-\d]+T[:.\d]+)", text) for text in texts]
    if not all(found):
        return None, ""
    taken = np.array([match[1].decode() for match in found if match], dtype="datetime64[ns]")
    seconds: NDArray[np.float64] = (taken - taken.min()) / np.timedelta64(1, "s")
    return seconds, "CZI AcquisitionTime"


def _stamps(file: Any) -> NDArray[np.float64] | None:
    """Return the file's list of time stamps (s), one per frame, whichever channel or plane."""
    if not file.header.attachment_directory_position:
        return None
    stamps = file.timestamps if hasattr(file, "timestamps") else next(_named(file, "TimeStamps"), None)
    return None if stamps is None else np.asarray(stamps, dtype=np.float64)


def _named(file: Any, name: str) -> Iterator[Any]:
    for attachment in file.attachments():
        if attachment.attachment_entry.name == name:
            yield attachment.data()


def _scaling(xml: ET.Element, axis: str) -> float | None:
    return to_micrometres(xml.findtext(f".//Scaling/Items/Distance[@Id='{axis}']/Value"), "m")


def _bit_depth(channels: list[ET.Element]) -> int | None:
    depths = {channel.findtext("ComponentBitCount", "") for channel in channels}
    depth = depths.pop() if len(depths) == 1 else ""
    return int(depth) if depth.isdigit() else None
