"""One time axis for wells that were read at times of their own."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LARGEST_SPREAD = 1.5  # frame intervals; what starts later than that ran later, not in the same round


@dataclass(frozen=True, eq=False)
class Clocks:
    """Where each frame of each well stands in the file.

    Attributes
    ----------
    time_s : array, shape (n_frames,)
        Time of each frame: the median over wells (s).
    offset_s : array, shape (n_wells,)
        How much later than `time_s` a well is read, the median over frames (s).
    reads : array of int, shape (n_wells, n_frames)
        Number of the read of each well in each frame; -1 where it has none.
    runs : str
        ``"column"``, ``"row"`` or ``"well"`` where these were run one after another and each has its own clock;
        else empty.
    """

    time_s: NDArray[np.float64]
    offset_s: NDArray[np.float64]
    reads: NDArray[np.int64]
    runs: str


def align_wells(time_s: NDArray[np.float64], wells: tuple[str, ...], *, first_event_s: float | None) -> Clocks:
    """Assign the reads of every well to frames.

    Parameters
    ----------
    time_s : array, shape (n_wells, n_reads)
        When each well was read (s), increasing; NaN behind the last read.
    wells : tuple of str
        Names of the wells ("A1").
    first_event_s : float, optional
        When the first event begins (s): no frame holds reads from both sides of it.

    Returns
    -------
    Clocks
        Frames, their times, and the wells' offsets.

    Raises
    ------
    ValueError
        If the wells' times do not fit together.
    """
    times, runs = _own_clocks(time_s, wells)
    frames = _frames(times)
    reads, own = _placed(times, frames)
    if first_event_s is not None:
        reads, own = _on_event(reads, own, first_event_s)
    centre = np.median(own, axis=0)
    return Clocks(centre, np.round(np.median(own - centre, axis=1), 6), reads, runs)


def _interval(times: NDArray[np.float64]) -> float:
    return float(np.nanmedian(np.diff(times, axis=1)))


def _own_clocks(time_s: NDArray[np.float64], wells: tuple[str, ...]) -> tuple[NDArray[np.float64], str]:
    """Count time from the start of each column, row or well where they were run one after another."""
    keys: dict[str, Callable[[str], str]] = {
        "": lambda _: "",
        "column": lambda well: well[1:],
        "row": lambda well: well[0],
    }
    keys["well"] = lambda well: well
    starts, allowed = time_s[:, 0], _LARGEST_SPREAD * _interval(time_s)
    for runs, key in keys.items():
        names = np.array([key(well) for well in wells])
        begin = np.array([starts[names == name].min() for name in names])
        shift = begin - starts.min()
        if np.ptp(starts - shift) <= allowed:
            return time_s - shift[:, None], runs
    raise ValueError("the wells' first reads do not fit together")


def _frames(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return typical times of the frames, from the wells with the most reads."""
    counts = np.isfinite(times).sum(axis=1)
    frames: NDArray[np.float64] = np.median(times[counts == counts.max()][:, : counts.max()], axis=0)
    return frames


def _placed(
    times: NDArray[np.float64], frames: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Put reads into frames, by number where a well has them all, else into the nearest."""
    n_frames = len(frames)
    reads = np.tile(np.arange(n_frames), (len(times), 1))
    own = np.tile(frames, (len(times), 1))
    middle = (frames[1:] + frames[:-1]) / 2
    for place, row in enumerate(times):
        known = row[np.isfinite(row)]
        if len(known) == n_frames:
            own[place] = known
            continue
        at = np.searchsorted(middle, known)
        if len(np.unique(at)) < len(at):
            raise ValueError("some wells were read more often than others")
        reads[place] = -1
        reads[place, at] = np.arange(len(known))
        own[place] = frames + np.median(known - frames[at])
        own[place, at] = known
    return reads, own


def _on_event(
    reads: NDArray[np.int64], own: NDArray[np.float64], event_s: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Leave out first reads, so that all wells have as many reads before the event."""
    before = (own < event_s).sum(axis=1)
    late = before - before.min()
    if not late.any() or before.min() == 0:
        return reads, own
    n_frames = own.shape[1] - int(late.max())
    at = late[:, None] + np.arange(n_frames)
    return np.take_along_axis(reads, at, axis=1), np.take_along_axis(own, at, axis=1)
