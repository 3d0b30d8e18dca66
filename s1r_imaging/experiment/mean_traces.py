"""Mean ΔF/F0 over time: recordings to replicates, replicates to conditions.

`replicate_traces`
    The mean of the recordings of each replicate, on one time axis for the experiment.
`condition_traces`
    The mean over replicates, with its interval.
`mean_and_interval`
    Mean and t interval of replicates, the same for traces and for numbers.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from s1r_imaging.curves.fit import CurveOptions

_REPLICATE_COLUMNS = {
    "condition": object,
    "replicate": object,
    "time_s": np.float64,
    "mean_dff": np.float64,
    "n_recordings": np.int64,
}
_CONDITION_COLUMNS = {
    "condition": object,
    "time_s": np.float64,
    "mean_dff": np.float64,
    "ci_low": np.float64,
    "ci_high": np.float64,
    "n_replicates": np.int64,
}
_SAME_TIME = 0.01  # of the interval between frames: clocks of one instrument differ by less


def condition_traces(
    mean_traces: pd.DataFrame,
    design: pd.DataFrame,
    *,
    zero_s: Mapping[str, float] | None = None,
    confidence: float = CurveOptions.confidence,
) -> pd.DataFrame:
    r"""Average ΔF/F0 over the replicates of each condition, with an interval at each time.

    The recordings of a replicate are averaged first, so that n is the number of replicates,
    :math:`\bar{x} \pm t_{(1+c)/2,\,n-1}\, s / \sqrt{n}` at each time by itself.

    Parameters
    ----------
    mean_traces : DataFrame
        Mean over the cells of each recording: ``recording, time_s, mean_dff``.
    design : DataFrame
        ``recording, condition, replicate``; recordings that it does not name are left out.
    zero_s : mapping of str to float, optional
        Time of each recording (s) that becomes 0, for recordings that were stimulated at different times.
    confidence : float
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    DataFrame
        ``condition, time_s, mean_dff, ci_low, ci_high, n_replicates``, conditions in the order of the design.
        The interval is NaN where fewer than two replicates have a value.

    Raises
    ------
    ValueError
        If a column is missing, a recording is twice in the design, or the tables share no recording.

    Examples
    --------
    >>> rows = {"recording": ["a", "a", "b", "b"], "time_s": [0, 1, 0, 1], "mean_dff": [0, 1, 0, 3]}
    >>> design = pd.DataFrame({"recording": ["a", "b"], "condition": "agonist", "replicate": ["day 1", "day 2"]})
    >>> condition_traces(pd.DataFrame(rows), design)[["time_s", "mean_dff", "n_replicates"]].to_numpy().tolist()
    [[0.0, 0.0, 2.0], [1.0, 2.0, 2.0]]
    """
    replicates = replicate_traces(mean_traces, design, zero_s=zero_s)
    tables = []
    for condition, rows in replicates.groupby("condition", sort=False):
        wide = rows.set_index(["replicate", "time_s"])["mean_dff"].unstack("time_s")  # noqa: PD010
        mean, low, high = mean_and_interval(wide.to_numpy(dtype=np.float64), confidence=confidence)
        tables.append(
            pd.DataFrame(
                {
                    "condition": condition,
                    "time_s": wide.columns.to_numpy(dtype=np.float64),
                    "mean_dff": mean,
                    "ci_low": low,
                    "ci_high": high,
                    "n_replicates": wide.notna().sum(axis=0).to_numpy(),
                }
            )
        )
    return _table(tables, _CONDITION_COLUMNS)


def replicate_traces(
    mean_traces: pd.DataFrame, design: pd.DataFrame, *, zero_s: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Average the recordings of each replicate and condition on one time axis.

    Where the recordings share their frame times, those are the axis. Otherwise it has the shortest frame interval
    among them, and values between two frames are interpolated; none is made up before the first or after the last.

    Parameters
    ----------
    mean_traces : DataFrame
        Mean over the cells of each recording: ``recording, time_s, mean_dff``.
    design : DataFrame
        ``recording, condition, replicate``; recordings that it does not name are left out.
    zero_s : mapping of str to float, optional
        Time of each recording (s) that becomes 0.

    Returns
    -------
    DataFrame
        ``condition, replicate, time_s, mean_dff, n_recordings``, only where at least one recording has a value.

    Raises
    ------
    ValueError
        If a column is missing, a recording is twice in the design, or the tables share no recording.
    """
    _check(mean_traces, design)
    traces = _traces(mean_traces, set(design["recording"]), zero_s or {})
    if len(mean_traces) and len(design) and not traces:
        raise ValueError(
            f"mean_traces and design share no recording: mean_traces has {mean_traces['recording'].iloc[0]!r}, "
            f"design {design['recording'].iloc[0]!r}."
        )
    grid, tolerance = _grid([time for time, _ in traces.values()])
    tables = []
    for (condition, replicate), rows in design.groupby(["condition", "replicate"], sort=False):
        own = [_on_grid(grid, *traces[name], tolerance) for name in rows["recording"] if name in traces]
        if not own:
            continue
        values = np.stack(own)
        n = np.isfinite(values).sum(axis=0)
        some = n > 0
        tables.append(
            pd.DataFrame(
                {
                    "condition": condition,
                    "replicate": replicate,
                    "time_s": grid[some],
                    "mean_dff": np.nanmean(values[:, some], axis=0),
                    "n_recordings": n[some],
                }
            )
        )
    return _table(tables, _REPLICATE_COLUMNS)


