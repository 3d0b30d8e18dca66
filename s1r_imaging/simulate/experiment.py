"""Simulated experiments: conditions, days and dishes, with known truth."""

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.progress import Progress, silent
from s1r_imaging.recording import Recording
from s1r_imaging.simulate.chance import streams
from s1r_imaging.simulate.film import AGONIST, ANTAGONIST, make_recording
from s1r_imaging.simulate.recording import Condition, SimulationOptions
from s1r_imaging.simulate.truth import RecordingTruth

CONDITIONS: tuple[Condition, ...] = ("vehicle", "agonist", "antagonist", "antagonist_agonist")
SMALL_RECORDING = SimulationOptions(height_px=144, width_px=144, n_frames=160, stimulus_s=30.0)


@dataclass(frozen=True, eq=False)
class ExperimentTruth:
    """Truth of a simulated experiment.

    Attributes
    ----------
    recordings : dict of str to RecordingTruth
        Truth of each recording by its name.
    dishes : DataFrame
        One row per recording: ``recording``, ``condition``, ``replicate``, ``day``, ``dish``;
        ``amplitude_factor`` and ``loading_factor`` of the dish (1 is the median dish); ``peak_dff`` (mean over its
        cells, non-responders as 0), ``responder_fraction`` and ``n_cells``.
    block : float
        Part of the agonist's effect that the antagonist takes away in every dish.
    """

    recordings: dict[str, RecordingTruth]
    dishes: pd.DataFrame
    block: float


def simulate_experiment(
    seed: int = 0,
    *,
    n_days: int = 3,
    n_dishes: int = 1,
    conditions: Sequence[Condition] = CONDITIONS,
    intraclass_correlation: float = 0.1,
    day_share: float = 0.5,
    dish_loading_sd: float = 0.15,
    recording: SimulationOptions = SMALL_RECORDING,
    progress: Progress = silent,
) -> tuple[list[Recording], pd.DataFrame, ExperimentTruth]:
    """Simulate an experiment: every condition on every day, in one or more dishes.

    Dishes differ: the median peak ΔF/F0 of a dish is that of `recording` times a log-normal factor, part of
    which the dishes of a day share. With *w* the SD of log peak between the cells of a dish (``amplitude_sd``),
    the SD between dishes is ``w * sqrt(ICC / (1 - ICC))``.

    Parameters
    ----------
    seed : int, default: 0
        Seed of all chance, 0 or more.
    n_days : int
        Number of days.
    n_dishes : int
        Dishes of each condition on each day.
    conditions : sequence of str
        Conditions, in the order of recording.
    intraclass_correlation : float
        Part of the variance of log peak ΔF/F0 that lies between dishes, from 0 to below 1.
    day_share : float
        Part of the variance between dishes that the dishes of one day have in common, 0 to 1.
    dish_loading_sd : float
        SD between dishes of the logarithm of the dye loading.
    recording : SimulationOptions
        How each recording is made; its ``condition`` is not used.
    progress : callable, optional
        Told how many recordings are done.

    Returns
    -------
    recordings : list of Recording
        By day, dish and condition; 3 days of the default take 80 MB.
    design : DataFrame
        One row per recording: ``recording``, ``condition``, ``replicate`` (day and dish), ``day``,
        ``dish``, ``role``, ``agonist``, ``agonist_M``, ``antagonist``, ``antagonist_M`` (missing where not given).
    truth : ExperimentTruth
        What is true of it.

    Raises
    ------
    ValueError
        If a number is out of range or a condition is unknown or repeated.

    Examples
    --------
    >>> tiny = SimulationOptions(height_px=48, width_px=48, n_frames=100, stimulus_s=20.0)
    >>> recordings, design, truth = simulate_experiment(n_days=2, recording=tiny)
    >>> len(recordings), sorted(design["role"].unique())
    (8, ['agonist', 'antagonist', 'antagonist_agonist', 'vehicle'])
    """
    _check(n_days, n_dishes, conditions, intraclass_correlation, day_share)
    plan = list(itertools.product(range(1, n_days + 1), range(1, n_dishes + 1), conditions))
    rng, *of_recording = streams(seed, 1 + len(plan))
    amplitudes = dish_factors(
        [day for day, _, _ in plan],
        rng,
        cell_sd=recording.amplitude_sd,
        intraclass_correlation=intraclass_correlation,
        day_share=day_share,
    )
    loading = np.exp(dish_loading_sd * rng.standard_normal(len(plan)))
    recordings, truths, design, dishes = [], {}, [], []
    for row, (day, dish, condition) in enumerate(plan):
        amplitude = float(amplitudes[row])
        options = dataclasses.replace(
            recording,
            condition=condition,
            agonist_dff=recording.agonist_dff * amplitude,
            resting_counts=recording.resting_counts * float(loading[row]),
        )
        made, truth = make_recording(int(of_recording[row].integers(2**32)), options, silent)
        name = f"day{day}_dish{dish}_{condition}"
        replicate = f"day{day}_dish{dish}"
        place = {"recording": name, "condition": condition, "replicate": replicate, "day": day, "dish": dish}
        recordings.append(dataclasses.replace(made, name=name))
        truths[name] = truth
        design.append(place | _design_row(condition, options))
        dishes.append(place | _dish_row(amplitude, float(loading[row]), truth.cells))
        progress("simulate", row + 1, len(plan))
    return recordings, pd.DataFrame(design), ExperimentTruth(truths, pd.DataFrame(dishes), recording.block)


