"""The window's frame, in real windows."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QDockWidget, QLabel, QPushButton, QScrollArea, QToolButton

from napari_plugin.main_widget import MainWidget
from napari_plugin.samples import DESIGN_KEY
from napari_plugin.session import Job
from napari_plugin.settings import Settings
from s1r_imaging.analysis import analyze_recording
from s1r_imaging.calcium.dff import DffOptions
from s1r_imaging.calcium.responses import ResponseOptions
from s1r_imaging.imaging.motion import MotionOptions
from s1r_imaging.io.recording import write_recording
from s1r_imaging.progress import Progress
from s1r_imaging.recording import Recording
from s1r_imaging.simulate import simulate_recording

Open = Callable[..., MainWidget]
ORDER = ["recording", "cells", "traces", "responses", "compare", "export"]


@pytest.fixture
def open_window(make_napari_viewer: Callable[..., Any]) -> Open:
    def open_window(viewer: Any = None, settings: Settings | None = None) -> MainWidget:
        viewer = viewer or make_napari_viewer()
        widget = MainWidget(viewer, settings=settings or Settings({}))
        viewer.window.add_dock_widget(widget, name="s1r-imaging", area="right")
        return widget

    return open_window


@pytest.fixture(scope="module")
def film() -> Recording:
    recording, _ = simulate_recording(seed=2, height_px=64, width_px=64, n_frames=60, stimulus_s=10.0)
    return recording


def child(widget: MainWidget, kind: type, name: str) -> Any:
    found: Any = widget.findChild(kind, name)
    assert found is not None, name
    return found


def click(qtbot: Any, widget: MainWidget, name: str) -> None:
    qtbot.mouseClick(child(widget, QPushButton, name), Qt.MouseButton.LeftButton)


def finish(qtbot: Any, widget: MainWidget) -> None:
    qtbot.waitUntil(lambda: not widget.context.runner.busy, timeout=30000)


def marks(widget: MainWidget) -> str:
    return " ".join(child(widget, QPushButton, f"step_{name}").text()[-1] for name in ORDER[:4])


class Endless:
    """Work that ends only when it is told to."""

    def __init__(self) -> None:
        self.begun, self.ended = threading.Event(), threading.Event()
        self.job = Job("Going on", self.compute, self.accept)
        self.accepted = False

    def compute(self, progress: Progress) -> None:
        try:
            while True:
                progress("cells", 0, 0)
                self.begun.set()
                self.ended.wait(0.005)
        finally:
            self.ended.set()

    def accept(self, _: object) -> None:
        self.accepted = True


def test_the_steps_stand_in_the_order_of_work_and_fit(qtbot: Any, open_window: Open) -> None:
    widget = open_window()
    assert list(widget.steps) == ORDER
    assert widget.minimumSizeHint().width() <= 350
    assert widget.minimumSizeHint().height() <= 600
    step: Any
    for name, step in widget.steps.items():
        click(qtbot, widget, f"step_{name}")
        assert step.isVisibleTo(widget), name
        assert step.minimumSizeHint().width() <= 330, name
        area = step.parentWidget().parentWidget()  # of its viewport
        assert isinstance(area, QScrollArea)
    widget.show_step("recording")
    assert widget.steps["recording"].isVisibleTo(widget)


def test_what_is_to_do_what_is_done_and_what_is_stale(qtbot: Any, open_window: Open, film: Recording) -> None:
    widget = open_window()
    state, update = child(widget, QLabel, "state"), child(widget, QPushButton, "bring_up_to_date")
    title, session = child(widget, QLabel, "recording_name"), widget.context.session
    assert title.text() == "No recording is open"
    assert not update.isEnabled()
    session.open(film)
    assert title.text() == film.name
    assert state.text() == "To do: summary, cells, traces, ΔF/F0, responses"
    assert marks(widget) == "✓ s s s"
    click(qtbot, widget, "bring_up_to_date")
    assert not update.isEnabled()  # while it works
    finish(qtbot, widget)
    assert state.text() == "All is up to date"
    assert marks(widget) == "✓ ✓ ✓ ✓"
    assert not update.isEnabled()
    session.set_options("dff", DffOptions(f0="first_frames"))
    assert state.text() == "Stale: ΔF/F0, responses"
    assert marks(widget) == "✓ ✓ • •"
    click(qtbot, widget, "bring_up_to_date")
    finish(qtbot, widget)
    theirs = analyze_recording(film, options=session.options)
    mine = session.analysis()
    np.testing.assert_array_equal(mine.traces.dff, theirs.traces.dff)
    pd.testing.assert_frame_equal(mine.responses, theirs.responses, check_exact=True)


def test_options_are_those_of_the_last_time_until_reset(qtbot: Any, open_window: Open) -> None:
    kept: dict[str, str] = {}
    options = ResponseOptions(false_responder_rate=0.01)
    first = open_window(settings=Settings(kept))
    first.context.session.set_options("responses", options)
    first.context.session.set_options("motion", MotionOptions())
    second = open_window(first.context.viewer, settings=Settings(kept))
    assert second.context.session.options.responses == options
    assert second.context.session.options.motion is None  # another recording may be still
    child(second, QAction, "reset_options").trigger()
    assert second.context.session.options.responses == ResponseOptions()
    assert Settings(kept).options(ResponseOptions) == ResponseOptions()


def test_two_viewers_know_nothing_of_each_other(qtbot: Any, open_window: Open, film: Recording) -> None:
    first, second = open_window(), open_window()
    first.context.session.open(film)
    first.bring_up_to_date()
    assert second.context.session.opened is None
    assert not second.context.runner.busy
    finish(qtbot, first)
    assert "Cells" in first.context.viewer.layers
    assert len(second.context.viewer.layers) == 0
    first.context.selection.select(1)
    assert second.context.selection.label == 0


def test_a_widget_taken_from_its_dock_stops_and_takes_the_plot_along(qtbot: Any, open_window: Open) -> None:
    widget, endless = open_window(), Endless()
    viewer = widget.context.viewer
    assert "Traces" in viewer.window.dock_widgets
    widget.context.runner.start(endless.job)
    assert endless.begun.wait(5)
    viewer.window.remove_dock_widget(widget)
    assert endless.ended.wait(0)
    assert "Traces" not in viewer.window.dock_widgets
    assert not widget.context.runner.busy
    viewer.add_image(np.zeros((4, 8, 8)))  # nobody listens any more
    again = open_window(viewer)
    assert "Traces" in viewer.window.dock_widgets
    again.close_down()
    again.close_down()  # once is enough, twice does no harm
    assert not endless.accepted


def test_a_viewer_closed_during_work_leaves_nothing(qtbot: Any, open_window: Open) -> None:
    widget, endless = open_window(), Endless()
    widget.context.runner.start(endless.job)
    assert endless.begun.wait(5)
    gone: list[bool] = []
    widget.destroyed.connect(lambda: gone.append(True))  # PySide6 cannot disconnect from it, as waitSignal does
    widget.context.viewer.close()
    qtbot.waitUntil(lambda: bool(gone))
    assert endless.ended.wait(2)
    assert not endless.accepted


def test_the_menu_is_there(qtbot: Any, open_window: Open) -> None:
    menu = child(open_window(), QToolButton, "menu").menu()
    names = [action.objectName() for action in menu.actions() if action.objectName()]
    assert names == [
        *("open_session", "save_session", "save_session_as", "copy_script"),
        *("show_plot", "show_recording", "reset_options", "help"),
    ]
    assert all(action.toolTip() for action in menu.actions() if action.objectName())


def close_plot(widget: MainWidget) -> None:
    """Click on the cross of the plot's dock."""
    viewer: Any = widget.context.viewer
    docks = viewer.window._qt_window.findChildren(QDockWidget, "Traces")
    (dock,) = [dock for dock in docks if dock.widget() is not None]
    dock.titleBarWidget().findChild(QPushButton, "QTitleBarCloseButton").click()


