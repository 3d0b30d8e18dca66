"""The fourth step: which cells responded, how much and how sure that is."""

from typing import Any

import pandas as pd
from qtpy.QtWidgets import QDockWidget, QFormLayout, QMainWindow, QVBoxLayout, QWidget

from napari_plugin.colours import BY_LABEL
from napari_plugin.context import Context
from napari_plugin.editors import Choice
from napari_plugin.legend import LegendView
from napari_plugin.steps.parts import Facts, button, follow, group, line, options_form, state_of
from s1r_imaging.calcium.responses import ResponseOptions
from s1r_imaging.flags import FLAG_MEANING
from s1r_imaging.plots.comparison_groups import measure_label
from s1r_imaging.summary import no_cells_reason, response_lines

STAGES = ("responses",)
FIRST = ("is_responder", "peak_dff", "time_to_peak_s", "snr")  # what cells are coloured by most
FACTS = ("peak_dff", "threshold_dff", "snr", "time_to_peak_s", "fwhm_s", "auc_dff_s")
MEASURES = {
    "is_responder": "Responders",
    "snr": "Peak over noise",
    "threshold_dff": "Threshold (ΔF/F0)",
    "area_px": "Area (pixels)",
    "area_um2": "Area (µm²)",
    "decay_r2": "Fit of the decay (R²)",
    "baseline_slope_per_s": "Slope of the baseline (1/s)",
}
TABLE = ("napari", "Features table widget")


