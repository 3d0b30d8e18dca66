"""Stimuli on the plot: a line where each begins, a shade as long as it lasts, its name above."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from napari_plugin.plot.colours import Colours
from s1r_imaging.plots.style import figure_of
from s1r_imaging.plots.words import event_label, shorten, text_width_pt
from s1r_imaging.recording import Event

TEXT_PT = 8.0
ROW_PX, GAP_PX = 14.0, 8.0
MOST_ROWS = 2


def n_rows(ax: Axes, events: Sequence[Event]) -> int:
    """Return how many rows of names stand above axes of this width."""
    return 1 + max((row for _, _, row in _placed(ax, events)), default=-1)


def mark(ax: Axes, events: Sequence[Event], colours: Colours, *, on_image: bool = False) -> None:
    """Draw the stimuli that are in view; what was drawn before is taken away.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes with seconds on x, in their place.
    events : sequence of Event
        The stimuli.
    colours : Colours
        Colours of the theme.
    on_image : bool
        Whether an image lies below, which needs lines with a rim.
    """
    for old in [artist for artist in ax.get_children() if artist.get_gid() == "event"]:
        old.remove()
    for event in events:
        if event.end_s is not None and not on_image:
            ax.axvspan(event.start_s, event.end_s, color=colours.shade, linewidth=0, zorder=0, gid="event")
        if on_image:
            ax.axvline(event.start_s, color="black", linewidth=1.8, zorder=1.4, gid="event")
        colour = "white" if on_image else colours.quiet
        ax.axvline(event.start_s, color=colour, linewidth=0.9, linestyle=(0, (4, 2)), zorder=1.5, gid="event")
    for text, left, row in _placed(ax, events):
        ax.annotate(
            text, (left, 1.0), xycoords=("axes pixels", "axes fraction"), xytext=(0, _pt(ax, 3 + row * ROW_PX)),
            textcoords="offset points", fontsize=TEXT_PT, color=colours.ink, va="bottom", annotation_clip=False,
            gid="event",
        )  # fmt: skip


def _placed(ax: Axes, events: Sequence[Event]) -> list[tuple[str, float, int]]:
    """Return text, left edge (pixels of the axes) and row of each name that finds room."""
    low, high = ax.get_xlim()
    width = ax.get_window_extent().width
    taken: list[list[tuple[float, float]]] = [[] for _ in range(MOST_ROWS)]
    placed = []
    for event in events:
        if event.start_s > high or (event.start_s if event.end_s is None else event.end_s) < low:
            continue
        start = (max(event.start_s, low) - low) / (high - low) * width
        for room in (width, 90.0, 45.0):  # the whole name where it fits, else as much as does
            found = _place(ax, event, start, min(room, width), taken)
            if found is not None:
                placed.append(found)
                break
    return placed


def _place(
    ax: Axes, event: Event, start: float, room: float, taken: list[list[tuple[float, float]]]
) -> tuple[str, float, int] | None:
    text = shorten(event_label(event), _pt(ax, room), TEXT_PT)
    wide = text_width_pt(text, TEXT_PT) / _pt(ax, 1.0)
    left = max(min(start, ax.get_window_extent().width - wide), 0.0)
    for row, others in enumerate(taken):
        if all(left + wide + GAP_PX <= a or left >= b + GAP_PX for a, b in others):
            others.append((left, left + wide))
            return text, left, row
    return None


def _pt(ax: Axes, pixels: float) -> float:
    return pixels * 72 / figure_of(ax).dpi
