"""Cells outlined and numbered on a summary image."""

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap, Normalize, PowerNorm
from matplotlib.lines import Line2D
from matplotlib.transforms import blended_transform_factory
from numpy.typing import ArrayLike, NDArray

from s1r_imaging.plots.outlines import CellShape, cell_shapes, neighbour_colours, place_numbers
from s1r_imaging.plots.style import (
    COLUMN_MM,
    CYCLE,
    INK,
    MISSING,
    ORANGE,
    PAGE_MM,
    SKY,
    TICK_PT,
    axes_or_new,
    colour_bar,
    figure_of,
    halo,
    round_length,
)
from s1r_imaging.plots.words import text_width_pt, verbatim

_MANY_CELLS = 60
_LEAST_NUMBER_PT, _MOST_NUMBER_PT = 4.5, 8.0
_CONTRAST = (0.5, 99.5)
_GAMMA = 0.6


def plot_cells(
    image: ArrayLike,
    labels: ArrayLike,
    *,
    values: "pd.Series[Any] | Mapping[int, Any] | None" = None,
    values_label: str = "",
    flags: "pd.Series[Any] | Mapping[int, int] | None" = None,
    numbers: bool = True,
    pixel_size_um: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Outline and number the cells on an image.

    Parameters
    ----------
    image : array_like, shape (Y, X)
        Summary image in any unit; shown grey between its 0.5th and 99.5th percentile, with gamma 0.6.
    labels : array_like of int, shape (Y, X)
        Label image, 0 is background.
    values : Series or mapping, optional
        What colours each outline, by label: true or false (responder calls) in two colours with a legend,
        numbers on a scale with a colour bar. Without it neighbours differ in colour. Cells that are missing,
        or whose value is, are grey.
    values_label : str
        What the numbers are, for the colour bar.
    flags : Series or mapping, optional
        `CellFlag` bits by label; flagged cells are dashed.
    numbers : bool
        Whether to write each cell's label where there is room to read it; those left out are counted below.
    pixel_size_um : float, optional
        Edge of a pixel (µm), for a scale bar.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    TypeError
        If labels are no integers.
    ValueError
        If the image is not a plane or the shapes differ.
    """
    picture, cells = _check(image, labels)
    shapes = cell_shapes(cells)
    width_mm = COLUMN_MM if len(shapes) <= _MANY_CELLS else PAGE_MM
    aspect = picture.shape[0] / picture.shape[1]
    above_mm = 0 if values is None and flags is None else 5
    height_mm = float(np.clip(width_mm * aspect + 8 + above_mm, 30, 230))
    ax = axes_or_new(ax, width_mm=width_mm, height_mm=height_mm)
    _show_image(ax, picture)
    colours, handles = _colours(ax, cells, shapes, values, values_label)
    handles += _draw_outlines(ax, shapes, colours, _flagged(flags, shapes))
    left_out = _write_numbers(ax, shapes, picture.shape) if numbers else 0
    _write_below(ax, len(shapes), left_out)
    if pixel_size_um is not None:
        _scale_bar(ax, picture.shape[1], pixel_size_um)
    _legend(ax, handles)
    return ax


def _check(image: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    picture, cells = np.asarray(image, dtype=np.float64), np.asarray(labels)
    if cells.dtype.kind not in "iu":
        raise TypeError(f"labels has dtype {cells.dtype}: expected integers, 0 for background.")
    if picture.ndim != 2 or 0 in picture.shape:
        raise ValueError(f"image has shape {picture.shape}: expected one plane (height, width).")
    if picture.shape != cells.shape:
        raise ValueError(f"image has shape {picture.shape}, labels {cells.shape}: expected the same.")
    return picture, cells.astype(np.int64)


def _show_image(ax: Axes, picture: NDArray[np.float64]) -> None:
    finite = picture[np.isfinite(picture)]
    low, high = np.percentile(finite, _CONTRAST) if finite.size else (0.0, 1.0)
    grey = mpl.colormaps["gray"].with_extremes(bad="black")
    shown = np.ma.masked_invalid(picture)
    # Dye loading differs many-fold between cells: gamma lets the dim ones be seen beside the bright ones.
    norm = PowerNorm(_GAMMA, vmin=low, vmax=high if high > low else low + 1, clip=True)
    ax.imshow(shown, cmap=grey, norm=norm, interpolation="auto", origin="upper")
    ax.set(xticks=[], yticks=[], xlim=(-0.5, picture.shape[1] - 0.5), ylim=(picture.shape[0] - 0.5, -0.5))
    ax.set_aspect("equal")
    for spine in ax.spines.values():
        spine.set_visible(False)


def _colours(
    ax: Axes,
    cells: NDArray[np.int64],
    shapes: list[CellShape],
    values: "pd.Series[Any] | Mapping[int, Any] | None",
    values_label: str,
) -> tuple[list[Any], list[Line2D]]:
    if values is None:
        numbers = neighbour_colours(cells, len(CYCLE))
        return [CYCLE[numbers[shape.label]] for shape in shapes], []
    given = dict(values.items())
    found = [given.get(shape.label) for shape in shapes]
    known = [value for value in found if not _missing(value)]
    if known and not all(isinstance(value, bool | np.bool_) for value in known):
        return _on_scale(ax, [np.nan if _missing(value) else value for value in found], values_label), []
    kinds = [(True, ORANGE, "responder"), (False, SKY, "non-responder"), (None, MISSING, "not measured")]
    calls = [None if _missing(value) else bool(value) for value in found]
    handles = [
        Line2D([], [], color=colour, linewidth=2, label=f"{name} ({calls.count(kind)})")
        for kind, colour, name in kinds
        if kind is not None or None in calls
    ]
    by_call = {kind: colour for kind, colour, _ in kinds}
    return [by_call[call] for call in calls], handles if shapes else []


def _missing(value: Any) -> bool:
    return value is None or bool(pd.isna(value))


def _on_scale(ax: Axes, found: list[Any], label: str) -> list[Any]:
    numbers = np.array(found, dtype=np.float64)
    finite = numbers[np.isfinite(numbers)]
    low, high = np.percentile(finite, [2, 98]) if finite.size else (0.0, 1.0)
    # Viridis without its dark end, which would not be seen on a dark image.
    cmap = ListedColormap(mpl.colormaps["viridis"](np.linspace(0.25, 1, 256))).with_extremes(bad=MISSING)
    scale = mpl.cm.ScalarMappable(Normalize(low, high if high > low else low + 1), cmap)
    colour_bar(ax, scale, verbatim(label), finite)
    return [tuple(colour) for colour in scale.to_rgba(np.ma.masked_invalid(numbers))]


def _flagged(flags: "pd.Series[Any] | Mapping[int, int] | None", shapes: list[CellShape]) -> NDArray[np.bool_]:
    given = {} if flags is None else dict(flags.items())
    return np.array([bool(given.get(shape.label, 0)) for shape in shapes], dtype=np.bool_)


def _draw_outlines(
    ax: Axes, shapes: list[CellShape], colours: list[Any], flagged: NDArray[np.bool_]
) -> list[Line2D]:
    radius = float(np.median([shape.radius for shape in shapes])) * _points_per_pixel(ax) if shapes else 1.0
    width = float(np.clip(radius / 8, 0.5, 1.2))
    for dashed, style in ((False, "solid"), (True, (0, (2.5, 1.2)))):
        chosen = [
            (s, c) for s, c, is_flagged in zip(shapes, colours, flagged, strict=True) if is_flagged == dashed
        ]
        lines = [line for shape, _ in chosen for line in shape.outlines]
        line_colours = [colour for shape, colour in chosen for _ in shape.outlines]
        if lines:
            ax.add_collection(
                LineCollection(lines, colors=line_colours, linewidths=width, linestyles=[style]), autolim=False
            )
    if not flagged.any():
        return []
    dashes = (0, (2.5, 1.2))
    return [Line2D([], [], color=INK, linewidth=1, linestyle=dashes, label=f"flagged ({int(flagged.sum())})")]


def _points_per_pixel(ax: Axes) -> float:
    """Return how large an image pixel will be; the layout may still shrink it a little."""
    box = ax.get_window_extent()
    columns, rows = abs(np.diff(ax.get_xlim())[0]), abs(np.diff(ax.get_ylim())[0])
    return float(min(box.width / columns, box.height / rows) * 72 / figure_of(ax).dpi)


def _write_numbers(ax: Axes, shapes: list[CellShape], image_shape: tuple[int, ...]) -> int:
    """Write labels where they can be read; return how many could not."""
    scale = _points_per_pixel(ax)
    unit_widths = {n: text_width_pt("0" * n, 1.0) for n in {len(str(shape.label)) for shape in shapes}}
    units = np.array([unit_widths[len(str(shape.label))] for shape in shapes])
    room = np.array([2 * shape.radius * scale for shape in shapes])
    # A number nearly fills its cell's inscribed circle; at the least readable size it may stick out a little.
    sizes = np.clip(0.8 * room / np.hypot(units, 0.75), _LEAST_NUMBER_PT, _MOST_NUMBER_PT)
    widths, heights = (sizes * units + 0.5) / scale, (sizes * 0.75 + 0.5) / scale
    readable = room > 0.7 * _LEAST_NUMBER_PT * units
    shown = place_numbers(shapes, np.where(readable, widths, np.nan), heights)
    if shown.sum() < 0.5 * len(shapes):  # a few numbers here and there help nobody
        shown[:] = False
    for shape, size, width, height in (
        (shapes[i], sizes[i], widths[i], heights[i]) for i in np.flatnonzero(shown)
    ):
        x = float(
            np.clip(shape.centre[0], width / 2 - 0.5, max(image_shape[1] - width / 2 - 0.5, width / 2 - 0.5))
        )
        y = float(
            np.clip(shape.centre[1], height / 2 - 0.5, max(image_shape[0] - height / 2 - 0.5, height / 2 - 0.5))
        )
        ax.text(
            x, y, str(shape.label), fontsize=size, color="white", ha="center", va="center_baseline",
            path_effects=halo(1.4), clip_on=True, in_layout=False, gid="number",
        )  # fmt: skip
    return int(len(shapes) - shown.sum())


def _write_below(ax: Axes, n_cells: int, left_out: int) -> None:
    words = f"{n_cells} cell{'' if n_cells == 1 else 's'}"
    if left_out:
        words += ", not numbered" if left_out == n_cells else f", {left_out} not numbered"
    ax.set_xlabel(words, loc="left", fontsize=TICK_PT, color=INK)


def _legend(ax: Axes, handles: list[Line2D]) -> None:
    """Explain the colours above the image, in as many columns as it is wide."""
    if not handles:
        return
    entry_pt = 18 + max(text_width_pt(str(handle.get_label()), TICK_PT) for handle in handles)
    width_pt = (ax.get_xlim()[1] - ax.get_xlim()[0]) * _points_per_pixel(ax)
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=int(np.clip(width_pt / entry_pt, 1, 4)),
        frameon=False, fontsize=TICK_PT, labelcolor=INK, borderpad=0.2, borderaxespad=0.2, handlelength=1.2,
        columnspacing=1.0,
    )  # fmt: skip


def _scale_bar(ax: Axes, width_px: int, pixel_size_um: float) -> None:
    """Draw a bar of a round length of at most a quarter of the width, below the image's right end."""
    length_um = round_length(0.25 * width_px * pixel_size_um)
    right = width_px - 0.5
    left = right - length_um / pixel_size_um
    place = blended_transform_factory(ax.transData, ax.transAxes)
    ax.plot(
        [left, right],
        [-0.02, -0.02],
        color=INK,
        linewidth=2,
        solid_capstyle="butt",
        transform=place,
        clip_on=False,
    )
    ax.annotate(
        f"{length_um:g} µm", (right, -0.02), xycoords=place, xytext=(0, -3), textcoords="offset points",
        ha="right", va="top", fontsize=TICK_PT, color=INK, annotation_clip=False,
    )  # fmt: skip
