"""A Schild experiment in words."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from s1r_imaging.curves.report import concentration_text
from s1r_imaging.experiment.schild_model import SchildModel


def method_words(fit: SchildModel, *, own_levels: bool, several: bool) -> str:
    """Say what was fitted and what the intervals come from.

    Parameters
    ----------
    fit : SchildModel
        The joint fit.
    own_levels : bool
        Whether each replicate had levels of its own.
    several : bool
        Whether the slope was fitted.

    Returns
    -------
    str
        Words without a full stop.
    """
    curves = "global Gaddum–Schild fit" if several else "global Gaddum fit, Schild slope taken to be 1"
    levels = "; bottom, top and EC50 of each replicate" if own_levels else ""
    source = "intervals over replicates" if fit.by_replicate else "intervals over points"
    return f"{curves}{levels}; {source}"


def schild_sentences(row: Mapping[str, Any], failed: Sequence[str], *, confidence: float) -> tuple[str, ...]:
    """Write the answer of a Schild experiment.

    Parameters
    ----------
    row : mapping
        Row of ``SchildFit.table``.
    failed : sequence of str
        Sentences of the conditions that do not hold.
    confidence : float
        Level of the intervals.

    Returns
    -------
    tuple of str
        The answer first.
    """
    who = f"{row['antagonist']} against {row['agonist']}"
    if row["relation"] == "<":
        top = concentration_text(10.0 ** -row["pa2"])
        return (f"{who}: no shift up to {top}, so pA2 lies below {row['pa2']:.2f}.", *failed)
    if row["surmountable"] is False:
        advice = "No pA2 can be given: the antagonism is not surmountable competition."
        return (f"{who}: {advice}", *failed)
    if row["relation"] != "=":
        return (f"{who}: the data do not determine pA2.", *failed)
    level = f"{100 * confidence:g} % CI"
    pa2 = f"pA2 {row['pa2']:.2f} ({level} {_interval(row['pa2_ci_low'], row['pa2_ci_high'])})"
    slope = ""
    if np.isfinite(row["slope_ci_low"]):
        slope = (
            f", Schild slope {row['schild_slope']:.2f} ({_interval(row['slope_ci_low'], row['slope_ci_high'])})"
        )
    count = int(row["n_replicates"])
    n = f", n = {count} replicates" if count > 1 else ", from the scatter of the points of one replicate"
    more = []
    if np.isfinite(row["pkb"]) and slope:
        more.append(
            f"The slope does not differ from 1 (P = {row['slope_p']:.2g}); with the slope held at 1, pKB is "
            f"{row['pkb']:.2f} ({level} {_interval(row['pkb_ci_low'], row['pkb_ci_high'])}), KB "
            f"{concentration_text(row['kb_nM'] * 1e-9)}."
        )
    return (f"{who}: {pa2}{slope}{n}.", *more, *failed)


def _interval(low: float, high: float) -> str:
    if np.isneginf(low) and np.isposinf(high):
        return "open on both sides"
    if np.isneginf(low):
        return f"below {high:.2f}"
    return f"above {low:.2f}" if np.isposinf(high) else f"{low:.2f} to {high:.2f}"
