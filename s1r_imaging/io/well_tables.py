"""Time courses of wells in tables of any reader: times down or across, or one row per well and time.

=========== ==================================================================================
wide        a column of times and a column per well; the heading holds the wells
transposed  a row of times and a row per well
long        columns well (or row and column), time and values; maybe wavelength and plate
=========== ==================================================================================

Lines above, below and between are passed over. Wide columns may name a signal behind the well (``A1 (340)``).
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from s1r_imaging.io.decimals import DecimalMark, parse_number
from s1r_imaging.io.grids import ROW_LETTERS, well_name
from s1r_imaging.io.sheets import Cell, Row, Sheet
from s1r_imaging.io.well_reads import Series, WellReads, is_overflow, well_reads
from s1r_imaging.io.well_times import parse_time, time_heading

_WELL = re.compile(
    r"([A-Pa-p]0*(?:1\d|2[0-4]|[1-9]))(?!\d)(?:(?:[ _:/\-]+[(\[]?|[(\[])\s*([^()\[\]]*?)\s*[)\]]?)?"
)
_WELL_IN_BRACKETS = re.compile(r".*[(\[]([A-Pa-p]0*\d{1,2})[)\]]")
_WELL_WORDS = {"well", "wells", "well id", "well name", "well position", "position", "pos", "well no"}
_ROW_WORDS, _COLUMN_WORDS = {"row", "well row", "plate row"}, {"column", "col", "well col", "well column"}
_PLATE_WORDS = {"plate", "plate id", "plate name", "barcode", "plate barcode"}
_SIGNAL_WORDS = {
    "wavelength",
    "wavelengths",
    "channel",
    "signal",
    "filter",
    "label",
    "excitation",
    "emission",
    "read",
}
_NO_SIGNAL = re.compile(
    r"temp(?:erature)?\b.*|cycle.*|index|number|nr|no|frame|content|contents|sample.*|group|type|role|compound.*|"
    r"conc.*|condition|replicate|experiment|day|flags?|date"
)


class NoTimeUnitError(ValueError):
    """Times are plain numbers, and nothing says in which unit."""


def read_well_tables(sheet: Sheet, *, decimal: DecimalMark, time_unit: str | None) -> list[WellReads]:
    """Find the time courses of wells in a sheet.

    Parameters
    ----------
    sheet : Sheet
        Cells of a file.
    decimal : {".", ","}
        Decimal mark.
    time_unit : str or None
        Unit of times that are plain numbers, where their heading says none.

    Returns
    -------
    list of WellReads
        One per plate and signal, in the order of the sheet; none where there is no such table.

    Raises
    ------
    NoTimeUnitError
        If there is such a table but nothing says in which unit its times are.
    """
    for read in (_read_long, _read_wide, _read_transposed):
        found = read(sheet, decimal, time_unit)
        if found:
            return found
    return []


def _plain(cell: Cell) -> str:
    return re.sub(r"[\s_]+", " ", str(cell or "")).strip(" :.#").casefold()


def _read_long(sheet: Sheet, decimal: DecimalMark, time_unit: str | None) -> list[WellReads]:
    for start, heading in enumerate(sheet.rows):
        if not _holds_words(heading):
            continue
        words = [_plain(cell) for cell in heading]
        find_well = _well_of_row(words)
        time_at = next((place for place, cell in enumerate(heading) if time_heading(cell)[0]), None)
        if find_well is None or time_at is None:
            continue
        body = [row for row in sheet.rows[start + 1 :] if find_well(row) is not None]
        plate_at = _place(words, _PLATE_WORDS)
        values_at, signal_at = _value_columns(words, body, time_at, decimal)
        if not body or not values_at:
            continue
        unit = _unit([_at(row, time_at) for row in body], time_heading(heading[time_at])[1] or time_unit, decimal)
        courses: dict[tuple[str, str], Series] = {}
        for row in body:
            well, time = find_well(row), parse_time(_at(row, time_at), unit=unit, decimal=decimal)
            plate = "" if plate_at is None else str(_at(row, plate_at) or "")
            for place in values_at:
                names = ([] if signal_at is None else [str(_at(row, signal_at) or "")]) + (
                    [str(heading[place])] if len(values_at) > 1 else []
                )
                series = courses.setdefault((plate, " ".join(names)), {})
                times, cells = series.setdefault(str(well), ([], []))
                times.append(time)
                cells.append(_at(row, place))
        return [well_reads(*names, series, decimal=decimal) for names, series in courses.items()]
    return []


def _value_columns(
    words: Sequence[str], body: Sequence[Row], time_at: int, decimal: DecimalMark
) -> tuple[list[int], int | None]:
    """Return the columns of values, and the one that says which signal they are."""
    signal_at = _place(words, _SIGNAL_WORDS)
    taken = {time_at, signal_at, _place(words, _PLATE_WORDS), *_well_places(words)}
    open_places = [place for place, word in enumerate(words) if word and place not in taken]
    values_at = [
        place
        for place in open_places
        if not _NO_SIGNAL.fullmatch(words[place]) and _holds_numbers(body, place, decimal)
    ]
    if not values_at and signal_at is not None and _holds_numbers(body, signal_at, decimal):
        return [signal_at], None  # "Signal" may head the values themselves
    return values_at, signal_at


def _place(words: Sequence[str], known: set[str]) -> int | None:
    return next((place for place, word in enumerate(words) if word in known), None)


def _well_places(words: Sequence[str]) -> list[int]:
    return [place for place, word in enumerate(words) if word in _WELL_WORDS | _ROW_WORDS | _COLUMN_WORDS]


def _well_of_row(words: Sequence[str]) -> Callable[[Row], str | None] | None:
    """Return what reads the well off a row of the table with this heading; None where it has no wells."""
    well, row, column = (_place(words, known) for known in (_WELL_WORDS, _ROW_WORDS, _COLUMN_WORDS))
    if well is not None:
        return lambda cells: well_name(_at(cells, well))
    if row is not None and column is not None:
        return lambda cells: _joined(_at(cells, row), _at(cells, column))
    return None


def _joined(row: Cell, column: Cell) -> str | None:
    letter = str(row or "").strip()
    if letter.isdecimal() and 1 <= int(letter) <= len(ROW_LETTERS):
        letter = ROW_LETTERS[int(letter) - 1]
    return well_name(f"{letter}{str(column).removesuffix('.0')}")


def _holds_numbers(rows: Sequence[Row], place: int, decimal: DecimalMark) -> bool:
    cells = [cell for row in rows if (cell := _at(row, place)) is not None]
    known = sum(not math.isnan(parse_number(cell, decimal=decimal)) or is_overflow(cell) for cell in cells)
    return bool(cells) and known >= 0.5 * len(cells)


def _read_wide(sheet: Sheet, decimal: DecimalMark, time_unit: str | None) -> list[WellReads]:
    found: list[WellReads] = []
    rows, start = sheet.rows, 0
    while start < len(rows):
        columns = _well_columns(rows[start])
        time_at = _time_column(rows[start], columns) if columns else None
        if time_at is None:
            start += 1
            continue
        is_time, unit = time_heading(rows[start][time_at])
        end = start + 1
        while end < len(rows) and not _well_columns(rows[end]):
            end += 1
        body = [row for row in rows[start + 1 : end] if _looks_like_time(_at(row, time_at), decimal)]
        if len(body) >= 2:
            unit = _unit([row[time_at] for row in body], (unit if is_time else None) or time_unit, decimal)
            times = [parse_time(row[time_at], unit=unit, decimal=decimal) for row in body]
            signals: dict[str, Series] = {}
            title = _title(rows, start)
            for place, (well, signal) in columns.items():
                series = signals.setdefault(signal or title, {})
                series[well] = (times, [_at(row, place) for row in body])
            found += [well_reads("", name, series, decimal=decimal) for name, series in signals.items()]
        start = end
    return _without_title(found)


def _without_title(found: list[WellReads]) -> list[WellReads]:
    """Leave out the name of the only signal: the line above it is no name then."""
    return [replace(found[0], signal="")] if len(found) == 1 else found


def _well_columns(row: Row) -> dict[int, tuple[str, str]]:
    """Return place to well and signal of a heading; nothing where it is none."""
    if not _holds_words(row):
        return {}
    columns = {place: found for place, cell in enumerate(row) if (found := _well_and_signal(cell)) is not None}
    others = [cell for place, cell in enumerate(row) if place not in columns and cell is not None]
    # A row of a transposed table begins with a well as well: numbers behind it are no headings.
    n_numbers = sum(not math.isnan(parse_number(cell, decimal=".")) for cell in others)
    is_heading = bool(columns) and n_numbers == 0 and (len(columns) > 1 or len(others) > 0)
    return columns if is_heading else {}


def _well_and_signal(cell: Cell) -> tuple[str, str] | None:
    text = str(cell or "").strip()
    found = _WELL.fullmatch(text)
    if found is not None:
        return str(well_name(found[1])), (found[2] or "").removesuffix("nm").strip(" _-:/")
    inside = _WELL_IN_BRACKETS.fullmatch(text)
    well = well_name(inside[1]) if inside else None
    return None if well is None else (well, "")


def _time_column(row: Row, columns: dict[int, tuple[str, str]]) -> int | None:
    named = [place for place, cell in enumerate(row) if place not in columns and time_heading(cell)[0]]
    if named:
        return named[0]
    return 0 if 0 not in columns and row[0] is None else None


def _looks_like_time(cell: Cell, decimal: DecimalMark) -> bool:
    return not math.isnan(parse_time(cell, unit="s", decimal=decimal))


def _unit(cells: Sequence[Cell], unit: str | None, decimal: DecimalMark) -> str | None:
    """Return the unit of plain numbers; none is needed where every cell says its own."""
    if unit is None and any(math.isnan(parse_time(cell, unit=None, decimal=decimal)) for cell in cells if cell):
        raise NoTimeUnitError
    return unit


def _title(rows: Sequence[Row], start: int) -> str:
    """Return the one word or line right above a table, which may name its signal."""
    above = [str(cell) for cell in rows[start - 1] if cell is not None] if start else []
    return above[0] if len(above) == 1 else ""


def _read_transposed(sheet: Sheet, decimal: DecimalMark, time_unit: str | None) -> list[WellReads]:
    found: list[WellReads] = []
    rows, start = sheet.rows, 0
    while start < len(rows):
        wells, end = _wells_below(rows, start)
        places = _time_places(rows[start], decimal) if wells else []
        if len(places) < 2 or _names_time_below(rows, start):
            start += 1
            continue
        heads = [time_heading(cell) for cell in rows[start][: places[0]]]
        unit = next((unit for is_time, unit in heads if is_time and unit), None) or _unit_behind(rows[start])
        cells = [rows[start][place] for place in places]
        unit = _unit(cells, unit or time_unit, decimal)
        times = [parse_time(cell, unit=unit, decimal=decimal) for cell in cells]
        series: Series = {well: (times, [_at(row, place) for place in places]) for well, row in wells}
        found.append(well_reads("", _title(rows, start), series, decimal=decimal))
        start = end
    return _without_title(found)


def _wells_below(rows: Sequence[Row], start: int) -> tuple[list[tuple[str, Row]], int]:
    """Return the rows of wells below a row of times, and where they end."""
    wells: dict[str, Row] = {}
    for number in range(start + 1, len(rows)):
        row = rows[number]
        well = well_name(_at(row, 0)) or _joined(_at(row, 0), _at(row, 1))
        if well is None and wells:
            return list(wells.items()), number
        if well in wells or (well is None and number > start + 4):  # the next table, or none at all
            return list(wells.items()), number
        if well is not None:
            wells[well] = row
    return list(wells.items()), len(rows)


def _names_time_below(rows: Sequence[Row], start: int) -> bool:
    """Say whether a row closer to the wells is called time: this one may hold the numbers of cycles."""
    for row in rows[start + 1 :]:
        if (well_name(_at(row, 0)) or _joined(_at(row, 0), _at(row, 1))) is not None:
            return False
        if any(time_heading(cell)[0] for cell in row[:3]):
            return True
    return False


def _time_places(row: Row, decimal: DecimalMark) -> list[int]:
    """Return the places of times that increase."""
    places = [place for place, cell in enumerate(row) if place and _looks_like_time(cell, decimal)]
    times = [parse_time(row[place], unit="s", decimal=decimal) for place in places]
    return places if all(later > earlier for earlier, later in pairwise(times)) else []


def _unit_behind(row: Row) -> str | None:
    """Return the unit in the corner of a table whose first heading says well and time at once."""
    corner = str(row[0] or "") if row else ""
    found = re.search(r"(?:time|zeit|temps)[\s_]*[\[(/,]?\s*(\w+)", corner, re.IGNORECASE)
    return time_heading(f"time ({found[1]})")[1] if found else None


def _holds_words(row: Row) -> bool:
    """Say whether a row may be a heading: most rows of a long file hold numbers only."""
    return any(isinstance(cell, str) and cell[:1].isalpha() for cell in row)


def _at(row: Row, place: int) -> Cell:
    return row[place] if place < len(row) else None
