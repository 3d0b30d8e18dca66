"""How often each method finds a difference at P < 0.05 where there is none; 4 dishes a condition, 40 cells a dish.

Run: python -m tests.benchmarks.comparison_size [n_experiments]
"""

import itertools
import sys
from typing import Literal

import numpy as np
from scipy import stats

from s1r_imaging.experiment.compare import CompareOptions, compare_conditions
from s1r_imaging.experiment.contrasts import difference_of, on_scale
from s1r_imaging.experiment.difference import welch_difference
from tests.experiment.null_experiments import Array, as_groups, as_tables, null_cells

METHODS: tuple[Literal["replicate_means", "permutation", "mixed_model"], ...] = (
    "replicate_means",
    "permutation",
    "mixed_model",
)


def rejections(cells: Array, *, is_paired: bool, has_logs: bool) -> Array:
    """Tell which methods find a difference: means, their logarithms, permutation, mixed model, cells."""
    groups = as_groups(cells)
    one, other = cells.reshape(2, -1)
    p_values = [
        difference_of(*groups, CompareOptions(method=method, n_permutations=100), is_paired=is_paired).p_value
        for method in METHODS
    ]
    if has_logs:
        logs = on_scale(groups[0], "log"), on_scale(groups[1], "log")
        p_values.insert(1, difference_of(*logs, CompareOptions(), is_paired=is_paired).p_value)
    else:
        p_values.insert(1, np.nan)
    p_values.append(welch_difference(one, other, confidence=0.95).p_value)
    return np.where(np.isnan(p_values), np.nan, np.less(p_values, 0.05))


def methods_table(n_experiments: int) -> None:
    print("| cells | days | ICC | `replicate_means` | with logarithms | `permutation` | `mixed_model` | `cells` |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    kinds = (("normal", False, 0.4), ("log-normal, SD 0.4", True, 0.4), ("log-normal, SD 0.7", True, 0.7))
    for (name, is_lognormal, cell_sd), day_share, icc in itertools.product(kinds, (0.0, 0.5), (0.15, 0.3)):
        rng = np.random.default_rng(20)
        found = np.zeros(5)
        for _ in range(n_experiments):
            cells = null_cells(rng, icc=icc, cell_sd=cell_sd, is_lognormal=is_lognormal, day_share=day_share)
            found += rejections(cells, is_paired=day_share > 0, has_logs=is_lognormal)
        rates = " | ".join(f"{100 * rate:.1f} %" if np.isfinite(rate) else "" for rate in found / n_experiments)
        print(f"| {name} | {'shared, paired' if day_share else 'none'} | {icc:g} | {rates} |", flush=True)


def welch_table(n_experiments: int) -> None:
    print("\n| replicates | ratio of variances | Welch (1947) | Satterthwaite |")
    print("| --- | --- | --- | --- |")
    rng = np.random.default_rng(21)
    for (n_one, n_other), ratio in itertools.product(((3, 3), (4, 4), (6, 6), (3, 6)), (1, 4, 16)):
        one = rng.standard_normal((n_experiments, n_one))
        other = np.sqrt(ratio) * rng.standard_normal((n_experiments, n_other))
        own = [welch_difference(a, b, confidence=0.95).p_value for a, b in zip(one, other, strict=True)]
        usual = stats.ttest_ind(one, other, axis=1, equal_var=False).pvalue
        rates = " | ".join(f"{100 * np.mean(np.asarray(p) < 0.05):.1f} %" for p in (own, usual))
        print(f"| {n_one}, {n_other} | {ratio} | {rates} |", flush=True)


def through_the_door(n_experiments: int) -> None:
    rng = np.random.default_rng(22)
    ways: tuple[Literal["replicate_means", "cells"], ...] = ("replicate_means", "cells")
    for icc, method in itertools.product((0.15, 0.3), ways):
        found = 0
        for _ in range(n_experiments):
            responses, design = as_tables(null_cells(rng, icc=icc))
            contrasts = compare_conditions(responses, design, method=method).contrasts
            found += contrasts["p_value"].iloc[0] < 0.05
        print(
            f"compare_conditions(method={method!r}), ICC {icc:g}: {100 * found / n_experiments:.1f} %", flush=True
        )


def main() -> None:
    n_experiments = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    methods_table(n_experiments)
    welch_table(10 * n_experiments)
    through_the_door(n_experiments)


if __name__ == "__main__":
    main()
