"""The design: its file, its table, and what is wrong with it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QDialog, QFileDialog, QMessageBox, QPushButton, QVBoxLayout, QWidget

from napari_plugin.compare.buttons import menu_button, side_by_side
from napari_plugin.compare.draft import forget_draft, keep_draft, kept_draft
from napari_plugin.compare.model import DesignModel
from napari_plugin.compare.opening import (
    keep_cells_job,
    labels_beside,
    open_row_job,
    place_of,
    row_of_open_recording,
)
from napari_plugin.compare.table import Content, content_of_folder, open_content
from napari_plugin.compare.view import DesignView
from napari_plugin.compare.words import problem_words
from napari_plugin.context import Context
from napari_plugin.look import Sentence
from napari_plugin.samples import DESIGN_KEY, sample_folder
from napari_plugin.session import Job
from napari_plugin.steps.parts import button, line
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.experiment.design_notes import design_notes, recordings_by_condition
from s1r_imaging.samples import DESIGN_FILE, write_sample_experiment

_FILES = "Design tables (*.csv *.tsv *.xlsx *.toml *.txt);;All files (*)"
_WRITTEN = "CSV (*.csv);;Excel (*.xlsx);;TOML (*.toml);;Tab-separated (*.tsv)"
EMPTY = (
    "Open a design table, make one from a folder of recordings, or type one: a row for each recording, with what "
    "it was given (role), on which day, and its file."
)


class DesignPanel(QWidget):
    """The design table with its buttons.

    Parameters
    ----------
    context : Context
        What the steps share.
    """

    checked = Signal()
    """What is wrong with the design is known."""
    opened = Signal()
    """Another design was opened."""
    shown = Signal()
    """A recording of the design was opened."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("design_panel")
        self._context = context
        self.results_folder: Path | None = None  # where cells of the last run are kept
        self.model = DesignModel(self)
        self.view = self._make_view()
        self._title = line(
            "design_title", "The file of the design, and whether there are edits that are not in it"
        )
        self._problems = Sentence("design_problems", "What is wrong with the design, by row and column")
        self._notes = line("design_notes", "What the design holds, and what cannot be known from it")
        self._draft = button("bring_back", "Bring back unsaved edits", "", self._bring_back)
        self._lay_out()
        self.model.changed.connect(self._show_title)
        self.model.checked.connect(self._show_checked)
        session = context.session
        session.changed.connect(self._follow)
        context.at_close(lambda: session.changed.disconnect(self._follow, missing_ok=True))
        context.at_close(self._leave)
        self._show_draft()
        self._show_title()
        self._show_checked()

    @property
    def checked_table(self) -> pd.DataFrame | None:
        """The checked design; None where anything is wrong."""
        return self.model.found.table

    def open_file(self, path: str | Path) -> None:
        """Open a design table; unsaved edits are asked about first."""
        self._start("Opening the design", lambda: open_content(Path(path)), source=Path(path))

    def open_folder(self, folder: str | Path) -> None:
        """Make a design of the recordings in a folder."""
        self._start("Looking for recordings", lambda: content_of_folder(Path(folder)), source=None)

    def use_sample(self, folder: str | Path | None = None) -> None:
        """Simulate the sample experiment in a folder, once, and open its design; a folder for samples if none."""
        place = sample_folder() / "experiment" if folder is None else Path(folder)
        path = place / DESIGN_FILE

        def make(progress: Any) -> Content:
            if not path.is_file():
                write_sample_experiment(place, progress=progress)
            return open_content(path)

        if self._may_leave():
            job = Job("Simulating an experiment", make, lambda content: self._take(content, path))
            self._context.runner.start(job)

    def save(self) -> bool:
        """Save the design where it came from; ask where, if it has no file. Return whether it was saved."""
        source = self.model.table.source
        is_ours = source is not None and source.suffix.lower() in (".csv", ".tsv", ".xlsx", ".toml")
        return self.save_to(source) if source is not None and is_ours else self.save_as()

    def save_as(self) -> bool:
        """Ask where to save the design, and save it. Return whether it was saved."""
        folder = self.model.content.folder or Path(self._context.settings.folder or Path.home())
        chosen, _ = QFileDialog.getSaveFileName(self, "Save the design", str(folder / DESIGN_FILE), _WRITTEN)
        return bool(chosen) and self.save_to(Path(chosen))

    def save_to(self, path: Path) -> bool:
        """Save the design in a file. Return whether that went well."""
        target = path if path.suffix else path.with_suffix(".csv")
        try:
            self.model.take(self.model.table.save, target)
        except (S1RImagingError, ValueError) as error:
            self._context.runner.say(str(error))
            return False
        self._context.settings.remember_folder(target)
        self._context.runner.say(f"The design is saved: {target}", kind="info")
        return True

    def add_open_recording(self) -> None:
        """Add a row for the recording that is open."""
        try:
            row = row_of_open_recording(self._context.session)
        except S1RImagingError as error:
            self._context.runner.say(str(error))
            return
        table, design = self.model.table, self.model.check().table
        if place_of(self._context.session.opened, design) is not None:
            self._context.runner.say(f"{row['recording']} is in the design already.", kind="info")
            return
        self.model.take(table.append, [row])
        if table.content.folder is not None:  # its name as the other rows have theirs
            self.model.take(table.name_file, len(table.content.rows) - 1, "file", Path(row["file"]))
        self.model.check()
        self.view.scrollToBottom()

    def keep_cells(self) -> None:
        """Write the cells that are open beside their recording, and have the design name them."""
        recording, place = self._context.session.opened, self.place_of_open()
        if recording is None or place is None:
            return
        path = labels_beside(recording)
        if path.exists() and not self.ask(f"{path} is there already: replace it?"):
            return

        def named() -> None:
            self.model.take(self.model.table.name_file, place, "labels", path)
            self.model.check()

        said = f"The cells are in {path}, and the design names them: the next run takes them as they are."
        self._context.runner.start(
            lambda: keep_cells_job(self._context.session, path, named),
            then=lambda: self._context.runner.say(said, kind="info"),
        )

    def place_of_open(self) -> int | None:
        """Return the row of the table that is about the recording that is open."""
        found = self.model.found
        place = place_of(self._context.session.opened, found.table)
        return None if place is None else found.places[place]

    def open_recording(self, name: str) -> None:
        """Open a recording of the design by its name, with its events and its cells."""
        design = self.checked_table
        rows = [] if design is None else design[design["recording"] == name].to_dict("records")
        if not rows:
            self._context.runner.say("The design has problems: mend them, then open the recording.")
            return
        self._context.runner.start(
            lambda: open_row_job(self._context, rows[0], self.results_folder), then=self.shown.emit
        )

    def open_row(self, place: int) -> None:
        """Open the recording of a row of the table."""
        found = self.model.check()
        if found.table is None:
            self._context.runner.say("The design has problems: mend them, then open the recording.")
        elif place in found.places:
            self.open_recording(str(found.table["recording"].iloc[found.places.index(place)]))

    def take_sample_of_layer(self) -> None:
        """Open the design that a sample in the viewer belongs to, unless there is a design already."""
        path = self.sample_of_layer()
        if path is not None and self.model.table.source is None and self.model.content.is_empty:
            self.open_file(path)

    def sample_of_layer(self) -> Path | None:
        """Return the design that a sample in the viewer belongs to; None where there is none."""
        known = (layer.metadata.get(DESIGN_KEY) for layer in self._context.viewer.layers)
        return next((Path(path) for path in known if path and Path(path).is_file()), None)

    def show_large(self) -> QDialog:
        """Show the table in a window of its own."""
        dialog = QDialog(self)
        dialog.setObjectName("design_window")
        dialog.setWindowTitle("Design")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        layout = QVBoxLayout(dialog)
        layout.addWidget(self._make_view())
        dialog.resize(1000, 500)
        dialog.show()
        return dialog

    def ask(self, question: str) -> bool:
        """Ask the person, who can say no."""
        return bool(QMessageBox.question(self, "Design", question) == QMessageBox.StandardButton.Yes)

    def ask_to_save(self) -> str:
        """Ask what becomes of edits: ``"save"``, ``"discard"`` or ``"cancel"``."""
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self,
            "Design",
            "The design has edits that are not saved. Save them?",
            buttons.Save | buttons.Discard | buttons.Cancel,
        )
        return {buttons.Save: "save", buttons.Discard: "discard"}.get(answer, "cancel")

    def _start(self, title: str, make: Callable[[], Content], *, source: Path | None) -> None:
        if self._may_leave():
            job = Job(title, lambda _: make(), lambda content: self._take(content, source))
            self._context.runner.start(job)

    def _take(self, content: Content, source: Path | None) -> None:
        self.model.take(partial(self.model.table.start, content, source=source, is_saved=source is not None))
        if content.folder is not None:
            self._context.settings.remember_folder(content.folder)
        self.model.check()
        self.view.fit()
        self.opened.emit()

    def _may_leave(self) -> bool:
        if not self.model.table.is_changed:
            return True
        answer = self.ask_to_save()
        return self.save() if answer == "save" else answer == "discard"

    def _leave(self) -> None:
        if self.model.table.is_changed:
            keep_draft(self._context.settings, self.model.table)

    def _show_draft(self) -> None:
        draft = kept_draft(self._context.settings)
        self._draft.setVisible(draft is not None)
        name = "a design" if draft is None or draft[1] is None else draft[1].name
        self._draft.setToolTip(f"Edits of {name} were not saved when the window was closed last")

    def _bring_back(self) -> None:
        draft = kept_draft(self._context.settings)
        if draft is not None and self._may_leave():
            content, source = draft
            self.model.take(partial(self.model.table.start, content, source=source, is_saved=False))
            self.model.check()
            self.opened.emit()
            forget_draft(self._context.settings)
        self._show_draft()

    def _follow(self, what: str) -> None:
        if what in ("recording", "cells"):
            self._show_keep()

    def _show_keep(self) -> None:
        has_cells = self._context.session.labels is not None and self.place_of_open() is not None
        self._keep.setVisible(has_cells)

    def _show_title(self) -> None:
        table = self.model.table
        name = (
            table.source.name
            if table.source is not None
            else "A new design"
            if table.content.rows
            else "No design"
        )
        self._title.setText(f"{name} • edits are not saved" if table.is_changed else name)
        self._title.setToolTip(str(table.source or "The design has no file yet"))

    def _show_checked(self) -> None:
        found = self.model.found
        self._next.setVisible(any(problem.rows for problem in found.problems))
        self._problems.say(problem_words(found.problems, has_folder=self.model.content.folder is not None))
        if found.table is not None:
            words = [*recordings_by_condition(found.table), "", *design_notes(found.table)]
            self._notes.setText("\n".join(words).strip())
        else:
            self._notes.setText(EMPTY if self.model.content.is_empty else "")
        self._notes.setVisible(bool(self._notes.text()))
        self._show_keep()
        self.checked.emit()

    def _make_view(self) -> DesignView:
        view = DesignView(self.model)
        header = view.verticalHeader()
        if header is not None:
            header.sectionDoubleClicked.connect(self.open_row)
        return view

    def _lay_out(self) -> None:
        self._keep = button(
            "keep_cells",
            "Use the cells that are open",
            "Write the cells of the recording that is open beside its file, and name them in the design (column "
            "labels), so that the next run takes them as they are",
            self.keep_cells,
        )
        add = button("add_row", "+", "Add a row", self.view.add_row)
        remove = button("remove_rows", "−", "Remove the rows of the selected cells", self.view.remove_rows)
        undo = button("undo_design", "Undo", "Take the last edit of the table back", self.view.undo)
        large = button("large_design", "Large", "Show the table in a window of its own", self.show_large)
        self._next = button(
            "next_problem", "Next !", "Go to the next cell with a problem", self.view.go_to_problem
        )
        here = button(
            "add_open_recording",
            "Add the recording that is open",
            "Add a row with its file and what was added when",
            self.add_open_recording,
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._title)
        layout.addWidget(side_by_side(self._open_button(), self._save_button()))
        layout.addWidget(self._draft)
        layout.addWidget(self.view, stretch=1)
        layout.addWidget(side_by_side(add, remove, undo, self._next, large))
        layout.addWidget(here)
        layout.addWidget(self._keep)
        layout.addWidget(self._problems)
        layout.addWidget(self._notes)

    def _open_button(self) -> QPushButton:
        return menu_button(
            "open_design",
            "Open",
            "Open a design table, or make one",
            ("open_design_file", "Design table …", self._ask_file),
            ("design_from_folder", "From a folder of recordings …", self._ask_folder),
            ("folder_of_files", "Folder of the files that the table names …", self._ask_folder_of_files),
            ("sample_experiment", "Use the sample experiment", self.use_sample),
            ("sample_experiment_in", "Use the sample experiment, in a folder …", self._ask_sample),
        )

    def _save_button(self) -> QPushButton:
        return menu_button(
            "save_design",
            "Save",
            "Save the design",
            ("save_design_here", "Save", self.save),
            ("save_design_as", "Save as …", self.save_as),
        )

    def _ask_file(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Open a design", self._context.settings.folder, _FILES)
        if chosen:
            self.open_file(chosen)

    def _ask_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder of recordings", self._context.settings.folder)
        if chosen:
            self.open_folder(chosen)

    def _ask_folder_of_files(self) -> None:
        start = self.model.content.folder or self._context.settings.folder
        chosen = QFileDialog.getExistingDirectory(self, "Folder of the files that the table names", str(start))
        if chosen:
            self.model.take(self.model.table.set_folder, Path(chosen))
            self.model.check()

    def _ask_sample(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self, "Where the sample experiment is written", self._context.settings.folder
        )
        if chosen:
            self.use_sample(Path(chosen) / "s1r-imaging-sample")
