"""The response of each cell as one set of numbers: fitted where a transient fits, read off where not."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.calcium.arrays import Array
from s1r_imaging.calcium.kinetics import TransientFit, fit_transients, pool_transients
from s1r_imaging.calcium.marks import CurveKinetics
from s1r_imaging.calcium.plateau import fit_plateaus, is_raised_late
from s1r_imaging.calcium.population import Population
from s1r_imaging.calcium.readout import read_kinetics
from s1r_imaging.progress import Progress, silent

_MISFIT_SHARE = 0.0005  # of the peak: what a fit may miss even if there is no noise to excuse it
_MISFIT_Z = 3.0
_BATCH_SAMPLES = 1 << 15
_EARLY_FRAMES = 5.0  # an event is noted, and an onset fitted, about as exactly as this
_MIN_FRAMES = 2.0  # a narrower transient is not resolved, and a fit would invent a peak between frames
_PLATEAU_GAIN = 12.0  # of chi-square, for one parameter more and no pooling


@dataclass(frozen=True)
class Noise:
    """Noise of n traces.

    Attributes
    ----------
    sd : array, shape (n,)
        SD of one frame.
    phi : float
        Lag-1 autocorrelation.
    """

    sd: Array
    phi: float = 0.0

    @property
    def slow_sd(self) -> Array:
        """What a frame's SD would be if white noise disturbed anything slow as much."""
        phi = max(self.phi, 0.0)
        slow_sd: Array = self.sd * np.sqrt((1.0 + phi) / (1.0 - phi))
        return slow_sd

    def rows(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> "Noise":
        """Return the noise of some of the traces."""
        return Noise(self.sd[which], self.phi)


@dataclass(frozen=True)
class Transients:
    """Numbers of n cells; times in seconds on the recording's axis, NaN where there is no response.

    Attributes
    ----------
    peak : array, shape (n,)
        Height above the baseline; for cells that did not respond their mean while the others do.
    peak_s, onset_s, rise_time_s, fwhm_s, decay_tau_s, decay_r2 : array, shape (n,)
        Kinetics.
    truncated, poor_fit : array of bool, shape (n,)
        The window ended before half of the peak was lost; kinetics were read off the trace.
    """

    peak: Array
    peak_s: Array
    onset_s: Array
    rise_time_s: Array
    fwhm_s: Array
    decay_tau_s: Array
    decay_r2: Array
    truncated: NDArray[np.bool_]
    poor_fit: NDArray[np.bool_]


def measure_transients(
    time_s: Array,
    traces: Array,
    noise: Noise,
    responded: NDArray[np.bool_],
    *,
    n_baseline: int,
    progress: Progress = silent,
) -> Transients:
    """Measure the cells that responded.

    Parameters
    ----------
    time_s : array, shape (m,)
        Times of the baseline and response frames (s).
    traces : array, shape (n, m)
        ΔF/F0 above the baseline.
    noise : Noise
        SD of each trace's noise, and its autocorrelation.
    responded : array of bool, shape (n,)
        Which cells responded.
    n_baseline : int
        How many of the frames are baseline.
    progress : callable, optional
        Told how far the search for a first guess is, and how many of these cells are done.

    Returns
    -------
    Transients
        One set of numbers per cell.
    """
    columns = {name: np.full(len(traces), np.nan) for name in _KINETICS}
    truncated = np.zeros(len(traces), dtype=bool)
    poor_fit = np.zeros(len(traces), dtype=bool)
    n_measured, n_responded = 0, int(responded.sum())
    progress("responses", 0, n_responded)
    if responded.any() and traces.shape[1] - n_baseline >= 3:
        population = pool_transients(time_s, traces[responded], noise.rows(responded).slow_sd, progress=progress)
        for rows in _batches(np.flatnonzero(responded), traces.shape[1]):
            measured = _measure(time_s, traces[rows], noise.rows(rows), population, n_baseline)
            truncated[rows], poor_fit[rows] = measured.truncated, measured.poor_fit
            for name, column in columns.items():
                column[rows] = getattr(measured, name)
            n_measured += rows.size
            progress("responses", n_measured, n_responded)
    columns["peak"] = np.where(responded, columns["peak"], _typical_level(traces[:, n_baseline:], responded))
    return Transients(**columns, truncated=truncated, poor_fit=poor_fit)


_KINETICS = ("peak", "peak_s", "onset_s", "rise_time_s", "fwhm_s", "decay_tau_s", "decay_r2")


def _batches(rows: NDArray[np.intp], n_frames: int) -> list[NDArray[np.intp]]:
    """Divide cells into batches whose derivatives fit into a processor's cache: memory stays small, too."""
    n_batches = max(1, -(-rows.size * n_frames // _BATCH_SAMPLES))
    return [batch for batch in np.array_split(rows, n_batches) if batch.size]


def _measure(time_s: Array, traces: Array, noise: Noise, population: Population, n_baseline: int) -> Transients:
    fit = _best_fit(time_s, traces, noise, population, n_baseline)
    read = read_kinetics(time_s[n_baseline:], traces[:, n_baseline:], noise.sd)
    fitted, seen = fit.kinetics, read.kinetics
    interval = float(np.median(np.diff(time_s)))
    too_short = fitted.fwhm_s < _MIN_FRAMES * interval
    too_early = fitted.onset_s < time_s[n_baseline] - _EARLY_FRAMES * interval  # a drift was fitted
    poor = _fits_poorly(traces, fit, noise) | too_short | too_early | ~(fitted.peak_s <= time_s[-1])
    half_down_s = np.where(poor, seen.half_down_s, fitted.half_down_s)
    truncated = ~(half_down_s <= time_s[-1])

    def choose(from_trace: Array, from_fit: Array) -> Array:
        return np.where(poor, from_trace, from_fit)

    decay_tau_s = choose(read.decay_tau_s, fit.decay_s)
    decay_r2 = choose(read.decay_r2, _decay_r2(time_s, traces, fit))
    return Transients(
        peak=choose(seen.peak, fitted.peak),
        peak_s=choose(seen.peak_s, fitted.peak_s),
        onset_s=choose(seen.onset_s, fitted.onset_s),
        rise_time_s=choose(seen.rise_time_s, fitted.rise_time_s),
        fwhm_s=np.where(truncated, np.nan, choose(seen.fwhm_s, fitted.fwhm_s)),
        decay_tau_s=np.where(truncated, np.nan, decay_tau_s),
        decay_r2=np.where(truncated, np.nan, decay_r2),
        truncated=truncated,
        poor_fit=poor,
    )


def _best_fit(time_s: Array, traces: Array, noise: Noise, population: Population, n_baseline: int) -> TransientFit:
    """Fit a transient, and a response with a plateau where that is clearly better."""
    noise_sd = noise.slow_sd
    fit = fit_transients(time_s, traces, noise_sd, population)
    known = np.isfinite(traces)
    y = np.where(known, traces, 0.0)
    weight = known / np.maximum(noise_sd, 1e-5 * np.max(np.abs(y), axis=1, initial=1e-300))[:, None]
    rows = is_raised_late(y, weight, n_baseline=n_baseline) | _fits_poorly(traces, fit, noise)
    if not rows.any():
        return fit
    plateau = fit_plateaus(time_s, y[rows], weight[rows], fit.kinetics.onset_s[rows])
    gain = np.sum(((y - fit.fitted) * weight)[rows] ** 2, axis=1) - plateau.chi_square
    better = gain > _PLATEAU_GAIN
    rows = np.flatnonzero(rows)[better]

    def replaced(of_transient: Array, of_plateau: Array) -> Array:
        result = of_transient.copy()
        result[rows] = of_plateau[better]
        return result

    marks = {
        name: replaced(getattr(fit.kinetics, name), getattr(plateau.kinetics, name))
        for name in CurveKinetics.__dataclass_fields__
    }
    return TransientFit(
        kinetics=CurveKinetics(**marks),
        decay_s=replaced(fit.decay_s, plateau.decay_s),
        offset=replaced(fit.offset, plateau.offset),
        fitted=replaced(fit.fitted, plateau.fitted),
    )


def _fits_poorly(traces: Array, fit: TransientFit, noise: Noise) -> NDArray[np.bool_]:
    """Tell whether the fit leaves behind something smooth.

    Noise differs from frame to frame, a misfit does not: neighbouring residuals of a misfit have the same
    sign. Their mean product, less what the noise's autocorrelation makes of it, estimates the misfit's mean
    square.
    """
    residual = np.where(np.isfinite(traces), traces - fit.fitted, 0.0)
    near = fit.fitted - fit.offset[:, None] > 0.02 * fit.kinetics.peak[:, None]
    pairs = near[:, 1:] & near[:, :-1]
    count = np.maximum(pairs.sum(axis=1), 1)
    product = np.where(pairs, residual[:, 1:] * residual[:, :-1], 0.0).sum(axis=1) / count
    variance = np.where(near, residual**2, 0.0).sum(axis=1) / np.maximum(near.sum(axis=1), 1)
    phi = max(noise.phi, 0.0)
    product = product - phi * noise.sd**2
    error = variance * np.sqrt((1.0 + phi**2) / (1.0 - phi**2) / count)
    significant = product > _MISFIT_Z * error
    poor: NDArray[np.bool_] = significant & (product > (_MISFIT_SHARE * fit.kinetics.peak) ** 2)
    return poor


def _decay_r2(time_s: Array, traces: Array, fit: TransientFit) -> Array:
    """Share of the variance after the fitted peak that the fit explains."""
    known = np.isfinite(traces)
    falling = known & (time_s >= fit.kinetics.peak_s[:, None])
    falling &= time_s <= (fit.kinetics.peak_s + 3.0 * fit.decay_s)[:, None]
    count = np.maximum(falling.sum(axis=1), 1)
    mean = np.where(falling, traces, 0.0).sum(axis=1) / count
    total = np.where(falling, (traces - mean[:, None]) ** 2, 0.0).sum(axis=1)
    left = np.where(falling, (traces - fit.fitted) ** 2, 0.0).sum(axis=1)
    r2 = np.full(len(traces), np.nan)
    np.divide(left, total, out=r2, where=(total > 0) & (falling.sum(axis=1) >= 3))
    return 1.0 - r2


def _typical_level(response: Array, responded: NDArray[np.bool_]) -> Array:
    """Mean of each trace over the frames in which the responders' mean trace exceeds half of its peak."""
    known = np.isfinite(response)
    frames = np.ones(response.shape[1], dtype=bool)
    if responded.any() and response.shape[1]:
        count = np.maximum(known[responded].sum(axis=0), 1)
        mean = np.where(known, response, 0.0)[responded].sum(axis=0) / count
        frames = mean > 0.5 * mean.max()
    count = known[:, frames].sum(axis=1)
    level = np.full(len(response), np.nan)
    total = np.where(known, response, 0.0)[:, frames].sum(axis=1)
    np.divide(total, count, out=level, where=count > 0)
    return level
