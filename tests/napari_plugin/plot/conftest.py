"""A session with traces, and windows that show them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from qtpy.QtWidgets import QApplication

from napari_plugin.context import Context
from napari_plugin.plot import TracesView
from napari_plugin.selection import Selection
from napari_plugin.session import Session
from napari_plugin.settings import Settings
from napari_plugin.work import Runner
from tests.napari_plugin.plot.scene import draw_now, fill


@pytest.fixture
def session() -> Session:
    found = Session()
    fill(found)
    return found


@pytest.fixture
def open_view(make_napari_viewer: Callable[..., Any], qtbot: Any) -> Iterator[Callable[..., TracesView]]:
    """Open a view in a viewer of its own; all are closed at the end."""
    opened: list[Context] = []

    def open_one(session: Session, **kwargs: Any) -> TracesView:
        viewer = make_napari_viewer(**kwargs)
        context = Context(viewer, session, Selection(), Runner(), Settings())
        if session.opened is not None:
            context.recording_layer = viewer.add_image(session.opened.data, axis_labels=("t", "y", "x"))
        view = TracesView(context)
        qtbot.addWidget(context.runner)
        viewer.window.add_dock_widget(view, name="Traces", area="bottom")
        view.resize(900, 240)
        opened.append(context)
        QApplication.processEvents()  # the dock finds its size
        qtbot.waitUntil(lambda: view.canvas.drawing is None or (not view.canvas._draw_pending and draw_now(view)))
        return view

    yield open_one
    for context in opened:
        context.close()
