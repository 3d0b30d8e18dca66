"""Error and speed of motion correction on a field half of whose cells brighten four-fold.

Run with ``python -m tests.benchmarks.motion``.
"""

import argparse
import time

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from s1r_imaging.imaging.motion import correct_motion
from s1r_imaging.recording import Event, Recording

N_BEFORE = 20
Array = NDArray[np.float64]


def make_field(size: int, rng: np.random.Generator, *, diameter: float = 28.0) -> tuple[Array, Array]:
    """Return light of the cells at rest and of the half of them that respond."""
    centres = rng.uniform(0, size, (int(0.6 * (size / diameter) ** 2), 2))
    y, x = np.mgrid[:size, :size]
    rest = np.zeros((size, size))
    responding = np.zeros((size, size))
    for number, (cy, cx) in enumerate(centres):
        ry, rx = rng.uniform(0.35, 0.6, 2) * diameter
        inside = (((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2) < 1
        light = rng.lognormal(np.log(250), 0.35)
        rest[inside] = light
        responding[inside] = light if number % 2 else 0.0
    texture = np.exp(0.15 * ndi.gaussian_filter(rng.standard_normal((size, size)), 2) / 0.14)
    return rest * texture, responding * texture


def simulate(size: int, n_frames: int, rng: np.random.Generator, *, drift: float) -> tuple[Recording, Array]:
    """Return a 12-bit recording and its true displacements."""
    margin = 32
    rest, responding = make_field(size + 2 * margin, rng)
    truth = np.cumsum(rng.normal(0, drift, (n_frames, 2)), axis=0)
    truth -= truth[:N_BEFORE].mean(axis=0)
    fine = [np.fft.fftfreq(rest.shape[0])[:, None], np.fft.rfftfreq(rest.shape[1])]
    blur = np.exp(-2 * (np.pi * 1.2) ** 2 * (fine[0] ** 2 + fine[1] ** 2))
    stack = np.empty((n_frames, size, size), dtype=np.uint16)
    for t, shift in enumerate(truth):
        gain = 3.0 if t >= N_BEFORE else 0.0
        spectrum = np.fft.rfft2(rest + gain * responding) * blur
        spectrum *= np.exp(-2j * np.pi * (shift[0] * fine[0] + shift[1] * fine[1]))
        light = np.fft.irfft2(spectrum, s=rest.shape)[margin:-margin, margin:-margin] + 20
        noise = np.sqrt(0.146 * np.maximum(light, 0) + 2.4**2) * rng.standard_normal(light.shape)
        stack[t] = np.clip(np.rint(100 + light + noise), 0, 4095)
    times = np.arange(n_frames, dtype=np.float64) * 0.5
    return Recording(stack, time_s=times, events=(Event("agonist", times[N_BEFORE]),)), truth


def main() -> None:
    """Print the error before and during the response, and the time per frame."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    for drift in (0.1, 0.5):
        for seed in range(arguments.seeds):
            recording, truth = simulate(arguments.size, arguments.frames, np.random.default_rng(seed), drift=drift)
            start = time.perf_counter()
            corrected = correct_motion(recording)
            seconds = time.perf_counter() - start
            assert corrected.shifts_px is not None
            error = corrected.shifts_px - truth
            error -= error[:N_BEFORE].mean(axis=0)
            rms = [np.sqrt(np.mean(part**2)) for part in (error[:N_BEFORE], error[N_BEFORE:])]
            print(
                f"drift {drift} px/frame, seed {seed}: rms error per axis {rms[0]:.4f} px at rest, {rms[1]:.4f} "
                f"while half the cells shine 4x; {1e3 * seconds / arguments.frames:.1f} ms/frame; "
                f"largest displacement {np.abs(truth).max():.1f} px"
            )


if __name__ == "__main__":
    main()
