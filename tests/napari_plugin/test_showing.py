"""One recording after another, opened in the window that the menu opens: image and results are of the same one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QComboBox, QLabel, QTableWidget

from s1r_imaging.io.recording import write_recording
from s1r_imaging.recording import Recording
from s1r_imaging.simulate import simulate_recording
from tests.napari_plugin.person import Person, is_in_view, wait_until

WRAPPED = Qt.TextFlag.TextWordWrap.value


@pytest.fixture(scope="module")
def film() -> Recording:
    made, _ = simulate_recording(seed=5, height_px=40, width_px=56, n_frames=60, stimulus_s=10.0)
    return made


@pytest.fixture
def person(make_napari_viewer: Callable[..., Any], film: Recording, tmp_path: Path) -> Person:
    """A person who has opened a file by the button of the window that the menu Plugins opens."""
    person = Person(make_napari_viewer(show=True))
    write_recording(tmp_path / "dish.ome.tif", film)
    opens(person, tmp_path / "dish.ome.tif")
    return person


def opens(person: Person, path: Path) -> Any:
    """Open a file, and return its layer."""
    person.goes_to("recording")
    step: Any = person.at
    step.open_path(path)
    person.waits()
    assert person.says == ""
    return person.viewer.layers[-1]


def part_of(recording: Recording, n_frames: int, *, height_px: int, pixel_size_um: float | None) -> Recording:
    """Return the beginning and the top of a recording."""
    data = np.asarray(recording.data)[:n_frames, :height_px]
    return Recording(data, time_s=recording.time_s[:n_frames], pixel_size_um=pixel_size_um, name="part")


def test_the_slider_is_that_of_the_recording_from_a_file(person: Person, film: Recording) -> None:
    person.viewer.dims.set_current_step(0, 40)
    person.clicks("add_event")
    table = person.finds("events_table", QTableWidget)
    assert float(table.item(0, 2).text()) == film.time_s[40]
    assert person.window.context.recording_layer is next(iter(person.viewer.layers))


@pytest.mark.parametrize("pixel_size_um", [None, 300.0, 0.01])
def test_the_next_recording_takes_the_place_of_the_one_before(
    person: Person, film: Recording, tmp_path: Path, pixel_size_um: float | None
) -> None:
    (first,) = person.viewer.layers
    assert is_in_view(person.viewer, first)
    person.viewer.dims.set_current_step(0, 50)
    write_recording(tmp_path / "part.ome.tif", part_of(film, 12, height_px=20, pixel_size_um=pixel_size_um))
    part = opens(person, tmp_path / "part.ome.tif")
    assert is_in_view(person.viewer, part)
    assert person.viewer.dims.point[0] <= film.time_s[11]
    assert is_in_view(person.viewer, opens(person, tmp_path / "dish.ome.tif"))


def test_other_frames_in_the_layer_are_told_of_and_taken_when_asked(person: Person, film: Recording) -> None:
    (layer,) = person.viewer.layers
    layer.data = np.asarray(film.data)[:30]
    assert person.says.startswith("'dish' was given other frames")
    assert person.session.opened.n_frames == film.n_frames
    assert person.clicks_and_waits_at("recording", "use_layer") == ""
    assert person.session.opened.n_frames == 30


def test_a_layer_that_is_taken_away_is_told_of(person: Person) -> None:
    person.clicks_and_waits_at("cells", "find_cells")
    person.viewer.layers.remove("Cells")
    assert person.says.startswith("The layer of the cells was taken away")
    person.clicks("show_cells")
    assert "Cells" in person.viewer.layers
    person.viewer.layers.remove("dish")
    assert person.says.startswith("The layer 'dish' was taken away")
    assert "'Show recording' in the menu Session" in person.says
    person.window.findChild(QAction, "show_recording").trigger()
    person.waits()
    assert person.window.context.recording_layer is person.viewer.layers["dish"]
    person.at = person.window
    assert person.clicks_and_waits("bring_up_to_date") == ""


def test_the_cells_that_are_shown_are_not_offered_to_be_taken(person: Person) -> None:
    rows, columns = person.session.opened.frame_shape
    person.viewer.add_labels(np.zeros((rows, columns + 1), np.int32), name="wrong")
    drawn = np.zeros((rows, columns), np.int32)
    drawn[5:20, 5:20] = 3
    person.viewer.add_labels(drawn, name="drawn")
    person.clicks_and_waits_at("cells", "use_layer")
    assert person.says.startswith("'wrong' cannot be taken")
    choice = person.finds("labels_layers", QComboBox)
    choice.setCurrentIndex(choice.findText("drawn"))
    assert person.clicks_and_waits("use_layer") == ""
    np.testing.assert_array_equal(person.session.labels, drawn)
    person.viewer.add_labels(drawn, name="more")
    assert [choice.itemText(number) for number in range(choice.count())] == ["wrong", "drawn", "more"]


@pytest.mark.parametrize("name", ["2024-05-01_SHSY5Y_Fluo-4_" * 6, "n" * 150])
def test_a_long_name_is_seen_whole_and_does_not_make_the_window_wider(
    person: Person, film: Recording, tmp_path: Path, name: str
) -> None:
    width = person.window.width()
    write_recording(tmp_path / f"{name}.ome.tif", film)
    opens(person, tmp_path / f"{name}.ome.tif")
    person.at = person.window
    title = person.finds("recording_name", QLabel)
    person.window.context.runner.say(f"{tmp_path / name} is said.")
    message = person.finds("message", QLabel)
    assert person.says == f"{tmp_path / name} is said."
    wait_until(lambda: message.height() > 3 * message.fontMetrics().height(), "the message in several lines")
    assert person.window.minimumSizeHint().width() <= 350
    assert person.window.width() == width
    for line in (title, message):
        drawn = QLabel.text(line)
        assert drawn.replace("\u200b", "") == line.text().replace("\u200b", "")
        box = line.fontMetrics().boundingRect(line.contentsRect(), int(WRAPPED), drawn)
        assert box.width() <= line.width()


def test_a_folder_that_no_system_makes_is_one_sentence(person: Person, tmp_path: Path) -> None:
    person.goes_to("export")
    person.types("export_folder", str(tmp_path / ("x" * 300)))
    person.clicks("export")
    assert person.says.endswith(
        "could not be written: file name too long; nothing was left behind, choose another folder or make room."
    )
