"""Block in per cent with its interval, and what it means in words."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from s1r_imaging.experiment.compare import Comparison
from s1r_imaging.plots.condition_axis import axes_width_pt
from s1r_imaging.plots.intervals import draw_interval, limits_for
from s1r_imaging.plots.style import (
    BLUE,
    GREY,
    INK,
    LABEL_PT,
    NOTE_PT,
    TICK_PT,
    VERMILION,
    axes_or_new,
    figure_of,
    halo,
    say,
)
from s1r_imaging.plots.tables import numbers
from s1r_imaging.plots.wrapping import wrap

_ROW_MM = 19.0
_STACKED_PT, _ABOVE_PT = (
    44.0,
    34.0,
)  # of a row that holds name, interval and verdict, and of what is over the verdict
_NAME_PT = 62.0  # room left of rows that do not
_CELLS_ELSEWHERE = "Cells were taken as n for the P values; the block is over replicates all the same."
_FARTHEST = (-100.0, 200.0)


def plot_block(comparison: Comparison, *, ax: Axes | None = None) -> Axes:
    """Draw how much of the agonist's effect each antagonist takes away, with its interval over replicates.

    Dashed lines stand at 0 % (no block) and 100 % (no effect of the agonist left). The interval is not clipped to
    them; an end that is open, or lies far outside, is an arrow head.

    Parameters
    ----------
    comparison : Comparison
        What `compare_conditions` made.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; a new figure, as high as the conditions need, when not given. On axes too low for it the
        verdicts are left out.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, a row for each condition with antagonist and agonist.
    """
    table = comparison.block
    ax = axes_or_new(ax, height_mm=float(np.clip(20 + _ROW_MM * len(table), 45, 240)))
    label = wrap("Block of the agonist's effect (%)", axes_width_pt(ax, beside_pt=16.0), LABEL_PT)
    ax.set_xlabel("\n".join(label))
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    if not len(table):
        ax.set_xticks([])
        say(ax, "no condition with antagonist and agonist")
        return ax
    estimates = numbers(table, "estimate")
    lows, highs = (table[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("ci_low", "ci_high"))
    ax.set_xlim(*_limits(estimates, np.concatenate([lows, highs])))
    ax.set_ylim(len(table) - 0.35, -0.65)
    for x in (0.0, 100.0):
        ax.axvline(x, color=GREY, linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
    for row, (estimate, low, high) in enumerate(zip(estimates, lows, highs, strict=True)):
        draw_interval(ax, row, low, high, upright=False, colour=BLUE)
        _draw_estimate(ax, row, float(estimate))
    words = [block_words(*values) for values in zip(estimates, lows, highs, strict=True)]
    if _height_pt(ax) / len(table) >= _STACKED_PT:
        _write_in_rows(ax, table, words)
    else:
        _write_beside(ax, table, words)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    if comparison.method == "cells":
        warning = "\n".join(wrap(_CELLS_ELSEWHERE, axes_width_pt(ax), TICK_PT))
        ax.set_title(warning, loc="left", fontsize=TICK_PT, color=VERMILION, fontweight="bold")
    return ax


def block_words(estimate: float, low: float, high: float) -> str:
    """Write a block and its interval.

    Parameters
    ----------
    estimate, low, high : float
        Per cent; infinite where the interval is open, NaN where not known.

    Returns
    -------
    str
        Whole per cent.

    Examples
    --------
    >>> block_words(74.6, 61.2, 86.0), block_words(74.6, -np.inf, np.inf), block_words(-3.0, -20.0, np.inf)
    ('75 % (61 to 86 %)', '75 % (interval open)', '−3 % (more than −20 %)')
    """
    if np.isnan(estimate):
        return "not known"
    if np.isnan(low) or np.isnan(high):
        interval = "no interval"
    elif np.isinf(low) and np.isinf(high):
        interval = "interval open"
    elif np.isinf(low) or np.isinf(high):
        interval = f"more than {low:.0f} %" if np.isinf(high) else f"less than {high:.0f} %"
    else:
        interval = f"{low:.0f} to {high:.0f} %"
    return f"{estimate:.0f} % ({interval})".replace("-", "−")


def _limits(estimates: NDArray[np.float64], ends: NDArray[np.float64]) -> tuple[float, float]:
    """Return limits that hold 0 and 100 %, and what does not lie far outside them."""
    near = estimates[(estimates > _FARTHEST[0]) & (estimates < _FARTHEST[1])]
    shown = np.clip(ends[np.isfinite(ends)], *_FARTHEST)
    low, high = limits_for(near, shown, include=(0.0, 100.0))
    return min(low, -10.0), max(high, 110.0)


def _draw_estimate(ax: Axes, row: int, estimate: float) -> None:
    if np.isnan(estimate):
        return
    low, high = ax.get_xlim()
    shown = float(np.clip(estimate, low, high))
    marker = "o" if shown == estimate else ("<" if estimate < low else ">")
    ax.plot(shown, row, marker, color=BLUE, markersize=6.0, zorder=6, gid="estimate", clip_on=False)


def _height_pt(ax: Axes) -> float:
    return float(ax.get_window_extent().height * 72 / figure_of(ax).dpi)


def _write_in_rows(ax: Axes, table: pd.DataFrame, words: list[str]) -> None:
    """Write name and interval over the row, the verdict under it."""
    width_pt = axes_width_pt(ax, beside_pt=12.0)
    most = int(np.clip((_height_pt(ax) / len(table) - _ABOVE_PT) / (1.25 * TICK_PT), 1, 4))
    for row, (name, interval, verdict) in enumerate(zip(table["condition"], words, table["verdict"], strict=True)):
        above = "\n".join([*wrap(name, width_pt, TICK_PT, most=2), interval])
        below = "\n".join(wrap(verdict, width_pt, TICK_PT, most=most))
        for text, size, height_pt, side in ((above, TICK_PT, 6, "bottom"), (below, TICK_PT, -7, "top")):
            ax.annotate(
                text, (0, row), xycoords=ax.get_yaxis_transform(), xytext=(0, height_pt),
                textcoords="offset points", va=side, fontsize=size, color=INK, annotation_clip=False,
                path_effects=halo(2.0, "white"),
            )  # fmt: skip


def _write_beside(ax: Axes, table: pd.DataFrame, words: list[str]) -> None:
    """Write the name left of the row and the interval right of it."""
    room_pt = _height_pt(ax) / len(table)
    names = [
        wrap(name, _NAME_PT, NOTE_PT, most=2 if room_pt > 2.6 * NOTE_PT else 1) for name in table["condition"]
    ]
    ax.set_yticks(range(len(table)), ["\n".join(lines) for lines in names], fontsize=NOTE_PT, color=INK)
    ax.tick_params(axis="y", length=0)
    for row, interval in enumerate(words):
        ax.annotate(
            interval, (1, row), xycoords=ax.get_yaxis_transform(), xytext=(6, 0), textcoords="offset points",
            va="center", fontsize=NOTE_PT, color=INK, annotation_clip=False,
        )  # fmt: skip
