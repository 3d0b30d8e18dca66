"""A recording whose traces are shown, and the view that shows them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_plugin.plot import TracesView
from napari_plugin.session import Session
from s1r_imaging.imaging.extract import TraceOptions
from s1r_imaging.recording import Event, Recording
from tests.napari_plugin.jobs import do

N_FRAMES = 60


def make_recording(n_cells: int = 6, *, name: str = "dish") -> tuple[Recording, NDArray[np.int32]]:
    """Cells of 3 × 3 pixels beside each other; every second one responds, later and more the higher its label."""
    rng = np.random.default_rng(4)
    time_s: NDArray[Any] = np.cumsum(rng.uniform(0.3, 1.7, N_FRAMES))
    start = float(time_s[25])
    after = np.clip(time_s[:, None] - start - 0.3 * np.arange(1, n_cells + 1), 0, None)
    rises = np.where(np.arange(n_cells) % 2 == 0, 1 + 0.2 * np.arange(n_cells), 0)
    f = 400 + 400 * rises * (1 - np.exp(-after / 2)) * np.exp(-after / 15)
    film = np.repeat(np.repeat(f[:, None, :], 3, axis=1), 3, axis=2) + rng.normal(
        0, 12, (N_FRAMES, 3, 3 * n_cells)
    )
    labels = np.repeat(np.arange(1, n_cells + 1), 3)[None, :].repeat(3, axis=0).astype(np.int32)
    events = (Event("ATP", start, concentration_M=1e-4),)
    return Recording(film.astype(np.uint16), time_s=time_s, events=events, name=name), labels


def fill(session: Session, n_cells: int = 6, *, stage: str = "responses", name: str = "dish") -> None:
    recording, labels = make_recording(n_cells, name=name)
    session.set_options("traces", TraceOptions(background="none"))
    session.open(recording)
    session.set_labels(labels)
    do(session.job(stage))


def without(labels: NDArray[np.int32] | None, label: int) -> NDArray[np.int32]:
    assert labels is not None
    return np.where(labels == label, 0, labels).astype(np.int32)


def draw_now(view: TracesView) -> bool:
    """Draw what is to be drawn, also where no screen asks for it."""
    if view.canvas._ground is None:
        view.canvas.draw()
    return view.canvas.is_complete
