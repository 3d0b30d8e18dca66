"""The levels of each cell at rest: fluorescence, background, F0 and noise."""

import numpy as np
import pandas as pd

from s1r_imaging.calcium.baseline import frame_noise
from s1r_imaging.recording import Traces


def cell_levels(traces: Traces) -> pd.DataFrame:
    """Return what each cell's ΔF/F0 is made from, as one number each.

    Parameters
    ----------
    traces : Traces
        Traces, with or without F0 and ΔF/F0.

    Returns
    -------
    DataFrame
        One row per label, means over the baseline frames (over all frames where F0 is taken from the whole
        trace): ``f`` and ``f_background``, as recorded (counts); ``f0``, after background and bleaching
        (counts); ``noise_dff``, the standard deviation of ΔF/F0 in one frame. F0 and noise are NaN where they
        were not computed.

    Examples
    --------
    >>> traces = Traces(range(4), [[110.0, 130.0, 120.0, 120.0]], f_background=[[100.0] * 4])
    >>> cell_levels(traces)[["f", "f_background", "f0"]].iloc[0].tolist()
    [120.0, 100.0, nan]
    """
    frames = np.ones(len(traces.time_s), dtype=np.bool_) if traces.baseline is None else traces.baseline
    unknown = np.full(traces.n_cells, np.nan)
    return pd.DataFrame(
        {
            "f": traces.f[:, frames].mean(axis=1),
            "f_background": traces.f_background[:, frames].mean(axis=1),
            "f0": unknown if traces.f0 is None else traces.f0[:, frames].mean(axis=1),
            "noise_dff": unknown if traces.dff is None else frame_noise(traces.dff, traces.baseline),
        },
        index=traces.cells.index,
    )
