"""Speed of four-parameter fits beside scipy, lmfit and bindcurve, in one run.

Run: python -m tests.benchmarks.curves [n_curves]

Curves of 30 points with standard errors. The best of three runs counts, and ratios matter: all run one after the
other on the same machine. scipy starts from the same guess for every curve, at the middle of the doses; lmfit
computes its profile intervals with ``conf_interval``. A tool that is not installed is left out.
"""

import sys
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import curve_fit as scipy_curve_fit

from s1r_imaging.curves import fit_curve, fit_curves

DOSES = np.repeat(10.0 ** np.linspace(-9, -4.5, 10), 3)
START = (0.0, 100.0, -6.75, -1.0)


def logistic(x: Any, bottom: Any, top: Any, log_ic50: Any, hill_slope: Any) -> Any:
    return bottom + (top - bottom) / (1.0 + 10.0 ** ((log_ic50 - x) * hill_slope))


def simulate(n_curves: int, seed: int = 0) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    truth = (
        rng.normal(0, 5, n_curves),
        rng.normal(100, 10, n_curves),
        rng.uniform(-8, -5.5, n_curves),
        -rng.uniform(0.7, 1.6, n_curves),
    )
    clean = logistic(np.log10(DOSES), *(values[:, None] for values in truth))
    curves: NDArray[np.float64] = clean + rng.normal(0, 4, clean.shape)
    return curves


def seconds(work: Callable[[], Any], repeats: int = 3) -> float:
    taken = []
    for _ in range(repeats):
        before = time.perf_counter()
        work()
        taken.append(time.perf_counter() - before)
    return min(taken)


def run_scipy(curves: NDArray[np.float64]) -> None:
    position = np.log10(DOSES)
    for y in curves:
        scipy_curve_fit(logistic, position, y, START, maxfev=5000)


def run_lmfit(curves: NDArray[np.float64], *, profile: bool) -> None:
    import lmfit

    model, position = lmfit.Model(logistic), np.log10(DOSES)
    start = dict(zip(("bottom", "top", "log_ic50", "hill_slope"), START, strict=True))
    for y in curves:
        result = model.fit(y, x=position, **start)
        if profile:
            result.conf_interval(sigmas=[0.95])


def run_bindcurve(curves: NDArray[np.float64]) -> None:
    import bindcurve  # type: ignore[import-not-found,unused-ignore]

    for y in curves:
        table = pd.DataFrame({"compound_id": "a", "concentration": DOSES * 1e9, "response": y})
        bindcurve.fit(bindcurve.DoseResponseData(table), "ic50", errors="collect")


def main() -> None:
    n_curves = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    curves = simulate(n_curves)
    few = curves[:20]
    warnings.simplefilter("ignore")
    fit_curves("inhibition_4pl", DOSES, few)
    batch = seconds(lambda: fit_curves("inhibition_4pl", DOSES, curves))
    some = curves[: min(n_curves, 500)]
    scipy_each = seconds(lambda: run_scipy(some)) / len(some)
    print(f"fit_curves, {n_curves} curves: {batch:.3f} s, {1e6 * batch / n_curves:.1f} µs each")
    print(f"scipy curve_fit: {1e6 * scipy_each:.0f} µs each; {scipy_each * n_curves / batch:.0f} × slower")
    single = seconds(lambda: [fit_curve("inhibition_4pl", DOSES, y) for y in few]) / len(few)
    print(f"fit_curve with all profile intervals and verdicts: {1e3 * single:.2f} ms")
    if find_spec("lmfit"):
        plain = seconds(lambda: run_lmfit(few, profile=False)) / len(few)
        profile = seconds(lambda: run_lmfit(few[:5], profile=True)) / 5
        print(f"lmfit: {1e3 * plain:.2f} ms; with profile intervals {1e3 * profile:.1f} ms, "
              f"{profile / single:.1f} × slower")  # fmt: skip
    if find_spec("bindcurve"):
        each = seconds(lambda: run_bindcurve(few)) / len(few)
        print(f"bindcurve, Wald intervals only: {1e3 * each:.2f} ms")


if __name__ == "__main__":
    main()
