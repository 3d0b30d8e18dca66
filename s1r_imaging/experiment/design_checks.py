"""What must hold in a design table beyond single cells: names, wells, compounds, conditions, files."""

import difflib
import os
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import TypeVar

from s1r_imaging.experiment.design_problems import DesignProblems
from s1r_imaging.experiment.design_rows import Row
from s1r_imaging.experiment.roles import role_words
from s1r_imaging.io.events import parse_events
from s1r_imaging.recording import Event

Key = TypeVar("Key", bound=Hashable)

_COMPOUNDS = ("agonist", "antagonist")
_GIVEN = {
    "vehicle": (),
    "agonist": ("agonist",),
    "antagonist": ("antagonist",),
    "antagonist_agonist": ("antagonist", "agonist"),
}
_VEHICLES = {
    "vehicle",
    "veh",
    "dmso",
    "ethanol",
    "water",
    "buffer",
    "saline",
    "pbs",
    "hbss",
    "medium",
    "control",
    "solvent",
}


def clear_absent_compounds(rows: Sequence[Row]) -> None:
    """Take out what was not there: a concentration of 0, and a vehicle in place of a compound."""
    for row in rows:
        for name in _COMPOUNDS:
            needed = _GIVEN.get(row["role"], _COMPOUNDS)
            is_vehicle = str(row.get(name)).casefold() in _VEHICLES and not row.get(f"{name}_M")
            is_absent = row.get(f"{name}_M") == 0 and (row.get(name) is None or name not in needed)
            if (is_vehicle and name not in needed) or is_absent:
                row.update({key: None for key in (name, f"{name}_M") if key in row})


def check_compounds(rows: Sequence[Row], problems: DesignProblems) -> None:
    """Check that compounds and concentrations agree with each other and with the role."""
    named = {name for name in _COMPOUNDS if any(row.get(name) for row in rows)}
    dosed = {name for name in _COMPOUNDS if any(row.get(f"{name}_M") for row in rows)}
    for number, row in enumerate(rows):
        for name in _COMPOUNDS:
            if not problems.has(number, name, f"{name}_M", "role"):
                _check_compound(number, row, name, problems, is_named=bool(named), is_dosed=name in dosed)


def _check_compound(
    number: int, row: Row, name: str, problems: DesignProblems, *, is_named: bool, is_dosed: bool
) -> None:
    compound, dose, role = row.get(name), row.get(f"{name}_M"), row["role"]
    given = _GIVEN.get(role)
    if dose == 0:
        problems.add(
            number, f"{name}_M", f"is 0: a recording without {name} has another role than {role_words(role)}"
        )
    elif given is not None and name not in given and (compound or dose):
        what = repr(compound) if compound else f"an {name} concentration"
        problems.add(number, name, f"the role is {role_words(role)}, but {what} is given")
    elif dose and not compound:
        problems.add(number, name, f"is empty, but a concentration is given: name the {name}")
    elif given is not None and name in given and is_named and not compound:
        problems.add(number, name, f"is empty, but the role is {role_words(role)}: name the {name}")
    elif given is not None and compound and is_dosed and dose is None:
        problems.add(number, f"{name}_M", f"{compound!r} has no concentration, but other rows have one")


def check_names(rows: Sequence[Row], problems: DesignProblems) -> None:
    """Check that no recording and no well stands twice, and that names that look alike are alike."""
    for name, numbers in _repeated(rows, lambda row: row["recording"]):
        _add_all(problems, numbers, "recording", f"{name!r} stands {len(numbers)} times")
    for (*_, plate, well), numbers in _repeated(rows, _well_key):
        of_plate = f" of plate {plate!r}" if plate else ""
        remedy = "several fields of one well share a replicate instead"
        _add_all(problems, numbers, "well", f"{well}{of_plate} stands {len(numbers)} times; {remedy}")
    for column in ("recording", "condition"):
        _check_spelling(rows, column, problems)


def _well_key(row: Row) -> tuple[str | None, ...] | None:
    if not row.get("well"):
        return None
    return row.get("experiment"), row.get("day"), row.get("plate"), row["well"]


def _check_spelling(rows: Sequence[Row], column: str, problems: DesignProblems) -> None:
    spellings: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row[column] is not None and row[column] not in spellings[_folded(row[column])]:
            spellings[_folded(row[column])].append(row[column])
    for number, row in enumerate(rows):
        alike = spellings[_folded(row[column])] if row[column] is not None else []
        if len(alike) > 1:
            words = ", ".join(repr(word) for word in alike)
            problems.add(
                number, column, f"{words} differ in capitals or spaces only: write them alike or name them apart"
            )


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("_", " ").split())


def check_conditions(rows: Sequence[Row], problems: DesignProblems) -> None:
    """Check that a condition has one role."""
    roles: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row["condition"] is not None and row["role"] is not None and row["role"] not in roles[row["condition"]]:
            roles[row["condition"]].append(row["role"])
    for number, row in enumerate(rows):
        found = roles.get(row["condition"], []) if row["condition"] is not None else []
        if len(found) > 1:
            words = " and ".join(role_words(role) for role in found)
            problems.add(
                number, "condition", f"{row['condition']!r} has several roles ({words}): name conditions apart"
            )


def check_events(rows: Sequence[Row], problems: DesignProblems) -> None:
    """Check that the event that is compared is one of the events."""
    for number, row in enumerate(rows):
        names = [event.name for event in events_of(row)]
        if row.get("event") and names and row["event"] not in names:
            problems.add(number, "event", f"{row['event']!r} is none of the events ({', '.join(names)})")


def events_of(row: Row) -> tuple[Event, ...]:
    """Return the events of a row."""
    return parse_events(row.get("events") or "")


def find_files(rows: Sequence[Row], problems: DesignProblems, folder: Path) -> None:
    """Make the names of files absolute, and note those that are not there."""
    for column in ("file", "labels"):
        if not rows or column not in rows[0]:
            continue
        for number, row in enumerate(rows):
            if row[column] is not None:
                row[column], problem = _find(str(row[column]), folder)
                if problem:
                    problems.add(number, column, problem)
            elif column == "file" and not problems.has(number, "file"):
                problems.add(number, "file", "is empty: name the file of this recording")


def _find(file: str, folder: Path) -> tuple[str, str]:
    path = Path(os.path.abspath(folder / file))  # noqa: PTH100  (resolve would follow links to other names)
    if not path.exists() and "\\" in file:
        path = Path(os.path.abspath(folder / file.replace("\\", "/")))  # noqa: PTH100  (written under Windows)
    if path.exists():
        return str(path), ""
    there = sorted(item.name for item in path.parent.iterdir()) if path.parent.is_dir() else []
    near = [name for name in there if name.casefold() == path.name.casefold() or Path(name).stem == path.name]
    near = near or difflib.get_close_matches(path.name, there, n=1, cutoff=0.8)
    if near:
        return str(path), f"{file!r} does not exist; did you mean {near[0]!r}?"
    where = f"in {path.parent}" if path.parent.is_dir() else f"(there is no folder {path.parent})"
    return str(path), f"{file!r} does not exist {where}"


def _repeated(rows: Sequence[Row], key: Callable[[Row], Key | None]) -> list[tuple[Key, list[int]]]:
    found: dict[Key, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        value = key(row)
        if value is not None:
            found[value].append(number)
    return [(value, numbers) for value, numbers in found.items() if len(numbers) > 1]


def _add_all(problems: DesignProblems, numbers: Sequence[int], column: str, sentence: str) -> None:
    for number in numbers:
        problems.add(number, column, sentence)
