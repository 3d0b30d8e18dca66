"""The step in which cells are found and edited."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from napari.components import ViewerModel
from qtpy.QtWidgets import QComboBox, QDoubleSpinBox, QLabel, QPushButton, QWidget

from napari_plugin.cell_layers import CellLayers
from napari_plugin.cell_preview import part_in_view
from napari_plugin.colours import Colouring, colour_by
from napari_plugin.context import Context
from napari_plugin.layers import recording_to_layer
from napari_plugin.legend import LegendView
from napari_plugin.selection import Selection
from napari_plugin.session import Session
from napari_plugin.settings import Settings
from napari_plugin.steps.cells import CellsStep
from napari_plugin.steps.parts import Facts
from napari_plugin.work import Runner
from s1r_imaging.imaging.crop import crop_recording
from s1r_imaging.imaging.label_edits import grow_labels
from s1r_imaging.imaging.segment import segment_cells
from s1r_imaging.io.labels import read_labels
from s1r_imaging.recording import Event, Recording

SIZE, N_FRAMES = 96, 30
PATIENCE_MS = 20_000


def a_recording() -> Recording:
    rng = np.random.default_rng(5)
    light = np.full((SIZE, SIZE), 50.0)
    rows, columns = np.ogrid[:SIZE, :SIZE]
    for y in range(16, SIZE, 32):
        for x in range(16, SIZE, 32):
            light[(rows - y) ** 2 + (columns - x) ** 2 <= 9**2] = 200
    data = rng.poisson(np.broadcast_to(light, (N_FRAMES, SIZE, SIZE))).astype(np.uint16)
    data[12:] = rng.poisson(np.where(light > 100, 1.6, 1.0) * np.broadcast_to(light, (N_FRAMES - 12, SIZE, SIZE)))
    return Recording(
        data, time_s=0.5 * np.arange(N_FRAMES, dtype=np.float64), pixel_size_um=0.5, events=(Event("KCl", 6.0),)
    )


def peanut() -> Any:
    rows, columns = np.ogrid[:SIZE, :SIZE]
    labels = np.zeros((SIZE, SIZE), dtype=np.int32)
    for x in (30, 44):
        labels[(rows - 40) ** 2 + (columns - x) ** 2 <= 9**2] = 1
    labels[60:70, 60:70] = 2
    return labels


class Window:
    """A step with what it needs, worked by its buttons."""

    def __init__(self, viewer: Any, qtbot: Any) -> None:
        self.qtbot, self.viewer = qtbot, viewer
        runner = Runner()
        qtbot.addWidget(runner)
        self.context = Context(viewer, Session(), Selection(), runner, Settings())
        self.context.cells = CellLayers(self.context)
        self.step = CellsStep(self.context)
        qtbot.addWidget(self.step)
        self.session: Any = self.context.session
        self.session.open(a_recording())
        data, kwargs, _ = recording_to_layer(a_recording())
        self.context.recording_layer = viewer.add_image(data, **kwargs)

    def find(self, kind: type[QWidget], name: str) -> Any:
        found = self.step.findChild(kind, name)
        assert found is not None, name
        return found

    def click(self, name: str) -> None:
        self.find(QPushButton, name).click()

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: not self.context.runner.busy, timeout=PATIENCE_MS)

    def until(self, is_done: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(is_done, timeout=PATIENCE_MS)
        self.settle()


@pytest.fixture
def window(qtbot: Any) -> Any:
    made = Window(ViewerModel(), qtbot)
    yield made
    made.context.close()


def test_cells_are_those_of_the_library_and_are_counted(window: Window) -> None:
    window.click("find_cells")
    window.settle()
    expected = segment_cells(a_recording())
    assert np.array_equal(window.session.labels, expected)
    assert np.array_equal(window.context.cells.layer.data, expected)
    numbers = window.find(Facts, "cell_numbers")
    window.until(lambda: numbers.facts.get("Cells") == str(expected.max()))
    assert "µm" in numbers.facts["Median diameter"]


def test_a_preview_is_shown_counted_and_taken_away(window: Window) -> None:
    assert window.find(QPushButton, "hide_preview").isHidden()
    window.click("preview_cells")
    window.settle()
    box = part_in_view(None, (SIZE, SIZE))
    expected = segment_cells(crop_recording(a_recording(), box))
    layer = window.viewer.layers["Preview of cells"]
    assert np.array_equal(layer.data[box], expected)
    assert f"{expected.max()} cells" in window.context.runner.message
    assert window.session.labels is None
    assert not window.find(QPushButton, "hide_preview").isHidden()
    window.click("hide_preview")
    assert "Preview of cells" not in window.viewer.layers


def test_edited_cells_are_replaced_only_after_a_question(window: Window) -> None:
    window.session.set_labels(peanut())
    window.click("find_cells")
    assert not window.context.runner.busy
    assert not window.find(QPushButton, "replace_cells").isHidden()
    window.click("keep_cells")
    assert np.array_equal(window.session.labels, peanut())
    window.click("find_cells")
    window.click("replace_cells")
    window.settle()
    assert not window.session.labels_given
    window.context.cells.layer.undo()
    window.until(lambda: np.array_equal(window.session.labels, peanut()))


def test_split_merge_and_delete(window: Window) -> None:
    window.session.set_labels(peanut())
    window.context.cells.pick((1,))
    window.click("split_cell")
    window.until(lambda: window.session.labels.max() == 3)
    window.context.cells.pick((1, 3))
    assert "cells 1, 3" in window.find(QLabel, "chosen_cells").text()
    window.click("merge_cells")
    window.until(lambda: np.array_equal(window.session.labels, peanut()))
    assert window.context.cells.picked == (1,)
    window.click("delete_cells")
    window.until(lambda: 1 not in window.session.labels)
    assert window.context.selection.label == 0
    window.click("undo_edit")
    window.until(lambda: 1 in window.session.labels)
    window.click("redo_edit")
    window.until(lambda: 1 not in window.session.labels)


def test_buttons_say_what_they_need(window: Window) -> None:
    window.session.set_labels(peanut())
    assert not window.find(QPushButton, "merge_cells").isEnabled()
    window.context.cells.pick((2,))
    window.click("split_cell")
    assert "no narrow place" in window.context.runner.message


def test_growing_in_micrometres(window: Window) -> None:
    window.session.set_labels(peanut())
    spin = window.find(QDoubleSpinBox, "grow_by")
    assert spin.suffix() == " µm"
    spin.setValue(1.5)
    window.context.cells.pick((2,))
    window.click("grow_cells")
    window.until(lambda: np.array_equal(window.session.labels, grow_labels(peanut(), 3, only=[2])))
    window.context.cells.pick(())
    window.click("shrink_cells")
    window.until(lambda: window.session.labels.sum() < peanut().sum())


def test_a_line_cuts_the_cell_it_crosses(window: Window) -> None:
    window.session.set_labels(peanut())
    window.click("cut_cell")
    layer = window.viewer.layers["Cut"]
    assert layer.mode == "add_line"
    layer.add_lines([[50.0, 65.0], [80.0, 65.0]])
    window.until(lambda: window.session.labels.max() == 3)
    assert "Cut" not in window.viewer.layers
    assert window.session.labels[65, 62] != window.session.labels[65, 68]
    window.click("cut_cell")
    window.viewer.layers["Cut"].add_lines([[1.0, 1.0], [1.0, 5.0]])
    window.until(lambda: "crosses no cell" in window.context.runner.message)
    window.click("cut_cell")
    window.click("put_tool_away")
    assert "Cut" not in window.viewer.layers


def test_drawing_tools_are_those_of_napari(window: Window) -> None:
    window.click("draw_brush")
    layer = window.context.cells.layer
    assert (str(layer.mode), layer.selected_label) == ("paint", 1)
    layer.paint((20, 20), 1)
    window.until(lambda: 1 in window.session.labels)
    window.click("draw_polygon")
    assert (str(layer.mode), layer.selected_label) == ("polygon", 2)
    window.click("erase_cell")
    assert str(layer.mode) == "erase"
    window.click("put_tool_away")
    assert str(layer.mode) == "pan_zoom"


def test_files_of_imagej_and_label_images(window: Window, tmp_path: Path) -> None:
    window.session.set_labels(peanut())
    for name in ("cells.zip", "cells.tif"):
        window.step.save(tmp_path / name)
        window.settle()
        assert name in window.context.runner.message
        assert np.array_equal(read_labels(tmp_path / name, shape=(SIZE, SIZE)), peanut())
        window.session.set_labels(np.zeros_like(peanut()))
        window.step.load(tmp_path / name)
        window.settle()
        assert np.array_equal(window.session.labels, peanut())
    window.step.load(tmp_path / "none.tif")
    window.settle()
    assert "none.tif" in window.context.runner.message


def test_a_layer_is_chosen_as_the_cells(window: Window) -> None:
    assert not window.find(QPushButton, "use_layer").isEnabled()
    window.viewer.add_labels(peanut(), name="mine")
    assert window.find(QComboBox, "labels_layers").currentText() == "mine"
    window.click("use_layer")
    assert np.array_equal(window.session.labels, peanut())
    window.viewer.layers.remove(window.context.cells.layer)
    window.click("show_cells")
    assert window.context.cells.layer is not None


def test_an_image_that_sums_up_is_computed_and_shown_below_the_cells(window: Window) -> None:
    window.session.set_labels(peanut())
    choice = window.find(QComboBox, "summary_image")
    choice.setCurrentText("standard deviation")
    window.settle()
    layer = window.viewer.layers["Summary: standard deviation"]
    assert np.array_equal(layer.data, window.session.images.standard_deviation)
    assert layer.scale.tolist() == [0.5, 0.5]
    names = [item.name for item in window.viewer.layers]
    assert names.index(layer.name) < names.index("Cells")
    choice.setCurrentIndex(0)
    assert layer not in window.viewer.layers


def test_the_step_in_a_real_window(make_napari_viewer: Callable[..., Any], qtbot: Any) -> None:
    window = Window(make_napari_viewer(), qtbot)
    window.viewer.window.add_dock_widget(window.step)
    assert window.step.minimumSizeHint().width() <= 350
    window.session.set_labels(peanut())
    window.context.cells.pick((1,))
    window.click("preview_cells")
    window.settle()
    window.click("split_cell")
    window.until(lambda: window.session.labels.max() == 3)
    window.context.close()


@pytest.mark.parametrize(
    ("corners", "expected"),
    [
        ([[100, 200], [179, 259]], ((100, 180), (198, 262))),
        ([[0, 0], [999, 999]], ((372, 628), (372, 628))),
        ([[-500, -500], [20, 20]], ((0, 256), (0, 256))),
        ([[0, 0], [0, 0]], ((372, 628), (372, 628))),
    ],
)
def test_the_part_that_is_tried_is_in_view(corners: Any, expected: Any) -> None:
    rows, columns = part_in_view(np.array(corners), (1000, 1000))
    assert ((rows.start, rows.stop), (columns.start, columns.stop)) == expected


def test_the_legend_says_what_colours_mean(qtbot: Any) -> None:
    legend = LegendView()
    qtbot.addWidget(legend)
    low, entries = legend.findChild(QLabel, "legend_low"), legend.findChild(QLabel, "legend_entries")
    assert low.isHidden()
    found = colour_by("peak_dff", pd.Series([0.25, 4.0], index=[1, 2]), is_flagged={1: True})
    legend.show_legend(found.legend)
    assert not low.isHidden()
    assert "pale: flagged" in entries.text()
    legend.grab()  # draws the scale
    legend.show_legend(Colouring().legend)
    assert low.isHidden()
