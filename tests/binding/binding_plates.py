"""Plates with known truth, made without the package."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

Array = NDArray[np.float64]

DOSES: Array = np.logspace(-10.5, -5.0, 10)


def plate_of(
    doses: ArrayLike,
    signal: ArrayLike,
    totals: Sequence[float] = (5000.0, 5100.0, 4950.0),
    nonspecific: Sequence[float] = (500.0, 520.0, 480.0),
    *,
    experiment: object = 1,
    compound: str = "x",
) -> pd.DataFrame:
    rows: list[tuple[object, str, str, float, float]] = []
    rows += [(experiment, "", "total", 0.0, value) for value in totals]
    rows += [(experiment, "", "nonspecific", np.nan, value) for value in nonspecific]
    rows += [
        (experiment, compound, "competitor", float(dose), float(value))
        for dose, value in zip(np.asarray(doses), np.asarray(signal), strict=True)
    ]
    return pd.DataFrame(rows, columns=["experiment", "compound", "role", "concentration_M", "signal"])


def one_site(
    doses: ArrayLike, ic50: float, top: float = 5000.0, bottom: float = 500.0, hill: float = 1.0
) -> Array:
    curve: Array = bottom + (top - bottom) / (1 + (np.asarray(doses, dtype=np.float64) / ic50) ** hill)
    return curve


def noisy(rng: np.random.Generator, level: ArrayLike, cv: float = 0.04) -> Array:
    level = np.asarray(level, dtype=np.float64)
    return rng.poisson(np.maximum(level * (1 + cv * rng.standard_normal(level.shape)), 0)).astype(np.float64)


def noisy_plate(
    seed: int,
    ic50: float = 1e-8,
    *,
    doses: ArrayLike = DOSES,
    n: int = 3,
    n_controls: int = 4,
    hill: float = 1.0,
    experiment: object = 1,
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    every = np.repeat(np.asarray(doses, dtype=np.float64), n)
    return plate_of(
        every,
        noisy(rng, one_site(every, ic50, hill=hill)),
        noisy(rng, np.full(n_controls, 5000.0)).tolist(),
        noisy(rng, np.full(n_controls, 500.0)).tolist(),
        experiment=experiment,
    )


def bound_exactly(receptor: float, ligand: float, competitor: float, kd: float, ki: float) -> float:
    """Return bound radioligand with depletion of both, by bisection on the free receptor."""

    def excess(free: float) -> float:
        return free + ligand * free / (kd + free) + competitor * free / (ki + free) - receptor

    free = float(brentq(excess, 0.0, receptor, xtol=1e-22, rtol=1e-14, maxiter=500))
    return ligand * free / (kd + free)


def depleted_plate(seed: int, *, ki: float = 5e-11, receptor: float = 1e-9, cv: float = 0.04) -> pd.DataFrame:
    """Return counts of a plate at L = Kd = 3 nM whose receptor depletes both ligands; cpm per M is 1e13."""
    rng = np.random.default_rng(seed)
    doses = np.repeat(np.logspace(-11, -7, 10), 3)
    curve = np.array([1e13 * bound_exactly(receptor, 3e-9, dose, 3e-9, ki) for dose in doses])
    top = 1e13 * bound_exactly(receptor, 3e-9, 0.0, 3e-9, ki)
    if cv == 0:
        return plate_of(doses, 300 + curve, [300 + top] * 3, [300.0] * 3)
    return plate_of(
        doses,
        noisy(rng, 300 + curve, cv),
        noisy(rng, np.full(6, 300 + top), cv).tolist(),
        noisy(rng, np.full(6, 300.0), cv).tolist(),
    )
