"""The first step, in a real window: files, layers, what is missing, events, motion."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from napari.layers import Image
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QComboBox, QFileDialog, QLineEdit, QPushButton, QTableWidget

from napari_plugin.layers import recording_to_layer
from napari_plugin.look import Sentence
from napari_plugin.main_widget import MainWidget
from napari_plugin.settings import Settings
from napari_plugin.steps.parts import Facts
from napari_plugin.steps.recording import RecordingStep
from s1r_imaging.io.recording import read_recording, write_recording
from s1r_imaging.recording import Event, Recording
from s1r_imaging.runfile import run_of
from s1r_imaging.simulate import simulate_recording

WRONG_LAYERS: list[tuple[tuple[int, ...], dict[str, Any], str]] = [
    ((30, 40), {}, "'wrong' is a single image: a recording has frames over time."),
    ((5, 30, 40, 3), {"rgb": True}, "'wrong' is an image in colour"),
    ((2, 5, 30, 40), {}, "'wrong' has 4 axes"),
]


@dataclass
class Window:
    """A window with the plugin, and hands to use it."""

    viewer: Any
    widget: MainWidget
    qtbot: Any

    @property
    def step(self) -> Any:
        return self.widget.steps["recording"]

    @property
    def session(self) -> Any:
        return self.widget.context.session

    @property
    def message(self) -> str:
        return self.widget.context.runner.message

    @property
    def facts(self) -> dict[str, str]:
        return self.child(Facts, "recording_facts").facts  # type: ignore[no-any-return]

    def child(self, kind: type, name: str) -> Any:
        found: Any = self.step.findChild(kind, name)
        assert found is not None, name
        return found

    def click(self, name: str) -> None:
        self.qtbot.mouseClick(self.child(QPushButton, name), Qt.MouseButton.LeftButton)
        self.wait()

    def wait(self) -> None:
        self.qtbot.waitUntil(lambda: not self.widget.context.runner.busy, timeout=20000)

    def type(self, name: str, text: str) -> None:
        entry = self.child(QLineEdit, name)
        entry.selectAll()
        self.qtbot.keyClick(entry, Qt.Key.Key_Backspace)
        self.qtbot.keyClicks(entry, text)
        self.step._form.flush()

    def cell(self, row: int, column: int, text: str) -> None:
        self.child(QTableWidget, "events_table").item(row, column).setText(text)

    def rows(self) -> list[list[str]]:
        table = self.child(QTableWidget, "events_table")
        return [[table.item(row, column).text() for column in range(4)] for row in range(table.rowCount())]


@pytest.fixture
def window(make_napari_viewer: Callable[..., Any], qtbot: Any) -> Window:
    viewer = make_napari_viewer()
    widget = MainWidget(viewer, settings=Settings({}))
    viewer.window.add_dock_widget(widget, name="s1r-imaging", area="right")
    return Window(viewer, widget, qtbot)


@pytest.fixture(scope="module")
def film() -> Recording:
    recording, _ = simulate_recording(seed=2, height_px=64, width_px=48, n_frames=40, stimulus_s=10.0)
    return recording


@pytest.fixture
def film_file(tmp_path: Path, film: Recording) -> Path:
    path = tmp_path / "dish 1.ome.tif"
    write_recording(path, film)
    return path


@pytest.fixture
def bare_file(tmp_path: Path, film: Recording) -> Path:
    path = tmp_path / "bare.tif"
    tifffile.imwrite(path, np.asarray(film.data), photometric="minisblack")
    return path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    answers = {"file": "", "folder": ""}
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (answers["file"], ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: answers["folder"])
    return answers  # type: ignore[return-value]


def test_a_file_is_opened_and_shown(
    window: Window, film: Recording, film_file: Path, asked: dict[str, str]
) -> None:
    window.click("open_file")  # and the dialog is left without a choice
    assert len(window.viewer.layers) == 0
    asked["file"] = str(film_file)
    window.click("open_file")
    (layer,) = window.viewer.layers
    assert layer is window.widget.context.recording_layer
    assert layer.name == "dish 1"
    size: Any = film.pixel_size_um
    np.testing.assert_allclose(layer.scale, (film.frame_interval_s, size, size))
    assert [str(unit) for unit in layer.units] == ["second", "micrometer", "micrometer"]
    assert layer.axis_labels == ("t", "y", "x")
    np.testing.assert_array_equal(window.session.opened.time_s, film.time_s)
    assert window.facts == {
        "Frames": "40 of 64 × 48 pixels, uint16",
        "Frame interval": f"{film.frame_interval_s:g} s, from: the file (OME DeltaT)",
        "Pixel size": f"{film.pixel_size_um:g} µm, from: the file",
        "Camera": "12 bits, saturated from 4095 counts",
    }
    assert window.widget.context.settings.folder == str(film_file.parent)
    assert not window.child(QPushButton, "read_again").isEnabled()


def test_a_folder_is_opened(window: Window, film: Recording, tmp_path: Path, asked: dict[str, str]) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(12):
        tifffile.imwrite(folder / f"frame_{number}.tif", np.asarray(film.data[number]))
    asked["folder"] = str(folder)
    window.click("open_folder")
    assert "frames does not say how much time lies between two frames" in window.child(Sentence, "missing").text()
    window.type("frame_interval_s", "0.5")
    window.click("read_again")
    assert window.session.opened.n_frames == 12
    assert window.child(Sentence, "missing").text() == ""


def test_a_missing_interval_is_asked_for(window: Window, bare_file: Path) -> None:
    window.step.open_path(bare_file)
    window.wait()
    assert len(window.viewer.layers) == 0
    assert window.message == ""  # it is a question, no failure
    entry = window.child(QLineEdit, "frame_interval_s")
    window.qtbot.keyClicks(entry, "0.25")
    window.qtbot.keyClick(entry, Qt.Key.Key_Return)
    window.wait()
    assert window.session.opened.frame_interval_s == 0.25
    assert window.facts["Frame interval"] == "0.25 s, from: typed here"
    assert window.facts["Pixel size"] == "not known: sizes are in pixels"
    assert window.facts["Camera"] == "top code not known"


def test_what_is_open_stays_until_the_next_is_complete(window: Window, film_file: Path, bare_file: Path) -> None:
    window.step.open_path(film_file)
    window.wait()
    before = window.session.opened
    window.step.open_path(bare_file)
    window.wait()
    assert window.session.opened is before
    assert len(window.viewer.layers) == 1
    window.type("frame_interval_s", "-1")
    window.click("read_again")
    assert window.session.opened is before
    notes = bare_file.parent / "notes.tif"
    notes.write_text("no TIFF at all")
    window.step.open_path(notes)
    window.wait()
    assert str(notes) in window.message
    assert "\n" not in window.message
    assert window.session.opened is before


def test_a_channel_is_asked_for(window: Window, tmp_path: Path, film: Recording) -> None:
    both = np.stack([np.asarray(film.data), np.asarray(film.data)[::-1]], axis=1)
    path = tmp_path / "two.ome.tif"
    channels = {"Name": ["Fluo-4", "mCherry"]}
    plane = {"DeltaT": np.repeat(film.time_s, 2).tolist(), "DeltaTUnit": ["s"] * 80}
    tifffile.imwrite(path, both, metadata={"axes": "TCYX", "Channel": channels, "Plane": plane})
    window.step.open_path(path)
    window.wait()
    choice = window.child(QComboBox, "channel_choice")
    assert [choice.itemText(row) for row in range(choice.count())] == ["0: Fluo-4", "1: mCherry"]
    choice.setCurrentIndex(1)
    choice.activated.emit(1)
    window.wait()
    np.testing.assert_array_equal(window.session.opened.data[0], film.data[39])
    assert run_of(window.session.opened, window.session.options).options.recording.channel == 1
    choice.setCurrentIndex(0)  # the other one is a click away
    choice.activated.emit(0)
    window.wait()
    np.testing.assert_array_equal(window.session.opened.data[0], film.data[0])
    assert len(window.viewer.layers) == 1


def test_frames_that_were_saved_as_slices(window: Window, tmp_path: Path, film: Recording) -> None:
    path = tmp_path / "slices.tif"
    tifffile.imwrite(path, np.asarray(film.data), imagej=True, metadata={"axes": "ZYX"})
    window.step.open_path(path)
    window.wait()
    assert "has no time axis" in window.child(Sentence, "missing").text()
    choice = window.child(QComboBox, "frames_axis")
    choice.setCurrentIndex(choice.findData("z"))
    window.type("frame_interval_s", "0.5")
    window.click("read_again")
    assert window.session.opened.n_frames == 40


def test_numbers_of_the_file_are_overridden(window: Window, film_file: Path, film: Recording) -> None:
    window.step.open_path(film_file)
    window.wait()
    window.session.set_events([Event("PRE-084", 5.0, concentration_M=1e-5), Event("KCl", 15.0)])
    window.type("frame_interval_s", "0.2")
    window.type("pixel_size_um", "0.5")
    window.click("read_again")
    recording = window.session.opened
    (layer,) = window.viewer.layers  # in place of the one before
    np.testing.assert_allclose(layer.scale, (0.2, 0.5, 0.5))
    assert layer is window.widget.context.recording_layer
    assert [event.name for event in recording.events] == ["PRE-084"]  # it ends before the other one now
    assert window.facts["Frame interval"] == "0.2 s, from: typed here"
    assert window.facts["Pixel size"] == "0.5 µm, from: typed here"
    reading = run_of(recording, window.session.options).options.recording
    assert (reading.frame_interval_s, reading.pixel_size_um) == (0.2, 0.5)


def test_a_layer_of_the_plugin_is_taken_as_it_is(window: Window, film: Recording) -> None:
    layer = window.viewer.add_layer(Image(film.data, **recording_to_layer(film)[1]))
    window.click("use_layer")
    assert window.session.opened is film
    assert window.widget.context.recording_layer is layer
    assert window.rows()[0][0] == film.events[0].name
    assert len(window.viewer.layers) == 1


def test_a_layer_that_says_nothing_is_asked(window: Window, film: Recording) -> None:
    stack = np.moveaxis(np.asarray(film.data), 0, 2).copy()  # time is the last axis
    layer = window.viewer.add_image(stack, name="mine")
    state = layer.as_layer_data_tuple()[1]
    window.click("use_layer")
    assert window.message == (
        "'mine' does not say which of its axes is time (axis 1: 64, axis 2: 48, axis 3: 40): choose it."
    )
    axis = window.child(QComboBox, "time_axis")
    axis.setCurrentIndex(axis.findData(2))
    window.click("use_layer")
    assert "'mine'" not in window.message
    assert "mine does not say how much time" in window.child(Sentence, "missing").text()
    window.type("frame_interval_s", "0.5")
    window.type("saturation_level", "4095")
    window.click("read_again")
    recording = window.session.opened
    np.testing.assert_array_equal(recording.data[7], film.data[7])
    assert (recording.frame_interval_s, recording.saturation_level) == (0.5, 4095.0)
    assert run_of(recording, window.session.options).options.recording.saturation_level == 4095.0
    assert window.viewer.layers[0] is layer
    assert repr(layer.as_layer_data_tuple()[1]) == repr(state)  # it was only looked at


def test_wrong_layers_are_refused(window: Window) -> None:
    window.click("use_layer")
    assert window.message.startswith("There is no image layer")
    for shape, kwargs, sentence in WRONG_LAYERS:
        window.viewer.layers.clear()
        window.viewer.add_image(np.zeros(shape, np.uint8), name="wrong", **kwargs)
        window.click("use_layer")
        assert window.message.startswith(sentence)
        assert window.session.opened is None


def test_the_list_of_layers_follows_the_viewer(window: Window) -> None:
    choice = window.child(QComboBox, "layer")
    first = window.viewer.add_image(np.zeros((4, 8, 8)), name="first")
    window.viewer.add_labels(np.zeros((8, 8), int))
    window.viewer.add_image(np.zeros((8, 8)), name="second")
    assert [choice.itemText(row) for row in range(choice.count())] == ["second", "first"]
    first.name = "renamed"
    assert choice.currentText() == "renamed"  # the choice stays with its layer
    window.viewer.layers.remove(first)
    assert [choice.itemText(row) for row in range(choice.count())] == ["second"]
    window.viewer.layers.clear()
    assert choice.count() == 0


def test_an_override_of_a_layer_from_a_file_is_repeated_by_the_script(window: Window, film_file: Path) -> None:
    recording = read_recording(film_file)
    layer = window.viewer.add_layer(Image(recording.data, **recording_to_layer(recording)[1]))
    layer.scale = (0.25, *layer.scale[1:])
    window.click("use_layer")
    opened = window.session.opened
    assert opened.frame_interval_s == 0.25
    assert run_of(opened, window.session.options).options.recording.frame_interval_s == 0.25
    assert window.facts["Frame interval"] == "0.25 s, from: the layer's scale"


def test_events_are_edited(window: Window, film_file: Path) -> None:
    window.step.open_path(film_file)
    window.wait()
    window.viewer.dims.set_current_step(0, 20)
    time_s = float(window.session.opened.time_s[20])
    window.click("add_event")
    assert window.session.opened.events == (Event("stimulus", time_s),)
    window.cell(0, 0, "PRE-084")
    window.cell(0, 1, "10 µM")
    window.cell(0, 3, f"{time_s + 2}")
    assert window.session.opened.events == (Event("PRE-084", time_s, time_s + 2, 1e-5),)
    window.viewer.dims.set_current_step(0, 3)
    window.click("add_event")
    assert [event.name for event in window.session.opened.events] == ["stimulus", "PRE-084"]  # in order of time
    assert window.rows()[1][1] == "10uM"
    window.child(QTableWidget, "events_table").setCurrentCell(0, 0)
    window.click("remove_event")
    assert [event.name for event in window.session.opened.events] == ["PRE-084"]


def test_motion_is_corrected_and_shown(window: Window, film: Recording) -> None:
    window.viewer.add_layer(Image(film.data, **recording_to_layer(film)[1]))
    window.click("use_layer")
    tick = window.child(QCheckBox, "correct_motion")
    assert not window.child(QPushButton, "run_motion").isVisibleTo(window.step)
    tick.setChecked(True)
    assert window.session.options.motion is not None
    window.click("run_motion")
    window.qtbot.waitUntil(lambda: len(window.viewer.layers) == 2)
    assert window.session.recording.shifts_px is not None
    assert window.viewer.layers[1].name == f"{film.name} (motion corrected)"
    np.testing.assert_allclose(window.viewer.layers[1].scale, window.viewer.layers[0].scale)
    tick.setChecked(False)
    assert window.session.options.motion is None
    assert len(window.viewer.layers) == 1


def test_a_recording_that_came_otherwise_is_shown_here(window: Window, film: Recording) -> None:
    window.session.open(film)
    assert window.facts["Frame interval"].endswith("from: given with the recording")
    assert window.rows()[0][0] == film.events[0].name
    window.session.close()
    assert window.rows() == []
    assert isinstance(window.step, RecordingStep)
