"""The answer of a binding analysis in a few lines of text."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from s1r_imaging.binding_analysis import BindingAnalysis
from s1r_imaging.flags import BINDING_FLAG_MEANING
from s1r_imaging.plots.binding_tables import interval_words


def binding_summary_lines(analysis: BindingAnalysis) -> list[str]:
    """Say what is on the plate, the Ki of each compound in each experiment, and what is suspect.

    Parameters
    ----------
    analysis : BindingAnalysis
        What `analyze_binding` returned.

    Returns
    -------
    list of str
        One line per fact.
    """
    plate, affinities = analysis.plate, analysis.affinities
    n_experiments = len(plate["experiment"].unique())
    plural = "s" if n_experiments != 1 else ""
    percent = f"{100 * analysis.options.confidence:g} %"
    lines = [f"{len(plate)} wells of {n_experiments} experiment{plural}."]
    lines.append(f"Ki with its {percent} profile interval:" if len(affinities) else "No competitor wells: no Ki.")
    width = max((len(str(name)) for name in affinities["compound"]), default=0)
    lines += [_line(row, width, n_experiments) for row in affinities.to_dict("records")]
    if n_experiments > 1:
        lines.append("Over the experiments, mean pKi with its t interval and geometric mean Ki:")
        lines += [_combined_line(row, width) for row in analysis.combined.to_dict("records")]
    lines += [quality_sentence(row) for row in analysis.quality.to_dict("records")]
    return lines + flag_sentences(affinities)


def _line(row: Mapping[Any, Any], width: int, n_experiments: int) -> str:
    where = f"  experiment {row['experiment']}" if n_experiments > 1 else ""
    return f"  {row['compound']!s:{width}}{where}  {affinity_answer(row)}{_slope(row)}"


def _combined_line(row: dict[Any, Any], width: int) -> str:
    answer = affinity_answer(row | {"pki": row["mean_pki"]})
    line = f"  {row['compound']!s:{width}}  {answer}, n = {row['n_experiments']}"
    sem = _number(row, "sem_pki")
    return line + (f", SEM of pKi {sem:.2f}" if np.isfinite(sem) else "")


def quality_sentence(row: Mapping[Any, Any]) -> str:
    """Say whether the plate of an experiment is good.

    Parameters
    ----------
    row : mapping
        A row of the quality table.

    Returns
    -------
    str
        Z′, specific and bound binding as far as they are known, and the verdict.
    """
    words = {"z_prime": "Z′ {:.2f}", "specific_percent": "{:.0f} % specific", "bound_percent": "{:.1f} % bound"}
    numbers = [form.format(row[name]) for name, form in words.items() if np.isfinite(_number(row, name))]
    numbers.append(f"quality {row['verdict']}")
    return f"Plate of experiment {row['experiment']}: {', '.join(numbers)}."


def affinity_answer(row: Mapping[Any, Any]) -> str:
    """Say the Ki of a row of the affinities, with its interval, and pKi.

    Parameters
    ----------
    row : mapping
        A row of the affinities; or of the combined ones, with ``pki`` for their mean.

    Returns
    -------
    str
        Part of a sentence; a limit where that is all that is known.
    """
    if row["relation"] in {"<", ">"}:
        limit = interval_words(_number(row, "ki_limit_nM"), np.nan, np.nan)
        return f"Ki {row['relation']} {limit}"
    words = interval_words(*(_number(row, name) for name in ("ki_nM", "ki_ci_low_nM", "ki_ci_high_nM")))
    pki = _number(row, "pki")
    return f"Ki {words}, pKi {pki:.2f}" if np.isfinite(pki) else f"Ki {words}"


def _slope(row: Mapping[Any, Any]) -> str:
    hill = _number(row, "hill_slope")
    names = f"; flags: {row['flag_names']}" if row["flag_names"] else ""
    return (f", Hill slope {hill:.2f}" if np.isfinite(hill) else "") + names


def _number(row: Mapping[Any, Any], name: str) -> float:
    return float(row[name])


def flag_sentences(affinities: pd.DataFrame) -> list[str]:
    """Explain each flag that is set, once.

    Parameters
    ----------
    affinities : DataFrame
        As in `BindingAnalysis`.

    Returns
    -------
    list of str
        The name of the flag and what it means.
    """
    union = int(np.bitwise_or.reduce(affinities["flags"].to_numpy(dtype=np.int64), initial=0))
    return [
        f"{flag.name.lower()}: {text}" for flag, text in BINDING_FLAG_MEANING.items() if flag & union and flag.name
    ]
