"""How much light each pixel of a resting cell gives: loading, thickness, texture, nuclei."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from s1r_imaging.simulate.fields import CellShapes, Labels, cell_windows, smooth_noise

if TYPE_CHECKING:
    from s1r_imaging.simulate.recording import SimulationOptions

Floats = NDArray[np.float64]

_OVERLOADED = 2.5  # brightness of an overloaded cell relative to its neighbours


def resting_image(
    labels: Labels,
    shapes: CellShapes,
    options: "SimulationOptions",
    overloaded: NDArray[np.bool_],
    rng: np.random.Generator,
) -> Floats:
    """Compute the in-focus fluorescence of the resting field before any optics.

    Parameters
    ----------
    labels : array of int32, shape (Y, X)
        The cells, from `grow_cells`.
    shapes : CellShapes
        Their properties, n rows.
    options : SimulationOptions
        Loading, texture, edges and nuclei.
    overloaded : array of bool, shape (n,)
        Cells that took up far too much dye.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    array, shape (Y, X)
        Counts; 0 where there is no cell.
    """
    n = len(shapes.angle)
    diameter = options.cell_diameter_um / options.pixel_size_um
    row, column = shapes.centre_px.astype(np.intp).T
    nearby = smooth_noise(labels.shape, 2 * diameter, rng)[row, column]  # neighbours load alike
    spread = np.sqrt(0.75) * rng.standard_normal(n) + 0.5 * nearby
    loading = options.resting_counts * np.exp(options.loading_sd * spread) * np.where(overloaded, _OVERLOADED, 1.0)
    texture = 0.8 * smooth_noise(labels.shape, 0.05 * diameter, rng) + 0.6 * smooth_noise(
        labels.shape, 0.22 * diameter, rng
    )
    relief = smooth_noise(labels.shape, 0.5 * diameter, rng)
    light = np.exp(options.texture_sd * texture) * _thickness(labels, options, diameter, relief)
    light *= _nuclei(labels, shapes, options, rng)
    return np.where(labels > 0, np.append(0.0, loading)[labels] * light, 0.0)


def response_weight(
    labels: Labels, weights: Floats, options: "SimulationOptions", rng: np.random.Generator
) -> Floats:
    """Say how strongly each pixel of a cell shares in its response.

    Parameters
    ----------
    labels : array of int32, shape (Y, X)
        The cells.
    weights : array, shape (Y, X)
        Light of each pixel as the camera weights it; 0 where the camera does not see it.
    options : SimulationOptions
        Unevenness.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    array, shape (Y, X)
        Around 1. Its weighted mean over every cell is 1, so the ΔF/F0 of the whole cell is as drawn.
    """
    diameter = options.cell_diameter_um / options.pixel_size_um
    share = np.exp(options.unevenness_sd * smooth_noise(labels.shape, 0.2 * diameter, rng))
    whole = np.bincount(labels.ravel(), weights=weights.ravel())
    shared = np.bincount(labels.ravel(), weights=(weights * share).ravel())
    mean = np.divide(shared, whole, out=np.ones_like(whole), where=whole > 0)
    return share / mean[labels]


def _thickness(labels: Labels, options: "SimulationOptions", diameter: float, relief: Floats) -> Floats:
    """Cells are thick in the middle and thin at the edge, more so in some places than in others."""
    padded = np.pad(labels, 1, mode="edge")
    inner = np.ones(labels.shape, dtype=np.bool_)
    for neighbour in (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]):
        inner &= neighbour == labels
    depth = ndimage.distance_transform_edt(inner)
    edge = np.clip(options.edge_brightness + 0.35 * (1 - options.edge_brightness) * relief, 0.0, 1.0)
    steep = 0.10 * diameter * np.exp(0.3 * relief)
    return 1 - (1 - edge) * np.exp(-depth / steep)


def _nuclei(labels: Labels, shapes: CellShapes, options: "SimulationOptions", rng: np.random.Generator) -> Floats:
    """Factor that makes the nucleus of each cell brighter or darker."""
    n = len(shapes.angle)
    contrast = 0.2 + 0.25 * rng.random(n)
    bright = {"bright": 1.0, "dark": 0.0, "mixed": 0.6, "none": 0.0}[options.nuclei]
    sign = np.where(rng.random(n) < bright, 1.0, -1.0)
    size = shapes.diameter_px * rng.uniform(0.21, 0.29, n)
    offset = 0.12 * shapes.diameter_px[:, np.newaxis] * rng.standard_normal((n, 2))
    factor = np.ones(labels.shape)
    if options.nuclei == "none":
        return factor
    for label, window in cell_windows(labels):
        index = label - 1
        y, x = np.mgrid[window] - (shapes.centre_px[index] + offset[index])[:, np.newaxis, np.newaxis]
        stretch = min(shapes.elongation[index], 1.6) ** 0.5
        along = (np.cos(shapes.angle[index]) * x + np.sin(shapes.angle[index]) * y) / (size[index] * stretch)
        across = (np.cos(shapes.angle[index]) * y - np.sin(shapes.angle[index]) * x) * stretch / size[index]
        inside = 1 / (1 + np.exp(8 * (np.hypot(along, across) - 1)))
        mine = labels[window] == label
        factor[window][mine] += (sign[index] * contrast[index] * inside)[mine]
    return factor
