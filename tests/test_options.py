from dataclasses import FrozenInstanceError, dataclass, fields
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1r_imaging.options import Options, describe_type, option

Method = Literal["mean", "median"]


@dataclass(frozen=True, kw_only=True)
class Filter(Options):
    section: ClassVar[str] = "filter"

    method: Method = option("mean", "How the level is found.")
    window_s: float | None = option(None, "Length of the window (s).", gt=0)
    n_frames: int = option(5, "Number of frames.", ge=1)
    share: float = option(0.5, "Part that counts.", ge=0, lt=1)
    inverted: bool = option(False, "Whether responses point down.")
    channel: int | str | None = option(None, "Number or name of the channel.")


def test_defaults_are_the_class_attributes() -> None:
    assert Filter.method == "mean"
    assert Filter().to_dict() == {"method": "mean", "n_frames": 5, "share": 0.5, "inverted": False}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("method", "mode", "'mean' or 'median'"),
        ("method", None, "'mean' or 'median'"),
        ("window_s", 0.0, "more than 0"),
        ("window_s", -1, "more than 0"),
        ("window_s", "long", "a number or None"),
        ("window_s", float("nan"), "a number or None"),
        ("n_frames", 0, "at least 1"),
        ("n_frames", 2.5, "a whole number"),
        ("n_frames", True, "a whole number"),
        ("share", 1, "at least 0 and less than 1"),
        ("share", False, "a number"),
        ("inverted", 1, "true or false"),
        ("inverted", "yes", "true or false"),
        ("channel", 1.5, "a whole number or text or None"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(name: str, value: Any, words: str) -> None:
    with pytest.raises(ValueError) as error:
        Filter(**{name: value})
    assert str(error.value) == f"{name}={value!r}: expected {words}."


@pytest.mark.parametrize(
    ("name", "value"),
    [("window_s", 3), ("window_s", None), ("n_frames", 1), ("share", 0), ("channel", "Fluo-4"), ("channel", 0)],
)
def test_a_right_value_is_kept_as_it_is(name: str, value: Any) -> None:
    assert getattr(Filter(**{name: value}), name) is value


def test_numpy_numbers_are_numbers() -> None:
    given: dict[str, Any] = {"n_frames": np.int64(3), "window_s": np.float32(0.5), "inverted": np.bool_(True)}
    written = Filter(**given).to_dict()
    assert written["n_frames"] == 3
    assert [type(written[name]) for name in given] == [int, float, bool]


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(
        ValueError, match=r"unknown option 'windows' in \[filter\]: expected one of method, window_s"
    ):
        Filter.from_dict({"windows": 3})


def test_options_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Filter().n_frames = 3  # type: ignore[misc]


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "method": st.sampled_from(["mean", "median"]),
            "window_s": st.none() | st.floats(min_value=1e-300, allow_nan=False, allow_infinity=False),
            "n_frames": st.integers(min_value=1),
            "share": st.floats(min_value=0, max_value=1, exclude_max=True),
            "inverted": st.booleans(),
            "channel": st.none() | st.integers() | st.text(),
        },
    )
)
def test_a_dictionary_makes_the_same_options_again(values: dict[str, Any]) -> None:
    options = Filter(**values)
    assert Filter.from_dict(options.to_dict()) == options
    assert None not in options.to_dict().values()


def test_help_and_bounds_can_be_read_from_the_fields() -> None:
    metadata = {item.name: dict(item.metadata) for item in fields(Filter)}
    assert metadata["share"] == {"help": "Part that counts.", "ge": 0, "lt": 1}


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (bool, "true or false"),
        (float | None, "a number or None"),
        (Method, "'mean' or 'median'"),
        (Method | float, "'mean' or 'median' or a number"),
    ],
)
def test_types_are_described_in_words(hint: Any, words: str) -> None:
    assert describe_type(hint) == words
