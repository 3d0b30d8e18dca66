"""What saturation and kinetic fits give: numbers in the field's units with profile intervals, wells and words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.binding.joint import JointFit
from s1r_imaging.binding.noise import NoiseModel, Weighting, plate_noise
from s1r_imaging.flags import BINDING_FLAG_MEANING, BindingFlag, flag_names

Array = NDArray[np.float64]

_LN10 = float(np.log(10.0))
_SHOWN = ("estimate", "standard_error", "ci_low", "ci_high")


@dataclass(frozen=True)
class Quantity:
    """How a parameter of a joint fit is shown.

    Parameters
    ----------
    name : str
        Name with unit, such as ``kd_M``.
    parameter : str
        Parameter of the joint fit.
    factor : float
        What the parameter, or 10 to its power where it is a logarithm, is multiplied with.
    is_log : bool
        Whether the parameter is a log10.
    unit : str
        For the report.
    """

    name: str
    parameter: str
    factor: float
    is_log: bool
    unit: str


@dataclass(frozen=True, eq=False)
class MeasuredFit:
    """A saturation or kinetic fit.

    Attributes
    ----------
    title : str
        What was fitted, in words.
    parameters : DataFrame
        Indexed by ``parameter``, named with its unit: ``estimate, standard_error, ci_low, ci_high, unit``.
        Intervals are profiles; an end that the data do not limit is 0 or ±inf. Standard errors of positive
        quantities are those of their logarithm times the estimate.
    wells : DataFrame
        What was fitted, with ``fitted``, ``residual`` and ``weighted_residual``.
    df : int
        Wells minus parameters.
    confidence : float
        Level of the intervals.
    noise : NoiseModel
        How much wells scatter.
    flags : int
        Sum of `BindingFlag` bits.
    notes : tuple of str
        What to do about them.
    predict : callable or None
        Takes a table like the one that was fitted, returns it with ``signal`` from the fitted curve and its band,
        ``ci_low`` and ``ci_high``; None where there was nothing to fit.
    joint : JointFit or None
        The fit itself.
    """

    title: str
    parameters: pd.DataFrame
    wells: pd.DataFrame
    df: int
    confidence: float
    noise: NoiseModel
    flags: int = 0
    notes: tuple[str, ...] = ()
    predict: Callable[[pd.DataFrame], pd.DataFrame] | None = field(default=None, repr=False)
    joint: JointFit | None = field(default=None, repr=False)

    def value(self, name: str, column: str = "estimate") -> float:
        """Return one number of the table of parameters.

        Parameters
        ----------
        name : str
            Parameter, named with its unit.
        column : str
            Column.

        Returns
        -------
        float
            The number; NaN where there is none.
        """
        return float(self.parameters[column].get(name, np.nan))

    def to_frame(self) -> pd.DataFrame:
        """Return one row per parameter.

        Returns
        -------
        DataFrame
            Columns ``parameter, estimate, standard_error, ci_low, ci_high, unit, flags, flag_names``.
        """
        table = self.parameters.reset_index()
        return table.assign(flags=self.flags, flag_names=flag_names(self.flags, kind=BindingFlag))

    def report(self) -> str:
        """Return the answer in words.

        Returns
        -------
        str
            Plain text.
        """
        lines = [f"{self.title}; {len(self.wells)} wells, {self.df} degrees of freedom."]
        for name, row in self.parameters.iterrows():
            ends = f"{100 * self.confidence:g} % interval {row['ci_low']:.3g} to {row['ci_high']:.3g}"
            number = f"{row['estimate']:.4g} {row['unit']}".rstrip()
            lines.append(f"  {name}: {number} ({ends})")
        return "\n".join([*lines, *(f"  ! {note}" for note in self.notes)])


def quantities(joint: JointFit, shown: Sequence[Quantity], confidence: float) -> pd.DataFrame:
    """Return the parameters of a joint fit in the field's units.

    Parameters
    ----------
    joint : JointFit
        The fit.
    shown : sequence of Quantity
        What to show, in this order.
    confidence : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        As `MeasuredFit` has it.
    """
    rows = {}
    for item in shown:
        end = joint.interval(item.parameter, confidence)
        values = np.array([joint.theta[joint.index(item.parameter)], end.low, end.high])
        error = joint.standard_error(item.parameter)
        if item.is_log:
            values = 10.0**values
            error *= _LN10 * values[0]
        estimate, low, high = values * item.factor
        rows[item.name] = (estimate, error * item.factor, low, high, item.unit)
    return table_of(rows)


def table_of(rows: dict[str, tuple[float, float, float, float, str]]) -> pd.DataFrame:
    """Return rows of estimate, standard error, interval and unit as a table of parameters.

    Parameters
    ----------
    rows : dict
        Parameter to its row.

    Returns
    -------
    DataFrame
        As `MeasuredFit` has it.
    """
    table = pd.DataFrame.from_dict(rows, orient="index", columns=[*_SHOWN, "unit"])
    table.index.name = "parameter"
    return table.astype(dict.fromkeys(_SHOWN, np.float64))


def noise_of(table: pd.DataFrame, keys: Sequence[str], weighting: Weighting, minutes: float | None) -> NoiseModel:
    """Pool the noise of a table whose replicates agree in `keys`.

    Parameters
    ----------
    table : DataFrame
        With a column ``signal``.
    keys : sequence of str
        Columns in which replicates agree.
    weighting : {"noise", "1/y", "1/y2", "none"}
        See `plate_noise`.
    minutes : float or None
        Counting time where it is known.

    Returns
    -------
    NoiseModel
        In units of the signal.
    """
    group = table.groupby(list(keys), dropna=False, sort=False).ngroup()
    wells = pd.DataFrame(
        {
            "experiment": 0,
            "compound": "",
            "role": "competitor",
            "concentration_M": group.astype(np.float64),
            "signal": table["signal"],
        }
    )
    return plate_noise(wells, weighting=weighting, counting_time_min=minutes)


def with_band(
    table: pd.DataFrame, curve: tuple[Array, Array], joint: JointFit, scale: float, confidence: float
) -> pd.DataFrame:
    """Add a curve and its band to a table of places.

    Parameters
    ----------
    table : DataFrame
        Where the curve is wanted.
    curve : tuple of array, shape (n,) and (n, p)
        The signal there, and its derivatives by the parameters of the fit.
    joint : JointFit
        The fit.
    scale : float
        Unit of the signal.
    confidence : float
        Level at each place.

    Returns
    -------
    DataFrame
        With ``signal, ci_low, ci_high``; the last two are NaN where the scatter cannot be known.
    """
    signal, half = curve[0] * scale, joint.half_width(curve[1], confidence) * scale
    return table.assign(signal=signal, ci_low=signal - half, ci_high=signal + half)


def open_intervals(parameters: pd.DataFrame) -> list[str]:
    """Name the parameters whose interval is open.

    Parameters
    ----------
    parameters : DataFrame
        As `MeasuredFit` has it.

    Returns
    -------
    list of str
        Names.
    """
    low, high = parameters["ci_low"].to_numpy(), parameters["ci_high"].to_numpy()
    positive = (parameters["estimate"] > 0).to_numpy()
    is_open = np.isinf(low) | np.isinf(high) | (positive & (low == 0))
    return [str(name) for name, found in zip(parameters.index, is_open, strict=True) if found]


def withheld(parameters: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return the table with the estimates of some parameters taken out; their intervals stay.

    Parameters
    ----------
    parameters : DataFrame
        As `MeasuredFit` has it.
    names : sequence of str
        Parameters that the data do not determine.

    Returns
    -------
    DataFrame
        A copy.
    """
    table = parameters.copy()
    table.loc[list(names), ["estimate", "standard_error"]] = np.nan
    return table


