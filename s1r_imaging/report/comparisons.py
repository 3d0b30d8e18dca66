"""Tables of what was compared: contrasts, block, and the replicates behind them."""

from typing import Any

import pandas as pd

from s1r_imaging.report.markup import Html, details
from s1r_imaging.report.numbers import UNKNOWN, is_known, number
from s1r_imaging.report.tables import (
    Column,
    Row,
    concentrations,
    head,
    limits,
    numeric,
    p_values,
    short_words,
    table,
    words,
)

_REPLICATES = (
    head("condition", "Condition"),
    short_words("replicate", "Replicate"),
    short_words("day", "Day"),
    numeric("value", "Mean"),
    numeric("sd", "SD of cells"),
    numeric("n_cells", "Cells"),
    numeric("n_recordings", "Recordings"),
    words("note", "Note"),
)
_CONTRASTS = (
    head("contrast", "Contrast"),
    numeric("estimate", "Difference"),
    limits("ci_low", "ci_high", "Interval"),
    p_values("p_value", "p"),
    p_values("p_adjusted", "p adjusted"),
    numeric("effect_size", "Effect size"),
    numeric("df", "df"),
    numeric("n_replicates", "Replicates"),
    numeric("n_cells", "Cells"),
    words("note", "Note"),
)
_BLOCK = (
    head("condition", "Condition"),
    Column("estimate", "Block", lambda row: _percent(row["estimate"]), "number"),
    limits("ci_low", "ci_high", "Interval (%)"),
    short_words("agonist_condition", "Agonist alone"),
    short_words("vehicle_condition", "Vehicle"),
    numeric("n_replicates", "Replicates"),
    words("verdict", "Verdict"),
)
# Tables of curves are shown as they are; these columns get words and units.
_CURVE_HEADINGS = {
    "compound": "Compound",
    "agonist": "Agonist",
    "antagonist": "Antagonist",
    "condition": "Condition",
    "quantity": "Quantity",
    "estimate": "Estimate",
    "hill_slope": "Hill slope",
    "top": "Top",
    "bottom": "Bottom",
    "slope": "Slope",
    "n_replicates": "Replicates",
    "n_points": "Points",
    "verdict": "Verdict",
    "note": "Note",
}


def contrast_table(contrasts: pd.DataFrame, *, caption: str) -> Html:
    """Return the contrasts of a comparison as a table."""
    return table(contrasts, _CONTRASTS, caption=caption)


def block_table(block: pd.DataFrame) -> Html:
    """Return the block of each antagonist as a table."""
    return table(
        block, _BLOCK, caption="Block of the agonist's effect, in per cent; it is not cut off at 0 or 100."
    )


def replicate_table(replicates: pd.DataFrame, *, caption: str) -> Html:
    """Return the value of each replicate, folded away."""
    return details("Values of the replicates", table(replicates, _REPLICATES, caption=caption))


def curve_table(frame: pd.DataFrame, *, caption: str) -> Html:
    """Return a table of curve parameters, its intervals in one column each.

    Parameters
    ----------
    frame : DataFrame
        Parameters; ``x_low, x_high`` or ``x_ci_low, x_ci_high`` beside ``x`` are its interval.
    caption : str
        What the table shows.

    Returns
    -------
    Html
        The table.
    """
    return table(
        frame, [column for key in frame.columns if (column := _curve_column(str(key), frame))], caption=caption
    )


def _curve_column(key: str, frame: pd.DataFrame) -> Column | None:
    if key.endswith(("ci_high", "_high")):
        return None
    if key.endswith("ci_low"):
        of = key.removesuffix("ci_low").rstrip("_")
        return limits(key, f"{key.removesuffix('low')}high", f"{_heading(of)} interval" if of else "Interval")
    return _plain_column(key, frame[key], is_first=key == frame.columns[0])


def _plain_column(key: str, values: "pd.Series[Any]", *, is_first: bool) -> Column:
    heading = _heading(key)
    if key.endswith("_M"):
        return concentrations(key, _heading(key.removesuffix("_M")))
    if pd.api.types.is_bool_dtype(values):
        return Column(key, heading, lambda row: _yes_no(row, key), "short")
    if pd.api.types.is_numeric_dtype(values):
        return p_values(key, "p") if key == "p_value" else numeric(key, heading)
    if is_first:
        return head(key, heading)
    return words(key, heading) if key in {"verdict", "note", "sentence"} else short_words(key, heading)


def _heading(key: str) -> str:
    return _CURVE_HEADINGS.get(key, key.replace("_", " "))


def _yes_no(row: Row, key: str) -> str:
    return {True: "yes", False: "no"}.get(row[key], UNKNOWN) if is_known(row[key]) else UNKNOWN


def _percent(value: object) -> str:
    return f"{number(value)} %" if is_known(value) else UNKNOWN
