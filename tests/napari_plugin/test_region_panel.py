"""The background region in a window: drawn, followed, used, kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from napari.layers import Labels
from numpy.typing import NDArray
from qtpy.QtWidgets import QComboBox, QLabel, QPushButton, QWidget

from napari_plugin.main_widget import MainWidget
from napari_plugin.region_layer import NAME
from napari_plugin.save import save_session
from napari_plugin.session import Session
from napari_plugin.session_actions import SessionActions
from napari_plugin.stages import NO_REGION
from napari_plugin.steps.export import export_job
from s1r_imaging.analysis import AnalysisOptions, analyze_recording
from s1r_imaging.imaging.extract import TraceOptions
from s1r_imaging.results import write_results
from tests.napari_plugin.test_step_export import files_in, record_of
from tests.napari_plugin.window import EVENTS, open_window, until_done, write_dish

BY_REGION = AnalysisOptions(traces=TraceOptions(background="region"))


def corner(*, height: int = 8, width: int = 12) -> NDArray[np.bool_]:
    region = np.zeros((96, 96), dtype=bool)
    region[:height, :width] = True
    return region


def ask_for_region(widget: MainWidget, qtbot: Any) -> QWidget:
    """Choose the region in the form, and return the panel that then appears."""
    step = widget.steps["traces"]
    panel = step.findChild(QWidget, "background_region")
    assert panel.isHidden()
    choice: Any = step.findChild(QWidget, "background").findChild(QComboBox, "choice")
    choice.setCurrentIndex(choice.findData("region"))
    qtbot.waitUntil(lambda: not panel.isHidden())
    return panel


def paint(layer: Any, region: NDArray[np.bool_]) -> None:
    layer.data_setitem(np.nonzero(region), 1)


def test_drawn_and_exported_it_is_what_the_api_writes(
    make_napari_viewer: Callable[..., Any], qtbot: Any, tmp_path: Path
) -> None:
    recording = write_dish(tmp_path)
    viewer = make_napari_viewer()
    widget = open_window(viewer, recording)
    session, step = widget.context.session, widget.steps["traces"]
    panel, update = ask_for_region(widget, qtbot), step.findChild(QPushButton, "update_traces")
    said = panel.findChild(QLabel, "region_state")
    assert "Draw a region without cells" in said.text()
    assert until_done(widget, qtbot, update.click) == NO_REGION
    assert session.labels is None  # nothing was begun
    panel.findChild(QPushButton, "draw_region").click()
    layer = viewer.layers[NAME]
    assert not widget.steps["cells"].findChild(QComboBox, "labels_layers").count()  # a region is no cells
    assert (viewer.layers.selection.active, str(layer.mode), layer.ndim) == (layer, "polygon", 2)
    np.testing.assert_allclose(layer.scale, viewer.layers[0].scale[-2:])
    paint(layer, corner())
    qtbot.waitUntil(lambda: session.background_region is not None)
    assert said.text() == "96 pixels, 1 % of the field."
    until_done(widget, qtbot, update.click)
    assert session.traces is not None
    expected = np.asarray(recording.data)[:, corner()].mean(axis=1)
    np.testing.assert_allclose(session.traces.f_background[0], expected, rtol=1e-12)
    until_done(widget, qtbot, lambda: widget.context.runner.start(session.job))
    assert not session.stale

    paint(layer, corner(height=16))
    qtbot.waitUntil(lambda: session.stale == {"traces", "dff", "responses"})
    layer.undo()
    qtbot.waitUntil(lambda: not session.stale)
    layer.redo()
    qtbot.waitUntil(lambda: bool(session.stale))
    until_done(widget, qtbot, lambda: widget.context.runner.start(session.job))
    until_done(widget, qtbot, lambda: widget.context.runner.start(export_job(session, tmp_path / "window")))
    theirs = analyze_recording(
        recording.source, events=EVENTS, background_region=corner(height=16), options=BY_REGION
    )
    mine, others = files_in(tmp_path / "window"), files_in(write_results(theirs, tmp_path / "api"))
    assert mine.keys() == others.keys() >= {"background_region.tif"}
    assert record_of(mine) == record_of(others)
    assert [name for name in mine if mine[name] != others[name]] == []
    assert step.minimumSizeHint().width() <= 350


def test_shapes_of_the_person_are_taken_where_they_lie(
    make_napari_viewer: Callable[..., Any], qtbot: Any, tmp_path: Path
) -> None:
    viewer = make_napari_viewer()
    widget = open_window(viewer, write_dish(tmp_path))
    session, panel = widget.context.session, ask_for_region(widget, qtbot)
    layers: Any = panel.findChild(QComboBox, "region_layer")
    size = float(viewer.layers[0].scale[-1])
    circle = np.array([[3, 10, 20], [3, 10, 40], [3, 30, 40], [3, 30, 20]], dtype=float) * [1, size / 2, size / 2]
    shapes = viewer.add_shapes([circle], shape_type="ellipse", ndim=3, name="mine", scale=(1, 2, 2))
    shapes.add_lines([[3, 0, 0], [3, 40, 40]])  # which has no area
    assert [layers.itemText(number) for number in range(layers.count())] == ["no layer", "mine"]
    layers.setCurrentIndex(1)
    y, x = np.mgrid[:96, :96]
    inside = (y - 20) ** 2 + (x - 30) ** 2 <= 10**2
    qtbot.waitUntil(lambda: session.background_region is not None)
    region = session.background_region
    assert region is not None
    assert (region != inside).sum() <= 0.05 * inside.sum()
    shapes.data = [circle + [0, size * 10, 0]]  # noqa: RUF005
    qtbot.waitUntil(lambda: session.background_region is not None and not session.background_region[:20].any())
    np.testing.assert_array_equal(np.roll(region, 20, axis=0), session.background_region)
    assert len(shapes.data) == 1


def test_what_cannot_be_a_region_is_said_and_not_used(
    make_napari_viewer: Callable[..., Any], qtbot: Any, tmp_path: Path
) -> None:
    viewer = make_napari_viewer()
    widget = open_window(viewer, write_dish(tmp_path))
    panel, session = ask_for_region(widget, qtbot), cast("Any", widget.context.session)
    layers: Any = panel.findChild(QComboBox, "region_layer")
    said = panel.findChild(QLabel, "region_state")
    until_done(widget, qtbot, lambda: widget.context.runner.start(lambda: session.job("cells")))
    assert layers.count() == 1  # the cells are no region
    viewer.add_labels(np.ones((10, 10), dtype=int), name="small")
    layers.setCurrentIndex(1)
    assert "'small' has 10 × 10 pixels, the frames have 96 × 96" in said.text()
    assert session.background_region is None
    viewer.add_labels(np.ones((96, 96), dtype=int), name="all")
    layers.setCurrentIndex(layers.findText("all"))
    assert "lie in cells: draw it where there are none" in said.text()
    viewer.layers.remove("all")
    assert session.used_region.all()
    assert "Its layer was taken away" in said.text()
    panel.findChild(QPushButton, "draw_region").click()
    assert isinstance(viewer.layers[NAME], Labels)
    assert viewer.layers[NAME].data.all()
    session.open(write_dish(tmp_path))
    assert session.background_region is None
    assert layers.currentText() == "no layer"
    paint(viewer.layers[NAME], corner())
    assert until_done(widget, qtbot, lambda: widget.context.runner.start(session.job)) == NO_REGION


def test_without_a_recording_there_is_nothing_to_draw_on(
    make_napari_viewer: Callable[..., Any], qtbot: Any
) -> None:
    widget = open_window(make_napari_viewer())
    ask_for_region(widget, qtbot).findChild(QPushButton, "draw_region").click()
    assert "no recording yet" in widget.context.runner.message


def test_a_reopened_session_shows_its_region_again(
    make_napari_viewer: Callable[..., Any], qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Session()
    before.open(write_dish(tmp_path), options=BY_REGION)
    before.set_background_region(corner())
    folder = save_session(before, tmp_path / "saved", view={"computed": False})
    viewer = make_napari_viewer()
    widget = open_window(viewer)
    SessionActions(widget).open_folder(folder)
    qtbot.waitUntil(lambda: NAME in viewer.layers, timeout=20_000)
    np.testing.assert_array_equal(viewer.layers[NAME].data != 0, corner())
    session: Any = widget.context.session
    np.testing.assert_array_equal(session.background_region, corner())
    paint(viewer.layers[NAME], corner(height=20))
    qtbot.waitUntil(lambda: np.array_equal(session.background_region, corner(height=20)))
