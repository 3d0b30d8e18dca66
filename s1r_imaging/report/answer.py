"""What the reader came for: the answer in words, its numbers, and whether the experiment can be trusted."""

from typing import Any

import pandas as pd

from s1r_imaging.experiment.compare import Comparison
from s1r_imaging.report.markup import Html, bullets, element, join, name
from s1r_imaging.report.numbers import interval, is_known, number

_MARKS = {True: ("passed", "✓ passed"), False: ("failed", "✗ failed"), None: ("unknown", "? unknown")}


def answer(comparison: Comparison | None) -> Html:
    """Return the answer in words and the block of each antagonist in large numbers.

    Parameters
    ----------
    comparison : Comparison or None
        The main comparison.

    Returns
    -------
    Html
        The answer; where there is none, why.
    """
    if comparison is None or not comparison.sentences:
        return element("p", "There is no comparison: no two conditions could be compared.", class_="answer")
    elsewhere = {comparison.note, *comparison.checks["sentence"]}
    first, *others = [text for text in comparison.sentences if text not in elsewhere] or [comparison.note]
    # Said before anything else: cells were counted as if each were an experiment.
    as_cells = element("p", comparison.note, class_="warning") if comparison.method == "cells" else ""
    return join(
        as_cells,
        element("p", first, class_="answer"),
        _tiles(comparison.block),
        bullets(others) if others else "",
        element("p", comparison.note, class_="note") if not as_cells else "",
    )


def _tiles(block: pd.DataFrame) -> Html:
    tiles = [
        element(
            "li",
            element("span", "Block in ", name(row["condition"]), class_="what"),
            element(
                "span", f"{number(row['estimate'])} %" if is_known(row["estimate"]) else "unknown", class_="number"
            ),
            element("span", _range(row), class_="range"),
            element("span", row.get("verdict") or "", class_="verdict"),
        )
        for row in block.to_dict("records")
    ]
    return element("ul", *tiles, class_="tiles") if tiles else Html()


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
    lines = []
    for row in table.to_dict("records"):
        class_, mark = _MARKS[bool(row["passed"]) if is_known(row["passed"]) else None]
        lines.append(
            element("li", element("span", mark, class_=f"mark {class_}"), element("span", row["sentence"]))
        )
    return element("ul", *lines, class_="checks")
