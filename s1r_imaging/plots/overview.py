"""The main pictures of one recording on one page."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from s1r_imaging.plots.cells import plot_cells
from s1r_imaging.plots.heatmap import plot_heatmap
from s1r_imaging.plots.responses import plot_response_distributions
from s1r_imaging.plots.style import INK, PAGE_MM, new_figure
from s1r_imaging.plots.tables import called, numbers, rows_of_traces
from s1r_imaging.plots.traces import plot_mean_trace
from s1r_imaging.recording import Traces


def overview_figure(
    image: ArrayLike,
    labels: ArrayLike,
    traces: Traces,
    responses: pd.DataFrame,
    *,
    event: str | None = None,
    pixel_size_um: float | None = None,
) -> Figure:
    """Put cells, heat map, mean trace and response distributions on one page.

    Parameters
    ----------
    image : array_like, shape (Y, X)
        Summary image.
    labels : array_like of int, shape (Y, X)
        Label image, 0 is background.
    traces : Traces
        Traces that hold ΔF/F0.
    responses : DataFrame
        Table that `measure_responses` made of them.
    event : str, optional
        Event to show; the one with the most responders when not given.
    pixel_size_um : float, optional
        Edge of a pixel (µm), for a scale bar.

    Returns
    -------
    matplotlib.figure.Figure
        A page-wide figure with panels a to d.

    Raises
    ------
    TypeError
        If labels are no integers.
    ValueError
        If shapes differ, there is no ΔF/F0, or the table does not belong to the traces or does not hold the
        event.
    """
    rows, event = rows_of_traces(traces, responses, event)
    assert rows is not None  # noqa: S101  (a table was given)
    figure = new_figure(width_mm=PAGE_MM, height_mm=165.0)
    panels = np.asarray(figure.subfigures(2, 2, width_ratios=[1, 1.15], height_ratios=[1.2, 1])).ravel()
    for panel, letter in zip(panels, "abcd", strict=True):
        panel.suptitle(letter, x=0.015, ha="left", fontsize=10, fontweight="bold", color=INK)
    measured = np.isfinite(numbers(rows, "peak_dff"))
    calls = pd.Series(
        [bool(call) if known else None for call, known in zip(called(rows), measured, strict=True)],
        index=rows.index, dtype=object,
    )  # fmt: skip
    plot_cells(image, labels, values=calls, pixel_size_um=pixel_size_um, ax=panels[0].add_subplot())
    plot_heatmap(traces, responses, event=event, ax=panels[1].add_subplot())
    plot_mean_trace(traces, responses, event=event, ax=panels[2].add_subplot())
    plot_response_distributions(rows.reset_index(), axes=panels[3].subplots(2, 2).ravel())
    return figure
