"""What flows through the package: `Event`, `Recording` and `Traces`.

All three are frozen; make a changed one with `dataclasses.replace`.
"""

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from s1r_imaging.provenance import Step


@dataclass(frozen=True)
class Event:
    """A mark on the time axis: what was added, from when to when, at what concentration.

    Parameters
    ----------
    name : str
        What was added, for instance ``"PRE-084"``. Unique within a recording.
    start_s : float
        When it was added, on the recording's own time axis (s).
    end_s : float, optional
        When it was washed out (s); None when it stayed.
    concentration_M : float, optional
        Final concentration (mol/L).

    Raises
    ------
    ValueError
        If the name is empty, a time is not finite, the end is not after the start, or the
        concentration is not a positive number.

    Examples
    --------
    >>> Event("PRE-084", 30.0, concentration_M=1e-5)
    Event(name='PRE-084', start_s=30.0, end_s=None, concentration_M=1e-05)
    """

    name: str
    start_s: float
    end_s: float | None = None
    concentration_M: float | None = None

    def __post_init__(self) -> None:
        """Check the values."""
        name: object = self.name
        if not (isinstance(name, str) and name.strip()):
            raise ValueError(f"event name={self.name!r}: expected a word such as 'PRE-084'.")
        if not _is_number(self.start_s):
            raise ValueError(f"event {self.name!r}: start_s={self.start_s!r} is not a finite time in seconds.")
        if self.end_s is not None and not (_is_number(self.end_s) and self.end_s > self.start_s):
            raise ValueError(f"event {self.name!r}: end_s={self.end_s!r} is not after start_s={self.start_s!r}.")
        if self.concentration_M is not None and not (
            _is_number(self.concentration_M) and self.concentration_M > 0
        ):
            raise ValueError(
                f"event {self.name!r}: concentration_M={self.concentration_M!r} is not a positive number (mol/L)."
            )
        for key in ("start_s", "end_s", "concentration_M"):
            value = getattr(self, key)
            object.__setattr__(self, key, None if value is None else float(value))


@dataclass(frozen=True, eq=False)
class Recording:
    """A fluorescence recording: frames over time, never loaded whole.

    Parameters
    ----------
    data : array_like, shape (T, Y, X)
        Camera counts of a real number type: NumPy, memory map, Dask, Zarr, or any object with ``shape``,
        ``dtype`` and slicing along the first axis. Kept as it is.
    time_s : array_like, shape (T,)
        Time of each frame (s), finite and increasing.
    pixel_size_um : float, optional
        Edge of a (square) pixel (µm).
    saturation_level : float, optional
        The camera's top code; a pixel at or above it is saturated.
    bit_depth : int, optional
        Bits per pixel that the camera really delivers.
    events : iterable of Event
        What was added when; sorted by start.
    name : str
        Short name, the ``recording`` column of every table.
    source : str, optional
        The file or folder it came from.
    shifts_px : array_like, shape (T, 2), optional
        Displacement (y, x) of each frame that `correct_motion` found and removed (pixels).
    moved : array_like of bool, shape (T,), optional
        Frames during which the field jumped.
    history : tuple of Step
        How it was made.

    Raises
    ------
    TypeError
        If `data` is no array of real numbers or `events` holds something else than `Event`.
    ValueError
        If shapes do not agree, there are fewer than two frames, times do not increase, a number is
        not positive, two events share a name, or an event starts after the last frame.
    """

    data: Any
    _: KW_ONLY
    time_s: NDArray[np.float64]
    pixel_size_um: float | None = None
    saturation_level: float | None = None
    bit_depth: int | None = None
    events: tuple[Event, ...] = ()
    name: str = "recording"
    source: str | None = None
    shifts_px: NDArray[np.float64] | None = None
    moved: NDArray[np.bool_] | None = None
    history: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        """Check and normalise the fields."""
        data = check_stack(self.data)
        n_frames = int(data.shape[0])
        time_s = check_times(self.time_s, n_frames)
        _check_positive("pixel_size_um", self.pixel_size_um)
        _check_positive("saturation_level", self.saturation_level)
        _check_positive("bit_depth", self.bit_depth)
        set_field = object.__setattr__
        set_field(self, "data", data)
        set_field(self, "time_s", time_s)
        set_field(self, "events", check_events(self.events, time_s))
        set_field(self, "shifts_px", _optional(self.shifts_px, "shifts_px", (n_frames, 2), np.float64))
        set_field(self, "moved", _optional(self.moved, "moved", (n_frames,), np.bool_))
        set_field(self, "history", tuple(self.history))

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return int(self.data.shape[0])

    @property
    def frame_shape(self) -> tuple[int, int]:
        """Height and width of a frame (pixels)."""
        return int(self.data.shape[1]), int(self.data.shape[2])

    @property
    def frame_interval_s(self) -> float:
        """Median time between two frames (s)."""
        return float(np.median(np.diff(self.time_s)))


