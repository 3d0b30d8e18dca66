"""The wells of an assay as the window edits them: roles, series of concentrations, wells left out; with undo.

No Qt and no napari in here. Wells are read, and the plate is checked, by the library.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from psygnal import Signal

from napari_plugin.wording import said_in_window
from s1r_imaging.binding.plate import BindingPlateOptions, read_binding_plate
from s1r_imaging.io.grids import well_name
from s1r_imaging.plots.plate import plate_shape, well_places

NO_ROLE = ""
LEFT_OUT = "excluded"
"""Column that says which wells are left out."""
COLUMNS = ("experiment", "compound", "role", "concentration_M", "signal", "well", "replicate", "plate")
MOST_STEPS = 200  # of undo; a table of a plate is a few kilobytes

Place = tuple[int, int]


class Wells:
    """All wells, one row each: those with a role, those without, those left out.

    Attributes
    ----------
    changed : Signal
        Emitted when the table is another one.
    """

    changed = Signal()

    def __init__(self) -> None:
        self._table = pd.DataFrame({name: [] for name in (*COLUMNS, LEFT_OUT)})
        self._before: list[pd.DataFrame] = []
        self._after: list[pd.DataFrame] = []

    @property
    def table(self) -> pd.DataFrame:
        """The wells; another object after every change, and the same one again after undo."""
        return self._table

    @property
    def plates(self) -> list[str]:
        """Names of the plates, in the order of the file."""
        return list(dict.fromkeys(self._table["plate"].map(str)))

    @property
    def has_roles(self) -> bool:
        """Whether any well has one."""
        return bool((self._table["role"] != NO_ROLE).any())

    def open(self, table: pd.DataFrame) -> None:
        """Take other wells, as `s1r_imaging.binding.layout.read_wells` gives them."""
        opened = table.reset_index(drop=True)
        if LEFT_OUT not in opened:
            opened[LEFT_OUT] = False
        self._before.clear()
        self._after.clear()
        self._table = opened
        self.changed.emit()

    def of_plate(self, plate: str) -> pd.DataFrame:
        """Return the wells of one plate that have a place on it; the index says which rows they are."""
        own = self._table[self._table["plate"].map(str) == plate]
        return own[[well_name(well) is not None for well in own["well"]]]

    def at(self, plate: str, places: Sequence[Place]) -> list[int]:
        """Return the rows of wells at some places of a plate, in the order of the places."""
        own = self.of_plate(plate)
        rows = {
            place: int(row) for place, row in zip(map(tuple, well_places(own["well"])), own.index, strict=True)
        }
        return [rows[place] for place in places if place in rows]

    def shape(self, plate: str) -> tuple[int, int]:
        """Return rows and columns of the plate that has these wells."""
        return plate_shape(well_places(self.of_plate(plate)["well"]))

    def assign(
        self, rows: Sequence[int], role: str, *, compound: str = "", concentrations_M: Sequence[float] = ()
    ) -> None:
        """Give wells a role; with it their compound, and the concentration of each, where there are any.

        Parameters
        ----------
        rows : sequence of int
            Rows of the table.
        role : str
            One of the roles of the library, or none.
        compound : str
            Competitor in these wells.
        concentrations_M : sequence of float
            Of each well (mol/L), or one for all.
        """
        if not rows:
            return
        table = self._table.copy()
        unknown = 0.0 if role in {"total", "blank"} else np.nan  # as the readers of plate maps have it
        doses = list(concentrations_M) or [unknown]
        table.loc[list(rows), "role"] = role
        table.loc[list(rows), "compound"] = compound
        table.loc[list(rows), "concentration_M"] = doses * len(rows) if len(doses) == 1 else doses
        table.loc[list(rows), LEFT_OUT] = False
        plates = table.loc[list(rows), "plate"].unique()
        table["replicate"] = table["replicate"].mask(table["plate"].isin(plates))  # counted anew by the library
        self._put(table)

    def leave_out(self, rows: Sequence[int], *, out: bool = True) -> None:
        """Leave wells out of the fit, or take them back; their role stays known."""
        if rows and (self._table.loc[list(rows), LEFT_OUT] != out).any():
            table = self._table.copy()
            table.loc[list(rows), LEFT_OUT] = out
            self._put(table)

    def map_with(self, table: pd.DataFrame) -> None:
        """Take the roles of a plate map: the wells as they were read with it."""
        self._put(table.reset_index(drop=True).assign(**{LEFT_OUT: False}))

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        """Whether a change was taken back."""
        return bool(self._after)

    def undo(self) -> None:
        """Take the last change back."""
        if self._before:
            self._after.append(self._table)
            self._table = self._before.pop()
            self.changed.emit()

    def redo(self) -> None:
        """Do what was taken back."""
        if self._after:
            self._before.append(self._table)
            self._table = self._after.pop()
            self.changed.emit()

    def in_use(self) -> pd.DataFrame:
        """Return the wells that have a role and are not left out."""
        table = self._table
        used = table[(table["role"] != NO_ROLE) & ~table[LEFT_OUT].astype(bool)]
        return used.drop(columns=LEFT_OUT).reset_index(drop=True)

    def _put(self, table: pd.DataFrame) -> None:
        self._before = [*self._before[-MOST_STEPS:], self._table]
        self._after.clear()
        self._table = table
        self.changed.emit()


def checked(wells: pd.DataFrame, reading: BindingPlateOptions) -> pd.DataFrame:
    """Return wells in use as a plate, or say all that is wrong with them.

    Parameters
    ----------
    wells : DataFrame
        As `Wells.in_use` returns them.
    reading : BindingPlateOptions
        What is done with bad counts.

    Returns
    -------
    DataFrame
        The plate, as the library's functions take it.

    Raises
    ------
    ValueError
        With one sentence that names every problem and its wells.
    """
    if wells.empty:
        raise ValueError(
            "No well has a role yet: mark totals, non-specific and competitor wells in the step Roles."
        )
    return read_binding_plate(wells, bad_counts=reading.bad_counts)


def problem_of(wells: Wells, reading: BindingPlateOptions) -> str:
    """Return what stands in the way of a fit as a sentence; nothing where nothing does."""
    try:
        plate = checked(wells.in_use(), reading)
    except ValueError as error:
        return said_in_window(str(error), BindingPlateOptions)
    if not plate["role"].eq("competitor").any():
        return "There are no competitor wells yet: mark them, with compound and concentrations."
    return ""


def series_steps(places: Sequence[Place], direction: str, per_step: int) -> list[int]:
    """Return which step of a series of dilutions each place of a selection has, the first one 0.

    Parameters
    ----------
    places : sequence of (int, int)
        Row and column of each well.
    direction : {"right", "left", "down", "up"}
        Where the series goes; across it, wells are replicates.
    per_step : int
        Wells beside each other in that direction that hold the same.

    Returns
    -------
    list of int
        Steps, in the order of the places.

    Examples
    --------
    >>> series_steps([(0, 0), (0, 1), (1, 0), (1, 1)], "left", 1)
    [1, 0, 1, 0]
    """
    axis = 1 if direction in {"right", "left"} else 0
    along = sorted({place[axis] for place in places}, reverse=direction in {"left", "up"})
    order = {at: number // per_step for number, at in enumerate(along)}
    return [order[place[axis]] for place in places]
