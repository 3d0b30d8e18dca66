"""Contrasts between conditions: estimates with their intervals, one under the other."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from s1r_imaging.experiment.compare import Comparison
from s1r_imaging.experiment.words import p_words
from s1r_imaging.plots.comparison_groups import correction_words, difference_label, scale_of
from s1r_imaging.plots.condition_axis import axes_width_pt
from s1r_imaging.plots.intervals import draw_interval, limits_for
from s1r_imaging.plots.p_values import p_of
from s1r_imaging.plots.style import BLUE, INK, NOTE_PT, TICK_PT, VERMILION, axes_or_new, note_below, say
from s1r_imaging.plots.wrapping import wrap

_WIDTH_MM = 120.0
_NAME_PART, _WORDS_PT = 0.31, 62.0  # of the width for names, and room for P values
_TICK_PT = 34.0  # between two numbers of the axis


def plot_contrasts(comparison: Comparison, *, ax: Axes | None = None) -> Axes:
    """Draw the difference between conditions with its interval, a row for each contrast.

    An end of an interval that is open, or lies far beyond the others, is an arrow head. On the right are the P
    value, adjusted where the comparison has many, and n.

    Parameters
    ----------
    comparison : Comparison
        What `compare_conditions` made.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; a new figure, as high as the contrasts need, when not given.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    table, factor = comparison.contrasts, scale_of(comparison.measure)
    ax = axes_or_new(ax, width_mm=_WIDTH_MM, height_mm=float(np.clip(26 + 10 * len(table), 45, 240)))
    width_pt = axes_width_pt(ax, beside_pt=0.0)
    names = [wrap(name, _NAME_PART * width_pt, TICK_PT, most=3) for name in table["contrast"]]
    ax.set_xlabel(difference_label(comparison.measure))
    if not len(table):
        ax.set(xticks=[], yticks=[])
        say(ax, "no contrasts")
        return ax
    estimates, lows, highs = (factor * _with_open_ends(table, name) for name in ("estimate", "ci_low", "ci_high"))
    ax.set_xlim(*limits_for(estimates, np.concatenate([lows, highs]), include=(0.0,), far=2.0))
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.axvline(0, color=INK, linewidth=0.7, zorder=1)
    for row, (estimate, low, high) in enumerate(zip(estimates, lows, highs, strict=True)):
        draw_interval(ax, row, low, high, upright=False, colour=BLUE)
        if np.isfinite(estimate):
            ax.plot(estimate, row, "o", color=BLUE, markersize=5.0, zorder=6, gid="estimate", clip_on=False)
        else:
            _say_in_row(ax, row, str(table["note"].iloc[row]), (1 - _NAME_PART) * width_pt - _WORDS_PT)
    ax.set_yticks(range(len(table)), ["\n".join(lines) for lines in names], fontsize=TICK_PT, color=INK)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    n_ticks = int(np.clip(((1 - _NAME_PART) * width_pt - _WORDS_PT) / _TICK_PT, 1, 6))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=n_ticks, steps=[1, 2, 2.5, 5, 10]))
    _write_p_values(ax, comparison)
    if comparison.method == "cells":
        words = "\n".join(wrap(comparison.note, (1 - _NAME_PART) * width_pt, TICK_PT))
        ax.set_title(words, loc="left", fontsize=TICK_PT, color=VERMILION, fontweight="bold")
    return ax


def _with_open_ends(table: pd.DataFrame, column: str) -> np.ndarray:
    values = pd.to_numeric(table[column], errors="coerce")
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))


def _say_in_row(ax: Axes, row: int, note: str, width_pt: float) -> None:
    words = "\n".join(wrap(note.strip() or "not known", 0.9 * width_pt, NOTE_PT, most=2))
    ax.text(
        0.5, row, words, transform=ax.get_yaxis_transform(), ha="center", va="center", fontsize=NOTE_PT,
        color="#606060", backgroundcolor="white",
    )  # fmt: skip


def _write_p_values(ax: Axes, comparison: Comparison) -> None:
    table = comparison.contrasts
    p_values, is_adjusted = p_of(table)
    for row, (p_value, n, n_reference) in enumerate(
        zip(p_values, table["n_replicates"], table["n_replicates_reference"], strict=True)
    ):
        lines = [p_words(float(p_value)) if np.isfinite(p_value) else "no test", f"n = {n} and {n_reference}"]
        ax.annotate(
            "\n".join(lines), (1, row), xycoords=ax.get_yaxis_transform(), xytext=(8, 0),
            textcoords="offset points", va="center", fontsize=TICK_PT, color=INK, annotation_clip=False,
            gid="p value",
        )  # fmt: skip
    if is_adjusted:
        note_below(ax, f"p adjusted ({correction_words(comparison)})")
