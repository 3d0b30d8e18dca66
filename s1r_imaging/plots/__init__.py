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
`save_figure`
    PNG or SVG, the same bytes on every run.

Nothing here imports `matplotlib.pyplot` or changes its settings. Names given by the user are shown as they
are, never read as mathematics.
"""

from s1r_imaging.plots.cells import plot_cells
from s1r_imaging.plots.heatmap import plot_heatmap
from s1r_imaging.plots.overview import overview_figure
from s1r_imaging.plots.quality import plot_quality
from s1r_imaging.plots.responses import plot_response_distributions
from s1r_imaging.plots.save import save_figure
from s1r_imaging.plots.traces import plot_mean_trace, plot_traces
from s1r_imaging.plots.words import event_label, format_concentration

__all__ = [
    "event_label",
    "format_concentration",
    "overview_figure",
    "plot_cells",
    "plot_heatmap",
    "plot_mean_trace",
    "plot_quality",
    "plot_response_distributions",
    "plot_traces",
    "save_figure",
]
