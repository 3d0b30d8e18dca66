r"""Linear mixed model of the cells in replicates, by restricted maximum likelihood (REML).

.. math:: y_{ij} = \mu + \delta\,x_j + (\text{day}_{k(j)}) + u_j + e_{ij}, \qquad
   u_j \sim N(0, \sigma_u^2), \quad e_{ij} \sim N(0, \sigma_e^2)

for cell *i* of replicate *j*; :math:`\delta` is the difference of the conditions. Numbers, means and squares of
the replicates are all that the likelihood needs, and with :math:`\sigma_u^2/\sigma_e^2` given all else has a
closed form, so that the fit is a search along one line (Patterson and Thompson 1971, Biometrika 58, 545–554).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from s1r_imaging.experiment.difference import Difference, t_difference, too_few, unknown_difference
from s1r_imaging.experiment.groups import Group

Array = NDArray[np.float64]

_SINGULAR = 1e-6
_ALL_BETWEEN = 1.0 - 1e-9


@dataclass(frozen=True, eq=False)
class ClusteredFit:
    """A fitted random-intercept model.

    Attributes
    ----------
    coefficients : array, shape (n_coefficients,)
        Of the design matrix.
    covariance : array, shape (n_coefficients, n_coefficients)
        Of the coefficients.
    variance_between, variance_within : float
        Of the intercepts of replicates, and of the cells about them.
    intraclass_correlation : float
        Part of the variance that lies between replicates.
    has_converged : bool
        Whether the search ended in a minimum.
    """

    coefficients: Array
    covariance: Array
    variance_between: float
    variance_within: float
    intraclass_correlation: float
    has_converged: bool


def mixed_model_difference(treated: Group, reference: Group, *, is_paired: bool, confidence: float) -> Difference:
    """Compare two conditions by a mixed model of their cells.

    Parameters
    ----------
    treated, reference : Group
        Replicates with a value; in pairs, of the days that both have.
    is_paired : bool
        Whether each day has a level of its own.
    confidence : float
        Level of the interval.

    Returns
    -------
    Difference
        With Satterthwaite's degrees of freedom, never more than the replicates give.

    Notes
    -----
    Satterthwaite's degrees of freedom, :math:`2 v^2/(g^T I^{-1} g)` for the variance *v* of the difference, its
    gradient *g* and the expected information *I* of both variances. With equal numbers of cells they are exactly
    replicates minus coefficients, and the test is the t test on replicate means. Where the variance between
    replicates is estimated as 0, Satterthwaite would take cells as n; the replicates' number then decides.
    """
    sizes = (treated.means.size, reference.means.size)
    n, mean, squares = (
        np.concatenate([getattr(group, name) for group in (treated, reference)])
        for name in ("n_cells", "cell_means", "cell_squares")
    )
    x = design_matrix(treated, reference, is_paired=is_paired)
    estimate = float(treated.cell_means.mean() - reference.cell_means.mean()) if min(sizes) else np.nan
    df_replicates = n.size - x.shape[1]
    if min(sizes) < 1 or df_replicates < 1 or (min(sizes) < 2 and not is_paired):
        return unknown_difference(estimate, too_few(*sizes))
    if n.sum() <= n.size or squares.sum() <= 0:
        return unknown_difference(
            estimate,
            "Cells of a replicate do not differ, or are one: a mixed model cannot tell cells and replicates.",
        )
    fit = fit_clusters(n, mean, float(squares.sum()), x)
    if not fit.has_converged:
        return unknown_difference(estimate, "The mixed model did not converge: use the replicate means.")
    contrast = np.zeros(x.shape[1])
    contrast[1] = 1.0
    error = float(np.sqrt(contrast @ fit.covariance @ contrast))
    df = min(satterthwaite_df(fit, n, x, contrast), float(df_replicates))
    return t_difference(
        float(fit.coefficients[1]), error, df, _note(fit, sizes, is_paired=is_paired), confidence=confidence
    )


def design_matrix(treated: Group, reference: Group, *, is_paired: bool) -> Array:
    """Make the columns 1, is treated, and in pairs one for each day but the first."""
    n = (treated.means.size, reference.means.size)
    is_treated = np.repeat([1.0, 0.0], n)
    columns = [np.ones(sum(n)), is_treated]
    if is_paired:
        blocks = np.concatenate([treated.blocks, reference.blocks])
        columns += [(blocks == day).astype(np.float64) for day in np.unique(blocks)[1:]]
    return np.stack(columns, axis=1)


def fit_clusters(n: Array, mean: Array, squares: float, x: Array) -> ClusteredFit:
    """Fit the model to the numbers, means and squares of clusters.

    Parameters
    ----------
    n, mean : array, shape (n_clusters,)
        Cells of each cluster, and their mean.
    squares : float
        Sum over all cells of the squared deviation from the mean of the cluster, above 0.
    x : array, shape (n_clusters, n_coefficients)
        Design matrix of full rank, with fewer columns than rows.

    Returns
    -------
    ClusteredFit
        At the minimum of the restricted likelihood.
    """

    def deviance(share: float) -> float:
        return _profile(share, n, mean, squares, x)[0]

    grid = np.concatenate([[0.0], np.linspace(0.02, 0.98, 25), [0.995, 0.9995, _ALL_BETWEEN]])
    values = np.array([deviance(share) for share in grid])
    best = int(np.argmin(values))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
    found = optimize.minimize_scalar(deviance, bounds=(low, high), method="bounded", options={"xatol": 1e-10})
    share = float(found.x) if found.fun < values[best] else float(grid[best])
    _, coefficients, inverse, within = _profile(share, n, mean, squares, x)
    between = within * share / (1 - share)
    is_fine = bool(found.success) and np.isfinite(values).all() and share < _ALL_BETWEEN
    return ClusteredFit(coefficients, within * inverse, between, within, share, bool(is_fine))


def satterthwaite_df(fit: ClusteredFit, n: Array, x: Array, contrast: Array) -> float:
    """Return Satterthwaite's degrees of freedom of a contrast of the coefficients.

    Parameters
    ----------
    fit : ClusteredFit
        The fit.
    n, x : array
        As in `fit_clusters`.
    contrast : array, shape (n_coefficients,)
        What is tested.

    Returns
    -------
    float
        Degrees of freedom.
    """
    weight = 1.0 / (fit.variance_between + fit.variance_within / n)
    inverse = np.linalg.inv(x.T @ (weight[:, None] * x))
    project = np.diag(weight) - (weight[:, None] * x) @ inverse @ (x.T * weight)
    by_n = project / n  # derivative by the variance within divides each mean's variance by n
    information = np.array([[np.sum(project * project.T), np.sum(project * by_n.T)], [0.0, np.sum(by_n * by_n.T)]])
    information[1, 0] = information[0, 1]
    information[1, 1] += (n.sum() - n.size) / fit.variance_within**2
    carrier = weight * (x @ inverse @ contrast)
    gradient = np.array([carrier @ carrier, carrier @ (carrier / n)])
    spread = gradient @ np.linalg.solve(information / 2, gradient)
    return float(2 * (contrast @ inverse @ contrast) ** 2 / spread)


def _profile(share: float, n: Array, mean: Array, squares: float, x: Array) -> tuple[float, Array, Array, float]:
    """Return deviance, coefficients, their covariance over the variance within, and that variance."""
    ratio = share / (1 - share)
    spread = 1.0 + n * ratio
    weight = n / spread
    inverse = np.linalg.inv(x.T @ (weight[:, None] * x))
    coefficients = inverse @ (x.T @ (weight * mean))
    rest = squares + float(weight @ (mean - x @ coefficients) ** 2)
    df = n.sum() - x.shape[1]
    determinant = float(np.linalg.slogdet(inverse)[1])
    return (
        float(np.log(spread).sum() - determinant + df * np.log(rest / df)),
        np.asarray(coefficients),
        np.asarray(inverse),
        float(rest / df),
    )


def _note(fit: ClusteredFit, sizes: tuple[int, int], *, is_paired: bool) -> str:
    days = ", a level for each day" if is_paired else ""
    note = (
        f"Mixed model (REML), cells in replicates{days}; intraclass correlation {fit.intraclass_correlation:.2f}"
    )
    if fit.intraclass_correlation < _SINGULAR:
        note += (
            ". The variance between replicates was estimated as 0 (singular fit): degrees of freedom are those "
            "of the replicates"
        )
    if min(sizes) < 3:
        note += f". With {min(sizes)} replicates the variance between them is hardly known: n is too small"
    return note
