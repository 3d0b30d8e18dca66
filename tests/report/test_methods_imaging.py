"""Whatever option is changed, the text says it, and says nothing else."""

import dataclasses
import itertools
import typing
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest

from s1r_imaging.calcium.dff import DffOptions
from s1r_imaging.calcium.responses import ResponseOptions
from s1r_imaging.imaging.extract import TraceOptions
from s1r_imaging.imaging.motion import MotionOptions
from s1r_imaging.imaging.segment import SegmentationOptions
from s1r_imaging.options import Options
from s1r_imaging.report import methods_imaging as methods
from s1r_imaging.report.references import cite

TEXTS: dict[type[Options], Callable[[dict[str, Any]], str]] = {
    MotionOptions: methods.motion_text,
    SegmentationOptions: lambda options: methods.cells_text(options, given=0, found=3),
    TraceOptions: methods.background_text,
    DffOptions: lambda options: " ".join(
        [
            methods.bleaching_text(options),
            methods.f0_text(options, has_events=True),
            methods.f0_text(options, has_events=False),
        ]
    ),
    ResponseOptions: methods.responder_text,
}
# What flags a cell, and changes no number, is explained beside the flags.
ONLY_FLAGS = {"f0_min_frames"}
OPTIONS = [
    pytest.param(cls, item.name, id=f"{cls.section}.{item.name}")
    for cls in TEXTS
    for item in dataclasses.fields(cls)
    if item.name not in ONLY_FLAGS
]


def choices(cls: type[Options], name: str) -> list[Any]:
    """Values that an option may have: all words, and two numbers."""
    hint = typing.get_type_hints(cls)[name]
    kinds = typing.get_args(hint) if typing.get_origin(hint) is not Literal else (hint,)
    words = [word for kind in kinds or (hint,) for word in typing.get_args(kind)]
    default = getattr(cls, name)
    if isinstance(default, int) and not isinstance(default, bool):
        return [default, default + 1]
    if isinstance(default, float):
        return [default, default * 0.75]
    numbers = [7.5] if float in kinds else []
    return [default, *(word for word in words if word != default), *numbers]


def settings(cls: type[Options], without: str) -> Iterator[dict[str, Any]]:
    """Every combination of the words of the other options."""
    names = [
        item.name for item in dataclasses.fields(cls) if item.name != without and isinstance(item.default, str)
    ]
    for values in itertools.product(*(choices(cls, name) for name in names)):
        yield dict(zip(names, values, strict=True))


@pytest.mark.parametrize(("cls", "name"), OPTIONS)
def test_every_value_of_an_option_has_words_of_its_own(cls: type[Options], name: str) -> None:
    text = TEXTS[cls]
    values = choices(cls, name)
    assert len(values) > 1
    for one, other in itertools.combinations(values, 2):
        assert any(
            text(cls(**others, **{name: one}).to_dict()) != text(cls(**others, **{name: other}).to_dict())
            for others in settings(cls, name)
        ), f"{name}={one!r} and {name}={other!r} read the same"


@pytest.mark.parametrize("cls", TEXTS, ids=lambda cls: cls.section)
def test_texts_are_sentences_whose_citations_are_known(cls: type[Options]) -> None:
    for others in settings(cls, ""):
        text = cite(TEXTS[cls](cls(**others).to_dict()))
        assert text.endswith(".")
        assert "@" not in text
        assert "  " not in text
        assert "None" not in text


def test_automatic_f0_says_what_it_was() -> None:
    options = DffOptions().to_dict()
    assert "before the first addition" in methods.f0_text(options, has_events=True)
    assert "most frequented low level" in methods.f0_text(options, has_events=False)
    until = DffOptions(f0_end_s=25.0).to_dict()
    assert "before 25 s" in methods.f0_text(until, has_events=False)


def test_given_outlines_are_not_called_found() -> None:
    options = SegmentationOptions().to_dict()
    assert methods.cells_text(options, given=4, found=0) == "Outlines of cells were provided for every recording."
    assert "In 1 of 4 recordings the outlines were provided" in methods.cells_text(options, given=1, found=3)
    assert methods.cells_text(options, given=0, found=0) == ""


def test_the_stated_rate_of_false_responders_is_in_the_text() -> None:
    assert "which 2 % of cells without a response exceed" in methods.responder_text(
        ResponseOptions(false_responder_rate=0.02).to_dict()
    )
