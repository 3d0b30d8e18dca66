"""From cells to replicates: one value per replicate and condition, which is what n counts.

`gather_cells`
    The cells of the recordings in the design, with the value that is compared.
`replicate_table`
    Their mean over the cells of each recording, then over the recordings of each replicate.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.experiment.compared_event import compared_events
from s1r_imaging.experiment.roles import ROLES
from s1r_imaging.flags import CellFlag

Array = NDArray[np.float64]

FRACTION = "responder_fraction"
"""The measure that is the share of cells called responders."""

DESIGN_COLUMNS = ("recording", "condition", "role", "replicate")
BLOCK_COLUMNS = ("day", "experiment")
"""Columns that may say which replicates of two conditions belong together, the first one wins."""


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells that are compared.

    Attributes
    ----------
    table : DataFrame
        One row per cell, see `gather_cells`.
    problems : tuple of str
        A sentence about each thing that does not fit together.
    """

    table: pd.DataFrame
    problems: tuple[str, ...]


def replicate_table(
    responses: pd.DataFrame,
    design: pd.DataFrame,
    *,
    measure: str = "peak_dff",
    event: str | None = None,
    leave_out_flags: str = "",
) -> pd.DataFrame:
    """Average a measure over the cells of each replicate.

    Parameters
    ----------
    responses : DataFrame
        One row per recording, cell and event, as `measure_responses` gives it.
    design : DataFrame
        One row per recording: ``recording, condition, role, replicate`` and, where known, ``day`` or
        ``experiment``, ``event``, ``agonist``.
    measure : str
        Column of `responses`, or ``"responder_fraction"``.
    event : str, optional
        Name of the event that is compared; see `compared_events` when not given.
    leave_out_flags : str
        Names of flags, separated by ``";"``; cells that carry one are left out.

    Returns
    -------
    DataFrame
        One row per condition and replicate, in the order of the design: ``condition``, ``role``, ``replicate``,
        ``day`` (or ``experiment``, where the design has it), ``event``, ``value`` (mean over the cells of each
        recording, then over the recordings), ``sd`` (between all its cells), ``n_cells`` (with a value),
        ``n_missing`` (cells without), ``n_recordings`` (with a value). A replicate without cells has NaN.

    Raises
    ------
    TypeError, ValueError
        If a table lacks a column, a recording is twice in the design, or the tables share no recording.

    Examples
    --------
    >>> responses = pd.DataFrame({"recording": ["a", "a", "b"], "peak_dff": [0.5, 0.7, 0.9]})
    >>> design = pd.DataFrame({"recording": ["a", "b"], "condition": "ATP", "role": "agonist"})
    >>> design["replicate"] = ["dish 1", "dish 2"]
    >>> replicate_table(responses, design)[["value", "n_cells"]].to_numpy().round(3).tolist()
    [[0.6, 2.0], [0.9, 1.0]]
    """
    cells = gather_cells(responses, design, measure=measure, event=event, leave_out_flags=leave_out_flags)
    return average_cells(cells.table, design)


def gather_cells(
    responses: pd.DataFrame,
    design: pd.DataFrame,
    *,
    measure: str,
    event: str | None = None,
    leave_out_flags: str = "",
) -> Cells:
    """Collect the value of each cell, at the event that is compared.

    Parameters
    ----------
    responses, design, measure, event, leave_out_flags
        As in `replicate_table`.

    Returns
    -------
    Cells
        Its table: ``recording, condition, role, replicate, label, event, value``.

    Raises
    ------
    TypeError, ValueError
        As `replicate_table`.
    """
    check_tables(responses, design, measure)
    unwanted = _flag_bits(leave_out_flags)
    place = pd.Index(design["recording"].astype(str)).get_indexer(pd.Index(responses["recording"].astype(str)))
    if len(responses) and (place < 0).all():
        raise ValueError(
            f"responses and design share no recording: responses has {responses['recording'].iloc[0]!r}, design "
            f"has {design['recording'].iloc[0]!r}; name the recordings alike in both."
        )
    problems = _unknown_recordings(responses, place)
    keep = place >= 0
    events, is_chosen = _at_event(responses, design, keep, event)
    keep &= is_chosen
    if unwanted:
        keep &= (responses["flags"].to_numpy(dtype=np.int64) & unwanted) == 0
    rows = design.iloc[place[keep]]
    label = responses["label"].to_numpy()[keep] if "label" in responses else np.zeros(keep.sum(), dtype=np.int64)
    table = pd.DataFrame(
        {name: rows[name].to_numpy() for name in DESIGN_COLUMNS}
        | {"label": label, "event": events[keep], "value": _values(responses, measure)[keep]}
    )
    return Cells(table, (*problems, *_without_cells(design, place, keep, event)))


