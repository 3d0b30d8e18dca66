"""What File › Open Sample offers: a recording, an experiment, a binding plate; simulated, so that truth is known.

Recording and experiment are simulated once and kept as files, so that a session that is made from them can be
saved, and repeated by a script. That takes seconds; a worker does it, and until then a black layer, which napari
insists on, says so.
"""

import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import napari
import numpy as np
import pandas as pd
import platformdirs

from napari_plugin.layers import LayerData, recording_to_layer
from s1r_imaging.io.events import parse_events
from s1r_imaging.io.recording import read_recording
from s1r_imaging.provenance import package_version
from s1r_imaging.samples import (
    DESIGN_FILE,
    EVENTS_FILE,
    RECORDING_FILE,
    sample_assay,
    write_sample_experiment,
    write_sample_recording,
)
from s1r_imaging.simulate import simulate_binding_plate

DESIGN_KEY = "s1r_imaging_design"
"""Key of a layer's metadata that holds the path of the design of the experiment it belongs to."""
PLATE_KEY = "s1r_imaging_plate"
"""Key of a layer's metadata that holds wells (``"wells"``) and options (``"assay"``) of a binding assay."""

_PLUGIN = "s1r-imaging"
_WAITING = "being simulated …"
_WAITING_KEY = "s1r_imaging_waiting"


def sample_folder() -> Path:
    """Return where samples are kept."""
    return platformdirs.user_cache_path(_PLUGIN) / "samples" / package_version()


def recording() -> list[LayerData]:
    """Return a dish of Fluo-4 loaded cells that gets a sigma-1 agonist, as a layer."""
    folder = sample_folder() / "recording"
    if not folder.is_dir() and _is_made_later("recording", lambda: write_sample_recording(folder)):
        return [_placeholder("recording")]
    events = parse_events((folder / EVENTS_FILE).read_text(encoding="utf-8"))
    return [recording_to_layer(read_recording(folder / RECORDING_FILE, events=events))]


def experiment() -> list[LayerData]:
    """Return the first dish with agonist of an experiment; its metadata name the design with all of its dishes."""
    folder = sample_folder() / "experiment"
    if not folder.is_dir() and _is_made_later("experiment", lambda: write_sample_experiment(folder)):
        return [_placeholder("experiment")]
    dish = pd.read_csv(folder / DESIGN_FILE).query("role == 'agonist'").iloc[0]
    shown = read_recording(folder / dish["file"], events=parse_events(dish["events"]))
    data, kwargs, kind = recording_to_layer(shown)
    kwargs["metadata"][DESIGN_KEY] = str(folder / DESIGN_FILE)
    return [(data, kwargs, kind)]


def binding_plate() -> list[LayerData]:
    """Return the counts of three competition plates as an image; its metadata hold the wells, roles and doses."""
    plate, truth = simulate_binding_plate()
    rows = plate["well"].str[0].map(ord).to_numpy() - ord("A")
    columns = plate["well"].str[1:].astype(int).to_numpy() - 1
    number, _ = pd.factorize(plate["experiment"])
    rows += number * (rows.max() + 2)  # one below the other, and a line between
    counts = np.full((rows.max() + 1, columns.max() + 1), np.nan)
    counts[rows, columns] = plate["signal"]
    kwargs: dict[str, Any] = {
        "name": "Binding plates (counts per minute)",
        "axis_labels": ("row", "column"),
        "contrast_limits": (0.0, float(plate["signal"].max())),
        "colormap": "viridis",
        "metadata": {PLATE_KEY: {"wells": plate, "assay": sample_assay(truth)}},
    }
    return [(counts, kwargs, "image")]


def _placeholder(sample: str) -> LayerData:
    name = f"{sample}: {_WAITING}"
    kwargs = {"name": name, "units": ("um", "um"), "metadata": {_WAITING_KEY: sample}}
    return np.zeros((8, 8), np.uint8), kwargs, "image"


def _is_made_later(sample: str, write: Callable[[], object]) -> bool:
    """Have files written by a worker, which then opens the sample; where there is no window, write them now."""
    viewer = napari.current_viewer()
    if viewer is None:
        write()
        return False
    from napari.qt.threading import create_worker  # noqa: PLC0415  (a window's, and Qt)

    there = weakref.ref(viewer)

    def remove_placeholder() -> None:
        found = there()
        if found is not None:
            waiting = [layer for layer in found.layers if layer.metadata.get(_WAITING_KEY) == sample]
            for layer in waiting:
                found.layers.remove(layer)

    def show(_: object) -> None:
        found = there()
        if found is not None:
            found.open_sample(_PLUGIN, sample)

    worker = create_worker(write, _start_thread=False)
    worker.finished.connect(remove_placeholder)
    worker.returned.connect(show)
    worker.start()
    return True
