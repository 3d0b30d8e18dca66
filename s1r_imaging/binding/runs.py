"""A control compound followed over runs, to see whether the assay is still the same."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from s1r_imaging.options import Options, option

Array = NDArray[np.float64]

CHART_COLUMNS = (
    "experiment", "compound", "pki", "n_reference", "mean_pki", "sd_pki", "z", "warning_low",
    "warning_high", "limit_low", "limit_high", "verdict", "minimum_significant_ratio",
)  # fmt: skip
"""Columns of what `control_chart` returns."""

_WARNING_SD = 2.0
_LIMIT_SD = 3.0
_FEWEST = 3  # runs from which a mean and an SD are taken


@dataclass(frozen=True, kw_only=True)
class ControlChartOptions(Options):
    """Options of `control_chart`."""

    section: ClassVar[str] = "control_chart"

    reference_runs: int | None = option(
        None, "The first so many runs set mean and SD; all other runs, for each run, when not given.", ge=3
    )


def control_chart(
    table: pd.DataFrame, compound: object, *, reference_runs: int | None = ControlChartOptions.reference_runs
) -> pd.DataFrame:
    """Follow the pKi of a control compound over runs, as a Levey–Jennings chart does.

    Parameters
    ----------
    table : DataFrame
        One row per experiment and compound with ``experiment, compound, pki``, in the order of the runs.
    compound : object
        The control compound, as in the column ``compound``.
    reference_runs : int, optional
        The first so many runs with a number set mean and SD. When not given, each run is judged by all others,
        so that a run that went wrong does not widen its own limits.

    Returns
    -------
    DataFrame
        One row per run: ``pki``; ``n_reference``, ``mean_pki`` and ``sd_pki`` of the runs that it is judged
        by; ``z`` = (pki − mean)/SD; warning and control limits; ``verdict``: ``in``, ``warning``, ``out`` or
        ``unknown``, where the run has no number or fewer than three runs set the limits; and the
        ``minimum_significant_ratio`` of two Ki, from the SD of these runs.

    Raises
    ------
    TypeError
        If `table` is no DataFrame.
    ValueError
        If a column is missing, the compound is not in the table, or an option is out of range.

    Notes
    -----
    Limits are those within which a further run of a normal process lies with the probability of ±2 and ±3 SD
    (95.4 % and 99.7 %): mean ± t·SD·√(1 + 1/n), which tends to 2 and 3 SD for many runs and is wider for few.
    Runs that set the limits themselves are judged by the same limits. The minimum significant ratio is
    10^(2√2·SD); the Assay Guidance Manual asks for less than 3 of a stable assay.

    References
    ----------
    Levey S., Jennings E. R. (1950), Am. J. Clin. Pathol. 20, 1059–1066. Eastwood B. J. et al. (2006), J. Biomol.
    Screen. 11, 253–261.

    Examples
    --------
    >>> runs = pd.DataFrame({"experiment": range(1, 8), "compound": "haloperidol",
    ...                      "pki": [8.4, 8.5, 8.45, 8.42, 8.48, 7.6, 8.44]})
    >>> control_chart(runs, "haloperidol")["verdict"].to_list()
    ['in', 'in', 'in', 'in', 'in', 'out', 'in']
    """
    options = ControlChartOptions(reference_runs=reference_runs)
    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"table is a {type(table).__name__}: expected a DataFrame with a row per experiment.")
    missing = [name for name in ("experiment", "compound", "pki") if name not in table]
    if missing:
        raise ValueError(
            f"table has no column {', '.join(map(repr, missing))}: expected experiment, compound, pki."
        )
    own = table[table["compound"] == compound]
    if len(table) and not len(own):
        raise ValueError(f"compound={compound!r} is not in the table: expected one of its compounds.")
    pki = pd.to_numeric(own["pki"], errors="coerce").to_numpy(dtype=np.float64)
    rows = [_judge(pki, run, options.reference_runs) for run in range(len(pki))]
    chart = pd.DataFrame(rows, columns=list(CHART_COLUMNS[2:]))
    chart.insert(0, "compound", own["compound"].to_numpy())
    chart.insert(0, "experiment", own["experiment"].to_numpy())
    return chart


def _judge(pki: Array, run: int, reference_runs: int | None) -> dict[str, object]:
    known = np.flatnonzero(np.isfinite(pki))
    judges = known[known != run] if reference_runs is None else known[:reference_runs]
    n, values = len(judges), pki[judges]
    mean = float(values.mean()) if n else np.nan
    sd = float(values.std(ddof=1)) if n > 1 else np.nan
    enough = n >= max(_FEWEST, reference_runs or 0)
    warning, limit = (_reach(sd, n, level) if enough else np.nan for level in (_WARNING_SD, _LIMIT_SD))
    away = abs(pki[run] - mean)
    verdict = "unknown"
    if enough and np.isfinite(pki[run]):
        verdict = "out" if away > limit else "warning" if away > warning else "in"
    return {
        "pki": float(pki[run]),
        "n_reference": n,
        "mean_pki": mean,
        "sd_pki": sd,
        "z": float((pki[run] - mean) / sd) if n > 1 and sd > 0 else np.nan,
        "warning_low": mean - warning,
        "warning_high": mean + warning,
        "limit_low": mean - limit,
        "limit_high": mean + limit,
        "verdict": verdict,
        "minimum_significant_ratio": float(10.0 ** (2.0 * np.sqrt(2.0) * sd)),
    }


def _reach(sd: float, n: int, sds: float) -> float:
    """Return how far from the mean of n runs a further run may lie."""
    t = float(stats.t.isf(stats.norm.sf(sds), n - 1))
    return t * sd * float(np.sqrt(1.0 + 1.0 / n))
