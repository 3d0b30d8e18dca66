"""Photobleaching: found where no cell responds, divided out everywhere.

All cells of a recording sit in the same light, so one decay is fitted for all of them, on the frames before
the stimulus (or on untreated recordings), and extended over the rest; cells go faster or slower than it by as
much as their own baselines prove. A whole-field mean during the response
never enters: it would take the response for bleaching turned round.
"""

import warnings
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.calcium.decay import MIN_FRAMES, MIN_REMAINING, fit_decay
from s1r_imaging.calcium.noise import (
    MAD_TO_SD,
    autocorrelation,
    difference_sd,
    mean_variance_factor,
    robust_sd,
    row_median,
    von_neumann_ratio,
)

Bleaching = Literal["none", "mono_exponential", "bi_exponential", "reference"]

_UNSURE = 0.1  # warn when the correction at the end is less certain than this
_CLIP_SD = 3.0
_OWN_RATE_SHARE = 0.25  # a baseline shorter than this part of the recording gives cells no rate of their own
_MIN_CELLS = 5  # fewer do not tell how much cells differ


def pool_traces(net: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Average the relative time course of many cells, robust to the few that are active.

    Parameters
    ----------
    net : array, shape (n, T)
        Background-subtracted fluorescence (counts).

    Returns
    -------
    pooled : array, shape (T,)
        Mean of the traces divided by their medians; NaN where no cell is usable.
    spread : float
        Frame-to-frame standard deviation of `pooled`.

    Notes
    -----
    Traces are weighted by their precision, none by more than the median cell's. Values more than 3 standard
    deviations from the weighted median of their frame (spontaneous transients) are left out.
    """
    level, noise = row_median(net), difference_sd(net)
    usable = np.isfinite(level) & np.isfinite(noise) & (level > noise)
    if not usable.any():
        return np.full(net.shape[1], np.nan), np.nan
    relative = net[usable] / level[usable, None]
    error = noise[usable] / level[usable]
    error = np.maximum(error, max(float(np.median(error)), 1e-9))  # no cell counts for many
    weight = np.broadcast_to(error[:, None] ** -2, relative.shape)
    weight = np.where(np.isfinite(relative), weight, 0.0)
    relative = np.where(np.isfinite(relative), relative, 0.0)
    deviation = np.abs(relative - _weighted_median(relative, weight))
    usual = MAD_TO_SD * float(np.median(deviation[weight > 0]))  # cells also differ by more than their noise
    weight = np.where(deviation > _CLIP_SD * np.maximum(error, usual)[:, None], 0.0, weight)
    total = weight.sum(axis=0)
    pooled = np.full(net.shape[1], np.nan)
    np.divide((weight * relative).sum(axis=0), total, out=pooled, where=total > 0)
    return pooled, float(difference_sd(pooled)[0])


def remaining_before_stimulus(
    time_s: NDArray[np.float64],
    net: NDArray[np.float64],
    frames: NDArray[np.bool_],
    *,
    n_exponentials: int,
) -> NDArray[np.float64]:
    """Fit the decay on the frames before the stimulus and extend it over the whole recording.

    Parameters
    ----------
    time_s : array, shape (T,)
        Time of each frame (s).
    net : array, shape (n, T)
        Background-subtracted fluorescence (counts).
    frames : array of bool, shape (T,)
        The frames before the stimulus.
    n_exponentials : {1, 2}
        The most complex decay to try.

    Returns
    -------
    array, shape (n, T)
        What remains of each cell's fluorescence, relative to the first frame: one decay for all cells, at
        each cell's own rate when the baseline is at least a quarter of the recording.

    Warns
    -----
    UserWarning
        If there are fewer than 8 frames (nothing is corrected), or what remains at the end is known to no
        better than 10 % or reached the bound of one tenth.
    """
    if not len(net):
        return net
    pooled, spread = pool_traces(net[:, frames])
    if (n_usable := np.isfinite(pooled).sum()) < MIN_FRAMES:
        warnings.warn(
            f"bleaching was not corrected: {n_usable} usable frames before the stimulus do not show a decay "
            f"(at least {MIN_FRAMES}); record a longer baseline or give bleaching_reference=.",
            UserWarning,
            stacklevel=4,
        )
        return np.ones(net.shape)
    start, end = float(time_s[0]), float(time_s[-1])
    decay = fit_decay(time_s[frames], pooled, spread, n_exponentials=n_exponentials, start_s=start, end_s=end)
    remaining = decay.remaining(time_s)
    if decay.end_se > _UNSURE or remaining[-1] <= MIN_REMAINING:
        warnings.warn(
            f"the bleaching correction is uncertain: {np.ptp(time_s[frames]):.3g} s of baseline say that "
            f"{100 * remaining[-1]:.0f} % of the fluorescence remains at {time_s[-1]:.4g} s, give or take "
            f"{100 * decay.end_se:.0f} %; record a longer baseline or give bleaching_reference=.",
            UserWarning,
            stacklevel=4,
        )
    if np.ptp(time_s[frames]) < _OWN_RATE_SHARE * (end - start):
        return np.broadcast_to(remaining, net.shape)
    own = remaining ** relative_rates(net[:, frames], remaining[frames])[:, None]
    return np.maximum(own, MIN_REMAINING)


def relative_rates(net: NDArray[np.float64], remaining: NDArray[np.float64]) -> NDArray[np.float64]:
    """Estimate by what factor each cell bleaches faster than all together.

    Light, dye and leftover background differ between cells, but one cell's baseline is short and noisy. Each
    cell's own estimate is therefore drawn towards 1, by as much as its error outweighs the spread between
    cells: short baselines give all cells the common decay, long ones give each its own.

    Parameters
    ----------
    net : array, shape (n, T)
        Background-subtracted fluorescence before the stimulus (counts).
    remaining : array, shape (T,)
        Common decay B(t) in the same frames.

    Returns
    -------
    array, shape (n,)
        Factors λ, 0 or more, so that cell i decays as B(t)^λᵢ; 1 where a cell says nothing.

    Notes
    -----
    F = a B + a (λ − 1) B log B to first order, fitted by least squares without values more than 3 robust
    standard deviations off; λ̂ = 1 + (λ − 1) τ² / (τ² + se²) with τ² the robust variance of λ beyond what
    the median of se² and chance explain (empirical Bayes). Standard errors allow for autocorrelated noise and
    for what else is slow in the cell's own baseline, such as a transient.
    """
    keep = np.isfinite(net)
    if len(net) < _MIN_CELLS or np.ptp(remaining) == 0.0:
        return np.ones(len(net))
    basis = np.stack([remaining, remaining * np.log(remaining)])
    for _ in range(2):  # once with all frames, once without transients
        level, tilt, precision = _regress(net, basis, keep)
        residual = np.where(keep, net - level[:, None] * basis[0] - tilt[:, None] * basis[1], np.nan)
        used, keep = keep, keep & (np.abs(residual) <= _CLIP_SD * robust_sd(residual)[:, None])
    variance = _slow_noise_factor(residual) * np.nansum(residual**2, axis=1) / np.maximum(used.sum(axis=1) - 2, 1)
    usable = (level > 0) & (precision > 0) & (used.sum(axis=1) >= MIN_FRAMES)
    if usable.sum() < _MIN_CELLS:
        return np.ones(len(net))
    offset, error2 = np.zeros(len(net)), np.zeros(len(net))
    np.divide(tilt, level, out=offset, where=usable)
    np.divide(variance, precision * level**2, out=error2, where=usable)
    chance = 1.0 + 3.3 / np.sqrt(usable.sum())  # two standard errors of a robust variance
    between = max(float(robust_sd(offset[usable])[0] ** 2 - chance * np.median(error2[usable])), 0.0)
    share = np.zeros(len(net))
    np.divide(between, between + error2, out=share, where=usable & (between > 0))
    rates: NDArray[np.float64] = np.maximum(1.0 + share * offset, 0.0)
    return rates


def check_is_reference(bleaching: str, *, is_given: bool) -> None:
    """Refuse references without ``bleaching="reference"``, and the other way round.

    Parameters
    ----------
    bleaching : str
        The option.
    is_given : bool
        Whether there are untreated recordings.

    Raises
    ------
    ValueError
        If the two do not go together.
    """
    if bleaching == "reference" and not is_given:
        raise ValueError(
            "bleaching='reference' needs bleaching_reference: untreated recordings in the same light."
        )
    if is_given and bleaching != "reference":
        raise ValueError(f"bleaching_reference is given, but bleaching={bleaching!r}: say bleaching='reference'.")


def remaining_in_reference(
    time_s: NDArray[np.float64], references: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]]
) -> NDArray[np.float64]:
    """Measure the decay in untreated recordings.

    Parameters
    ----------
    time_s : array, shape (T,)
        Time of each frame of the recording to correct (s), on the same axis as the references': light on
        from the same moment.
    references : sequence of (time_s, net)
        Times (T,) and background-subtracted fluorescence (n, T) of each untreated recording.

    Returns
    -------
    array, shape (T,)
        What remains, relative to the first frame: the geometric mean over the references of a fit with up to
        two exponentials.

    Raises
    ------
    ValueError
        If a reference has fewer than 8 frames with usable cells.
    """
    start, end = float(time_s[0]), float(time_s[-1])
    decays = []
    for times, net in references:
        pooled, spread = pool_traces(net)
        if (n_usable := np.isfinite(pooled).sum()) < MIN_FRAMES:
            raise ValueError(
                f"bleaching_reference has {n_usable} frames with usable cells: expected at least {MIN_FRAMES}; "
                "give recordings of cells that are brighter than their noise."
            )
        decays.append(fit_decay(times, pooled, spread, n_exponentials=2, start_s=start, end_s=end))
    logs = np.stack([np.log(decay.remaining(time_s)) for decay in decays])
    remaining: NDArray[np.float64] = np.exp(logs.mean(axis=0))
    return remaining


def falls_markedly(
    time_s: NDArray[np.float64], baseline: NDArray[np.float64], *, duration_s: float, fraction: float = 0.1
) -> NDArray[np.bool_]:
    """Say which cells lose fluorescence before the stimulus.

    Parameters
    ----------
    time_s : array, shape (T,)
        Times of the baseline frames (s).
    baseline : array, shape (n, T)
        Background-subtracted fluorescence in them (counts).
    duration_s : float
        Length of the recording (s).
    fraction : float
        Loss over `duration_s`, at the baseline's slope, that is marked, as a share of the level.

    Returns
    -------
    array of bool, shape (n,)
        True where the loss exceeds `fraction` and the slope three standard errors.
    """
    n_frames = len(time_s)
    level = row_median(baseline)
    if n_frames < MIN_FRAMES:
        return np.zeros(len(baseline), dtype=np.bool_)
    filled = np.where(np.isfinite(baseline), baseline, level[:, None])
    centred = time_s - time_s.mean()
    slope = filled @ centred / np.sum(centred**2)
    residual = filled - filled.mean(axis=1, keepdims=True) - slope[:, None] * centred
    factor = mean_variance_factor(max(autocorrelation(residual), 0.0), n_frames)
    error = np.sqrt(factor * np.sum(residual**2, axis=1) / (n_frames - 2) / np.sum(centred**2))
    falls: NDArray[np.bool_] = (-slope > 3.0 * error) & (-slope * duration_s > fraction * level) & (level > 0)
    return falls


def _slow_noise_factor(residual: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return, per row, how much autocorrelation raises the variance of a mean or a slope."""
    common = max(autocorrelation(residual), 0.0)
    own = np.nan_to_num(1.0 - 0.5 * von_neumann_ratio(residual))
    phi = np.clip(own, common, 0.98)
    return (1.0 + phi) / (1.0 - phi)


def _regress(
    net: NDArray[np.float64], basis: NDArray[np.float64], keep: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return, per row, both coefficients on the basis (2, T) and the precision of the second (over variance)."""
    values, weight = np.where(keep, net, 0.0), keep.astype(np.float64)
    s00, s01, s11 = weight @ basis[0] ** 2, weight @ (basis[0] * basis[1]), weight @ basis[1] ** 2
    y0, y1 = values @ basis[0], values @ basis[1]
    determinant = s00 * s11 - s01**2
    solvable = determinant > 1e-12 * s00 * s11
    divisor = np.where(solvable, determinant, 1.0)
    level = np.where(solvable, (s11 * y0 - s01 * y1) / divisor, 0.0)
    tilt = np.where(solvable, (s00 * y1 - s01 * y0) / divisor, 0.0)
    precision = np.where(solvable, determinant / np.maximum(s00, 1e-300), 0.0)
    return level, tilt, precision


def _weighted_median(values: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    order = np.argsort(values, axis=0)
    ranked = np.take_along_axis(values, order, axis=0)
    share = np.cumsum(np.take_along_axis(weight, order, axis=0), axis=0)
    index = np.argmax(share >= 0.5 * share[-1], axis=0)
    middle: NDArray[np.float64] = np.take_along_axis(ranked, index[None], axis=0)[0]
    return middle
