"""A person's way through the window of binding curves."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
)

from napari_plugin.binding.parts import Answers, Legend, PictureView
from napari_plugin.binding_widget import BindingWidget
from napari_plugin.samples import binding_plate
from napari_plugin.settings import Settings
from s1r_imaging import binding_results
from s1r_imaging.binding_analysis import analyze_binding
from s1r_imaging.simulate import simulate_binding_plate
from tests.napari_plugin.binding.hands import GRID, LEFT, choose, click, find, grid_of, paste


def drag(
    widget: BindingWidget, qtbot: Any, first: tuple[int, int], last: tuple[int, int], keys: Any = None
) -> None:
    grid = grid_of(widget)
    start, end = (grid.well_rect(place).center().toPoint() for place in (first, last))
    modifier = Qt.KeyboardModifier.NoModifier if keys is None else keys
    qtbot.mousePress(grid, LEFT, modifier, start)
    qtbot.mouseMove(grid, end)
    grid.mouseMoveEvent(_move(end))  # the screen of a test may have no pointer to move
    qtbot.mouseRelease(grid, LEFT, modifier, end)


def _move(at: QPoint) -> Any:
    from qtpy.QtCore import QEvent, QPointF
    from qtpy.QtGui import QMouseEvent

    place = QPointF(at)
    return QMouseEvent(QEvent.Type.MouseMove, place, place, LEFT, LEFT, Qt.KeyboardModifier.NoModifier)


def test_from_sample_plates_to_ki_and_back(widget: BindingWidget, qtbot: Any) -> None:
    click(widget, qtbot, "sample_plate")
    assert "288 wells on 3 plates" in find(widget, QLabel, "plate_facts").text()
    click(widget, qtbot, "step_fit")
    click(widget, qtbot, "fit")
    answers, state = find(widget, Answers, "affinities"), find(widget, QLabel, "fit_state")
    assert answers.rowCount() == 3
    assert "Ki 3" in answers.item(0, 1).text()
    assert "Z′" in find(widget, QLabel, "quality").text()
    picture, quality = find(widget, PictureView, "curves"), find(widget, QLabel, "quality")
    assert picture.isVisible()
    qtbot.waitUntil(lambda: picture.height() >= picture.heightForWidth(picture.width()))  # nothing is squashed
    assert quality.height() >= quality.heightForWidth(quality.width())
    assert state.text() == "Up to date."
    click(widget, qtbot, "step_roles")
    drag(widget, qtbot, (1, 3), (1, 3))
    click(widget, qtbot, "leave_out")
    assert grid_of(widget).looks[1, 3].is_crossed
    assert "Stale: the wells" in state.text()
    assert "stale" in find(widget, QLabel, "binding_name").text()
    click(widget, qtbot, "undo_roles")
    assert state.text() == "Up to date."


def test_roles_by_hand_from_a_pasted_grid(widget: BindingWidget, qtbot: Any) -> None:
    paste(widget, qtbot, "paste_plate", GRID)
    click(widget, qtbot, "step_roles")
    drag(widget, qtbot, (0, 0), (0, 5))
    choose(widget, "role", "total")
    click(widget, qtbot, "assign")
    drag(widget, qtbot, (0, 6), (0, 11))
    choose(widget, "role", "nonspecific")
    click(widget, qtbot, "assign")
    drag(widget, qtbot, (1, 0), (3, 11))
    choose(widget, "role", "competitor")
    find(widget, QLineEdit, "compound").setText("NE-100")
    find(widget, QLineEdit, "start").setText("10")
    find(widget, QLineEdit, "factor").setText("3,5")
    click(widget, qtbot, "assign")
    assert "has no unit" in widget.context.runner.message
    find(widget, QLineEdit, "start").setText("1 nM")
    find(widget, QLineEdit, "factor").setText("0,5")
    find(widget, QSpinBox, "per_step").setValue(2)
    click(widget, qtbot, "assign")
    assert widget.context.runner.message == ""
    table = widget.context.state.wells.table.set_index("well")
    assert table.loc["B12", "concentration_M"] == 3.2e-8
    assert table["role"].value_counts().to_dict() == {"": 48, "competitor": 36, "total": 6, "nonspecific": 6}
    assert "NE-100" in find(widget, Legend, "roles_legend").words
    assert not find(widget, QLabel, "roles_problem").isVisible()


def test_rows_columns_and_ranges_are_selected(widget: BindingWidget, qtbot: Any) -> None:
    paste(widget, qtbot, "paste_plate", GRID)
    click(widget, qtbot, "step_roles")
    grid = grid_of(widget)
    qtbot.mouseClick(grid, LEFT, pos=QPoint(5, int(grid.well_rect((2, 0)).center().y())))
    assert grid.selection == [(2, column) for column in range(12)]
    column = QPoint(int(grid.well_rect((0, 4)).center().x()), 5)
    qtbot.mouseClick(grid, LEFT, Qt.KeyboardModifier.ControlModifier, column)
    assert len(grid.selection) == 19
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    qtbot.keyClick(grid, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert len(grid.selection) == 2
    words = find(widget, QLineEdit, "wells_range")
    words.setText("A1:B2")
    qtbot.keyClick(words, Qt.Key.Key_Return)
    assert len(grid.selection) == 4
    words.setText("Z9")
    qtbot.keyClick(words, Qt.Key.Key_Return)
    assert "names no wells" in widget.context.runner.message


def test_mistakes_are_one_sentence(widget: BindingWidget, qtbot: Any) -> None:
    paste(widget, qtbot, "paste_plate", "hello")
    assert "holds no plate" in widget.context.runner.message
    click(widget, qtbot, "layer_plate")
    assert "No layer holds a plate" in widget.context.runner.message
    paste(widget, qtbot, "paste_plate", GRID)
    click(widget, qtbot, "step_roles")
    click(widget, qtbot, "assign")
    assert "No well with counts is selected" in widget.context.runner.message
    click(widget, qtbot, "step_fit")
    assert "No well has a role yet" in find(widget, QLabel, "fit_problem").text()
    click(widget, qtbot, "fit")
    assert "No well has a role yet" in widget.context.runner.message
    click(widget, qtbot, "step_export")
    click(widget, qtbot, "copy_binding_script")
    assert "save the session first" in widget.context.runner.message
    click(widget, qtbot, "step_functional")
    paste(widget, qtbot, "paste_functional", "a\tb\n1\t2")
    assert "holds no concentrations" in widget.context.runner.message


def test_384_wells_fit_the_width(widget: BindingWidget, qtbot: Any) -> None:
    paste(widget, qtbot, "paste_plate", "\n".join("\t".join(["7"] * 24) for _ in range(16)))
    click(widget, qtbot, "step_roles")
    grid = grid_of(widget)
    assert grid.well_rect((15, 23)).right() <= grid.width()
    assert grid.well_rect((15, 23)).bottom() <= grid.height()


def test_export_save_open_and_script(
    widget: BindingWidget, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binding_results, "_pictures", lambda _: {})
    click(widget, qtbot, "sample_plate")
    for name, button in (("results", "export_binding"), ("session", "save_binding")):
        answer = str(tmp_path / name)
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, answer=answer, **__: (answer, ""))
        click(widget, qtbot, "step_export")
        click(widget, qtbot, button)
        qtbot.waitUntil(lambda name=name: (tmp_path / name).is_dir(), timeout=20_000)
        qtbot.waitUntil(lambda: not widget.context.runner.busy, timeout=20_000)
    click(widget, qtbot, "copy_binding_script")
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    assert "analyze_binding(" in clipboard.text()
    toml = str(tmp_path / "session" / "binding.toml")
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_, **__: ([toml], ""))
    click(widget, qtbot, "open_binding")
    assert "session" in find(widget, QLabel, "binding_name").text()
    assert len(widget.context.state.wells.table) == 288


def test_functional_curves(widget: BindingWidget, qtbot: Any) -> None:
    rows = [
        f"{dose:g}\t{dose / (dose + 30) + 0.01 * (n % 3):.3f}" for n, dose in enumerate((0, 1, 10, 100, 1e3, 1e4))
    ]
    click(widget, qtbot, "step_functional")
    paste(widget, qtbot, "paste_functional", "\n".join(["concentration (nM)\tresponse", *rows]))
    assert "6 responses" in find(widget, QLabel, "functional_facts").text()
    click(widget, qtbot, "fit_functional")
    assert "EC50" in find(widget, QLabel, "functional_answers").text()
    assert find(widget, PictureView, "functional_curves").isVisible()


def test_options_are_remembered_and_reset(qtbot: Any) -> None:
    kept: dict[str, str] = {}
    first = BindingWidget(settings=Settings(kept))
    qtbot.addWidget(first)
    entry = first.findChild(QLineEdit, "kd_nM")
    assert entry is not None
    qtbot.keyClicks(entry, "2.5")
    click(first, qtbot, "step_fit")
    find(first, QPushButton, "fit").setEnabled(True)
    click(first, qtbot, "fit")
    second = BindingWidget(settings=Settings(kept))
    qtbot.addWidget(second)
    assert second.context.state.options.kd_nM == 2.5
    click(second, qtbot, "reset_binding")
    assert second.context.state.options.kd_nM is None


def test_closing_during_work(qtbot: Any) -> None:
    made = BindingWidget(settings=Settings({}))
    qtbot.addWidget(made)
    click(made, qtbot, "sample_plate")
    made.context.runner.start(made.context.state.fit_job)
    made.close()
    assert not made.context.runner.busy
    assert made.context.state.analysis is None


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_in_a_viewer(make_napari_viewer: Callable[..., Any], qtbot: Any, theme: str) -> None:
    viewer = make_napari_viewer()
    viewer.theme = theme
    widget = BindingWidget(viewer, settings=Settings({}))
    viewer.window.add_dock_widget(widget, name="Binding curves", area="right")
    assert widget.minimumSizeHint().width() <= 350
    assert widget.minimumWidth() <= 350
    data, kwargs, _ = binding_plate()[0]
    viewer.add_image(data, **kwargs)
    click(widget, qtbot, "layer_plate")
    click(widget, qtbot, "fit")
    plate, _ = simulate_binding_plate()
    assay = kwargs["metadata"]["s1r_imaging_plate"]["assay"]
    expected = analyze_binding(plate, **assay).affinities
    found = widget.context.state.analysis
    assert found is not None
    assert found.affinities["ki_nM"].tolist() == expected["ki_nM"].tolist()
    viewer.window.remove_dock_widget(widget)
