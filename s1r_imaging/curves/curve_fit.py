"""The result of `fit_curve`."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from s1r_imaging.curves.bands import band
from s1r_imaging.curves.equation import Equation
from s1r_imaging.curves.model import Model
from s1r_imaging.curves.outliers import Outliers, find_outliers
from s1r_imaging.curves.potency import Censored
from s1r_imaging.curves.problem import Problem, Solution
from s1r_imaging.curves.profile import ProfileInterval
from s1r_imaging.curves.report import report as write_report
from s1r_imaging.curves.weights import VarianceOf
from s1r_imaging.flags import CurveFlag, flag_names

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CurveFit:
    """A fitted curve, or several with shared parameters.

    Attributes
    ----------
    parameters : DataFrame
        Indexed by ``parameter``, with ``estimate, standard_error, ci_low, ci_high`` (profile-likelihood),
        ``wald_low, wald_high, dependency, is_fixed``. An open end is ±inf. There is no estimate (NaN) where both
        ends are open, and none of a midpoint where the data show no dependence on concentration.
    midpoints : dict
        What may be said of each midpoint that was fitted: ``=`` a value, ``>`` the highest dose, ``<`` the
        lowest, or nothing.
    covariance, correlation : DataFrame
        Of the parameters.
    sum_of_squares : float
        Weighted sum of squared residuals.
    df : int
        Degrees of freedom.
    residual_sd : float
        √(SS/df), Prism's Sy.x.
    r_squared : float
        1 − SS/SS of a horizontal line, both weighted.
    flags : CurveFlag
        Why the fit is suspect; 0 if nothing is.
    converged : bool
        Whether the search ended at a minimum.
    x, y : array, shape (n,) (x of some equations (k, n))
        The points that took part.
    weights : array, shape (n,)
        Their weights, at the end.
    fitted, residuals : array, shape (n,)
        The curve there; observed − fitted, in the unit of y.
    curve : array, shape (n,)
        Label of the curve of each point; None where there is one curve.
    n_left_out : int
        Points that were left out because x, y or a weight is not a finite number.
    confidence : float
        Level of the intervals.
    problem, solution : Problem, Solution
        What was minimised and the minimum, for inference beyond this.
    intervals : dict
        Parameter name to `ProfileInterval`.
    fixed : dict
        Parameters that were held, with their values.
    model : Model
        Equation, curves and their parameters.
    variance_of : callable or None
        From fitted values to relative variances, where weights were made so.
    variance_known : bool
        Whether weights are 1/variance rather than relative.
    """

    parameters: pd.DataFrame
    midpoints: dict[str, Censored]
    covariance: pd.DataFrame
    correlation: pd.DataFrame
    sum_of_squares: float
    df: int
    residual_sd: float
    r_squared: float
    flags: CurveFlag
    converged: bool
    x: Vector
    y: Vector
    weights: Vector
    fitted: Vector
    residuals: Vector
    curve: NDArray[np.object_]
    n_left_out: int
    confidence: float
    problem: Problem
    solution: Solution
    intervals: dict[str, ProfileInterval]
    fixed: dict[str, float]
    model: Model
    variance_of: VarianceOf | None
    variance_known: bool

    @property
    def equation(self) -> Equation:
        """The equation that was fitted."""
        return self.model.equation

    @property
    def theta(self) -> Vector:
        """Parameters at the minimum, in the order of the table, those too that the data do not support."""
        return self.solution.theta.copy()

    @property
    def flag_names(self) -> str:
        """Names of the flags, separated by ``"; "``."""
        return flag_names(self.flags, kind=CurveFlag)

    def predict(self, x: ArrayLike, *, curve: Hashable = None) -> Vector:
        """Compute the fitted curve.

        Parameters
        ----------
        x : array_like, shape (n,) or (k, n)
            Where.
        curve : object, optional
            Label of the curve, where there are several.

        Returns
        -------
        array, shape (n,)
            The curve.
        """
        at, member = self._place(x, curve)
        with np.errstate(all="ignore"):
            values: Vector = np.array(self.model.predict(self.solution.theta, at, member), dtype=np.float64)
        return values

    def confidence_band(
        self, x: ArrayLike, *, curve: Hashable = None, confidence: float | None = None
    ) -> tuple[Vector, Vector]:
        """Compute where the true curve lies, point by point.

        Parameters
        ----------
        x : array_like, shape (n,) or (k, n)
            Where.
        curve : object, optional
            Label of the curve, where there are several.
        confidence : float, optional
            Level; that of the fit when not given.

        Returns
        -------
        low, high : array, shape (n,)
            The band.
        """
        return self._band(x, curve, confidence, scatter=np.zeros(1))

    def prediction_band(
        self, x: ArrayLike, *, curve: Hashable = None, confidence: float | None = None
    ) -> tuple[Vector, Vector]:
        """Compute where a new observation would lie, point by point.

        Parameters
        ----------
        x : array_like, shape (n,) or (k, n)
            Where.
        curve : object, optional
            Label of the curve, where there are several.
        confidence : float, optional
            Level; that of the fit when not given.

        Returns
        -------
        low, high : array, shape (n,)
            The band.

        Raises
        ------
        ValueError
            If weights were given as numbers: the scatter at other points is then not known.
        """
        variance = 1.0 if self.variance_known else self.residual_sd**2
        if self.variance_of is not None:
            return self._band(
                x, curve, confidence, scatter=variance * self.variance_of(self.predict(x, curve=curve))
            )
        if np.any(self.weights != 1.0):
            raise ValueError(
                "weights were given as numbers, which say nothing of the scatter of a new point: pass a function "
                "from the fitted curve to the variance as weights= to have a prediction band."
            )
        return self._band(x, curve, confidence, scatter=np.array([variance]))

    def to_frame(self) -> pd.DataFrame:
        """Return a tidy table with one row per parameter.

        Returns
        -------
        DataFrame
            Columns ``equation, parameter, estimate, standard_error, ci_low, ci_high, wald_low, wald_high,
            is_fixed, relation, estimate_M, ci_low_M, ci_high_M, n_points, df, residual_sd, r_squared,
            converged, flags``; the molar columns are back-transformed from log10, NaN for other parameters.
            Where the relation is ``>`` or ``<``, the estimate is the limit: the highest or lowest dose.
        """
        table = self.parameters.reset_index().drop(columns="dependency")
        for name, item in self.midpoints.items():
            if item.relation in {">", "<"}:  # a limit is the value that its relation speaks of
                table.loc[table["parameter"] == name, "estimate"] = item.value
        log10 = {self.model.names[j] for j in self._log10_columns()}
        is_log = table["parameter"].isin(log10).to_numpy()
        for name in ("estimate", "ci_low", "ci_high"):
            with np.errstate(over="ignore"):
                table[f"{name}_M"] = np.where(is_log, 10.0 ** table[name].to_numpy(dtype=np.float64), np.nan)
        said = [self.midpoints[name].relation if name in self.midpoints else "=" for name in table["parameter"]]
        table.insert(0, "equation", self.equation.name)
        table.insert(len(table.columns) - 3, "relation", said)
        return table.assign(
            n_points=self.y.size,
            df=self.df,
            residual_sd=self.residual_sd,
            r_squared=self.r_squared,
            converged=self.converged,
            flags=int(self.flags),
        )

    def outliers(self, *, false_discovery_rate: float = 0.01) -> Outliers:
        """Find outliers by ROUT; they are marked, and nothing is removed.

        Parameters
        ----------
        false_discovery_rate : float
            Q: the share of the marked points that may be marked wrongly.

        Returns
        -------
        Outliers
            ``is_outlier`` in the order of `x` and `y`. To see the results without them, fit again with
            their y set to NaN.
        """
        return find_outliers(
            self.problem, self.solution, false_discovery_rate=false_discovery_rate, fixed=self.fixed
        )

    def report(self) -> str:
        """Write the fit as a pharmacologist would: values with intervals, goodness of fit, verdicts.

        Returns
        -------
        str
            Lines of text; what the data do not determine has no number.
        """
        return write_report(self)

    def _log10_columns(self) -> list[int]:
        positions = [self.equation.parameters.index(name) for name in self.equation.log10]
        return [int(column) for column in self.model.columns[:, positions].ravel()]

    def _place(self, x: ArrayLike, curve: Hashable) -> tuple[Vector, NDArray[np.intp]]:
        at = np.atleast_1d(np.asarray(x, dtype=np.float64))
        self.equation.check_x(at)
        labels = self.model.labels
        if curve not in labels and len(labels) > 1:
            raise ValueError(f"curve={curve!r}: expected one of {', '.join(repr(label) for label in labels)}.")
        index = labels.index(curve) if len(labels) > 1 else 0
        return at, np.full(at.shape[-1], index, dtype=np.intp)

    def _band(
        self, x: ArrayLike, curve: Hashable, confidence: float | None, *, scatter: Vector
    ) -> tuple[Vector, Vector]:
        at, member = self._place(x, curve)
        theta, problem = self.solution.theta, self.problem
        with np.errstate(all="ignore"):
            slopes = self.model.differentiator(theta, at, member, lower=problem.lower, upper=problem.upper)
            gradient = slopes(theta)
        return band(
            self.predict(at, curve=curve),
            gradient,
            self.covariance.to_numpy(dtype=np.float64),
            np.inf if self.variance_known else self.df,
            confidence=self.confidence if confidence is None else confidence,
            scatter_variance=scatter,
        )
