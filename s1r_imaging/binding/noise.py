"""How much a well scatters: counting noise and pipetting noise, pooled over all replicates of a plate.

The standard deviation of two or three replicates is itself known to within a factor of two or three and is no
weight; two numbers for a whole plate are.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]
Weighting = Literal["noise", "1/y", "1/y2", "none"]
DEFAULT_WEIGHTING: Weighting = "noise"  # of every fit of this room

_MIN_FREEDOM = 4  # degrees of freedom of the replicates below which the noise of a plate is not known
_FLOOR = 1e-3  # of the largest signal: no variance is taken at less, as signals near 0 would weigh without limit
_N_STEPS = 100


@dataclass(frozen=True)
class NoiseModel:
    """Variance of a well as a function of its expected signal Y: ``constant + per_count Y + (cv Y)²``.

    Parameters
    ----------
    constant : float
        Part that does not depend on the signal (squared units of the signal).
    per_count : float
        Counting noise: 1/t for counts per minute counted for t minutes (units of the signal).
    cv : float
        Coefficient of variation of everything else, mainly pipetting.
    floor : float
        Smallest signal for which the variance is computed (units of the signal).
    df : int
        Degrees of freedom of the replicates that it was pooled from; 0 where it is a rule, not a measurement.
    """

    constant: float
    per_count: float
    cv: float
    floor: float
    df: int = 0

    def variance(self, fitted: Array) -> Array:
        """Return the variance of wells.

        Parameters
        ----------
        fitted : array
            Expected signal; what is below the floor counts as the floor.

        Returns
        -------
        array
            Squared units of the signal, positive.
        """
        level = np.maximum(fitted, self.floor)
        total: Array = self.constant + self.per_count * level + (self.cv * level) ** 2
        return total

    def in_units(self, scale: float) -> "NoiseModel":
        """Return the noise of signals that are given in units of `scale`.

        Parameters
        ----------
        scale : float
            The new unit, in units of the signal.

        Returns
        -------
        NoiseModel
            The same noise.
        """
        return NoiseModel(self.constant / scale**2, self.per_count / scale, self.cv, self.floor / scale, self.df)


def plate_noise(
    plate: pd.DataFrame, *, weighting: Weighting = DEFAULT_WEIGHTING, counting_time_min: float | None = None
) -> NoiseModel:
    """Pool the noise of a plate over all its replicates.

    Parameters
    ----------
    plate : DataFrame
        Columns ``experiment, compound, role, concentration_M, signal``; finite signals only.
    weighting : {"noise", "1/y", "1/y2", "none"}
        ``"noise"``: counting noise and a coefficient of variation; the others are rules for the variance that
        need no replicates: proportional to the signal, to its square, or constant.
    counting_time_min : float, optional
        Counting time (min) where `signal` is in counts per minute; the counting noise is then known. When it
        is not given, it is estimated together with the coefficient of variation, in whatever unit the signal is.

    Returns
    -------
    NoiseModel
        With ``df=0`` and variance proportional to the signal where there are too few replicates.
    """
    signal = plate["signal"].to_numpy(dtype=np.float64)
    largest = float(np.abs(signal).max(initial=0.0)) or 1.0
    floor = _FLOOR * largest
    if weighting == "none":
        return NoiseModel(largest**2, 0.0, 0.0, floor)
    if weighting == "1/y2":
        return NoiseModel(0.0, 0.0, 1.0, floor)
    if weighting == "noise":
        mean, variance, df = replicate_variances(plate)
        if df.sum() >= _MIN_FREEDOM and np.any(variance > 0):
            mean = np.maximum(mean, floor)
            known = None if counting_time_min is None else 1.0 / (counting_time_min * largest)
            per_count, cv = _pooled(mean / largest, variance / largest**2, df, known)
            return NoiseModel(0.0, per_count * largest, cv, floor, int(df.sum()))
    return NoiseModel(0.0, largest, 0.0, floor)


def replicate_variances(plate: pd.DataFrame) -> tuple[Array, Array, Array]:
    """Return mean, variance and degrees of freedom of each set of replicates.

    Parameters
    ----------
    plate : DataFrame
        Columns ``experiment, compound, role, concentration_M, signal``.

    Returns
    -------
    mean, variance, df : array, shape (n_sets,)
        Of sets of two wells or more: the totals and the non-specific wells of an experiment, and the wells of
        one compound at one concentration.
    """
    shared = plate["role"].isin(["total", "nonspecific"])
    keys = pd.DataFrame(
        {
            "experiment": plate["experiment"],
            "role": plate["role"],
            "compound": plate["compound"].where(~shared, ""),
            "concentration_M": plate["concentration_M"].where(~shared, 0.0),
        }
    )
    kept = plate["role"] != "blank"
    number = keys.groupby(list(keys), dropna=False, sort=False).ngroup().to_numpy()[kept.to_numpy()]
    signal = plate.loc[kept, "signal"].to_numpy(dtype=np.float64)
    number = np.unique(number, return_inverse=True)[1]
    count = np.bincount(number)
    mean = np.bincount(number, weights=signal) / np.maximum(count, 1)
    squares = np.bincount(number, weights=(signal - mean[number]) ** 2)
    several = count > 1
    df = (count[several] - 1).astype(np.float64)
    return mean[several], squares[several] / df, df


def _pooled(mean: Array, variance: Array, df: Array, known: float | None) -> tuple[float, float]:
    """Return counting noise and CV with the largest likelihood; the former may be known."""
    if known is not None:
        cv2 = _scored(np.stack([mean**2]), variance, df, known * mean)[0]
        return known, float(np.sqrt(cv2))
    terms = np.stack([mean, mean**2])
    nothing = np.zeros_like(mean)
    both = _scored(terms, variance, df, nothing)
    counting, relative = (float(np.average(variance / term, weights=df)) for term in terms)
    candidates = [both, np.array([counting, 0.0]), np.array([0.0, relative])]
    best = min(candidates, key=lambda pair: _deviance(pair @ terms, variance, df))
    return float(best[0]), float(np.sqrt(best[1]))


def _deviance(expected: Array, variance: Array, df: Array) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(np.sum(df * (np.log(expected) + variance / expected)))
    return value if np.isfinite(value) else np.inf


def _scored(terms: Array, variance: Array, df: Array, known: Array) -> Array:
    """Fit ``variance ≈ known + Σ bⱼ termⱼ`` for variances with a gamma distribution, bⱼ ≥ 0 (Fisher scoring)."""
    part = np.average(variance / (known + terms.sum(axis=0)), weights=df)
    b = np.full(len(terms), part)
    for _ in range(_N_STEPS):
        expected = known + b @ terms
        weight = df / expected**2
        moment = (terms * weight) @ terms.T
        new = np.linalg.lstsq(moment, (terms * weight) @ (variance - known), rcond=1e-12)[0]
        new = np.maximum(new, 1e-9 * part)
        settled = np.all(np.abs(new - b) <= 1e-12 * (np.abs(b) + part))
        b = new
        if settled:
            break
    return np.where(b > 1e-8 * part, b, 0.0)
