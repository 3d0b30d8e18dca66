"""Leica LIF files: the library liffile reads their description, the pixels lie in the file as they are."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.stack import FrameStack
from s1r_imaging.io.units import to_micrometres, to_seconds
from s1r_imaging.io.vendor import Contents, MakeStack

_AS_ARRAY = "read_recording(liffile.LifFile(path).images['name'].asarray()[…], frame_interval_s=…)"
_AXIS_OF_ID = {"1": "X", "2": "Y", "3": "Z", "4": "T"}
_DESCRIPTION = "./Data/Image/ImageDescription/"


def open_contents(path: Path, liffile: Any) -> tuple[Contents, MakeStack]:
    """Say what a LIF file holds, and how its planes become a stack.

    Parameters
    ----------
    path : Path
        The file.
    liffile : module
        The library.

    Returns
    -------
    contents : Contents
        What its only series over time holds, or its only image.
    make_stack : callable
        Takes numbers of planes.

    Raises
    ------
    S1RImagingError
        If several of its images may be meant, or what is in it are no planes of grey counts.
    """
    with liffile.LifFile(path) as file:
        image = _only_image(path, list(file.images))
        dimensions = _dimensions(path, image.xml_element)
        channels = image.xml_element.findall(f"{_DESCRIPTION}Channels/ChannelDescription")
        start = int(image.memory_block.offset)
        stamps = image.timestamps
    dtype = _dtype(path, channels)
    if _step(dimensions["X"]) != dtype.itemsize or _step(dimensions["Y"]) != dtype.itemsize * _n(dimensions["X"]):
        raise S1RImagingError(f"{path} holds colours or lines in pieces, no planes of counts: export it as TIFF.")
    outer = [axis for axis in dimensions if axis not in "YX"]
    sizes = {axis: _n(dimensions[axis]) for axis in outer} | {"C": max(1, len(channels))}
    offsets = np.full((), start, dtype=np.int64)
    for axis in outer:
        offsets = offsets[..., np.newaxis] + np.arange(sizes[axis]) * _step(dimensions[axis])
    offsets = offsets[..., np.newaxis] + np.array([_step(channel) for channel in channels], dtype=np.int64)
    height, width = _n(dimensions["Y"]), _n(dimensions["X"])
    contents = Contents(
        sizes=sizes | {"Y": height, "X": width},
        dtype=dtype,
        as_array=_AS_ARRAY,
        channels=tuple(channel.get("LUTName", "") for channel in channels),
        time_s=_plane_times(stamps, sizes),
        time_from="LIF TimeStamps",
        interval_s=_interval(dimensions.get("T")),
        interval_from="LIF T dimension",
        pixel_size_um=_pixel_size(dimensions["X"]),
        pixel_height_um=_pixel_size(dimensions["Y"]),
        bit_depth=int(channels[0].get("Resolution", 0)) or None,
    )

    def make_stack(planes: NDArray[np.intp]) -> FrameStack:
        return FrameStack(
            shape=(len(planes), height, width),
            dtype=dtype,
            files=(path,),
            file_index=np.zeros(len(planes), dtype=np.intp),
            offsets=offsets.ravel()[planes],
            byte_order="<",
        )

    return contents, make_stack


def _only_image(path: Path, images: list[Any]) -> Any:
    """Return the only image that runs over time: snapshots beside it are not what is meant."""
    series = [image for image in images if image.sizes.get("T", 1) > 1] or images
    if len(series) != 1:
        names = ", ".join(repr(str(image.name)) for image in series[:6])
        raise S1RImagingError(
            f"{path} holds {len(series)} recordings ({names}{', …' if len(series) > 6 else ''}): save one of them "
            f"to a file in LAS X, or pass it as an array: {_AS_ARRAY}."
        )
    return series[0]


def _dimensions(path: Path, image: ET.Element) -> dict[str, ET.Element]:
    """Return the axes that are longer than 1, and height and width; the slowest first."""
    found = image.findall(f"{_DESCRIPTION}Dimensions/DimensionDescription")
    named = {_AXIS_OF_ID.get(str(item.get("DimID")), "?"): item for item in found if _n(item) > 1}
    if not {"X", "Y"} <= named.keys() or "?" in named or len(named) < sum(_n(item) > 1 for item in found):
        raise S1RImagingError(
            f"{path} holds other axes than time, z, height and width (positions, wavelengths, lines): pass an "
            f"array of (frames, height, width): {_AS_ARRAY}."
        )
    return dict(sorted(named.items(), key=lambda item: -_step(item[1])))


def _dtype(path: Path, channels: list[ET.Element]) -> np.dtype[Any]:
    kinds = {(item.get("DataType", ""), (int(item.get("Resolution", 0)) + 7) // 8) for item in channels}
    known = {("0", 1): "uint8", ("0", 2): "uint16", ("1", 4): "float32"}
    if len(kinds) != 1 or not kinds <= known.keys():
        raise S1RImagingError(f"{path} holds pixels of an unknown type or of several: export it as TIFF.")
    return np.dtype(known[kinds.pop()])


def _plane_times(stamps: Any, sizes: dict[str, int]) -> NDArray[np.float64] | None:
    """Return when each plane was taken (s): LAS writes one stamp per plane, or one per frame."""
    n_planes = int(np.prod(list(sizes.values()), dtype=np.intp))
    if stamps is None or len(stamps) not in (n_planes, sizes.get("T")):
        return None
    seconds = (stamps - stamps[0]) / np.timedelta64(1, "s")
    if len(stamps) == n_planes:
        return np.asarray(seconds, dtype=np.float64)
    index = np.unravel_index(np.arange(n_planes), tuple(sizes.values()))[list(sizes).index("T")]
    return np.asarray(seconds[index], dtype=np.float64)


def _interval(dimension: ET.Element | None) -> float | None:
    return None if dimension is None else to_seconds(_length(dimension), dimension.get("Unit", "s"))


def _pixel_size(dimension: ET.Element) -> float | None:
    return to_micrometres(_length(dimension), dimension.get("Unit"))


def _length(dimension: ET.Element) -> float:
    """Return the distance between two elements; Leica writes that from the first to the last."""
    return abs(float(dimension.get("Length", 0))) / (_n(dimension) - 1)


def _n(dimension: ET.Element) -> int:
    return int(dimension.get("NumberOfElements", 1))


def _step(part: ET.Element) -> int:
    return int(part.get("BytesInc", 0))
