"""The layer of the background region, and the region from a layer of labels or of shapes. No Qt in here."""

from typing import Any

import numpy as np
from napari.layers import Labels, Shapes
from napari.utils import DirectLabelColormap
from numpy.typing import NDArray

from napari_plugin.layers import LayerData, labels_to_layer
from s1r_imaging.recording import Recording

NAME = "Background region"

_COLOUR = (0.1, 0.75, 0.95, 1.0)
_WITHOUT_AREA = ("line", "path")


def region_to_layer(region: NDArray[np.bool_], recording: Recording, *, like: Any = None) -> LayerData:
    """Return what napari needs to show a region, to be drawn in with its own tools.

    Parameters
    ----------
    region : array of bool, shape (Y, X)
        The region.
    recording : Recording
        The recording it belongs to.
    like : napari.layers.Image, optional
        The layer of the recording, over which it is placed.

    Returns
    -------
    tuple
        Data, keyword arguments of the layer, ``"labels"``.
    """
    data, kwargs, kind = labels_to_layer(region.astype(np.int32), recording, name=NAME, like=like)
    colours: dict[int | None, Any] = {None: np.array(_COLOUR), 0: np.zeros(4)}
    return data, {**kwargs, "colormap": DirectLabelColormap(color_dict=colours), "opacity": 0.4}, kind


def layer_to_region(layer: Any, recording: Recording, *, like: Any = None) -> NDArray[np.bool_]:
    """Return the pixels of a recording's field that are marked in a layer.

    Parameters
    ----------
    layer : napari.layers.Labels or napari.layers.Shapes
        Labels on the recording's frames, or shapes that lie over them; lines have no area.
    recording : Recording
        The recording.
    like : napari.layers.Image, optional
        The layer of the recording, over which shapes lie.

    Returns
    -------
    array of bool, shape (Y, X)
        True where something is marked.

    Raises
    ------
    ValueError
        If labels have another shape than the frames.
    """
    shape = recording.frame_shape
    if isinstance(layer, Labels):
        if tuple(layer.data.shape) != shape:
            sizes = [" × ".join(map(str, size)) for size in (layer.data.shape, shape)]
            raise ValueError(
                f"{layer.name!r} has {sizes[0]} pixels, the frames have {sizes[1]}: draw a region anew."
            )
        marked: NDArray[np.bool_] = np.asarray(layer.data) != 0
        return marked
    _, place, _ = labels_to_layer(np.zeros(shape, dtype=np.int32), recording, like=like)
    pairs = zip(layer.data, layer.shape_type, strict=True)
    shapes = [(_in_pixels(layer, points, place), kind) for points, kind in pairs if kind not in _WITHOUT_AREA]
    if not shapes:
        return np.zeros(shape, dtype=bool)
    inside: NDArray[np.bool_] = Shapes(shapes, ndim=2).to_labels(labels_shape=shape) != 0
    return inside


def _in_pixels(layer: Any, points: NDArray[Any], place: dict[str, Any]) -> NDArray[np.float64]:
    """Return corners of a shape, which may be drawn in one frame and on another scale, in pixels of the field."""
    world = np.array([layer.data_to_world(point) for point in points])[:, -2:]
    pixels: NDArray[np.float64] = (world - place["translate"]) / place["scale"]
    return pixels
