import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from s1r_imaging.plots.words import event_label, format_concentration, text_width_pt, verbatim
from s1r_imaging.recording import Event


@pytest.mark.parametrize(
    ("concentration_M", "text"),
    [
        (1e-5, "10 µM"), (3e-9, "3 nM"), (1e-6, "1 µM"), (9.9999e-7, "1 µM"), (9.99e-7, "999 nM"), (0.05, "50 mM"),
        (1.0, "1 M"), (2.5e-4, "250 µM"), (3.162e-8, "31.6 nM"), (1e-12, "1 pM"), (4e-15, "4 fM"),
        (1e-18, "1e-18 M"),
    ],
)  # fmt: skip
def test_concentration_has_the_unit_that_suits_it(concentration_M: float, text: str) -> None:
    assert format_concentration(concentration_M) == text


@given(st.floats(1e-15, 10))
def test_concentration_reads_back_to_three_digits(concentration_M: float) -> None:
    number, unit = format_concentration(concentration_M).split()
    factor = {"M": 1, "mM": 1e-3, "µM": 1e-6, "nM": 1e-9, "pM": 1e-12, "fM": 1e-15}[unit]
    assert float(number) * factor == pytest.approx(concentration_M, rel=5.1e-3)
    assert unit == "M" or float(number) < 1000


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_no_concentration_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="concentration_M="):
        format_concentration(value)


def test_event_label_does_not_write_the_concentration_twice() -> None:
    assert event_label(Event("ATP", 1.0)) == "ATP"
    assert event_label(Event("ATP", 1.0, concentration_M=1e-4)) == "ATP 100 µM"
    assert event_label(Event("ATP 100 µM", 1.0, concentration_M=1e-4)) == "ATP 100 µM"


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30))
def test_any_name_is_drawn_as_written_and_never_as_mathematics(name: str) -> None:
    text = Figure().text(0.5, 0.5, verbatim(name))
    shown, is_math = text._preprocess_math(text.get_text())  # type: ignore[attr-defined]
    assert (shown, is_math) == (name, False)


def test_long_names_are_cut_and_line_breaks_are_blanks() -> None:
    assert verbatim("a\nb\t c") == "a b c"
    assert verbatim("x" * 100, longest=10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    "text", [r"$K_\mathrm{i}$ 2.54 nM (0.116–55.7), n = 2", r"EC$_{50}$ 48 nM", r"\$5 and \$6"]
)
def test_the_width_of_mathematics_is_that_of_what_is_drawn(text: str) -> None:
    drawn, _, _ = text_to_path.get_text_width_height_descent(text, FontProperties(size=7.0), ismath=True)
    assert drawn <= text_width_pt(text, 7.0) + 0.5
    assert text_width_pt(text, 7.0) < 1.1 * drawn
