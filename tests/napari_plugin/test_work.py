"""Work of the window: progress, cancel, errors, warnings, order, closing."""

import threading
import time
import warnings
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QApplication, QLabel, QProgressBar, QPushButton

from napari_plugin.session import Job
from napari_plugin.work import Runner
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.progress import Progress


@pytest.fixture
def runner(qtbot: Any) -> Iterator[Runner]:
    widget = Runner()
    qtbot.addWidget(widget)
    widget.show()
    yield widget
    widget.stop_and_wait()


class Slow:
    """Work that goes on until it is let go."""

    def __init__(self, answer: object = 1, title: str = "Finding cells") -> None:
        self.go, self.begun = threading.Event(), threading.Event()
        self.answer, self.thread = answer, 0
        self.accepted: list[object] = []
        self.job = Job(title, self.compute, self.accept)

    def compute(self, progress: Progress) -> object:
        self.thread = threading.get_ident()
        self.begun.set()
        for done in range(1000):
            progress("cells", done, 1000)
            if self.go.wait(0.005):
                break
        return self.answer

    def accept(self, answer: object) -> None:
        assert threading.current_thread() is threading.main_thread()
        self.accepted.append(answer)


def quick(answer: object, accepted: list[object]) -> Job:
    return Job("Quick", lambda _: answer, accepted.append)


def failing(error: Exception) -> Job:
    def compute(_: Progress) -> None:
        raise error

    return Job("Failing", compute, lambda _: None)


def child(runner: Runner, kind: type, name: str) -> Any:
    found: Any = runner.findChild(kind, name)
    assert found is not None
    return found


def idle(qtbot: Any, runner: Runner) -> None:
    qtbot.waitUntil(lambda: not runner.busy, timeout=5000)


def test_work_is_done_elsewhere_and_its_answer_taken_here(runner: Runner, qtbot: Any) -> None:
    slow, order = Slow(answer="cells"), []
    slow.go.set()
    with qtbot.waitSignal(runner.finished):
        assert runner.start(slow.job, then=lambda: order.append(list(slow.accepted)))
        qtbot.waitUntil(lambda: runner.busy)
    assert slow.accepted == ["cells"]
    assert order == [["cells"]]
    assert slow.thread != threading.get_ident()
    assert runner.message == ""


def test_progress_is_shown_and_goes_away(runner: Runner, qtbot: Any) -> None:
    slow = Slow()
    bar = child(runner, QProgressBar, "progress")
    runner.start(slow.job)
    assert bar.isVisible()
    assert bar.format() == "Finding cells"
    assert (bar.minimum(), bar.maximum()) == (0, 0)  # busy: nothing is known yet
    qtbot.waitUntil(lambda: bar.value() > 20, timeout=5000)
    assert bar.maximum() == 1000
    assert bar.format() == f"cells {100 * bar.value() // 1000} %"
    slow.go.set()
    idle(qtbot, runner)
    assert not bar.isVisible()
    assert not child(runner, QPushButton, "cancel").isVisible()


def test_cancelled_work_leaves_nothing(runner: Runner, qtbot: Any) -> None:
    slow = Slow()
    runner.start(slow.job)
    qtbot.mouseClick(child(runner, QPushButton, "cancel"), Qt.MouseButton.LeftButton)
    idle(qtbot, runner)
    assert slow.accepted == []
    assert runner.message.startswith("Cancelled")


def test_an_answer_that_comes_after_cancel_is_not_taken(runner: Runner, qtbot: Any) -> None:
    go = threading.Event()
    accepted: list[object] = []
    runner.start(Job("Deaf", lambda _: go.wait(5), accepted.append))
    runner.cancel()
    go.set()
    idle(qtbot, runner)
    assert accepted == []


