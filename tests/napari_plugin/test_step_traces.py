"""The step Traces in a window."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qtpy.QtWidgets import QComboBox, QLabel, QPushButton

from napari_plugin.steps.traces import TracesStep, levels_in_words
from s1r_imaging.calcium.cell_levels import cell_levels
from s1r_imaging.calcium.dff import DffOptions
from tests.napari_plugin.window import open_window, until_done, write_dish


def test_measures_says_what_is_stale_and_shows_the_selected_cell(
    make_napari_viewer: Callable[..., Any], qtbot: Any, tmp_path: Path
) -> None:
    widget = open_window(make_napari_viewer(), write_dish(tmp_path))
    step, session = widget.steps["traces"], widget.context.session
    assert isinstance(step, TracesStep)
    state, update = step.findChild(QLabel, "traces_state"), step.findChild(QPushButton, "update_traces")
    assert state.text() == "Not computed yet: traces, ΔF/F0."
    until_done(widget, qtbot, update.click)
    assert (state.text(), update.isEnabled()) == ("Up to date.", False)
    f0 = step.findChild(QComboBox, "f0")
    f0.setCurrentIndex(f0.findData("percentile"))
    qtbot.waitUntil(lambda: session.options.dff == DffOptions(f0="percentile"))
    assert state.text() == "Stale: ΔF/F0. What is shown was made before the last change."
    until_done(widget, qtbot, update.click)
    assert session.traces is not None
    assert session.traces.history[-1].options["f0"] == "percentile"
    label = int(session.traces.labels[1])
    widget.context.selection.select(label)
    levels = cell_levels(session.traces).loc[label]
    assert step.findChild(QLabel, "fact_F0").text() == f"{levels['f0']:.4g} counts"
    assert step.findChild(QLabel, "fact_Cell").text() == str(label)
    widget.context.selection.select(0)
    assert "Select a cell" in step.findChild(QLabel, "fact_").text()
    session.set_options("dff", DffOptions())
    assert f0.currentData() == "auto"
    assert step.minimumSizeHint().width() <= 350


def test_what_is_being_chosen_survives_what_else_happens(
    make_napari_viewer: Callable[..., Any], qtbot: Any, tmp_path: Path
) -> None:
    widget = open_window(make_napari_viewer(), write_dish(tmp_path))
    step, session = widget.steps["traces"], widget.context.session
    f0 = step.findChild(QComboBox, "f0")
    f0.setCurrentIndex(f0.findData("percentile"))
    session.set_events([])  # before the form tells the session
    assert f0.currentData() == "percentile"
    qtbot.waitUntil(lambda: session.options.dff.f0 == "percentile")


def test_levels_that_are_not_known_are_said_to_be() -> None:
    nan = float("nan")
    words = levels_in_words(3, {"f": 120.0, "f_background": 100.0, "f0": nan, "noise_dff": nan})
    assert words == {
        "Cell": "3",
        "Fluorescence": "120 counts",
        "Background": "100 counts",
        "F0": "not known",
        "Noise of ΔF/F0": "not known",
    }
