"""Saturation and kinetics of a radioligand in the window: a table, its fit, and Kd for Ki. No Qt here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from psygnal import Signal

from napari_plugin.binding.pictures import Picture, figure_files, picture_of
from napari_plugin.session import Job
from napari_plugin.wording import said_in_window
from s1r_imaging import plots
from s1r_imaging.binding.kinetics import (
    AssociationOptions,
    DissociationOptions,
    fit_association,
    fit_dissociation,
)
from s1r_imaging.binding.measured import MeasuredFit
from s1r_imaging.binding.radioligand_table import RadioligandTable, read_radioligand_table
from s1r_imaging.binding.saturation import SaturationOptions, fit_saturation
from s1r_imaging.io.concentrations import concentration_words
from s1r_imaging.io.results import Content, write_folder
from s1r_imaging.io.sheets import text_frame
from s1r_imaging.options import Options
from s1r_imaging.plots.radioligand import radioligand_answers, radioligand_curves
from s1r_imaging.plots.style import figure_of
from s1r_imaging.progress import Progress

_NM = 1e9  # nmol in a mol
_ROLES = {"total": "total", "nonspecific": "non-specific", "blank": "blank"}


@dataclass(frozen=True)
class Kind:
    """An experiment with a radioligand.

    Attributes
    ----------
    title : str
        Its name.
    options : type
        Options of its fit.
    fit : callable
        Function of the library that fits it.
    """

    title: str
    options: type[Options]
    fit: Callable[..., MeasuredFit]


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "saturation": Kind("Saturation", SaturationOptions, fit_saturation),
        "association": Kind("Association", AssociationOptions, fit_association),
        "dissociation": Kind("Dissociation", DissociationOptions, fit_dissociation),
    }
)


@dataclass(frozen=True, eq=False)
class Radioligand:
    """What an experiment with a radioligand says.

    Attributes
    ----------
    kind : str
        Key of `KINDS`.
    fit : MeasuredFit
        Its fit.
    unit : str
        Unit of the signal; empty where the table does not name it.
    picture : Picture
        Wells, curves, bands.
    """

    kind: str
    fit: MeasuredFit
    unit: str
    picture: Picture

    @property
    def sentences(self) -> tuple[str, ...]:
        """The answers in words, and what is suspect about them."""
        answers = ", ".join(radioligand_answers(self.fit, signal_unit=self.unit))
        level = f"in brackets the {100 * self.fit.confidence:g} % profile interval" if "(" in answers else ""
        wells = f"{len(self.fit.wells)} wells, {self.fit.df} degrees of freedom"
        facts = "; ".join(filter(None, (level, wells)))
        options = KINDS[self.kind].options
        notes = [_said(note, options) for note in self.fit.notes]
        return (f"{self.fit.title}: {answers}.", f"{facts[0].upper()}{facts[1:]}.", *notes)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All numbers: title to table."""
        tables = {"Parameters": self.fit.to_frame(), "Wells and their curve": self.fit.wells}
        curves = radioligand_curves(self.fit)
        return tables if curves is None else tables | {"Curves": curves}

    @property
    def kd_nM(self) -> tuple[float, float] | None:  # noqa: N802  (the unit)
        """Kd and its standard error; None where there is no single Kd, or the data do not determine it."""
        kd, error = (self.fit.value("kd_M", column) * _NM for column in ("estimate", "standard_error"))
        return (kd, error) if np.isfinite(kd) and np.isfinite(error) else None


@dataclass(frozen=True, eq=False)
class _Source:
    table: RadioligandTable
    name: str


