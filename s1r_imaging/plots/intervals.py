"""Intervals on pictures: ends beyond the axes become arrow heads, and no wild interval flattens the rest."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from s1r_imaging.plots.style import INK

_FAR = 1.0  # by how much of the range of the values an interval may widen the axes on either side


def limits_for(
    values: ArrayLike, ends: ArrayLike = (), *, include: tuple[float, ...] = (), far: float = _FAR
) -> tuple[float, float]:
    """Return limits that show all values, and interval ends unless they lie far from every value.

    Parameters
    ----------
    values : array_like
        What must be seen; NaN and infinities do not count.
    ends : array_like
        Ends of intervals.
    include : tuple of float
        Further numbers that must be seen, such as 0.
    far : float
        How far beyond the values an end may lie and still widen the limits, as a part of the values' range.

    Returns
    -------
    low, high : float
        With a margin.

    Examples
    --------
    >>> limits_for([1.0, 2.0], [0.5, 1e9], include=(0.0,))
    (-0.2, 4.2)
    """
    must = np.concatenate([_finite(values), np.asarray(include, dtype=np.float64)])
    low, high = (float(must.min()), float(must.max())) if must.size else (0.0, 1.0)
    span = high - low or abs(high) or 1.0
    may = _finite(ends)
    if may.size:
        low = min(low, max(float(may.min()), low - far * span))
        high = max(high, min(float(may.max()), high + far * span))
    margin = 0.05 * (high - low) or 0.5 * abs(high) or 0.5
    return low - margin, high + margin


def draw_interval(
    ax: Axes,
    place: float,
    low: float,
    high: float,
    *,
    upright: bool,
    colour: str = INK,
    width: float = 1.2,
    cap_pt: float = 5.0,
) -> None:
    """Draw an interval between the limits that the axes have; an end beyond them becomes an arrow head.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes whose limits are set.
    place : float
        Where on the other axis.
    low, high : float
        Ends, infinite where open; nothing is drawn where one is NaN.
    upright : bool
        Whether it runs along y.
    colour : str
        Colour.
    width : float
        Width of the line (points).
    cap_pt : float
        Width of the bars at its ends (points); 0 for none.
    """
    if np.isnan(low) or np.isnan(high):
        return
    first, last = sorted(ax.get_ylim() if upright else ax.get_xlim())
    shown = (float(np.clip(low, first, last)), float(np.clip(high, first, last)))
    style: dict[str, Any] = {"color": colour, "zorder": 5, "clip_on": False}
    _line(ax, [place, place], list(shown), upright=upright, linewidth=width, solid_capstyle="butt", **style)
    heads = ("v", "^") if upright else ("<", ">")
    for end, at, head in zip((low, high), shown, heads, strict=True):
        if end != at:
            _line(ax, [place], [at], upright=upright, marker=head, markersize=4.0, gid="open end", **style)
        elif cap_pt:
            bar = "_" if upright else "|"
            style_of_cap = {"marker": bar, "markersize": cap_pt, "markeredgewidth": width}
            _line(ax, [place], [at], upright=upright, **style_of_cap, **style)


def _line(ax: Axes, across: list[float], along: list[float], *, upright: bool, **style: Any) -> None:
    x, y = (across, along) if upright else (along, across)
    ax.plot(x, y, scalex=False, scaley=False, **style)


def _finite(values: ArrayLike) -> NDArray[np.float64]:
    given = np.asarray(values, dtype=np.float64).ravel()
    return given[np.isfinite(given)]
