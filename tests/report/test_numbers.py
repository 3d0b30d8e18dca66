import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1r_imaging.report.numbers import counted, interval, number, p_value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (12345.678, "12300"),
        (999999.4, "1000000"),
        (3.14159, "3.14"),
        (-0.000123, "−0.000123"),
        (1.5e-9, "1.5e−9"),
        (2e12, "2e12"),
        (float("inf"), "∞"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_numbers_are_written_with_three_digits(value: float | None, text: str) -> None:
    assert number(value) == text


@given(st.floats(-1e300, 1e300))
def test_a_number_can_be_read_back(value: float) -> None:
    text = number(value).replace("−", "-")
    assert float(text) == pytest.approx(value, rel=0.006, abs=1e-300)


@given(st.floats(0, 1))
def test_no_p_value_is_zero(value: float) -> None:
    text = p_value(value)
    assert text.startswith("<") == (value < 1e-4)
    assert text != "0"


def test_open_ends_are_said_to_be_open() -> None:
    assert interval(-math.inf, math.inf) == "open on both sides"
    assert interval(12, math.inf, unit=" %") == "above 12 % (open)"
    assert interval(math.nan, 3) == "–"


def test_counts_have_their_number() -> None:
    assert counted(1, "cell") == "1 cell"
    assert counted(1200, "dish:dishes") == "1,200 dishes"
