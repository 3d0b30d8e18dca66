"""The second window: binding curves, from a plate to Ki; functional curves, and the radioligand, beside it."""

from typing import Any

from qtpy.QtCore import QEvent
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import (
    QButtonGroup,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from napari_plugin.binding.context import BindingContext
from napari_plugin.binding.export_step import ExportStep
from napari_plugin.binding.fit_step import FitStep
from napari_plugin.binding.functional import FunctionalState
from napari_plugin.binding.functional_step import FunctionalStep
from napari_plugin.binding.parts import WIDTH_PX
from napari_plugin.binding.plate_step import PlateStep
from napari_plugin.binding.radioligand import KINDS, RadioligandState
from napari_plugin.binding.radioligand_step import RadioligandStep
from napari_plugin.binding.roles_step import RolesStep
from napari_plugin.binding.state import BindingState
from napari_plugin.settings import Settings
from napari_plugin.steps.parts import button, line
from napari_plugin.work import Runner
from s1r_imaging.binding_analysis import BindingOptions
from s1r_imaging.experiment.concentration import ConcentrationOptions
from s1r_imaging.experiment.schild import SchildOptions

COLUMNS = 3  # of the buttons of the steps
STEPS: tuple[tuple[str, str, type[Any], str], ...] = (
    ("plate", "Plate", PlateStep, "Counts from the clipboard, a file or a sample"),
    ("roles", "Roles", RolesStep, "What was in which well"),
    ("fit", "Fit", FitStep, "Ki of each compound, curves, quality of the plate"),
    ("export", "Export", ExportStep, "Results, sessions, script"),
    ("functional", "Functional", FunctionalStep, "EC50, IC50, Schild, pKB beside pKi"),
    ("radioligand", "Radioligand", RadioligandStep, "Kd and Bmax by saturation, rates by kinetics"),
)


class BindingWidget(QWidget):
    """From a plate of counts to Ki, from responses to EC50, pA2 and pKB, from a saturation to Kd.

    Parameters
    ----------
    napari_viewer : napari.Viewer, optional
        The viewer, whose layers may hold a sample plate.
    settings : Settings, optional
        What is remembered; kept on disk when not given.
    """

    def __init__(self, napari_viewer: Any = None, *, settings: Settings | None = None) -> None:
        super().__init__()
        self.setObjectName("s1r_imaging_binding")
        # else napari puts a stretch below, which is the larger the more was docked before: half the height is lost
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        settings = settings or Settings()
        state, functional, radioligand = BindingState(), FunctionalState(), RadioligandState()
        state.set_options(settings.options(BindingOptions))
        functional.set_options(settings.options(ConcentrationOptions), settings.options(SchildOptions))
        for kind in KINDS.values():
            radioligand.set_options(settings.options(kind.options))
        self.context = BindingContext(napari_viewer, state, functional, radioligand, Runner(self), settings)
        self._buttons = QButtonGroup(self)
        self._pages = QStackedWidget()
        self.steps: dict[str, Any] = {}
        self._build()
        self.context.follow(self._refresh)
        self._refresh()

    def show_step(self, name: str) -> None:
        """Bring a step to the front."""
        shown = self._buttons.button(list(self.steps).index(name))
        if shown is not None:
            shown.click()

    def reset_options(self) -> None:
        """Go back to the defaults of all options, now and for the next time."""
        self.context.settings.forget_options()
        self.context.state.set_options(BindingOptions())
        self.context.state.set_reading(type(self.context.state.reading)())
        self.context.functional.set_options(ConcentrationOptions(), SchildOptions())
        for kind in KINDS.values():
            self.context.radioligand.set_options(kind.options())

    def event(self, event: QEvent | None) -> bool:
        """Close down when napari takes the widget out of its dock, which it does instead of closing it."""
        done = bool(super().event(event))
        if event is not None and event.type() == QEvent.Type.ParentChange and self.parent() is None:
            self.context.close()
        return done

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802  (Qt's name)
        """Stop the work."""
        self.context.close()
        super().closeEvent(event)

    def _build(self) -> None:
        self._title = line("binding_name", "The plate that is open, and whether its fit is up to date")
        top = QHBoxLayout()
        top.addWidget(self._title, stretch=1)
        top.addWidget(button("reset_binding", "Reset options", "Go back to all defaults", self.reset_options))
        grid = QGridLayout()
        grid.setSpacing(2)
        for number, (name, title, step, help_text) in enumerate(STEPS):
            made = QPushButton(f"{number + 1} {title}")
            made.setObjectName(f"step_{name}")
            made.setToolTip(help_text)
            made.setCheckable(True)
            made.setChecked(number == 0)
            self._buttons.addButton(made, number)
            grid.addWidget(made, number // COLUMNS, number % COLUMNS)
            self.steps[name] = step(self.context)
            self._pages.addWidget(_scrolled(self.steps[name]))
        self.steps["fit"].wells_asked.connect(self._show_wells)
        self._buttons.setExclusive(True)
        self._buttons.idClicked.connect(self._pages.setCurrentIndex)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 4)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addLayout(grid)
        layout.addWidget(self._pages, stretch=1)
        layout.addWidget(self.context.runner)
        self.setMinimumWidth(WIDTH_PX)

    def _show_wells(self, plate: str, wells: list[str]) -> None:
        self.show_step("roles")
        self.steps["roles"].select_wells(plate, wells)

    def _refresh(self, _: str = "") -> None:
        state = self.context.state
        if not state.has_wells:
            self._title.setText("No plate is open")
            return
        fit = "not fitted yet" if state.analysis is None else f"stale: {state.stale}" if state.stale else "fitted"
        self._title.setText(f"{state.origin.name}: {fit}")


def _scrolled(widget: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(widget)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    return area
