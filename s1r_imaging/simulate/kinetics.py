"""The response of one cell: its equation and what is read from it.

`response_curve` is the equation; `curve_kinetics` solves it for the times that an analysis measures.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
KINETICS = (
    "peak_dff", "onset_s", "time_to_peak_s", "rise_time_s", "fwhm_s", "decay_tau_s", "auc_dff_s",
)  # fmt: skip
_HALVINGS = 60  # a bisection of the recording down to rounding error


def response_curve(
    time_s: ArrayLike,
    *,
    onset_s: ArrayLike,
    amplitude: ArrayLike,
    rise_tau_s: ArrayLike,
    decay_tau_s: ArrayLike,
    plateau_level: ArrayLike = 0.0,
) -> Floats:
    """Compute the ΔF/F0 of responses.

    With *u* the time since the onset,
    ``dff = amplitude * g(u) / max(g)`` and
    ``g(u) = (1 - exp(-u / rise_tau)) * ((1 - plateau_level) * exp(-u / decay_tau) + plateau_level)``,
    zero before the onset. With ``plateau_level=0`` this is the difference of two exponentials and peaks
    at ``rise_tau * log(1 + decay_tau / rise_tau)``; with ``plateau_level=1`` it rises to stay.

    Parameters
    ----------
    time_s : array_like, shape (T,)
        Times (s).
    onset_s : array_like, shape (n,) or ()
        Onset of each response (s).
    amplitude : array_like, shape (n,) or ()
        Peak ΔF/F0.
    rise_tau_s : array_like, shape (n,) or ()
        Time constant of the rise (s).
    decay_tau_s : array_like, shape (n,) or ()
        Time constant of the decay (s), longer than that of the rise.
    plateau_level : array_like, shape (n,) or ()
        Level that the decay ends on, relative to where it would begin without a rise: 0 to 1.

    Returns
    -------
    array, shape (n, T)
        ΔF/F0 of each response; shape (T,) when every parameter is a single number.

    Raises
    ------
    ValueError
        If a time constant is not positive, the rise is not faster than the decay, or the plateau is
        not between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> curve = response_curve([0, 10, 11, 100], onset_s=10, amplitude=0.8, rise_tau_s=1, decay_tau_s=5)
    >>> np.round(curve, 3).tolist()
    [0.0, 0.0, 0.711, 0.0]
    """
    given = (onset_s, amplitude, rise_tau_s, decay_tau_s, plateau_level)
    leading = np.broadcast_shapes(*(np.shape(value) for value in given))
    onset, height, rise, decay, plateau = _rows(*given)
    shape = _Shape(rise, decay, plateau)
    times = np.asarray(time_s, dtype=np.float64)
    since = np.maximum(times - onset[:, np.newaxis], 0.0)
    curve = (height / shape.maximum())[:, np.newaxis] * shape(since)
    return curve.reshape(*leading, times.size)


def curve_kinetics(
    *,
    stimulus_s: float,
    end_s: float,
    onset_s: ArrayLike,
    amplitude: ArrayLike,
    rise_tau_s: ArrayLike,
    decay_tau_s: ArrayLike,
    plateau_level: ArrayLike = 0.0,
) -> pd.DataFrame:
    """Solve `response_curve` for the kinetics that an analysis measures.

    Times are solved by bisection on the equation, to rounding error, not read from samples.

    Parameters
    ----------
    stimulus_s : float
        Time of the stimulus (s), from which onset and time to peak count.
    end_s : float
        Time of the last frame (s).
    onset_s, amplitude, rise_tau_s, decay_tau_s, plateau_level : array_like, shape (n,)
        As for `response_curve`. No response where the amplitude is 0 or the onset is after the end.

    Returns
    -------
    DataFrame
        One row per response. ``peak_dff``: highest ΔF/F0 within the recording (0 without a response);
        ``onset_s``: from stimulus to onset; ``time_to_peak_s``: from stimulus to peak; ``rise_time_s``: from
        10 % to 90 % of the peak; ``fwhm_s``: between the two times at half of the peak, NaN when the curve does
        not come down to half within the recording; ``decay_tau_s``: the time constant of the decay in the
        equation, NaN where ``fwhm_s`` is; ``auc_dff_s``: integral of ΔF/F0 from the onset to the end.
        All but ``peak_dff`` and ``auc_dff_s`` are NaN without a response.
    """
    onset, height, rise, decay, plateau = _rows(onset_s, amplitude, rise_tau_s, decay_tau_s, plateau_level)
    shape = _Shape(rise, decay, plateau)
    length = np.maximum(end_s - onset, 0.0)
    responds = (height > 0) & (length > 0)
    to_peak = np.minimum(shape.peak_time(), length)
    peak = shape.at(to_peak)
    scale = np.where(responds, height / shape.maximum(), 0.0)

    def crossing(level: float, first: Floats, last: Floats) -> Floats:
        return _bisect(lambda time: shape.at(time) - level * peak, first, last)

    zero = np.zeros_like(length)
    comes_down = responds & (shape.at(length) <= 0.5 * peak)
    rise_time = crossing(0.9, zero, to_peak) - crossing(0.1, zero, to_peak)
    fwhm = crossing(0.5, length, to_peak) - crossing(0.5, zero, to_peak)
    table = {
        "peak_dff": scale * peak,
        "onset_s": np.where(responds, onset - stimulus_s, np.nan),
        "time_to_peak_s": np.where(responds, onset + to_peak - stimulus_s, np.nan),
        "rise_time_s": np.where(responds, rise_time, np.nan),
        "fwhm_s": np.where(comes_down, fwhm, np.nan),
        "decay_tau_s": np.where(comes_down, decay, np.nan),
        "auc_dff_s": scale * shape.integral(length),
    }
    return pd.DataFrame(table, columns=list(KINETICS))


class _Shape:
    """The unscaled curve g(u) of `response_curve` for arrays of parameters."""

    def __init__(self, rise: Floats, decay: Floats, plateau: Floats) -> None:
        if not (np.all(rise > 0) and np.all(decay > rise)):
            raise ValueError(f"rise_tau_s={rise}, decay_tau_s={decay}: expected positive times (s), rise < decay.")
        if not np.all((plateau >= 0) & (plateau <= 1)):
            raise ValueError(f"plateau_level={plateau}: expected levels between 0 and 1.")
        self.rise, self.decay, self.plateau = rise, decay, plateau

    def __call__(self, since: Floats) -> Floats:
        """Evaluate at times of shape (n, T)."""
        rise, decay, plateau = (value[:, np.newaxis] for value in (self.rise, self.decay, self.plateau))
        return -np.expm1(-since / rise) * ((1 - plateau) * np.exp(-since / decay) + plateau)

    def at(self, since: Floats) -> Floats:
        """Evaluate at one time for each response, shape (n,)."""
        return self(since[:, np.newaxis])[:, 0]

    def peak_time(self) -> Floats:
        """Time from onset to maximum; infinite where the curve rises to stay."""
        rise, decay, plateau = self.rise, self.decay, self.plateau
        stays = plateau >= 1
        inner = np.where(stays, 0.0, plateau)

        def slope(time: Floats) -> Floats:  # of g, divided by its positive factor exp(-time / decay)
            falling = (1 - inner) * (1 / rise + 1 / decay) * np.exp(-time / rise)
            return falling + inner / rise * np.exp(time / decay - time / rise) - (1 - inner) / decay

        first = rise * np.log1p(decay / rise)  # the maximum without a plateau, the earliest possible
        last = first.copy()
        while np.any(late := slope(last) > 0):
            last = np.where(late, 2 * last, last)
        return np.where(stays, np.inf, _bisect(slope, last, first))

    def maximum(self) -> Floats:
        """Highest value over all times, shape (n,)."""
        time = self.peak_time()
        return np.where(np.isinf(time), 1.0, self.at(np.where(np.isinf(time), 0.0, time)))

    def integral(self, since: Floats) -> Floats:
        """Integral from 0 to one time for each response, shape (n,)."""

        def exponential(rate: Floats) -> Floats:
            return -np.expm1(-rate * since) / rate

        both = exponential(1 / self.decay) - exponential(1 / self.decay + 1 / self.rise)
        return (1 - self.plateau) * both + self.plateau * (since - exponential(1 / self.rise))


def _bisect(function: Callable[[Floats], Floats], low: Floats, high: Floats) -> Floats:
    """Find where `function` changes sign between `low`, where it is not positive, and `high`."""
    below, above = low.astype(np.float64), high.astype(np.float64)
    for _ in range(_HALVINGS):
        middle = 0.5 * (below + above)
        positive = function(middle) > 0
        above = np.where(positive, middle, above)
        below = np.where(positive, below, middle)
    return 0.5 * (below + above)


def _rows(*values: ArrayLike) -> tuple[Floats, ...]:
    """Broadcast parameters to one value per response."""
    return np.broadcast_arrays(*(np.atleast_1d(np.asarray(value, dtype=np.float64)) for value in values))
