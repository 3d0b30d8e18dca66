import numpy as np
import pytest

from s1r_imaging.calcium.windows import event_windows
from s1r_imaging.recording import Event

TIME_S = np.arange(100.0)
EVENTS = (Event("antagonist", 20.0), Event("agonist", 60.0, end_s=70.0))


def frames(part: slice) -> tuple[int, int]:
    return part.start, part.stop


def test_response_runs_to_the_next_event_and_outlasts_the_wash_out() -> None:
    first, second = event_windows(TIME_S, EVENTS)
    assert frames(first.response) == (20, 60)
    assert frames(second.response) == (60, 100)


def test_first_baseline_is_everything_before_and_later_ones_are_as_long_and_just_before() -> None:
    first, second = event_windows(TIME_S, EVENTS)
    assert frames(first.baseline) == (0, 20)
    assert frames(second.baseline) == (40, 60)


def test_later_baseline_takes_at_most_half_the_gap() -> None:
    _, second = event_windows(TIME_S, (Event("a", 20.0), Event("b", 30.0)))
    assert frames(second.baseline) == (25, 30)


def test_window_lengths_can_be_given() -> None:
    first, second = event_windows(TIME_S, EVENTS, response_window_s=5.0, baseline_window_s=10.0)
    assert (frames(first.baseline), frames(first.response)) == ((10, 20), (20, 25))
    assert (frames(second.baseline), frames(second.response)) == ((50, 60), (60, 65))


def test_uneven_times_count_not_frames() -> None:
    (window,) = event_windows(np.array([0.0, 1.0, 2.0, 9.9, 10.0, 30.0]), (Event("a", 10.0),))
    assert frames(window.baseline) == (0, 4)
    assert frames(window.response) == (4, 6)


def test_no_event_gives_the_whole_recording_without_baseline() -> None:
    (window,) = event_windows(TIME_S, ())
    assert (window.event, frames(window.baseline), frames(window.response)) == ("", (0, 0), (0, 100))


def test_event_before_the_first_frame_has_no_baseline() -> None:
    (window,) = event_windows(TIME_S, (Event("a", -5.0),))
    assert window.n_baseline == 0
    assert frames(window.response) == (0, 100)


@pytest.mark.parametrize("start_s", [20.2, 20.9])
def test_two_events_within_one_frame_leave_the_first_without_response(start_s: float) -> None:
    first, second = event_windows(TIME_S, (Event("a", 20.1), Event("b", start_s)))
    assert first.n_response == 0
    assert frames(second.response) == (21, 100)
