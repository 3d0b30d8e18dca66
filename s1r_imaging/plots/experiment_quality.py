"""What became of each recording of an experiment: cells, flagged cells, failures."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from s1r_imaging.plots.style import INK, NOTE_PT, ORANGE, SKY, TICK_PT, VERMILION, axes_or_new, say
from s1r_imaging.plots.tables import numbers
from s1r_imaging.plots.words import shorten

_MOST_NAMED = 48
_ROW_MM, _AROUND_MM = 4.2, 24.0
_NAME_PT, _CONDITION_PT = 95.0, 95.0


def plot_recordings(recordings: pd.DataFrame, design: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw how many cells each recording gave and how many carry a flag, and name those that failed.

    Recordings stand below each other in the order of the design, with their condition on the right; of more than
    48 only the first of each condition is named.

    Parameters
    ----------
    recordings : DataFrame
        One row per recording, as `run_experiment` makes it: ``recording, status, n_cells, n_flagged``.
    design : DataFrame
        ``recording, condition``.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; a new figure, as high as the recordings need, when not given.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    rows = design[["recording", "condition"]].merge(recordings, on="recording", how="left", suffixes=("", "_run"))
    height = float(np.clip(_AROUND_MM + _ROW_MM * len(rows), 45, 230))
    ax = axes_or_new(ax, width_mm=140.0, height_mm=height)
    ax.set_xlabel("Cells")
    if not len(rows):
        ax.set(xticks=[], yticks=[])
        say(ax, "no recordings")
        return ax
    places = np.arange(len(rows))
    cells = np.nan_to_num(numbers(rows, "n_cells"))
    flagged = np.minimum(np.nan_to_num(numbers(rows, "n_flagged")), cells)
    ax.barh(places, cells - flagged, height=0.75, color=SKY, label="without a flag")
    ax.barh(places, flagged, left=cells - flagged, height=0.75, color=ORANGE, label="flagged")
    failed = np.flatnonzero((rows["status"] == "failed").to_numpy())
    if len(failed):
        ax.plot(
            np.zeros(len(failed)), failed, "X", color=VERMILION, markersize=5, markeredgecolor=INK,
            markeredgewidth=0.5, clip_on=False, zorder=5, label="recording failed", linestyle="none",
        )  # fmt: skip
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(0, max(1.05 * float(cells.max()), 1.0))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    _name_rows(ax, rows)
    ax.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, fontsize=TICK_PT, labelcolor=INK,
        handlelength=1.0, borderpad=0, borderaxespad=0.5, columnspacing=0.9, handletextpad=0.5,
    )  # fmt: skip
    return ax


def _name_rows(ax: Axes, rows: pd.DataFrame) -> None:
    """Name recordings on the left, and on the right each condition where it begins."""
    names = [shorten(name, _NAME_PT, NOTE_PT) for name in rows["recording"]]
    conditions = rows["condition"].astype(str)
    begins = (conditions != conditions.shift()).to_numpy()
    shown = np.arange(len(rows)) if len(rows) <= _MOST_NAMED else np.flatnonzero(begins)
    # Names of neighbours would meet where there are too many rows for the page.
    gap = max(1, round(len(rows) / _MOST_NAMED))
    kept: list[int] = []
    for place in shown.tolist():
        if not kept or place - kept[-1] >= gap:
            kept.append(place)
    ax.set_yticks(kept, [names[place] for place in kept], fontsize=NOTE_PT, color=INK)
    ax.tick_params(axis="y", length=0)
    last = -gap
    for place in np.flatnonzero(begins).tolist():
        if place:
            ax.axhline(place - 0.5, color="#D0D0D0", linewidth=0.5, zorder=0.5)
        if place - last >= gap:
            ax.annotate(
                shorten(conditions.iloc[place], _CONDITION_PT, NOTE_PT), (1, place),
                xycoords=ax.get_yaxis_transform(),
                xytext=(5, 0), textcoords="offset points", va="center", fontsize=NOTE_PT, color="#606060",
                annotation_clip=False,
            )  # fmt: skip
            last = place
