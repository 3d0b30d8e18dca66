"""Tables with the same columns and types whether they have rows or not."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd


def typed_table(rows: Sequence[Mapping[str, Any]], dtypes: Mapping[str, str]) -> pd.DataFrame:
    """Make a table of rows, with the columns and types that it always has.

    Parameters
    ----------
    rows : sequence of mapping
        One per row; every column is there.
    dtypes : mapping of str to str
        Type of each column, in order.

    Returns
    -------
    DataFrame
        With these columns, also if there are no rows.

    Examples
    --------
    >>> typed_table([], {"condition": "object", "estimate": "float64"}).dtypes.astype(str).to_list()
    ['object', 'float64']
    """
    return pd.DataFrame(
        {name: pd.Series([row[name] for row in rows], dtype=dtype) for name, dtype in dtypes.items()}
    )
