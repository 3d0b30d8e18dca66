"""Step Fit: the assay, Ki of each compound and what is suspect about it, curves, quality of the plate."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QFileDialog, QWidget

from napari_plugin.binding.context import BindingContext
from napari_plugin.binding.numbers import Numbers
from napari_plugin.binding.parts import Answers, PictureView, copy_text, one_below_other, rows_of_buttons
from napari_plugin.binding.state import assay_problem
from napari_plugin.binding.wells import problem_of
from napari_plugin.forms import OptionsForm
from napari_plugin.look import Sentence
from napari_plugin.session import Job
from napari_plugin.steps.parts import button, group, line
from s1r_imaging.binding_analysis import BindingAnalysis, BindingOptions
from s1r_imaging.binding_summary import (
    affinity_answer,
    binding_summary_lines,
    flag_sentences,
    quality_sentence,
)
from s1r_imaging.flags import COMBINED_FLAG_MEANING
from s1r_imaging.plots.save import save_figure

FIGURES = "Figures (*.png *.svg *.pdf)"


class FitStep(QWidget):
    """The assay in, Ki out.

    Parameters
    ----------
    context : BindingContext
        What the steps share.
    """

    wells_asked = Signal(str, list)
    """Wells of a plate are to be shown: name of the plate, names of the wells."""

    def __init__(self, context: BindingContext) -> None:
        super().__init__()
        self.setObjectName("fit_step")
        self._context = context
        self._form = OptionsForm(BindingOptions)
        self._form.set_value(context.state.options)
        self._form.changed.connect(self._changed)
        self._problem = Sentence("fit_problem", "What stands in the way of a fit")
        self._fit = button("fit", "Fit", "Fit the curves, and judge the plate", self.fit)
        self._state = line("fit_state", "Whether the results are of the wells and options as they are now")
        self._answers = Answers("affinities", "Ki of each compound", ("Compound", "Ki and pKi"))
        self._each = QCheckBox("Each experiment")
        self._each.setObjectName("each_experiment")
        self._each.setToolTip("Show the Ki of each experiment, too")
        self._each.toggled.connect(lambda _: self._show(context.state.analysis))
        self._quality = line("quality", "Whether the plate is good")
        self._flags = line("flag_words", "What the flags mean")
        self._outliers = line("outliers", "Wells that ROUT finds too far from their curve, at Q = 1 %")
        self._show_wells = button(
            "show_outliers", "Show them on the plate", "Select these wells in the step Roles", self.show_outliers
        )
        self._picture = PictureView("curves", "Wells, curves and Ki, as in the overview of the results folder")
        self._buttons = rows_of_buttons(
            button("copy_answer", "Copy answer", "Copy the answer in words", self.copy_answer),
            button("save_figure", "Save figure …", "Save the curves for print: PNG, SVG or PDF", self.save_figure),
        )
        self._numbers = Numbers("fit_numbers")
        one_below_other(
            self,
            group("The assay", self._form),
            self._problem,
            self._fit,
            self._state,
            self._answers,
            self._each,
            self._quality,
            self._flags,
            self._outliers,
            self._show_wells,
            self._picture,
            self._buttons,
            self._numbers,
        )
        context.follow(self._refresh)
        self._refresh()

    def fit(self) -> None:
        """Fit what the window shows."""
        self._form.flush()
        if self._form.errors:
            self._context.runner.say(next(iter(self._form.errors.values())))
            return
        self._context.runner.start(self._context.state.fit_job)

    def copy_answer(self) -> None:
        """Put the answer in words on the clipboard."""
        analysis = self._context.state.analysis
        if analysis is not None:
            copy_text("\n".join(binding_summary_lines(analysis)))
            self._context.runner.say("The answer was copied.", kind="info")

    def save_figure(self) -> None:
        """Save the curves for print."""
        save_picture(self, self._context, self._picture, "binding curves")

    def show_outliers(self) -> None:
        """Ask for the wells far from their curve to be shown, those of the first plate that has any."""
        found = self._context.state.outliers
        if found is not None and len(found):
            plate = found["plate"].iloc[0]
            self.wells_asked.emit(str(plate), found.loc[found["plate"] == plate, "well"].map(str).tolist())

    def _changed(self) -> None:
        options = self._form.value()
        self._context.settings.remember_options(options)
        self._context.state.set_options(options)

    def _refresh(self, what: str = "") -> None:
        state = self._context.state
        if what == "options" and self._form.value() != state.options:
            self._form.set_value(state.options)
        self._problem.say(_problem(self._context), kind="info")
        self._fit.setEnabled(state.has_wells)
        self._state.setText(_state(self._context))
        if what in {"", "fit"}:
            self._show(state.analysis)

    def _show(self, analysis: BindingAnalysis | None) -> None:
        several = analysis is not None and len(analysis.combined) < len(analysis.affinities)
        rows = [] if analysis is None else answer_rows(analysis, each=self._each.isChecked() or not several)
        self._answers.show_rows([row[:2] for row in rows], [row[2] for row in rows])
        self._each.setVisible(several)
        self._buttons.setVisible(analysis is not None)
        self._picture.show_picture(self._context.state.picture)
        self._numbers.show_tables(self._context.state.tables)
        quality = (
            [] if analysis is None else [quality_sentence(row) for row in analysis.quality.to_dict("records")]
        )
        self._quality.setText("\n".join(quality))
        self._flags.setText("" if analysis is None else "\n".join(flag_sentences(analysis.affinities)))
        self._flags.setVisible(bool(self._flags.text()))
        words = outlier_words(self._context.state.outliers, self._context.state.wells.plates)
        self._outliers.setText(words)
        self._outliers.setVisible(bool(words))
        self._show_wells.setVisible(bool(words))


def answer_rows(analysis: BindingAnalysis, *, each: bool = True) -> list[tuple[str, str, str]]:
    """Return compound, answer with its flags, and an explanation, over the experiments first, then of each.

    Parameters
    ----------
    analysis : BindingAnalysis
        What was fitted.
    each : bool
        Whether the experiments stand there, too.

    Returns
    -------
    list of tuple of str
        One for each row of the tables `combined` (where there are several experiments) and `affinities`.
    """
    several = len(analysis.plate["experiment"].unique()) > 1
    rows = []
    if several:
        rows += [
            (
                f"{row['compound']}, n = {row['n_experiments']}",
                _with_flags(affinity_answer({**row, "pki": row["mean_pki"]}), row),
                _meaning(row),
            )
            for row in analysis.combined.to_dict("records")
        ]
    for row in analysis.affinities.to_dict("records") if each else []:
        where = f", experiment {row['experiment']}" if several else ""
        answer = _with_flags(affinity_answer(row), row)
        rows.append((f"{row['compound']}{where}", answer, _explained(analysis, row)))
    return rows


def outlier_words(found: pd.DataFrame | None, plates: Sequence[str]) -> str:
    """Return which wells lie too far from their curve, as a sentence; nothing where none do."""
    if found is None or found.empty:
        return ""
    wells = []
    for row in found.to_dict("records"):
        plate = f" of plate {row['plate']}" if len(plates) > 1 else ""
        wells.append(f"{row['well']}{plate} ({row['compound'] or row['role']})")
    return (
        f"Far from their curve (ROUT, Q = 1 %): {', '.join(wells)}. They are part of the fit all the same; leave "
        "wells out only where something is known to have gone wrong."
    )


def _with_flags(answer: str, row: Mapping[Any, Any]) -> str:
    return f"{answer}; {row['flag_names']}" if row["flag_names"] else answer


def _meaning(row: Mapping[Any, Any]) -> str:
    words = [text for flag, text in COMBINED_FLAG_MEANING.items() if flag & int(row["flags"])]
    return "\n".join(words) or "Mean over the experiments, with its interval"


def _explained(analysis: BindingAnalysis, row: Mapping[Any, Any]) -> str:
    table = analysis.affinities
    own = table[(table["experiment"] == row["experiment"]) & (table["compound"] == row["compound"])]
    return "\n".join(flag_sentences(own)) or "Nothing is suspect."


def save_picture(parent: QWidget, context: BindingContext, view: PictureView, name: str) -> None:
    """Let the person save what a view shows, as the library draws it for print.

    Parameters
    ----------
    parent : QWidget
        For the dialogue.
    context : BindingContext
        What the steps share.
    view : PictureView
        What shows it.
    name : str
        What the file is called unless the person says otherwise.
    """
    picture = view.shown
    if picture is None:
        return
    start = str(Path(context.settings.folder or Path.home()) / f"{name}.png")
    chosen, _ = QFileDialog.getSaveFileName(parent, "Save the figure", start, FIGURES)
    if not chosen:
        return
    context.settings.remember_folder(chosen)
    job = Job("Saving the figure", lambda _: save_figure(picture.draw(), chosen), lambda _: None)
    context.runner.start(job, then=lambda: context.runner.say(f"The figure is {chosen}.", kind="info"))


def _problem(context: BindingContext) -> str:
    state = context.state
    if not state.has_wells:
        return "There is no plate yet: open, paste or simulate one in the step Plate."
    return problem_of(state.wells, state.reading) or assay_problem(state.options)


def _state(context: BindingContext) -> str:
    state = context.state
    if state.analysis is None:
        return ""
    stale = state.stale
    if stale:
        return f"Stale: the {stale} changed since this was fitted. Fit again."
    return "Up to date."
