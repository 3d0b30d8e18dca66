"""Which event of each recording is compared: the one that was asked for, or the one the design points at."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

VIABILITY_TESTS = ("kcl", "potassium", "k+", "ionomycin", "atp", "a23187", "calcimycin", "digitonin", "triton")
"""How the names of additions begin that show at the end of a recording whether the cells are alive."""

_ENDING_ROLES = frozenset({"positive_control", "maximum", "minimum"})


def compared_events(
    events: Mapping[str, Sequence[str]], design: pd.DataFrame, *, event: str | None = None
) -> dict[str, str]:
    """Choose one event of each recording.

    Parameters
    ----------
    events : mapping of str to sequence of str
        Names of the events of each recording, in the order of time.
    design : DataFrame
        ``recording``, ``role`` and, where known, ``event`` and ``agonist``.
    event : str, optional
        The event to take in all recordings.

    Returns
    -------
    dict of str to str
        Event of each recording of the design that has one; recordings that lack the event asked for are absent.

    Notes
    -----
    In this order: the argument; the design's column ``event``; the event named as the agonist of the row; an event
    named ``vehicle``; the event that has as many events after it as the agonist has in the other recordings; the
    last one that is no viability test (`VIABILITY_TESTS`), so that potassium chloride or ionomycin at the end is
    not taken for the answer to vehicle; the last one. Controls of their own (positive control, maximum, minimum)
    use the last.

    Examples
    --------
    >>> design = pd.DataFrame({"recording": ["a", "b"], "role": ["agonist", "vehicle"], "agonist": ["ATP", None]})
    >>> compared_events({"a": ["ATP", "KCl"], "b": ["buffer", "KCl"]}, design)
    {'a': 'ATP', 'b': 'buffer'}
    """
    rows = [row for row in design.to_dict("records") if events.get(str(row["recording"]))]
    after = _events_after_agonist(events, rows)
    chosen = {}
    for row in rows:
        name = str(row["recording"])
        found = _choose(events[name], row, event, after)
        if found is not None:
            chosen[name] = found
    return chosen


def _choose(names: Sequence[str], row: Mapping[Any, Any], event: str | None, after: int | None) -> str | None:
    asked = event if event is not None else _text(row.get("event"))
    if asked is not None:
        return _named(names, asked)
    if row["role"] in _ENDING_ROLES:
        return _named(names, _text(row.get("agonist"))) or names[-1]
    found = _named(names, _text(row.get("agonist"))) or _named(names, "vehicle")
    if found is None and after is not None:
        found = names[max(0, len(names) - 1 - after)]
    return found or next((name for name in reversed(names) if not is_viability_test(name)), names[-1])


def is_viability_test(event: str) -> bool:
    """Tell whether an event is named like a test of whether the cells are alive.

    >>> is_viability_test("KCl 60 mM"), is_viability_test("PRE-084")
    (True, False)
    """
    return event.strip().casefold().startswith(VIABILITY_TESTS)


def _events_after_agonist(events: Mapping[str, Sequence[str]], rows: Sequence[Mapping[Any, Any]]) -> int | None:
    """Count the events that follow the agonist in most recordings; None where no event is named as an agonist."""
    counts: Counter[int] = Counter()
    for row in rows:
        names = events[str(row["recording"])]
        found = _named(names, _text(row.get("agonist"))) if row["role"] not in _ENDING_ROLES else None
        if found is not None:
            counts[len(names) - 1 - list(names).index(found)] += 1
    return counts.most_common(1)[0][0] if counts else None


def _named(names: Sequence[str], wanted: str | None) -> str | None:
    if wanted is None:
        return None
    return next((name for name in names if name.strip().casefold() == wanted.strip().casefold()), None)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
