"""What a session has to show on the plot. No Qt, no Matplotlib."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_plugin.session import Session
from s1r_imaging.plots.heatmap import order_of_cells
from s1r_imaging.plots.style import DFF_LABEL
from s1r_imaging.plots.tables import called, numbers, rows_of_traces
from s1r_imaging.recording import Event, Traces

QUANTITIES: Mapping[str, str] = {"dff": DFF_LABEL, "net": "F − background (counts)", "f": "F (counts)"}
"""Quantity to what stands on its axis."""


@dataclass(frozen=True, eq=False)
class Content:
    """Traces of one quantity.

    Attributes
    ----------
    traces : Traces
        Where they come from.
    quantity : str
        One of `QUANTITIES`.
    values : array, shape (n_cells, T)
        What is drawn; NaN where there is nothing.
    responses : DataFrame or None
        Responses of the cells.
    events : tuple of Event
        Stimuli as they are set now; those that the responses belong to are in `traces`.
    """

    traces: Traces
    quantity: str
    values: NDArray[np.float64]
    responses: pd.DataFrame | None = None
    events: tuple[Event, ...] = ()

    @property
    def time_s(self) -> NDArray[np.float64]:
        """Time of each frame (s)."""
        return self.traces.time_s

    @property
    def labels(self) -> NDArray[np.int64]:
        """Label of each row."""
        return self.traces.labels

    def row_of(self, label: int) -> int | None:
        """Return the row of a cell; None where it has no trace."""
        rows = np.flatnonzero(self.labels == label)
        return int(rows[0]) if len(rows) else None

    def responders(self) -> NDArray[np.bool_]:
        """Return which rows respond to anything."""
        if self.responses is None:
            return np.zeros(len(self.labels), dtype=np.bool_)
        return np.isin(self.labels, self.responses["label"][called(self.responses)])

    def order(self, by: str) -> NDArray[np.int64]:
        """Return rows from top to bottom: ``"label"``, or ``"response"`` as on the library's heat map."""
        if by == "response" and self.responses is not None and len(self.responses):
            rows, _ = rows_of_traces(self.traces, self.responses, None)
            return order_of_cells(rows, len(self.labels))[0]
        return np.argsort(self.labels, kind="stable")

    def marks(self, label: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the times of onset and of peak of the responses of a cell (s)."""
        if self.responses is None:
            return np.empty(0), np.empty(0)
        rows = self.responses[(self.responses["label"] == label) & called(self.responses)]
        starts = {event.name: event.start_s for event in self.traces.events}
        first = self.time_s[0]  # a recording without events is measured from its first frame
        begin = np.array([starts.get(str(name), first) for name in rows["event"]])
        onset, peak = begin + numbers(rows, "onset_s"), begin + numbers(rows, "time_to_peak_s")
        return onset[np.isfinite(onset)], peak[np.isfinite(peak)]

    def words(self, label: int, time_s: float) -> str:
        """Return what is read off a trace at a time."""
        row, frame = self.row_of(label), int(np.argmin(np.abs(self.time_s - time_s)))
        if row is None:
            return ""
        name, _, unit = QUANTITIES[self.quantity].partition(" (")
        value = f"{self.values[row, frame]:.4g} {unit.rstrip(')')}".strip()
        return f"Cell {label}: {name} = {value} at {self.time_s[frame]:.4g} s"


def is_same(one: Content, other: Content) -> bool:
    """Return whether nothing was computed or set between two looks at a session."""
    kept = one.traces is other.traces and one.responses is other.responses
    return kept and one.quantity == other.quantity and one.events == other.events


def changed_rows(before: Content, after: Content) -> list[int] | None:
    """Return the rows whose values changed or are new; None where more than values did.

    Parameters
    ----------
    before, after : Content
        What was shown, and what is to be shown.

    Returns
    -------
    list of int or None
        Rows of `after`.
    """
    same = before.quantity == after.quantity and before.responses is after.responses
    if not same or before.events != after.events or not np.array_equal(before.time_s, after.time_s):
        return None
    place = pd.Index(before.labels).get_indexer(pd.Index(after.labels))  # -1 for a cell that is new
    old, new = np.take(before.values, place, axis=0), np.asarray(after.values)
    differs = ((old != new) & ~(np.isnan(old) & np.isnan(new))).any(axis=1)
    rows: list[int] = np.flatnonzero(differs | (place < 0)).tolist()
    return rows


def values_of(traces: Traces, quantity: str) -> NDArray[np.float64] | None:
    """Return the matrix of a quantity; None where it is not computed."""
    values = {"dff": traces.dff, "net": traces.f - traces.f_background, "f": traces.f}[quantity]
    return None if values is None else np.where(np.isfinite(values), values, np.nan)


def content_of(session: Session, quantity: str) -> Content | str:
    """Return what a session has to show, or the sentence that says what is to be done first."""
    if session.opened is None:
        return "No recording is open: open one, or take a layer, in the step Recording."
    traces = session.traces
    if traces is None:
        if session.labels is None:
            return "No cells yet: find or load them in the step Cells."
        return "No traces yet: measure them in the step Traces."
    values = values_of(traces, quantity)
    if values is None:
        return "ΔF/F0 is not computed yet: do it in the step Traces, or show F."
    if not len(values):
        return "There are no cells: find or draw them in the step Cells."
    return Content(traces, quantity, values, session.responses, session.opened.events)
