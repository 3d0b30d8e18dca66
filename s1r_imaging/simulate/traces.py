"""Simulated traces without pixels: thousands of cells in a moment."""

from typing import Literal

import numpy as np
import pandas as pd

from s1r_imaging.provenance import Step
from s1r_imaging.recording import Event, Traces
from s1r_imaging.simulate.chance import streams
from s1r_imaging.simulate.kinetics import curve_kinetics, response_curve
from s1r_imaging.simulate.timecourse import ar1_noise, bleaching_curve

Noise = Literal["white", "ar1"]


def simulate_traces(
    seed: int = 0,
    *,
    n_cells: int = 100,
    n_frames: int = 240,
    frame_interval_s: float = 0.5,
    stimulus_s: float = 40.0,
    amplitude_dff: float = 0.8,
    amplitude_sd: float = 0.0,
    responder_fraction: float = 1.0,
    latency_s: float = 2.0,
    rise_tau_s: float = 1.0,
    decay_tau_s: float = 5.0,
    plateau_level: float = 0.0,
    kinetics_sd: float = 0.0,
    snr: float = 5.0,
    noise: Noise = "white",
    ar1_coefficient: float = 0.7,
    f0_counts: float = 300.0,
    background_counts: float = 120.0,
    bleaching_fraction: float = 0.0,
) -> tuple[Traces, pd.DataFrame]:
    """Simulate traces of cells that answer one stimulus, with a stated signal-to-noise ratio.

    ``f = background + f0 * (bleaching * (1 + dff) + noise)``, with *dff* from `response_curve`. The onset falls
    anywhere between two frames. Cells, kinetics and noise have separate streams of chance: without noise the
    same seed gives the same cells.

    Parameters
    ----------
    seed : int, default: 0
        Seed of all chance, 0 or more.
    n_cells : int
        Number of cells.
    n_frames : int
        Number of frames.
    frame_interval_s : float
        Time from one frame to the next (s).
    stimulus_s : float
        When the stimulus comes (s).
    amplitude_dff : float
        Median peak ΔF/F0.
    amplitude_sd : float
        SD between cells of the logarithm of the peak.
    responder_fraction : float
        Fraction of the cells that respond; 0 for baseline-only traces with the noise they would have.
    latency_s : float
        Median delay from the stimulus to the onset (s); up to one frame interval is added at random.
    rise_tau_s, decay_tau_s : float
        Median time constants of the rise and of the decay (s).
    plateau_level : float
        Level that the decay ends on, see `response_curve`.
    kinetics_sd : float
        SD between cells of the logarithm of latency, rise and decay.
    snr : float
        `amplitude_dff` divided by the SD of the noise of one frame; ``inf`` for no noise.
    noise : {'white', 'ar1'}
        White, or first-order autoregressive with the same SD.
    ar1_coefficient : float
        Correlation of the noise of successive frames, for ``noise='ar1'``.
    f0_counts : float
        Resting fluorescence above background (counts).
    background_counts : float
        Background (counts).
    bleaching_fraction : float
        Dye lost to bleaching by the last frame.

    Returns
    -------
    traces : Traces
        `f` with background, and `f_background`; one event, ``"stimulus"``.
    truth : DataFrame
        One row per cell, index ``label``: ``responder``, ``f0_counts``, ``noise_sd`` (SD of one frame in ΔF/F0),
        and the kinetics that `curve_kinetics` defines.

    Raises
    ------
    ValueError
        If a number is out of range.

    Examples
    --------
    >>> traces, truth = simulate_traces(n_cells=3, snr=float("inf"))
    >>> traces.f.shape, truth["peak_dff"].round(3).tolist()
    ((3, 240), [0.8, 0.8, 0.8])
    """
    given = {name: value for name, value in locals().items() if name != "seed"}
    _check(n_cells, n_frames, snr, ar1_coefficient)
    rng_cells, rng_noise = streams(seed, 2)
    time_s = np.arange(n_frames, dtype=np.float64) * frame_interval_s
    draw = rng_cells.random((n_cells, 2))
    spread = np.exp(
        rng_cells.standard_normal((n_cells, 4)) * [amplitude_sd, kinetics_sd, kinetics_sd, kinetics_sd]
    )
    decay = decay_tau_s * spread[:, 3]
    parameters = {
        "onset_s": stimulus_s + latency_s * spread[:, 1] + frame_interval_s * draw[:, 1],
        "amplitude": np.where(draw[:, 0] < responder_fraction, amplitude_dff * spread[:, 0], 0.0),
        "rise_tau_s": np.minimum(rise_tau_s * spread[:, 2], 0.9 * decay) if kinetics_sd else rise_tau_s,
        "decay_tau_s": decay,
        "plateau_level": plateau_level,
    }
    left = bleaching_curve(time_s, bleaching_fraction, "mono")
    noise_sd = amplitude_dff / snr
    jitter = noise_sd * ar1_noise((n_cells, n_frames), ar1_coefficient if noise == "ar1" else 0.0, rng_noise)
    f = background_counts + f0_counts * (left * (1 + response_curve(time_s, **parameters)) + jitter)
    truth = curve_kinetics(stimulus_s=stimulus_s, end_s=float(time_s[-1]), **parameters)
    truth.index = pd.RangeIndex(1, n_cells + 1, name="label")
    truth.insert(0, "responder", truth["onset_s"].notna())
    truth.insert(1, "f0_counts", f0_counts)
    truth.insert(2, "noise_sd", noise_sd)
    traces = Traces(
        time_s,
        f,
        f_background=np.full_like(f, background_counts),
        events=(Event("stimulus", stimulus_s),),
        name=f"simulated_traces_{seed}",
        history=(Step(name="simulate_traces", options={"seed": seed} | given),),
    )
    return traces, truth


def _check(n_cells: int, n_frames: int, snr: float, ar1_coefficient: float) -> None:
    if n_cells < 0:
        raise ValueError(f"n_cells={n_cells!r}: expected 0 or more.")
    if n_frames < 2:
        raise ValueError(f"n_frames={n_frames!r}: expected at least 2.")
    if not snr > 0:
        raise ValueError(f"snr={snr!r}: expected a positive number, or inf for no noise.")
    if not -1 < ar1_coefficient < 1:
        raise ValueError(f"ar1_coefficient={ar1_coefficient!r}: expected a correlation between -1 and 1.")
