"""The wells of a plate as disintegrations, fmol and fmol/mg protein."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from s1r_imaging.binding.counts import Measured, cpm_to_dpm, dpm_to_fmol, fmol_per_mg
from s1r_imaging.binding.plate import check_plate
from s1r_imaging.options import Options, option


@dataclass(frozen=True, kw_only=True)
class CountsOptions(Options):
    """Options of `counts_to_fmol`."""

    section: ClassVar[str] = "counts"

    efficiency: float = option(
        0.4, "Counts per disintegration; measure it for your counter and filters.", gt=0, le=1
    )
    efficiency_se: float = option(0.0, "Standard error of the efficiency.", ge=0)
    counter_background_cpm: float | None = option(
        None, "Counts per minute without radioligand; the mean of the blank wells when not given, else 0."
    )
    counting_minutes: float | None = option(
        None, "Counting time of each well (min); the column counting_time_min when not given."
    )
    specific_activity_Ci_per_mmol: float | None = option(None, "Specific activity on the day of counting.", gt=0)
    specific_activity_se_Ci_per_mmol: float = option(0.0, "Standard error of the specific activity.", ge=0)
    protein_mg: float | None = option(None, "Protein in each well (mg).", gt=0)
    protein_se_mg: float = option(0.0, "Standard error of the protein (mg).", ge=0)


def counts_to_fmol(
    plate: pd.DataFrame,
    *,
    efficiency: float = CountsOptions.efficiency,
    efficiency_se: float = CountsOptions.efficiency_se,
    counter_background_cpm: float | None = CountsOptions.counter_background_cpm,
    counting_minutes: float | None = CountsOptions.counting_minutes,
    specific_activity_Ci_per_mmol: float | None = CountsOptions.specific_activity_Ci_per_mmol,
    specific_activity_se_Ci_per_mmol: float = CountsOptions.specific_activity_se_Ci_per_mmol,
    protein_mg: float | None = CountsOptions.protein_mg,
    protein_se_mg: float = CountsOptions.protein_se_mg,
) -> pd.DataFrame:
    """Add disintegrations, amounts and amounts per protein to the wells of a plate counted in cpm.

    Parameters
    ----------
    plate : DataFrame
        As `read_binding_plate` gives it, with ``signal`` in counts per minute.
    efficiency : float
        Counts per disintegration.
    efficiency_se : float
        Standard error of the efficiency.
    counter_background_cpm : float, optional
        Counts per minute without radioligand. When not given, the mean of the blank wells of each
        experiment, with its standard error; 0 where there are none.
    counting_minutes : float, optional
        Counting time of each well (min); the column ``counting_time_min`` when not given. Without either, standard
        errors are NaN.
    specific_activity_Ci_per_mmol : float, optional
        Specific activity on the day of counting; without it no amounts are computed.
    specific_activity_se_Ci_per_mmol : float
        Standard error of the specific activity.
    protein_mg : float, optional
        Protein in each well (mg).
    protein_se_mg : float
        Standard error of the protein (mg).

    Returns
    -------
    DataFrame
        The plate with ``dpm, dpm_se, fmol, fmol_se, fmol_per_mg, fmol_per_mg_se``; NaN where what is needed
        was not given.

    Raises
    ------
    ValueError
        If the plate or an option is not allowed.

    See Also
    --------
    cpm_to_dpm : Equation and source of the first step.

    Examples
    --------
    >>> from s1r_imaging.simulate import simulate_binding_plate
    >>> plate, _ = simulate_binding_plate(n_experiments=1)
    >>> table = counts_to_fmol(plate, specific_activity_Ci_per_mmol=45, protein_mg=0.1)
    >>> table[["dpm", "fmol", "fmol_per_mg"]].iloc[0].round(1).to_list()
    [2957.1, 29.6, 296.0]
    """
    options = CountsOptions(
        efficiency=efficiency,
        efficiency_se=efficiency_se,
        counter_background_cpm=counter_background_cpm,
        counting_minutes=counting_minutes,
        specific_activity_Ci_per_mmol=specific_activity_Ci_per_mmol,
        specific_activity_se_Ci_per_mmol=specific_activity_se_Ci_per_mmol,
        protein_mg=protein_mg,
        protein_se_mg=protein_se_mg,
    )
    table = check_plate(plate)
    parts = [_count_experiment(part, options) for _, part in table.groupby("experiment", sort=False, dropna=False)]
    return pd.concat(parts).sort_index() if parts else _count_experiment(table, options)


def _count_experiment(table: pd.DataFrame, options: CountsOptions) -> pd.DataFrame:
    background, background_se = _background(table, options)
    time = options.counting_minutes
    given = table["counting_time_min"].to_numpy(dtype=np.float64) if "counting_time_min" in table else None
    dpm = cpm_to_dpm(
        table["signal"].to_numpy(),
        efficiency=options.efficiency,
        counting_time_min=given if time is None else time,
        background_cpm=background,
        efficiency_se=options.efficiency_se,
        background_se_cpm=background_se,
    )
    unknown = Measured(np.full(len(table), np.nan), np.full(len(table), np.nan))
    amount = density = unknown
    if options.specific_activity_Ci_per_mmol is not None:
        amount = dpm_to_fmol(
            dpm.value,
            specific_activity_Ci_per_mmol=options.specific_activity_Ci_per_mmol,
            dpm_se=dpm.standard_error,
            specific_activity_se_Ci_per_mmol=options.specific_activity_se_Ci_per_mmol,
        )
    if options.protein_mg is not None:
        density = fmol_per_mg(
            amount.value,
            protein_mg=options.protein_mg,
            fmol_se=amount.standard_error,
            protein_se_mg=options.protein_se_mg,
        )
    columns = {"dpm": dpm, "fmol": amount, "fmol_per_mg": density}
    return table.assign(
        **{name: item.value for name, item in columns.items()},
        **{f"{name}_se": item.standard_error for name, item in columns.items()},
    )


def _background(table: pd.DataFrame, options: CountsOptions) -> tuple[float, float]:
    """Return the background of an experiment and its standard error."""
    if options.counter_background_cpm is not None:
        return options.counter_background_cpm, 0.0
    blanks = table.loc[table["role"] == "blank", "signal"].dropna().to_numpy()
    if not len(blanks):
        return 0.0, 0.0
    error = float(blanks.std(ddof=1) / np.sqrt(len(blanks))) if len(blanks) > 1 else 0.0
    return float(blanks.mean()), error
