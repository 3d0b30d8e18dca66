"""Simulated recordings, experiments and traces with known truth.

- `simulate_recording`: a recording with pixels, `RecordingTruth`;
- `response_curve`, `curve_kinetics`: the response of one cell, and what is true of it.
"""

from s1r_imaging.simulate.kinetics import curve_kinetics, response_curve
from s1r_imaging.simulate.recording import SimulationOptions, simulate_recording
from s1r_imaging.simulate.truth import RecordingTruth

__all__ = [
    "RecordingTruth",
    "SimulationOptions",
    "curve_kinetics",
    "response_curve",
    "simulate_recording",
]
