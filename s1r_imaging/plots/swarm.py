"""Points beside each other, wide where there are many: the same picture on every run."""

import numpy as np
from numpy.typing import NDArray

_WIDE_FROM = 40  # so many points use the whole width


def swarm(values: NDArray[np.float64], *, width: float) -> NDArray[np.float64]:
    """Return how far each point stands beside its column.

    The points take turns to stand left and right, as van der Corput's sequence has it, within a width that follows
    their density.

    Parameters
    ----------
    values : array, shape (n,)
        Finite values.
    width : float
        Largest distance from the column.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Distances, between -`width` and `width`.

    References
    ----------
    .. [1] J. G. van der Corput, "Verteilungsfunktionen", Proc. Akad. Amsterdam 38 (1935) 813-821.
    """
    n = len(values)
    if n < 2:
        return np.zeros(n)
    side = np.empty(n)
    side[np.argsort(values, kind="stable")] = 2 * _van_der_corput(n) - 1
    return width * min(1.0, float(np.sqrt(n / _WIDE_FROM))) * _relative_density(values) * side


def _van_der_corput(n: int) -> NDArray[np.float64]:
    number, place, result = np.arange(1, n + 1), 0.5, np.zeros(n)
    while number.any():
        result += place * (number % 2)
        number, place = number // 2, place / 2
    return result


def _relative_density(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the density at each value as a part of the largest."""
    low, high = np.percentile(values, [1, 99])
    if high <= low:
        return np.ones(len(values))
    edges = np.linspace(low, high, int(np.clip(np.sqrt(len(values)), 4, 30)) + 1)
    counts = np.histogram(np.clip(values, low, high), edges)[0].astype(np.float64)
    smooth = np.convolve(np.pad(counts, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    density: NDArray[np.float64] = np.interp(values, (edges[1:] + edges[:-1]) / 2, smooth / smooth.max())
    return density
