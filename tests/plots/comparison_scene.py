"""Made-up cells of an experiment, compared: what the pictures of comparisons are drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from s1r_imaging.experiment.compare import Comparison, compare_conditions
from s1r_imaging.experiment.concentration import ConcentrationResponse
from s1r_imaging.recording import Event

Conditions = Mapping[str, tuple[str, float]]

FOUR: Conditions = {
    "vehicle": ("vehicle", 0.04),
    "PRE-084 10 µM": ("agonist", 0.8),
    "BD-1047 1 µM": ("antagonist", 0.05),
    "BD-1047 + PRE-084": ("antagonist_agonist", 0.25),
}
TWELVE: Conditions = {
    "vehicle (0.1 % DMSO)": ("vehicle", 0.04),
    "PRE-084 10 µM": ("agonist", 0.8),
    "ionomycin": ("positive_control", 1.5),
} | {
    f"BD-1047 {dose} + PRE-084 10 µM": ("antagonist_agonist", level)
    for dose, level in zip(
        ("1 nM", "3 nM", "10 nM", "30 nM", "100 nM", "300 nM", "1 µM", "3 µM", "10 µM"),
        np.linspace(0.8, 0.05, 9).tolist(),
        strict=True,
    )
}
MANY: Conditions = dict(list(FOUR.items())[:2]) | {
    f"antagonist_number_{number} then PRE-084": ("antagonist_agonist", 0.8 - 0.035 * number)
    for number in range(22)
}
ODD: Conditions = {
    "<b>veh</b> & <script>alert(1)</script>": ("vehicle", 0.04),
    "$x_1$ " + "a_very_long_condition_name_without_any_blank_at_all_" * 2: ("agonist", 0.8),
    "antagonist\nin two lines": ("antagonist_agonist", 0.3),
}


@dataclass(frozen=True, eq=False)
class ExperimentScene:
    """The fields of an Experiment that pictures read."""

    design: pd.DataFrame
    mean_traces: pd.DataFrame
    events: Mapping[str, tuple[Event, ...]]
    comparisons: Mapping[str, Comparison]
    recordings: pd.DataFrame = field(default_factory=pd.DataFrame)
    concentration_response: ConcentrationResponse | None = None
    schild: tuple[()] = ()


def design_table(conditions: Conditions, *, n_replicates: int, dishes_a_day: int, shared: bool) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for condition, (role, _) in conditions.items():
        for number in range(n_replicates):
            day = number // dishes_a_day + 1
            name = f"day {day}" if dishes_a_day == 1 else f"day {day} dish {number % dishes_a_day + 1}"
            row = {"condition": condition, "role": role, "day": day, "recording": f"{name} {condition}"}
            row["replicate"] = name if shared else f"{condition} {number + 1}"
            row["agonist"] = "PRE-084" if role in {"agonist", "antagonist_agonist"} else None
            rows.append(row)
    return pd.DataFrame(rows)


def responses_table(design: pd.DataFrame, conditions: Conditions, *, n_cells: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    factors = {name: rng.lognormal(0, 0.15) for name in design["replicate"].unique()}
    tables = []
    for recording, condition, replicate in zip(
        design["recording"], design["condition"], design["replicate"], strict=True
    ):
        level = conditions[condition][1] * factors[replicate]
        responds = rng.random(n_cells) < min(level, 0.95)
        peaks = level * rng.lognormal(0, 0.5, n_cells) + rng.normal(0, 0.02, n_cells)
        table = pd.DataFrame({"label": np.arange(1, n_cells + 1), "peak_dff": peaks, "is_responder": responds})
        tables.append(table.assign(recording=recording))
    return pd.concat(tables, ignore_index=True)


def comparison_scene(
    conditions: Conditions = FOUR,
    *,
    n_replicates: int = 4,
    n_cells: int = 40,
    dishes_a_day: int = 1,
    shared: bool = True,
    seed: int = 0,
    **options: Any,
) -> Comparison:
    design = design_table(conditions, n_replicates=n_replicates, dishes_a_day=dishes_a_day, shared=shared)
    responses = responses_table(design, conditions, n_cells=n_cells, seed=seed)
    return compare_conditions(responses, design, **options)


def experiment_scene(
    conditions: Conditions = FOUR,
    *,
    n_replicates: int = 4,
    jitter_s: float = 0.0,
    start_jitter_s: float = 0.0,
    n_cells: int = 40,
    **options: Any,
) -> ExperimentScene:
    rng = np.random.default_rng(1)
    design = design_table(conditions, n_replicates=n_replicates, dishes_a_day=1, shared=True)
    traces, events = [], {}
    for name, condition in zip(design["recording"], design["condition"], strict=True):
        role, level = conditions[condition]
        time_s = np.arange(160.0) + (np.cumsum(rng.uniform(0, jitter_s, 160)) if jitter_s else 0.0)
        start = 30.0 + rng.uniform(0, 1) * start_jitter_s
        since = np.clip(time_s - start, 0, None)
        curve = level * rng.lognormal(0, 0.2) * (1 - np.exp(-since / 2.5)) * np.exp(-since / 40)
        values = curve + rng.normal(0, 0.01, 160)
        traces.append(pd.DataFrame({"recording": name, "time_s": time_s, "mean_dff": values}))
        stimulus = Event("buffer", start, end_s=start + 60)
        if role in {"agonist", "antagonist_agonist"}:
            stimulus = Event("PRE-084", start, end_s=start + 60, concentration_M=1e-5)
        before = [Event("BD-1047", 5.0, concentration_M=1e-6)] if role.startswith("antagonist") else []
        events[name] = (*before, stimulus, Event("KCl", 130.0, concentration_M=0.05))
    responses = responses_table(design, conditions, n_cells=n_cells, seed=0)
    comparisons = {
        measure: compare_conditions(responses, design, measure=measure, **options)
        for measure in ("peak_dff", "responder_fraction")
    }
    return ExperimentScene(design, pd.concat(traces, ignore_index=True), events, comparisons)
