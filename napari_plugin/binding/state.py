"""What the window of binding curves holds, and whether what was fitted is still of it. No Qt in here."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from psygnal import Signal

from napari_plugin.binding.pictures import Picture, binding_picture
from napari_plugin.binding.wells import Wells, checked
from napari_plugin.session import Job
from napari_plugin.wording import said_in_window
from s1r_imaging.binding.layout import read_wells
from s1r_imaging.binding.outliers import outlying_wells
from s1r_imaging.binding.plate import BindingPlateOptions
from s1r_imaging.binding_analysis import (
    BindingAnalysis,
    BindingOptions,
    analyze_binding,
    check_assay,
    join_plates,
)
from s1r_imaging.binding_tables import parameter_table
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.sheets import text_frame
from s1r_imaging.progress import Progress
from s1r_imaging.samples import sample_assay
from s1r_imaging.simulate import simulate_binding_plate


@dataclass(frozen=True, eq=False)
class Origin:
    """Where wells came from.

    Attributes
    ----------
    name : str
        In words.
    sources : tuple of Path
        Files of counts; empty where there are none.
    plate_map : Path or None
        File of the plate map.
    reading : BindingPlateOptions
        How the files were read.
    table : DataFrame or None
        The wells as these files hold them.
    """

    name: str = ""
    sources: tuple[Path, ...] = ()
    plate_map: Path | None = None
    reading: BindingPlateOptions = field(default_factory=BindingPlateOptions)
    table: pd.DataFrame | None = None


@dataclass(frozen=True, eq=False)
class _Fitted:
    """A fit, what it was made of, and its picture."""

    table: pd.DataFrame
    options: BindingOptions
    reading: BindingPlateOptions
    analysis: BindingAnalysis
    outliers: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    picture: Picture


class BindingState:
    """Wells, options, and what was fitted.

    Attributes
    ----------
    changed : Signal
        Emitted with ``"wells"``, ``"options"``, ``"reading"`` or ``"fit"``.
    wells : Wells
        The wells.
    origin : Origin
        Where they came from.
    """

    changed = Signal(str)

    def __init__(self) -> None:
        self.wells = Wells()
        self.origin = Origin()
        self._options = BindingOptions()
        self._reading = BindingPlateOptions()
        self._fitted: _Fitted | None = None
        self.wells.changed.connect(self._say_wells)

    @property
    def options(self) -> BindingOptions:
        """The assay, and how it is fitted."""
        return self._options

    @property
    def reading(self) -> BindingPlateOptions:
        """How files are read."""
        return self._reading

    @property
    def has_wells(self) -> bool:
        """Whether there are any."""
        return len(self.wells.table) > 0

    @property
    def analysis(self) -> BindingAnalysis | None:
        """The last fit, stale or not."""
        return None if self._fitted is None else self._fitted.analysis

    @property
    def picture(self) -> Picture | None:
        """Its curves."""
        return None if self._fitted is None else self._fitted.picture

    @property
    def outliers(self) -> pd.DataFrame | None:
        """Wells that lie too far from their curve."""
        return None if self._fitted is None else self._fitted.outliers

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Title to table of all numbers of the last fit."""
        return {} if self._fitted is None else self._fitted.tables

    @property
    def stale(self) -> str:
        """What changed since the last fit, in words; nothing where nothing did, or there is no fit."""
        made = self._fitted
        if made is None:
            return ""
        changed = {
            "wells": made.table is not self.wells.table,
            "options": made.options != self._options,
            "reading": made.reading.bad_counts != self._reading.bad_counts,
        }
        return " and ".join(name for name, is_so in changed.items() if is_so)

    @property
    def is_on_disk(self) -> bool:
        """Whether files hold the wells as they are now."""
        return self.origin.table is not None and self.origin.table is self.wells.table

    def set_options(self, options: BindingOptions) -> None:
        """Change the assay."""
        if options != self._options:
            self._options = options
            self.changed.emit("options")

    def set_reading(self, reading: BindingPlateOptions) -> None:
        """Change how files are read from now on."""
        if reading != self._reading:
            self._reading = reading
            self.changed.emit("reading")

    def open_wells(self, table: pd.DataFrame, origin: Origin, *, on_disk: bool = False) -> None:
        """Take other wells; what was fitted of the earlier ones is gone.

        Parameters
        ----------
        table : DataFrame
            As `read_wells` gives them.
        origin : Origin
            Where they came from.
        on_disk : bool
            Whether the files of the origin hold them just so.
        """
        self._fitted = None
        self.origin = origin
        self.wells.open(table)
        if on_disk:
            self.saved_as(origin)
        self.changed.emit("fit")

    def saved_as(self, origin: Origin) -> None:
        """Note that files hold the wells as they are now."""
        self.origin = Origin(origin.name, origin.sources, origin.plate_map, origin.reading, self.wells.table)

    def open_job(self, sources: Sequence[Path], plate_map: Path | None = None) -> Job:
        """Return the work of reading files of counts."""
        reading = self._reading
        name = ", ".join(path.name for path in sources)

        def compute(_: Progress) -> pd.DataFrame:
            return read_files(sources, plate_map, reading)

        def accept(table: pd.DataFrame) -> None:
            origin = Origin(name, tuple(sources), plate_map, reading)
            self.open_wells(table, origin, on_disk=bool((table["role"] != "").any()))

        return Job(f"Reading {name}", compute, accept)

    def paste_job(self, text: str) -> Job:
        """Return the work of reading a plate that was copied."""
        asked = _asked(self._reading)
        return Job(
            "Reading what was pasted",
            lambda _: _pasted(lambda: read_wells(text_frame(text), **asked)),
            lambda table: self.open_wells(table, Origin("pasted")),
        )

    def map_job(self, plate_map: Path | str) -> Job:
        """Return the work of reading the roles of the wells from a file, or from text that was copied."""
        reading, table, origin = self._reading, self.wells.table, self.origin
        counts = table.drop(columns=["experiment", "compound", "role", "concentration_M", "replicate", "excluded"])
        asked = _asked(reading) | {"counts_column": "signal"}
        if isinstance(plate_map, Path) and origin.sources and origin.plate_map is None:
            files = Origin(origin.name, origin.sources, plate_map, origin.reading)

            def accept_files(read: pd.DataFrame) -> None:
                self.wells.map_with(read)
                self.saved_as(files)

            return Job(
                f"Reading {plate_map.name}",
                lambda _: read_files(files.sources, plate_map, origin.reading),
                accept_files,
            )
        given = text_frame(plate_map) if isinstance(plate_map, str) else plate_map
        return Job(
            "Reading the plate map",
            lambda _: _pasted(lambda: read_wells(counts, plate_map=given, **asked)),
            self.wells.map_with,
        )

    def sample_job(self) -> Job:
        """Return the work of simulating plates, whose truth is known."""

        def accept(answer: tuple[pd.DataFrame, dict[str, Any]]) -> None:
            plate, assay = answer
            self.take_plate(plate, assay, "sample plates")

        return Job("Simulating plates", lambda _: _sample(), accept)

    def take_plate(self, plate: pd.DataFrame, assay: dict[str, Any], name: str) -> None:
        """Take a plate that is in memory, and what is known of its assay."""
        self.open_wells(read_wells(plate), Origin(name))
        self.set_options(BindingOptions.from_dict(assay))

    def fit_job(self) -> Job:
        """Return the work of fitting, as `s1r_imaging.binding_analysis.analyze_binding` does it."""
        table, options, reading = self.wells.table, self._options, self._reading
        sources, plate_map = ((), None) if not self.is_on_disk else (self.origin.sources, self.origin.plate_map)
        how = self.origin.reading if self.is_on_disk else reading
        wells = self.wells.in_use()

        def compute(progress: Progress) -> _Fitted:
            plate = checked(wells, reading)
            problem = assay_problem(options)
            if problem:
                raise ValueError(problem)
            found = analyze_binding(plate, plate_options=how, **options.to_dict(), progress=progress)
            analysis = BindingAnalysis(**vars(found) | {"sources": sources, "plate_map": plate_map})
            progress("drawing", 0, 0)
            outliers = outlying_wells(analysis.fit, plate)
            tables = fit_tables(analysis)
            return _Fitted(table, options, reading, analysis, outliers, tables, binding_picture(analysis))

        def accept(fitted: _Fitted) -> None:
            self._fitted = fitted
            self.changed.emit("fit")

        return Job("Fitting Ki", compute, accept)

    def _say_wells(self) -> None:
        self.changed.emit("wells")


