"""Paired design: which S2/S1 of a replicate is unbiased, with noise, silenced cells and selection on S1.

Run by hand: ``python -m tests.benchmarks.paired_ratio``. Prints the mean block (%) that each way of averaging
gives, and the control's S2/S1, where the truth is a block of 75 % and S2/S1 of 0.8.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]

BLOCK, DESENSITISATION = 0.75, 0.8
N_RUNS, N_CELLS = 2000, 40
MEDIAN_PEAK, CELL_SD, RESPONDERS = 0.8, 0.4, 0.85


def responses(left: float, noise: float, mode: str, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Make S1, S2 with `left` of it not blocked, and 1 where S1 is called (2.3 % falsely), else NaN."""
    size = (N_RUNS, N_CELLS)
    true = MEDIAN_PEAK * np.exp(CELL_SD * rng.standard_normal(size)) * (rng.random(size) < RESPONDERS)
    kept = left if mode == "scale" else rng.random(size) < left
    first = true + noise * rng.standard_normal(size)
    second = DESENSITISATION * kept * true + noise * rng.standard_normal(size)
    return first, second, np.where(first > 2 * noise, 1.0, np.nan)


def summaries(first: Array, second: Array, chosen: Array) -> dict[str, Array]:
    """Return S2/S1 of each run by each way of averaging."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio, log_ratio = chosen * second / first, chosen * np.log(second / first)
        return {
            "ratio of means, responders": np.nansum(chosen * second, 1) / np.nansum(chosen * first, 1),
            "ratio of means, all cells": second.sum(1) / first.sum(1),
            "mean of ratios": np.nanmean(ratio, 1),
            "median of ratios": np.nanmedian(ratio, 1),
            "mean of log ratios": np.exp(np.nanmean(log_ratio, 1)),
        }


def study(*, seed: int = 1) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    for mode in ("scale", "silence"):
        for noise in (0.02, 0.1, 0.2, 0.3):
            rng = np.random.default_rng([seed, len(rows)])
            control = summaries(*responses(1.0, noise, mode, rng))
            treated = summaries(*responses(1 - BLOCK, noise, mode, rng))
            for name, values in control.items():
                block = 100 * (1 - np.nanmean(treated[name]) / np.nanmean(values))
                level = float(np.nanmean(values))
                rows.append({"mode": mode, "noise": noise, "summary": name, "block": block, "control": level})
    return pd.DataFrame(rows)


if __name__ == "__main__":
    table = study()
    for value in ("block", "control"):
        print(f"{value}:")
        wide = table.pivot_table(value, "summary", ["mode", "noise"], sort=False)
        print(wide.round(1 if value == "block" else 3).to_string(), end="\n\n")
