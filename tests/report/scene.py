"""Made-up experiments whose reports are looked at."""

from typing import Any

import imagecodecs
import numpy as np
import pandas as pd

from s1r_imaging.experiment.compare import compare_conditions
from s1r_imaging.experiment.concentration import fit_concentration_response
from s1r_imaging.experiment.design_notes import design_notes
from s1r_imaging.experiment.schild import fit_schild
from s1r_imaging.experiment_options import ExperimentOptions
from s1r_imaging.experiment_run import Experiment
from s1r_imaging.recording import Event

CONDITIONS = {
    "vehicle": "vehicle",
    "PRE-084": "agonist",
    "BD-1047": "antagonist",
    "BD-1047 + PRE-084": "antagonist_agonist",
}
# Names that a page has to show as they are.
HOSTILE = [
    "<script>alert(1)</script>",
    "</style></section><h1>mine</h1>",
    "\" onmouseover='alert(1)' x=\"",
    "مركب \u202ekcolb",
    "🧪" * 40,
    "A" * 300,
    "a\x00b\udcff",
    "&amp;lt;",
]
_MEAN = {"vehicle": 0.03, "agonist": 0.8, "antagonist": 0.03, "antagonist_agonist": 0.22}


def made_up_design(n_days: int = 3, names: dict[str, str] | None = None) -> pd.DataFrame:
    rows = []
    for day in range(1, n_days + 1):
        for number, (condition, role) in enumerate((names or CONDITIONS).items()):
            rows.append(
                {
                    "recording": f"day{day}_{number}_{condition}",
                    "file": f"day{day}/{condition}.tif",
                    "condition": condition,
                    "role": role,
                    "replicate": f"day {day}",
                    "day": f"day {day}",
                    "agonist": "PRE-084" if role.endswith("agonist") and role != "antagonist" else None,
                    "agonist_M": 1e-5 if role.endswith("agonist") and role != "antagonist" else np.nan,
                    "antagonist": "BD-1047" if role.startswith("antagonist") else None,
                    "antagonist_M": 1e-6 if role.startswith("antagonist") else np.nan,
                }
            )
    return pd.DataFrame(rows)


