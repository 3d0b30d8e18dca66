"""The window's frame."""

from collections.abc import Callable
from typing import Any

from napari_plugin.main_widget import MainWidget


def test_opens(make_napari_viewer: Callable[..., Any], qtbot: Any) -> None:
    viewer = make_napari_viewer()
    widget = MainWidget(viewer)
    viewer.window.add_dock_widget(widget, name="s1r", area="right")
    assert widget.minimumSizeHint().width() <= 350
