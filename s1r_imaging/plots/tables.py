"""Which rows of a table of responses a picture shows."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.recording import Traces


def dff_of(traces: Traces) -> NDArray[np.float64]:
    """Return ΔF/F0 with infinities as NaN.

    Parameters
    ----------
    traces : Traces
        Traces that hold ΔF/F0.

    Returns
    -------
    numpy.ndarray, shape (n_cells, T)
        ΔF/F0.

    Raises
    ------
    ValueError
        If they hold none yet.
    """
    if traces.dff is None:
        raise ValueError(f"traces {traces.name!r} hold no ΔF/F0: call compute_dff first.")
    return np.where(np.isfinite(traces.dff), traces.dff, np.nan)


def rows_of_event(responses: pd.DataFrame, event: str | None) -> tuple[pd.DataFrame, str | None]:
    """Return the rows of one event and its name.

    Parameters
    ----------
    responses : DataFrame
        Table that `measure_responses` made.
    event : str or None
        Name of the event; None for the one with the most responders, the first among equals.

    Returns
    -------
    rows : DataFrame
        The rows; all of them where the table names no event.
    event : str or None
        The event's name; None where the table names no event.

    Raises
    ------
    ValueError
        If the table does not hold that event.
    """
    if "event" not in responses:
        return responses, None
    names = [str(name) for name in responses["event"].dropna().unique() if str(name)]
    if event is None:
        if not names:
            return responses, None
        event = max(names, key=lambda name: int(called(responses[responses["event"] == name]).sum()))
    elif event not in names:
        raise ValueError(f"event={event!r}: expected one of {', '.join(map(repr, names)) or 'no event at all'}.")
    return responses[responses["event"] == event], event


def rows_of_traces(
    traces: Traces, responses: pd.DataFrame | None, event: str | None
) -> tuple[pd.DataFrame | None, str | None]:
    """Return the responses of the cells of `traces` to one event, in the order of the traces.

    Parameters
    ----------
    traces : Traces
        The traces.
    responses : DataFrame or None
        Table that `measure_responses` made; rows of other recordings are left out.
    event : str or None
        Name of the event; None for the one with the most responders.

    Returns
    -------
    rows : DataFrame or None
        Index ``label`` as in `traces`; NaN where the table has no row. None without a table.
    event : str or None
        The event's name.

    Raises
    ------
    ValueError
        If the table does not hold that event or that recording, or holds a cell twice.
    """
    if responses is None:
        if event is not None:
            raise ValueError(f"event={event!r} needs the table of responses: give responses= too.")
        return None, None
    if "recording" in responses and len(responses):
        names = list(responses["recording"].unique())
        responses = responses[responses["recording"] == traces.name]
        if responses.empty:
            raise ValueError(f"responses hold no row of recording {traces.name!r}: they are of {names[0]!r}.")
    rows, event = rows_of_event(responses, event)
    if rows["label"].duplicated().any():
        twice = rows.loc[rows["label"].duplicated(), "label"].iloc[0]
        raise ValueError(f"responses holds label {twice} twice for one event: give the rows of one recording.")
    return rows.set_index("label").reindex(traces.labels), event


def called(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows are called responders; what is missing is not.

    Parameters
    ----------
    rows : DataFrame
        Rows of a table of responses.

    Returns
    -------
    numpy.ndarray of bool
        One per row; all False without a column ``is_responder``.
    """
    if "is_responder" not in rows:
        return np.zeros(len(rows), dtype=np.bool_)
    return np.array([bool(call) if pd.notna(call) else False for call in rows["is_responder"]], dtype=np.bool_)


def numbers(rows: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return a column as finite numbers or NaN.

    Parameters
    ----------
    rows : DataFrame
        Rows of a table of responses.
    column : str
        Name of the column; all NaN where it is missing.

    Returns
    -------
    numpy.ndarray of float
        One per row.
    """
    if column not in rows:
        return np.full(len(rows), np.nan)
    values = pd.to_numeric(rows[column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def typical_maximum(dff: NDArray[np.float64]) -> float:
    """Return the largest maximum of a cell that is not out of all proportion to those of the others.

    Single frames above a cell's 99.5th percentile do not count.

    Parameters
    ----------
    dff : array, shape (n_cells, T)
        ΔF/F0; NaN is left out.

    Returns
    -------
    float
        The largest, but at most three times the median or the 98th percentile of the cells' maxima, whichever
        is more; 0 where nothing is positive.
    """
    maxima = [np.percentile(row[np.isfinite(row)], 99.5) for row in dff if np.isfinite(row).any()]
    if not maxima:
        return 0.0
    usual = max(3 * float(np.median(maxima)), float(np.percentile(maxima, 98, method="lower")))
    return float(max(min(max(maxima), usual), 0.0))
