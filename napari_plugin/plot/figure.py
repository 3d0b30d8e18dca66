"""The figure for print: the library's pictures on a white ground, whatever the theme."""

from pathlib import Path

from matplotlib.axes import Axes

from napari_plugin.plot.content import Content
from s1r_imaging.plots.heatmap import plot_heatmap
from s1r_imaging.plots.save import save_figure
from s1r_imaging.plots.style import figure_of
from s1r_imaging.plots.traces import plot_mean_trace, plot_traces


def write_figure(content: Content, mode: str, path: str | Path, *, label: int = 0) -> Path:
    """Write what a mode of the plot shows as a figure for a paper, in ΔF/F0.

    Parameters
    ----------
    content : Content
        What is shown.
    mode : {"overlay", "heatmap", "single"}
        Mode of the plot.
    path : str or Path
        Where to; the ending decides on the format.
    label : int
        The cell that is shown alone.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValueError
        If there is no ΔF/F0, no such cell, or the ending is none of .png, .svg, .pdf.
    """
    return save_figure(figure_of(_axes(content, mode, label)), path)


def _axes(content: Content, mode: str, label: int) -> Axes:
    if mode == "heatmap":
        return plot_heatmap(content.traces, content.responses)
    if mode == "single":
        return plot_traces(content.traces, content.responses, labels=[label])
    return plot_mean_trace(content.traces, content.responses, n_single_cells=content.traces.n_cells)
