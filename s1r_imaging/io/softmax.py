"""Text exports of SoftMax Pro (FlexStation, SpectraMax): blocks of plates, as time courses.

A file begins with ``##BLOCKS= n``; a block of a plate with a line ``Plate:`` whose fields stand in a fixed order
(the fluorescence reads have one more, the position of the optics):

name, version, layout (TimeFormat | PlateFormat), read type (Kinetic | Flex | Endpoint …), mode, [optics],
data (Raw | Reduced), pre-read, reads, duration (s), interval (s), three of a spectrum, number of wavelengths,
wavelengths, first column, columns, wells, [excitation wavelengths …]

TimeFormat has a column per well and a row per read; wavelengths follow each other with an empty line between.
The Flex mode runs through the columns of the plate one after another and puts a column of times before each
well (``A1T``, ``A1``), counted from the start of the well's own column. PlateFormat has a small plate per read,
wavelengths side by side. What SoftMax reduced to one number per well (slope, maximum) stands below and is no
time course.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.decimals import DecimalMark, parse_number
from s1r_imaging.io.grids import ROW_LETTERS, well_name
from s1r_imaging.io.sheets import Cell, Row, Sheet
from s1r_imaging.io.well_reads import Series, WellReads, well_reads
from s1r_imaging.io.well_times import CLOCK, parse_time, time_heading

REDUCED = "reduced"
"""Name of the signal that SoftMax itself combined, mostly the ratio of two wavelengths."""

PLATE_LINE = "Plate:"
"""First cell of the line that describes a plate."""

_FIRST_CELLS = 2  # time and temperature


@dataclass(frozen=True)
class _Header:
    """What the line of a plate says."""

    plate: str
    layout: str
    read_type: str
    is_reduced: bool
    n_reads: int
    interval_s: float
    signals: tuple[str, ...]
    n_columns: int
    first_row: int
    n_rows: int


def is_softmax(sheet: Sheet) -> bool:
    """Say whether a sheet is an export of SoftMax Pro.

    Parameters
    ----------
    sheet : Sheet
        Cells of a file.

    Returns
    -------
    bool
        Whether one of its first lines counts blocks, or a line describes a plate as SoftMax does.
    """
    return any(
        isinstance(row[0], str)
        and (row[0].upper().startswith("##BLOCKS") or (row[0] == PLATE_LINE and _layout(row) is not None))
        for row in sheet.rows
        if row
    )


def read_softmax(sheet: Sheet, *, source: str, decimal: DecimalMark) -> list[WellReads]:
    """Read the time courses of all plates of an export.

    Parameters
    ----------
    sheet : Sheet
        Cells of the file.
    source : str
        The file, for messages.
    decimal : {".", ","}
        Decimal mark.

    Returns
    -------
    list of WellReads
        One per plate and signal, in the order of the file.

    Raises
    ------
    S1RImagingError
        If no block holds a time course of wells, or a block is damaged.
    """
    found: list[WellReads] = []
    seen: Counter[str] = Counter()
    others: list[str] = []
    for block in _blocks(sheet.rows):
        header = _header(block[0], decimal)
        if header is None or header.n_reads < 2:
            others.append(f"{block[0][1]!r} ({'no layout' if header is None else header.read_type})")
            continue
        seen[header.plate] += 1
        plate = header.plate if seen[header.plate] == 1 else f"{header.plate} ({seen[header.plate]})"
        read = _read_plates if header.layout == "PlateFormat" else _read_times
        signals = read(header, block[1:], decimal)
        if not signals:
            raise S1RImagingError(
                f"{source}: plate {plate!r} says {header.n_reads} reads, but no table of reads stands below: "
                "export the plate's raw data as text once more."
            )
        found += [well_reads(plate, name, series, decimal=decimal) for name, series in signals]
    if not found:
        raise S1RImagingError(
            f"{source} holds no time course: expected a SoftMax plate read as Kinetic or Flex"
            + (f", found {', '.join(others[:6])}." if others else ".")
        )
    return found


def _blocks(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Return the lines of each plate, up to its end."""
    block: list[Row] = []
    for row in rows:
        first = row[0] if row else None
        if first == PLATE_LINE:
            if block:
                yield block
            block = [row]
        elif isinstance(first, str) and (first.startswith(("~End", "Group:", "Note:", "##BLOCKS"))):
            if block:
                yield block
            block = []
        elif block:
            block.append(row)
    if block:
        yield block


def _layout(row: Row) -> str | None:
    return next((str(cell) for cell in row[1:6] if cell in {"TimeFormat", "PlateFormat"}), None)


def _header(row: Row, decimal: DecimalMark) -> _Header | None:
    fields = (*row, *([None] * 40))
    layout = _layout(row)
    at = next((place for place, cell in enumerate(row) if cell in {"Raw", "Reduced"}), None)
    if layout is None or at is None:
        return None
    mode = str(fields[5] or "")
    rows_at = at + 13 if mode == "Absorbance" else at + 22 if mode == "Fluorescence" else at + 21
    wavelengths = _words(fields[at + 9])
    excitations = _words(fields[at + 13]) if mode == "Fluorescence" else ()
    n_signals = max(_whole(fields[at + 8], decimal, 1), 1)
    return _Header(
        plate=str(fields[1] or ""),
        layout=layout,
        read_type=str(fields[4] or "").capitalize(),
        is_reduced=fields[at] == "Reduced",
        n_reads=_whole(fields[at + 2], decimal, 1),
        interval_s=parse_number(str(fields[at + 4] or "").replace(",", "."), decimal="."),
        signals=_signal_names(wavelengths, excitations, n_signals),
        n_columns=_whole(fields[at + 11], decimal, 12),
        first_row=_whole(fields[rows_at], decimal, 1),
        n_rows=_whole(fields[rows_at + 1], decimal, 8),
    )