def mean_and_interval(
    values: ArrayLike, *, confidence: float = CurveOptions.confidence
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean of replicates and its t interval.

    Parameters
    ----------
    values : array_like, shape (n_replicates,) or (n_replicates, T)
        One row per replicate; what is not finite is left out.
    confidence : float
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    mean : numpy.ndarray, shape () or (T,)
        NaN without a value.
    low, high : numpy.ndarray, shape () or (T,)
        NaN with fewer than two.

    Raises
    ------
    ValueError
        If `confidence` is not between 0 and 1.

    Examples
    --------
    >>> mean, low, high = mean_and_interval([1.0, 2.0, 3.0])
    >>> round(float(mean), 3), round(float(low), 3), round(float(high), 3)
    (2.0, -0.484, 4.484)
    """
    if not 0 < confidence < 1:
        raise ValueError(f"{confidence=}: expected a share between 0 and 1, such as 0.95.")
    given = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(given)
    n = finite.sum(axis=0)
    mean = np.where(finite, given, 0.0).sum(axis=0) / np.where(n > 0, n, np.nan)
    squares = np.where(finite, given - mean, 0.0) ** 2
    freedom = np.where(n > 1, n - 1.0, np.nan)
    error = np.sqrt(squares.sum(axis=0) / freedom / np.where(n > 1, n, np.nan))
    half = stats.t.ppf(0.5 + confidence / 2, freedom) * error
    return mean, np.asarray(mean - half), np.asarray(mean + half)


def _check(mean_traces: pd.DataFrame, design: pd.DataFrame) -> None:
    needs = {
        "mean_traces": (mean_traces, ("recording", "time_s", "mean_dff")),
        "design": (design, ("recording", "condition", "replicate")),
    }
    for name, (table, columns) in needs.items():
        for column in columns:
            if column not in table:
                raise ValueError(f"{name} has no column {column!r}: expected {', '.join(columns)}.")
    twice = design["recording"].duplicated()
    if twice.any():
        raise ValueError(f"design names recording {design['recording'][twice].iloc[0]!r} twice: expected one row.")


def _traces(
    mean_traces: pd.DataFrame, wanted: set[object], zero_s: Mapping[str, float]
) -> dict[object, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return times and values of each recording that has any, by time, from its own zero."""
    found: dict[object, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
    for name, rows in mean_traces[mean_traces["recording"].isin(wanted)].groupby("recording", sort=False):
        time_s = rows["time_s"].to_numpy(dtype=np.float64) - zero_s.get(str(name), 0.0)
        values = rows["mean_dff"].to_numpy(dtype=np.float64)
        order = np.argsort(time_s, kind="stable")
        if np.isfinite(values).any() and np.isfinite(time_s).all():
            found[name] = (time_s[order], np.where(np.isfinite(values), values, np.nan)[order])
    return found


def _grid(times: list[NDArray[np.float64]]) -> tuple[NDArray[np.float64], float]:
    """Return one time axis for all recordings, and how far a frame may lie from it and still be on it."""
    steps = [float(np.median(np.diff(time))) for time in times if len(time) > 1]
    if not steps:
        return np.unique(np.concatenate(times)) if times else np.empty(0), 0.0
    step = min(steps)
    longest = max(times, key=len)
    if all(np.abs(time - longest[: len(time)]).max() <= _SAME_TIME * step for time in times):
        return longest, _SAME_TIME * step
    first, last = min(time[0] for time in times), max(time[-1] for time in times)
    return step * np.arange(np.ceil(first / step - 1e-6), np.floor(last / step + 1e-6) + 1), 1e-6 * step


def _on_grid(
    grid: NDArray[np.float64], time_s: NDArray[np.float64], values: NDArray[np.float64], tolerance: float
) -> NDArray[np.float64]:
    """Return values on the grid, NaN outside the recording; a gap in it stays one."""
    inside = (grid >= time_s[0] - tolerance) & (grid <= time_s[-1] + tolerance)
    frames = np.clip(np.searchsorted(time_s, grid), 1, max(len(time_s) - 1, 1))
    nearest = np.where(
        np.abs(grid - time_s[frames - 1]) <= tolerance, frames - 1, np.minimum(frames, len(time_s) - 1)
    )
    on_frame = np.abs(grid - time_s[nearest]) <= tolerance
    between = np.interp(grid, time_s, values)
    return np.where(inside, np.where(on_frame, values[nearest], between), np.nan)


def _table(tables: list[pd.DataFrame], columns: Mapping[str, type]) -> pd.DataFrame:
    if not tables:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
    return pd.concat(tables, ignore_index=True)[list(columns)].astype(dict(columns))
