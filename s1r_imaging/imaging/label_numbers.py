"""How many cells there are, how large, and how many are cut by the border."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from s1r_imaging.imaging.extract import labels_at_edge
from s1r_imaging.io.labels import check_labels
from s1r_imaging.recording import Recording


@dataclass(frozen=True)
class LabelNumbers:
    """What there is to say about cells before anything is measured.

    Parameters
    ----------
    n_cells : int
        Number of cells.
    median_diameter_px : float
        Median diameter of circles of the cells' areas (pixels); NaN without cells.
    median_diameter_um : float
        The same (µm); NaN where the pixel size is not known.
    n_at_edge : int
        Number of cells that touch the border, or come as near to it as the field was shifted.
    """

    n_cells: int
    median_diameter_px: float
    median_diameter_um: float
    n_at_edge: int


def describe_labels(recording: Recording, labels: ArrayLike) -> LabelNumbers:
    """Count and size cells.

    Parameters
    ----------
    recording : Recording
        The recording that they are cells of.
    labels : array_like of int, shape (Y, X)
        Cells; 0 is background.

    Returns
    -------
    LabelNumbers
        The numbers.

    Raises
    ------
    ValueError
        If the labels have another shape than the recording, or are negative.

    Examples
    --------
    >>> recording = Recording(np.zeros((2, 6, 6)), time_s=[0, 1], pixel_size_um=0.5)
    >>> labels = np.zeros((6, 6), dtype=np.int32)
    >>> labels[1:5, 1:5] = 3
    >>> describe_labels(recording, labels).n_at_edge
    0
    >>> round(describe_labels(recording, labels).median_diameter_um, 2)
    2.26
    """
    cells = check_labels(labels, recording.frame_shape)
    areas = np.unique(cells[cells > 0], return_counts=True)[1]
    diameter = float(np.median(2 * np.sqrt(areas / np.pi))) if len(areas) else float("nan")
    pixel = float("nan") if recording.pixel_size_um is None else recording.pixel_size_um
    return LabelNumbers(
        n_cells=len(areas),
        median_diameter_px=diameter,
        median_diameter_um=diameter * pixel,
        n_at_edge=int(np.count_nonzero(labels_at_edge(recording, cells))),
    )
