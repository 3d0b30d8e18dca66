"""The conditions under which a block means something: each as passed, failed or not known, and in words.

==================  ====================================================================================
`agonist_responds`  the interval of agonist − vehicle lies on one side of zero
`antagonist_silent` the whole interval of antagonist − vehicle lies near zero, compared with the agonist
`cells_alive`       the positive control, or the last addition of each recording, is answered
`z_prime`           the controls of a plate are far enough apart
`replicates`        every condition has at least three
==================  ====================================================================================
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.curves.assay_window import assay_window
from s1r_imaging.experiment.compared_event import is_viability_test
from s1r_imaging.experiment.contrast_plan import ContrastPlan, matching_antagonist
from s1r_imaging.experiment.groups import Group
from s1r_imaging.experiment.typed import typed_table
from s1r_imaging.experiment.words import amount

if TYPE_CHECKING:  # the options stand beside the function that has them as arguments
    from s1r_imaging.experiment.compare import CompareOptions

Array = NDArray[np.float64]
Check = tuple[str, str, bool | None, str]

CHECK_COLUMNS = ("check", "condition", "passed", "sentence")
_ENOUGH = 3


def check_table(
    plan: ContrastPlan,
    contrasts: pd.DataFrame,
    groups: Mapping[str, Group],
    *,
    cells: pd.DataFrame,
    tables: tuple[pd.DataFrame, pd.DataFrame],
    options: "CompareOptions",
) -> pd.DataFrame:
    """Check the conditions of a comparison.

    Parameters
    ----------
    plan : ContrastPlan
        What was compared.
    contrasts : DataFrame
        With which result.
    groups : mapping of str to Group
        Replicates of each condition.
    cells : DataFrame
        Values of the cells.
    tables : tuple of DataFrame
        Responses and design.
    options : CompareOptions
        Limits.

    Returns
    -------
    DataFrame
        ``check``, ``condition``, ``passed`` (True, False, or None where it cannot be known), ``sentence``.
    """
    by_condition = {str(row["condition"]): row for row in contrasts.to_dict("records")}
    blocks = [str(row["condition"]) for row in by_condition.values() if row["kind"] == "block"]
    responses, design = tables
    fractions = last_addition(responses, design, cells)
    found: list[Check] = [
        *_agonists(plan, by_condition, blocks, options),
        *_antagonists(plan, by_condition, blocks, options),
        *_alive(plan, by_condition, fractions, options),
        *_plates(plan, design, cells, options),
        *_replicates(plan, groups),
    ]
    rows = [dict(zip(CHECK_COLUMNS, check, strict=True)) for check in found]
    return typed_table(rows, dict.fromkeys(CHECK_COLUMNS, "object"))


def _agonists(
    plan: ContrastPlan, rows: Mapping[str, Mapping[Any, Any]], blocks: list[str], options: "CompareOptions"
) -> list[Check]:
    agonists = list(dict.fromkeys(str(rows[name]["reference"]) for name in blocks))
    tested = [name for name in agonists if name in rows]
    if not agonists:  # without a block, the strongest agonist has to show that there is an effect at all
        known = [
            item.name for item in plan.of_role("agonist") if np.isfinite(rows.get(item.name, _NONE)["estimate"])
        ]
        tested = sorted(known, key=lambda name: -abs(rows[name]["estimate"]))[:1]
    return [_responds("agonist_responds", name, rows[name], options) for name in tested]


def _responds(check: str, name: str, row: Mapping[Any, Any], options: "CompareOptions") -> Check:
    effect = amount(row["estimate"], options.measure, signed=True)
    if np.isnan(row["ci_low"]):
        return check, name, None, f"Whether {name} has an effect cannot be known: no interval (estimate {effect})."
    interval = _interval(row, options)
    if row["ci_low"] > 0 or row["ci_high"] < 0:
        return check, name, True, f"{name} has an effect against {row['reference']}: {effect} ({interval})."
    sentence = f"{name} has no effect that is clear of zero against {row['reference']}: {effect} ({interval})."
    return check, name, False, sentence


def _antagonists(
    plan: ContrastPlan, rows: Mapping[str, Mapping[Any, Any]], blocks: list[str], options: "CompareOptions"
) -> list[Check]:
    found: dict[tuple[str, str], Check] = {}
    for name in blocks:
        alone = matching_antagonist(plan.conditions[name], plan.conditions)
        agonist = str(rows[name]["reference"])
        if alone is None or alone not in rows:
            sentence = (
                f"Whether the antagonist of {name} does something by itself was not tested: no such condition."
            )
            found[name, agonist] = ("antagonist_silent", name, None, sentence)
        else:
            found[alone, agonist] = _silent(alone, rows[alone], rows.get(agonist, _NONE), options)
    return list(found.values())


def _silent(name: str, row: Mapping[Any, Any], agonist: Mapping[Any, Any], options: "CompareOptions") -> Check:
    """Judge an antagonist alone by the part of the agonist's effect that its interval leaves possible."""
    check, effect = "antagonist_silent", float(agonist["estimate"])
    if np.isnan(row["ci_low"]) or np.isnan(effect) or effect == 0:
        sentence = f"Whether {name} does something by itself cannot be known from these replicates."
        return check, name, None, sentence
    low, high = sorted((100 * row["ci_low"] / effect, 100 * row["ci_high"] / effect))
    limit = options.silent_percent
    range_words = f"{low:.0f} to {high:.0f} % of the agonist's effect ({100 * options.confidence:g} % CI)"
    range_words = range_words.replace("-", "−")
    if -limit < low and high < limit:
        return check, name, True, f"{name} by itself does nothing that matters: {range_words}."
    if low > 0 or high < 0:
        return check, name, False, f"{name} by itself does something: {range_words}."
    sentence = f"No effect of {name} by itself was seen, but too few replicates to exclude one: {range_words}."
    return check, name, None, sentence


