"""Competition data made by hand, so that pictures are tested without any fit."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

KI_M = {"(+)-pentazocine": 4.1e-9, "PRE-084": 4.4e-8, "ANAVEX 2-73": 8.6e-7}
TOP, BOTTOM = 3000.0, 400.0


@dataclass(frozen=True, eq=False)
class BindingScene:
    plate: pd.DataFrame
    curves: pd.DataFrame
    results: pd.DataFrame
    residuals: pd.DataFrame


def binding_scene(
    ki_M: Mapping[str, float] = KI_M, *, experiments: int = 1, replicates: int = 3, noise: float = 0.05
) -> BindingScene:
    rng = np.random.default_rng(3)
    doses = np.logspace(-10, -5, 10)
    wells: list[tuple[int, str, str, float, float]] = []
    curves: list[tuple[int, str, float, float]] = []
    for experiment in range(1, experiments + 1):
        top = TOP * (1 + 0.1 * (experiment - 1))
        for _ in range(4):
            wells.append((experiment, "", "total", 0.0, top * rng.normal(1, noise)))
            wells.append((experiment, "haloperidol", "nonspecific", 1e-5, BOTTOM * rng.normal(1, noise)))
        for name, ki in ki_M.items():
            ic50 = ki * (1 + 3.5 / 3)
            for dose in np.repeat(doses, replicates):
                expected = BOTTOM + (top - BOTTOM) / (1 + dose / ic50)
                wells.append((experiment, name, "competitor", dose, expected * rng.normal(1, noise)))
            for dose in (0.0, *np.logspace(-10.3, -4.7, 60), np.inf):
                share = 0.0 if np.isinf(dose) else 1 / (1 + dose / ic50)
                curves.append((experiment, name, dose, BOTTOM + (top - BOTTOM) * share))
    plate = pd.DataFrame(wells, columns=["experiment", "compound", "role", "concentration_M", "signal"])
    lines = pd.DataFrame(curves, columns=["experiment", "compound", "concentration_M", "signal"])
    lines = lines.assign(ci_low=0.96 * lines["signal"], ci_high=1.04 * lines["signal"])
    results = pd.DataFrame(
        [
            (number, name, 1e9 * ki, 0.8e9 * ki, 1.25e9 * ki)
            for number in range(1, experiments + 1)
            for name, ki in ki_M.items()
        ],
        columns=["experiment", "compound", "ki_nM", "ki_ci_low_nM", "ki_ci_high_nM"],
    )
    own = plate[plate["role"] == "competitor"]
    return BindingScene(
        plate, lines, results, own.assign(residual=rng.normal(size=len(own))).drop(columns="signal")
    )
