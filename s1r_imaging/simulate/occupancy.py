"""Binding at equilibrium, as the simulator makes it.

It is solved by bisection, on purpose in another way than the analysis solves it: what the analysis gets wrong
must not be wrong here as well.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Depletion = Literal["both", "radioligand", "none"]

_BISECTIONS = 70  # of ln x, to the last digit


@dataclass(frozen=True, kw_only=True)
class Assay:
    """What is in every well of a binding assay.

    Attributes
    ----------
    receptor_M : float
        Binding sites (mol/L).
    radioligand_M : float
        Radioligand added (mol/L).
    kd_M : float
        Dissociation constant of the radioligand (mol/L).
    nonspecific : float
        Radioligand bound elsewhere per radioligand free (no unit).
    depletion : {'both', 'radioligand', 'none'}
        Which ligands become scarce by binding.
    """

    receptor_M: float
    radioligand_M: float
    kd_M: float
    nonspecific: float
    depletion: Depletion


def bound_and_free(assay: Assay, competitor_M: ArrayLike, ki_M: ArrayLike) -> tuple[Array, Array]:
    """Return the radioligand on the receptor and the radioligand free (mol/L).

    Parameters
    ----------
    assay : Assay
        What is in every well.
    competitor_M, ki_M : array_like
        Total concentration of the competitor and its Ki (mol/L); they broadcast.

    Returns
    -------
    bound, free : array
        Specifically bound, and free radioligand.
    """
    competitor, ki = np.broadcast_arrays(
        np.asarray(competitor_M, dtype=np.float64), np.asarray(ki_M, dtype=np.float64)
    )
    kd, ligand = assay.kd_M, assay.radioligand_M
    if assay.depletion == "none":
        bound = assay.receptor_M * ligand / (ligand + kd * (1.0 + competitor / ki))
        return bound, np.full_like(bound, ligand)
    elsewhere = 1.0 + assay.nonspecific
    low = np.zeros_like(ki)
    high = np.full_like(ki, assay.receptor_M)  # free receptor lies between the two
    low += high / (1.0 + ligand / kd + competitor / ki)
    for _ in range(_BISECTIONS):
        middle = np.sqrt(low * high)
        radioligand = ligand * middle / (kd * elsewhere + middle)
        crowding = middle if assay.depletion == "both" else 0.0  # what makes the competitor scarce
        rival = competitor * middle / (ki + crowding)
        too_much = middle + radioligand + rival > assay.receptor_M
        low, high = np.where(too_much, low, middle), np.where(too_much, middle, high)
    bound = ligand * high / (kd * elsewhere + high)
    return bound, (ligand - bound) / elsewhere


def half_maximal_concentration(assay: Assay, ki_M: ArrayLike) -> Array:
    """Return the total concentration of competitor that halves the specific binding: the IC50 (mol/L).

    Parameters
    ----------
    assay : Assay
        What is in every well.
    ki_M : array_like
        Ki of the competitor (mol/L).

    Returns
    -------
    array
        IC50.
    """
    ki = np.asarray(ki_M, dtype=np.float64)
    bound = bound_and_free(assay, 0.0, 1.0)[0] / 2.0
    lost, elsewhere = (0.0, 0.0) if assay.depletion == "none" else (bound, assay.nonspecific)
    free = (assay.radioligand_M - lost) / (1.0 + elsewhere)
    receptor = bound * assay.kd_M / free
    taken = assay.receptor_M - bound - receptor  # by the competitor
    ic50: Array = ki * taken / receptor
    return ic50 + taken if assay.depletion == "both" else ic50
