"""What the transients of many cells have in common: a mixed-effects model of their shape.

Each cell's transient has one of a few shapes, and its log(rise / decay) and log(FWHM) come from a normal
distribution that belongs to the shape. The likelihood of every cell is computed on a lattice of shapes,
ratios and widths, with the amplitude and offset integrated out in closed form and the onset by a sum; on that
lattice expectation–maximisation is exact: shares, means and covariances are found without any
approximation of a likelihood that, at the noise of real recordings, is anything but parabolic.

References
----------
Pinheiro & Bates, Mixed-Effects Models in S and S-PLUS (2000); Dempster, Laird & Rubin, J. R. Stat. Soc. B
39:1 (1977).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from s1r_imaging.calcium.arrays import Array
from s1r_imaging.calcium.shapes import SHAPES, Shape

_WIDTHS_PER_OCTAVE = 4
_WIDTH_STEP = np.log(2.0) / _WIDTHS_PER_OCTAVE
_HALF_RANGE = 7  # lattice widths on both sides of a cell's first guess
_LOG_RATIOS = np.linspace(np.log(0.03), np.log(20.0), 12)
_SHIFTS = np.arange(-0.64, 0.65, 0.04)  # of half-rise from the first guess, in widths
_BEFORE, _AFTER = 2.0, 5.0  # what is looked at around half-rise, in widths
_FRAMES_PER_WIDTH = 16.0  # wider transients are averaged down to this
_SNR_CAP = 8.0  # a population needs no better data; keeps likelihoods wide against the lattice
_FINE_RATIOS = 34
_NEGLIGIBLE = 30.0  # log likelihood below the best that counts as none
_ROUNDS = 40
_SHARE_CELLS = 1.0  # cells' worth of belief in how common the shapes are
_WIDE_SD = np.array([1.5, 0.6])
_LATTICE_SD = 0.6 * np.array([(_LOG_RATIOS[-1] - _LOG_RATIOS[0]) / (_FINE_RATIOS - 1), _WIDTH_STEP])
_PRIOR_CELLS = 3.0
_PRIOR_SD = np.array([0.5, 0.35])  # of log(rise / decay) and log(FWHM), where few cells tell


@dataclass(frozen=True)
class Population:
    """Share, mean and covariance of (log(rise / decay), log(FWHM)) for each of `SHAPES`.

    Attributes
    ----------
    share : array, shape (s,)
        Probability of each shape.
    mean : array, shape (s, 2)
        Means; widths in frames.
    covariance : array, shape (s, 2, 2)
        Covariances.
    """

    share: Array
    mean: Array
    covariance: Array


def estimate_population(traces: Array, weight: Array, half_up: Array, log_width: Array) -> Population:
    """Estimate what the transients of all cells have in common.

    Parameters
    ----------
    traces : array, shape (n, m)
        Evenly sampled traces above their baseline, at least one.
    weight : array, shape (n, m)
        1 / noise SD; 0 where a sample is missing.
    half_up, log_width : array, shape (n,)
        First guesses (frames).

    Returns
    -------
    Population
        Shares, means and covariances.
    """
    node = np.round(log_width / _WIDTH_STEP).astype(np.intp)
    node = _WIDTHS_PER_OCTAVE * np.round(node / _WIDTHS_PER_OCTAVE).astype(np.intp)
    first = int(node.min()) - _HALF_RANGE
    n_widths = int(node.max()) + _HALF_RANGE + 1 - first
    likelihood = np.full((len(traces), len(SHAPES), len(_LOG_RATIOS), n_widths), -np.inf)
    for centre in np.unique(node):
        rows = node == centre
        width = float(np.exp(centre * _WIDTH_STEP))
        place = slice(int(centre) - _HALF_RANGE - first, int(centre) + _HALF_RANGE + 1 - first)
        cut = traces[rows], weight[rows], half_up[rows]
        likelihood[rows, :, :, place] = _lattice_likelihood(*cut, width)
    widths = _WIDTH_STEP * (first + np.arange(n_widths))
    return _expectation_maximisation(likelihood, widths)


def _lattice_likelihood(traces: Array, weight: Array, half_up: Array, width: float) -> Array:
    """Return log likelihoods of cells whose first guess is `width`, shape (n, s, ratios, widths)."""
    averaged = max(1, round(width / _FRAMES_PER_WIDTH))
    n_before, n_after = (int(np.ceil(part * width / averaged)) for part in (_BEFORE, _AFTER))
    x, known = _cut_out(traces, weight, half_up, averaged, (n_before, n_after))
    # Weighted least squares for amplitude and offset of every template at every shift, in closed form.
    templates = _templates(width / averaged, n_before, n_after)
    sum_w, sum_x = known.sum(axis=1)[:, None], (known * x).sum(axis=1)[:, None]
    single, single_x = known.astype(np.float32), (known * x).astype(np.float32)
    sum_f, sum_ff, sum_xf = single @ templates, single @ templates**2, single_x @ templates
    sum_w = np.maximum(sum_w, 1e-300)
    energy = sum_ff - sum_f**2 / sum_w
    energy = np.maximum(energy, 1e-4 * energy.max(axis=1, keepdims=True) + 1e-300)
    product = np.maximum(sum_xf - sum_x * sum_f / sum_w, 0.0)
    explained = (product**2 / energy).reshape(len(x), -1, len(_SHIFTS))
    energy = energy.reshape(explained.shape)
    peak = np.sqrt(np.max(explained / energy, axis=(1, 2)))
    noise = np.maximum(1.0, (peak / _SNR_CAP) ** 2 * np.max(known, axis=1, initial=0.0))
    explained = np.maximum(explained / noise[:, None, None], 1e-3)
    # The prior of the amplitude is flat in its logarithm.
    log_likelihood = 0.5 * explained - 0.5 * np.log(explained)
    top = log_likelihood.max(axis=2, keepdims=True)
    total = top[..., 0] + np.log(np.exp(log_likelihood - top).sum(axis=2))
    lattice: Array = total.reshape(len(x), len(SHAPES), len(_LOG_RATIOS), 2 * _HALF_RANGE + 1)
    return lattice


def _cut_out(
    traces: Array, weight: Array, half_up: Array, averaged: int, span: tuple[int, int]
) -> tuple[Array, Array]:
    """Cut the same frames around each cell's half-rise; return their means and inverse variances."""
    n_cells, n_frames = traces.shape
    offsets = np.arange(-span[0] * averaged, (span[1] + 1) * averaged) - averaged // 2
    index = np.round(half_up).astype(np.intp)[:, None] + offsets
    inside = (index >= 0) & (index < n_frames)
    index = np.clip(index, 0, n_frames - 1)
    rows = np.arange(n_cells)[:, None]
    precision = np.where(inside, weight[rows, index] ** 2, 0.0).reshape(n_cells, -1, averaged)
    values = traces[rows, index].reshape(precision.shape)
    known = precision.sum(axis=2)
    x = (precision * values).sum(axis=2) / np.maximum(known, 1e-300)
    return x, known


