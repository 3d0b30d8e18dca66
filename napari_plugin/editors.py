"""One small widget per kind of option: what is typed or chosen, into a value, and back."""

import types
import typing
from collections.abc import Mapping
from typing import Any, Literal

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QWidget

from napari_plugin.wording import choice_label
from s1r_imaging.io.decimals import find_decimal_mark, parse_number
from s1r_imaging.options import describe_type

AUTOMATIC = "automatic"


class Choice(QComboBox):
    """A list to choose from; scrolling the page over it changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802  (Qt's name)
        """Leave the wheel to the page unless the list was clicked."""
        if event is None or self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class Tick(QCheckBox):
    """Yes or no."""

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.toggled.connect(lambda _: self.edited.emit())

    def value(self) -> bool:
        """Return whether it is ticked."""
        return bool(self.isChecked())

    def set_value(self, value: bool, /) -> None:  # noqa: FBT001  (the same for every editor)
        """Tick it, or not."""
        self.setChecked(value)


class Entry(QLineEdit):
    """A number or a text; empty stands for automatic where that is allowed.

    Parameters
    ----------
    kinds : tuple of type
        Of `int`, `float`, `str`.
    optional : bool
        Whether None is a value.
    """

    edited = Signal()

    def __init__(self, kinds: tuple[Any, ...], *, optional: bool) -> None:
        super().__init__()
        self._kinds, self._optional = kinds, optional
        if optional:
            self.setPlaceholderText(AUTOMATIC)
        self.textEdited.connect(lambda _: self.edited.emit())

    def value(self) -> Any:
        """Return what was typed."""
        return self._read(self.text())

    def set_value(self, value: Any, /) -> None:
        """Show a value; a text that looks like something else is shown in quotes."""
        text = "" if value is None else str(value)
        is_clear = value is None or not isinstance(value, str) or self._reads_as(text, value)
        self.setText(text if is_clear else f'"{text}"')
        self.setCursorPosition(0)  # of a long number the first digits count

    def _read(self, text: str) -> Any:
        plain = text.strip()
        if not plain and self._optional:
            return None
        for kind in (int, float):
            if kind in self._kinds:
                try:
                    return kind(plain) if kind is int or str in self._kinds else typed_number(plain)
                except ValueError:
                    continue
        if str not in self._kinds:
            wanted = " or ".join(describe_type(kind) for kind in self._kinds)
            raise ValueError(f"{plain or 'nothing'}: expected {wanted}, such as 0.5.")
        return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text

    def _reads_as(self, text: str, value: Any) -> bool:
        read = self._read(text)
        return type(read) is type(value) and bool(read == value)


class OneOf(Choice):
    """One of several words.

    Parameters
    ----------
    choices : tuple of str
        The words.
    optional : bool
        Whether None is a value.
    """

    edited = Signal()

    def __init__(self, choices: tuple[str, ...], *, optional: bool) -> None:
        super().__init__()
        if optional:
            self.addItem(AUTOMATIC, None)
        for choice in choices:
            self.addItem(choice_label(choice), choice)
        self.currentIndexChanged.connect(lambda _: self.edited.emit())

    def value(self) -> Any:
        """Return the word that was chosen."""
        return self.currentData()

    def set_value(self, value: Any, /) -> None:
        """Choose a word."""
        self.setCurrentIndex(self.findData(value))


class OneOfOrNumber(QWidget):
    """One of several words, or a number.

    Parameters
    ----------
    choices : tuple of str
        The words.
    kinds : tuple of type
        Kinds of number.
    optional : bool
        Whether None is a value.
    """

    edited = Signal()

    def __init__(self, choices: tuple[str, ...], kinds: tuple[Any, ...], *, optional: bool) -> None:
        super().__init__()
        self._choice = OneOf(choices, optional=optional)
        self._choice.addItem("this number:", self)
        self._number = Entry(kinds, optional=False)
        self._choice.setObjectName("choice")
        self._number.setObjectName("number")
        self._choice.edited.connect(self._chosen)
        self._number.edited.connect(self.edited)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._choice, stretch=2)
        layout.addWidget(self._number, stretch=1)
        self._chosen()

    def value(self) -> Any:
        """Return the word or the number."""
        return self._number.value() if self._is_number() else self._choice.value()

    def set_value(self, value: Any, /) -> None:
        """Show a word or a number."""
        if isinstance(value, str) or value is None:
            self._choice.set_value(value)
        else:
            self._number.set_value(value)
            self._choice.setCurrentIndex(self._choice.count() - 1)

    def _is_number(self) -> bool:
        return bool(self._choice.currentIndex() == self._choice.count() - 1)

    def _chosen(self) -> None:
        self._number.setVisible(self._is_number())
        self.edited.emit()


def make_editor(hint: Any, metadata: Mapping[str, Any]) -> Tick | Entry | OneOf | OneOfOrNumber:
    """Return the widget for a type of option.

    Parameters
    ----------
    hint : type
        Type hint of the option.
    metadata : mapping
        Its help and bounds, for the tooltip.

    Returns
    -------
    Editor
        A widget.
    """
    is_union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    kinds = typing.get_args(hint) if is_union else (hint,)
    optional = types.NoneType in kinds
    plain = tuple(kind for kind in kinds if kind in (int, float, str))
    choices = tuple(word for kind in kinds if typing.get_origin(kind) is Literal for word in typing.get_args(kind))
    editor: Tick | Entry | OneOf | OneOfOrNumber
    if hint is bool:
        editor = Tick()
    elif choices and plain:
        editor = OneOfOrNumber(choices, plain, optional=optional)
    elif choices:
        editor = OneOf(choices, optional=optional)
    else:
        editor = Entry(plain, optional=optional)
    editor.setToolTip(_tooltip(metadata))
    return editor


def typed_number(text: str) -> float:
    """Return a number with a decimal point or comma; of 1,500 nobody can tell which it has.

    Parameters
    ----------
    text : str
        What was typed.

    Returns
    -------
    float
        The number.

    Raises
    ------
    ValueError
        If it is none.
    """
    has_comma = find_decimal_mark([text]) == ","
    return float(str(parse_number(text, decimal=",")) if has_comma else text)


def _tooltip(metadata: Mapping[str, Any]) -> str:
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    limits = [f"{words[key]} {metadata[key]:g}" for key in words if key in metadata and abs(metadata[key]) < 1e300]
    return f"{metadata['help']}" + (f" ({' and '.join(limits)})" if limits else "")
