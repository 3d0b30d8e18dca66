"""Functional pKB beside binding pKi of the same compound, on one scale."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from s1r_imaging.curves.averages import average
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.experiment.schild import SchildFit

POTENCY_COLUMNS = (
    "compound", "quantity", "pkb_relation", "pkb", "pkb_ci_low", "pkb_ci_high", "n_replicates", "pki_relation",
    "pki", "pki_ci_low", "pki_ci_high", "n_experiments", "difference", "difference_ci_low", "difference_ci_high",
    "sentence",
)  # fmt: skip
"""Columns of what `potency_table` returns."""

Row = Mapping[Any, Any]
_OTHER_WAY = {"=": "=", ">": "<", "<": ">", "": ""}
Functional = pd.DataFrame | SchildFit | Iterable[SchildFit]


def potency_table(functional: Functional, binding: pd.DataFrame | str | Path) -> pd.DataFrame:
    """Put functional pKB beside binding pKi, compound by compound.

    Parameters
    ----------
    functional : DataFrame, SchildFit or iterable of SchildFit
        Schild fits, or a table like theirs or that of `fit_leff_dougall`: ``compound`` or ``antagonist``, ``pkb``,
        ``pkb_ci_low, pkb_ci_high``, and, where they are known, ``relation``, ``n_replicates`` and
        ``pa2, pa2_ci_low, pa2_ci_high``, which stand in where there is no pKB. The relation speaks of pKB or
        pA2.
    binding : DataFrame, str or Path
        As `combine_experiments` or ``to_frame`` of a competition fit gives it, or a CSV file of that:
        ``compound``, ``mean_pki`` or ``pki``, with ``pki_ci_low, pki_ci_high, pki_limit, relation``. Several
        experiments of a compound are averaged.

    Returns
    -------
    DataFrame
        ``compound``; ``quantity`` (``"pKB"`` or ``"pA2"``), ``pkb`` with its interval and ``n_replicates``;
        ``pki`` with its interval and ``n_experiments``; ``difference`` (pKB − pKi) with its interval;
        ``sentence``.
        ``pkb_relation`` and ``pki_relation`` speak of the logarithms: ``"<"`` is less potent than the limit that
        is given. Functional rows come first, in their order; compounds of one table alone stay, and the sentence
        says what is missing.

    Raises
    ------
    TypeError
        If a table is of another kind.
    ValueError
        If a column is missing.
    S1RImagingError
        If the file cannot be read.

    Notes
    -----
    Names agree without regard to case, spaces, hyphens and underscores. The interval of the difference joins both
    intervals by the method of variance estimates recovery (Zou and Donner, Stat. Med. 27, 1693, 2008), which keeps
    their asymmetry; both tables should have intervals of one level.

    Examples
    --------
    >>> functional = pd.DataFrame({"antagonist": ["BD-1047"], "pkb": [7.9], "pkb_ci_low": [7.6],
    ...                            "pkb_ci_high": [8.2]})
    >>> binding = pd.DataFrame({"compound": ["bd1047"], "mean_pki": [8.5], "pki_ci_low": [8.1],
    ...                         "pki_ci_high": [8.9]})
    >>> potency_table(functional, binding)[["difference", "difference_ci_low", "difference_ci_high"]].round(2)
       difference  difference_ci_low  difference_ci_high
    0        -0.6               -1.1                -0.1
    """
    left, right = _functional(functional), _binding(binding)
    own = {_key(row["compound"]): row for row in right}
    rows = [_row(row, own.get(_key(row["compound"]))) for row in left]
    seen = {_key(row["compound"]) for row in left}
    rows += [_row({"compound": row["compound"]}, row) for key, row in own.items() if key not in seen]
    return pd.DataFrame(rows, columns=list(POTENCY_COLUMNS))


def _key(name: object) -> str:
    return "".join(letter for letter in str(name).casefold() if letter not in " -_‑–")


def _functional(functional: Any) -> list[dict[str, Any]]:
    if isinstance(functional, SchildFit):
        functional = [functional]
    if not isinstance(functional, pd.DataFrame):
        fits = list(functional)
        if not all(isinstance(item, SchildFit) for item in fits):
            raise TypeError("functional: expected a DataFrame, a SchildFit or several of them.")
        functional = pd.concat([item.table for item in fits], ignore_index=True) if fits else pd.DataFrame()
        functional = functional.reindex(columns=[*functional.columns, *([] if fits else ["compound", "pkb"])])
    name = next((name for name in ("compound", "antagonist") if name in functional), None)
    if name is None or not {"pkb", "pa2"} & set(functional.columns):
        raise ValueError(f"functional has columns {', '.join(functional.columns)}: expected compound and pkb.")
    return [_functional_row(row, row[name]) for row in functional.to_dict("records")]


def _functional_row(row: Row, compound: object) -> dict[str, Any]:
    is_pa2 = not np.isfinite(_number(row, "pkb")) and np.isfinite(_number(row, "pa2"))
    source = "pa2" if is_pa2 else "pkb"
    value = _number(row, source)
    given = row.get("relation", "=")
    relation = (given if isinstance(given, str) else "=") if np.isfinite(value) else ""
    is_limit = relation != "="
    return {
        "compound": compound,
        "quantity": "pA2" if is_pa2 else "pKB",
        "pkb_relation": relation,
        "pkb": value,
        "pkb_ci_low": np.nan if is_limit else _number(row, f"{source}_ci_low"),
        "pkb_ci_high": np.nan if is_limit else _number(row, f"{source}_ci_high"),
        "n_replicates": _number(row, "n_replicates"),
    }


def _binding(binding: pd.DataFrame | str | Path) -> list[dict[str, Any]]:
    table = _read(binding) if isinstance(binding, str | Path) else binding
    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"binding is a {type(table).__name__}: expected a DataFrame or the path of a CSV file.")
    value = next((name for name in ("mean_pki", "pki") if name in table), None)
    if value is None or "compound" not in table:
        raise ValueError(
            f"binding has columns {', '.join(map(str, table.columns))}: expected compound and mean_pki."
        )
    rows = []
    for _, own in table.groupby(table["compound"].map(_key), sort=False):
        each = [_binding_row(row, value) for row in own.to_dict("records")]
        rows.append(each[0] if len(each) == 1 else _averaged(each))
    return rows


def _read(path: str | Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, encoding="utf-8-sig", keep_default_na=True)
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise S1RImagingError(f"{path} cannot be read as a table of affinities: {error}") from error


def _binding_row(row: Row, value: str) -> dict[str, Any]:
    pki, limit = _number(row, value), _number(row, "pki_limit")
    given = row.get("relation", "=")
    relation = _OTHER_WAY.get(given if isinstance(given, str) else "", "")
    if not np.isfinite(pki) and not np.isfinite(limit):
        relation = ""
    number = np.isfinite(pki) and ("relation" not in row or relation == "=")
    return {
        "compound": row["compound"],
        "pki_relation": "=" if number else relation,
        "pki": pki if number else limit,
        "pki_ci_low": _number(row, "pki_ci_low") if number else np.nan,
        "pki_ci_high": _number(row, "pki_ci_high") if number else np.nan,
        "n_experiments": _number(row, "n_experiments", default=1.0),
    }


def _averaged(rows: list[dict[str, Any]]) -> dict[str, Any]:
    found = average([row["pki"] for row in rows], [row["pki_relation"] for row in rows])
    return {
        "compound": rows[0]["compound"],
        "pki_relation": found.relation,
        "pki": found.mean if found.relation == "=" else found.limit,
        "pki_ci_low": found.ci_low,
        "pki_ci_high": found.ci_high,
        "n_experiments": float(found.n),
    }


def _row(functional: dict[str, Any], binding: dict[str, Any] | None) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(POTENCY_COLUMNS, np.nan)
    row |= {"quantity": "pKB", "pkb_relation": "", "pki_relation": ""}
    row |= {**(binding or {}), **functional}
    difference, low, high = np.nan, np.nan, np.nan
    if row["pkb_relation"] == row["pki_relation"] == "=":
        difference = row["pkb"] - row["pki"]
        below, above = row["pkb"] - row["pkb_ci_low"], row["pkb_ci_high"] - row["pkb"]
        other_below, other_above = row["pki"] - row["pki_ci_low"], row["pki_ci_high"] - row["pki"]
        low, high = difference - np.hypot(below, other_above), difference + np.hypot(above, other_below)
    row |= {"difference": difference, "difference_ci_low": low, "difference_ci_high": high}
    return row | {"sentence": _sentence(row)}


def _sentence(row: dict[str, Any]) -> str:
    parts = []
    if row["pkb_relation"]:
        parts.append(f"functional {_value(row, 'pkb')}")
    if row["pki_relation"]:
        parts.append(f"binding {_value(row, 'pki')}")
    if len(parts) < 2:
        gap = "no functional pKB" if row["pki_relation"] else "no binding pKi"
        return (
            f"{row['compound']}: {parts[0]}; {gap}." if parts else f"{row['compound']}: no potency of either kind."
        )
    return f"{row['compound']}: {', '.join(parts)}; {_difference(row)}."


def _difference(row: dict[str, Any]) -> str:
    difference, low, high = (row[f"difference{end}"] for end in ("", "_ci_low", "_ci_high"))
    if not np.isfinite(difference):
        return "one is a limit, so the difference is not a number"
    if not (np.isfinite(low) and np.isfinite(high)):
        return f"difference {_signed(difference)}, without an interval, since one of the two has none"
    words = f"difference {_signed(difference)} ({_signed(low)} to {_signed(high)})"
    if low <= 0 <= high:
        return f"{words}, none beyond the errors"
    side = "more" if difference > 0 else "less"
    return f"{words}: {10 ** abs(difference):.3g} times {side} potent in the functional assay than in binding"


def _value(row: dict[str, Any], name: str) -> str:
    relation, label = row[f"{name}_relation"], row["quantity"] if name == "pkb" else "pKi"
    return f"{label} {'' if relation == '=' else relation + ' '}{row[name]:.2f}"


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _number(row: Row, name: str, *, default: float = np.nan) -> float:
    value = pd.to_numeric(row.get(name, default), errors="coerce")
    return float(value)
