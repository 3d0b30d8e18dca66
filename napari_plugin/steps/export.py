"""The last step: everything that was found, in one folder."""

from pathlib import Path

from qtpy.QtCore import QRect, QSize, QUrl
from qtpy.QtGui import QDesktopServices, QPainter, QPaintEvent, QPixmap
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QMessageBox, QSizePolicy, QVBoxLayout, QWidget

from napari_plugin.context import Context
from napari_plugin.session import Job, Session
from napari_plugin.steps.parts import button, follow, group, line
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.files import is_occupied, safe_name
from s1r_imaging.io.results import check_folder
from s1r_imaging.results import write_results

CONTENT = (
    "Tables of responses, cells and traces (CSV); cells as label image and ImageJ ROIs; figures for print (PNG, "
    "SVG); run.toml, which repeats the run; provenance.json. The folder opens again as a session."
)
PREVIEW = "overview.png"
WIDTH_PX = 300


def export_job(session: Session, folder: Path, *, overwrite: bool = False) -> Job:
    """Return the work that writes the results of a session, as `s1r_imaging.write_results` does.

    Parameters
    ----------
    session : Session
        With nothing missing or stale.
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
        If a stage is missing or stale.
    """
    analysis = session.analysis()
    return Job(
        "Writing results",
        lambda progress: write_results(analysis, folder, overwrite=overwrite, progress=progress),
        lambda _: None,
    )


class ExportStep(QWidget):
    """Where results go, and a look at them.

    Parameters
    ----------
    context : Context
        What the steps share.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("export_step")
        self._context = context
        self._folder = QLineEdit()
        self._folder.setObjectName("export_folder")
        self._folder.setToolTip("The folder that is made for the results")
        self._is_own = False  # whether the folder was chosen, rather than named after the recording
        self._state = line("export_state", "Whether the results fit the cells, events and options")
        self._export = button("export", "Export", "Write everything into the folder", self.export)
        self._preview = Preview()
        self._show = button("open_folder", "Open folder", "Show the folder in the file browser", self.open_folder)
        self._lay_out()
        follow(context, self, context.session.changed, self._refresh)
        self._refresh()

    @property
    def folder(self) -> Path:
        """The folder that results go to."""
        return Path(self._folder.text().strip()).expanduser()

    def set_folder(self, folder: str | Path) -> None:
        """Choose the folder that results go to."""
        self._folder.setText(str(folder))
        self._is_own = True
        self._refresh()

    def export(self) -> None:
        """Write the results; where something is missing or stale, bring it up to date first."""
        folder, session, runner = self.folder, self._context.session, self._context.runner
        if not self._folder.text().strip():
            runner.say("No folder is named: choose one for the results.")
            return
        try:
            overwrite = is_occupied(folder)
            check_folder(folder, overwrite=overwrite)
        except S1RImagingError as error:
            runner.say(str(error))
            return
        if overwrite and not self.ask(f"{folder} holds earlier results: replace them?"):
            return

        def write() -> None:
            runner.start(lambda: export_job(session, folder, overwrite=overwrite), then=lambda: self._done(folder))

        if session.missing:
            runner.start(session.job, then=write)
        else:
            write()

    def ask(self, question: str) -> bool:
        """Ask the person, who can say no."""
        answer = QMessageBox.question(self, "Export", question)
        return bool(answer == QMessageBox.StandardButton.Yes)

    def choose_folder(self) -> None:
        """Let the person choose the folder in which that of the results is made."""
        start = str(self.folder.parent)
        chosen = QFileDialog.getExistingDirectory(self, "Make the folder of the results in", start)
        if chosen:
            self.set_folder(Path(chosen) / self.folder.name)

    def open_folder(self) -> None:
        """Show the folder of the results in the file browser."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.folder)))

    def _lay_out(self) -> None:
        place = QWidget()
        row = QHBoxLayout(place)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._folder, stretch=1)
        row.addWidget(button("choose_folder", "…", "Choose where the folder is made", self.choose_folder))
        content = line("export_content", "What the folder will hold")
        content.setText(CONTENT)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(group("Folder for the results", place, content))
        layout.addWidget(self._state)
        layout.addWidget(self._export)
        layout.addWidget(self._preview)
        layout.addWidget(self._show)
        layout.addStretch()
        self._folder.textEdited.connect(self._typed)

    def _typed(self, text: str) -> None:
        self._is_own = bool(text.strip())

    def _refresh(self, what: str = "") -> None:
        session = self._context.session
        if what == "recording":
            self._is_own = False
            self._preview.show_picture(None)
        if not self._is_own:
            self._folder.setText(str(proposed_folder(session, self._context.settings.folder)))
        self._export.setEnabled(session.opened is not None)
        self._export.setText("Bring up to date and export" if session.missing else "Export")
        self._state.setText(_state(session))
        self._show.setVisible(self._preview.has_picture)

    def _done(self, folder: Path) -> None:
        self._context.settings.remember_folder(folder.parent)
        self._preview.show_picture(folder / PREVIEW)
        self._show.setVisible(self._preview.has_picture)
        self._context.runner.say(f"Results are in {folder}.", kind="info")


def proposed_folder(session: Session, last: str) -> Path:
    """Return where results go unless the person says otherwise: beside the recording, or where the last went."""
    recording = session.opened
    name = "results" if recording is None else safe_name(f"{recording.name}-results")
    beside = None if recording is None or recording.source is None else Path(recording.source).resolve().parent
    return (Path(last) if last else beside or Path.home()) / name


def _state(session: Session) -> str:
    if session.opened is None:
        return "There is no recording yet: open one, or take a layer, in the step Recording."
    if session.stale:
        return "Some results are stale: they are computed anew before they are written."
    if session.missing:
        return "Not everything is computed yet: that is done before anything is written."
    return "Up to date."


class Preview(QWidget):
    """A picture in a file, as wide as there is room.

    The height follows from the width by Qt's own means. A label whose picture is scaled as it is resized sends a
    scroll area round and round: its bar comes and goes with the height, and the width with the bar.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("preview")
        self.setToolTip("overview.png in the folder")
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._picture = QPixmap()
        self.hide()

    @property
    def has_picture(self) -> bool:
        """Whether there is one."""
        return not self._picture.isNull()

    def show_picture(self, path: Path | None) -> None:
        """Show a file; nothing for None."""
        self._picture = QPixmap() if path is None else QPixmap(str(path))
        self.setVisible(self.has_picture)
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:  # noqa: N802  (Qt's name)
        """Say that the height follows from the width."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802  (Qt's name)
        """Return the height that keeps the shape."""
        return round(width * self._picture.height() / self._picture.width()) if self.has_picture else 0

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return a size that suits a dock."""
        return QSize(WIDTH_PX, self.heightForWidth(WIDTH_PX))

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802  (Qt's name)
        """Draw it."""
        super().paintEvent(event)
        if self.has_picture:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(QRect(0, 0, self.width(), self.heightForWidth(self.width())), self._picture)
            painter.end()
