"""From ΔF/F0 to one row per cell and stimulus: did it respond, how much, how fast.

`measure_responses` puts together what the neighbouring modules do:

===============  ===========================================================================
`windows`        which frames are baseline and response of each event
`drift`          the rise that all baselines share, left out of the call
`responders`     the responder call at a stated false-responder rate
`kinetics`       the fitted transient, pooled over cells as far as they agree
`readout`        the same numbers read off the smoothed trace where no transient shape fits
`oscillations`   number of peaks and their period
===============  ===========================================================================
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.calcium import responders
from s1r_imaging.calcium.arrays import Array
from s1r_imaging.calcium.drift import baseline_slopes, common_rise
from s1r_imaging.calcium.levels import standardised_level
from s1r_imaging.calcium.null import noise_autocorrelation
from s1r_imaging.calcium.oscillations import count_peaks
from s1r_imaging.calcium.readout import area_under
from s1r_imaging.calcium.transients import Noise, Transients, measure_transients
from s1r_imaging.calcium.windows import EventWindow, event_windows
from s1r_imaging.flags import CellFlag
from s1r_imaging.options import Options, option
from s1r_imaging.progress import Progress, silent
from s1r_imaging.recording import Traces

_DEFAULT_DURATION_FRAMES = 2
_SHORT_BASELINE_FRAMES = 10

RESPONSE_DTYPES: dict[str, str] = {
    "recording": "object",
    "label": "int64",
    "event": "object",
    "peak_dff": "float64",
    "time_to_peak_s": "float64",
    "rise_time_s": "float64",
    "fwhm_s": "float64",
    "decay_tau_s": "float64",
    "decay_r2": "float64",
    "auc_dff_s": "float64",
    "onset_s": "float64",
    "snr": "float64",
    "n_peaks": "int64",
    "period_s": "float64",
    "period_sd_s": "float64",
    "baseline_slope_per_s": "float64",
    "threshold_dff": "float64",
    "is_responder": "bool",
    "false_responder_rate": "float64",
    "flags": "int64",
}


@dataclass(frozen=True, kw_only=True)
class ResponseOptions(Options):
    """Options of `measure_responses`."""

    section: ClassVar[str] = "responses"

    false_responder_rate: float = option(
        0.05, "Share of cells without a response that may be called responders.", gt=0, lt=0.5
    )
    min_amplitude_dff: float = option(0.01, "Smallest ΔF/F0 above the baseline that counts as a response.", ge=0)
    min_duration_s: float | None = option(
        None, "How long a response must stay above the threshold (s); two frames when not given.", gt=0
    )
    response_window_s: float | None = option(
        None, "How long after each event to look (s); to the next event or the end when not given.", gt=0
    )
    baseline_window_s: float | None = option(
        None, "How much before each event is its baseline (s); see event_windows when not given.", gt=0
    )


def measure_responses(
    traces: Traces,
    *,
    false_responder_rate: float = ResponseOptions.false_responder_rate,
    min_amplitude_dff: float = ResponseOptions.min_amplitude_dff,
    min_duration_s: float | None = ResponseOptions.min_duration_s,
    response_window_s: float | None = ResponseOptions.response_window_s,
    baseline_window_s: float | None = ResponseOptions.baseline_window_s,
    vehicle: Traces | None = None,
    progress: Progress = silent,
) -> pd.DataFrame:
    """Measure the response of every cell to every event.

    Parameters
    ----------
    traces : Traces
        Traces with ΔF/F0. Without events the whole recording is one window named ``""``.
    false_responder_rate : float
        Share of cells without a response that may be called responders.
    min_amplitude_dff : float
        Smallest ΔF/F0 above the baseline that counts as a response.
    min_duration_s : float, optional
        How long a response must stay above the threshold (s); two frames when not given.
    response_window_s : float, optional
        How long after each event to look (s); to the next event or the end when not given.
    baseline_window_s : float, optional
        How much before each event is its baseline (s); see `event_windows` when not given.
    vehicle : Traces, optional
        Recording of untreated cells with ΔF/F0 and an event where vehicle was added: the threshold is then
        taken from these cells.
    progress : callable, optional
        Told how many of the traces are simulated that thresholds are taken from, and how many of the cells that
        responded to an event are measured.

    Returns
    -------
    DataFrame
        One row per event and label, in this order. All times are in seconds and counted from the event;
        all amplitudes are ΔF/F0 above the mean of the event's own baseline; that of the first event begins
        where the baseline of F0 does. Columns:

        - ``recording``, ``label``, ``event``;
        - ``peak_dff``: height of the response; for a cell that did not respond, the mean over the frames in
          which the responders of this recording are above half of their peak (all frames if there are none),
          which is unbiased where a maximum would be positive by chance;
        - ``time_to_peak_s``, ``onset_s``, ``rise_time_s`` (10–90 %), ``fwhm_s``, ``decay_tau_s`` and its
          ``decay_r2``: NaN unless the cell responded;
        - ``auc_dff_s``: trapezoidal area over the response window (s);
        - ``snr``: peak over noise SD; ``baseline_slope_per_s``: slope of the baseline (1/s);
        - ``n_peaks``, ``period_s``, ``period_sd_s``: prominent peaks and their spacing;
        - ``threshold_dff``, ``is_responder``: the threshold that was applied, and the call;
        - ``false_responder_rate``: the rate achieved when responders are called within the baselines, where
          there are none (NaN for baselines below twelve frames);
        - ``flags``: sum of `CellFlag` bits.

    Raises
    ------
    ValueError
        If ΔF/F0 has not been computed, an option is out of range, or the vehicle recording has too few cells for
        the stated rate.

    See Also
    --------
    s1r_imaging.calcium.dff.compute_dff : Makes the ΔF/F0 that this measures.

    Examples
    --------
    >>> from s1r_imaging.recording import Event
    >>> time_s = np.arange(100.0)
    >>> dff = np.where(time_s > 40, np.exp(-(time_s - 40) / 10), 0) + 0.01 * np.cos(time_s**2)
    >>> traces = Traces(time_s, [100 * (1 + dff)], dff=[dff], events=[Event("ATP", 40.0)])
    >>> measure_responses(traces)[["event", "is_responder"]].to_dict("records")
    [{'event': 'ATP', 'is_responder': True}]
    """
    options = ResponseOptions(
        false_responder_rate=false_responder_rate,
        min_amplitude_dff=min_amplitude_dff,
        min_duration_s=min_duration_s,
        response_window_s=response_window_s,
        baseline_window_s=baseline_window_s,
    )
    windows = _windows(traces, options)
    thresholds = _vehicle_thresholds(vehicle, windows, options)
    tables = [
        _measure_event(traces, window, options, threshold, progress)
        for window, threshold in zip(windows, thresholds, strict=True)
    ]
    return pd.concat(tables, ignore_index=True).astype(RESPONSE_DTYPES)


def _dff(traces: Traces, name: str) -> Array:
    if traces.dff is None:
        raise ValueError(f"{name}.dff is None: expected traces with ΔF/F0; run compute_dff first.")
    return traces.dff


def _windows(traces: Traces, options: ResponseOptions) -> list[EventWindow]:
    """Divide the recording between its events; the first baseline begins where that of F0 does."""
    of_f0 = np.flatnonzero(traces.baseline) if traces.baseline is not None else np.empty(0, dtype=np.intp)
    is_before = bool(traces.events) and of_f0.size > 0 and traces.time_s[of_f0[-1]] < traces.events[0].start_s
    return event_windows(
        traces.time_s,
        traces.events,
        response_window_s=options.response_window_s,
        baseline_window_s=options.baseline_window_s,
        baseline_start_s=float(traces.time_s[of_f0[0]]) if is_before else None,
    )


def _duration_frames(traces: Traces, options: ResponseOptions) -> int:
    if options.min_duration_s is None:
        return _DEFAULT_DURATION_FRAMES
    return max(1, round(options.min_duration_s / traces.frame_interval_s))


def _vehicle_thresholds(
    vehicle: Traces | None, windows: list[EventWindow], options: ResponseOptions
) -> list[float | None]:
    """Take each event's threshold from the vehicle recording's event of the same place."""
    if vehicle is None:
        return [None] * len(windows)
    dff = _dff(vehicle, "vehicle")
    if not vehicle.events:
        raise ValueError(
            "vehicle has no events: expected one where vehicle was added; give Event('vehicle', start_s)."
        )
    n_frames = _duration_frames(vehicle, options)
    vehicle_windows = _windows(vehicle, options)
    thresholds: list[float | None] = []
    for index in range(len(windows)):
        window = vehicle_windows[min(index, len(vehicle_windows) - 1)]
        statistic = standardised_level(*_without_rise(vehicle.time_s, dff, window), n_frames)
        threshold = responders.conformal_threshold(statistic, options.false_responder_rate)
        if not np.isfinite(threshold):
            needed = int(np.ceil(1.0 / options.false_responder_rate)) - 1
            raise ValueError(
                f"vehicle has {np.isfinite(statistic).sum()} cells that can be measured: "
                f"expected at least {needed} for false_responder_rate={options.false_responder_rate:g}; "
                "pool more vehicle cells or raise the rate."
            )
        thresholds.append(threshold)
    return thresholds


def _measure_event(
    traces: Traces,
    window: EventWindow,
    options: ResponseOptions,
    vehicle_threshold: float | None,
    progress: Progress,
) -> pd.DataFrame:
    """Make the rows of one event."""
    dff = _dff(traces, "traces")
    baseline, response = _without_rise(traces.time_s, dff, window)
    response_s = traces.time_s[window.response]
    n_frames = _duration_frames(traces, options)
    phi = noise_autocorrelation(baseline)
    call = responders.call_responders(
        baseline,
        response,
        phi=phi,
        n_frames=n_frames,
        rate=options.false_responder_rate,
        min_amplitude=options.min_amplitude_dff,
        threshold=vehicle_threshold,
        progress=progress,
    )
    level = np.where(np.isfinite(call.level), call.level, 0.0)[:, None]
    span = slice(window.baseline.start, window.response.stop)
    measured = dff[:, span] - level
    transients = measure_transients(
        traces.time_s[span],
        measured,
        Noise(call.noise_sd, phi),
        call.is_responder,
        n_baseline=window.n_baseline,
        progress=progress,
    )
    response = measured[:, window.n_baseline :]
    peaks = count_peaks(response_s, response, call.noise_sd, phi=phi)
    begin_s = window.start_s - _time_offsets(traces)
    with np.errstate(divide="ignore", invalid="ignore"):
        snr = transients.peak / call.noise_sd
    return pd.DataFrame(
        {
            "recording": traces.name,
            "label": traces.labels,
            "event": window.event,
            "peak_dff": transients.peak,
            "time_to_peak_s": transients.peak_s - begin_s,
            "rise_time_s": transients.rise_time_s,
            "fwhm_s": transients.fwhm_s,
            "decay_tau_s": transients.decay_tau_s,
            "decay_r2": transients.decay_r2,
            "auc_dff_s": area_under(response_s, response),
            "onset_s": transients.onset_s - begin_s,
            "snr": snr,
            "n_peaks": np.where(call.is_responder, peaks.n_peaks, 0),
            "period_s": np.where(call.is_responder, peaks.period_s, np.nan),
            "period_sd_s": np.where(call.is_responder, peaks.period_sd_s, np.nan),
            "baseline_slope_per_s": baseline_slopes(traces.time_s[window.baseline], dff[:, window.baseline]),
            "threshold_dff": call.threshold,
            "is_responder": call.is_responder,
            "false_responder_rate": call.achieved_rate,
            "flags": _flags(traces, window, call, transients),
        }
    )


def _time_offsets(traces: Traces) -> Array:
    """Return how much later than the frame's time each row was recorded (s): wells are read one after another."""
    if "time_offset_s" not in traces.cells:
        return np.zeros(traces.n_cells)
    return np.asarray(np.nan_to_num(traces.cells["time_offset_s"].to_numpy(dtype=np.float64)))