def _alive(
    plan: ContrastPlan,
    rows: Mapping[str, Mapping[Any, Any]],
    fractions: Mapping[str, float],
    options: "CompareOptions",
) -> list[Check]:
    controls = [item.name for item in plan.of_role("positive_control") if item.name in rows]
    if controls:
        return [_responds("cells_alive", name, rows[name], options) for name in controls]
    if not fractions:
        return [("cells_alive", "", None, "Whether the cells were alive was not tested: no positive control.")]
    worst = min(fractions, key=lambda name: fractions[name])
    share = 100 * fractions[worst]
    sentence = (
        f"{share:.0f} % of the cells or more answered the last addition in every condition (fewest: {worst}); "
        f"expected at least {options.min_alive_percent:g} %."
    )
    return [("cells_alive", worst, bool(share >= options.min_alive_percent), sentence)]


def last_addition(responses: pd.DataFrame, design: pd.DataFrame, cells: pd.DataFrame) -> dict[str, float]:
    """Measure how many cells answer a viability test at the end of the recordings.

    Parameters
    ----------
    responses, design : DataFrame
        As `compare_conditions` takes them.
    cells : DataFrame
        The cells that are compared, with the event they are compared at.

    Returns
    -------
    dict of str to float
        Mean over the recordings of each condition of the part of cells that responded to the last event,
        where that is potassium chloride, ionomycin, ATP or the like, and not the event compared.
    """
    if "event" not in responses or "is_responder" not in responses or not len(cells):
        return {}
    if responses["event"].nunique(dropna=False) < 2:
        return {}
    recording = responses["recording"].astype(str)
    event = responses["event"].fillna("").astype(str)
    pairs = pd.DataFrame({"recording": recording, "event": event}).drop_duplicates()
    last = pairs.drop_duplicates("recording", keep="last").set_index("recording")["event"]
    compared = cells.drop_duplicates("recording").set_index(cells["recording"].drop_duplicates().astype(str))[
        "event"
    ]
    is_test = last.map(is_viability_test).astype(bool) & (last != compared.reindex(last.index))
    if not is_test.any():
        return {}
    own = (event == last.reindex(recording).to_numpy()) & is_test.reindex(recording).to_numpy()
    share = responses.loc[own, "is_responder"].astype(np.float64).groupby(recording[own]).mean()
    condition = pd.Series(design["condition"].astype(str).to_numpy(), index=design["recording"].astype(str))
    known = share[share.index.isin(condition.index)]
    means = known.groupby(condition.reindex(known.index).to_numpy()).mean()
    return {str(name): float(value) for name, value in means.items()}


def _plates(
    plan: ContrastPlan, design: pd.DataFrame, cells: pd.DataFrame, options: "CompareOptions"
) -> list[Check]:
    """Judge Z′ of each plate; dishes have none."""
    if not any(name in design and design[name].notna().any() for name in ("plate", "well")):
        return []
    wells = cells.groupby("recording", sort=False)["value"].mean()
    own = design[["recording", "role"]].assign(
        plate=design["plate"].astype(str) if "plate" in design else "",
        value=design["recording"].map(wells).to_numpy(dtype=np.float64),
    )
    high = "maximum" if plan.of_role("maximum") else "positive_control"
    low = "minimum" if plan.of_role("minimum") else "vehicle"
    return [_plate(str(name), part, (high, low), options) for name, part in own.groupby("plate", sort=False)]


def _plate(name: str, wells: pd.DataFrame, roles: tuple[str, str], options: "CompareOptions") -> Check:
    high, low = (wells.loc[(wells["role"] == role) & wells["value"].notna(), "value"].to_numpy() for role in roles)
    z_prime, _ = assay_window(high, low)
    names = f"{roles[0].replace('_', ' ')} and {roles[1]} wells"
    plate = f"Plate {name}" if name else "The plate"
    if np.isnan(z_prime):
        return "z_prime", name, None, f"{plate} has no Z′: fewer than two {names} with a value."
    value = "not defined, the high control is not higher" if np.isinf(z_prime) else f"{z_prime:.2f}"
    sentence = f"{plate}: Z′ {value} ({names}); expected above {options.min_plate_z_prime:g}."
    return "z_prime", name, bool(z_prime > options.min_plate_z_prime), sentence.replace(" -", " −")


def _replicates(plan: ContrastPlan, groups: Mapping[str, Group]) -> list[Check]:
    used = dict.fromkeys(name for contrast in plan.contrasts for name in (contrast.condition, contrast.reference))
    if not used:
        return []
    fewest = min(used, key=lambda name: groups[name].n_replicates)
    n = groups[fewest].n_replicates
    if n >= _ENOUGH:
        return [("replicates", fewest, True, f"Every condition has at least {n} replicates.")]
    what = {
        0: "nothing can be said about it",
        1: "the difference can be estimated, but not how sure it is: that needs at least two, better three",
    }.get(n, "intervals are very wide, and no test can find much")
    sentence = f"{fewest} has {n} {'replicate' if n == 1 else 'replicates'}: {what}. More cells do not help."
    return [("replicates", fewest, False, sentence)]


def _interval(row: Mapping[Any, Any], options: "CompareOptions") -> str:
    low, high = (amount(row[end], options.measure, unit=False, signed=True) for end in ("ci_low", "ci_high"))
    return f"{100 * options.confidence:g} % CI {low} to {high}"


_NONE: dict[str, float] = {"estimate": np.nan, "ci_low": np.nan, "ci_high": np.nan}
