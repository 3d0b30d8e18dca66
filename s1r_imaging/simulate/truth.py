"""What the simulator knows about what it made."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class RecordingTruth:
    """Truth of a simulated recording.

    Row *i* of every matrix belongs to the label ``cells.index[i]``. Over the pixels of a cell, the expected
    count of a frame that has not moved is ``f + background``, but for the light that the blur of the
    microscope carries across the cell's outline.

    Attributes
    ----------
    labels : array of int32, shape (Y, X)
        The cells as they lie in the first frame, 1 to n_cells; 0 is background. Slivers of cells at the
        border, smaller than a tenth of the median cell, have no label though they shine.
    f : array, shape (n_cells, T)
        Expected fluorescence of the cell itself: mean over its pixels, in counts, without background,
        haze and noise, with vignette and bleaching. ``f = f0 * (1 + dff)``.
    f0 : array, shape (n_cells, T)
        The same at rest: it falls only with bleaching.
    dff : array, shape (n_cells, T)
        True ΔF/F0 at the frame times, without bleaching, background and noise: response, spontaneous
        transients and slow fluctuations of the resting cell.
    background : array, shape (n_cells, T)
        Expected counts under the cell that are not its own: camera offset, medium and haze. The haze holds
        some of the cell's own out-of-focus light.
    bleaching : array, shape (T,)
        Part of the dye that is left.
    shifts_px : array, shape (T, 2)
        Displacement (y, x) of each frame from the first (pixels).
    cells : DataFrame
        One row per cell, index ``label``:
        ``area_px``, ``centroid_y_px``, ``centroid_x_px``, ``at_edge`` (touches the border);
        ``f0_counts`` (`f0` before bleaching); ``overloaded`` (very bright, never responds);
        ``n_spontaneous`` (transients of its own that begin within the recording);
        ``responder`` (responds to the stimulus of this recording, after any block),
        ``kind`` ('transient', 'plateau' or 'none'),
        ``block`` (part of its response that the antagonist took away; NaN where there was nothing to block);
        ``rise_tau_s``, ``plateau_level`` (see `response_curve`);
        ``peak_dff, onset_s, time_to_peak_s, rise_time_s, fwhm_s, decay_tau_s, auc_dff_s`` of the
        response alone, as `curve_kinetics` defines them.
    """

    labels: NDArray[np.int32]
    f: NDArray[np.float64]
    f0: NDArray[np.float64]
    dff: NDArray[np.float64]
    background: NDArray[np.float64]
    bleaching: NDArray[np.float64]
    shifts_px: NDArray[np.float64]
    cells: pd.DataFrame
