"""The step Responses in a window."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from qtpy.QtWidgets import QComboBox, QLabel, QPushButton

from napari_plugin.steps.responses import colour_choices, response_in_words
from s1r_imaging.flags import CellFlag
from s1r_imaging.summary import response_lines
from tests.napari_plugin.window import TWO_EVENTS, open_window, until_done, write_dish


def test_the_answer_the_colours_the_cell_and_the_table(
    make_napari_viewer: Callable[..., Any], qtbot: Any, tmp_path: Path
) -> None:
    widget = open_window(make_napari_viewer(), write_dish(tmp_path, events=TWO_EVENTS))
    widget.show_step("responses")
    step, context = widget.steps["responses"], widget.context
    headline = step.findChild(QLabel, "headline")
    assert not headline.text()
    until_done(widget, qtbot, step.findChild(QPushButton, "measure_responses").click)
    responses = context.session.responses
    assert responses is not None
    assert headline.text().splitlines() == response_lines(responses)
    event, colour = step.findChild(QComboBox, "event"), step.findChild(QComboBox, "colour_by")
    assert [event.itemText(place) for place in range(event.count())] == ["PRE-084", "NE-100"]
    qtbot.waitUntil(lambda: colour.count() > 5)
    assert [colour.itemText(place) for place in range(4)] == [
        "Cell",
        "Responders",
        "Peak ΔF/F0",
        "Time to peak (s)",
    ]
    colour.setCurrentIndex(1)
    assert context.cells.colouring.by == "is_responder (PRE-084)"
    event.setCurrentIndex(1)
    assert context.cells.colouring.by == "is_responder (NE-100)"
    assert colour.currentText() == "Responders"
    row = responses[responses["event"] == "NE-100"].iloc[2]
    context.selection.select(int(row["label"]))
    shown = step.findChild(QLabel, "fact_Threshold (ΔF/F0)")
    assert shown.text() == f"{row['threshold_dff']:.3g}"
    context.cells.colour_by()
    assert colour.currentText() == "Cell"
    step.findChild(QPushButton, "show_table").click()
    assert any("Features table" in name for name in context.viewer.window.dock_widgets)
    assert context.viewer.layers.selection.active is context.cells.layer
    assert step.minimumSizeHint().width() <= 350


def test_without_cells_the_table_says_so(make_napari_viewer: Callable[..., Any]) -> None:
    widget = open_window(make_napari_viewer())
    widget.steps["responses"].findChild(QPushButton, "show_table").click()
    assert "no cells yet" in widget.context.runner.message


def test_flags_are_sentences_and_what_is_not_known_is_left_out() -> None:
    nan = float("nan")
    row = pd.Series(
        {
            "label": 4,
            "is_responder": False,
            "flags": int(CellFlag.EDGE | CellFlag.BLEACHED),
            "peak_dff": 0.0123456,
            "threshold_dff": 0.1,
            "snr": 0.5,
            "time_to_peak_s": nan,
            "fwhm_s": nan,
            "auc_dff_s": 2.0,
        }
    )
    words = response_in_words(row)
    assert words["Cell"] == "4: did not respond"
    assert words["Peak ΔF/F0"] == "0.0123"
    assert "Time to peak (s)" not in words
    assert [text.split(":")[0] for text in words["Flags"].splitlines()] == [
        "The cell touches the border of the image",
        "The baseline falls markedly before the stimulus",
    ]
    assert response_in_words(pd.Series({**row, "flags": 0}))["Flags"] == "none"


def test_one_stimulus_is_not_named_in_the_choices() -> None:
    assert colour_choices(["area_um2", "peak_dff", "is_responder"], "ATP", ["ATP"]) == {
        "label": "Cell",
        "is_responder": "Responders",
        "peak_dff": "Peak ΔF/F0",
        "area_um2": "Area (µm²)",
    }
