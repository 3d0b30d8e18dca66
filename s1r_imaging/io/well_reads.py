"""What a plate reader measured: one signal of one plate, each well with its own times."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.io.decimals import DecimalMark, parse_number
from s1r_imaging.io.grids import well_position
from s1r_imaging.io.sheets import Cell

_OVERFLOW = re.compile(
    r"#?sat(?:\.|urated|uration)?|#?over(?:[ -]?(?:flow|load|range|scale|flw))?|#?ov(?:e?r)?fl(?:o?w)?|"
    r"limits\+|>{2,}|max\+?",
    re.IGNORECASE,
)


@dataclass(frozen=True, eq=False)
class WellReads:
    """One signal of the wells of one plate.

    Attributes
    ----------
    plate : str
        Name of the plate; empty where the file has none.
    signal : str
        Name of the signal, such as ``"340"``; empty where the file has none.
    wells : tuple of str
        Wells ("A1") in the order of the plate, those without any value included.
    time_s : array, shape (n_wells, T)
        When each value was read, on the file's clock (s); NaN where the well has no such read.
    f : array, shape (n_wells, T)
        What was read; NaN where there is no number.
    overflow : array of bool, shape (n_wells, T)
        Where the file says that the detector was saturated.
    """

    plate: str
    signal: str
    wells: tuple[str, ...]
    time_s: NDArray[np.float64]
    f: NDArray[np.float64]
    overflow: NDArray[np.bool_]


Series = dict[str, tuple[list[float], list[Cell]]]
"""Well to its times (s) and the cells read there."""


def is_overflow(cell: Cell) -> bool:
    """Say whether a cell is a reader's word for a saturated detector.

    >>> is_overflow("#SAT"), is_overflow("OVRFLW"), is_overflow("1.5")
    (True, True, False)
    """
    return isinstance(cell, str) and bool(_OVERFLOW.fullmatch(cell.strip()))


def well_reads(plate: str, signal: str, series: Series, *, decimal: DecimalMark) -> WellReads:
    """Put the cells of wells into matrices.

    Parameters
    ----------
    plate, signal : str
        Names.
    series : dict
        Well to times (s) and cells; a read without a time is left out.
    decimal : {".", ","}
        Decimal mark.

    Returns
    -------
    WellReads
        Wells in the order of the plate, reads of each in the order of time.
    """
    wells = tuple(sorted(series, key=well_position))
    rows = [_sorted(*series[well], decimal=decimal) for well in wells]
    width = max((len(times) for times, _, _ in rows), default=0)
    time_s, values = (np.full((len(wells), width), np.nan) for _ in range(2))
    overflow = np.zeros((len(wells), width), dtype=np.bool_)
    for place, (times, numbers, over) in enumerate(rows):
        time_s[place, : len(times)], values[place, : len(times)] = times, numbers
        overflow[place, : len(times)] = over
    return WellReads(plate, signal, wells, time_s, values, overflow)


def _sorted(
    times: Sequence[float], cells: Sequence[Cell], *, decimal: DecimalMark
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    known = [(time, cell) for time, cell in zip(times, cells, strict=True) if math.isfinite(time)]
    order = sorted(known, key=lambda pair: pair[0])
    numbers = np.array([_number(cell, decimal) for _, cell in order], dtype=np.float64)
    over = np.isnan(numbers)
    over[over] = [is_overflow(cell) for (_, cell), is_missing in zip(order, over, strict=True) if is_missing]
    return np.array([time for time, _ in order], dtype=np.float64), numbers, over


def _number(cell: Cell, decimal: DecimalMark) -> float:
    """Return the number in a cell; most are plain, and a plate holds a hundred thousand."""
    if isinstance(cell, str) and cell[-1:].isdigit() and "_" not in cell:
        try:
            return float(cell if decimal == "." else cell.replace(".", "x").replace(",", "."))
        except ValueError:
            pass  # thousands are parted, or there is a word
    return parse_number(cell, decimal=decimal)