@lru_cache(maxsize=8)
def _templates(width: float, n_before: int, n_after: int) -> NDArray[np.float32]:
    """Sample every shape, ratio, width and shift of the lattice, shape (frames, templates)."""
    time = np.arange(-n_before, n_after + 1.0)[:, None, None, None]
    shift = width * _SHIFTS
    log_width = np.log(width) + _WIDTH_STEP * np.arange(-_HALF_RANGE, _HALF_RANGE + 1)[:, None]
    log_ratio = _LOG_RATIOS[:, None, None]
    curves = [shape.curve(time - shift, log_ratio, log_width) for shape in SHAPES]
    templates = np.stack(curves, axis=1).reshape(len(time), -1).astype(np.float32)
    templates.setflags(write=False)
    return templates


def _expectation_maximisation(log_likelihood: Array, widths: Array) -> Population:
    """Fit each shape alone, then the mixture of all from there: so none is lost for want of a start."""
    log_ratios = np.linspace(_LOG_RATIOS[0], _LOG_RATIOS[-1], _FINE_RATIOS)
    nodes = np.stack(np.meshgrid(log_ratios, widths, indexing="ij"), axis=-1).reshape(-1, 2)
    known = np.maximum(log_likelihood, log_likelihood.max(axis=(1, 2, 3), keepdims=True) - _NEGLIGIBLE)
    fine = CubicSpline(_LOG_RATIOS, known, axis=2)(log_ratios)
    fine = fine.reshape(len(fine), len(SHAPES), -1)
    likelihood = np.exp(fine - fine.max(axis=(1, 2), keepdims=True))
    single = [_fit_mixture(likelihood[:, [s]], nodes, [shape], None) for s, shape in enumerate(SHAPES)]
    evidence = np.array([log_evidence for _, log_evidence in single])
    share = np.array([shape.usual_share for shape in SHAPES]) * np.exp(evidence - evidence.max())
    start = Population(
        share=(share + 1e-3) / np.sum(share + 1e-3),
        mean=np.concatenate([population.mean for population, _ in single]),
        covariance=np.concatenate([population.covariance for population, _ in single]),
    )
    population, _ = _fit_mixture(likelihood, nodes, SHAPES, start)
    return population


