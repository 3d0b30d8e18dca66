"""The TOML file that holds a run: what was analysed, the events, and every option.

``s1r-imaging analyze --config run.toml`` repeats the run; relative paths in the file are relative to it.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from s1r_imaging.analysis import AnalysisOptions
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.measurement import reading_of
from s1r_imaging.recording import Event, Recording

_Run = TypeVar("_Run")
_OUTSIDE_SECTIONS = ("source", "time_s", "labels", "background_region", "bleaching_reference", "events")


@dataclass(frozen=True, kw_only=True)
class RunFile:
    """What a run needs to be repeated.

    Attributes
    ----------
    source : Path or None
        Recording: a file or folder; None when it was an array in memory.
    time_s : tuple of float or None
        Time of each frame (s) where the caller gave them; otherwise the file and its options say.
    labels : Path or None
        Label image or ROI zip; None when cells are to be found.
    background_region : Path or None
        The same for the region that the background is measured in.
    bleaching_reference : tuple of Path
        Untreated recordings in which bleaching is measured.
    events : tuple of Event
        What was added when.
    options : AnalysisOptions
        Options of every stage.
    """

    source: Path | None = None
    time_s: tuple[float, ...] | None = None
    labels: Path | None = None
    background_region: Path | None = None
    bleaching_reference: tuple[Path, ...] = ()
    events: tuple[Event, ...] = ()
    options: AnalysisOptions = field(default_factory=AnalysisOptions)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that TOML can hold."""
        paths = {"source": self.source, "labels": self.labels, "background_region": self.background_region}
        references = [str(path) for path in self.bleaching_reference]
        events = [{key: value for key, value in vars(event).items() if value is not None} for event in self.events]
        return (
            {key: str(path) for key, path in paths.items() if path is not None}
            | ({"bleaching_reference": references} if references else {})
            | ({"time_s": list(self.time_s)} if self.time_s else {})
            | ({"events": events} if events else {})
            | self.options.to_dict()
        )


def run_of(
    recording: Recording,
    options: AnalysisOptions,
    *,
    labels: Path | None = None,
    background_region: Path | None = None,
    bleaching_reference: Sequence[Path] = (),
) -> RunFile:
    """Return the run that gives the same results as an analysis.

    Parameters
    ----------
    recording : Recording
        What was, or is to be, analysed.
    options : AnalysisOptions
        Options of every stage; how the recording was read is taken from its own history.
    labels : Path, optional
        File of the cells, where they are not those that would be found.
    background_region : Path, optional
        File of the region that the background is measured in.
    bleaching_reference : sequence of Path
        Files of untreated recordings in which bleaching is measured.

    Returns
    -------
    RunFile
        With the whole path of the source, and the frame times where they were given, or came from no file.
    """
    steps = [step.options for step in recording.history if step.name == "read_recording"]
    is_given = not steps or steps[0].get("frame_interval_from") == "time_s"
    return RunFile(
        source=None if recording.source is None else Path(recording.source).resolve(),
        time_s=tuple(recording.time_s.tolist()) if is_given else None,
        labels=labels,
        background_region=background_region,
        bleaching_reference=tuple(path.resolve() for path in bleaching_reference),
        events=recording.events,
        options=replace(options, recording=reading_of(recording)),
    )


def read_run_file(path: str | Path) -> RunFile:
    """Read a run from TOML.

    Parameters
    ----------
    path : path
        TOML file. Relative paths in it are relative to the folder it is in.

    Returns
    -------
    RunFile
        The run; what the file does not say has its default.

    Raises
    ------
    S1RImagingError
        If the file cannot be read, is no TOML, or holds an unknown or wrong value.
    """
    return read_toml(path, _from_dict)


def read_toml(path: str | Path, parse: Callable[[dict[str, Any], Path], _Run]) -> _Run:
    """Read a TOML file and parse what it holds.

    Parameters
    ----------
    path : path
        TOML file.
    parse : callable
        Given the content and the folder of the file, returns what it means; raises `TypeError` or `ValueError`
        where it means nothing.

    Returns
    -------
    object
        What `parse` returns.

    Raises
    ------
    S1RImagingError
        If the file cannot be read, is no TOML, or `parse` cannot use it.
    """
    path = Path(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise S1RImagingError(f"{path}: cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise S1RImagingError(f"{path}: is no TOML file: {error}.") from error
    try:
        return parse(content, path.parent)
    except (TypeError, ValueError) as error:
        raise S1RImagingError(f"{path}: {error}") from error


def _from_dict(content: Mapping[str, Any], folder: Path) -> RunFile:
    sections = {key: value for key, value in content.items() if key not in _OUTSIDE_SECTIONS}
    for name, section in sections.items():
        if not isinstance(section, dict):
            raise TypeError(
                f"{name} = {section!r} stands outside a section: options belong in [recording], [dff], …."
            )
    return RunFile(
        source=folder / content["source"] if "source" in content else None,
        labels=folder / content["labels"] if "labels" in content else None,
        background_region=folder / content["background_region"] if "background_region" in content else None,
        bleaching_reference=_paths(content, "bleaching_reference", folder),
        time_s=tuple(content["time_s"]) if "time_s" in content else None,
        events=tuple(Event(**event) for event in content.get("events", [])),
        options=AnalysisOptions.from_dict(sections),
    )


def _paths(content: Mapping[str, Any], name: str, folder: Path) -> tuple[Path, ...]:
    given = content.get(name, [])
    if not isinstance(given, list):
        raise TypeError(f"{name} = {given!r}: expected a list of files.")
    return tuple(folder / path for path in given)
