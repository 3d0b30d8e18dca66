"""An x axis of conditions: their names, and under each how many replicates and cells there are."""

from matplotlib.axes import Axes

from s1r_imaging.plots.comparison_groups import Group
from s1r_imaging.plots.style import COLUMN_MM, INK, NOTE_PT, PAGE_MM, TICK_PT, figure_of
from s1r_imaging.plots.words import shorten, text_width_pt
from s1r_imaging.plots.wrapping import breaks_words, wrap

_GAP_PT = 4.0  # between two names
_NARROW_PT = 45.0  # names in narrower columns are small, and stand upright where a word would be broken
_MOST_LEVEL = 12
_UPRIGHT_PT = 84.0  # longest name that stands upright
_Y_AXIS_PT = 44.0
_SIDE_MM = 32.0  # beside the conditions: y axis and legend


def width_for(n_conditions: int) -> float:
    """Return a width on paper (mm) for as many conditions."""
    return float(min(max(COLUMN_MM, _SIDE_MM + 15.0 * n_conditions), PAGE_MM))


def height_for(n_conditions: int) -> float:
    """Return a height on paper (mm) for as many conditions: names of many stand upright."""
    return 85.0 if n_conditions <= _MOST_LEVEL else 115.0


def dress_condition_axis(ax: Axes, groups: list[Group], *, width_pt: float) -> None:
    """Put conditions at 0, 1, 2 …, named below, with the number of replicates and cells of each.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    groups : list of Group
        The conditions.
    width_pt : float
        How wide the axes will be (points).
    """
    ax.set_xlim(-0.6, max(len(groups), 1) - 0.4)
    ax.set_xticks(range(len(groups)))
    if not groups:
        return
    room = width_pt / len(groups) - _GAP_PT
    counts = [_counts(group) for group in groups]
    widest = max(text_width_pt(line, NOTE_PT) for lines in counts for line in lines)
    is_narrow = room < _NARROW_PT and any(breaks_words(group.condition, room, NOTE_PT) for group in groups)
    if widest > room or is_narrow:
        labels = [
            f"{shorten(group.condition, _UPRIGHT_PT, NOTE_PT)}\n{', '.join(lines)}"
            for group, lines in zip(groups, counts, strict=True)
        ]
        ax.set_xticklabels(labels, rotation=90, fontsize=NOTE_PT, color=INK, linespacing=1.25)
    else:
        size = TICK_PT if room > _NARROW_PT else NOTE_PT
        names = [wrap(group.condition, room, size, most=5) for group in groups]
        highest = max(map(len, names))
        labels = [
            "\n".join([*lines, *[""] * (highest - len(lines)), *numbers])
            for lines, numbers in zip(names, counts, strict=True)
        ]
        ax.set_xticklabels(labels, fontsize=size, color=INK, linespacing=1.15)
    ax.tick_params(axis="x", length=0)


def axes_width_pt(ax: Axes, *, beside_pt: float = _Y_AXIS_PT) -> float:
    """Return about how wide axes will be, once their parts have made room for each other.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    beside_pt : float
        Width of what stands beside them (points), such as the labels of the y axis and a legend.

    Returns
    -------
    float
        Width (points).
    """
    figure, place = ax.get_figure(root=False), ax.get_subplotspec()
    dpi = figure_of(ax).dpi
    now = float(ax.get_window_extent().width * 72 / dpi)
    if figure is None or place is None or figure_of(ax).get_layout_engine() is None:
        return now
    share = len(place.colspan) / place.get_gridspec().ncols
    return max(float(figure.bbox.width) * 72 / dpi * share - beside_pt, 20.0)


def _counts(group: Group) -> list[str]:
    return [f"n = {group.n_replicates}", "1 cell" if group.n_cells == 1 else f"{group.n_cells} cells"]