def test_an_answer_is_taken_piece_by_piece_and_the_window_goes_on_between(runner: Runner, qtbot: Any) -> None:
    heard: list[str] = []

    def accept(answer: object) -> Iterator[None]:
        heard.append(f"first of {answer}")
        QTimer.singleShot(0, lambda: heard.append(f"the window, busy: {runner.busy}"))
        yield
        heard.append("second")

    runner.finished.connect(lambda: heard.append("finished"))
    runner.start(Job("Opening", lambda _: 1, accept), then=lambda: heard.append("then"))
    idle(qtbot, runner)
    assert heard == ["first of 1", "the window, busy: True", "second", "then", "finished"]


def test_work_that_is_asked_for_between_two_pieces_waits(runner: Runner, qtbot: Any) -> None:
    taken: list[object] = []

    def accept(_: object) -> Iterator[None]:
        yield
        assert runner.start(quick("next", taken))
        yield
        taken.append("last piece")

    runner.start(Job("Opening", lambda _: 1, accept))
    qtbot.waitUntil(lambda: len(taken) == 2)
    assert taken == ["last piece", "next"]


def test_a_piece_that_fails_is_said_and_ends_it(runner: Runner, qtbot: Any) -> None:
    def accept(_: object) -> Iterator[None]:
        yield
        raise ValueError("The layer was taken away.")

    runner.start(Job("Opening", lambda _: 1, accept))
    idle(qtbot, runner)
    assert runner.message == "The layer was taken away."
    assert not runner.busy


def test_a_window_that_is_closed_takes_no_more_pieces(runner: Runner, qtbot: Any) -> None:
    taken: list[str] = []

    def accept(_: object) -> Iterator[None]:
        taken.append("first")
        QTimer.singleShot(0, runner.stop_and_wait)
        yield
        taken.append("second")

    runner.start(Job("Opening", lambda _: 1, accept))
    idle(qtbot, runner)
    assert not runner.busy
    assert taken == ["first"]


@pytest.mark.parametrize("error", [S1RImagingError("film.tif is cut short."), ValueError("f0='x': expected ...")])
def test_foreseen_errors_are_one_sentence(runner: Runner, qtbot: Any, error: Exception) -> None:
    runner.start(failing(error))
    idle(qtbot, runner)
    assert runner.message == str(error)
    assert not child(runner, QPushButton, "copy_details").isVisible()
    runner.start(quick(1, []))
    idle(qtbot, runner)
    assert runner.message == ""


def test_unforeseen_errors_keep_their_traceback(runner: Runner, qtbot: Any) -> None:
    runner.start(failing(KeyError("what")))
    idle(qtbot, runner)
    assert "KeyError: 'what'" in runner.message
    qtbot.mouseClick(child(runner, QPushButton, "copy_details"), Qt.MouseButton.LeftButton)
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    assert "Traceback" in clipboard.text()
    assert "in compute" in clipboard.text()


def test_errors_in_making_and_in_taking_are_said_too(runner: Runner, qtbot: Any) -> None:
    def no_recording() -> Job:
        raise ValueError("There is no recording yet.")

    assert not runner.start(no_recording)
    assert runner.message == "There is no recording yet."

    def refuse(_: object) -> None:
        raise ValueError("It does not fit.")

    assert runner.start(Job("Refused", lambda _: 1, refuse))
    idle(qtbot, runner)
    assert runner.message == "It does not fit."


@pytest.mark.filterwarnings("default:pixels are not square:UserWarning")
def test_warnings_of_the_work_are_said(runner: Runner, qtbot: Any) -> None:
    def compute(_: Progress) -> None:
        for _time in range(3):
            warnings.warn("pixels are not square", UserWarning, stacklevel=1)

    before = warnings.showwarning
    for _time in range(2):  # the second time it is news again, which Python alone would keep to itself
        runner.start(Job("Reading", compute, lambda _: None))
        idle(qtbot, runner)
        assert runner.message == "pixels are not square"
    assert warnings.showwarning is before


