"""Paired design: the same cells stimulated twice, the antagonist given in between, S2/S1 against a control.

The second response is smaller even without an antagonist (desensitisation, run-down, bleaching), so that the
antagonist's S2/S1 is held against that of dishes which got vehicle in between.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from s1r_imaging.curves.fit import CurveOptions
from s1r_imaging.experiment.block import Block, block_percent
from s1r_imaging.experiment.difference import blocked_difference, hedges_g, welch_difference
from s1r_imaging.experiment.groups import Group, are_paired, make_groups, shared_blocks, variance, with_values
from s1r_imaging.experiment.paired_cells import pair_cells, paired_replicates
from s1r_imaging.experiment.replicates import check_tables
from s1r_imaging.options import Options, option

Array = NDArray[np.float64]

CONTRAST_DTYPES: dict[str, str] = {
    "contrast": "object",
    "condition": "object",
    "reference": "object",
    "estimate": "float64",
    "ci_low": "float64",
    "ci_high": "float64",
    "p_value": "float64",
    "effect_size": "float64",
    "df": "float64",
    "n_replicates": "int64",
    "n_replicates_reference": "int64",
    "n_cells": "int64",
    "n_cells_reference": "int64",
    "is_paired": "bool",
    "note": "object",
}
"""Columns of the contrasts of a paired design."""

BLOCK_DTYPES: dict[str, str] = {
    "condition": "object",
    "reference": "object",
    "estimate": "float64",
    "ci_low": "float64",
    "ci_high": "float64",
    "verdict": "object",
    "is_open": "bool",
    "df": "float64",
    "n_replicates": "int64",
    "n_replicates_reference": "int64",
    "is_paired": "bool",
    "method": "object",
}
"""Columns of the blocks of a paired design."""

_TREATED = ("antagonist", "antagonist_agonist")
_FEWEST_DAYS = 3  # within two days one degree of freedom would be left


@dataclass(frozen=True, kw_only=True)
class PairedOptions(Options):
    """Options of `paired_stimuli`."""

    section: ClassVar[str] = "paired"

    measure: str = option("peak_dff", "Column of the responses that is compared.")
    control: str | None = option(
        None, "Condition that got vehicle between the stimuli; taken from the roles when not given."
    )
    cells_used: Literal["first_responders", "all"] = option(
        "first_responders", "Cells that count: those that responded to the first stimulus, or all."
    )
    pairing: Literal["auto", "none", "day", "replicate"] = option(
        "auto", "Compare within days where the design supports it, never, or always; or by the replicates' labels."
    )
    confidence: float = option(CurveOptions.confidence, "Level of the intervals.", gt=0, lt=1)


@dataclass(frozen=True, eq=False)
class PairedComparison:
    """What `paired_stimuli` found.

    Attributes
    ----------
    cells : DataFrame
        One row per cell: ``recording, condition, role, replicate, label, first, second, is_first_responder,
        is_used, ratio``.
    replicates : DataFrame
        One row per condition and replicate: ``condition, role, replicate, first, second, ratio, n_cells,
        n_left_out, n_missing, n_recordings``.
    contrasts : DataFrame
        Difference of S2/S1 of each treated condition from the control: columns `CONTRAST_DTYPES`.
    block : DataFrame
        Block of each treated condition (%): columns `BLOCK_DTYPES`.
    sentences : tuple of str
        The answer in words.
    options : PairedOptions
        How it was found.
    """

    cells: pd.DataFrame
    replicates: pd.DataFrame
    contrasts: pd.DataFrame
    block: pd.DataFrame
    sentences: tuple[str, ...]
    options: PairedOptions


def paired_stimuli(
    responses: pd.DataFrame,
    design: pd.DataFrame,
    *,
    first: str,
    second: str,
    measure: str = PairedOptions.measure,
    control: str | None = PairedOptions.control,
    cells_used: Literal["first_responders", "all"] = PairedOptions.cells_used,
    pairing: Literal["auto", "none", "day", "replicate"] = PairedOptions.pairing,
    confidence: float = PairedOptions.confidence,
) -> PairedComparison:
    r"""Compare the second response with the first, with the antagonist and with vehicle in between.

    Parameters
    ----------
    responses : DataFrame
        One row per recording, cell and event, as `measure_responses` gives it: ``recording``, ``label``,
        ``event``, the measure, and ``is_responder``.
    design : DataFrame
        One row per recording: ``recording, condition, role, replicate`` and, where known, ``day``.
    first, second : str
        Names of the events; where both have one name, its first and second time.
    measure : str
        Column of the responses that is compared.
    control : str, optional
        Condition that got vehicle between the stimuli. When not given, the only condition with role
        ``agonist``, or with role ``vehicle`` where none has.
    cells_used : {'first_responders', 'all'}
        Cells that count: those that responded to the first stimulus, or all.
    pairing : {'auto', 'none', 'day', 'replicate'}
        Whether treated and control replicates of a day belong together.
    confidence : float
        Level of the intervals.

    Returns
    -------
    PairedComparison
        Cells, replicates, contrasts, block and sentences.

    Raises
    ------
    TypeError, ValueError
        If a table lacks a column, the events are not there, the control is not clear, or an option is out of
        range.

    Notes
    -----
    A replicate's S2/S1 is the ratio of its means, :math:`\sum S_2 / \sum S_1` over the cells used. The mean of
    the cells' log ratios has no value for a cell that the antagonist silenced, and the mean of their ratios is
    drawn upwards by noise in small first responses; the ratio of means has neither fault.

    Cells that did not respond to the first stimulus have nothing to block; they are left out and counted. To
    choose cells by a noisy first response makes their first mean too high (regression to the mean) and
    S2/S1 too low. The control is chosen by the same rule, so that this factor cancels in

    .. math:: \text{block} = 100 \left(1 - \frac{(S_2/S_1)_\text{antagonist}}{(S_2/S_1)_\text{control}}\right)

    but S2/S1 itself, and so the desensitisation, carries it. ``cells_used="all"`` chooses nothing, at the price
    of more noise. The interval of the block is Fieller's over replicates, as in `block_percent` with a vehicle
    of exactly 0.

    Examples
    --------
    >>> responses = pd.DataFrame({"recording": np.repeat(["a", "b", "c", "d"], 2), "label": 1,
    ...     "event": ["S1", "S2"] * 4, "peak_dff": [1.0, 0.8, 2.0, 1.7, 1.0, 0.2, 1.5, 0.36]})
    >>> design = pd.DataFrame({"recording": list("abcd"), "condition": ["control"] * 2 + ["NE-100"] * 2,
    ...     "role": ["agonist"] * 2 + ["antagonist_agonist"] * 2, "replicate": [1, 2, 3, 4]})
    >>> paired_stimuli(responses, design, first="S1", second="S2").block["estimate"].round(1).tolist()
    [73.3]
    """
    options = PairedOptions(
        measure=measure, control=control, cells_used=cells_used, pairing=pairing, confidence=confidence
    )
    check_tables(responses, design, measure)
    _check_events(responses, first, second)
    reference = _control(design, options)
    treated = [name for name in design["condition"].unique() if name != reference]
    treated = [name for name in treated if (design.loc[design["condition"] == name, "role"].isin(_TREATED)).all()]
    if not treated:
        raise ValueError("design has no condition with role antagonist or antagonist_agonist: nothing to compare.")
    wanted = design.loc[design["condition"].isin([reference, *treated])].reset_index(drop=True)
    found = pair_cells(
        responses, wanted, first=first, second=second, measure=measure, all_cells=cells_used == "all"
    )
    replicates = paired_replicates(found.table, wanted)
    groups = _groups(replicates, pairing)
    contrasts = [_contrast(groups[name], groups[reference], options) for name in treated]
    blocks = [_block(groups[name], groups[reference], options) for name in treated]
    table = _table(blocks, BLOCK_DTYPES)
    return PairedComparison(
        cells=found.table,
        replicates=replicates,
        contrasts=_table(contrasts, CONTRAST_DTYPES),
        block=table,
        sentences=(*_sentences(table, groups, replicates, options), *found.problems),
        options=options,
    )


def _check_events(responses: pd.DataFrame, first: str, second: str) -> None:
    if "event" not in responses:
        raise ValueError("responses has no column 'event': a paired design needs two events in each recording.")
    known = [str(name) for name in responses["event"].dropna().unique()]
    for argument, name in (("first", first), ("second", second)):
        if name.strip().casefold() not in [other.strip().casefold() for other in known]:
            raise ValueError(f"{argument}={name!r}: no such event; responses has {', '.join(map(repr, known))}.")


def _control(design: pd.DataFrame, options: PairedOptions) -> str:
    conditions = design.drop_duplicates("condition")
    if options.control is not None:
        if options.control not in set(conditions["condition"]):
            known = ", ".join(map(str, conditions["condition"]))
            raise ValueError(f"control={options.control!r}: no such condition; the design has {known}.")
        return options.control
    for role in ("agonist", "vehicle"):
        named = conditions.loc[conditions["role"] == role, "condition"].tolist()
        if len(named) == 1:
            return str(named[0])
        if named:
            raise ValueError(
                f"control is not given and conditions {', '.join(map(str, named))} all have role {role}: name the "
                "one that got vehicle between the stimuli."
            )
    raise ValueError(
        "design has no condition with role agonist or vehicle: S2/S1 needs a control without antagonist."
    )


def _groups(replicates: pd.DataFrame, pairing: str) -> dict[str, Group]:
    """Make the arrays that the tests of two conditions take, with S2/S1 as the value."""
    values = replicates.rename(columns={"ratio": "value"})
    no_cells = pd.DataFrame({"condition": [], "replicate": [], "value": []})
    return make_groups(no_cells, values, pairing=pairing)


def _contrast(treated: Group, reference: Group, options: PairedOptions) -> dict[str, Any]:
    is_paired = are_paired(treated, reference, pairing=options.pairing)
    used = with_values(treated, reference, is_paired=is_paired)
    if is_paired:
        found = blocked_difference(*used, confidence=options.confidence)
    else:
        found = welch_difference(used[0].means, used[1].means, confidence=options.confidence)
    return {
        "contrast": f"S2/S1: {treated.condition} vs {reference.condition}",
        "condition": treated.condition,
        "reference": reference.condition,
        "estimate": found.estimate,
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
        "p_value": found.p_value,
        "effect_size": hedges_g(used[0].means, used[1].means),
        "df": found.df,
        "n_replicates": used[0].n_replicates,
        "n_replicates_reference": used[1].n_replicates,
        "n_cells": int(used[0].n_cells.sum()),
        "n_cells_reference": int(used[1].n_cells.sum()),
        "is_paired": is_paired,
        "note": found.note,
    }


def _block(treated: Group, reference: Group, options: PairedOptions) -> dict[str, Any]:
    known = [group.at(np.isfinite(group.means)) for group in (treated, reference)]
    days = shared_blocks(*known)
    is_paired = are_paired(treated, reference, pairing=options.pairing) and days.size >= _FEWEST_DAYS
    one, two = (_by_day(group, days) if is_paired else group.means for group in known)
    row = {"condition": treated.condition, "reference": reference.condition, "is_paired": is_paired}
    if not (one.size and two.size):
        empty = "no replicate of a condition has a ratio"
        nothing = dict.fromkeys(("estimate", "ci_low", "ci_high", "df"), np.nan)
        counts = {"n_replicates": one.size, "n_replicates_reference": two.size}
        return row | nothing | counts | {"verdict": f"cannot be said: {empty}", "is_open": False, "method": "none"}
    zero = np.zeros(two.size)
    block = block_percent(zero, two, one, paired=is_paired, confidence=options.confidence)
    return row | {
        "estimate": block.estimate,
        "ci_low": block.ci_low,
        "ci_high": block.ci_high,
        "verdict": _verdict(block, reference.condition),
        "is_open": block.is_open,
        "df": block.df,
        "n_replicates": block.n_replicates[2],
        "n_replicates_reference": block.n_replicates[1],
        "method": block.method,
    }


def _verdict(block: Block, reference: str) -> str:
    if block.is_open:
        return f"cannot be said: the second response of {reference} is not clear of zero"
    return block.verdict


def _by_day(group: Group, days: NDArray[np.int64]) -> Array:
    return np.array([group.means[group.blocks == day].mean() for day in days])


def _table(rows: list[dict[str, Any]], dtypes: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame({name: [row[name] for row in rows] for name in dtypes}).astype(dtypes)


def _sentences(
    block: pd.DataFrame, groups: dict[str, Group], replicates: pd.DataFrame, options: PairedOptions
) -> list[str]:
    level = f"{100 * options.confidence:g} % interval"
    said = []
    for row in block.to_dict("records"):
        digits = 0 if not row["ci_high"] - row["ci_low"] < 5 else 1
        interval = f" ({level} {row['ci_low']:.{digits}f} to {row['ci_high']:.{digits}f} %)"
        interval = interval.replace("-inf", "−∞").replace("inf", "∞") if np.isfinite(row["df"]) else ""
        said.append(f"{row['condition']} {row['verdict']}; block {row['estimate']:.{digits}f} %{interval}.")
    names = [str(block["reference"].iloc[0]), *block["condition"]]
    said += [_ratio_sentence(groups[name], options, level) for name in names]
    n_left_out, n_used = int(replicates["n_left_out"].sum()), int(replicates["n_cells"].sum())
    if n_left_out:
        said.append(
            f"{n_left_out} of {n_left_out + n_used} cells did not respond to the first stimulus and were left "
            "out; the control's cells were chosen in the same way."
        )
    return said


def _ratio_sentence(group: Group, options: PairedOptions, level: str) -> str:
    values = group.means[np.isfinite(group.means)]
    if values.size < 2 or variance(values) == 0:
        mean = f"{values.mean():.2f}" if values.size else "not known"
        return f"S2/S1 of {group.condition}: {mean} ({values.size} replicate{'s' * (values.size != 1)})."
    half = special.stdtrit(values.size - 1, 0.5 + options.confidence / 2) * np.sqrt(variance(values) / values.size)
    return (
        f"S2/S1 of {group.condition}: {values.mean():.2f} ({level} {values.mean() - half:.2f} to "
        f"{values.mean() + half:.2f}, {values.size} replicates)."
    )