def assay_problem(options: BindingOptions) -> str:
    """Return what is missing of an assay before it can be fitted, as a sentence; nothing where nothing is."""
    try:
        check_assay(options)
    except ValueError as error:
        return said_in_window(str(error), BindingOptions)
    return ""


def fit_tables(analysis: BindingAnalysis) -> dict[str, pd.DataFrame]:
    """Return the tables of a fit, as the results folder has them, by their titles."""
    tables = {
        "Ki, IC50, Hill slope": analysis.affinities,
        "Over the experiments": analysis.combined,
        "Parameters": parameter_table(analysis.fit),
        "Quality of the plates": analysis.quality,
        "Wells and their curve": analysis.fit.residuals(),
    }
    if len(analysis.plate["experiment"].unique()) < 2:
        del tables["Over the experiments"]
    return tables


def read_files(sources: Sequence[Path], plate_map: Path | None, reading: BindingPlateOptions) -> pd.DataFrame:
    """Read files of counts, each an experiment where there are several.

    Parameters
    ----------
    sources : sequence of Path
        The files.
    plate_map : Path or None
        What was in which well.
    reading : BindingPlateOptions
        How they are read.

    Returns
    -------
    DataFrame
        All wells.
    """
    asked = _asked(reading)
    return _read(
        lambda: join_plates({path: read_wells(path, plate_map=plate_map, **asked) for path in sources}),
        " with the DataFrame",  # that is how the library asks itself which wells there are
        "",
    )


def _asked(reading: BindingPlateOptions) -> dict[str, Any]:
    return {name: value for name, value in reading.to_dict().items() if name != "bad_counts"}


def _pasted(read: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """Read, and speak of what was pasted where the library speaks of a DataFrame."""
    return _read(read, "the DataFrame(?: with the DataFrame)?", "What was pasted")


def _read(read: Callable[[], pd.DataFrame], pattern: str, words: str) -> pd.DataFrame:
    """Read; problems are said in the words of the window."""
    try:
        return read()
    except (S1RImagingError, ValueError) as error:
        said = said_in_window(str(error), BindingPlateOptions)
        fault = S1RImagingError if isinstance(error, S1RImagingError) else ValueError
        raise fault(re.sub(pattern, words, said)) from error


def _sample() -> tuple[pd.DataFrame, dict[str, Any]]:
    plate, truth = simulate_binding_plate()
    return plate, sample_assay(truth)
