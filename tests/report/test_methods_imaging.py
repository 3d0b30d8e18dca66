"""Whatever option is changed, the text says it, and says nothing else."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from s1r_imaging.calcium.dff import DffOptions
from s1r_imaging.calcium.responses import ResponseOptions
from s1r_imaging.imaging.extract import TraceOptions
from s1r_imaging.imaging.motion import MotionOptions
from s1r_imaging.imaging.segment import SegmentationOptions
from s1r_imaging.options import Options
from s1r_imaging.report import methods_imaging as methods
from s1r_imaging.report.references import cite
from tests.report.options_words import same_words, settings

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


@pytest.mark.parametrize(("cls", "name"), OPTIONS)
def test_every_value_of_an_option_has_words_of_its_own(cls: type[Options], name: str) -> None:
    assert same_words(cls, name, TEXTS[cls]) == []


@pytest.mark.parametrize("cls", TEXTS, ids=lambda cls: cls.section)
def test_texts_are_sentences_whose_citations_are_known(cls: type[Options]) -> None:
    for others in settings(cls):
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