def dish_factors(
    days: Sequence[int],
    rng: np.random.Generator,
    *,
    cell_sd: float,
    intraclass_correlation: float,
    day_share: float,
) -> NDArray[np.float64]:
    """Draw how much larger or smaller the responses of each dish are.

    Parameters
    ----------
    days : sequence of int
        Day of each dish.
    rng : numpy.random.Generator
        Source of randomness.
    cell_sd : float
        SD of log peak between the cells of a dish.
    intraclass_correlation : float
        Part of the whole variance of log peak that lies between dishes.
    day_share : float
        Part of the variance between dishes that the dishes of one day have in common.

    Returns
    -------
    array, shape (n_dishes,)
        Log-normal factors with median 1.
    """
    spread = cell_sd * np.sqrt(intraclass_correlation / (1 - intraclass_correlation))
    _, which = np.unique(days, return_inverse=True)
    of_day = rng.standard_normal(which.max() + 1)[which]
    of_dish = rng.standard_normal(len(which))
    factors: NDArray[np.float64] = np.exp(
        spread * (np.sqrt(day_share) * of_day + np.sqrt(1 - day_share) * of_dish)
    )
    return factors


def _check(
    n_days: int, n_dishes: int, conditions: Sequence[str], intraclass_correlation: float, day_share: float
) -> None:
    for name, number in (("n_days", n_days), ("n_dishes", n_dishes)):
        if number < 1:
            raise ValueError(f"{name}={number!r}: expected at least 1.")
    if not conditions or len(set(conditions)) < len(conditions) or not set(conditions) <= set(CONDITIONS):
        raise ValueError(f"conditions={conditions!r}: expected some of {', '.join(CONDITIONS)}, each once.")
    if not 0 <= intraclass_correlation < 1:
        raise ValueError(f"intraclass_correlation={intraclass_correlation!r}: expected 0 or more and less than 1.")
    if not 0 <= day_share <= 1:
        raise ValueError(f"day_share={day_share!r}: expected a share between 0 and 1.")


def _design_row(condition: Condition, options: SimulationOptions) -> dict[str, Any]:
    agonist = "agonist" in condition.split("_")
    antagonist = condition.startswith("antagonist")
    return {
        "role": condition,
        "agonist": AGONIST if agonist else None,
        "agonist_M": options.agonist_M if agonist else np.nan,
        "antagonist": ANTAGONIST if antagonist else None,
        "antagonist_M": options.antagonist_M if antagonist else np.nan,
    }


def _dish_row(amplitude: float, loading: float, cells: pd.DataFrame) -> dict[str, float]:
    return {
        "amplitude_factor": amplitude,
        "loading_factor": loading,
        "n_cells": len(cells),
        "peak_dff": float(cells["peak_dff"].mean()),
        "responder_fraction": float(cells["responder"].mean()),
    }
