"""Superplots: cells small, replicates large, and the interval over replicates beside them."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from s1r_imaging.experiment.compare import Comparison
from s1r_imaging.experiment.mean_traces import mean_and_interval
from s1r_imaging.plots.comparison_groups import (
    Group,
    are_shared,
    correction_words,
    groups_of,
    is_fraction,
    measure_label,
    replicate_styles,
)
from s1r_imaging.plots.condition_axis import axes_width_pt, dress_condition_axis, height_for, width_for
from s1r_imaging.plots.intervals import draw_interval, limits_for
from s1r_imaging.plots.p_values import draw_p_values, p_of
from s1r_imaging.plots.style import INK, NOTE_PT, TICK_PT, VERMILION, axes_or_new, say
from s1r_imaging.plots.swarm import swarm
from s1r_imaging.plots.words import shorten, text_width_pt
from s1r_imaging.plots.wrapping import wrap

_SWARM, _SPREAD, _MEAN_AT = 0.26, 0.2, 0.38  # of the distance between two conditions
_MOST_NAMED = 8
_MANY_CELLS = 300
_FEWEST_FOR_OUTLIERS = 20
_NAME_PT = 60.0
_Y_AXIS_PT, _HANDLE_PT = 34.0, 13.0  # beside the axes
_MANY_REPLICATES = 8

Styles = dict[tuple[str, str], tuple[str, str]]


def plot_superplot(
    comparison: Comparison,
    *,
    conditions: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw every cell small, every replicate large, and the mean over replicates with its interval.

    A replicate has one colour and shape; where the comparison was paired, a line joins it through the conditions.
    Cells far beyond the others stand as triangles at the edge. Under each condition is how many replicates and
    cells there are, above them are the p values of the comparison. Where cells were taken as n, the picture says
    so and its intervals are over cells too.

    Parameters
    ----------
    comparison : Comparison
        What `compare_conditions` made.
    conditions : sequence of str, optional
        Conditions to draw, in this order; all, vehicle first, when not given.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; a new figure, as wide as the conditions need, when not given.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If a condition is unknown.

    References
    ----------
    .. [1] S. J. Lord et al., "SuperPlots: communicating reproducibility and variability in cell biology", J. Cell
       Biol. 219 (2020) e202001064.
    """
    groups, confidence = _chosen(comparison, conditions), comparison.options.confidence
    ax = axes_or_new(ax, width_mm=width_for(len(groups)), height_mm=height_for(len(groups)))
    cells_as_n = comparison.method == "cells"
    summaries = [
        mean_and_interval(group.cells if cells_as_n else group.values, confidence=confidence) for group in groups
    ]
    low, high = _limits(groups, summaries)
    ax.set_ylim(low, high)
    styles = replicate_styles(groups)
    _dress(ax, comparison, groups, styles)
    n_beyond = sum(_draw_cells(ax, at, group, styles) for at, group in enumerate(groups))
    _draw_replicates(ax, groups, styles)
    _join_pairs(ax, comparison, groups)
    for at, summary in enumerate(summaries):
        _draw_mean(ax, at, *map(float, summary))
    note = f"small: cells; large: replicates; bar: mean with {100 * confidence:g} % interval over "
    note += "CELLS" if cells_as_n else "replicates"
    if n_beyond:
        note += f"; triangles: {n_beyond} cell{'s' if n_beyond > 1 else ''} beyond the axis"
    _finish(ax, comparison, groups, note)
    return ax