def _fit_mixture(
    likelihood: Array, nodes: Array, shapes: Sequence[Shape], start: Population | None
) -> tuple[Population, float]:
    """Return the mixture and its log evidence; without a start, one shape begins wide."""
    n_shapes = len(shapes)
    if start is None:
        centre = (likelihood.sum(axis=1) / likelihood.sum(axis=(1, 2))[:, None]).mean(axis=0) @ nodes
        wide = np.diag(_WIDE_SD**2)
        start = Population(np.ones(1), centre[None], wide[None])
    usual = np.array([shape.usual_share for shape in shapes])
    usual /= usual.sum()
    share, mean, covariance = start.share.copy(), start.mean.copy(), start.covariance.copy()
    for _ in range(_ROUNDS):
        prior = np.stack([share[s] * _normal(nodes, mean[s], covariance[s]) for s in range(n_shapes)])
        joint = likelihood * prior
        evidence: Array = np.maximum(joint.sum(axis=(1, 2)), 1e-300)
        mass = (joint / evidence[:, None, None]).sum(axis=0)
        share = (mass.sum(axis=1) + _SHARE_CELLS * usual) / (mass.sum() + _SHARE_CELLS)
        for s, shape in enumerate(shapes):
            mean[s], covariance[s] = _update(nodes, mass[s], mean[s], shape.typical_log_ratio)
    return Population(share, mean, covariance), float(np.sum(np.log(evidence)))


def _update(nodes: Array, mass: Array, mean: Array, typical_log_ratio: float) -> tuple[Array, Array]:
    """Return mean and covariance of weighted nodes, held by a weak prior where few cells tell.

    A distribution narrower than the lattice would sit on one node: it is kept as wide as half a step.
    """
    total = mass.sum()
    weak = np.array([0.1, 1e-3])  # cells' worth of belief in the typical ratio, and in the width so far
    target = np.array([typical_log_ratio, mean[1]])
    new_mean = (mass @ nodes + weak * target) / (total + weak)
    away = nodes - new_mean
    scatter = (mass[:, None] * away).T @ away + _PRIOR_CELLS * np.diag(_PRIOR_SD**2)
    covariance = scatter / (total + _PRIOR_CELLS)
    missing = np.maximum(_LATTICE_SD**2 - np.diag(covariance), 0.0)
    return new_mean, covariance + np.diag(missing)


def _normal(nodes: Array, mean: Array, covariance: Array) -> NDArray[np.float64]:
    """Return normal probabilities on the lattice, summing to 1."""
    away = nodes - mean
    exponent = -0.5 * np.sum(away @ np.linalg.inv(covariance) * away, axis=1)
    weights = np.exp(exponent - exponent.max())
    probabilities: Array = weights / weights.sum()
    return probabilities
