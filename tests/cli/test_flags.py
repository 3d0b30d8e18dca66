import argparse
import dataclasses
from typing import ClassVar, Literal

import pytest

from s1r_imaging.analysis import STAGES
from s1r_imaging.cli import build_parser
from s1r_imaging.cli.flags import add_flags, flag_name, given_options
from s1r_imaging.options import Options, option


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sample(Options):
    section: ClassVar[str] = "sample"
    kind: Literal["a", "b"] | float = option("a", "Kind, 50 % of it.")
    count: int | None = option(None, "How many.", ge=1)
    on: bool = option(False, "Whether.")


def parse(*words: str) -> dict[str, object]:
    parser = argparse.ArgumentParser()
    add_flags(parser, Sample, title="sample")
    return given_options(parser.parse_args(words), Sample)


def test_only_what_was_given_is_returned() -> None:
    assert parse() == {}
    assert parse("--kind", "b", "--on") == {"kind": "b", "on": True}
    assert parse("--kind", "1.5", "--count", "3", "--no-on") == {"kind": 1.5, "count": 3, "on": False}


def test_a_value_of_another_kind_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse("--kind", "c")
    assert "expected 'a' or 'b' or a number" in capsys.readouterr().err


def test_every_option_of_every_stage_has_a_flag_with_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args(["analyze", "--help"])
    text = "".join(capsys.readouterr().out.split())
    for options in STAGES.values():
        for item in dataclasses.fields(options):
            assert flag_name(item.name) in text
            assert "".join(item.metadata["help"].split()) in text