class ResponsesStep(QWidget):
    """How responses are called, the answer in words, and the selected cell's.

    Parameters
    ----------
    context : Context
        What the steps share.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("responses_step")
        self._context = context
        self._form = options_form(context, ResponseOptions)
        self._state = line("responses_state", "Whether the responses fit the traces, events and options")
        self._measure = button(
            "measure_responses", "Measure responses", "Measure what is missing or stale", self.measure
        )
        self._headline = line("headline", "How many cells responded, and how often the call is wrong")
        self._event = _choice("event", "The stimulus that is shown below")
        self._colour = _choice("colour_by", "What the cells are coloured by, in the image, the plot and here")
        self._legend = LegendView()
        self._table = button(
            "show_table", "Show table", "All numbers of all cells, in napari's own table", self.show_table
        )
        self._cell = Facts("cell_response", "The response of the selected cell, and why it may be suspect")
        self._lay_out()
        follow(context, self, context.session.changed, self._refresh)
        follow(context, self, context.selection.changed, self._show_cell)
        if context.cells is not None:
            follow(context, self, context.cells.recoloured, self._offer_colours)
        self._refresh()

    def measure(self) -> None:
        """Measure responses, and what they need."""
        self._form.flush()
        self._context.runner.start(lambda: self._context.session.job("responses"))

    def show_table(self) -> None:
        """Open napari's table of the cells' numbers, and show the layer of the cells in it."""
        layer = None if self._context.cells is None else self._context.cells.layer
        if layer is None:
            self._context.runner.say("There are no cells yet: find them in the step Cells.", kind="info")
            return
        viewer = self._context.viewer
        viewer.layers.selection.active = layer
        known = list(viewer.window.dock_widgets)
        dock, _ = viewer.window.add_plugin_dock_widget(*TABLE)
        if dock.name not in known:  # else it is where the person put it
            _put_behind(self, dock)

    def _lay_out(self) -> None:
        chosen = QWidget()
        self._choices = QFormLayout(chosen)
        self._choices.setContentsMargins(0, 0, 0, 0)
        self._choices.addRow("Stimulus", self._event)
        self._choices.addRow("Colour cells by", self._colour)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(group("Call", self._form))
        layout.addWidget(self._state)
        layout.addWidget(self._measure)
        layout.addWidget(group("Answer", self._headline, chosen, self._legend, self._table))
        layout.addWidget(group("Selected cell", self._cell))
        layout.addStretch()
        self._event.currentIndexChanged.connect(lambda _: self._event_chosen())
        self._colour.currentIndexChanged.connect(lambda _: self._colour_chosen())

    def _refresh(self, _: str = "") -> None:
        session = self._context.session
        self._state.setText(state_of(session, STAGES))
        self._measure.setEnabled(bool(session.missing))
        self._headline.setText(self._answer())
        self._headline.setVisible(bool(self._headline.text()))
        events = [] if session.responses is None else list(dict.fromkeys(session.responses["event"]))
        if [self._event.itemData(place) for place in range(self._event.count())] != events:
            _fill(self._event, {event: event or "whole recording" for event in events})
        self._choices.setRowVisible(self._event, len(events) > 1)
        self._offer_colours()
        self._show_cell()

    def _answer(self) -> str:
        session = self._context.session
        if session.responses is None:
            return ""
        if session.responses.empty and session.images is not None:
            return no_cells_reason(session.images.mean, session.images.maximum, remedy="find or draw cells first.")
        return "\n".join(response_lines(session.responses))

    def _offer_colours(self) -> None:
        cells = self._context.cells
        if cells is None:
            return
        wanted = colour_choices(cells.measures, self._event.currentData(), self._all_events())
        if list(wanted) != [self._colour.itemData(place) for place in range(self._colour.count())]:
            _fill(self._colour, wanted)
        self._colour.blockSignals(True)
        self._colour.setCurrentIndex(self._colour.findData(cells.colouring.by))
        self._colour.blockSignals(False)
        self._legend.show_legend(cells.colouring.legend)

    def _all_events(self) -> list[str]:
        return [str(self._event.itemData(place)) for place in range(self._event.count())]

    def _event_chosen(self) -> None:
        cells = self._context.cells
        if cells is not None and cells.colouring.by != BY_LABEL:  # the same measure, of the other stimulus
            plain = _without_event(cells.colouring.by, self._all_events())
            ending = f" ({self._event.currentData()})"
            name = next((name for name in (plain + ending, plain) if name in cells.measures), BY_LABEL)
            cells.colour_by(name)
        self._offer_colours()
        self._show_cell()

    def _colour_chosen(self) -> None:
        if self._context.cells is not None and self._colour.currentData() is not None:
            self._context.cells.colour_by(self._colour.currentData())

    def _show_cell(self, _: int = 0) -> None:
        label, responses = self._context.selection.label, self._context.session.responses
        rows = None if responses is None else responses[responses["label"] == label]
        if rows is not None and self._event.currentData() is not None:
            rows = rows[rows["event"] == self._event.currentData()]
        if rows is None or rows.empty:
            self._cell.show_facts({"": "Select a cell in the image, the table or the plot."})
        else:
            self._cell.show_facts(response_in_words(rows.iloc[0]))


def response_in_words(row: "pd.Series[Any]") -> dict[str, str]:
    """Return the response of a cell as it is shown: the call, its numbers, and each flag in a sentence."""
    facts = {"Cell": f"{row['label']}: " + ("responded" if row["is_responder"] else "did not respond")}
    facts |= {_label(name): f"{row[name]:.3g}" for name in FACTS if pd.notna(row[name])}
    flags = [meaning for flag, meaning in FLAG_MEANING.items() if int(row["flags"]) & flag]
    return facts | {"Flags": "\n".join(flags) or "none"}


def colour_choices(measures: list[str], event: str | None, events: list[str]) -> dict[str, str]:
    """Return what cells can be coloured by, in words: of one stimulus, what is used most comes first.

    Parameters
    ----------
    measures : list of str
        Names, those of responses with the stimulus in brackets where there are several.
    event : str or None
        The stimulus.
    events : list of str
        All stimuli.

    Returns
    -------
    dict
        Name to words.
    """
    others = tuple(f" ({other})" for other in events if other != event)
    known = [name for name in measures if not (others and name.endswith(others))]
    plain = {name: _without_event(name, events) for name in known}
    order = [name for first in FIRST for name in known if plain[name] == first]
    order += [name for name in known if name not in order]
    return {BY_LABEL: "Cell"} | {name: _label(plain[name]) for name in order}


def _without_event(name: str, events: list[str]) -> str:
    ending = next((f" ({event})" for event in events if name.endswith(f" ({event})")), "")
    return name.removesuffix(ending)


def _label(measure: str) -> str:
    return MEASURES.get(measure) or measure_label(measure)


def _put_behind(widget: QWidget, dock: QDockWidget) -> None:
    """Make a dock a tab of the dock of a widget: the full height of the window is good for a table."""
    place: Any = widget
    while place is not None and not isinstance(place, QDockWidget):
        place = place.parentWidget()
    window = dock.parentWidget()
    if place is not None and isinstance(window, QMainWindow):
        window.tabifyDockWidget(place, dock)
        dock.show()
        dock.raise_()


def _choice(name: str, help_text: str) -> Choice:
    choice = Choice()
    choice.setObjectName(name)
    choice.setToolTip(help_text)
    return choice


def _fill(choice: Choice, words: dict[str, str]) -> None:
    """Offer other choices; the one that was made stays where it is among them."""
    before = choice.currentData()
    choice.blockSignals(True)
    choice.clear()
    for value, text in words.items():
        choice.addItem(text, value)
    choice.setCurrentIndex(max(choice.findData(before), 0) if words else -1)
    choice.blockSignals(False)
