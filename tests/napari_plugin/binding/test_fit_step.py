"""The steps Plate, Fit and Functional, with plates that are not the sample."""

from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from qtpy.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
)

from napari_plugin.binding.parts import Answers, PictureView
from napari_plugin.binding_widget import BindingWidget
from napari_plugin.compare.tables import FrameView
from s1r_imaging.binding_analysis import analyze_binding
from s1r_imaging.io.grids import well_position
from s1r_imaging.simulate import simulate_binding_plate
from tests.napari_plugin.binding.hands import GRID, LEFT, choose, click, find, grid_of, paste


def test_what_is_missing_of_the_assay_is_said_before_the_fit_in_words_of_the_window(
    widget: BindingWidget, qtbot: Any
) -> None:
    plate, _ = simulate_binding_plate(n_experiments=1)
    widget.context.state.take_plate(plate, {}, "plate")
    problem = find(widget, QLabel, "fit_problem")
    assert problem.text() == "Radioligand (nM) was not given: say how much radioligand is in a well."
    click(widget, qtbot, "step_fit")
    for name, value in (("radioligand_nM", "3,0"), ("kd_nM", "3")):
        qtbot.keyClicks(find(widget, QLineEdit, name), value)
    click(widget, qtbot, "fit")
    assert problem.text() == ""
    assert find(widget, Answers, "affinities").rowCount() == 3
    choose(widget, "equilibrium", "exact")
    click(widget, qtbot, "fit")
    assert "give Receptor (nM), or Specific activity (Ci/mmol)" in widget.context.runner.message


def test_cells_that_are_no_number_are_named(widget: BindingWidget, qtbot: Any) -> None:
    facts = find(widget, QLabel, "plate_facts")
    paste(widget, qtbot, "paste_plate", GRID.replace("1000,5", "OVER").replace("1001,5", "12*"))
    assert "No number stands in A1, B1." in facts.text()
    paste(widget, qtbot, "paste_plate", GRID.replace("\t", " cpm\t").replace("\n", " cpm\n") + " cpm")
    assert "without units" in facts.text()
    paste(widget, qtbot, "paste_plate", "well\tCPM\tDPM\nA1\t1\t2\nA2\t2\t3")
    assert widget.context.runner.message == (
        "What was pasted cannot be used: signal stands in several columns (CPM, DPM): "
        "choose one with Counts column."
    )


def test_a_well_far_from_its_curve_is_named_and_found_on_the_plate(widget: BindingWidget, qtbot: Any) -> None:
    plate, _ = simulate_binding_plate(seed=3, n_experiments=2)
    bad = plate.index[(plate["experiment"] == 2) & (plate["role"] == "competitor")][4]
    plate.loc[bad, "signal"] *= 5
    well = str(plate.loc[bad, "well"])
    widget.context.state.take_plate(plate, {"radioligand_nM": 3.0, "kd_nM": 3.0}, "plates")
    click(widget, qtbot, "step_fit")
    click(widget, qtbot, "fit")
    assert f": {well} of plate 2 ({plate.loc[bad, 'compound']})." in find(widget, QLabel, "outliers").text()
    before = find(widget, Answers, "affinities").item(0, 1).text()
    click(widget, qtbot, "show_outliers")
    assert find(widget, QComboBox, "roles_plate").currentText() == "Plate 2"
    assert grid_of(widget).selection == [well_position(well)]
    click(widget, qtbot, "leave_out")
    click(widget, qtbot, "step_fit")
    click(widget, qtbot, "fit")
    assert not find(widget, QPushButton, "show_outliers").isVisible()
    assert find(widget, Answers, "affinities").item(0, 1).text() != before


def test_all_numbers_are_tables_to_copy_with_all_their_digits(widget: BindingWidget, qtbot: Any) -> None:
    plate, _ = simulate_binding_plate(n_experiments=2)
    widget.context.state.take_plate(plate, {"radioligand_nM": 3.0, "kd_nM": 3.0}, "plates")
    numbers = find(widget, FrameView, "fit_numbers")
    click(widget, qtbot, "step_fit")
    assert not numbers.isVisible()
    click(widget, qtbot, "fit")
    qtbot.mouseClick(find(widget, QToolButton, "fold_fit_numbers_tables"), LEFT)
    assert numbers.isVisible()
    expected = analyze_binding(plate, radioligand_nM=3.0, kd_nM=3.0)
    pd.testing.assert_frame_equal(numbers.frame, expected.affinities, check_exact=True)
    choices = find(widget, QComboBox, "fit_numbers_choice")
    choices.setCurrentIndex(choices.findText("Over the experiments"))
    pd.testing.assert_frame_equal(numbers.frame, expected.combined, check_exact=True)
    numbers.selectAll()
    numbers.copy()
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    copied = pd.read_csv(StringIO(clipboard.text()), sep="\t", header=None)
    place = list(expected.combined.columns).index("mean_pki")
    np.testing.assert_array_equal(copied.iloc[:, place], expected.combined["mean_pki"])


def test_a_folder_without_a_report_is_one_sentence(
    widget: BindingWidget, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, **__: str(tmp_path))
    click(widget, qtbot, "step_functional")
    click(widget, qtbot, "open_experiment")
    assert "holds no report of an experiment: choose the folder" in widget.context.runner.message


def test_a_click_on_the_curves_shows_them_large(widget: BindingWidget, qtbot: Any) -> None:
    plate, _ = simulate_binding_plate(n_experiments=1)
    widget.context.state.take_plate(plate, {"radioligand_nM": 3.0, "kd_nM": 3.0}, "plate")
    click(widget, qtbot, "step_fit")
    click(widget, qtbot, "fit")
    picture = find(widget, PictureView, "curves")
    qtbot.mouseClick(picture, LEFT)
    large = find(widget, QDialog, "large_picture")
    assert large.isVisible()
    shown = large.findChild(PictureView, "large_curves")
    assert shown is not None
    assert shown.shown is picture.shown
    assert shown.width() > 1.5 * picture.width()
    large.close()
