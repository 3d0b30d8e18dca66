"""ΔF/F0 over time of each condition: the mean over replicates with its interval, and the replicates."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from s1r_imaging.experiment.mean_traces import condition_traces, replicate_traces
from s1r_imaging.experiment.replicates import DESIGN_COLUMNS
from s1r_imaging.experiment.roles import ROLES
from s1r_imaging.plots.condition_axis import axes_width_pt
from s1r_imaging.plots.intervals import limits_for
from s1r_imaging.plots.marks import mark_events
from s1r_imaging.plots.stimuli import NOT_ALL, common_events, stimulus_times
from s1r_imaging.plots.style import (
    BLUE,
    DFF_LABEL,
    GREEN,
    INK,
    NOTE_PT,
    ORANGE,
    PAGE_MM,
    PURPLE,
    SKY,
    TICK_PT,
    VERMILION,
    dress,
    figure_of,
    halo,
    new_figure,
    note_below,
    say,
)
from s1r_imaging.plots.words import shorten
from s1r_imaging.plots.wrapping import wrap
from s1r_imaging.recording import Event

MOST_TOGETHER = 5
_FEWEST_FOR_BAND = 3  # the t interval of two replicates is wider than any page
_COLUMNS = 4
_HANDLE_PT = 44.0  # line and "(n = 12)"
_AFTER_MARKS = 0.8  # of the height that is left below the marks of stimuli
# The same role looks the same in every experiment; further conditions of it take what is left.
_ROLE_COLOURS = {"vehicle": "#6E6E6E", "agonist": VERMILION, "antagonist": SKY, "antagonist_agonist": BLUE}
_OTHERS = (GREEN, PURPLE, ORANGE, INK, "#7F5539", "#A0C15A")


def plot_condition_traces(
    mean_traces: pd.DataFrame,
    design: pd.DataFrame,
    events: Mapping[str, Sequence[Event]] | None = None,
    *,
    conditions: Sequence[str] | None = None,
    apart: bool | None = None,
    confidence: float = 0.95,
    axes: Sequence[Axes] | NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Draw the mean ΔF/F0 of each condition over time with its interval over replicates.

    The recordings of a replicate, drawn thin, are averaged first. Where recordings were
    stimulated at different times, time runs from the stimulus. The band is left out below three replicates, the
    mean where a replicate has no value, such as after the end of a shorter recording.

    Parameters
    ----------
    mean_traces : DataFrame
        Mean over the cells of each recording: ``recording, time_s, mean_dff``.
    design : DataFrame
        ``recording, condition, role, replicate``.
    events : mapping of str to sequence of Event, optional
        What was added when, by the name of the recording.
    conditions : sequence of str, optional
        Conditions to draw, in this order; all, vehicle first, when not given.
    apart : bool, optional
        Whether each condition has a panel of its own; if not given, when there are more than five.
    confidence : float
        Coverage of the interval, between 0 and 1.
    axes : sequence of matplotlib.axes.Axes, optional
        One to draw on, or one for each condition when apart; a new figure when not given.

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes
        One, or one for each condition.

    Raises
    ------
    ValueError
        If a column is missing, a condition is unknown, the tables share no recording or `axes` are not as many.
    """
    rows, chosen, colours = _design_of(design, conditions)
    known = {str(name): tuple(found) for name, found in (events or {}).items()}
    zero_s, from_what = stimulus_times(rows, known)
    means = condition_traces(mean_traces, rows, zero_s=zero_s, confidence=confidence)
    singles = replicate_traces(mean_traces, rows, zero_s=zero_s)
    groups = [[name] for name in chosen] if _is_apart(len(chosen), apart=apart) else [chosen]
    panels = _panels(axes, len(groups))
    limits = _limits(means, singles)
    has_star = False
    for ax, group in zip(panels, groups, strict=True):
        shared = common_events(rows[rows["condition"].isin(group)], known, zero_s)
        has_star |= any(event.name.endswith(NOT_ALL) for event in shared)
        _draw_panel(ax, means, singles, group, colours=colours, limits=limits, events=shared)
    _dress_panels(panels, groups, means, colours, from_what)
    if len(means):
        words = f"band: pointwise {100 * confidence:g} % t interval over replicates; thin: replicates"
        cut = any(not _is_of_all(mean).all() for _, mean in means.groupby("condition", sort=False))
        words += "; means only while all were recorded" if cut else ""
        _write_note(panels, words + (f"; {NOT_ALL} not in every recording" if has_star else ""))
    return panels


