"""The stages of the road from a recording to responses: what each is made from, and how.

The same calls as in `s1r_imaging.analyze_recording`, one stage at a time.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from s1r_imaging.analysis import AnalysisOptions
from s1r_imaging.calcium.dff import compute_dff
from s1r_imaging.calcium.responses import measure_responses
from s1r_imaging.imaging.extract import extract_traces
from s1r_imaging.imaging.motion import correct_motion
from s1r_imaging.imaging.segment import segment_cells
from s1r_imaging.imaging.summary import summary_images
from s1r_imaging.progress import Progress
from s1r_imaging.recording import Recording

STAGES = ("motion", "images", "cells", "traces", "dff", "responses")


@dataclass(frozen=True, eq=False)
class State:
    """What every result is made from.

    Attributes
    ----------
    opened : Recording
        As it was read, with the events that are set now.
    serial : int
        Which recording this is: another number for each that was opened.
    options : AnalysisOptions
        Options of every stage.
    edit : int or None
        Which edit of the cells this is; None where they are as they were found.
    """

    opened: Recording
    serial: int = 0
    options: AnalysisOptions = field(default_factory=AnalysisOptions)
    edit: int | None = None


def key(state: State, stage: str) -> Hashable:
    """Return what a result of a stage is made from; a result with another key is stale.

    Parameters
    ----------
    state : State
        What there is.
    stage : str
        One of `STAGES`.

    Returns
    -------
    hashable
        Equal for equal inputs.
    """
    options, events = state.options, state.opened.events
    if stage == "motion":
        return (state.serial, options.motion)
    if stage == "images":
        return (key(state, "motion"), events)
    if stage == "cells":
        found = (key(state, "motion"), options.segmentation)
        return found if state.edit is None else (state.serial, state.edit)
    if stage == "traces":
        return (key(state, "motion"), key(state, "cells"), options.traces)
    if stage == "dff":
        return (key(state, "traces"), events, options.dff)
    return (key(state, "dff"), options.responses)


def wanted(state: State, stage: str = STAGES[-1]) -> tuple[str, ...]:
    """Return the stages up to this one, in the order of work; motion only where it is to be corrected."""
    upto = STAGES[: STAGES.index(stage) + 1]
    return upto if state.options.motion is not None else tuple(name for name in upto if name != "motion")


def compute(todo: Sequence[str], state: State, values: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Compute stages from the state and the results that are there.

    Parameters
    ----------
    todo : sequence of str
        Stages, in the order of work.
    state : State
        What they are made from.
    values : mapping
        Results of the stages that are not to be computed.
    progress : callable
        Told how far the work is.

    Returns
    -------
    dict
        Stage to its result.
    """
    results = dict(values)
    for stage in todo:
        results[stage] = _COMPUTE[stage](state, results, progress)
    return {stage: results[stage] for stage in todo}


def corrected(state: State, values: Mapping[str, Any]) -> Recording:
    """Return the recording, without its motion where that was corrected."""
    moved: Recording | None = None if state.options.motion is None else values.get("motion")
    return state.opened if moved is None else replace(moved, events=state.opened.events)


def _motion(state: State, _: Mapping[str, Any], progress: Progress) -> Any:
    assert state.options.motion is not None  # noqa: S101  (wanted() says so)
    return correct_motion(state.opened, **state.options.motion.to_dict(), progress=progress)


def _images(state: State, values: Mapping[str, Any], progress: Progress) -> Any:
    return summary_images(corrected(state, values), progress=progress)


def _cells(state: State, values: Mapping[str, Any], progress: Progress) -> Any:
    options = state.options.segmentation.to_dict()
    return segment_cells(corrected(state, values), images=values.get("images"), **options, progress=progress)


def _traces(state: State, values: Mapping[str, Any], progress: Progress) -> Any:
    options = state.options.traces.to_dict()
    return extract_traces(corrected(state, values), values["cells"], **options, progress=progress)


def _dff(state: State, values: Mapping[str, Any], _: Progress) -> Any:
    traces = replace(values["traces"], events=state.opened.events)
    return compute_dff(traces, **state.options.dff.to_dict())


def _responses(state: State, values: Mapping[str, Any], progress: Progress) -> Any:
    return measure_responses(values["dff"], **state.options.responses.to_dict(), progress=progress)


_COMPUTE: dict[str, Callable[[State, Mapping[str, Any], Progress], Any]] = {
    "motion": _motion,
    "images": _images,
    "cells": _cells,
    "traces": _traces,
    "dff": _dff,
    "responses": _responses,
}
