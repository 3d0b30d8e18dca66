"""The answer: in words, as figures, in tables; and out into a folder."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from qtpy.QtCore import QModelIndex, QUrl, Signal
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QCompleter, QFileDialog, QLineEdit, QVBoxLayout, QWidget

from napari_plugin.compare.buttons import side_by_side
from napari_plugin.compare.figures import Page, large_window, with_ending
from napari_plugin.compare.idle import WhenIdle
from napari_plugin.compare.running import folded
from napari_plugin.compare.tables import FrameView
from napari_plugin.compare.words import answer_words, figure_words, table_words
from napari_plugin.compare.work import Answer, again_job, export_job
from napari_plugin.context import Context
from napari_plugin.editors import Choice
from napari_plugin.forms import OptionsForm
from napari_plugin.look import Sentence
from napari_plugin.session import Job
from napari_plugin.steps.parts import button, line
from s1r_imaging.calcium.responses import RESPONSE_DTYPES
from s1r_imaging.experiment.replicates import FRACTION
from s1r_imaging.experiment_options import ExperimentOptions
from s1r_imaging.plots.save import figure_bytes, save_figure

NOTHING = "There is no answer yet: analyse the experiment in the tab Run."
_KINDS = "PDF (*.pdf);;SVG (*.svg);;PNG (*.png)"


class ResultsPanel(QWidget):
    """What the experiment says.

    Parameters
    ----------
    context : Context
        What the steps share.
    form : OptionsForm
        How conditions are compared.
    options : callable
        Returns the options of every stage, as they are now.
    folder : callable
        Returns the folder of the results, or None.
    """

    open_asked = Signal(str)
    """A recording is to be opened."""
    answered = Signal()
    """There is another answer."""

    def __init__(
        self,
        context: Context,
        form: OptionsForm,
        options: Callable[[], ExperimentOptions],
        folder: Callable[[], Path | None],
    ) -> None:
        super().__init__()
        self.setObjectName("results_panel")
        self._context, self._form, self._options, self._folder = context, form, options, folder
        self.answer: Answer | None = None
        self._idle = WhenIdle(context.runner)
        self._report: Path | None = None
        self._stale = Sentence("experiment_stale", "Whether the answer fits the design and the options")
        self._failed = Sentence("experiment_failures", "Recordings that could not be analysed, and why")
        self._words = line("experiment_answer", "The answer, and what it rests on")
        self._more = line(
            "experiment_notes", "What else was compared and fitted, and what must be known beside it"
        )
        self._figure = Choice()
        self._page = Page("experiment_figure", "The figure as it is printed; a click shows it large")
        self._table = Choice()
        self._view = FrameView("experiment_table", "To read and to copy; a double click on a recording opens it")
        self._name_parts()
        self._lay_out()
        context.at_close(self._idle.forget)
        self.show_answer(None)

    def show_answer(self, answer: Answer | None) -> None:
        """Show an answer, or that there is none."""
        self.answer = answer
        experiment = None if answer is None else answer.experiment
        first, more = ([NOTHING], []) if experiment is None else answer_words(experiment)
        self._words.setText("\n".join(first))
        self._more.setText("\n".join(more))
        self._more.setVisible(bool(more))
        failed = [] if experiment is None else experiment.recordings.query("status == 'failed'").to_dict("records")
        self._failed.say("\n".join(f"{row['recording']}: {row['message']}" for row in failed))
        for widget in (self._figures, self._tables, self._out):
            widget.setVisible(answer is not None)
        if answer is None:
            return
        _fill(self._figure, {name: figure_words(name) for name in answer.figures})
        _fill(self._table, {name: table_words(name) for name in answer.tables})
        self.draw()
        self._show_table()
        self.answered.emit()

    def say_stale(self, why: str) -> None:
        """Say that the answer is stale, and why; an empty text: that it is not."""
        self._stale.say(why if self.answer is not None else "", kind="error")

    def compare_again(self) -> None:
        """Compare anew from the responses that are there, when options of the comparison or of fits changed."""
        if self.answer is not None:
            self._idle.ask("compare", self._make_again)

    def draw(self) -> None:
        """Draw the figure that is chosen, in the worker."""
        answer, name = self.answer, self._figure.currentData()
        if answer is not None and name in answer.figures:
            draw = answer.figures[name]
            job = Job("Drawing", lambda _: figure_bytes(draw(), "png"), self._page.show_picture)
            self._idle.ask("draw", lambda: job)

    def save_figure(self, path: Path) -> None:
        """Write the figure that is chosen, for print."""
        answer, name = self.answer, self._figure.currentData()
        if answer is None or name not in answer.figures:
            return
        job = Job("Saving the figure", lambda _: save_figure(answer.figures[name](), path), lambda _: None)
        said = partial(self._context.runner.say, f"The figure is saved: {path}", kind="info")
        self._context.runner.start(job, then=said)

    def export(self) -> None:
        """Write report, figures and tables into the folder."""
        folder, answer, runner = self._folder(), self.answer, self._context.runner
        if folder is None:
            runner.say("No folder is named: choose one for the results, in the tab Run.")
        elif answer is not None:
            runner.start(export_job(answer, folder), then=lambda: self._exported(folder))

    def open_report(self) -> None:
        """Open the report in the browser."""
        if self._report is not None and self._report.is_file():
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._report)))

    def _make_again(self) -> Job:
        assert self.answer is not None  # noqa: S101  (asked for only where there is one)
        options = self._options()
        used = self.answer.experiment.options
        # Recordings stay as they are; that other options of theirs have been chosen since is said elsewhere.
        return again_job(
            self.answer,
            ExperimentOptions(
                analysis=used.analysis,
                plate_reader=used.plate_reader,
                compare=options.compare,
                concentration_response=options.concentration_response,
                schild=options.schild,
            ),
            self.show_answer,
        )

    def _exported(self, folder: Path) -> None:
        self._report = folder / "report.html"
        self._open.setEnabled(True)
        self._context.settings.remember_folder(folder.parent)
        self._context.runner.say(f"Report, figures and tables are in {folder}.", kind="info")

    def _show_table(self) -> None:
        name = self._table.currentData()
        if self.answer is not None and name in self.answer.tables:
            self._view.show_frame(self.answer.tables[name])

    def _double_clicked(self, index: QModelIndex) -> None:
        if "recording" in self._view.frame:
            self.open_asked.emit(str(self._view.frame["recording"].iloc[index.row()]))

    def _ask_where(self) -> None:
        start = self._folder() or Path(self._context.settings.folder or Path.home())
        name = str(start / f"{self._figure.currentData()}.pdf")
        chosen, kind = QFileDialog.getSaveFileName(self, "Save the figure for print", name, _KINDS)
        if chosen:
            self.save_figure(with_ending(chosen, kind))

    def _show_large(self) -> Any:
        return large_window(self, self._page, self._figure.currentText())

    def _name_parts(self) -> None:
        for combo, name, help_text in (
            (self._figure, "choose_figure", "Which figure is shown"),
            (self._table, "choose_table", "Which table is shown"),
        ):
            combo.setObjectName(name)
            combo.setToolTip(help_text)
        measure = self._form.editor("measure")
        if isinstance(measure, QLineEdit):
            numbers = [name for name, dtype in RESPONSE_DTYPES.items() if dtype == "float64"]
            measure.setCompleter(QCompleter([FRACTION, *numbers], measure))
        self._figure.currentIndexChanged.connect(lambda _: self.draw())
        self._table.currentIndexChanged.connect(lambda _: self._show_table())
        self._view.doubleClicked.connect(self._double_clicked)
        self._page.clicked.connect(self._show_large)
        self._form.changed.connect(self.compare_again)

    def _lay_out(self) -> None:
        large = button("large_figure", "Show large", "Show the figure in a window of its own", self._show_large)
        save = button("save_experiment_figure", "Save …", "Save the figure for print", self._ask_where)
        export = button(
            "export_experiment",
            "Write report and tables",
            "Write report, figures (PDF, SVG, PNG) and tables (CSV, XLSX, for Prism) into the folder of the "
            "results, as s1r-imaging run does; an earlier report there is replaced",
            self.export,
        )
        self._open = button("open_report", "Open report", "Open the report in the browser", self.open_report)
        self._open.setEnabled(False)
        self._figures = _block(self._figure, self._page, side_by_side(large, save))
        self._tables = _block(self._table, self._view)
        self._out = side_by_side(export, self._open)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addWidget(self._stale)
        layout.addWidget(self._failed)
        layout.addWidget(folded("How conditions are compared", self._form))
        layout.addWidget(self._words)
        layout.addWidget(self._figures)
        layout.addWidget(self._more)
        layout.addWidget(self._tables)
        layout.addWidget(self._out)
        layout.addStretch()


def _fill(combo: Choice, words: dict[str, str]) -> None:
    """Offer other choices, and keep the one that is chosen where it is still there."""
    chosen = combo.currentData()
    combo.blockSignals(True)
    combo.clear()
    for name, word in words.items():
        combo.addItem(word, name)
    combo.setCurrentIndex(max(combo.findData(chosen), 0))
    combo.blockSignals(False)


def _block(*widgets: QWidget) -> QWidget:
    box = QWidget()
    layout = QVBoxLayout(box)
    layout.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        layout.addWidget(widget)
    return box
