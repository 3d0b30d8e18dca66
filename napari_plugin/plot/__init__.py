"""The plot below the image: traces of all cells, linked with the image, the tables and the time slider.

`view`
    The widget: what is shown, and what it follows.
`content`
    What a session has to show: values, who responds, where.
`drawing`, `overlay`, `heatmap`, `single`
    How it is drawn on Matplotlib's axes: what all modes share, and each of the modes.
`events`
    Names and shades of the stimuli.
`canvas`, `pointer`
    The bitmap that is kept, so that no frame and no selection draws it anew; mouse and keys.
`frames`
    The time slider, in seconds.
`colours`
    Colours of napari's theme.
`figure`
    The figure for print.
"""

from napari_plugin.plot.view import TracesView

__all__ = ["TracesView"]
