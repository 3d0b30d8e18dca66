"""Open a recording: a TIFF file, a folder or list of frames, or an array."""

import math
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import tifffile
from numpy.typing import ArrayLike, NDArray

from s1r_imaging.errors import MissingOptionError
from s1r_imaging.io.files import write_file
from s1r_imaging.io.metadata import Facts, regular_times
from s1r_imaging.io.sequence import list_frames, open_sequence
from s1r_imaging.io.stack import FrameStack
from s1r_imaging.io.tiff import open_tiff
from s1r_imaging.io.vendor import VENDOR_SUFFIXES, is_vendor_path, open_vendor
from s1r_imaging.options import Options, option
from s1r_imaging.progress import Progress, silent
from s1r_imaging.provenance import Step
from s1r_imaging.recording import Event, Recording, check_stack

RECORDING_SUFFIXES = (".tif", ".tiff", ".btf", ".tf8", ".stk", ".lsm", *VENDOR_SUFFIXES)
"""Endings of the names of files that `read_recording` opens."""

_OME_TYPES = ("int8", "int16", "int32", "uint8", "uint16", "uint32", "float32", "float64")
_CLASSIC_TIFF_BYTES = (1 << 32) - (1 << 26)  # beyond it offsets need BigTIFF; 64 MB are left for the directory


@dataclass(frozen=True, kw_only=True)
class RecordingOptions(Options):
    """How a recording is read; what is not given comes from the file."""

    section: ClassVar[str] = "recording"

    channel: int | str | None = option(None, "Number (from 0) or name of the channel to read.")
    frame_interval_s: float | None = option(
        None, "Time between two frames (s); overrides what the file says.", gt=0, lt=math.inf
    )
    pixel_size_um: float | None = option(
        None, "Edge of a pixel (µm); overrides what the file says.", gt=0, lt=math.inf
    )
    saturation_level: float | None = option(
        None, "The camera's top code; a pixel at or above it is saturated.", gt=0, lt=math.inf
    )
    frames_axis: Literal["t", "z", "c"] = option(
        "t", "Axis of the file that runs over time; z or c where a program saved frames as slices or channels."
    )
    name: str | None = option(None, "Name of the recording in the tables; the file's name when not given.")


