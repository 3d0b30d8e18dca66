"""What is done when Qt deletes a widget.

Python's collector of garbage may take a function apart that is connected to `destroyed`, when it finds it together
with the widget; Qt then calls what is left of it, and the process dies. The functions are kept here until they are
called. They must not hold the widget or the viewer, which would never be let go.
"""

import weakref
from collections.abc import Callable
from itertools import count
from typing import Any

from qtpy.QtWidgets import QWidget

_waiting: dict[int, Callable[[], None]] = {}
_numbers = count()


def when_deleted(widget: QWidget, function: Callable[[], object]) -> None:
    """Have a function called when Qt deletes a widget.

    Parameters
    ----------
    widget : QWidget
        The widget.
    function : callable
        Holds neither the widget nor the viewer; see `weakly`.
    """
    number = next(_numbers)

    def call() -> None:
        del _waiting[number]
        function()

    _waiting[number] = call
    widget.destroyed.connect(call)


def weakly(method: Callable[..., Any]) -> Callable[[], None]:
    """Return what calls a method of an object for as long as that is there, and does not hold it."""
    weak = weakref.WeakMethod(method)

    def call() -> None:
        alive = weak()
        if alive is not None:
            alive()

    return call
