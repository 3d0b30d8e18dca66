"""Tables: which columns are shown, under which heading, how their values are written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from s1r_imaging.plots.words import format_concentration
from s1r_imaging.report.markup import Html, element, join, name, scroll_box
from s1r_imaging.report.numbers import UNKNOWN, interval, is_known, number, p_value

Row = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    key : str
        Column of the data frame; the table's column is left out where the frame has none, or nothing is known.
    heading : str
        What the reader sees.
    write : callable
        Given a row, returns what stands in the cell.
    kind : str
        ``"name"`` heads the row, ``"number"`` is aligned to the right, ``"words"`` is text.
    """

    key: str
    heading: str
    write: Callable[[Row], object]
    kind: str


def words(key: str, heading: str) -> Column:
    """Return a column of text."""
    return Column(key, heading, lambda row: _text(row[key]), "words")


def short_words(key: str, heading: str) -> Column:
    """Return a column of text that needs little room."""
    return Column(key, heading, lambda row: _text(row[key]), "short")


def head(key: str, heading: str) -> Column:
    """Return the column that names the row."""
    return Column(key, heading, lambda row: _text(row[key]), "name")


def numeric(key: str, heading: str) -> Column:
    """Return a column of numbers."""
    return Column(key, heading, lambda row: number(row[key]), "number")


def p_values(key: str, heading: str) -> Column:
    """Return a column of p values."""
    return Column(key, heading, lambda row: p_value(row[key]), "number")


def share(key: str, heading: str) -> Column:
    """Return a column of fractions, written in per cent."""
    return Column(
        key, heading, lambda row: f"{number(100 * row[key])} %" if is_known(row[key]) else UNKNOWN, "number"
    )


def concentrations(key: str, heading: str) -> Column:
    """Return a column of concentrations (mol/L), each written with the unit that suits it."""

    def write(row: Row) -> str:
        value = row[key]
        if not is_known(value):
            return UNKNOWN
        usual = isinstance(value, int | float) and 0 < value < float("inf")
        return format_concentration(float(value)) if usual else str(value)

    return Column(key, heading, write, "number")


def both(key: str, other: str, heading: str) -> Column:
    """Return a column with two numbers, of a condition and of its reference."""

    def write(row: Row) -> str:
        return f"{number(row[key])} vs {number(row[other])}" if is_known(row.get(other)) else number(row[key])

    return Column(key, heading, write, "number")


def limits(low: str, high: str, heading: str) -> Column:
    """Return a column of intervals."""
    return Column(low, heading, lambda row: interval(row[low], row.get(high)), "number")


def table(frame: pd.DataFrame, columns: Sequence[Column], *, caption: str) -> Html:
    """Return a data frame as a table in a box of its own that scrolls.

    Parameters
    ----------
    frame : DataFrame
        One row per row.
    columns : sequence of Column
        What to show, in this order, as far as the frame has it.
    caption : str
        What the table shows.

    Returns
    -------
    Html
        The table; a sentence where it has no rows.
    """
    shown = [
        column for column in columns if column.key in frame and (column.kind == "name" or _any(frame, column))
    ]
    if frame.empty or not shown:
        return element("p", f"{caption.rstrip('.')}: there are none.", class_="note")
    rows: list[Row] = [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]
    header = element(
        "tr", *(element("th", column.heading, scope="col", class_=_class(column)) for column in shown)
    )
    body = join(*(element("tr", *(_cell(column, row) for column in shown)) for row in rows))
    made = element(
        "table", element("caption", element("span", caption)), element("thead", header), element("tbody", body)
    )
    return scroll_box(made, caption)


def _any(frame: pd.DataFrame, column: Column) -> bool:
    return frame.empty or any(is_known(value) and value != "" for value in frame[column.key])


def _cell(column: Column, row: Row) -> Html:
    if column.kind == "name":
        return element("th", name(column.write(row)), scope="row")
    content = column.write(row)
    return element("td", content if column.kind == "number" else name(content), class_=_class(column))


def _class(column: Column) -> str | None:
    return column.kind if column.kind in {"number", "words"} else None


def _text(value: object) -> str:
    if not is_known(value) or value == "":
        return UNKNOWN
    if isinstance(value, float) and value == int(value):
        return f"{value:.0f}"
    return str(value)
