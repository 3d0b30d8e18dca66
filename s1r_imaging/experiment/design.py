"""The design of an experiment: one row per recording or well, with what was done to it.

`read_design`, `write_design`
    A table on disk (CSV, XLSX, TOML), as people fill it in.
`check_design`
    A DataFrame, checked whole, in the form that everything else relies on.
`check_cells`
    A table as it stands, with its problems cell by cell.
`row_events`, `event_of_interest`
    What was added when, and which of it is compared.
"""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.experiment import design_checks, design_rows
from s1r_imaging.experiment.compared_event import compared_events
from s1r_imaging.experiment.design_columns import COLUMNS
from s1r_imaging.experiment.design_file import DesignCells, design_cells, read_cells
from s1r_imaging.experiment.design_problems import DesignProblem, DesignProblems
from s1r_imaging.io.events import parse_events
from s1r_imaging.recording import Event

_FLOATS = tuple(name for name, kind in COLUMNS.items() if kind in {"molar", "seconds", "micrometres"})
_COUNTS = ("experiment", "day", "plate", "dish")
_WHOLE = re.compile(r"0|[1-9]\d{0,8}")


def read_design(path: str | os.PathLike[str]) -> pd.DataFrame:
    r"""Read a design table and check it whole.

    Parameters
    ----------
    path : path
        CSV, TSV or text in any usual encoding and with either decimal mark, XLSX, or TOML: ``[[recording]]`` for
        each, ``[common]`` for what holds for all. Files in it are relative to its folder.

    Returns
    -------
    DataFrame
        As `check_design` gives it; ``file`` and ``labels`` are absolute.

    Raises
    ------
    S1RImagingError
        If the file cannot be read, or anything in it is wrong: one message lists it all by row (as a spreadsheet
        numbers them) and column.

    See Also
    --------
    check_design : The same for a DataFrame.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = Path(folder) / "design.csv"
    ...     _ = table.write_text("recording;role;agonist;agonist (µM);day\na;veh;;;1\nb;Agonist;PRE-084;2,5;1\n")
    ...     read_design(table)[["recording", "condition", "role", "replicate", "agonist_M"]]
      recording       condition     role replicate  agonist_M
    0         a         vehicle  vehicle      day1        NaN
    1         b  PRE-084 2.5 µM  agonist      day1   0.000003
    """
    source = Path(path)
    return _checked(read_cells(source), folder=source.parent, source=str(source), fault=S1RImagingError)


