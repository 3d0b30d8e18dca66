"""What every step of the window of binding curves is given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from qtpy.QtWidgets import QFileDialog, QMessageBox, QWidget

from napari_plugin.binding.functional import FunctionalState
from napari_plugin.binding.radioligand import RadioligandState
from napari_plugin.binding.state import BindingState
from napari_plugin.settings import Settings
from napari_plugin.steps.compare import CompareStep
from napari_plugin.work import Runner
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.experiment_run import Experiment
from s1r_imaging.io.files import is_occupied
from s1r_imaging.io.results import check_folder

TABLES = "Tables (*.csv *.tsv *.txt *.xlsx *.xlsm);;All files (*)"


@dataclass(eq=False)
class BindingContext:
    """One window: its viewer, and what its steps share.

    Attributes
    ----------
    viewer : napari.Viewer or None
        The viewer; the window works without.
    state : BindingState
        Wells, options, fit.
    functional : FunctionalState
        Functional curves.
    radioligand : RadioligandState
        Saturation and kinetics of the radioligand.
    runner : Runner
        Does the work.
    settings : Settings
        What is remembered.
    """

    viewer: Any
    state: BindingState
    functional: FunctionalState
    radioligand: RadioligandState
    runner: Runner
    settings: Settings
    _closers: list[Callable[[], None]] = field(default_factory=list, repr=False)

    def follow(self, *refresh: Callable[..., None], of: Sequence[Any] = ()) -> None:
        """Have functions called when wells, options or fits change, until the window closes.

        Parameters
        ----------
        *refresh : callable
            The functions.
        of : sequence
            Whose changes; those of the plate and of functional curves when not given.
        """
        for function in refresh:
            for signal in (item.changed for item in of or (self.state, self.functional)):
                signal.connect(function)
                self._closers.append(partial(signal.disconnect, function, missing_ok=True))

    def experiment(self) -> Experiment | None:
        """Return what the step Compare of the viewer's other window shows; None where there is nothing."""
        docked = {} if self.viewer is None else self.viewer.window.dock_widgets
        for widget in docked.values():
            step = widget.findChild(CompareStep) if isinstance(widget, QWidget) else None
            if step is not None and step.answer is not None:
                return step.answer.experiment
        return None

    def close(self) -> None:
        """Stop the work, and let go of what was followed."""
        self.runner.stop_and_wait()
        while self._closers:
            self._closers.pop()()

    def ask_files(self, parent: QWidget, title: str, kinds: str = TABLES) -> list[Path]:
        """Let the person choose files; none when they change their mind."""
        names, _ = QFileDialog.getOpenFileNames(parent, title, self.settings.folder, kinds)
        if names:
            self.settings.remember_folder(names[0])
        return [Path(name) for name in names]

    def ask_folder(self, parent: QWidget, title: str) -> Path | None:
        """Let the person choose a folder that is there."""
        name = QFileDialog.getExistingDirectory(parent, title, self.settings.folder)
        return Path(name) if name else None

    def ask_new_folder(self, parent: QWidget, title: str, proposed: str) -> Path | None:
        """Let the person name a folder to make."""
        start = str(Path(self.settings.folder or Path.home()) / proposed)
        name, _ = QFileDialog.getSaveFileName(
            parent, title, start, "Folder (*)", options=QFileDialog.Option.DontConfirmOverwrite
        )
        return Path(name) if name else None

    def may_write(self, parent: QWidget, folder: Path) -> bool | None:
        """Return whether a folder is to be replaced (True) or made (False); None where neither may be."""
        try:
            overwrite = is_occupied(folder)
            check_folder(folder, overwrite=overwrite)
        except S1RImagingError as error:
            self.runner.say(str(error))
            return None
        return (
            None
            if overwrite and not self.agrees(parent, f"{folder} holds earlier results: replace them?")
            else overwrite
        )

    def agrees(self, parent: QWidget, question: str) -> bool:
        """Ask the person, who can say no."""
        answer = QMessageBox.question(parent, "Binding curves", question)
        return bool(answer == QMessageBox.StandardButton.Yes)
