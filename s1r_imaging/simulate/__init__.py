"""Simulated recordings, experiments and traces, each with what is true of it.

- `simulate_recording`: a recording with pixels, and its `RecordingTruth`;
- `simulate_experiment`: conditions, days and dishes, and their `ExperimentTruth`;
- `simulate_traces`: traces without pixels, for thousands of cells;
- `simulate_binding_plate`: plates of a radioligand binding assay, and their `BindingPlateTruth`;
- `response_curve`, `curve_kinetics`: the response of one cell, and its kinetics.
"""

from s1r_imaging.simulate.experiment import ExperimentTruth, simulate_experiment
from s1r_imaging.simulate.kinetics import curve_kinetics, response_curve
from s1r_imaging.simulate.plates import BindingPlateTruth, BindingSimulationOptions, simulate_binding_plate
from s1r_imaging.simulate.recording import SimulationOptions, simulate_recording
from s1r_imaging.simulate.traces import simulate_traces
from s1r_imaging.simulate.truth import RecordingTruth

__all__ = [
    "BindingPlateTruth",
    "BindingSimulationOptions",
    "ExperimentTruth",
    "RecordingTruth",
    "SimulationOptions",
    "curve_kinetics",
    "response_curve",
    "simulate_binding_plate",
    "simulate_experiment",
    "simulate_recording",
    "simulate_traces",
]
