"""The window's frame: the steps in the order of work, what is open and what is stale, and the work under way."""

from functools import partial
from typing import Any

from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import (
    QButtonGroup,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_plugin.cell_layers import CellLayers
from napari_plugin.compare.opening import show_recording
from napari_plugin.context import Context
from napari_plugin.deletion import weakly, when_deleted
from napari_plugin.layers import recording_to_layer
from napari_plugin.look import breakable
from napari_plugin.menu import make_menu
from napari_plugin.plot_dock import PlotDock
from napari_plugin.selection import Selection
from napari_plugin.session import Job, Session
from napari_plugin.settings import Settings
from napari_plugin.stages import STAGES
from napari_plugin.steps import STEPS, Step
from napari_plugin.warm import warm_up
from napari_plugin.wording import STAGE_WORDS
from napari_plugin.work import Runner
from s1r_imaging.analysis import STAGES as SECTIONS

COLUMNS = 3  # of the buttons of the steps
REMEMBERED = tuple(name for name in SECTIONS if name not in ("recording", "motion"))
"""Sections whose options are those of the last time; how a file is read, and whether it moved, is its own."""


EXPERIMENT = "Compare its recordings, or open one of them, in step 5."


class MainWidget(QWidget):
    """The whole road from a recording to results.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The viewer that it works in.
    settings : Settings, optional
        What is remembered; kept on disk when not given.
    """

    def __init__(self, napari_viewer: Any, *, settings: Settings | None = None) -> None:
        super().__init__()
        self.setObjectName("s1r_imaging")
        # else napari puts a stretch below, which is the larger the more was docked before: half the height is lost
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        settings = settings or Settings()
        session, selection = Session(), Selection()
        for name in REMEMBERED:
            session.set_options(name, settings.options(SECTIONS[name]))
        self.context = Context(napari_viewer, session, selection, Runner(self), settings)
        self.context.cells = CellLayers(self.context)
        self._buttons = QButtonGroup(self)
        self._pages = QStackedWidget()
        self._build()
        self.plot = PlotDock(self.context, self)
        self.plot.changed.connect(self._say_of_plot)
        session.changed.connect(self._refresh)
        compare: Any = self._steps["compare"]
        compare.experiment_changed.connect(self._refresh)
        self.context.runner.started.connect(self._refresh)
        self.context.runner.finished.connect(self._refresh)
        context = self.context  # the only sign of a closed viewer comes when `self` is of no use any more
        context.at_close(lambda: session.changed.disconnect(self._refresh, missing_ok=True))
        when_deleted(self, weakly(context.close))
        self._refresh()
        warm_up(context)

    @property
    def steps(self) -> dict[str, QWidget]:
        """Name of each step to its widget."""
        return self._steps

    def show_step(self, name: str) -> None:
        """Bring a step to the front."""
        button = self._buttons.button([step.name for step in STEPS].index(name))
        if button is not None:
            button.click()

    def reset_options(self) -> None:
        """Go back to the defaults of every stage, now and for the next time."""
        session = self.context.session
        for name in REMEMBERED:
            session.set_options(name, SECTIONS[name]())
        session.set_options("motion", None)
        self.context.settings.forget_options()

    def bring_up_to_date(self) -> None:
        """Compute what is missing or stale."""
        self.context.runner.start(self.context.session.job)

    def show_plot(self) -> None:
        """Show the plot, also where it was closed."""
        self.plot.show()

    def show_recording(self) -> None:
        """Show the recording that is open in a layer, also where its layer was taken away."""
        context, recording = self.context, self.context.session.opened
        if recording is None:
            context.runner.say("There is no recording yet: open one, or take a layer, in the step Recording.")
        elif context.recording_layer is not None:
            context.recording_layer.visible = True
        else:
            show = partial(show_recording, context, recording)
            context.runner.start(Job("Showing the recording", lambda _: recording_to_layer(recording), show))

    def close_down(self) -> None:
        """Stop the work and let go of the viewer; once is enough."""
        self.context.close()
        self.plot.leave()

    def event(self, event: QEvent | None) -> bool:
        """Close down when napari takes the widget out of its dock, which it does instead of closing it."""
        done = bool(super().event(event))
        if event is not None and event.type() == QEvent.Type.ParentChange and self.parent() is None:
            self.close_down()
        return done

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802  (Qt's name)
        """Close down."""
        self.close_down()
        super().closeEvent(event)

    def _say_of_plot(self) -> None:
        is_closed = self.plot.is_closed
        self._show_plot.setVisible(is_closed)
        words = "The plot was closed: 'Show plot' at the top brings it back." if is_closed else ""
        self.context.runner.say(words, kind="info")

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 4)
        layout.setSpacing(4)
        layout.addLayout(self._header())
        layout.addLayout(self._stepper())
        layout.addWidget(self._pages, stretch=1)
        layout.addWidget(self.context.runner)
        self._buttons.idClicked.connect(self._pages.setCurrentIndex)
        self._buttons.idClicked.connect(lambda _: self._refresh())

    def _header(self) -> QVBoxLayout:
        self._title = _line("recording_name", "The recording that is open")
        self._title.setStyleSheet("font-weight: bold;")
        self._state = _line("state", "What has to be computed, or computed anew")
        self._update = QPushButton("Bring up to date")
        self._update.setObjectName("bring_up_to_date")
        self._update.setToolTip("Compute all that is missing or stale, in the order of work")
        self._update.clicked.connect(self.bring_up_to_date)
        self._compare = QPushButton("Go to Compare")
        self._compare.setObjectName("go_to_compare")
        self._compare.setToolTip("The step where the recordings of the experiment are compared")
        self._compare.clicked.connect(lambda: self.show_step("compare"))
        self._show_plot = QPushButton("Show plot")
        self._show_plot.setObjectName("show_plot_again")
        self._show_plot.setToolTip("Bring the plot of the traces back, below the image")
        self._show_plot.clicked.connect(self.show_plot)
        self._show_plot.hide()
        menu = QToolButton()
        menu.setObjectName("menu")
        menu.setText("Session  ")  # napari draws the arrow over the end of the text
        menu.setToolTip("Open and save sessions, copy as Python, reset, help")
        menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        menu.setMenu(make_menu(self))
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self._title, stretch=1)
        top.addWidget(self._show_plot)
        top.addWidget(menu)
        bottom.addWidget(self._state, stretch=1)
        bottom.addWidget(self._compare)
        bottom.addWidget(self._update)
        header = QVBoxLayout()
        header.addLayout(top)
        header.addLayout(bottom)
        return header

    def _stepper(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(2)
        self._steps: dict[str, QWidget] = {}
        for number, step in enumerate(STEPS):
            button = QPushButton(_button_text(number, step))
            button.setObjectName(f"step_{step.name}")
            button.setToolTip(step.help)
            button.setCheckable(True)
            self._buttons.addButton(button, number)
            grid.addWidget(button, number // COLUMNS, number % COLUMNS)
            self._steps[step.name] = step.make(self.context)
            self._pages.addWidget(_scrolled(self._steps[step.name]))
        self._buttons.setExclusive(True)
        first = self._buttons.button(0)
        if first is not None:
            first.setChecked(True)
        return grid

    def _refresh(self, what: str = "") -> None:
        session = self.context.session
        if what == "options":
            for name in REMEMBERED:
                self.context.settings.remember_options(getattr(session.options, name))
        recording = session.opened
        compare: Any = self._steps["compare"]
        is_experiment = recording is None and compare.has_experiment
        nothing = "An experiment is open" if is_experiment else "No recording is open"
        self._title.setText(nothing if recording is None else breakable(recording.name))
        self._title.setToolTip("" if recording is None else recording.source or "The recording that is open")
        self._state.setText(EXPERIMENT if is_experiment else _state(session))
        self._compare.setVisible(is_experiment and STEPS[self._pages.currentIndex()].name != "compare")
        self._update.setVisible(not is_experiment)
        self._update.setEnabled(bool(session.missing) and not self.context.runner.busy)
        for number, step in enumerate(STEPS):
            button = self._buttons.button(number)
            if button is not None:
                button.setText(_button_text(number, step, session))


def _state(session: Session) -> str:
    if session.opened is None:
        return "Open one, or take a layer, in the first step."
    stale = [stage for stage in STAGES if stage in session.stale]
    if stale:
        return f"Stale: {', '.join(STAGE_WORDS[stage] for stage in stale)}"
    missing = session.missing
    return f"To do: {', '.join(STAGE_WORDS[stage] for stage in missing)}" if missing else "All is up to date"


def _button_text(number: int, step: Step, session: Session | None = None) -> str:
    mark = ""
    if session is not None and session.opened is not None:
        is_stale = any(stage in session.stale for stage in step.stages)
        is_done = bool(step.stages) and not any(stage in session.missing for stage in step.stages)
        mark = " •" if is_stale else " ✓" if is_done else ""
    return f"{number + 1} {step.title}{mark}"


def _line(name: str, help_text: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setToolTip(help_text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setMinimumWidth(1)  # a long name does not make the window wider
    return label


def _scrolled(widget: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(widget)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
    return area
