"""What the menu does with sessions: save, open, copy as Python."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtWidgets import QApplication, QFileDialog, QMessageBox

from napari_plugin.colours import BY_LABEL
from napari_plugin.layers import RECORDING_KEY, added_in_turns, recording_to_layer
from napari_plugin.save import (
    SavedSession,
    differs_from_saved,
    open_session,
    recording_changed,
    reopen_job,
    session_files,
)
from napari_plugin.script import script
from napari_plugin.session import Job
from napari_plugin.showing import show_as_recording
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.files import is_occupied, safe_name
from s1r_imaging.io.results import check_folder, write_folder
from s1r_imaging.recording import Recording
from s1r_imaging.results import LABELS_FILE, REGION_FILE

if TYPE_CHECKING:
    from napari_plugin.main_widget import MainWidget

SUFFIX = "-session"


class SessionActions:
    """Saves and opens the session of a window.

    Parameters
    ----------
    widget : MainWidget
        The window.
    """

    def __init__(self, widget: "MainWidget") -> None:
        self._widget = widget
        self._folder: Path | None = None  # where the session was last saved, or opened from
        self._saved_labels: Any = None
        self._saved_region: Any = None

    def save(self, *, then: Callable[[], object] | None = None) -> None:
        """Save the session where it was saved before; ask where, the first time."""
        if self._folder is None:
            self.save_as(then=then)
        else:
            self._write(self._folder, then=then)

    def save_as(self, *, then: Callable[[], object] | None = None) -> None:
        """Ask where to save the session, and save it there."""
        context = self._widget.context
        recording = context.session.opened
        if recording is None:
            context.runner.say("There is no recording yet, so there is nothing to save: open one first.")
            return
        start = Path(context.settings.folder or Path.home()) / safe_name(f"{recording.name}{SUFFIX}")
        folder = self.ask_where_to(start)
        if folder is None:
            return
        try:
            there = is_occupied(folder)
            check_folder(folder, overwrite=there)
        except S1RImagingError as error:
            context.runner.say(str(error))
            return
        if not there or self.ask(f"{folder} holds an earlier session: replace it?"):
            self._write(folder, then=then)

    def open(self) -> None:
        """Ask which session to open, and open it; a folder of results is one too."""
        chosen = QFileDialog.getExistingDirectory(
            self._widget, "Open a session, or a folder of results", self._widget.context.settings.folder
        )
        if chosen:
            self.open_folder(chosen)

    def open_folder(self, folder: str | Path) -> None:
        """Open the session in a folder; ask where the recording is when it moved."""
        context = self._widget.context
        try:
            saved = open_session(folder)
        except S1RImagingError as error:
            context.runner.say(str(error))
            return
        instead: Recording | Path | None = saved.find_source()
        if instead is None:
            instead = context.session.opened if saved.is_in_memory else self.ask_where_is(saved)
        if instead is None:
            context.runner.say(saved.where_is_it())
            return
        job = reopen_job(context.session, saved, recording=instead)

        def compute(progress: Any) -> Any:
            answer = job.compute(progress)
            return answer, recording_to_layer(answer[0])

        def accept(answer: Any) -> Iterator[None]:
            yield from self._show_recording(answer[0][0], answer[1])
            yield
            job.accept(answer[0])
            self._folder, self._saved_labels, self._saved_region = saved.folder, answer[0][1], answer[0][2]
            context.settings.remember_folder(saved.folder.parent)

        context.runner.start(Job(job.title, compute, accept), then=lambda: self._go_on(saved))

    def copy_script(self) -> None:
        """Copy the session as Python; cells that were edited are saved first, for the script to read."""
        session, runner = self._widget.context.session, self._widget.context.runner
        drawn = {
            "cells": session.labels_given and not _is_same(self._saved_labels, session.labels),
            "background region": session.used_region is not None
            and not _is_same(self._saved_region, session.used_region),
        }
        if any(drawn.values()):
            what = " and ".join(name for name, is_drawn in drawn.items() if is_drawn)
            runner.say(f"The script reads the {what} from a file: save the session first.", kind="info")
            self.save(then=self.copy_script)
            return
        folder = self._folder
        labels, region = (None, None) if folder is None else (folder / LABELS_FILE, folder / REGION_FILE)
        try:
            text = script(session, labels=labels, background_region=region)
        except ValueError as error:
            runner.say(str(error))
            return
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(text)
            runner.say("The session is in the clipboard, as a Python script.", kind="info")

    def ask_where_to(self, start: Path) -> Path | None:
        """Ask for the folder to save in."""
        flags = QFileDialog.Option.DontConfirmOverwrite
        chosen, _ = QFileDialog.getSaveFileName(
            self._widget, "Save the session as a folder", str(start), "Folder (*)", options=flags
        )
        return Path(chosen) if chosen else None

    def ask_where_is(self, saved: SavedSession) -> Path | None:
        """Ask for a recording that is not at its place any more."""
        title = f"Where is {saved.run.source.name if saved.run.source else 'the recording'} now?"
        chosen, _ = QFileDialog.getOpenFileName(self._widget, title, str(saved.folder.parent))
        return Path(chosen) if chosen else None

    def ask(self, question: str) -> bool:
        """Ask the person, who can say no."""
        answer = QMessageBox.question(self._widget, "Session", question)
        return bool(answer == QMessageBox.StandardButton.Yes)

    def _write(self, folder: Path, *, then: Callable[[], object] | None) -> None:
        context = self._widget.context
        labels, region = context.session.labels, context.session.used_region

        def make() -> Job:
            files = session_files(context.session, view=self._view())  # as all is now, not when the thread begins
            return Job("Saving the session", lambda _: write_folder(folder, files, overwrite=True), accept)

        def accept(_: Path) -> None:
            self._folder, self._saved_labels, self._saved_region = folder, labels, region
            context.settings.remember_folder(folder.parent)

        def done() -> None:
            context.runner.say(f"The session is saved: {folder}", kind="info")
            if then is not None:
                then()

        context.runner.start(make, then=done)

    def _view(self) -> dict[str, Any]:
        context = self._widget.context
        steps = {
            name: step.view_state() for name, step in self._widget.steps.items() if hasattr(step, "view_state")
        }
        return {
            "selected": context.selection.label,
            "colour": context.cells.colouring.by,
            "computed": not context.session.missing,
            "steps": steps,
        }

    def _show_recording(self, recording: Recording, layer_data: Any) -> Iterator[None]:
        """Show the recording in the layer that it has already, or in a new one; no other layer is touched."""
        context = self._widget.context
        for layer in context.viewer.layers:
            shown = layer.metadata.get(RECORDING_KEY)
            is_it = isinstance(shown, Recording) and shown.data is recording.data
            if is_it:
                show_as_recording(context, layer)
                return
        layer = yield from added_in_turns(context.viewer, layer_data)
        show_as_recording(context, layer)

    def _go_on(self, saved: SavedSession) -> None:
        """Compute what had been computed; then show what was shown."""
        context = self._widget.context

        def show() -> None:
            self._restore(saved.view)
            if recording_changed(context.session, saved):
                context.runner.say(
                    "The file of the recording has changed since the session was saved: results are those of the "
                    "frames that it holds now.",
                    kind="info",
                )
            elif not saved.labels_given and differs_from_saved(context.session, saved):
                context.runner.say(
                    "The cells that are found now are not those of the session: it was made by another version. "
                    f"They are in {saved.labels}.",
                    kind="info",
                )

        if saved.view.get("computed", True):
            context.runner.start(context.session.job, then=show)
        else:
            show()

    def _restore(self, view: dict[str, Any]) -> None:
        context = self._widget.context
        for name, kept in view.get("steps", {}).items():
            step: Any = self._widget.steps.get(name)
            if hasattr(step, "restore_view"):
                step.restore_view(kept)
        context.selection.select(view.get("selected", 0))
        self._colour_later(view.get("colour", BY_LABEL))

    def _colour_later(self, by: str) -> None:
        """Colour the cells once their table, which follows the results after a moment, holds the measure."""
        cells = self._widget.context.cells

        def colour() -> None:
            if by in cells.measures:
                cells.recoloured.disconnect(colour)
                cells.colour_by(by)

        if by != BY_LABEL:
            cells.recoloured.connect(colour)
            self._widget.context.at_close(lambda: cells.recoloured.disconnect(colour, missing_ok=True))
            colour()


def _is_same(first: Any, second: Any) -> bool:
    return first is not None and second is not None and np.array_equal(first, second)
