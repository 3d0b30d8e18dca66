"""Exact binding equilibria: every ligand is depleted by what it binds to, the competitor too.

One equation serves all of them. A species of which x is free, and which binds to partners one at a time,
is conserved::

    x + Σ aᵢ x / (kᵢ + x) = total

where aᵢ is the total concentration of partner i and kᵢ its dissociation constant. With x the receptor and
two partners it is competition of a radioligand and a competitor; with x the radioligand and two partners it
is saturation of two sites.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from s1r_imaging.binding.arguments import Array, not_negative, positive

_MAX_ITERATIONS = 100  # some six are usual; bisection alone needs about 60 from the widest bracket
_TOLERANCE = 1e-16  # of x
_FARTHEST = 100.0  # step in ln x: outside every bracket
_LOWEST = -1.0 + 1e-15  # rounding must not make the logarithm infinite


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """Concentrations at equilibrium (mol/L), each of the shape the arguments broadcast to.

    Attributes
    ----------
    receptor_free_M : array
        Receptor with nothing bound.
    radioligand_bound_M : array
        Radioligand on the receptor: the specific binding.
    radioligand_free_M : array
        Radioligand in solution.
    competitor_bound_M : array
        Competitor on the receptor.
    competitor_free_M : array
        Competitor in solution.
    """

    receptor_free_M: Array
    radioligand_bound_M: Array
    radioligand_free_M: Array
    competitor_bound_M: Array
    competitor_free_M: Array


def competitive_equilibrium(
    receptor_M: ArrayLike,
    radioligand_M: ArrayLike,
    competitor_M: ArrayLike,
    *,
    kd_M: ArrayLike,
    ki_M: ArrayLike,
    nonspecific: ArrayLike = 0.0,
) -> Equilibrium:
    """Solve competition of two ligands for one site, with depletion of both.

    Parameters
    ----------
    receptor_M, radioligand_M, competitor_M : array_like
        Total concentrations (mol/L), 0 or more; they broadcast.
    kd_M, ki_M : array_like
        Dissociation constants of radioligand and competitor (mol/L); they may be equal.
    nonspecific : array_like
        Radioligand bound elsewhere per radioligand free (no unit), which depletes it too.

    Returns
    -------
    Equilibrium
        Free and bound concentrations; NaN where an argument is NaN.

    Raises
    ------
    ValueError
        If a concentration is negative or a dissociation constant is not positive.

    Notes
    -----
    The free receptor R is the root of R + L R/(Kd + R) + I R/(Ki + R) = R_T; see `free_concentration`.
    The closed form of this cubic [1]_ loses all digits where concentrations differ by orders of magnitude.
    Non-specific binding that is proportional to free radioligand acts as Kd (1 + nonspecific).

    References
    ----------
    .. [1] Wang Z.-X. (1995), An exact mathematical expression for describing competitive binding of two
       different ligands to a protein molecule, FEBS Letters 360, 111–114.

    Examples
    --------
    A picomolar competitor is depleted by 1 nM receptor: 0.1 nM of it displaces a tenth.

    >>> with_it = competitive_equilibrium(1e-9, 3e-9, [0.0, 1e-10], kd_M=3e-9, ki_M=5e-12)
    >>> (with_it.radioligand_bound_M * 1e9).round(4)
    array([0.4586, 0.4169])
    """
    receptor = not_negative("receptor_M", receptor_M)
    radioligand = not_negative("radioligand_M", radioligand_M)
    competitor = not_negative("competitor_M", competitor_M)
    elsewhere = 1.0 + not_negative("nonspecific", nonspecific, "bound per free")
    kd, ki = positive("kd_M", kd_M) * elsewhere, positive("ki_M", ki_M)
    receptor, radioligand, competitor, kd, ki, elsewhere = np.broadcast_arrays(
        receptor, radioligand, competitor, kd, ki, elsewhere
    )
    free = free_concentration(receptor, (radioligand, competitor), (kd, ki))
    return Equilibrium(
        receptor_free_M=free,
        radioligand_bound_M=radioligand * (free / (kd + free)),
        radioligand_free_M=radioligand * (kd / (kd + free)) / elsewhere,
        competitor_bound_M=competitor * (free / (ki + free)),
        competitor_free_M=competitor * (ki / (ki + free)),
    )


def bound_radioligand_derivatives(
    receptor_M: ArrayLike,
    radioligand_M: ArrayLike,
    competitor_M: ArrayLike,
    *,
    kd_M: ArrayLike,
    ki_M: ArrayLike,
    nonspecific: ArrayLike = 0.0,
) -> dict[str, Array]:
    """Differentiate the radioligand bound to the receptor by the natural logarithm of each argument.

    Parameters
    ----------
    receptor_M, radioligand_M, competitor_M : array_like
        Total concentrations (mol/L), 0 or more; they broadcast.
    kd_M, ki_M : array_like
        Dissociation constants of radioligand and competitor (mol/L).
    nonspecific : array_like
        Radioligand bound elsewhere per radioligand free (no unit).

    Returns
    -------
    dict of str to array
        Derivatives (mol/L) by ``receptor_M``, ``radioligand_M``, ``competitor_M``, ``kd_M`` and ``ki_M``;
        times ln 10 they are those by log10. As every concentration carries the unit, they add up to the
        bound radioligand itself.

    Notes
    -----
    Implicit differentiation of the conservation of receptor, whose derivative by R is
    S = 1 + L Kd/(Kd + R)² + I Ki/(Ki + R)².
    """
    at = competitive_equilibrium(
        receptor_M, radioligand_M, competitor_M, kd_M=kd_M, ki_M=ki_M, nonspecific=nonspecific
    )
    free, bound, competing = at.receptor_free_M, at.radioligand_bound_M, at.competitor_bound_M
    kd = np.asarray(kd_M, dtype=np.float64) * (1.0 + np.asarray(nonspecific, dtype=np.float64))
    ki = np.asarray(ki_M, dtype=np.float64)
    by_kd = bound * (kd / (kd + free))  # R times the derivative of L R/(Kd + R) by R, and so on
    by_ki = competing * (ki / (ki + free))
    slope = np.divide(by_kd, free + by_kd + by_ki, out=np.zeros_like(free), where=free != 0)
    return {
        "receptor_M": slope * np.asarray(receptor_M, dtype=np.float64),
        "radioligand_M": bound * (1.0 - slope),
        "competitor_M": -slope * competing,
        "kd_M": by_kd * (slope - 1.0),
        "ki_M": slope * by_ki,
    }


def free_concentration(total: ArrayLike, partners: Sequence[ArrayLike], constants: Sequence[ArrayLike]) -> Array:
    """Solve ``x + Σ aᵢ x / (kᵢ + x) = total`` for the free concentration x.

    Parameters
    ----------
    total : array_like
        Total concentration of the species, 0 or more.
    partners : sequence of array_like
        Total concentration of each partner, 0 or more; all broadcast with `total`.
    constants : sequence of array_like
        Dissociation constant of each partner, more than 0.

    Returns
    -------
    array
        Free concentration, 0 to `total`, to about 1e-15 of itself; NaN where an argument is NaN or infinite.

    Notes
    -----
    Newton's method on logarithms of both sides, kept in a bracket by bisection. What partner i takes is
    written aᵢ x/(kᵢ + x) where x < kᵢ, and aᵢ − aᵢ kᵢ/(kᵢ + x) elsewhere, with the constants summed once
    without loss: no difference of nearly equal terms remains, so the digits of the arguments reach the root
    over any span of concentrations.

    Examples
    --------
    >>> free_concentration(1.0, [1.0], [1e-12])
    array(9.999995e-07)
    """
    arrays = np.broadcast_arrays(*(np.asarray(item, dtype=np.float64) for item in (total, *partners, *constants)))
    shape = arrays[0].shape
    flat = np.array([item.ravel() for item in arrays])
    root = np.full(flat.shape[1], np.nan)
    known = np.isfinite(flat).all(axis=0)
    root[known & (flat[0] == 0)] = 0.0
    known &= flat[0] > 0
    n = len(partners)
    root[known] = _solve(flat[0, known], flat[1 : 1 + n, known], flat[1 + n :, known])
    return root.reshape(shape)


def _solve(total: Array, partners: Array, constants: Array) -> Array:
    """Solve for arrays of shape (N,), (n, N) and (n, N), all finite, with positive totals."""
    low = total / (1.0 + (partners / constants).sum(axis=0))  # as if no partner could be saturated
    x, high = low, total
    for _ in range(_MAX_ITERATIONS):
        excess, elasticity = _excess(x, total, partners, constants)
        low, high = np.where(excess < 0, x, low), np.where(excess > 0, x, high)
        step = -np.log1p(excess) * (1.0 + excess) / elasticity
        ahead = x * np.exp(np.maximum(np.minimum(step, _FARTHEST), -_FARTHEST))
        settled = step**2 <= _TOLERANCE * elasticity  # what Newton's method leaves is about step²/elasticity
        inside = settled | ((ahead >= low) & (ahead <= high))
        x = np.where(inside, ahead, np.sqrt(low) * np.sqrt(high))
        if settled.all():
            break
    root: Array = np.minimum(x, total)
    return root


def _excess(x: Array, total: Array, partners: Array, constants: Array) -> tuple[Array, Array]:
    """Return free and bound less the total, per total, and its derivative by ln x."""
    whole = constants + x
    occupied, empty = x / whole, constants / whole
    strong = x >= constants
    bound, remaining = partners * occupied, total
    elasticity = (x + (bound * empty).sum(axis=0)) / total
    if strong.any():
        bound = np.where(strong, -partners * empty, bound)
        remaining = _difference(total, np.where(strong, partners, 0.0))
    excess = (x + bound.sum(axis=0) - remaining) / total
    return np.maximum(excess, _LOWEST), elasticity


def _difference(total: Array, partners: Array) -> Array:
    """Return `total` minus all `partners`, with the rounding errors of the sum added back."""
    result, lost = total, np.zeros_like(total)
    for partner in partners:
        rounded = result - partner
        taken = rounded - result
        lost = lost + ((result - (rounded - taken)) - (partner + taken))
        result = rounded
    return result + lost
