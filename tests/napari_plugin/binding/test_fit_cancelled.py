"""A fit of many curves can be cancelled between two of them."""

import threading
from typing import Any

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QProgressBar, QPushButton

from napari_plugin.binding_widget import BindingWidget
from napari_plugin.settings import Settings
from s1r_imaging.binding import competition

LEFT = Qt.MouseButton.LeftButton


def find(widget: BindingWidget, kind: type[Any], name: str) -> Any:
    found = widget.findChild(kind, name)
    assert found is not None, name
    return found


def test_a_fit_is_cancelled_before_all_curves_are_fitted(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    widget = BindingWidget(settings=Settings({}))
    qtbot.addWidget(widget)
    widget.show()
    context = widget.context
    qtbot.mouseClick(find(widget, QPushButton, "sample_plate"), LEFT)
    qtbot.waitUntil(lambda: not context.runner.busy, timeout=20_000)
    fitted: list[Any] = []

    def fit_one(*arguments: Any) -> Any:
        fitted.append(arguments)
        assert is_cancelled.wait(20)
        return original(*arguments)

    original, is_cancelled = competition._fit_one, threading.Event()
    monkeypatch.setattr(competition, "_fit_one", fit_one)
    qtbot.mouseClick(find(widget, QPushButton, "fit"), LEFT)
    qtbot.waitUntil(lambda: len(fitted) == 1)
    qtbot.waitUntil(lambda: "curves" in find(widget, QProgressBar, "progress").format())
    qtbot.mouseClick(find(widget, QPushButton, "cancel"), LEFT)
    is_cancelled.set()
    qtbot.waitUntil(lambda: not context.runner.busy, timeout=20_000)
    assert len(fitted) == 1
    assert context.runner.message.startswith("Cancelled")
    assert context.state.analysis is None
