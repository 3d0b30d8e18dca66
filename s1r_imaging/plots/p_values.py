"""P values over the conditions they compare: brackets for a few, rows of numbers for many."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from s1r_imaging.experiment.words import p_words
from s1r_imaging.plots.style import INK, NOTE_PT, figure_of
from s1r_imaging.plots.tables import numbers
from s1r_imaging.plots.words import shorten, text_width_pt

_MOST_BRACKETS = 4
_FIRST_PT, _LEVEL_PT, _ROW_PT, _FOOT_PT, _GAP_PT = 6.0, 13.0, 10.0, 2.5, 5.0


@dataclass(frozen=True)
class _Bracket:
    left: int
    right: int
    text: str
    from_pt: float
    to_pt: float


def p_of(contrasts: pd.DataFrame) -> tuple[np.ndarray, bool]:
    """Return the P value to show of each contrast, and whether it is adjusted for their number.

    Parameters
    ----------
    contrasts : DataFrame
        The contrasts of a comparison.

    Returns
    -------
    p_values : numpy.ndarray, shape (n_contrasts,)
        ``p_adjusted`` where the table has it, else ``p_value``.
    is_adjusted : bool
        Whether any of them differs from the plain P value.
    """
    plain = numbers(contrasts, "p_value")
    adjusted = numbers(contrasts, "p_adjusted")
    shown = np.where(np.isnan(adjusted), plain, adjusted)
    both = np.isfinite(plain) & np.isfinite(shown)
    return shown, bool(np.any(plain[both] != shown[both]))


def draw_p_values(ax: Axes, contrasts: pd.DataFrame, conditions: list[str]) -> float:
    """Write P values above axes whose conditions stand at 0, 1, 2 …; contrasts without one are left out.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes whose x limits are set.
    contrasts : DataFrame
        ``condition, reference, p_value``, and ``p_adjusted`` where there are many.
    conditions : list of str
        In the order of the axis.

    Returns
    -------
    float
        How high above the axes they reach (points).
    """
    place = {name: number for number, name in enumerate(conditions)}
    p_values, _ = p_of(contrasts)
    pairs = [
        (place[str(one)], place[str(other)], float(p))
        for one, other, p in zip(contrasts["condition"], contrasts["reference"], p_values, strict=True)
        if str(one) in place and str(other) in place and one != other and np.isfinite(p)
    ]
    if not pairs:
        return 0.0
    return _draw_brackets(ax, pairs) if len(pairs) <= _MOST_BRACKETS else _draw_rows(ax, pairs, conditions)


def _draw_brackets(ax: Axes, pairs: list[tuple[int, int, float]]) -> float:
    brackets = [_bracket(*pair, _step_pt(ax)) for pair in pairs]
    brackets.sort(key=lambda bracket: (bracket.right - bracket.left, bracket.left))
    levels: list[list[_Bracket]] = []
    for bracket in brackets:
        # Not below one that it spans: the lowest level above all that it meets.
        meets = [n for n, level in enumerate(levels) if any(_meet(bracket, other) for other in level)]
        level = max(meets) + 1 if meets else 0
        while len(levels) <= level:
            levels.append([])
        levels[level].append(bracket)
        _draw_bracket(ax, bracket, _FIRST_PT + level * _LEVEL_PT)
    return _FIRST_PT + len(levels) * _LEVEL_PT


def _bracket(one: int, other: int, p_value: float, step_pt: float) -> _Bracket:
    left, right = sorted((one, other))
    text = p_words(p_value)
    half = text_width_pt(text, NOTE_PT) / 2
    middle = (left + right) / 2 * step_pt
    return _Bracket(left, right, text, min(left * step_pt, middle - half), max(right * step_pt, middle + half))


def _meet(one: _Bracket, other: _Bracket) -> bool:
    return one.from_pt < other.to_pt + _GAP_PT and other.from_pt < one.to_pt + _GAP_PT


def _draw_bracket(ax: Axes, bracket: _Bracket, height_pt: float) -> None:
    edge = ax.get_xaxis_transform()
    inch = figure_of(ax).dpi_scale_trans
    raised = edge + ScaledTranslation(0, height_pt / 72, inch)
    ax.plot(
        [bracket.left, bracket.right], [1.0, 1.0], transform=raised, color=INK, linewidth=0.7, clip_on=False,
        gid="bracket", scalex=False, scaley=False,
    )  # fmt: skip
    foot = {"arrowstyle": "-", "linewidth": 0.7, "color": INK, "shrinkA": 0, "shrinkB": height_pt - _FOOT_PT}
    for x in (bracket.left, bracket.right):
        ax.annotate(
            "", (x, 1.0), xycoords=edge, xytext=(0, height_pt), textcoords="offset points",
            annotation_clip=False, arrowprops=foot,
        )  # fmt: skip
    ax.annotate(
        bracket.text, ((bracket.left + bracket.right) / 2, 1.0), xycoords=edge, xytext=(0, height_pt + 1.5),
        textcoords="offset points", ha="center", va="bottom", fontsize=NOTE_PT, color=INK, annotation_clip=False,
        gid="p value",
    )  # fmt: skip


def _draw_rows(ax: Axes, pairs: list[tuple[int, int, float]], conditions: list[str]) -> float:
    """Write the P values against each reference in a row, each over its condition; close ones upright."""
    references = list(dict.fromkeys(reference for _, reference, _ in pairs))
    numbers_of = [p_words(p_value).removeprefix("p ").removeprefix("= ") for _, _, p_value in pairs]
    widest = max(text_width_pt(text, NOTE_PT) for text in numbers_of)
    is_upright = widest + _GAP_PT / 2 > _step_pt(ax)
    row_pt = widest + _ROW_PT / 2 if is_upright else _ROW_PT
    width_pt = ax.get_window_extent().width * 72 / figure_of(ax).dpi
    for row, reference in enumerate(references):
        height = _FIRST_PT + (len(references) - 1 - row) * (row_pt + _ROW_PT)
        name = shorten(conditions[reference], 0.8 * width_pt, NOTE_PT)
        ax.annotate(
            f"p against {name}:", (0, 1.0), xycoords="axes fraction", xytext=(0, height + row_pt),
            textcoords="offset points", va="bottom", fontsize=NOTE_PT, color="#606060", annotation_clip=False,
        )  # fmt: skip
        for (one, other, _), text in zip(pairs, numbers_of, strict=True):
            if other == reference:
                ax.annotate(
                    text, (one, 1.0), xycoords=ax.get_xaxis_transform(), xytext=(0, height),
                    textcoords="offset points", ha="center", va="bottom", fontsize=NOTE_PT, color=INK,
                    annotation_clip=False, rotation=90 if is_upright else 0, gid="p value",
                )  # fmt: skip
    return _FIRST_PT + (row_pt + _ROW_PT) * len(references)


def _step_pt(ax: Axes) -> float:
    """Return the distance between two conditions, before the parts of the figure have made room for each other."""
    low, high = ax.get_xlim()
    return float(ax.get_window_extent().width * 72 / figure_of(ax).dpi / (high - low))
