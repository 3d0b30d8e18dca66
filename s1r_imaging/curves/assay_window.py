"""Is the window between two controls wide enough: Z′ and signal window."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def assay_window(high: Array, low: Array) -> tuple[float, float]:
    r"""Compute Z′ and the signal window of two controls.

    Parameters
    ----------
    high, low : array, shape (n_wells,)
        Wells of the control that should be higher, and of the lower one; finite.

    Returns
    -------
    z_prime : float
        :math:`1 - 3 (s_h + s_l)/(\bar{x}_h - \bar{x}_l)` (Zhang, Chung and Oldenburg 1999, J. Biomol. Screen. 4,
        67–73); NaN for fewer than two wells, -inf where the high control is not higher.
    signal_window : float
        :math:`(\bar{x}_h - \bar{x}_l - 3 (s_h + s_l))/s_h` (Sittampalam et al. 1997, J. Biomol. Screen. 2,
        159–169); likewise.

    Examples
    --------
    >>> z_prime, window = assay_window(np.array([98.0, 100.0, 102.0]), np.array([9.0, 10.0, 11.0]))
    >>> round(z_prime, 2), window
    (0.9, 40.5)
    """
    if len(high) < 2 or len(low) < 2:
        return np.nan, np.nan
    window = float(high.mean() - low.mean())
    sd_high, sd_low = float(high.std(ddof=1)), float(low.std(ddof=1))
    if window <= 0:
        return -np.inf, -np.inf
    left = window - 3.0 * (sd_high + sd_low)
    return left / window, left / sd_high if sd_high > 0 else float(np.copysign(np.inf, left))
