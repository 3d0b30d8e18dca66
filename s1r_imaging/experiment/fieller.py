"""Fieller's confidence set of a ratio, with degrees of freedom that may change along the ratio."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

Array = NDArray[np.float64]

_N_ANGLES = 2001
_EDGE = 1e-6  # the last angle is a ratio a million standard errors away: as good as infinite


@dataclass(frozen=True)
class FiellerSet:
    """The ratios that a test does not reject.

    Attributes
    ----------
    low, high : float
        Ends of the interval; -inf and inf where the denominator is not clear of zero.
    gap : tuple of float or None
        In an open set, the ratios between these two are rejected all the same; None where nothing is.
    """

    low: float
    high: float
    gap: tuple[float, float] | None

    @property
    def is_open(self) -> bool:
        """Whether the set has no ends."""
        return bool(np.isinf(self.low))


def fieller_set(margin: Callable[[Array], Array], estimate: float, scale: float) -> FiellerSet:
    """Collect the ratios that a test does not reject.

    Parameters
    ----------
    margin : callable
        Takes ratios, returns what is 0 or more where the test does not reject; like a parabola far away.
    estimate : float
        Ratio that the test rejects last.
    scale : float
        Standard error of the estimate, or anything of that size.

    Returns
    -------
    FiellerSet
        Its interval holds the whole set: where the test accepts in pieces, from the lowest to the highest.

    Notes
    -----
    The ratios are searched as angles, ``ratio = estimate + scale * tan(angle)``, so that infinity is as near as
    anything else: a confidence set of a ratio is an arc of a circle (Fieller 1954; von Luxburg and Franz 2009),
    and may run through infinity.
    """

    def at(angle: Array) -> Array:
        return np.asarray(margin(estimate + scale * np.tan(angle)) * np.cos(angle) ** 2)

    def root(index: int) -> float:
        return float(optimize.brentq(lambda angle: float(at(np.array(angle))), *angles[index : index + 2]))

    half = np.pi / 2 - _EDGE
    angles = np.linspace(-half, half, _N_ANGLES)
    accepted = at(angles) >= 0
    turns = np.flatnonzero(accepted[1:] != accepted[:-1])
    if not accepted[0] and not accepted[-1] and turns.size:
        first, last = (estimate + scale * float(np.tan(root(int(turn)))) for turn in turns[[0, -1]])
        return FiellerSet(first, last, None)
    gap = None
    if turns.size == 2 and accepted[0] and accepted[-1]:
        below, above = (estimate + scale * float(np.tan(root(int(turn)))) for turn in turns)
        gap = (below, above)
    return FiellerSet(-np.inf, np.inf, gap)
