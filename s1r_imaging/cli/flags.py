"""Command-line flags made from `Options` classes: every option has a flag, none is written twice."""

import argparse
import dataclasses
import types
import typing
from collections.abc import Callable, Collection
from typing import Any, Literal

from s1r_imaging.options import Options, describe_type


def add_flags(
    parser: argparse.ArgumentParser,
    options: type[Options],
    *,
    title: str,
    without: Collection[str] = (),
    prefixed: Collection[str] = (),
) -> None:
    """Add one flag per option of a class, under a heading of its own.

    Parameters
    ----------
    parser : ArgumentParser
        Parser that gets the flags; a flag that is not given leaves no attribute.
    options : type
        Class derived from `Options`.
    title : str
        Heading in the help text.
    without : collection of str
        Options that get no flag, because the command knows them otherwise.
    prefixed : collection of str
        Options whose flag begins with the stage, ``--compare-method``, because another stage has one of that name.
    """
    group = parser.add_argument_group(title)
    hints = typing.get_type_hints(options)
    for item in dataclasses.fields(options):
        if item.name in without:
            continue
        hint = hints[item.name]
        settings: dict[str, Any] = {"help": _help(item), "default": argparse.SUPPRESS}
        name = f"{options.section}_{item.name}" if item.name in prefixed else item.name
        settings["dest"] = name
        if hint is bool:
            settings["action"] = argparse.BooleanOptionalAction
        else:
            settings |= {"type": _parser(hint), "metavar": _metavar(hint)}
        group.add_argument(flag_name(name), **settings)


def flag_name(option: str) -> str:
    """Return the flag of an option.

    >>> flag_name("frame_interval_s")
    '--frame-interval-s'
    """
    return "--" + option.replace("_", "-")


def given_options(
    arguments: argparse.Namespace, options: type[Options], *, prefixed: Collection[str] = ()
) -> dict[str, Any]:
    """Return the options of a class that were given on the command line."""
    values = vars(arguments)
    names = {
        item.name: f"{options.section}_{item.name}" if item.name in prefixed else item.name
        for item in dataclasses.fields(options)
    }
    return {name: values[dest] for name, dest in names.items() if dest in values}


def _help(item: "dataclasses.Field[Any]") -> str:
    text = str(item.metadata["help"]).replace("%", "%%")
    if item.default is None:
        return text
    return f"{text} [default: {item.default}]"


def _kinds(hint: Any) -> tuple[Any, ...]:
    is_union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    kinds = typing.get_args(hint) if is_union else (hint,)
    return tuple(kind for kind in kinds if kind is not types.NoneType)


def _parser(hint: Any) -> Callable[[str], Any]:
    kinds = _kinds(hint)

    def parse(text: str) -> Any:
        for kind in (int, float):
            if kind in kinds:
                try:
                    return kind(text)
                except ValueError:
                    continue
        if str in kinds or any(text in typing.get_args(kind) for kind in kinds):
            return text
        wanted = " or ".join(describe_type(kind) for kind in kinds)
        raise argparse.ArgumentTypeError(f"{text!r}: expected {wanted}.")

    return parse


def _metavar(hint: Any) -> str:
    words = {int: "N", float: "X", str: "TEXT"}
    names: list[str] = []
    for kind in _kinds(hint):
        if typing.get_origin(kind) is Literal:
            names.extend(typing.get_args(kind))
        else:
            names.append(words.get(kind, "VALUE"))
    return "{" + ",".join(names) + "}" if len(names) > 1 else names[0]
