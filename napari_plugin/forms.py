"""A form for a class of options, made from the class itself: names, help, bounds and defaults stand there only."""

import dataclasses
import typing
from collections.abc import Collection, Sequence
from typing import Any

from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtWidgets import QGridLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from napari_plugin.editors import make_editor
from napari_plugin.look import Sentence
from napari_plugin.wording import COMMON, option_label
from s1r_imaging.options import Options, check_value

DEBOUNCE_MS = 300
"""How long a person pauses typing before the form says that it changed."""


class OptionsForm(QWidget):
    """A form for one class of options.

    What is typed is checked at once; a value that is not allowed is named in a sentence under it, and the last
    one that was allowed holds on.

    Parameters
    ----------
    options_class : type
        Class derived from `Options`.
    only : collection of str, optional
        Options that are shown; all when not given. The others keep the value that was set.
    common : sequence of str, optional
        Options that are always shown, while the others stand behind "More options"; `wording.COMMON` says
        which when not given.
    parent : QWidget, optional
        Widget it belongs to.
    """

    changed = Signal()
    """The value is another one, because of the person at the window; not after `set_value`."""

    def __init__(
        self,
        options_class: type[Options],
        *,
        only: Collection[str] | None = None,
        common: Sequence[str] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(f"form_{options_class.section}")
        self._class = options_class
        self._value = self._said = options_class()
        hints = typing.get_type_hints(options_class)
        items = [item for item in dataclasses.fields(options_class) if only is None or item.name in only]
        self._rows = {item.name: _Row(item, hints[item.name], options_class.section) for item in items}
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(DEBOUNCE_MS)
        self._pause.timeout.connect(self._say)
        self._lay_out(self._always_shown(common))
        self.set_value(self._value)
        for row in self._rows.values():
            row.editor.edited.connect(self._edited)

    def value(self) -> Any:
        """Return the options; of a field that holds no valid value, the last one that was."""
        return self._value

    def set_value(self, options: Options) -> None:
        """Show options, without `changed`."""
        self._pause.stop()
        self._value = self._said = options
        for name, row in self._rows.items():
            row.show_value(getattr(options, name))

    def reset(self) -> None:
        """Go back to the defaults of what is shown; this counts as a change by the person."""
        defaults = self._class()
        before = self._value
        shown = {name: getattr(defaults, name) for name in self._rows}
        self.set_value(dataclasses.replace(before, **shown))
        self._said = before
        self._say()

    def flush(self) -> None:
        """Say a change now that waits for a pause in typing."""
        self._pause.stop()
        self._say()

    @property
    def errors(self) -> dict[str, str]:
        """Option to the sentence that stands under it."""
        return {name: row.error for name, row in self._rows.items() if row.error}

    def editor(self, name: str) -> QWidget:
        """Return the widget of an option."""
        return self._rows[name].editor

    def reveal(self, name: str) -> None:
        """Bring an option to the eye, and put the cursor there."""
        editor = self.editor(name)
        parent = editor.parentWidget()
        if parent is not None and parent.isHidden():
            self._more.setChecked(True)
        editor.setFocus()

    def _always_shown(self, common: Sequence[str] | None) -> list[str]:
        wanted = COMMON.get(self._class.section) if common is None else common
        return [name for name in self._rows if wanted is None or name in wanted]

    def _lay_out(self, common: Sequence[str]) -> None:
        rare = [name for name in self._rows if name not in common]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._grid(common))
        self._more = QToolButton()
        self._more.setObjectName("more_options")
        self._more.setText("More options")
        self._more.setToolTip("Options that are rarely changed")
        self._more.setCheckable(True)
        self._more.setArrowType(Qt.ArrowType.RightArrow)
        self._more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._more.setVisible(bool(rare))
        hidden = self._grid(rare)
        hidden.setVisible(False)
        self._more.toggled.connect(hidden.setVisible)
        self._more.toggled.connect(
            lambda on: self._more.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
        )
        layout.addWidget(self._more)
        layout.addWidget(hidden)

    def _grid(self, names: Sequence[str]) -> QWidget:
        widget = QWidget()
        grid = QGridLayout(widget)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        for number, name in enumerate(names):
            row = self._rows[name]
            grid.addWidget(row.label, 2 * number, 0)
            grid.addWidget(row.editor, 2 * number, 1)
            grid.addWidget(row.sentence, 2 * number + 1, 0, 1, 2)
        return widget

    def _edited(self) -> None:
        values = {name: row.read() for name, row in self._rows.items()}
        valid = {name: value for name, value in values.items() if not self._rows[name].error}
        try:
            self._value = dataclasses.replace(self._value, **valid)
        except ValueError as error:  # options that do not go together
            next(iter(self._rows.values())).complain(str(error))
        self._pause.start()

    def _say(self) -> None:
        if self._value != self._said:
            self._said = self._value
            self.changed.emit()


class _Row:
    """Label, editor and sentence of one option."""

    def __init__(self, item: "dataclasses.Field[Any]", hint: Any, section: str) -> None:
        self._hint, self._metadata = hint, item.metadata
        self.editor = make_editor(hint, item.metadata)
        self.editor.setObjectName(item.name)
        words = option_label(item.name, section)
        self.label = QLabel(words)
        self.label.setWordWrap(True)
        self.label.setToolTip(self.editor.toolTip())
        self.label.setBuddy(self.editor)
        self.editor.setAccessibleName(words)
        self.sentence = Sentence(f"{item.name}_error", "What is wrong with what was typed")

    @property
    def error(self) -> str:
        """What is wrong; empty where nothing is."""
        return str(self.sentence.text())

    def show_value(self, value: Any) -> None:
        """Show a valid value, without telling anyone."""
        self.editor.blockSignals(True)
        self.editor.set_value(value)
        self.editor.blockSignals(False)
        self.complain("")

    def read(self) -> Any:
        """Return what was typed; where that is not allowed, say so and return None."""
        self.complain("")
        try:
            value = self.editor.value()
            check_value(self.label.text(), value, self._hint, self._metadata)
        except ValueError as error:
            self.complain(str(error).replace(" or None", " or nothing"))  # which is how None is typed
            return None
        return value

    def complain(self, sentence: str) -> None:
        """Show a sentence under the editor; none when empty."""
        self.sentence.say(sentence)
