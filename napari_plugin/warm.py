"""What would make the window stand still later is done while it opens."""

import gc
from typing import Any

import numpy as np
from napari.layers import Image

from napari_plugin.context import Context


def warm_up(context: Context) -> None:
    """Have napari read its table of units, and spare Python the search through all that is loaded.

    The first layer with units costs a third of a second, in the thread of the window. Python's search for
    garbage takes longer than that where hundreds of thousands of objects are loaded, and stops every thread
    meanwhile: what is there when the window opens is left out of it until the window closes.

    Parameters
    ----------
    context : Context
        What is done is undone when it closes.
    """
    unseen: Any = Image(np.zeros((2, 2)), units=("um", "um"))
    del unseen
    gc.freeze()
    context.at_close(gc.unfreeze)
