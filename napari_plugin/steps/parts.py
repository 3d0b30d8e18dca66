"""What several steps are made of: lines of text, buttons, a form that follows the session."""

from collections.abc import Callable, Sequence
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFormLayout, QGroupBox, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_plugin.context import Context
from napari_plugin.deletion import when_deleted
from napari_plugin.forms import OptionsForm
from napari_plugin.session import Session
from napari_plugin.wording import STAGE_WORDS
from s1r_imaging.options import Options


def line(name: str, help_text: str) -> QLabel:
    """Return a line of plain text that wraps and can be copied."""
    label = QLabel()
    label.setObjectName(name)
    label.setToolTip(help_text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setWordWrap(True)
    return label


def button(name: str, text: str, help_text: str, do: Callable[[], object]) -> QPushButton:
    """Return a button."""
    made = QPushButton(text)
    made.setObjectName(name)
    made.setToolTip(help_text)
    made.clicked.connect(lambda: do())  # noqa: PLW0108  (Qt's argument is not passed on)
    return made


def group(title: str, *widgets: QWidget) -> QGroupBox:
    """Return widgets one below the other, under a title."""
    box = QGroupBox(title)
    layout = QVBoxLayout(box)
    layout.setContentsMargins(6, 6, 6, 6)
    layout.setSpacing(4)
    for widget in widgets:
        layout.addWidget(widget)
    return box


def follow(context: Context, owner: QWidget, signal: Any, slot: Callable[..., None]) -> None:
    """Have a slot called until the window is closed, or Qt deletes the widget that the slot belongs to.

    Parameters
    ----------
    context : Context
        Of the window.
    owner : QWidget
        The widget.
    signal : psygnal.Signal
        What is listened to.
    slot : callable
        Called with what the signal says.
    """
    connected = [slot]

    def leave() -> None:
        while connected:  # once: by the second time, the signal may be gone
            signal.disconnect(connected.pop(), missing_ok=True)

    signal.connect(slot)
    context.at_close(leave)
    when_deleted(owner, leave)


class Facts(QWidget):
    """Numbers with their names, one below the other, and a sentence where there are none.

    Parameters
    ----------
    name : str
        Object name.
    help_text : str
        Tooltip.
    """

    def __init__(self, name: str, help_text: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setToolTip(help_text)
        self._rows = QFormLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setVerticalSpacing(2)
        self._rows.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self.facts: dict[str, str] = {}

    def show_facts(self, facts: dict[str, str]) -> None:
        """Show names and what belongs to them; a name that is empty stands for a sentence."""
        if facts == self.facts:
            return
        self.facts = facts
        while self._rows.rowCount():
            self._rows.removeRow(0)
        for name, words in facts.items():
            value = line(f"fact_{name}", self.toolTip())
            value.setText(words)
            if name:
                self._rows.addRow(QLabel(name), value)
            else:
                self._rows.addRow(value)


def options_form(context: Context, options_class: type[Options]) -> OptionsForm:
    """Return a form of the options of one stage that follows the session, and the session the form."""
    form, session, section = OptionsForm(options_class), context.session, options_class.section
    shown: Options | None = None

    def show(_: str = "") -> None:
        nonlocal shown
        options = getattr(session.options, section)
        if options is None or options == shown:  # nothing new: what is being typed stays
            return
        shown = options
        if options != form.value():
            form.set_value(options)

    form.changed.connect(lambda: session.set_options(section, form.value()))
    follow(context, form, session.changed, show)
    show()
    return form


def state_of(session: Session, stages: Sequence[str]) -> str:
    """Say which of some stages are stale or still to be computed."""
    if session.opened is None:
        return "There is no recording yet: open one, or take a layer, in the step Recording."
    stale = [STAGE_WORDS[stage] for stage in stages if stage in session.stale]
    if stale:
        return f"Stale: {', '.join(stale)}. What is shown was made before the last change."
    missing = [STAGE_WORDS[stage] for stage in stages if stage in session.missing]
    return f"Not computed yet: {', '.join(missing)}." if missing else "Up to date."
