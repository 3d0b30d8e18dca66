"""ΔF/F0: from raw traces to relative change of fluorescence.

The order is fixed: background is subtracted, then bleaching divided out, then F0 taken, then the ratio.
A camera offset that is left in shrinks ΔF/F0 by (F0 + offset)/F0: two to seven times in real recordings.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.calcium import baseline, rolling
from s1r_imaging.calcium import bleaching as bleach
from s1r_imaging.calcium.baseline import Statistic
from s1r_imaging.calcium.bleaching import Bleaching
from s1r_imaging.calcium.noise import autocorrelation, mean_variance_factor
from s1r_imaging.flags import CellFlag
from s1r_imaging.options import Options, option
from s1r_imaging.provenance import Step, digest_array
from s1r_imaging.recording import Traces

F0Method = Literal[
    "auto",
    "prestimulus",
    "first_frames",
    "first_seconds",
    "resting_mode",
    "percentile",
    "running_percentile",
    "maximin",
]
ResponseSign = Literal["positive", "negative"]

_ROLLING = ("running_percentile", "maximin")
_FLOOR_FRAMES = 9  # averaging more frames than this is not trusted to lower the error of F0 any further


@dataclass(frozen=True, kw_only=True)
class DffOptions(Options):
    """Options of `compute_dff`."""

    section: ClassVar[str] = "dff"

    f0: F0Method = option(
        "auto",
        "How F0 is found; auto is prestimulus when an event or f0_end_s is known, else resting_mode.",
    )
    f0_statistic: Statistic = option(
        "clipped_mean", "Level of the baseline frames, for prestimulus, first_frames and first_seconds."
    )
    f0_start_s: float | None = option(
        None, "First moment of the baseline before the stimulus (s); the start of the recording when not given."
    )
    f0_end_s: float | None = option(
        None, "End of the baseline before the stimulus (s); the first event when not given."
    )
    f0_frames: int = option(10, "Number of frames for first_frames.", ge=1)
    f0_seconds: float = option(10.0, "Length for first_seconds (s).", gt=0)
    f0_percentile: float = option(
        10.0, "Percentile for percentile and running_percentile; where resting_mode starts.", ge=0, le=100
    )
    f0_window_s: float = option(60.0, "Window of running_percentile and maximin (s).", gt=0)
    f0_smoothing_s: float = option(1.0, "Standard deviation of the smoothing of maximin (s).", gt=0)
    f0_min_frames: int = option(5, "Fewer baseline frames than this are flagged as a short baseline.", ge=1)
    f0_noise_factor: float = option(
        3.0, "ΔF/F0 is NaN where F0 is not above this many times its noise (standard error).", ge=0
    )
    bleaching: Bleaching = option(
        "none", "Bleaching correction: fitted before the stimulus, or measured in untreated recordings."
    )
    response_sign: ResponseSign = option(
        "positive", "negative for dyes that darken when calcium rises, such as fura-2 at 380 nm."
    )


def compute_dff(
    traces: Traces,
    *,
    f0: F0Method = DffOptions.f0,
    f0_statistic: Statistic = DffOptions.f0_statistic,
    f0_start_s: float | None = DffOptions.f0_start_s,
    f0_end_s: float | None = DffOptions.f0_end_s,
    f0_frames: int = DffOptions.f0_frames,
    f0_seconds: float = DffOptions.f0_seconds,
    f0_percentile: float = DffOptions.f0_percentile,
    f0_window_s: float = DffOptions.f0_window_s,
    f0_smoothing_s: float = DffOptions.f0_smoothing_s,
    f0_min_frames: int = DffOptions.f0_min_frames,
    f0_noise_factor: float = DffOptions.f0_noise_factor,
    bleaching: Bleaching = DffOptions.bleaching,
    response_sign: ResponseSign = DffOptions.response_sign,
    bleaching_reference: Traces | Sequence[Traces] | None = None,
) -> Traces:
    """Compute F0 and ΔF/F0 of background-subtracted traces.

    Parameters
    ----------
    traces : Traces
        Raw fluorescence `f` and background `f_background`, both (n_cells, T).
    f0 : str
        ``"prestimulus"``: the frames before the first event (or from `f0_start_s` to `f0_end_s`);
        ``"first_frames"``, ``"first_seconds"``: the start of the recording; ``"resting_mode"``: the most
        frequented low level of the whole trace; ``"percentile"``: a percentile of the whole trace, which
        noise pulls down; ``"running_percentile"``, ``"maximin"``: baselines that follow drift and swallow
        plateaus; ``"auto"``: prestimulus when an event or `f0_end_s` is known, else resting_mode.
    f0_statistic : {"clipped_mean", "mean", "median"}
        Level of the baseline frames; the clipped mean leaves out frames more than 2.5 robust standard
        deviations from the median.
    f0_start_s, f0_end_s : float, optional
        Baseline before the stimulus (s), on the recording's own time axis; the frame at `f0_end_s` is not
        in it.
    f0_frames : int
        Number of frames for first_frames.
    f0_seconds : float
        Length for first_seconds (s), from the first frame.
    f0_percentile : float
        Percentile for percentile and running_percentile; where resting_mode starts.
    f0_window_s : float
        Window of running_percentile and maximin (s).
    f0_smoothing_s : float
        Standard deviation of the Gaussian that smooths before maximin (s).
    f0_min_frames : int
        Fewer baseline frames are flagged SHORT_BASELINE.
    f0_noise_factor : float
        ΔF/F0 is NaN, and the cell flagged F0_TOO_LOW, where F0 is not above this many times its noise.
    bleaching : {"none", "mono_exponential", "bi_exponential", "reference"}
        Fitted to all cells together on the frames before the stimulus (all of them, whatever `f0_start_s`),
        or measured in `bleaching_reference`.
    response_sign : {"positive", "negative"}
        With ``"negative"`` the result is −ΔF/F0, so that responses point up for dyes that darken.
    bleaching_reference : Traces or sequence of Traces, optional
        Untreated recordings under the same light, for ``bleaching="reference"``.

    Returns
    -------
    Traces
        The same traces with `f0` and `dff`, both (n_cells, T), `baseline`, and cell flags SHORT_BASELINE,
        F0_TOO_LOW, NOT_FINITE, CONSTANT and BLEACHED added.

    Raises
    ------
    TypeError
        If `bleaching_reference` holds something else than `Traces`.
    ValueError
        If an option is not allowed, no frame lies in the baseline, bleaching is to be corrected without
        a known baseline or reference, or a reference has no usable cell or fewer than 8 frames.

    Warns
    -----
    UserWarning
        If a rolling baseline's window is shorter than three durations of the responses that are there, or a
        bleaching correction is uncertain.

    See Also
    --------
    s1r_imaging.calcium.calibration : Calcium concentration and fraction of the maximum.

    Notes
    -----
    F = (f − f_background) / B(t), with B(t) what bleaching has left, relative to the first frame;
    ΔF/F0 = (F − F0) / F0. `f0` is on the scale of F. With several events F0 is the level before the first.

    The noise of F0 is the standard error of a mean over the baseline frames, SD √(c/n), with c for
    autocorrelated noise and at most n/c = 9 independent frames: averaging does not remove the error of the
    background. With the default factor of 3, F0 must exceed the noise of one frame, and be known to better
    than a third.

    Examples
    --------
    >>> from s1r_imaging.recording import Event, Traces
    >>> raw = Traces(range(6), [[150, 150, 150, 250, 200, 150]], f_background=[[100] * 6],
    ...              events=[Event("agonist", 3.0)])
    >>> compute_dff(raw).dff
    array([[0., 0., 0., 2., 1., 0.]])
    """
    options = DffOptions(
        f0=f0,
        f0_statistic=f0_statistic,
        f0_start_s=f0_start_s,
        f0_end_s=f0_end_s,
        f0_frames=f0_frames,
        f0_seconds=f0_seconds,
        f0_percentile=f0_percentile,
        f0_window_s=f0_window_s,
        f0_smoothing_s=f0_smoothing_s,
        f0_min_frames=f0_min_frames,
        f0_noise_factor=f0_noise_factor,
        bleaching=bleaching,
        response_sign=response_sign,
    )
    references = _references(options.bleaching, bleaching_reference)
    before = _frames_before_stimulus(traces, options)
    net = net_fluorescence(traces) / _remaining(traces, options, references)
    frames = _frames_of_f0(traces, options, before)
    level = _f0(net, traces.time_s, options, frames)
    if options.f0 in _ROLLING:
        _warn_if_window_is_short(net, traces.time_s, options, before)
    low = ~(level > (options.f0_noise_factor * _noise_of_f0(net, frames))[:, None])
    change = np.full(net.shape, np.nan)
    np.divide(net - level, level, out=change, where=~low)
    if options.response_sign == "negative":
        change = -change
    flags = _flags(traces, options, frames, low & np.isfinite(level))
    if options.bleaching == "none":
        flags[_falls_before_stimulus(traces, options)] |= CellFlag.BLEACHED
    step = Step(name="compute_dff", options=options.to_dict(), input_digest=_digest(references))
    return replace(
        traces,
        f0=level,
        dff=change,
        baseline=frames,
        cells=_add_flags(traces.cells, flags),
        history=(*traces.history, step),
    )


def net_fluorescence(traces: Traces) -> NDArray[np.float64]:
    """Return fluorescence minus background; NaN where either is not finite.

    Parameters
    ----------
    traces : Traces
        Raw traces.

    Returns
    -------
    array, shape (n_cells, T)
        Counts.
    """
    known = np.isfinite(traces.f) & np.isfinite(traces.f_background)
    net = np.full(traces.f.shape, np.nan)
    np.subtract(traces.f, traces.f_background, out=net, where=known)
    return net


def _references(bleaching: str, given: Traces | Sequence[Traces] | None) -> tuple[Traces, ...]:
    references = () if given is None else (given,) if isinstance(given, Traces) else tuple(given)
    bleach.check_is_reference(bleaching, is_given=bool(references))
    for item in references:
        if not isinstance(item, Traces):
            raise TypeError(f"bleaching_reference holds a {type(item).__name__}: expected Traces.")
    return references


def _digest(references: tuple[Traces, ...]) -> str | None:
    if not references:
        return None
    return digest_array(np.concatenate([net_fluorescence(item).ravel() for item in references]))


def _remaining(traces: Traces, options: DffOptions, references: tuple[Traces, ...]) -> NDArray[np.float64]:
    if options.bleaching == "none":
        return np.ones(len(traces.time_s))
    if references:
        measured = [(item.time_s, net_fluorescence(item)) for item in references]
        return bleach.remaining_in_reference(traces.time_s, measured)
    before = _all_before_stimulus(traces, options)
    if before is None:
        raise ValueError(
            f"bleaching={options.bleaching!r} is fitted on the frames before the stimulus, but no event is known: "
            "give the recording its events, or f0_end_s, or bleaching_reference."
        )
    order = 1 if options.bleaching == "mono_exponential" else 2
    return bleach.remaining_before_stimulus(traces.time_s, net_fluorescence(traces), before, n_exponentials=order)


def _all_before_stimulus(traces: Traces, options: DffOptions) -> NDArray[np.bool_] | None:
    """Return the frames that show bleaching and no response: all up to the end of the baseline."""
    return baseline.baseline_frames(traces.time_s, traces.events, end_s=options.f0_end_s)


def _falls_before_stimulus(traces: Traces, options: DffOptions) -> NDArray[np.bool_]:
    before = _all_before_stimulus(traces, options)
    if before is None:
        return np.zeros(traces.n_cells, dtype=np.bool_)
    duration = float(np.ptp(traces.time_s))
    return bleach.falls_markedly(traces.time_s[before], net_fluorescence(traces)[:, before], duration_s=duration)


def _frames_before_stimulus(traces: Traces, options: DffOptions) -> NDArray[np.bool_] | None:
    """Return the baseline before the stimulus; None when it is not known, or empty and not needed."""
    start, end, time_s = options.f0_start_s, options.f0_end_s, traces.time_s
    before = baseline.baseline_frames(time_s, traces.events, start_s=start, end_s=end)
    if before is None or before.any():
        return before
    if end is None and options.f0 not in {"auto", "prestimulus"}:
        return None
    first = traces.events[0] if end is None else None
    raise ValueError(
        f"no frame lies between {f'f0_start_s={start:g}' if start is not None else 'the start'} and "
        f"{f'f0_end_s={end:g}' if first is None else f'the first event, {first.name!r} at {first.start_s:g} s'}"
        f" (frames run from {time_s[0]:g} to {time_s[-1]:g} s): correct the times, or choose an F0 that needs no "
        "baseline before the stimulus, such as f0='first_seconds' or f0='resting_mode'."
    )


def _frames_of_f0(
    traces: Traces, options: DffOptions, before: NDArray[np.bool_] | None
) -> NDArray[np.bool_] | None:
    """Return the frames that F0 is taken from; None when the method looks at the whole trace."""
    time_s = traces.time_s
    if options.f0 == "first_frames":
        if options.f0_frames > len(time_s):
            raise ValueError(f"f0_frames={options.f0_frames}: the recording has only {len(time_s)} frames.")
        return np.arange(len(time_s)) < options.f0_frames
    if options.f0 == "first_seconds":
        frames: NDArray[np.bool_] = time_s < time_s[0] + options.f0_seconds
        return frames
    if options.f0 == "prestimulus" and before is None:
        raise ValueError(
            "f0='prestimulus' needs to know when the stimulus came: give the recording its events, or f0_end_s."
        )
    return before if options.f0 in {"auto", "prestimulus"} else None


def _f0(
    net: NDArray[np.float64],
    time_s: NDArray[np.float64],
    options: DffOptions,
    frames: NDArray[np.bool_] | None,
) -> NDArray[np.float64]:
    if frames is not None:
        level = baseline.location(net[:, frames], statistic=options.f0_statistic)
    elif options.f0 == "percentile":
        level = baseline.percentile(net, options.f0_percentile)
    elif options.f0 == "running_percentile":
        return rolling.running_percentile(net, time_s, q=options.f0_percentile, window_s=options.f0_window_s)
    elif options.f0 == "maximin":
        return rolling.maximin(net, time_s, window_s=options.f0_window_s, smoothing_s=options.f0_smoothing_s)
    else:
        level = baseline.resting_mode(net, options.f0_percentile)
    return np.repeat(level[:, None], net.shape[1], axis=1)


def _noise_of_f0(net: NDArray[np.float64], frames: NDArray[np.bool_] | None) -> NDArray[np.float64]:
    """Return the standard error of a mean over the baseline, with at most nine independent frames."""
    n_independent = float(_FLOOR_FRAMES)
    if frames is not None:
        n_frames = int(frames.sum())
        factor = mean_variance_factor(max(autocorrelation(net[:, frames]), 0.0), n_frames)
        n_independent = min(n_frames / factor, n_independent)
    error: NDArray[np.float64] = baseline.frame_noise(net, frames) / np.sqrt(n_independent)
    return error


def _flags(
    traces: Traces, options: DffOptions, frames: NDArray[np.bool_] | None, low: NDArray[np.bool_]
) -> NDArray[np.int64]:
    flags = np.zeros(traces.n_cells, dtype=np.int64)
    finite = np.isfinite(net_fluorescence(traces))
    flags[~finite.all(axis=1)] |= CellFlag.NOT_FINITE
    flags[low.any(axis=1)] |= CellFlag.F0_TOO_LOW
    if frames is not None:
        flags[finite[:, frames].sum(axis=1) < options.f0_min_frames] |= CellFlag.SHORT_BASELINE
    flags[(traces.f == traces.f[:, :1]).all(axis=1)] |= CellFlag.CONSTANT
    return flags


def _add_flags(cells: pd.DataFrame, flags: NDArray[np.int64]) -> pd.DataFrame:
    return cells.assign(flags=cells["flags"].to_numpy(dtype=np.int64) | flags)


def _warn_if_window_is_short(
    net: NDArray[np.float64], time_s: NDArray[np.float64], options: DffOptions, before: NDArray[np.bool_] | None
) -> None:
    duration = rolling.response_duration_s(net, time_s, before)
    if options.f0_window_s < 3.0 * duration:
        warnings.warn(
            f"f0={options.f0!r} with f0_window_s={options.f0_window_s:g} follows the responses themselves, which "
            f"last about {duration:.3g} s here, and makes them too small: choose a window of at least "
            f"{3.0 * duration:.3g} s, or f0='prestimulus'.",
            UserWarning,
            stacklevel=3,
        )
