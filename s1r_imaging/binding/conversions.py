"""From IC50 to Ki.

`cheng_prusoff` holds where neither ligand is depleted; `munson_rodbard` and `nikolovska_coleska` are exact for
one site at equilibrium, whatever is depleted. Any unit of concentration serves, if it is the same throughout.
All take numbers or arrays that broadcast; an IC50 of NaN or infinity gives a Ki of NaN or infinity.
"""

import numpy as np
from numpy.typing import ArrayLike

from s1r_imaging.binding.arguments import Array, not_negative, positive
from s1r_imaging.binding.equilibrium import free_concentration


def cheng_prusoff(ic50: ArrayLike, radioligand: ArrayLike, kd: ArrayLike) -> Array:
    """Convert IC50 to Ki where little of either ligand is bound.

    Parameters
    ----------
    ic50 : array_like
        Concentration of competitor that halves specific binding.
    radioligand : array_like
        Concentration of free radioligand, in the same unit.
    kd : array_like
        Dissociation constant of the radioligand, in the same unit.

    Returns
    -------
    array
        Ki, in the same unit.

    Raises
    ------
    ValueError
        If `ic50` or `kd` is not positive, or `radioligand` is negative.

    Notes
    -----
    Ki = IC50 / (1 + L/Kd) [1]_. It holds for reversible competition for one site at equilibrium, with total
    receptor far below Kd and IC50. It is not for functional data, where IC50 depends on the agonist's whole curve.

    References
    ----------
    .. [1] Cheng Y.-C., Prusoff W. H. (1973), Relationship between the inhibition constant (Ki) and the
       concentration of inhibitor which causes 50 per cent inhibition (I50) of an enzymatic reaction,
       Biochemical Pharmacology 22, 3099–3108.

    Examples
    --------
    >>> float(cheng_prusoff(ic50=10e-9, radioligand=3e-9, kd=3e-9))
    5e-09
    """
    given = positive("ic50", ic50, "a concentration")
    ligand = not_negative("radioligand", radioligand, "a concentration")
    ki: Array = given / (1.0 + ligand / positive("kd", kd, "a concentration"))
    return ki


def ic50_from_ki(ki: ArrayLike, radioligand: ArrayLike, kd: ArrayLike) -> Array:
    """Convert Ki to the IC50 that Cheng and Prusoff expect: the inverse of `cheng_prusoff`.

    Parameters
    ----------
    ki : array_like
        Dissociation constant of the competitor.
    radioligand : array_like
        Concentration of free radioligand, in the same unit.
    kd : array_like
        Dissociation constant of the radioligand, in the same unit.

    Returns
    -------
    array
        IC50, in the same unit.

    Raises
    ------
    ValueError
        If `ki` or `kd` is not positive, or `radioligand` is negative.
    """
    given = positive("ki", ki, "a concentration")
    ligand = not_negative("radioligand", radioligand, "a concentration")
    ic50: Array = given * (1.0 + ligand / positive("kd", kd, "a concentration"))
    return ic50


def ln_ki_variance(
    ln_ic50_variance: ArrayLike,
    radioligand: ArrayLike,
    kd: ArrayLike,
    *,
    radioligand_se: ArrayLike = 0.0,
    kd_se: ArrayLike = 0.0,
) -> Array:
    """Carry the errors of radioligand and Kd into the error of Ki.

    Parameters
    ----------
    ln_ic50_variance : array_like
        Variance of the natural logarithm of IC50; for a standard error of log10, (ln 10 × SE)².
    radioligand, kd : array_like
        Concentration of free radioligand and its dissociation constant, in one unit.
    radioligand_se, kd_se : array_like
        Their standard errors, in the same unit.

    Returns
    -------
    array
        Variance of ln Ki.

    Raises
    ------
    ValueError
        If `kd` or `radioligand` is not positive, or a variance or standard error is negative.

    Notes
    -----
    From ln Ki = ln IC50 − ln(1 + L/Kd), to first order:
    var(ln Ki) = var(ln IC50) + (L/(Kd + L))² [(SE_L/L)² + (SE_Kd/Kd)²].

    Examples
    --------
    At L = Kd half of a 10 % error of Kd arrives in Ki:

    >>> round(float(ln_ki_variance(0.0, 3e-9, 3e-9, kd_se=0.3e-9)) ** 0.5, 6)
    0.05
    """
    variance = not_negative("ln_ic50_variance", ln_ic50_variance, "ln² units")
    ligand, constant = (
        positive("radioligand", radioligand, "a concentration"),
        positive("kd", kd, "a concentration"),
    )
    relative_ligand = not_negative("radioligand_se", radioligand_se, "a concentration") / ligand
    relative_kd = not_negative("kd_se", kd_se, "a concentration") / constant
    share = ligand / (constant + ligand)
    total: Array = variance + share**2 * (relative_ligand**2 + relative_kd**2)
    return total


