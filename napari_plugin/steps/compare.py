"""The fifth step: several recordings to one answer."""

from functools import partial
from pathlib import Path
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from napari_plugin.compare.designer import DesignPanel
from napari_plugin.compare.results import ResultsPanel
from napari_plugin.compare.running import RunPanel, compare_form
from napari_plugin.compare.work import Answer
from napari_plugin.context import Context


class CompareStep(QWidget):
    """Design, run and results of an experiment.

    Parameters
    ----------
    context : Context
        What the steps share.
    """

    experiment_changed = Signal()
    """`has_experiment` may be another."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("compare_step")
        self._context = context
        form = compare_form(context)
        self.design = DesignPanel(context)
        self.running = RunPanel(context, self.design, form)
        self.results = ResultsPanel(context, form, self.running.options, lambda: self.running.folder)
        self.tabs = QTabWidget()
        self.tabs.setObjectName("compare_tabs")
        for panel, title, help_text in (
            (self.design, "Design", "Which recordings there are, and what each was given"),
            (self.running, "Run", "Analyse every recording"),
            (self.results, "Results", "The answer"),
        ):
            self.tabs.addTab(panel, title)
            self.tabs.setTabToolTip(self.tabs.indexOf(panel), help_text)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs)
        self._follow()

    @property
    def has_experiment(self) -> bool:
        """Whether there is a design, or a layer of the sample experiment in the viewer."""
        return not self.design.model.content.is_empty or self.design.sample_of_layer() is not None

    @property
    def answer(self) -> Answer | None:
        """The answer that is shown; None where there is none yet."""
        return self.results.answer

    def view_state(self) -> dict[str, str]:
        """Return what a saved session keeps of this step: the file of the design."""
        source = self.design.model.table.source
        return {} if source is None else {"design": str(source.resolve())}

    def restore_view(self, kept: dict[str, str]) -> None:
        """Open the design of a saved session, where it is still there."""
        path = kept.get("design", "")
        if path and path != self.view_state().get("design") and Path(path).is_file():
            self.design.open_file(path)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802  (Qt's name)
        """Take the sample experiment up where one is open."""
        super().showEvent(event)
        self.design.take_sample_of_layer()

    def _follow(self) -> None:
        session = self._context.session
        session.changed.connect(self._show_stale)
        self._context.at_close(lambda: session.changed.disconnect(self._show_stale, missing_ok=True))
        self.running.accept = self._accept
        self.running.options_changed.connect(self.results.compare_again)
        self.running.options_changed.connect(self._show_stale)
        self.results.answered.connect(self._show_stale)
        self.results.open_asked.connect(self.design.open_recording)
        self.design.checked.connect(self._show_stale)
        self.design.opened.connect(lambda: self.results.show_answer(None))
        self.design.shown.connect(self._show_recording)
        self.design.model.changed.connect(self.experiment_changed)
        for event in (self._context.viewer.layers.events.inserted, self._context.viewer.layers.events.removed):
            event.connect(self._layers_changed)
            self._context.at_close(partial(event.disconnect, self._layers_changed))

    def _layers_changed(self, _: Any = None) -> None:
        self.experiment_changed.emit()

    def _accept(self, answer: Answer) -> None:
        self.results.show_answer(answer)
        self.tabs.setCurrentWidget(self.results)

    def _show_stale(self, _: str = "") -> None:
        if self.answer is None:
            return
        experiment, options = self.answer.experiment, self.running.options()
        design = self.design.checked_table
        if (options.analysis, options.plate_reader) != (
            experiment.options.analysis,
            experiment.options.plate_reader,
        ):
            self.results.say_stale("Stale: options of the analysis were changed after the run. Run it again.")
        elif design is not None and not design.equals(experiment.design):
            self.results.say_stale("Stale: the design was changed after the run. Run it again.")
        else:
            self.results.say_stale("")

    def _show_recording(self) -> None:
        """Go to the step Recording, where the window has steps."""
        window: Any = self.parentWidget()
        while window is not None and not hasattr(window, "show_step"):
            window = window.parentWidget()
        if window is not None:
            window.show_step("recording")