@pytest.mark.filterwarnings("default:of the window:UserWarning")
def test_warnings_of_others_are_left_alone(runner: Runner, qtbot: Any) -> None:
    slow = Slow()
    runner.start(slow.job)
    assert slow.begun.wait(5)
    with pytest.warns(UserWarning, match="of the window"):
        warnings.warn("of the window", UserWarning, stacklevel=1)
    slow.go.set()
    idle(qtbot, runner)
    assert runner.message == ""


def test_a_second_click_computes_nothing_twice(runner: Runner, qtbot: Any) -> None:
    slow, again = Slow(), Slow()
    assert runner.start(slow.job)
    assert not runner.start(again.job)
    assert runner.message == "Finding cells is still under way: wait until it is done, or cancel it first."
    slow.go.set()
    idle(qtbot, runner)
    assert (slow.accepted, again.begun.is_set()) == ([1], False)


def test_of_the_edits_that_wait_only_the_latest_is_done(runner: Runner, qtbot: Any) -> None:
    slow = Slow()
    done: list[object] = []
    runner.start(slow.job)
    for number in range(5):
        runner.start_edit(lambda number=number: quick(number, done))  # type: ignore[misc]
    slow.go.set()
    idle(qtbot, runner)
    assert done == [4]


def test_what_is_asked_for_during_an_edit_comes_after_it(runner: Runner, qtbot: Any) -> None:
    edit = Slow(answer="edit")
    done: list[object] = []
    runner.start_edit(lambda: edit.job)
    assert not child(runner, QProgressBar, "progress").isVisible()  # over before a bar could be read
    assert runner.start(lambda: quick(list(edit.accepted), done))
    runner.start_edit(lambda: quick("too late", done))
    edit.go.set()
    idle(qtbot, runner)
    assert done == [["edit"]]


def test_work_started_by_an_answer_is_done(runner: Runner, qtbot: Any) -> None:
    done: list[object] = []
    runner.start(quick(1, done), then=lambda: runner.start(quick(2, done)))
    qtbot.waitUntil(lambda: done == [1, 2])


def test_the_window_stays_awake(runner: Runner, qtbot: Any) -> None:
    """Twenty progress reports a millisecond, and arithmetic in between, for half a second."""
    beats: list[float] = []
    timer = QTimer()
    timer.timeout.connect(lambda: beats.append(time.perf_counter()))
    timer.start(5)

    def compute(progress: Progress) -> None:
        end = time.perf_counter() + 0.5
        while time.perf_counter() < end:
            progress("cells", 1, 2)
            sum(range(500))

    runner.start(Job("Arithmetic", compute, lambda _: None))
    idle(qtbot, runner)
    timer.stop()
    assert max(after - before for before, after in pairwise(beats)) < 0.2


def test_closing_during_work_leaves_no_thread(qtbot: Any) -> None:
    runner, slow = Runner(), Slow()
    runner.start(slow.job)
    assert slow.begun.wait(5)
    runner.stop_and_wait()
    assert slow.thread not in {thread.ident for thread in threading.enumerate()}
    runner.deleteLater()
    assert slow.accepted == []


def test_a_widget_that_qt_deletes_stops_its_work(qtbot: Any) -> None:
    runner, slow = Runner(), Slow()
    runner.start(slow.job)
    assert slow.begun.wait(5)
    gone: list[bool] = []
    runner.destroyed.connect(lambda: gone.append(True))
    runner.deleteLater()
    qtbot.waitUntil(lambda: bool(gone))
    assert slow.thread not in {thread.ident for thread in threading.enumerate()}


def test_red_is_read_on_either_ground(runner: Runner, qtbot: Any) -> None:
    message = child(runner, QLabel, "message")
    colours = []
    for ground in ("#262930", "#efebe9"):
        runner.setStyleSheet(f"QWidget {{ background-color: {ground}; color: gray; }}")
        runner.say("Wrong.")
        colours.append(message.styleSheet())
    runner.say("Fine.", kind="info")
    assert colours[0] != colours[1]
    assert message.styleSheet() == ""
