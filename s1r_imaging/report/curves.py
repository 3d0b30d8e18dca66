"""Tables of concentration–response curves: potencies, pA2, and the flags of their fits explained."""

from collections.abc import Sequence

import pandas as pd

from s1r_imaging.curves.report import concentration_text
from s1r_imaging.experiment.concentration import ConcentrationResponse
from s1r_imaging.experiment.schild import SchildFit
from s1r_imaging.flags import CURVE_FLAG_MEANING, CurveFlag, flag_names
from s1r_imaging.report.answer import checks
from s1r_imaging.report.markup import Html, bullets, details, element, join
from s1r_imaging.report.numbers import UNKNOWN, is_known, number
from s1r_imaging.report.tables import Column, Row, head, limits, numeric, p_values, short_words, table, words

_KINDS = {"ec50": "EC50", "ic50": "IC50"}
_METHODS = {"replicate_curves": "mean over replicates", "one_curve": "one curve through all points"}


def potency(row: Row) -> str:
    """Write EC50 or IC50 with the unit that suits it; a limit as a limit.

    >>> potency({"relation": ">", "ec50_nM": 1e5}), potency({"relation": "", "ec50_nM": None})
    ('> 100 µM', '–')
    """
    if not row["relation"] or not is_known(row["ec50_nM"]):
        return UNKNOWN
    value = concentration_text(row["ec50_nM"] * 1e-9)
    return value if row["relation"] == "=" else f"{row['relation']} {value}"


def potency_interval(row: Row) -> str:
    """Write the interval of EC50 or IC50; an end that is open is said to be.

    >>> potency_interval({"ci_low_nM": 12.0, "ci_high_nM": float("inf")})
    'above 12 nM (open)'
    """
    low, high = row["ci_low_nM"], row["ci_high_nM"]
    if not is_known(low) or not is_known(high):
        return UNKNOWN
    is_open_below, is_open_above = low <= 0, high == float("inf")
    if is_open_below and is_open_above:
        return "open on both sides"
    if is_open_below:
        return f"below {concentration_text(high * 1e-9)} (open)"
    if is_open_above:
        return f"above {concentration_text(low * 1e-9)} (open)"
    return f"{concentration_text(low * 1e-9)} to {concentration_text(high * 1e-9)}"


_COLUMNS = (
    head("curve", "Curve"),
    Column("kind", "Quantity", lambda row: _KINDS.get(row["kind"], row["kind"]), "short"),
    Column("ec50_nM", "Estimate", potency, "number"),
    Column("ci_low_nM", "Interval", potency_interval, "number"),
    Column("log_ec50", "log10 M", lambda row: number(row["log_ec50"], digits=4), "number"),
    numeric("hill_slope", "Hill slope"),
    numeric("bottom", "Bottom"),
    numeric("top", "Top"),
    numeric("n_replicates", "Replicates"),
    numeric("n_points", "Points"),
    Column("method", "From", lambda row: _METHODS.get(row["method"], row["method"]), "short"),
    Column("flag_names", "Flags", lambda row: str(row["flag_names"]).replace("_", " "), "words"),
)


def concentration_section(fitted: ConcentrationResponse) -> Html:
    """Return EC50 and IC50 in words and as a table.

    Parameters
    ----------
    fitted : ConcentrationResponse
        What `fit_concentration_response` returned.

    Returns
    -------
    Html
        Sentences, table, flags explained, and curves that could not be made.
    """
    return join(
        sentences(fitted.sentences),
        table(fitted.table, _COLUMNS, caption="EC50 and IC50 over replicates."),
        flag_legend(fitted.table),
        details("Curves that could not be made", bullets(fitted.problems)) if fitted.problems else "",
    )


_SCHILD = (
    head("antagonist", "Antagonist"),
    short_words("agonist", "Agonist"),
    Column("pa2", "pA2", lambda row: _limited(row["relation"], row["pa2"]), "number"),
    limits("pa2_ci_low", "pa2_ci_high", "pA2 interval"),
    numeric("schild_slope", "Slope"),
    limits("slope_ci_low", "slope_ci_high", "Slope interval"),
    p_values("slope_p", "p (slope 1)"),
    numeric("pkb", "pKB"),
    limits("pkb_ci_low", "pkb_ci_high", "pKB interval"),
    numeric("n_replicates", "Replicates"),
    numeric("n_points", "Points"),
    words("method", "Method"),
)


def schild_section(fitted: SchildFit) -> Html:
    """Return pA2, slope and pKB in words, with their conditions, and as a table.

    Parameters
    ----------
    fitted : SchildFit
        What `fit_schild` returned.

    Returns
    -------
    Html
        Sentences, checks and table.
    """
    return join(
        sentences(fitted.sentences),
        checks(fitted.checks),
        table(fitted.table, _SCHILD, caption="Antagonism after Gaddum and Schild."),
    )


def sentences(said: Sequence[str]) -> Html:
    """Return sentences that answer a question, where there are any."""
    return element("div", *(element("p", sentence) for sentence in said), class_="answer") if said else Html()


def _limited(relation: str, value: float) -> str:
    return number(value, digits=3) if relation in {"", "="} else f"{relation} {number(value, digits=3)}"


def flag_legend(frame: pd.DataFrame) -> Html:
    """Return what the flags of curves mean, those that occur."""
    union = 0
    for flags in frame["flags"]:
        union |= int(flags)
    rows = [
        (flag_names(flag, kind=CurveFlag).replace("_", " "), CURVE_FLAG_MEANING[flag])
        for flag in CurveFlag
        if flag & union
    ]
    if not rows:
        return Html()
    legend = pd.DataFrame(rows, columns=["flag", "meaning"])
    return table(legend, [head("flag", "Flag"), words("meaning", "What it means")], caption="Flags of the curves.")
