import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import tifffile

from s1r_imaging.cli import EXIT_FILE, EXIT_USAGE, main
from s1r_imaging.recording import Event, Recording


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Recording | None]:
    """What the window was opened with; there is none."""
    windows: list[Recording | None] = []
    module = ModuleType("napari_plugin.launch")
    module.launch = windows.append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "napari_plugin.launch", module)
    monkeypatch.setenv("DISPLAY", ":99")
    return windows


@pytest.fixture
def path(tmp_path: Path) -> Path:
    tifffile.imwrite(tmp_path / "dish.tif", np.zeros((80, 4, 4), np.uint16), photometric="minisblack")
    return tmp_path / "dish.tif"


def test_recording_events_and_options(opened: list[Recording | None], path: Path) -> None:
    command = ["view", str(path), "--event", "PRE-084:10uM@30", "--frame-interval-s", "0.5", "--name", "mine"]
    assert main(command) == 0
    (recording,) = opened
    assert recording is not None
    assert recording.events == (Event("PRE-084", 30.0, concentration_M=1e-5),)
    assert (recording.frame_interval_s, recording.name) == (0.5, "mine")


def test_without_a_file_the_window_is_empty(opened: list[Recording | None]) -> None:
    assert main(["view"]) == 0
    assert opened == [None]
    assert main(["view", "--event", "ATP@3"]) == EXIT_USAGE


def test_a_file_that_says_no_interval(
    opened: list[Recording | None], path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["view", str(path)]) == EXIT_FILE
    assert "--frame-interval-s 0.5" in capsys.readouterr().err
    assert opened == []


def test_without_napari_a_sentence_says_what_to_install(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "napari_plugin.launch", None)
    assert main(["view", str(path), "--frame-interval-s", "1"]) == EXIT_FILE
    assert capsys.readouterr().err.endswith("is not installed: pip install 's1r-imaging[pyqt6]'.\n")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a screen")
def test_without_a_screen_a_sentence_says_so(
    opened: list[Recording | None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert main(["view"]) == EXIT_FILE
    assert "no screen" in capsys.readouterr().err
    assert opened == []