class RadioligandState:
    """A table of what a radioligand bound, options, and what was fitted.

    Attributes
    ----------
    changed : Signal
        Emitted with ``"table"``, ``"options"`` or ``"fit"``.
    found : Radioligand or None
        The last fit.
    """

    changed = Signal(str)

    def __init__(self) -> None:
        self._source: _Source | None = None
        self._kind = next(iter(KINDS))
        self._options: dict[str, Options] = {name: kind.options() for name, kind in KINDS.items()}
        self._made: tuple[object, ...] = ()
        self.found: Radioligand | None = None

    @property
    def name(self) -> str:
        """What the table is called; empty where there is none."""
        return "" if self._source is None else self._source.name

    @property
    def kind(self) -> str:
        """Which experiment it is taken for."""
        return self._kind

    @property
    def kinds(self) -> tuple[str, ...]:
        """The experiments that the table can be."""
        return tuple(KINDS) if self._source is None else _kinds(self._source.table.wells)

    @property
    def facts(self) -> str:
        """How the table was read, in words; empty where there is none."""
        return "" if self._source is None else f"{self._source.name}: {_facts(self._source.table)}"

    @property
    def stale(self) -> bool:
        """Whether what was fitted is no longer of the table and the options."""
        return bool(self._made) and self._made != self._key()

    def options(self, kind: str) -> Any:
        """Return how an experiment is fitted."""
        return self._options[kind]

    def set_kind(self, kind: str) -> None:
        """Take the table for another experiment."""
        if kind != self._kind:
            self._kind = kind
            self.changed.emit("options")

    def set_options(self, options: Options) -> None:
        """Change how the experiment that these options belong to is fitted."""
        name = next(name for name, kind in KINDS.items() if kind.options is type(options))
        if options != self._options[name]:
            self._options[name] = options
            self.changed.emit("options")

    def open_job(self, path: Path) -> Job:
        """Return the work of reading a table."""
        return Job(f"Reading {path.name}", lambda _: _Source(read_radioligand_table(path), path.name), self._take)

    def paste_job(self, text: str) -> Job:
        """Return the work of reading a table that was copied."""
        return Job(
            "Reading what was pasted",
            lambda _: _Source(read_radioligand_table(text_frame(text)), "pasted table"),
            self._take,
        )

    def fit_job(self) -> Job:
        """Return the work of fitting.

        Returns
        -------
        Job
            The work.

        Raises
        ------
        ValueError
            If there is no table.
        """
        source, name, key = self._source, self._kind, self._key()
        if source is None:
            raise ValueError("There is no table of binding yet: open or paste one first.")
        kind, options = KINDS[name], self._options[name]

        def compute(progress: Progress) -> Radioligand:
            progress("curves", 0, 2)
            try:
                fit = kind.fit(source.table.wells, **options.to_dict())
            except ValueError as error:
                raise ValueError(_said(str(error), kind.options)) from error
            progress("drawing", 1, 2)
            unit = source.table.unit
            picture = picture_of(lambda: figure_of(plots.plot_radioligand(fit, signal_unit=unit)))
            return Radioligand(name, fit, unit, picture)

        def accept(found: Radioligand) -> None:
            self.found, self._made = found, key
            self.changed.emit("fit")

        return Job(f"Fitting {kind.title.lower()}", compute, accept)

    def _key(self) -> tuple[object, ...]:
        return (self._source, self._kind, self._options[self._kind])

    def _take(self, source: _Source) -> None:
        self._source, self.found, self._made = source, None, ()
        self._kind = self.kinds[0]
        self.changed.emit("table")


def write_radioligand_job(found: Radioligand, folder: Path, *, overwrite: bool = False) -> Job:
    """Return the work of writing tables, the answer and the figure into a folder.

    Parameters
    ----------
    found : Radioligand
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
    names = {"Parameters": "parameters.csv", "Wells and their curve": "wells.csv", "Curves": "curves.csv"}
    files: dict[str, Content] = {names[title]: table for title, table in found.tables.items()}
    files["report.txt"] = "\n".join((*found.sentences, "", found.fit.report())) + "\n"
    files |= figure_files([found.picture])
    return Job("Writing results", lambda _: write_folder(folder, files, overwrite=overwrite), lambda _: None)


def _kinds(wells: pd.DataFrame) -> tuple[str, ...]:
    """Return what a table can be, the likeliest first."""
    if "time_min" not in wells:
        return ("saturation",)
    if "concentration_M" not in wells:
        return ("dissociation",)
    doses = np.unique(wells["concentration_M"][wells["concentration_M"] > 0])
    kinds = ("association", "dissociation")
    return kinds if doses.size > 1 else kinds[::-1]


def _said(sentence: str, options: type[Options]) -> str:
    """Return a sentence of the library as it reads in the window: what is ticked there is no "=True"."""
    words = said_in_window(sentence.replace("=True", ""), options)
    return words[:1].upper() + words[1:]


def _facts(table: RadioligandTable) -> str:
    wells = table.wells
    roles = [f"{n} {word}" for role, word in _ROLES.items() if (n := int((wells["role"] == role).sum()))]
    where = []
    if "time_min" in wells:
        times = wells["time_min"]
        where.append(f"at {_counted(times.nunique(), 'time')} up to {times.max():g} min")
    if "concentration_M" in wells:
        doses = np.unique(wells["concentration_M"][wells["concentration_M"] > 0])
        ends = sorted({doses.min(), doses.max()}) if doses.size else []
        words = " to ".join(concentration_words(dose) for dose in ends)
        where.append(f"at {_counted(doses.size, 'concentration')}" + (f", {words}" if words else ""))
    unit = f" The signal is in {table.unit}." if table.unit else ""
    unused = f" Columns that were not used: {', '.join(table.left_out)}." if table.left_out else ""
    return f"{_and(roles)} wells {' and '.join(where)}.{unit}{unused}"


def _and(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else "no"


def _counted(n: int, word: str) -> str:
    return f"{n} {word}{'s' if n != 1 else ''}"
