"""Binding over time: association, dissociation, and competition of two ligands.

Times are minutes and rates per minute (k_on per molar and minute), or any other unit of time throughout; the
binding has the unit of Bmax. The ligands are in excess: none is depleted.
"""

import numpy as np
from numpy.typing import ArrayLike

from s1r_imaging.binding.arguments import Array, not_negative


def observed_rate(radioligand_M: ArrayLike, *, k_on: ArrayLike, k_off: ArrayLike) -> Array:
    """Compute the rate at which association approaches equilibrium, k_on L + k_off.

    Parameters
    ----------
    radioligand_M : array_like
        Free radioligand (mol/L).
    k_on : array_like
        Association rate (L/mol/min).
    k_off : array_like
        Dissociation rate (1/min).

    Returns
    -------
    array
        Observed rate (1/min).

    Raises
    ------
    ValueError
        If a concentration or rate is negative.
    """
    ligand = not_negative("radioligand_M", radioligand_M)
    rate: Array = not_negative("k_on", k_on, "1/mol/L/min") * ligand + not_negative("k_off", k_off, "1/min")
    return rate


def association(
    time_min: ArrayLike, radioligand_M: ArrayLike, *, k_on: ArrayLike, k_off: ArrayLike, bmax: ArrayLike
) -> Array:
    """Compute specific binding after radioligand is added.

    Parameters
    ----------
    time_min : array_like
        Time since radioligand was added (min), 0 or more.
    radioligand_M : array_like
        Free radioligand (mol/L).
    k_on : array_like
        Association rate (L/mol/min).
    k_off : array_like
        Dissociation rate (1/min).
    bmax : array_like
        Binding of all sites.

    Returns
    -------
    array
        Specific binding, in the unit of `bmax`.

    Raises
    ------
    ValueError
        If a time, concentration or rate is negative.

    Notes
    -----
    Bmax k_on L t E(k_obs t), with E(x) = (1 − e⁻ˣ)/x and k_obs = k_on L + k_off; at long times
    Bmax L/(L + k_off/k_on).

    Examples
    --------
    >>> association([0.0, 10.0, 1000.0], 3e-9, k_on=1e7, k_off=0.03, bmax=100.0).round(2)
    array([ 0.  , 22.56, 50.  ])
    """
    time = not_negative("time_min", time_min, "min")
    rate = observed_rate(radioligand_M, k_on=k_on, k_off=k_off)
    inflow = np.asarray(k_on, dtype=np.float64) * np.asarray(radioligand_M, dtype=np.float64)
    bound: Array = np.asarray(bmax, dtype=np.float64) * inflow * time * _mean_decay(rate * time)
    return bound


def dissociation(time_min: ArrayLike, *, bound_at_start: ArrayLike, k_off: ArrayLike) -> Array:
    """Compute what is still bound after rebinding is blocked.

    Parameters
    ----------
    time_min : array_like
        Time since then (min), 0 or more.
    bound_at_start : array_like
        Specific binding at time 0.
    k_off : array_like
        Dissociation rate (1/min).

    Returns
    -------
    array
        Specific binding, in the unit of `bound_at_start`.

    Raises
    ------
    ValueError
        If a time or rate is negative.
    """
    time, rate = not_negative("time_min", time_min, "min"), not_negative("k_off", k_off, "1/min")
    bound: Array = np.asarray(bound_at_start, dtype=np.float64) * np.exp(-rate * time)
    return bound


def two_phase_dissociation(
    time_min: ArrayLike,
    *,
    bound_at_start: ArrayLike,
    k_off_fast: ArrayLike,
    k_off_slow: ArrayLike,
    fast_fraction: ArrayLike,
) -> Array:
    """Compute what is still bound to two kinds of sites after rebinding is blocked.

    Parameters
    ----------
    time_min : array_like
        Time since then (min), 0 or more.
    bound_at_start : array_like
        Specific binding at time 0.
    k_off_fast, k_off_slow : array_like
        Dissociation rates (1/min).
    fast_fraction : array_like
        Part of `bound_at_start` that leaves at the fast rate.

    Returns
    -------
    array
        Specific binding, in the unit of `bound_at_start`.

    Raises
    ------
    ValueError
        If a time or rate is negative.
    """
    part = np.asarray(fast_fraction, dtype=np.float64)
    fast = dissociation(time_min, bound_at_start=part, k_off=k_off_fast)
    slow = dissociation(time_min, bound_at_start=1.0 - part, k_off=k_off_slow)
    bound: Array = np.asarray(bound_at_start, dtype=np.float64) * (fast + slow)
    return bound


