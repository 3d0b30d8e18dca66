"""The row above the plot: what is shown, and what the mouse is on."""

from collections.abc import Mapping
from typing import Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from napari_plugin.plot.single import PARTS

MODES = {"overlay": "Overlay", "heatmap": "Heat map", "single": "Selected cell"}
QUANTITY_NAMES = {"dff": "ΔF/F0", "net": "F − background", "f": "F"}
CHOICE_PX = 64  # at least, where the window is narrow
ORDERS = {"response": "by response", "label": "by label"}
PART_NAMES = {"f": "F", "f_background": "Background", "f0": "F0"}


class Bar(QWidget):
    """Mode, quantity, what goes with them, and a line of words."""

    changed = Signal()
    """Something else is to be shown."""
    all_asked = Signal()
    """Everything is to be in view."""
    save_asked = Signal()
    """A figure is to be saved."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("traces_bar")
        self._mode = self._choice("plot_mode", MODES, "All traces over each other, one row per cell, or one cell")
        self._quantity = self._choice("plot_quantity", QUANTITY_NAMES, "What is shown of the traces")
        self._order = self._choice("plot_order", ORDERS, "Order of the rows: responders first by onset, or labels")
        self._parts = self._parts_button()
        self._words = self._label("plot_words", "The selected cell, or what the mouse is on")
        self._stale = self._label(
            "plot_stale", "Made from what has changed since: bring it up to date in its step"
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (self._mode, self._quantity, self._order, self._parts):
            layout.addWidget(widget)
        layout.addWidget(self._words, stretch=3)
        layout.addWidget(self._stale, stretch=2)
        everything = self._button("plot_all", "All", "Show everything again; a double click does it too")
        everything.clicked.connect(lambda _: self.all_asked.emit())
        self._save = self._button("plot_save", "Save…", "Save a figure for print, in ΔF/F0, on white")
        self._save.clicked.connect(lambda _: self.save_asked.emit())
        layout.addWidget(everything)
        layout.addWidget(self._save)
        self.changed.connect(self._show_what_fits)
        self._show_what_fits()

    @property
    def mode(self) -> str:
        """Mode of the plot."""
        return str(self._mode.currentData())

    @property
    def quantity(self) -> str:
        """What is shown."""
        return str(self._quantity.currentData())

    @property
    def order(self) -> str:
        """Order of the rows of the heat map."""
        return str(self._order.currentData())

    @property
    def parts(self) -> tuple[str, ...]:
        """What is shown with the trace of one cell."""
        return tuple(name for name, action in self._actions.items() if action.isChecked())

    def say(self, words: str) -> None:
        """Say what is selected or under the mouse."""
        if words != self._words.text():
            self._words.setText(words)

    def say_stale(self, words: str, colour: str) -> None:
        """Say what is stale."""
        self._stale.setText(words)
        self._stale.setStyleSheet(f"color: {colour};")

    def allow_saving(self, allowed: bool) -> None:  # noqa: FBT001  (as Qt's own setters)
        """Allow a figure to be saved."""
        self._save.setEnabled(allowed)

    def _show_what_fits(self) -> None:
        self._order.setVisible(self.mode == "heatmap")
        self._parts.setVisible(self.mode == "single")

    def _choice(self, name: str, choices: Mapping[str, str], help_text: str) -> QComboBox:
        box = QComboBox()
        box.setObjectName(name)
        box.setToolTip(help_text)
        box.setMinimumWidth(CHOICE_PX)
        for key, words in choices.items():
            box.addItem(words, key)
        box.currentIndexChanged.connect(lambda _: self.changed.emit())
        return box

    def _parts_button(self) -> QToolButton:
        button = QToolButton()
        button.setObjectName("plot_parts")
        button.setText("Also  ")  # napari draws the arrow over the end of the text
        button.setToolTip("What to show with the trace, in counts")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        self._actions: dict[str, Any] = {}
        for name in PARTS:
            action: Any = menu.addAction(PART_NAMES[name])
            action.setObjectName(f"plot_part_{name}")
            action.setCheckable(True)
            action.toggled.connect(lambda _: self.changed.emit())
            self._actions[name] = action
        button.setMenu(menu)
        return button

    def _button(self, name: str, words: str, help_text: str) -> QPushButton:
        button = QPushButton(words)
        button.setObjectName(name)
        button.setToolTip(help_text)
        return button

    def _label(self, name: str, help_text: str) -> QLabel:
        label = QLabel()
        label.setObjectName(name)
        label.setToolTip(help_text)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        return label
