"""Time courses of a plate reader: every well becomes a row of `Traces`, as a cell of a recording does.

A reader measures one well after another, so that wells have times of their own, and `Traces` one time axis. Values
are never interpolated: that would smear a step over two reads, correlate the noise and let what came after the
addition leak into the baseline. Instead the n-th read of every well stands in the n-th frame, the frame's time is
the median over wells, and the well's distance from it stands in the column ``time_offset_s`` of the cells,
which `measure_responses` adds to onset and time to peak. Where the first event falls among the reads of one
frame, so that some wells were read before it and some after, the wells are aligned on the event: all have the
same number of reads before it.
"""

import os
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.flags import CellFlag
from s1r_imaging.io.decimals import DecimalMark, find_decimal_mark
from s1r_imaging.io.grids import well_name
from s1r_imaging.io.sheets import Sheet, read_sheets
from s1r_imaging.io.softmax import PLATE_LINE, is_softmax, read_softmax
from s1r_imaging.io.well_clocks import Clocks, align_wells
from s1r_imaging.io.well_reads import WellReads
from s1r_imaging.io.well_signals import PlateSignal, choose_plate, choose_signal
from s1r_imaging.io.well_tables import NoTimeUnitError, read_well_tables
from s1r_imaging.options import Options, option
from s1r_imaging.provenance import Step, digest_files
from s1r_imaging.recording import Event, Traces, check_events


@dataclass(frozen=True, kw_only=True)
class PlateReaderOptions(Options):
    """How a plate reader's file is read; what is not given comes from the file."""

    section: ClassVar[str] = "plate_reader"

    signal: str | None = option(
        None,
        "Signal to read (340), or the ratio of two (340/380); the only one, or the first by the second, when not "
        "given.",
    )
    plate: str | None = option(None, "Name of the plate, for a file with several.")
    background_wells: str | None = option(
        None, "Wells without cells, such as G1; G2: their mean is subtracted, from each wavelength before a ratio."
    )
    time_unit: Literal["s", "ms", "min", "h"] | None = option(
        None, "Unit of the times of a table, where its heading does not say it."
    )
    decimal: Literal[".", ","] | None = option(None, "Decimal mark; found out from the numbers when not given.")
    name: str | None = option(None, "Name of the plate in the tables; the file's name when not given.")


