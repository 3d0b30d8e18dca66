"""A comparison as pictures need it: conditions in order, their replicates and cells, and how each is drawn."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.experiment.compare import Comparison
from s1r_imaging.experiment.replicates import FRACTION, block_column
from s1r_imaging.experiment.roles import ROLES
from s1r_imaging.plots.style import BLUE, DFF_LABEL, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION
from s1r_imaging.plots.tables import numbers

COLOURS = (BLUE, ORANGE, GREEN, PURPLE, VERMILION, SKY, GREY)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")

_LABELS = {
    "peak_dff": f"Peak {DFF_LABEL}",
    "mean_dff": f"Mean {DFF_LABEL}",
    "auc_dff_s": f"Area under {DFF_LABEL} (s)",
    FRACTION: "Responders (% of cells)",
    "is_responder": "Responders (% of cells)",
    "fwhm_s": "FWHM (s)",
    "decay_tau_s": "Decay constant (s)",
    "rise_time_s": "10–90 % rise time (s)",
}
_FRACTIONS = (FRACTION, "is_responder")
_UNITS = {"s": "s", "dff": DFF_LABEL, "hz": "Hz", "nM": "nM", "um": "µm"}


@dataclass(frozen=True, eq=False)
class Group:
    """One condition: the values of its replicates and of its cells, on the picture's scale.

    Parameters
    ----------
    condition : str
        Its name.
    replicates : tuple of str
        Names of the replicates, (n_replicates,).
    days : tuple of str
        Day or experiment of each, empty where none is known.
    values : array, shape (n_replicates,)
        NaN where a replicate has none.
    cells : array, shape (n_cells,)
        Finite values of cells.
    cell_replicates : array of str, shape (n_cells,)
        The replicate of each.
    n_cells : int
        Cells behind the values, also where they are not listed.
    """

    condition: str
    replicates: tuple[str, ...]
    days: tuple[str, ...]
    values: NDArray[np.float64]
    cells: NDArray[np.float64]
    cell_replicates: NDArray[np.object_]
    n_cells: int

    @property
    def n_replicates(self) -> int:
        """How many replicates have a value."""
        return int(np.isfinite(self.values).sum())


def groups_of(comparison: Comparison) -> list[Group]:
    """Return the conditions, vehicle first, those of one role in the order of the table.

    Parameters
    ----------
    comparison : Comparison
        What `compare_conditions` made.

    Returns
    -------
    list of Group
        One per condition, also where it has no value.
    """
    table, factor = comparison.replicates, scale_of(comparison.measure)
    cells = comparison.cells
    names = list(dict.fromkeys(table["condition"])) if len(table) else []
    role_of = dict(zip(table["condition"], table["role"], strict=True)) if "role" in table else {}
    rank = {role: number for number, role in enumerate(ROLES)}
    names.sort(key=lambda name: rank.get(str(role_of.get(name)), len(ROLES)))
    return [
        _group(name, table[table["condition"] == name], cells[cells["condition"] == name], factor)
        for name in names
    ]


def _group(name: object, rows: pd.DataFrame, cells: pd.DataFrame, factor: float) -> Group:
    values = numbers(cells, "value")
    used = np.isfinite(values)
    counted = numbers(rows, "n_cells")
    day = block_column(rows)
    days = [""] * len(rows) if day is None else [_plain(value, of=day) for value in rows[day]]
    return Group(
        str(name),
        tuple(rows["replicate"].astype(str)),
        tuple(days),
        factor * numbers(rows, "value"),
        factor * values[used],
        cells["replicate"].astype(str).to_numpy(dtype=object)[used],
        int(np.nansum(counted)) if np.isfinite(counted).any() else int(used.sum()),
    )


def _plain(day: object, *, of: str) -> str:
    """Return a day as people write it; a column with gaps turns 1 into 1.0."""
    if pd.isna(day):  # type: ignore[call-overload]
        return ""
    is_number = isinstance(day, int | float | np.number)
    return f"{of} {day:g}" if is_number else str(day)


def is_fraction(measure: str) -> bool:
    """Return whether a measure is a fraction of cells, drawn in per cent."""
    return measure in _FRACTIONS


def scale_of(measure: str) -> float:
    """Return by what the values of a measure are multiplied for the picture."""
    return 100.0 if is_fraction(measure) else 1.0


def correction_words(comparison: Comparison) -> str:
    """Name how the P values of a comparison were adjusted."""
    return "–".join(word.capitalize() for word in comparison.options.correction.split("_"))


def measure_label(measure: str) -> str:
    """Write a measure with its unit.

    Parameters
    ----------
    measure : str
        A column of the table of responses, or ``"responder_fraction"``.

    Returns
    -------
    str
        Words for an axis.

    Examples
    --------
    >>> measure_label("peak_dff"), measure_label("time_to_peak_s"), measure_label("duty_cycle")
    ('Peak ΔF/F0', 'Time to peak (s)', 'Duty cycle')
    """
    if measure in _LABELS:
        return _LABELS[measure]
    words, _, unit = measure.rpartition("_")
    if not words or unit not in _UNITS:
        words, unit = measure, ""
    name = words.replace("_", " ")
    return f"{name[:1].upper()}{name[1:]}" + (f" ({_UNITS[unit]})" if unit else "")


def difference_label(measure: str) -> str:
    """Write the difference of a measure between two conditions, with its unit.

    Parameters
    ----------
    measure : str
        As in `measure_label`.

    Returns
    -------
    str
        Words for an axis.

    Examples
    --------
    >>> difference_label("peak_dff"), difference_label("responder_fraction")
    ('Difference in peak ΔF/F0', 'Difference in responders (percentage points)')
    """
    if is_fraction(measure):
        return "Difference in responders (percentage points)"
    label = measure_label(measure)
    is_word = label[1:2].islower()
    return f"Difference in {label[0].lower() if is_word else label[0]}{label[1:]}"


def replicate_styles(groups: list[Group]) -> dict[tuple[str, str], tuple[str, str]]:
    """Give each replicate of each condition a colour and a marker.

    A replicate, or a day, that occurs in several conditions has the same colour in all. The replicates of a day
    differ in shape; replicates without a day differ in colour and shape.

    Parameters
    ----------
    groups : list of Group
        The conditions.

    Returns
    -------
    dict of (condition, replicate) to (colour, marker)
        How each is drawn.
    """
    shared = are_shared(groups)
    names = list(dict.fromkeys(name for group in groups for name in group.replicates))
    days = list(dict.fromkeys(day for group in groups for day in group.days if day))
    day_of = {name: day for group in groups for name, day in zip(group.replicates, group.days, strict=True)}
    by_day = 0 < len(days) < len(names)
    styles = {}
    for group in groups:
        own = names if shared else list(group.replicates)
        for name in group.replicates:
            colour = shape = own.index(name)
            if by_day and day_of[name]:
                colour = days.index(day_of[name])
                shape = [other for other in own if day_of[other] == day_of[name]].index(name)
            look = (COLOURS[colour % len(COLOURS)], MARKERS[shape % len(MARKERS)])
            styles[group.condition, name] = look
    return styles


def are_shared(groups: list[Group]) -> bool:
    """Return whether a replicate occurs in more than one condition."""
    names = [name for group in groups for name in group.replicates]
    return len(set(names)) < len(names)
