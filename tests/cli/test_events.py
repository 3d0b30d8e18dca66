import argparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1r_imaging.cli.events import parse_event
from s1r_imaging.recording import Event


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("ATP@30", Event("ATP", 30.0)),
        ("(+)-pentazocine:3e-1uM@12.5-40", Event("(+)-pentazocine", 12.5, 40.0, 3e-7)),
        ("NE-100 : 1 µM@0", Event("NE-100 ", 0.0, None, 1e-6)),
        ("mail@lab@5", Event("mail@lab", 5.0)),
        ("BD1063@-600", Event("BD1063", -600.0)),
    ],
)
def test_an_event_is_read(text: str, event: Event) -> None:
    found = parse_event(text)
    assert (found.name, found.start_s, found.end_s) == (event.name.strip(), event.start_s, event.end_s)
    assert found.concentration_M == event.concentration_M


@pytest.mark.parametrize("text", ["ATP", "@30", "ATP@", "ATP@soon", "ATP@30-20", "ATP:5@30", "ATP:0uM@30"])
def test_what_is_no_event_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as error:
        parse_event(text)
    assert "\n" not in str(error.value)


@given(st.floats(0, 1e5), st.sampled_from(["nM", "uM", "mM"]), st.integers(1, 999))
def test_any_time_and_concentration_come_back(start: float, unit: str, amount: int) -> None:
    event = parse_event(f"drug:{amount}{unit}@{start!r}")
    assert event.start_s == start
    assert event.concentration_M == pytest.approx(amount * {"nM": 1e-9, "uM": 1e-6, "mM": 1e-3}[unit], rel=1e-11)