def _without_rise(time_s: Array, dff: Array, window: EventWindow) -> tuple[Array, Array]:
    """Return baseline and response without the rise that all baselines share."""
    span = slice(window.baseline.start, window.response.stop)
    level = dff[:, span] - common_rise(time_s[span], dff[:, span], n_baseline=window.n_baseline)
    return level[:, : window.n_baseline], level[:, window.n_baseline :]


def _flags(
    traces: Traces, window: EventWindow, call: responders.ResponderCall, transients: Transients
) -> NDArray[np.int64]:
    """Add what this event tells to the cells' own flags."""
    flags = traces.cells["flags"].to_numpy(dtype=np.int64).copy()
    span = slice(window.baseline.start, window.response.stop)
    flags[~np.isfinite(_dff(traces, "traces")[:, span]).all(axis=1)] |= CellFlag.NOT_FINITE
    flags[call.is_active_before] |= CellFlag.ACTIVE_BASELINE
    flags[transients.truncated] |= CellFlag.TRUNCATED
    flags[transients.poor_fit] |= CellFlag.POOR_FIT
    if window.n_baseline < _SHORT_BASELINE_FRAMES:
        flags |= CellFlag.SHORT_BASELINE
    if traces.moved is not None and traces.moved[span].any():
        flags |= CellFlag.MOVED
    if traces.saturated is not None:
        flags[(traces.saturated[:, window.response] > 0).any(axis=1)] |= CellFlag.SATURATED
    return flags
