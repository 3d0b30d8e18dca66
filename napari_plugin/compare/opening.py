"""Recordings of a design into the window, and the recording that is open into a design. No Qt."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_plugin.context import Context
from napari_plugin.layers import RECORDING_KEY, added_in_turns, recording_to_layer
from napari_plugin.session import Job, Session
from napari_plugin.showing import show_as_recording
from s1r_imaging.analysis import options_as_read
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.experiment.design import row_events
from s1r_imaging.experiment_jobs import Job as ExperimentJob
from s1r_imaging.experiment_jobs import given
from s1r_imaging.experiment_kept import kept_folder
from s1r_imaging.experiment_measure import reading_options
from s1r_imaging.io.events import format_events
from s1r_imaging.io.labels import read_labels, write_labels
from s1r_imaging.io.recording import read_recording, recording_name
from s1r_imaging.progress import Progress
from s1r_imaging.recording import Recording
from s1r_imaging.results import LABELS_FILE

_COLUMNS = ("channel", "frame_interval_s", "pixel_size_um")  # how a file is read, where it was said


def open_row_job(context: Context, row: Mapping[Any, Any], folder: Path | None) -> Job:
    """Return the work that opens a recording of a design, with its events and its cells.

    Parameters
    ----------
    context : Context
        The window.
    row : mapping
        A row of the checked design.
    folder : Path or None
        Folder of the experiment's results, where cells are kept; None where there is none yet.

    Returns
    -------
    Job
        Cells are those that the row names, else those that were found in the last run.

    Raises
    ------
    S1RImagingError
        If the row is a well of a plate, or has no file.
    """
    name, file = str(row["recording"]), given(row, "file")
    if file is None:
        raise S1RImagingError(f"{name} has no file in the design, so it cannot be opened.")
    job = ExperimentJob(name, (row,), Path(file))
    if job.is_plate:
        raise S1RImagingError(f"{name} is a well of a plate: there is no image to open.")
    options = reading_options(row, context.session.options.recording)
    labels_file = _labels_of(row, job, folder)

    def compute(_: Progress) -> tuple[Recording, NDArray[np.int32] | None, Any]:
        found = read_recording(Path(file), events=row_events(row), **options.to_dict())
        labels = None if labels_file is None else read_labels(labels_file, shape=found.frame_shape)
        return found, labels, recording_to_layer(found)

    def accept(answer: tuple[Recording, NDArray[np.int32] | None, Any]) -> Iterator[None]:
        found, labels, layer_data = answer
        yield from show_recording(context, found, layer_data)
        yield
        context.session.open(found)
        if labels is not None:
            yield
            context.session.set_labels(labels)

    return Job(f"Opening {name}", compute, accept)


def show_recording(context: Context, recording: Recording, layer_data: Any) -> Iterator[None]:
    """Show a recording in the layer that shows its file already, else in a new one; no other layer is touched."""
    for layer in context.viewer.layers:
        shown = layer.metadata.get(RECORDING_KEY)
        if isinstance(shown, Recording) and shown.source is not None and shown.source == recording.source:
            show_as_recording(context, layer)
            return
    layer = yield from added_in_turns(context.viewer, layer_data)
    show_as_recording(context, layer)


def row_of_open_recording(session: Session) -> dict[str, Any]:
    """Return the row of a design that is about the recording that is open.

    Raises
    ------
    S1RImagingError
        If none is open, or it is in no file.
    """
    recording = session.opened
    if recording is None:
        raise S1RImagingError("There is no recording yet: open one, or take a layer, in the step Recording.")
    if recording.source is None:
        raise S1RImagingError(
            f"{recording.name} is in no file, so no design can name it: save the layer as TIFF, and open that."
        )
    reading = options_as_read(session.options, recording).recording.to_dict()
    said = {name: reading[name] for name in _COLUMNS if name in reading}
    file = str(Path(recording.source).absolute())
    return {"recording": recording.name, "file": file, "events": format_events(recording.events)} | said


def place_of(recording: Recording | None, design: pd.DataFrame | None) -> int | None:
    """Return the row of a checked design that is about the file of a recording; None where there is none."""
    if recording is None or recording.source is None or design is None or "file" not in design:
        return None
    source = Path(recording.source).resolve()
    is_it = [file is not None and Path(file).resolve() == source for file in design["file"]]
    places = [place for place, same in enumerate(is_it) if same]
    by_name = [place for place in places if design["recording"].iloc[place] == recording.name]
    return next(iter(by_name or places), None)


def labels_beside(recording: Recording) -> Path:
    """Return where the cells of a recording are kept beside its file."""
    source = Path(recording.source or "").absolute()
    return source.with_name(f"{recording_name(source)}_labels.tif")


def keep_cells_job(session: Session, path: Path, then: Callable[[], None]) -> Job:
    """Return the work that writes the cells that are open into a file."""
    labels = session.labels
    if labels is None:
        raise S1RImagingError("There are no cells yet: find or draw them in the step Cells.")
    cells = np.array(labels)  # as they are now
    return Job("Writing the cells", lambda _: write_labels(path, cells), lambda _: then())


def _labels_of(row: Mapping[Any, Any], job: ExperimentJob, folder: Path | None) -> Path | None:
    said = given(row, "labels")
    if said is not None:
        return Path(said)
    kept = None if folder is None else kept_folder(folder, job) / LABELS_FILE
    return kept if kept is not None and kept.is_file() else None
