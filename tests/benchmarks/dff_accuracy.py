"""How well F0, ΔF/F0 and the bleaching correction hit the truth: the figures of the method page.

Run by hand: ``python -m tests.benchmarks.dff_accuracy``. About a minute on one core.
"""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.calcium.baseline import Statistic, location, percentile, resting_mode
from s1r_imaging.calcium.dff import compute_dff
from s1r_imaging.recording import Event, Traces

Array = NDArray[np.float64]
STATISTICS: tuple[Statistic, ...] = ("mean", "median", "clipped_mean")


def ar1(rng: np.random.Generator, shape: tuple[int, int], phi: float) -> Array:
    noise = rng.normal(size=shape)
    for frame in range(1, shape[1]):
        noise[:, frame] = phi * noise[:, frame - 1] + np.sqrt(1 - phi**2) * noise[:, frame]
    return noise


def transient(time_s: Array, start_s: Array | float, rise_s: float = 2.0, decay_s: float = 15.0) -> Array:
    since = np.maximum(time_s - start_s, 0.0)
    shape: Array = (1.0 - np.exp(-since / rise_s)) * np.exp(-since / decay_s)
    return shape


def f0_error(n_frames: int, noise: float, phi: float, active: float) -> str:
    """Bias and SD of F0 (% of F0); a share `active` of the cells has a transient of ΔF/F0 1 in the baseline."""
    rng = np.random.default_rng(0)
    n_cells, frames = 4000, np.arange(n_frames, dtype=np.float64)
    start = rng.uniform(-10.0, n_frames, (n_cells, 1))
    own = transient(frames, start, 1.5, 5.0) / 0.45 * (rng.random((n_cells, 1)) < active)
    values = 1.0 + noise * ar1(rng, (n_cells, n_frames), phi) + own
    cells = []
    for statistic in STATISTICS:
        level = location(values, statistic=statistic) - 1.0
        cells.append(f"{100 * level.mean():5.2f} ± {100 * level.std():5.2f}")
    return " | ".join(cells)


def whole_trace_error(noise: float, plateau_share: float) -> str:
    """Bias of the F0s that look at whole traces of 300 frames (% of F0)."""
    rng = np.random.default_rng(1)
    values = 1.0 + noise * rng.normal(size=(1000, 300))
    values[:, 300 - round(300 * plateau_share) :] += 1.5
    levels = {"percentile 10": percentile(values, 10.0), "resting_mode": resting_mode(values, 10.0)}
    return " | ".join(f"{name} {100 * (v.mean() - 1):6.2f} ± {100 * v.std():5.2f}" for name, v in levels.items())


def bleaching_error(event_s: float, loss: float, active: float, **options: Any) -> str:
    """Error of the median cell's peak (true 1.73) and of its last 15 s (ΔF/F0), over 10 recordings."""
    time_s = np.linspace(0.0, 149.5, 300)
    left = np.exp(np.log(1.0 - loss) * time_s / time_s[-1])
    truth = transient(time_s, event_s)
    truth *= 1.73 / truth.max()
    top, peaks, ends = int(np.argmax(truth)), [], []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        start = rng.uniform(-10.0, event_s, (60, 1))
        own = 0.5 * transient(time_s, start, 1.0, 5.0) * (rng.random((60, 1)) < active)
        f0 = rng.lognormal(np.log(200.0), 0.4, (60, 1))
        f = f0 * ((1.0 + truth + own) * left + 0.05 * rng.normal(size=(60, 300)))
        dff = compute_dff(Traces(time_s, f, events=(Event("agonist", event_s),)), **options).dff
        assert dff is not None
        median = np.median(dff, axis=0)
        peaks.append(100 * (median[top] / truth[top] - 1))
        ends.append(np.mean((median - truth)[-30:]))
    return f"peak {np.mean(peaks):6.2f} ± {np.std(peaks):4.2f} %, end {np.mean(ends):7.3f} ± {np.std(ends):5.3f}"


def main() -> None:
    """Print the tables."""
    print("F0 before the stimulus, bias ± SD in % of F0:", " | ".join(STATISTICS))
    for phi in (0.0, 0.7):
        for n_frames in (5, 10, 30, 60):
            for noise, active in ((0.05, 0.0), (0.2, 0.0), (0.05, 0.3), (0.2, 0.3)):
                label = f"{n_frames:3d} frames, noise {noise:4.2f}, AR {phi:3.1f}, active {active:3.1f}"
                print(f"  {label}: {f0_error(n_frames, noise, phi, active)}")
    print("F0 from the whole trace, bias ± SD in % of F0")
    for noise in (0.05, 0.2):
        for share in (0.0, 0.3, 0.7):
            print(f"  noise {noise:4.2f}, plateau {share:3.1f} of the frames: {whole_trace_error(noise, share)}")
    print("Bleaching, 60 cells, noise 0.05 of F0, 150 s")
    for loss in (0.0, 0.1, 0.3):
        for event_s in (20.0, 40.0, 60.0):
            for active in (0.0, 0.3):
                for bleaching in ("none", "mono_exponential", "bi_exponential"):
                    text = bleaching_error(event_s, loss, active, bleaching=bleaching)
                    label = f"loss {loss:3.1f}, event {event_s:2.0f} s, active {active:3.1f}, {bleaching:16s}"
                    print(f"  {label}: {text}")


if __name__ == "__main__":
    warnings.simplefilter("ignore", UserWarning)
    main()
