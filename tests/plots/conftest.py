"""A small field of touching cells with responses, made without the simulator so that pictures are tested alone."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray
from scipy.spatial import cKDTree

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
    if n_cells == 0:
        return np.zeros((size, size), dtype=np.int32)
    side = int(np.ceil(np.sqrt(n_cells)))
    places = (np.argwhere(np.ones((side, side))) + 0.5) * size / side
    places = rng.permutation(places)[:n_cells] + rng.uniform(-0.25, 0.25, (n_cells, 2)) * size / side
    distance, nearest = cKDTree(places).query(np.argwhere(np.ones((size, size))))
    return np.where(distance < 14, nearest + 1, 0).astype(np.int32).reshape(size, size)


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


@pytest.fixture(scope="session")
def build() -> Callable[..., Scene]:
    return build_scene


@pytest.fixture
def check_layout() -> Callable[[Figure], None]:
    """Fail when a text that is drawn leaves the page or meets another one."""

    def check(figure: Figure) -> None:
        figure.draw_without_rendering()
        hidden = _hidden_ticks(figure)
        texts = [text for text in figure.findobj(Text) if _is_drawn(text, hidden)]
        boxes = np.array([text.get_window_extent().extents for text in texts]).reshape(-1, 4)
        words = [text.get_text() for text in texts]
        limits = np.array([figure.bbox.width, figure.bbox.height]) + 1
        outside = [i for i, box in enumerate(boxes) if min(box) < -1 or any(box[2:] > limits)]
        assert not outside, [words[i] for i in outside]
        low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
        high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
        # A box holds room for letters that reach below the line: a brush of up to two dots is no meeting.
        meet = np.triu(((high - low) > 2 * figure.dpi / 100).all(axis=2), k=1)
        assert not meet.any(), [(words[i], words[j]) for i, j in np.argwhere(meet)]

    return check


def _hidden_ticks(figure: Figure) -> set[int]:
    hidden = set()
    for ax in figure.findobj(Axes):
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            margin = 1e-6 * (high - low)
            for tick in axis.get_major_ticks() + axis.get_minor_ticks():
                if not low - margin <= tick.get_loc() <= high + margin:
                    hidden |= {id(tick.label1), id(tick.label2)}
    return hidden


def _is_drawn(text: Text, hidden: set[int]) -> bool:
    return bool(text.get_visible() and text.get_text().strip() and id(text) not in hidden)
