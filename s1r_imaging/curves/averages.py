"""One value from several independent experiments, of which some may give a limit only."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from s1r_imaging.curves.censored import censored_mean
from s1r_imaging.curves.potency import Relation
from s1r_imaging.flags import CombinedFlag

Array = NDArray[np.float64]

_NONE = CombinedFlag(0)


@dataclass(frozen=True)
class Average:
    """Mean of a logarithmic potency over experiments.

    Attributes
    ----------
    n, n_censored : int
        Experiments that gave a number or a limit, and those that gave a limit.
    relation : {"=", ">", "<", ""}
        Whether `mean` is a number, the truth lies above or below `limit`, or nothing is known.
    mean, sd, standard_error : float
        NaN where only a limit is known; the latter two also where there is one experiment.
    ci_low, ci_high : float
        Interval of the mean.
    limit : float
        The limit, where that is all.
    flags : CombinedFlag
        What is to be known of it.
    """

    n: int
    n_censored: int
    relation: Relation
    mean: float = np.nan
    sd: float = np.nan
    standard_error: float = np.nan
    ci_low: float = np.nan
    ci_high: float = np.nan
    limit: float = np.nan
    flags: CombinedFlag = _NONE


def average(value: ArrayLike, relation: ArrayLike, *, confidence: float = 0.95) -> Average:
    """Average values on a logarithmic scale over independent experiments.

    Parameters
    ----------
    value : array_like, shape (n,)
        Values or limits.
    relation : array_like of str, shape (n,)
        ``"="`` for a value, ``">"`` or ``"<"`` where the truth lies above or below it, ``""`` for nothing.
    confidence : float
        Level of the interval.

    Returns
    -------
    Average
        Mean ± t SD/√n where all are values. Where at least two and at least half are, mean and SD are those of
        a normal distribution by maximum likelihood. Else a limit, the weakest on that side, values included.

    Examples
    --------
    >>> found = average([-7.1, -7.0, -6.9], ["=", "=", "="])
    >>> round(found.mean, 3), round(found.ci_low, 3), round(found.ci_high, 3)
    (-7.0, -7.248, -6.752)
    >>> average([-5.0, -5.0, -5.3], [">", ">", "="]).limit
    -5.3
    """
    values, relations = np.asarray(value, dtype=np.float64), np.asarray(relation, dtype=object)
    exact, above, below = (values[relations == sign] for sign in ("=", ">", "<"))
    n, n_all = len(exact) + len(above) + len(below), len(values)
    counts, missing = (n, n - len(exact)), CombinedFlag.MISSING if n < n_all else CombinedFlag(0)
    if n == 0:
        return Average(*counts, "", flags=missing | CombinedFlag.NO_VALUE)
    if len(exact) == n:
        return _of_numbers(exact, confidence, counts, missing)
    if len(exact) >= 2 and 2 * len(exact) >= n:
        return _with_limits(exact, below, above, confidence, counts, missing)
    if len(below) and len(above):
        return Average(*counts, "", flags=missing | CombinedFlag.CONFLICTING)
    known = values[relations != ""]
    limit, sign = (float(known.min()), ">") if len(above) else (float(known.max()), "<")
    return Average(*counts, sign, limit=limit, flags=missing | CombinedFlag.LIMIT_ONLY)  # type: ignore[arg-type]


def _of_numbers(exact: Array, confidence: float, counts: tuple[int, int], flags: CombinedFlag) -> Average:
    n, mean = len(exact), float(exact.mean())
    if n == 1:
        return Average(*counts, "=", mean, flags=flags | CombinedFlag.SINGLE_EXPERIMENT)
    if np.ptp(exact) == 0.0:
        return Average(*counts, "=", mean, 0.0, 0.0, flags=flags | CombinedFlag.NO_SPREAD)
    sd = float(exact.std(ddof=1))
    error = float(sd / np.sqrt(n))
    half = float(stats.t.ppf(0.5 + confidence / 2.0, n - 1)) * error
    return Average(*counts, "=", mean, sd, error, mean - half, mean + half, flags=flags)


def _with_limits(  # noqa: PLR0917
    exact: Array, below: Array, above: Array, confidence: float, counts: tuple[int, int], flags: CombinedFlag
) -> Average:
    flags |= CombinedFlag.CENSORED
    if np.ptp(exact) == 0.0:  # no scatter to learn an SD from
        return Average(*counts, "=", float(exact.mean()), flags=flags | CombinedFlag.NO_SPREAD)
    found = censored_mean(exact, below, above, confidence=confidence)
    return Average(
        *counts, "=", found.mean, found.sd, found.standard_error, found.ci_low, found.ci_high, flags=flags
    )
