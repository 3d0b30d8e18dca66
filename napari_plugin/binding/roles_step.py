"""Step Roles: what was in which well, by clicking, or from a plate map."""

from collections.abc import Sequence

from qtpy.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QSpinBox, QWidget

from napari_plugin.binding.context import BindingContext
from napari_plugin.binding.grid import PlateGrid, places_in
from napari_plugin.binding.looks import ROLE_COLOURS, ROLE_WORDS, compound_colours, looks_by_role
from napari_plugin.binding.parts import Legend, choice, clipboard_text, one_below_other, rows_of_buttons
from napari_plugin.binding.wells import NO_ROLE, Place, problem_of, series_steps
from napari_plugin.look import Sentence
from napari_plugin.steps.parts import button, group
from s1r_imaging.binding.layout import dilution_series
from s1r_imaging.io.concentrations import to_molar
from s1r_imaging.io.decimals import find_decimal_mark, parse_number
from s1r_imaging.io.grids import well_name, well_position

DIRECTIONS = {
    "right": "to the right →",
    "left": "to the left ←",
    "down": "down ↓",
    "up": "up ↑",
    "": "none: all the same",
}


class RolesStep(QWidget):
    """Who is who on the plate.

    Parameters
    ----------
    context : BindingContext
        What the steps share.
    """

    def __init__(self, context: BindingContext) -> None:
        super().__init__()
        self.setObjectName("roles_step")
        self._context = context
        self._plates = choice("roles_plate", "Plate whose wells are marked")
        self.grid = PlateGrid(
            "plate_roles", "Click or drag over wells, letters or numbers; Ctrl adds to the selection"
        )
        self._range = _entry("wells_range", "Wells in words, such as A1:B6, C or 12", "A1:B6, C, 12")
        self._legend = Legend("roles_legend")
        self._problem = Sentence("roles_problem", "What stands in the way of a fit")
        self._role: QComboBox = choice("role", "What the selected wells are", ROLE_WORDS)
        self._compound = _entry("compound", "Name of the competitor", "such as haloperidol")
        self._start = _entry(
            "start", "First concentration, with its unit; of non-specific wells, that of the blocker", "10 µM"
        )
        self._factor = _entry("factor", "Each concentration relative to the next one", "3")
        self._direction: QComboBox = choice(
            "direction", "Where the dilutions go; across it, wells are replicates", DIRECTIONS
        )
        self._per_step = QSpinBox()
        self._per_step.setObjectName("per_step")
        self._per_step.setToolTip("Wells beside each other in that direction that hold the same")
        self._per_step.setRange(1, 24)
        self._undo = button("undo_roles", "Undo", "Take the last change of wells back", context.state.wells.undo)
        self._redo = button("redo_roles", "Redo", "Do again what was taken back", context.state.wells.redo)
        self._lay_out()
        self._connect()
        self._refresh()

    @property
    def rows(self) -> list[int]:
        """Rows of the selected wells, in the order of the plate."""
        return self._context.state.wells.at(str(self._plates.currentData()), self.grid.selection)

    def assign(self) -> None:
        """Give the selected wells the role that is chosen."""
        runner, wells = self._context.runner, self._context.state.wells
        rows, role = self.rows, str(self._role.currentData())
        if not rows:
            runner.say("No well with counts is selected: click or drag over wells first.")
            return
        try:
            doses = self._concentrations(role)
        except ValueError as error:
            runner.say(str(error))
            return
        runner.say("")
        name = self._compound.text().strip() if role == "competitor" else ""
        wells.assign(rows, role, compound=name, concentrations_M=doses)

    def leave_out(self) -> None:
        """Leave the selected wells out; or take them back, where all of them are left out."""
        table, rows = self._context.state.wells.table, self.rows
        if not rows:
            self._context.runner.say("No well with counts is selected: click or drag over wells first.")
            return
        self._context.state.wells.leave_out(rows, out=not table.loc[rows, "excluded"].astype(bool).all())

    def select_range(self) -> None:
        """Select the wells that are named."""
        try:
            self.grid.select(places_in(self._range.text(), self._shape()))
        except ValueError as error:
            self._context.runner.say(str(error))
        else:
            self._context.runner.say("")

    def select_wells(self, plate: str, wells: Sequence[str]) -> None:
        """Show a plate, and select wells of it."""
        self._plates.setCurrentIndex(self._plates.findData(plate))
        self.grid.select(well_position(well) for well in wells if well_name(well) is not None)

    def open_map(self) -> None:
        """Take the roles from a file."""
        files = self._context.ask_files(self, "Open the plate map")
        if files:
            self._context.runner.start(lambda: self._context.state.map_job(files[0]))

    def paste_map(self) -> None:
        """Take the roles from a plate map that was copied."""
        text = clipboard_text()
        self._context.runner.start(lambda: self._context.state.map_job(text))

    def _concentrations(self, role: str) -> list[float]:
        """Return the concentration of each selected well (mol/L)."""
        text = self._start.text().strip()
        if role not in {"competitor", "nonspecific"} or (role == "nonspecific" and not text):
            return []
        if role == "competitor" and not self._compound.text().strip():
            raise ValueError("The competitor has no name: write that of the compound.")
        first, problem = to_molar(text, unit=None, decimal=find_decimal_mark([text]))
        if not text or problem:
            raise ValueError(f"The concentration {problem or 'is missing'}: write such as 10 µM or 300 nM.")
        direction = str(self._direction.currentData())
        if role == "nonspecific" or not direction:
            return [first]
        wanted = self._places_with_wells()
        steps = series_steps(wanted, direction, self._per_step.value())
        words = self._factor.text().strip()
        factor = parse_number(words, decimal=find_decimal_mark([words]))
        series = dilution_series(first, factor, max(steps) + 1)
        return [series[step] for step in steps]

    def _places_with_wells(self) -> list[Place]:
        return [place for place in self.grid.selection if place in self.grid.looks]

    def _shape(self) -> tuple[int, int]:
        name = self._plates.currentData()
        return (8, 12) if name is None else self._context.state.wells.shape(name)

    def _lay_out(self) -> None:
        form = QWidget()
        rows = QFormLayout(form)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setVerticalSpacing(3)
        self._labels = {}
        for title, widget in (
            ("Role", self._role),
            ("Compound", self._compound),
            ("Concentration", self._start),
            ("Dilution", self._direction),
            ("Factor", self._factor),
            ("Wells per step", self._per_step),
        ):
            label = QLabel(title)
            label.setBuddy(widget)
            label.setToolTip(widget.toolTip())
            rows.addRow(label, widget)
            self._labels[title] = (label, widget)
        marking = rows_of_buttons(
            button("assign", "Mark wells", "Give the selected wells this role", self.assign),
            button(
                "leave_out",
                "Leave out / take back",
                "Leave wells out of the fit, or take them back",
                self.leave_out,
            ),
            self._undo,
            self._redo,
        )
        maps = rows_of_buttons(
            button("open_map", "Open map …", "Take the roles from a plate map", self.open_map),
            button("paste_map", "Paste map", "Take the roles from a plate map that was copied", self.paste_map),
        )
        one_below_other(
            self,
            self._plates,
            self.grid,
            self._legend,
            self._problem,
            group("Selected wells", self._range, form, marking),
            group("Or a plate map", maps),
        )

    def _connect(self) -> None:
        self._range.returnPressed.connect(self.select_range)
        self._role.currentIndexChanged.connect(self._show_fields)
        self._direction.currentIndexChanged.connect(self._show_fields)
        self._plates.currentIndexChanged.connect(self._show_plate)
        self._context.follow(self._refresh)

    def _show_fields(self, _: int = 0) -> None:
        role, has_series = self._role.currentData(), bool(self._direction.currentData())
        shown = {
            "Compound": role == "competitor",
            "Concentration": role in {"competitor", "nonspecific"},
            "Dilution": role == "competitor",
            "Factor": role == "competitor" and has_series,
            "Wells per step": role == "competitor" and has_series,
        }
        for title, is_shown in shown.items():
            for widget in self._labels[title]:
                widget.setVisible(is_shown)

    def _refresh(self, what: str = "") -> None:
        if what in {"options", "fit", "table"}:
            return
        state, names = self._context.state, self._context.state.wells.plates
        if names != [self._plates.itemData(number) for number in range(self._plates.count())]:
            self._plates.blockSignals(True)
            self._plates.clear()
            for name in names:
                self._plates.addItem(f"Plate {name}", name)
            self._plates.blockSignals(False)
            self.grid.select([])
        self._plates.setVisible(len(names) > 1)
        self._undo.setEnabled(state.wells.can_undo)
        self._redo.setEnabled(state.wells.can_redo)
        self._problem.say(problem_of(state.wells, state.reading) if state.has_wells else "", kind="info")
        self._show_fields()
        self._show_plate()

    def _show_plate(self, _: int = 0) -> None:
        wells, name = self._context.state.wells, self._plates.currentData()
        self.grid.setVisible(name is not None)
        colours = compound_colours(wells.table)
        roles = set(wells.table["role"])
        shared = {
            ROLE_WORDS[role]: colour for role, colour in ROLE_COLOURS.items() if role in roles or role == NO_ROLE
        }
        self._legend.show_colours(shared | colours if name is not None else {})
        if name is not None:
            self.grid.show_wells(wells.shape(name), looks_by_role(wells.of_plate(name), colours))


def _entry(name: str, help_text: str, example: str) -> QLineEdit:
    made = QLineEdit()
    made.setObjectName(name)
    made.setToolTip(help_text)
    made.setPlaceholderText(example)
    return made
