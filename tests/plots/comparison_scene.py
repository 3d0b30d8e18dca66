"""Comparisons made by hand, so that pictures are tested without any statistics of ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from s1r_imaging.recording import Event

FOUR = {
    "vehicle": ("vehicle", 0.04),
    "PRE-084 10 µM": ("agonist", 0.8),
    "BD-1047 1 µM": ("antagonist", 0.05),
    "BD-1047 + PRE-084": ("antagonist_agonist", 0.25),
}


@dataclass(frozen=True, eq=False)
class ComparisonScene:
    """The fields of a Comparison that pictures read."""

    replicates: pd.DataFrame
    cells: pd.DataFrame
    contrasts: pd.DataFrame
    block: pd.DataFrame
    measure: str = "peak_dff"
    method: str = "replicate_means"


@dataclass(frozen=True, eq=False)
class ExperimentScene:
    """The fields of an Experiment that pictures read."""

    design: pd.DataFrame
    mean_traces: pd.DataFrame
    events: Mapping[str, tuple[Event, ...]]
    comparisons: Mapping[str, ComparisonScene]
    recordings: pd.DataFrame = field(default_factory=pd.DataFrame)
    concentration_response: None = None
    schild: None = None


def comparison_scene(
    conditions: Mapping[str, tuple[str, float]] = FOUR,
    *,
    n_replicates: int = 4,
    n_cells: int = 40,
    measure: str = "peak_dff",
    method: str = "replicate_means",
    paired: bool = False,
    shared: bool = True,
    dishes_a_day: int = 1,
    seed: int = 0,
) -> ComparisonScene:
    rng = np.random.default_rng(seed)
    factors = rng.lognormal(0, 0.15, n_replicates)
    cells, replicates = [], []
    for condition, (role, level) in conditions.items():
        for number in range(n_replicates):
            day = number // dishes_a_day + 1
            name = f"day {day}" if dishes_a_day == 1 else f"day {day} dish {number % dishes_a_day + 1}"
            name = name if shared else f"{condition} {number + 1}"
            if measure == "responder_fraction":
                values = (rng.random(n_cells) < min(level * factors[number], 1.0)).astype(float)
            else:
                values = level * factors[number] * rng.lognormal(0, 0.5, n_cells) + rng.normal(0, 0.02, n_cells)
            cells.append(
                pd.DataFrame(
                    {
                        "recording": f"{name} {condition}",
                        "condition": condition,
                        "replicate": name,
                        "label": np.arange(1, n_cells + 1),
                        "value": values,
                    }
                )
            )
            row = {"condition": condition, "role": role, "replicate": name, "day": day}
            replicates.append(row | {"value": values.mean() if n_cells else np.nan, "n_cells": n_cells})
    table = pd.DataFrame(replicates)
    means = {str(name): rows["value"].to_numpy() for name, rows in table.groupby("condition", sort=False)}
    return ComparisonScene(
        table, pd.concat(cells, ignore_index=True), contrast_table(conditions, means, paired=paired),
        block_table(conditions, means), measure, method,
    )  # fmt: skip


def contrast_table(
    conditions: Mapping[str, tuple[str, float]], means: Mapping[str, np.ndarray], *, paired: bool = False
) -> pd.DataFrame:
    by_role = {role: name for name, (role, _) in list(conditions.items())[::-1]}
    reference_role = {"agonist": "vehicle", "antagonist": "vehicle", "antagonist_agonist": "agonist"}
    rows = []
    for name, (role, _) in conditions.items():
        other = by_role.get(reference_role.get(role, ""))
        if other is None:
            continue
        estimate = means[name].mean() - means[other].mean()
        low, high, p_value = np.nan, np.nan, np.nan
        if len(means[name]) > 1 and np.isfinite(estimate):
            pair = (means[name], means[other])
            result: Any = stats.ttest_rel(*pair) if paired else stats.ttest_ind(*pair)
            (low, high), p_value = result.confidence_interval(), result.pvalue
        rows.append(
            {
                "contrast": f"{name} − {other}", "condition": name, "reference": other, "estimate": estimate,
                "ci_low": low, "ci_high": high, "p_value": p_value, "n_replicates": 2 * len(means[name]),
                "n_cells": 80, "method": "paired t" if paired else "Welch t",
                "note": "" if np.isfinite(p_value) else "one replicate a condition: no test is possible",
            }
        )  # fmt: skip
    columns = ["contrast", "condition", "reference", "estimate", "ci_low", "ci_high", "p_value", "method", "note"]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)


def block_table(conditions: Mapping[str, tuple[str, float]], means: Mapping[str, np.ndarray]) -> pd.DataFrame:
    by_role = {role: name for name, (role, _) in list(conditions.items())[::-1]}
    rows = []
    for name, (role, _) in conditions.items():
        if role == "antagonist_agonist" and {"vehicle", "agonist"} <= set(by_role):
            vehicle, agonist = means[by_role["vehicle"]].mean(), means[by_role["agonist"]].mean()
            estimate = 100 * (1 - (means[name].mean() - vehicle) / (agonist - vehicle))
            rows.append((name, estimate, estimate - 14.0, estimate + 12.0, "blocks partly"))
    return pd.DataFrame(rows, columns=["condition", "estimate", "ci_low", "ci_high", "verdict"])


def experiment_scene(
    conditions: Mapping[str, tuple[str, float]] = FOUR,
    *,
    n_replicates: int = 4,
    jitter_s: float = 0.0,
    start_jitter_s: float = 0.0,
    n_cells: int = 40,
) -> ExperimentScene:
    rng = np.random.default_rng(1)
    design, traces, events = [], [], {}
    for condition, (role, level) in conditions.items():
        for number in range(n_replicates):
            name = f"day{number + 1} {condition}"
            design.append(
                {
                    "recording": name,
                    "condition": condition,
                    "role": role,
                    "replicate": f"day {number + 1}",
                    "agonist": "PRE-084" if role in {"agonist", "antagonist_agonist"} else None,
                }
            )
            time_s = np.arange(160.0) + (np.cumsum(rng.uniform(0, jitter_s, 160)) if jitter_s else 0.0)
            start = 30.0 + rng.uniform(0, 1) * start_jitter_s
            since = np.clip(time_s - start, 0, None)
            curve = level * rng.lognormal(0, 0.2) * (1 - np.exp(-since / 2.5)) * np.exp(-since / 40)
            noisy = curve + rng.normal(0, 0.01, 160)
            traces.append(pd.DataFrame({"recording": name, "time_s": time_s, "mean_dff": noisy}))
            agonist = role in {"agonist", "antagonist_agonist"}
            stimulus = (
                Event("PRE-084", start, end_s=start + 60, concentration_M=1e-5)
                if agonist
                else Event("buffer", start, end_s=start + 60)
            )
            before = [Event("BD-1047", 5.0, concentration_M=1e-6)] if role.startswith("antagonist") else []
            events[name] = (*before, stimulus, Event("KCl", 130.0, concentration_M=0.05))
    comparisons = {
        measure: comparison_scene(conditions, n_replicates=n_replicates, measure=measure, n_cells=n_cells)
        for measure in ("peak_dff", "responder_fraction")
    }
    return ExperimentScene(pd.DataFrame(design), pd.concat(traces, ignore_index=True), events, comparisons)
