"""Fields of cells: where each cell lies and what shape it has.

Every cell has its own measure of distance: an ellipse with corners and bulges, plus neurites. A pixel
belongs to the cell to which it is nearest by that measure, if it is near enough: cells that meet share
a border, and where no cell reaches there is a gap.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from s1r_imaging.simulate.optics import gaussian_transfer

if TYPE_CHECKING:
    from s1r_imaging.simulate.recording import SimulationOptions

Floats = NDArray[np.float64]
Labels = NDArray[np.int32]

MAX_GROWTH = 1.35  # a cell spreads to at most this multiple of its own size to fill a gap
COVERAGE = {"confluent": 0.9, "sparse": 0.3}
_CLUMPING = {"confluent": 0.25, "sparse": 1.0}
_MIN_AREA = 0.12  # cells squeezed below this part of the median area go to their neighbours


@dataclass(frozen=True, eq=False)
class CellShapes:
    """Random properties of each cell, arrays of shape (n,)."""

    centre_px: Floats
    diameter_px: Floats
    angle: Floats
    elongation: Floats
    corner: Floats
    bulge: Floats
    bulge_angle: Floats


def smooth_noise(shape: tuple[int, int], scale_px: float, rng: np.random.Generator) -> Floats:
    """Make a periodic Gaussian random field of mean 0 and SD 1.

    Parameters
    ----------
    shape : tuple of int
        Height and width.
    scale_px : float
        SD of the Gaussian that smooths it (pixels).
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    array, shape (Y, X)
        The field.
    """
    spectrum = fft.rfft2(rng.standard_normal(shape)) * gaussian_transfer(shape, scale_px)
    field: Floats = fft.irfft2(spectrum, s=shape)
    field -= field.mean()
    return field / max(float(field.std()), np.finfo(float).tiny)


def grow_cells(
    shape: tuple[int, int], options: "SimulationOptions", rng: np.random.Generator
) -> tuple[Labels, CellShapes]:
    """Fill an area with cells.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the area (pixels), margins included.
    options : SimulationOptions
        Growth, coverage, size and shape of the cells.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    labels : array of int32, shape (Y, X)
        0 where there is no cell; numbers are those of the rows of `shapes` plus 1, and may have gaps.
    shapes : CellShapes
        What each cell was made from.
    """
    coverage = options.cell_coverage or COVERAGE[options.growth]
    diameter = options.cell_diameter_um / options.pixel_size_um
    n_cells = _number_of_cells(shape, options, coverage, diameter)
    shapes = _draw_shapes(shape, n_cells, options, rng, diameter)
    warp = [0.08 * diameter * smooth_noise(shape, 0.2 * diameter, rng) for _ in range(2)]
    nearest = np.full(shape, np.inf)
    labels = np.zeros(shape, dtype=np.int32)
    for index in range(n_cells):
        _claim_soma(nearest, labels, index, shapes, warp)
    reached = np.minimum(nearest, np.finfo(float).max)  # a quantile between infinities would be NaN: no limit
    limit = min(float(np.quantile(reached, coverage)), MAX_GROWTH) if n_cells else 0.0
    for cell in np.flatnonzero(rng.random(n_cells) < options.neurite_fraction):
        for side in (0.0, np.pi):
            _claim_neurite(nearest, labels, int(cell), shapes, side=side, limit=limit, rng=rng)
    labels[nearest > limit] = 0
    return _tidy(labels), shapes


def _number_of_cells(
    shape: tuple[int, int], options: "SimulationOptions", coverage: float, diameter: float
) -> int:
    """Cells in the whole area, so that the field itself holds what was asked for."""
    area = shape[0] * shape[1]
    if options.n_cells is None:
        return max(1, round(coverage * area / (np.pi / 4 * diameter**2)))
    return round(options.n_cells * area / (options.height_px * options.width_px))


def _draw_shapes(
    shape: tuple[int, int], n: int, options: "SimulationOptions", rng: np.random.Generator, diameter: float
) -> CellShapes:
    size = diameter * np.exp(options.cell_size_sd * rng.standard_normal(n))
    elongation = 1 + (options.cell_elongation - 1) * np.exp(0.5 * rng.standard_normal(n))
    corner = rng.uniform(1.25, 2.4, n)
    bulge = rng.uniform(0.0, 0.22, n)
    bulge_angle = rng.uniform(0, 2 * np.pi, n)
    turn = 0.5 * rng.standard_normal(n)
    density = np.exp(_CLUMPING[options.growth] * smooth_noise(shape, 1.5 * diameter, rng))
    # neighbours in a sheet lie side by side: their direction is a smooth field
    lie = smooth_noise(shape, 3 * diameter, rng) + 1j * smooth_noise(shape, 3 * diameter, rng)
    centre = _scatter(density, size, rng)
    row, column = centre.astype(np.intp).T
    angle = 0.5 * np.angle(lie[row, column]) + turn
    return CellShapes(centre, size, angle, np.minimum(elongation, 4.5), corner, bulge, bulge_angle)


def _scatter(density: Floats, size: Floats, rng: np.random.Generator) -> Floats:
    """Place cells one by one, seldom where density is low and not on top of each other."""
    area = np.array(density.shape)
    top = float(density.max())
    centre = np.zeros((len(size), 2))
    for index in range(len(size)):
        separation = 0.72
        while True:
            separation *= 0.985  # a place is found in the end, however full the area is
            spot = rng.random(2) * area
            if rng.random() * top > density[int(spot[0]), int(spot[1])]:
                continue
            away = np.abs(centre[:index] - spot)
            away = np.minimum(away, area - away)
            apart = separation * 0.5 * (size[:index] + size[index])
            if np.all((away**2).sum(axis=1) > apart**2):
                break
        centre[index] = spot
    return centre


def _window(low: Floats, high: Floats, shape: tuple[int, int]) -> tuple[slice, slice]:
    first = np.clip(np.floor(low), 0, shape).astype(int)
    last = np.clip(np.ceil(high) + 1, 0, shape).astype(int)
    return slice(first[0], last[0]), slice(first[1], last[1])


def _claim(nearest: Floats, labels: Labels, window: tuple[slice, slice], distance: Floats, label: int) -> None:
    closer = distance < nearest[window]
    nearest[window][closer] = distance[closer]
    labels[window][closer] = label


def _claim_soma(nearest: Floats, labels: Labels, index: int, shapes: CellShapes, warp: list[Floats]) -> None:
    centre = shapes.centre_px[index]
    half_length = 0.5 * shapes.diameter_px[index] * np.sqrt(shapes.elongation[index])
    reach = 1.8 * half_length
    window = _window(centre - reach, centre + reach, nearest.shape)
    y = np.arange(window[0].start, window[0].stop)[:, np.newaxis] - centre[0] + warp[0][window]
    x = np.arange(window[1].start, window[1].stop)[np.newaxis, :] - centre[1] + warp[1][window]
    along = (np.cos(shapes.angle[index]) * x + np.sin(shapes.angle[index]) * y) / half_length
    across = np.cos(shapes.angle[index]) * y - np.sin(shapes.angle[index]) * x
    across *= shapes.elongation[index] / half_length
    power = shapes.corner[index]
    radius = (np.abs(along) ** power + np.abs(across) ** power) ** (1 / power)
    round_area = np.sqrt(_corner_area(power) / np.pi)  # a pointed cell is as large as a round one
    turn = np.arctan2(across, along) - shapes.bulge_angle[index]
    bulge = 1 + shapes.bulge[index] * (np.cos(turn) + 0.7 * np.cos(3 * turn))
    _claim(nearest, labels, window, radius * round_area / bulge, index + 1)


def _corner_area(power: float) -> float:
    """Area within ``|x|**power + |y|**power < 1``, near enough for powers from 1 to 2.5."""
    return 2 + (np.pi - 2) * (power - 1) if power < 2 else np.pi + 0.3 * (power - 2)


def _claim_neurite(
    nearest: Floats,
    labels: Labels,
    index: int,
    shapes: CellShapes,
    *,
    side: float,
    limit: float,
    rng: np.random.Generator,
) -> None:
    """Draw a thin, bent process from the tip of a cell; it takes gaps and the seams between cells."""
    length = shapes.diameter_px[index] * rng.uniform(0.3, 1.6)
    base = max(0.07 * shapes.diameter_px[index], 1.0) * rng.uniform(0.7, 1.3)
    bend = np.cumsum(0.12 * rng.standard_normal(max(2, round(length))))
    direction = shapes.angle[index] + side + bend
    steps = np.stack([np.sin(direction), np.cos(direction)], axis=1)
    tip = 0.4 * shapes.diameter_px[index] * np.sqrt(shapes.elongation[index])
    path = shapes.centre_px[index] + tip * steps[0] + np.cumsum(steps, axis=0)
    width = base * np.linspace(1.6, 0.6, len(path))
    window = _window(path.min(axis=0) - 2 * base, path.max(axis=0) + 2 * base, nearest.shape)
    y, x = np.mgrid[window]
    if y.size == 0:
        return
    square = (y[..., np.newaxis] - path[:, 0]) ** 2 + (x[..., np.newaxis] - path[:, 1]) ** 2
    relative = (square / width**2).min(axis=-1)
    _claim(nearest, labels, window, limit * (0.8 + 0.2 * relative), index + 1)


def cell_windows(labels: Labels) -> Iterator[tuple[int, tuple[slice, slice]]]:
    """Go through the labels that are there, each with the rectangle that holds it."""
    windows: Sequence[Any] = ndimage.find_objects(labels)
    for label, window in enumerate(windows, start=1):
        if window is not None:
            yield label, window


def _tidy(labels: Labels) -> Labels:
    """Keep the largest piece of each cell; other pieces and tiny cells go to the nearest cell."""
    keep = np.zeros(labels.shape, dtype=np.bool_)
    for index, window in cell_windows(labels):
        pieces, n_pieces = ndimage.label(labels[window] == index)
        sizes = np.bincount(pieces.ravel())[1:]
        if n_pieces:
            keep[window] |= pieces == 1 + int(np.argmax(sizes))
    kept = np.where(keep, labels, 0)
    areas = np.bincount(kept.ravel())[1:]
    if areas.any():
        kept[np.isin(kept, 1 + np.flatnonzero(areas < _MIN_AREA * np.median(areas[areas > 0])))] = 0
    lost = (labels > 0) & (kept == 0)
    if lost.any() and kept.any():
        _, (row, column) = ndimage.distance_transform_edt(kept == 0, return_indices=True)
        kept[lost] = kept[row[lost], column[lost]]
    return kept.astype(np.int32)
