"""What every step of the window is given."""

import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from napari_plugin.selection import Selection
from napari_plugin.session import Session
from napari_plugin.settings import Settings
from napari_plugin.work import Runner


def whole(viewer: Any) -> Any:
    """Return the viewer itself, where napari gives a plugin a stand-in that hides its private parts.

    The stand-in makes a new stand-in of a layer each time that it is asked for it: two of them are never the same
    object, and a weak reference to one ends at once.
    """
    return getattr(viewer, "__wrapped__", viewer)


@dataclass(eq=False)
class Context:
    """One window: its viewer, and what its steps share.

    Attributes
    ----------
    viewer : napari.Viewer
        The viewer.
    session : Session
        Recording, cells, traces, responses, options.
    selection : Selection
        The cell that is selected.
    runner : Runner
        Does the work.
    settings : Settings
        What is remembered from one time to the next.
    cells : CellLayers
        The layer of the cells; None while there is none.
    recording_layer : napari.layers.Image or None
        The layer that shows the recording.
    """

    viewer: Any
    session: Session
    selection: Selection
    runner: Runner
    settings: Settings
    cells: Any = None
    _layer: Any = field(default=None, repr=False)
    _closers: list[Callable[[], None]] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        """Take the viewer itself."""
        self.viewer = whole(self.viewer)

    @property
    def recording_layer(self) -> Any:
        """The layer that shows the recording, as long as it is in the viewer."""
        layer = None if self._layer is None else self._layer()
        return layer if layer is not None and layer in self.viewer.layers else None

    @recording_layer.setter
    def recording_layer(self, layer: Any) -> None:
        self._layer = None if layer is None else weakref.ref(layer)

    def at_close(self, function: Callable[[], None]) -> None:
        """Have a function called once when the window closes: to disconnect from the viewer, and the like."""
        self._closers.append(function)

    def close(self) -> None:
        """Stop the work, and call what was left with `at_close`, the last one first."""
        with suppress(RuntimeError):  # Qt may have deleted widgets already: with the viewer's window
            self.runner.stop_and_wait()
        while self._closers:
            with suppress(RuntimeError):
                self._closers.pop()()
