"""The plate: one row per well, with what was in it and what was counted."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from s1r_imaging.binding.layers import Layers, listed, property_of, read_layers
from s1r_imaging.binding.roles import ROLES, parse_role
from s1r_imaging.binding.wells import Problems, assemble
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.decimals import DecimalMark
from s1r_imaging.io.plates import read_plate_file
from s1r_imaging.options import Options, option

PlateSource = str | os.PathLike[str] | pd.DataFrame

PLATE_COLUMNS = ("experiment", "compound", "role", "concentration_M", "signal")
"""The columns that every plate has."""

_ALL_COLUMNS = (*PLATE_COLUMNS, "well", "replicate", "plate")


@dataclass(frozen=True, kw_only=True)
class BindingPlateOptions(Options):
    """Options of `read_binding_plate`."""

    section: ClassVar[str] = "binding_plate"

    counts_column: str | None = option(
        None, "Heading of the counts, where a file has several columns or grids of numbers (such as CPM and DPM)."
    )
    decimal: DecimalMark | None = option(
        None, "Decimal mark of numbers that are text; found out from the file when not given."
    )
    bad_counts: Literal["refuse", "keep"] = option(
        "refuse",
        "What is done with counts that are missing or negative: refuse the file, or keep them as they are.",
    )


def read_binding_plate(
    counts: PlateSource,
    *,
    plate_map: PlateSource | Mapping[str, PlateSource] | None = None,
    counts_column: str | None = BindingPlateOptions.counts_column,
    decimal: DecimalMark | None = BindingPlateOptions.decimal,
    bad_counts: Literal["refuse", "keep"] = BindingPlateOptions.bad_counts,
) -> pd.DataFrame:
    """Read the counts of a binding assay and its plate map as one row per well.

    Parameters
    ----------
    counts : path or DataFrame
        CSV, TSV, text or ``.xlsx``, as a counter exports it: grids of 8 × 12 or 16 × 24 wells with or without
        the names of rows and columns, one for each plate, below each other or on several sheets, with any
        lines between; or a long table with a column ``well``. A table that has the columns of a plate (or
        role, concentration and counts under other names) needs no map, nor does a workbook that holds
        the map on other sheets.
    plate_map : path, DataFrame or mapping, optional
        A long table (well, role, compound, concentration, experiment, replicate, plate), or one grid for each
        of these, named by the line above, its corner, the sheet, or the key of a mapping to files; or one grid
        whose cells say it all (``"NSB"``, ``"haloperidol 10 nM"``). It holds for all plates unless it names
        them or has as many grids as there are plates. Wells that were not used are marked ``empty``.
    counts_column : str, optional
        Heading of the counts, where there are several.
    decimal : {".", ","}, optional
        Decimal mark of numbers that are text; found out from the file when not given.
    bad_counts : {"refuse", "keep"}
        What is done with counts that are missing or negative.

    Returns
    -------
    DataFrame
        One row per well: ``experiment`` (the plate's name unless the map says more), ``compound`` (empty
        in wells that all compounds share), ``role``, ``concentration_M`` (mol/L; 0 in total and blank wells
        where none is given), ``signal``, ``well``, ``replicate`` (counted where it is not given), ``plate``,
        and any other columns of the table of counts.

    Raises
    ------
    S1RImagingError
        If a file cannot be used; one message names all its problems with their wells: unknown roles, wells that
        stand twice or in one file only, missing or negative counts, concentrations without a unit or with two,
        competitors without name or concentration.
    ValueError
        Likewise, if DataFrames were given.

    See Also
    --------
    check_plate : Check a DataFrame that is a plate already.

    Notes
    -----
    Concentrations need a unit, in the heading (``concentration (nM)``, ``conc_uM``, ``log M``) or in the cell
    (``10 nM``): M, mM, µM, uM, nM, pM, fM, mol/L, or log10 of them.

    Words for roles, in any case, with any hyphens, and with or without a number:

    - total: total, TB, B0, total binding, max, high control, vehicle, no competitor, T;
    - nonspecific: NSB, NS, non-specific, min, low control, N;
    - competitor: competitor, competition, sample, unknown, test, compound, standard, C;
    - blank: blank, background, BG, BLK, buffer, no membranes, B;
    - left out: empty, unused.

    Without roles, a well with one of the longer words in place of its compound has that role, and every other one
    with a compound is a competitor.

    Examples
    --------
    >>> counts = pd.DataFrame({"well": ["A1", "A2", "A3"], "cpm": [1510, 95, 800]})
    >>> layout = pd.DataFrame({"well": ["A1", "A2", "A3"], "role": ["TB", "NSB", "competitor"],
    ...                        "compound": [None, None, "PRE-084"], "concentration (nM)": [None, 10000, 30]})
    >>> read_binding_plate(counts, plate_map=layout)[["compound", "role", "concentration_M", "signal"]]
      compound         role  concentration_M  signal
    0                 total     0.000000e+00  1510.0
    1           nonspecific     1.000000e-05    95.0
    2  PRE-084   competitor     3.000000e-08   800.0
    """
    options = BindingPlateOptions(counts_column=counts_column, decimal=decimal, bad_counts=bad_counts)
    if isinstance(counts, pd.DataFrame) and plate_map is None and set(PLATE_COLUMNS) <= set(counts.columns):
        plate = check_plate(counts)
        problems, source = Problems(), "the plate"
        where = [*_names_of_rows(plate)]
    else:
        problems = Problems()
        found = plate_layers(counts, options, only_counts=plate_map is not None)
        described = None if plate_map is None else _map_layers(plate_map, options)
        source = found.source if described is None else f"{found.source} with {described.source}"
        for sentence in found.problems + ([] if described is None else described.problems):
            problems.say(sentence)
        plate = assemble(found, described, problems)
        where = list(plate.pop("where")) if "where" in plate else []
    if options.bad_counts == "refuse" and len(plate):
        _note_bad_counts(plate["signal"], where, problems)
    _note_missing_compounds(plate, where, problems)
    _refuse(problems, source, counts, plate_map)
    return _finish(plate)


def check_plate(plate: pd.DataFrame) -> pd.DataFrame:
    """Check a plate, and return a copy with roles in one spelling and numbers as floats.

    Parameters
    ----------
    plate : DataFrame
        Columns ``experiment, compound, role, concentration_M, signal``, and any others.

    Returns
    -------
    DataFrame
        A copy with a plain index. Counts that are missing or negative stay: what is done with them is the
        business of who uses them.

    Raises
    ------
    TypeError
        If it is no DataFrame.
    ValueError
        If columns are missing, or wells have no known role, no number for concentration or signal, stand twice,
        or are competitors without name or concentration; one message names them all.

    Examples
    --------
    >>> plate = pd.DataFrame({"experiment": [1, 1], "compound": ["", "NE-100"], "role": ["TB", "competitor"],
    ...                       "concentration_M": [0, 1e-9], "signal": [1500, 700]})
    >>> list(check_plate(plate)["role"])
    ['total', 'competitor']
    """
    if not isinstance(plate, pd.DataFrame):
        raise TypeError(f"plate is a {type(plate).__name__}: expected a DataFrame (read_binding_plate makes one).")
    missing = [name for name in PLATE_COLUMNS if name not in plate.columns]
    if missing:
        raise ValueError(
            f"plate has no column {listed(map(repr, missing))}: expected {', '.join(PLATE_COLUMNS)}; "
            "read_binding_plate makes such a plate from files."
        )
    checked = plate.reset_index(drop=True)
    where, problems = _names_of_rows(checked), Problems()
    roles = [parse_role(role) for role in checked["role"]]
    for name, role, given in zip(where, roles, checked["role"], strict=True):
        if role not in ROLES:
            problems.add(f"unknown role {str(given)!r}", name)
    checked["role"] = pd.Series(roles, dtype=object)
    compounds = checked["compound"].astype(object)
    checked["compound"] = compounds.where(compounds.notna(), "").map(str)
    for column in ("concentration_M", "signal"):
        numbers = pd.to_numeric(checked[column], errors="coerce").astype(np.float64)
        for row in np.flatnonzero(numbers.isna() & checked[column].notna()):
            problems.add(f"{column} that is no number", where[row])
        checked[column] = numbers
    _note_concentrations(checked, where, problems)
    _note_missing_compounds(checked, where, problems)
    _note_duplicates(checked, where, problems)
    _refuse(problems, "the plate", plate, None)
    return checked


def _note_concentrations(plate: pd.DataFrame, where: list[str], problems: Problems) -> None:
    dose = plate["concentration_M"].to_numpy()
    for row in np.flatnonzero(plate["role"].eq("competitor") & np.isnan(dose)):
        problems.add("competitor without a concentration", where[row])
    for row in np.flatnonzero(dose < 0):
        problems.add("negative concentration (a logarithm? concentration_M is in mol/L)", where[row])
    for row in np.flatnonzero(np.isinf(dose)):
        problems.add("infinite concentration", where[row])


def _note_missing_compounds(plate: pd.DataFrame, where: list[str], problems: Problems) -> None:
    if len(plate):
        for row in np.flatnonzero(plate["role"].eq("competitor") & plate["compound"].eq("")):
            problems.add("competitor without a compound", where[row])


def _note_duplicates(plate: pd.DataFrame, where: list[str], problems: Problems) -> None:
    if "well" not in plate:
        return
    keys = ["plate"] if "plate" in plate else ["experiment"]
    named = plate["well"].notna() & plate["well"].ne("")
    for row in np.flatnonzero(named & plate.duplicated([*keys, "well"])):
        problems.add("second row for one well", where[row])


def _note_bad_counts(signal: pd.Series, where: list[str], problems: Problems) -> None:
    counts = signal.to_numpy(dtype=np.float64)
    remedy = "(bad_counts='keep' keeps them)"
    for row in np.flatnonzero(~np.isfinite(counts)):
        problems.add(f"missing counts {remedy}", where[row])
    for row in np.flatnonzero(counts < 0):
        problems.add(f"negative counts {remedy}", where[row])


def _names_of_rows(plate: pd.DataFrame) -> list[str]:
    wells = plate["well"] if "well" in plate else pd.Series([""] * len(plate), index=plate.index)
    several = len(set(plate["experiment"])) > 1
    return [
        f"row {number}" if not isinstance(well, str) or not well
        else f"{well} of experiment {experiment}" if several else well
        for number, (well, experiment) in enumerate(zip(wells, plate["experiment"], strict=True))
    ]  # fmt: skip


def plate_layers(
    source: PlateSource, options: BindingPlateOptions, *, only_counts: bool, title: str = ""
) -> Layers:
    """Read a file of counts or a plate map, and sort what it holds into layers.

    Parameters
    ----------
    source : path or DataFrame
        As for `read_binding_plate`.
    options : BindingPlateOptions
        How it is read.
    only_counts : bool
        Whether its grids hold counts, whatever the lines above them say.
    title : str
        Property that the caller gave the file.

    Returns
    -------
    Layers
        Its layers and problems.
    """
    file = read_plate_file(
        source, is_header=lambda word: property_of(word) not in {None, "plate"}, decimal=options.decimal
    )
    return read_layers(file, title=title, counts_column=options.counts_column, only_counts=only_counts)


def _map_layers(plate_map: PlateSource | Mapping[str, PlateSource], options: BindingPlateOptions) -> Layers:
    if not isinstance(plate_map, Mapping):
        return plate_layers(plate_map, options, only_counts=False)
    if not plate_map:
        raise ValueError("plate_map is empty: expected property (role, compound, concentration (nM) ...) to file.")
    parts = []
    for name, source in plate_map.items():
        if property_of(name) in {None, "plate"}:
            raise ValueError(
                f"plate_map[{name!r}]: expected role, compound, concentration (nM), experiment or replicate."
            )
        parts.append(plate_layers(source, options, only_counts=False, title=name))
    return Layers(
        listed(part.source for part in parts),
        [layer for part in parts for layer in part.layers],
        [sentence for part in parts for sentence in part.problems],
    )


def _refuse(
    problems: Problems, source: str, counts: PlateSource, plate_map: PlateSource | Mapping[str, PlateSource] | None
) -> None:
    found = problems.all()
    if found:
        files = [counts, *(plate_map.values() if isinstance(plate_map, Mapping) else [plate_map])]
        is_file = any(isinstance(item, str | os.PathLike) for item in files)
        fault = S1RImagingError if is_file else ValueError
        raise fault(f"{source} cannot be used: {'; '.join(found)}.")


def _finish(plate: pd.DataFrame) -> pd.DataFrame:
    """Return the columns in their order, with experiments as numbers where they are, and replicates counted."""
    finished = plate.copy()
    for column, default in (("well", ""), ("plate", finished["experiment"])):
        if column not in finished:
            finished[column] = default
    names = finished["experiment"]
    if len(names) and all(isinstance(name, str) and name.isdecimal() and str(int(name)) == name for name in names):
        finished["experiment"] = names.astype(np.int64)
    group = ["plate", "experiment", "compound", "role", "concentration_M"]
    counted = finished.groupby(group, dropna=False).cumcount() + 1
    given = pd.to_numeric(finished["replicate"], errors="coerce") if "replicate" in finished else counted
    finished["replicate"] = given.where(given.notna(), counted).astype(np.int64)
    others = [column for column in finished.columns if column not in _ALL_COLUMNS]
    return finished[[*_ALL_COLUMNS, *others]].reset_index(drop=True)
