"""The figures of an experiment: the answer on one page, and all others by name."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from s1r_imaging.experiment.compare import Comparison
from s1r_imaging.experiment.concentration import ConcentrationResponse
from s1r_imaging.experiment.schild import SchildFit
from s1r_imaging.io.files import safe_name
from s1r_imaging.plots.block import plot_block
from s1r_imaging.plots.comparison_groups import groups_of, is_fraction
from s1r_imaging.plots.concentration import plot_concentration_response
from s1r_imaging.plots.condition_axis import height_for
from s1r_imaging.plots.conditions import MOST_TOGETHER, plot_condition_traces
from s1r_imaging.plots.contrasts import plot_contrasts
from s1r_imaging.plots.experiment_quality import plot_recordings
from s1r_imaging.plots.schild import plot_schild, plot_schild_regression
from s1r_imaging.plots.style import INK, LABEL_PT, PAGE_MM, figure_of, new_figure, say
from s1r_imaging.plots.superplot import plot_responder_fraction, plot_superplot
from s1r_imaging.recording import Event

MAIN_MEASURE = "peak_dff"
_ROW_MM = 82.0
_MOST_BESIDE = 5  # conditions in a superplot beside other panels


class ExperimentTables(Protocol):
    """What pictures read of an `Experiment`."""

    @property
    def design(self) -> pd.DataFrame:
        """One row per recording."""

    @property
    def mean_traces(self) -> pd.DataFrame:
        """Mean ΔF/F0 of each recording over time."""

    @property
    def events(self) -> Mapping[str, Sequence[Event]]:
        """What was added when, by recording."""

    @property
    def recordings(self) -> pd.DataFrame:
        """One row per recording: what became of it."""

    @property
    def concentration_response(self) -> ConcentrationResponse | None:
        """EC50 and IC50."""

    @property
    def schild(self) -> Sequence[SchildFit]:
        """The Schild experiments."""

    @property
    def comparisons(self) -> Mapping[str, Comparison]:
        """Comparison of each measure."""


def answer_figure(experiment: ExperimentTables) -> Figure:
    """Put what the experiment says on one page: traces of the conditions, the superplot, and the block.

    Parameters
    ----------
    experiment : Experiment
        What `run_experiment` made.

    Returns
    -------
    matplotlib.figure.Figure
        Page-wide; panels that do not apply are left out, and a superplot of many conditions has a row of its own.
    """
    comparison = main_comparison(experiment.comparisons)
    has_traces = len(experiment.mean_traces) > 0
    has_block = comparison is not None and len(comparison.block) > 0
    n_conditions = 0 if comparison is None else len(groups_of(comparison))
    below = n_conditions > _MOST_BESIDE
    if not has_traces and comparison is None:
        figure = new_figure(width_mm=PAGE_MM, height_mm=45.0)
        ax = figure.add_subplot()
        ax.set_axis_off()
        say(ax, "no recording could be analysed")
        return figure
    widths = {
        "traces": 1.15 if has_traces else 0.0,
        "superplot": 1.9 if comparison is not None and not below else 0.0,
        "block": 0.85 if has_block else 0.0,
    }
    height = height_for(n_conditions) + 10.0 if below else 0.0
    figure, panels = _answer_panels({name: width for name, width in widths.items() if width}, below_mm=height)
    if "traces" in panels:
        ax = panels["traces"].add_subplot()
        plot_condition_traces(
            experiment.mean_traces, experiment.design, experiment.events, apart=False, axes=[ax],
            conditions=_main_conditions(experiment.design),
        )  # fmt: skip
    if comparison is not None:
        plot_superplot(comparison, ax=panels["superplot"].add_subplot())
    if comparison is not None and "block" in panels:
        plot_block(comparison, ax=panels["block"].add_subplot())
    for letter, panel in zip("abc", panels.values(), strict=False):
        panel.suptitle(letter, x=0.01, ha="left", fontsize=LABEL_PT + 1, fontweight="bold", color=INK)
    return figure


def experiment_figures(experiment: ExperimentTables) -> dict[str, Callable[[], Figure]]:
    """List the figures of an experiment that apply, each to be drawn when it is needed.

    Parameters
    ----------
    experiment : Experiment
        What `run_experiment` made.

    Returns
    -------
    dict of str to callable
        File names without ending, the answer first; each draws a new figure.
    """
    figures: dict[str, Callable[[], Figure]] = {"answer": partial(answer_figure, experiment)}
    for measure, comparison in experiment.comparisons.items():
        short = "peak" if measure == MAIN_MEASURE else measure
        tail = "" if measure == MAIN_MEASURE else f"_{measure}"
        if is_fraction(measure):
            figures["responder_fraction"] = partial(_drawn, plot_responder_fraction, comparison)
        else:
            figures[f"superplot_{short}"] = partial(_drawn, plot_superplot, comparison)
        if len(comparison.contrasts):
            figures[f"contrasts{tail}"] = partial(_drawn, plot_contrasts, comparison)
        if len(comparison.block):
            figures[f"block{tail}"] = partial(_drawn, plot_block, comparison)
    if len(experiment.mean_traces):
        figures["mean_traces"] = partial(
            _drawn, plot_condition_traces, experiment.mean_traces, experiment.design, experiment.events
        )
    figures |= _concentration_figures(experiment)
    if len(experiment.recordings):
        figures["quality"] = partial(_drawn, plot_recordings, experiment.recordings, experiment.design)
    return figures


def _concentration_figures(experiment: ExperimentTables) -> dict[str, Callable[[], Figure]]:
    figures: dict[str, Callable[[], Figure]] = {}
    fitted = experiment.concentration_response
    if fitted is not None:
        for kind, name in (("ec50", "concentration_response"), ("ic50", "concentration_inhibition")):
            curves = fitted.table.loc[fitted.table["kind"] == kind, "curve"].to_list()
            if curves:
                figures[name] = partial(_drawn, partial(plot_concentration_response, curves=curves), fitted)
    for fit in experiment.schild:
        tail = f"_{safe_name(f'{fit.antagonist} against {fit.agonist}')}" if len(experiment.schild) > 1 else ""
        figures[f"schild{tail}"] = partial(_drawn, plot_schild, fit)
        figures[f"schild_regression{tail}"] = partial(_drawn, plot_schild_regression, fit)
    return figures


def main_comparison(comparisons: Mapping[str, Comparison]) -> Comparison | None:
    """Return the comparison of the peak, or the first one; None without any.

    Parameters
    ----------
    comparisons : mapping of str to Comparison
        By measure.

    Returns
    -------
    Comparison or None
        The main one.
    """
    return comparisons.get(MAIN_MEASURE, next(iter(comparisons.values()), None))


def _drawn(draw: Callable[..., Any], *inputs: Any) -> Figure:
    drawn = draw(*inputs)
    first: Axes = np.ravel(np.asarray(drawn, dtype=object))[0]
    return figure_of(first)


def _main_conditions(design: pd.DataFrame) -> list[str] | None:
    """Choose as many conditions as one panel holds: vehicle, agonist, and those that the answer is about."""
    names = list(dict.fromkeys(design["condition"].astype(str)))
    if len(names) <= MOST_TOGETHER:
        return None
    role_of = dict(zip(design["condition"].astype(str), design["role"].astype(str), strict=True))
    kept = [
        name for role in ("vehicle", "agonist") for name in [n for n in names if role_of[n] == role][:1]
    ]  # the first of each
    blocked = [name for name in names if role_of[name] == "antagonist_agonist"]
    rest = blocked or [name for name in names if name not in kept]
    # Spread over the rest, which is often a series of concentrations.
    places = np.linspace(0, len(rest) - 1, min(MOST_TOGETHER - len(kept), len(rest))).round().astype(int)
    kept += [rest[place] for place in places]
    return [name for name in names if name in kept]


def _answer_panels(widths: dict[str, float], *, below_mm: float) -> tuple[Figure, dict[str, Any]]:
    """Return a figure and its subfigures: each makes room for its own parts."""
    if not below_mm:
        figure = new_figure(width_mm=PAGE_MM, height_mm=_ROW_MM)
        return figure, _row(figure, widths)
    if not widths:
        figure = new_figure(width_mm=PAGE_MM, height_mm=below_mm)
        return figure, {"superplot": figure.subfigures(1, 1)}
    figure = new_figure(width_mm=PAGE_MM, height_mm=_ROW_MM + below_mm)
    rows: Any = figure.subfigures(2, 1, height_ratios=[_ROW_MM, below_mm])
    upper, lower = rows
    return figure, {**_row(upper, widths), "superplot": lower}


def _row(parent: Any, widths: dict[str, float]) -> dict[str, Any]:
    found: NDArray[Any] = np.ravel(
        np.asarray(parent.subfigures(1, len(widths), width_ratios=list(widths.values())), dtype=object)
    )
    return dict(zip(widths, found, strict=True))
