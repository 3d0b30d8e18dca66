"""What a TIFF file says about itself: channel names, frame times, pixel size, bit depth.

Each program has its own place for these. Whatever is absent, zero or contradictory stays unknown: the
reader asks the user rather than guess.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import tifffile
from numpy.typing import NDArray

from s1r_imaging.io.units import LARGEST_PIXEL_UM, time_factor, to_micrometres, to_seconds

_MAX_SAMPLE_VALUE = 281
_RESOLUTION_UNITS = {2: "inch", 3: "cm"}


@dataclass(frozen=True, eq=False)
class Facts:
    """What a file says; None where it does not.

    Attributes
    ----------
    time_s : array, shape (T,), or None
        Time of each frame (s).
    time_from : str or None
        Where the times stand, such as ``"OME DeltaT"``.
    pixel_size_um : float or None
        Edge of a pixel (µm).
    pixel_height_um : float or None
        Height of a pixel where it is not `pixel_size_um` (µm).
    bit_depth : int or None
        Bits per pixel that the camera really delivers.
    """

    time_s: NDArray[np.float64] | None = None
    time_from: str | None = None
    pixel_size_um: float | None = None
    pixel_height_um: float | None = None
    bit_depth: int | None = None


@dataclass(frozen=True)
class Selection:
    """Which planes of a file are the recording's frames.

    Attributes
    ----------
    axis : {"T", "Z", "C"}
        The axis that runs over time.
    n_frames : int
        Its length.
    channel : int
        The chosen channel.
    """

    axis: str
    n_frames: int
    channel: int


def read_channel_names(tif: tifffile.TiffFile, n_channels: int) -> tuple[str, ...]:
    """Return the names of the channels, empty where a file does not name them.

    Parameters
    ----------
    tif : tifffile.TiffFile
        An open file.
    n_channels : int
        How many it has.

    Returns
    -------
    tuple of str
        One name per channel.
    """
    names: list[str] = []
    if tif.is_ome:
        pixels = _ome_pixels(tif.ome_metadata or "")
        names = [part.get("Name", "") for part in (() if pixels is None else pixels) if _local(part) == "Channel"]
    elif tif.is_imagej:
        # Labels belong to planes, channels first; where they name channels the first ones differ.
        labels = [str(label) for label in (tif.imagej_metadata or {}).get("Labels") or ()]
        names = labels[:n_channels] if len(set(labels[:n_channels])) == n_channels else []
    return tuple(names) if len(names) == n_channels else ("",) * n_channels


def read_facts(tif: tifffile.TiffFile, selection: Selection) -> Facts:
    """Read what an open TIFF file says about the selected frames.

    Parameters
    ----------
    tif : tifffile.TiffFile
        An open file.
    selection : Selection
        Which planes are frames.

    Returns
    -------
    Facts
        What is known.
    """
    if tif.is_ome:
        facts = _ome_facts(tif.ome_metadata, selection)
    elif tif.is_imagej:
        facts = _imagej_facts(tif.imagej_metadata or {}, tif.pages.first, selection)
    elif tif.is_lsm:
        facts = _lsm_facts(tif.lsm_metadata or {}, selection)
    elif tif.is_stk:
        facts = _stk_facts(tif.stk_metadata or {}, selection)
    else:
        facts = Facts(pixel_size_um=_tag_pixel_size(tif.pages.first))
    depth = facts.bit_depth or _tag_bit_depth(tif.pages.first)
    return replace(facts, bit_depth=_useful_depth(depth, tif.pages.first))


def regular_times(interval_s: float, n_frames: int) -> NDArray[np.float64]:
    """Return the times of frames at a fixed interval, from 0."""
    times: NDArray[np.float64] = np.arange(n_frames, dtype=np.float64) * interval_s
    return times


def _useful_depth(depth: int | None, page: tifffile.TiffPage) -> int | None:
    """Drop a depth that only repeats the container's: programs write 16 there for any 16-bit file."""
    dtype = page.dtype
    if depth is None or dtype is None or dtype.kind not in "iu":
        return None
    return depth if 1 < depth < 8 * dtype.itemsize else None


def _increasing(times: NDArray[np.float64] | None) -> bool:
    return times is not None and bool(np.all(np.isfinite(times)) and np.all(np.diff(times) > 0))


def _ome_facts(xml: str | None, selection: Selection) -> Facts:
    pixels = _ome_pixels(xml or "")
    if pixels is None:
        return Facts()
    time_s, time_from = _ome_times(pixels, selection)
    depth = pixels.get("SignificantBits", "")
    width = to_micrometres(pixels.get("PhysicalSizeX"), pixels.get("PhysicalSizeXUnit", "µm"))
    height = to_micrometres(pixels.get("PhysicalSizeY"), pixels.get("PhysicalSizeYUnit", "µm"))
    return Facts(
        time_s=time_s,
        time_from=time_from,
        pixel_size_um=width,
        pixel_height_um=height,
        bit_depth=int(depth) if depth.isdigit() else None,
    )


