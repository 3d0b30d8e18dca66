"""Difference of two conditions over their replicates: Welch's t test, and the t test within days.

Both work on one value per replicate. The effect size of any method is `hedges_g` of the same values.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from s1r_imaging.experiment.groups import Group, variance

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """What a test says about the difference of two conditions.

    Attributes
    ----------
    estimate : float
        Treated minus reference.
    ci_low, ci_high : float
        Interval; NaN where it cannot be known, infinite where it has no end.
    p_value : float
        Two-sided P value.
    df : float
        Degrees of freedom; NaN where there are none.
    note : str
        Which test it was, and what to beware of.
    """

    estimate: float
    ci_low: float
    ci_high: float
    p_value: float
    df: float
    note: str


def unknown_difference(estimate: float, note: str) -> Difference:
    """Make a difference of which nothing but the estimate is known."""
    return Difference(estimate, np.nan, np.nan, np.nan, np.nan, note)


def welch_difference(treated: Array, reference: Array, *, confidence: float) -> Difference:
    r"""Compare two independent groups that may vary differently.

    Parameters
    ----------
    treated, reference : array, shape (n_replicates,)
        Finite values.
    confidence : float
        Level of the interval.

    Returns
    -------
    Difference
        Of the means.

    Notes
    -----
    With the squared standard errors :math:`a = s_1^2/n_1` and :math:`b = s_2^2/n_2`,

    .. math:: t = \frac{\bar{x}_1 - \bar{x}_2}{\sqrt{a + b}}, \qquad
       \nu = \frac{(a + b)^2}{a^2/(n_1 + 1) + b^2/(n_2 + 1)} - 2

    (Welch 1947, Biometrika 34, 28–35). The better-known form of Satterthwaite, with :math:`n - 1` in place of
    :math:`n + 1` and without the 2, puts sample variances for the true ones and is conservative in small groups:
    for four replicates each it rejects 4.0 % at a nominal 5 %, this one 4.9 %.
    """
    estimate = float(treated.mean() - reference.mean()) if treated.size and reference.size else np.nan
    n = (treated.size, reference.size)
    if min(n) < 2:
        return unknown_difference(estimate, too_few(*n))
    a, b = variance(treated) / n[0], variance(reference) / n[1]
    if a + b == 0:
        return unknown_difference(estimate, NO_VARIANCE)
    df = (a + b) ** 2 / (a**2 / (n[0] + 1) + b**2 / (n[1] + 1)) - 2
    return t_difference(estimate, np.sqrt(a + b), df, "Welch's t test", confidence=confidence)


def blocked_difference(treated: Group, reference: Group, *, confidence: float) -> Difference:
    r"""Compare two groups within days.

    Parameters
    ----------
    treated, reference : Group
        Replicates with a value, of the days that both have.
    confidence : float
        Level of the interval.

    Returns
    -------
    Difference
        Mean of the differences within days, weighted by their precision.

    Notes
    -----
    Analysis of variance with a level for each day and no interaction. With the difference :math:`d_k` of the
    means of day *k* and its weight :math:`w_k = n_{1k} n_{2k}/(n_{1k} + n_{2k})`,

    .. math:: \hat{d} = \frac{\sum w_k d_k}{\sum w_k}, \qquad
       s^2 = \frac{\sum w_k (d_k - \hat{d})^2 + SS_\text{within}}{N - K - 1}, \qquad
       SE = \frac{s}{\sqrt{\sum w_k}}

    for *N* replicates on *K* days. With one replicate of each condition a day this is the paired t test.
    """
    days, size, mean, within = _by_day(treated, reference)
    if days.size == 0:
        return unknown_difference(np.nan, "No day has replicates of both conditions.")
    weight = size[0] * size[1] / size.sum(axis=0)
    difference = mean[0] - mean[1]
    estimate = float(weight @ difference / weight.sum())
    df = size.sum() - days.size - 1
    if df < 1:
        return unknown_difference(estimate, too_few(int(size[0].sum()), int(size[1].sum())))
    rest = float(weight @ (difference - estimate) ** 2 + within)
    scale = max(float(np.abs(group.means).max()) for group in (treated, reference))
    if rest <= (1e-12 * scale) ** 2:
        return unknown_difference(estimate, NO_VARIANCE)
    is_pairs = bool((size == 1).all())
    name = f"Paired t test, {days.size} days" if is_pairs else f"t test within days, {days.size} days"
    return t_difference(estimate, np.sqrt(rest / df / weight.sum()), df, name, confidence=confidence)


def t_difference(estimate: float, error: float, df: float, note: str, *, confidence: float) -> Difference:
    """Make interval and P value from a standard error and its degrees of freedom."""
    half = float(special.stdtrit(df, 0.5 + confidence / 2)) * error
    p_value = 2.0 * float(special.stdtr(df, -abs(estimate) / error))
    return Difference(estimate, float(estimate - half), float(estimate + half), p_value, float(df), note)


def hedges_g(treated: Array, reference: Array) -> float:
    r"""Return the standardised difference of the replicates, corrected for small samples.

    Parameters
    ----------
    treated, reference : array, shape (n_replicates,)
        Finite values.

    Returns
    -------
    float
        NaN where the replicates do not tell how much they vary.

    Notes
    -----
    :math:`g = J(\nu)\,(\bar{x}_1 - \bar{x}_2)/s_p` with the pooled SD, :math:`\nu = n_1 + n_2 - 2` and
    :math:`J(\nu) = \Gamma(\nu/2)/(\sqrt{\nu/2}\,\Gamma((\nu - 1)/2))` (Hedges 1981, J. Educ. Stat. 6, 107–128). In
    paired designs the SD is also that between replicates, so that g means the same everywhere.

    Examples
    --------
    >>> round(hedges_g(np.array([3.0, 4.0, 5.0]), np.array([1.0, 2.0, 3.0])), 3)
    1.596
    """
    df = treated.size + reference.size - 2
    if min(treated.size, reference.size) < 1 or df < 2:
        return np.nan
    parts = [(values.size - 1) * variance(values) for values in (treated, reference) if values.size > 1]
    pooled = sum(parts) / df
    if pooled == 0:
        return np.nan
    correction = np.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / np.sqrt(df / 2)
    return float(correction * (treated.mean() - reference.mean()) / np.sqrt(pooled))


NO_VARIANCE = "The replicates do not differ at all, so they do not tell how sure the difference is."


def too_few(n_treated: int, n_reference: int) -> str:
    """Say that there are too few replicates, and what that means."""
    if min(n_treated, n_reference) == 0:
        return "No replicate has a value in one of the conditions: there is nothing to compare."
    if n_treated == n_reference == 1:
        return (
            "One replicate of each condition: how much replicates differ cannot be known from it, so there is no "
            "interval and no P value."
        )
    return (
        f"{n_treated} and {n_reference} replicates: one replicate does not tell how much replicates differ, so "
        "there is no interval and no P value."
    )


def _by_day(treated: Group, reference: Group) -> tuple[Array, Array, Array, float]:
    """Return the days, and number and mean of replicates by condition and day, and the squares within."""
    days, code = np.unique(np.concatenate([treated.blocks, reference.blocks]), return_inverse=True)
    values = np.concatenate([treated.means, reference.means])
    cell = code + days.size * (np.arange(values.size) >= treated.means.size)
    size = np.bincount(cell, minlength=2 * days.size).astype(np.float64)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(cell, weights=values, minlength=2 * days.size) / size
    within = float(np.sum((values - mean[cell]) ** 2))
    return days, size.reshape(2, -1), mean.reshape(2, -1), within