def two_phase_association(
    time_min: ArrayLike, *, plateau: ArrayLike, k_fast: ArrayLike, k_slow: ArrayLike, fast_fraction: ArrayLike
) -> Array:
    """Compute association in a fast and a slow phase.

    Parameters
    ----------
    time_min : array_like
        Time since radioligand was added (min), 0 or more.
    plateau : array_like
        Specific binding at long times.
    k_fast, k_slow : array_like
        Observed rates (1/min).
    fast_fraction : array_like
        Part of `plateau` that comes at the fast rate.

    Returns
    -------
    array
        Specific binding, in the unit of `plateau`.

    Raises
    ------
    ValueError
        If a time or rate is negative.
    """
    time = not_negative("time_min", time_min, "min")
    part = np.asarray(fast_fraction, dtype=np.float64)
    fast = -part * np.expm1(-not_negative("k_fast", k_fast, "1/min") * time)
    slow = -(1.0 - part) * np.expm1(-not_negative("k_slow", k_slow, "1/min") * time)
    bound: Array = np.asarray(plateau, dtype=np.float64) * (fast + slow)
    return bound


def motulsky_mahan(
    time_min: ArrayLike,
    radioligand_M: ArrayLike,
    competitor_M: ArrayLike,
    *,
    k_on: ArrayLike,
    k_off: ArrayLike,
    competitor_k_on: ArrayLike,
    competitor_k_off: ArrayLike,
    bmax: ArrayLike,
) -> Array:
    """Compute specific binding after radioligand and competitor are added together.

    Parameters
    ----------
    time_min : array_like
        Time since both were added (min), 0 or more.
    radioligand_M, competitor_M : array_like
        Free radioligand and free competitor (mol/L), 0 or more.
    k_on, k_off : array_like
        Association (L/mol/min) and dissociation rate (1/min) of the radioligand.
    competitor_k_on, competitor_k_off : array_like
        Those of the competitor.
    bmax : array_like
        Binding of all sites.

    Returns
    -------
    array
        Specific binding of the radioligand, in the unit of `bmax`.

    Raises
    ------
    ValueError
        If a time, concentration or rate is negative.

    Notes
    -----
    The solution of Motulsky and Mahan [1]_, with rates K_F ≥ K_S, written without a division by K_F − K_S::

        bound = Bmax k₁ L t [ (1 − k₄/K_F) e^(−K_S t) E((K_F − K_S) t) + (k₄/K_F) E(K_S t) ]

    with E(x) = (1 − e⁻ˣ)/x. No term is negative and E(0) = 1, so that neither K_F = K_S nor early times nor a
    competitor that never leaves (K_S = 0) costs digits.

    References
    ----------
    .. [1] Motulsky H. J., Mahan L. C. (1984), The kinetics of competitive radioligand binding predicted by the
       law of mass action, Molecular Pharmacology 25, 1–9.

    Examples
    --------
    A competitor that leaves slowly lets the radioligand overshoot:

    >>> rates = {"k_on": 1e7, "k_off": 0.03, "competitor_k_on": 1e6, "competitor_k_off": 0.0005}
    >>> motulsky_mahan([5.0, 40.0, 1e5], 3e-9, 1e-8, **rates, bmax=100.0).round(2)
    array([12.64, 37.51,  4.55])
    """
    time = not_negative("time_min", time_min, "min")
    k2, k4 = not_negative("k_off", k_off, "1/min"), not_negative("competitor_k_off", competitor_k_off, "1/min")
    inflow = not_negative("k_on", k_on, "1/mol/L/min") * not_negative("radioligand_M", radioligand_M)
    rival = not_negative("competitor_k_on", competitor_k_on, "1/mol/L/min") * not_negative(
        "competitor_M", competitor_M
    )
    apart = np.hypot((inflow + k2) - (rival + k4), 2.0 * np.sqrt(inflow * rival))  # K_F − K_S
    fast = 0.5 * (inflow + k2 + rival + k4 + apart)
    possible = np.where(fast > 0, fast, 1.0)  # with no rate at all nothing binds: inflow is 0
    slow = (inflow * k4 + k2 * rival + k2 * k4) / possible
    lasting = k4 / possible
    both = np.exp(-slow * time) * _mean_decay(apart * time)
    mean = (1.0 - lasting) * both + lasting * _mean_decay(slow * time)
    bound: Array = np.asarray(bmax, dtype=np.float64) * inflow * time * mean
    return bound


def _mean_decay(x: Array) -> Array:
    """Return (1 − e⁻ˣ)/x, the mean of e⁻ˢ for s from 0 to x; 1 at 0."""
    x = np.asarray(x, dtype=np.float64)
    return np.divide(-np.expm1(-x), x, out=np.where(np.isnan(x), np.nan, 1.0), where=x > 0)