def read_recording(
    path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | ArrayLike,
    *,
    channel: int | str | None = RecordingOptions.channel,
    frame_interval_s: float | None = RecordingOptions.frame_interval_s,
    time_s: ArrayLike | None = None,
    pixel_size_um: float | None = RecordingOptions.pixel_size_um,
    saturation_level: float | None = RecordingOptions.saturation_level,
    frames_axis: Literal["t", "z", "c"] = RecordingOptions.frames_axis,
    events: Iterable[Event] = (),
    name: str | None = RecordingOptions.name,
) -> Recording:
    """Open a recording without reading its pixels.

    Reads the TIFF family: plain, ImageJ hyperstacks (also beyond 4 GB), OME-TIFF, BigTIFF, MetaMorph STK
    and LSM, plain, tiled or compressed, in either byte order. The counts are those of the file: display
    ranges, colour tables and an inverted grey scale do not change them; signed counts that ImageJ stored
    with 32768 added are given as they were recorded.

    Parameters
    ----------
    path : path, list of paths, or array_like
        A file; a folder with one file per frame, taken in natural order (``frame_2`` before ``frame_10``);
        a list of such files, taken in the given order; or a (T, Y, X) NumPy, Dask or Zarr array.
    channel : int or str, optional
        Number (from 0) or name of the channel, for a file with several.
    frame_interval_s : float, optional
        Time between two frames (s). Needed where the file does not say it; overrides the file.
    time_s : array_like, shape (T,), optional
        Time of each frame (s), instead of `frame_interval_s`.
    pixel_size_um : float, optional
        Edge of a pixel (µm); overrides the file.
    saturation_level : float, optional
        The camera's top code. From the file's bit depth where it says one below its container's, such as
        4095 for 12 bits; otherwise left open.
    frames_axis : {"t", "z", "c"}
        The axis of the file that runs over time. ImageJ often saves a time series as z slices; such a file
        is refused unless ``frames_axis="z"`` says that its slices are frames.
    events : iterable of Event
        What was added when.
    name : str, optional
        Name of the recording; the file's or folder's name without its suffix when not given.

    Returns
    -------
    Recording
        Frames that are read on demand, with times, pixel size and saturation level. The last step of its
        history says where the times came from.

    Raises
    ------
    S1RImagingError
        If a file is missing, damaged, cut short or of no format that is read; if the package that reads it is
        not installed; if it is no single-channel time series and nothing says what to take; or if the time
        between frames is not known.
    TypeError
        If `path` is neither a path, a list of paths nor an array of real numbers.
    ValueError
        If an option is out of its range, or the file has no such channel.

    Warns
    -----
    UserWarning
        If the file's pixels are not square; the size is then left open.

    Notes
    -----
    Frame times are taken from, in this order: `time_s`; `frame_interval_s`; the file's own time of each
    plane (OME ``DeltaT``, LSM, MetaMorph, ND2, CZI, LIF, OIF) where all are there and increase; the file's
    interval (OME ``TimeIncrement`` [1]_, ImageJ ``finterval``, ND2's nominal period, the scale of an OME-Zarr's
    time axis …) where it is positive. An interval is never guessed.

    References
    ----------
    .. [1] Goldberg I.G. et al. (2005) The Open Microscopy Environment (OME) data model and XML file.
           Genome Biology 6:R47. https://doi.org/10.1186/gb-2005-6-5-r47

    Examples
    --------
    >>> import numpy as np
    >>> recording = read_recording(np.zeros((10, 4, 4), np.uint16), frame_interval_s=0.5)
    >>> recording.frame_interval_s, recording.frame_shape
    (0.5, (4, 4))
    """
    options = RecordingOptions(
        channel=channel,
        frame_interval_s=_number(frame_interval_s),
        pixel_size_um=_number(pixel_size_um),
        saturation_level=_number(saturation_level),
        frames_axis=frames_axis,
        name=name,
    )
    if time_s is not None and frame_interval_s is not None:
        raise ValueError(f"{frame_interval_s=} and time_s are both given: pass one of them.")
    data, facts, source = _open(path, options)
    times, times_from = _times(data, facts, options, time_s, source)
    depth = facts.bit_depth
    step_options = options.to_dict() | {"path": source or "array", "frame_interval_from": times_from}
    return Recording(
        data,
        time_s=times,
        pixel_size_um=options.pixel_size_um or _square_pixel(facts, source),
        saturation_level=options.saturation_level or (float(2**depth - 1) if depth else None),
        bit_depth=depth,
        events=tuple(events),
        name=options.name or _default_name(path, source),
        source=source,
        history=(Step(name="read_recording", options=step_options),),
    )