def read_plate_reader(
    path: str | os.PathLike[str],
    *,
    signal: str | None = PlateReaderOptions.signal,
    plate: str | None = PlateReaderOptions.plate,
    events: Iterable[Event] = (),
    background_wells: str | Iterable[str] | None = PlateReaderOptions.background_wells,
    time_unit: Literal["s", "ms", "min", "h"] | None = PlateReaderOptions.time_unit,
    decimal: DecimalMark | None = PlateReaderOptions.decimal,
    name: str | None = PlateReaderOptions.name,
) -> Traces:
    r"""Read the time course of every well of a plate.

    Reads text exports of SoftMax Pro (FlexStation and SpectraMax; Flex and Kinetic reads, TimeFormat and
    PlateFormat, raw wavelengths or the reduced ratio), and tables of any reader: times down and wells across,
    wells down and times across, or one row per well and time. Text in UTF-8, UTF-16 or Latin-1, parted by tabs,
    semicolons, commas or spaces, with decimal points or commas; or ``.xlsx``.

    Parameters
    ----------
    path : path
        The file.
    signal : str, optional
        Name or number of a signal; ``"340/380"`` or ``"2/1"`` for a ratio. When not given: the only signal, or,
        where there are two wavelengths, the first by the second.
    plate : str, optional
        Name of the plate, for a file with several.
    events : iterable of Event
        What was added when, in seconds on the file's own clock.
    background_wells : str or iterable of str, optional
        Wells without cells, such as ``"G1; G2"`` or ``["G1", "G2"]``. Their mean is the background of the
        others, read by read; of a ratio it is subtracted from each wavelength before dividing. They are left
        out of the result.
    time_unit : {"s", "ms", "min", "h"}, optional
        Unit of the times of a table, where its heading does not say it.
    decimal : {".", ","}, optional
        Decimal mark; found out from the numbers when not given.
    name : str, optional
        Name of the plate in the tables. When not given: the file's name without its suffix, or the plate's where
        the file holds several.

    Returns
    -------
    Traces
        One row per well that holds values, in the order A1, A2 …; `cells` has the columns ``well``, ``row``,
        ``column`` and ``time_offset_s``. Saturated reads are NaN, counted in `saturated` and flagged SATURATED.
        The step of its history names signal, background wells and wells without values.

    Raises
    ------
    S1RImagingError
        If the file cannot be read, holds no time course of wells, or does not say the unit of its times; if it
        holds several plates or signals and none is chosen, or not the one that is.
    ValueError
        If an option is not allowed, or an event lies after the last read.

    Warns
    -----
    UserWarning
        If columns, rows or wells were run one after another on one clock: times then count from the start of each.

    Notes
    -----
    Wells have times of their own. Values are kept as read: the n-th read of every well stands in the n-th
    frame, whose time is the median over wells; the well's distance from it is in ``time_offset_s``, by which
    `measure_responses` corrects onset and time to peak. Where the first event falls between the reads of one
    frame, wells that were read once more before it lose their first read, so that no baseline holds a
    response. Frames in which no well has a value are left out.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "plate1.csv"
    ...     _ = file.write_text("Time (s),A1,A2\n0,100,50\n5,100,52\n10,180,51\n")
    ...     traces = read_plate_reader(file, events=[Event("ATP", 7.0)])
    >>> traces.name, list(traces.cells["well"]), traces.f[0]
    ('plate1', ['A1', 'A2'], array([100., 100., 180.]))
    """
    blanks = _well_names(background_wells)
    options = PlateReaderOptions(
        signal=signal,
        plate=plate,
        background_wells="; ".join(blanks) or None,
        time_unit=time_unit,
        decimal=decimal,
        name=name,
    )
    path = Path(path)
    reads = _read(path, options)
    try:
        own = choose_plate(reads, options.plate)
        chosen = choose_signal(own, options.signal, blanks)
    except ValueError as error:
        raise S1RImagingError(f"{path} {error}") from error
    label = options.name or (path.stem if len({item.plate for item in reads}) == 1 else own[0].plate)
    given = tuple(events)
    step = Step(
        name="read_plate_reader",
        options={
            "source": path.name,
            **options.to_dict(),
            "signal": chosen.reads.signal,
            "wells_without_values": _empty_wells(chosen.reads),
        },
        input_digest=digest_files([path]),
    )
    return _traces(path, chosen, given, label, step)


def _well_names(wells: str | Iterable[str] | None) -> tuple[str, ...]:
    given = [well for well in (re.split(r"[;,\s]+", wells) if isinstance(wells, str) else wells or ()) if well]
    names = [well_name(well) for well in given]
    if None in names:
        wrong = given[names.index(None)]
        raise ValueError(f"background_wells holds {wrong!r}: expected wells such as 'A1' or 'H12'.")
    return tuple(name for name in names if name is not None)


def _read(path: Path, options: PlateReaderOptions) -> list[WellReads]:
    sheets = read_sheets(path)
    mark = options.decimal or _decimal_mark(path, sheets)
    found: list[WellReads] = []
    tables: list[tuple[Sheet, list[WellReads]]] = []
    for sheet in sheets:
        if is_softmax(sheet):
            found += read_softmax(sheet, source=str(path), decimal=mark)
            continue
        try:
            tables.append((sheet, read_well_tables(sheet, decimal=mark, time_unit=options.time_unit)))
        except NoTimeUnitError as error:
            raise S1RImagingError(
                f"{path} does not say the unit of its times: expected a heading such as 'Time (s)' or times "
                "such as 00:01:30; name it with time_unit='s'."
            ) from error
    found += _named([(sheet, reads) for sheet, reads in tables if reads])
    if not any(np.isfinite(item.f).any() or item.overflow.any() for item in found):
        raise S1RImagingError(
            f"{path} holds no time course of wells: expected a SoftMax Pro export, a table with a column of times "
            "and a column per well (A1, A2 …), one with a row per well, or one with the columns well, time, value."
        )
    return found