@dataclass(frozen=True, eq=False)
class Traces:
    """Fluorescence of each cell (or well) over time.

    Row *i* of every matrix belongs to the label ``cells.index[i]``.

    Parameters
    ----------
    time_s : array_like, shape (T,)
        Time of each frame (s), finite and increasing.
    f : array_like, shape (n_cells, T)
        Mean counts of the cell's pixels, as recorded: background is **not** subtracted here.
    f_background : array_like, shape (n_cells, T), optional
        Background under the cell (counts); zeros when not given.
    f0 : array_like, shape (n_cells, T), optional
        Baseline of the background-subtracted, bleaching-corrected fluorescence (counts).
    dff : array_like, shape (n_cells, T), optional
        ΔF/F0 (dimensionless); NaN where F0 is not clear of the noise.
    baseline : array_like of bool, shape (T,), optional
        Frames that F0 was taken from, where they are the same for all cells.
    cells : DataFrame, optional
        One row per cell, index ``label``; column ``flags`` holds `CellFlag` bits. Labels 1 to n_cells when
        not given.
    saturated : array_like of int, shape (n_cells, T), optional
        Number of the cell's pixels at the camera's top code in each frame.
    moved : array_like of bool, shape (T,), optional
        Frames during which the field jumped.
    events : iterable of Event
        What was added when.
    name : str
        Name of the recording.
    history : tuple of Step
        How they were made.

    Raises
    ------
    TypeError
        If `events` holds something else than `Event`.
    ValueError
        If shapes do not agree, labels repeat, or times do not increase.
    """

    time_s: NDArray[np.float64]
    f: NDArray[np.float64]
    _: KW_ONLY
    f_background: NDArray[np.float64] = None  # type: ignore[assignment]  # zeros, made in __post_init__
    f0: NDArray[np.float64] | None = None
    dff: NDArray[np.float64] | None = None
    baseline: NDArray[np.bool_] | None = None
    cells: pd.DataFrame = field(default=None)  # type: ignore[assignment]  # labels 1..n, made in __post_init__
    saturated: NDArray[np.int64] | None = None
    moved: NDArray[np.bool_] | None = None
    events: tuple[Event, ...] = ()
    name: str = "recording"
    history: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        """Check and normalise the fields."""
        f = _read_only(np.asarray(self.f, dtype=np.float64))
        if f.ndim != 2:
            raise ValueError(f"{f.shape=}: expected (n_cells, n_frames).")
        shape = f.shape
        time_s = check_times(self.time_s, shape[1])
        given: Any = self.f_background
        background = np.broadcast_to(0.0, shape) if given is None else given
        set_field = object.__setattr__
        set_field(self, "f", f)
        set_field(self, "time_s", time_s)
        set_field(self, "f_background", _optional(background, "f_background", shape, np.float64))
        set_field(self, "f0", _optional(self.f0, "f0", shape, np.float64))
        set_field(self, "dff", _optional(self.dff, "dff", shape, np.float64))
        set_field(self, "baseline", _optional(self.baseline, "baseline", (shape[1],), np.bool_))
        set_field(self, "saturated", _optional(self.saturated, "saturated", shape, np.int64))
        set_field(self, "moved", _optional(self.moved, "moved", (shape[1],), np.bool_))
        set_field(self, "cells", _check_cells(self.cells, shape[0]))
        set_field(self, "events", check_events(self.events, time_s))
        set_field(self, "history", tuple(self.history))

    @property
    def labels(self) -> NDArray[np.int64]:
        """Labels of the rows, shape (n_cells,)."""
        return self.cells.index.to_numpy(dtype=np.int64)

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return int(self.f.shape[0])

    @property
    def frame_interval_s(self) -> float:
        """Median time between two frames (s)."""
        return float(np.median(np.diff(self.time_s)))


