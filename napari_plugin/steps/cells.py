"""The second step: find cells, look at them, edit them, load and save them."""

from functools import partial
from math import isnan
from pathlib import Path
from typing import Any

from napari.layers import Labels
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from napari_plugin.context import Context
from napari_plugin.editors import Choice
from napari_plugin.layers import CELLS_KEY
from napari_plugin.region_layer import NAME as REGION
from napari_plugin.session import Job
from napari_plugin.steps.cells_edit import CellEdits
from napari_plugin.steps.cells_find import FindCells
from napari_plugin.steps.cells_look import CellsLook
from napari_plugin.steps.parts import Facts, button, follow, group, line, state_of
from s1r_imaging.imaging.label_numbers import LabelNumbers, describe_labels
from s1r_imaging.io.labels import read_labels, write_labels, write_rois

IN_FILES = "Cells (*.zip *.roi *.tif *.tiff *.png *.npy)"
OUT_FILES = "ROIs of ImageJ (*.zip);;Label image (*.tif)"
_PAUSE_MS = 150  # the trace of a cell that is edited comes before the numbers of all


class CellsStep(QWidget):
    """Find cells, draw and edit them.

    Parameters
    ----------
    context : Context
        What the steps share.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("cells_step")
        self._context = context
        self._state = line("cells_state", "Whether the cells fit the recording and the options")
        self._numbers = Facts("cell_numbers", "How many cells there are, and how large")
        self._show = button("show_cells", "Show cells", "Show the cells in a layer again", context.cells.show)
        self._layers = Choice()
        self._layers.setObjectName("labels_layers")
        self._layers.setToolTip("Layers of labels that could be taken as the cells")
        self._take = button(
            "use_layer", "Use layer", "Take the labels of that layer; it stays as it is", self.take
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._state)
        layout.addWidget(group("Find", FindCells(context)))
        layout.addWidget(group("Cells", self._numbers, self._show))
        layout.addWidget(group("Show", CellsLook(context)))
        layout.addWidget(group("Edit", CellEdits(context)))
        layout.addWidget(group("Load and save", self._files()))
        layout.addStretch()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._show_numbers)
        follow(context, self, context.session.changed, self._refresh)
        self._follow_layers()
        self._refresh()

    def load(self, path: str | Path) -> None:
        """Take the cells of a file: ROIs of ImageJ, or a label image."""
        session = self._context.session
        if session.opened is None:
            self._context.runner.say(
                "There is no recording yet: open one, or take a layer, in the step Recording."
            )
            return
        shape = session.opened.frame_shape
        job = Job("Reading cells", lambda _: read_labels(path, shape=shape), session.set_labels)
        self._context.runner.start(job)

    def save(self, path: str | Path) -> None:
        """Write the cells: ``.zip`` for ImageJ's ROI Manager, else a label image."""
        labels = self._context.session.labels
        if labels is None:
            self._context.runner.say("There are no cells yet.")
            return
        write = write_rois if Path(path).suffix.lower() == ".zip" else write_labels
        done = f"The cells are in {Path(path).name}."
        job = Job("Writing cells", lambda _: write(path, labels), lambda _: None)
        self._context.runner.start(job, then=lambda: self._context.runner.say(done, kind="info"))

    def take(self) -> None:
        """Take the labels of the layer that is chosen as the cells."""
        layer = self._layers.currentData()
        if layer is not None and layer in self._context.viewer.layers:
            self._context.runner.say("")  # what was said of another layer
            self._context.cells.take_layer(layer)

    def _files(self) -> QWidget:
        widget = QWidget()
        rows = QVBoxLayout(widget)
        rows.setContentsMargins(0, 0, 0, 0)
        load = button("load_cells", "Load…", "Take cells from ImageJ's ROIs or a label image", self._ask_load)
        self._save = button(
            "save_cells", "Save…", "Write the cells as ROIs for ImageJ or as a label image", self._ask_save
        )
        for pair in ((load, self._save), (self._layers, self._take)):
            row = QHBoxLayout()
            for part in pair:
                row.addWidget(part)
            rows.addLayout(row)
        return widget

    def _ask_load(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Load cells", "", IN_FILES)
        if path:
            self.load(path)

    def _ask_save(self) -> None:
        path, chosen = QFileDialog.getSaveFileName(self, "Save cells", "", OUT_FILES)
        if path:
            ending = ".zip" if "zip" in chosen else ".tif"
            self.save(path if Path(path).suffix else f"{path}{ending}")

    def _follow_layers(self) -> None:
        events = self._context.viewer.layers.events
        for event in (events.inserted, events.removed):
            event.connect(self._list_layers)
            self._context.at_close(partial(event.disconnect, self._list_layers))
        self._list_layers()

    def _list_layers(self, _: Any = None) -> None:
        layers = [
            layer
            for layer in self._context.viewer.layers
            if isinstance(layer, Labels) and layer is not self._context.cells.layer and not _is_shown_by_us(layer)
        ]
        if layers != [self._layers.itemData(number) for number in range(self._layers.count())]:
            self._layers.clear()
            for layer in layers:
                self._layers.addItem(layer.name, layer)
        self._take.setEnabled(bool(layers))
        self._show.setVisible(self._context.cells.layer is None and self._context.session.labels is not None)

    def _refresh(self, _: str = "") -> None:
        session = self._context.session
        self._state.setText(state_of(session, ("cells",)))
        self._save.setEnabled(session.labels is not None)
        self._list_layers()
        self._pause.start()

    def _show_numbers(self) -> None:
        recording, labels = self._context.session.recording, self._context.session.labels
        if recording is None or labels is None:
            self._numbers.show_facts({"": "There are no cells yet: find them, load them, or draw one."})
            return
        self._numbers.show_facts(numbers_in_words(describe_labels(recording, labels)))


def numbers_in_words(numbers: LabelNumbers) -> dict[str, str]:
    """Return what there is to say about cells as it is shown."""
    diameter = "not known" if isnan(numbers.median_diameter_px) else f"{numbers.median_diameter_px:.3g} pixels"
    if not isnan(numbers.median_diameter_um):
        diameter = f"{numbers.median_diameter_um:.3g} µm ({diameter})"
    return {"Cells": str(numbers.n_cells), "Median diameter": diameter, "At the edge": str(numbers.n_at_edge)}


def _is_shown_by_us(layer: Any) -> bool:
    """Return whether a layer belongs to the plugin; a copy of the cells that the person made does not."""
    is_part = layer.name in ("Selected cell", "Preview of cells") and CELLS_KEY in layer.metadata
    return is_part or layer.metadata.get(CELLS_KEY) == REGION
