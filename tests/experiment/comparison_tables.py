"""Responses and designs of whole experiments, made without recordings."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

AGONIST, ANTAGONIST = "PRE-084", "BD-1063"
MEANS = {"vehicle": 0.0, "agonist": 0.8, "antagonist": 0.0, "antagonist_agonist": 0.2}


def experiment_tables(
    seed: int = 0,
    *,
    means: Mapping[str, float] = MEANS,
    n_replicates: int = 4,
    n_cells: int = 30,
    dish_sd: float = 0.05,
    has_days: bool = False,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make one recording a replicate and condition; conditions are named as their roles."""
    rng = np.random.default_rng(seed)
    responses, design = [], []
    for role, mean in means.items():
        for number in range(n_replicates):
            name = f"{role}_{number}"
            peak = mean + dish_sd * rng.standard_normal() + 0.2 * rng.standard_normal(n_cells)
            row: dict[str, object] = {"recording": name, "condition": role, "role": role, "replicate": name}
            has_agonist = role.endswith("agonist") and role != "antagonist"
            row["agonist"] = AGONIST if has_agonist else None
            row["antagonist"] = ANTAGONIST if role.startswith("antagonist") else None
            design.append(row | ({"day": number} if has_days else {}))
            responses.append(
                pd.DataFrame(
                    {
                        "recording": name,
                        "label": np.arange(1, n_cells + 1),
                        "event": AGONIST if has_agonist else "vehicle",
                        "peak_dff": peak,
                        "is_responder": peak > 0.4,
                        "flags": 0,
                    }
                )
            )
    return pd.concat(responses, ignore_index=True), pd.DataFrame(design)
