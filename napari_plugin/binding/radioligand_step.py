"""Step Radioligand: Kd and Bmax by saturation, rates by kinetics; Kd goes to the step Fit."""

from dataclasses import replace
from pathlib import Path

from qtpy.QtWidgets import QWidget

from napari_plugin.binding.context import BindingContext
from napari_plugin.binding.fit_step import save_picture
from napari_plugin.binding.numbers import Numbers
from napari_plugin.binding.parts import (
    PictureView,
    choice,
    clipboard_text,
    copy_text,
    one_below_other,
    rows_of_buttons,
)
from napari_plugin.binding.radioligand import KINDS, Radioligand, write_radioligand_job
from napari_plugin.forms import OptionsForm
from napari_plugin.steps.parts import button, group, line
from s1r_imaging.io.files import safe_name

HELP = (
    "Saturation: one row per concentration of the radioligand (nM), and columns such as Total and NSB, each as "
    "often as there are replicates, as in Prism; or one row per well with concentration, role and cpm. Kinetics: "
    "the same with time (min), and for association one column per concentration (1 nM, 3 nM, 3 nM NSB)."
)


class RadioligandStep(QWidget):
    """What a radioligand binds in, Kd, Bmax and rates out.

    Parameters
    ----------
    context : BindingContext
        What the steps share.
    """

    def __init__(self, context: BindingContext) -> None:
        super().__init__()
        self.setObjectName("radioligand_step")
        self._context = context
        self._forms = {name: OptionsForm(kind.options) for name, kind in KINDS.items()}
        for name, form in self._forms.items():
            form.set_value(context.radioligand.options(name))
            form.changed.connect(self._changed)
        self._facts = line("radioligand_facts", "How the table was read")
        self._kinds = choice("radioligand_kind", "Which experiment it is")
        self._kinds.currentIndexChanged.connect(self._chosen)
        self._fit = button("fit_radioligand", "Fit", "Fit all wells together", self.fit)
        self._state = line("radioligand_state", "Whether the answer is of the table and options as they are now")
        self._picture = PictureView("radioligand_curves", "Means, curves and their bands")
        self._answer = line("radioligand_answers", "The answer in words, and what is suspect about it")
        self._use = button(
            "use_kd", "Use this Kd", "Put Kd and its standard error into the step Fit, for Ki", self.use_kd
        )
        self._buttons = rows_of_buttons(
            self._use,
            button("copy_radioligand", "Copy answer", "Copy the answer in words", self.copy_answer),
            button(
                "save_radioligand_figure", "Save figure …", "Save it for print: PNG, SVG or PDF", self.save_figure
            ),
            button(
                "export_radioligand", "Export …", "Tables, answer and figure, in a folder", self.ask_and_export
            ),
        )
        self._numbers = Numbers("radioligand_numbers")
        self._lay_out()
        context.follow(self._refresh, of=(context.radioligand,))
        self._refresh()

    def paste(self) -> None:
        """Take a table that was copied."""
        text = clipboard_text()
        self._context.runner.start(lambda: self._context.radioligand.paste_job(text))

    def open_file(self) -> None:
        """Take a table of a file."""
        files = self._context.ask_files(self, "Open what the radioligand bound")
        if files:
            self._context.runner.start(lambda: self._context.radioligand.open_job(files[0]))

    def fit(self) -> None:
        """Fit the table."""
        form = self._forms[self._context.radioligand.kind]
        form.flush()
        if form.errors:
            self._context.runner.say(next(iter(form.errors.values())))
            return
        self._context.runner.start(self._context.radioligand.fit_job)

    def use_kd(self) -> None:
        """Give Kd and its standard error to the step Fit."""
        found, runner = self._context.radioligand.found, self._context.runner
        kd = None if found is None else found.kd_nM
        if kd is None:
            return
        if self._context.radioligand.stale:
            runner.say("The fit is stale: fit again before its Kd is used.")
            return
        options = replace(self._context.state.options, kd_nM=kd[0], kd_se_nM=kd[1])
        self._context.settings.remember_options(options)
        self._context.state.set_options(options)
        runner.say(f"Kd {kd[0]:.3g} nM, standard error {kd[1]:.2g} nM, stands in the step Fit now.", kind="info")

    def copy_answer(self) -> None:
        """Put the answer in words on the clipboard."""
        copy_text(self._answer.text())
        self._context.runner.say("The answer was copied.", kind="info")

    def save_figure(self) -> None:
        """Save the figure for print."""
        save_picture(self, self._context, self._picture, self._stem())

    def ask_and_export(self) -> None:
        """Let the person name the folder, and write the results."""
        folder = self._context.ask_new_folder(self, "Make the results folder", self._stem())
        if folder is not None:
            self.export(folder)

    def export(self, folder: Path) -> None:
        """Write tables, the answer and the figure."""
        state, runner = self._context.radioligand, self._context.runner
        if state.found is None or state.stale:
            runner.say("The fit is missing or stale: fit again before the results are written.")
            return
        overwrite = self._context.may_write(self, folder)
        if overwrite is None:
            return
        job = write_radioligand_job(state.found, folder, overwrite=overwrite)
        runner.start(job, then=lambda: runner.say(f"Results are in {folder}.", kind="info"))

    def _stem(self) -> str:
        state = self._context.radioligand
        return safe_name(f"{Path(state.name).stem or 'radioligand'}-{state.kind}")

    def _lay_out(self) -> None:
        source = rows_of_buttons(
            button("paste_radioligand", "Paste", HELP, self.paste),
            button("open_radioligand", "Open file …", HELP, self.open_file),
        )
        one_below_other(
            self,
            group("What was bound", source, self._facts),
            group("The experiment", self._kinds, *self._forms.values()),
            self._fit,
            self._state,
            self._picture,
            self._answer,
            self._buttons,
            self._numbers,
        )

    def _changed(self) -> None:
        options = self._forms[self._context.radioligand.kind].value()
        self._context.settings.remember_options(options)
        self._context.radioligand.set_options(options)

    def _chosen(self) -> None:
        self._context.radioligand.set_kind(self._kinds.currentData())

    def _refresh(self, what: str = "") -> None:
        state = self._context.radioligand
        self._show_kinds()
        for name, form in self._forms.items():
            form.setVisible(name == state.kind)
            if form.value() != state.options(name):
                form.set_value(state.options(name))
        self._facts.setText(state.facts or f"There is no table yet. {HELP}")
        self._fit.setEnabled(bool(state.facts))
        if what != "options":
            self._show(state.found)
        stale = "Stale: the table or the options changed since this was fitted. Fit again."
        self._state.setText("" if state.found is None else stale if state.stale else "Up to date.")

    def _show_kinds(self) -> None:
        state = self._context.radioligand
        self._kinds.blockSignals(True)
        self._kinds.clear()
        for name in state.kinds:
            self._kinds.addItem(KINDS[name].title, name)
        self._kinds.setCurrentIndex(self._kinds.findData(state.kind))
        self._kinds.blockSignals(False)

    def _show(self, found: Radioligand | None) -> None:
        self._answer.setText("" if found is None else "\n\n".join(found.sentences))
        self._picture.show_picture(None if found is None else found.picture)
        self._numbers.show_tables({} if found is None else found.tables)
        self._buttons.setVisible(found is not None)
        self._use.setEnabled(found is not None and found.kd_nM is not None)
