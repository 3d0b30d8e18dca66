"""EC50 of agonists and IC50 of antagonists, over replicates.

`fit_concentration_response`
    Every curve that a design holds, fitted by the curve engine and averaged over its replicates.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.curves.averages import average
from s1r_imaging.curves.batch import fit_curves
from s1r_imaging.curves.curve_fit import CurveFit
from s1r_imaging.curves.equations import get_equation
from s1r_imaging.curves.fit import CurveOptions, fit_curve
from s1r_imaging.curves.potency import Censored, judge_midpoint
from s1r_imaging.experiment.concentration_words import curve_sentence
from s1r_imaging.experiment.dose_curves import (
    CURVE_COLUMNS,
    DoseCurve,
    InhibitionFloor,
    ResponseScale,
    dose_curves,
)
from s1r_imaging.experiment.dose_points import dose_points
from s1r_imaging.flags import CombinedFlag, CurveFlag, flag_names
from s1r_imaging.options import Options, option

Array = NDArray[np.float64]

TABLE_COLUMNS = (
    "curve", "compound", "kind", "agonist", "agonist_M", "relation", "log_ec50", "log_ci_low", "log_ci_high",
    "sd_log_ec50", "ec50_nM", "ci_low_nM", "ci_high_nM", "hill_slope", "top", "bottom", "n_replicates", "n_points",
    "n_concentrations", "method", "flags", "flag_names", "sentence",
)  # fmt: skip
"""Columns of ``ConcentrationResponse.table``."""

REPLICATE_COLUMNS = (
    "curve", "replicate", "relation", "log_ec50", "ec50_nM", "hill_slope", "top", "bottom", "n_points", "flags",
)  # fmt: skip
"""Columns of ``ConcentrationResponse.replicates``."""

_TEXT = ("curve", "compound", "kind", "agonist", "relation", "method", "flag_names", "sentence", "replicate")
_COUNTS = ("n_replicates", "n_points", "n_concentrations", "flags")


@dataclass(frozen=True, kw_only=True)
class ConcentrationOptions(Options):
    """Options of `fit_concentration_response`."""

    section: ClassVar[str] = "concentration_response"

    response_scale: ResponseScale = option(
        "measured",
        "As measured, or percent: of the maximum control for agonists, of the agonist alone for antagonists.",
    )
    inhibition_floor: InhibitionFloor = option(
        "fitted", "Whether the bottom of an inhibition curve is fitted or is the mean of vehicle."
    )
    fixed_hill_slope: float | None = option(None, "Steepness at which all Hill slopes are held, such as 1.", gt=0)
    ec50_confidence: float = option(
        CurveOptions.confidence, "Level of the intervals of EC50 and IC50.", gt=0, lt=1
    )


@dataclass(frozen=True, eq=False)
class ConcentrationResponse:
    """EC50 and IC50 of an experiment.

    Attributes
    ----------
    table : DataFrame
        One row per curve, see `fit_concentration_response`.
    points : DataFrame
        What was fitted: ``curve, kind, compound, agonist, agonist_M, replicate, concentration_M, value,
        n_recordings, n_cells``; one row per replicate and concentration, 0 for none.
    replicates : DataFrame
        The fit of each replicate that has a whole curve: ``curve, replicate, relation, log_ec50, ec50_nM,
        hill_slope, top, bottom, n_points, flags``.
    fits : dict
        Curve to the `CurveFit` through all of its points, for the picture and as a second opinion.
    measure : str
        Which response.
    problems : tuple of str
        A sentence about each curve that could not be made.
    options : ConcentrationOptions
        What was asked for.
    """

    table: pd.DataFrame
    points: pd.DataFrame
    replicates: pd.DataFrame
    fits: dict[str, CurveFit]
    measure: str
    problems: tuple[str, ...]
    options: ConcentrationOptions

    @property
    def sentences(self) -> tuple[str, ...]:
        """The answers in words, one for each curve."""
        return tuple(self.table["sentence"])

    def curve(self, name: str, concentration_M: Array) -> pd.DataFrame:
        """Compute the fitted curve and its confidence band.

        Parameters
        ----------
        name : str
            As in the table's column ``curve``.
        concentration_M : array, shape (n,)
            Concentrations (mol/L).

        Returns
        -------
        DataFrame
            Columns ``curve, concentration_M, value, ci_low, ci_high``.

        Raises
        ------
        KeyError
            If there is no such curve.
        """
        if name not in self.fits:
            raise KeyError(f"no curve {name!r}: expected one of {', '.join(self.fits) or 'none'}.")
        fit = self.fits[name]
        low, high = fit.confidence_band(concentration_M)
        columns = {"concentration_M": concentration_M, "value": fit.predict(concentration_M)}
        return pd.DataFrame({"curve": name, **columns, "ci_low": low, "ci_high": high})


def fit_concentration_response(
    responses: pd.DataFrame,
    design: pd.DataFrame,
    *,
    measure: str = "peak_dff",
    event: str | None = None,
    leave_out_flags: str = "",
    response_scale: ResponseScale = ConcentrationOptions.response_scale,
    inhibition_floor: InhibitionFloor = ConcentrationOptions.inhibition_floor,
    fixed_hill_slope: float | None = ConcentrationOptions.fixed_hill_slope,
    ec50_confidence: float = ConcentrationOptions.ec50_confidence,
) -> ConcentrationResponse:
    """Fit EC50 of every agonist and IC50 of every antagonist of an experiment, over its replicates.

    Parameters
    ----------
    responses : DataFrame
        One row per recording, cell and event, as `measure_responses` gives it; a well of a plate reader is a
        recording with one row.
    design : DataFrame
        One row per recording: ``recording, condition, role, replicate``, and ``agonist_M`` and ``antagonist_M``
        (mol/L) with, where there are several, the names ``agonist`` and ``antagonist``.
    measure : str
        Column of `responses`, or ``"responder_fraction"``.
    event : str, optional
        Name of the event that is compared, where recordings hold several.
    leave_out_flags : str
        Names of flags, separated by ``";"``; cells that carry one are left out.
    response_scale : {"measured", "percent"}
        ``"percent"``: from vehicle (or the minimum control, where there is one) to the maximum control for
        agonists, to the agonist alone for antagonists; each replicate by its own controls.
    inhibition_floor : {"fitted", "vehicle"}
        Whether the bottom of an inhibition curve is fitted, or is the mean of vehicle: for antagonists that do
        not reach full block.
    fixed_hill_slope : float, optional
        Steepness at which all Hill slopes are held, such as 1.
    ec50_confidence : float
        Level of the intervals.

    Returns
    -------
    ConcentrationResponse
        Its table has a row per curve: ``compound``; ``kind``, ``"ec50"`` for the agonist's own curve (vehicle is
        its zero dose) or ``"ic50"`` for the antagonist's at one concentration of agonist (the agonist alone is
        its zero dose); ``relation``; ``log_ec50`` (log10 M; the IC50 where the kind says so) with ``log_ci_low``
        and ``log_ci_high``; ``ec50_nM, ci_low_nM, ci_high_nM``; ``hill_slope, top, bottom``; ``n_replicates``;
        ``method``; ``flags`` (sum of `CurveFlag`), ``flag_names`` and a ``sentence``. Relation ``">"`` says that
        EC50 lies above the value, the top concentration; where the response does not depend on concentration the
        relation is empty and there is no value. A design without curves gives a table without rows.

    Raises
    ------
    TypeError, ValueError
        If a table lacks a column, a concentration is no concentration, or an option is not allowed.

    Notes
    -----
    A point is the mean of one replicate at one concentration; cells are never points. Where every replicate has a
    whole curve, with more concentrations than the curve has parameters, each is fitted by itself and log EC50 is
    averaged, mean ± t SD/√n (``method="replicate_curves"``; n counts replicates; limits count as limits, see
    `s1r_imaging.curves.averages.average`). Otherwise, or where a replicate by itself shows no dependence on
    concentration, one curve is fitted to the points of all replicates, with its profile interval
    (``method="one_curve"``); it takes the points for independent of each other.

    Examples
    --------
    >>> dose = [0, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4] * 2
    >>> peak = [0.02, 0.11, 0.49, 0.91, 0.98, 1.01, 0.01, 0.07, 0.52, 0.88, 1.02, 0.99]
    >>> design = pd.DataFrame({"recording": range(12), "condition": dose, "role": "agonist", "agonist_M": dose,
    ...                        "agonist": "ATP", "replicate": [1] * 6 + [2] * 6})
    >>> responses = pd.DataFrame({"recording": range(12), "peak_dff": peak})
    >>> fit_concentration_response(responses, design).table[["compound", "log_ec50", "n_replicates"]].round(1)
      compound  log_ec50  n_replicates
    0      ATP      -7.0             2
    """
    options = ConcentrationOptions(
        response_scale=response_scale,
        inhibition_floor=inhibition_floor,
        fixed_hill_slope=fixed_hill_slope,
        ec50_confidence=ec50_confidence,
    )
    points = dose_points(responses, design, measure=measure, event=event, leave_out_flags=leave_out_flags)
    curves, problems = dose_curves(points, scale=options.response_scale, floor=options.inhibition_floor)
    rows: list[dict[str, Any]] = []
    replicates: list[dict[str, Any]] = []
    fits: dict[str, CurveFit] = {}
    for item in curves:
        fits[item.name] = _fit(item, options)
        own = _replicate_rows(item, options)
        replicates += own
        rows.append(_row(item, fits[item.name], own, options))
    shown = pd.concat([item.points for item in curves], ignore_index=True) if curves else _empty(CURVE_COLUMNS)
    return ConcentrationResponse(
        table=_table(rows, TABLE_COLUMNS),
        points=shown,
        replicates=_table(replicates, REPLICATE_COLUMNS),
        fits=fits,
        measure=measure,
        problems=tuple(problems),
        options=options,
    )


def _equation(item: DoseCurve, options: ConcentrationOptions) -> tuple[str, dict[str, float]]:
    """Return the equation of a curve and the parameters that are held."""
    fixed = {}
    if options.fixed_hill_slope is not None:
        fixed["hill_slope"] = options.fixed_hill_slope * (1.0 if item.kind == "ec50" else -1.0)
    if item.floor is not None:
        fixed["bottom"] = item.floor
    return ("stimulation_4pl" if item.kind == "ec50" else "inhibition_4pl"), fixed


def _fit(item: DoseCurve, options: ConcentrationOptions) -> CurveFit:
    equation, fixed = _equation(item, options)
    x, y = (item.points[name].to_numpy(dtype=np.float64) for name in ("concentration_M", "value"))
    return fit_curve(equation, x, y, fixed=fixed, confidence=options.ec50_confidence)


def _replicate_rows(item: DoseCurve, options: ConcentrationOptions) -> list[dict[str, Any]]:
    """Fit every replicate by itself; none where one of them has too few concentrations for that."""
    equation, fixed = _equation(item, options)
    wide = item.points.pivot_table(index="replicate", columns="concentration_M", values="value", sort=False)
    wide = wide[sorted(wide.columns)]
    n_points = wide.notna().sum(axis=1)
    if len(wide) < 2 or (n_points <= 4 - len(fixed)).any():
        return []
    doses = wide.columns.to_numpy(dtype=np.float64)
    with np.errstate(divide="ignore"):
        logs = np.log10(doses)
    table = fit_curves(equation, doses, wide.to_numpy(dtype=np.float64), fixed=fixed)
    name = get_equation(equation).log10[0]
    rows = []
    for replicate, n, own, fit in zip(
        wide.index, n_points, wide.notna().to_numpy(), table.to_dict("records"), strict=True
    ):
        said = judge_midpoint(fit[name], logs[own], flat_p=fit["flat_p"])
        flags = CurveFlag(fit["flags"] & ~CurveFlag.NOT_FINITE) | said.flags
        if flags & CurveFlag.NOT_CONVERGED:
            said = Censored("", np.nan)
        rows.append(
            {
                "curve": item.name,
                "replicate": replicate,
                "relation": said.relation,
                "log_ec50": said.value,
                "ec50_nM": _nanomolar(said.value),
                **{key: float(fit[key]) if said.relation else np.nan for key in ("hill_slope", "top", "bottom")},
                "n_points": int(n),
                "flags": int(flags),
            }
        )
    return rows


def _row(
    item: DoseCurve, fit: CurveFit, replicates: list[dict[str, Any]], options: ConcentrationOptions
) -> dict[str, Any]:
    each = pd.DataFrame(replicates, columns=list(REPLICATE_COLUMNS))
    found = average(each["log_ec50"], each["relation"], confidence=options.ec50_confidence) if replicates else None
    row: dict[str, Any] = {
        "curve": item.name,
        "compound": item.compound,
        "kind": item.kind,
        "agonist": item.agonist,
        "agonist_M": item.agonist_M,
        "n_replicates": item.points["replicate"].nunique(),
        "n_points": len(item.points),
        "n_concentrations": item.points["concentration_M"].nunique(),
        "sd_log_ec50": np.nan,
    }
    if found is not None and not found.flags & (CombinedFlag.MISSING | CombinedFlag.CONFLICTING):
        number = found.relation == "="
        row |= {
            "method": "replicate_curves",
            "relation": found.relation,
            "log_ec50": found.mean if number else found.limit,
            "log_ci_low": found.ci_low if number else -np.inf if found.relation == "<" else found.limit,
            "log_ci_high": found.ci_high if number else np.inf if found.relation == ">" else found.limit,
            "sd_log_ec50": found.sd,
            "flags": int(np.bitwise_or.reduce(each["flags"].to_numpy(dtype=np.int64))),
            **{name: float(each[name].mean()) for name in ("hill_slope", "top", "bottom")},
        }
    else:
        said, name = _midpoint(fit), _midpoint_name(fit)
        row |= {
            "method": "one_curve",
            "relation": said.relation,
            "log_ec50": said.value,
            "log_ci_low": _parameter(fit, name, "ci_low"),
            "log_ci_high": _parameter(fit, name, "ci_high"),
            "flags": int(fit.flags),
            **{name: _parameter(fit, name, "estimate") for name in ("hill_slope", "top", "bottom")},
        }
    row |= {f"{end}_nM": _nanomolar(row[f"log_{end}"]) for end in ("ec50", "ci_low", "ci_high")}
    row["flag_names"] = flag_names(row["flags"], kind=CurveFlag)
    return row | {"sentence": curve_sentence(row, confidence=options.ec50_confidence)}


def _midpoint_name(fit: CurveFit) -> str:
    return fit.equation.log10[0]


def _midpoint(fit: CurveFit) -> Censored:
    """Return what may be said of the midpoint; a curve that runs the wrong way has none."""
    said = fit.midpoints.get(_midpoint_name(fit), Censored("", np.nan))
    return Censored("", np.nan, said.flags) if fit.flags & CurveFlag.NOT_CONVERGED else said


def _parameter(fit: CurveFit, name: str, column: str) -> float:
    return float(fit.parameters[column].to_numpy(dtype=np.float64)[fit.model.names.index(name)])


def _nanomolar(log_molar: float) -> float:
    return float(10.0 ** min(log_molar + 9.0, 300.0)) if not np.isposinf(log_molar) else np.inf


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(columns)) if rows else _empty(columns)


def _empty(columns: tuple[str, ...]) -> pd.DataFrame:
    kinds: dict[str, Any] = dict.fromkeys(_TEXT, object) | dict.fromkeys(_COUNTS, np.int64)
    return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, np.float64)) for name in columns})
