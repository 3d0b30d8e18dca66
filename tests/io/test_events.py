import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1r_imaging.io.events import format_events, parse_event, parse_events
from s1r_imaging.recording import Event


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("ATP@30", Event("ATP", 30.0)),
        ("(+)-pentazocine:3e-1uM@12.5-40", Event("(+)-pentazocine", 12.5, 40.0, 3e-7)),
        ("NE-100 : 1 µM@0", Event("NE-100", 0.0, None, 1e-6)),
        ("mail@lab@5", Event("mail@lab", 5.0)),
        ("BD1063@-600", Event("BD1063", -600.0)),
        ("BD1063@-600--30", Event("BD1063", -600.0, -30.0)),
        ("KCl @ 200 - 210 s", Event("KCl", 200.0, 210.0)),
        ('"a:b; c"@1', Event("a:b; c", 1.0)),
        ('"5"" tube"@1', Event('5" tube', 1.0)),
    ],
)
def test_an_event_is_read(text: str, event: Event) -> None:
    assert parse_event(text) == event


@pytest.mark.parametrize("text", ["ATP", "@30", "ATP@", "ATP@soon", "ATP@30-20", "ATP:5@30", "ATP:0uM@30", '""@3'])
def test_what_is_no_event_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(ValueError) as error:
        parse_event(text)
    assert "\n" not in str(error.value)


def test_events_are_parted_by_semicolons_and_line_breaks() -> None:
    found = parse_events(' NE-100:1uM@0; PRE-084@30 ;\n"KCl; high"@60-70\nATP@80;')
    assert [event.name for event in found] == ["NE-100", "PRE-084", "KCl; high", "ATP"]
    assert parse_events("") == parse_events(" ; ") == ()


def test_two_events_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two events are named 'ATP'"):
        parse_events("ATP@30; ATP@60")


_TIMES = st.floats(-1e6, 1e6).map(lambda value: value + 0.0)
_NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda name: bool(name.strip()))
_EVENTS = st.builds(
    lambda name, start, length, molar: Event(
        name, start, None if length is None or start + length <= start else start + length, molar
    ),
    _NAMES,
    _TIMES,
    st.none() | st.floats(1e-3, 1e4),
    st.none() | st.floats(1e-15, 10) | st.integers(1, 999).map(lambda amount: amount * 1e-9),
)


@given(st.lists(_EVENTS, unique_by=lambda event: event.name))
def test_events_come_back_as_they_were_written(events: list[Event]) -> None:
    assert parse_events(format_events(events)) == tuple(events)


@given(st.integers(1, 999), st.sampled_from(["nM", "uM", "mM"]))
def test_concentrations_are_written_in_the_unit_that_reads_best(amount: int, unit: str) -> None:
    assert format_events(parse_events(f"drug:{amount}{unit}@30")) == f"drug:{amount}{unit}@30"


def test_times_keep_every_digit() -> None:
    assert parse_events(format_events([Event("x", math.pi)]))[0].start_s == math.pi
