"""How often nominal 95 % intervals of a four-parameter curve hold the truth, and what they cost beside lmfit.

Run by hand: ``python -m tests.benchmarks.curve_coverage [n_curves]``. 500 curves take about half a minute.
"""

import sys
import time
import warnings

import numpy as np

from s1r_imaging.curves.fit import fit_curve
from s1r_imaging.curves.problem import minimise
from s1r_imaging.curves.profile import profile_intervals
from tests.curves.logistic import logistic, logistic_problem

TRUTH = {"bottom": 5.0, "top": 100.0, "log_ic50": -7.0, "hill_slope": -1.0}
DOSES = np.repeat(10.0 ** np.arange(-9.0, -4.9, 0.5), 3)


def coverage(n_curves: int, sd: float) -> None:
    rng = np.random.default_rng(0)
    curve = logistic(np.log10(DOSES), *TRUTH.values())
    inside = {name: [0, 0, 0] for name in TRUTH}  # profile, Wald, open ends
    for _ in range(n_curves):
        table = fit_curve("inhibition_4pl", DOSES, curve + sd * rng.standard_normal(DOSES.size)).parameters
        for name, true in TRUTH.items():
            ends = [
                float(table[column].to_dict()[name]) for column in ("ci_low", "ci_high", "wald_low", "wald_high")
            ]
            inside[name][0] += ends[0] <= true <= ends[1]
            inside[name][1] += ends[2] <= true <= ends[3]
            inside[name][2] += bool(np.isinf(ends[:2]).any())
    error = 100 * np.sqrt(0.95 * 0.05 / n_curves)
    for name, (profile, wald, n_open) in inside.items():
        print(
            f"SD {sd:4.1f}  {name:10s} profile {100 * profile / n_curves:5.1f} %  "
            f"Wald {100 * wald / n_curves:5.1f} %  (± {error:.1f})  open {100 * n_open / n_curves:.1f} %"
        )


def speed(n_rounds: int = 30) -> None:
    import lmfit

    x = np.log10(np.repeat(10.0 ** np.arange(-9.0, -4.4, 0.5), 3))
    y = logistic(x, *TRUTH.values()) + np.random.default_rng(1).normal(0, 4, x.size)

    def ours() -> list[float]:
        problem = logistic_problem(x, y, [0.0, 90.0, -6.5, -1.2])
        return [item.low for item in profile_intervals(problem, minimise(problem)).values()]

    def front_door() -> list[float]:
        return fit_curve("inhibition_4pl", 10.0**x, y).parameters["ci_low"].tolist()

    def theirs() -> list[float]:
        parameters = lmfit.Parameters()
        for name, value in zip(TRUTH, (0.0, 90.0, -6.5, -1.2), strict=True):
            parameters.add(name, value=value)
        fitter = lmfit.Minimizer(lambda p: logistic(x, *p.valuesdict().values()) - y, parameters)
        found = lmfit.conf_interval(fitter, fitter.minimize(), sigmas=[0.95])
        return [found[name][0][1] for name in TRUTH]

    seconds = {}
    for function in (ours, front_door, theirs):
        function()
        laps = []
        for _ in range(n_rounds):
            start = time.perf_counter()
            function()
            laps.append(time.perf_counter() - start)
        seconds[function.__name__] = float(np.median(laps))
    for name, value in seconds.items():
        print(f"fit and four profile intervals, {x.size} points: {name:10s} {1e3 * value:7.2f} ms")
    print(f"lmfit / minimise + profile_intervals = {seconds['theirs'] / seconds['ours']:.1f}")
    print(f"lmfit / fit_curve = {seconds['theirs'] / seconds['front_door']:.1f}")
    print("low ends, ours and lmfit's:", np.round(ours(), 4), np.round(theirs(), 4))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    speed()
    for scatter in (4.0, 10.0):
        coverage(int(sys.argv[1]) if len(sys.argv) > 1 else 500, scatter)
