"""Where a transient is and how wide: the best of a bank of templates, at any frame.

The least-squares amplitude of a template at every onset comes from one cross-correlation; the template and
onset that explain most of the variance start the fit, so that it does not hang on a guess of the user.
"""

import numpy as np

from s1r_imaging.calcium.arrays import Array
from s1r_imaging.calcium.shapes import SHAPES
from s1r_imaging.progress import Progress, silent

_LOG_RATIOS = tuple(np.log([0.1, 0.6]))
_WIDTHS_PER_OCTAVE = 2
_LEAD = 2.0  # how long before half-rise a template begins, in widths


def guess_transients(traces: Array, *, progress: Progress = silent) -> tuple[Array, Array]:
    """Find the most conspicuous transient of each trace.

    Parameters
    ----------
    traces : array, shape (n, m)
        Evenly sampled traces above their baseline, finite.
    progress : callable, optional
        Told how many templates were tried.

    Returns
    -------
    half_up : array, shape (n,)
        When half of its peak is passed (frames from the first).
    log_width : array, shape (n,)
        Logarithm of its FWHM (frames).
    """
    n_cells, n_frames = traces.shape
    n_fft = 2 * n_frames
    spectrum = np.fft.rfft(traces, n_fft)
    rows = np.arange(n_cells)
    best = np.full(n_cells, -np.inf)
    half_up, log_width = np.zeros(n_cells), np.zeros(n_cells)
    bank = _bank(n_frames)
    for number, (width, log_ratio) in enumerate(bank, start=1):
        lead = min(int(np.ceil(_LEAD * width)), n_frames - 1)
        s = np.arange(float(n_frames)) - lead
        template = SHAPES[1].curve(s, np.array(log_ratio), np.array(np.log(width)))
        products = np.fft.irfft(spectrum * np.conj(np.fft.rfft(template, n_fft)), n_fft)
        product = np.roll(products, lead, axis=1)[:, :n_frames]  # column j: half-rise in frame j
        energy = _energy_inside(template, lead, n_frames)
        score = np.where(product > 0, product**2, 0.0) / energy
        at = np.argmax(score, axis=1)
        better = score[rows, at] > best
        best = np.where(better, score[rows, at], best)
        half_up = np.where(better, at, half_up)
        log_width = np.where(better, np.log(width), log_width)
        progress("transients", number, len(bank))
    return half_up, log_width


def _bank(n_frames: int) -> list[tuple[float, float]]:
    octaves = np.arange(0.0, np.log2(max(2.0 * n_frames, 2.0)), 1.0 / _WIDTHS_PER_OCTAVE)
    return [(float(2.0**octave), float(log_ratio)) for octave in octaves for log_ratio in _LOG_RATIOS]


def _energy_inside(template: Array, lead: int, n_frames: int) -> Array:
    """Sum the squares of what lies inside the recording when half-rise is in frame j."""
    total = np.concatenate([[0.0], np.cumsum(template**2)])
    half_up = np.arange(n_frames)
    last = np.minimum(n_frames - half_up + lead, n_frames)
    first = np.maximum(lead - half_up, 0)
    inside: Array = np.maximum(total[last] - total[first], 0.25 * total[-1])
    return inside
