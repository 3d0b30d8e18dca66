"""The window's frame, in real windows."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QLabel, QPushButton, QScrollArea, QToolButton

from napari_plugin.main_widget import MainWidget
from napari_plugin.session import Job
from napari_plugin.settings import Settings
from s1r_imaging.analysis import analyze_recording
from s1r_imaging.calcium.dff import DffOptions
from s1r_imaging.calcium.responses import ResponseOptions
from s1r_imaging.imaging.motion import MotionOptions
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
    assert names == ["open_session", "save_session", "save_session_as", "copy_script", "reset_options", "help"]
    assert all(action.toolTip() for action in menu.actions() if action.objectName())
