"""The window goes on while work is under way. How well, tests/benchmarks/plugin_window.py measures."""

import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from napari.layers import Labels
from qtpy.QtWidgets import QPushButton

from napari_plugin.session import Job
from napari_plugin.work import Runner
from s1r_imaging.progress import Progress
from tests.benchmarks.heartbeat import Heartbeat
from tests.napari_plugin.window import open_window, until_done, write_dish

MOST_OWN_MS = 1000.0  # five times the figure, of the thread's own time: the machine may be busy, and traced
BUSY_S = 0.5


def spin(progress: Progress) -> int:
    """Keep Python's lock as a loop without NumPy does."""
    end, count = time.perf_counter() + BUSY_S, 0
    while time.perf_counter() < end:
        count += 1
        if count % 1000 == 0:
            progress("spinning", count, 0)
    return count


def test_a_loop_in_python_does_not_stop_the_window(qtbot: Any) -> None:
    runner, heart = Runner(), Heartbeat()
    counts: list[int] = []
    qtbot.addWidget(runner)
    heart.begin("spin")
    runner.start(Job("Spinning", spin, counts.append))
    qtbot.waitUntil(lambda: not runner.busy, timeout=30_000)
    beats = heart.end()
    assert counts[0] > 0
    assert len(beats.gaps_ms) >= 10
    assert beats.worst[1] < MOST_OWN_MS


def test_no_stage_keeps_the_windows_thread(
    qtbot: Any, make_napari_viewer: Callable[..., Any], tmp_path: Path
) -> None:
    recording = write_dish(tmp_path)
    widget, heart = open_window(make_napari_viewer(), recording), Heartbeat()
    session = widget.context.session
    presses = {"cells": "find_cells", "traces": "update_traces", "responses": "measure_responses"}
    for step, name in presses.items():
        button: Any = widget.steps[step].findChild(QPushButton, name)
        assert button is not None, name
        heart.begin(step)
        assert until_done(widget, qtbot, button.click) == ""
        beats = heart.end()
        assert max(beats.cpu_ms) < MOST_OWN_MS, step
    assert not session.missing


def test_only_one_layer_is_added_at_a_time(
    qtbot: Any, make_napari_viewer: Callable[..., Any], tmp_path: Path
) -> None:
    recording = write_dish(tmp_path)
    viewer = make_napari_viewer()
    widget = open_window(viewer, recording)
    cells = np.zeros(recording.frame_shape, dtype=np.int32)
    cells[10:20, 10:20] = 1
    widget.context.session.set_labels(cells)
    assert len([layer for layer in viewer.layers if isinstance(layer, Labels)]) == 1
    qtbot.waitUntil(lambda: len([layer for layer in viewer.layers if isinstance(layer, Labels)]) == 2)
    assert viewer.layers.selection.active is widget.context.cells.layer


def test_what_holds_for_all_of_python_ends_with_the_last_window(make_napari_viewer: Callable[..., Any]) -> None:
    before = sys.getswitchinterval()
    first = open_window(make_napari_viewer())
    second = open_window(make_napari_viewer())
    assert sys.getswitchinterval() < before / 2
    first.close_down()
    assert sys.getswitchinterval() < before / 2
    assert gc.get_freeze_count() > 0
    second.close_down()
    assert sys.getswitchinterval() == before
    assert gc.get_freeze_count() == 0