def condition_colours(conditions: Sequence[str], roles: Mapping[str, str]) -> dict[str, str]:
    """Give each condition a colour by its role.

    Parameters
    ----------
    conditions : sequence of str
        In their order.
    roles : mapping of str to str
        Role of each.

    Returns
    -------
    dict of str to str
        Colours; they repeat where there are more than ten.
    """
    free = [*_OTHERS, *_ROLE_COLOURS.values()]
    colours: dict[str, str] = {}
    for name in conditions:
        own = _ROLE_COLOURS.get(roles.get(name, ""))
        if own is None or own in colours.values():
            own = next(
                (colour for colour in free if colour not in colours.values()), free[len(colours) % len(free)]
            )
        colours[name] = own
    return colours


def _design_of(
    design: pd.DataFrame, conditions: Sequence[str] | None
) -> tuple[pd.DataFrame, list[str], dict[str, str]]:
    for column in DESIGN_COLUMNS:
        if column not in design:
            raise ValueError(f"design has no column {column!r}: expected {', '.join(DESIGN_COLUMNS)}.")
    rows = design.assign(condition=design["condition"].astype(str))
    roles = dict(zip(rows["condition"], rows["role"].astype(str), strict=True))
    rank = {role: number for number, role in enumerate(ROLES)}
    names = sorted(dict.fromkeys(rows["condition"]), key=lambda name: rank.get(roles.get(name, ""), len(rank)))
    colours = condition_colours(names, roles)
    if conditions is None:
        return rows, names, colours
    unknown = [name for name in conditions if name not in names]
    if unknown:
        raise ValueError(f"conditions holds {unknown[0]!r}: expected some of {', '.join(map(repr, names))}.")
    return rows[rows["condition"].isin(list(conditions))], list(conditions), colours


def _is_apart(n_conditions: int, *, apart: bool | None) -> bool:
    return n_conditions > MOST_TOGETHER if apart is None else apart and n_conditions > 0