def _ome_pixels(xml: str) -> ET.Element | None:
    try:
        root = ET.fromstring(xml)  # noqa: S314  (tifffile has parsed the same text before)
    except ET.ParseError:
        return None
    return next((part for part in root.iter() if _local(part) == "Pixels"), None)


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _ome_times(pixels: ET.Element, selection: Selection) -> tuple[NDArray[np.float64] | None, str | None]:
    times = np.full(selection.n_frames, np.nan)
    wanted = {"T": 0, "Z": 0, "C": selection.channel}
    del wanted[selection.axis]
    for plane in pixels:
        if _local(plane) != "Plane" or "DeltaT" not in plane.attrib:
            continue
        index = {axis: int(plane.get(f"The{axis}", 0)) for axis in "TZC"}
        frame = index.pop(selection.axis)
        factor = time_factor(plane.get("DeltaTUnit", "s"))
        if index == wanted and frame < len(times) and factor is not None:
            times[frame] = float(plane.get("DeltaT", "nan")) * factor
    if _increasing(times):
        return times, "OME DeltaT"
    step = to_seconds(pixels.get("TimeIncrement"), pixels.get("TimeIncrementUnit", "s"))
    if step is not None:
        return regular_times(step, selection.n_frames), "OME TimeIncrement"
    return None, None


def _imagej_facts(meta: Mapping[str, Any], page: tifffile.TiffPage, selection: Selection) -> Facts:
    # ImageJ writes tunit only when it is not seconds, and an interval of 0 for "not set".
    step = to_seconds(meta.get("finterval"), meta.get("tunit", "s"))
    unit = meta.get("unit", "pixel")
    return Facts(
        time_s=None if step is None else regular_times(step, selection.n_frames),
        time_from=None if step is None else "ImageJ finterval",
        pixel_size_um=_plausible(_pixel_length(page, "XResolution", unit)),
        pixel_height_um=_plausible(_pixel_length(page, "YResolution", meta.get("yunit", unit))),
    )


def _pixel_length(page: tifffile.TiffPage, tag: str, unit: str) -> float | None:
    numerator, denominator = page.tags.valueof(tag, (0, 0))
    return to_micrometres(denominator / numerator, unit) if numerator else None


def _plausible(size_um: float | None) -> float | None:
    return size_um if size_um is not None and size_um <= LARGEST_PIXEL_UM else None


def _lsm_facts(meta: Mapping[str, Any], selection: Selection) -> Facts:
    stamps = np.asarray(meta.get("TimeStamps", ()), dtype=np.float64)
    size = to_micrometres(meta.get("VoxelSizeX"), "m")
    height = to_micrometres(meta.get("VoxelSizeY"), "m")
    if selection.axis == "T" and len(stamps) == selection.n_frames and _increasing(stamps):
        return Facts(stamps - stamps[0], "LSM TimeStamps", size, height)
    return Facts(pixel_size_um=size, pixel_height_um=height)


def _stk_facts(meta: Mapping[str, Any], selection: Selection) -> Facts:
    created = np.asarray(meta.get("DatetimeCreated", ()))
    unit = meta.get("CalibrationUnits", "")
    size, height = (to_micrometres(meta.get(key), unit) for key in ("XCalibration", "YCalibration"))
    if len(created) == selection.n_frames and created.dtype.kind == "M":
        times = (created - created[0]) / np.timedelta64(1, "s")
        if _increasing(times):
            return Facts(times, "MetaMorph DatetimeCreated", size, height)
    return Facts(pixel_size_um=size, pixel_height_um=height)


def _tag_pixel_size(page: tifffile.TiffPage) -> float | None:
    unit = _RESOLUTION_UNITS.get(int(page.tags.valueof("ResolutionUnit", 1)), "")
    return _plausible(_pixel_length(page, "XResolution", unit))


def _tag_bit_depth(page: tifffile.TiffPage) -> int | None:
    bits = page.bitspersample
    if page.dtype is not None and bits < 8 * page.dtype.itemsize:
        return int(bits)
    top = page.tags.valueof(_MAX_SAMPLE_VALUE)
    top = top[0] if isinstance(top, tuple) else top
    # A full code such as 4095 is the camera's; any other number is the brightest pixel of that file.
    is_full_code = isinstance(top, int) and top > 0 and math.log2(top + 1).is_integer()
    return int(math.log2(top + 1)) if is_full_code else None
