"""Competition curves over their residuals on one page, together or each by itself."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from s1r_imaging.plots.binding import SIGNAL_LABEL, plot_competition, plot_competition_residuals, points_words
from s1r_imaging.plots.binding_tables import (
    Scale,
    Spread,
    affinity_words,
    checked_plate,
    compounds_of,
    has_intervals,
)
from s1r_imaging.plots.concentration_axis import ConcentrationUnit
from s1r_imaging.plots.style import COLUMN_MM, INK, NOTE_PT, PAGE_MM, TICK_PT, new_figure


def competition_figure(
    plate: pd.DataFrame,
    curves: pd.DataFrame | None = None,
    results: pd.DataFrame | None = None,
    residuals: pd.DataFrame | None = None,
    *,
    apart: bool = False,
    scale: Scale = "signal",
    spread: Spread = "sd",
    unit: ConcentrationUnit = "M",
    signal_label: str = SIGNAL_LABEL,
    residual_label: str = "Residual",
) -> Figure:
    """Put competition curves over their residuals, all compounds together or each by itself.

    Parameters
    ----------
    plate, curves, results : DataFrame
        As in `plot_competition`.
    residuals : DataFrame, optional
        As in `plot_competition_residuals`; without it there is no lower panel.
    apart : bool
        Whether each compound has a panel of its own.
    scale : {'signal', 'percent'}
        The wells' own signal, or percent of the specific binding of their experiment.
    spread : {'sd', 'sem'}
        What the error bars are.
    unit : {'M', 'mM', 'µM', 'nM', 'pM', 'log10 M'}
        Unit of the competitor's axis.
    signal_label, residual_label : str
        Quantity and unit of signal and residuals.

    Returns
    -------
    matplotlib.figure.Figure
        One column wide for one panel, else page-wide.

    Raises
    ------
    ValueError
        If a column is missing or a role is unknown.
    """
    names = compounds_of(checked_plate(plate))
    groups = [[name] for name in names] if apart and len(names) > 1 else [names]
    figure, uppers, lowers = _panels(groups, with_residuals=residuals is not None)
    for number, (group, upper, lower) in enumerate(zip(groups, uppers, lowers, strict=False)):
        plot_competition(
            plate, curves, results, compounds=group, scale=scale, spread=spread, unit=unit,
            signal_label=signal_label, ax=upper,
        )  # fmt: skip
        if lower is not None and residuals is not None:
            plot_competition_residuals(
                plate, residuals, compounds=group, unit=unit, residual_label=residual_label, ax=lower
            )
            upper.set_xlabel("")
            upper.tick_params(axis="x", labelbottom=False)
        if len(groups) > 1:
            _make_small(
                upper, lower, affinity_words(group[0], results), is_first=number % _columns(len(groups)) == 0
            )
    if len(groups) > 1:
        _share_y(uppers)
        words = points_words(checked_plate(plate), spread, with_interval=has_intervals(results))
        figure.supxlabel(words, fontsize=NOTE_PT, color=INK, x=0.99, ha="right")
    return figure


def _columns(n_panels: int) -> int:
    return min(n_panels, 2 if n_panels == 4 else 3)


def _panels(groups: list[list[str]], *, with_residuals: bool) -> tuple[Figure, list[Axes], list[Axes | None]]:
    n_columns = _columns(len(groups))
    n_rows = -(-len(groups) // n_columns)
    height = (85.0 if with_residuals else 68.0) * (1.0 if len(groups) == 1 else 0.85)
    lines = 4.0 * len(groups[0]) if len(groups) == 1 else 0.0
    figure = new_figure(
        width_mm=COLUMN_MM if n_columns == 1 else PAGE_MM, height_mm=height * n_rows + min(lines, 80.0)
    )
    heights = [3.2, 1.0] if with_residuals else [1.0]
    grid = figure.add_gridspec(n_rows * len(heights), n_columns, height_ratios=heights * n_rows)
    uppers: list[Axes] = []
    lowers: list[Axes | None] = []
    for number in range(len(groups)):
        row, column = divmod(number, n_columns)
        uppers.append(figure.add_subplot(grid[row * len(heights), column]))
        lowers.append(figure.add_subplot(grid[row * 2 + 1, column]) if with_residuals else None)
    return figure, uppers, lowers


def _make_small(upper: Axes, lower: Axes | None, title: str, *, is_first: bool) -> None:
    """Put the affinity above one panel of many, in place of its legend, and name the signal once in each row."""
    legend = upper.get_legend()
    if legend is not None:
        legend.remove()
    upper.set_title(title, loc="left", fontsize=TICK_PT, color=INK)
    for ax in (upper, lower):
        if ax is not None and not is_first:
            ax.set_ylabel("")


def _share_y(axes: list[Axes]) -> None:
    limits = np.array([ax.get_ylim() for ax in axes])
    for ax in axes:
        ax.set_ylim(limits[:, 0].min(), limits[:, 1].max())
