"""Joint fits of this room: weights from the fitted curve, and constants that are known with an error.

A constant such as Kd or [L] that was measured elsewhere enters as a parameter with a prior: one more residual,
(value − measured)/error, in units of the scatter of the wells. Profile intervals then carry its error.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from s1r_imaging.binding.noise import NoiseModel
from s1r_imaging.curves.bands import critical_value, curvature
from s1r_imaging.curves.problem import Problem, Solution, minimise
from s1r_imaging.curves.profile import ProfileInterval, profile_interval

Array = NDArray[np.float64]
Curve = Callable[[Array, Array], tuple[Array, Array]]

_MAX_REWEIGHTINGS = 30
_SETTLED = 1e-9
_DIFFERENCE = 3e-4
_MAX_STARTS = 4
_EXACT = 1e-20  # of the squares of the signal: fits this close are at rounding


@dataclass(frozen=True, eq=False)
class JointModel:
    """What the wells of a joint fit are expected to show.

    Parameters
    ----------
    names : tuple of str
        Names of the parameters, those with a prior included.
    curve : callable
        Takes places x (n, ...) and parameters (p,), returns expected signals (n,) and derivatives (n, p).
    x : array, shape (n, ...)
        Where each well is: a concentration, or several numbers a well.
    start, lower, upper : array, shape (p,)
        Where to begin, and bounds.
    priors : mapping
        Parameter name to its measured value and standard error, more than 0.
    """

    names: tuple[str, ...]
    curve: Curve
    x: Array
    start: Array
    lower: Array
    upper: Array
    priors: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class JointFit:
    """A joint fit.

    Attributes
    ----------
    model : JointModel
        What was fitted.
    signal, fitted, weights : array, shape (n,)
        Wells, the fitted curve, and 1/variance from it.
    problem, solution : Problem, Solution
        The least-squares problem with its last weights, and its minimum.
    ss : float
        Weighted sum of squares of the wells, priors left out.
    df : int
        Wells minus parameters, those with a prior left out.
    covariance : array, shape (p, p)
        Of the parameters.
    converged : bool
        Whether the minimum and the weights have settled.
    """

    model: JointModel
    signal: Array
    fitted: Array
    weights: Array
    problem: Problem
    solution: Solution
    ss: float
    df: int
    covariance: Array
    converged: bool

    @property
    def theta(self) -> Array:
        """Estimates, in the order of the names."""
        return self.solution.theta

    @property
    def is_exact(self) -> bool:
        """Whether the curve goes through every well, to rounding, with wells to spare: nothing scatters."""
        return self.df > 0 and self.ss <= _EXACT * float(self.weights @ self.signal**2)

    def index(self, name: str) -> int:
        """Return the position of a parameter.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        int
            Its position.
        """
        return self.model.names.index(name)

    def standard_error(self, name: str) -> float:
        """Return the standard error of a parameter.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        float
            NaN without degrees of freedom, inf where the data say nothing.
        """
        place = self.index(name)
        return float(np.sqrt(self.covariance[place, place])) if self.df > 0 else np.nan

    def effective_df(self, name: str) -> float:
        """Return the degrees of freedom of a parameter's standard error, by Welch and Satterthwaite.

        The part that comes from priors is taken as known; only the part from the wells has their freedom.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        float
            At least those of the wells.
        """
        if not self.model.priors or self.df < 1:
            return float(self.df)
        wells = self.solution.jacobian[: self.signal.size]
        free = self.solution.free & ~np.isin(self.model.names, list(self.model.priors))
        place = self.index(name)
        if not free[place]:
            return float(self.df)
        alone = curvature(wells, self.ss / self.df, free=free).covariance[place, place]
        ratio = self.covariance[place, place] / alone
        return float(self.df * ratio**2) if np.isfinite(ratio) else float(self.df)

    def interval(self, name: str, confidence: float) -> ProfileInterval:
        """Find a profile interval.

        Parameters
        ----------
        name : str
            Parameter.
        confidence : float
            Confidence level.

        Returns
        -------
        ProfileInterval
            Ends that only a bound limits are open: ±inf.
        """
        if self.is_exact:
            value = float(self.theta[self.index(name)])
            return ProfileInterval(value, value)
        level = confidence
        if self.model.priors and self.df > 0:
            rise = critical_value(confidence, min(self.effective_df(name), 1e6)) ** 2
            level = float(special.fdtr(1, self.df, rise))
        found = profile_interval(self.problem, self.solution, name, confidence=level)
        low = -np.inf if found.low_end == "bound" else found.low
        high = np.inf if found.high_end == "bound" else found.high
        return ProfileInterval(low, high, found.low_end, found.high_end, found.low_rise, found.high_rise)

    def half_width(self, derivatives: Array, confidence: float) -> Array:
        """Return half the width of a band about curves.

        Parameters
        ----------
        derivatives : array, shape (n, p)
            Of the curve by the parameters.
        confidence : float
            Level at each place.

        Returns
        -------
        array, shape (n,)
            NaN where the fit has not settled, or the scatter cannot be known.
        """
        if not self.converged:
            return np.full(len(derivatives), np.nan)
        with np.errstate(invalid="ignore"):
            variance = np.einsum("np,pq,nq->n", derivatives, self.covariance, derivatives)
            width = critical_value(confidence, self.df) * np.sqrt(variance)
        return np.where(np.isfinite(width), width, np.nan)

    def table(self, confidence: float) -> pd.DataFrame:
        """Return estimates with standard errors and profile intervals.

        Parameters
        ----------
        confidence : float
            Confidence level.

        Returns
        -------
        DataFrame
            Columns ``estimate, standard_error, ci_low, ci_high``, indexed by ``parameter``.
        """
        ends = [self.interval(name, confidence) for name in self.model.names]
        return pd.DataFrame(
            {
                "estimate": self.theta,
                "standard_error": [self.standard_error(name) for name in self.model.names],
                "ci_low": [end.low for end in ends],
                "ci_high": [end.high for end in ends],
            },
            index=pd.Index(self.model.names, name="parameter"),
        )


def fit_joint(model: JointModel, signal: Array, noise: NoiseModel) -> JointFit:
    """Fit by least squares, weights taken from the fitted curve until they settle; the first pass unweighted.

    Parameters
    ----------
    model : JointModel
        What the wells are expected to show.
    signal : array, shape (n,)
        What they show.
    noise : NoiseModel
        Variance as a function of the expected signal.

    Returns
    -------
    JointFit
        Of the last weights.
    """
    weights, start, settled = np.ones_like(signal), model.start, False
    df = signal.size - (len(model.names) - len(model.priors))
    problem = _problem(model, signal, weights, float(np.mean(signal**2)) or 1.0)
    solution = minimise(problem, start=start)
    for _ in range(_MAX_REWEIGHTINGS):
        fitted = model.curve(model.x, solution.theta)[0]
        weights = 1.0 / noise.variance(fitted)
        scatter = float(weights @ (signal - fitted) ** 2) / max(df, 1)
        problem = _problem(model, signal, weights, scatter)
        previous, solution = solution.theta, minimise(problem, start=solution.theta)
        if np.all(np.abs(solution.theta - previous) <= _SETTLED * np.maximum(np.abs(previous), 1.0)):
            settled = True
            break
    fitted = model.curve(model.x, solution.theta)[0]
    ss = float(weights @ (signal - fitted) ** 2)
    covariance = curvature(solution.jacobian, ss / max(df, 1), free=solution.free).covariance
    return JointFit(
        model, signal, fitted, weights, problem, solution, ss, df, covariance, settled and solution.converged
    )


def best_of(models: Sequence[JointModel], signal: Array) -> JointModel:
    """Return the model whose start leads to the smallest unweighted sum of squares; only near starts are followed.

    Parameters
    ----------
    models : sequence of JointModel
        The same model with several starts.
    signal : array, shape (n,)
        What the wells show.

    Returns
    -------
    JointModel
        It begins at the minimum that was found.
    """
    problems = [
        _problem(model, signal, np.ones_like(signal), float(np.mean(signal**2)) or 1.0) for model in models
    ]
    distance = [float((problem.residuals(problem.start) ** 2).sum()) for problem in problems]
    near = np.argsort(distance, kind="stable")[:_MAX_STARTS]
    found = [(minimise(problems[place]), place) for place in near]
    solution, place = min(found, key=lambda pair: pair[0].ss)
    best: JointModel = replace(models[int(place)], start=solution.theta)
    return best


def _problem(model: JointModel, signal: Array, weights: Array, scatter: float) -> Problem:
    root = np.sqrt(weights)
    places = np.array([model.names.index(name) for name in model.priors], dtype=np.intp)
    middle = np.array([value for value, _ in model.priors.values()], dtype=np.float64)
    scale = np.sqrt(scatter) / np.array([error for _, error in model.priors.values()], dtype=np.float64)
    extra = np.zeros((places.size, len(model.names)))
    extra[np.arange(places.size), places] = scale

    last: list[tuple[Array, tuple[Array, Array]]] = []  # residuals and Jacobian are asked for at the same place

    def curve(theta: Array) -> tuple[Array, Array]:
        if not last or not np.array_equal(last[0][0], theta):
            last[:] = [(theta.copy(), model.curve(model.x, theta))]
        return last[0][1]

    def residuals(theta: Array) -> Array:
        away = (theta[places] - middle) * scale
        return np.concatenate([(curve(theta)[0] - signal) * root, away])

    def jacobian(theta: Array) -> Array:
        return np.concatenate([curve(theta)[1] * root[:, None], extra])

    return Problem(residuals, model.names, model.start, model.lower, model.upper, jacobian)


def with_constants(
    names: tuple[str, ...], curve: Curve, values: Mapping[str, float]
) -> tuple[tuple[str, ...], Curve]:
    """Fix some parameters of a curve.

    Parameters
    ----------
    names : tuple of str
        All parameters of the curve.
    curve : callable
        Takes places and all parameters; returns expected signals and derivatives.
    values : mapping
        Parameters to fix, with their values.

    Returns
    -------
    names : tuple of str
        Parameters that are left.
    curve : callable
        Of these.
    """
    free = np.array([name not in values for name in names])
    template = np.array([values.get(name, np.nan) for name in names])

    def reduced(x: Array, theta: Array) -> tuple[Array, Array]:
        everything = template.copy()
        everything[free] = theta
        expected, derivatives = curve(x, everything)
        return expected, derivatives[:, free]

    return tuple(name for name in names if name not in values), reduced


def differentiated(function: Callable[[Array, Array], Array]) -> Curve:
    """Add derivatives to a function, by differences good to about twelve digits.

    Parameters
    ----------
    function : callable
        Takes places x and parameters; returns expected signals. Parameters must be logarithms or of size 1.

    Returns
    -------
    callable
        Returns expected signals (n,) and derivatives (n, p).
    """

    def curve(x: Array, theta: Array) -> tuple[Array, Array]:
        columns = []
        for place in range(theta.size):
            size = _DIFFERENCE * max(abs(theta[place]), 1.0)
            ends = []
            for steps in (-2.0, -1.0, 1.0, 2.0):
                moved = theta.copy()
                moved[place] += steps * size
                ends.append(function(x, moved))
            columns.append((ends[0] - ends[3] + 8.0 * (ends[2] - ends[1])) / (12.0 * size))
        return function(x, theta), np.stack(columns, axis=1)

    return curve
