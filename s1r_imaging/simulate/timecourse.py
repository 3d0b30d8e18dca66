"""What changes over time: responses of the cells, their own activity, bleaching, drift."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import signal

from s1r_imaging.simulate.kinetics import curve_kinetics, response_curve

if TYPE_CHECKING:
    from s1r_imaging.simulate.recording import BleachingShape, SimulationOptions

Floats = NDArray[np.float64]

_WANDER_S = 8.0  # correlation time of the slow fluctuations of a resting cell
_FAST_SHARE, _FAST_PART = 0.5, 0.08  # of bi-exponential bleaching: share of the loss, time in recordings
_PLATEAU = (0.55, 0.9)  # where the decay of a plateau response ends


@dataclass(frozen=True, eq=False)
class Activity:
    """What the cells do.

    Attributes
    ----------
    dff : array, shape (n_cells, T)
        True ΔF/F0: the response, spontaneous transients and slow fluctuations.
    cells : DataFrame
        One row per cell: the parameters of its response and the kinetics that follow from them.
    """

    dff: Floats
    cells: pd.DataFrame


def simulate_activity(
    time_s: Floats,
    options: "SimulationOptions",
    overloaded: NDArray[np.bool_],
    rng: np.random.Generator,
    rng_spontaneous: np.random.Generator,
) -> Activity:
    """Simulate what each cell does over time.

    Every cell draws all of its properties whatever the condition, so that the same seed gives the same
    cells with vehicle, agonist and antagonist.

    Parameters
    ----------
    time_s : array, shape (T,)
        Frame times (s).
    options : SimulationOptions
        Condition, response, block and spontaneous activity.
    overloaded : array of bool, shape (n_cells,)
        Cells that never respond.
    rng, rng_spontaneous : numpy.random.Generator
        Sources of randomness of the responses and of everything else.

    Returns
    -------
    Activity
        Traces and truth.
    """
    cells = _draw_responses(options, overloaded, rng)
    parameters = {name: cells[name].to_numpy() for name in ("rise_tau_s", "plateau_level")}
    evoked = {"onset_s": cells["_onset_s"].to_numpy(), "amplitude": cells["_amplitude"].to_numpy()}
    evoked |= parameters | {"decay_tau_s": cells["_decay_tau_s"].to_numpy()}
    kinetics = curve_kinetics(stimulus_s=options.stimulus_s, end_s=float(time_s[-1]), **evoked)
    spontaneous, count = _spontaneous(time_s, options, cells, rng_spontaneous)
    dff = response_curve(time_s, **evoked) + spontaneous
    keep = float(np.exp(-options.frame_interval_s / _WANDER_S))
    dff += options.wander_sd * ar1_noise(dff.shape, keep, rng_spontaneous)
    columns = ["responder", "kind", "block", "rise_tau_s", "plateau_level", "overloaded"]
    return Activity(dff, pd.concat([cells[columns], kinetics], axis=1).assign(n_spontaneous=count))


def bleaching_curve(time_s: Floats, fraction: float, shape: "BleachingShape") -> Floats:
    """Compute the part of the dye that is left at each time.

    Parameters
    ----------
    time_s : array, shape (T,)
        Frame times (s).
    fraction : float
        Part lost between the first frame and the last.
    shape : {'mono', 'bi'}
        One exponential; or half of the loss in a fast one, the rest in a slow one.

    Returns
    -------
    array, shape (T,)
        From 1 to ``1 - fraction``.
    """
    part = (time_s - time_s[0]) / (time_s[-1] - time_s[0])
    if shape == "mono":
        left: Floats = np.exp(part * np.log1p(-fraction))
    else:
        fast = _FAST_SHARE * fraction * np.expm1(-part / _FAST_PART) / np.expm1(-1 / _FAST_PART)
        slow = (1 - _FAST_SHARE * fraction) * np.expm1(part * np.log1p(-_slow_loss(fraction)))
        left = 1 - fast + slow
    return left


def _slow_loss(fraction: float) -> float:
    """Part that the slow exponential loses, so that both together lose `fraction`."""
    return (1 - _FAST_SHARE) * fraction / (1 - _FAST_SHARE * fraction)


def simulate_shifts(n_frames: int, options: "SimulationOptions", rng: np.random.Generator) -> Floats:
    """Simulate how the field moves: a random walk and sudden jumps.

    Parameters
    ----------
    n_frames : int
        Number of frames.
    options : SimulationOptions
        Drift and jumps.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    array, shape (T, 2)
        Displacement (y, x) of each frame from the first (pixels).
    """
    steps = options.drift_px / np.sqrt(n_frames - 1) * rng.standard_normal((n_frames, 2))
    frames = rng.integers(1, n_frames, options.n_jumps)
    np.add.at(steps, frames, options.jump_px * rng.standard_normal((options.n_jumps, 2)))
    steps[0] = 0.0
    return np.cumsum(steps, axis=0)


def _draw_responses(
    options: "SimulationOptions", overloaded: NDArray[np.bool_], rng: np.random.Generator
) -> pd.DataFrame:
    n = len(overloaded)
    draw = rng.random((n, 4))
    spread = np.exp(rng.standard_normal((n, 4)) * [options.amplitude_sd, *(3 * [options.kinetics_sd])])
    stays = draw[:, 1] < options.plateau_fraction
    plateau = np.where(stays, _PLATEAU[0] + (_PLATEAU[1] - _PLATEAU[0]) * draw[:, 2], 0.0)
    decay = options.decay_tau_s * spread[:, 3]
    rise = np.minimum(options.rise_tau_s * spread[:, 2], 0.8 * decay)
    would = (draw[:, 0] < options.responder_fraction) & ~overloaded
    stimulated = options.condition in ("agonist", "antagonist_agonist")
    block = _block(options, draw[:, 3])
    amplitude = np.where(would & stimulated, options.agonist_dff * spread[:, 0] * (1 - block), 0.0)
    onset = options.stimulus_s + options.latency_s * spread[:, 1]
    end_s = (options.n_frames - 1) * options.frame_interval_s
    responder = (amplitude > 0) & (onset < end_s)
    return pd.DataFrame(
        {
            "responder": responder,
            "kind": np.where(responder, np.where(stays, "plateau", "transient"), "none").astype(object),
            "block": np.where(would & stimulated, block, np.nan),
            "rise_tau_s": rise,
            "plateau_level": plateau,
            "overloaded": overloaded,
            "_decay_tau_s": decay,
            "_onset_s": onset,
            "_amplitude": amplitude,
        }
    )


def _block(options: "SimulationOptions", draw: Floats) -> Floats:
    """Part of each cell's response that the antagonist takes away."""
    if options.condition != "antagonist_agonist":
        return np.zeros_like(draw)
    if options.block_mode == "scale":
        return np.full_like(draw, options.block)
    return (draw < options.block).astype(np.float64)