def _number(value: Any) -> Any:
    """Return NumPy's numbers as Python's; everything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


def _open(path: Any, options: RecordingOptions) -> tuple[Any, Facts, str | None]:
    if isinstance(path, str | os.PathLike):
        place = Path(path)
        if is_vendor_path(place):
            return *open_vendor(place, channel=options.channel, frames_axis=options.frames_axis), str(place)
        if place.is_dir():
            return *_open_frames(list_frames(place), options), str(place)
        return *open_tiff(place, channel=options.channel, frames_axis=options.frames_axis), str(place)
    if isinstance(path, list | tuple) and any(isinstance(item, str | os.PathLike) for item in path):
        files = tuple(Path(item) for item in path)
        return *_open_frames(files, options), str(files[0])
    if not isinstance(path, list | tuple) and not hasattr(path, "shape"):
        raise TypeError(
            f"path={path!r}: expected a file, a folder, a list of files, or an array of (frames, height, width)."
        )
    _refuse_axis_options(options, "an array")
    return check_stack(path), Facts(), None


def _open_frames(files: Sequence[Path], options: RecordingOptions) -> tuple[FrameStack, Facts]:
    _refuse_axis_options(options, "single-frame files")
    return open_sequence(files)


def _refuse_axis_options(options: RecordingOptions, what: str) -> None:
    if options.channel not in (None, 0):
        raise ValueError(f"channel={options.channel!r}: {what} have no channels; pass the frames of one channel.")
    if options.frames_axis != "t":
        raise ValueError(f"frames_axis={options.frames_axis!r}: {what} have frames only; leave it out.")


def _times(
    data: Any, facts: Facts, options: RecordingOptions, time_s: ArrayLike | None, source: str | None
) -> tuple[NDArray[np.float64], str]:
    if time_s is not None:
        return np.asarray(time_s, dtype=np.float64), "time_s"
    if options.frame_interval_s is not None:
        return regular_times(options.frame_interval_s, int(data.shape[0])), "frame_interval_s"
    if facts.time_s is not None and facts.time_from is not None:
        return facts.time_s, facts.time_from
    raise MissingOptionError(
        f"{source or 'the array'} does not say how much time lies between two frames: pass frame_interval_s= in "
        "seconds, e.g. frame_interval_s=0.5 (--frame-interval-s 0.5).",
        option="frame_interval_s",
    )


def _square_pixel(facts: Facts, source: str | None) -> float | None:
    width, height = facts.pixel_size_um, facts.pixel_height_um
    if width is not None and height is not None and abs(width - height) > 0.01 * width:
        warnings.warn(
            f"{source} has pixels of {width:g} × {height:g} µm, which are not square: the pixel size is left "
            "open; pass pixel_size_um= to set one.",
            UserWarning,
            stacklevel=3,
        )
        return None
    return width


def _default_name(given: Any, source: str | None) -> str:
    if source is None:
        return "recording"
    path = Path(source)
    if path.is_dir() and not is_vendor_path(path):
        return path.resolve().name or "recording"
    if not isinstance(given, str | os.PathLike):
        return path.resolve().parent.name or "recording"
    return recording_name(path)


def recording_name(path: str | os.PathLike[str]) -> str:
    """Return the name that a recording has by its file: without the suffixes of the TIFF family.

    >>> recording_name("monday/dish 1.ome.tif"), recording_name("dish 1.5.tiff")
    ('dish 1', 'dish 1.5')
    """
    name = Path(path).name
    for suffix in (*RECORDING_SUFFIXES, ".ome"):
        if name.lower().endswith(suffix):
            name = name[: -len(suffix)]
    return name or "recording"


def write_recording(path: str | os.PathLike[str], recording: Recording, *, progress: Progress = silent) -> None:
    """Write a recording as OME-TIFF with its frame times, pixel size and bit depth.

    Parameters
    ----------
    path : path
        The file to write, named ``*.ome.tif`` by custom; it appears when it is complete.
    recording : Recording
        What to write; it is read frame by frame.
    progress : callable
        Told how many frames are written.

    Raises
    ------
    S1RImagingError
        If the file cannot be written.
    TypeError
        If OME-TIFF has no such number type (64-bit integers, half precision).
    """
    dtype = np.dtype(recording.data.dtype).newbyteorder("=")
    if dtype.name not in _OME_TYPES:
        raise TypeError(f"data has dtype {dtype}: OME-TIFF holds {', '.join(_OME_TYPES)}; convert it first.")
    shape = (recording.n_frames, *recording.frame_shape)
    metadata: dict[str, Any] = {
        "axes": "TYX",
        "Name": recording.name,
        "Plane": {"DeltaT": recording.time_s.tolist(), "DeltaTUnit": ["s"] * recording.n_frames},
    }
    if recording.pixel_size_um is not None:
        metadata |= {f"PhysicalSize{axis}": recording.pixel_size_um for axis in "XY"}
        metadata |= {f"PhysicalSize{axis}Unit": "µm" for axis in "XY"}
    if recording.bit_depth is not None:
        metadata["SignificantBits"] = recording.bit_depth
    is_big = math.prod(shape) * dtype.itemsize >= _CLASSIC_TIFF_BYTES

    def frames() -> Iterator[NDArray[Any]]:
        for number in range(shape[0]):
            yield np.asarray(recording.data[number], dtype=dtype)
            progress("writing", number + 1, shape[0])

    def write(target: Path) -> None:
        tifffile.imwrite(
            target, frames(), shape=shape, dtype=dtype, ome=True, bigtiff=is_big, photometric="minisblack",
            metadata=metadata,
        )  # fmt: skip

    write_file(path, write)