def _panels(axes: Sequence[Axes] | NDArray[Any] | None, n: int) -> NDArray[Any]:
    if axes is None:
        columns = min(n, _COLUMNS)
        lines = -(-n // columns)
        figure = new_figure(width_mm=120.0, height_mm=75.0)
        if n > 1:
            figure = new_figure(width_mm=PAGE_MM, height_mm=14.0 + 50.0 * lines)
        grid = figure.add_gridspec(lines, columns)
        axes = [figure.add_subplot(grid[divmod(number, columns)]) for number in range(n)]
    found: NDArray[Any] = np.asarray(axes, dtype=object).ravel()
    if len(found) != n:
        raise ValueError(f"axes holds {len(found)} Axes: expected {n}.")
    for ax in found:
        dress(ax)
    return found


def _limits(means: pd.DataFrame, singles: pd.DataFrame) -> tuple[tuple[float, float], tuple[float, float]]:
    times = singles["time_s"].to_numpy()
    enough = means[means["n_replicates"] >= _FEWEST_FOR_BAND]
    values = np.concatenate([means["mean_dff"].to_numpy(), singles["mean_dff"].to_numpy()])
    ends = np.concatenate([enough["ci_low"].to_numpy(), enough["ci_high"].to_numpy()])
    y = limits_for(values, ends, include=(0.0,), far=0.3)
    if not times.size or times.min() == times.max():
        at = float(times.min()) if times.size else 0.0
        return (at - 0.5, at + 0.5), y
    return (float(times.min()), float(times.max())), y


def _draw_panel(
    ax: Axes,
    means: pd.DataFrame,
    singles: pd.DataFrame,
    group: list[str],
    *,
    colours: Mapping[str, str],
    limits: tuple[tuple[float, float], tuple[float, float]],
    events: Sequence[Event],
) -> None:
    ax.set_xlim(*limits[0])
    ax.set_ylim(*limits[1])
    if not means["condition"].isin(group).any():
        ax.set_yticks([])
        say(ax, "no recordings" if not group else "no ΔF/F0")
        return
    mark_events(ax, events)
    ax.axhline(0, color="#C0C0C0", linewidth=0.6, zorder=0.5)
    for name in group:
        _draw_condition(
            ax, means[means["condition"] == name], singles[singles["condition"] == name], colours[name]
        )


def _draw_condition(ax: Axes, mean: pd.DataFrame, singles: pd.DataFrame, colour: str) -> None:
    lines = [rows[["time_s", "mean_dff"]].to_numpy() for _, rows in singles.groupby("replicate", sort=False)]
    ax.add_collection(
        LineCollection(lines, colors=colour, linewidths=0.5, alpha=0.45, zorder=2, gid="replicates"), autolim=False
    )
    # Where it is wider than three replicates allow, the band would say more than is known.
    enough = mean["n_replicates"].to_numpy() >= _FEWEST_FOR_BAND
    if enough.any():
        ax.fill_between(
            mean["time_s"], mean["ci_low"], mean["ci_high"], where=list(enough), color=colour, alpha=0.18,
            linewidth=0, zorder=1.8, gid="band",
        )  # fmt: skip
    shown = mean["mean_dff"].where(_is_of_all(mean))
    ax.plot(mean["time_s"], shown, color=colour, linewidth=1.5, zorder=4, gid="mean", scalex=False, scaley=False)


def _is_of_all(mean: pd.DataFrame) -> pd.Series:
    """Where all replicates of a condition have a value: a mean of fewer jumps where one of them ends."""
    n = mean["n_replicates"]
    return n.eq(n.max())


def _n_words(means: pd.DataFrame, name: str) -> str:
    n = means.loc[means["condition"] == name, "n_replicates"]
    return f"n = {int(n.max()) if len(n) else 0}"


def _dress_panels(
    panels: NDArray[Any],
    groups: list[list[str]],
    means: pd.DataFrame,
    colours: Mapping[str, str],
    from_what: str,
) -> None:
    for number, (ax, group) in enumerate(zip(panels, groups, strict=True)):
        place = ax.get_subplotspec()
        if len(groups) == 1 or place is None or place.is_first_col():
            ax.set_ylabel(DFF_LABEL)
        if number >= len(groups) - _COLUMNS:
            ax.set_xlabel(f"Time from {from_what} (s)" if from_what else "Time (s)")
        if len(groups) > 1:
            _name_panel(ax, group[0], _n_words(means, group[0]), colours[group[0]])
        elif group:
            _legend(ax, [(name, _n_words(means, name), colours[name]) for name in group])


def _name_panel(ax: Axes, name: str, n_words: str, colour: str) -> None:
    words = "\n".join([*wrap(name, axes_width_pt(ax) * 0.95, TICK_PT, most=2), n_words])
    ax.text(
        0.99, 0.98, words, transform=ax.transAxes, ha="right", va="top", fontsize=TICK_PT, color=INK, zorder=7,
        path_effects=halo(1.8, "white"), gid="condition",
    )  # fmt: skip
    ax.plot([0.0, 1.0], [1.0, 1.0], transform=ax.transAxes, color=colour, linewidth=2.0, clip_on=False)


def _legend(ax: Axes, entries: list[tuple[str, str, str]]) -> None:
    room = 0.94 * axes_width_pt(ax) - _HANDLE_PT
    for name, n_words, colour in entries:
        ax.plot([], [], color=colour, linewidth=1.5, label=f"{shorten(name, room, TICK_PT)} ({n_words})")
    ax.legend(
        loc="upper right", framealpha=0.85, edgecolor="none", facecolor="white", fontsize=TICK_PT, labelcolor=INK,
        handlelength=1.2, borderpad=0.1, borderaxespad=0.2, labelspacing=0.3,
    )  # fmt: skip
    low, high = ax.get_ylim()
    height_pt = ax.get_window_extent().height * 72 / figure_of(ax).dpi
    part = min((len(entries) * 1.35 + 0.5) * TICK_PT / (_AFTER_MARKS * height_pt), 0.5)
    ax.set_ylim(low, low + (high - low) / (1 - part))


def _write_note(panels: NDArray[Any], words: str) -> None:
    """Write below all panels, or below the time of the only one."""
    figure = panels[0].get_figure(root=False)
    if len(panels) > 1 and isinstance(figure, Figure):
        figure.supxlabel(words, fontsize=NOTE_PT, color=INK, x=0.99, ha="right")
        return
    note_below(panels[-1], "\n".join(wrap(words, axes_width_pt(panels[-1]), NOTE_PT, most=3)))
