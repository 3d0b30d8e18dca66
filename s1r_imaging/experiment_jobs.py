"""The files of an experiment, and what is taken from each.

`plan_jobs`
    The files that a design names, each with its rows.
`Measured`
    What one of them gave: rows of the tables of `Experiment`.
`failed_job`
    The rows of a file that could not be measured, and why.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.calcium.responses import RESPONSE_DTYPES
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.flags import CellFlag
from s1r_imaging.io.results import Content
from s1r_imaging.recording import Event, Recording, Traces

RECORDING_DTYPES: dict[str, str] = {
    "recording": "object",
    "status": "object",
    "message": "object",
    "n_frames": "int64",
    "frame_interval_s": "float64",
    "n_cells": "int64",
    "n_responders": "int64",
    "peak_dff": "float64",
    "false_responder_rate": "float64",
    "max_shift_px": "float64",
    "n_moved_frames": "int64",
    "n_flagged": "int64",
    "flags": "int64",
    "flagged": "object",
    "labels_given": "bool",
}
"""Columns of `Experiment.recordings`; responders, peak and false-responder rate are of the compared event."""

MEAN_TRACE_DTYPES: dict[str, str] = {
    "recording": "object",
    "time_s": "float64",
    "mean_dff": "float64",
    "sd_dff": "float64",
    "n_cells": "int64",
}
"""Columns of `Experiment.mean_traces`."""


@dataclass(frozen=True, eq=False)
class Job:
    """A file of an experiment and the rows of the design that are about it.

    Attributes
    ----------
    name : str
        Name of the recording, or of the plate.
    rows : tuple of mapping
        Rows of the design: one, or one per well.
    source : Path or Recording
        What is read.
    labels : Path or None
        Cells that were given.
    """

    name: str
    rows: tuple[Mapping[Any, Any], ...]
    source: Path | Recording
    labels: Path | None = None

    @property
    def names(self) -> list[str]:
        """Names of its recordings: one, or one per well."""
        return [str(row["recording"]) for row in self.rows]

    @property
    def is_plate(self) -> bool:
        """Whether its rows are wells of a plate reader's file."""
        return given(self.rows[0], "well") is not None and not isinstance(self.source, Recording)


@dataclass(frozen=True, eq=False, kw_only=True)
class Measured:
    """What an experiment takes from one file.

    Attributes
    ----------
    recordings, responses, mean_traces : DataFrame
        Rows of the tables of the same name of `Experiment`.
    events : dict
        Recording to its events.
    digest : str or None
        Digest of what was read.
    picture : bytes or None
        PNG of the outlined cells; None for a plate.
    files : dict
        What can be kept of it: relative name to content, for `write_folder`.
    """

    recordings: pd.DataFrame
    responses: pd.DataFrame
    mean_traces: pd.DataFrame
    events: dict[str, tuple[Event, ...]]
    digest: str | None = None
    picture: bytes | None = None
    files: Mapping[str, Content] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Names of its recordings."""
        return self.recordings["recording"].tolist()


def given(row: Mapping[Any, Any], column: str) -> Any:
    """Return what a row of a design says in a column; None where it says nothing.

    >>> given({"well": float("nan")}, "well") is None
    True
    """
    value = row.get(column)
    return None if value is None or value != value or value == "" else value  # noqa: PLR0124  (NaN)


def plan_jobs(design: pd.DataFrame, recordings: Mapping[str, Recording] | Iterable[Recording] | None) -> list[Job]:
    """Return one job for each recording, and one for the wells of each plate reader's file.

    Parameters
    ----------
    design : DataFrame
        Checked design, with full paths.
    recordings : mapping or iterable of Recording, optional
        Recordings in memory by the name in the design; others are read from their file.

    Returns
    -------
    list of Job
        In the order of the design.

    Raises
    ------
    ValueError
        If a row has neither a recording of its name nor a file.
    """
    in_memory = _by_name(recordings)
    jobs: dict[Any, Job] = {}
    for row in design.to_dict("records"):
        name, file, well = str(row["recording"]), given(row, "file"), given(row, "well")
        labels = given(row, "labels")
        at = None if labels is None else Path(labels)
        if name in in_memory:
            jobs[name] = Job(name, (row,), in_memory[name], at)
        elif file is None:
            raise ValueError(
                f"design: recording {name!r} has no file, and recordings holds none of that name: expected a "
                "column 'file', or the recording in recordings=."
            )
        elif well is None:
            jobs[name] = Job(name, (row,), Path(file), at)
        else:
            key = (str(file), str(given(row, "plate") or ""))
            rows = jobs[key].rows if key in jobs else ()
            jobs[key] = Job(key[1] or Path(str(file)).stem, (*rows, row), Path(file))
    return list(jobs.values())


def failed_job(job: Job, error: Exception) -> Measured:
    """Return the rows of a file that could not be measured: no responses, and why.

    Parameters
    ----------
    job : Job
        The file and its rows of the design.
    error : Exception
        What went wrong.

    Returns
    -------
    Measured
        A row with status ``failed`` for each of its recordings.
    """
    expected = isinstance(error, S1RImagingError | ValueError)
    message = str(error) if expected and str(error) else f"{type(error).__name__}: {error}"
    rows = pd.DataFrame({"recording": job.names, "status": "failed", "message": message})
    return Measured(
        recordings=recording_table(rows),
        responses=pd.DataFrame(columns=list(RESPONSE_DTYPES)).astype(RESPONSE_DTYPES),
        mean_traces=pd.DataFrame(columns=list(MEAN_TRACE_DTYPES)).astype(MEAN_TRACE_DTYPES),
        events={},
    )


def recording_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Fill up the columns of `Experiment.recordings` that a job says nothing about."""
    nothing: dict[str, Any] = {"object": "", "int64": 0, "bool": False, "float64": np.nan}
    absent = {name: nothing[dtype] for name, dtype in RECORDING_DTYPES.items() if name not in rows}
    return rows.assign(**absent)[list(RECORDING_DTYPES)].astype(RECORDING_DTYPES)


