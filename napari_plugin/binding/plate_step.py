"""Step Plate: counts from the clipboard, a file, a layer, or simulated; seen as they stood in the counter."""

from typing import Any

import pandas as pd
from qtpy.QtWidgets import QWidget

from napari_plugin.binding.context import BindingContext
from napari_plugin.binding.grid import PlateGrid
from napari_plugin.binding.looks import looks_by_counts
from napari_plugin.binding.parts import choice, clipboard_text, one_below_other, rows_of_buttons
from napari_plugin.forms import OptionsForm
from napari_plugin.samples import PLATE_KEY
from napari_plugin.steps.parts import button, group, line
from s1r_imaging.binding.plate import BindingPlateOptions

MOST_NAMED = 6  # wells in a sentence


class PlateStep(QWidget):
    """Where wells come from.

    Parameters
    ----------
    context : BindingContext
        What the steps share.
    """

    def __init__(self, context: BindingContext) -> None:
        super().__init__()
        self.setObjectName("plate_step")
        self._context = context
        self._form = OptionsForm(BindingPlateOptions, common=())
        self._form.changed.connect(lambda: context.state.set_reading(self._form.value()))
        self._facts = line("plate_facts", "What is on the plate")
        self._plates = choice("plate_shown", "Plate that is shown")
        self.grid = PlateGrid("plate_counts", "Wells by their counts: dark is few, yellow is many")
        self._lay_out()
        self._plates.currentIndexChanged.connect(self._show_plate)
        context.follow(self._refresh)
        self._refresh()

    def paste(self) -> None:
        """Take what was copied, from Excel or a counter's program."""
        text = clipboard_text()
        self._context.runner.start(lambda: self._context.state.paste_job(text))

    def open_files(self) -> None:
        """Take a counter's files; of several, each is an experiment."""
        files = self._context.ask_files(self, "Open the counts")
        if files:
            self._context.runner.start(lambda: self._context.state.open_job(files))

    def take_sample(self) -> None:
        """Take simulated plates."""
        self._context.runner.start(self._context.state.sample_job)

    def take_layer(self) -> None:
        """Take the plate of a layer, such as that of File › Open Sample."""
        layer = _layer_with_plate(self._context.viewer)
        if layer is None:
            self._context.runner.say(
                "No layer holds a plate: open one with File › Open Sample › A binding plate, or a file here."
            )
            return
        given = layer.metadata[PLATE_KEY]
        self._context.state.take_plate(given["wells"], given["assay"], layer.name)

    def _lay_out(self) -> None:
        buttons = rows_of_buttons(
            button("paste_plate", "Paste", "Take a grid or table that was copied, such as from Excel", self.paste),
            button("open_plate", "Open file …", "A counter's file: CSV, TSV, text or XLSX", self.open_files),
            button(
                "sample_plate", "Sample plates", "Three simulated plates, whose truth is known", self.take_sample
            ),
            button("layer_plate", "From layer", "The plate of a layer (File › Open Sample)", self.take_layer),
        )
        one_below_other(self, group("Counts", buttons, self._form), self._facts, self._plates, self.grid)

    def _refresh(self, what: str = "") -> None:
        state = self._context.state
        if what == "reading" and self._form.value() != state.reading:
            self._form.set_value(state.reading)
        if what in {"options", "fit", "table"}:
            return
        names = state.wells.plates
        if names != [self._plates.itemData(number) for number in range(self._plates.count())]:
            self._plates.blockSignals(True)
            self._plates.clear()
            for name in names:
                self._plates.addItem(f"Plate {name}", name)
            self._plates.blockSignals(False)
        self._plates.setVisible(len(names) > 1)
        self._facts.setText(_facts(self._context))
        self._show_plate()

    def _show_plate(self, _: int = 0) -> None:
        name, wells = self._plates.currentData(), self._context.state.wells
        self.grid.setVisible(name is not None)
        if name is not None:
            self.grid.show_wells(wells.shape(name), looks_by_counts(wells.of_plate(name)))


def _facts(context: BindingContext) -> str:
    table, origin = context.state.wells.table, context.state.origin
    if not len(table):
        return "There is no plate yet: paste one, open a file, or try the sample plates."
    n_plates = len(context.state.wells.plates)
    plates = "1 plate" if n_plates == 1 else f"{n_plates} plates"
    with_role = int((table["role"] != "").sum())
    roles = "none has a role yet: go on to Roles" if not with_role else f"{with_role} with a role"
    nowhere = len(table) - sum(len(context.state.wells.of_plate(name)) for name in context.state.wells.plates)
    hidden = (
        f" {nowhere} wells have no place on the plate, so they are not shown; they are fitted." if nowhere else ""
    )
    return f"{origin.name}: {len(table)} wells on {plates}; {roles}.{hidden}{_without_number(table)}"


def _without_number(table: pd.DataFrame) -> str:
    """Say which wells hold something, but no number."""
    wells = [str(well) for well in table["well"][table["signal"].isna()]]
    if len(wells) < len(table):
        more = f" and {len(wells) - MOST_NAMED} more" if len(wells) > MOST_NAMED else ""
        return f" No number stands in {', '.join(wells[:MOST_NAMED])}{more}." if wells else ""
    return " What stands in them is no number: copy the counts alone, without units."


def _layer_with_plate(viewer: Any) -> Any:
    layers = [] if viewer is None else list(viewer.layers.selection) + list(viewer.layers)
    return next((layer for layer in layers if PLATE_KEY in layer.metadata), None)
