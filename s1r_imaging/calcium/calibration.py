"""Calibrated signals: calcium concentration, and fluorescence as a fraction of its maximum.

Both use background-subtracted fluorescence; where `compute_dff` has run, its bleaching correction too.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from s1r_imaging.calcium.dff import net_fluorescence
from s1r_imaging.recording import Traces


def calcium_concentration(
    traces: Traces, *, kd_nM: float, f_min: ArrayLike | pd.Series, f_max: ArrayLike | pd.Series
) -> NDArray[np.float64]:
    """Convert fluorescence at a single wavelength to the free calcium concentration.

    Parameters
    ----------
    traces : Traces
        Traces of n_cells cells.
    kd_nM : float
        Dissociation constant of the dye (nM). There is no default, because it depends on where the dye is:
        Fluo-4 has 345 nM in buffer (the vendor's value), more in cytosol, whose proteins bind it.
    f_min, f_max : float, array_like of shape (n_cells,), or Series indexed by label
        Background-subtracted fluorescence (counts) without calcium and with the dye saturated, for instance
        after EGTA and after ionomycin with calcium.

    Returns
    -------
    array, shape (n_cells, T)
        Free calcium (nM); NaN where the fluorescence is not between `f_min` and `f_max`, and in cells whose
        ΔF/F0 could not be computed.

    Raises
    ------
    ValueError
        If `kd_nM` is not positive, `f_min` is not below `f_max`, or they do not fit the cells.

    Notes
    -----
    [Ca²⁺] = Kd (F − Fmin) / (Fmax − F) [1]_. Near Fmax a small error of F becomes a large one of [Ca²⁺].

    References
    ----------
    .. [1] Grynkiewicz G., Poenie M., Tsien R. Y. (1985), A new generation of Ca2+ indicators with greatly
       improved fluorescence properties, Journal of Biological Chemistry 260, 3440–3450.

    Examples
    --------
    >>> traces = Traces([0.0, 1.0], [[150.0, 250.0]], f_background=[[100.0, 100.0]])
    >>> calcium_concentration(traces, kd_nM=345.0, f_min=10.0, f_max=410.0).round(1)
    array([[ 38.3, 185.8]])
    """
    if not 0 < kd_nM < np.inf:
        raise ValueError(f"kd_nM={kd_nM!r}: expected a positive number of nM, such as 345.0 for Fluo-4 in buffer.")
    low, high = _per_cell("f_min", f_min, traces), _per_cell("f_max", f_max, traces)
    if np.any(low >= high):
        first = int(np.argmax(low >= high))
        raise ValueError(
            f"f_min={low[first, 0]:g} is not below f_max={high[first, 0]:g} (label {traces.labels[first]}): "
            "for a dye that darkens with calcium use fraction_of_maximum."
        )
    fluorescence = _corrected_fluorescence(traces)
    inside = (fluorescence > low) & (fluorescence < high)
    concentration = np.full(fluorescence.shape, np.nan)
    np.divide(kd_nM * (fluorescence - low), high - fluorescence, out=concentration, where=inside)
    return concentration


def fraction_of_maximum(traces: Traces, f_max: ArrayLike | pd.Series) -> NDArray[np.float64]:
    """Express the response as a fraction of the largest change that the dye allows.

    Parameters
    ----------
    traces : Traces
        Traces on which `compute_dff` has run.
    f_max : float, array_like of shape (n_cells,), or Series indexed by label
        Background-subtracted fluorescence with the dye saturated (counts).

    Returns
    -------
    array, shape (n_cells, T)
        (F − F0) / (Fmax − F0): 0 at rest, 1 with the dye saturated; NaN where ΔF/F0 is NaN, and where
        `f_max` is not on the side of F0 to which the dye's response goes.

    Raises
    ------
    ValueError
        If `traces` have no ΔF/F0, or `f_max` does not fit the cells.

    Examples
    --------
    >>> from s1r_imaging.calcium.dff import compute_dff
    >>> from s1r_imaging.recording import Event
    >>> traces = Traces(range(4), [[100.0, 100.0, 100.0, 200.0]], events=[Event("agonist", 3.0)])
    >>> fraction_of_maximum(compute_dff(traces), 500.0)
    array([[0.  , 0.  , 0.  , 0.25]])
    """
    if traces.f0 is None or traces.dff is None:
        raise ValueError("traces have no F0: call compute_dff first.")
    sign = _response_sign(traces)
    room = sign * (_per_cell("f_max", f_max, traces) - traces.f0)
    fraction = np.full(traces.f.shape, np.nan)
    np.divide(traces.dff * traces.f0, room, out=fraction, where=room > 0)
    return fraction


def _corrected_fluorescence(traces: Traces) -> NDArray[np.float64]:
    if traces.f0 is None or traces.dff is None:
        return net_fluorescence(traces)
    fluorescence: NDArray[np.float64] = traces.f0 * (1.0 + _response_sign(traces) * traces.dff)
    return fluorescence


def _response_sign(traces: Traces) -> float:
    """Return −1 when the last `compute_dff` turned the responses of a darkening dye round."""
    signs = [step.options.get("response_sign") for step in traces.history if step.name == "compute_dff"]
    return -1.0 if signs and signs[-1] == "negative" else 1.0


def _per_cell(name: str, value: Any, traces: Traces) -> NDArray[np.float64]:
    """Return a column (n_cells, 1) of values, matched by label when they carry labels."""
    if isinstance(value, pd.Series):
        missing = sorted(set(traces.labels.tolist()) - set(value.index))
        if missing:
            raise ValueError(f"{name} has no value for label {missing[0]}: expected a Series indexed by label.")
        value = value.loc[traces.labels.tolist()].to_numpy()
    column = np.asarray(value, dtype=np.float64)
    if column.ndim and column.shape != (traces.n_cells,):
        raise ValueError(
            f"{name} has shape {column.shape}: expected a number or one per cell, ({traces.n_cells},)."
        )
    return np.broadcast_to(column.reshape(-1, 1), (traces.n_cells, 1))
