"""One affinity from several independent experiments: means of pKi, never of Ki."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.binding.layers import listed
from s1r_imaging.curves.averages import average
from s1r_imaging.curves.fit import CurveOptions
from s1r_imaging.flags import CombinedFlag, flag_names
from s1r_imaging.options import Options, option

Array = NDArray[np.float64]

COMBINED_COLUMNS = (
    "compound", "n_experiments", "n_censored", "relation", "mean_pki", "sd_pki", "sem_pki", "pki_ci_low",
    "pki_ci_high", "ki_nM", "ki_ci_low_nM", "ki_ci_high_nM", "pki_limit", "ki_limit_nM", "flags", "flag_names",
)  # fmt: skip
"""Columns of what `combine_experiments` returns."""

_OTHER_WAY = {"=": "=", ">": "<", "<": ">", "": ""}  # a Ki above its limit is a pKi below


@dataclass(frozen=True, kw_only=True)
class CombineOptions(Options):
    """Options of `combine_experiments`."""

    section: ClassVar[str] = "combine"

    combined_confidence: float = option(
        CurveOptions.confidence, "Confidence of the interval of the mean pKi.", gt=0, lt=1
    )


def combine_experiments(
    table: pd.DataFrame, *, combined_confidence: float = CombineOptions.combined_confidence
) -> pd.DataFrame:
    """Combine the pKi of independent experiments into one row per compound.

    Parameters
    ----------
    table : DataFrame
        One row per experiment and compound, as `to_frame` of a competition fit gives it: ``experiment, compound,
        pki``, and, where they are known, ``relation`` (``">"``: Ki lies above the limit), ``pki_limit``,
        ``pki_ci_low`` and ``pki_ci_high``. Without ``relation`` an experiment whose interval is open on one side
        counts as a limit at its other end.
    combined_confidence : float
        Confidence of the interval of the mean.

    Returns
    -------
    DataFrame
        One row per compound, in the order of the table: ``n_experiments`` (numbers and limits),
        ``n_censored`` (limits), ``relation`` of Ki (``"="``, ``">"``, ``"<"``, or ``""`` where nothing is known),
        ``mean_pki``, ``sd_pki`` and ``sem_pki`` between experiments, interval ``pki_ci_low, pki_ci_high``,
        geometric mean ``ki_nM`` with ``ki_ci_low_nM, ki_ci_high_nM``, ``pki_limit`` and ``ki_limit_nM`` where a
        limit is all that is known, ``flags`` (sum of `CombinedFlag`) and ``flag_names``.

    Raises
    ------
    TypeError
        If `table` is no DataFrame.
    ValueError
        If a column is missing, a relation is unknown, or a compound has two rows of one experiment.

    See Also
    --------
    s1r_imaging.curves.censored.censored_mean : Equations where some experiments give a limit.

    Notes
    -----
    pKi scatters symmetrically between experiments, Ki does not; the antilog of the mean pKi is the geometric
    mean of Ki. The interval is mean ± t SD/√n; n counts experiments, not wells.

    Where experiments give limits, mean and SD are those of a normal distribution by maximum likelihood, with a
    profile interval, provided that at least two experiments and at least half of them give a number. Else the
    data support a limit only: the weakest one on that side, numbers included. One experiment has a value and
    no interval.

    In simulations of three to six normal experiments, of which up to half were censored, the interval covered the
    truth in 97 % or more: it errs on the wide side.

    Examples
    --------
    >>> runs = pd.DataFrame({"experiment": [1, 2, 3], "compound": "NE-100", "pki": [8.9, 9.0, 9.1]})
    >>> combine_experiments(runs)[["mean_pki", "sem_pki", "ki_nM"]].round(3).to_dict("list")
    {'mean_pki': [9.0], 'sem_pki': [0.058], 'ki_nM': [1.0]}
    """
    options = CombineOptions(combined_confidence=combined_confidence)
    values = _values(table)
    rows = [
        {"compound": compound} | _combine(own, options.combined_confidence)
        for compound, own in values.groupby("compound", sort=False, dropna=False)
    ]
    return pd.DataFrame(rows, columns=list(COMBINED_COLUMNS)) if rows else _nothing()


def _nothing() -> pd.DataFrame:
    kinds = {"compound": object, "n_experiments": np.int64, "n_censored": np.int64, "relation": object,
             "flags": np.int64, "flag_names": object}  # fmt: skip
    return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, np.float64)) for name in COMBINED_COLUMNS})


def _values(table: pd.DataFrame) -> pd.DataFrame:
    """Return experiment, compound, relation, and pKi or its limit."""
    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"table is a {type(table).__name__}: expected a DataFrame with a row per experiment.")
    missing = [name for name in ("experiment", "compound", "pki") if name not in table]
    if missing:
        raise ValueError(
            f"table has no column {listed(map(repr, missing))}: expected experiment, compound and pki."
        )
    twice = table.loc[table.duplicated(["experiment", "compound"]), ["experiment", "compound"]]
    if len(twice):
        names = (
            f"{compound} in experiment {number}" for number, compound in twice.itertuples(index=False, name=None)
        )
        raise ValueError(f"table has two rows for {listed(names)}: keep one fit per experiment and compound.")
    numbers = {
        name: pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=np.float64)
        if name in table
        else np.full(len(table), np.nan)
        for name in ("pki", "pki_limit", "pki_ci_low", "pki_ci_high")
    }
    pki = np.where(np.isfinite(numbers["pki"]), numbers["pki"], np.nan)
    low, high = numbers["pki_ci_low"], numbers["pki_ci_high"]
    relation, limit = (
        _given(table, pki, numbers["pki_limit"]) if "relation" in table else _read_off(pki, low, high)
    )
    value = np.where(relation == "=", pki, limit)
    relation = np.where(np.isfinite(value), relation, "")
    return pd.DataFrame({"compound": table["compound"].to_numpy(), "relation": relation, "value": value})


def _given(table: pd.DataFrame, pki: Array, limit: Array) -> tuple[NDArray[np.object_], Array]:
    given = table["relation"].astype(object)
    relation = given.where(given.notna(), "=").to_numpy(dtype=object)
    unknown = [item for item in relation if item not in _OTHER_WAY]
    if unknown:
        raise ValueError(f"relation {unknown[0]!r}: expected '=', '>' (Ki above the limit), '<' or nothing.")
    return relation, np.where(np.isfinite(limit), limit, pki)


def _read_off(pki: Array, low: Array, high: Array) -> tuple[NDArray[np.object_], Array]:
    """Take an interval that is open on one side as a limit at the other: the data say no more."""
    above = np.isneginf(low) & np.isfinite(high)  # of Ki
    below = np.isposinf(high) & np.isfinite(low)
    neither = np.isneginf(low) & np.isposinf(high)
    relation = np.select([above, below, neither], [">", "<", ""], "=").astype(object)
    return relation, np.where(above, high, np.where(below, low, pki))


def _combine(own: pd.DataFrame, confidence: float) -> dict[str, Any]:
    of_ki, value = own["relation"].to_numpy(dtype=object), own["value"].to_numpy(dtype=np.float64)
    of_pki = np.array([_OTHER_WAY[sign] for sign in of_ki], dtype=object)
    found = average(value, of_pki, confidence=confidence)
    row: dict[str, Any] = {
        "n_experiments": found.n,
        "n_censored": found.n_censored,
        "relation": _OTHER_WAY[found.relation],
        "mean_pki": found.mean,
        "sd_pki": found.sd,
        "sem_pki": found.standard_error,
        "pki_ci_low": found.ci_low,
        "pki_ci_high": found.ci_high,
        "pki_limit": found.limit,
    }
    row |= {
        "ki_nM": _to_nanomolar(found.mean),
        "ki_ci_low_nM": _to_nanomolar(found.ci_high),
        "ki_ci_high_nM": _to_nanomolar(found.ci_low),
        "ki_limit_nM": _to_nanomolar(found.limit),
    }
    return row | {"flags": int(found.flags), "flag_names": flag_names(found.flags, kind=CombinedFlag)}


def _to_nanomolar(pki: float) -> float:
    return float(10.0 ** (9.0 - pki))
