"""Colours of the plot, from napari's theme."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.colors import to_hex, to_rgb
from napari.utils.theme import get_theme


@dataclass(frozen=True)
class Colours:
    """Colours of one theme.

    Attributes
    ----------
    ground, ink : str
        Background and text.
    trace : str
        Traces of cells that do not respond.
    shade, quiet : str
        Ground while a stimulus lasts; lines that only lead the eye.
    warning : str
        What is stale.
    """

    ground: str
    ink: str
    trace: str
    shade: str
    quiet: str
    warning: str


def colours_of(viewer: Any) -> Colours:
    """Return the colours of a viewer's theme."""
    theme = get_theme(viewer.theme)
    ground, ink = theme.background.as_hex(format="long"), theme.text.as_hex(format="long")
    is_dark = theme.type == "dark"
    return Colours(
        ground=ground,
        ink=ink,
        trace=_between(ground, ink, 0.45 if is_dark else 0.4),
        shade=_between(ground, ink, 0.12),
        quiet=_between(ground, ink, 0.65),
        warning=theme.warning.as_hex(format="long") if is_dark else "#8A5A00",
    )


def _between(ground: str, ink: str, share: float) -> str:
    low, high = np.array(to_rgb(ground)), np.array(to_rgb(ink))
    red, green, blue = ((1 - share) * low + share * high).tolist()
    return to_hex((red, green, blue))
