"""The answer of a comparison in sentences, as they would stand in a paper."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from s1r_imaging.experiment.contrast_plan import Condition
from s1r_imaging.experiment.replicates import FRACTION

_UNITS = {
    "peak_dff": "ΔF/F0",
    "auc_dff_s": "ΔF/F0·s",
    "baseline_slope_per_s": "1/s",
    FRACTION: "percentage points",
}
_MEASURES = {
    "peak_dff": "peak ΔF/F0",
    "auc_dff_s": "area under ΔF/F0",
    "time_to_peak_s": "time to peak",
    "rise_time_s": "rise time",
    "fwhm_s": "full width at half maximum",
    "decay_tau_s": "decay time constant",
    "onset_s": "onset",
    FRACTION: "fraction of responders",
}
_CORRECTIONS = {"holm": "Holm", "benjamini_hochberg": "Benjamini–Hochberg", "dunnett": "Dunnett"}


def measure_words(measure: str) -> str:
    """Name a measure in words.

    >>> measure_words("peak_dff"), measure_words("n_peaks")
    ('peak ΔF/F0', 'n_peaks')
    """
    return _MEASURES.get(measure, measure)


def block_sentence(
    row: Mapping[Any, Any], measure: str, conditions: Mapping[str, Condition], *, confidence: float
) -> str:
    """State one block.

    Parameters
    ----------
    row : mapping
        A row of the table of blocks.
    measure : str
        What is compared: fewer cells may respond although those that do respond as strongly, and the reverse.
    conditions : mapping of str to Condition
        What the design says about each.
    confidence : float
        Level of the interval.

    Returns
    -------
    str
        One sentence.
    """
    blocked, agonist = conditions[row["condition"]], conditions[row["agonist_condition"]]
    antagonist = compound(blocked.antagonist, blocked.antagonist_M, f"the antagonist ({blocked.name})")
    stimulus = compound(agonist.agonist, agonist.agonist_M, agonist.name)
    verdict, number = str(row["verdict"]), _block_number(row, confidence)
    if measure == FRACTION:
        return _block_of_fraction(antagonist, stimulus, verdict, number)
    if verdict.startswith("cannot be said"):
        reason = verdict.partition(": ")[2].replace("-", "−")
        estimate = f" Estimate: {number}." if np.isfinite(row["estimate"]) else ""
        return f"Whether {antagonist} blocks the response to {stimulus} cannot be said: {reason}.{estimate}"
    if verdict.startswith("does not block"):
        return f"{_capital(antagonist)} did not block the response to {stimulus}: block {number}."
    partly = " partly" if verdict.startswith("blocks partly") else ""
    return f"{_capital(antagonist)}{partly} blocked the response to {stimulus}: block {number}."


def _block_of_fraction(antagonist: str, stimulus: str, verdict: str, number: str) -> str:
    if verdict.startswith("cannot be said"):
        reason = verdict.partition(": ")[2].replace("-", "−")
        return (
            f"Whether {antagonist} lowers the share of cells that respond to {stimulus} cannot be said: {reason}."
        )
    did = "did not lower" if verdict.startswith("does not block") else "lowered"
    if verdict.startswith("blocks partly"):
        did = "partly lowered"
    return f"{_capital(antagonist)} {did} the share of cells that respond to {stimulus}: block {number}."


def contrast_sentence(
    row: Mapping[Any, Any],
    measure: str,
    conditions: Mapping[str, Condition],
    *,
    confidence: float,
    correction: str,
    scale: str,
) -> str:
    """State one contrast.

    Parameters
    ----------
    row : mapping
        A row of the table of contrasts.
    measure : str
        What is compared.
    conditions : mapping of str to Condition
        What the design says about each.
    confidence : float
        Level of the interval.
    correction : str
        How P values were adjusted.
    scale : str
        ``"linear"`` or ``"log"``.

    Returns
    -------
    str
        One or two sentences.
    """
    one, other = (_name(conditions[row[key]]) for key in ("condition", "reference"))
    if np.isnan(row["estimate"]):
        return f"{_capital(one)} cannot be compared with {other}. {row['note']}"
    change, interval = _change(row, measure, confidence, scale)
    text = f"{_capital(one)} against {other}: {measure_words(measure)} {change}"
    if np.isnan(row["p_value"]):
        return f"{text} ({_n(row)}). {row['note']}"
    adjusted = ""
    if correction in _CORRECTIONS and np.isfinite(row["p_adjusted"]):
        adjusted = f", {_CORRECTIONS[correction]}-adjusted {p_words(row['p_adjusted'])}"
    return f"{text} ({interval}, {_n(row)}); {p_words(row['p_value'])}{adjusted}."


def amount(value: float, measure: str, *, unit: bool = True, signed: bool = False) -> str:
    """Write a value of a measure with its unit.

    Parameters
    ----------
    value : float
        The value.
    measure : str
        What it is of.
    unit : bool
        Whether the unit is written.
    signed : bool
        Whether a plus sign is.

    Returns
    -------
    str
        Three significant digits.

    Examples
    --------
    >>> amount(0.61234, "peak_dff", signed=True), amount(-0.25, "responder_fraction")
    ('+0.612 ΔF/F0', '−25 percentage points')
    """
    if np.isinf(value):
        return "+∞" if value > 0 else "−∞"
    shown = 100 * value if measure == FRACTION else value
    text = f"{shown:+.3g}" if signed else f"{shown:.3g}"
    words = _UNITS.get(measure, "s" if measure.endswith("_s") else "") if unit else ""
    return f"{text} {words}".strip().replace("-", "−")


def p_words(p_value: float) -> str:
    """Write a P value.

    >>> p_words(0.0312), p_words(0.00002)
    ('p = 0.031', 'p < 0.0001')
    """
    return "p < 0.0001" if p_value < 1e-4 else f"p = {p_value:.2g}"


def compound(name: str, concentration_M: float, otherwise: str) -> str:
    """Write a compound with its concentration.

    >>> compound("PRE-084", 1e-5, "agonist"), compound("", float("nan"), "agonist")
    ('PRE-084 (10 µM)', 'agonist')
    """
    if not name:
        return otherwise
    if np.isnan(concentration_M):
        return name
    for unit, size in (("M", 1.0), ("mM", 1e-3), ("µM", 1e-6), ("nM", 1e-9)):
        if concentration_M >= 0.9999 * size:
            return f"{name} ({concentration_M / size:.3g} {unit})"
    return f"{name} ({concentration_M / 1e-12:.3g} pM)"


def listed(sentences: Sequence[str]) -> tuple[str, ...]:
    """Return the sentences, each once, none empty."""
    return tuple(dict.fromkeys(sentence for sentence in sentences if sentence))


def _change(row: Mapping[Any, Any], measure: str, confidence: float, scale: str) -> tuple[str, str]:
    """Say by how much a measure differed, and the interval of that."""
    if scale == "log":
        interval = f"{row['ci_low']:.3g} to {row['ci_high']:.3g}"
        return f"was {row['estimate']:.3g} times as large", f"{100 * confidence:g} % CI {interval}"
    low, high = (amount(row[end], measure, unit=False, signed=True) for end in ("ci_low", "ci_high"))
    difference = amount(row["estimate"], measure, signed=True)
    return f"differed by {difference}", f"{100 * confidence:g} % CI {low} to {high}"


def _block_number(row: Mapping[Any, Any], confidence: float) -> str:
    n = {int(row[name]) for name in ("n_replicates", "n_replicates_agonist", "n_replicates_vehicle")}
    size = f"n = {n.pop()} replicates a condition" if len(n) == 1 else (
        f"n = {int(row['n_replicates'])}, {int(row['n_replicates_agonist'])} and "
        f"{int(row['n_replicates_vehicle'])} replicates with both, agonist and vehicle"
    )  # fmt: skip
    number = f"{row['estimate']:.0f} %".replace("-", "−") if np.isfinite(row["estimate"]) else "not known"
    if np.isnan(row["ci_low"]):
        return f"{number} ({size})"
    if row["is_open"]:
        return f"{number} ({100 * confidence:g} % CI open, {size})"
    ends = f"{row['ci_low']:.0f} to {row['ci_high']:.0f} %".replace("-", "−")
    return f"{number} ({100 * confidence:g} % CI {ends}, {size})"


def _name(condition: Condition) -> str:
    agonist = compound(condition.agonist, condition.agonist_M, "")
    antagonist = compound(condition.antagonist, condition.antagonist_M, "")
    names = [name for name in (antagonist, agonist) if name]
    return " + ".join(names) if names else condition.name


def _n(row: Mapping[Any, Any]) -> str:
    one, other = int(row["n_replicates"]), int(row["n_replicates_reference"])
    if row["method"] == "cells":
        return f"n = {int(row['n_cells'])} and {int(row['n_cells_reference'])} CELLS"
    return f"n = {one} replicates a condition" if one == other else f"n = {one} and {other} replicates"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
