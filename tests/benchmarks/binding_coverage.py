"""How often the 95 % profile interval of Ki holds the true one, over thousands of simulated plates.

Run by hand: ``python -m tests.benchmarks.binding_coverage [n_plates]``. About two minutes for 2,000 plates.
"""

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from s1r_imaging.binding.competition import fit_competition

RADIOLIGAND_M, KD_M, LOG_KI = 3e-9, 3e-9, -8.0
DESIGNS: Mapping[str, Mapping[str, Any]] = {
    "3 wells, 10 doses, 1 min": {},
    "2 wells, 10 doses, 1 min": {"n_replicates": 2, "n_controls": 3},
    "3 wells, 8 doses, low counts": {"n_doses": 8, "top": 600.0, "bottom": 60.0},
    "3 wells, 10 doses, high counts": {"top": 50000.0, "bottom": 3000.0},
    "four compounds": {"n_compounds": 4},
}


def simulate(
    rng: np.random.Generator,
    *,
    n_doses: int = 10,
    n_replicates: int = 3,
    n_controls: int = 4,
    top: float = 4000.0,
    bottom: float = 400.0,
    cv: float = 0.04,
    minutes: float = 1.0,
    n_compounds: int = 1,
) -> pd.DataFrame:
    """Return one plate in cpm: pipetting error, then counting."""
    doses = np.repeat(np.logspace(-10.5, -5.0, n_doses), n_replicates)
    ic50 = 10.0**LOG_KI * (1 + RADIOLIGAND_M / KD_M)
    curve = bottom + (top - bottom) / (1 + doses / ic50)
    rows = [("", "total", 0.0, top)] * n_controls + [("", "nonspecific", np.nan, bottom)] * n_controls
    for number in range(n_compounds):
        rows += [(f"c{number}", "competitor", dose, level) for dose, level in zip(doses, curve, strict=True)]
    plate = pd.DataFrame(rows, columns=["compound", "role", "concentration_M", "level"])
    level = plate.pop("level").to_numpy() * (1 + cv * rng.standard_normal(len(plate)))
    return plate.assign(experiment=1, signal=rng.poisson(np.maximum(level, 0) * minutes) / minutes)


def coverage(n_plates: int, *, options: Mapping[str, Any] = {}, seed: int = 0, **design: Any) -> tuple[float, ...]:
    """Return the share of intervals that hold the truth, that lie too low, and too high; bias and its error."""
    rng = np.random.default_rng(seed)
    low, high, estimate = [], [], []
    for _ in range(n_plates):
        plate = simulate(rng, **design)
        table = fit_competition(plate, radioligand_M=RADIOLIGAND_M, kd_M=KD_M, **options).to_frame()
        low += (-table["pki_ci_high"]).tolist()
        high += (-table["pki_ci_low"]).tolist()
        estimate += (-table["pki"]).tolist()
    below, above = np.array(high) < LOG_KI, np.array(low) > LOG_KI
    away = np.array(estimate) - LOG_KI
    error = away.std() / np.sqrt(away.size)
    return 1 - (below | above).mean(), below.mean(), above.mean(), away.mean(), error


def main(n_plates: int) -> None:
    """Print a table."""
    for name, design in DESIGNS.items():
        n = n_plates // design.get("n_compounds", 1)
        inside, below, above, bias, error = coverage(n, **design)
        print(
            f"{name:32s} {100 * inside:5.1f} % ({100 * below:.1f} below, {100 * above:.1f} above), "
            f"bias of log Ki {bias:+.4f} ± {error:.4f}",
            flush=True,
        )
    for weighting in ("none", "1/y", "1/y2"):
        inside, *_ = coverage(n_plates, options={"weighting": weighting})
        print(f"{'weights ' + weighting:32s} {100 * inside:5.1f} %", flush=True)
    inside, *_ = coverage(n_plates, options={"counting_time_min": 1.0})
    print(f"{'counting time given':32s} {100 * inside:5.1f} %", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
