"""A second way down: solve for the parameters in which an equation is linear, search among the others.

From a far start the amplitudes of a curve lead a search astray, onto a plateau or into a narrow curved valley.
They need no start: for any values of the other parameters the best ones are the solution of linear equations.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.curves.least_squares import levenberg_marquardt

Vector = NDArray[np.float64]
VectorFunction = Callable[[Vector], Vector]

_SAME = 1e-9
_MOVE = 0.3


def linear_parameters(
    jacobian: VectorFunction, start: Vector, *, candidates: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Find parameters in which the residuals are linear, jointly, at and around the start.

    Parameters
    ----------
    jacobian : callable
        Takes the parameters (p,), returns the derivatives (n, p).
    start : array, shape (p,)
        A point.
    candidates : array of bool, shape (p,)
        Which parameters to consider.

    Returns
    -------
    array of bool, shape (p,)
        The derivatives by these do not change when any of these changes.

    Examples
    --------
    >>> x = np.arange(4.0)
    >>> slopes = lambda p: np.stack([np.exp(-p[1] * x), -p[0] * x * np.exp(-p[1] * x)], axis=1)
    >>> linear_parameters(slopes, np.ones(2), candidates=np.array([True, True]))
    array([ True, False])
    """
    here = jacobian(start)
    found = np.zeros(start.size, dtype=np.bool_)
    for j in np.flatnonzero(candidates):
        moved = start.copy()
        moved[j] += _MOVE * (abs(moved[j]) or 1.0)
        columns = found.copy()
        columns[j] = True
        change = np.abs(jacobian(moved) - here)[:, columns].max(axis=0)
        found[j] = bool(np.all(change <= _SAME * np.abs(here[:, columns]).max(axis=0)))
    return found


def project(
    residuals: VectorFunction,
    jacobian: VectorFunction,
    start: Vector,
    *,
    lower: Vector,
    upper: Vector,
    free: NDArray[np.bool_],
) -> Vector | None:
    """Search among the parameters in which the residuals are not linear, with the best values of the others.

    Parameters
    ----------
    residuals, jacobian : callable
        Take the parameters (p,); return residuals (n,) and their derivatives (n, p).
    start : array, shape (p,)
        Where to begin; the linear parameters' values have no influence.
    lower, upper : array, shape (p,)
        Bounds. A parameter that has bounds is not treated as linear.
    free : array of bool, shape (p,)
        Which parameters may move.

    Returns
    -------
    array, shape (p,), or None
        Where the search ended, between the bounds; None where there is nothing to project.

    References
    ----------
    Golub and Pereyra, SIAM J. Numer. Anal. 10, 413 (1973); Kaufman, BIT 15, 49 (1975), the Jacobian.
    """
    with np.errstate(all="ignore"):
        unbounded = np.isneginf(lower) & np.isposinf(upper)
        linear = linear_parameters(jacobian, start, candidates=free & unbounded)
        curved = free & ~linear
        if not linear.any():
            return None

        def complete(part: Vector) -> Vector:
            theta = start.copy()
            theta[curved] = part
            theta[linear] = 0.0  # (subtracting a step from a far start would lose digits)
            columns = jacobian(theta)[:, linear]
            size = np.sqrt(np.einsum("ij,ij->j", columns, columns))
            size[size == 0] = 1.0
            if np.isfinite(columns).all():
                theta[linear] = -np.linalg.lstsq(columns / size, residuals(theta), rcond=1e-14)[0] / size
            return theta

        def slopes(part: Vector) -> Vector:
            derivatives = jacobian(complete(part))
            if not np.isfinite(derivatives).all():
                return derivatives[:, curved]
            basis = np.linalg.qr(derivatives[:, linear])[0]
            outside: Vector = derivatives[:, curved] - basis @ (basis.T @ derivatives[:, curved])
            return outside

        if not curved.any():
            return complete(start[curved])
        found = levenberg_marquardt(
            lambda part: residuals(complete(part)),
            slopes,
            start[curved],
            lower=lower[curved],
            upper=upper[curved],
            free=np.ones(int(curved.sum()), dtype=np.bool_),
        )
        return complete(found.theta)
