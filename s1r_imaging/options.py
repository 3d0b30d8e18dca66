"""Options: the one place where a default is stated.

Each stage has a frozen dataclass derived from `Options`, beside the stage. Its fields, made with
`option`, hold the default, a sentence of help and the allowed range. The Python functions take their
keyword defaults from the class, the command line makes its flags from the fields, GUI forms are built
from it, and the record of a run is its `to_dict`.
"""

import dataclasses
import math
import operator
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np


def option(
    default: Any,
    help: str,  # noqa: A002  (the word argparse uses for the same thing)
    *,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
) -> Any:
    """Make a dataclass field that carries a default, a sentence of help and bounds.

    Parameters
    ----------
    default : object
        The default; for an optional value it must be None, which TOML cannot write.
    help : str
        One sentence for the command line, forms and the documentation.
    ge, gt, le, lt : float, optional
        Inclusive or exclusive bounds for numbers.

    Returns
    -------
    dataclasses.Field
        For use in the body of an `Options` class.
    """
    bounds = {"ge": ge, "gt": gt, "le": le, "lt": lt}
    return dataclasses.field(
        default=default,
        metadata={"help": help} | {name: bound for name, bound in bounds.items() if bound is not None},
    )


@dataclass(frozen=True, kw_only=True)
class Options:
    """Base of all options: checks every value against its type and bounds when it is made.

    Raises
    ------
    ValueError
        If a value is of the wrong type or out of bounds; the sentence names the option.
    """

    section: ClassVar[str] = ""

    def __post_init__(self) -> None:
        """Check every field; NumPy's numbers become Python's, which files can hold."""
        hints = typing.get_type_hints(type(self))
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            if isinstance(value, np.generic):
                value = value.item()
                object.__setattr__(self, item.name, value)
            check_value(item.name, value, hints[item.name], item.metadata)

    def to_dict(self) -> dict[str, Any]:
        """Return the options that are set, as plain values that TOML and JSON can hold."""
        values = ((item.name, getattr(self, item.name)) for item in dataclasses.fields(self))
        return {name: value for name, value in values if value is not None}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make options from plain values, as read from TOML.

        Parameters
        ----------
        values : mapping
            Option name to value; what is absent keeps its default.

        Returns
        -------
        Options
            Of this class.

        Raises
        ------
        ValueError
            If a name is unknown or a value is not allowed.
        """
        known = [item.name for item in dataclasses.fields(cls)]
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise ValueError(
                f"unknown option {unknown[0]!r} in [{cls.section}]: expected one of {', '.join(known)}."
            )
        return cls(**values)


def check_value(name: str, value: Any, hint: Any, bounds: Mapping[str, Any]) -> None:
    """Check one value against a type hint made of numbers, text, `Literal` and unions of them.

    Parameters
    ----------
    name : str
        Name for the message.
    value : object
        What to check.
    hint : type
        Type hint of the option.
    bounds : mapping
        May hold ``ge``, ``gt``, ``le``, ``lt``.

    Raises
    ------
    ValueError
        If `value` has another type or lies out of bounds.
    """
    kinds = typing.get_args(hint) if _is_union(hint) else (hint,)
    if not any(_has_kind(value, kind) for kind in kinds):
        raise ValueError(f"{name}={value!r}: expected {' or '.join(describe_type(kind) for kind in kinds)}.")
    if isinstance(value, int | float) and not isinstance(value, bool):
        _check_bounds(name, value, bounds)


def describe_type(hint: Any) -> str:
    """Say in words what a type hint allows.

    >>> describe_type(Literal["mean", "median"])
    "'mean' or 'median'"
    """
    if typing.get_origin(hint) is Literal:
        return " or ".join(repr(choice) for choice in typing.get_args(hint))
    if _is_union(hint):
        return " or ".join(describe_type(kind) for kind in typing.get_args(hint))
    words = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "text",
        types.NoneType: "None",
    }
    return words.get(hint, str(hint))


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def _has_kind(value: Any, kind: Any) -> bool:
    if typing.get_origin(kind) is Literal:
        return isinstance(value, str) and value in typing.get_args(kind)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kind)


def _check_bounds(name: str, value: float, bounds: Mapping[str, Any]) -> None:
    tests = {
        "ge": (operator.ge, "at least"),
        "gt": (operator.gt, "more than"),
        "le": (operator.le, "at most"),
        "lt": (operator.lt, "less than"),
    }
    wanted = [(*tests[key], bounds[key]) for key in tests if key in bounds]
    if not all(test(value, bound) for test, _, bound in wanted):
        limits = " and ".join(f"{words} {bound:g}" for _, words, bound in wanted)
        raise ValueError(f"{name}={value!r}: expected {limits}.")
