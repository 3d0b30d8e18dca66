"""Small experiments with doses, for tests."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

DOSES = (1e-8, 3e-8, 1e-7, 3e-7, 1e-6, 3e-6, 1e-5)


def well(**columns: Any) -> dict[str, Any]:
    """Return a row of design and response."""
    empty = {"agonist": None, "agonist_M": np.nan, "antagonist": None, "antagonist_M": np.nan}
    return empty | columns


def split(rows: Sequence[dict[str, Any]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return responses and design of rows with a ``response``."""
    table = pd.DataFrame(rows)
    table["recording"] = [f"plate1_{number}" for number in range(len(table))]
    doses = table[["role", "agonist_M", "antagonist", "antagonist_M"]].itertuples(index=False, name=None)
    table["condition"] = [" ".join(map(str, row)) for row in doses]
    responses = pd.DataFrame({"recording": table["recording"], "peak_dff": table.pop("response")})
    return responses, table


def agonist_rows(
    rng: np.random.Generator,
    *,
    n: int = 4,
    log_ec50: float = -6.5,
    noise: float = 0.04,
    day_sd: float = 0.0,
    doses: Sequence[float] = DOSES,
) -> list[dict[str, Any]]:
    """Return vehicle and an agonist's curve on each of n days: bottom 0.05, top 1, slope 1."""
    rows = []
    for day in range(n):
        ec50 = 10.0 ** (log_ec50 + day_sd * rng.standard_normal())
        for dose in (0.0, *doses):
            value = 0.05 + 0.95 * dose / (dose + ec50) + noise * rng.standard_normal()
            given = {"agonist": "ATP", "agonist_M": dose} if dose else {}
            rows.append(
                well(role="agonist" if dose else "vehicle", replicate=f"day {day}", response=value, **given)
            )
    return rows


def inhibition_rows(
    rng: np.random.Generator,
    *,
    n: int = 4,
    log_kb: float = -7.0,
    agonist_M: float = 1e-6,
    log_ec50: float = -6.5,
    noise: float = 0.04,
    name: str = "BD-1047",
    doses: Sequence[float] = DOSES,
) -> list[dict[str, Any]]:
    """Return an antagonist's curve against one concentration of agonist, competitive, on each of n days."""
    rows = []
    for day in range(n):
        for dose in doses:
            ec50 = 10.0**log_ec50 * (1.0 + dose / 10.0**log_kb)
            value = 0.05 + 0.95 * agonist_M / (agonist_M + ec50) + noise * rng.standard_normal()
            given = {"agonist": "ATP", "agonist_M": agonist_M, "antagonist": name, "antagonist_M": dose}
            rows.append(well(role="antagonist_agonist", replicate=f"day {day}", response=value, **given))
    return rows
