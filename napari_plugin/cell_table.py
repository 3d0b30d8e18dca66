"""The table of the cells that napari's own table shows: no number in it is computed here."""

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from napari_plugin.wording import STAGE_WORDS
from s1r_imaging.flags import flag_names
from s1r_imaging.recording import Traces

_MOST_ROWS = 100_000
_NULLABLE = {"b": "boolean", "i": "Int64", "u": "Int64", "f": "Float64"}  # kinds with a value for "not known"
_NOT_SHOWN = ("recording", "label", "event", "flags")


def cell_table(
    traces: Traces | None, responses: pd.DataFrame | None, *, stale: Collection[str] = ()
) -> pd.DataFrame:
    """Put what is known of each cell in one row.

    Parameters
    ----------
    traces : Traces or None
        Its columns about cells come first.
    responses : DataFrame or None
        What `s1r_imaging.measure_responses` returned. With several stimuli each column says which in brackets.
    stale : collection of str
        Stages whose numbers no longer fit what they were made from; a column ``stale`` says so, in words.

    Returns
    -------
    DataFrame
        Index ``label``; flags in words.
    """
    if traces is None:
        return pd.DataFrame(index=pd.Index([], dtype="int64", name="label"))
    table = _nullable(traces.cells.drop(columns="flags"))
    flags = {"": traces.cells["flags"]}
    if responses is not None:
        events = list(responses.groupby("event", sort=False))
        for event, rows in events:
            ending = f" ({event})" if len(events) > 1 else ""
            by_label = _nullable(rows.set_index("label")).reindex(table.index)
            columns = [name for name in by_label if name not in _NOT_SHOWN]
            table = table.join(by_label[columns].add_suffix(ending))
            flags[ending] = by_label["flags"].fillna(0).astype("int64")
    for ending, values in flags.items() if len(flags) != 2 else list(flags.items())[1:]:
        table[f"flags{ending}"] = [flag_names(int(value)) for value in values]
    if stale:
        table.insert(0, "stale", ", ".join(words for stage, words in STAGE_WORDS.items() if stage in stale))
    return table


def table_for_napari(table: pd.DataFrame) -> pd.DataFrame:
    """Put the row of label n at place n, because napari's table goes by place; gaps and background are empty.

    Parameters
    ----------
    table : DataFrame
        One row per cell, index ``label``.

    Returns
    -------
    DataFrame
        Index ``label``. Where labels are so high that nearly all rows would be empty: one row per cell, and the
        column ``index``, by which a layer of labels finds the row of a label.
    """
    labels = table.index.to_numpy(dtype=np.int64)
    last = int(labels.max(initial=0))
    if last >= _MOST_ROWS:
        shown = table.reset_index(drop=True)
        shown.insert(0, "index", labels)
        return shown
    return table.reindex(pd.RangeIndex(last + 1, name="label"))


def show_table(layer: Any, table: pd.DataFrame) -> None:
    """Have napari's own table show what is known of the cells.

    Parameters
    ----------
    layer : napari.layers.Labels
        The layer of the cells.
    table : DataFrame
        One row per cell, index ``label``.
    """
    shown = table_for_napari(table)
    with layer.events.features.blocker():
        layer.features = shown
    layer.features.index.name = shown.index.name  # napari drops it, and would call the labels 'Index'
    layer.events.features()


def measures(table: pd.DataFrame) -> list[str]:
    """Return the columns by which cells can be coloured: numbers, and what is true or false."""
    return [str(name) for name in table.columns if pd.api.types.is_numeric_dtype(table[name])]


def _nullable(table: pd.DataFrame) -> pd.DataFrame:
    """Return a copy whose numbers can be missing without becoming others."""
    return table.astype({name: _NULLABLE.get(dtype.kind, dtype) for name, dtype in table.dtypes.items()})
