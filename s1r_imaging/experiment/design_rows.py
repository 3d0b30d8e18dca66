"""From the cells of a design table to its rows, and what a row has when the table does not say it."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from s1r_imaging.experiment.design_cells import KNOWN_ROLES, is_blank, one_line, read_cell
from s1r_imaging.experiment.design_columns import COLUMNS, START_COLUMNS, Heading, read_heading, unknown_heading
from s1r_imaging.experiment.design_file import DesignCells
from s1r_imaging.experiment.design_problems import DesignProblems
from s1r_imaging.experiment.roles import meant, resolve_roles, role_words
from s1r_imaging.io.concentrations import concentration_words
from s1r_imaging.io.decimals import DecimalMark, find_decimal_mark
from s1r_imaging.io.events import format_events, parse_events
from s1r_imaging.io.recording import RECORDING_SUFFIXES, recording_name
from s1r_imaging.recording import Event

Row = dict[str, Any]
"""Column to value; None where there is none."""

LEVELS = ("experiment", "day", "plate", "dish", "well")
"""Levels of replication, the outermost first."""

_NUMBERS = ("molar", "seconds", "micrometres")
_COUNTED = re.compile(r"(?:(?:n|r|rep|repl|replicate)?[\s_#.]*)\d{1,3}|[a-h]", re.IGNORECASE)


def read_rows(cells: DesignCells, problems: DesignProblems) -> tuple[list[Row], dict[str, list[Any]]]:
    """Read all cells; columns without a value are left out.

    Parameters
    ----------
    cells : DesignCells
        The table as it stands.
    problems : DesignProblems
        What is wrong is added here.

    Returns
    -------
    rows : list of dict
        Values by the names of known columns; every row has the same keys.
    others : dict
        The user's own columns, as they are.
    """
    headings = _read_headings(cells, problems)
    _note_long_rows(cells, problems)
    decimal = _decimal_mark(cells, headings, problems)
    rows: list[Row] = [{} for _ in cells.rows]
    for place, heading in headings.items():
        for number, row in enumerate(cells.rows):
            value, problem = read_cell(heading, row[place], decimal=decimal)
            if problem:
                problems.add(number, cells.headings[place], problem)
                problems.mark(number, heading.column)
            if value is not None:
                rows[number][heading.column] = value
    _read_roles(rows, problems)
    given = [name for name in (*COLUMNS, *START_COLUMNS) if _is_given(rows, problems, name)]
    others = {
        name: [row[place] for row in cells.rows]
        for place, name in enumerate(cells.headings)
        if place not in headings and name
    }
    return [{name: row.get(name) for name in given} for row in rows], others


def _is_given(rows: Sequence[Row], problems: DesignProblems, name: str) -> bool:
    return any(row.get(name) is not None or problems.has(number, name) for number, row in enumerate(rows))


def fill_roles(rows: Sequence[Row], problems: DesignProblems) -> None:
    """Give every row a role where the table has no column of roles: by its condition, else by its compounds."""
    if not rows or "role" in rows[0]:
        for number, row in enumerate(rows):
            if row["role"] is None and not problems.has(number, "role"):
                problems.add(number, "role", f"is empty: expected one of {KNOWN_ROLES}")
        return
    words = resolve_roles(row.get("condition") for row in rows)
    for number, (row, by_condition) in enumerate(zip(rows, words, strict=True)):
        row["role"] = by_condition or _role_by_compounds(row)
        if row["role"] is None and not problems.has(number, "agonist", "antagonist", "condition"):
            problems.add(
                number, "role", f"is missing, and the condition is no role: expected one of {KNOWN_ROLES}"
            )


def _role_by_compounds(row: Row) -> str | None:
    """Return the role that the compounds of a row mean; vehicle where their concentrations are 0."""
    named = [name for name in ("antagonist", "agonist") if row.get(name)]
    given = [name for name in named if row.get(f"{name}_M") != 0]
    return "_".join(given) or ("vehicle" if named else None)


def fill_conditions(rows: Sequence[Row], problems: DesignProblems) -> None:
    """Name conditions by role, compounds and concentrations where the table has no column of conditions."""
    for number, row in enumerate(rows):
        if "condition" not in row:
            is_wrong = problems.has(number, "agonist", "agonist_M", "antagonist", "antagonist_M")
            row["condition"] = None if is_wrong else condition_of(row)
        elif row["condition"] is None:
            problems.add(number, "condition", "is empty: name the group that this recording belongs to")


def condition_of(row: Row) -> str | None:
    """Return role, compounds and concentrations of a row in words.

    >>> condition_of({"role": "agonist", "agonist": "PRE-084", "agonist_M": 1e-5})
    'PRE-084 10 µM'
    >>> condition_of({"role": "positive_control", "agonist": "ATP"}), condition_of({"role": "vehicle"})
    ('positive control ATP', 'vehicle')
    """
    if row["role"] is None:
        return None
    parts = []
    for name in ("antagonist", "agonist"):
        dose = row.get(f"{name}_M")
        if row.get(name):
            parts.append(f"{row[name]} {concentration_words(dose)}" if dose else str(row[name]))
    words = " + ".join(parts)
    if row["role"] in {"agonist", "antagonist", "antagonist_agonist"}:
        return words or role_words(row["role"])
    return f"{role_words(row['role'])} {words}".strip()


def fill_plates(rows: Sequence[Row]) -> None:
    """Name the plate by its file where wells of a plate reader's file have no plate."""
    if not any(row.get("well") and row.get("file") for row in rows):
        return
    for row in rows:
        if row.get("well") and row.get("file") and not row.get("plate") and not _is_picture(row["file"]):
            row["plate"] = recording_name(Path(row["file"]).with_suffix(""))
    if any(row.get("plate") for row in rows):
        for row in rows:
            row.setdefault("plate", None)