def made_up_responses(design: pd.DataFrame, n_cells: int = 40, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    tables = []
    for row in design.itertuples():
        level = _MEAN[str(row.role)] * np.exp(0.1 * rng.standard_normal())
        peak = level * np.exp(0.3 * rng.standard_normal(n_cells)) + 0.02 * rng.standard_normal(n_cells)
        tables.append(
            pd.DataFrame(
                {
                    "recording": row.recording,
                    "label": np.arange(1, n_cells + 1),
                    "event": "PRE-084",
                    "peak_dff": peak,
                    "is_responder": peak > 0.1,
                    "flags": rng.choice([0, 0, 0, 0, 0, 1, 2, 64, 65], n_cells),
                }
            )
        )
    columns = ["recording", "label", "event", "peak_dff", "is_responder", "flags"]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def made_up_recordings(design: pd.DataFrame, responses: pd.DataFrame, failed: int = 1) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for number, recording in enumerate(design["recording"]):
        own = responses[responses["recording"] == recording]
        is_failed = number >= len(design) - failed
        rows.append(
            {
                "recording": recording,
                "status": "failed" if is_failed else "done",
                "message": "dish12.tif: the file ends in frame 80 of 160." if is_failed else "",
                "n_frames": 0 if is_failed else 160,
                "n_cells": 0 if is_failed else len(own),
                "n_responders": 0 if is_failed else int(own["is_responder"].sum()),
                "flags": 0,
            }
        )
    columns = ["recording", "status", "message", "n_frames", "n_cells", "n_responders", "flags"]
    return pd.DataFrame(rows, columns=columns)


def made_up_traces(design: pd.DataFrame) -> pd.DataFrame:
    time_s = np.arange(0.0, 160.0)
    since = np.clip(time_s - 30.0, 0.0, None)
    shape = np.exp(-since / 40) - np.exp(-since / 5)
    noise = np.random.default_rng(2)
    parts = [
        pd.DataFrame(
            {
                "recording": row.recording,
                "time_s": time_s,
                "mean_dff": 1.4 * _MEAN[str(row.role)] * shape + 0.01 * noise.standard_normal(len(time_s)),
                "sd_dff": 0.1,
                "n_cells": 40,
            }
        )
        for row in design.itertuples()
    ]
    columns = ["recording", "time_s", "mean_dff", "sd_dff", "n_cells"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def made_up_picture(seed: int, size: int = 320) -> bytes:
    """A field of round cells."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size]
    field = rng.normal(100, 5, (size, size))
    for _ in range(30):
        cy, cx = rng.uniform(0, size, 2)
        field += 200 * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 200)
    return bytes(imagecodecs.png_encode(np.clip(field, 0, 255).astype(np.uint8)))


def made_up_experiment(**how: Any) -> Experiment:
    design = made_up_design(how.get("n_days", 3), how.get("names"))
    responses = made_up_responses(design, how.get("n_cells", 40))
    recordings = made_up_recordings(design, responses)
    done = recordings.loc[recordings["status"] != "failed", "recording"]
    return Experiment(
        name=how.get("name", "Sigma-1 antagonism of PRE-084"),
        design=design,
        recordings=recordings,
        responses=responses[responses["recording"].isin(done)],
        comparisons={
            measure: compare_conditions(responses, design, measure=measure, **how.get("comparison", {}))
            for measure in ("peak_dff", "responder_fraction")
        },
        mean_traces=made_up_traces(design[design["recording"].isin(done)]),
        source=None,
        digests={},
        notes=design_notes(design),
        concentration_response=None,
        schild=(),
        pictures={name: made_up_picture(i) for i, name in enumerate(done)},
        events={name: (Event("PRE-084", 30.0, concentration_M=1e-5),) for name in done},
        options=ExperimentOptions(),
    )


def made_up_plates(n_days: int = 3, seed: int = 4) -> Experiment:
    """Wells of a plate reader: agonist curves alone and with two concentrations of an antagonist of pA2 7."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for day in range(1, n_days + 1):
        wells = [(0.0, 0.0)] + [
            (dose, blocker) for blocker in (0.0, 1e-6, 1e-5) for dose in 10.0 ** np.arange(-8, -2.9, 0.5)
        ]
        for number, (dose, blocker) in enumerate(wells):
            well = f"{'ABCDEFGH'[number // 12]}{number % 12 + 1}"
            role = "vehicle" if not dose else "antagonist_agonist" if blocker else "agonist"
            ec50 = 3e-7 * (1 + blocker / 1e-7)
            rows.append(
                {
                    "recording": f"plate{day}_{well}",
                    "file": f"plate{day}.txt",
                    "plate": f"plate{day}",
                    "well": well,
                    "condition": f"{dose:.1e} + {blocker:.0e}" if dose else "buffer",
                    "role": role,
                    "replicate": f"day {day}",
                    "day": f"day {day}",
                    "agonist": "ATP" if dose else None,
                    "agonist_M": dose or np.nan,
                    "antagonist": "PPADS" if blocker else None,
                    "antagonist_M": blocker or np.nan,
                    "peak_dff": dose / (dose + ec50) * np.exp(0.05 * rng.standard_normal())
                    + 0.02 * rng.standard_normal(),
                }
            )
    table = pd.DataFrame(rows)
    responses = table[["recording", "peak_dff"]].assign(label=1, event="ATP", is_responder=True, flags=0)
    design = table.drop(columns="peak_dff")
    names = list(design["recording"])
    recordings = made_up_recordings(design, responses, failed=0)
    return Experiment(
        name="ATP and PPADS",
        design=design,
        recordings=recordings.assign(n_flagged=0, flagged="", labels_given=False),
        responses=responses,
        mean_traces=made_up_traces(design.iloc[:0]),
        comparisons={"peak_dff": compare_conditions(responses, design)},
        concentration_response=fit_concentration_response(responses, design),
        schild=(fit_schild(responses, design),),
        pictures={},
        events={name: (Event("ATP", 30.0),) for name in names},
        options=ExperimentOptions(),
        source=None,
        digests={},
        notes=(),
    )
