"""P values of several contrasts: Holm, Benjamini–Hochberg, Dunnett."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]


def holm(p_values: Array) -> Array:
    """Adjust P values so that the chance of any false finding keeps its level.

    Parameters
    ----------
    p_values : array, shape (n,)
        P values; NaN stays NaN and is not counted.

    Returns
    -------
    array, shape (n,)
        Adjusted P values (Holm 1979, Scand. J. Stat. 6, 65–70).

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, np.nan, 0.03])).tolist()
    [0.03, 0.06, nan, 0.06]
    """
    return _by_rank(p_values, _holm_sorted)


def benjamini_hochberg(p_values: Array) -> Array:
    """Adjust P values so that the share of false findings keeps its level.

    Parameters
    ----------
    p_values : array, shape (n,)
        P values; NaN stays NaN and is not counted.

    Returns
    -------
    array, shape (n,)
        Adjusted P values (Benjamini and Hochberg 1995, J. R. Stat. Soc. B 57, 289–300).

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.04, 0.04]
    """
    return _by_rank(p_values, lambda p: np.minimum.accumulate((p * p.size / np.arange(1, p.size + 1))[::-1])[::-1])


def dunnett(treated: Sequence[Array], control: Array) -> Array:
    """Compare several groups with one control, as many-to-one.

    Parameters
    ----------
    treated : sequence of array
        Finite values of the replicates of each group, at least two each.
    control : array
        Those of the control.

    Returns
    -------
    array, shape (n_groups,)
        P values adjusted for all of them (Dunnett 1955, J. Am. Stat. Assoc. 50, 1096–1121); all groups are taken
        to vary alike.
    """
    result = stats.dunnett(*treated, control=control, rng=np.random.default_rng(0))
    return np.clip(np.asarray(result.pvalue, dtype=np.float64), 0.0, 1.0)


def _holm_sorted(p: Array) -> Array:
    return np.maximum.accumulate(p * np.arange(p.size, 0, -1))


def _by_rank(p_values: Array, adjust: Callable[[Array], Array]) -> Array:
    p_values = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(p_values.shape, np.nan)
    known = np.flatnonzero(np.isfinite(p_values))
    if known.size:
        order = known[np.argsort(p_values[known], kind="stable")]
        adjusted[order] = np.minimum(adjust(p_values[order]), 1.0)
    return adjusted