def _by_name(recordings: Mapping[str, Recording] | Iterable[Recording] | None) -> dict[str, Recording]:
    if recordings is None:
        return {}
    pairs = (
        list(recordings.items())
        if isinstance(recordings, Mapping)
        else [(item.name, item) for item in _checked(recordings)]
    )
    found: dict[str, Recording] = {}
    for name, recording in pairs:
        _checked([recording])
        if str(name) in found:
            raise ValueError(f"recordings holds {name!r} twice: give each recording a name of its own.")
        found[str(name)] = recording
    return found


def _checked(recordings: Iterable[Any]) -> list[Recording]:
    found = list(recordings)
    for item in found:
        if not isinstance(item, Recording):
            raise TypeError(
                f"recordings holds a {type(item).__name__}: expected Recording; make one with "
                "read_recording(array, frame_interval_s=...)."
            )
    return found


def cell_flags(responses: pd.DataFrame) -> dict[str, Any]:
    """Say how many cells a recording has, and how many carry which flag at any event."""
    flags = responses.groupby("label", sort=False)["flags"].agg(np.bitwise_or.reduce).to_numpy(dtype=np.int64)
    counts = {flag.name.lower(): int(((flags & flag) != 0).sum()) for flag in CellFlag if flag.name}
    return {
        "n_cells": len(flags),
        "n_flagged": int((flags != 0).sum()),
        "flags": int(np.bitwise_or.reduce(flags, initial=0)),
        "flagged": ", ".join(f"{name} {count}" for name, count in counts.items() if count),
    }


def mean_traces_of(traces: Traces, names: Sequence[str]) -> pd.DataFrame:
    """Return mean and SD over the cells of each recording at each frame.

    Parameters
    ----------
    traces : Traces
        With ΔF/F0.
    names : sequence of str
        Recording of each row of the traces, or the one recording that all are of.

    Returns
    -------
    DataFrame
        Columns of `MEAN_TRACE_DTYPES`.
    """
    dff = traces.dff
    assert dff is not None  # noqa: S101  (compute_dff was called)
    of_cell = np.broadcast_to(np.asarray(names, dtype=object), traces.n_cells)
    tables = []
    for name in dict.fromkeys(names):
        own = dff[of_cell == name]
        known = np.isfinite(own)
        n = known.sum(axis=0)
        mean = np.where(known, own, 0.0).sum(axis=0) / np.where(n, n, np.nan)
        squares = (np.where(known, own - mean, 0.0) ** 2).sum(axis=0)
        columns = {
            "recording": name,
            "time_s": traces.time_s + _offset_s(traces, of_cell == name),
            "mean_dff": mean,
            "sd_dff": np.sqrt(squares / np.where(n > 1, n - 1.0, np.nan)),
            "n_cells": n,
        }
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True).astype(MEAN_TRACE_DTYPES)


def _offset_s(traces: Traces, is_own: NDArray[np.bool_]) -> float:
    """Return how much later than the time axis says a well was read; cells of a recording share its clock."""
    if "time_offset_s" not in traces.cells or not is_own.any():
        return 0.0
    return float(traces.cells["time_offset_s"].to_numpy(dtype=np.float64)[is_own].mean())


def joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put tables of the same columns below one another; empty ones among them must not change a type."""
    return pd.concat([table for table in tables if len(table)] or list(tables)[:1], ignore_index=True)
