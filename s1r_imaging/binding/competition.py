"""Competition binding: Ki of each compound in each experiment, fitted directly to all wells together."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.binding.competition_models import Radioligand, competition_model, exact_log_ki
from s1r_imaging.binding.curve_wells import CurveWells, check_columns, curves_of, usable
from s1r_imaging.binding.dependence import is_upside_down, midpoint
from s1r_imaging.binding.joint import JointFit, fit_joint
from s1r_imaging.binding.measured import meanings
from s1r_imaging.binding.noise import DEFAULT_WEIGHTING, NoiseModel, Weighting, plate_noise
from s1r_imaging.binding.result import BindingFit, CompetitionFit
from s1r_imaging.binding.shapes import exact_log_ic50, shift
from s1r_imaging.binding.validity import Evidence, judge
from s1r_imaging.curves.compare import weighted_ss
from s1r_imaging.curves.diagnostics import replicates_test
from s1r_imaging.curves.fit import CurveOptions
from s1r_imaging.flags import BindingFlag
from s1r_imaging.options import Options, option
from s1r_imaging.progress import Progress, silent

Array = NDArray[np.float64]
EquilibriumKind = Literal["cheng_prusoff", "exact"]
CompetitionModel = Literal["one_site", "variable_slope", "two_site", "homologous"]

_LN10 = float(np.log(10.0))
_SIGNIFICANCE = 0.05


@dataclass(frozen=True, kw_only=True)
class CompetitionOptions(Options):
    """Options of `fit_competition`."""

    section: ClassVar[str] = "competition"

    kd_se_M: float = option(0.0, "Standard error of Kd (mol/L), carried into Ki.", ge=0)
    radioligand_se_M: float = option(0.0, "Standard error of the radioligand (mol/L), carried into Ki.", ge=0)
    receptor_M: float | None = option(None, "Total receptor in a well (mol/L).", gt=0)
    signal_per_M: float | None = option(
        None, "Signal of 1 mol/L of bound radioligand, from which the receptor can be found.", gt=0
    )
    equilibrium: EquilibriumKind = option(
        "cheng_prusoff", "exact allows for depletion of both ligands; it needs receptor_M or signal_per_M."
    )
    model: CompetitionModel = option("one_site", "Kind of competition.")
    weighting: Weighting = option(
        DEFAULT_WEIGHTING, "Weights: counting noise and CV pooled over the plate's replicates, or a rule."
    )
    counting_time_min: float | None = option(
        None, "Counting time (min) where the signal is in cpm; its noise is estimated when not given.", gt=0
    )
    confidence: float = option(CurveOptions.confidence, "Level of the intervals.", gt=0, lt=1)


def fit_competition(
    plate: pd.DataFrame,
    *,
    radioligand_M: float,
    kd_M: float | None,
    kd_se_M: float = CompetitionOptions.kd_se_M,
    radioligand_se_M: float = CompetitionOptions.radioligand_se_M,
    receptor_M: float | None = CompetitionOptions.receptor_M,
    signal_per_M: float | None = CompetitionOptions.signal_per_M,
    equilibrium: EquilibriumKind = CompetitionOptions.equilibrium,
    model: CompetitionModel = CompetitionOptions.model,
    weighting: Weighting = CompetitionOptions.weighting,
    counting_time_min: float | None = CompetitionOptions.counting_time_min,
    confidence: float = CompetitionOptions.confidence,
    progress: Progress = silent,
) -> BindingFit:
    """Fit Ki to competition wells, wells without competitor and non-specific wells together.

    Parameters
    ----------
    plate : DataFrame
        Columns ``experiment, compound, role, concentration_M, signal``; role is ``total``, ``nonspecific``,
        ``competitor`` or ``blank``. The totals and non-specific wells of an experiment serve all of its
        compounds; a competitor at concentration 0 counts as a total. More columns are allowed.
    radioligand_M : float
        Radioligand added to every well (mol/L).
    kd_M : float or None
        Its dissociation constant (mol/L); None is allowed where ``model="homologous"`` finds it.
    kd_se_M, radioligand_se_M : float
        Standard errors of the two (mol/L). Both enter the fit as parameters with log-normal priors, so that
        the interval of Ki carries them.
    receptor_M : float, optional
        Total receptor in a well (mol/L): the exact equilibrium needs it, and with it depletion is judged.
    signal_per_M : float, optional
        Signal of 1 mol/L of bound radioligand (cpm: efficiency × dpm/mol × volume). With it instead of
        `receptor_M` the exact fit finds the receptor from the specific binding.
    equilibrium : {"cheng_prusoff", "exact"}
        Whether what is free is taken to be what was added, or solved for, competitor included.
    model : {"one_site", "variable_slope", "two_site", "homologous"}
        One affinity and Hill slope 1; the slope free; two affinities; or the competitor is the radioligand
        unlabelled, and Ki is its Kd. The exact equilibrium knows one site and homologous competition.
    weighting : {"noise", "1/y", "1/y2", "none"}
        ``"noise"``: variance = a Y + (CV Y)² of the fitted curve Y, with a and CV pooled over all replicates
        of the plate; without replicates, or as a rule, variance in proportion to Y, to Y², or constant.
    counting_time_min : float, optional
        Counting time where the signal is in counts per minute: then a = 1/time is known.
    confidence : float
        Level of the intervals.
    progress : callable, optional
        Told how many curves are fitted; see `s1r_imaging.progress`.

    Returns
    -------
    BindingFit
        One fit per experiment and compound, in the order of the plate; see `BindingFit.to_frame`.

    Raises
    ------
    TypeError
        If `plate` is no DataFrame.
    ValueError
        If a column is missing, a role unknown, an option out of range, or the exact equilibrium asked for
        without receptor or with a model that it does not know.

    Notes
    -----
    Y = bottom + (top − bottom)/(1 + 10^(X − logIC50)), logIC50 = log10(10^logKi (1 + [L]/Kd)), with X = −∞ in
    totals and +∞ in non-specific wells. Intervals are profile likelihoods, SS(θ) = SSmin (1 + F/df). Ki is a
    number only where binding depends on the concentration (F test of a variable slope against no dependence),
    IC50 lies among the concentrations measured, and its interval is closed on both sides; else `relation`
    says on which side of `ki_limit_nM` it lies.

    References
    ----------
    Cheng Y.-C., Prusoff W. H. (1973), Biochem. Pharmacol. 22, 3099–3108. Person B., CurveWells J. W. (2011) on
    fitting totals and non-specific wells rather than subtracting.
    """
    options = CompetitionOptions(
        kd_se_M=kd_se_M,
        radioligand_se_M=radioligand_se_M,
        receptor_M=receptor_M,
        signal_per_M=signal_per_M,
        equilibrium=equilibrium,
        model=model,
        weighting=weighting,
        counting_time_min=counting_time_min,
        confidence=confidence,
    )
    kd = _check(radioligand_M, kd_M, options)
    table = check_columns(plate)
    noise = plate_noise(
        table[usable(table)], weighting=options.weighting, counting_time_min=options.counting_time_min
    )
    task = _Task(options, noise, float(radioligand_M), kd)
    curves, fits = list(curves_of(table)), []
    for done, wells in enumerate(curves):
        progress("curves", done, len(curves))
        fits.append(_fit_one(wells, task))
    progress("curves", len(curves), len(curves))
    return BindingFit(tuple(fits), task.radioligand_M, kd, noise, options.confidence)


@dataclass(frozen=True)
class _Task:
    """What all curves of a plate share."""

    options: CompetitionOptions
    noise: NoiseModel
    radioligand_M: float
    kd_M: float

    @property
    def exact(self) -> bool:
        return self.options.equilibrium == "exact"

    def ligand(self, wells: CurveWells) -> Radioligand:
        unit = 10.0**wells.centre
        given, per_M = self.options.receptor_M, self.options.signal_per_M
        return Radioligand(
            log_kd=float(np.log10(self.kd_M)) - wells.centre,
            log_l=float(np.log10(self.radioligand_M)) - wells.centre,
            log_kd_se=0.0 if np.isnan(self.kd_M) else self.options.kd_se_M / self.kd_M / _LN10,
            log_l_se=self.options.radioligand_se_M / self.radioligand_M / _LN10,
            receptor=None if given is None else given / unit,
            signal_per_unit=None if per_M is None else per_M * unit / wells.scale,
        )


def _check(radioligand_M: float, kd_M: float | None, options: CompetitionOptions) -> float:
    if not (np.isfinite(radioligand_M) and radioligand_M > 0):
        raise ValueError(f"radioligand_M={radioligand_M!r}: expected a concentration of more than 0 (mol/L).")
    if kd_M is None and options.model != "homologous":
        raise ValueError("kd_M=None: only model='homologous' can do without the Kd of the radioligand (mol/L).")
    if kd_M is not None and not (np.isfinite(kd_M) and kd_M > 0):
        raise ValueError(f"kd_M={kd_M!r}: expected a concentration of more than 0 (mol/L).")
    if options.equilibrium == "exact":
        if options.model not in {"one_site", "homologous"}:
            raise ValueError(
                f"model={options.model!r} with equilibrium='exact': the exact equilibrium knows one_site and "
                "homologous; use equilibrium='cheng_prusoff' for the others."
            )
        if (options.receptor_M is None) == (options.signal_per_M is None):
            raise ValueError(
                "equilibrium='exact' needs to know how much receptor there is: give either receptor_M (mol/L) or "
                "signal_per_M, the signal of 1 mol/L of bound radioligand."
            )
    return np.nan if kd_M is None or options.model == "homologous" else float(kd_M)


def _fit_one(wells: CurveWells, task: _Task) -> CompetitionFit:
    nothing = _without_fit(wells, task)
    if len(wells.y) <= _n_parameters(task) or not wells.doses.size or not np.ptp(wells.y):
        return nothing
    if is_upside_down(wells):
        flags = int(nothing.flags | BindingFlag.TOP_BELOW_BOTTOM)
        return replace(nothing, flags=flags, notes=meanings(flags))
    noise, ligand = task.noise.in_units(wells.scale), task.ligand(wells)
    joint = fit_joint(competition_model(wells, ligand, model=task.options.model, exact=task.exact), wells.y, noise)
    slope = joint
    if task.options.model != "variable_slope":
        free = replace(ligand, log_kd=0.0, log_l=-300.0, log_kd_se=0.0, log_l_se=0.0)  # IC50 is wanted, not Ki
        slope = fit_joint(competition_model(wells, free, model="variable_slope", exact=False), wells.y, noise)
    return _judged(replace(nothing, **_numbers(wells, joint, task)), wells, joint, slope, task)


def _n_parameters(task: _Task) -> int:
    return {"variable_slope": 4, "two_site": 5}.get(task.options.model, 3)


def _without_fit(wells: CurveWells, task: _Task) -> CompetitionFit:
    flags = wells.flags
    if not task.noise.df and task.options.weighting == "noise":
        flags |= BindingFlag.NO_REPLICATES
    if len(wells.y) and not np.ptp(wells.y):
        flags |= BindingFlag.NO_COMPETITION
    flags |= BindingFlag.TOO_FEW_POINTS if len(wells.y) <= _n_parameters(task) else 0
    table = wells.table.assign(fitted=np.nan, residual=np.nan, weighted_residual=np.nan)
    empty = pd.DataFrame(
        columns=["estimate", "standard_error", "ci_low", "ci_high"],
        dtype=np.float64,
        index=pd.Index([], name="parameter"),
    )
    return CompetitionFit(
        wells.experiment,
        wells.compound,
        task.options.model,
        task.options.equilibrium,
        table,
        empty,
        confidence=task.options.confidence,
        flags=int(flags),
        notes=meanings(int(flags)),
        centre=wells.centre,
        scale=wells.scale,
    )


def _numbers(wells: CurveWells, joint: JointFit, task: _Task) -> dict[str, Any]:
    """Return what the fit says, without judging it."""
    parameters = joint.table(task.options.confidence)
    ligand = task.ligand(wells)
    values = dict(zip(joint.model.names, joint.theta.tolist(), strict=True))
    log_l, log_ki = values.get("log_l", ligand.log_l), values["log_ki"]
    log_kd = log_ki if task.options.model == "homologous" else values.get("log_kd", ligand.log_kd)
    receptor = 10.0 ** values["log_receptor"] if "log_receptor" in values else ligand.receptor
    if task.exact and receptor is not None:
        log_ic50 = exact_log_ic50(receptor, 10.0**log_ki, 10.0**log_kd, 10.0**log_l)
    else:
        log_ic50 = log_ki + shift(log_kd, log_l)[0]
    unit = 10.0**wells.centre
    bound, receptor = _bound(joint, ligand, receptor, log_kd, log_l)
    total = weighted_ss(wells.y, joint.weights)
    return {
        "parameters": _in_units(parameters, wells),
        "wells": wells.table.assign(
            fitted=joint.fitted * wells.scale,
            residual=(wells.y - joint.fitted) * wells.scale,
            weighted_residual=(wells.y - joint.fitted) * np.sqrt(joint.weights),
        ),
        "log_ic50": log_ic50 + wells.centre,
        "bound_fraction": bound,
        "receptor_M": np.nan if receptor is None else receptor * unit,
        "r_squared": 1.0 - joint.ss / total if total > 0 else np.nan,
        "df": joint.df,
        "joint": joint,
    }


def _bound(
    joint: JointFit, ligand: Radioligand, receptor: float | None, log_kd: float, log_l: float
) -> tuple[float, float | None]:
    """Return the share of the radioligand that is bound without competitor, and the receptor, where known."""
    added, kd = 10.0**log_l, 10.0**log_kd
    if ligand.signal_per_unit is not None:
        top, bottom = (float(joint.model.curve(np.array([end]), joint.theta)[0][0]) for end in (-np.inf, np.inf))
        specific = (top - bottom) / ligand.signal_per_unit
        if 0 < specific < added:
            return top / ligand.signal_per_unit / added, receptor or specific * (1.0 + kd / (added - specific))
        return np.nan, receptor
    if receptor is None:
        return np.nan, None
    both = receptor + added + kd
    return 2.0 * receptor / (both + float(np.sqrt(both**2 - 4.0 * receptor * added))), receptor


def _in_units(parameters: pd.DataFrame, wells: CurveWells) -> pd.DataFrame:
    """Return the table of parameters in units of the signal and log10 M."""
    table = parameters.copy()
    for name in table.index:
        if name in {"bottom", "top"}:
            table.loc[name] *= wells.scale
        elif str(name).startswith("log_"):
            table.loc[name, ["estimate", "ci_low", "ci_high"]] += wells.centre
    return table


def _judged(
    fit: CompetitionFit, wells: CurveWells, joint: JointFit, slope: JointFit, task: _Task
) -> CompetitionFit:
    """Decide what may be said of Ki, and flag what is suspect."""
    names = ("estimate", "standard_error", "ci_low", "ci_high")
    log_ki, error, low, high = (fit.parameter("log_ki", name) for name in names)
    hill = slope.interval("hill_slope", task.options.confidence)
    relation, limit_ic50, flags = midpoint(wells, joint, slope, log_ic50=fit.log_ic50, low=low, high=high)
    flags |= fit.flags | (0 if joint.converged or joint.is_exact else int(BindingFlag.NOT_CONVERGED))
    if replicates_test(wells.x, wells.y, joint.ss, joint.df, weights=joint.weights).p < _SIGNIFICANCE:
        flags |= BindingFlag.LACK_OF_FIT
    known = relation == "="
    fit = replace(fit, relation=relation, log_ki_limit=_limit(limit_ic50, fit, wells, task))
    if relation or flags & BindingFlag.OPEN_INTERVAL:
        fit = replace(fit, log_ki_low=low, log_ki_high=high)
    if known:
        fit = replace(fit, log_ki=log_ki, log_ki_se=error)
    if known or (relation == "<" and not flags & BindingFlag.NO_COMPETITION):
        fit = replace(
            fit,
            hill_slope=slope.theta[slope.index("hill_slope")],
            hill_low=hill.low,
            hill_high=hill.high,
        )
    more, notes = judge(_evidence(fit, wells, task))
    return replace(fit, flags=int(flags | more), notes=(*notes, *meanings(flags & ~more)))


def _limit(log_ic50: float, fit: CompetitionFit, wells: CurveWells, task: _Task) -> float:
    """Return the limit of log Ki that belongs to a limit of log IC50."""
    if np.isnan(log_ic50):
        return np.nan
    if task.exact and task.options.model == "one_site":
        receptor = fit.receptor_M / 10.0**wells.centre
        return exact_log_ki(log_ic50 - wells.centre, task.ligand(wells), receptor) + wells.centre
    return log_ic50 - (fit.log_ic50 - fit.parameter("log_ki"))


def _evidence(fit: CompetitionFit, wells: CurveWells, task: _Task) -> Evidence:
    homologous = task.options.model == "homologous"
    kd = 10.0**fit.log_ki if homologous else task.kd_M
    bias = np.nan
    if np.isfinite(fit.log_ki) and np.isfinite(fit.receptor_M) and not task.exact and not homologous:
        unit = 10.0**wells.centre
        truth = exact_log_ki(fit.log_ic50 - wells.centre, task.ligand(wells), fit.receptor_M / unit) + wells.centre
        bias = 10.0 ** (fit.log_ki - truth) - 1.0
    return Evidence(
        ic50_M=10.0**fit.log_ic50 if fit.relation in {"=", "<"} else np.nan,
        ki_M=10.0**fit.log_ki,
        radioligand_M=task.radioligand_M,
        kd_M=kd,
        receptor_M=fit.receptor_M,
        top_M=10.0 ** float(wells.doses.max()),
        bound_fraction=fit.bound_fraction,
        bias=bias,
        hill_low=fit.hill_low,
        hill_high=fit.hill_high,
        exact=task.exact,
        one_site=task.options.model in {"one_site", "homologous", "variable_slope"},
    )
