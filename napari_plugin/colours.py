"""The colour of a cell: the same in the image, the table and the plot. No Qt and no napari in here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.colors import to_rgba

RGBA = tuple[float, float, float, float]

BY_LABEL = "label"
PALETTE: tuple[RGBA, ...] = tuple(
    to_rgba(colour)
    for colour in (
        *("#E69F00", "#56B4E9", "#009E73", "#CC79A7", "#F0E442", "#4C8FD6", "#D55E00", "#8FCC5C"),
        *("#B07AF0", "#E0787C", "#3FC1B0", "#C9A66B", "#7F9FE8"),
    )
)
"""Colours of labels, one after the other: read on black, on grey and on white."""
YES, NO, UNKNOWN = to_rgba("#D55E00"), to_rgba("#4C8FD6"), to_rgba("#9A9A9A")

_RAMP = 64  # steps of a scale: no eye sees more, and every colour costs time
_PALE = 0.3  # opacity of flagged cells


def cell_colour(label: int) -> RGBA:
    """Return the colour that a cell has by its label; 0, the background, has none.

    >>> cell_colour(1) == cell_colour(1 + len(PALETTE)) == PALETTE[0]
    True
    """
    return PALETTE[(label - 1) % len(PALETTE)] if label > 0 else (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Legend:
    """What colours mean.

    Attributes
    ----------
    entries : tuple of (str, RGBA)
        Words with a colour of their own.
    ramp : tuple of RGBA
        Colours of a scale, from low to high; empty where there is none.
    low, high : str
        The ends of the scale.
    """

    entries: tuple[tuple[str, RGBA], ...] = ()
    ramp: tuple[RGBA, ...] = ()
    low: str = ""
    high: str = ""


@dataclass(frozen=True, eq=False)
class Colouring:
    """What the cells are coloured by.

    Attributes
    ----------
    by : str
        ``"label"``, or the measure.
    colours : mapping
        Label to colour, where it is a measure.
    legend : Legend
        What the colours mean.
    """

    by: str = BY_LABEL
    colours: Mapping[int, RGBA] = field(default_factory=dict)
    legend: Legend = Legend()

    def colour(self, label: int) -> RGBA:
        """Return the colour of a cell."""
        return cell_colour(label) if self.by == BY_LABEL else self.colours.get(label, UNKNOWN)


def colour_by(
    by: str, values: "pd.Series[Any]", *, is_flagged: "pd.Series[Any] | Mapping[int, bool] | None" = None
) -> Colouring:
    """Colour cells by a measure.

    Parameters
    ----------
    by : str
        Name of the measure.
    values : Series
        Label to number, or to true or false; missing values are grey. The scale runs from the 2nd to the 98th
        percentile, so that one cell does not make all others look alike.
    is_flagged : Series or mapping, optional
        Label to whether something about the cell is suspect; such cells are pale.

    Returns
    -------
    Colouring
        A colour for each cell.
    """
    flags: Mapping[Any, bool] = {} if is_flagged is None else dict(is_flagged.items())
    is_call = values.dropna().map(lambda value: isinstance(value, bool | np.bool_)).all() and values.notna().any()
    colours, legend = _calls(values) if is_call else _scale(values)
    pale = {label: (*colour[:3], _PALE) if flags.get(label) else colour for label, colour in colours.items()}
    if any(flags.get(label) for label in colours):
        legend = Legend((*legend.entries, ("pale: flagged", (*UNKNOWN[:3], _PALE))), *_rest(legend))
    return Colouring(by, pale, legend)


def _calls(values: "pd.Series[Any]") -> tuple[dict[int, RGBA], Legend]:
    known = values.dropna()
    colours = {int(label): YES if call else NO for label, call in zip(known.index, known, strict=True)}
    return colours, Legend((("yes", YES), ("no", NO), ("not known", UNKNOWN)))


def _scale(values: "pd.Series[Any]") -> tuple[dict[int, RGBA], Legend]:
    numbers = pd.Series(values.to_numpy(dtype=np.float64, na_value=np.nan), index=values.index)
    known = numbers[np.isfinite(numbers)]
    if known.empty:
        return {}, Legend((("not known", UNKNOWN),))
    low, high = (float(end) for end in np.percentile(known, (2, 98)))
    ramp = tuple(to_rgba(colour) for colour in mpl.colormaps["viridis"](np.linspace(0, 1, _RAMP)))
    place = np.clip((known.to_numpy() - low) / ((high - low) or 1.0), 0, 1)
    steps = np.rint(place * (_RAMP - 1)).astype(int)
    colours = {int(label): ramp[step] for label, step in zip(known.index, steps, strict=True)}
    unknown = (("not known", UNKNOWN),) if len(known) < len(numbers) else ()
    return colours, Legend(unknown, ramp, f"{low:.3g}", f"{high:.3g}")


def _rest(legend: Legend) -> tuple[tuple[RGBA, ...], str, str]:
    return legend.ramp, legend.low, legend.high
