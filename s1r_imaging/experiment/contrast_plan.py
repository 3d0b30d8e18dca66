"""Which conditions are compared with which: many to one, and each blocked condition with its agonist."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

_AGAINST_VEHICLE = ("agonist", "antagonist", "positive_control")
_SAME_CONCENTRATION = 1e-3  # relative: 1e-5 and 10.001 µM are one concentration


@dataclass(frozen=True)
class Condition:
    """What the design says about one condition.

    Attributes
    ----------
    name, role : str
        Its name and role.
    agonist, antagonist : str
        Compounds; empty where not known.
    agonist_M, antagonist_M : float
        Concentrations (mol/L); NaN where not known.
    """

    name: str
    role: str
    agonist: str
    agonist_M: float
    antagonist: str
    antagonist_M: float


@dataclass(frozen=True)
class Contrast:
    """Two conditions that are compared.

    Attributes
    ----------
    kind : str
        ``"agonist"``, ``"antagonist"``, ``"positive_control"`` (against vehicle) or ``"block"`` (antagonist and
        agonist against the agonist).
    condition, reference : str
        Names of the conditions.
    """

    kind: str
    condition: str
    reference: str


@dataclass(frozen=True)
class ContrastPlan:
    """All contrasts of an experiment.

    Attributes
    ----------
    conditions : dict of str to Condition
        By name, in the order of the design.
    vehicle : str or None
        Condition that the others are compared with.
    contrasts : tuple of Contrast
        What is compared.
    problems : tuple of str
        A sentence about each comparison that cannot be made.
    """

    conditions: dict[str, Condition]
    vehicle: str | None
    contrasts: tuple[Contrast, ...]
    problems: tuple[str, ...]

    def of_role(self, role: str) -> list[Condition]:
        """Return the conditions of a role, in the order of the design."""
        return [condition for condition in self.conditions.values() if condition.role == role]


def plan_contrasts(design: pd.DataFrame) -> ContrastPlan:
    """Plan the contrasts of a design.

    Parameters
    ----------
    design : DataFrame
        ``condition, role`` and, where known, ``agonist, agonist_M, antagonist, antagonist_M``.

    Returns
    -------
    ContrastPlan
        Agonists, antagonists and positive controls against vehicle, and each antagonist + agonist against the
        agonist of the same name and concentration.

    Examples
    --------
    >>> design = pd.DataFrame({"condition": ["buffer", "ATP"], "role": ["vehicle", "agonist"]})
    >>> [(contrast.condition, contrast.reference) for contrast in plan_contrasts(design).contrasts]
    [('ATP', 'buffer')]
    """
    first = design.drop_duplicates("condition")
    conditions = {str(row["condition"]): _condition(row) for row in first.to_dict("records")}
    vehicles = [condition.name for condition in conditions.values() if condition.role == "vehicle"]
    vehicle = vehicles[0] if vehicles else None
    problems, contrasts = [], []
    if len(vehicles) > 1:
        problems.append(f"{len(vehicles)} vehicle conditions: everything is compared with the first, {vehicle}.")
    for condition in conditions.values():
        if condition.role in _AGAINST_VEHICLE and vehicle is not None:
            contrasts.append(Contrast(condition.role, condition.name, vehicle))
        elif condition.role == "antagonist_agonist":
            agonist = matching_agonist(condition, conditions)
            if agonist is None:
                problems.append(
                    f"{condition.name} has no agonist condition of the same compound and concentration."
                )
            else:
                contrasts.append(Contrast("block", condition.name, agonist))
    if vehicle is None and conditions:
        problems.append(
            "The design has no vehicle condition: no effect of a compound, and no block, can be stated."
        )
    return ContrastPlan(conditions, vehicle, tuple(contrasts), tuple(problems))


def matching_agonist(blocked: Condition, conditions: Mapping[str, Condition]) -> str | None:
    """Find the agonist condition that a blocked one belongs to.

    Parameters
    ----------
    blocked : Condition
        Antagonist and agonist.
    conditions : mapping of str to Condition
        All of them.

    Returns
    -------
    str or None
        Name of the first agonist condition whose compound and concentration agree, where they are known; None
        where none does, or where nothing tells several apart.
    """
    fitting = [
        condition
        for condition in conditions.values()
        if condition.role == "agonist"
        and _agree(condition.agonist, blocked.agonist)
        and _same_concentration(condition.agonist_M, blocked.agonist_M)
    ]
    sure = [
        condition
        for condition in fitting
        if condition.agonist and blocked.agonist and np.isnan(condition.agonist_M) == np.isnan(blocked.agonist_M)
    ]
    found = sure or (fitting if len(fitting) == 1 else [])
    return found[0].name if found else None


def matching_antagonist(blocked: Condition, conditions: Mapping[str, Condition]) -> str | None:
    """Find the condition with the antagonist of a blocked one alone; None where there is none.

    Parameters
    ----------
    blocked : Condition
        Antagonist and agonist.
    conditions : mapping of str to Condition
        All of them.

    Returns
    -------
    str or None
        Name of the first that agrees in compound and concentration, else in compound.
    """
    fitting = [
        condition
        for condition in conditions.values()
        if condition.role == "antagonist" and _agree(condition.antagonist, blocked.antagonist)
    ]
    same = [item for item in fitting if _same_concentration(item.antagonist_M, blocked.antagonist_M)]
    found = same or fitting
    return found[0].name if found else None


def _condition(row: Mapping[Any, Any]) -> Condition:
    return Condition(
        name=str(row["condition"]),
        role=str(row["role"]),
        agonist=_text(row.get("agonist")),
        agonist_M=_number(row.get("agonist_M")),
        antagonist=_text(row.get("antagonist")),
        antagonist_M=_number(row.get("antagonist_M")),
    )


def _agree(one: str, other: str) -> bool:
    return not one or not other or one.casefold() == other.casefold()


def _same_concentration(one: float, other: float) -> bool:
    return bool(np.isnan(one) or np.isnan(other) or np.isclose(one, other, rtol=_SAME_CONCENTRATION, atol=0.0))


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _number(value: Any) -> float:
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return float(value) if is_number else np.nan
