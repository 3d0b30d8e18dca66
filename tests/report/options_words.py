"""Whether each value of an option has words of its own in a text."""

import dataclasses
import itertools
import typing
from collections.abc import Callable, Iterator
from typing import Any, Literal

from s1r_imaging.options import Options

Text = Callable[[dict[str, Any]], str]


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


def settings(cls: type[Options], without: str = "") -> Iterator[dict[str, Any]]:
    """Every combination of the words of the other options."""
    names = [
        item.name for item in dataclasses.fields(cls) if item.name != without and isinstance(item.default, str)
    ]
    for values in itertools.product(*(choices(cls, name) for name in names)):
        yield dict(zip(names, values, strict=True))


def same_words(cls: type[Options], name: str, text: Text) -> list[tuple[Any, Any]]:
    """Return pairs of values that read the same whatever the other options are."""
    values = choices(cls, name)
    assert len(values) > 1
    return [
        (one, other)
        for one, other in itertools.combinations(values, 2)
        if not any(
            text(cls(**others, **{name: one}).to_dict()) != text(cls(**others, **{name: other}).to_dict())
            for others in settings(cls, name)
        )
    ]
