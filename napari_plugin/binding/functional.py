"""Functional concentration–response in the window: a table, its curves, Schild, and pKB beside pKi. No Qt here."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from psygnal import Signal

from napari_plugin.binding.pictures import Picture, figure_files, picture_of
from napari_plugin.session import Job
from s1r_imaging import plots
from s1r_imaging.binding_analysis import BindingAnalysis
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.experiment.compare import CompareOptions
from s1r_imaging.experiment.concentration import (
    ConcentrationOptions,
    ConcentrationResponse,
    fit_concentration_response,
)
from s1r_imaging.experiment.design import read_design
from s1r_imaging.experiment.dose_table import MEASURE, DoseTable, read_dose_table
from s1r_imaging.experiment.potency_table import potency_table
from s1r_imaging.experiment.schild import SchildFit, SchildOptions, fit_schild, schild_pairs
from s1r_imaging.experiment_run import Experiment
from s1r_imaging.io.results import Content, read_table, write_folder
from s1r_imaging.io.sheets import text_frame
from s1r_imaging.plots.style import figure_of
from s1r_imaging.progress import Progress

_DESIGN = ("replicate", "agonist", "agonist_M", "antagonist", "antagonist_M")


@dataclass(frozen=True, eq=False)
class Functional:
    """What functional curves say.

    Attributes
    ----------
    response : ConcentrationResponse
        EC50 and IC50.
    schild : tuple of SchildFit
        One for each pair of agonist and antagonist.
    potency : DataFrame or None
        pKB beside pKi, where there are both.
    pictures : dict of str to Picture
        Title to picture.
    notes : tuple of str
        What could not be said, and why.
    """

    response: ConcentrationResponse
    schild: tuple[SchildFit, ...]
    potency: pd.DataFrame | None
    pictures: dict[str, Picture]
    notes: tuple[str, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """The answers in words."""
        of_schild = tuple(sentence for fit in self.schild for sentence in fit.sentences)
        of_both = () if self.potency is None else tuple(self.potency["sentence"])
        return (*of_schild, *of_both, *self.response.sentences, *self.notes)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All numbers: title to table."""
        tables = {
            "EC50 and IC50": self.response.table,
            "Schild": pd.concat([fit.table for fit in self.schild], ignore_index=True) if self.schild else None,
            "pKB and pKi": self.potency,
            "Means of each concentration": self.response.points,
            "Each replicate": self.response.replicates,
        }
        return {title: table for title, table in tables.items() if table is not None and len(table)}


@dataclass(frozen=True, eq=False)
class _Source:
    table: DoseTable
    asked: Mapping[str, Any]  # of the responses: which measure, of which event, without which cells
    name: str


class FunctionalState:
    """A table of responses, options, and what was fitted.

    Attributes
    ----------
    changed : Signal
        Emitted with ``"table"``, ``"options"`` or ``"fit"``.
    """

    changed = Signal(str)

    def __init__(self) -> None:
        self._source: _Source | None = None
        self._options = ConcentrationOptions()
        self._schild = SchildOptions()
        self._made: tuple[object, ...] = ()
        self.found: Functional | None = None

    @property
    def name(self) -> str:
        """What the table is called; empty where there is none."""
        return "" if self._source is None else self._source.name

    @property
    def n_responses(self) -> int:
        """How many responses there are."""
        return 0 if self._source is None else len(self._source.table.responses)

    @property
    def facts(self) -> str:
        """How the table was read, in words; empty where there is none."""
        if self._source is None:
            return ""
        design = self._source.table.design.reindex(columns=list(_DESIGN))  # that of an experiment may lack some
        of = _listed(design["agonist"])
        doses = design["agonist_M"] if design["agonist_M"].notna().any() else design["antagonist_M"]
        with_antagonist = design[(design["antagonist_M"] > 0) & design["agonist_M"].notna()]
        parts = [
            _counted(self.n_responses, "response"),
            "" if of in {"", "agonist"} else f"of {of}",
            f"at {_counted(doses.nunique(), 'concentration')}",
            f"in {_counted(design['replicate'].nunique(), 'replicate')}",
        ]
        if len(with_antagonist):
            amounts = with_antagonist["antagonist_M"].nunique()
            parts.append(f"with {_listed(with_antagonist['antagonist'])} at {_counted(amounts, 'concentration')}")
        return f"{self.name}: {' '.join(part for part in parts if part)}."

    @property
    def options(self) -> ConcentrationOptions:
        """How curves are fitted."""
        return self._options

    @property
    def schild_options(self) -> SchildOptions:
        """How Schild experiments are fitted."""
        return self._schild

    def stale(self, binding: BindingAnalysis | None) -> bool:
        """Return whether what was fitted is no longer of the table, the options, and the binding beside it."""
        return bool(self._made) and self._made != self._key(binding)

    def set_options(self, options: ConcentrationOptions, schild: SchildOptions) -> None:
        """Change how curves are fitted."""
        if (options, schild) != (self._options, self._schild):
            self._options, self._schild = options, schild
            self.changed.emit("options")

    def open_job(self, path: Path) -> Job:
        """Return the work of reading a table, or the responses and the design of an experiment's folder."""
        return Job(f"Reading {path.name}", lambda _: _read(path), self._take)

    def take_experiment(self, experiment: Experiment) -> None:
        """Take the responses and the design of an experiment, with what its comparison asked of them."""
        asked = {
            name: getattr(experiment.options.compare, name) for name in ("measure", "event", "leave_out_flags")
        }
        self._take(_Source(DoseTable(experiment.responses, experiment.design), asked, experiment.name))

    def paste_job(self, text: str) -> Job:
        """Return the work of reading a table that was copied."""
        return Job(
            "Reading what was pasted",
            lambda _: _Source(read_dose_table(text_frame(text)), {"measure": MEASURE}, "pasted table"),
            self._take,
        )

    def fit_job(self, binding: BindingAnalysis | None) -> Job:
        """Return the work of fitting.

        Parameters
        ----------
        binding : BindingAnalysis, optional
            Whose pKi stand beside pKB.

        Returns
        -------
        Job
            The work.

        Raises
        ------
        ValueError
            If there is no table.
        """
        source, options, schild, key = self._source, self._options, self._schild, self._key(binding)
        if source is None:
            raise ValueError("There is no table of responses yet: open or paste one first.")

        def compute(progress: Progress) -> Functional:
            return _fit(source, options, schild, binding, progress)

        def accept(found: Functional) -> None:
            self.found, self._made = found, key
            self.changed.emit("fit")

        return Job("Fitting concentration–response", compute, accept)

    def _key(self, binding: BindingAnalysis | None) -> tuple[object, ...]:
        return (self._source, self._options, self._schild, binding)

    def _take(self, source: _Source) -> None:
        self._source, self.found, self._made = source, None, ()
        self.changed.emit("table")


