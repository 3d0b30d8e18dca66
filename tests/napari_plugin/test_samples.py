from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from napari.components import ViewerModel
from npe2 import PluginManager
from pytestqt.qtbot import QtBot

import s1r_imaging.samples
from napari_plugin import samples
from napari_plugin.layers import RECORDING_KEY, layer_to_recording
from s1r_imaging import read_design
from s1r_imaging.provenance import package_version
from s1r_imaging.recording import Event
from s1r_imaging.simulate import SimulationOptions, simulate_experiment, simulate_recording
from tests.napari_plugin.person import is_in_view

TINY = SimulationOptions(height_px=48, width_px=48, n_frames=100, stimulus_s=20.0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where samples are kept, which are small."""
    monkeypatch.setattr(samples, "sample_folder", lambda: tmp_path / "samples")
    smaller = {name: getattr(TINY, name) for name in ("height_px", "width_px", "n_frames", "stimulus_s")}
    monkeypatch.setattr(s1r_imaging.samples, "simulate_recording", partial(simulate_recording, **smaller))
    monkeypatch.setattr(s1r_imaging.samples, "simulate_experiment", partial(simulate_experiment, recording=TINY))
    return tmp_path / "samples"


@pytest.fixture(autouse=True)
def plugins() -> PluginManager:
    manager = PluginManager.instance()
    manager.discover()
    return manager


def test_napari_offers_three(plugins: PluginManager) -> None:
    offered = {name: [item.display_name for item in items] for name, items in plugins.iter_sample_data()}
    assert offered["s1r-imaging"] == ["A recording", "An experiment", "A binding plate"]


def test_a_recording(folder: Path) -> None:
    viewer = ViewerModel()
    (layer,) = viewer.open_sample("s1r-imaging", "recording")
    recording = layer_to_recording(layer)
    assert recording.events == (Event("PRE-084", 20.0, concentration_M=1e-5),)
    assert Path(str(recording.source)).is_file()
    written = (folder / "recording" / "sample_dish.ome.tif").stat().st_mtime_ns
    viewer.open_sample("s1r-imaging", "recording")
    assert (folder / "recording" / "sample_dish.ome.tif").stat().st_mtime_ns == written


def test_an_experiment(folder: Path) -> None:
    (layer,) = ViewerModel().open_sample("s1r-imaging", "experiment")
    assert layer.name == "day1_dish1_agonist"
    assert layer_to_recording(layer).events[-1].name == "PRE-084"
    design = read_design(layer.metadata[samples.DESIGN_KEY])
    assert sorted(set(design["role"])) == ["agonist", "antagonist", "antagonist_agonist", "vehicle"]
    assert all(Path(file).is_file() for file in design["file"])


def test_a_binding_plate() -> None:
    (layer,) = ViewerModel().open_sample("s1r-imaging", "binding_plate")
    found = layer.metadata[samples.PLATE_KEY]
    assert layer.data.shape == (26, 12)
    assert RECORDING_KEY not in layer.metadata
    wells: pd.DataFrame = found["wells"]
    signal = wells.set_index(["experiment", "well"])["signal"]
    for number, row, column, well in ((0, 0, 0, "A1"), (1, 2, 10, "C11"), (2, 7, 11, "H12")):
        assert layer.data[9 * number + row, column] == signal[number + 1, well]
    assert np.isnan(layer.data).sum() == 2 * 12
    assert found["assay"]["radioligand_nM"] == 3.0


def test_in_a_window_a_worker_makes_it(folder: Path, make_napari_viewer: Callable[[], Any], qtbot: QtBot) -> None:
    viewer = make_napari_viewer()
    for sample in ("recording", "experiment"):
        (placeholder,) = viewer.open_sample("s1r-imaging", sample)
        assert placeholder.name == f"{sample}: being simulated …"
        with pytest.raises(ValueError, match="single image"):
            layer_to_recording(placeholder)
        qtbot.waitUntil(lambda: all(not layer.name.endswith("…") for layer in viewer.layers), timeout=20_000)
        qtbot.waitUntil(lambda: all(RECORDING_KEY in layer.metadata for layer in viewer.layers))
        (layer,) = viewer.open_sample("s1r-imaging", sample)  # at once from now on
        assert RECORDING_KEY in layer.metadata
    assert len(viewer.layers) == 4


def test_the_plate_is_wholly_in_view_when_it_is_there(
    make_napari_viewer: Callable[..., Any], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also the first time, when a placeholder of another size was there before; napari has nothing to warn of."""
    (tmp_path / "still_to_be_loaded.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(samples, "_LOADED", ("still_to_be_loaded",))
    viewer = make_napari_viewer(show=True)
    (placeholder,) = viewer.open_sample("s1r-imaging", "binding_plate")
    assert placeholder.data.shape == (8, 8)
    qtbot.waitUntil(lambda: [layer.data.shape for layer in viewer.layers] == [(26, 12)], timeout=20_000)
    qtbot.waitUntil(lambda: is_in_view(viewer, viewer.layers[0]))


def test_samples_of_each_version_are_kept_apart() -> None:
    assert samples.sample_folder().parts[-2:] == ("samples", package_version())
