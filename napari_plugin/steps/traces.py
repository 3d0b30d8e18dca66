"""The third step: background, bleaching, F0, and the traces and ΔF/F0 that they give."""

from collections.abc import Mapping
from math import isnan
from typing import Any

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_plugin.context import Context
from napari_plugin.reference_panel import ReferencePanel
from napari_plugin.region_panel import RegionPanel
from napari_plugin.steps.parts import Facts, button, follow, group, line, options_form, state_of
from s1r_imaging.calcium.cell_levels import cell_levels
from s1r_imaging.calcium.dff import DffOptions
from s1r_imaging.imaging.extract import TraceOptions
from s1r_imaging.recording import Traces

STAGES = ("traces", "references", "dff")


class TracesStep(QWidget):
    """How traces and ΔF/F0 are made, and the levels of the selected cell.

    Parameters
    ----------
    context : Context
        What the steps share.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("traces_step")
        self._context = context
        self._levels: tuple[Traces, dict[Any, Any]] | None = None
        self._forms = (options_form(context, TraceOptions), options_form(context, DffOptions))
        self._region, self._references = RegionPanel(context), ReferencePanel(context)
        self._state = line("traces_state", "Whether traces and ΔF/F0 fit the cells, events and options")
        self._update = button(
            "update_traces", "Update traces", "Measure what is missing or stale", self.update_traces
        )
        self._cell = Facts(
            "cell_levels", "Means over the baseline frames; over all where F0 is of the whole trace"
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(group("Background", self._forms[0], self._region))
        layout.addWidget(group("F0 and bleaching", self._forms[1], self._references))
        layout.addWidget(self._state)
        layout.addWidget(self._update)
        layout.addWidget(group("Selected cell", self._cell))
        layout.addStretch()
        follow(context, self, context.session.changed, self._refresh)
        follow(context, self, context.selection.changed, self._show_cell)
        self._refresh()

    def update_traces(self) -> None:
        """Measure traces and ΔF/F0, and what they need."""
        for form in self._forms:
            form.flush()
        self._context.runner.start(lambda: self._context.session.job("dff"))

    def _refresh(self, _: str = "") -> None:
        session = self._context.session
        self._region.setVisible(session.options.traces.background == "region")
        self._references.setVisible(session.options.dff.bleaching == "reference")
        self._state.setText(state_of(session, STAGES))
        self._update.setEnabled(any(stage in session.missing for stage in STAGES))
        self._show_cell()

    def _show_cell(self, _: int = 0) -> None:
        label, traces = self._context.selection.label, self._context.session.traces
        if traces is None or label not in traces.cells.index:
            self._cell.show_facts({"": "Select a cell in the image, the table or the plot."})
            return
        if self._levels is None or self._levels[0] is not traces:
            self._levels = (traces, cell_levels(traces).to_dict("index"))
        self._cell.show_facts(levels_in_words(label, self._levels[1][label]))


def levels_in_words(label: int, levels: Mapping[Any, float]) -> dict[str, str]:
    """Return the levels of a cell as they are shown."""
    return {
        "Cell": str(label),
        "Fluorescence": _counts(levels["f"]),
        "Background": _counts(levels["f_background"]),
        "F0": _counts(levels["f0"]),
        "Noise of ΔF/F0": "not known" if isnan(levels["noise_dff"]) else f"{levels['noise_dff']:.3g}",
    }


def _counts(value: float) -> str:
    return "not known" if isnan(value) else f"{value:.4g} counts"
