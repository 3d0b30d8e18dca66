"""The figures of the report, each with words for those who do not see it."""

import pandas as pd

from s1r_imaging.experiment.compare import Comparison
from s1r_imaging.experiment.concentration import ConcentrationResponse
from s1r_imaging.experiment.schild import SchildFit
from s1r_imaging.experiment_run import Experiment
from s1r_imaging.plots.block import plot_block
from s1r_imaging.plots.comparison_groups import is_fraction, measure_label
from s1r_imaging.plots.concentration import plot_concentration_response
from s1r_imaging.plots.conditions import plot_condition_traces
from s1r_imaging.plots.contrasts import plot_contrasts
from s1r_imaging.plots.experiment_figure import answer_figure
from s1r_imaging.plots.experiment_quality import plot_recordings
from s1r_imaging.plots.schild import plot_schild, plot_schild_regression
from s1r_imaging.plots.style import figure_of
from s1r_imaging.plots.superplot import plot_responder_fraction, plot_superplot
from s1r_imaging.report.markup import Html, element
from s1r_imaging.report.numbers import counted, interval, number
from s1r_imaging.report.pictures import figure

_SUPERPLOT = (
    "Small points are cells, large ones the means of replicates; the bar is the mean over replicates with "
    "its 95 % interval."
)
_ANSWER = (
    "Mean time course of the conditions, cells and replicates with the mean over replicates, and the block, "
    "as far as they apply; intervals are over replicates."
)
_ANSWER_ALT = "The answer in one figure: time courses, replicates of conditions, block. Numbers are in the text."
_FRACTION = "Points are replicates; the bar is their mean with its 95 % interval."
_CURVES = (
    "Points are replicates, the line is the fitted curve with its band; the bar above the axis is EC50 or IC50 "
    "with its interval."
)
_TRACES = "Mean over replicates with its 95 % interval (band); thin lines are the replicates."


def answer(experiment: Experiment) -> Html:
    """Return the answer in one figure."""
    return figure(answer_figure(experiment), alt=_ANSWER_ALT, caption=_ANSWER)


def superplot(comparison: Comparison) -> Html:
    """Return the superplot of a comparison, or its responder fractions."""
    draw = plot_responder_fraction if is_fraction(comparison.measure) else plot_superplot
    label = measure_label(comparison.measure)
    return figure(
        figure_of(draw(comparison)),
        alt=f"{label} by condition. {means_in_words(comparison.replicates)}",
        caption=_FRACTION if is_fraction(comparison.measure) else _SUPERPLOT,
    )


def contrasts(comparison: Comparison) -> Html:
    """Return the contrasts between conditions as a figure."""
    said = [f"{row['contrast']}: {number(row['estimate'])}" for row in comparison.contrasts.to_dict("records")]
    return figure(
        figure_of(plot_contrasts(comparison)),
        alt=f"Contrasts between conditions with their intervals. {'; '.join(said)}",
    )


def block(comparison: Comparison) -> Html:
    """Return the block of each antagonist as a figure."""
    said = [
        f"{row['condition']}: {number(row['estimate'])} % ({interval(row['ci_low'], row['ci_high'])})"
        for row in comparison.block.to_dict("records")
    ]
    return figure(figure_of(plot_block(comparison)), alt=f"Block in per cent with its interval. {'; '.join(said)}")


def traces(experiment: Experiment) -> Html:
    """Return the mean time course of each condition."""
    axes = plot_condition_traces(experiment.mean_traces, experiment.design, experiment.events)
    shown = ", ".join(dict.fromkeys(str(condition) for condition in experiment.design["condition"]))
    return figure(
        figure_of(axes.ravel()[0]), alt=f"Mean ΔF/F0 over time in each condition: {shown}", caption=_TRACES
    )


def concentrations(fitted: ConcentrationResponse) -> Html:
    """Return the concentration–response curves, EC50 and IC50 apart."""
    parts = []
    for kind, what in (("ec50", "Concentration–response curves"), ("ic50", "Inhibition curves")):
        curves = list(fitted.table.loc[fitted.table["kind"] == kind, "curve"])
        if curves:
            drawing = figure_of(plot_concentration_response(fitted, curves=curves))
            parts.append(figure(drawing, alt=f"{what} of {', '.join(curves)}", caption=_CURVES))
    return element("div", *parts, class_="figures")


def schild(fitted: SchildFit) -> Html:
    """Return the curves of a Schild experiment and its regression."""
    label = f"{fitted.antagonist} against {fitted.agonist}"
    return element(
        "div",
        figure(figure_of(plot_schild(fitted)), alt=f"Agonist curves with and without antagonist: {label}"),
        figure(figure_of(plot_schild_regression(fitted)), alt=f"Schild regression of {label}"),
        class_="figures",
    )


def cells_of_recordings(experiment: Experiment) -> Html:
    """Return how many cells each recording gave, and how many of them are flagged."""
    drawing = figure_of(plot_recordings(experiment.recordings, experiment.design))
    return figure(
        drawing, alt="Cells of each recording, and how many of them carry a flag; the table has the numbers"
    )


def means_in_words(replicates: pd.DataFrame) -> str:
    """Say the mean of each condition over its replicates.

    Parameters
    ----------
    replicates : DataFrame
        ``condition, value``.

    Returns
    -------
    str
        A sentence without its full stop; empty without replicates.

    Examples
    --------
    >>> means_in_words(pd.DataFrame({"condition": ["ATP", "ATP"], "value": [0.5, 1.0]}))
    'ATP 0.75 (2 replicates)'
    """
    return "; ".join(
        f"{condition} {number(values.mean())} ({counted(int(values.count()), 'replicate')})"
        for condition, values in replicates.groupby("condition", sort=False)["value"]
    )