def average_cells(cells: pd.DataFrame, design: pd.DataFrame) -> pd.DataFrame:
    """Average the cells of each recording, then the recordings of each replicate.

    Parameters
    ----------
    cells : DataFrame
        As `gather_cells` gives it.
    design : DataFrame
        All recordings: a replicate without cells keeps its row.

    Returns
    -------
    DataFrame
        As `replicate_table`.
    """
    keys = list(zip(design["condition"], design["replicate"], strict=True))
    order = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    of_recording = np.array([order[key] for key in keys], dtype=np.intp)
    recordings = pd.Index(design["recording"])
    of_cell = recordings.get_indexer(pd.Index(cells["recording"]))
    value = cells["value"].to_numpy(dtype=np.float64)
    known = np.isfinite(value)
    n_of_recording, mean_of_recording = _means(of_cell[known], value[known], len(recordings))
    has_cells = n_of_recording > 0
    n_recordings, mean = _means(of_recording[has_cells], mean_of_recording[has_cells], len(order))
    of_replicate = of_recording[of_cell]
    n_cells, cell_mean = _means(of_replicate[known], value[known], len(order))
    deviation = value[known] - cell_mean[of_replicate[known]]
    squared = np.bincount(of_replicate[known], weights=deviation**2, minlength=len(order))
    with np.errstate(divide="ignore", invalid="ignore"):
        sd = np.where(n_cells > 1, np.sqrt(squared / (n_cells - 1)), np.nan)
    first = design.iloc[np.unique(of_recording, return_index=True)[1]]
    columns: dict[str, Any] = {name: first[name].to_numpy() for name in DESIGN_COLUMNS[1:]}
    block = block_column(design)
    if block is not None:
        columns[block] = first[block].to_numpy()
    columns |= {
        "event": _joined(cells["event"].to_numpy(), of_replicate, len(order)),
        "value": mean,
        "sd": sd,
        "n_cells": n_cells.astype(np.int64),
        "n_missing": np.bincount(of_replicate[~known], minlength=len(order)).astype(np.int64),
        "n_recordings": n_recordings.astype(np.int64),
    }
    return pd.DataFrame(columns)


def block_column(design: pd.DataFrame) -> str | None:
    """Name the column that says which replicates belong together; None where the design has none."""
    return next((name for name in BLOCK_COLUMNS if name in design and design[name].notna().any()), None)


def check_tables(responses: pd.DataFrame, design: pd.DataFrame, measure: str) -> None:
    """Check that both tables have what a comparison needs.

    Parameters
    ----------
    responses, design : DataFrame
        The tables.
    measure : str
        Column that is compared.

    Raises
    ------
    TypeError, ValueError
        If they have not.
    """
    needed = "is_responder" if measure == FRACTION else measure
    for name, table, columns in (
        ("responses", responses, ("recording", needed)),
        ("design", design, DESIGN_COLUMNS),
    ):
        if not isinstance(table, pd.DataFrame):
            raise TypeError(f"{name} is a {type(table).__name__}: expected a DataFrame.")
        missing = [column for column in columns if column not in table]
        if missing:
            raise ValueError(f"{name} has no column {missing[0]!r}: it has {', '.join(map(str, table.columns))}.")
    if not pd.api.types.is_numeric_dtype(responses[needed]) and len(responses):
        raise ValueError(f"measure={measure!r}: column {needed!r} of responses does not hold numbers.")
    _check_design(design)


