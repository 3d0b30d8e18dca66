"""What a plate map is made from by hand: wells whose role is not known yet, and series of dilutions."""

import os
from collections.abc import Mapping

import pandas as pd

from s1r_imaging.binding.layers import LAYOUT
from s1r_imaging.binding.plate import (
    PLATE_COLUMNS,
    BindingPlateOptions,
    PlateSource,
    plate_layers,
    read_binding_plate,
)
from s1r_imaging.binding.wells import Problems, signals_of
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.decimals import DecimalMark

_SAYS_ROLES = {"role", "compound", "concentration", LAYOUT}


def read_wells(
    counts: PlateSource,
    *,
    plate_map: PlateSource | Mapping[str, PlateSource] | None = None,
    counts_column: str | None = BindingPlateOptions.counts_column,
    decimal: DecimalMark | None = BindingPlateOptions.decimal,
) -> pd.DataFrame:
    """Read all wells of a binding assay, also those of which nothing but the counts is known.

    Parameters
    ----------
    counts : path or DataFrame
        As for `read_binding_plate`.
    plate_map : path, DataFrame or mapping, optional
        Likewise; a file of counts alone needs none here.
    counts_column : str, optional
        Heading of the counts, where there are several.
    decimal : {".", ","}, optional
        Decimal mark; found out when not given.

    Returns
    -------
    DataFrame
        As `read_binding_plate` gives it, with an empty role in wells that have none, such as those that the map
        calls empty. Counts that are missing or negative stay.

    Raises
    ------
    S1RImagingError, ValueError
        As `read_binding_plate`.

    Examples
    --------
    >>> counts = pd.DataFrame({"well": ["A1", "A2"], "cpm": [1510, 95]})
    >>> read_wells(counts)[["well", "role", "signal"]].to_numpy().tolist()
    [['A1', '', 1510.0], ['A2', '', 95.0]]
    """
    options = BindingPlateOptions(counts_column=counts_column, decimal=decimal, bad_counts="keep")
    is_plate = isinstance(counts, pd.DataFrame) and set(PLATE_COLUMNS) <= set(counts.columns)
    layers = None if is_plate else plate_layers(counts, options, only_counts=plate_map is not None)
    if layers is None or (plate_map is None and _SAYS_ROLES & {layer.name for layer in layers.layers}):
        return read_binding_plate(counts, plate_map=plate_map, **options.to_dict())
    problems = Problems()
    signals = signals_of(layers, problems)
    wells = [
        (plate, well) for plate, layer in signals.items() for well, cell in layer.cells.items() if cell is not None
    ]
    if not wells or problems.all():
        fault = S1RImagingError if isinstance(counts, str | os.PathLike) else ValueError
        raise fault(f"{layers.source} cannot be used: {'; '.join(problems.all() or ['it holds no counts'])}.")
    anything = pd.DataFrame(wells, columns=["plate", "well"]).assign(role="total")  # so that the reader takes it
    bare = read_binding_plate(counts, plate_map=_as_map(anything), **options.to_dict())
    bare = bare.assign(role="", concentration_M=float("nan"))
    if plate_map is None:
        return bare
    known = read_binding_plate(counts, plate_map=plate_map, **options.to_dict())
    keys = ["plate", "well"]
    is_known = pd.MultiIndex.from_frame(bare[keys]).isin(pd.MultiIndex.from_frame(known[keys]))
    rest = bare[~is_known].assign(experiment=lambda table: _experiments(table, known))
    return known if rest.empty else pd.concat([known, rest], ignore_index=True)


def dilution_series(start_M: float, factor: float, n: int) -> list[float]:
    """Return the concentrations of a series of dilutions, the first one first.

    Parameters
    ----------
    start_M : float
        First concentration (mol/L).
    factor : float
        Each concentration relative to the next one: above 1 they fall, below 1 they rise.
    n : int
        How many.

    Returns
    -------
    list of float
        Concentrations (mol/L), of 15 digits.

    Raises
    ------
    ValueError
        If the start or the factor is not positive, or there are none.

    Examples
    --------
    >>> dilution_series(1e-5, 10, 3)
    [1e-05, 1e-06, 1e-07]
    """
    if not 0 < start_M < float("inf"):
        raise ValueError(f"start_M={start_M!r}: expected a positive concentration (mol/L).")
    if not 0 < factor < float("inf"):
        raise ValueError(f"factor={factor!r}: expected a positive factor of dilution, such as 3.")
    if n < 1:
        raise ValueError(f"n={n!r}: expected at least one concentration.")
    return [float(f"{start_M / factor**step:.15g}") for step in range(n)]


def _experiments(wells: pd.DataFrame, known: pd.DataFrame) -> pd.Series:
    """Return the experiment of wells: that of the others of their plate, where they agree."""
    by_plate = {plate: own.unique() for plate, own in known.groupby("plate", sort=False)["experiment"]}
    one = {plate: names[0] for plate, names in by_plate.items() if len(names) == 1}
    given = zip(wells["plate"], wells["experiment"], strict=True)
    return pd.Series([one.get(plate, own) for plate, own in given], wells.index, dtype=object)


def _as_map(wells: pd.DataFrame) -> pd.DataFrame:
    """Return a map of wells; where they have no names, their order tells."""
    return wells.drop(columns="well") if wells["well"].str.startswith("row ").all() else wells
