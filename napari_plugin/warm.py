"""What would make the window stand still later is done while it opens."""

import gc
import sys
import threading
from typing import Any

import numpy as np
from napari.layers import Image
from vispy.visuals.line.dash_atlas import DashAtlas

from napari_plugin.context import Context

_TURN_S = 0.001
"""How long a thread keeps Python's lock while another one waits: Python's own 5 ms add up."""


def warm_up(context: Context) -> None:
    """Have napari read its table of units, and spare Python the search through all that is loaded.

    The first layer with units costs a third of a second, in the thread of the window. Python's search for
    garbage takes longer than that where hundreds of thousands of objects are loaded, and stops every thread
    meanwhile: what is there when the window opens is left out of it until the window closes. The first layer of
    labels has vispy compute patterns of dashed lines, which it keeps: a thread has them computed before. And work
    in Python, which keeps Python's lock, gives it up sooner: the window asks for it after each call of Qt.

    Parameters
    ----------
    context : Context
        What is done is undone when it closes.
    """
    threading.Thread(target=DashAtlas, name="s1r-imaging dashes", daemon=True).start()
    unseen: Any = Image(np.zeros((2, 2)), units=("um", "um"))
    del unseen
    _PYTHON.take()
    context.at_close(_PYTHON.give_back)


class _Python:
    """What holds for all of Python while windows are open; the last of them that closes puts it back."""

    def __init__(self) -> None:
        self._n_windows = 0
        self._usual_s = 0.0

    def take(self) -> None:
        if not self._n_windows:
            self._usual_s = sys.getswitchinterval()
            sys.setswitchinterval(_TURN_S)
        self._n_windows += 1
        gc.freeze()

    def give_back(self) -> None:
        self._n_windows -= 1
        if not self._n_windows:
            sys.setswitchinterval(self._usual_s)
            gc.unfreeze()


_PYTHON = _Python()
