"""Figures of the library as pictures for the window: in its colours on the screen, as they are for print.

They are drawn in the worker, twice: on the ground of the dark theme and on that of the light one.
"""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text
from napari.utils.theme import get_theme
from numpy.typing import NDArray

from s1r_imaging import plots
from s1r_imaging.binding_analysis import BindingAnalysis
from s1r_imaging.io.results import Content
from s1r_imaging.plots.save import save_figure

DPI = 192  # two pixels for one of the screen's, so that fine screens show sharp letters
GREY_SPREAD = 0.03  # how far the channels of a grey may lie apart

RGBA = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure.

    Attributes
    ----------
    draw : callable
        Draws it anew, for print.
    dark, light : array of uint8, shape (height, width, 4)
        It on the ground of either theme.
    """

    draw: Callable[[], Figure]
    dark: NDArray[np.uint8]
    light: NDArray[np.uint8]


def picture_of(draw: Callable[[], Figure]) -> Picture:
    """Draw a figure for both themes.

    Parameters
    ----------
    draw : callable
        Returns the figure on white.

    Returns
    -------
    Picture
        The figure, and its pixels.
    """
    return Picture(draw, *(_pixels(draw(), theme) for theme in ("dark", "light")))


def binding_picture(analysis: BindingAnalysis) -> Picture:
    """Return the competition curves of an analysis: those of the overview in the results folder.

    Parameters
    ----------
    analysis : BindingAnalysis
        What was fitted.

    Returns
    -------
    Picture
        Curves of all compounds.
    """
    several = len(analysis.plate["experiment"].unique()) > 1
    results = analysis.combined if several else analysis.affinities
    curves = analysis.fit.curves()
    scale: Any = "percent" if several else "signal"
    return picture_of(lambda: plots.competition_figure(analysis.plate, curves, results, scale=scale))


def figure_files(pictures: Iterable[Picture]) -> dict[str, Content]:
    """Return pictures as the files of a results folder: for print, each in three formats.

    Parameters
    ----------
    pictures : iterable of Picture
        The pictures.

    Returns
    -------
    dict
        Name of the file to what writes it.
    """
    return {
        f"figures/figure_{number}.{kind}": partial(_save, picture)
        for number, picture in enumerate(pictures, start=1)
        for kind in ("png", "svg", "pdf")
    }


def _save(picture: Picture, path: Path) -> None:
    save_figure(picture.draw(), path)


def _pixels(figure: Figure, theme: str) -> NDArray[np.uint8]:
    canvas: Any = FigureCanvasAgg(figure)  # Matplotlib's backends are not typed
    figure.set_dpi(DPI)
    in_colours(figure, theme)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()).copy()


def in_colours(figure: Figure, theme: str) -> None:
    """Put a figure that is made for white paper into the colours of a theme of napari.

    White becomes its ground, black its text, greys lie between; colours stay.

    Parameters
    ----------
    figure : Figure
        The figure; it is changed.
    theme : {"dark", "light"}
        Theme of napari.
    """
    ground, ink = _theme(theme)

    def changed(colour: Any) -> RGBA:
        return _between(to_rgba(colour), ground, ink)

    for artist in figure.findobj():
        _recolour(artist, changed)


@functools.cache
def _theme(name: str) -> tuple[RGBA, RGBA]:
    theme = get_theme(name)
    return to_rgba(theme.background.as_hex(format="long")), to_rgba(theme.text.as_hex(format="long"))


def _between(colour: RGBA, ground: RGBA, ink: RGBA) -> RGBA:
    red, green, blue, alpha = colour
    if max(red, green, blue) - min(red, green, blue) > GREY_SPREAD:
        return colour
    mixed = [low + (1.0 - red) * (high - low) for low, high in zip(ground[:3], ink[:3], strict=True)]
    return (mixed[0], mixed[1], mixed[2], alpha)


def _recolour(artist: Artist, changed: Callable[[Any], RGBA]) -> None:
    if isinstance(artist, Text):
        artist.set_color(changed(artist.get_color()))
        artist.set_path_effects([])  # a halo of paper
    elif isinstance(artist, Line2D):
        # read first: markers without a colour of their own follow that of the line, and would be changed twice
        markers = {part: getattr(artist, f"get_{part}")() for part in ("markerfacecolor", "markeredgecolor")}
        artist.set_color(changed(artist.get_color()))
        for part, colour in markers.items():
            if not isinstance(colour, str) or colour != "none":
                getattr(artist, f"set_{part}")(changed(colour))
    elif isinstance(artist, Patch):
        face, edge = artist.get_facecolor(), artist.get_edgecolor()
        artist.set_facecolor(changed(face))
        artist.set_edgecolor(changed(edge))
    elif isinstance(artist, Collection):
        for part in ("facecolor", "edgecolor"):
            colours = np.atleast_2d(getattr(artist, f"get_{part}")())
            if colours.size and artist.get_array() is None:
                getattr(artist, f"set_{part}")([changed(tuple(colour)) for colour in colours])
