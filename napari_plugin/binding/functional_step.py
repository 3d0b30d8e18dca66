"""Step Functional: concentration–response, Schild, and functional potency beside binding affinity."""

from pathlib import Path

from qtpy.QtWidgets import QWidget

from napari_plugin.binding.context import BindingContext
from napari_plugin.binding.fit_step import save_picture
from napari_plugin.binding.functional import Functional, write_functional_job
from napari_plugin.binding.numbers import Numbers
from napari_plugin.binding.parts import (
    PictureView,
    choice,
    clipboard_text,
    copy_text,
    one_below_other,
    rows_of_buttons,
)
from napari_plugin.forms import OptionsForm
from napari_plugin.steps.parts import button, group, line
from s1r_imaging.experiment.concentration import ConcentrationOptions
from s1r_imaging.experiment.schild import SchildOptions
from s1r_imaging.io.files import safe_name

HELP = (
    "One row per response, with columns such as concentration (nM), response and replicate; antagonist (nM) for "
    "Schild; compound names where there are several. Or, as in Prism, one row per concentration and columns of "
    "responses: replicates, compounds, or concentrations of an antagonist (control, NE-100 10 nM …)."
)


class FunctionalStep(QWidget):
    """Responses in, EC50, IC50, pA2 and pKB out.

    Parameters
    ----------
    context : BindingContext
        What the steps share.
    """

    def __init__(self, context: BindingContext) -> None:
        super().__init__()
        self.setObjectName("functional_step")
        self._context = context
        self._form = OptionsForm(ConcentrationOptions)
        self._schild = OptionsForm(SchildOptions)
        self._form.set_value(context.functional.options)
        self._schild.set_value(context.functional.schild_options)
        for form in (self._form, self._schild):
            form.changed.connect(self._changed)
        self._facts = line("functional_facts", "The table of responses")
        self._fit = button("fit_functional", "Fit", "Fit EC50, IC50 and, where there is one, Schild", self.fit)
        self._state = line("functional_state", "Whether the answers are of the table and options as they are now")
        self._answer = line("functional_answers", "The answers in words")
        self._titles = choice("functional_figure", "Figure that is shown")
        self._titles.currentTextChanged.connect(self._show_picture)
        self._numbers = Numbers("functional_numbers")
        self._picture = PictureView("functional_curves", "Replicates, means, curves and their intervals")
        self._buttons = rows_of_buttons(
            button("copy_functional", "Copy answers", "Copy the answers in words", self.copy_answers),
            button(
                "save_functional_figure", "Save figure …", "Save it for print: PNG, SVG or PDF", self.save_figure
            ),
            button(
                "export_functional", "Export …", "Tables, answers and figures, in a folder", self.ask_and_export
            ),
        )
        self._lay_out()
        context.follow(self._refresh)
        self._refresh()

    def paste(self) -> None:
        """Take a table that was copied."""
        text = clipboard_text()
        self._context.runner.start(lambda: self._context.functional.paste_job(text))

    def open_file(self) -> None:
        """Take a table of a file."""
        files = self._context.ask_files(self, "Open concentrations and responses")
        if files:
            self.open(files[0])

    def open_experiment(self) -> None:
        """Take the responses and the design of an experiment."""
        folder = self._context.ask_folder(self, "The results folder of an experiment")
        if folder is not None:
            self.open(folder)

    def take_compared(self) -> None:
        """Take what the step Compare of the other window shows."""
        experiment = self._context.experiment()
        if experiment is None:
            self._context.runner.say(
                "The step Compare holds no answer: press Analyse and compare in the window Calcium imaging first."
            )
            return
        self._context.runner.say("")
        self._context.functional.take_experiment(experiment)

    def open(self, path: Path) -> None:
        """Take a file, or the folder of an experiment."""
        self._context.runner.start(lambda: self._context.functional.open_job(path))

    def fit(self) -> None:
        """Fit the table."""
        for form in (self._form, self._schild):
            form.flush()
            if form.errors:
                self._context.runner.say(next(iter(form.errors.values())))
                return
        binding = self._context.state.analysis if not self._context.state.stale else None
        self._context.runner.start(lambda: self._context.functional.fit_job(binding))

    def copy_answers(self) -> None:
        """Put the answers in words on the clipboard."""
        copy_text(self._answer.text())
        self._context.runner.say("The answers were copied.", kind="info")

    def save_figure(self) -> None:
        """Save the figure that is shown, for print."""
        save_picture(self, self._context, self._picture, safe_name(self._titles.currentText()))

    def ask_and_export(self) -> None:
        """Let the person name the folder, and write the results."""
        stem = Path(self._context.functional.name).stem or "functional"
        folder = self._context.ask_new_folder(self, "Make the results folder", safe_name(f"{stem}-curves"))
        if folder is not None:
            self.export(folder)

    def export(self, folder: Path) -> None:
        """Write tables, answers and figures."""
        functional, runner = self._context.functional, self._context.runner
        if functional.found is None or self._is_stale():
            runner.say("The fit is missing or stale: fit again before the results are written.")
            return
        overwrite = self._context.may_write(self, folder)
        if overwrite is None:
            return
        job = write_functional_job(functional.found, folder, overwrite=overwrite)
        runner.start(job, then=lambda: runner.say(f"Results are in {folder}.", kind="info"))

    def _lay_out(self) -> None:
        source = rows_of_buttons(
            button("paste_functional", "Paste", HELP, self.paste),
            button("open_functional", "Open file …", HELP, self.open_file),
            button("open_experiment", "Experiment …", "The results folder of an experiment", self.open_experiment),
            button(
                "take_compared",
                "From Compare",
                "What the step Compare of Calcium imaging shows",
                self.take_compared,
            ),
        )
        one_below_other(
            self,
            group("Concentrations and responses", source, self._facts),
            group("Curves", self._form),
            group("Schild", self._schild),
            self._fit,
            self._state,
            self._answer,
            self._titles,
            self._picture,
            self._buttons,
            self._numbers,
        )

    def _is_stale(self) -> bool:
        state = self._context.state
        return self._context.functional.stale(state.analysis if not state.stale else None)

    def _changed(self) -> None:
        for form in (self._form, self._schild):
            self._context.settings.remember_options(form.value())
        self._context.functional.set_options(self._form.value(), self._schild.value())

    def _refresh(self, what: str = "") -> None:
        functional = self._context.functional
        if what == "options":
            for form, options in ((self._form, functional.options), (self._schild, functional.schild_options)):
                if form.value() != options:
                    form.set_value(options)
        n = functional.n_responses
        self._facts.setText(functional.facts or f"There is no table yet. {HELP}")
        self._fit.setEnabled(n > 0)
        if what in {"", "fit", "table"}:
            self._show(functional.found)
        stale = "Stale: table, options or binding changed since this was fitted. Fit again."
        self._state.setText("" if functional.found is None else stale if self._is_stale() else "Up to date.")

    def _show(self, found: Functional | None) -> None:
        self._answer.setText("" if found is None else "\n\n".join(found.sentences))
        self._numbers.show_tables({} if found is None else found.tables)
        titles = [] if found is None else list(found.pictures)
        if titles != [self._titles.itemText(number) for number in range(self._titles.count())]:
            self._titles.blockSignals(True)
            self._titles.clear()
            self._titles.addItems(titles)
            self._titles.blockSignals(False)
        self._titles.setVisible(len(titles) > 1)
        self._buttons.setVisible(found is not None)
        self._show_picture()

    def _show_picture(self, _: str = "") -> None:
        found = self._context.functional.found
        self._picture.show_picture(None if found is None else found.pictures.get(self._titles.currentText()))
