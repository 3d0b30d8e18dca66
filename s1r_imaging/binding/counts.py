"""From counts to disintegrations, to fmol, to fmol/mg protein, with the standard error carried along.

One curie is 2.22e12 disintegrations per minute (3.7e10 per second), so a specific activity of 1 Ci/mmol is
2.22 dpm/fmol. Errors add as relative or absolute variances, to first order and as if independent. The error of
efficiency, specific activity and protein is common to all wells of a plate: it moves them together, and must
not be taken for scatter between wells.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from s1r_imaging.binding.arguments import not_negative, positive

Array = NDArray[np.float64]

DPM_PER_FMOL = 2.22
"""Disintegrations per minute of 1 fmol at 1 Ci/mmol."""

TRITIUM_HALF_LIFE_YEARS = 12.32
"""Half-life of tritium."""

_DAYS_PER_YEAR = 365.25


class Measured(NamedTuple):
    """A value with its standard error, of one shape.

    Parameters
    ----------
    value : array
        The value.
    standard_error : array
        Its standard error; NaN where it is not known.
    """

    value: Array
    standard_error: Array


def cpm_to_dpm(
    cpm: ArrayLike,
    *,
    efficiency: float,
    counting_time_min: ArrayLike | None = None,
    background_cpm: float = 0.0,
    efficiency_se: float = 0.0,
    background_se_cpm: float = 0.0,
) -> Measured:
    """Turn counts into disintegrations per minute.

    Parameters
    ----------
    cpm : array_like
        Counts per minute.
    efficiency : float
        Counts per disintegration, between 0 and 1; about 0.4 for tritium on filters. Measure it.
    counting_time_min : array_like, optional
        Time for which each sample was counted (min). Without it the counting error is not known, and the
        standard error is NaN.
    background_cpm : float
        Counts per minute of a vial or well without radioligand.
    efficiency_se, background_se_cpm : float
        Their standard errors.

    Returns
    -------
    Measured
        Disintegrations per minute and standard error; negative where less than background was counted.

    Raises
    ------
    ValueError
        If efficiency is not in (0, 1], or a time or an error is out of range.

    Notes
    -----
    dpm = (cpm − background)/efficiency. Counts N = cpm·t are Poisson, so that var(cpm) = N/t²; one count is taken
    for none.

    References
    ----------
    Knoll G. F. (2010), Radiation Detection and Measurement, 4th ed., chapter 3.

    Examples
    --------
    >>> dpm, error = cpm_to_dpm([1025.0], efficiency=0.4, counting_time_min=2, background_cpm=25)
    >>> float(dpm[0]), round(float(error[0]), 2)
    (2500.0, 56.6)
    """
    _check_efficiency(efficiency)
    not_negative("efficiency_se", efficiency_se, "counts per disintegration")
    not_negative("background_se_cpm", background_se_cpm, "counts per minute")
    counts = np.asarray(cpm, dtype=np.float64)
    dpm = (counts - background_cpm) / efficiency
    if counting_time_min is None:
        return Measured(dpm, np.full_like(dpm, np.nan))
    time = positive("counting_time_min", counting_time_min, "min")
    counting = np.maximum(counts * time, 1.0) / time**2
    variance = (counting + background_se_cpm**2) / efficiency**2 + (dpm * efficiency_se / efficiency) ** 2
    return Measured(dpm, np.asarray(np.sqrt(variance), dtype=np.float64))


def dpm_to_fmol(
    dpm: ArrayLike,
    *,
    specific_activity_Ci_per_mmol: float,
    dpm_se: ArrayLike = 0.0,
    specific_activity_se_Ci_per_mmol: float = 0.0,
) -> Measured:
    """Turn disintegrations per minute into amount of radioligand.

    Parameters
    ----------
    dpm : array_like
        Disintegrations per minute.
    specific_activity_Ci_per_mmol : float
        Specific activity on the day of counting; see `decay_specific_activity`.
    dpm_se : array_like
        Standard error of `dpm`.
    specific_activity_se_Ci_per_mmol : float
        Standard error of the specific activity.

    Returns
    -------
    Measured
        Femtomoles and standard error.

    Raises
    ------
    ValueError
        If the specific activity is not positive or an error is negative.

    Notes
    -----
    fmol = dpm/(2.22·SA), because 1 Ci = 2.22e12 dpm.

    Examples
    --------
    >>> round(float(dpm_to_fmol(49_950, specific_activity_Ci_per_mmol=30).value), 9)
    750.0
    """
    activity = float(positive("specific_activity_Ci_per_mmol", specific_activity_Ci_per_mmol, "Ci/mmol"))
    fmol = np.asarray(dpm, dtype=np.float64) / (DPM_PER_FMOL * activity)
    own = not_negative("dpm_se", dpm_se, "dpm") / (DPM_PER_FMOL * activity)
    common = float(not_negative("specific_activity_se_Ci_per_mmol", specific_activity_se_Ci_per_mmol, "Ci/mmol"))
    return Measured(fmol, np.asarray(np.hypot(own, fmol * common / activity), dtype=np.float64))


def fmol_per_mg(
    fmol: ArrayLike, *, protein_mg: float, fmol_se: ArrayLike = 0.0, protein_se_mg: float = 0.0
) -> Measured:
    """Relate an amount of radioligand to protein.

    Parameters
    ----------
    fmol : array_like
        Femtomoles in a well.
    protein_mg : float
        Protein in a well (mg); 50 to 100 µg are 0.05 to 0.1.
    fmol_se : array_like
        Standard error of `fmol`.
    protein_se_mg : float
        Standard error of the protein.

    Returns
    -------
    Measured
        Femtomoles per milligram and standard error.

    Raises
    ------
    ValueError
        If the protein is not positive or an error is negative.

    Examples
    --------
    >>> value, error = fmol_per_mg(75.0, protein_mg=0.1, protein_se_mg=0.01)
    >>> round(float(value), 6), round(float(error), 6)
    (750.0, 75.0)
    """
    protein = float(positive("protein_mg", protein_mg, "mg"))
    density = np.asarray(fmol, dtype=np.float64) / protein
    own = not_negative("fmol_se", fmol_se, "fmol") / protein
    common = float(not_negative("protein_se_mg", protein_se_mg, "mg"))
    return Measured(density, np.asarray(np.hypot(own, density * common / protein), dtype=np.float64))


def decay_specific_activity(
    specific_activity_Ci_per_mmol: float,
    *,
    elapsed_days: float,
    half_life_years: float = TRITIUM_HALF_LIFE_YEARS,
) -> float:
    """Return the specific activity that is left after some days.

    Parameters
    ----------
    specific_activity_Ci_per_mmol : float
        On the day of the certificate (Ci/mmol).
    elapsed_days : float
        Days from then to the day of counting; negative before it.
    half_life_years : float
        Half-life (years of 365.25 days); that of tritium by default.

    Returns
    -------
    float
        Specific activity (Ci/mmol), SA·2^(−Δt/half-life).

    Raises
    ------
    ValueError
        If the specific activity or the half-life is not positive.

    References
    ----------
    Lucas L. L., Unterweger M. P. (2000), Comprehensive review and critical evaluation of the half-life of tritium,
    J. Res. Natl. Inst. Stand. Technol. 105, 541–549.

    Examples
    --------
    >>> round(decay_specific_activity(30.0, elapsed_days=365.25), 3)
    28.359
    """
    activity = float(positive("specific_activity_Ci_per_mmol", specific_activity_Ci_per_mmol, "Ci/mmol"))
    half_life = float(positive("half_life_years", half_life_years, "years"))
    return float(activity * 2.0 ** (-elapsed_days / (half_life * _DAYS_PER_YEAR)))


def radioligand_concentration(
    dpm: ArrayLike,
    *,
    specific_activity_Ci_per_mmol: float,
    volume_uL: float,
    dpm_se: ArrayLike = 0.0,
    specific_activity_se_Ci_per_mmol: float = 0.0,
    volume_se_uL: float = 0.0,
) -> Measured:
    """Return the concentration of radioligand from the disintegrations added to a well.

    Parameters
    ----------
    dpm : array_like
        Disintegrations per minute added to one well, counted in an aliquot.
    specific_activity_Ci_per_mmol : float
        Specific activity on the day of counting.
    volume_uL : float
        Volume of the well (µL).
    dpm_se, specific_activity_se_Ci_per_mmol, volume_se_uL : float
        Their standard errors.

    Returns
    -------
    Measured
        Concentration (mol/L) and standard error.

    Raises
    ------
    ValueError
        If specific activity or volume is not positive, or an error is negative.

    Notes
    -----
    [L] (nM) = dpm/(2.22·SA·V_µL).

    Examples
    --------
    3 nM in 250 µL is 750 fmol, or 49,950 dpm at 30 Ci/mmol:

    >>> added = radioligand_concentration(49_950, specific_activity_Ci_per_mmol=30, volume_uL=250)
    >>> f"{float(added.value):.3g}"
    '3e-09'
    """
    volume = float(positive("volume_uL", volume_uL, "µL"))
    common = float(not_negative("volume_se_uL", volume_se_uL, "µL"))
    fmol, error = dpm_to_fmol(
        dpm,
        specific_activity_Ci_per_mmol=specific_activity_Ci_per_mmol,
        dpm_se=dpm_se,
        specific_activity_se_Ci_per_mmol=specific_activity_se_Ci_per_mmol,
    )
    molar = fmol / volume * 1e-9  # 1 fmol/µL is 1 nM
    own = error / volume * 1e-9
    return Measured(molar, np.asarray(np.hypot(own, molar * common / volume), dtype=np.float64))


def _check_efficiency(efficiency: float) -> None:
    if not 0.0 < efficiency <= 1.0:
        raise ValueError(
            f"efficiency={efficiency:g}: expected counts per disintegration, more than 0 and at most 1 "
            "(40 % is 0.4)."
        )
