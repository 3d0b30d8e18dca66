"""Files of microscope makers, and OME-Zarr: one road for all, whatever library reads them.

Each format has a module of its own that says what a file holds (`Contents`) and reads planes of it; which of the
planes are the frames, and when they were taken, is decided here. The libraries are optional: ``formats`` and
``distributed`` among the extras.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.axes import check_axes, choose_channel
from s1r_imaging.io.lazy import LazyFrames
from s1r_imaging.io.metadata import Facts, regular_times
from s1r_imaging.io.stack import naming_frame
from s1r_imaging.io.tiff import FramesAxis, naming_file

# Ending of the name: the module here that reads it, the library it needs, and the extra that brings it.
_FORMATS = {
    ".nd2": ("nd2", "nd2", "formats"),
    ".czi": ("czi", "czifile", "formats"),
    ".lif": ("lif", "liffile", "formats"),
    ".oib": ("oif", "oiffile", "formats"),
    ".oif": ("oif", "oiffile", "formats"),
    ".zarr": ("zarr", "zarr", "distributed"),
}
VENDOR_SUFFIXES = tuple(_FORMATS)


@dataclass(frozen=True, eq=False)
class Contents:
    """What a file holds, plane by plane.

    Attributes
    ----------
    sizes : mapping
        Length of each axis, the slowest first: some of T, C, Z, then Y and X.
    dtype : dtype
        Type of the counts.
    as_array : str
        How to read a part of it as an array, for messages.
    channels : tuple of str
        Names of the channels; empty where there is none.
    time_s : array, shape (n_planes,), or None
        When each plane was taken (s); NaN where the file does not say.
    time_from : str
        Where these times stand.
    interval_s : float or None
        Time between frames (s), where the file says no more.
    interval_from : str
        Where the interval stands.
    pixel_size_um, pixel_height_um : float or None
        Width and height of a pixel (µm).
    bit_depth : int or None
        Bits per pixel that the camera really delivers.
    """

    sizes: Mapping[str, int]
    dtype: np.dtype[Any]
    as_array: str
    channels: tuple[str, ...] = ()
    time_s: NDArray[np.float64] | None = None
    time_from: str = ""
    interval_s: float | None = None
    interval_from: str = ""
    pixel_size_um: float | None = None
    pixel_height_um: float | None = None
    bit_depth: int | None = None


# Given the numbers of the planes that are the frames.
MakeStack = Callable[[NDArray[np.intp]], Any]


@dataclass(frozen=True, eq=False)
class PlaneStack(LazyFrames):
    """A (T, Y, X) stack of planes in a file that a library reads, on demand.

    No file is kept open between two reads, so that it costs no memory, may be read by several threads, and can
    be pickled.

    Attributes
    ----------
    shape : tuple of int
        (T, Y, X).
    dtype : dtype
        Type of the counts.
    path : Path
        The file.
    planes : array, shape (T, …)
        Where each frame is; what this means only `read_planes` knows.
    read_planes : callable
        Takes `path`, rows of `planes`, and the array that gets their frames.
    """

    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    path: Path
    planes: NDArray[Any]
    read_planes: Callable[[Path, NDArray[Any], NDArray[Any]], None]

    def _read(self, frames: NDArray[np.intp]) -> NDArray[Any]:
        block = np.empty((len(frames), *self.shape[1:]), dtype=self.dtype)
        if len(frames):
            with naming_frame(self.path, int(frames[0])):
                self.read_planes(self.path, self.planes[frames], block)
        return block


def is_vendor_path(path: Path) -> bool:
    """Whether the name of a file or folder ends as those of the formats that are read here.

    >>> is_vendor_path(Path("dish.ND2")), is_vendor_path(Path("dish.ome.zarr")), is_vendor_path(Path("dish.tif"))
    (True, True, False)
    """
    return path.suffix.lower() in _FORMATS


def source_files(source: Path) -> list[Path]:
    """Return the files that a recording consists of: one, those of its folder, or one with a folder beside it.

    Parameters
    ----------
    source : Path
        A file or folder that exists.

    Returns
    -------
    list of Path
        Sorted by name.
    """
    if source.is_dir():
        found = source.rglob("*") if is_vendor_path(source) else source.iterdir()
        return sorted(path for path in found if path.is_file())
    beside = source.with_name(f"{source.name}.files") if source.suffix.lower() == ".oif" else None
    return [source, *sorted(beside.iterdir())] if beside is not None and beside.is_dir() else [source]


def open_vendor(path: Path, *, channel: int | str | None, frames_axis: FramesAxis) -> tuple[Any, Facts]:
    """Open a file of a microscope maker, or an OME-Zarr image, as a time series, without reading its pixels.

    Parameters
    ----------
    path : Path
        The file, or the folder ``*.zarr``.
    channel : int or str or None
        Number (from 0) or name of the channel; None for a file with one.
    frames_axis : {"t", "z", "c"}
        The axis of the file that runs over time.

    Returns
    -------
    stack : array_like, shape (T, Y, X)
        The frames, to be read on demand.
    facts : Facts
        What the file says about them.

    Raises
    ------
    S1RImagingError
        If the library that reads it is not installed, or the file cannot be used as it is; the sentence says
        what to do.
    ValueError
        If the file has no such channel.
    """
    contents, make_stack = _open_contents(path)
    return _as_series(path, contents, make_stack, channel, frames_axis.upper())


def channel_names(path: Path) -> tuple[str, ...]:
    """Return the names of the channels of a file that `open_vendor` opens, empty where it does not name them."""
    return _names(_open_contents(path)[0])


def _open_contents(path: Path) -> tuple[Contents, MakeStack]:
    if not path.exists():
        raise S1RImagingError(f"{path} does not exist.")
    room, library, extra = _FORMATS[path.suffix.lower()]
    reader = importlib.import_module(f"s1r_imaging.io.vendor_{room}")
    module = _library(path, library, extra)
    with naming_file(path):
        found: tuple[Contents, MakeStack] = reader.open_contents(path, module)
    return found


def _names(contents: Contents) -> tuple[str, ...]:
    n_channels = contents.sizes.get("C", 1)
    return contents.channels if len(contents.channels) == n_channels else ("",) * n_channels


def _library(path: Path, name: str, extra: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise S1RImagingError(
            f"{path} is read with the package {name}, which is not installed: pip install 's1r-imaging[{extra}]'."
        ) from error


def _as_series(
    path: Path, contents: Contents, make_stack: MakeStack, channel: int | str | None, wanted: str
) -> tuple[Any, Facts]:
    """Choose the planes that are the frames."""
    sizes = {axis: n for axis, n in contents.sizes.items() if n != 1 or axis in "YX"}
    check_axes(path, sizes, wanted, as_array=contents.as_array)
    axes = [axis for axis in contents.sizes if axis not in "YX"]
    lengths = [contents.sizes[axis] for axis in axes]
    planes: NDArray[np.intp] = np.arange(np.prod(lengths, dtype=np.intp)).reshape(lengths)
    number = 0
    if wanted != "C":
        number = choose_channel(path, _names(contents), channel)
    index = tuple(slice(None) if axis == wanted else number if axis == "C" else 0 for axis in axes)
    chosen: NDArray[np.intp] = planes[index]
    return make_stack(chosen), _facts(contents, chosen, wanted)


def _facts(contents: Contents, chosen: NDArray[np.intp], wanted: str) -> Facts:
    depth, dtype = contents.bit_depth, contents.dtype
    is_useful = depth is not None and dtype.kind in "iu" and 1 < depth < 8 * dtype.itemsize
    time_s, time_from = _times(contents, chosen, wanted)
    return Facts(
        time_s=time_s,
        time_from=time_from,
        pixel_size_um=contents.pixel_size_um,
        pixel_height_um=contents.pixel_height_um,
        bit_depth=depth if is_useful else None,
    )


def _times(
    contents: Contents, chosen: NDArray[np.intp], wanted: str
) -> tuple[NDArray[np.float64] | None, str | None]:
    if contents.time_s is not None:
        times = contents.time_s[chosen]
        if np.all(np.isfinite(times)) and np.all(np.diff(times) > 0):
            return times, contents.time_from
    if wanted == "T" and contents.interval_s is not None:
        return regular_times(contents.interval_s, len(chosen)), contents.interval_from
    return None, None
