"""What follows from the tangent plane at the minimum: covariance, Wald intervals, correlation and bands."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Array = NDArray[np.float64]

_RANK = 1e-14  # singular values below this share of the largest are taken for rounding


@dataclass(frozen=True, eq=False)
class Curvature:
    """Covariance of the parameters and how far each can be told from the others.

    Attributes
    ----------
    covariance : array, shape (p, p)
        Covariance of the parameters; zero for those held, inf on the diagonal where the data say nothing.
    correlation : array, shape (p, p)
        Correlation of the parameters; NaN where there is none.
    dependency : array, shape (p,)
        1 − 1 / (variance inflation): near 1 for a parameter whose change the others can make good.
    """

    covariance: Array
    correlation: Array
    dependency: Array


def curvature(jacobian: ArrayLike, variance: float, *, free: ArrayLike | None = None) -> Curvature:
    """Compute the covariance of the parameters from the derivatives of the residuals.

    Parameters
    ----------
    jacobian : array_like, shape (n, p)
        Derivatives of the weighted residuals at the minimum.
    variance : float
        Variance of the weighted residuals: SS/df, or 1 where the weights are absolute.
    free : array_like of bool, shape (p,), optional
        Parameters that were fitted; all when not given. The others count as known.

    Returns
    -------
    Curvature
        Covariance, correlation and dependency.

    Notes
    -----
    Covariance = variance (JᵀJ)⁻¹ from the singular values of J with its columns scaled to unit length, so
    that units do not matter. Dependency is that of Prism: 1 − 1/((JᵀJ)ₖₖ (JᵀJ)⁻¹ₖₖ), that is R² of the
    regression of one column of J on the others.
    """
    derivatives = np.asarray(jacobian, dtype=np.float64)
    n_parameters = derivatives.shape[1]
    fitted = np.ones(n_parameters, dtype=np.bool_) if free is None else np.asarray(free, dtype=np.bool_)
    inverse = np.zeros((n_parameters, n_parameters))
    dependency = np.zeros(n_parameters)
    where = np.flatnonzero(fitted)
    if where.size:
        scaled, dependency[where] = _inverse(derivatives[:, where])
        inverse[np.ix_(where, where)] = scaled
    with np.errstate(invalid="ignore"):
        covariance = np.where(inverse == 0, 0.0, variance * inverse)
    deviation = np.sqrt(np.diag(inverse))
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = inverse / np.outer(deviation, deviation)
    return Curvature(covariance, correlation, dependency)


def _inverse(columns: Array) -> tuple[Array, Array]:
    scale = np.linalg.norm(columns, axis=0)
    if not np.all(np.isfinite(scale)):
        return np.full((scale.size, scale.size), np.nan), np.full(scale.size, np.nan)
    silent = scale == 0
    unit = columns / np.where(silent, 1.0, scale)
    _, values, directions = np.linalg.svd(unit, full_matrices=unit.shape[0] < unit.shape[1])
    values = np.pad(values, (0, scale.size - values.size))
    lost = values <= _RANK * values.max(initial=0.0)
    known = np.where(lost, 0.0, 1.0 / np.where(lost, 1.0, values))
    inverse = (directions.T * known**2) @ directions
    undetermined = silent | (np.abs(directions[lost]) > 1e-7).any(axis=0)
    diagonal = np.diag(inverse).copy()
    inverse[undetermined] = inverse[:, undetermined] = np.nan
    inverse[np.diag_indices(scale.size)] = np.where(undetermined, np.inf, diagonal)
    with np.errstate(divide="ignore"):
        dependency = np.where(undetermined, 1.0, 1.0 - 1.0 / np.where(undetermined, np.inf, diagonal))
    safe = np.where(silent, 1.0, scale)
    return inverse / np.outer(safe, safe), np.clip(dependency, 0.0, 1.0)


def critical_value(confidence: float, df: float) -> float:
    """Return the two-sided critical value of Student's t; of the normal distribution for df = inf.

    >>> round(critical_value(0.95, 23), 4), round(critical_value(0.95, float("inf")), 4)
    (2.0687, 1.96)
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence!r}: expected a level between 0 and 1, such as 0.95.")
    if df < 1:
        return np.nan
    upper = 0.5 + 0.5 * confidence
    return float(special.ndtri(upper) if np.isinf(df) else special.stdtrit(df, upper))


def wald_interval(
    estimate: ArrayLike, standard_error: ArrayLike, df: float, *, confidence: float = 0.95
) -> tuple[Array, Array]:
    """Compute symmetric intervals, estimate ± t × standard error.

    Parameters
    ----------
    estimate, standard_error : array_like, shape (p,)
        Parameters and their standard errors.
    df : float
        Degrees of freedom; inf where the variance is known.
    confidence : float
        Confidence level.

    Returns
    -------
    low, high : array, shape (p,)
        Ends; NaN without degrees of freedom.
    """
    value, half = np.asarray(estimate, np.float64), np.asarray(standard_error, np.float64)
    half = critical_value(confidence, df) * half
    return value - half, value + half


def band(
    fitted: ArrayLike,
    gradient: ArrayLike,
    covariance: ArrayLike,
    df: float,
    *,
    confidence: float = 0.95,
    scatter_variance: ArrayLike = 0.0,
) -> tuple[Array, Array]:
    """Compute a pointwise band around a curve by the delta method.

    Parameters
    ----------
    fitted : array_like, shape (n,)
        The curve.
    gradient : array_like, shape (n, p)
        Derivatives of the curve with respect to the parameters (not weighted).
    covariance : array_like, shape (p, p)
        Covariance of the parameters.
    df : float
        Degrees of freedom; inf where the variance is known.
    confidence : float
        Confidence level.
    scatter_variance : array_like, shape (n,) or scalar
        Variance of one new observation about the curve, for a prediction band; 0 for a confidence band.

    Returns
    -------
    low, high : array, shape (n,)
        The band; infinitely wide where a parameter that matters there is not determined.

    Notes
    -----
    Half-width = t √(gᵀ C g + scatter variance), g the gradient at the point.
    """
    curve = np.asarray(fitted, dtype=np.float64)
    slopes = np.asarray(gradient, dtype=np.float64)
    known = np.asarray(covariance, dtype=np.float64)
    lost = ~np.isfinite(np.diag(known))
    finite = np.where(np.isfinite(known), known, 0.0)
    variance = np.einsum("ni,ij,nj->n", slopes, finite, slopes) + np.asarray(scatter_variance, np.float64)
    variance = np.where((slopes[:, lost] != 0).any(axis=1), np.inf, np.maximum(variance, 0.0))
    half = critical_value(confidence, df) * np.sqrt(variance)
    return curve - half, curve + half
