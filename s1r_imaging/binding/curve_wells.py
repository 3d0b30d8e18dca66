"""The wells that belong to one curve: taken from the plate, checked, and brought to units near 1."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.binding.roles import ROLES
from s1r_imaging.flags import BindingFlag

Array = NDArray[np.float64]

COLUMNS = ("experiment", "compound", "role", "concentration_M", "signal")
_FEW = 3  # concentrations below which a curve is two points or one


@dataclass(frozen=True, eq=False)
class CurveWells:
    """Wells of one compound in one experiment, with the totals and non-specific wells of that experiment.

    Attributes
    ----------
    experiment, compound : object
        As the plate has them.
    table : DataFrame
        Columns ``role, concentration_M, signal``; finite wells only, indexed as in the plate.
    x : array, shape (n,)
        Log10 of competitor in units of 10^`centre` M; −inf in totals, +inf in non-specific wells.
    y : array, shape (n,)
        Signal in units of `scale`.
    centre, scale : float
        Units of the two.
    flags : int
        Sum of `BindingFlag` bits for what the wells themselves show.
    """

    experiment: object
    compound: object
    table: pd.DataFrame
    x: Array
    y: Array
    centre: float
    scale: float
    flags: int

    @property
    def doses(self) -> Array:
        """Log10 M of each concentration of competitor that is not zero, sorted, once each."""
        return np.unique(self.x[np.isfinite(self.x)]) + self.centre


def check_columns(plate: pd.DataFrame, columns: tuple[str, ...] = COLUMNS) -> pd.DataFrame:
    """Return the columns of a table that fits need, with numbers as floats and rows numbered from 0.

    Parameters
    ----------
    plate : DataFrame
        The table; more columns are allowed.
    columns : tuple of str
        Columns that it must have.

    Returns
    -------
    DataFrame
        A copy; what is no number is NaN.

    Raises
    ------
    TypeError
        If `plate` is no DataFrame.
    ValueError
        If a column is missing or a role is unknown.
    """
    given: object = plate
    if not isinstance(given, pd.DataFrame):
        raise TypeError(
            f"plate is a {type(given).__name__}: expected a DataFrame with columns {', '.join(columns)}."
        )
    missing = [name for name in columns if name not in plate.columns]
    if missing:
        raise ValueError(f"plate has no column {missing[0]!r}: expected {', '.join(columns)}.")
    table = plate[list(columns)].reset_index(drop=True)
    for name in set(columns) - {"experiment", "compound", "role"}:
        table[name] = pd.to_numeric(table[name], errors="coerce").astype(np.float64)
    if "role" in columns:
        table["role"] = table["role"].astype(object)
        unknown = [role for role in table["role"].unique() if role not in ROLES]
        if unknown:
            raise ValueError(f"plate has a well of role {unknown[0]!r}: expected one of {', '.join(ROLES)}.")
    return table


def usable(table: pd.DataFrame) -> NDArray[np.bool_]:
    """Say which wells have a finite signal and, where it matters, a concentration of 0 or more.

    Parameters
    ----------
    table : DataFrame
        As `check_columns` returns it.

    Returns
    -------
    array of bool, shape (n_wells,)
        True where a fit can use the well.
    """
    concentration = table["concentration_M"].to_numpy()
    good = np.isfinite(concentration) & (concentration >= 0)
    needed = (table["role"] == "competitor").to_numpy()
    finite: NDArray[np.bool_] = np.isfinite(table["signal"].to_numpy()) & (good | ~needed)
    return finite


def curves_of(table: pd.DataFrame) -> Iterator[CurveWells]:
    """Go through the curves of a plate: each compound of each experiment, in the order of the plate.

    Parameters
    ----------
    table : DataFrame
        As `check_columns` returns it.

    Yields
    ------
    CurveWells
        Of one curve.
    """
    for experiment, rows in table.groupby("experiment", sort=False, dropna=False):
        shared = rows[rows["role"].isin(["total", "nonspecific"])]
        competitors = rows[rows["role"] == "competitor"]
        for compound, own in competitors.groupby("compound", sort=False, dropna=False):
            yield _wells(experiment, compound, pd.concat([shared, own]).sort_index())


def _wells(experiment: object, compound: object, rows: pd.DataFrame) -> CurveWells:
    good = usable(rows)
    flags = 0 if good.all() else int(BindingFlag.NOT_FINITE)
    table = rows.loc[good, ["role", "concentration_M", "signal"]]
    role, signal = table["role"].to_numpy(), table["signal"].to_numpy(dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        x = np.log10(table["concentration_M"].to_numpy(dtype=np.float64))
    x = np.where(role == "total", -np.inf, np.where(role == "nonspecific", np.inf, x))
    doses = np.unique(x[np.isfinite(x)])
    flags |= _first_look(role, x, signal, doses.size)
    centre = float(doses.mean()) if doses.size else 0.0
    scale = float(np.abs(signal).max(initial=0.0)) or 1.0
    return CurveWells(experiment, compound, table, x - centre, signal / scale, centre, scale, flags)


def _first_look(role: NDArray[np.object_], x: Array, signal: Array, n_doses: int) -> int:
    flags = 0
    if not np.isneginf(x).any():
        flags |= BindingFlag.NO_TOTAL
    if not np.any(role == "nonspecific"):
        flags |= BindingFlag.NO_NONSPECIFIC
    if n_doses < _FEW:
        flags |= BindingFlag.TOO_FEW_POINTS
    if np.any(signal < 0):
        flags |= BindingFlag.NEGATIVE_SIGNAL
    return int(flags)
