"""First guesses for the transient fit: the best of a bank of templates, at any onset.

For each template the least-squares amplitude at every onset comes from one cross-correlation; the template
and onset that explain most of the variance start the fit, so it does not hang on a guess of the user.
"""

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.calcium.shapes import Array, Shape

_RATIOS = (0.1, 0.3, 1.0)  # rise / decay
_DECAYS_PER_OCTAVE = 1.0


def first_guess(t: Array, y: Array, weight: Array, shape: Shape) -> Array:
    """Guess offset, log amplitude, onset, log rise and log decay of each trace.

    Parameters
    ----------
    t : array, shape (m,)
        Times in units of the frame interval, from 0; they may be uneven.
    y : array, shape (n, m)
        Traces.
    weight : array, shape (n, m)
        0 where a sample is missing.
    shape : Shape
        Which shape.

    Returns
    -------
    array, shape (n, 5)
        The guess.
    """
    even = np.arange(int(np.ceil(t[-1])) + 1.0)
    traces, offset = _evenly_sampled(t, y, weight, even)
    n_fft = 2 * len(even)
    spectrum = np.fft.rfft(traces, n_fft)
    best = np.full(len(y), -np.inf)
    guess = np.empty((len(y), 5))
    guess[:, 0] = offset
    for rise, decay in _bank(len(even)):
        template, lag = _template(shape, rise, decay, len(even))
        energy = np.maximum(np.cumsum(template**2)[::-1], 1e-300)  # what fits before the end, for each shift
        product = np.fft.irfft(spectrum * np.conj(np.fft.rfft(template, n_fft)), n_fft)[:, : len(even)]
        score = np.where(product > 0, product**2, 0.0) / energy
        score[:, energy < 0.5 * energy[0]] = 0.0
        at = np.argmax(score, axis=1)
        rows = np.arange(len(y))
        improved = score[rows, at] > best
        best = np.where(improved, score[rows, at], best)
        amplitude = np.maximum(product[rows, at] / energy[at], 1e-12)
        found = np.column_stack([np.log(amplitude), at + lag, np.full((len(y), 2), np.log([rise, decay]))])
        guess[improved, 1:] = found[improved]
    return guess


def _bank(n_frames: int) -> list[tuple[float, float]]:
    decays = 2.0 ** np.arange(0.0, np.log2(max(n_frames, 2)) + 0.01, 1.0 / _DECAYS_PER_OCTAVE)
    return [(float(ratio * decay), float(decay)) for decay in decays for ratio in _RATIOS]


def _template(shape: Shape, rise: float, decay: float, n_frames: int) -> tuple[Array, float]:
    """Sample a shape from the frame in which it leaves 0; return it and its onset's place in it."""
    lag = float(np.ceil(shape.lead * rise / 2.0))
    s = np.arange(float(n_frames)) - lag
    return shape.function(s, np.array(rise), np.array(decay)), lag


def _evenly_sampled(t: Array, y: Array, weight: Array, even: Array) -> tuple[Array, NDArray[np.float64]]:
    """Resample on whole frames without the offset: the median of the first tenth."""
    known = weight > 0
    head = np.where(known, y, np.nan)[:, : max(3, len(t) // 10)]
    has_head = np.isfinite(head).any(axis=1)
    offset = np.zeros(len(y))
    offset[has_head] = np.nanmedian(head[has_head], axis=1)
    flat = np.where(known, y - offset[:, None], 0.0)
    if len(even) == len(t) and np.array_equal(even, t):
        return flat, offset
    return np.stack([np.interp(even, t, row) for row in flat]), offset
