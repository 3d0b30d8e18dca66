"""What kinetic fits share: time courses in units near 1, and the way to a result."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.binding.curve_wells import check_columns
from s1r_imaging.binding.joint import JointFit, JointModel, best_of, differentiated, fit_joint, with_constants
from s1r_imaging.binding.measured import (
    MeasuredFit,
    Quantity,
    meanings,
    noise_of,
    open_intervals,
    quantities,
    table_of,
    with_band,
    withheld,
)
from s1r_imaging.binding.noise import NoiseModel, Weighting
from s1r_imaging.curves.compare import extra_sum_of_squares, weighted_ss
from s1r_imaging.flags import BindingFlag

Array = NDArray[np.float64]

_RATE_SPAN = 6.0  # decades about 1/(longest time) in which rates are sought
_SIGNIFICANCE = 0.05
_PLATEAU = 1e4  # bound of plateaus, in units of the largest signal


@dataclass(frozen=True, eq=False)
class TimeCourse:
    """Wells of a time course.

    Attributes
    ----------
    wells : DataFrame
        Columns ``role, time_min, concentration_M, signal``; finite wells only.
    time, concentration, specific : array, shape (n,)
        Time in units of `minutes`, concentration in units of `molar`, and 1 in wells that bind specifically.
    y : array, shape (n,)
        Signal in units of `scale`.
    minutes, molar, scale : float
        The units.
    flags : int
        Sum of `BindingFlag` bits.
    """

    wells: pd.DataFrame
    time: Array
    concentration: Array
    specific: Array
    y: Array
    minutes: float
    molar: float
    scale: float
    flags: int

    @property
    def x(self) -> Array:
        """Time, concentration and whether specific, (n, 3)."""
        return np.stack([self.time, self.concentration, self.specific], axis=1)

    @property
    def has_nonspecific(self) -> bool:
        """Whether there are non-specific wells."""
        return bool((self.specific == 0).any())

    def places(self, table: pd.DataFrame) -> Array:
        """Return where the rows of a table lie, as `x`.

        Parameters
        ----------
        table : DataFrame
            Columns ``time_min``, and ``concentration_M`` and ``role`` where they matter.

        Returns
        -------
        array, shape (n, 3)
            Time, concentration and whether specific.
        """
        concentration = table["concentration_M"] if "concentration_M" in table else pd.Series(0.0, table.index)
        role = table["role"] if "role" in table else pd.Series("total", table.index)
        columns = [table["time_min"] / self.minutes, concentration / self.molar, role != "nonspecific"]
        return np.stack([column.to_numpy(dtype=np.float64) for column in columns], axis=1)


def time_course(
    table: pd.DataFrame, *, molar: float | None = None, needs_concentration: bool = True
) -> TimeCourse:
    """Check the table of a time course and bring it to units near 1.

    Parameters
    ----------
    table : DataFrame
        Columns ``time_min, signal``, ``concentration_M`` where needed, and ``role`` where there are non-specific
        wells.
    molar : float, optional
        Unit of concentration (M); the mean of the logarithms when not given.
    needs_concentration : bool
        Whether the column must be there.

    Returns
    -------
    TimeCourse
        The wells that a fit can use.

    Raises
    ------
    ValueError
        If a column is missing, or there are several experiments.
    """
    columns = ("time_min", "concentration_M", "signal") if needs_concentration else ("time_min", "signal")
    wells = check_columns(table, columns)
    if "experiment" in table.columns and len(table["experiment"].unique()) > 1:
        raise ValueError("the table has several experiments: fit each on its own, and combine the results.")
    wells["role"] = table["role"].to_numpy() if "role" in table.columns else "total"
    if not needs_concentration:
        wells["concentration_M"] = 0.0
    wells = wells[wells["role"] != "blank"]
    numbers = wells[["time_min", "concentration_M", "signal"]].to_numpy()
    good = np.isfinite(numbers).all(axis=1) & (numbers[:, :2] >= 0).all(axis=1)
    kept = wells[good].reset_index(drop=True)
    flags = 0 if good.all() else int(BindingFlag.NOT_FINITE)
    flags |= int(BindingFlag.NEGATIVE_SIGNAL) if (kept["signal"] < 0).any() else 0
    time, concentration = kept["time_min"].to_numpy(), kept["concentration_M"].to_numpy()
    doses = concentration[concentration > 0]
    minutes = float(time.max(initial=0.0)) or 1.0
    unit = molar or (float(np.exp(np.log(doses).mean())) if doses.size else 1.0)
    signal = kept["signal"].to_numpy()
    scale = float(np.abs(signal).max(initial=0.0)) or 1.0
    specific: Array = (kept["role"] != "nonspecific").to_numpy().astype(np.float64)
    return TimeCourse(
        kept, time / minutes, concentration / unit, specific, signal / scale, minutes, unit, scale, flags
    )


@dataclass(frozen=True, eq=False)
class Kinetics:
    """An equation of time with its parameters.

    Attributes
    ----------
    title : str
        What is fitted, in words.
    names : tuple of str
        Parameters; those that begin with ``log_`` are logarithms of rates in units of the time course.
    function : callable
        Takes places (n, 3) and parameters; returns expected signals.
    starts : sequence of mapping
        Parameter to starting value; the best of several minima is kept.
    shown : sequence of Quantity
        What to report.
    constants : mapping
        Parameter to its known value and standard error.
    ratio : tuple or None
        Two parameters, and how to report the difference of their logarithms.
    """

    title: str
    names: tuple[str, ...]
    function: Callable[[Array, Array], Array]
    starts: Sequence[Mapping[str, float]]
    shown: Sequence[Quantity]
    constants: Mapping[str, tuple[float, float]]
    ratio: tuple[str, str, Quantity] | None = None


def fit_time_course(
    course: TimeCourse, kinetics: Kinetics, *, weighting: Weighting, minutes: float | None, confidence: float
) -> MeasuredFit:
    """Fit an equation of time.

    Parameters
    ----------
    course : TimeCourse
        The wells.
    kinetics : Kinetics
        The equation.
    weighting : {"noise", "1/y", "1/y2", "none"}
        See `fit_competition`.
    minutes : float or None
        Counting time where it is known.
    confidence : float
        Level of the intervals.

    Returns
    -------
    MeasuredFit
        Estimates that the data do not determine are NaN.
    """
    noise = noise_of(course.wells, ("role", "time_min", "concentration_M"), weighting, minutes)
    n_free = sum(kinetics.constants.get(name, (0.0, 1.0))[1] > 0 for name in kinetics.names)
    df = len(course.y) - n_free + sum(error > 0 for _, error in kinetics.constants.values())
    times = np.unique(course.time[(course.specific > 0) & (course.time > 0)])
    if df < 1 or times.size < 2 or not np.ptp(course.y):
        flags = int(course.flags | BindingFlag.TOO_FEW_POINTS)
        items = [*kinetics.shown, *([kinetics.ratio[2]] if kinetics.ratio else [])]
        empty = table_of({item.name: (np.nan, np.nan, np.nan, np.nan, item.unit) for item in items})
        return MeasuredFit(kinetics.title, empty, course.wells, df, confidence, noise, flags, meanings(flags))
    models = [_model(course, kinetics, start) for start in kinetics.starts]
    joint = fit_joint(best_of(models, course.y), course.y, noise.in_units(course.scale))
    parameters = quantities(
        joint, [item for item in kinetics.shown if item.parameter in joint.model.names], confidence
    )
    if kinetics.ratio:
        ratio = _ratio(course, kinetics, kinetics.ratio, (joint, noise), confidence)
        parameters = pd.concat([parameters, ratio])
    unknown = open_intervals(parameters) if _depends_on_time(course, joint) else list(parameters.index)
    flags = course.flags | (0 if joint.converged or joint.is_exact else BindingFlag.NOT_CONVERGED)
    flags |= BindingFlag.OPEN_INTERVAL if unknown else 0
    flags |= BindingFlag.NO_REPLICATES if not noise.df and weighting == "noise" else 0
    rest = course.y - joint.fitted
    wells = course.wells.assign(
        fitted=joint.fitted * course.scale,
        residual=rest * course.scale,
        weighted_residual=rest * np.sqrt(joint.weights),
    )

    def predict(table: pd.DataFrame) -> pd.DataFrame:
        return with_band(
            table, joint.model.curve(course.places(table), joint.theta), joint, course.scale, confidence
        )

    return MeasuredFit(
        kinetics.title, withheld(parameters, unknown), wells, df, confidence, noise, int(flags),
        meanings(int(flags)), predict, joint,
    )  # fmt: skip


def _depends_on_time(course: TimeCourse, joint: JointFit) -> bool:
    """Test whether the curve is better than a constant for each series (F test), where it has more parameters."""
    number = np.unique(course.x[:, 1:], axis=0, return_inverse=True)[1].ravel()
    series = [number == place for place in np.unique(number)]
    ss_flat = sum(weighted_ss(course.y[kind], joint.weights[kind]) for kind in series)
    df_flat = course.y.size - len(series)
    if df_flat <= joint.df or joint.is_exact:
        return True
    return bool(extra_sum_of_squares(ss_flat, df_flat, joint.ss, joint.df).p < _SIGNIFICANCE)


def _model(course: TimeCourse, kinetics: Kinetics, start: Mapping[str, float]) -> JointModel:
    fixed = {name: value for name, (value, error) in kinetics.constants.items() if error == 0}
    names, curve = with_constants(kinetics.names, differentiated(kinetics.function), fixed)
    priors = {name: pair for name, pair in kinetics.constants.items() if pair[1] > 0}
    first = {**start, **{name: value for name, (value, _) in priors.items()}}
    ends = np.array([_bounds(name, priors) for name in names])
    return JointModel(
        names, curve, course.x, np.array([first[name] for name in names]), ends[:, 0], ends[:, 1], priors
    )


def _bounds(name: str, priors: Mapping[str, tuple[float, float]]) -> tuple[float, float]:
    if name in priors:
        return -np.inf, np.inf
    if name.startswith("log_"):
        return -_RATE_SPAN, _RATE_SPAN
    return (0.0, 1.0) if name.startswith("fraction") else (-_PLATEAU, _PLATEAU)


def _ratio(
    course: TimeCourse,
    kinetics: Kinetics,
    ratio: tuple[str, str, Quantity],
    fit: tuple[JointFit, NoiseModel],
    confidence: float,
) -> pd.DataFrame:
    """Return the ratio of two rates with its profile interval: the same fit with the ratio for a parameter."""
    (above, below, shown), (joint, noise) = ratio, fit
    values = dict(zip(joint.model.names, joint.theta.tolist(), strict=True))
    values = {name: pair[0] for name, pair in kinetics.constants.items()} | values
    place, other = kinetics.names.index(below), kinetics.names.index(above)
    names = tuple(shown.parameter if name == below else name for name in kinetics.names)

    def function(x: Array, theta: Array) -> Array:
        rates = theta.copy()
        rates[place] = theta[other] - theta[place]
        return kinetics.function(x, rates)

    values[shown.parameter] = values[above] - values[below]
    constants = {name: pair for name, pair in kinetics.constants.items() if name != below}
    turned = replace(kinetics, names=names, function=function, starts=[values], constants=constants)
    again = fit_joint(_model(course, turned, values), course.y, noise.in_units(course.scale))
    return quantities(again, [shown], confidence)
