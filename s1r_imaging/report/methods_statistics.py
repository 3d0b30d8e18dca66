"""What a Methods section says of the comparison of conditions: a sentence or two per stage.

As in `methods_imaging`, options come as plain values, and texts carry marks of citations.
"""

from collections.abc import Collection, Mapping
from typing import Any

from s1r_imaging.plots.comparison_groups import is_fraction, measure_label
from s1r_imaging.report.methods_imaging import plain

Values = Mapping[str, Any]

_CORRECTIONS = {
    "holm": "P values were adjusted for the number of contrasts by Holm's method [@holm1979].",
    "benjamini_hochberg": "P values were adjusted for the number of contrasts by controlling the false discovery "
    "rate [@benjamini1995].",
    "dunnett": "P values were adjusted for comparisons with one control by Dunnett's method [@dunnett1955].",
    "none": "P values were not adjusted for the number of contrasts.",
}


def unit_text(measures: Collection[str], options: Values, *, n_replicates: Collection[int]) -> str:
    """Say what was compared and what n is.

    Parameters
    ----------
    measures : collection of str
        What was compared.
    options : mapping
        Of the comparison.
    n_replicates : collection of int
        Replicates of each condition.

    Returns
    -------
    str
        Two or three sentences.
    """
    what = " and ".join(_word(measure) for measure in measures)
    if options["method"] == "cells":
        unit = (
            "Each cell was counted as an independent observation although cells of one dish are not independent, "
            "so that P values and intervals are far too small [@lord2020]."
        )
    else:
        unit = (
            "The unit of analysis was the independent replicate, not the cell [@lord2020]: values of cells were "
            f"averaged within a recording, and recordings within a replicate; n is the number of replicates"
            f"{_range(n_replicates)}."
        )
    left_out = options.get("leave_out_flags", "")
    flagged = (
        f" Cells flagged {', '.join(left_out.replace('_', ' ').split(';'))} were left out." if left_out else ""
    )
    return f"Conditions were compared by {what}. {unit}{flagged}"


def _word(measure: str) -> str:
    if is_fraction(measure):
        return "the fraction of responders"
    label = measure_label(measure)
    return f"the {label[0].lower() if label[1:2].islower() else label[0]}{label[1:]}"


def _range(n_replicates: Collection[int]) -> str:
    if not n_replicates:
        return ""
    low, high = min(n_replicates), max(n_replicates)
    return f" ({low} per condition)" if low == high else f" ({low} to {high} per condition)"


def comparison_text(options: Values, *, pairs: Collection[bool]) -> str:
    """Say how two conditions were compared.

    Parameters
    ----------
    options : mapping
        Of the comparison.
    pairs : collection of bool
        For each contrast, whether it was paired.

    Returns
    -------
    str
        The test, the effect size, the interval and the correction; nothing without contrasts.
    """
    if not pairs:
        return ""
    method = options["method"]
    if method in {"replicate_means", "cells"}:
        test = _t_test(pairs, "cells" if method == "cells" else "replicate means")
    elif method == "permutation":
        test = _permutation(options, is_paired=any(pairs))
    else:
        test = _mixed_model(is_paired=any(pairs))
    is_log = options["scale"] == "log"
    start = "Logarithms were compared, and ratios are given" if is_log else "Differences are given"
    interval = f"{start} with {plain(100 * options['confidence'])} % confidence intervals"
    size = "and standardised as Hedges' g over replicates [@hedges1981]"
    return f"{test} {interval} {size}. {_CORRECTIONS[options['correction']]}"


def _t_test(pairs: Collection[bool], what: str) -> str:
    welch = f"Two conditions were compared by Welch's t test on {what} [@welch1947]"
    paired = f"by a t test on {what} within days (paired where a day has one replicate of each)"
    if all(pairs):
        return f"Two conditions were compared {paired}."
    if any(pairs):
        return f"{welch} or, where they shared days, {paired}."
    return f"{welch}."


def _permutation(options: Values, *, is_paired: bool) -> str:
    within = " within days" if is_paired else ""
    return (
        f"Two conditions were compared by a permutation test that exchanges the labels of replicates{within}, "
        f"with the studentised difference as statistic [@janssen1997]; up to {options['n_permutations']:,} "
        "allocations were taken all, else that many at random [@phipson2010]."
    )


def _mixed_model(*, is_paired: bool) -> str:
    day = ", a fixed effect of the day" if is_paired else ""
    return (
        "Two conditions were compared by a linear mixed model of the cells with a fixed effect of the condition"
        f"{day} and a random intercept for each replicate, fitted by restricted maximum likelihood "
        "[@patterson1971], with Satterthwaite's degrees of freedom [@satterthwaite1946] limited to what the "
        "replicates give."
    )


def block_text(options: Values, *, pairs: Collection[bool]) -> str:
    """Say how the block was computed.

    Parameters
    ----------
    options : mapping
        Of the comparison.
    pairs : collection of bool
        For each block, whether it was paired.

    Returns
    -------
    str
        Nothing without a block.
    """
    if not pairs:
        return ""
    by = (
        "on one difference per day"
        if all(pairs)
        else "with a variance of its own for each condition and critical values after Welch and Aspin "
        "[@welch1947; @aspin1948]"
    )
    if any(pairs) and not all(pairs):
        by += ", or on one difference per day where the conditions shared days"
    return (
        "Block was computed as 100 × (1 − (R(antagonist + agonist) − R(vehicle)) / (R(agonist) − R(vehicle))) %, "
        f"with R the mean over replicates. Its {plain(100 * options['confidence'])} % confidence interval is "
        f"Fieller's [@fieller1954], {by}; it was not clipped to 0–100 %, and is open where the effect of the "
        "agonist was not clear of zero. The antagonist was said to block partly where the whole interval lay "
        f"below {plain(options['full_block_percent'])} %, and not to block where it held 0 and lay below "
        f"{plain(options['relevant_block_percent'])} %."
    )


def checks_text(options: Values, *, judged: Collection[str]) -> str:
    """Say by which limits the conditions of the experiment were judged.

    Parameters
    ----------
    options : mapping
        Of the comparison.
    judged : collection of str
        Names of the checks that gave an answer.

    Returns
    -------
    str
        One sentence; nothing where nothing was judged by a limit.
    """
    limits = {
        "antagonist_silent": "the antagonist alone was taken to do nothing where its whole interval lay within "
        f"{plain(options['silent_percent'])} % of the effect of the agonist",
        "cells_alive": "cells were taken to be alive where at least "
        f"{plain(options['min_alive_percent'])} % answered the last addition, or the positive control had "
        "an effect",
        "z_prime": f"plates were accepted above a Z′ of {plain(options['min_plate_z_prime'])} [@zhang1999]",
    }
    said = "; ".join(text for check, text in limits.items() if check in judged)
    return f"{said[:1].upper()}{said[1:]}." if said else ""
