"""Which event of each recording is compared: the one that was asked for, or the one the design points at."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

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
    named ``vehicle``; for a recording without agonist, the event that has as many events after it as the agonist
    has in the other recordings, so that a potassium chloride or ionomycin test at the end is not taken for
    the answer to vehicle; the last one. Controls of their own (positive control, maximum, minimum) use the last.

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


def _choose(names: Sequence[str], row: Mapping[Any, Any], event: str | None, after: int) -> str | None:
    asked = event if event is not None else _text(row.get("event"))
    if asked is not None:
        return _named(names, asked)
    if row["role"] in _ENDING_ROLES:
        return _named(names, _text(row.get("agonist"))) or names[-1]
    found = _named(names, _text(row.get("agonist"))) or _named(names, "vehicle")
    return found or names[max(0, len(names) - 1 - after)]


def _events_after_agonist(events: Mapping[str, Sequence[str]], rows: Sequence[Mapping[Any, Any]]) -> int:
    """Count the events that follow the agonist in most recordings; 0 where no event is named as an agonist."""
    counts: Counter[int] = Counter()
    for row in rows:
        names = events[str(row["recording"])]
        found = _named(names, _text(row.get("agonist"))) if row["role"] not in _ENDING_ROLES else None
        if found is not None:
            counts[len(names) - 1 - list(names).index(found)] += 1
    return counts.most_common(1)[0][0] if counts else 0


def _named(names: Sequence[str], wanted: str | None) -> str | None:
    if wanted is None:
        return None
    return next((name for name in names if name.strip().casefold() == wanted.strip().casefold()), None)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
