"""Stimulus marks above and inside axes whose x axis is time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from s1r_imaging.plots.style import INK, TICK_PT, figure_of
from s1r_imaging.plots.words import event_label, shorten, text_width_pt
from s1r_imaging.recording import Event

_FIRST_PT, _ROW_PT, _TEXT_PT = 4.0, 12.5, 4.0
_GAP = 0.02
_ROOM = 1.06  # of a text's width
_DASHES = (0, (4, 2))
_TRY_ALL = 5
_MOST_ROWS = 4  # of names above each other; more would leave no room for what they name
_SHARES = (1.0, 0.4, 0.2)  # of the axes' width, that a name may take
_BAR: dict[str, Any] = {"linewidth": 2.0, "solid_capstyle": "butt"}
_ARROW_HEAD: dict[str, Any] = {"marker": "v", "markersize": 3.5, "linestyle": "none"}


@dataclass(frozen=True)
class _Label:
    """What stands above the axes for one event, from where to where in fractions of their width."""

    event: Event
    text: str
    text_from: float
    text_to: float
    bar_from: float
    bar_to: float

    @property
    def left(self) -> float:
        return min(self.text_from, self.bar_from) - _GAP

    @property
    def right(self) -> float:
        return max(self.text_to, self.bar_to) + _GAP


def mark_events(ax: Axes, events: Sequence[Event], *, on_image: bool = False) -> None:
    """Mark what was added when: a bar or an arrow head with its name above the axes, a line inside.

    An event with an end gets a bar as long as it lasted, and a shade on plain axes; one that stayed gets an
    arrow head. Names that would meet go to rows of their own, with a thin line down to the axes; they are cut
    where those would be more than four, and are numbers in the order of time where that does not do. Call it
    once the x limits are set.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes with seconds on x.
    events : sequence of Event
        The events.
    on_image : bool
        Whether an image lies below, which needs lines with a rim and which shades would hide.
    """
    low, high = ax.get_xlim()
    seen = [event for event in events if event.start_s <= high and (event.end_s is None or event.end_s > low)]
    for label, row in _few_rows(ax, seen):
        _mark_inside(ax, label.event, on_image=on_image)
        _mark_above(ax, label, _FIRST_PT + row * _ROW_PT)
    ax.set_xlim(low, high)


def _few_rows(ax: Axes, events: Sequence[Event]) -> list[tuple[_Label, int]]:
    """Give each event a label and a row: names as whole as rows are few, else numbers."""
    for share in _SHARES:
        rows = _rows([_label(ax, event, event_label(event), share) for event in events])
        if all(row < _MOST_ROWS for _, row in rows):
            return rows
    in_time = sorted(events, key=lambda event: event.start_s)
    numbers = [_label(ax, event, str(number), 1.0) for number, event in enumerate(in_time, start=1)]
    rows = _stack(tuple(numbers), apart=False)
    top = 1 + max(row for _, row in rows)
    ax.annotate(
        f"stimuli 1–{len(events)} in the order of time", (0.0, 1.0), xycoords="axes fraction",
        xytext=(0, _FIRST_PT + top * _ROW_PT + _TEXT_PT), textcoords="offset points", ha="left",
        va="baseline", fontsize=TICK_PT, color=INK, annotation_clip=False,
    )  # fmt: skip
    return rows


def _mark_above(ax: Axes, label: _Label, height_pt: float) -> None:
    low, high = ax.get_xlim()
    start, end = (low + x * (high - low) for x in (label.bar_from, label.bar_to))
    edge = ax.get_xaxis_transform()
    ax.annotate(
        "", (start, 1.0), xycoords=edge, xytext=(0, height_pt), textcoords="offset points", annotation_clip=False,
        arrowprops={"arrowstyle": "-", "linewidth": 0.5, "color": INK, "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip
    times, style = [start, end], _BAR
    if label.event.end_s is None:
        times, style = [start], _ARROW_HEAD
    raised = edge + ScaledTranslation(0, height_pt / 72, figure_of(ax).dpi_scale_trans)
    ax.plot(times, [1.0] * len(times), color=INK, clip_on=False, zorder=5, transform=raised, **style)
    pushed = label.text_from < label.bar_from
    ax.annotate(
        label.text, (low + (label.text_to if pushed else label.text_from) * (high - low), 1.0), xycoords=edge,
        xytext=(0, height_pt + _TEXT_PT), textcoords="offset points", ha="right" if pushed else "left",
        va="baseline", fontsize=TICK_PT, color=INK, annotation_clip=False, gid="event",
    )  # fmt: skip


def _mark_inside(ax: Axes, event: Event, *, on_image: bool) -> None:
    if event.end_s is not None and not on_image:
        ax.axvspan(event.start_s, event.end_s, color="#ECECEC", linewidth=0, zorder=0)
    times = [event.start_s] if event.end_s is None or not on_image else [event.start_s, event.end_s]
    for time in times:
        if on_image:
            ax.axvline(time, color="black", linewidth=1.6, zorder=1.4)
        ax.axvline(time, color="white" if on_image else INK, linewidth=0.8, linestyle=_DASHES, zorder=1.5)


def _label(ax: Axes, event: Event, name: str, share: float) -> _Label:
    low, high = ax.get_xlim()
    width_pt = ax.get_window_extent().width * 72 / figure_of(ax).dpi
    start = (max(event.start_s, low) - low) / (high - low)
    end = start if event.end_s is None else (min(event.end_s, high) - low) / (high - low)
    text, width = _fit(name, width_pt, share)
    text_from = start if start + width <= 1 else max(1 - width, 0.0)
    return _Label(event, text, text_from, text_from + width, start, end)


def _fit(name: str, width_pt: float, share: float) -> tuple[str, float]:
    """Return as much of a name as fits into a share of the axes, and its width as a fraction of theirs."""
    text = shorten(name, share * width_pt / _ROOM, TICK_PT)
    return text, _ROOM * text_width_pt(text, TICK_PT) / max(width_pt, 1.0)


def _rows(labels: list[_Label]) -> list[tuple[_Label, int]]:
    """Give each label the lowest row where nothing meets, in the order of stacking that crosses least."""
    orders: Iterable[tuple[_Label, ...]] = [tuple(reversed(labels))]
    if len(labels) <= _TRY_ALL:
        orders = permutations(reversed(labels))
    # Twice: as low as names allow, and higher where a line to the axes would cross a name.
    stacks = (_stack(order, apart=apart) for order in orders for apart in (False, True))
    return min(stacks, key=_badness, default=[])


def _stack(order: tuple[_Label, ...], *, apart: bool) -> list[tuple[_Label, int]]:
    placed: list[tuple[_Label, int]] = []
    for label in order:
        row = 0
        while any(row == other_row and _meet(label, other) for other, other_row in placed) or (
            apart and any(row < other_row and _crosses(label, other) for other, other_row in placed)
        ):
            row += 1
        placed.append((label, row))
    return placed


def _crosses(low: _Label, high: _Label) -> bool:
    """Return whether the line from a label down to the axes runs through one below it."""
    return min(low.text_from, low.bar_from) < high.bar_from < max(low.text_to, low.bar_to)


def _meet(one: _Label, other: _Label) -> bool:
    return one.left < other.right and other.left < one.right


def _badness(placed: list[tuple[_Label, int]]) -> tuple[int, int]:
    crossings = sum(
        _crosses(low, high) for low, low_row in placed for high, high_row in placed if low_row < high_row
    )
    return crossings, sum(row for _, row in placed)