def _check_design(design: pd.DataFrame) -> None:
    for name in DESIGN_COLUMNS:
        if design[name].isna().any():
            row = int(np.flatnonzero(design[name].isna())[0]) + 1
            raise ValueError(f"design row {row} has no {name}: every recording needs one.")
    names = design["recording"].astype(str)
    if names.duplicated().any():
        raise ValueError(f"design has recording {names[names.duplicated()].iloc[0]!r} twice: one row each.")
    unknown = [role for role in design["role"].unique() if role not in ROLES]
    if unknown:
        raise ValueError(f"design has role {unknown[0]!r}: expected one of {', '.join(ROLES)}.")
    pairs = design[["condition", "role"]].drop_duplicates()
    if pairs["condition"].duplicated().any():
        name = pairs.loc[pairs["condition"].duplicated(), "condition"].iloc[0]
        raise ValueError(f"condition {name!r} has two roles in the design: give each role its own condition.")


def _values(responses: pd.DataFrame, measure: str) -> Array:
    if measure != FRACTION:
        values = responses[measure].to_numpy(dtype=np.float64, na_value=np.nan)
        return np.where(np.isfinite(values), values, np.nan)
    values = responses["is_responder"].to_numpy(dtype=np.float64, na_value=np.nan)
    if "peak_dff" in responses:  # a cell that could not be measured is not one that did not respond
        values = np.where(np.isfinite(responses["peak_dff"].to_numpy(dtype=np.float64)), values, np.nan)
    return values


def _flag_bits(names: str) -> int:
    bits = 0
    for name in filter(None, (part.strip() for part in names.split(";"))):
        if name.upper() not in CellFlag.__members__:
            known = ", ".join(flag.lower() for flag in CellFlag.__members__)
            raise ValueError(f"leave_out_flags={names!r}: {name!r} is no flag; expected some of {known}.")
        bits |= CellFlag[name.upper()]
    return bits


def _at_event(
    responses: pd.DataFrame, design: pd.DataFrame, is_known: NDArray[np.bool_], event: str | None
) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Return the event of each row, and which rows are of the event that is compared."""
    if "event" not in responses:
        return np.full(len(responses), "", dtype=object), np.ones(len(responses), dtype=bool)
    recording, names = pd.factorize(responses["recording"].astype(str))
    event_code, events = pd.factorize(responses["event"].fillna("").astype(str))
    pair = recording.astype(np.int64) * max(1, len(events)) + event_code
    seen: dict[str, list[str]] = {}
    for code in pd.unique(pair[is_known]):
        seen.setdefault(str(names[int(code) // len(events)]), []).append(str(events[int(code) % len(events)]))
    chosen = compared_events(seen, design, event=event)
    place = {str(name): number for number, name in enumerate(events)}
    wanted = np.array([place.get(chosen.get(str(name), ""), -1) if str(name) in chosen else -1 for name in names])
    is_chosen = wanted[recording] == event_code if len(names) else np.zeros(0, dtype=bool)
    return np.asarray(events, dtype=object)[event_code], is_chosen


def _unknown_recordings(responses: pd.DataFrame, place: NDArray[np.intp]) -> list[str]:
    unknown = responses["recording"][place < 0].astype(str).unique()
    if not len(unknown):
        return []
    return [f"{_count(len(unknown), 'recording')} with responses not in the design, left out: {_some(unknown)}."]


def _without_cells(
    design: pd.DataFrame, place: NDArray[np.intp], keep: NDArray[np.bool_], event: str | None
) -> list[str]:
    missing = np.setdiff1d(np.arange(len(design)), place[keep])
    if not len(missing):
        return []
    names = _some(design["recording"].iloc[missing].astype(str))
    reason = f" at the event {event!r}" if event is not None else ""
    return [f"{_count(len(missing), 'recording')} of the design without cells to compare{reason}: {names}."]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _some(names: Any) -> str:
    listed = list(names)
    return ", ".join(listed[:5]) + (f" and {len(listed) - 5} more" if len(listed) > 5 else "")


def _means(group: NDArray[np.intp], values: Array, n_groups: int) -> tuple[Array, Array]:
    count = np.bincount(group, minlength=n_groups).astype(np.float64)
    total = np.bincount(group, weights=values, minlength=n_groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        return count, total / count


def _joined(events: NDArray[np.object_], group: NDArray[np.intp], n_groups: int) -> list[str]:
    names: list[dict[str, None]] = [{} for _ in range(n_groups)]
    code, unique = pd.factorize(events)
    for pair in pd.unique(group.astype(np.int64) * max(1, len(unique)) + code):
        names[pair // len(unique)][str(unique[pair % len(unique)])] = None
    return ["; ".join(found) for found in names]
