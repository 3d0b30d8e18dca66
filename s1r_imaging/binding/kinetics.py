"""Binding kinetics: rates of the radioligand from association and dissociation, of a competitor from both."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.binding.kinetics_equations import association, motulsky_mahan
from s1r_imaging.binding.measured import MeasuredFit, Quantity, with_inverse
from s1r_imaging.binding.noise import DEFAULT_WEIGHTING, Weighting
from s1r_imaging.binding.time_courses import Kinetics, TimeCourse, fit_time_course, time_course
from s1r_imaging.curves.fit import CurveOptions
from s1r_imaging.flags import BindingFlag
from s1r_imaging.options import Options, option

Array = NDArray[np.float64]
Phases = Literal["one_phase", "two_phase"]

_LN2, _LN10 = float(np.log(2.0)), float(np.log(10.0))
_GRID = (-0.5, 0.0, 0.5, 1.0, 1.5)  # log10 of starting rates, per longest time


@dataclass(frozen=True, kw_only=True)
class KineticsOptions(Options):
    """Options of all kinetic fits."""

    section: ClassVar[str] = "kinetics"

    weighting: Weighting = option(DEFAULT_WEIGHTING, "Weights: noise pooled over the replicates, or a rule.")
    counting_time_min: float | None = option(
        None, "Counting time (min) where the signal is in cpm; its noise is estimated when not given.", gt=0
    )
    confidence: float = option(CurveOptions.confidence, "Level of the intervals.", gt=0, lt=1)


@dataclass(frozen=True, kw_only=True)
class AssociationOptions(KineticsOptions):
    """Options of `fit_association`."""

    section: ClassVar[str] = "association"

    kd_M: float | None = option(None, "Kd of saturation (mol/L), compared with k_off/k_on.", gt=0)
    k_off_per_min: float | None = option(None, "Dissociation rate measured on its own (1/min).", gt=0)
    k_off_se_per_min: float = option(0.0, "Its standard error (1/min), carried into the others.", ge=0)


@dataclass(frozen=True, kw_only=True)
class DissociationOptions(KineticsOptions):
    """Options of `fit_dissociation`."""

    section: ClassVar[str] = "dissociation"

    phases: Phases = option("one_phase", "One exponential, or two.")


@dataclass(frozen=True, kw_only=True)
class CompetitionKineticsOptions(KineticsOptions):
    """Options of `fit_competition_kinetics`."""

    section: ClassVar[str] = "competition_kinetics"

    k_on_se_per_M_min: float = option(0.0, "Standard error of the radioligand's k_on (L/mol/min).", ge=0)
    k_off_se_per_min: float = option(0.0, "Standard error of the radioligand's k_off (1/min).", ge=0)


def fit_association(
    table: pd.DataFrame,
    *,
    kd_M: float | None = AssociationOptions.kd_M,
    k_off_per_min: float | None = AssociationOptions.k_off_per_min,
    k_off_se_per_min: float = AssociationOptions.k_off_se_per_min,
    weighting: Weighting = AssociationOptions.weighting,
    counting_time_min: float | None = AssociationOptions.counting_time_min,
    confidence: float = AssociationOptions.confidence,
) -> MeasuredFit:
    """Fit association and dissociation rates to association at several radioligand concentrations together.

    Parameters
    ----------
    table : DataFrame
        Columns ``time_min, concentration_M`` (free radioligand) and ``signal``; wells whose ``role`` is
        ``nonspecific`` are fitted in proportion to the concentration. Without such wells the signal is taken to
        be specific binding.
    kd_M : float, optional
        Dissociation constant of saturation (mol/L), which k_off/k_on is compared with.
    k_off_per_min : float, optional
        Dissociation rate measured on its own (1/min); with it one concentration is enough.
    k_off_se_per_min : float
        Its standard error (1/min), carried into the others.
    weighting : {"noise", "1/y", "1/y2", "none"}
        See `fit_competition`.
    counting_time_min : float, optional
        Counting time where the signal is in counts per minute.
    confidence : float
        Level of the intervals.

    Returns
    -------
    MeasuredFit
        Parameters ``k_on_per_M_min, k_off_per_min, bmax, kd_M`` (k_off/k_on); a flag where the interval of the
        last excludes the `kd_M` that was given.

    Raises
    ------
    ValueError
        If a column is missing, there are several experiments, or one concentration only and no
        `k_off_per_min`.

    Notes
    -----
    Bound = Bmax k_on L/k_obs (1 − exp(−k_obs t)), k_obs = k_on L + k_off, with k_on, k_off and Bmax common to all
    concentrations. At one concentration k_obs and the plateau do not tell the three apart.
    """
    options = AssociationOptions(
        kd_M=kd_M,
        k_off_per_min=k_off_per_min,
        k_off_se_per_min=k_off_se_per_min,
        weighting=weighting,
        counting_time_min=counting_time_min,
        confidence=confidence,
    )
    course = time_course(table)
    if np.unique(course.concentration[course.concentration > 0]).size < 2 and k_off_per_min is None:
        raise ValueError(
            "table has fewer than two radioligand concentrations: k_on and k_off cannot be told apart without a "
            "second one, or k_off_per_min from a dissociation experiment."
        )

    def function(x: Array, p: Array) -> Array:
        bound = association(x[:, 0], x[:, 1], k_on=10.0 ** p[0], k_off=10.0 ** p[1], bmax=1.0) * p[2]
        return np.asarray(bound * x[:, 2] + (p[3] * x[:, 1] if len(p) > 3 else 0.0), dtype=np.float64)

    shown = [
        Quantity("k_on_per_M_min", "log_k_on", 1.0 / course.minutes / course.molar, True, "L/mol/min"),
        Quantity("k_off_per_min", "log_k_off", 1.0 / course.minutes, True, "1/min"),
        Quantity("bmax", "bmax", course.scale, False, ""),
        *_nonspecific(course, per_molar=True),
    ]
    known = {} if k_off_per_min is None else {"log_k_off": _known(k_off_per_min, k_off_se_per_min, course.minutes)}
    kinetics = Kinetics(
        "Association",
        ("log_k_on", "log_k_off", "bmax", *(("nonspecific",) if course.has_nonspecific else ())),
        function,
        _starts("log_k_on", "log_k_off", known),
        shown,
        known,
        ("log_k_off", "log_k_on", Quantity("kd_M", "log_kd", course.molar, True, "mol/L")),
    )
    return _compared(_fitted(course, kinetics, options), options.kd_M)


def fit_dissociation(
    table: pd.DataFrame,
    *,
    phases: Phases = DissociationOptions.phases,
    weighting: Weighting = DissociationOptions.weighting,
    counting_time_min: float | None = DissociationOptions.counting_time_min,
    confidence: float = DissociationOptions.confidence,
) -> MeasuredFit:
    """Fit dissociation after rebinding is blocked or the radioligand diluted.

    Parameters
    ----------
    table : DataFrame
        Columns ``time_min`` and ``signal``; wells whose ``role`` is ``nonspecific`` hold the plateau. Without
        such wells the plateau is fitted.
    phases : {"one_phase", "two_phase"}
        One exponential, or two.
    weighting : {"noise", "1/y", "1/y2", "none"}
        See `fit_competition`.
    counting_time_min : float, optional
        Counting time where the signal is in counts per minute.
    confidence : float
        Level of the intervals.

    Returns
    -------
    MeasuredFit
        Parameters ``k_off_per_min, half_life_min, bound_at_start, plateau``; with two phases
        ``k_fast_per_min, k_slow_per_min, fast_fraction, bound_at_start, plateau``.

    Raises
    ------
    ValueError
        If a column is missing, or there are several experiments.

    Notes
    -----
    Signal = plateau + bound at start × exp(−k_off t), or the same with two exponentials.
    """
    options = DissociationOptions(
        phases=phases, weighting=weighting, counting_time_min=counting_time_min, confidence=confidence
    )
    course = time_course(table, needs_concentration=False)
    rate, scale = 1.0 / course.minutes, course.scale
    plateaus = [
        Quantity("bound_at_start", "bound", scale, False, ""),
        Quantity("plateau", "plateau", scale, False, ""),
    ]
    low, span = float(course.y.min(initial=0.0)), float(np.ptp(course.y)) if course.y.size else 1.0
    common = {"bound": span, "plateau": low}
    if options.phases == "one_phase":
        shown = [Quantity("k_off_per_min", "log_k_off", rate, True, "1/min"), *plateaus]
        starts = [{**common, "log_k_off": start} for start in _GRID]
        names = ("bound", "plateau", "log_k_off")
        one = Kinetics("Dissociation, one phase", names, _one_phase, starts, shown, {})
        return with_inverse(_fitted(course, one, options), "k_off_per_min", "half_life_min", _LN2)
    fast = Quantity("k_fast_per_min", "log_k_fast", rate, True, "1/min")
    slow = Quantity("k_slow_per_min", "log_k_slow", rate, True, "1/min")
    share = Quantity("fast_fraction", "fraction_fast", 1.0, False, "")
    starts = [
        {**common, "log_k_fast": high, "log_k_slow": below, "fraction_fast": 0.5}
        for high in _GRID[2:]
        for below in _GRID[:2]
    ]
    both = ("bound", "plateau", "log_k_fast", "log_k_slow", "fraction_fast")
    two = Kinetics("Dissociation, two phases", both, _two_phases, starts, [fast, slow, share, *plateaus], {})
    return _in_order(_fitted(course, two, options))


def fit_competition_kinetics(
    table: pd.DataFrame,
    *,
    radioligand_M: float,
    k_on_per_M_min: float,
    k_off_per_min: float,
    k_on_se_per_M_min: float = CompetitionKineticsOptions.k_on_se_per_M_min,
    k_off_se_per_min: float = CompetitionKineticsOptions.k_off_se_per_min,
    weighting: Weighting = CompetitionKineticsOptions.weighting,
    counting_time_min: float | None = CompetitionKineticsOptions.counting_time_min,
    confidence: float = CompetitionKineticsOptions.confidence,
) -> MeasuredFit:
    """Fit the rates of an unlabelled competitor to association of the radioligand in its presence.

    Parameters
    ----------
    table : DataFrame
        Columns ``time_min, concentration_M`` (free competitor; 0 for the radioligand alone) and ``signal``;
        wells whose ``role`` is ``nonspecific`` hold the bottom. Without such wells the signal is taken to be
        specific binding.
    radioligand_M : float
        Free radioligand (mol/L).
    k_on_per_M_min, k_off_per_min : float
        Rates of the radioligand (L/mol/min and 1/min).
    k_on_se_per_M_min, k_off_se_per_min : float
        Their standard errors, carried into the rates of the competitor.
    weighting : {"noise", "1/y", "1/y2", "none"}
        See `fit_competition`.
    counting_time_min : float, optional
        Counting time where the signal is in counts per minute.
    confidence : float
        Level of the intervals.

    Returns
    -------
    MeasuredFit
        Parameters ``k_on_per_M_min, k_off_per_min`` of the competitor, ``residence_time_min``, ``bmax`` and
        ``ki_M`` (k_off/k_on).

    Raises
    ------
    ValueError
        If a column is missing, there are several experiments, or a rate or concentration is not positive.

    References
    ----------
    Motulsky H. J., Mahan L. C. (1984), Mol. Pharmacol. 25, 1–9.
    """
    options = CompetitionKineticsOptions(
        k_on_se_per_M_min=k_on_se_per_M_min,
        k_off_se_per_min=k_off_se_per_min,
        weighting=weighting,
        counting_time_min=counting_time_min,
        confidence=confidence,
    )
    for name, value in (
        ("radioligand_M", radioligand_M),
        ("k_on_per_M_min", k_on_per_M_min),
        ("k_off_per_min", k_off_per_min),
    ):
        if not (np.isfinite(value) and value > 0):
            raise ValueError(f"{name}={value!r}: expected a finite number of more than 0.")
    course = time_course(table)
    added = radioligand_M / course.molar

    def function(x: Array, p: Array) -> Array:
        rates = 10.0 ** np.asarray(p[:4])
        bound = motulsky_mahan(
            x[:, 0], added, x[:, 1], k_on=rates[0], k_off=rates[1], competitor_k_on=rates[2],
            competitor_k_off=rates[3], bmax=1.0,
        )  # fmt: skip
        return np.asarray(p[4] * bound * x[:, 2] + (p[5] if len(p) > 5 else 0.0), dtype=np.float64)

    known = {
        "log_k1": _known(k_on_per_M_min, k_on_se_per_M_min, course.minutes * course.molar),
        "log_k2": _known(k_off_per_min, k_off_se_per_min, course.minutes),
    }
    on, off = 1.0 / course.minutes / course.molar, 1.0 / course.minutes
    shown = [
        Quantity("k_on_per_M_min", "log_k3", on, True, "L/mol/min"),
        Quantity("k_off_per_min", "log_k4", off, True, "1/min"),
        Quantity("bmax", "bmax", course.scale, False, ""),
        *_nonspecific(course, per_molar=False),
    ]
    kinetics = Kinetics(
        "Competition kinetics (Motulsky-Mahan)",
        ("log_k1", "log_k2", "log_k3", "log_k4", "bmax", *(("nonspecific",) if course.has_nonspecific else ())),
        function,
        _starts("log_k3", "log_k4", known),
        shown,
        known,
        ("log_k4", "log_k3", Quantity("ki_M", "log_ki", course.molar, True, "mol/L")),
    )
    return with_inverse(_fitted(course, kinetics, options), "k_off_per_min", "residence_time_min", 1.0)


def _fitted(course: TimeCourse, kinetics: Kinetics, options: KineticsOptions) -> MeasuredFit:
    return fit_time_course(
        course,
        kinetics,
        weighting=options.weighting,
        minutes=options.counting_time_min,
        confidence=options.confidence,
    )


def _one_phase(x: Array, p: Array) -> Array:
    return np.asarray(p[1] + p[0] * np.exp(-(10.0 ** p[2]) * x[:, 0]) * x[:, 2], dtype=np.float64)


def _two_phases(x: Array, p: Array) -> Array:
    fast, slow = (np.exp(-(10.0**log_rate) * x[:, 0]) for log_rate in p[2:4])
    return np.asarray(p[1] + p[0] * (p[4] * fast + (1.0 - p[4]) * slow) * x[:, 2], dtype=np.float64)


def _known(value: float, error: float, unit: float) -> tuple[float, float]:
    """Return log10 of a known rate in the units of a time course, and its standard error."""
    return float(np.log10(value * unit)), error / value / _LN10


def _starts(on: str, off: str, known: dict[str, tuple[float, float]]) -> list[dict[str, float]]:
    rest = {"bmax": 1.5, "nonspecific": 0.1}
    pairs = [(up, down) for up in _GRID[::2] for down in _GRID[:4]]
    return [
        {on: up, off: down, **rest} | {name: value for name, (value, _) in known.items()} for up, down in pairs
    ]


def _nonspecific(course: TimeCourse, *, per_molar: bool) -> list[Quantity]:
    if not course.has_nonspecific:
        return []
    if per_molar:
        return [Quantity("nonspecific_per_M", "nonspecific", course.scale / course.molar, False, "L/mol")]
    return [Quantity("nonspecific", "nonspecific", course.scale, False, "")]


def _compared(fit: MeasuredFit, kd_M: float | None) -> MeasuredFit:
    """Flag a kinetic Kd whose interval excludes that of saturation."""
    low, high = fit.value("kd_M", "ci_low"), fit.value("kd_M", "ci_high")
    slack = 1e-6 * fit.value("kd_M")  # data without scatter have intervals without width
    if kd_M is None or not (kd_M < low - slack or kd_M > high + slack):
        return fit
    words = f"k_off/k_on is {low * 1e9:.3g} to {high * 1e9:.3g} nM, but kd_M is {kd_M * 1e9:.3g} nM"
    advice = "check the radioligand's concentration, and whether dissociation has one phase."
    return replace(fit, flags=int(fit.flags | BindingFlag.KD_DISAGREES), notes=(*fit.notes, f"{words}: {advice}"))


def _in_order(fit: MeasuredFit) -> MeasuredFit:
    """Name the larger of two rates the fast one."""
    if fit.joint is None or fit.joint.theta[2] >= fit.joint.theta[3]:
        return fit
    table = fit.parameters.rename(index={"k_fast_per_min": "k_slow_per_min", "k_slow_per_min": "k_fast_per_min"})
    at_share = table.index == "fast_fraction"
    low, high = table["ci_low"].copy(), table["ci_high"].copy()
    table["estimate"] = table["estimate"].where(~at_share, 1.0 - table["estimate"])
    table["ci_low"], table["ci_high"] = low.where(~at_share, 1.0 - high), high.where(~at_share, 1.0 - low)
    return replace(fit, parameters=table.loc[list(fit.parameters.index)])
