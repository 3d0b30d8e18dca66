"""From a Fluo-4 recording to an answer a pharmacologist can publish.

The names below are imported from their modules when they are first used, so that ``import s1r_imaging``
costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from s1r_imaging.analysis import Analysis, AnalysisOptions, analyze_recording
    from s1r_imaging.calcium.calibration import calcium_concentration, fraction_of_maximum
    from s1r_imaging.calcium.dff import compute_dff
    from s1r_imaging.calcium.responses import measure_responses
    from s1r_imaging.errors import CancelledWorkError, S1RImagingError
    from s1r_imaging.flags import CellFlag, flag_names
    from s1r_imaging.imaging.extract import extract_traces
    from s1r_imaging.imaging.motion import correct_motion
    from s1r_imaging.imaging.segment import segment_cells
    from s1r_imaging.imaging.summary import summary_image, summary_images
    from s1r_imaging.io.labels import read_labels
    from s1r_imaging.io.recording import read_recording, write_recording
    from s1r_imaging.recording import Event, Recording, Traces
    from s1r_imaging.results import write_results

__all__ = [
    "Analysis",
    "AnalysisOptions",
    "CancelledWorkError",
    "CellFlag",
    "Event",
    "Recording",
    "S1RImagingError",
    "Traces",
    "analyze_recording",
    "calcium_concentration",
    "compute_dff",
    "correct_motion",
    "extract_traces",
    "flag_names",
    "fraction_of_maximum",
    "measure_responses",
    "read_labels",
    "read_recording",
    "segment_cells",
    "summary_image",
    "summary_images",
    "write_recording",
    "write_results",
]

_HOME = {
    "Analysis": "analysis",
    "AnalysisOptions": "analysis",
    "CancelledWorkError": "errors",
    "CellFlag": "flags",
    "Event": "recording",
    "Recording": "recording",
    "S1RImagingError": "errors",
    "Traces": "recording",
    "analyze_recording": "analysis",
    "calcium_concentration": "calcium.calibration",
    "compute_dff": "calcium.dff",
    "correct_motion": "imaging.motion",
    "extract_traces": "imaging.extract",
    "flag_names": "flags",
    "fraction_of_maximum": "calcium.calibration",
    "measure_responses": "calcium.responses",
    "read_labels": "io.labels",
    "read_recording": "io.recording",
    "segment_cells": "imaging.segment",
    "summary_image": "imaging.summary",
    "summary_images": "imaging.summary",
    "write_recording": "io.recording",
    "write_results": "results",
}


if not TYPE_CHECKING:  # a type checker must see the names above, and no others

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first used."""
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """List the public names too, for completion."""
    return sorted({*globals(), *__all__})
