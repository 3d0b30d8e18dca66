from hypothesis import given
from hypothesis import strategies as st

from s1r_imaging.flags import (
    BINDING_FLAG_MEANING,
    CURVE_FLAG_MEANING,
    FLAG_MEANING,
    BindingFlag,
    CellFlag,
    CurveFlag,
    binding_flag_names,
    curve_flag_names,
    flag_names,
)


def test_every_flag_has_a_meaning_and_a_bit_of_its_own() -> None:
    assert set(FLAG_MEANING) == set(CellFlag)
    bits = [int(flag) for flag in CellFlag]
    assert bits == [1 << index for index in range(len(bits))]
    assert all(meaning.endswith(".") and meaning[0].isupper() for meaning in FLAG_MEANING.values())


def test_bits_of_published_tables_keep_their_meaning() -> None:
    written = ["EDGE", "SATURATED", "F0_TOO_LOW", "ACTIVE_BASELINE", "SHORT_BASELINE", "MOVED", "BLEACHED"]
    assert [CellFlag[name] for name in written] == [1, 2, 4, 8, 16, 32, 64]


@given(st.sets(st.sampled_from(list(CellFlag))))
def test_names_say_which_bits_are_set(flags: set[CellFlag]) -> None:
    names = flag_names(sum(flags))
    assert {CellFlag[name.upper()] for name in names.split("; ") if name} == flags


def test_every_curve_flag_has_a_meaning_and_a_bit_of_its_own() -> None:
    assert set(CURVE_FLAG_MEANING) == set(CurveFlag)
    bits = [int(flag) for flag in CurveFlag]
    assert bits == [1 << index for index in range(len(bits))]
    assert all(meaning.endswith(".") and meaning[0].isupper() for meaning in CURVE_FLAG_MEANING.values())


@given(st.sets(st.sampled_from(list(CurveFlag))))
def test_names_say_which_curve_bits_are_set(flags: set[CurveFlag]) -> None:
    names = curve_flag_names(sum(flags))
    assert {CurveFlag[name.upper()] for name in names.split("; ") if name} == flags


def test_every_binding_flag_has_a_meaning_and_a_bit_of_its_own() -> None:
    assert set(BINDING_FLAG_MEANING) == set(BindingFlag)
    bits = [int(flag) for flag in BindingFlag]
    assert bits == [1 << index for index in range(len(bits))]
    assert all(meaning.endswith(".") and meaning[0].isupper() for meaning in BINDING_FLAG_MEANING.values())


@given(st.sets(st.sampled_from(list(BindingFlag))))
def test_names_say_which_binding_bits_are_set(flags: set[BindingFlag]) -> None:
    names = binding_flag_names(sum(flags))
    assert {BindingFlag[name.upper()] for name in names.split("; ") if name} == flags