def fill_recordings(rows: Sequence[Row], problems: DesignProblems) -> None:
    """Name recordings that have no name: by plate and well, else by the file; with what is above it if need be."""
    missing = [row for row in rows if not row.get("recording")]
    taken = {row["recording"] for row in rows if row.get("recording")}
    names = [_recording_names(row) for row in missing]
    for level in range(3):
        counts = Counter(choice[min(level, len(choice) - 1)] for choice in names if choice)
        if all(count == 1 for count in counts.values()) and not taken & set(counts):
            break
    for row, choice in zip(missing, names, strict=True):
        row["recording"] = choice[min(level, len(choice) - 1)] if choice else None
    for number, row in enumerate(rows):
        if row["recording"] is None and not problems.has(number, "recording", "file", "well"):
            column = "file" if "file" in row else "recording"
            problems.add(number, column, "is empty: name the file of this recording, or the recording")


def _recording_names(row: Row) -> list[str]:
    """Return names for a recording, the shortest first."""
    above = [_level_word(name, row[name]) for name in ("experiment", "day") if row.get(name)]
    if row.get("well") and row.get("plate"):
        name = f"{row['plate']}_{row['well']}"
        return [name, "_".join([*above, name])]
    if not row.get("file"):
        return []
    path = Path(row["file"])
    name = recording_name(path)
    return [
        name,
        f"{path.parent.name}_{name}" if path.parent.name else name,
        "_".join([*above, path.parent.name, name]),
    ]


def fill_replicates(rows: Sequence[Row]) -> None:
    """Name replicates by the levels that are given; where none is, every recording is a replicate of its own.

    A replicate that is a mere number and stands on several days of one condition is counted anew each day.
    """
    given = any(row.get("replicate") for row in rows)
    for row in rows:
        if not row.get("replicate"):
            levels = [_level_word(name, row[name]) for name in LEVELS if row.get(name)]
            row["replicate"] = "_".join(levels) or row["recording"]
    outer = next((name for name in ("day", "experiment") if any(row.get(name) for row in rows)), None)
    if given and outer is not None and _counts_anew(rows, outer):
        for row in rows:
            if row.get(outer):
                row["replicate"] = f"{_level_word(outer, row[outer])}_{row['replicate']}"


def _counts_anew(rows: Sequence[Row], outer: str) -> bool:
    if not all(_COUNTED.fullmatch(str(row["replicate"])) for row in rows):
        return False
    places = {(row["condition"], row["replicate"], row.get(outer)) for row in rows}
    return any(count > 1 for count in Counter(place[:2] for place in places).values())


