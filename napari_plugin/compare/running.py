"""The run: with which options, into which folder, and what became of each recording."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from napari_plugin.compare.designer import DesignPanel
from napari_plugin.compare.work import Answer, analysis_options, options_in_words, run_job
from napari_plugin.context import Context
from napari_plugin.forms import OptionsForm
from napari_plugin.stages import STAGES
from napari_plugin.steps.parts import button, group, line
from s1r_imaging.analysis import AnalysisOptions
from s1r_imaging.experiment.compare import CompareOptions
from s1r_imaging.experiment.concentration import ConcentrationOptions
from s1r_imaging.experiment.schild import SchildOptions
from s1r_imaging.experiment_options import ExperimentOptions
from s1r_imaging.io.plate_reader import PlateReaderOptions

OTHERS = {
    "Concentration–response": ConcentrationOptions,
    "Schild": SchildOptions,
    "Files of plate readers": PlateReaderOptions,
}
"""Title of each form that few need, and its options."""
CANCELLED = "Cancelled: the recordings that were done are kept in the folder, and the next run goes on from there."


class RunPanel(QWidget):
    """Analyse every recording of the design.

    Parameters
    ----------
    context : Context
        What the steps share.
    design : DesignPanel
        Has the design.
    compare : OptionsForm
        The form of the comparison, which is shown with the results.
    """

    options_changed = Signal()
    """Options of a fit are others."""

    def __init__(self, context: Context, design: DesignPanel, compare: OptionsForm) -> None:
        super().__init__()
        self.setObjectName("run_panel")
        self._context, self._design, self._compare = context, design, compare
        self.accept: Callable[[Answer], None] = lambda _: None
        self._is_under_way = False
        self._is_own = False  # whether the folder was chosen, rather than named after the design
        self._folder = QLineEdit()
        self._folder.setObjectName("experiment_folder")
        self._folder.setToolTip(
            "Results of each recording are kept here; a second run does only what is missing or was changed"
        )
        self._said = line("analysis_options", "Options of the steps before, which hold for every recording")
        self._by_vehicle = QCheckBox("Bleaching from vehicle dishes")
        self._by_vehicle.setObjectName("bleaching_by_vehicle")
        self._by_vehicle.setToolTip(
            "Measure bleaching in the vehicle recordings of the same day (bleaching = reference), in place of "
            "what the step Traces says"
        )
        self._forms = {title: _remembered(context, OptionsForm(kind)) for title, kind in OTHERS.items()}
        self._run = button(
            "run_experiment", "Analyse and compare", "Analyse what is missing, then compare", self.run
        )
        self._lay_out()
        self._follow()
        self._refresh()

    @property
    def folder(self) -> Path | None:
        """The folder of the results; None where none is named."""
        text = self._folder.text().strip()
        return Path(text).expanduser().absolute() if text else None

    def set_folder(self, folder: str | Path) -> None:
        """Choose the folder of the results."""
        self._folder.setText(str(folder))
        self._typed(str(folder))

    def options(self) -> ExperimentOptions:
        """Return the options of every stage, as they are now."""
        concentration, schild, plates = (form.value() for form in self._forms.values())
        return ExperimentOptions(
            analysis=self._analysis(),
            plate_reader=plates,
            compare=self._compare.value(),
            concentration_response=concentration,
            schild=schild,
        )

    def run(self) -> None:
        """Analyse what is missing of the experiment, and compare its conditions."""
        runner, folder = self._context.runner, self.folder
        found = self._design.model.check()
        if found.table is None:
            n = len(found.problems)
            said = f"{n} problem{'s' if n != 1 else ''}" if n else "no row yet"
            runner.say(f"The design has {said}: mend it in the tab Design.")
            return
        if folder is None:
            runner.say("No folder is named: choose one for the results.")
            return
        for form in (self._compare, *self._forms.values()):
            form.flush()
        table = self._design.model.table
        is_in_file = table.source is not None and not table.is_changed
        design = table.source if is_in_file and table.source is not None else found.table
        options = self.options()
        self._is_under_way = runner.start(lambda: run_job(design, folder, options, self._done))

    def _analysis(self) -> AnalysisOptions:
        options = analysis_options(self._context.session.options)
        if not self._by_vehicle.isChecked():
            return options
        return replace(options, dff=replace(options.dff, bleaching="reference"))

    def _done(self, answer: Answer) -> None:
        self._is_under_way = False
        self._design.results_folder = self.folder
        self.accept(answer)

    def _finished(self) -> None:
        if self._is_under_way and self._context.runner.message.startswith("Cancelled"):
            self._context.runner.say(CANCELLED, kind="info")
        self._is_under_way = False

    def _lay_out(self) -> None:
        place = QWidget()
        row = QHBoxLayout(place)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._folder, stretch=1)
        row.addWidget(button("choose_experiment_folder", "…", "Choose the folder of the results", self._ask))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addWidget(group("How recordings are analysed", self._said, self._by_vehicle))
        for title, form in self._forms.items():
            layout.addWidget(folded(title, form))
        layout.addWidget(group("Folder of the results", place))
        layout.addWidget(self._run)
        layout.addStretch()

    def _follow(self) -> None:
        context, session = self._context, self._context.session
        session.changed.connect(self._refresh)
        context.at_close(lambda: session.changed.disconnect(self._refresh, missing_ok=True))
        context.runner.finished.connect(self._finished)
        self._design.checked.connect(self._refresh)
        self._design.opened.connect(self._forget_folder)
        self._design.opened.connect(self._refresh)
        self._folder.textEdited.connect(self._typed)
        self._by_vehicle.toggled.connect(lambda _: self._refresh())
        for form in self._forms.values():
            form.changed.connect(self.options_changed.emit)

    def _refresh(self, what: str = "") -> None:
        if what in STAGES:  # a result says nothing about how the others will be made
            return
        words = options_in_words(self._analysis())
        self._said.setText(
            "With the options of the steps Recording to Responses, the same for every recording: "
            f"{words}. Where a file does not know its frame interval or pixel size, the design says it."
        )
        if not self._is_own:
            folder = self._proposed()
            self._folder.setText("" if folder is None else str(folder))
        self._design.results_folder = self.folder
        self._run.setEnabled(not self._design.model.content.is_empty)

    def _proposed(self) -> Path | None:
        """Return where ``s1r-imaging run`` puts the results, beside the design."""
        source, folder = self._design.model.table.source, self._design.model.content.folder
        if source is not None:
            return source.absolute().parent / f"{source.stem}-experiment"
        return None if folder is None else folder / "experiment"

    def _forget_folder(self) -> None:
        self._is_own = False

    def _typed(self, text: str) -> None:
        self._is_own = bool(text.strip())
        self._design.results_folder = self.folder

    def _ask(self) -> None:
        start = str(self.folder.parent if self.folder is not None else Path.home())
        chosen = QFileDialog.getExistingDirectory(self, "Folder of the results", start)
        if chosen:
            self.set_folder(chosen)


def compare_form(context: Context) -> OptionsForm:
    """Return the form of the comparison, as it was last time."""
    return _remembered(context, OptionsForm(CompareOptions))


def folded(title: str, widget: QWidget, *, is_open: bool = False) -> QWidget:
    """Return a widget behind a title that folds it away."""
    box, head = QWidget(), QToolButton()
    head.setObjectName(f"fold_{widget.objectName()}")
    head.setText(title)
    head.setToolTip(f"Show or hide: {title}")
    head.setCheckable(True)
    head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    head.setStyleSheet("QToolButton { border: none; }")

    def fold(is_shown: bool) -> None:  # noqa: FBT001  (Qt's signal)
        widget.setVisible(is_shown)
        head.setArrowType(Qt.ArrowType.DownArrow if is_shown else Qt.ArrowType.RightArrow)

    head.toggled.connect(fold)
    head.setChecked(is_open)
    fold(is_open)
    layout = QVBoxLayout(box)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(2)
    layout.addWidget(head)
    layout.addWidget(widget)
    return box


def _remembered(context: Context, form: OptionsForm) -> OptionsForm:
    settings = context.settings
    form.set_value(settings.options(type(form.value())))
    form.changed.connect(lambda: settings.remember_options(form.value()))
    return form