def plot_responder_fraction(
    comparison: Comparison,
    *,
    conditions: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the fraction of responders of every replicate, and the mean over replicates with its interval.

    The intervals are cut at 0 and 100 %.

    Parameters
    ----------
    comparison : Comparison
        What `compare_conditions` made of ``measure="responder_fraction"``.
    conditions : sequence of str, optional
        Conditions to draw, in this order; all, vehicle first, when not given.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; a new figure, as wide as the conditions need, when not given.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, 0 to 100 %.

    Raises
    ------
    ValueError
        If another measure was compared, a condition is unknown.
    """
    if not is_fraction(comparison.measure):
        raise ValueError(
            f"comparison is of {comparison.measure!r}: expected one of 'responder_fraction'; "
            "draw others with plot_superplot."
        )
    groups, confidence = _chosen(comparison, conditions), comparison.options.confidence
    ax = axes_or_new(ax, width_mm=width_for(len(groups)), height_mm=height_for(len(groups)) - 10.0)
    ax.set_ylim(-4, 104)
    styles = replicate_styles(groups)
    _dress(ax, comparison, groups, styles)
    _draw_replicates(ax, groups, styles)
    _join_pairs(ax, comparison, groups)
    for at, group in enumerate(groups):
        mean, low, high = mean_and_interval(group.values, confidence=confidence)
        _draw_mean(ax, at, float(mean), float(np.clip(low, 0, 100)), float(np.clip(high, 0, 100)))
    ax.set_yticks([0, 20, 40, 60, 80, 100])
    note = f"dots: replicates; bar: mean with {100 * confidence:g} % interval over replicates, cut at 0 and 100 %"
    _finish(ax, comparison, groups, note)
    return ax


def _chosen(comparison: Comparison, conditions: Sequence[str] | None) -> list[Group]:
    groups = {group.condition: group for group in groups_of(comparison)}
    if conditions is None:
        return list(groups.values())
    unknown = [name for name in conditions if name not in groups]
    if unknown:
        raise ValueError(f"conditions holds {unknown[0]!r}: expected some of {', '.join(map(repr, groups))}.")
    return [groups[name] for name in conditions]


def _limits(
    groups: list[Group], summaries: list[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]]
) -> tuple[float, float]:
    usual = [part for group in groups for part in (group.values, _usual(group.cells))]
    ends = [float(end) for _, low, high in summaries for end in (low, high)]
    return limits_for(np.concatenate([*usual, np.empty(0)]), ends, include=(0.0,), far=0.4)


def _usual(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cells that are not far from the others."""
    if len(cells) < _FEWEST_FOR_OUTLIERS:
        return cells
    first, third = np.percentile(cells, [25, 75])
    fence = 5 * (third - first)
    usual: NDArray[np.float64] = cells[(cells >= first - fence) & (cells <= third + fence)]
    return usual


def _dress(ax: Axes, comparison: Comparison, groups: list[Group], styles: Styles) -> None:
    ax.set_ylabel(measure_label(comparison.measure))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    _name_replicates(ax, groups, styles)
    dress_condition_axis(ax, groups, width_pt=_width_pt(ax))
    low, high = ax.get_ylim()
    if low < 0 < high:
        ax.axhline(0, color="#C0C0C0", linewidth=0.6, zorder=0.5)


def _draw_cells(ax: Axes, at: int, group: Group, styles: Styles) -> int:
    """Draw the cells of one condition; return how many lie beyond the axes."""
    if not len(group.cells):
        return 0
    low, high = ax.get_ylim()
    x = at + swarm(group.cells, width=_SWARM)
    grey = ("#8C8C8C", "o")
    colours = np.array([styles.get((group.condition, name), grey)[0] for name in group.cell_replicates])
    many = len(group.cells) > _MANY_CELLS
    inside = (group.cells >= low) & (group.cells <= high)
    ax.scatter(
        x[inside], group.cells[inside], s=2.5 if many else 6.0, c=colours[inside], alpha=0.35 if many else 0.45,
        linewidths=0, zorder=2, rasterized=many, gid="cells",
    )  # fmt: skip
    for beyond, edge, head in ((group.cells > high, high, "^"), (group.cells < low, low, "v")):
        if beyond.any():
            ax.scatter(
                x[beyond], np.full(int(beyond.sum()), edge), s=8.0, c=colours[beyond], marker=head, linewidths=0,
                zorder=2, clip_on=False, gid="cells",
            )  # fmt: skip
    ax.set_ylim(low, high)
    return int((~inside).sum())


def _draw_replicates(ax: Axes, groups: list[Group], styles: Styles) -> None:
    places = _places(groups)
    most = max((len(group.replicates) for group in groups), default=0)
    size = min(6.0 if most <= _MANY_REPLICATES else 4.5, max(_width_pt(ax) / max(len(groups), 1) / 6, 3.0))
    for at, group in enumerate(groups):
        if not group.n_replicates:
            ax.text(
                at, 0.5, "no values", transform=ax.get_xaxis_transform(), rotation=90, ha="center", va="center",
                fontsize=NOTE_PT, color="#606060",
            )  # fmt: skip
        for name, value in zip(group.replicates, group.values, strict=True):
            colour, marker = styles[group.condition, name]
            ax.plot(
                places[at, name], value, marker, markersize=size, markerfacecolor=colour, markeredgecolor=INK,
                markeredgewidth=0.7, zorder=4, clip_on=False, gid="replicate", scalex=False, scaley=False,
            )  # fmt: skip


def _join_pairs(ax: Axes, comparison: Comparison, groups: list[Group]) -> None:
    """Join what the comparison paired: replicates of one name, or the means of the replicates of one day."""
    if not comparison.contrasts["is_paired"].any():
        return
    by_name = comparison.options.pairing == "replicate" or not any(day for group in groups for day in group.days)
    places = _places(groups)
    points: dict[str, dict[int, list[tuple[float, float]]]] = {}
    for at, group in enumerate(groups):
        links = group.replicates if by_name else group.days
        for link, name, value in zip(links, group.replicates, group.values, strict=True):
            if link and np.isfinite(value):
                points.setdefault(link, {}).setdefault(at, []).append((places[at, name], float(value)))
    for stations in points.values():
        line = np.array([np.mean(found, axis=0) for found in stations.values()]).T
        if line.shape[1] > 1:
            ax.plot(*line, color="#8C8C8C", linewidth=0.6, zorder=3, gid="pair", scalex=False, scaley=False)


def _places(groups: list[Group]) -> dict[tuple[int, str], float]:
    """Return where each replicate stands: one that is in several conditions at the same place in each."""
    shared = list(dict.fromkeys(name for group in groups for name in group.replicates))
    places = {}
    for at, group in enumerate(groups):
        names = shared if are_shared(groups) else list(group.replicates)
        spread = _SPREAD * min(1.0, len(names) / 4)
        offsets = np.linspace(-spread, spread, len(names)) if len(names) > 1 else np.zeros(1)
        place_of = dict(zip(names, offsets, strict=True))
        places.update({(at, name): at + float(place_of[name]) for name in group.replicates})
    return places


def _draw_mean(ax: Axes, at: int, mean: float, low: float, high: float) -> None:
    if np.isfinite(mean):
        ax.plot(
            [at + _MEAN_AT - 0.07, at + _MEAN_AT + 0.07], [mean, mean], color=INK, linewidth=2.0, zorder=6,
            solid_capstyle="butt", gid="mean", scalex=False, scaley=False,
        )  # fmt: skip
        draw_interval(ax, at + _MEAN_AT, low, high, upright=True, cap_pt=3.5)


def _finish(ax: Axes, comparison: Comparison, groups: list[Group], note: str) -> None:
    """Add p values, a note and, where it applies, the warning that cells are no replicates."""
    if not groups:
        ax.set(xticks=[], yticks=[])
        say(ax, "no conditions")
        return
    names = [group.condition for group in groups]
    height_pt = draw_p_values(ax, comparison.contrasts, names)
    if height_pt and p_of(comparison.contrasts)[1]:
        note += f"; p adjusted ({correction_words(comparison)})"
    if all(group.n_replicates < 2 for group in groups):
        note += "; one replicate: no interval, no test"
    width_pt = _width_pt(ax)
    ax.set_xlabel("\n".join(wrap(note, width_pt, NOTE_PT)), fontsize=NOTE_PT, color=INK)
    if comparison.method == "cells":
        words = "\n".join(wrap(comparison.note, width_pt, TICK_PT))
        ax.set_title(words, loc="left", fontsize=TICK_PT, color=VERMILION, fontweight="bold", pad=height_pt + 4)


def _width_pt(ax: Axes) -> float:
    legend = ax.get_legend()
    names = [] if legend is None else [text_width_pt(text.get_text(), NOTE_PT) for text in legend.get_texts()]
    return axes_width_pt(ax, beside_pt=_Y_AXIS_PT + (max(names) + _HANDLE_PT if names else 0.0))


def _name_replicates(ax: Axes, groups: list[Group], styles: Styles) -> None:
    """Explain colours and shapes where a replicate, or a day, is the same in several conditions."""
    entries: dict[str, tuple[str, str]] = {}
    if are_shared(groups):
        for group in groups:
            entries.update({name: styles[group.condition, name] for name in group.replicates})
    if not 1 < len(entries) <= _MOST_NAMED:
        entries = {
            day: (styles[group.condition, name][0], "o")
            for group in groups
            for name, day in zip(group.replicates, group.days, strict=True)
            if day
        }
    if not 1 < len(entries) <= _MOST_NAMED:
        return
    handles = [
        Line2D(
            [], [], linestyle="none", marker=marker, markersize=4.5, markerfacecolor=colour, markeredgecolor=INK,
            markeredgewidth=0.6, label=shorten(name, _NAME_PT, NOTE_PT),
        )
        for name, (colour, marker) in entries.items()
    ]  # fmt: skip
    ax.legend(
        handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=NOTE_PT,
        labelcolor=INK, handlelength=0.8, borderpad=0, borderaxespad=0.4, handletextpad=0.3, labelspacing=0.4,
    )  # fmt: skip
