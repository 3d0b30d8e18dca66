"""Which cell is selected: image, table and plot follow it."""

from psygnal import Signal


class Selection:
    """The cell that is selected in a window.

    Attributes
    ----------
    changed : Signal
        Emitted with the label; 0 where no cell is selected.
    """

    changed = Signal(int)

    def __init__(self) -> None:
        self._label = 0

    @property
    def label(self) -> int:
        """Label of the selected cell; 0 is none."""
        return self._label

    def select(self, label: int) -> None:
        """Select a cell; 0 selects none."""
        if label != self._label:
            self._label = int(label)
            self.changed.emit(self._label)
