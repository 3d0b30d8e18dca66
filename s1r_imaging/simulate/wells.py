"""Which well of a plate holds what."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

PlateFormat = Literal["96", "384"]
Layout = Literal["ordered", "random"]

_SHAPES = {"96": (8, 12), "384": (16, 24)}


def list_wells(
    compounds: Sequence[str],
    concentrations_M: Sequence[float],
    *,
    n_replicates: int,
    shared: Sequence[tuple[str, float, int]],
) -> pd.DataFrame:
    """List the wells of one plate: those that all compounds share, then compound by compound.

    Parameters
    ----------
    compounds : sequence of str
        Names of the competitors.
    concentrations_M : sequence of float
        Concentrations of each (mol/L).
    n_replicates : int
        Wells of each concentration.
    shared : sequence of (str, float, int)
        Role, concentration (mol/L) and number of the wells that all compounds share.

    Returns
    -------
    DataFrame
        Columns ``compound, role, concentration_M, replicate``.
    """
    rows = [("", role, dose, i + 1) for role, dose, n in shared for i in range(n)]
    rows += [
        (compound, "competitor", dose, i + 1)
        for compound in compounds
        for dose in concentrations_M
        for i in range(n_replicates)
    ]
    return pd.DataFrame(rows, columns=["compound", "role", "concentration_M", "replicate"])


def assign_wells(
    n_wells: int, *, plate_format: PlateFormat, layout: Layout, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Choose a place on the plate for every well.

    Parameters
    ----------
    n_wells : int
        Wells that are used.
    plate_format : {'96', '384'}
        Wells of a plate.
    layout : {'ordered', 'random'}
        Row by row, or anywhere.
    rng : numpy.random.Generator
        Chance, for ``'random'``.

    Returns
    -------
    array of int64, shape (n_wells, 2)
        Row and column, from 0.

    Raises
    ------
    ValueError
        If the plate has too few wells.
    """
    n_rows, n_columns = _SHAPES[plate_format]
    n_places = n_rows * n_columns
    if n_wells > n_places:
        raise ValueError(
            f"an experiment needs {n_wells} wells, more than the {n_places} of plate_format={plate_format!r}: "
            "choose a larger plate, or fewer compounds, concentrations or replicates."
        )
    places = rng.permutation(n_places) if layout == "random" else np.arange(n_places)
    return np.stack(np.divmod(places[:n_wells].astype(np.int64), n_columns), axis=1)


def at_border(places: NDArray[np.int64], plate_format: PlateFormat) -> NDArray[np.bool_]:
    """Tell which places lie at the border of the plate.

    Parameters
    ----------
    places : array of int64, shape (n, 2)
        Row and column, from 0.
    plate_format : {'96', '384'}
        Wells of a plate.

    Returns
    -------
    array of bool, shape (n,)
        True at the border.
    """
    last = np.array(_SHAPES[plate_format]) - 1
    border: NDArray[np.bool_] = ((places == 0) | (places == last)).any(axis=1)
    return border


def well_names(places: NDArray[np.int64]) -> list[str]:
    """Name places as they are printed on the plate: A1 to H12, or A1 to P24.

    Parameters
    ----------
    places : array of int64, shape (n, 2)
        Row and column, from 0.

    Returns
    -------
    list of str
        Names.
    """
    return [f"{chr(ord('A') + row)}{column + 1}" for row, column in places.tolist()]