def _named(tables: list[tuple[Sheet, list[WellReads]]]) -> list[WellReads]:
    """Name what worksheets hold after them, where there are several: plates where they say so, else signals."""
    if len(tables) == 1:
        return tables[0][1]
    named: list[WellReads] = []
    for sheet, reads in tables:
        if sheet.name.casefold().startswith("plate"):
            named += [replace(item, plate=item.plate or sheet.name) for item in reads]
        else:
            named += [replace(item, signal=f"{sheet.name} {item.signal}".strip()) for item in reads]
    return named


def _decimal_mark(path: Path, sheets: tuple[Sheet, ...]) -> DecimalMark:
    rows = (row for sheet in sheets for row in sheet.rows if row and row[0] != PLATE_LINE)  # "1.3" is a version
    cells = (cell for row in rows for cell in row)
    try:
        return find_decimal_mark(cells, delimiter=sheets[0].delimiter)
    except ValueError as error:
        raise S1RImagingError(f"{path}: {error}") from error


def _holds_values(reads: WellReads) -> NDArray[np.bool_]:
    """Return which wells were measured: a well that is saturated throughout was."""
    seen: NDArray[np.bool_] = np.isfinite(reads.f) | reads.overflow
    return np.asarray(seen.any(axis=1))


def _empty_wells(reads: WellReads) -> list[str]:
    return [well for well, has in zip(reads.wells, _holds_values(reads), strict=True) if not has]


def _traces(path: Path, chosen: PlateSignal, events: tuple[Event, ...], name: str, step: Step) -> Traces:
    reads = chosen.reads
    kept = np.flatnonzero(_holds_values(reads))
    wells = tuple(reads.wells[place] for place in kept)
    starts = [event.start_s for event in check_events(events, np.array([np.inf]))]
    if not len(kept) or np.isfinite(reads.time_s[kept]).sum(axis=1).max() < 2:
        raise S1RImagingError(f"{path} holds fewer than two reads of a well: expected a time course.")
    try:
        clocks = align_wells(reads.time_s[kept], wells, first_event_s=min(starts, default=None))
    except ValueError as error:
        raise S1RImagingError(f"{path}: {error}: export wells that were read together.") from error
    if not np.all(np.diff(clocks.time_s) > 0):
        raise S1RImagingError(f"{path} holds two reads of a well at the same time: export the time course again.")
    if clocks.runs:
        warnings.warn(
            f"{path.name}: {clocks.runs}s of the plate were run one after another; times, also those of events, "
            f"count from the start of each {clocks.runs}'s own run.",
            UserWarning,
            stacklevel=3,
        )
    values, background = (_picked(matrix[kept], clocks, np.nan) for matrix in (reads.f, chosen.background))
    overflow = _picked(reads.overflow[kept], clocks, 0.0) > 0
    is_read = (np.isfinite(values) | (overflow & ~overflow.all(axis=0))).any(axis=0)
    cells = pd.DataFrame(
        {
            "well": list(wells),
            "row": [well[0] for well in wells],
            "column": [int(well[1:]) for well in wells],
            "time_offset_s": clocks.offset_s,
            "flags": np.where(overflow[:, is_read].any(axis=1), int(CellFlag.SATURATED), 0).astype(np.int64),
        },
        index=pd.RangeIndex(1, len(wells) + 1, name="label"),
    )
    return Traces(
        clocks.time_s[is_read],
        values[:, is_read],
        f_background=background[:, is_read],
        cells=cells,
        saturated=overflow[:, is_read].astype(np.int64) if overflow[:, is_read].any() else None,
        events=events,
        name=name,
        history=(step,),
    )


def _picked(
    matrix: NDArray[np.float64] | NDArray[np.bool_], clocks: Clocks, missing: float
) -> NDArray[np.float64]:
    """Return the reads of each frame."""
    picked = np.take_along_axis(matrix.astype(np.float64), np.maximum(clocks.reads, 0), axis=1)
    return np.where(clocks.reads < 0, missing, picked)
