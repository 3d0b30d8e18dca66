"""What a design allows nobody to know: no errors, but sentences for the report and the command line."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath

import pandas as pd

from s1r_imaging.experiment.design_columns import COLUMNS
from s1r_imaging.experiment.roles import role_words
from s1r_imaging.io.concentrations import concentration_words
from s1r_imaging.io.events import parse_events

_ALIVE = {"positive_control", "maximum"}


def design_notes(design: pd.DataFrame) -> tuple[str, ...]:
    r"""Say what cannot be known from a design, however good the recordings are.

    Parameters
    ----------
    design : DataFrame
        A checked design; only ``condition, role`` and ``replicate`` must be there.

    Returns
    -------
    tuple of str
        Sentences; none where nothing is missing.

    Examples
    --------
    >>> design = pd.DataFrame({"condition": ["vehicle", "agonist"], "role": ["vehicle", "agonist"],
    ...                        "replicate": ["day1", "day1"]})
    >>> print("\n".join(design_notes(design)))
    Conditions 'vehicle' and 'agonist' have 1 replicate each: no interval and no p value can be given for them.
    No recording has the role positive control: whether cells that did not respond were able to cannot be known.
    """
    return (
        *_replicate_notes(design),
        *_role_notes(design),
        *_compound_notes(design),
        *_day_notes(design),
        *_file_notes(design),
        *_column_notes(design),
    )


def _replicate_notes(design: pd.DataFrame) -> Iterator[str]:
    counts = design.groupby("condition", sort=False)["replicate"].nunique()
    for n_replicates, words in ((1, "1 replicate"), (2, "2 replicates")):
        names = [str(name) for name, count in counts.items() if count == n_replicates]
        if not names:
            continue
        has = f"has {words}" if len(names) == 1 else f"have {words} each"
        rest = (
            f"no interval and no p value can be given for {'it' if len(names) == 1 else 'them'}"
            if n_replicates == 1
            else "intervals will be very wide"
        )
        yield f"{_conditions(names)} {has}: {rest}."
    pooled = design.groupby(["condition", "replicate"], sort=False).size()
    if (pooled > 1).any():
        levels = [name for name in ("dish", "well") if name in design]
        remedy = "" if levels else "; give a column dish or well if they are independent"
        yield (
            f"Up to {pooled.max()} recordings of a condition share a replicate: their means are averaged into one"
            f"{remedy}."
        )
    if _has(design, "well") and not any(_several(design, name) for name in ("plate", "day", "experiment")):
        yield (
            "All wells are on one plate: n counts wells, so intervals hold for this plate and this day only; "
            "repeat the plate on other days."
        )


def _role_notes(design: pd.DataFrame) -> Iterator[str]:
    roles = set(design["role"])
    if "vehicle" not in roles:
        yield "No recording has the role vehicle: neither effects against vehicle nor block can be given."
    if "antagonist_agonist" in roles:
        if "agonist" not in roles:
            yield "No recording has the role agonist: block cannot be given without the unblocked response."
        if "antagonist" not in roles:
            yield (
                "No recording has the role antagonist: whether the antagonist does something by itself cannot be "
                "known."
            )
    elif "antagonist" in roles and "agonist" in roles:
        yield "No recording has the role antagonist + agonist: block cannot be given."
    if not roles & _ALIVE and not _has_last_control(design):
        yield (
            "No recording has the role positive control: whether cells that did not respond were able to cannot "
            "be known."
        )


def _has_last_control(design: pd.DataFrame) -> bool:
    """Whether something was added at the end of every recording that is neither agonist nor antagonist."""
    if "events" not in design:
        return False
    own = {
        str(name).casefold() for column in ("agonist", "antagonist") if column in design for name in design[column]
    }
    last = [
        parse_events(text)[-1].name.casefold() if isinstance(text, str) and parse_events(text) else ""
        for text in design["events"]
    ]
    return all(last) and not set(last) & (own | {"vehicle"}) and len(set(last)) == 1


def _compound_notes(design: pd.DataFrame) -> Iterator[str]:
    for name in ("agonist", "antagonist"):
        for column, words in ((name, f"{name}s"), (f"{name}_M", f"concentrations of {name}")):
            if column not in design:
                continue
            for condition, values in design.groupby("condition", sort=False)[column]:
                found = list(values.dropna().unique())
                if len(found) > 1:
                    listed = _listed(concentration_words(x) if column.endswith("_M") else str(x) for x in found)
                    yield (
                        f"Condition {str(condition)!r} has several {words} ({listed}), which are compared as one; "
                        "leave the column condition out to compare each."
                    )


def _day_notes(design: pd.DataFrame) -> Iterator[str]:
    column = next((name for name in ("day", "experiment") if _has(design, name)), None)
    if column is None or "vehicle" not in set(design["role"]):
        return
    if not _several(design, column):
        yield f"All recordings are of one {column}: how much days differ cannot be known."
        return
    days = {str(name): set(values.dropna()) for name, values in design.groupby("condition", sort=False)[column]}
    vehicle = set(design.loc[design["role"] == "vehicle", column].dropna())
    apart = [name for name, own in days.items() if own and not own & vehicle]
    if apart:
        yield (
            f"{_conditions(apart)} shared no {column} with vehicle: a difference between them may be one between "
            f"{column}s."
        )


def _file_notes(design: pd.DataFrame) -> Iterator[str]:
    """Say which recordings are the same pixels, such as where a name was filled down."""
    if not _has(design, "file"):
        return
    same = [name for name in ("file", "channel", "event") if name in design]
    named = design[design["file"].notna() & (True if "well" not in design else design["well"].isna())]
    for values, rows in named.groupby(same, sort=False, dropna=False):
        if len(rows) > 1:
            recordings = _listed(repr(str(name)) for name in rows.get("recording", rows["condition"]))
            file = PurePath(str(values[0])).name
            yield f"Recordings {recordings} are of one file ({file}): they are one replicate, not {len(rows)}."


def _column_notes(design: pd.DataFrame) -> Iterator[str]:
    own = [str(name) for name in design.columns if name not in COLUMNS]
    if own:
        yield f"Columns that are kept but not used: {_listed(own)}."


def _has(design: pd.DataFrame, column: str) -> bool:
    return column in design and bool(design[column].notna().any())


def _several(design: pd.DataFrame, column: str) -> bool:
    return column in design and len(set(design[column].dropna())) > 1


def _conditions(names: Sequence[str]) -> str:
    return f"Condition{'s' if len(names) > 1 else ''} {_listed(repr(name) for name in names)}"


def _listed(words: Iterable[str]) -> str:
    found = list(words)
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}"


def recordings_by_condition(design: pd.DataFrame) -> tuple[str, ...]:
    """Return a line for each condition: its role, recordings and replicates.

    >>> recordings_by_condition(pd.DataFrame({"condition": ["a"], "role": ["agonist"], "replicate": ["1"]}))
    ('a (agonist): 1 recording, 1 replicate',)
    """
    lines = []
    for condition, rows in design.groupby("condition", sort=False):
        n_replicates = rows["replicate"].nunique()
        role = role_words(str(rows["role"].iloc[0]))
        counts = (
            f"{len(rows)} recording{'s' * (len(rows) > 1)}, {n_replicates} replicate{'s' * (n_replicates > 1)}"
        )
        lines.append(f"{condition} ({role}): {counts}")
    return tuple(lines)
