"""What the reader came for: the answer in words, its numbers, and whether the experiment can be trusted."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd

from s1r_imaging.experiment.compare import Comparison
from s1r_imaging.report.markup import Html, bullets, details, element, fold, join, name
from s1r_imaging.report.numbers import interval, is_known, number

_MOST_TILES, _MOST_SENTENCES, _MOST_ALIKE = 6, 8, 3
_MARKS = {True: ("passed", "✓ passed"), False: ("failed", "✗ failed"), None: ("unknown", "? unknown")}


def answer(comparison: Comparison | None, first: Sequence[str] = ()) -> Html:
    """Return the answer in words and the block of each antagonist in large numbers.

    Parameters
    ----------
    comparison : Comparison or None
        The main comparison.
    first : sequence of str
        What answers the question before any comparison does: potencies.

    Returns
    -------
    Html
        The answer; where there is none, why.
    """
    if comparison is None:
        nothing = "There is no comparison: no two conditions could be compared."
        return element("div", *(element("p", text) for text in first or [nothing]), class_="answer")
    elsewhere = {comparison.note, *comparison.checks["sentence"]}
    said = [text for text in comparison.sentences if text not in elsewhere] or [comparison.note]
    head, others = (list(first), said) if first else (said[:1], said[1:])
    # Said before anything else: cells were counted as if each were an experiment.
    as_cells = element("p", comparison.note, class_="warning") if comparison.method == "cells" else ""
    return join(
        as_cells,
        element("div", *(element("p", text) for text in head), class_="answer"),
        _tiles(comparison.block) if len(comparison.block) <= _MOST_TILES else "",
        fold(bullets(others), len(others), "All comparisons in words", most=_MOST_SENTENCES) if others else "",
        element("p", comparison.note, class_="note") if not as_cells else "",
    )


def _tiles(block: pd.DataFrame) -> Html:
    tiles = [
        element(
            "li",
            element("span", "Block in ", name(row["condition"]), class_="what"),
            element("span", _percent(row["estimate"]), class_="number"),
            element("span", _range(row), class_="range"),
            element("span", row["verdict"], class_="verdict"),
        )
        for row in block.to_dict("records")
    ]
    return element("ul", *tiles, class_="tiles") if tiles else Html()


def _percent(value: object) -> str:
    return f"{number(value)} %" if is_known(value) else "unknown"


def _range(row: dict[Any, Any]) -> str:
    if not is_known(row["ci_low"]) or not is_known(row["ci_high"]):
        return "no interval"
    return interval(row["ci_low"], row["ci_high"], unit=" %")


def checks(table: pd.DataFrame) -> Html:
    """Return the checks of an experiment, one line each.

    Parameters
    ----------
    table : DataFrame
        Columns ``check``, ``passed`` (True, False or None) and ``sentence``.

    Returns
    -------
    Html
        A list; a sentence where there are none.
    """
    if table.empty:
        return element("p", "Nothing could be checked.", class_="note")
    shown: list[Html] = []
    rest: list[Html] = []
    seen: Counter[tuple[str, str]] = Counter()
    for row in table.to_dict("records"):
        class_, mark = _MARKS[bool(row["passed"]) if is_known(row["passed"]) else None]
        line = element("li", element("span", mark, class_=f"mark {class_}"), element("span", row["sentence"]))
        seen[str(row["check"]), class_] += 1
        (shown if seen[str(row["check"]), class_] <= _MOST_ALIKE else rest).append(line)
    more = details(f"{len(rest)} more of the same", element("ul", *rest, class_="checks")) if rest else ""
    return join(element("ul", *shown, class_="checks"), more)
