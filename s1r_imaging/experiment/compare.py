"""Compare the conditions of an experiment over its replicates: contrasts, block, checks, and the answer in words.

================  =================================================================================
`replicates`      one value per replicate and condition
`compared_event`  which event of each recording is compared
`contrast_plan`   which conditions are compared with which
`difference`      Welch's t test, and the t test within days
`permutation`     permutation of replicates
`mixed_model`     cells in replicates
`block_table`     the block in per cent
`checks`          what a block presupposes
`words`           the answer in sentences
================  =================================================================================
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import pandas as pd

from s1r_imaging.curves.fit import CurveOptions
from s1r_imaging.experiment.block import BlockOptions
from s1r_imaging.experiment.block_table import block_table
from s1r_imaging.experiment.checks import check_table
from s1r_imaging.experiment.contrast_plan import ContrastPlan, plan_contrasts
from s1r_imaging.experiment.contrasts import CELLS_AS_N, contrast_table
from s1r_imaging.experiment.groups import make_groups
from s1r_imaging.experiment.replicates import average_cells, gather_cells
from s1r_imaging.experiment.words import block_sentence, contrast_sentence, listed
from s1r_imaging.options import Options, option


@dataclass(frozen=True, kw_only=True)
class CompareOptions(Options):
    """Options of `compare_conditions`."""

    section: ClassVar[str] = "compare"

    measure: str = option("peak_dff", "Column of the responses that is compared, or 'responder_fraction'.")
    method: Literal["replicate_means", "permutation", "mixed_model", "cells"] = option(
        "replicate_means", "Test of the contrasts; 'cells' takes cells as n, which is wrong, and says so."
    )
    event: str | None = option(None, "Event whose response is compared; chosen from the design when not given.")
    pairing: Literal["auto", "none", "day", "replicate"] = option(
        "auto",
        "Compare within days: where the design supports it, never, or always; or by the replicates' labels.",
    )
    correction: Literal["holm", "dunnett", "benjamini_hochberg", "none"] = option(
        "holm", "How P values of several contrasts are adjusted."
    )
    scale: Literal["linear", "log"] = option(
        "linear", "Compare replicate means by their difference, or their logarithms by the ratio."
    )
    confidence: float = option(CurveOptions.confidence, "Level of the intervals.", gt=0, lt=1)
    leave_out_flags: str = option("", "Flags, separated by ';': cells that carry one are left out.")
    n_permutations: int = option(10_000, "Up to this many allocations all are taken, else this many.", ge=100)
    permutation_seed: int = option(0, "Seed of the random allocations.", ge=0)
    full_block_percent: float = option(
        BlockOptions.full_block_percent,
        "The antagonist blocks partly where the interval lies below (%).",
        gt=0,
        le=100,
    )
    relevant_block_percent: float = option(
        BlockOptions.relevant_block_percent,
        "The antagonist does not block where the interval holds 0 and lies below (%).",
        gt=0,
        le=100,
    )
    silent_percent: float = option(
        20.0, "The antagonist alone does nothing where its interval is within this part of the agonist (%).", gt=0
    )
    min_alive_percent: float = option(
        50.0, "Cells are alive where this part of them answers the last addition (%).", ge=0, le=100
    )
    min_plate_z_prime: float = option(0.4, "A plate is good where its Z′ is above this.", lt=1)


@dataclass(frozen=True, eq=False)
class Comparison:
    """What `compare_conditions` found.

    Attributes
    ----------
    replicates : DataFrame
        One row per condition and replicate: see `replicate_table`.
    contrasts : DataFrame
        One row per contrast: ``contrast, kind, condition, reference, estimate, ci_low, ci_high, p_value,
        p_adjusted, effect_size`` (Hedges' g over replicates), ``df, n_replicates, n_replicates_reference, n_cells,
        n_cells_reference, is_paired, method, note``.
    block : DataFrame
        One row per condition with antagonist and agonist: ``condition, agonist_condition, vehicle_condition,
        estimate, ci_low, ci_high`` (%, not clipped; open ends infinite), ``verdict, is_open, df, n_replicates,
        n_replicates_agonist, n_replicates_vehicle, is_paired, method, note``.
    checks : DataFrame
        What a block presupposes: ``check, condition, passed`` (True, False or None), ``sentence``.
    cells : DataFrame
        The cells used: ``recording, condition, role, replicate, label, event, value``.
    measure, method : str
        What was compared, and how.
    note : str
        What n is, in a sentence that belongs under every picture and table.
    sentences : tuple of str
        The answer in words, the most important first.
    options : CompareOptions
        All options.
    """

    replicates: pd.DataFrame
    contrasts: pd.DataFrame
    block: pd.DataFrame
    checks: pd.DataFrame
    cells: pd.DataFrame
    measure: str
    method: str
    note: str
    sentences: tuple[str, ...]
    options: CompareOptions


def compare_conditions(
    responses: pd.DataFrame,
    design: pd.DataFrame,
    *,
    measure: str = CompareOptions.measure,
    method: Literal["replicate_means", "permutation", "mixed_model", "cells"] = CompareOptions.method,
    event: str | None = CompareOptions.event,
    pairing: Literal["auto", "none", "day", "replicate"] = CompareOptions.pairing,
    correction: Literal["holm", "dunnett", "benjamini_hochberg", "none"] = CompareOptions.correction,
    scale: Literal["linear", "log"] = CompareOptions.scale,
    confidence: float = CompareOptions.confidence,
    leave_out_flags: str = CompareOptions.leave_out_flags,
    n_permutations: int = CompareOptions.n_permutations,
    permutation_seed: int = CompareOptions.permutation_seed,
    full_block_percent: float = CompareOptions.full_block_percent,
    relevant_block_percent: float = CompareOptions.relevant_block_percent,
    silent_percent: float = CompareOptions.silent_percent,
    min_alive_percent: float = CompareOptions.min_alive_percent,
    min_plate_z_prime: float = CompareOptions.min_plate_z_prime,
) -> Comparison:
    """Compare the conditions of an experiment, with replicates as n.

    Parameters
    ----------
    responses : DataFrame
        One row per recording, cell and event, as `measure_responses` gives it; ``recording`` and the measure are
        needed (``is_responder`` for the fraction of responders), ``event``, ``label`` and ``flags`` are used where
        present.
    design : DataFrame
        One row per recording: ``recording, condition, role, replicate`` and, where known, ``day`` (or
        ``experiment``), ``plate``, ``well``, ``event``, ``agonist, agonist_M, antagonist, antagonist_M``.
    measure : str
        Column of the responses that is compared, or ``"responder_fraction"``.
    method : str
        ``"replicate_means"``: t tests on replicate means; ``"permutation"``: of replicates; ``"mixed_model"``:
        cells in replicates; ``"cells"``: cells as n, which finds differences where there are none, and says so.
    event : str, optional
        Event whose response is compared; see `compared_events` when not given.
    pairing : str
        ``"auto"``: within days where the design's days leave at least half of the degrees of freedom;
        ``"none"``; ``"day"``: wherever two days are shared; ``"replicate"``: replicates of the same label belong
        together.
    correction : str
        How P values of several contrasts are adjusted. ``"dunnett"`` takes the replicates as independent.
    scale : str
        ``"linear"``: the estimate is a difference of means; ``"log"``: it is a ratio of geometric means of the
        replicates, which suits measures that vary by factors and are above zero in every replicate. For tests
        on replicates only; the block is always linear.
    confidence : float
        Level of the intervals, each by itself.
    leave_out_flags : str
        Flags, separated by ``";"``: cells that carry one are left out. By default all cells stay in.
    n_permutations : int
        Up to this many allocations all are taken, else this many at random.
    permutation_seed : int
        Seed of the random allocations.
    full_block_percent, relevant_block_percent : float
        Limits of the verdict on the block, see `block_percent`.
    silent_percent : float
        The antagonist alone does nothing where its whole interval is within this part of the agonist's effect (%).
    min_alive_percent : float
        Cells are alive where this part of them answers the last addition (%).
    min_plate_z_prime : float
        A plate is good where its Z′ is above this.

    Returns
    -------
    Comparison
        Tables, checks and the answer in words. Where there is one replicate, or none, the tables hold NaN and the
        sentences say what cannot be known.

    Raises
    ------
    TypeError, ValueError
        If a table lacks a column, a recording is twice in the design, the tables share no recording, or an
        option is not allowed.

    See Also
    --------
    s1r_imaging.calcium.responses.measure_responses : Makes the responses.
    s1r_imaging.experiment.block.block_percent : Interval of the block.

    Examples
    --------
    >>> design = pd.DataFrame({"recording": list("abcdef"), "condition": ["vehicle"] * 3 + ["ATP"] * 3,
    ...                        "role": ["vehicle"] * 3 + ["agonist"] * 3, "replicate": [1, 2, 3, 4, 5, 6]})
    >>> responses = pd.DataFrame({"recording": list("aabbccddeeff"),
    ...                           "peak_dff": [0, .1, .1, .2, .1, .1, .9, .8, 1, 1.1, .7, .8]})
    >>> found = compare_conditions(responses, design)
    >>> found.contrasts[["contrast", "estimate", "n_replicates"]].round(3).to_dict("records")
    [{'contrast': 'ATP vs vehicle', 'estimate': 0.783, 'n_replicates': 3}]
    >>> found.note
    'Means of replicates, taken as independent; n counts replicates, not cells.'
    """
    options = CompareOptions(
        measure=measure,
        method=method,
        event=event,
        pairing=pairing,
        correction=correction,
        scale=scale,
        confidence=confidence,
        leave_out_flags=leave_out_flags,
        n_permutations=n_permutations,
        permutation_seed=permutation_seed,
        full_block_percent=full_block_percent,
        relevant_block_percent=relevant_block_percent,
        silent_percent=silent_percent,
        min_alive_percent=min_alive_percent,
        min_plate_z_prime=min_plate_z_prime,
    )
    if options.correction == "dunnett" and options.method != "replicate_means":
        raise ValueError(
            f"correction='dunnett' with method={options.method!r}: Dunnett's test works on replicate means; take "
            "correction='holm'."
        )
    if options.scale == "log" and options.method not in {"replicate_means", "permutation"}:
        raise ValueError(
            f"scale='log' with method={options.method!r}: logarithms are taken of replicate means; take "
            "method='replicate_means' or 'permutation'."
        )
    gathered = gather_cells(
        responses,
        design,
        measure=options.measure,
        event=options.event,
        leave_out_flags=options.leave_out_flags,
    )
    replicates = average_cells(gathered.table, design)
    groups = make_groups(gathered.table, replicates, pairing=options.pairing)
    plan = plan_contrasts(design)
    values = gathered.table["value"].to_numpy(dtype="float64")
    of_cell = gathered.table["condition"].astype(str).to_numpy()
    cells = {name: values[(of_cell == name) & (values == values)] for name in groups}  # noqa: PLR0124  (not NaN)
    contrasts = contrast_table(plan.contrasts, groups, cells, options)
    block = block_table(plan, groups, options)
    basis = contrasts  # what a block presupposes is judged as the block is: on replicate means
    if options.method != "replicate_means" or options.scale != "linear":
        by_means = dataclasses.replace(options, method="replicate_means", correction="none", scale="linear")
        basis = contrast_table(plan.contrasts, groups, {}, by_means)
    checks = check_table(plan, basis, groups, cells=gathered.table, tables=(responses, design), options=options)
    note = _note(contrasts, options)
    remarks = (_events(responses, replicates), *gathered.problems)
    return Comparison(
        replicates=replicates,
        contrasts=contrasts,
        block=block,
        checks=checks,
        cells=gathered.table,
        measure=options.measure,
        method=options.method,
        note=note,
        sentences=_sentences((contrasts, block, checks), plan, note, remarks, options),
        options=options,
    )


def _events(responses: pd.DataFrame, replicates: pd.DataFrame) -> str:
    """Say which event was compared, where there was a choice."""
    if "event" not in responses or responses["event"].nunique() < 2:
        return ""
    used = replicates[replicates["event"] != ""]
    conditions = used.groupby("event", sort=False)["condition"].unique()
    listing = "; ".join(f"{event} ({', '.join(map(str, names))})" for event, names in conditions.items())
    return f"Response compared: that to {listing}." if listing else ""


def _note(contrasts: pd.DataFrame, options: CompareOptions) -> str:
    if options.method == "cells":
        return f"{CELLS_AS_N}."
    if options.method == "mixed_model":
        return "Mixed model of cells in replicates; degrees of freedom come from the replicates."
    kind = "Permutation of replicates" if options.method == "permutation" else "Means of replicates"
    if options.scale == "log":
        kind += ", as logarithms: estimates are ratios"
    if not len(contrasts):
        return f"{kind}; n counts replicates, not cells."
    paired = contrasts["is_paired"]
    how = "compared within days" if paired.all() else "taken as independent"
    if paired.any() and not paired.all():
        how = "compared within days where the design's days allow it"
    return f"{kind}, {how}; n counts replicates, not cells."


def _sentences(
    tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
    plan: ContrastPlan,
    note: str,
    remarks: tuple[str, ...],
    options: CompareOptions,
) -> tuple[str, ...]:
    """Put the answer first, then what it rests on, then what is wrong."""
    contrasts, block, checks = tables
    by_kind: dict[str, list[Mapping[Any, Any]]] = {}
    for row in contrasts.to_dict("records"):
        by_kind.setdefault(str(row["kind"]), []).append(row)
    answer = [
        block_sentence(row, options.measure, plan.conditions, confidence=options.confidence)
        for row in block.to_dict("records")
    ]
    effects = [
        contrast_sentence(
            row,
            options.measure,
            plan.conditions,
            confidence=options.confidence,
            correction=options.correction,
            scale=options.scale,
        )
        for kind in ("block", "agonist", "antagonist", "positive_control")
        for row in by_kind.get(kind, [])
    ]
    doubts = [str(row["sentence"]) for row in checks.to_dict("records") if row["passed"] is not True]
    warning = [note] if options.method == "cells" else []
    return listed([*warning, *answer, *effects, note, *doubts, *plan.problems, *remarks])
