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
    from s1r_imaging.experiment.block import block_percent
    from s1r_imaging.experiment.compare import CompareOptions, Comparison, compare_conditions
    from s1r_imaging.experiment.concentration import fit_concentration_response
    from s1r_imaging.experiment.design import check_design, read_design
    from s1r_imaging.experiment.design_file import write_design
    from s1r_imaging.experiment.leff_dougall import fit_leff_dougall
    from s1r_imaging.experiment.paired import paired_stimuli
    from s1r_imaging.experiment.plate_map import read_plate_map, well_recordings
    from s1r_imaging.experiment.potency_table import potency_table
    from s1r_imaging.experiment.sample_size import sample_size
    from s1r_imaging.experiment.schild import fit_schild, fit_schild_points
    from s1r_imaging.experiment.template import design_template
    from s1r_imaging.experiment_options import ExperimentOptions
    from s1r_imaging.experiment_results import write_experiment
    from s1r_imaging.experiment_run import Experiment, run_experiment
    from s1r_imaging.flags import CellFlag, flag_names
    from s1r_imaging.imaging.extract import extract_traces
    from s1r_imaging.imaging.motion import correct_motion
    from s1r_imaging.imaging.segment import segment_cells
    from s1r_imaging.imaging.summary import summary_image, summary_images
    from s1r_imaging.io.labels import read_labels
    from s1r_imaging.io.plate_reader import read_plate_reader
    from s1r_imaging.io.recording import read_recording, write_recording
    from s1r_imaging.recording import Event, Recording, Traces
    from s1r_imaging.report import report_html
    from s1r_imaging.results import write_results

__all__ = [
    "Analysis",
    "AnalysisOptions",
    "CancelledWorkError",
    "CellFlag",
    "CompareOptions",
    "Comparison",
    "Event",
    "Experiment",
    "ExperimentOptions",
    "Recording",
    "S1RImagingError",
    "Traces",
    "analyze_recording",
    "block_percent",
    "calcium_concentration",
    "check_design",
    "compare_conditions",
    "compute_dff",
    "correct_motion",
    "design_template",
    "extract_traces",
    "fit_concentration_response",
    "fit_leff_dougall",
    "fit_schild",
    "fit_schild_points",
    "flag_names",
    "fraction_of_maximum",
    "measure_responses",
    "paired_stimuli",
    "potency_table",
    "read_design",
    "read_labels",
    "read_plate_map",
    "read_plate_reader",
    "read_recording",
    "report_html",
    "run_experiment",
    "sample_size",
    "segment_cells",
    "summary_image",
    "summary_images",
    "well_recordings",
    "write_design",
    "write_experiment",
    "write_recording",
    "write_results",
]

_HOME = {
    "Analysis": "analysis",
    "AnalysisOptions": "analysis",
    "CancelledWorkError": "errors",
    "CellFlag": "flags",
    "CompareOptions": "experiment.compare",
    "Comparison": "experiment.compare",
    "Event": "recording",
    "Experiment": "experiment_run",
    "ExperimentOptions": "experiment_options",
    "Recording": "recording",
    "S1RImagingError": "errors",
    "Traces": "recording",
    "analyze_recording": "analysis",
    "block_percent": "experiment.block",
    "calcium_concentration": "calcium.calibration",
    "check_design": "experiment.design",
    "compare_conditions": "experiment.compare",
    "compute_dff": "calcium.dff",
    "correct_motion": "imaging.motion",
    "design_template": "experiment.template",
    "extract_traces": "imaging.extract",
    "fit_concentration_response": "experiment.concentration",
    "fit_leff_dougall": "experiment.leff_dougall",
    "fit_schild": "experiment.schild",
    "fit_schild_points": "experiment.schild",
    "flag_names": "flags",
    "fraction_of_maximum": "calcium.calibration",
    "measure_responses": "calcium.responses",
    "paired_stimuli": "experiment.paired",
    "potency_table": "experiment.potency_table",
    "read_design": "experiment.design",
    "read_labels": "io.labels",
    "read_plate_map": "experiment.plate_map",
    "read_plate_reader": "io.plate_reader",
    "read_recording": "io.recording",
    "report_html": "report",
    "run_experiment": "experiment_run",
    "sample_size": "experiment.sample_size",
    "segment_cells": "imaging.segment",
    "summary_image": "imaging.summary",
    "summary_images": "imaging.summary",
    "well_recordings": "experiment.plate_map",
    "write_design": "experiment.design_file",
    "write_experiment": "experiment_results",
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
