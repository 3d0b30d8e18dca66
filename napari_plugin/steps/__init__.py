"""The steps of the window, in the order of work."""

import importlib
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Step:
    """A step of the window, imported when a window is opened.

    Attributes
    ----------
    name : str
        Name of its module.
    title : str
        What its button says.
    widget : str
        Class in the module; made from a `Context`.
    stages : tuple of str
        Stages of the session whose results it shows.
    help : str
        What is done there.
    """

    name: str
    title: str
    widget: str
    stages: tuple[str, ...]
    help: str

    def make(self, context: Any) -> Any:
        """Return the widget of the step."""
        return getattr(importlib.import_module(f"napari_plugin.steps.{self.name}"), self.widget)(context)


STEPS = (
    Step("recording", "Recording", "RecordingStep", ("motion",), "Open a recording; what was added when; motion"),
    Step("cells", "Cells", "CellsStep", ("images", "cells"), "Find cells, draw and edit them"),
    Step("traces", "Traces", "TracesStep", ("traces", "references", "dff"), "Background, bleaching, F0 and ΔF/F0"),
    Step("responses", "Responses", "ResponsesStep", ("responses",), "Which cells responded, when and how much"),
    Step("compare", "Compare", "CompareStep", (), "Compare recordings of an experiment"),
    Step("export", "Export", "ExportStep", (), "Write tables, figures and the record of the run"),
)
