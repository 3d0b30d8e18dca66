"""Derivatives of plain Python functions, accurate to about ten digits and more."""

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
VectorFunction = Callable[[Vector], Vector]

_IMAGINARY = 1e-100  # (so small that the real part does not feel it, so large that products do not underflow)
_AGREE = 1e-4
_ROWS = 6


def numerical_jacobian(
    function: VectorFunction, at: Vector, *, lower: Vector | None = None, upper: Vector | None = None
) -> VectorFunction:
    """Make the function that computes the derivatives of `function`.

    The complex step is used where the function is analytic as it is written, which is found out by
    comparing it with differences at one point; else central differences, extrapolated to step zero.

    Parameters
    ----------
    function : callable
        Takes (p,) and returns (n,).
    at : array, shape (p,)
        A point at which the function can be computed.
    lower, upper : array, shape (p,), optional
        The function is not asked for real points beyond these.

    Returns
    -------
    callable
        Takes (p,) and returns the Jacobian, (n, p).

    References
    ----------
    Squire and Trapp, SIAM Rev. 40, 110 (1998), the complex step; Ridders, Adv. Eng. Softw. 4, 75 (1982),
    extrapolated differences.

    Examples
    --------
    >>> slope = numerical_jacobian(lambda p: np.exp(p[:1] * 2.0), np.array([0.0]))
    >>> slope(np.array([0.0]))
    array([[2.]])
    """
    low = np.full(at.shape, -np.inf) if lower is None else lower
    high = np.full(at.shape, np.inf) if upper is None else upper

    def extrapolated(theta: Vector) -> Vector:
        columns = [_ridders(function, theta, j, low[j], high[j]) for j in range(theta.size)]
        return np.stack(columns, axis=1)

    def complex_step(theta: Vector) -> Vector:
        return _complex_step(function, theta)

    return complex_step if _agree(_attempt(complex_step, at), extrapolated, at) else extrapolated


def takes_complex_step(function: VectorFunction, at: Vector) -> bool:
    """Say whether the derivatives of a function can be found by the complex step.

    >>> takes_complex_step(np.exp, np.ones(1)), takes_complex_step(np.abs, np.ones(1))
    (True, False)
    """
    found = _attempt(lambda theta: _complex_step(function, theta), at)
    return _agree(
        found,
        lambda theta: np.stack([_ridders(function, theta, j, -np.inf, np.inf) for j in range(theta.size)], axis=1),
        at,
    )


def _complex_step(function: VectorFunction, theta: Vector) -> Vector:
    columns = []
    for j in range(theta.size):
        moved = theta.astype(np.complex128)
        size = _IMAGINARY * (abs(theta[j]) or 1.0)
        moved[j] += 1j * size
        columns.append(np.imag(function(moved)) / size)  # type: ignore[arg-type]
    return np.stack(columns, axis=1)


def _attempt(derive: VectorFunction, at: Vector) -> Vector | None:
    """Return derivatives, or None where the function cannot take complex numbers."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return derive(at)
    except Exception:  # noqa: BLE001  (the caller's function may fail in any way on complex numbers)
        return None


def _agree(found: Vector | None, extrapolated: VectorFunction, at: Vector) -> bool:
    if found is None or not np.isfinite(found).all():
        return False
    with np.errstate(all="ignore"):
        expected = extrapolated(at)
    size = np.abs(expected).max(axis=0, initial=0.0)
    off = np.abs(found - expected).max(axis=0, initial=0.0)
    return bool(np.all(off <= _AGREE * size + 1e-300))


def _ridders(function: VectorFunction, theta: Vector, j: int, low: float, high: float) -> Vector:
    """Return one column: differences with halved steps, extrapolated, with the smallest estimated error."""
    step = 0.02 * (abs(theta[j]) or 1.0)
    below, above = theta[j] - low, high - theta[j]
    central = min(below, above) >= 0.01 * step
    step = min(step, below, above) if central else min(step, max(below, above))
    sides = (1.0, -1.0) if central else ((1.0, 0.0) if above >= below else (0.0, -1.0))
    ratio = 4.0 if central else 2.0
    best, error = np.full(0, np.nan), np.inf
    previous: list[Vector] = []
    for row in range(_ROWS):
        size = step / 2.0**row
        ends = [_at(function, theta, j, side * size) for side in sides]
        table = [(ends[0][0] - ends[1][0]) / (ends[0][1] - ends[1][1])]
        for k, old in enumerate(previous):
            factor = ratio ** (k + 1)
            table.append((factor * table[k] - old) / (factor - 1.0))
            estimate = max(np.abs(table[-1] - table[-2]).max(), np.abs(table[-1] - old).max())
            if estimate <= error:
                best, error = table[-1], estimate
        previous = table
    return best if best.size else previous[-1]


def _at(function: VectorFunction, theta: Vector, j: int, step: float) -> tuple[Vector, float]:
    moved = theta.copy()
    moved[j] += step
    return np.asarray(function(moved), dtype=np.float64), float(moved[j])