def test_a_plot_that_was_closed_comes_back(qtbot: Any, open_window: Open, film: Recording) -> None:
    widget = open_window()
    viewer, button = widget.context.viewer, child(widget, QPushButton, "show_plot_again")
    widget.context.session.open(film)
    for bring_back in (button.click, child(widget, QAction, "show_plot").trigger):
        assert not button.isVisibleTo(widget)
        close_plot(widget)
        assert "Traces" not in viewer.window.dock_widgets
        assert button.isVisibleTo(widget)
        assert "'Show plot' at the top" in widget.context.runner.message
        bring_back()
        assert viewer.window.dock_widgets["Traces"] is widget.plot.view
        assert widget.plot.view.isVisibleTo(viewer.window._qt_window)
        assert widget.context.runner.message == ""
    widget.bring_up_to_date()
    finish(qtbot, widget)
    qtbot.waitUntil(lambda: widget.plot.view.canvas.drawing is not None)
    widget.context.selection.select(1)
    assert widget.plot.view.canvas.label == 1


def test_a_plot_that_was_hidden_comes_back(qtbot: Any, open_window: Open) -> None:
    widget = open_window()
    dock = widget.plot.view.parentWidget()
    assert dock is not None
    dock.hide()
    child(widget, QAction, "show_plot").trigger()
    assert dock.isVisibleTo(widget.context.viewer.window._qt_window)


