"""The plot in a real window: what it follows, and what the mouse and the keys do."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication, QComboBox, QLabel, QPushButton

from napari_plugin.colours import Colouring
from napari_plugin.plot import TracesView
from napari_plugin.plot.heatmap import HeatMap
from napari_plugin.plot.overlay import Overlay
from napari_plugin.plot.single import Single
from napari_plugin.session import Session
from s1r_imaging.calcium.dff import DffOptions
from s1r_imaging.recording import Event
from tests.napari_plugin.jobs import do
from tests.napari_plugin.plot.scene import draw_now, fill, make_recording, without

OpenView = Callable[..., TracesView]
LEFT = Qt.MouseButton.LeftButton


def drawing_of(view: TracesView) -> Any:
    draw_now(view)
    assert view.canvas.drawing is not None
    return view.canvas.drawing


def pixels(view: TracesView) -> Any:
    """Return what the canvas shows, as numbers."""
    return np.array(view.canvas.buffer_rgba())[..., :3].astype(int)  # type: ignore[no-untyped-call]


def at(view: TracesView, time_s: float, value: float) -> QPoint:
    """Return where a value stands on the canvas."""
    x, y = drawing_of(view).ax.transData.transform((time_s, value))
    return QPoint(round(x), round(view.canvas.height() - y))


def point_on(view: TracesView, label: int, frame: int) -> QPoint:
    shown = drawing_of(view).content
    return at(view, shown.time_s[frame], shown.values[shown.row_of(label), frame])


def choose(view: TracesView, name: str, data: str) -> None:
    box = view.findChild(QComboBox, name)
    assert box is not None
    box.setCurrentIndex(box.findData(data))


def words(view: TracesView, name: str = "plot_words") -> str:
    label = view.findChild(QLabel, name)
    assert label is not None
    return str(label.text())


def test_a_click_on_a_trace_selects_its_cell_and_an_empty_one_none(
    session: Session, open_view: OpenView, qtbot: Any
) -> None:
    view = open_view(session)
    selection = view._context.selection
    qtbot.mouseClick(view.canvas, LEFT, pos=point_on(view, 5, 32))
    assert selection.label == 5
    assert words(view) == "Cell 5"
    low, high = drawing_of(view).ax.get_ylim()
    qtbot.mouseClick(view.canvas, LEFT, pos=at(view, 2.0, low + 0.9 * (high - low)))
    assert selection.label == 0
    assert words(view) == ""


def test_a_selection_is_highlighted_without_drawing_all_anew(session: Session, open_view: OpenView) -> None:
    view = open_view(session)
    draw_now(view)
    before, n_draws = pixels(view), view.canvas.n_full_draws
    view._context.selection.select(3)
    assert (pixels(view) != before).any()
    view._context.selection.select(0)
    assert (pixels(view) == before).all()
    assert view.canvas.n_full_draws == n_draws


def test_keys_go_from_cell_to_cell(session: Session, open_view: OpenView, qtbot: Any) -> None:
    view = open_view(session)
    selection = view._context.selection
    labels = []
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Escape, Qt.Key.Key_Up):
        qtbot.keyClick(view.canvas, key)
        labels.append(selection.label)
    assert labels == [1, 2, 1, 1, 0, 6]


def test_the_line_follows_the_slider_without_drawing_all_anew(session: Session, open_view: OpenView) -> None:
    view = open_view(session)
    time_s = drawing_of(view).content.time_s
    n_draws, viewer = view.canvas.n_full_draws, view._context.viewer
    for frame in (10, 40):
        viewer.dims.set_current_step(0, frame)
        expected = drawing_of(view).ax.transData.transform((time_s[frame], 0))[0]
        assert view.canvas.line_px == pytest.approx(expected)
        column = pixels(view)[20:-60, int(expected)]
        ink = 255 * np.array(to_rgb(view._colours.ink))
        assert np.abs(column - ink).max(axis=1).min() < 60
    assert view.canvas.n_full_draws == n_draws


def test_the_line_and_the_time_axis_move_the_slider(session: Session, open_view: OpenView, qtbot: Any) -> None:
    view = open_view(session)
    dims, time_s = view._context.viewer.dims, drawing_of(view).content.time_s
    dims.set_current_step(0, 10)
    high = drawing_of(view).ax.get_ylim()[1] * 0.9
    qtbot.mousePress(view.canvas, LEFT, pos=at(view, time_s[10], high))
    qtbot.mouseMove(view.canvas, at(view, time_s[20], high))
    view._pointer._move(mouse(view, at(view, time_s[20], high)))  # a screen without a pointer may not say so
    qtbot.mouseRelease(view.canvas, LEFT, pos=at(view, time_s[20], high))
    assert dims.current_step[0] == 20
    assert view._context.selection.label == 0
    below = QPoint(at(view, time_s[50], 0.0).x(), view.canvas.height() - 12)
    qtbot.mouseClick(view.canvas, LEFT, pos=below)
    assert dims.current_step[0] == 50


def mouse(view: TracesView, place: QPoint) -> Any:
    class Event:
        x, y = float(place.x()), float(view.canvas.height() - place.y())

    return Event()


def wheel(view: TracesView, place: QPoint, modifier: Qt.KeyboardModifier) -> None:
    event = QWheelEvent(
        QPointF(place), QPointF(view.canvas.mapToGlobal(place)), QPoint(0, 0), QPoint(0, 120),
        Qt.MouseButton.NoButton, modifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view.canvas, event)


def test_the_view_is_zoomed_kept_and_shown_whole_again(session: Session, open_view: OpenView, qtbot: Any) -> None:
    view = open_view(session)
    full = drawing_of(view).view
    wheel(view, point_on(view, 1, 30), Qt.KeyboardModifier.NoModifier)
    near = drawing_of(view).view
    assert full[0] < near[0] < near[1] < full[1]
    assert near[2:] == full[2:]
    session.set_events([Event("ATP again", 20.0)])
    do(session.job())
    qtbot.waitUntil(lambda: drawing_of(view).content.traces.events[0].name == "ATP again")
    assert drawing_of(view).view == near
    choose(view, "plot_quantity", "f")
    assert drawing_of(view).view[:2] == near[:2]
    qtbot.mouseDClick(view.canvas, LEFT, pos=point_on(view, 1, 30))
    assert drawing_of(view).shows_all


def test_the_mouse_says_what_it_is_on(session: Session, open_view: OpenView, qtbot: Any) -> None:
    view = open_view(session)
    place = point_on(view, 5, 32)
    view._pointer._move(mouse(view, place))
    qtbot.waitUntil(lambda: words(view).startswith("Cell 5: ΔF/F0 = "))
    assert view._context.selection.label == 0


def test_rows_of_the_heat_map_are_cells(session: Session, open_view: OpenView, qtbot: Any) -> None:
    view = open_view(session)
    for order in ("label", "response"):
        choose(view, "plot_mode", "heatmap")
        choose(view, "plot_order", order)
        drawing = drawing_of(view)
        assert isinstance(drawing, HeatMap)
        qtbot.mouseClick(view.canvas, LEFT, pos=at(view, drawing.content.time_s[30], 2.0))
        assert view._context.selection.label == drawing.order()[1]
        before = pixels(view)
        qtbot.keyClick(view.canvas, Qt.Key.Key_Down)
        assert view._context.selection.label == drawing.order()[2]
        assert (pixels(view) != before).any()


def test_one_cell_is_shown_with_what_it_is_made_from(session: Session, open_view: OpenView) -> None:
    view = open_view(session)
    choose(view, "plot_mode", "single")
    assert "Select a cell" in next(text.get_text() for text in drawing_of(view).ax.texts)
    view._context.selection.select(3)
    for action in view.bar._actions.values():
        action.setChecked(True)
    drawing = drawing_of(view)
    traces = drawing.content.traces
    assert isinstance(drawing, Single)
    assert drawing._counts is not None
    shown = [np.asarray(line.get_ydata()) for line in drawing._counts.get_lines()]
    for line, part in zip(shown, (traces.f, traces.f_background, traces.f0), strict=True):
        np.testing.assert_array_equal(line, part[2])
    choose(view, "plot_quantity", "f")
    assert drawing_of(view)._counts is None


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_one_cell_is_read_on_its_ground_whatever_its_colour(
    session: Session, open_view: OpenView, theme: str
) -> None:
    view = open_view(session)
    view._context.viewer.theme = theme
    shades = mpl.colormaps["viridis"](np.linspace(0, 1, 6), alpha=[0.3, 1, 1, 1, 1, 0.3])
    view._colouring = Colouring("peak_dff", {label: tuple(shade) for label, shade in enumerate(shades, 1)})
    choose(view, "plot_mode", "single")
    ground = 255 * np.array(to_rgb(view._colours.ground))
    for label in range(1, 7):  # from dark violet to light yellow, both ends pale
        view._context.selection.select(label)
        draw_now(view)
        drawing = drawing_of(view)
        shown = drawing.content
        x, y = drawing.ax.transData.transform((shown.time_s[10], shown.values[label - 1, 10]))
        seen = pixels(view)[::-1][int(y) - 2 : int(y) + 3, int(x) - 1 : int(x) + 2]
        assert np.abs(seen - ground).max() > 90, label


def test_an_edit_draws_its_trace_at_once_and_all_of_them_later(
    session: Session, open_view: OpenView, qtbot: Any
) -> None:
    view = open_view(session)
    drawing = drawing_of(view)
    before, n_draws = pixels(view), view.canvas.n_full_draws
    labels = np.array(session.labels)
    labels[:2, 12:15] = 0
    do(session.edit_job(labels))
    qtbot.waitUntil(lambda: bool((pixels(view) != before).any()))
    assert view.canvas.drawing is drawing
    assert view.canvas.n_full_draws == n_draws
    assert words(view, "plot_stale").startswith("stale: ")
    assert "responses" in words(view, "plot_stale")
    qtbot.waitUntil(lambda: view.canvas.drawing is not drawing)
    draw_now(view)
    shown, traces = drawing_of(view).content, session.traces
    assert traces is not None
    np.testing.assert_array_equal(shown.values, traces.dff)


def test_what_is_stale_is_said_until_it_is_not(session: Session, open_view: OpenView, qtbot: Any) -> None:
    view = open_view(session)
    assert words(view, "plot_stale") == ""
    session.set_options("dff", DffOptions(bleaching="mono_exponential"))
    qtbot.waitUntil(lambda: words(view, "plot_stale") == "stale: ΔF/F0, responses")
    do(session.job())
    qtbot.waitUntil(lambda: words(view, "plot_stale") == "")


def test_it_lives_through_closing_replacing_and_deleting(
    session: Session, open_view: OpenView, qtbot: Any
) -> None:
    view = open_view(session)
    context = view._context
    context.selection.select(6)
    for mode in ("overlay", "heatmap", "single"):
        choose(view, "plot_mode", mode)
        fill(session, 6)
        do(session.edit_job(without(session.labels, 6)))
        qtbot.waitUntil(lambda: drawing_of(view).content.row_of(6) is None)
        draw_now(view)
        qtbot.keyClick(view.canvas, Qt.Key.Key_Down)
        context.selection.select(6)
        fill(session, 3, name="another")
        qtbot.waitUntil(lambda: drawing_of(view).content.traces.name == "another")
        draw_now(view)
        session.close()
        qtbot.waitUntil(lambda: view.canvas.drawing is None)
        view.canvas.draw()
        context.viewer.layers.clear()
        qtbot.mouseClick(view.canvas, LEFT, pos=QPoint(200, 60))
        qtbot.keyClick(view.canvas, Qt.Key.Key_Up)
        session.open(make_recording(4)[0])
        qtbot.waitUntil(lambda: "cells" in str(view._content))


def test_cells_without_numbers_are_no_fault(session: Session, open_view: OpenView) -> None:
    traces = session.traces
    assert traces is not None
    dff = np.array(traces.dff)
    dff[0], dff[1, 10:20] = np.nan, np.nan
    session._keep({"dff": replace(traces, dff=dff)}, session._there())
    view = open_view(session)
    for mode in ("overlay", "heatmap", "single"):
        choose(view, "plot_mode", mode)
        for label in (1, 2, 99):
            view._context.selection.select(label)
            draw_now(view)


def test_the_saved_figure_is_for_print(session: Session, open_view: OpenView, qtbot: Any, tmp_path: Path) -> None:
    view = open_view(session)
    view._context.viewer.theme = "dark"
    view._context.selection.select(3)
    for mode in ("overlay", "heatmap", "single"):
        choose(view, "plot_mode", mode)
        path = tmp_path / f"{mode}.svg"
        with qtbot.waitSignal(view._context.runner.finished, timeout=20_000):
            view.save_figure(path)
        assert "saved" in view._context.runner.message
        assert "ffffff" in path.read_text(encoding="utf-8")
        assert view._colours.ground not in path.read_text(encoding="utf-8")
    session.set_options("dff", DffOptions(bleaching="mono_exponential"))
    with qtbot.waitSignal(view._context.runner.finished, timeout=20_000):
        view.save_figure(tmp_path / "stale.svg")
    assert view._context.runner.message.endswith("It shows what is stale: ΔF/F0, responses.")
    with qtbot.waitSignal(view._context.runner.finished, timeout=20_000):
        view.save_figure("figure.docx")
    assert ".svg" in view._context.runner.message


def test_colours_are_those_of_the_theme(session: Session, open_view: OpenView) -> None:
    view = open_view(session)
    for theme in ("light", "dark"):
        view._context.viewer.theme = theme
        draw_now(view)
        corner = pixels(view)[-1, -1]
        np.testing.assert_allclose(corner, 255 * np.array(to_rgb(view._colours.ground)), atol=1)
    save = view.findChild(QPushButton, "plot_save")
    assert save is not None
    assert save.isEnabled()
    assert view.minimumSizeHint().width() <= 350


def test_two_windows_do_not_meddle(session: Session, open_view: OpenView) -> None:
    other_session = Session()
    fill(other_session, 4)
    one, other = open_view(session), open_view(other_session)
    one._context.selection.select(2)
    one._context.viewer.dims.set_current_step(0, 7)
    assert other._context.selection.label == 0
    assert other.canvas.label == 0
    assert isinstance(drawing_of(other), Overlay)
    one.close()
    other._context.selection.select(3)
    assert other.canvas.label == 3


def test_a_closed_view_follows_nothing(session: Session, open_view: OpenView) -> None:
    view = open_view(session)
    view.close_down()
    view.close_down()
    session.close()
    view._context.selection.select(1)
    view._context.viewer.dims.set_current_step(0, 3)
    view._context.viewer.theme = "light"
    assert view.canvas.drawing is None
    assert not view._is_asked


def test_stimuli_are_shown_as_they_are_set_and_options_draw_nothing(
    session: Session, open_view: OpenView, qtbot: Any
) -> None:
    view = open_view(session)
    n_draws, drawing = view.canvas.n_full_draws, drawing_of(view)
    session.set_options("dff", DffOptions(bleaching="mono_exponential"))
    qtbot.waitUntil(lambda: words(view, "plot_stale") != "")
    assert not view._redraw.isActive()
    assert (view.canvas.n_full_draws, view.canvas.drawing) == (n_draws, drawing)
    session.set_events([Event("bradykinin", 12.0, 20.0, 1e-7), Event("late", 59.0)])
    qtbot.waitUntil(lambda: drawing_of(view) is not drawing)
    names = [text.get_text() for text in drawing_of(view).ax.texts if text.get_gid() == "event"]
    assert "bradykinin 100 nM" in names
