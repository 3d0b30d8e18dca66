"""The stages of the road from a recording to responses: what each is made from, and how.

The same calls as in `s1r_imaging.analyze_recording`, one stage at a time.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.analysis import AnalysisOptions
from s1r_imaging.bleaching_references import for_any_field, open_references, reference_traces
from s1r_imaging.calcium.dff import compute_dff
from s1r_imaging.calcium.responses import measure_responses
from s1r_imaging.imaging.extract import extract_traces
from s1r_imaging.imaging.motion import correct_motion
from s1r_imaging.imaging.segment import segment_cells
from s1r_imaging.imaging.summary import summary_images
from s1r_imaging.measurement import reading_of
from s1r_imaging.progress import Progress
from s1r_imaging.recording import Recording

STAGES = ("motion", "images", "cells", "traces", "references", "dff", "responses")
NO_REGION = (
    "The background is to be measured in a region, but there is none: draw it in the step Traces, or choose "
    "another background there."
)
NO_REFERENCES = (
    "Bleaching is to be measured in untreated recordings, but there are none: add them in the step Traces, or "
    "choose another bleaching there."
)


@dataclass(frozen=True)
class Region:
    """A part of the field, known by its digest.

    Attributes
    ----------
    digest : str
        Of its pixels.
    mask : array of bool, shape (Y, X)
        True inside.
    """

    digest: str
    mask: NDArray[np.bool_] = field(compare=False, repr=False)


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
    region : Region or None
        Where the background is measured, if the options say so.
    references : tuple of Path
        Untreated recordings in which bleaching is measured, if the options say so.
    """

    opened: Recording
    serial: int = 0
    options: AnalysisOptions = field(default_factory=AnalysisOptions)
    edit: int | None = None
    region: Region | None = None
    references: tuple[Path, ...] = ()

    @property
    def used_region(self) -> Region | None:
        """The region, where the options want one."""
        return self.region if self.options.traces.background == "region" else None

    @property
    def used_references(self) -> tuple[Path, ...]:
        """The untreated recordings, where the options want them."""
        return self.references if self.options.dff.bleaching == "reference" else ()


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
    return _KEYS[stage](state)


def wanted(state: State, stage: str = STAGES[-1]) -> tuple[str, ...]:
    """Return the stages up to this one, in the order of work; some only where the options want them."""
    options = state.options
    is_wanted = {"motion": options.motion is not None, "references": options.dff.bleaching == "reference"}
    return tuple(name for name in STAGES[: STAGES.index(stage) + 1] if is_wanted.get(name, True))


def check(state: State, todo: Sequence[str]) -> None:
    """Refuse work for which something must be drawn or chosen first.

    Parameters
    ----------
    state : State
        What there is.
    todo : sequence of str
        Stages that are to be computed.

    Raises
    ------
    ValueError
        Says what is missing, and where in the window it is given.
    """
    if "traces" in todo and state.options.traces.background == "region" and state.region is None:
        raise ValueError(NO_REGION)
    if "references" in todo and not state.references:
        raise ValueError(NO_REFERENCES)


def without_references(state: State) -> State:
    """Return the state with bleaching left in, for what is shown until untreated recordings are measured."""
    if state.options.dff.bleaching != "reference":
        return state
    return replace(state, options=replace(state.options, dff=replace(state.options.dff, bleaching="none")))


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
    options, region = state.options.traces.to_dict(), state.used_region
    mask = None if region is None else region.mask
    recording = corrected(state, values)
    return extract_traces(recording, values["cells"], **options, background_region=mask, progress=progress)


def _references(state: State, _: Mapping[str, Any], progress: Progress) -> Any:
    options = state.options
    return reference_traces(
        open_references(state.references, reading_of(state.opened)),
        motion=options.motion,
        segmentation=options.segmentation,
        traces=options.traces,
        progress=progress,
    )


def _dff(state: State, values: Mapping[str, Any], _: Progress) -> Any:
    traces = replace(values["traces"], events=state.opened.events)
    references = values["references"] if state.options.dff.bleaching == "reference" else None
    return compute_dff(traces, **state.options.dff.to_dict(), bleaching_reference=references)


def _responses(state: State, values: Mapping[str, Any], progress: Progress) -> Any:
    return measure_responses(values["dff"], **state.options.responses.to_dict(), progress=progress)


_COMPUTE: dict[str, Callable[[State, Mapping[str, Any], Progress], Any]] = {
    "motion": _motion,
    "images": _images,
    "cells": _cells,
    "traces": _traces,
    "references": _references,
    "dff": _dff,
    "responses": _responses,
}


def _key_of_cells(state: State) -> Hashable:
    if state.edit is not None:
        return (state.serial, state.edit)
    return (key(state, "motion"), state.options.segmentation)


def _key_of_references(state: State) -> Hashable:
    options = state.options
    how = (reading_of(state.opened), options.motion, options.segmentation, for_any_field(options.traces))
    return (state.references, *how)


def _key_of_dff(state: State) -> Hashable:
    references = key(state, "references") if state.used_references else ()
    return (key(state, "traces"), state.opened.events, state.options.dff, references)


_KEYS: dict[str, Callable[[State], Hashable]] = {
    "motion": lambda state: (state.serial, state.options.motion),
    "images": lambda state: (key(state, "motion"), state.opened.events),
    "cells": _key_of_cells,
    "traces": lambda state: (key(state, "motion"), key(state, "cells"), state.options.traces, state.used_region),
    "references": _key_of_references,
    "dff": _key_of_dff,
    "responses": lambda state: (key(state, "dff"), state.options.responses),
}