def write_functional_job(found: Functional, folder: Path, *, overwrite: bool = False) -> Job:
    """Return the work of writing tables, answers and figures into a folder.

    Parameters
    ----------
    found : Functional
        What was fitted.
    folder : Path
        Folder to make.
    overwrite : bool
        Replace a results folder of that name.

    Returns
    -------
    Job
        Its answer is the folder.
    """
    files: dict[str, Content] = {
        "concentration_response.csv": found.response.table,
        "points.csv": found.response.points,
        "replicates.csv": found.response.replicates,
        "report.txt": "\n".join(found.sentences) + "\n",
    }
    if found.schild:
        files["schild.csv"] = pd.concat([fit.table for fit in found.schild], ignore_index=True)
    if found.potency is not None:
        files["potency.csv"] = found.potency
    files |= figure_files(found.pictures.values())
    return Job("Writing results", lambda _: write_folder(folder, files, overwrite=overwrite), lambda _: None)


def _listed(names: pd.Series) -> str:
    return ", ".join(dict.fromkeys(names.dropna().map(str)))


def _counted(n: int, word: str) -> str:
    return f"{n} {word}{'s' if n != 1 else ''}"


def _read(path: Path) -> _Source:
    if not path.is_dir():
        return _Source(read_dose_table(path), {"measure": MEASURE}, path.name)
    file = path / "tables" / "responses.csv"
    if not file.is_file():
        raise S1RImagingError(
            f"{path} holds no report of an experiment: choose the folder that Write report and tables in the step "
            "Compare has written, or s1r-imaging run."
        )
    responses = read_table(file, text=("recording", "event"))
    asked = {"measure": CompareOptions.measure}
    return _Source(DoseTable(responses, read_design(path / "design.csv")), asked, path.name)


def _fit(
    source: _Source,
    options: ConcentrationOptions,
    schild_options: SchildOptions,
    binding: BindingAnalysis | None,
    progress: Progress,
) -> Functional:
    tables = (source.table.responses, source.table.design)
    progress("curves", 0, 3)
    curves: Any = {**source.asked, **options.to_dict()}
    response = fit_concentration_response(*tables, **curves)
    progress("Schild", 1, 3)
    fits, notes = [], list(response.problems)
    for agonist, antagonist in schild_pairs(source.table.design):
        own = {"agonist": agonist, "antagonist": antagonist} | schild_options.to_dict()
        shifts: Any = {**source.asked, **own}
        try:
            fits.append(fit_schild(*tables, **shifts))
        except ValueError as error:
            notes.append(f"No pA2 of {antagonist} against {agonist}: {error}")
    potency = potency_table(fits, binding.combined) if fits and binding is not None else None
    progress("drawing", 2, 3)
    pictures = {
        "Concentration–response": picture_of(lambda: figure_of(plots.plot_concentration_response(response)))
    }
    inhibition = response.table.loc[response.table["kind"] == "ic50", "curve"].tolist()
    if inhibition and len(inhibition) < len(response.table) and not fits:
        draw = partial(plots.plot_concentration_response, response, curves=inhibition)
        pictures["Inhibition"] = picture_of(lambda: figure_of(draw()))
    for fit in fits:
        pictures |= _schild_pictures(fit)
    if potency is not None and potency["difference"].notna().any():
        table = potency
        pictures["pKB and pKi"] = picture_of(lambda: figure_of(plots.plot_potency(table)))
    if response.table.empty:
        notes.append("The table holds no curve: one takes at least three concentrations of a compound.")
    return Functional(response, tuple(fits), potency, pictures, tuple(notes))


def _schild_pictures(fit: SchildFit) -> dict[str, Picture]:
    pair = f"{fit.antagonist} against {fit.agonist}"
    return {
        pair: picture_of(lambda: figure_of(plots.plot_schild(fit))),
        f"Schild plot, {pair}": picture_of(lambda: figure_of(plots.plot_schild_regression(fit))),
    }
