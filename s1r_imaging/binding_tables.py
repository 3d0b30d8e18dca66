"""Tables of a binding analysis for other programs: Prism's wide layout, and parameters one a row."""

import numpy as np
import pandas as pd

from s1r_imaging.binding.result import BindingFit, CompetitionFit

_BELOW = 2.0  # decades below the lowest dose at which Prism gets the wells without competitor


def prism_table(plate: pd.DataFrame) -> pd.DataFrame:
    """Lay a plate out as Prism wants an XY table: X = log10 M, one Y column per replicate, one block per compound.

    Prism has no place for log 0: wells without competitor stand, as its users put them, at a whole number of
    decades at least two below the lowest dose, in the block of every compound, since they belong to all of its
    curves. The non-specific wells are a block of their own, at their blocker's concentration. Of several
    experiments each has its own blocks.

    Parameters
    ----------
    plate : DataFrame
        Wells with columns ``experiment, compound, role, concentration_M, signal``.

    Returns
    -------
    DataFrame
        Column ``log10 M``, then the blocks; a place without a well is NaN.

    Examples
    --------
    >>> plate = pd.DataFrame({"experiment": 1, "compound": ["", "A", "A"],
    ...                       "role": ["total", "competitor", "competitor"],
    ...                       "concentration_M": [0, 1e-8, 1e-8], "signal": [900.0, 500.0, 520.0]})
    >>> prism_table(plate)
       log10 M    A 1    A 2
    0    -10.0  900.0    NaN
    1     -8.0  500.0  520.0
    """
    wells = plate.assign(x=_log_doses(plate))
    shown = wells[wells["x"].notna() & (wells["role"] != "blank")]
    several = len(shown["experiment"].unique()) > 1
    blocks: list[pd.DataFrame] = []
    for compound in [*shown.loc[shown["role"] == "competitor", "compound"].unique(), None]:
        for experiment, rows in shown.groupby("experiment", sort=False):
            own = rows[_of_block(rows, compound)]
            name = ("non-specific" if compound is None else str(compound)) + (
                f" (exp {experiment})" if several else ""
            )
            blocks.append(_block(own, name))
    filled = [block for block in blocks if len(block)]
    if not filled:
        return pd.DataFrame({"log10 M": pd.Series(dtype=float)})
    return pd.concat(filled, axis=1).sort_index().rename_axis("log10 M").reset_index()


def parameter_table(fit: BindingFit) -> pd.DataFrame:
    """Return every fitted parameter with its interval, one a row.

    Parameters
    ----------
    fit : BindingFit
        Fits of a plate.

    Returns
    -------
    DataFrame
        Columns ``experiment, compound, parameter, estimate, standard_error, ci_low, ci_high``, in units of the
        signal and log10 M.
    """
    columns = ["experiment", "compound", "parameter", "estimate", "standard_error", "ci_low", "ci_high"]
    tables = [
        item.parameters.reset_index().assign(
            experiment=_repeated(item.experiment, item), compound=_repeated(item.compound, item)
        )[columns]
        for item in fit
        if len(item.parameters)
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def _repeated(name: object, fit: CompetitionFit) -> pd.Series:
    return pd.Series([name] * len(fit.parameters), dtype=object).infer_objects()


def _log_doses(plate: pd.DataFrame) -> pd.Series:
    dose = plate["concentration_M"].astype(float)
    is_zero = (plate["role"] == "total") | ((plate["role"] == "competitor") & (dose == 0))
    known = dose.where((dose > 0) & ~is_zero).to_numpy(dtype=float)
    x = np.round(np.log10(known), 10)  # one X for doses that differ by rounding
    of_competitor = x[(plate["role"] == "competitor").to_numpy() & np.isfinite(x)]
    lowest = of_competitor.min(initial=np.inf)
    stand_in = np.floor(lowest) - _BELOW if np.isfinite(lowest) else np.nan
    return pd.Series(np.where(is_zero, stand_in, x), index=plate.index)


def _of_block(rows: pd.DataFrame, compound: object) -> pd.Series:
    """Say which wells of an experiment belong to the block of a compound, or, without one, to the non-specific."""
    if compound is None:
        return rows["role"] == "nonspecific"
    own = (rows["role"] == "competitor") & (rows["compound"] == compound)
    return own | (rows["role"] == "total") if bool(own.any()) else own


def _block(wells: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return one block: a row per X, a column per replicate."""
    number = wells.groupby("x").cumcount() + 1
    table = wells.assign(number=number).pivot_table(index="x", columns="number", values="signal", aggfunc="first")
    return table.rename(columns=lambda replicate: f"{name} {replicate}").rename_axis(columns=None)
