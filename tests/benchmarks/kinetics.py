"""Error of the kinetics at SNR 5 and ten samples in the half-width, beside the Cramér–Rao bound.

Run: python -m tests.benchmarks.kinetics [n_cells] [spread] [phi]

For each shape, ``n_cells`` cells of one recording with latencies of 2 to 8 frames and, with ``spread`` > 0,
log-normal spread of rise and decay between cells; ``phi`` is the autocorrelation of the noise. Columns: bias /
CV in per cent. The bounds are CVs of the best unbiased estimate from one trace in white noise, with all
parameters free, and with the ratio of rise to decay known.
"""

import sys

import numpy as np

from s1r_imaging.calcium.responses import measure_responses
from s1r_imaging.recording import Event, Traces
from tests.benchmarks.responders import coloured_noise
from tests.calcium.transient_shapes import GENERATORS, Array, Generator, Truth, scale_for_width, true_kinetics

FRAMES_PER_WIDTH, SNR, N_BASELINE, N_FRAMES = 10.0, 5.0, 40, 200
COLUMNS = {"peak_dff": "peak", "fwhm_s": "fwhm_s", "rise_time_s": "rise_time_s", "decay_tau_s": "decay_tau_s"}


def simulate(
    generator: Generator, n_cells: int, spread: float, phi: float, seed: int
) -> tuple[Traces, list[Truth]]:
    rng = np.random.default_rng(seed)
    time_s = np.arange(N_FRAMES, dtype=float)
    scale = scale_for_width(generator, FRAMES_PER_WIDTH)
    dff = np.empty((n_cells, N_FRAMES))
    truths = []
    for row in range(n_cells):
        own_scale, rise_scale = (
            scale * np.exp(spread * rng.standard_normal()),
            np.exp(spread * rng.standard_normal()),
        )
        truth = true_kinetics(generator, own_scale, rise_scale)
        s = time_s - N_BASELINE - rng.uniform(2.0, 8.0)
        dff[row] = (
            generator.curve(s, own_scale, rise_scale) / truth.peak + coloured_noise(rng, phi, 1, N_FRAMES)[0] / SNR
        )
        truths.append(truth)
    traces = Traces(time_s, 1.0 + dff, dff=dff, events=(Event("agonist", float(N_BASELINE)),))
    return traces, truths


def cramer_rao(generator: Generator, *, ratio_known: bool) -> list[float]:
    """Return the bound on the CV of peak, FWHM, rise and decay from one trace (%)."""
    scale = scale_for_width(generator, FRAMES_PER_WIDTH)
    s = np.arange(N_FRAMES) - N_BASELINE - 5.3

    def curve(p: Array) -> Array:
        return np.asarray(
            p[0] + SNR * np.exp(p[1]) * generator.curve(s - p[2], scale * np.exp(p[3]), np.exp(p[4]))
        )

    def outcome(p: Array) -> Array:
        truth = true_kinetics(generator, scale * np.exp(p[3]), np.exp(p[4]))
        return np.log([np.exp(p[1]) * truth.peak, truth.fwhm_s, truth.rise_time_s, truth.decay_tau_s])

    n_free = 4 if ratio_known else 5
    steps = 0.02 * np.eye(5)[:n_free]
    jacobian = np.stack([(curve(step) - curve(-step)) / 0.04 for step in steps], axis=1)
    jacobian /= true_kinetics(generator, scale).peak
    gradient = np.stack([(outcome(step) - outcome(-step)) / 0.04 for step in steps], axis=1)
    covariance = gradient @ np.linalg.pinv(jacobian.T @ jacobian) @ gradient.T
    return [float(value) for value in 100.0 * np.sqrt(np.diag(covariance))]


def main() -> None:
    n_cells = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    spread = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    phi = float(sys.argv[3]) if len(sys.argv) > 3 else 0.0
    print(f"{n_cells} cells, SNR {SNR:g}, {FRAMES_PER_WIDTH:g} frames in the FWHM, spread {spread:g}, phi {phi:g}")
    print(f"{'shape':32s}{'called':>7s}" + "".join(f"{name:>16s}" for name in COLUMNS))
    for name, generator in GENERATORS.items():
        traces, truths = simulate(generator, n_cells, spread, phi, seed=1)
        table = measure_responses(traces)
        called = table["is_responder"].to_numpy()
        cells = []
        for column, attribute in COLUMNS.items():
            truth = np.array([getattr(truth, attribute) for truth in truths])
            if column == "peak_dff":
                truth = np.ones(n_cells)
            ratio = (table[column].to_numpy() / truth)[called]
            ratio = ratio[np.isfinite(ratio)]
            cells.append(f"{100 * (ratio.mean() - 1):+7.1f} /{100 * ratio.std() / ratio.mean():5.1f}  ")
        print(f"{name:32s}{100 * called.mean():6.0f}%" + "".join(f"{cell:>16s}" for cell in cells), flush=True)
        for label, known in (("bound, one trace", False), ("bound, shape known", True)):
            bound = "".join(f"{value:14.1f}  " for value in cramer_rao(generator, ratio_known=known))
            print(f"    {label:28s}{'':7s}{bound}")


if __name__ == "__main__":
    main()
