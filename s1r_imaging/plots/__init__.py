"""Pictures for a paper: Matplotlib Axes in, Axes out.

`plot_cells`
    Cells outlined and numbered on a summary image.
`plot_heatmap`
    ΔF/F0 of every cell, sorted by onset.
`plot_mean_trace`
    Mean ΔF/F0 with its interval over cells.
`plot_traces`
    Single-cell traces, stacked, with onsets and peaks.
`plot_response_distributions`
    Histograms of amplitude and kinetics, and the fraction of responders.
`plot_quality`
    Shifts, background and flags of one recording.
`overview_figure`
    The four main pictures on one page.
`plot_competition`, `plot_competition_residuals`, `competition_figure`
    Competition curves with their bands, and what the fit leaves.
`plot_radioligand`, `plot_saturation`, `plot_binding_kinetics`
    Binding of a radioligand over its concentration, and over time.
`plot_plate`
    Counts of the wells where they stood.
`plot_plate_values`, `plot_plate_traces`
    A functional plate: one value per well, and the small traces of all wells.
`plot_concentration_response`, `plot_schild`, `plot_schild_regression`
    EC50 and IC50 over replicates; shifted agonist curves and the plot of their dose ratios.
`plot_potency`
    Functional pKB against binding pKi.
`answer_figure`, `experiment_figures`
    What an experiment says on one page, and all its figures by name.
`plot_superplot`, `plot_responder_fraction`
    Cells small and replicates large, and the fraction of responders of each replicate.
`plot_contrasts`, `plot_block`
    Differences between conditions and block in per cent, with their intervals.
`plot_condition_traces`
    Mean ΔF/F0 of each condition with its interval over replicates.
`plot_recordings`
    How many cells each recording gave, how many of them are flagged, and which recordings failed.
`save_figure`
    PNG or SVG, the same bytes on every run.

Nothing here imports `matplotlib.pyplot` or changes its settings. Names given by the user are shown as they
are, never read as mathematics.
"""

from s1r_imaging.plots.binding import plot_competition, plot_competition_residuals
from s1r_imaging.plots.binding_figure import competition_figure
from s1r_imaging.plots.block import plot_block
from s1r_imaging.plots.cells import plot_cells
from s1r_imaging.plots.concentration import plot_concentration_response, plot_potency
from s1r_imaging.plots.conditions import plot_condition_traces
from s1r_imaging.plots.contrasts import plot_contrasts
from s1r_imaging.plots.experiment_figure import answer_figure, experiment_figures
from s1r_imaging.plots.experiment_quality import plot_recordings
from s1r_imaging.plots.heatmap import plot_heatmap
from s1r_imaging.plots.overview import overview_figure
from s1r_imaging.plots.plate import plot_plate
from s1r_imaging.plots.plate_traces import plot_plate_traces, plot_plate_values
from s1r_imaging.plots.quality import plot_quality
from s1r_imaging.plots.radioligand import plot_radioligand
from s1r_imaging.plots.responses import plot_response_distributions
from s1r_imaging.plots.saturation import plot_binding_kinetics, plot_saturation
from s1r_imaging.plots.save import save_figure
from s1r_imaging.plots.schild import plot_schild, plot_schild_regression
from s1r_imaging.plots.superplot import plot_responder_fraction, plot_superplot
from s1r_imaging.plots.traces import plot_mean_trace, plot_traces
from s1r_imaging.plots.words import event_label, format_concentration

__all__ = [
    "answer_figure",
    "competition_figure",
    "event_label",
    "experiment_figures",
    "format_concentration",
    "overview_figure",
    "plot_binding_kinetics",
    "plot_block",
    "plot_cells",
    "plot_competition",
    "plot_competition_residuals",
    "plot_concentration_response",
    "plot_condition_traces",
    "plot_contrasts",
    "plot_heatmap",
    "plot_mean_trace",
    "plot_plate",
    "plot_plate_traces",
    "plot_plate_values",
    "plot_potency",
    "plot_quality",
    "plot_radioligand",
    "plot_recordings",
    "plot_responder_fraction",
    "plot_response_distributions",
    "plot_saturation",
    "plot_schild",
    "plot_schild_regression",
    "plot_superplot",
    "plot_traces",
    "save_figure",
]
