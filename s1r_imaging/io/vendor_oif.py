"""Olympus OIF and OIB files, read with the library oiffile: a TIFF and a settings file for each plane."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.units import time_factor, to_micrometres, to_seconds
from s1r_imaging.io.vendor import Contents, MakeStack, PlaneStack

_AS_ARRAY = "read_recording(oiffile.imread(path)[…], frame_interval_s=…)"
_TIME_AXIS = "Axis 4 Parameters"


def open_contents(path: Path, oiffile: Any) -> tuple[Contents, MakeStack]:
    """Say what an OIF or OIB file holds, and how its planes become a stack.

    Parameters
    ----------
    path : Path
        The file; the folder of an OIF must lie beside it.
    oiffile : module
        The library.

    Returns
    -------
    contents : Contents
        What it holds.
    make_stack : callable
        Takes numbers of planes.

    Raises
    ------
    S1RImagingError
        If it holds several series, or other axes than time, channel and z.
    """
    with oiffile.OifFile(path) as file:
        series = file.series
        if len(series) != 1 or not set(series[0].axes) <= set("TCZ"):
            axes = ", ".join(item.axes for item in series)
            raise S1RImagingError(
                f"{path} holds {len(series)} series with axes {axes}: expected one over time; pass an array of "
                f"(frames, height, width): {_AS_ARRAY}."
            )
        names = list(series[0])
        sizes = dict(zip(series[0].axes, series[0].shape, strict=True))
        with file.open_file(names[0]) as stream:
            first = tifffile.imread(io.BytesIO(stream.read()))
        time_s = _plane_times(file, oiffile, names)
        settings = file.mainfile
    image = settings.get("Reference Image Parameter", {})
    depth = image.get("ValidBitCounts")
    contents = Contents(
        sizes=sizes | {"Y": first.shape[0], "X": first.shape[1]},
        dtype=first.dtype.newbyteorder("="),
        as_array=_AS_ARRAY,
        channels=_channels(settings, sizes.get("C", 1)),
        time_s=time_s,
        time_from="OIF AbsPositionValue",
        interval_s=_interval(settings),
        interval_from="OIF T axis",
        pixel_size_um=to_micrometres(image.get("WidthConvertValue"), image.get("WidthUnit")),
        pixel_height_um=to_micrometres(image.get("HeightConvertValue"), image.get("HeightUnit")),
        bit_depth=depth if isinstance(depth, int) else None,
    )

    def make_stack(planes: NDArray[np.intp]) -> PlaneStack:
        located = np.array(names)[planes]
        return PlaneStack((len(planes), *first.shape), contents.dtype, path, located, read_planes)

    return contents, make_stack


def read_planes(path: Path, planes: NDArray[Any], block: NDArray[Any]) -> None:
    """Read planes, each given by the name of its file, into `block`."""
    import oiffile  # noqa: PLC0415  (optional)

    with oiffile.OifFile(path) as file:
        for row, name in enumerate(planes.tolist()):
            with file.open_file(name) as stream:
                block[row] = tifffile.imread(io.BytesIO(stream.read()))


def _plane_times(file: Any, oiffile: Any, names: list[str]) -> NDArray[np.float64] | None:
    """Return when each plane was taken (s), from the settings beside it; None where one does not say."""
    times = np.full(len(names), np.nan)
    there = set(file.glob())
    for number, name in enumerate(names):
        beside = name.removesuffix(".tif") + ".pty"
        if beside not in there:
            return None
        with file.open_file(beside) as stream:
            axis = oiffile.SettingsFile(io.BytesIO(stream.read()), beside).get(_TIME_AXIS, {})
        factor = time_factor(axis.get("AbsPositionUnitName"))
        if factor is None:
            return None
        times[number] = float(axis.get("AbsPositionValue", np.nan)) * factor
    return times


def _interval(settings: Any) -> float | None:
    axis = settings.get(f"{_TIME_AXIS} Common", {})
    steps = int(axis.get("MaxSize", 0)) - 1
    if steps < 1:
        return None
    return to_seconds((axis.get("EndPosition", 0) - axis.get("StartPosition", 0)) / steps, axis.get("UnitName"))


def _channels(settings: Any, n_channels: int) -> tuple[str, ...]:
    found = (settings.get(f"Channel {number + 1} Parameters", {}) for number in range(n_channels))
    return tuple(str(channel.get("DyeName") or channel.get("CH Name") or "") for channel in found)
