"""What all pictures share: sizes, colours, dressed axes, bars."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

COLUMN_MM = 89.0
PAGE_MM = 183.0
LABEL_PT = 8.0
TICK_PT = 7.0
NOTE_PT = 6.0
INK = "#1a1a1a"

# Okabe & Ito's palette, told apart with every common kind of colour vision.
ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#8C8C8C"
RESPONDER, NON_RESPONDER, MISSING = VERMILION, BLUE, "#C8C8C8"
CYCLE = (ORANGE, SKY, YELLOW, PURPLE, GREEN, VERMILION)

DFF_LABEL = "ΔF/F0"


def new_figure(*, width_mm: float = COLUMN_MM, height_mm: float = 70.0) -> Figure:
    """Make an empty white figure that belongs to no window.

    Parameters
    ----------
    width_mm, height_mm : float
        Size on paper (mm).

    Returns
    -------
    matplotlib.figure.Figure
        The figure; its parts make room for each other.
    """
    return Figure(
        figsize=(width_mm / 25.4, height_mm / 25.4), facecolor="white", edgecolor="none", layout="constrained"
    )


def axes_or_new(ax: Axes | None, *, width_mm: float = COLUMN_MM, height_mm: float = 70.0) -> Axes:
    """Return `ax`, or the only axes of a new figure, dressed for a paper.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        Axes to draw on.
    width_mm, height_mm : float
        Size of a new figure on paper (mm).

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    found = new_figure(width_mm=width_mm, height_mm=height_mm).add_subplot() if ax is None else ax
    dress(found)
    return found


def axes_row(axes: Sequence[Axes] | NDArray[Any] | None, n: int, *, height_mm: float = 55.0) -> NDArray[Any]:
    """Return `n` axes as a flat array, from `axes` or in a row of a new page-wide figure.

    Parameters
    ----------
    axes : sequence of matplotlib.axes.Axes or None
        Axes to draw on.
    n : int
        How many are needed.
    height_mm : float
        Height of a new figure (mm).

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes, shape (n,)
        The axes.

    Raises
    ------
    ValueError
        If `axes` holds another number of them.
    """
    if axes is None:
        axes = new_figure(width_mm=PAGE_MM, height_mm=height_mm).subplots(1, n, squeeze=False)
    row: NDArray[Any] = np.asarray(axes, dtype=object).ravel()
    if len(row) != n:
        raise ValueError(f"axes holds {len(row)} Axes: expected {n}.")
    for ax in row:
        dress(ax)
    return row


def dress(ax: Axes) -> None:
    """Give axes a white ground, dark ink and thin lines whatever Matplotlib's settings are.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    """
    ax.set_facecolor("white")
    ax.grid(visible=False)
    for side, spine in ax.spines.items():
        spine.set_visible(side in {"left", "bottom"})
        spine.set(color=INK, linewidth=0.7)
    ax.tick_params(labelsize=TICK_PT, colors=INK, width=0.7, length=2.5)
    for axis in (ax.xaxis, ax.yaxis):
        axis.label.set(fontsize=LABEL_PT, color=INK)


def say(ax: Axes, words: str) -> None:
    """Write in the middle of axes why there is nothing else in them.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    words : str
        What to say.
    """
    ax.text(
        0.5,
        0.5,
        words,
        transform=ax.transAxes,
        ha="center",
        va="center",
        fontsize=TICK_PT,
        color=INK,
        backgroundcolor="white",
    )


def note_below(ax: Axes, words: str) -> None:
    """Write a small note under the x axis' label, "Time (s)".

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    words : str
        The note.
    """
    ax.annotate(
        words, (1, 0), xycoords="axes fraction", xytext=(0, -29), textcoords="offset points", ha="right", va="top",
        fontsize=NOTE_PT, color=INK, annotation_clip=False,
    )  # fmt: skip


def halo(width: float, colour: str = "black") -> list[Any]:
    """Return path effects that put a rim around text or lines.

    Parameters
    ----------
    width : float
        Width of the stroke (points).
    colour : str
        Its colour.

    Returns
    -------
    list of matplotlib.patheffects.AbstractPathEffect
        For the artist's ``path_effects``.
    """
    return [withStroke(linewidth=width, foreground=colour)]


def figure_of(ax: Axes) -> Figure:
    """Return the figure that axes are on, also through a subfigure.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.

    Returns
    -------
    matplotlib.figure.Figure
        The outermost figure.

    Raises
    ------
    ValueError
        If the axes were taken off their figure.
    """
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError(f"{ax=} belongs to no figure: make axes with figure.subplots().")
    return figure


def colour_bar(ax: Axes, scale: ScalarMappable, label: str, values: NDArray[np.float64]) -> None:
    """Draw a colour bar beside axes, with tips where values lie beyond the scale.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes that give room.
    scale : matplotlib.cm.ScalarMappable
        What it explains.
    label : str
        Quantity and unit.
    values : array
        The values shown, all finite.
    """
    low, high = scale.get_clim()
    below, above = bool(np.any(values < low)), bool(np.any(values > high))
    extend = {(False, False): "neither", (True, False): "min", (False, True): "max"}.get((below, above), "both")
    # An inset is as high as its axes, also where an image keeps its aspect.
    bar = figure_of(ax).colorbar(scale, cax=ax.inset_axes((1.02, 0.0, 0.03, 1.0)), extend=extend)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=TICK_PT, colors=INK, width=0.7, length=2.5)
    bar.set_label(label, fontsize=LABEL_PT, color=INK)


def round_length(longest: float) -> float:
    """Return the largest 1, 2 or 5 times a power of ten that is not longer.

    Parameters
    ----------
    longest : float
        Upper limit, positive.

    Returns
    -------
    float
        The length.

    Examples
    --------
    >>> round_length(57.0)
    50.0
    """
    power = 10.0 ** np.floor(np.log10(longest))
    return float(max(digit * power for digit in (1, 2, 5) if digit * power <= longest * (1 + 1e-9)))
