"""Work of the window: one job at a time, with progress, a way to stop it, and a line that says what came of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtWidgets import QApplication, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from napari_plugin.deletion import when_deleted
from napari_plugin.look import Sentence
from napari_plugin.session import Job
from napari_plugin.worker import Failure, Worker

POLL_MS = 10  # how long an answer waits at most
SHOWN_EVERY = 10  # polls: progress is redrawn ten times a second
CLOSING_S = 2.0  # how long closing waits for work that was told to stop

MakeJob = Callable[[], Job]
Then = Callable[[], object]


@dataclass(frozen=True)
class _Order:
    """Work that was asked for."""

    make: MakeJob
    then: Then | None
    is_edit: bool


class Runner(QWidget):
    """Does jobs one at a time in a thread, and shows how far they are and what went wrong.

    A job that is asked for while another one runs is refused in a sentence, so that nothing is computed twice.
    An edit (`start_edit`) waits its turn instead, and of several that wait only the latest is done.

    Parameters
    ----------
    parent : QWidget, optional
        Widget it belongs to.
    """

    started = Signal()
    """Work has begun."""
    finished = Signal()
    """Work has come to its end, well or not, and nothing waits."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runner")
        self._worker: Worker | None = None
        self._order: _Order | None = None
        self._job: Job | None = None
        self._rest: Iterator[object] | None = None  # what is left of an answer that is taken in several turns
        self._is_stopped = False
        self._waiting: _Order | None = None
        self._polls = 0
        self._details = ""
        self._build()
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)
        kept = self._kept = _Kept()  # what must be stopped when Qt deletes the widget and `self` is of no use
        when_deleted(self, kept.stop)

    @property
    def busy(self) -> bool:
        """Whether work is under way, or its answer is not taken yet."""
        return self._worker is not None or self._rest is not None

    @property
    def is_editing(self) -> bool:
        """Whether the work under way is an edit, which is over in a moment."""
        return self._order is not None and self._order.is_edit

    @property
    def message(self) -> str:
        """What the message line says."""
        return self._message.text()

    def start(self, job: Job | MakeJob, *, then: Then | None = None) -> bool:
        """Begin a job; refuse it in a sentence while another one runs.

        Parameters
        ----------
        job : Job or callable
            The job, or what makes it when its turn comes; what that raises is said in the window too.
        then : callable, optional
            Called in the window's thread when the answer was accepted.

        Returns
        -------
        bool
            Whether it was taken on.
        """
        make = job if callable(job) else lambda: job
        order = _Order(make, then, is_edit=False)
        if self._order is not None and not self._order.is_edit:
            title = self._job.title if self._job else "Work"
            self.say(f"{title} is still under way: wait until it is done, or cancel it first.", kind="info")
            return False
        if self.busy:  # an edit takes a moment only, and its answer must come first
            self._waiting = order
            return True
        return self._begin(order)

    def start_edit(self, make: MakeJob, *, then: Then | None = None) -> None:
        """Do a short job as soon as its turn comes; of several that wait, only the latest.

        Parameters
        ----------
        make : callable
            Makes the job from what there is when its turn comes.
        then : callable, optional
            Called in the window's thread when the answer was accepted.
        """
        order = _Order(make, then, is_edit=True)
        if not self.busy:
            self._begin(order)
        elif self._waiting is None or self._waiting.is_edit:
            self._waiting = order

    def cancel(self) -> None:
        """Ask the work to stop; nothing of it is kept."""
        self._waiting = None
        if self._worker is not None:
            self._worker.cancel()
            self._cancel.setEnabled(False)
            self._bar.setFormat("Stopping …")

    def stop_and_wait(self) -> None:
        """Stop the work and forget its answer: for when the window closes."""
        self._waiting = None
        self._kept.stop()
        self._timer.stop()
        self._is_stopped = True
        if self.busy:
            self._worker = self._order = self._job = self._rest = None
            self._show_idle()
            self.finished.emit()

    def say(self, text: str, kind: str = "error", *, details: str = "") -> None:
        """Show a sentence; an empty one clears the line.

        Parameters
        ----------
        text : str
            What to say.
        kind : {"error", "info"}
            Errors are red.
        details : str
            A traceback that can be copied for a report.
        """
        self._details = details
        self._message.say(text, kind)
        self._copy.setVisible(bool(details))

    def _build(self) -> None:
        self._bar = QProgressBar()
        self._bar.setObjectName("progress")
        self._bar.setToolTip("How far the work is")
        self._bar.setMinimumWidth(80)
        self._cancel = QPushButton("Cancel")
        self._cancel.setObjectName("cancel")
        self._cancel.setToolTip("Stop the work; nothing of it is kept")
        self._cancel.clicked.connect(self.cancel)
        self._message = Sentence("message", "What came of the work")
        self._copy = QPushButton("Copy details")
        self._copy.setObjectName("copy_details")
        self._copy.setToolTip("Copy what went wrong, for a report")
        self._copy.clicked.connect(self._copy_details)
        row = QHBoxLayout()
        row.addWidget(self._bar, stretch=1)
        row.addWidget(self._cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self._message)
        layout.addWidget(self._copy, alignment=Qt.AlignmentFlag.AlignLeft)
        for widget in (self._bar, self._cancel, self._copy):
            widget.hide()

    def _begin(self, order: _Order) -> bool:
        self.say("")
        try:
            job = order.make()
        except Exception as error:  # noqa: BLE001  (whatever it is, the person must see it)
            self._fail(Failure(error))
            return False
        self._order, self._job, self._is_stopped = order, job, False
        self._worker = self._kept.worker = Worker(job.compute)
        self._polls = 0
        if not order.is_edit:  # an edit is over before a bar could be read
            self._show_busy()
        self._worker.start()
        self._timer.start()
        self.started.emit()
        return True

    def _poll(self) -> None:
        if self._rest is not None:
            self._go_on(self._rest)
            return
        if self._worker is None:
            return
        if not self._worker.is_running:
            self._end(self._worker)
            return
        self._polls += 1
        if self._polls % SHOWN_EVERY == 0:
            self._show_busy()
            self._show_progress(self._worker)

    def _end(self, worker: Worker) -> None:
        order, job = self._order, self._job
        self._timer.stop()
        self._worker = self._order = self._job = self._kept.worker = None
        self._show_idle()
        if worker.cancelled:
            self.say("Cancelled: everything is as it was before.", kind="info")
        elif worker.error is not None:
            self._fail(worker.error)
        elif order is not None and job is not None:
            self.say("\n".join(worker.warnings), kind="info")
            self._go_on(_taken(order, job, worker))
            return
        self._finish()

    def _go_on(self, rest: Iterator[object]) -> None:
        """Take the next piece of the answer, of which there is mostly one; the window is drawn between two."""
        self._rest = None  # what is taken may begin other work
        try:
            next(rest)
        except StopIteration:
            pass
        except Exception as error:  # noqa: BLE001  (whatever it is, the person must see it)
            self._fail(Failure(error))
        else:
            if not self._is_stopped:
                self._rest = rest
                self._timer.start()
            return
        if self._worker is None:
            self._timer.stop()
        self._finish()

    def _finish(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not self.busy:
            self._begin(waiting)
        if not self.busy:
            self.finished.emit()

    def _fail(self, failure: Failure) -> None:
        self.say(failure.sentence, details=failure.details)

    def _show_busy(self) -> None:
        if self._bar.isHidden():
            title = self._job.title if self._job else ""
            self._bar.setRange(0, 0)  # busy: how much there is to do is not known yet
            self._bar.setFormat(title)
            self._bar.setToolTip(title)
            self._cancel.setEnabled(True)
            self._bar.show()
            self._cancel.show()

    def _show_progress(self, worker: Worker) -> None:
        if worker.progress is None or self._job is None or not self._cancel.isEnabled():
            return
        stage, done, total = worker.progress
        self._bar.setRange(0, max(total, 0))
        self._bar.setValue(min(done, total))
        percent = f" {100 * done // total} %" if total > 0 else ""
        self._bar.setFormat(f"{stage}{percent}")
        self._bar.setToolTip(f"{self._job.title}: {stage}{percent}")

    def _show_idle(self) -> None:
        self._bar.hide()
        self._cancel.hide()

    def _copy_details(self) -> None:
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(f"{self.message}\n\n{self._details}")


def _taken(order: _Order, job: Job, worker: Worker) -> Iterator[object]:
    """Take the answer, in as many turns as `accept` yields, and do what was to follow."""
    pieces = job.accept(worker.answer)
    if isinstance(pieces, Iterator):
        yield from pieces
    if order.then is not None:
        order.then()


class _Kept:
    """The work under way, for those who outlive the widget."""

    worker: Worker | None = None

    def stop(self) -> None:
        """Stop it, and wait a moment."""
        worker, self.worker = self.worker, None
        if worker is not None:
            worker.cancel()
            worker.wait(CLOSING_S)
