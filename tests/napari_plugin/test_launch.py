from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from napari_plugin import launch
from napari_plugin.layers import RECORDING_KEY
from s1r_imaging.recording import Recording


@pytest.fixture
def recording() -> Recording:
    counts = np.random.default_rng(0).poisson(200, (20, 16, 16)).astype(np.uint16)
    return Recording(counts, time_s=np.linspace(0, 9.5, 20), pixel_size_um=0.65, name="dish")


def test_the_plugin_is_docked_and_the_recording_open(
    make_napari_viewer: Callable[[], Any], recording: Recording
) -> None:
    viewer = make_napari_viewer()
    widget = launch.open_window(recording, viewer=viewer)
    assert widget.context.session.opened is recording
    assert [layer.name for layer in viewer.layers] == ["dish"]
    assert widget.context.recording_layer is viewer.layers["dish"]
    assert viewer.layers["dish"].metadata[RECORDING_KEY] is recording


def test_an_empty_window(make_napari_viewer: Callable[[], Any]) -> None:
    viewer = make_napari_viewer()
    assert launch.open_window(viewer=viewer).context.session.opened is None
    assert list(viewer.layers) == []


def test_it_waits_for_the_window(monkeypatch: pytest.MonkeyPatch, recording: Recording) -> None:
    done: list[object] = []
    monkeypatch.setattr(launch, "open_window", done.append)
    monkeypatch.setattr("napari.run", lambda: done.append("closed"))
    launch.launch(recording)
    assert done == [recording, "closed"]
