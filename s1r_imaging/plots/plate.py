"""A plate of counts as it stood in the counter: 8 × 12 or 16 × 24 wells, coloured by counts, marked by role."""

import re
from collections.abc import Iterable

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Circle
from numpy.typing import NDArray

from s1r_imaging.plots.binding import compound_styles
from s1r_imaging.plots.style import (
    INK,
    LABEL_PT,
    MISSING,
    NOTE_PT,
    PAGE_MM,
    TICK_PT,
    axes_or_new,
    colour_bar,
    say,
)
from s1r_imaging.plots.words import verbatim

_LETTERS = {"total": "T", "nonspecific": "NS", "blank": "B", "competitor": ""}
_SHAPES = ((8, 12), (16, 24), (32, 48))
_WELL = re.compile(r"([A-Za-z]{1,2})0*(\d{1,2})")


def plot_plate(
    plate: pd.DataFrame,
    *,
    value: str = "signal",
    value_label: str = "Counts (cpm)",
    log: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Show the wells of a plate where they stood, coloured by their counts and marked by their role.

    Competitor wells carry their dose as −log10 M and the mark of their compound, totals T, non-specific wells
    NS, blanks B; a cross marks wells that are excluded. Wells that are not in the table are grey. What drifts
    over the plate shows here.

    Parameters
    ----------
    plate : DataFrame
        One row per well with columns ``well`` (``A1``), ``role, concentration_M`` and the value; ``excluded`` may
        say which wells are left out.
    value : str
        Column to colour by.
    value_label : str
        Quantity and unit of the value.
    log : bool
        Whether the colours span decades.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If a column is missing, a well's name is none, or two rows are of one well.
    """
    missing = [name for name in ("well", "role", "concentration_M", value) if name not in plate]
    if missing:
        raise ValueError(f"plate has no column {missing[0]!r}: expected well, role, concentration_M and {value}.")
    ax = axes_or_new(ax, width_mm=PAGE_MM, height_mm=112.0)
    places = well_places(plate["well"])
    values = np.full(plate_shape(places), np.nan)
    values[places[:, 0], places[:, 1]] = plate[value].astype(float)
    draw_wells(ax, values, value_label, log=log)
    _mark(ax, plate, places, values)
    if "compound" in plate:
        _mark_compounds(ax, plate, places)
    if not np.isfinite(values).any():
        say(ax, "no counts")
    return ax


def well_places(wells: Iterable[object]) -> NDArray[np.int64]:
    """Return row and column of wells, counted from 0.

    Parameters
    ----------
    wells : iterable of object
        Names such as ``"A1"``.

    Returns
    -------
    numpy.ndarray of int, shape (n, 2)
        Row and column of each.

    Raises
    ------
    ValueError
        If a name is no well's, or two are the same well.
    """
    places = np.array([_place(name) for name in wells], dtype=np.int64).reshape(-1, 2)
    if len(np.unique(places, axis=0)) < len(places):
        raise ValueError("plate has two rows of one well: give the rows of one plate only.")
    return places


def plate_shape(places: NDArray[np.int64]) -> tuple[int, int]:
    """Return rows and columns of the smallest usual plate that has these wells.

    Parameters
    ----------
    places : array of int, shape (n, 2)
        Row and column of each well, counted from 0.

    Returns
    -------
    tuple of int
        (8, 12), (16, 24) or (32, 48).
    """
    return next((size for size in _SHAPES if (places < size).all()), _SHAPES[-1])


def _place(name: object) -> tuple[int, int]:
    match = _WELL.fullmatch(str(name).strip())
    if match is None or int(match[2]) == 0:
        raise ValueError(f"well {name!r}: expected a letter and a number, such as A1 or H12.")
    row = 0
    for letter in match[1].upper():
        row = 26 * row + ord(letter) - ord("A") + 1
    return row - 1, int(match[2]) - 1


def draw_wells(ax: Axes, values: NDArray[np.float64], label: str, *, log: bool = False) -> None:
    """Draw the wells of a plate as coloured squares, with the names of rows and columns and a colour bar.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw on.
    values : array, shape (rows, columns)
        What colours them; NaN is grey.
    label : str
        Quantity and unit.
    log : bool
        Whether the colours span decades.
    """
    n_rows, n_columns = values.shape
    finite = values[np.isfinite(values) & ((values > 0) | (not log))]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    low = low if log else min(low, 0.0)
    high = high if high > low else low + 1.0
    norm = mpl.colors.LogNorm(low, high) if log else mpl.colors.Normalize(low, high)
    picture = ax.imshow(
        np.ma.masked_invalid(values), norm=norm, interpolation="nearest", aspect="equal",
        cmap=mpl.colormaps["viridis"].with_extremes(bad=MISSING, under=MISSING),
    )  # fmt: skip
    name_wells(ax, (n_rows, n_columns))
    for edge in np.arange(n_rows + 1) - 0.5:
        ax.axhline(edge, color="white", linewidth=1.2)
    for edge in np.arange(n_columns + 1) - 0.5:
        ax.axvline(edge, color="white", linewidth=1.2)
    colour_bar(ax, picture, label, finite)


def name_wells(ax: Axes, shape: tuple[int, int]) -> None:
    """Give axes the rows and columns of a plate, one unit each, with their names and no frame.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw on.
    shape : tuple of int
        Rows and columns.
    """
    n_rows, n_columns = shape
    ax.set_xticks(range(n_columns), [str(number + 1) for number in range(n_columns)])
    ax.set_yticks(range(n_rows), [_row_name(row) for row in range(n_rows)])
    ax.xaxis.tick_top()
    ax.tick_params(length=0, labelsize=TICK_PT if n_rows <= 8 else NOTE_PT)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_xlim(-0.5, n_columns - 0.5)
    ax.set_ylim(n_rows - 0.5, -0.5)


def _row_name(row: int) -> str:
    return chr(ord("A") + row) if row < 26 else "A" + chr(ord("A") + row - 26)


def _mark(ax: Axes, plate: pd.DataFrame, places: NDArray[np.int64], values: NDArray[np.float64]) -> None:
    high = np.nanmax(values, initial=0.0)
    size = {8: TICK_PT, 16: 3.6, 32: 1.8}[values.shape[0]]
    excluded = plate["excluded"].astype(bool) if "excluded" in plate else np.zeros(len(plate), dtype=bool)
    for (row, column), role, dose, left_out in zip(
        places, plate["role"], plate["concentration_M"].astype(float), excluded, strict=True
    ):
        value = values[row, column]
        ink = "white" if np.isfinite(value) and value < 0.6 * high else INK
        if role != "competitor":
            ax.add_patch(Circle((column, row), 0.42, fill=False, edgecolor=ink, linewidth=size / 10))
        ax.text(
            column, row, _words(str(role), dose), ha="center", va="center", fontsize=size, color=ink,
            fontweight="normal" if role == "competitor" else "bold",
        )  # fmt: skip
        if left_out:
            ax.plot(column, row, "x", color=ink, markersize=1.6 * LABEL_PT * size / TICK_PT, markeredgewidth=0.8)


def _mark_compounds(ax: Axes, plate: pd.DataFrame, places: NDArray[np.int64]) -> None:
    """Put the mark that a compound has in its curve into the corner of its wells, and name it below."""
    wells = plate.assign(compound=plate["compound"].fillna("").astype(str))
    size = 3.4 * 8 / (ax.get_ylim()[0] + 0.5)
    is_competitor = (wells["role"] == "competitor").to_numpy()
    for name, (colour, marker) in compound_styles(wells).items():
        own = places[is_competitor & (wells["compound"] == name).to_numpy()]
        ax.plot(
            own[:, 1] - 0.35, own[:, 0] - 0.35, linestyle="none", marker=marker, markersize=size, color=colour,
            markeredgecolor="white", markeredgewidth=0.1 * size, label=verbatim(name, longest=28),
        )  # fmt: skip
    if is_competitor.any():
        ax.legend(
            loc="upper left", bbox_to_anchor=(0, 0), ncols=4, frameon=False, fontsize=TICK_PT, labelcolor=INK,
            handlelength=1.0, borderpad=0, borderaxespad=0.8, columnspacing=1.2, handletextpad=0.3,
        )  # fmt: skip


def _words(role: str, dose_M: float) -> str:
    if role != "competitor":
        return _LETTERS.get(role, "")
    return f"{-np.log10(dose_M):.1f}" if np.isfinite(dose_M) and dose_M > 0 else "0"
