"""Sessions: saved into a folder, whole or not at all, and opened again.

=============== ====================================================================================
``run.toml``    the recording, what was added when, every option; the file that `write_results` writes
                too and that ``s1r-imaging analyze --config`` takes
``labels.tif``  the cells; `run.toml` names it where they were drawn or edited
``window.toml`` the size of the recording, and what the window showed
=============== ====================================================================================

and ``background_region.tif`` where the background is measured in a region. A folder of results is a session too:
it holds all but ``window.toml``.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from napari_plugin.session import Job, Session
from s1r_imaging.errors import MissingOptionError, S1RImagingError
from s1r_imaging.imaging.blocks import read_frame
from s1r_imaging.io.labels import read_labels, write_labels
from s1r_imaging.io.recording import read_recording
from s1r_imaging.io.results import Content, write_folder
from s1r_imaging.measurement import read_region
from s1r_imaging.progress import Progress
from s1r_imaging.provenance import digest_array
from s1r_imaging.recording import Recording
from s1r_imaging.results import LABELS_FILE, REGION_FILE
from s1r_imaging.runfile import RunFile, read_run_file, read_toml, run_of

RUN_FILE = "run.toml"
WINDOW_FILE = "window.toml"


@dataclass(frozen=True, kw_only=True)
class SavedSession:
    """What a session's folder holds.

    Attributes
    ----------
    folder : Path
        The folder.
    run : RunFile
        Recording, events, options; its `labels` are None where cells are as they were found.
    labels : Path or None
        File of the cells; None where there were none yet.
    shape : tuple of int or None
        Frames, height and width of the recording, where they are known.
    view : dict
        What the window showed: plain values by name.
    first_frame : str or None
        Digest of the recording's first frame, where it is known.
    """

    folder: Path
    run: RunFile
    labels: Path | None = None
    shape: tuple[int, int, int] | None = None
    view: dict[str, Any] = field(default_factory=dict)
    first_frame: str | None = None

    @property
    def labels_given(self) -> bool:
        """Whether cells were drawn, edited or loaded."""
        return self.run.labels is not None

    @property
    def is_in_memory(self) -> bool:
        """Whether the recording came from no file."""
        return self.run.source is None

    def find_source(self) -> Path | None:
        """Return where the recording is: at its place, or beside the session; None where it is not found."""
        source = self.run.source
        if source is None:
            return None
        places = (source, self.folder / source.name, self.folder.parent / source.name)
        return next((place for place in places if place.exists()), None)

    def where_is_it(self) -> str:
        """Say that the recording is not there, and what to do."""
        if self.run.source is None:
            return (
                "The recording of this session was in memory and is in no file: open it, or take its layer, in "
                "the step Recording, then open the session once more; its cells, events and options are kept."
            )
        return f"{self.run.source} is not there any more: say where the recording is now."


def session_files(session: Session, *, view: Mapping[str, Any] | None = None) -> dict[str, Content]:
    """Return the files of a session's folder, as the session is at this moment.

    Parameters
    ----------
    session : Session
        With a recording.
    view : mapping, optional
        What the window shows: plain values by name.

    Returns
    -------
    dict
        For `s1r_imaging.io.results.write_folder`.

    Raises
    ------
    ValueError
        If no recording is open.
    """
    recording, labels = session.opened, session.labels
    if recording is None:
        raise ValueError("There is no recording yet, so there is nothing to save: open one first.")
    region = session.used_region
    run = run_of(
        recording,
        session.options,
        labels=Path(LABELS_FILE) if session.labels_given else None,
        background_region=None if region is None else Path(REGION_FILE),
        bleaching_reference=session.used_references,
    )
    frames, (height, width) = recording.n_frames, recording.frame_shape
    window: dict[str, Any] = {"frames": frames, "height_px": height, "width_px": width}
    window |= {"first_frame": _first_frame(recording), "view": dict(view or {})}
    files: dict[str, Content] = {RUN_FILE: run.to_dict(), WINDOW_FILE: window}
    if labels is not None:
        files[LABELS_FILE] = lambda path: write_labels(path, labels)
    if region is not None:
        files[REGION_FILE] = lambda path: write_labels(path, region.astype(np.int32))
    return files


def save_session(
    session: Session,
    path: str | os.PathLike[str],
    *,
    view: Mapping[str, Any] | None = None,
    overwrite: bool = False,
) -> Path:
    """Save a session into a folder, whole or not at all.

    Parameters
    ----------
    session : Session
        With a recording.
    path : path
        The folder.
    view : mapping, optional
        What the window shows: plain values by name.
    overwrite : bool
        Replace a session of that name; a folder that holds anything else is never replaced.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    S1RImagingError
        If the folder cannot be written or must not be replaced; it is as it was then.
    ValueError
        If no recording is open.
    """
    return write_folder(path, session_files(session, view=view), overwrite=overwrite)


def open_session(path: str | os.PathLike[str]) -> SavedSession:
    """Read what a session's folder, or a folder of results, holds; the recording itself is not opened.

    Parameters
    ----------
    path : path
        The folder, or a file in it.

    Returns
    -------
    SavedSession
        For `reopen_job`.

    Raises
    ------
    S1RImagingError
        If it is no such folder, or a file in it is wrong; the sentence names it.
    """
    place = Path(path)
    folder = place.parent if place.is_file() else place
    if not (folder / RUN_FILE).is_file():
        raise S1RImagingError(f"{folder} holds no {RUN_FILE}: choose the folder of a session or of results.")
    run = read_run_file(folder / RUN_FILE)
    if run.labels is not None and not run.labels.is_file():
        raise S1RImagingError(f"{run.labels}, the cells of the session, is not there any more.")
    if run.background_region is not None and not run.background_region.is_file():
        raise S1RImagingError(f"{run.background_region}, the background region, is not there any more.")
    labels = run.labels or folder / LABELS_FILE
    window = read_toml(folder / WINDOW_FILE, _window) if (folder / WINDOW_FILE).is_file() else {}
    return SavedSession(folder=folder, run=run, labels=labels if labels.is_file() else None, **window)


def reopen_job(session: Session, saved: SavedSession, *, recording: Recording | Path | None = None) -> Job:
    """Return the work that gives a session its recording, events, options and edited cells back.

    Results, and cells that were found, are computed anew when they are asked for: they come out the same.

    Parameters
    ----------
    session : Session
        What is in it is replaced.
    saved : SavedSession
        What `open_session` read.
    recording : Recording or path, optional
        In place of the recording that the session names: where it was moved to, or what was in memory.

    Returns
    -------
    Job
        Its `compute` raises an `S1RImagingError` where the recording is not found or is another one.
    """

    def compute(_: Progress) -> tuple[Recording, Any, Any]:
        found, region = _recording(saved, recording), saved.run.background_region
        given = saved.labels if saved.labels_given else None
        labels = None if given is None else read_labels(given, shape=found.frame_shape)
        return found, labels, None if region is None else read_region(region, shape=found.frame_shape)

    def accept(answer: tuple[Recording, Any, Any]) -> None:
        found, labels, region = answer
        session.open(found, options=saved.run.options)
        if labels is not None:
            session.set_labels(labels)
        if region is not None:
            session.set_background_region(region)
        session.set_bleaching_reference(saved.run.bleaching_reference)

    return Job("Opening the session", compute, accept)


def differs_from_saved(session: Session, saved: SavedSession) -> bool:
    """Return whether cells that were found again are not those that were saved: another version finds others."""
    if saved.labels is None or session.labels is None:
        return False
    return not np.array_equal(read_labels(saved.labels, shape=session.labels.shape), session.labels)


def recording_changed(session: Session, saved: SavedSession) -> bool:
    """Return whether the file of the recording holds other frames than when the session was saved."""
    return None not in (saved.first_frame, session.opened) and _first_frame(session.opened) != saved.first_frame


def _first_frame(recording: Any) -> str:
    return digest_array(read_frame(recording.data, 0))


def _recording(saved: SavedSession, given: Recording | Path | None) -> Recording:
    if isinstance(given, Recording):
        found = replace(given, events=saved.run.events)
    else:
        source = given or saved.find_source()
        if source is None:
            raise S1RImagingError(saved.where_is_it())
        options = saved.run.options.recording.to_dict()
        try:
            found = read_recording(source, time_s=saved.run.time_s, events=saved.run.events, **options)
        except MissingOptionError as error:
            raise S1RImagingError(
                f"{source} is not the recording that the session was saved with, which said itself what this one "
                f"leaves open ({error.option}): put the right file there, or open this one in the step Recording."
            ) from error
    shape = (found.n_frames, *found.frame_shape)
    if saved.shape is not None and shape != saved.shape:
        raise S1RImagingError(
            f"{found.source or found.name} is another recording: it has {_in_words(shape)}, that of the session "
            f"{_in_words(saved.shape)}."
        )
    return found


def _in_words(shape: tuple[int, int, int]) -> str:
    return f"{shape[0]} frames of {shape[1]} × {shape[2]} pixels"


def _window(content: dict[str, Any], _: Path) -> dict[str, Any]:
    """Return what a session knows from the file of the window."""
    names = ("frames", "height_px", "width_px")
    numbers = [content.get(name) for name in names]
    if not all(isinstance(number, int) for number in numbers):
        raise TypeError(f"{', '.join(names)} are {numbers}: expected whole numbers.")
    view = content.get("view", {})
    if not isinstance(view, dict):
        raise TypeError(f"view = {view!r}: expected a section.")
    first_frame = content.get("first_frame")  # not there where an earlier version saved
    return {"shape": tuple(numbers), "view": view, "first_frame": str(first_frame) if first_frame else None}