def _level_word(name: str, value: str) -> str:
    return f"{name}{value}" if re.fullmatch(r"\d{1,4}|[a-zA-Z]", value) else value


def merge_starts(rows: Sequence[Row], problems: DesignProblems) -> None:
    """Turn the columns of starts and ends into events."""
    if not rows or not set(START_COLUMNS) & set(rows[0]):
        return
    for number, row in enumerate(rows):
        if not problems.has(number, "events", *START_COLUMNS):
            try:
                events = (*_events_of_starts(row), *parse_events(row.get("events") or ""))
                row["events"] = format_events(parse_events(format_events(sorted(events, key=lambda e: e.start_s))))
            except ValueError as error:
                problems.add(number, "events", str(error).rstrip("."))
        row["events"] = row.get("events") or None
        for name in START_COLUMNS:
            row.pop(name, None)


def _events_of_starts(row: Row) -> list[Event]:
    events = []
    for name in ("antagonist", "agonist"):
        start, end = row.get(f"{name}_start_s"), row.get(f"{name}_end_s")
        if start is None and end is not None:
            raise ValueError(f"the {name} has an end but no start: fill in {name}_start_s")
        if start is not None:
            has_it = name in str(row["role"]).split("_") or row.get(name)
            blank = "vehicle" if name == "agonist" else "antagonist's vehicle"
            word = row.get(name) or (name if has_it else blank)
            events.append(Event(word, start, end, row.get(f"{name}_M") or None))
    return events


def _read_headings(cells: DesignCells, problems: DesignProblems) -> dict[int, Heading]:
    """Return the place and meaning of each column that is known."""
    read = {place: read_heading(name) for place, name in enumerate(cells.headings) if name}
    found = {place: heading for place, heading in read.items() if heading is not None}
    known = {heading.column for heading in found.values()}
    for place, name in enumerate(cells.headings):
        given = [str(row[place]) for row in cells.rows if not is_blank(row[place])]
        if place in found:
            continue
        if name and given and unknown_heading(name, known):
            problems.say(name, unknown_heading(name, known))
        elif not name and given and given != [str(count) for count in range(len(given))]:
            problems.say(f"number {place + 1}", "has no heading")
    for column in dict.fromkeys(heading.column for heading in found.values()):
        places = [place for place, heading in found.items() if heading.column == column]
        filled = [[place for place in places if not is_blank(row[place])] for row in cells.rows]
        used = sorted({place for row in filled for place in row})
        if len(used) > 1 and (cells.noun == "row" or any(len(row) > 1 for row in filled)):
            names = " and ".join(repr(cells.headings[place]) for place in used)
            problems.say(column, f"is given by several columns ({names}): keep one")
            for place in used[1:]:
                del found[place]
    return found


def _note_long_rows(cells: DesignCells, problems: DesignProblems) -> None:
    for number, row in enumerate(cells.rows):
        if any(not is_blank(cell) for cell in row[len(cells.headings) :]):
            hint = "; a decimal comma in a table parted by commas?" if cells.delimiter == "," else ""
            problems.add(number, "", f"has more cells than there are headings{hint}")


def _decimal_mark(cells: DesignCells, headings: dict[int, Heading], problems: DesignProblems) -> DecimalMark:
    places = [place for place, heading in headings.items() if heading.kind in _NUMBERS]
    try:
        texts = [one_line(row[place]) for row in cells.rows for place in places if isinstance(row[place], str)]
        return find_decimal_mark(texts, delimiter=cells.delimiter)
    except ValueError as error:
        problems.say("", str(error).replace(": say decimal='.' or decimal=','.", ": write numbers with a point"))
        return "."


def _read_roles(rows: Sequence[Row], problems: DesignProblems) -> None:
    """Turn words into roles, all rows at once, since "control" is vehicle only where nothing else is."""
    words = [row.get("role") for row in rows]
    for number, (row, word, role) in enumerate(zip(rows, words, resolve_roles(words), strict=True)):
        if word is not None:
            row["role"] = role
            if role is None:
                problems.add(number, "role", f"unknown role {word!r}{meant(word)}: expected one of {KNOWN_ROLES}")


def _is_picture(file: str) -> bool:
    return file.lower().endswith(RECORDING_SUFFIXES) or not Path(file).suffix
