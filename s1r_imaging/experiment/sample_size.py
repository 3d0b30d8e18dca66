r"""Sample size: how many dishes, and how many cells in each, from the scatter that was seen.

The mean of a replicate with *m* cells varies by :math:`\sigma_b^2 + \sigma_w^2 / m`: more cells reduce only the
second part, more replicates both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from s1r_imaging.curves.fit import CurveOptions
from s1r_imaging.experiment.variance import Scatter, between_conditions, variance_interval
from s1r_imaging.options import Options, option

Array = NDArray[np.float64]

SAMPLE_SIZE_DTYPES: dict[str, str] = {
    "comparison": "object",
    "cells_per_replicate": "int64",
    "n_replicates": "float64",
    "n_replicates_low": "float64",
    "n_replicates_high": "float64",
    "power": "float64",
    "sd": "float64",
    "percent_from_cells": "float64",
    "note": "object",
}
"""Columns of `sample_size`."""

_MOST = 10_000


@dataclass(frozen=True, kw_only=True)
class SampleSizeOptions(Options):
    """Options of `sample_size`."""

    section: ClassVar[str] = "sample_size"

    power: float = option(0.8, "Chance to find the effect if it is there.", gt=0, lt=1)
    alpha: float = option(0.05, "Chance to find an effect that is not there, two-sided.", gt=0, lt=1)
    confidence: float = option(CurveOptions.confidence, "Level of the intervals.", gt=0, lt=1)


def sample_size(
    cells: pd.DataFrame,
    *,
    condition: str,
    reference: str,
    effect: float,
    design: pd.DataFrame | None = None,
    n_cells: Sequence[int] = (5, 10, 20, 50, 100, 200),
    power: float = SampleSizeOptions.power,
    alpha: float = SampleSizeOptions.alpha,
    confidence: float = SampleSizeOptions.confidence,
) -> pd.DataFrame:
    r"""Say how many replicates of each condition an effect needs, from the scatter of an experiment.

    Parameters
    ----------
    cells : DataFrame
        One row per cell: ``recording, condition, replicate, value``, as ``Comparison.cells`` has it.
    condition, reference : str
        The conditions that will be compared.
    effect : float
        Difference to find, in the unit of the values.
    design : DataFrame, optional
        ``recording`` and ``day`` (or ``experiment``): needed to tell what is gained by comparing within days.
    n_cells : sequence of int
        Numbers of cells in each replicate to answer for.
    power : float
        Chance to find the effect if it is there.
    alpha : float
        Chance to find an effect that is not there, two-sided.
    confidence : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        One row per comparison (``"independent"`` and, where days are known, ``"within days"``) and number of
        cells: ``cells_per_replicate``; ``n_replicates`` of each condition, with the interval
        ``n_replicates_low, n_replicates_high`` that comes of knowing the variance from few replicates
        (inf above 10,000); ``power`` reached; ``sd`` of the difference of one replicate of each;
        ``percent_from_cells`` of its variance, the part that more cells can reduce; ``note``.

    Raises
    ------
    TypeError, ValueError
        If a column or condition is missing, or a number is out of range.

    See Also
    --------
    s1r_imaging.experiment.variance.variance_components : The variances themselves.

    Notes
    -----
    With variances :math:`v_1, v_2` of replicate means and *n* replicates each, power is that of a t test with
    non-centrality :math:`\delta \sqrt{n / (v_1 + v_2)}` and
    :math:`(n - 1) (v_1 + v_2)^2 / (v_1^2 + v_2^2)` degrees of freedom; within days,
    :math:`\delta \sqrt{n / v_d}` and *n* - 1 with :math:`v_d` of the differences within a day (Cohen 1988).
    The interval of the number is that of the variance, from the chi-squared distribution: with three replicates
    the true variance may be a quarter of the one seen, or many times as large, and so may be the number of
    dishes. Plan for the upper end, or do a few more replicates first.

    Examples
    --------
    >>> cells = pd.DataFrame({"recording": list("aabbccdd"), "condition": ["vehicle"] * 4 + ["ATP"] * 4,
    ...     "replicate": [1, 1, 2, 2] * 2, "value": [0.0, 0.1, 0.2, 0.1, 0.7, 0.9, 1.0, 1.2]})
    >>> sample_size(cells, condition="ATP", reference="vehicle", effect=0.5, n_cells=[10])["n_replicates"].tolist()
    [4.0]
    """
    options = SampleSizeOptions(power=power, alpha=alpha, confidence=confidence)
    if not np.isfinite(effect) or effect == 0:
        raise ValueError(f"effect={effect!r}: expected the difference to find, a finite number that is not 0.")
    numbers = _numbers_of_cells(n_cells)
    rows = [
        _row(scatter, number, abs(effect), options)
        for scatter in between_conditions(cells, condition=condition, reference=reference, design=design)
        for number in numbers
    ]
    return pd.DataFrame({name: [row[name] for row in rows] for name in SAMPLE_SIZE_DTYPES}).astype(
        SAMPLE_SIZE_DTYPES
    )


def t_test_power(
    n_replicates: ArrayLike, *, effect: float, variances: Sequence[float], alpha: float = SampleSizeOptions.alpha
) -> Array:
    """Return the power of a two-sided t test.

    Parameters
    ----------
    n_replicates : array_like
        Replicates of each condition, 2 or more.
    effect : float
        True difference.
    variances : sequence of float
        Two: those of the replicates of each condition (Welch's test). One: that of the differences (paired).
    alpha : float
        Level of the test.

    Returns
    -------
    array
        Of the shape of `n_replicates`.

    Examples
    --------
    >>> t_test_power(64, effect=0.5, variances=[1.0, 1.0]).round(3).item()
    0.801
    """
    n = np.asarray(n_replicates, dtype=np.float64)
    total = sum(variances)
    df = (n - 1) * total**2 / sum(variance**2 for variance in variances)
    shift = np.abs(effect) * np.sqrt(n / total)
    critical = special.stdtrit(df, 1 - alpha / 2)
    power = special.nctdtr(df, shift, -critical) + 1 - special.nctdtr(df, shift, critical)
    return np.asarray(np.clip(power, alpha, 1.0))


def needed_replicates(*, effect: float, variances: Sequence[float], power: float, alpha: float) -> float:
    """Return the smallest number of replicates of each condition that reaches the power.

    Parameters
    ----------
    effect : float
        True difference.
    variances : sequence of float
        As for `t_test_power`.
    power, alpha : float
        Wanted power, and level of the test.

    Returns
    -------
    float
        2 or more; inf above 10,000; NaN for variances that are unknown or 0.
    """
    if not np.isfinite(variances).all() or sum(variances) <= 0:
        return np.nan
    low, high = 1, 2
    while t_test_power(high, effect=effect, variances=variances, alpha=alpha) < power:
        low, high = high, 2 * high
        if low > _MOST:
            return np.inf
    while high - low > 1:
        middle = (low + high) // 2
        reached = t_test_power(middle, effect=effect, variances=variances, alpha=alpha) >= power
        low, high = (low, middle) if reached else (middle, high)
    return float(high) if high <= _MOST else np.inf


def _numbers_of_cells(n_cells: Sequence[int]) -> list[int]:
    numbers = [int(number) for number in n_cells]
    if not numbers or min(numbers) < 1:
        raise ValueError(f"n_cells={n_cells!r}: expected numbers of cells, each 1 or more.")
    return numbers


def _row(scatter: Scatter, n_cells: int, effect: float, options: SampleSizeOptions) -> dict[str, Any]:
    variances = scatter.with_cells(n_cells)
    total, of_cells = sum(variances), sum(scatter.within) / n_cells
    seen = sum(scatter.seen)
    row: dict[str, Any] = {
        "comparison": scatter.comparison,
        "cells_per_replicate": n_cells,
        "sd": np.sqrt(total),
        "percent_from_cells": 100 * of_cells / total if total > 0 else np.nan,
        "note": scatter.note,
    }
    wanted = {"effect": effect, "power": options.power, "alpha": options.alpha}
    row["n_replicates"] = needed_replicates(variances=variances, **wanted)
    for name, end in zip(("low", "high"), variance_interval(seen, scatter.df, options.confidence), strict=True):
        at_end = float(
            np.maximum(end + total - seen, of_cells)
        )  # the between part is what few replicates leave uncertain
        scaled = [variance * at_end / total for variance in variances] if total > 0 else variances
        row[f"n_replicates_{name}"] = needed_replicates(variances=scaled, **wanted)
    known = np.isfinite(row["n_replicates"])
    row["power"] = (
        float(t_test_power(row["n_replicates"], effect=effect, variances=variances, alpha=options.alpha))
        if known
        else np.nan
    )
    return row
