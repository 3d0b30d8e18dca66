"""A small field of touching cells with responses, made without the simulator so that pictures are tested alone."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from s1r_imaging.recording import Event, Traces

AGONIST = Event("PRE-084", 30.0, concentration_M=1e-5)


@dataclass(frozen=True, eq=False)
class Scene:
    image: NDArray[np.float64]
    labels: NDArray[np.int32]
    traces: Traces
    responses: pd.DataFrame


def build_scene(
    n_cells: int = 40,
    *,
    events: tuple[Event, ...] = (AGONIST,),
    responding: float = 0.6,
    dead: float = 0.0,
    irregular: bool = False,
    n_frames: int = 150,
    seed: int = 0,
) -> Scene:
    rng = np.random.default_rng(seed)
    labels = _voronoi(n_cells, rng)
    brightness = np.concatenate([[100.0], rng.uniform(150, 600, n_cells)])
    image = brightness[labels] + rng.normal(0, 15, labels.shape)
    steps = rng.uniform(0.3, 1.7, n_frames) if irregular else np.full(n_frames, 1.0)
    time_s = np.cumsum(steps) - steps[0]
    dff = rng.normal(0, 0.05, (n_cells, n_frames))
    tables = []
    for number, event in enumerate(events or (None,)):
        rows = _responses(n_cells, event, responding if number == len(events) - 1 else 0.1, rng)
        if event is not None:
            dff += _curves(time_s, rows, event.start_s)
        tables.append(rows)
    responses = pd.concat(tables, ignore_index=True)
    lost = rng.random(n_cells) < dead
    dff[lost] = np.nan
    responses.loc[
        lost[responses["label"] - 1], ["peak_dff", "onset_s", "time_to_peak_s", "fwhm_s", "decay_tau_s"]
    ] = np.nan
    responses.loc[lost[responses["label"] - 1], "is_responder"] = False
    flags = np.where(lost, 4, np.where(rng.random(n_cells) < 0.1, 1, 0))
    responses["flags"] = flags[responses["label"] - 1]
    background = np.broadcast_to(100 + 3 * np.exp(-time_s / 60), dff.shape)
    cells = pd.DataFrame({"flags": flags}, index=pd.RangeIndex(1, n_cells + 1))
    f0 = np.full_like(dff, 200.0)
    traces = Traces(
        time_s, (1 + dff) * f0 + background, f_background=background, f0=f0, dff=dff, cells=cells, events=events,
        name="dish 1",
    )  # fmt: skip
    return Scene(image, labels, traces, responses)


def _voronoi(n_cells: int, rng: np.random.Generator) -> NDArray[np.int32]:
    size = int(np.clip(30 * np.sqrt(max(n_cells, 4)), 80, 700))
    y, x = np.mgrid[:size, :size].astype(float)
    labels = np.zeros((size, size), dtype=np.int32)
    nearest = np.full((size, size), 14.0)
    side = int(np.ceil(np.sqrt(max(n_cells, 1))))
    places = (np.argwhere(np.ones((side, side))) + 0.5) * size / side
    places = rng.permutation(places)[:n_cells] + rng.uniform(-0.25, 0.25, (n_cells, 2)) * size / side
    for number, (cy, cx) in enumerate(places, start=1):
        distance = np.hypot(y - cy, (x - cx) * rng.uniform(0.7, 1.4))
        closer = distance < nearest
        labels[closer], nearest[closer] = number, distance[closer]
    return labels


def _responses(n_cells: int, event: Event | None, responding: float, rng: np.random.Generator) -> pd.DataFrame:
    calls = rng.random(n_cells) < responding
    rise, decay = rng.lognormal(0.7, 0.3, n_cells), rng.lognormal(2.5, 0.4, n_cells)
    delay = rng.lognormal(1.0, 0.5, n_cells)
    table = pd.DataFrame(
        {
            "recording": "dish 1",
            "label": np.arange(1, n_cells + 1),
            "event": "" if event is None else event.name,
            "peak_dff": np.where(calls, rng.lognormal(0.2, 0.5, n_cells), rng.uniform(0.05, 0.15, n_cells)),
            "time_to_peak_s": np.where(calls, delay + 2 * rise, np.nan),
            "onset_s": np.where(calls, delay, np.nan),
            "fwhm_s": np.where(calls, rise + 0.7 * decay, np.nan),
            "decay_tau_s": np.where(calls, decay, np.nan),
            "threshold_dff": 0.2,
            "is_responder": calls,
            "false_responder_rate": 0.04,
            "flags": 0,
        }
    )
    return table.astype({"is_responder": bool, "peak_dff": float})


def _curves(time_s: NDArray[np.float64], rows: pd.DataFrame, start_s: float) -> NDArray[np.float64]:
    values = rows.fillna({"time_to_peak_s": 1.0, "onset_s": 0.0, "decay_tau_s": 1.0})
    onset = start_s + values["onset_s"].to_numpy()[:, None]
    to_peak = (values["time_to_peak_s"] + start_s).to_numpy()[:, None] - onset
    since = time_s - onset
    rising = np.clip(since / to_peak, 0, 1)
    falling = np.exp(-np.clip(since - to_peak, 0, None) / values["decay_tau_s"].to_numpy()[:, None])
    height = np.where(rows["is_responder"], rows["peak_dff"], 0.0)[:, None]
    curves: NDArray[np.float64] = height * rising * falling
    return curves


@pytest.fixture
def scene() -> Scene:
    return build_scene()


@pytest.fixture
def make_scene() -> Callable[..., Scene]:
    return build_scene