def bound_over_free(receptor: ArrayLike, radioligand: ArrayLike, kd: ArrayLike) -> Array:
    """Compute bound over free radioligand without competitor, which `munson_rodbard` asks for.

    Parameters
    ----------
    receptor, radioligand : array_like
        Total concentrations.
    kd : array_like
        Dissociation constant of the radioligand, in the same unit.

    Returns
    -------
    array
        Specifically bound radioligand divided by free radioligand.

    Raises
    ------
    ValueError
        If `radioligand` or `kd` is not positive, or `receptor` is negative.

    Examples
    --------
    >>> float(bound_over_free(receptor=1.0, radioligand=3.0, kd=3.0).round(6))
    0.18046
    """
    constant = positive("kd", kd, "a concentration")
    ligand = positive("radioligand", radioligand, "a concentration")
    free_receptor = _free(not_negative("receptor", receptor, "a concentration"), ligand, constant)
    ratio: Array = free_receptor / constant  # the law of mass action
    return ratio


def munson_rodbard(ic50: ArrayLike, radioligand: ArrayLike, kd: ArrayLike, bound_over_free: ArrayLike) -> Array:
    """Convert a total IC50 to Ki exactly, from the ratio bound over free without competitor.

    Parameters
    ----------
    ic50 : array_like
        Total concentration of competitor that halves specific binding.
    radioligand : array_like
        Total concentration of radioligand, in the same unit.
    kd : array_like
        Dissociation constant of the radioligand, in the same unit.
    bound_over_free : array_like
        Specifically bound over free radioligand in wells without competitor: measured, or from
        `bound_over_free`.

    Returns
    -------
    array
        Ki, in the same unit; NaN where no competitor can have this IC50, because it is less than what half
        of the receptors take.

    Raises
    ------
    ValueError
        If `ic50`, `radioligand` or `kd` is not positive, or `bound_over_free` is negative.

    Notes
    -----
    Ki = IC50 / (1 + L (y₀ + 2)/(2 Kd (y₀ + 1)) + y₀) − Kd y₀/(y₀ + 2) [1]_. Many copies of the equation have a
    plus for the minus: the erratum of 1989 corrects it.

    References
    ----------
    .. [1] Munson P. J., Rodbard D. (1988), An exact correction to the "Cheng-Prusoff" correction, Journal of
       Receptor Research 8, 533–546, and its erratum of 1989.

    Examples
    --------
    0.05 nM, where Cheng–Prusoff would say 0.31 nM:

    >>> float(munson_rodbard(0.62760424, 3.0, 3.0, bound_over_free(1.0, 3.0, 3.0)).round(6))
    0.05
    """
    given = positive("ic50", ic50, "a concentration")
    ligand, constant = (
        positive("radioligand", radioligand, "a concentration"),
        positive("kd", kd, "a concentration"),
    )
    y0 = not_negative("bound_over_free", bound_over_free, "no unit")
    apparent = given / (1.0 + ligand * (y0 + 2.0) / (2.0 * constant * (y0 + 1.0)) + y0)
    return _possible(apparent - constant * y0 / (y0 + 2.0))


def nikolovska_coleska(ic50: ArrayLike, radioligand: ArrayLike, kd: ArrayLike, receptor: ArrayLike) -> Array:
    """Convert a total IC50 to Ki exactly, from the concentration of receptor.

    Parameters
    ----------
    ic50 : array_like
        Total concentration of competitor that halves specific binding.
    radioligand : array_like
        Total concentration of radioligand (or fluorescent probe), in the same unit.
    kd : array_like
        Dissociation constant of the radioligand, in the same unit.
    receptor : array_like
        Total concentration of binding sites, in the same unit.

    Returns
    -------
    array
        Ki, in the same unit; NaN where no competitor can have this IC50, because it is less than what it must
        bind to halve the binding.

    Raises
    ------
    ValueError
        If `ic50`, `radioligand`, `kd` or `receptor` is not positive.

    Notes
    -----
    Ki = I₅₀ / (1 + L₅₀/Kd + P₀/Kd) [1]_, with L₅₀ and I₅₀ the free radioligand and free competitor at half of the
    binding, and P₀ the free receptor without competitor.

    References
    ----------
    .. [1] Nikolovska-Coleska Z. et al. (2004), Development and optimization of a binding assay for the XIAP
       BIR3 domain using fluorescence polarization, Analytical Biochemistry 332, 261–273.

    Examples
    --------
    >>> float(nikolovska_coleska(0.62760424, 3.0, 3.0, receptor=1.0).round(6))
    0.05
    """
    given = positive("ic50", ic50, "a concentration")
    ligand, constant = (
        positive("radioligand", radioligand, "a concentration"),
        positive("kd", kd, "a concentration"),
    )
    sites = positive("receptor", receptor, "a concentration")
    free_receptor = _free(sites, ligand, constant)
    half_bound = 0.5 * ligand * free_receptor / (constant + free_receptor)
    free_ligand = ligand - half_bound
    taken = sites - half_bound - constant * half_bound / free_ligand  # by the competitor
    return _possible((given - taken) / (1.0 + free_ligand / constant + free_receptor / constant))


def _free(receptor: Array, ligand: Array, kd: Array) -> Array:
    """Return free receptor, or NaN where an argument is not finite."""
    return free_concentration(receptor, [ligand], [kd])


def _possible(ki: Array) -> Array:
    """Return Ki, and NaN for what is no concentration."""
    return np.where(ki > 0, ki, np.nan)[()]
