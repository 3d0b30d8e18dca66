"""Step Export: the results folder of the command `bind`, sessions, and the script that repeats the window."""

from pathlib import Path

from qtpy.QtCore import QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QWidget

from napari_plugin.binding.context import BindingContext
from napari_plugin.binding.files import open_job, save_job
from napari_plugin.binding.parts import copy_text, one_below_other, rows_of_buttons
from napari_plugin.binding.script import folder_name, script
from napari_plugin.binding.state import BindingState
from napari_plugin.session import Job
from napari_plugin.steps.export import Preview
from napari_plugin.steps.parts import button, group, line
from s1r_imaging.binding_results import write_binding_results
from s1r_imaging.io.files import safe_name

CONTENT = (
    "Affinities, combined over experiments; quality, parameters, curves, residuals, wells (CSV, one for Prism); "
    "figures for print; report.txt; binding.toml, which repeats the run; provenance.json. The folder "
    "opens again as a session."
)
SESSIONS = "Binding runs (*.toml)"


class ExportStep(QWidget):
    """Where results and sessions go.

    Parameters
    ----------
    context : BindingContext
        What the steps share.
    """

    def __init__(self, context: BindingContext) -> None:
        super().__init__()
        self.setObjectName("binding_export_step")
        self._context = context
        self._state = line(
            "binding_export_state", "Whether the results are of the wells and options as they are now"
        )
        self._export = button(
            "export_binding", "Export …", "Write everything into a new folder", self.ask_and_export
        )
        self._preview = Preview()
        self._folder: Path | None = None
        self._show = button("open_binding_folder", "Open folder", "Show it in the file browser", self.open_folder)
        content = line("binding_export_content", "What the folder will hold")
        content.setText(CONTENT)
        session = rows_of_buttons(
            button("save_binding", "Save …", "Save wells, roles and options into a folder", self.ask_and_save),
            button(
                "open_binding", "Open …", "Open a session or a results folder: its binding.toml", self.ask_and_open
            ),
        )
        copy = button(
            "copy_binding_script", "Copy as Python", "A script that gives the same results", self.copy_script
        )
        one_below_other(
            self,
            group("Results", content, self._state, self._export),
            self._preview,
            self._show,
            group("Session", session, copy),
        )
        context.follow(self._refresh)
        self._refresh()

    def ask_and_export(self) -> None:
        """Let the person name the folder, and write the results."""
        name = folder_name(self._context.state.origin)
        folder = self._context.ask_new_folder(self, "Make the results folder", name)
        if folder is not None:
            self.export(folder)

    def export(self, folder: Path) -> None:
        """Write the results; where they are missing or stale, fit first.

        Parameters
        ----------
        folder : Path
            Folder to make.
        """
        overwrite = self._context.may_write(self, folder)
        if overwrite is None:
            return
        state, runner = self._context.state, self._context.runner

        def write() -> None:
            runner.start(lambda: export_job(state, folder, overwrite=overwrite), then=lambda: self._done(folder))

        if state.analysis is None or state.stale:
            runner.start(state.fit_job, then=write)
        else:
            write()

    def ask_and_save(self) -> None:
        """Let the person name the folder of the session."""
        name = safe_name(f"{self._context.state.origin.name or 'binding'}-session")
        folder = self._context.ask_new_folder(self, "Save the session", name)
        if folder is not None:
            self.save(folder)

    def save(self, folder: Path) -> None:
        """Save wells, roles and options."""
        overwrite = self._context.may_write(self, folder)
        if overwrite is None:
            return
        state, runner = self._context.state, self._context.runner
        runner.start(
            lambda: save_job(state, folder, overwrite=overwrite),
            then=lambda: runner.say(f"The session is in {folder}.", kind="info"),
        )
        self._context.settings.remember_folder(folder.parent)

    def ask_and_open(self) -> None:
        """Let the person choose a session."""
        files = self._context.ask_files(self, "Open a session", SESSIONS)
        if files:
            self.open(files[0])

    def open(self, path: Path) -> None:
        """Open a session, or a results folder."""
        self._context.runner.start(lambda: open_job(self._context.state, path))

    def copy_script(self) -> None:
        """Put the script on the clipboard."""
        runner = self._context.runner
        try:
            copy_text(script(self._context.state))
        except ValueError as error:
            runner.say(str(error))
        else:
            runner.say("The script was copied.", kind="info")

    def open_folder(self) -> None:
        """Show the results in the file browser."""
        if self._folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))

    def _refresh(self, what: str = "") -> None:
        state = self._context.state
        if what in {"", "wells", "options"}:
            self._preview.show_picture(None)
            self._show.hide()
        self._export.setEnabled(state.has_wells)
        self._state.setText(_state(state))

    def _done(self, folder: Path) -> None:
        self._folder = folder
        self._context.settings.remember_folder(folder.parent)
        self._preview.show_picture(folder / "overview.png")
        self._show.show()
        self._context.runner.say(f"Results are in {folder}.", kind="info")


def export_job(state: BindingState, folder: Path, *, overwrite: bool = False) -> Job:
    """Return the work that writes the results, as `s1r_imaging.binding_results.write_binding_results` does.

    Parameters
    ----------
    state : BindingState
        With a fit of what it holds.
    folder : Path
        Folder to make.
    overwrite : bool
        Replace a results folder of that name.

    Returns
    -------
    Job
        Its answer is the folder.

    Raises
    ------
    ValueError
        If there is no fit, or it is stale.
    """
    analysis = state.analysis
    if analysis is None or state.stale:
        raise ValueError("The fit is missing or stale: fit again before the results are written.")
    return Job(
        "Writing results",
        lambda progress: write_binding_results(analysis, folder, overwrite=overwrite, progress=progress),
        lambda _: None,
    )


def _state(state: BindingState) -> str:
    if not state.has_wells:
        return "There is no plate yet: open, paste or simulate one in the step Plate."
    if state.analysis is None:
        return "Nothing is fitted yet: that is done before anything is written."
    if state.stale:
        return f"Stale: the {state.stale} changed since the fit; it is done anew before anything is written."
    return "Up to date."
