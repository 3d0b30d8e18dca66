"""Tables of what was compared: contrasts, block, and the replicates behind them."""

from collections.abc import Sequence

import pandas as pd

from s1r_imaging.experiment.compare import Comparison
from s1r_imaging.plots.comparison_groups import difference_label, measure_label, scale_of
from s1r_imaging.report.markup import Html, details
from s1r_imaging.report.numbers import UNKNOWN, is_known, number
from s1r_imaging.report.tables import (
    Column,
    Row,
    both,
    head,
    limits,
    numeric,
    p_values,
    short_words,
    table,
    words,
)


def _three(row: Row) -> str:
    others = [row.get(f"n_replicates_{which}") for which in ("agonist", "vehicle")]
    return ", ".join(number(n) for n in (row["n_replicates"], *others) if is_known(n))


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
    both("n_replicates", "n_replicates_reference", "Replicates"),
    both("n_cells", "n_cells_reference", "Cells"),
    words("note", "Test"),
)
_BLOCK = (
    head("condition", "Condition"),
    Column("estimate", "Block", lambda row: _percent(row["estimate"]), "number"),
    limits("ci_low", "ci_high", "Interval (%)"),
    short_words("agonist_condition", "Agonist alone"),
    short_words("vehicle_condition", "Vehicle"),
    Column("n_replicates", "Replicates", _three, "number"),
    words("verdict", "Verdict"),
)


def contrast_table(comparison: Comparison) -> Html:
    """Return the contrasts of a comparison as a table."""
    measure, is_ratio = comparison.measure, comparison.options.scale == "log"
    what = f"Ratio of {measure_label(measure)}" if is_ratio else difference_label(measure)
    ends = () if is_ratio else ("estimate", "ci_low", "ci_high")
    columns = [
        numeric("estimate", "Ratio") if is_ratio and column.key == "estimate" else column for column in _CONTRASTS
    ]
    caption = f"{what} between conditions, with {100 * comparison.options.confidence:g} % intervals."
    return table(_scaled(comparison.contrasts, measure, ends), columns, caption=caption)


def block_table(block: pd.DataFrame, *, measure: str) -> Html:
    """Return the block of each antagonist as a table."""
    what = f"Block of the agonist's effect ({measure_label(measure)}), not cut off at 0 or 100 %."
    return table(block, _BLOCK, caption=what)


def replicate_table(replicates: pd.DataFrame, *, measure: str) -> Html:
    """Return the value of each replicate, folded away."""
    scaled = _scaled(replicates, measure, ("value", "sd"))
    made = table(scaled, _REPLICATES, caption=f"{measure_label(measure)} of each replicate.")
    return details("Values of the replicates", made)


def _scaled(frame: pd.DataFrame, measure: str, columns: Sequence[str]) -> pd.DataFrame:
    return frame.assign(**{key: scale_of(measure) * frame[key].astype(float) for key in columns if key in frame})


def _percent(value: object) -> str:
    return f"{number(value)} %" if is_known(value) else UNKNOWN