def check_design(design: pd.DataFrame, *, folder: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """Check a design, and return it in the form that everything else relies on.

    Parameters
    ----------
    design : DataFrame
        One row per recording, or per well of a plate. Headings, roles and units as people write them.
    folder : path, optional
        Where its files are. Without it nobody looks for them.

    Returns
    -------
    DataFrame
        A new table with a plain index: ``recording`` (unique), ``condition``, ``role`` (one of `ROLES`),
        ``replicate``; where any row has a value, ``experiment, day, plate, dish, well, file, labels, agonist,
        agonist_M, antagonist, antagonist_M, events, event, frame_interval_s, pixel_size_um, channel, note``;
        and the table's other columns as they are. Text is None and numbers are NaN where there is none.

    Raises
    ------
    TypeError
        If it is no DataFrame.
    ValueError
        If anything is wrong; one message lists it all by row (the header is row 1) and column.

    See Also
    --------
    design_notes : What is allowed, but leaves a question without an answer.

    Notes
    -----
    What the table does not say is filled in: ``recording`` from plate and well, else from the file; ``role``
    from a condition that is a role, else from the compounds; ``condition`` from role, compounds and
    concentrations; ``replicate`` from the levels ``experiment, day, plate, dish, well``, else each recording is
    one. Replicates that are mere numbers and come again on another day of their condition are counted anew:
    ``day2_1``.

    Examples
    --------
    >>> design = pd.DataFrame({"recording": ["d1", "d2"], "role": ["vehicle", "agnist"], "dish": [1, 2]})
    >>> check_design(design)
    Traceback (most recent call last):
    ...
    ValueError: design cannot be used, 1 problem (the header is row 1):
      row 3, column role: unknown role 'agnist' (agonist?): expected one of vehicle, agonist, antagonist, ...
    """
    if not isinstance(design, pd.DataFrame):
        raise TypeError(
            f"design is a {type(design).__name__}: expected a DataFrame (read_design makes one of a file)."
        )
    place = None if folder is None else Path(folder)
    return _checked(design_cells(design), folder=place, source="design", fault=ValueError)


def check_cells(
    cells: DesignCells, *, folder: str | os.PathLike[str] | None = None
) -> tuple[pd.DataFrame | None, tuple[DesignProblem, ...]]:
    """Check a design table as it stands, and say what is wrong with which cells.

    Parameters
    ----------
    cells : DesignCells
        What `read_cells` returned, or what a person typed.
    folder : path, optional
        Where its files are. Without it nobody looks for them.

    Returns
    -------
    table : DataFrame or None
        As `check_design` returns it; None where anything is wrong.
    problems : tuple of DesignProblem
        Each with its rows and its column; none where nothing is wrong.

    See Also
    --------
    check_design : The same for a DataFrame, with all problems in one message.

    Examples
    --------
    >>> cells = DesignCells(("recording", "role"), (("d1", "vehicle"), ("d2", "agnist")), places=(2, 3))
    >>> table, problems = check_cells(cells)
    >>> [(problem.rows, problem.column) for problem in problems]
    [((1,), 'role')]
    """
    place = None if folder is None else Path(folder)
    rows, others, problems = _read(cells, folder=place)
    found = problems.listed()
    return (None if found else _frame(rows, others)), found


def row_events(row: Mapping[str, Any] | pd.Series) -> tuple[Event, ...]:
    """Return what was added in one recording, and when.

    Parameters
    ----------
    row : mapping or Series
        A row of a checked design.

    Returns
    -------
    tuple of Event
        The earliest first; none where the design names none.

    Examples
    --------
    >>> [event.start_s for event in row_events({"events": "PRE-084:10uM@30; KCl@200"})]
    [30.0, 200.0]
    """
    text = row.get("events")
    events = parse_events(text) if isinstance(text, str) else ()
    return tuple(sorted(events, key=lambda event: event.start_s))


def event_of_interest(row: Mapping[str, Any] | pd.Series, events: Sequence[Event]) -> str | None:
    """Return the name of the event whose response is compared, going by one recording alone.

    Parameters
    ----------
    row : mapping or Series
        A row of a checked design.
    events : sequence of Event
        What was added in the recording.

    Returns
    -------
    str or None
        The design's ``event``, else the one named as the agonist or ``vehicle``, else the last; None where there
        is none.

    See Also
    --------
    s1r_imaging.experiment.compared_event.compared_events : The same, going by all recordings.

    Examples
    --------
    >>> row = {"role": "agonist", "agonist": "PRE-084"}
    >>> event_of_interest(row, [Event("PRE-084", 30), Event("KCl", 200)])
    'PRE-084'
    """
    ordered = sorted(events, key=lambda event: event.start_s)
    alone = pd.DataFrame([dict(row) | {"recording": "this"}])
    return compared_events({"this": [event.name for event in ordered]}, alone).get("this")


def _checked(cells: DesignCells, *, folder: Path | None, source: str, fault: type[Exception]) -> pd.DataFrame:
    table, found = check_cells(cells, folder=folder)
    if table is None:
        count = "1 problem" if len(found) == 1 else f"{len(found)} problems"
        hint = " (the header is row 1)" if cells.noun == "row" else ""
        lines = [f"{source} cannot be used, {count}{hint}:", *(problem.line for problem in found)]
        raise fault("\n  ".join(lines))
    return table


def _read(
    cells: DesignCells, *, folder: Path | None
) -> tuple[list[design_rows.Row], dict[str, list[Any]], DesignProblems]:
    problems = DesignProblems(cells.places, cells.noun)
    rows, others = design_rows.read_rows(cells, problems)
    if not rows:
        problems.say("", "there are no rows: one is needed for each recording")
    design_rows.fill_roles(rows, problems)
    design_checks.clear_absent_compounds(rows)
    design_checks.check_compounds(rows, problems)
    design_rows.merge_starts(rows, problems)
    design_rows.fill_conditions(rows, problems)
    design_rows.fill_plates(rows)
    design_rows.fill_recordings(rows, problems)
    design_rows.fill_replicates(rows)
    design_checks.check_names(rows, problems)
    design_checks.check_conditions(rows, problems)
    design_checks.check_events(rows, problems)
    if folder is not None:
        design_checks.find_files(rows, problems, folder)
    return rows, others, problems


def _frame(rows: Sequence[Mapping[str, Any]], others: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """Make the table; days and the like that are all whole numbers become numbers, so that 10 comes after 2."""
    given = [name for name in COLUMNS if any(row.get(name) is not None for row in rows)]
    columns: dict[str, Any] = {}
    for name in given:
        values = [row.get(name) for row in rows]
        if name in _FLOATS:
            columns[name] = np.array(values, dtype=np.float64)
        elif name in _COUNTS and all(_WHOLE.fullmatch(str(value)) for value in values):
            columns[name] = np.array(values, dtype=np.int64)
        else:
            columns[name] = pd.Series(values, dtype=object)
    return pd.DataFrame(columns | {name: list(values) for name, values in others.items()})