def _signal_names(emissions: tuple[str, ...], excitations: tuple[str, ...], n_signals: int) -> tuple[str, ...]:
    """Name signals by what tells them apart: excitation, else emission, else their number."""
    for words in (excitations, emissions):
        if len(words) == len(set(words)) == n_signals:
            return words
    pairs = tuple(f"{excited}-{seen}" for excited, seen in zip(excitations, emissions, strict=False))
    if len(pairs) == len(set(pairs)) == n_signals:
        return pairs
    return tuple(str(number + 1) for number in range(n_signals))


def _words(cell: Cell) -> tuple[str, ...]:
    return tuple(str(cell).split()) if cell is not None else ()


def _whole(cell: Cell, decimal: DecimalMark, default: int) -> int:
    number = parse_number(cell, decimal=decimal)
    return int(number) if number == number and number >= 0 else default  # noqa: PLR0124  (NaN)


def _read_times(header: _Header, rows: Sequence[Row], decimal: DecimalMark) -> list[tuple[str, Series]]:
    """Read a table with a column per well; wavelengths follow each other."""
    heading: Row = ()
    tables: list[tuple[Row, list[Row]]] = []
    is_new = True
    for row in rows:
        if _column_wells(row):
            heading, is_new = row, True
        elif not any(cell is not None for cell in row):
            is_new = True
        elif heading:
            if is_new:
                tables.append((heading, []))
            tables[-1][1].append(row)
            is_new = False
    courses = [(head, part) for head, body in tables for part in _parts(header, body)]
    names = [*header.signals, REDUCED] if not header.is_reduced else [REDUCED, *header.signals]
    return [
        (name, _time_series(head, body, header, decimal))
        for name, (head, body) in zip(names, courses, strict=False)
    ]


def _parts(header: _Header, body: list[Row]) -> list[list[Row]]:
    """Divide a table in which wavelengths follow each other without a gap; one row is no time course."""
    n_signals = len(header.signals)
    if n_signals > 1 and len(body) == n_signals * header.n_reads:
        return [body[start : start + header.n_reads] for start in range(0, len(body), header.n_reads)]
    return [body] if len(body) > 1 else []


def _column_wells(row: Row) -> dict[str, int]:
    return {well: place for place, cell in enumerate(row) if (well := well_name(cell)) is not None}


def _time_series(heading: Row, body: list[Row], header: _Header, decimal: DecimalMark) -> Series:
    unit = time_heading(heading[0])[1]
    unit = "s" if unit in {None, CLOCK} else unit
    own = {str(cell): place for place, cell in enumerate(heading) if re.fullmatch(r"[A-P]\d{1,2}T", str(cell))}
    series: Series = {}
    for well, place in _column_wells(heading).items():
        at = own.get(f"{heading[place]}T", own.get(f"{well}T", 0))
        times = [parse_time(_at(row, at), unit=unit, decimal=decimal) for row in body]
        if at == 0 and all(time != time for time in times):  # noqa: PLR0124  (NaN)
            times = [number * header.interval_s for number in range(len(body))]
        series[well] = (times, [_at(row, place) for row in body])
    return series


def _read_plates(header: _Header, rows: Sequence[Row], decimal: DecimalMark) -> list[tuple[str, Series]]:
    """Read a small plate per time, with wavelengths side by side."""
    heading_at = next((place for place, row in enumerate(rows) if _at(row, _FIRST_CELLS) is not None), None)
    if heading_at is None:
        return []
    heading, body = rows[heading_at], rows[heading_at + 1 :]
    columns = _column_runs(heading)
    starts = [place for place, row in enumerate(body) if _at(row, 0) is not None]
    if not starts:
        starts = list(range(0, header.n_reads * (header.n_rows + 1), header.n_rows + 1))
    unit = time_heading(_at(heading, 0))[1]
    unit = "s" if unit in {None, CLOCK} else unit
    signals: list[tuple[str, Series]] = []
    for name, run in zip((*header.signals, REDUCED), columns, strict=False):
        series: Series = {}
        for number, start in enumerate(starts):
            time = parse_time(_at(body[start], 0) if start < len(body) else None, unit=unit, decimal=decimal)
            time = number * header.interval_s if time != time else time  # noqa: PLR0124  (NaN)
            for offset in range(header.n_rows):
                row = body[start + offset] if start + offset < len(body) else ()
                letter = ROW_LETTERS[min(header.first_row - 1 + offset, len(ROW_LETTERS) - 1)]
                for column, place in run.items():
                    times, cells = series.setdefault(f"{letter}{column}", ([], []))
                    times.append(time)
                    cells.append(_at(row, place))
        signals.append((name, series))
    return signals


def _column_runs(heading: Row) -> list[dict[int, int]]:
    """Return the places of the column numbers of each wavelength."""
    runs: list[dict[int, int]] = []
    for place, cell in enumerate(heading[_FIRST_CELLS:], start=_FIRST_CELLS):
        found = re.fullmatch(r"0*([1-9]\d?)(?:\.0)?", str(cell))
        if found is None:
            continue
        number = int(found[1])
        if not runs or number in runs[-1]:
            runs.append({})
        runs[-1][number] = place
    return runs


def _at(row: Row, place: int) -> Cell:
    return row[place] if place < len(row) else None
