"""The layer of the cells, with napari's own tools."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QTableView

from napari_plugin.cell_layers import NAME, CellLayers
from napari_plugin.colours import cell_colour
from napari_plugin.context import Context
from napari_plugin.layers import recording_to_layer
from napari_plugin.selection import Selection
from napari_plugin.session import Session
from napari_plugin.settings import Settings
from napari_plugin.work import Runner
from s1r_imaging.imaging.extract import extract_traces
from s1r_imaging.imaging.label_edits import merge_labels
from s1r_imaging.recording import Event, Recording
from tests.napari_plugin.jobs import do

SIZE, N_FRAMES = 40, 60


def a_recording() -> Recording:
    rng = np.random.default_rng(3)
    data = rng.poisson(100, (N_FRAMES, SIZE, SIZE)).astype(np.uint16)
    data[:, two_cells() > 0] += 100
    data[30:, 5:15, 5:15] += 80
    times = 10 + 0.5 * np.arange(N_FRAMES, dtype=np.float64)
    return Recording(data, time_s=times, pixel_size_um=0.65, events=(Event("PRE-084", 25.0),), name="dish")


def two_cells() -> Any:
    labels = np.zeros((SIZE, SIZE), dtype=np.int32)
    labels[5:15, 5:15] = 1
    labels[25:33, 20:30] = 3
    labels.setflags(write=False)
    return labels


def run(context: Any, stage: str = "dff") -> None:
    do(context.session.job(stage))


def a_window(viewer: Any, qtbot: Any) -> Any:
    runner = Runner()
    qtbot.addWidget(runner)
    made = Context(viewer, Session(), Selection(), runner, Settings())
    made.cells = CellLayers(made)
    made.session.open(a_recording())
    data, kwargs, _ = recording_to_layer(a_recording())
    made.recording_layer = viewer.add_image(data, **kwargs)
    made.session.set_labels(two_cells())
    return made


@pytest.fixture
def context(qtbot: Any) -> Any:
    made = a_window(ViewerModel(), qtbot)
    yield made
    made.close()


@pytest.fixture
def window(make_napari_viewer: Callable[..., Any], qtbot: Any) -> Any:
    made = a_window(make_napari_viewer(), qtbot)
    yield made
    made.close()


def settled(context: Any) -> Callable[[], bool]:
    return lambda: np.array_equal(context.cells.layer.data, context.session.labels) and not context.runner.busy


def test_cells_lie_over_the_recording(context: Any) -> None:
    layer = context.cells.layer
    assert layer.name == NAME
    assert np.array_equal(layer.data, two_cells())
    assert layer.scale.tolist() == [0.65, 0.65]
    assert [f"{unit:~}" for unit in layer.units] == ["µm", "µm"]
    assert layer.axis_labels == ("y", "x")
    assert np.allclose(layer.get_color(3), cell_colour(3))


def test_what_is_painted_is_measured_as_the_library_does(context: Any, qtbot: Any) -> None:
    run(context)
    layer = context.cells.layer
    layer.brush_size = 4
    layer.paint((8, 16), 1)
    qtbot.waitUntil(lambda: context.session.labels[8, 16] == 1)
    labels = context.session.labels
    again = extract_traces(a_recording(), labels, **context.session.options.traces.to_dict())
    assert np.array_equal(context.session.traces.f, again.f)
    assert "responses" not in context.session.stale
    assert "dff" in context.session.stale  # the background is that of the old cells
    run(context)
    assert np.array_equal(context.session.traces.f_background, again.f_background)
    assert np.array_equal(context.session.traces.f, again.f)


def test_fill_undo_and_redo_are_followed(context: Any, qtbot: Any) -> None:
    run(context)
    layer = context.cells.layer
    layer.fill((28, 25), 0)
    qtbot.waitUntil(lambda: 3 not in context.session.labels)
    assert context.session.traces.labels.tolist() == [1]
    layer.undo()
    qtbot.waitUntil(lambda: 3 in context.session.labels)
    assert np.array_equal(context.session.labels, two_cells())
    layer.redo()
    qtbot.waitUntil(lambda: 3 not in context.session.labels)


def test_a_polygon_and_a_free_label(context: Any, qtbot: Any) -> None:
    context.cells.draw("polygon")
    layer = context.cells.layer
    assert context.viewer.layers.selection.active is layer
    assert (str(layer.mode), layer.selected_label) == ("polygon", 4)
    layer.paint_polygon([(1, 30), (1, 36), (8, 36), (8, 30)], layer.selected_label)
    qtbot.waitUntil(lambda: 4 in context.session.labels)


def test_edits_of_the_plugin_can_be_undone(context: Any, qtbot: Any) -> None:
    run(context)
    context.cells.edit(lambda labels: merge_labels(labels, [1, 3]))
    qtbot.waitUntil(lambda: 3 not in context.session.labels)
    context.cells.layer.undo()
    qtbot.waitUntil(lambda: 3 in context.session.labels)
    qtbot.waitUntil(settled(context))


def test_what_the_session_finds_is_shown_and_can_be_undone(context: Any, qtbot: Any) -> None:
    layer = context.cells.layer
    other = np.roll(two_cells(), 3, axis=0)
    context.session.set_labels(other)
    assert context.cells.layer is layer
    assert np.array_equal(layer.data, other)
    layer.undo()
    qtbot.waitUntil(lambda: np.array_equal(context.session.labels, two_cells()))


def test_programmatic_changes_do_not_come_back_as_edits(context: Any, qtbot: Any) -> None:
    started: list[int] = []
    context.runner.started.connect(lambda: started.append(1))
    context.session.set_labels(np.roll(two_cells(), 3, axis=0))
    with qtbot.waitSignal(context.cells.recoloured):  # the table comes later than an edit would
        pass
    assert not started


def test_an_impossible_edit_is_said_in_a_sentence(context: Any) -> None:
    context.cells.edit(lambda labels: merge_labels(labels, [1]))
    assert "at least two cells" in context.runner.message


def test_selection_goes_both_ways(context: Any) -> None:
    layer = context.cells.layer
    context.selection.select(3)
    assert layer.selected_label == 3
    assert context.cells.picked == (3,)
    layer.selected_label = 1
    assert context.selection.label == 1
    outline = context.viewer.layers["Selected cell"]
    assert np.array_equal(outline.data, two_cells() == 1)
    context.selection.select(0)
    assert not outline.data.any()


def test_a_selection_is_drawn_once(context: Any) -> None:
    context.selection.select(1)  # the outline is there
    by_list: list[str] = []  # the list of layers draws itself, and the window with it, whatever it hears
    by_layer: list[str] = []
    context.viewer.layers.events.connect(lambda event: by_list.append(event.type))
    outline = context.viewer.layers["Selected cell"]
    outline.events.labels_update.connect(lambda event: by_layer.append(event.type))
    context.cells.layer.events.selected_label.connect(lambda event: by_layer.append(event.type))
    context.selection.select(3)
    assert by_list == []
    assert by_layer == ["labels_update", "labels_update", "selected_label"]
    assert np.array_equal(outline.data, two_cells() == 3)
    context.cells.layer.name = "My cells"
    assert "name" in by_list


def test_the_background_is_no_cell(context: Any) -> None:
    context.cells.pick((1,))
    context.cells.pick((0,))
    assert context.cells.picked == ()
    assert context.selection.label == 0
    assert not context.viewer.layers["Selected cell"].data.any()
    context.cells.pick((0, 3))
    assert context.cells.picked == (3,)
    assert context.selection.label == 3


def test_the_active_layer_stays(context: Any) -> None:
    context.viewer.layers.selection.active = context.recording_layer
    context.selection.select(3)
    assert context.viewer.layers.selection.active is context.recording_layer


def test_napari_finds_the_row_of_a_label(context: Any, qtbot: Any) -> None:
    run(context, "responses")
    layer = context.cells.layer
    qtbot.waitUntil(lambda: "peak_dff" in layer.features)
    table = layer.features
    assert table.index.tolist() == [0, 1, 2, 3]
    responses = context.session.responses.set_index("label")
    assert table["peak_dff"][3] == responses.loc[3, "peak_dff"]
    assert table["area_px"][1] == 100
    assert "peak_dff" in context.cells.measures


def test_colour_by_a_measure(context: Any, qtbot: Any) -> None:
    run(context, "responses")
    qtbot.waitUntil(lambda: "is_responder" in context.cells.measures)
    context.cells.colour_by("peak_dff")
    layer = context.cells.layer
    for label in (1, 3):
        assert np.allclose(layer.get_color(label), context.cells.colour(label), atol=1e-6)
    assert context.cells.colour(1)[:3] != context.cells.colour(3)[:3]
    context.cells.colour_by()
    assert context.cells.colour(1) == cell_colour(1)


def test_a_layer_of_the_person_is_taken_and_left_alone(context: Any) -> None:
    other = np.roll(two_cells(), 2, axis=1)
    layer = context.viewer.add_labels(other, name="mine", opacity=0.2)
    context.cells.take_layer(layer)
    assert np.array_equal(context.session.labels, other)
    context.cells.layer.paint((0, 0), 9)
    assert 9 not in layer.data
    small = context.viewer.add_labels(np.ones((3, 3), dtype=int), name="small")
    context.cells.take_layer(small)
    assert "'small' cannot be taken" in context.runner.message


def test_a_layer_that_was_taken_away_comes_back(context: Any) -> None:
    context.viewer.layers.remove(context.cells.layer)
    assert "brings them back" in context.runner.message
    assert context.cells.layer is None
    context.cells.show()
    shown: Any = context.cells.layer
    assert np.array_equal(shown.data, two_cells())


def test_a_renamed_layer_is_still_the_cells_and_a_copy_is_not(context: Any, qtbot: Any) -> None:
    layer = context.cells.layer
    layer.name = "mine"
    layer.paint((0, 0), 9)
    qtbot.waitUntil(lambda: 9 in context.session.labels)
    data, kwargs, _ = layer.as_layer_data_tuple()
    context.viewer.add_labels(data.copy(), **{**kwargs, "name": "copy"})
    assert "is a copy of the cells" in context.runner.message


def test_another_recording_takes_the_cells_away(context: Any) -> None:
    context.selection.select(1)
    context.session.open(a_recording())
    assert context.cells.layer is None
    assert [layer.name for layer in context.viewer.layers] == ["dish", "Selected cell"]
    assert not context.viewer.layers["Selected cell"].data.any()
    assert context.selection.label == 0


def test_the_outline_goes_with_the_cells_of_the_next_recording(context: Any) -> None:
    context.selection.select(1)
    outline = context.viewer.layers["Selected cell"]
    context.recording_layer = None
    context.session.open(Recording(np.zeros((3, 9, 12), np.uint16), time_s=np.arange(3.0), pixel_size_um=2.0))
    context.session.set_labels(2 * np.eye(9, 12, dtype=np.int32))
    context.selection.select(2)
    assert context.viewer.layers[-1] is outline
    assert np.array_equal(outline.data, np.eye(9, 12))
    assert np.array_equal(outline.scale, [2.0, 2.0])


def test_painting_with_no_label_takes_a_free_one(context: Any) -> None:
    layer = context.cells.layer
    assert layer.selected_label == 0
    layer.mode = "paint"
    assert layer.selected_label == 4


def test_nothing_is_heard_after_closing(context: Any, qtbot: Any) -> None:
    layer = context.cells.layer
    context.close()
    layer.paint((0, 0), 9)
    qtbot.wait(60)
    assert 9 not in context.session.labels


def click(context: Any, row: float, column: float, *keys: str, moved_px: float = 0) -> None:
    event = SimpleNamespace(
        type="mouse_press",
        button=1,
        pos=np.zeros(2),
        modifiers=keys,
        position=(0.0, *context.cells.layer.data_to_world((row, column))),
        view_direction=None,
        dims_displayed=[1, 2],
    )
    (press,) = (call for call in context.viewer.mouse_drag_callbacks if "CellClicks" in repr(call))
    steps = press(context.viewer, event)
    for event.type, event.pos[0] in (("mouse_press", 0), ("mouse_move", moved_px), ("mouse_release", moved_px)):
        if next(steps, "over") == "over":
            break


def test_a_click_selects_and_a_drag_does_not(context: Any) -> None:
    click(context, 10, 10)
    assert context.selection.label == 1
    click(context, 28, 25, moved_px=30)
    assert context.selection.label == 1
    click(context, 28, 25, moved_px=2)
    assert context.selection.label == 3
    click(context, 1, 1)
    assert context.selection.label == 0
    context.viewer.layers.selection.active = context.cells.layer
    context.cells.layer.mode = "paint"
    click(context, 10, 10)
    assert context.selection.label == 4  # the tool's: painting is no choosing


def test_shift_clicks_choose_several(context: Any) -> None:
    click(context, 10, 10)
    click(context, 28, 25, "Shift")
    assert context.cells.picked == (1, 3)
    assert context.selection.label == 3
    click(context, 28, 25, "Shift")
    assert context.cells.picked == (1,)
    click(context, 1, 1, "Shift")
    assert context.cells.picked == (1,)
    context.selection.select(3)
    assert context.cells.picked == (3,)


def test_in_a_real_window(window: Any, qtbot: Any) -> None:
    run(window)
    layer = window.cells.layer
    layer.mode = "paint"
    layer.selected_label = 1
    layer.paint((8, 16), 1)
    qtbot.waitUntil(lambda: window.session.labels[8, 16] == 1)
    layer.undo()
    qtbot.waitUntil(lambda: np.array_equal(window.session.labels, two_cells()))
    layer.redo()
    qtbot.waitUntil(lambda: window.session.labels[8, 16] == 1)


def test_the_table_says_what_is_stale(context: Any, qtbot: Any) -> None:
    run(context, "responses")
    layer = context.cells.layer
    qtbot.waitUntil(lambda: "peak_dff" in layer.features)
    assert "stale" not in layer.features
    layer.data_setitem((np.array([24]), np.array([22])), 3)
    qtbot.waitUntil(lambda: "stale" in layer.features)
    assert layer.features["stale"].tolist()[1:4:2] == ["traces, ΔF/F0, responses"] * 2
    assert layer.features["area_px"][3] == 81
    assert "stale" not in context.cells.measures
    run(context, "responses")
    qtbot.waitUntil(lambda: "stale" not in layer.features)


def test_napari_s_own_table_follows_the_selection(window: Any, qtbot: Any) -> None:
    run(window, "responses")
    layer = window.cells.layer
    qtbot.waitUntil(lambda: "peak_dff" in layer.features)
    window.viewer.layers.selection.active = layer
    _, widget = window.viewer.window.add_plugin_dock_widget("napari", "Features table widget")
    table = widget.findChild(QTableView)
    window.selection.select(3)
    (row,) = {index.row() for index in table.selectionModel().selectedRows()}
    assert table.model().index(row, 0).data() == 3
    heads = [table.model().headerData(column, Qt.Orientation.Horizontal) for column in range(2)]
    assert heads == ["label", "area_px"]
    assert table.model().index(3, 1).data() == window.session.traces.cells.loc[3, "area_px"]
    table.selectRow(1)
    assert window.selection.label == 1
    table.selectRow(0)  # the background
    assert window.selection.label == 0
    layer.data_setitem((np.array([24]), np.array([22])), 3)
    qtbot.waitUntil(lambda: table.model().index(3, 2).data() == 81)  # beside the column that says what is stale
    assert table.model().headerData(0, Qt.Orientation.Horizontal) == "label"


def test_two_windows_keep_to_themselves(context: Any, qtbot: Any) -> None:
    other = a_window(ViewerModel(), qtbot)
    other.cells.layer.paint((0, 0), 9)
    other.selection.select(3)
    qtbot.waitUntil(lambda: 9 in other.session.labels)
    assert 9 not in context.session.labels
    assert context.selection.label == 0
    other.close()