def check_stack(data: Any) -> Any:
    """Return `data` when it can be read as (T, Y, X) counts; a nested list becomes an array.

    Parameters
    ----------
    data : array_like, shape (T, Y, X)
        The stack.

    Returns
    -------
    array_like, shape (T, Y, X)
        `data` itself when it has a shape and a type of its own.

    Raises
    ------
    TypeError
        If the numbers are not real.
    ValueError
        If there are not three axes, fewer than two frames, or empty frames.
    """
    stack = data if hasattr(data, "shape") and hasattr(data, "dtype") else np.asarray(data)
    kind = np.dtype(stack.dtype).kind
    if kind not in "iuf":
        raise TypeError(f"data has dtype {stack.dtype}: expected integer or floating-point counts.")
    shape = tuple(stack.shape)
    if len(shape) != 3:
        raise ValueError(
            f"data has shape {shape}: expected three axes (frames, height, width); "
            "select one channel and one z plane first."
        )
    if shape[0] < 2:
        raise ValueError(f"data has {shape[0]} frame(s): a recording over time needs at least 2.")
    if 0 in shape:
        raise ValueError(f"data has shape {shape}: the frames are empty.")
    return stack


def check_times(time_s: ArrayLike, n_frames: int) -> NDArray[np.float64]:
    """Return frame times as a read-only float array.

    Parameters
    ----------
    time_s : array_like, shape (T,)
        Times (s).
    n_frames : int
        Number of frames they must belong to.

    Returns
    -------
    array, shape (T,)
        A copy of the times (s).

    Raises
    ------
    ValueError
        If their number is not `n_frames`, or they are not finite and increasing.
    """
    times = np.array(time_s, dtype=np.float64)
    if times.shape != (n_frames,):
        raise ValueError(f"time_s has shape {times.shape}: expected one time per frame, ({n_frames},).")
    if not np.all(np.isfinite(times)):
        raise ValueError("time_s holds values that are not finite: expected the time of each frame in seconds.")
    if not np.all(np.diff(times) > 0):
        first = int(np.argmax(np.diff(times) <= 0))
        raise ValueError(
            f"time_s does not increase between frames {first} and {first + 1} "
            f"({times[first]:g} s, {times[first + 1]:g} s): sort the frames or correct their times."
        )
    times.setflags(write=False)
    return times


def check_events(events: Iterable[Event], time_s: NDArray[np.float64]) -> tuple[Event, ...]:
    """Return events sorted by start.

    Parameters
    ----------
    events : iterable of Event
        The events.
    time_s : array, shape (T,)
        The time axis they are on (s).

    Returns
    -------
    tuple of Event
        The earliest first.

    Raises
    ------
    TypeError
        If one is not an `Event`.
    ValueError
        If two share a name, or one starts after the last frame.
    """
    if isinstance(events, Event):
        raise TypeError(f"events={events!r}: expected a list of events; put it in brackets.")
    found = tuple(events)
    for event in found:
        if not isinstance(event, Event):
            raise TypeError(f"events holds {event!r}: expected Event(name, start_s), e.g. Event('PRE-084', 30.0).")
        if event.start_s > time_s[-1]:
            raise ValueError(
                f"event {event.name!r} starts at {event.start_s:g} s, but the recording ends at {time_s[-1]:g} s: "
                "give the start in seconds on the recording's own time axis."
            )
    names = [event.name for event in found]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two events are named {name!r}: give each a name of its own, e.g. '{name} 1'.")
    return tuple(sorted(found, key=lambda event: event.start_s))


def _is_number(value: Any) -> bool:
    is_real = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    return is_real and bool(np.isfinite(value))


def _check_positive(name: str, value: float | None) -> None:
    if value is not None and not (_is_number(value) and value > 0):
        raise ValueError(f"{name}={value!r}: expected a positive number.")


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view()
    view.setflags(write=False)
    return view


def _optional(value: Any, name: str, shape: tuple[int, ...], dtype: type) -> NDArray[Any] | None:
    if value is None:
        return None
    array: NDArray[Any] = np.asarray(value, dtype=dtype)
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}: expected {shape}.")
    return _read_only(array)


def _check_cells(cells: pd.DataFrame | None, n_cells: int) -> pd.DataFrame:
    table = pd.DataFrame(index=pd.RangeIndex(1, n_cells + 1)) if cells is None else cells.copy()
    if len(table) != n_cells:
        raise ValueError(f"cells has {len(table)} rows: expected one per row of f, {n_cells}.")
    if not table.index.is_unique:
        raise ValueError("cells.index holds a label twice: expected each label once.")
    if len(table) and table.index.dtype.kind not in "iu":
        raise ValueError(f"cells.index holds {table.index[0]!r}: expected whole numbers, the labels of the rows.")
    table.index = table.index.astype(np.int64).rename("label")
    if "flags" not in table:
        table["flags"] = np.zeros(n_cells, dtype=np.int64)
    return table
