"""Stimuli of many recordings on one time axis."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from s1r_imaging.experiment.compared_event import compared_events
from s1r_imaging.plots.words import event_label
from s1r_imaging.recording import Event

_SAME_S = 0.5  # starts that differ by less are the same on a picture of an experiment
NOT_ALL = "*"
OWN_TIME_ROLES = ("positive_control", "maximum", "minimum")


def stimulus_times(design: pd.DataFrame, events: Mapping[str, Sequence[Event]]) -> tuple[dict[str, float], str]:
    """Return when each recording was stimulated, where that differs between recordings.

    The stimulus is the event that is compared, see `compared_events`. Controls that are stimulated at their own
    time, such as ionomycin at the end, are no reason to shift the others.

    Parameters
    ----------
    design : DataFrame
        ``recording, role``, and ``event`` or ``agonist`` where it says which event is compared.
    events : mapping of str to sequence of Event
        Events of each recording.

    Returns
    -------
    zero_s : dict of str to float
        Start (s) by recording; empty where all starts agree or one is not known.
    name : str
        What the time runs from: the event's name, ``"stimulus"`` for several; empty with an empty `zero_s`.
    """
    names = {recording: [event.name for event in in_time(found)] for recording, found in events.items()}
    chosen = compared_events(names, design)
    if set(chosen) != set(design["recording"].astype(str)):
        return {}, ""
    starts = {
        recording: next(event.start_s for event in events[recording] if event.name == name)
        for recording, name in chosen.items()
    }
    of_test = design[~design["role"].isin(OWN_TIME_ROLES)]["recording"].astype(str)
    tested = [starts[recording] for recording in of_test]
    if not tested or np.ptp(tested) <= _SAME_S:
        return {}, ""
    words = set(chosen.values())
    return starts, words.pop() if len(words) == 1 else "stimulus"


def in_time(events: Sequence[Event]) -> list[Event]:
    """Return events, the first one first."""
    return sorted(events, key=lambda event: event.start_s)


def common_events(
    design: pd.DataFrame, events: Mapping[str, Sequence[Event]], zero_s: Mapping[str, float]
) -> list[Event]:
    """Return the events of several recordings, each once, at its median time.

    Events at the same time share one mark, with all their names; one that was not in every recording has a star.

    Parameters
    ----------
    design : DataFrame
        ``recording``.
    events : mapping of str to sequence of Event
        Events of each recording.
    zero_s : mapping of str to float
        Time of each recording that is 0.

    Returns
    -------
    list of Event
        Their names as they are to be written.
    """
    recordings = [name for name in design["recording"].astype(str) if name in events]
    spans: dict[str, list[tuple[float, float]]] = {}
    given: dict[str, set[str]] = {}
    for recording in recordings:
        zero = zero_s.get(recording, 0.0)
        for event in events[recording]:
            end = np.inf if event.end_s is None else event.end_s - zero
            spans.setdefault(event_label(event), []).append((event.start_s - zero, end))
            given.setdefault(event_label(event), set()).add(recording)
    marks: dict[tuple[float, float], list[str]] = {}
    for label, times in spans.items():
        start, end = (float(np.median(values)) for values in zip(*times, strict=True))
        key = next((key for key in marks if _agree(key, (start, end))), (start, end))
        marks.setdefault(key, []).append(label)
    result = []
    for (start, end), labels in sorted(marks.items()):
        everywhere = set.union(*(given[label] for label in labels)) == set(recordings)
        name = " or ".join(labels) + ("" if everywhere else NOT_ALL)
        result.append(Event(name, start, end_s=end if np.isfinite(end) else None))
    return result


def _agree(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(a == b or abs(a - b) <= _SAME_S for a, b in zip(one, other, strict=True))
