"""Saturation: radioligand bound against radioligand free, or against radioligand added.

Bmax and the binding have one unit of their own (counts, fmol/mg) where the free concentration is given. Where
the ligand is depleted they must be concentrations, in the unit of the ligand.
"""

import numpy as np
from numpy.typing import ArrayLike

from s1r_imaging.binding.arguments import Array, not_negative, positive
from s1r_imaging.binding.equilibrium import free_concentration


def specific_binding(free: ArrayLike, *, bmax: ArrayLike, kd: ArrayLike) -> Array:
    """Compute one-site specific binding, Bmax x/(Kd + x).

    Parameters
    ----------
    free : array_like
        Free radioligand.
    bmax : array_like
        Binding at saturation.
    kd : array_like
        Dissociation constant, in the unit of `free`.

    Returns
    -------
    array
        Specific binding, in the unit of `bmax`.

    Examples
    --------
    >>> specific_binding([0.0, 3.0, 27.0], bmax=100.0, kd=3.0)
    array([ 0., 50., 90.])
    """
    x, constant = np.asarray(free, dtype=np.float64), np.asarray(kd, dtype=np.float64)
    specific: Array = np.asarray(bmax, dtype=np.float64) * (x / (constant + x))
    return specific


def nonspecific_binding(free: ArrayLike, *, nonspecific: ArrayLike, background: ArrayLike = 0.0) -> Array:
    """Compute binding elsewhere, NS x + background.

    Parameters
    ----------
    free : array_like
        Free radioligand.
    nonspecific : array_like
        Non-specific binding per free radioligand.
    background : array_like
        Signal without radioligand.

    Returns
    -------
    array
        Non-specific binding.
    """
    x = np.asarray(free, dtype=np.float64)
    elsewhere: Array = np.asarray(nonspecific, dtype=np.float64) * x + np.asarray(background, dtype=np.float64)
    return elsewhere


def total_binding(
    free: ArrayLike, *, bmax: ArrayLike, kd: ArrayLike, nonspecific: ArrayLike, background: ArrayLike = 0.0
) -> Array:
    """Compute total binding to one site and elsewhere, Bmax x/(Kd + x) + NS x + background.

    Parameters
    ----------
    free : array_like
        Free radioligand.
    bmax, kd : array_like
        Specific binding at saturation, and the dissociation constant in the unit of `free`.
    nonspecific : array_like
        Non-specific binding per free radioligand.
    background : array_like
        Signal without radioligand.

    Returns
    -------
    array
        Total binding.
    """
    return specific_binding(free, bmax=bmax, kd=kd) + nonspecific_binding(
        free, nonspecific=nonspecific, background=background
    )


def two_site_total_binding(
    free: ArrayLike,
    *,
    bmax_high: ArrayLike,
    kd_high: ArrayLike,
    bmax_low: ArrayLike,
    kd_low: ArrayLike,
    nonspecific: ArrayLike,
    background: ArrayLike = 0.0,
) -> Array:
    """Compute total binding to sites of high and low affinity and elsewhere.

    Parameters
    ----------
    free : array_like
        Free radioligand.
    bmax_high, kd_high : array_like
        Binding at saturation and dissociation constant of the sites of high affinity.
    bmax_low, kd_low : array_like
        Binding at saturation and dissociation constant of the sites of low affinity.
    nonspecific : array_like
        Non-specific binding per free radioligand.
    background : array_like
        Signal without radioligand.

    Returns
    -------
    array
        Total binding.
    """
    rest = total_binding(free, bmax=bmax_high, kd=kd_high, nonspecific=nonspecific, background=background)
    return rest + specific_binding(free, bmax=bmax_low, kd=kd_low)


def free_radioligand(added: ArrayLike, *, bmax: ArrayLike, kd: ArrayLike, nonspecific: ArrayLike = 0.0) -> Array:
    """Compute how much radioligand is left free by one site and by non-specific binding.

    Parameters
    ----------
    added : array_like
        Radioligand added: a total concentration, 0 or more.
    bmax : array_like
        Concentration of binding sites, 0 or more, in the unit of `added`.
    kd : array_like
        Dissociation constant, more than 0, in the unit of `added`.
    nonspecific : array_like
        Non-specifically bound per free radioligand (no unit), 0 or more; 0 for wells in which it is
        counted as free.

    Returns
    -------
    array
        Free radioligand x, the root of (1 + NS) x + Bmax x/(Kd + x) = added.

    Raises
    ------
    ValueError
        If a concentration is negative or `kd` is not positive.

    Notes
    -----
    The quadratic (1 + NS) x² + b x − added Kd = 0, with b = (1 + NS) Kd + Bmax − added, has the root
    (√D − b) / (2 (1 + NS)) = 2 added Kd / (√D + b) with D = b² + 4 (1 + NS) added Kd. Of the two forms the one
    that adds is taken, so that no digits are lost [1]_.

    References
    ----------
    .. [1] Swillens S. (1995), Interpretation of binding curves obtained with high receptor concentrations:
       practical aid for computer analysis, Molecular Pharmacology 47, 1197–1203.

    Examples
    --------
    With 1 nM receptor, 0.21 nM of 1 nM radioligand is bound:

    >>> free_radioligand(1e-9, bmax=1e-9, kd=3e-9)
    array(7.91287847e-10)
    """
    ligand = not_negative("added", added)
    sites, constant = not_negative("bmax", bmax), positive("kd", kd)
    elsewhere = 1.0 + not_negative("nonspecific", nonspecific, "bound per free")
    b = (sites - ligand) + elsewhere * constant  # in this order: the difference of near equals is exact
    root = np.sqrt(b**2 + 4.0 * elsewhere * ligand * constant)
    adds = b >= 0
    larger = root + np.abs(b)  # more than 0, as kd is
    free: Array = np.where(adds, 2.0 * ligand * constant / larger, larger / (2.0 * elsewhere))
    return free


def two_site_free_radioligand(
    added: ArrayLike,
    *,
    bmax_high: ArrayLike,
    kd_high: ArrayLike,
    bmax_low: ArrayLike,
    kd_low: ArrayLike,
    nonspecific: ArrayLike = 0.0,
) -> Array:
    """Compute how much radioligand two kinds of sites and non-specific binding leave free.

    Parameters
    ----------
    added : array_like
        Radioligand added: a total concentration, 0 or more.
    bmax_high, kd_high : array_like
        Concentration of the sites of high affinity and their dissociation constant, in the unit of `added`.
    bmax_low, kd_low : array_like
        Concentration of the sites of low affinity and their dissociation constant.
    nonspecific : array_like
        Non-specifically bound per free radioligand (no unit), 0 or more.

    Returns
    -------
    array
        Free radioligand x, the root of (1 + NS) x + Σ Bmax x/(Kd + x) = added.

    Raises
    ------
    ValueError
        If a concentration is negative or a dissociation constant is not positive.
    """
    elsewhere = 1.0 + not_negative("nonspecific", nonspecific, "bound per free")
    free = free_concentration(  # in terms of (1 + NS) x the equation is that of the equilibrium
        not_negative("added", added),
        [not_negative("bmax_high", bmax_high), not_negative("bmax_low", bmax_low)],
        [positive("kd_high", kd_high) * elsewhere, positive("kd_low", kd_low) * elsewhere],
    )
    result: Array = free / elsewhere
    return result
