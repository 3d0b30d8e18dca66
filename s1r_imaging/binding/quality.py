"""Is a plate good enough? Window, specific binding, depletion, replicates, edge; one row per experiment."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from s1r_imaging.binding.plate import check_plate
from s1r_imaging.curves.assay_window import assay_window
from s1r_imaging.io.grids import PLATE_SHAPES, well_name, well_position
from s1r_imaging.options import Options, option

Array = NDArray[np.float64]

QUALITY_COLUMNS = (
    "experiment", "n_total", "n_nonspecific", "n_blank", "total", "nonspecific", "blank", "z_prime",
    "z_prime_verdict", "signal_window", "signal_window_verdict", "specific_percent", "specific_verdict",
    "bound_percent", "bound_verdict", "replicate_cv_percent", "replicate_df", "replicate_verdict",
    "edge_percent", "edge_p", "edge_verdict", "verdict",
)  # fmt: skip
"""Columns of what `plate_quality` returns."""

UNKNOWN = "unknown"
"""Verdict where the plate does not tell."""


@dataclass(frozen=True, kw_only=True)
class QualityOptions(Options):
    """Options of `plate_quality`: the limits of the NIH Assay Guidance Manual."""

    section: ClassVar[str] = "plate_quality"

    added_signal: float | None = option(
        None, "Radioligand added to one well, in the units of the signal and counted like it.", gt=0
    )
    min_z_prime: float = option(0.4, "A Z′ above this passes.")
    min_signal_window: float = option(2.0, "A signal window above this passes.")
    min_specific_percent: float = option(80.0, "Specific binding above this part of the total passes (%).")
    max_bound_percent: float = option(10.0, "Radioligand bound below this part of what was added passes (%).")
    max_replicate_cv_percent: float = option(20.0, "A coefficient of variation below this passes (%).")
    max_edge_percent: float = option(20.0, "A difference of outer wells below this passes (%).")
    edge_significance: float = option(0.01, "Outer wells differ where the P value is below this.", gt=0, lt=1)


def plate_quality(
    plate: pd.DataFrame,
    *,
    added_signal: float | None = QualityOptions.added_signal,
    min_z_prime: float = QualityOptions.min_z_prime,
    min_signal_window: float = QualityOptions.min_signal_window,
    min_specific_percent: float = QualityOptions.min_specific_percent,
    max_bound_percent: float = QualityOptions.max_bound_percent,
    max_replicate_cv_percent: float = QualityOptions.max_replicate_cv_percent,
    max_edge_percent: float = QualityOptions.max_edge_percent,
    edge_significance: float = QualityOptions.edge_significance,
) -> pd.DataFrame:
    """Judge the quality of binding plates, one row per experiment.

    Parameters
    ----------
    plate : DataFrame
        As `read_binding_plate` gives it.
    added_signal : float, optional
        Radioligand added to one well, in the units of the signal and counted like it (above blank), for
        `bound_percent`.
    min_z_prime, min_signal_window, min_specific_percent : float
        What lies above passes.
    max_bound_percent, max_replicate_cv_percent, max_edge_percent : float
        What lies below passes.
    edge_significance : float
        P value below which outer wells are said to differ at all.

    Returns
    -------
    DataFrame
        Columns `QUALITY_COLUMNS`: numbers of wells with counts; mean ``total``, ``nonspecific`` and ``blank``;
        ``z_prime``, ``signal_window``; ``specific_percent`` of total binding; ``bound_percent`` of the
        radioligand added; ``replicate_cv_percent`` pooled over all replicates with ``replicate_df`` degrees of
        freedom; ``edge_percent``, by which outer wells lie above inner ones, with ``edge_p``; for each a verdict
        ``pass``, ``fail`` or ``unknown`` (edge: also ``watch``, significant but small), and ``verdict``,
        ``pass`` or the names of what failed. Wells without a finite count are left out.

    Raises
    ------
    TypeError, ValueError
        If it is no plate or an option is not allowed.

    Notes
    -----
    With mean and SD of total (T) and non-specific (N) wells, at least two of each:

    - Z′ = 1 − 3 (SD_T + SD_N)/(T − N) (Zhang 1999);
    - signal window = (T − N − 3 (SD_T + SD_N))/SD_T;
    - specific binding = (T − N)/(T − blank), blank 0 where there are no blank wells;
    - bound = (T − blank)/added;
    - CV = √(Σ df (SD/mean)²/Σ df) over groups of the same compound, role and concentration, blanks left out;
    - edge: difference of outer and inner wells relative to the mean of their group, by least squares with a
      level for each group and a t test, so that a plate whose outer wells hold other doses is no edge effect.

    Z′ and signal window are not defined where T does not exceed N: they fail. Thresholds are those of
    the Assay Guidance Manual: Z′ > 0.4, signal window > 2, CV < 20 %, drift or edge < 20 %; for binding, more
    than 80 % specific at [L] ≤ Kd and less than 10 % of the radioligand bound. Less than 10 % bound does not
    protect compounds with a Ki below the concentration of receptor.

    References
    ----------
    Zhang J.-H., Chung T. D. Y., Oldenburg K. R. (1999), J. Biomol. Screen. 4, 67–73. Sittampalam G. S. et al.
    (1997), J. Biomol. Screen. 2, 159–169. Assay Guidance Manual, National Center for Advancing
    Translational Sciences, NBK53196: "HTS Assay Validation" and "Receptor Binding Assays for HTS".

    Examples
    --------
    >>> from s1r_imaging.simulate import simulate_binding_plate
    >>> plate, truth = simulate_binding_plate(n_experiments=1)
    >>> plate_quality(plate)["verdict"].to_list()
    ['pass']
    """
    options = QualityOptions(
        added_signal=added_signal,
        min_z_prime=min_z_prime,
        min_signal_window=min_signal_window,
        min_specific_percent=min_specific_percent,
        max_bound_percent=max_bound_percent,
        max_replicate_cv_percent=max_replicate_cv_percent,
        max_edge_percent=max_edge_percent,
        edge_significance=edge_significance,
    )
    table = check_plate(plate)
    rows = [
        {"experiment": name} | _judge(part[np.isfinite(part["signal"])], options)
        for name, part in table.groupby("experiment", sort=False, dropna=False)
    ]
    kinds = {"experiment": object, "verdict": object} | dict.fromkeys(QUALITY_COLUMNS[1:4], np.int64)
    empty = {
        name: pd.Series(dtype=kinds.get(name, object if name.endswith("verdict") else np.float64))
        for name in QUALITY_COLUMNS
    }
    return pd.DataFrame(rows, columns=list(QUALITY_COLUMNS)) if rows else pd.DataFrame(empty)


def _judge(wells: pd.DataFrame, options: QualityOptions) -> dict[str, Any]:
    groups = {role: wells.loc[wells["role"] == role, "signal"].to_numpy() for role in wells["role"].unique()}
    nothing = np.empty(0)
    total, nonspecific, blank = (groups.get(role, nothing) for role in ("total", "nonspecific", "blank"))
    row: dict[str, Any] = {"n_total": len(total), "n_nonspecific": len(nonspecific), "n_blank": len(blank)}
    row |= {"total": _mean(total), "nonspecific": _mean(nonspecific), "blank": _mean(blank)}
    zero = row["blank"] if len(blank) else 0.0
    row["z_prime"], row["signal_window"] = assay_window(total, nonspecific)
    above = row["total"] - zero
    row["specific_percent"] = 100.0 * (row["total"] - row["nonspecific"]) / above if above > 0 else np.nan
    row["bound_percent"] = 100.0 * above / options.added_signal if options.added_signal is not None else np.nan
    row["replicate_cv_percent"], row["replicate_df"] = _pooled_cv(wells)
    row["edge_percent"], row["edge_p"] = _edge_effect(wells)
    row["z_prime_verdict"] = _verdict(row["z_prime"], above=options.min_z_prime)
    row["signal_window_verdict"] = _verdict(row["signal_window"], above=options.min_signal_window)
    row["specific_verdict"] = _verdict(row["specific_percent"], above=options.min_specific_percent)
    row["bound_verdict"] = _verdict(row["bound_percent"], below=options.max_bound_percent)
    row["replicate_verdict"] = _verdict(row["replicate_cv_percent"], below=options.max_replicate_cv_percent)
    row["edge_verdict"] = _edge_verdict(row["edge_percent"], row["edge_p"], options)
    failed = [_words(name) for name, verdict in row.items() if name.endswith("_verdict") and verdict == "fail"]
    row["verdict"] = f"fail: {', '.join(failed)}" if failed else "pass"
    if not failed and UNKNOWN in (row["z_prime_verdict"], row["specific_verdict"]):
        row["verdict"] = UNKNOWN  # without totals or non-specific wells nothing can pass
    return row


def _mean(values: Array) -> float:
    return float(values.mean()) if len(values) else np.nan


def _pooled_cv(wells: pd.DataFrame) -> tuple[float, int]:
    used = wells[wells["role"] != "blank"]
    grouped = used.groupby(["compound", "role", "concentration_M"], dropna=False)["signal"]
    summary = grouped.agg(["count", "mean", "var"])
    summary = summary[(summary["count"] > 1) & (summary["mean"] > 0)]
    df = summary["count"] - 1
    if df.sum() == 0:
        return np.nan, 0
    squared = float((df * summary["var"] / summary["mean"] ** 2).sum() / df.sum())
    return 100.0 * float(np.sqrt(squared)), int(df.sum())


def _edge_effect(wells: pd.DataFrame) -> tuple[float, float]:
    """Return how far outer wells lie above inner ones of the same group (%), and the P value of the t test."""
    used = wells[wells["role"] != "blank"]
    if "well" not in used:
        return np.nan, np.nan
    outer = pd.Series(_is_outer(used["well"]), index=used.index)
    keys = [used[name] for name in ("compound", "role", "concentration_M")]
    level = used["signal"].groupby(keys, dropna=False).transform("mean")
    known = outer.notna() & (level > 0)
    keys = [key[known] for key in keys]
    x = outer[known].astype(np.float64)
    y = used["signal"][known] / level[known]
    x_within = (x - x.groupby(keys, dropna=False).transform("mean")).to_numpy()
    y_within = (y - y.groupby(keys, dropna=False).transform("mean")).to_numpy()
    spread = float(np.sum(x_within**2))
    df = len(x) - y.groupby(keys, dropna=False).ngroups - 1
    if spread < 1e-9 or df < 1:
        return np.nan, np.nan
    slope = float(x_within @ y_within) / spread
    rest = float(np.sum((y_within - slope * x_within) ** 2))
    error = np.sqrt(rest / df / spread)
    p = float(2.0 * stats.t.sf(abs(slope) / error, df)) if error > 0 else float(slope == 0.0)
    return 100.0 * slope, p


def _is_outer(wells: pd.Series) -> list[bool | None]:
    """Tell which wells lie at the border of the smallest plate that holds them all."""
    names = [well_name(well) if isinstance(well, str) else None for well in wells]
    places = [None if name is None else well_position(name) for name in names]
    known = [place for place in places if place is not None]
    last_row, last_column = (max((place[axis] for place in known), default=0) for axis in (0, 1))
    shape = next(shape for shape in PLATE_SHAPES if last_row < shape[0] and last_column < shape[1])
    return [
        None if place is None else place[0] in {0, shape[0] - 1} or place[1] in {0, shape[1] - 1}
        for place in places
    ]


def _verdict(value: float, *, above: float | None = None, below: float | None = None) -> str:
    if np.isnan(value):
        return UNKNOWN
    passes = (above is None or value > above) and (below is None or value < below)
    return "pass" if passes else "fail"


def _edge_verdict(percent: float, p: float, options: QualityOptions) -> str:
    if np.isnan(percent) or np.isnan(p):
        return UNKNOWN
    if p >= options.edge_significance:
        return "pass"
    return "fail" if abs(percent) >= options.max_edge_percent else "watch"


def _words(name: str) -> str:
    return re.sub("_verdict$", "", name).replace("_", " ").replace("z prime", "Z′")
