"""Coverage of the interval of the block: every variant over every kind of scatter, as a table.

Run by hand: ``python -m tests.benchmarks.block_coverage [n_runs]``. A run counts as covered where the interval
that is reported holds the true block; an open interval holds everything. Bootstraps get a tenth of the runs.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from s1r_imaging.experiment.fieller import critical_value, satterthwaite_df

Array = NDArray[np.float64]
Groups = tuple[Array, Array, Array]  # vehicle, agonist, blocked: (n_runs, n_replicates) each
Sizes = tuple[int, int, int]
Make = Callable[[float, Sizes, int, np.random.Generator], Groups]

EFFECT = 0.8
BLOCKS = (0.0, 0.5, 0.9, 1.0)
SIZES = ((3, 3, 3), (4, 4, 4), (5, 5, 5), (6, 6, 6), (3, 6, 4), (6, 3, 3))
CHOSEN = "twice second order"
UNPAIRED = ("Welch", "Welch-Aspin", "second order", CHOSEN, "pooled", "constant CV")
N_RESAMPLES = 999


def coverage(groups: Groups, left: float, *, confidence: float = 0.95) -> dict[str, float]:
    """Return per variant how often (%) the interval holds the true ratio that is `left`."""
    means = np.stack([values.mean(axis=1) for values in groups])
    sizes = np.array([float(values.shape[1]) for values in groups])
    variances = np.stack([values.var(axis=1, ddof=1) for values in groups])
    at_truth = np.abs(means[2] - means[0] - left * (means[1] - means[0]))
    effect = np.abs(means[1] - means[0])
    weights = np.array([(1 - left) ** 2, left**2, 1.0])
    at_infinity = np.array([1.0, 1.0, 0.0])
    found = {}
    for name in UNPAIRED:
        spread = shared_variance(name, variances, means, sizes - 1)
        dfs = np.full(3, sizes.sum() - 3) if name in ("pooled", "constant CV") else sizes - 1
        accepted = at_truth <= allowed(name, spread / sizes[:, None], dfs, weights, confidence)
        is_open = effect <= allowed(name, spread / sizes[:, None], dfs, at_infinity, confidence)
        found[name] = 100 * float((accepted | is_open).mean())
        if name == CHOSEN:
            found["open"] = 100 * float(is_open.mean())
    if len(set(sizes)) == 1:
        found["paired"] = 100 * paired_coverage(groups, left, confidence)
    return found


def shared_variance(name: str, variances: Array, means: Array, dfs: Array) -> Array:
    """Return the variances as a variant sees them."""
    part = (dfs / dfs.sum())[:, None]
    if name == "pooled":
        return np.broadcast_to((variances * part).sum(axis=0), variances.shape)
    if name == "constant CV":
        level = np.maximum(means, 1e-9) ** 2
        return np.asarray(level * (variances / level * part).sum(axis=0))
    return variances


def allowed(name: str, of_means: Array, dfs: Array, weights: Array, confidence: float) -> Array:
    """Return the largest difference that a variant accepts."""
    used = np.flatnonzero(weights)
    parts, dfs = (of_means * weights[:, None])[used], dfs[used]
    error = np.sqrt(parts.sum(axis=0))
    return np.asarray(critical(name, parts, dfs, confidence) * error)


def critical(name: str, parts: Array, dfs: Array, confidence: float) -> Array:
    """Return the critical value of a variant."""
    if name in ("pooled", "constant CV"):
        return np.asarray(stats.t.ppf(0.5 + confidence / 2, dfs[0]))
    if name == CHOSEN:
        return critical_value(parts, dfs, confidence)
    z = float(stats.norm.ppf(0.5 + confidence / 2))
    shares = parts / np.maximum(parts.sum(axis=0), 1e-300)
    each = dfs[:, None]
    v1, v2, v3 = (shares**2 / each).sum(0), (shares**2 / each**2).sum(0), (shares**3 / each**2).sum(0)
    a, b, c = (1 + z**2) / 4, (1 + z**2) / 2, (3 + 5 * z**2 + z**4) / 3
    if name == "Welch-Aspin":
        return np.asarray(z * (1 + a * v1 - b * v2 + c * v3 - (15 + 32 * z**2 + 9 * z**4) / 32 * v1**2))
    second = z * (-b * (v2 - v1**2) + c * (v3 - v1**2)) if name == "second order" else 0.0
    return np.asarray(stats.t.ppf(0.5 + confidence / 2, satterthwaite_df(parts, dfs)) + second)


def paired_coverage(groups: Groups, left: float, confidence: float) -> float:
    t = stats.t.ppf(0.5 + confidence / 2, groups[0].shape[1] - 1)
    effect = groups[1] - groups[0]
    rejected = [
        np.abs(d.mean(axis=1)) > t * d.std(axis=1, ddof=1) / np.sqrt(d.shape[1])
        for d in (groups[2] - groups[0] - left * effect, effect)
    ]
    return float((~(rejected[0] & rejected[1])).mean())


def bootstrap_coverage(groups: Groups, left: float, rng: np.random.Generator) -> dict[str, float]:
    """Return how often (%) percentile, BCa and studentised bootstraps of replicates hold the truth."""
    counts = {"percentile": 0, "BCa": 0, "bootstrap-t": 0}
    for rows in zip(*groups, strict=True):
        drawn = [row[rng.integers(row.size, size=(N_RESAMPLES, row.size))] for row in rows]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = ratio(*(sample.mean(axis=1) for sample in drawn))
            ratios = ratios[np.isfinite(ratios)]
            seen = float(ratio(*(row.mean() for row in rows)))
            counts["percentile"] += holds(ratios, left, (0.025, 0.975))
            counts["BCa"] += holds(ratios, left, bca_levels(ratios, seen, rows))
            counts["bootstrap-t"] += holds_studentised(rows, drawn, left)
    return {name: 100 * count / len(groups[0]) for name, count in counts.items()}


def ratio(vehicle: Array, agonist: Array, blocked: Array) -> Array:
    return (blocked - vehicle) / (agonist - vehicle)


def holds(ratios: Array, left: float, levels: tuple[float, float]) -> bool:
    low, high = np.quantile(ratios, levels)
    return bool(low <= left <= high)


def bca_levels(ratios: Array, seen: float, rows: Groups) -> tuple[float, float]:
    share = np.clip((ratios < seen).mean() + (ratios == seen).mean() / 2, 1e-3, 1 - 1e-3)
    bias = stats.norm.ppf(share)
    leaves = []
    for group, row in enumerate(rows):
        for place in range(row.size):
            means = [other.mean() for other in rows]
            means[group] = np.delete(row, place).mean()
            leaves.append(float(ratio(*means)))
    gone = np.mean(leaves) - np.array(leaves)
    acceleration = (gone**3).sum() / (6 * (gone**2).sum() ** 1.5 + 1e-300)
    moved = bias + np.array(stats.norm.ppf([0.025, 0.975]))
    low, high = stats.norm.cdf(bias + moved / (1 - acceleration * moved))
    return float(low), float(high)


def holds_studentised(rows: Groups, drawn: list[Array], left: float) -> bool:
    """Test the truth by the bootstrap distribution of the studentised difference (Fieller's, resampled)."""
    factors: Array = np.array([left - 1, -left, 1.0])
    means = np.array([row.mean() for row in rows])
    errors = np.sqrt([row.var(ddof=1) / row.size for row in rows])
    drawn_means = np.array([sample.mean(axis=1) for sample in drawn])
    drawn_errors = np.sqrt([sample.var(axis=1, ddof=1) / sample.shape[1] for sample in drawn])
    with np.errstate(divide="ignore", invalid="ignore"):
        student = factors @ (drawn_means - means[:, None]) / np.sqrt(factors**2 @ drawn_errors**2)
    low, high = np.quantile(student[np.isfinite(student)], [0.025, 0.975])
    return bool(low <= factors @ means / np.sqrt(factors**2 @ errors**2) <= high)


def normal(sd: float) -> Make:
    """Make dishes that scatter by the same SD in all conditions."""

    def make(block: float, sizes: Sizes, n_runs: int, rng: np.random.Generator) -> Groups:
        means = (0.0, EFFECT, EFFECT * (1 - block))
        return groups_of(lambda m, n: m + sd * rng.standard_normal((n_runs, n)), means, sizes)

    return make


def heavy(sd: float, df: int = 5) -> Make:
    def make(block: float, sizes: Sizes, n_runs: int, rng: np.random.Generator) -> Groups:
        means, scale = (0.0, EFFECT, EFFECT * (1 - block)), sd / np.sqrt(df / (df - 2))
        return groups_of(lambda m, n: m + scale * rng.standard_t(df, (n_runs, n)), means, sizes)

    return make


def skewed(sd: float) -> Make:
    def make(block: float, sizes: Sizes, n_runs: int, rng: np.random.Generator) -> Groups:
        means = (0.0, EFFECT, EFFECT * (1 - block))
        return groups_of(lambda m, n: m + sd * (rng.gamma(4, 1, (n_runs, n)) - 4) / 2, means, sizes)

    return make


def dishes(icc: float, n_cells: int, *, day_share: float = 0.0, floor: float = 0.0, cell_sd: float = 0.4) -> Make:
    """Make log-normal dish factors, cells and read-out noise as `simulate_experiment` does; days are shared."""

    def make(block: float, sizes: Sizes, n_runs: int, rng: np.random.Generator) -> Groups:
        spread = cell_sd * np.sqrt(icc / (1 - icc))
        day = rng.standard_normal((n_runs, max(sizes)))
        typical = np.exp((spread**2 + cell_sd**2) / 2)

        def one(scale: float, n: int) -> Array:
            own = rng.standard_normal((n_runs, n))
            factor = np.exp(spread * (np.sqrt(day_share) * day[:, :n] + np.sqrt(1 - day_share) * own))
            cells = np.exp(cell_sd**2 / 2) * (
                1 + np.sqrt(np.expm1(cell_sd**2) / n_cells) * rng.standard_normal((n_runs, n))
            )
            noise = 0.02 / np.sqrt(n_cells) * rng.standard_normal((n_runs, n))
            return np.asarray(scale * factor * cells / typical + noise)

        means = (floor, floor + EFFECT, floor + EFFECT * (1 - block))
        return groups_of(one, means, sizes)

    return make


def fractions(icc: float, n_cells: int = 40, low: float = 0.05, high: float = 0.85) -> Make:
    """Make fractions of responders: beta-binomial dishes."""

    def make(block: float, sizes: Sizes, n_runs: int, rng: np.random.Generator) -> Groups:
        size = (1 - icc) / icc
        means = (low, high, low + (high - low) * (1 - block))
        return groups_of(
            lambda m, n: rng.binomial(n_cells, rng.beta(m * size, (1 - m) * size, (n_runs, n))) / n_cells,
            means,
            sizes,
        )

    return make


def uneven(vehicle: float, agonist: float, blocked: float) -> Make:
    """Make normal dishes with an SD of each condition's own."""

    def make(block: float, sizes: Sizes, n_runs: int, rng: np.random.Generator) -> Groups:
        means = (0.0, EFFECT, EFFECT * (1 - block))
        sds = iter((vehicle, agonist, blocked))
        return groups_of(lambda m, n: m + next(sds) * rng.standard_normal((n_runs, n)), means, sizes)

    return make


def groups_of(one: Callable[[float, int], Array], means: tuple[float, float, float], sizes: Sizes) -> Groups:
    vehicle, agonist, blocked = (one(mean, size) for mean, size in zip(means, sizes, strict=True))
    return vehicle, agonist, blocked


SCENARIOS: dict[str, Make] = {
    "normal, SD 0.1": normal(0.1),
    "normal, SD 0.2": normal(0.2),
    "normal, SD 0.3 (marginal)": normal(0.3),
    "t with 5 df, SD 0.1": heavy(0.1),
    "gamma, SD 0.1": skewed(0.1),
    "log-normal, ICC 0.04, 300 cells": dishes(0.04, 300),
    "log-normal, ICC 0.15, 40 cells": dishes(0.15, 40),
    "log-normal, ICC 0.3, 20 cells": dishes(0.3, 20),
    "log-normal, ICC 0.3, cell SD 0.7 (marginal)": dishes(0.3, 40, cell_sd=0.7),
    "log-normal, ICC 0.15, floor 0.1": dishes(0.15, 40, floor=0.1),
    "log-normal, ICC 0.3, day share 0.5": dishes(0.3, 40, day_share=0.5),
    "log-normal, ICC 0.3, day share 0.8": dishes(0.3, 40, day_share=0.8),
    "vehicle noisy": uneven(0.2, 0.05, 0.05),
    "vehicle constant": uneven(0.0, 0.15, 0.1),
    "agonist noisy": uneven(0.01, 0.15, 0.02),
    "blocked noisy": uneven(0.01, 0.1, 0.2),
    "fractions, ICC 0.03": fractions(0.03),
    "fractions, ICC 0.1": fractions(0.1),
}


def study(n_runs: int, *, seed: int = 1) -> pd.DataFrame:
    """Return coverage (%) of all variants: one row per scenario, sizes and true block."""
    rows: list[dict[str, Any]] = []
    for scenario, make in SCENARIOS.items():
        for sizes in SIZES:
            for block in BLOCKS:
                rng = np.random.default_rng([seed, len(rows)])
                covered = coverage(make(block, sizes, n_runs, rng), 1 - block)
                rows.append({"scenario": scenario, "sizes": sizes, "block": 100 * block} | covered)
    return pd.DataFrame(rows)


def bootstraps(n_runs: int, *, seed: int = 2) -> pd.DataFrame:
    """Return coverage (%) of the bootstraps at a few scenarios: they take long and are far off."""
    rows: list[dict[str, Any]] = []
    for scenario in ("normal, SD 0.1", "log-normal, ICC 0.15, 40 cells"):
        for sizes in ((3, 3, 3), (6, 6, 6)):
            for block in BLOCKS:
                rng = np.random.default_rng([seed, len(rows)])
                groups = SCENARIOS[scenario](block, sizes, n_runs, rng)
                row = {"scenario": scenario, "sizes": sizes, "block": 100 * block}
                rows.append(row | bootstrap_coverage(groups, 1 - block, rng))
    return pd.DataFrame(rows)


def summary(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return lowest and highest coverage as text."""
    variants = [name for name in table if name not in ("scenario", "sizes", "block", "open")]
    groups = table.groupby(by, sort=False)[variants]
    low, high = groups.min(), groups.max()
    return low.round(1).astype(str) + "–" + high.round(1).astype(str)


def main() -> None:
    n_runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    table = study(n_runs)
    shared = table["scenario"].str.contains("day share")
    apart = table.loc[~shared]
    with pd.option_context("display.width", 220, "display.max_columns", 20, "display.max_rows", 500):
        print(summary(table, "scenario"), end="\n\n")
        print("Days not shared:")
        for by in ("sizes", "block"):
            print(summary(apart, by), end="\n\n")
        variants = apart[[*UNPAIRED, "paired"]]
        inside = variants.apply(lambda column: 100 * column.dropna().between(93, 97).mean())
        distance = variants.apply(lambda column: np.sqrt(((column - 95) ** 2).mean()))
        print(pd.DataFrame({"cases within 93–97 %": inside, "rms from 95": distance}).round(2), end="\n\n")
        print("Where the chosen variant is outside:")
        outside = apart.loc[~apart[CHOSEN].between(93, 97)]
        print(outside[["scenario", "sizes", "block", CHOSEN, "Welch", "open"]].round(1), end="\n\n")
        print(bootstraps(n_runs // 10).round(1))


if __name__ == "__main__":
    main()
