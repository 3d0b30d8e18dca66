"""What is minimised, and what was found: the door between equations and inference.

Any least-squares fit, of one curve or of several data sets with shared parameters and equations of their own,
is a `Problem`; `minimise` returns a `Solution`. Profile intervals call `minimise` with one parameter fixed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from s1r_imaging.curves.derivatives import numerical_jacobian
from s1r_imaging.curves.least_squares import MAX_ITERATIONS, Minimum, levenberg_marquardt
from s1r_imaging.curves.projection import project

Vector = NDArray[np.float64]
VectorFunction = Callable[[Vector], Vector]

_MAX_NEAR = 100  # steps from a start that is near the minimum
_SAME = 1e-9  # sums of squares closer than this belong to one minimum


@dataclass(frozen=True, eq=False)
class Problem:
    """A least-squares problem with named parameters.

    Parameters
    ----------
    residuals : callable
        Takes the parameters (p,), returns the weighted residuals (n,): (fitted − observed) × √weight.
    names : tuple of str
        Names of the parameters, in their order.
    start : array, shape (p,)
        Where to begin.
    lower, upper : array, shape (p,)
        Bounds; ±inf where there are none.
    jacobian : callable, optional
        Takes the parameters (p,), returns the derivatives of `residuals`, (n, p). Found numerically when
        not given; that is slower, and about as accurate.
    """

    residuals: VectorFunction
    names: tuple[str, ...]
    start: Vector
    lower: Vector
    upper: Vector
    jacobian: VectorFunction | None = None

    def differentiable(self, at: ArrayLike | None = None) -> "Problem":
        """Return the problem with a Jacobian, found numerically where there is none.

        Parameters
        ----------
        at : array_like, shape (p,), optional
            A point at which the residuals can be computed; the start when not given.

        Returns
        -------
        Problem
            The same object where it has a Jacobian.
        """
        if self.jacobian is not None:
            return self
        point = np.clip(self.start if at is None else np.asarray(at, dtype=np.float64), self.lower, self.upper)
        jacobian = numerical_jacobian(self.residuals, point, lower=self.lower, upper=self.upper)
        return Problem(self.residuals, self.names, self.start, self.lower, self.upper, jacobian)

    def derivatives(self, theta: Vector) -> Vector:
        """Return the derivatives of the residuals at a point.

        Parameters
        ----------
        theta : array, shape (p,)
            The parameters.

        Returns
        -------
        array, shape (n, p)
            From `jacobian`, or found numerically.
        """
        if self.jacobian is not None:
            return self.jacobian(theta)
        return numerical_jacobian(self.residuals, theta, lower=self.lower, upper=self.upper)(theta)

    def index(self, name: str) -> int:
        """Return the position of a parameter.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        int
            Its position in `names`.

        Raises
        ------
        ValueError
            If there is no such parameter.
        """
        if name not in self.names:
            raise ValueError(f"{name!r} is no parameter here: expected one of {', '.join(self.names)}.")
        return self.names.index(name)


@dataclass(frozen=True, eq=False)
class Solution:
    """The minimum of a `Problem`.

    Attributes
    ----------
    theta : array, shape (p,)
        All parameters, the fixed ones too.
    residuals : array, shape (n,)
        Weighted residuals there.
    jacobian : array, shape (n, p)
        Derivatives of the residuals there, for the fixed parameters too.
    ss : float
        Sum of squared residuals.
    converged : bool
        Whether no better point is near, to rounding.
    free : array of bool, shape (p,)
        Parameters that were fitted: neither fixed nor held by a bound.
    """

    theta: Vector
    residuals: Vector
    jacobian: Vector
    ss: float
    converged: bool
    free: NDArray[np.bool_]


def minimise(
    problem: Problem,
    *,
    start: ArrayLike | None = None,
    fixed: Mapping[str, float] | None = None,
) -> Solution:
    """Find the parameters with the smallest sum of squares.

    Bounded Levenberg–Marquardt with scaled columns, to rounding; deterministic, and the same under a change of
    units of any parameter or of the residuals. From the problem's own start a second search runs among the
    parameters in which the residuals are not linear; the lower end of both counts. From a start that is given
    here, taken to be near the minimum, there is one search.

    Parameters
    ----------
    problem : Problem
        What to minimise.
    start : array_like, shape (p,), optional
        Where to begin instead of ``problem.start``; for a fit with one parameter fixed, the best fit.
    fixed : mapping, optional
        Parameter name to the value that it keeps. It may lie beyond the bounds.

    Returns
    -------
    Solution
        Of the best point found; ``converged`` says whether it is a minimum.

    Raises
    ------
    ValueError
        If a name in `fixed` is unknown.
    """
    theta = np.array(problem.start if start is None else start, dtype=np.float64)
    theta = np.clip(theta, problem.lower, problem.upper)
    free = np.ones(theta.size, dtype=np.bool_)
    for name, value in (fixed or {}).items():
        j = problem.index(name)
        theta[j] = value
        free[j] = False
    ready = problem.differentiable(theta)
    found = _descend(ready, theta, free, MAX_ITERATIONS if start is None else _MAX_NEAR)
    if start is None:
        projected = project(
            ready.residuals, ready.derivatives, theta, lower=problem.lower, upper=problem.upper, free=free
        )
        other = found if projected is None else _descend(ready, projected, free, MAX_ITERATIONS)
        found = other if other.ss < found.ss * (1.0 - _SAME) else found
    return Solution(found.theta, found.residuals, found.jacobian, found.ss, found.converged, found.free)


def _descend(problem: Problem, theta: Vector, free: NDArray[np.bool_], max_iterations: int) -> Minimum:
    return levenberg_marquardt(
        problem.residuals,
        problem.derivatives,
        theta,
        lower=problem.lower,
        upper=problem.upper,
        free=free,
        max_iterations=max_iterations,
    )