def _spontaneous(
    time_s: Floats, options: "SimulationOptions", cells: pd.DataFrame, rng: np.random.Generator
) -> tuple[Floats, NDArray[np.int64]]:
    """Add transients at random times to some cells; those that began before the recording too."""
    n = len(cells)
    lead_s = 4 * options.decay_tau_s
    length_s = float(time_s[-1] - time_s[0]) + lead_s
    active = (rng.random(n) < options.spontaneous_fraction) & ~cells["overloaded"].to_numpy(dtype=np.bool_)
    count = np.where(active, rng.poisson(options.spontaneous_per_min * length_s / 60, n), 0)
    which = np.repeat(np.arange(n), count)
    onset = time_s[0] - lead_s + length_s * rng.random(len(which))
    curves = response_curve(
        time_s,
        onset_s=onset,
        amplitude=options.spontaneous_dff * np.exp(0.4 * rng.standard_normal(len(which))),
        rise_tau_s=cells["rise_tau_s"].to_numpy()[which],
        decay_tau_s=cells["_decay_tau_s"].to_numpy()[which],
    )
    dff = np.zeros((n, len(time_s)))
    np.add.at(dff, which, curves)
    return dff, np.bincount(which[onset > time_s[0]], minlength=n)


def ar1_noise(shape: tuple[int, int], coefficient: float, rng: np.random.Generator) -> Floats:
    """Make stationary first-order autoregressive noise of SD 1.

    Parameters
    ----------
    shape : tuple of int
        Number of rows and of frames.
    coefficient : float
        Correlation of successive frames, between -1 and 1; 0 for white noise.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    array, shape (n, T)
        Noise; rows are independent.
    """
    shocks = rng.standard_normal(shape)
    shocks[:, 1:] *= np.sqrt(1 - coefficient**2)
    noise: Floats = signal.lfilter([1.0], [1.0, -coefficient], shocks, axis=1)
    return noise
