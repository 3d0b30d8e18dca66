"""Buttons beside one another, and buttons with a menu."""

from collections.abc import Callable

from qtpy.QtWidgets import QHBoxLayout, QMenu, QPushButton, QWidget


def side_by_side(*widgets: QWidget) -> QWidget:
    """Return widgets in a row, from the left."""
    box = QWidget()
    layout = QHBoxLayout(box)
    layout.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        layout.addWidget(widget)
    layout.addStretch()
    return box


def menu_button(
    name: str, text: str, help_text: str, *items: tuple[str, str, Callable[[], object]]
) -> QPushButton:
    """Return a button that opens a menu.

    Parameters
    ----------
    name, text, help_text : str
        Object name, title and tooltip of the button.
    *items : tuple
        Object name, title and function of each item.

    Returns
    -------
    QPushButton
        The button.
    """
    made = QPushButton(text)
    made.setObjectName(name)
    made.setToolTip(help_text)
    menu = QMenu(made)
    for item, title, do in items:
        action = menu.addAction(title)
        if action is not None:
            action.setObjectName(item)
            action.triggered.connect(lambda _=False, do=do: do())
    made.setMenu(menu)
    return made
