"""Colours of the plot, from napari's theme."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.colors import to_hex, to_rgb, to_rgba
from napari.utils.theme import get_theme
from numpy.typing import NDArray

LEAST_CONTRAST = 3.0  # of what is to be seen against its ground (WCAG 2.1, 1.4.11)


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


def readable(colour: Any, colours: Colours) -> Any:
    """Return a colour if a thin line of it stands out from the ground, else that of the text.

    Parameters
    ----------
    colour : colour
        As Matplotlib takes it; what is transparent is seen with the ground through it.
    colours : Colours
        Colours of the theme.

    Returns
    -------
    colour
        As given, or ``colours.ink``.
    """
    ground, seen = np.array(to_rgb(colours.ground)), np.array(to_rgba(colour))
    seen = seen[3] * seen[:3] + (1 - seen[3]) * ground
    low, high = sorted((_luminance(ground), _luminance(seen)))
    return colour if (high + 0.05) / (low + 0.05) >= LEAST_CONTRAST else colours.ink


def _luminance(rgb: NDArray[np.float64]) -> float:
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def _between(ground: str, ink: str, share: float) -> str:
    low, high = np.array(to_rgb(ground)), np.array(to_rgb(ink))
    red, green, blue = ((1 - share) * low + share * high).tolist()
    return to_hex((red, green, blue))
