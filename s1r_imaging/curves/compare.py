"""Which of two equations the data support, and whether they support a curve at all."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FTest:
    """An F test.

    Attributes
    ----------
    f : float
        Ratio of mean squares.
    df_numerator, df_denominator : int
        Degrees of freedom.
    p : float
        Probability of a larger F if the simpler model is right; NaN where there is no test.
    """

    f: float
    df_numerator: int
    df_denominator: int
    p: float


@dataclass(frozen=True)
class ModelComparison:
    """How two fits of the same data compare.

    Attributes
    ----------
    f_test : FTest
        Extra sum of squares; meaningful where the simple model is a special case of the full one.
    aicc_simple, aicc_full : float
        Akaike's criterion with the correction for few points.
    probability_full : float
        Akaike weight of the full model: the probability that it is the better of the two.
    evidence_ratio : float
        How many times more likely the better model is.
    preferred : str
        ``"simple"`` or ``"full"``, by the F test.
    """

    f_test: FTest
    aicc_simple: float
    aicc_full: float
    probability_full: float
    evidence_ratio: float
    preferred: str


def extra_sum_of_squares(ss_simple: float, df_simple: int, ss_full: float, df_full: int) -> FTest:
    """Test whether the full model fits better than its special case by more than chance.

    Parameters
    ----------
    ss_simple : float
        Weighted sum of squares of the special case.
    df_simple : int
        Its degrees of freedom (points − fitted parameters).
    ss_full : float
        Weighted sum of squares of the full model, with the same weights.
    df_full : int
        Its degrees of freedom.

    Returns
    -------
    FTest
        Its p is NaN where the full model leaves no degrees of freedom or is not the larger one; 0 where it
        fits exactly and the simple one does not.

    Examples
    --------
    >>> round(extra_sum_of_squares(20.0, 12, 10.0, 10).p, 5)
    0.03125
    """
    extra = df_simple - df_full
    if extra < 1 or df_full < 1 or not (np.isfinite(ss_simple) and np.isfinite(ss_full)):
        return FTest(np.nan, extra, df_full, np.nan)
    gain = max(ss_simple - ss_full, 0.0)
    if ss_full <= 1e-24 * ss_simple:
        return FTest(np.inf, extra, df_full, 0.0) if gain > 0 else FTest(0.0, extra, df_full, 1.0)
    f = gain / extra / (ss_full / df_full)
    return FTest(float(f), extra, df_full, float(special.fdtrc(extra, df_full, f)))


def aicc(ss: float, n_points: int, n_parameters: int) -> float:
    """Compute Akaike's information criterion with the correction for few points.

    Parameters
    ----------
    ss : float
        Weighted sum of squares.
    n_points : int
        Number of points.
    n_parameters : int
        Number of fitted parameters of the curve; the variance is counted as one more.

    Returns
    -------
    float
        Criterion, n ln(SS/n) + 2K + 2K(K + 1)/(n − K − 1), K = parameters + 1; inf where n ≤ K + 1.
    """
    k = n_parameters + 1
    if n_points <= k + 1:
        return np.inf
    with np.errstate(divide="ignore"):
        fit = n_points * np.log(ss / n_points)
    return float(fit + 2 * k + 2 * k * (k + 1) / (n_points - k - 1))


def compare_models(
    ss_simple: float, df_simple: int, ss_full: float, df_full: int, *, n_points: int, significance: float = 0.05
) -> ModelComparison:
    """Compare two fits of the same points with the same weights, by F test and by AICc.

    Parameters
    ----------
    ss_simple : float
        Weighted sum of squares of the model with fewer parameters.
    df_simple : int
        Its degrees of freedom.
    ss_full : float
        Weighted sum of squares of the model with more.
    df_full : int
        Its degrees of freedom.
    n_points : int
        Number of points.
    significance : float
        The full model is preferred if p is below.

    Returns
    -------
    ModelComparison
        F test, AICc of both, Akaike weight and evidence ratio.

    Raises
    ------
    ValueError
        If the full model has no more parameters than the simple one.
    """
    if df_full >= df_simple:
        raise ValueError(
            f"df_full={df_full} is not below df_simple={df_simple}: pass the larger model as the full one."
        )
    test = extra_sum_of_squares(ss_simple, df_simple, ss_full, df_full)
    simple = aicc(ss_simple, n_points, n_points - df_simple)
    full = aicc(ss_full, n_points, n_points - df_full)
    difference = 0.0 if simple == full else full - simple
    weight = float(special.expit(-0.5 * difference))
    ratio = float(np.exp(min(0.5 * abs(difference), 700.0)))
    preferred = "full" if test.p < significance else "simple"
    return ModelComparison(test, simple, full, weight, ratio, preferred)


def flat_line_test(y: ArrayLike, ss: float, df: int, *, weights: ArrayLike | None = None) -> FTest:
    """Test whether a curve describes the data better than a horizontal line.

    Where it does not (p ≥ 0.05), the response does not depend on concentration as far as these data show, and
    no midpoint should be reported.

    Parameters
    ----------
    y : array_like, shape (n,)
        Observations.
    ss : float
        Weighted sum of squares of the curve.
    df : int
        Degrees of freedom of the curve.
    weights : array_like, shape (n,), optional
        Weights of the curve's fit; 1 when not given. The line is fitted with the same.

    Returns
    -------
    FTest
        Its p is 1 where all observations are equal, NaN where the curve has no degrees of freedom.
    """
    values = np.asarray(y, dtype=np.float64)
    weight = (
        np.ones_like(values) if weights is None else np.broadcast_to(np.asarray(weights, np.float64), values.shape)
    )
    flat_ss = weighted_ss(values, weight)
    size = float(weight @ values**2)
    if flat_ss <= 1e-24 * size:
        return FTest(0.0, values.size - 1 - df, df, 1.0)
    return extra_sum_of_squares(flat_ss, values.size - 1, min(ss, flat_ss), df)


def weighted_ss(y: Array, weights: Array) -> float:
    """Return the weighted sum of squares about the weighted mean."""
    total = float(weights.sum())
    if total <= 0:
        return np.nan
    return float(weights @ (y - weights @ y / total) ** 2)
