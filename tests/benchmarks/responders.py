"""Achieved rate of false responders at a target of 5 %, and sensitivity, through `measure_responses`.

Run: python -m tests.benchmarks.responders [n_cells_in_all]
"""

import itertools
import sys

import numpy as np
from scipy.signal import lfilter

from s1r_imaging.calcium.responses import measure_responses
from s1r_imaging.recording import Event, Traces
from tests.calcium.transient_shapes import GENERATORS, Array, scale_for_width, true_kinetics


def coloured_noise(rng: np.random.Generator, phi: float, n_cells: int, n_frames: int) -> Array:
    noise = rng.standard_normal((n_cells, n_frames + 100)) * np.sqrt(1.0 - phi**2)
    return np.asarray(lfilter([1.0], [1.0, -phi], noise, axis=1)[:, 100:])


def recording(dff: Array, n_baseline: int) -> Traces:
    time_s = 0.5 * np.arange(dff.shape[1], dtype=np.float64)
    return Traces(time_s, 100.0 * (1.0 + dff), dff=dff, events=(Event("vehicle", 0.5 * n_baseline),))


def main() -> None:
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    rng = np.random.default_rng(7)
    print("noise   baseline window  cells  noise SD   called  column")
    for phi, n_baseline, n_window, n_cells in itertools.product((0.0, 0.7), (20, 60, 120), (20, 240), (20, 200)):
        noise_sd = float(rng.choice([0.01, 0.05, 0.2]))
        called, stated = [], []
        for _ in range(max(1, total // n_cells)):
            noise = noise_sd * coloured_noise(rng, phi, n_cells, n_baseline + n_window)
            table = measure_responses(recording(noise, n_baseline))
            called.append(table["is_responder"].mean())
            stated.append(table["false_responder_rate"].iloc[0])
        kind = f"AR {phi:g}" if phi else "white"
        print(
            f"{kind:8s}{n_baseline:8d}{n_window:7d}{n_cells:7d}{noise_sd:10.2f}"
            f"{100 * np.mean(called):8.1f}%{100 * np.mean(stated):7.1f}%",
            flush=True,
        )
    print("\nnoise   SNR  sensitivity (FWHM ten frames, baseline 60, window 120, 200 cells)")
    generator = GENERATORS["double exponential, rise 0.2"]
    scale = scale_for_width(generator, 10.0)
    s = np.arange(180, dtype=np.float64) - 64.0
    transient = generator.curve(s, scale) / true_kinetics(generator, scale).peak
    for phi, snr in itertools.product((0.0, 0.7), (2.0, 3.0, 5.0, 10.0)):
        dff = transient + coloured_noise(rng, phi, 200, 180) / snr
        table = measure_responses(recording(dff, 60))
        print(
            f"{f'AR {phi:g}' if phi else 'white':8s}{snr:4g}{100 * table['is_responder'].mean():8.1f}%", flush=True
        )


if __name__ == "__main__":
    main()
