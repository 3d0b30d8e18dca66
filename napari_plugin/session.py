"""What the window shows: a recording, its cells, traces and responses, and which of them are stale.

No Qt and no napari in here. A step of the window asks for a `Job`, has its `compute` run in a worker, and gives
the answer to its `accept` in the window's thread. Everything is computed by the library's functions with the
library's options, so that the numbers are those of `s1r_imaging.analyze_recording`, to the last bit.

A result is stale when what it was made from is no longer what is there. No flag has to be set for that: see
`napari_plugin.stages.key`.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from psygnal import Signal

from napari_plugin.stages import STAGES, Region, State, check, compute, corrected, key, wanted, without_references
from s1r_imaging.analysis import STAGES as SECTIONS
from s1r_imaging.analysis import Analysis, AnalysisOptions, options_as_read
from s1r_imaging.imaging.edit import changed_labels, measure_again
from s1r_imaging.imaging.summary import SummaryImages
from s1r_imaging.io.labels import check_labels
from s1r_imaging.options import Options
from s1r_imaging.progress import Progress
from s1r_imaging.provenance import digest_array
from s1r_imaging.recording import Event, Recording, Traces

TITLES = {
    "motion": "Correcting motion",
    "images": "Summing up the recording",
    "cells": "Finding cells",
    "traces": "Measuring traces",
    "references": "Measuring untreated recordings",
    "dff": "Computing ΔF/F0",
    "responses": "Measuring responses",
}


@dataclass(frozen=True)
class Job:
    """Work for a worker.

    Attributes
    ----------
    title : str
        What is being done, for the progress bar.
    compute : callable
        Takes a `Progress`, returns the answer. Runs anywhere: it touches nothing that others may change.
    accept : callable
        Takes the answer, in the window's thread. Where that takes long it is a generator: each piece up to a
        `yield` is done in a turn of its own, and the window is drawn between two.
    """

    title: str
    compute: Callable[[Progress], Any]
    accept: Callable[[Any], object]


@dataclass(frozen=True)
class Kept:
    """A result, and the key of what it was made from."""

    key: Hashable
    value: Any


class Session:
    """The state of one window.

    Attributes
    ----------
    changed : Signal
        Emitted with the name of what changed: ``"recording"``, ``"events"``, ``"options"``,
        ``"background_region"``, ``"bleaching_reference"`` or a stage.
    """

    changed = Signal(str)

    def __init__(self) -> None:
        self._state: State | None = None
        self._options = AnalysisOptions()
        self._serial = 0  # of the recording that is open
        self._n_edits = 0
        self._kept: dict[str, Kept] = {}
        self._references: tuple[Path, ...] = ()

    @property
    def options(self) -> AnalysisOptions:
        """Options of every stage."""
        return self._options

    @property
    def opened(self) -> Recording | None:
        """The recording as it was read, with the events that are set now."""
        return None if self._state is None else self._state.opened

    @property
    def recording(self) -> Recording | None:
        """The recording, without its motion where that was corrected."""
        return None if self._state is None else corrected(self._state, self._values())

    @property
    def images(self) -> SummaryImages | None:
        """Images that sum the recording up."""
        return self._values().get("images")

    @property
    def labels(self) -> NDArray[np.int32] | None:
        """Cells, shape (Y, X)."""
        return self._values().get("cells")

    @property
    def labels_given(self) -> bool:
        """Whether cells were drawn, edited or loaded, rather than left as they were found."""
        return self._state is not None and self._state.edit is not None

    @property
    def background_region(self) -> NDArray[np.bool_] | None:
        """Where the background is measured if the options say so, shape (Y, X)."""
        region = None if self._state is None else self._state.region
        return None if region is None else region.mask

    @property
    def bleaching_reference(self) -> tuple[Path, ...]:
        """Untreated recordings in which bleaching is measured if the options say so."""
        return self._references

    @property
    def used_region(self) -> NDArray[np.bool_] | None:
        """The background region, where the options say that it is used."""
        region = None if self._state is None else self._state.used_region
        return None if region is None else region.mask

    @property
    def used_references(self) -> tuple[Path, ...]:
        """The untreated recordings, where the options say that they are used."""
        return () if self._state is None else self._state.used_references

    @property
    def traces(self) -> Traces | None:
        """Traces, with ΔF/F0 once it was computed from them; that of earlier traces is not shown beside them."""
        measured, made = self._kept.get("traces"), self._kept.get("dff")
        if measured is None or made is None:
            return self._values().get("traces")
        made_from: Any = made.key  # begins with the key of its traces
        found: Traces = made.value if made_from[0] == measured.key else measured.value
        return found

    @property
    def responses(self) -> pd.DataFrame | None:
        """Responses: one row per cell and stimulus."""
        return self._values().get("responses")

    @property
    def stale(self) -> frozenset[str]:
        """Stages whose result is there, but no longer fits what it was made from."""
        stages = () if self._state is None else wanted(self._state)
        return frozenset(stage for stage in stages if stage in self._kept and not self._is_fresh(stage))

    @property
    def missing(self) -> tuple[str, ...]:
        """Stages whose result is not there or is stale, in the order of work."""
        stages = () if self._state is None else wanted(self._state)
        return tuple(stage for stage in stages if not self._is_fresh(stage))

    def open(self, recording: Recording, *, options: AnalysisOptions | None = None) -> None:
        """Take another recording; what was made from the last one is gone."""
        self._options = options or self._options
        self._serial += 1
        self._kept = {}
        self._state = State(
            opened=recording, serial=self._serial, options=self._options, references=self._references
        )
        self.changed.emit("recording")

    def close(self) -> None:
        """Forget the recording and what was made from it; options stay."""
        self._state, self._kept = None, {}
        self.changed.emit("recording")

    def set_events(self, events: Iterable[Event]) -> None:
        """Replace what was added when."""
        state = self._there()
        self._state = replace(state, opened=replace(state.opened, events=tuple(events)))
        self.changed.emit("events")

    def set_options(self, section: str, options: Options | None) -> None:
        """Replace the options of one stage; ``set_options("motion", None)`` leaves motion as it is."""
        if section not in SECTIONS:
            raise ValueError(f"section={section!r}: expected one of {', '.join(SECTIONS)}.")
        if getattr(self._options, section) == options:
            return
        changed: dict[str, Any] = {section: options}
        self._options = replace(self._options, **changed)
        if self._state is not None:
            self._state = replace(self._state, options=self._options)
        self.changed.emit("options")

    def set_labels(self, labels: ArrayLike) -> None:
        """Take cells that were drawn or loaded; traces are stale until they are measured again."""
        state = self._there()
        cells = np.array(check_labels(labels, state.opened.frame_shape))
        if self.labels is None or not np.array_equal(cells, self.labels):
            self._take_edit(cells)
            self.changed.emit("cells")

    def set_background_region(self, region: ArrayLike | None) -> None:
        """Take the place where the background is measured: every pixel that is not zero; None for none."""
        state = self._there()
        taken = None
        if region is not None:
            mask = np.asarray(region) != 0
            if mask.shape != state.opened.frame_shape:
                raise ValueError(f"it has shape {mask.shape}, the frames have {state.opened.frame_shape}.")
            taken = Region(digest_array(mask), mask) if mask.any() else None
        if taken != state.region:
            self._state = replace(state, region=taken)
            self.changed.emit("background_region")

    def set_bleaching_reference(self, paths: Iterable[str | Path]) -> None:
        """Replace the untreated recordings in which bleaching is measured."""
        references = tuple(dict.fromkeys(Path(path).resolve() for path in paths))
        if references == self._references:
            return
        self._references = references
        if self._state is not None:
            self._state = replace(self._state, references=references)
        self.changed.emit("bleaching_reference")

    def job(self, stage: str = STAGES[-1], *, find_again: bool = False) -> Job:
        """Return the work that brings a stage, and all that it needs, up to date.

        Parameters
        ----------
        stage : str
            One of `stages.STAGES`.
        find_again : bool
            Find the cells anew, in place of those that were drawn or edited.

        Returns
        -------
        Job
            With nothing to compute where all is fresh.
        """
        state = replace(self._there(), edit=None) if find_again else self._there()
        todo = [name for name in wanted(state, stage) if not self._is_fresh(name, state)]
        check(state, todo)
        values = {name: value for name, value in self._values().items() if name not in todo}

        def accept(results: Mapping[str, Any]) -> Iterator[None]:
            if not self._is_open(state):  # another recording meanwhile
                return
            if "cells" in results:
                self._state = replace(self._there(), edit=None)
            self._keep(results, state)  # all at once: whoever looks between two turns sees what fits
            for name in results:
                if self._is_open(state):
                    self.changed.emit(name)
                    yield

        return Job(TITLES[stage], lambda progress: compute(todo, state, values, progress), accept)

    def edit_job(self, labels: ArrayLike) -> Job:
        """Return the work that follows an edit of the cells: only traces of cells that changed are measured.

        The background under the cells, and whatever is made from the traces, then counts as stale.
        """
        cells = np.array(check_labels(labels, self._there().opened.frame_shape))
        recording, before, traces = self.recording, self.labels, self._values().get("traces")
        if before is None or traces is None or recording is None:
            return Job("Taking the edit", lambda _: {}, lambda _: self.set_labels(cells))
        changed = changed_labels(before, cells)
        state, todo = self._there(), ["dff"] if "dff" in self._kept else []
        values = {stage: value for stage, value in self._values().items() if stage == "references"}
        at_once = state if values else without_references(state)

        def measure(progress: Progress) -> dict[str, Any]:
            measured = measure_again(traces, recording, cells, changed=changed, progress=progress)
            return {"traces": measured} | compute(todo, at_once, values | {"traces": measured}, progress)

        def accept(results: Mapping[str, Any]) -> None:
            if not self._is_open(state):
                return
            if self._values().get("traces") is not traces:  # measured meanwhile by other work
                self.set_labels(cells)
                return
            self._take_edit(cells)
            for stage, value in results.items():  # with the old key: the background is that of the old cells
                self._kept[stage] = replace(self._kept[stage], value=value)
            for stage in ("cells", *results):
                self.changed.emit(stage)

        return Job("Measuring the cells that changed", measure, accept)

    def analysis(self) -> Analysis:
        """Return what there is, as `s1r_imaging.analyze_recording` returns it, for `s1r_imaging.write_results`.

        Raises
        ------
        ValueError
            If a stage is missing or stale.
        """
        if self.missing:
            raise ValueError(f"{', '.join(self.missing)}: not computed, or stale; bring them up to date first.")
        state, values = self._there(), self._values()
        recording = corrected(state, values)
        return Analysis(
            recording=recording,
            images=values["images"],
            labels=values["cells"],
            traces=values["dff"],
            responses=values["responses"],
            options=options_as_read(self._options, recording),
            labels_given=self.labels_given,
            background_region=self.used_region,
            bleaching_reference=self.used_references,
        )

    def _there(self) -> State:
        if self._state is None:
            raise ValueError("There is no recording yet: open one, or take a layer, in the step Recording.")
        return self._state

    def _values(self) -> dict[str, Any]:
        return {stage: kept.value for stage, kept in self._kept.items()}

    def _is_open(self, state: State) -> bool:
        """Return whether the recording of a state is still the one that is open."""
        return self._state is not None and self._state.serial == state.serial

    def _is_fresh(self, stage: str, state: State | None = None) -> bool:
        return stage in self._kept and self._kept[stage].key == key(state or self._there(), stage)

    def _take_edit(self, cells: NDArray[np.int32]) -> None:
        self._n_edits += 1
        self._state = replace(self._there(), edit=self._n_edits)
        self._kept["cells"] = Kept(key(self._state, "cells"), cells)

    def _keep(self, results: Mapping[str, Any], state: State) -> None:
        for stage, value in results.items():
            self._kept[stage] = Kept(key(state, stage), value)