@pytest.mark.parametrize("closes_window", [False, True])
def test_a_window_whose_plot_was_closed_leaves_nothing(qtbot: Any, open_window: Open, closes_window: bool) -> None:
    widget = open_window()
    gone: list[bool] = []
    view = widget.plot.view
    view.destroyed.connect(lambda: gone.append(True))
    close_plot(widget)
    if closes_window:
        widget.context.viewer.window.remove_dock_widget(widget)
    else:
        widget.context.viewer.close()
    qtbot.waitUntil(lambda: bool(gone))


def test_a_recording_whose_layer_was_taken_away_is_shown_again(
    qtbot: Any, open_window: Open, film: Recording
) -> None:
    widget = open_window()
    viewer, show = widget.context.viewer, child(widget, QAction, "show_recording")
    show.trigger()
    assert "no recording yet" in widget.context.runner.message
    widget.context.session.open(film)
    for _ in range(2):
        show.trigger()
        finish(qtbot, widget)
        assert [layer.name for layer in viewer.layers] == [film.name]
        assert widget.context.recording_layer is viewer.layers[0]
        viewer.layers[0].visible = False
    show.trigger()
    assert viewer.layers[0].visible
    viewer.layers.clear()
    show.trigger()
    finish(qtbot, widget)
    assert viewer.layers[0].data is film.data


def test_an_experiment_in_napari_is_said_and_found(
    qtbot: Any, open_window: Open, film: Recording, tmp_path: Path
) -> None:
    widget = open_window()
    viewer = widget.context.viewer
    title, state = child(widget, QLabel, "recording_name"), child(widget, QLabel, "state")
    go, update = child(widget, QPushButton, "go_to_compare"), child(widget, QPushButton, "bring_up_to_date")
    assert not go.isVisibleTo(widget)
    write_recording(tmp_path / "dish.ome.tif", film)
    design = tmp_path / "design.csv"
    design.write_text("recording,file,role,replicate\ndish,dish.ome.tif,agonist,1\n", encoding="utf-8")
    layer = viewer.add_image(np.zeros((3, 8, 8)), metadata={DESIGN_KEY: str(design)})
    assert title.text() == "An experiment is open"
    assert "step 5" in state.text()
    assert not update.isVisibleTo(widget)
    click(qtbot, widget, "go_to_compare")
    finish(qtbot, widget)
    compare: Any = widget.steps["compare"]
    assert compare.isVisibleTo(widget)
    assert not go.isVisibleTo(widget)
    compare.design.take_sample_of_layer()  # as when the step comes into sight
    finish(qtbot, widget)
    viewer.layers.remove(layer)
    assert title.text() == "An experiment is open"  # its design still is
    widget.context.session.open(film)
    assert title.text() == film.name
    assert update.isVisibleTo(widget)
    assert not go.isVisibleTo(widget)