def meanings(flags: int) -> tuple[str, ...]:
    """Return the sentence of each flag that is set.

    Parameters
    ----------
    flags : int
        Sum of `BindingFlag` bits.

    Returns
    -------
    tuple of str
        In the order of the bits.
    """
    return tuple(text for flag, text in BINDING_FLAG_MEANING.items() if flag & BindingFlag(flags))


def with_inverse(fit: MeasuredFit, rate: str, name: str, factor: float) -> MeasuredFit:
    """Add a time that is `factor` over a rate, behind that rate.

    Parameters
    ----------
    fit : MeasuredFit
        A fit with a rate (1/min).
    rate, name : str
        Parameter of the rate, and what the time is called.
    factor : float
        1 for a residence time, ln 2 for a half-life.

    Returns
    -------
    MeasuredFit
        With one parameter more.
    """
    value, error, low, high = (fit.value(rate, column) for column in _SHOWN)
    with np.errstate(divide="ignore"):
        ends = factor / np.array([high, low])
    row = table_of({name: (factor / value, factor * error / value**2, float(ends[0]), float(ends[1]), "min")})
    place = list(fit.parameters.index).index(rate) + 1
    return replace(fit, parameters=pd.concat([fit.parameters.iloc[:place], row, fit.parameters.iloc[place:]]))
