"""Which frames are the baseline and which the response of each event."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.recording import Event


@dataclass(frozen=True)
class EventWindow:
    """Frames that belong to one event.

    Attributes
    ----------
    event : str
        Name of the event; empty when the recording has none.
    start_s : float
        When it began (s): the origin of onset and time to peak.
    baseline : slice
        Frames just before it.
    response : slice
        Frames from its start to the end of its window; empty when no frame lies there.
    """

    event: str
    start_s: float
    baseline: slice
    response: slice

    @property
    def n_baseline(self) -> int:
        """Number of baseline frames."""
        return int(self.baseline.stop - self.baseline.start)

    @property
    def n_response(self) -> int:
        """Number of response frames."""
        return int(self.response.stop - self.response.start)


def event_windows(
    time_s: NDArray[np.float64],
    events: tuple[Event, ...],
    *,
    response_window_s: float | None = None,
    baseline_window_s: float | None = None,
    baseline_start_s: float | None = None,
) -> list[EventWindow]:
    """Divide a recording between its events.

    A response lasts from its event to the next event or the end of the recording, since it may outlast the
    stimulus; the baseline of the first event is everything before it, from `baseline_start_s` on. A later
    event's baseline is as long as the first one's but at most the second half of what lies between the two
    events, where the earlier response is likely to be over.

    Parameters
    ----------
    time_s : array, shape (T,)
        Frame times (s).
    events : tuple of Event
        Sorted by start. None at all gives one window over the whole recording without a baseline.
    response_window_s : float, optional
        Longest response to look at (s).
    baseline_window_s : float, optional
        Length of every baseline (s).
    baseline_start_s : float, optional
        Where the first event's baseline begins (s); with the recording when not given. `baseline_window_s`
        goes before it.

    Returns
    -------
    list of EventWindow
        One per event.
    """
    if not events:
        return [EventWindow("", float(time_s[0]), slice(0, 0), slice(0, len(time_s)))]
    starts = [event.start_s for event in events]
    begin_s = float(time_s[0]) if baseline_start_s is None else baseline_start_s
    first_baseline_s = max(starts[0] - begin_s, 0.0)
    windows = []
    for index, event in enumerate(events):
        end_s = starts[index + 1] if index + 1 < len(starts) else np.inf
        if response_window_s is not None:
            end_s = min(end_s, event.start_s + response_window_s)
        if baseline_window_s is not None:
            length_s = baseline_window_s
        elif index:
            length_s = min(first_baseline_s, 0.5 * (event.start_s - starts[index - 1]))
        else:
            length_s = first_baseline_s
        not_before_s = max(event.start_s - length_s, starts[index - 1] if index else -np.inf)
        first, start, stop = np.searchsorted(time_s, [not_before_s, event.start_s, end_s])
        windows.append(EventWindow(event.name, event.start_s, slice(first, start), slice(start, max(start, stop))))
    return windows
