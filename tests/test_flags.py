from collections.abc import Mapping
from enum import IntFlag
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1r_imaging.flags import (
    BINDING_FLAG_MEANING,
    COMBINED_FLAG_MEANING,
    CURVE_FLAG_MEANING,
    FLAG_MEANING,
    BindingFlag,
    CellFlag,
    CombinedFlag,
    CurveFlag,
    flag_names,
)

KINDS: dict[type[IntFlag], Mapping[Any, str]] = {
    CellFlag: FLAG_MEANING,
    CurveFlag: CURVE_FLAG_MEANING,
    BindingFlag: BINDING_FLAG_MEANING,
    CombinedFlag: COMBINED_FLAG_MEANING,
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_flag_has_a_meaning_and_a_bit_of_its_own(kind: type[IntFlag]) -> None:
    assert set(KINDS[kind]) == set(kind)
    bits = [int(flag) for flag in kind]
    assert bits == [1 << index for index in range(len(bits))]
    assert all(meaning.endswith(".") and not meaning[0].islower() for meaning in KINDS[kind].values())


def test_bits_of_published_tables_keep_their_meaning() -> None:
    written = ["EDGE", "SATURATED", "F0_TOO_LOW", "ACTIVE_BASELINE", "SHORT_BASELINE", "MOVED", "BLEACHED"]
    assert [CellFlag[name] for name in written] == [1, 2, 4, 8, 16, 32, 64]


@given(st.data(), st.sampled_from(list(KINDS)))
def test_names_say_which_bits_are_set(data: st.DataObject, kind: type[IntFlag]) -> None:
    flags = data.draw(st.sets(st.sampled_from(list(kind))))
    names = flag_names(sum(flags), kind=kind)
    assert {kind[name.upper()] for name in names.split("; ") if name} == flags
