"""Saturation and kinetics in the window: a person's way, and the numbers of the library."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from qtpy.QtWidgets import QApplication, QComboBox, QFileDialog, QLabel, QLineEdit, QPushButton, QToolButton

from napari_plugin.binding import radioligand
from napari_plugin.binding.parts import PictureView
from napari_plugin.binding.radioligand import RadioligandState, write_radioligand_job
from napari_plugin.binding_widget import BindingWidget
from napari_plugin.compare.tables import FrameView
from napari_plugin.session import Job
from napari_plugin.settings import Settings
from s1r_imaging.binding.kinetics import DissociationOptions, fit_association, fit_dissociation
from s1r_imaging.binding.radioligand_table import read_radioligand_table
from s1r_imaging.binding.saturation import SaturationOptions, fit_saturation
from s1r_imaging.io.results import read_table
from s1r_imaging.io.sheets import text_frame
from s1r_imaging.progress import silent
from tests.binding.test_kinetics import association_table, dissociation_table
from tests.napari_plugin.binding.hands import LEFT, choose, click, find, paste
from tests.napari_plugin.tables import saturation_table


def text_of(table: pd.DataFrame) -> str:
    return str(table.to_csv(sep="\t", index=False))


def do(job: Job) -> None:
    job.accept(job.compute(silent))


def fitted(text: str, **options: Any) -> RadioligandState:
    state = RadioligandState()
    do(state.paste_job(text))
    kind = radioligand.KINDS[state.kind]
    state.set_options(kind.options(**options))
    do(state.fit_job())
    return state


@pytest.mark.parametrize(
    ("text", "fit", "options"),
    [
        (saturation_table(), fit_saturation, {"weighting": "1/y", "confidence": 0.9}),
        (saturation_table(), fit_saturation, {"depletion": True, "signal_per_M": 4e13}),
        (text_of(association_table(2)), fit_association, {"kd_M": 9e-9}),
        (text_of(dissociation_table(4, fast=0.5)), fit_dissociation, {"phases": "two_phase"}),
    ],
)
def test_numbers_are_those_of_the_library(text: str, fit: Any, options: dict[str, Any], tmp_path: Path) -> None:
    found = fitted(text, **options).found
    expected = fit(read_radioligand_table(text_frame(text)).wells, **options)
    assert found is not None
    pd.testing.assert_frame_equal(found.tables["Parameters"], expected.to_frame(), check_exact=True)
    pd.testing.assert_frame_equal(found.tables["Wells and their curve"], expected.wells, check_exact=True)
    do(write_radioligand_job(found, tmp_path / "results"))
    written = read_table(tmp_path / "results" / "parameters.csv", text=("parameter",))
    assert written["estimate"].tolist() == expected.to_frame()["estimate"].tolist()
    assert (tmp_path / "results" / "curves.csv").is_file()
    assert (tmp_path / "results" / "figures" / "figure_1.svg").is_file()
    assert found.fit.title in (tmp_path / "results" / "report.txt").read_text(encoding="utf-8")


def test_from_a_pasted_table_to_the_kd_of_the_fit(widget: BindingWidget, qtbot: Any) -> None:
    click(widget, qtbot, "step_radioligand")
    assert not find(widget, QPushButton, "use_kd").isVisible()
    paste(widget, qtbot, "paste_radioligand", saturation_table())
    facts = find(widget, QLabel, "radioligand_facts").text()
    assert "24 total and 24 non-specific wells at 8 concentrations, 316 pM to 31.62 nM" in facts
    assert "in cpm. Columns that were not used: SD." in facts
    click(widget, qtbot, "fit_radioligand")
    answer = find(widget, QLabel, "radioligand_answers").text()
    expected = fit_saturation(read_radioligand_table(text_frame(saturation_table())).wells)
    assert f"Kd {expected.value('kd_M') * 1e9:.2f} nM (" in answer
    assert f"Bmax {expected.value('bmax'):.0f} cpm (" in answer
    picture = find(widget, PictureView, "radioligand_curves")
    assert picture.isVisible()
    qtbot.waitUntil(lambda: picture.height() >= picture.heightForWidth(picture.width()))
    qtbot.mouseClick(find(widget, QToolButton, "fold_radioligand_numbers_tables"), LEFT)
    numbers = find(widget, FrameView, "radioligand_numbers")
    pd.testing.assert_frame_equal(numbers.frame, expected.to_frame(), check_exact=True)
    click(widget, qtbot, "use_kd")
    options = widget.context.state.options
    assert options.kd_nM == expected.value("kd_M") * 1e9
    assert options.kd_se_nM == expected.value("kd_M", "standard_error") * 1e9
    shown = find(widget, QLineEdit, "kd_nM")
    assert float(shown.text()) == options.kd_nM
    assert shown.cursorPosition() == 0  # the first digits are in sight
    assert abs(options.kd_nM - 3.0) < 4 * options.kd_se_nM


def test_a_changed_option_makes_the_answer_stale_and_keeps_its_kd_back(widget: BindingWidget, qtbot: Any) -> None:
    click(widget, qtbot, "step_radioligand")
    paste(widget, qtbot, "paste_radioligand", saturation_table())
    click(widget, qtbot, "fit_radioligand")
    state = find(widget, QLabel, "radioligand_state")
    assert state.text() == "Up to date."
    choose(widget, "sites", "two_site")
    qtbot.waitUntil(lambda: "Stale" in state.text())
    click(widget, qtbot, "use_kd")
    assert "stale: fit again" in widget.context.runner.message
    assert widget.context.state.options.kd_nM is None
    click(widget, qtbot, "fit_radioligand")
    assert "Kd 1 " in find(widget, QLabel, "radioligand_answers").text()
    assert not find(widget, QPushButton, "use_kd").isEnabled()  # there are two


def test_kinetics_are_known_by_their_times(widget: BindingWidget, qtbot: Any) -> None:
    click(widget, qtbot, "step_radioligand")
    kinds = find(widget, QComboBox, "radioligand_kind")
    paste(widget, qtbot, "paste_radioligand", text_of(association_table(2)))
    assert [kinds.itemText(place) for place in range(kinds.count())] == ["Association", "Dissociation"]
    assert find(widget, QLineEdit, "k_off_per_min").isVisible()
    click(widget, qtbot, "fit_radioligand")
    assert "k_on " in find(widget, QLabel, "radioligand_answers").text()
    assert find(widget, QPushButton, "use_kd").isEnabled()
    paste(widget, qtbot, "paste_radioligand", text_of(dissociation_table(3)))
    assert kinds.currentText() == "Dissociation"
    assert not find(widget, QLineEdit, "k_off_per_min").isVisible()
    click(widget, qtbot, "fit_radioligand")
    assert "half-life 3" in find(widget, QLabel, "radioligand_answers").text()


def test_mistakes_are_one_sentence_in_words_of_the_window(widget: BindingWidget, qtbot: Any) -> None:
    click(widget, qtbot, "step_radioligand")
    paste(widget, qtbot, "paste_radioligand", "a\tb\n1\t2")
    assert "holds no binding of a radioligand" in widget.context.runner.message
    paste(widget, qtbot, "paste_radioligand", saturation_table())
    widget.context.radioligand.set_options(SaturationOptions(depletion=True))
    click(widget, qtbot, "fit_radioligand")
    assert widget.context.runner.message.startswith("Depletion needs Signal (per mol/L)")
    table = association_table(2, doses=(3e-9,))
    paste(widget, qtbot, "paste_radioligand", text_of(table))
    choose(widget, "radioligand_kind", "association")
    click(widget, qtbot, "fit_radioligand")
    assert "or k‑off (1/min) from a dissociation experiment" in widget.context.runner.message


def test_flags_are_words(widget: BindingWidget, qtbot: Any) -> None:
    click(widget, qtbot, "step_radioligand")
    paste(widget, qtbot, "paste_radioligand", saturation_table(kd_nM=1e5))
    click(widget, qtbot, "fit_radioligand")
    answer = find(widget, QLabel, "radioligand_answers").text()
    assert "its interval is open" in answer
    assert not find(widget, QPushButton, "use_kd").isEnabled()


def test_a_file_is_read_and_results_are_written(
    widget: BindingWidget, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, folder = tmp_path / "pentazocine.tsv", tmp_path / "results"
    path.write_text(saturation_table(), encoding="utf-8")
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_, **__: ([str(path)], ""))
    proposed = []

    def name(*arguments: Any, **_: Any) -> tuple[str, str]:
        proposed.append(Path(arguments[2]).name)
        return str(folder), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", name)
    click(widget, qtbot, "step_radioligand")
    click(widget, qtbot, "open_radioligand")
    click(widget, qtbot, "fit_radioligand")
    click(widget, qtbot, "export_radioligand")
    assert proposed == ["pentazocine-saturation"]
    assert sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) == [
        "curves.csv", "figures", "parameters.csv", "report.txt", "wells.csv",
    ]  # fmt: skip
    click(widget, qtbot, "copy_radioligand")
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    assert clipboard.text() == find(widget, QLabel, "radioligand_answers").text()


def test_options_are_remembered_and_reset(qtbot: Any) -> None:
    kept: dict[str, str] = {}
    first = BindingWidget(settings=Settings(kept))
    qtbot.addWidget(first)
    choose(first, "sites", "two_site")
    form = first.context.radioligand
    qtbot.waitUntil(lambda: form.options("saturation").sites == "two_site")
    second = BindingWidget(settings=Settings(kept))
    qtbot.addWidget(second)
    assert find(second, QComboBox, "sites").currentData() == "two_site"
    second.context.radioligand.set_options(DissociationOptions(phases="two_phase"))
    click(second, qtbot, "reset_binding")
    assert find(second, QComboBox, "sites").currentData() == "one_site"
    assert second.context.radioligand.options("dissociation") == DissociationOptions()


def test_a_fit_is_cancelled(widget: BindingWidget, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    is_cancelled = threading.Event()
    kind = radioligand.KINDS["saturation"]

    def fit(*arguments: Any, **options: Any) -> Any:
        assert is_cancelled.wait(20)
        return kind.fit(*arguments, **options)

    kinds = {**radioligand.KINDS, "saturation": radioligand.Kind(kind.title, kind.options, fit)}
    monkeypatch.setattr(radioligand, "KINDS", kinds)
    paste(widget, qtbot, "paste_radioligand", saturation_table())
    qtbot.mouseClick(find(widget, QPushButton, "fit_radioligand"), LEFT)
    qtbot.waitUntil(lambda: find(widget, QPushButton, "cancel").isEnabled())
    qtbot.mouseClick(find(widget, QPushButton, "cancel"), LEFT)
    is_cancelled.set()
    qtbot.waitUntil(lambda: not widget.context.runner.busy, timeout=20_000)
    assert widget.context.runner.message.startswith("Cancelled")
    assert widget.context.radioligand.found is None


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_points_of_the_figure_are_seen_in_either_theme(
    make_napari_viewer: Callable[..., Any], qtbot: Any, theme: str
) -> None:
    viewer = make_napari_viewer()
    viewer.theme = theme
    made = BindingWidget(viewer, settings=Settings({}))
    viewer.window.add_dock_widget(made, name="Binding curves", area="right")
    assert made.minimumSizeHint().width() <= 350
    paste(made, qtbot, "paste_radioligand", saturation_table())
    click(made, qtbot, "fit_radioligand")
    found = made.context.radioligand.found
    assert found is not None
    pixels = getattr(found.picture, theme).astype(int)[..., :3]
    ground = pixels[0, 0]
    marks = (np.abs(pixels - ground).max(axis=2) > 150).mean()
    assert marks > 0.01  # black markers of paper are white on dark, not dark again
    viewer.window.remove_dock_widget(made)
