"""Saturation binding: Kd and Bmax from total and non-specific wells, fitted together."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.binding.curve_wells import check_columns
from s1r_imaging.binding.joint import JointFit, JointModel, differentiated, fit_joint
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
from s1r_imaging.binding.noise import DEFAULT_WEIGHTING, NoiseModel, Weighting
from s1r_imaging.binding.saturation_equations import free_radioligand, two_site_free_radioligand
from s1r_imaging.curves.fit import CurveOptions
from s1r_imaging.flags import BindingFlag
from s1r_imaging.options import Options, option

Array = NDArray[np.float64]
Sites = Literal["one_site", "two_site"]
Background = Literal["auto", "fitted", "none"]

_COLUMNS = ("role", "concentration_M", "signal")
_FEWEST_NONSPECIFIC = 3  # concentrations that tell a line through the origin from one beside it
_MAX_BOUND = 0.1  # of the radioligand, above which depletion is flagged
_BEYOND = 9.0  # decades beyond the concentrations measured at which the search for Kd ends
_LARGEST = 1e6  # bound of Bmax, in units of the largest signal


@dataclass(frozen=True, kw_only=True)
class SaturationOptions(Options):
    """Options of `fit_saturation`."""

    section: ClassVar[str] = "saturation"

    sites: Sites = option("one_site", "Sites of one affinity, or of two.")
    depletion: bool = option(False, "Whether to solve for the radioligand that binding leaves free.")
    signal_per_M: float | None = option(
        None, "Signal of 1 mol/L of bound radioligand; depletion needs it, and Bmax is then also in mol/L.", gt=0
    )
    background: Background = option(
        "auto", "Signal without radioligand: fitted, none, or fitted where the wells tell it."
    )
    weighting: Weighting = option(DEFAULT_WEIGHTING, "Weights: noise pooled over the replicates, or a rule.")
    counting_time_min: float | None = option(
        None, "Counting time (min) where the signal is in cpm; its noise is estimated when not given.", gt=0
    )
    confidence: float = option(CurveOptions.confidence, "Level of the intervals.", gt=0, lt=1)


def fit_saturation(
    plate: pd.DataFrame,
    *,
    sites: Sites = SaturationOptions.sites,
    depletion: bool = SaturationOptions.depletion,
    signal_per_M: float | None = SaturationOptions.signal_per_M,
    background: Background = SaturationOptions.background,
    weighting: Weighting = SaturationOptions.weighting,
    counting_time_min: float | None = SaturationOptions.counting_time_min,
    confidence: float = SaturationOptions.confidence,
) -> MeasuredFit:
    """Fit Kd and Bmax to total and non-specific wells together.

    Parameters
    ----------
    plate : DataFrame
        Columns ``role`` (``total``, ``nonspecific``, ``blank``), ``concentration_M`` (radioligand added) and
        ``signal``, of one experiment.
    sites : {"one_site", "two_site"}
        Sites of one affinity, or of two.
    depletion : bool
        Whether to solve for what specific and non-specific binding leave free; otherwise all that was added
        counts as free.
    signal_per_M : float, optional
        Signal of 1 mol/L of bound radioligand. Depletion needs it, and is judged with it.
    background : {"auto", "fitted", "none"}
        Signal without radioligand; ``"auto"`` fits it where there are blanks, wells without radioligand, or
        non-specific wells at three concentrations or more: left out, it would bias Kd.
    weighting : {"noise", "1/y", "1/y2", "none"}
        See `fit_competition`.
    counting_time_min : float, optional
        Counting time where the signal is in counts per minute.
    confidence : float
        Level of the intervals.

    Returns
    -------
    MeasuredFit
        Parameters ``kd_M``, ``bmax`` (unit of the signal), ``nonspecific_per_M``, ``background`` where fitted, and
        ``bmax_M`` where `signal_per_M` is given; with two sites ``kd_1_M < kd_2_M``, ``bmax_1``, ``bmax_2``.
        An estimate that the data do not determine is NaN, its interval stays.

    Raises
    ------
    TypeError
        If `plate` is no DataFrame.
    ValueError
        If a column is missing, there are several experiments, or depletion is asked for without `signal_per_M`.

    Notes
    -----
    Total = Bmax x/(Kd + x) + NS x + background, non-specific = NS x + background, x the free radioligand, NS
    common to both; with depletion x is the cancellation-free root of the conservation of radioligand.
    """
    options = SaturationOptions(
        sites=sites,
        depletion=depletion,
        signal_per_M=signal_per_M,
        background=background,
        weighting=weighting,
        counting_time_min=counting_time_min,
        confidence=confidence,
    )
    if options.depletion and options.signal_per_M is None:
        raise ValueError("depletion=True needs signal_per_M, the signal of 1 mol/L of bound radioligand.")
    wells, flags = _wells(plate)
    noise = noise_of(wells, ("role", "concentration_M"), options.weighting, options.counting_time_min)
    task = _Task.of(wells, options)
    names = task.names()
    if len(wells) <= len(names) or not task.has_doses:
        flags |= BindingFlag.TOO_FEW_POINTS
        table = table_of({item.name: (np.nan,) * 4 + (item.unit,) for item in task.shown()})
        df = len(wells) - len(names)
        return MeasuredFit(task.title, table, wells, df, options.confidence, noise, int(flags), meanings(flags))
    joint = fit_joint(task.model(), task.y, noise.in_units(task.scale))
    return _result(wells, joint, task, noise, int(flags))


def _wells(plate: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    table = check_columns(plate, _COLUMNS)
    if "experiment" in plate.columns and len(plate["experiment"].unique()) > 1:
        raise ValueError(
            "plate has several experiments: fit each on its own, plate[plate['experiment'] == name], and combine "
            "the results."
        )
    table = table[table["role"] != "competitor"].copy()
    table.loc[table["role"] == "blank", "concentration_M"] = 0.0
    good = np.isfinite(table["signal"]) & np.isfinite(table["concentration_M"]) & (table["concentration_M"] >= 0)
    flags = 0 if good.all() else int(BindingFlag.NOT_FINITE)
    kept = table[good].reset_index(drop=True)
    if not (kept["role"] == "nonspecific").any():
        flags |= BindingFlag.NO_NONSPECIFIC
    if (kept["signal"] < 0).any():
        flags |= BindingFlag.NEGATIVE_SIGNAL
    return kept, int(flags)


@dataclass(frozen=True, eq=False)
class _Task:
    """One saturation fit in units near 1."""

    options: SaturationOptions
    x: Array  # (n, 2): radioligand added, and 1 in total wells
    y: Array
    unit: float
    scale: float
    with_background: bool

    @classmethod
    def of(cls, wells: pd.DataFrame, options: SaturationOptions) -> "_Task":
        added, signal = wells["concentration_M"].to_numpy(), wells["signal"].to_numpy()
        doses = added[added > 0]
        unit = float(np.exp(np.log(doses).mean())) if doses.size else 1.0
        scale = float(np.abs(signal).max(initial=0.0)) or 1.0
        is_total = (wells["role"] == "total").to_numpy()
        x = np.stack([added / unit, is_total.astype(np.float64)], axis=1)
        told = bool((added == 0).any()) or np.unique(added[~is_total]).size >= _FEWEST_NONSPECIFIC
        with_background = options.background == "fitted" or (options.background == "auto" and told)
        return cls(options, x, signal / scale, unit, scale, with_background)

    @property
    def title(self) -> str:
        return f"Saturation, {'one site' if self.options.sites == 'one_site' else 'two sites'}"

    @property
    def has_doses(self) -> bool:
        return bool(np.unique(self.x[self.x[:, 1] > 0, 0]).size > 1 and np.ptp(self.y) > 0)

    @property
    def per_unit(self) -> float:
        """Signal of one unit of bound radioligand, both as here; inf where depletion does not count."""
        per_M = self.options.signal_per_M if self.options.depletion else None
        return np.inf if per_M is None else per_M * self.unit / self.scale

    def names(self) -> tuple[str, ...]:
        own = (
            ("log_kd", "bmax")
            if self.options.sites == "one_site"
            else ("log_kd_1", "bmax_1", "log_kd_2", "bmax_2")
        )
        return (*own, "nonspecific", *(("background",) if self.with_background else ()))

    def shown(self) -> list[Quantity]:
        numbers = ("",) if self.options.sites == "one_site" else ("_1", "_2")
        items = [Quantity(f"kd{n}_M", f"log_kd{n}", self.unit, True, "mol/L") for n in numbers]
        items += [Quantity(f"bmax{n}", f"bmax{n}", self.scale, False, "") for n in numbers]
        if self.options.signal_per_M is not None:
            factor = self.scale / self.options.signal_per_M
            items += [Quantity(f"bmax{n}_M", f"bmax{n}", factor, False, "mol/L") for n in numbers]
        items.append(Quantity("nonspecific_per_M", "nonspecific", self.scale / self.unit, False, "L/mol"))
        if self.with_background:
            items.append(Quantity("background", "background", self.scale, False, ""))
        return items

    def free(self, x: Array, theta: Array) -> Array:
        """Return free radioligand of wells."""
        added, is_total = x[:, 0], x[:, 1]
        if np.isinf(self.per_unit):
            return added
        n_own = 2 if self.options.sites == "one_site" else 4
        sites = np.maximum(theta[1:n_own:2], 0.0)[:, None] * is_total / self.per_unit
        elsewhere = max(float(theta[n_own]), 0.0) / self.per_unit
        kd = 10.0 ** theta[0:n_own:2]
        if n_own == 2:
            return free_radioligand(added, bmax=sites[0], kd=kd[0], nonspecific=elsewhere)
        return two_site_free_radioligand(
            added, bmax_high=sites[0], kd_high=kd[0], bmax_low=sites[1], kd_low=kd[1], nonspecific=elsewhere
        )

    def expected(self, x: Array, theta: Array) -> Array:
        free, n_own = self.free(x, theta), 2 if self.options.sites == "one_site" else 4
        signal = theta[n_own] * free + (theta[n_own + 1] if self.with_background else 0.0)
        for place in range(0, n_own, 2):
            signal = signal + x[:, 1] * theta[place + 1] * free / (10.0 ** theta[place] + free)
        return np.asarray(signal, dtype=np.float64)

    def model(self) -> JointModel:
        names = self.names()
        start = self._start()
        doses = np.log10(self.x[self.x[:, 0] > 0, 0])
        bounds = {
            "log_kd": (doses.min() - _BEYOND, doses.max() + _BEYOND),
            "bmax": (0.0, _LARGEST),
            "nonspecific": (-_LARGEST, _LARGEST),
            "background": (-_LARGEST, _LARGEST),
        }
        ends = np.array([bounds[name.removesuffix("_1").removesuffix("_2")] for name in names])
        return JointModel(names, differentiated(self.expected), self.x, start, ends[:, 0], ends[:, 1])

    def _start(self) -> Array:
        """Return the best of a grid of Kd, all else by linear least squares."""
        doses = np.log10(self.x[self.x[:, 0] > 0, 0])
        grid = np.arange(doses.min() - 2.0, doses.max() + 2.0, 0.2)
        free, is_total = self.x.T
        extra = [free, np.ones_like(free)] if self.with_background else [free]
        best, found = np.inf, np.zeros(0)
        sets = [(k,) for k in grid] if self.options.sites == "one_site" else _pairs(grid[::3])
        for logs in sets:
            columns = [is_total * free / (10.0**log_kd + free) for log_kd in logs] + extra
            matrix = np.stack(columns, axis=1)
            linear = np.linalg.lstsq(matrix, self.y, rcond=1e-10)[0]
            linear[: len(logs)] = np.maximum(linear[: len(logs)], 1e-3)
            ss = float(((self.y - matrix @ linear) ** 2).sum())
            if ss < best:
                best = ss
                own = [value for pair in zip(logs, linear, strict=False) for value in pair]
                found = np.array([*own, *linear[len(logs) :]])
        return found


def _pairs(grid: Array) -> list[tuple[float, ...]]:
    return [(float(low), float(high)) for i, low in enumerate(grid) for high in grid[i + 1 :]]


def _result(wells: pd.DataFrame, joint: JointFit, task: _Task, noise: NoiseModel, flags: int) -> MeasuredFit:
    parameters = quantities(joint, task.shown(), task.options.confidence)
    if task.options.sites == "two_site" and joint.theta[0] > joint.theta[2]:
        renamed = {a: a.replace("_1", "_#").replace("_2", "_1").replace("_#", "_2") for a in parameters.index}
        parameters = parameters.rename(index=renamed).loc[list(parameters.index)]
    unknown = open_intervals(
        parameters.loc[[name for name in parameters.index if name.startswith(("kd", "bmax"))]]
    )
    if unknown or joint.df < 1:
        flags |= BindingFlag.OPEN_INTERVAL
    flags |= 0 if joint.converged or joint.is_exact else BindingFlag.NOT_CONVERGED
    flags |= BindingFlag.NO_REPLICATES if not noise.df and task.options.weighting == "noise" else 0
    sentences = list(meanings(flags))
    bound = _largest_bound(joint, task)
    if bound > _MAX_BOUND and not task.options.depletion:
        flags |= BindingFlag.DEPLETION
        sentences.append(f"Up to {100 * bound:.0f} % of the radioligand is bound: use depletion=True.")
    fitted = wells.assign(
        fitted=joint.fitted * task.scale,
        residual=(task.y - joint.fitted) * task.scale,
        weighted_residual=(task.y - joint.fitted) * np.sqrt(joint.weights),
    )

    def predict(table: pd.DataFrame) -> pd.DataFrame:
        return _predicted(table, joint, task)

    return MeasuredFit(
        task.title, withheld(parameters, unknown), fitted, joint.df, task.options.confidence, noise, int(flags),
        tuple(sentences), predict, joint,
    )  # fmt: skip


def _largest_bound(joint: JointFit, task: _Task) -> float:
    """Return the largest share of radioligand bound in a well; NaN where the signal does not tell."""
    per_M = task.options.signal_per_M
    added = task.x[:, 0] > 0
    if per_M is None or not added.any():
        return np.nan
    background = joint.theta[-1] if task.with_background else 0.0
    bound = (joint.fitted[added] - background) * task.scale / per_M
    return float((bound / (task.x[added, 0] * task.unit)).max())


def _predicted(table: pd.DataFrame, joint: JointFit, task: _Task) -> pd.DataFrame:
    """Return a table of ``role`` (specific too) and ``concentration_M`` with the curve and its band."""
    added = table["concentration_M"].to_numpy(dtype=np.float64) / task.unit
    role = table["role"].to_numpy()
    with_sites, without = (np.stack([added, np.full(added.shape, kind)], axis=1) for kind in (1.0, 0.0))
    n_own = 2 if task.options.sites == "one_site" else 4

    def signal(_: Array, theta: Array) -> Array:
        total = task.expected(with_sites, theta)
        beside = total - theta[n_own] * task.free(with_sites, theta)
        specific = beside - (theta[n_own + 1] if task.with_background else 0.0)
        elsewhere = task.expected(without, theta)
        return np.where(role == "total", total, np.where(role == "specific", specific, elsewhere))

    return with_band(table, differentiated(signal)(added, joint.theta), joint, task.scale, task.options.confidence)
