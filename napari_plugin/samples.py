"""What File › Open Sample offers: a recording, an experiment, a binding plate; simulated, so that truth is known.

Recording and experiment are simulated once and kept as files, so that a session that is made from them can be
saved, and repeated by a script. That takes seconds, and so does loading what it takes, where no window of the
plugin was open before; a worker does both, and until then a black layer, which napari insists on, says so.
"""

import importlib
import sys
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import napari
import numpy as np
import platformdirs

from s1r_imaging.provenance import package_version

LayerData = tuple[Any, dict[str, Any], str]

DESIGN_KEY = "s1r_imaging_design"
"""Key of a layer's metadata that holds the path of the design of the experiment it belongs to."""
PLATE_KEY = "s1r_imaging_plate"
"""Key of a layer's metadata that holds wells (``"wells"``) and options (``"assay"``) of a binding assay."""

_PLUGIN = "s1r-imaging"
_WAITING = "being simulated …"
_WAITING_KEY = "s1r_imaging_waiting"
_UNITS = ("um", "um")  # as the layer that comes has: napari warns of layers of other units
_LOADED = ("napari_plugin.layers", "s1r_imaging.samples")
_STATUS_MS = 500  # the status bar is a little late


def sample_folder() -> Path:
    """Return where samples are kept."""
    return platformdirs.user_cache_path(_PLUGIN) / "samples" / package_version()


def recording() -> list[LayerData]:
    """Return a dish of Fluo-4 loaded cells that gets a sigma-1 agonist, as a layer."""
    folder = sample_folder() / "recording"

    def make() -> None:
        from s1r_imaging.samples import write_sample_recording  # noqa: PLC0415  (takes long)

        if not folder.is_dir():
            write_sample_recording(folder)

    if _is_made_later("recording", make, is_there=folder.is_dir()):
        return [_placeholder("recording", units=_UNITS)]
    from napari_plugin.layers import recording_to_layer  # noqa: PLC0415  (loaded by now)
    from s1r_imaging.io.events import parse_events  # noqa: PLC0415
    from s1r_imaging.io.recording import read_recording  # noqa: PLC0415
    from s1r_imaging.samples import EVENTS_FILE, RECORDING_FILE  # noqa: PLC0415

    events = parse_events((folder / EVENTS_FILE).read_text(encoding="utf-8"))
    return [recording_to_layer(read_recording(folder / RECORDING_FILE, events=events))]


def experiment() -> list[LayerData]:
    """Return the first dish with agonist of an experiment; its metadata name the design with all of its dishes."""
    folder = sample_folder() / "experiment"

    def make() -> None:
        from s1r_imaging.samples import write_sample_experiment  # noqa: PLC0415  (takes long)

        if not folder.is_dir():
            write_sample_experiment(folder)

    if _is_made_later("experiment", make, is_there=folder.is_dir()):
        return [_placeholder("experiment", units=_UNITS)]
    import pandas as pd  # noqa: PLC0415  (loaded by now)

    from napari_plugin.layers import recording_to_layer  # noqa: PLC0415
    from s1r_imaging.io.events import parse_events  # noqa: PLC0415
    from s1r_imaging.io.recording import read_recording  # noqa: PLC0415
    from s1r_imaging.samples import DESIGN_FILE  # noqa: PLC0415

    dish = pd.read_csv(folder / DESIGN_FILE).query("role == 'agonist'").iloc[0]
    shown = read_recording(folder / dish["file"], events=parse_events(dish["events"]))
    data, kwargs, kind = recording_to_layer(shown)
    kwargs["metadata"][DESIGN_KEY] = str(folder / DESIGN_FILE)
    return [(data, kwargs, kind)]


def binding_plate() -> list[LayerData]:
    """Return the counts of three competition plates as an image; its metadata hold the wells, roles and doses."""
    if _is_made_later("binding_plate", lambda: None, is_there=True):
        return [_placeholder("binding_plate", units=None)]
    import pandas as pd  # noqa: PLC0415  (loaded by now)

    from s1r_imaging.samples import sample_assay  # noqa: PLC0415
    from s1r_imaging.simulate import simulate_binding_plate  # noqa: PLC0415

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


def _placeholder(sample: str, *, units: tuple[str, ...] | None) -> LayerData:
    name = f"{sample}: {_WAITING}"
    kwargs = {"name": name, "units": units, "metadata": {_WAITING_KEY: sample}}
    return np.zeros((8, 8), np.uint8), kwargs, "image"


def _is_made_later(sample: str, make: Callable[[], object], *, is_there: bool) -> bool:
    """Have a worker do what takes long, and show the sample then; where there is no window, do it now."""
    viewer = napari.current_viewer()
    if viewer is None or (is_there and all(name in sys.modules for name in _LOADED)):
        make()
        return False
    from napari.qt.threading import create_worker  # noqa: PLC0415  (a window's, and Qt)
    from qtpy.QtCore import QTimer  # noqa: PLC0415

    there = weakref.ref(viewer)

    def work() -> list[LayerData]:
        for name in _LOADED:
            importlib.import_module(name)
        make()
        return SAMPLES[sample]()

    def show(layers: list[LayerData]) -> None:
        pieces = _shown(there, layers)

        def go_on() -> None:
            if next(pieces, True) is None:
                QTimer.singleShot(0, go_on)
            else:
                clear_up()
                _fit(there, len(layers))

        go_on()

    def clear_up(_: object = None) -> None:
        found = there()
        if found is None:
            return
        for layer in [layer for layer in found.layers if layer.metadata.get(_WAITING_KEY) == sample]:
            found.layers.remove(layer)
        QTimer.singleShot(_STATUS_MS, partial(_forget, there))

    worker = create_worker(work, _start_thread=False)
    worker.returned.connect(show)
    worker.errored.connect(clear_up)
    worker.start()
    return True


def _shown(there: "weakref.ref[Any]", layers: list[LayerData]) -> Iterator[None]:
    """Show layers piece by piece; the window is drawn between two."""
    from napari_plugin.layers import added_in_turns  # noqa: PLC0415  (loaded by now)

    viewer = there()
    for data in layers if viewer is not None else ():
        yield from added_in_turns(viewer, data)


def _fit(there: "weakref.ref[Any]", n_layers: int) -> None:
    """Fit the view to the sample, if nothing else is shown: napari had fitted it to the placeholder."""
    viewer = there()
    if viewer is not None and len(viewer.layers) == n_layers:
        viewer.reset_view()


def _forget(there: "weakref.ref[Any]") -> None:
    """Have the status bar no longer speak of the layer that was under the mouse while the sample was made."""
    viewer = there()
    if viewer is not None and _WAITING in str(viewer.status):
        viewer.status = "Ready"


SAMPLES: dict[str, Callable[[], list[LayerData]]] = {
    "recording": recording,
    "experiment": experiment,
    "binding_plate": binding_plate,
}
"""Name of each sample, as in the manifest, to what returns its layers."""
