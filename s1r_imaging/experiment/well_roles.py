"""What a well of a plate map is for: from the word of its role, its compounds and their concentrations."""

import re
from collections.abc import Mapping
from typing import Any

from s1r_imaging.experiment.roles import CONTROL_WORDS, parse_role

NOT_USED = "not used"
"""Role of wells that hold no cells and stand in no design."""

_NOT_USED_WORDS = {
    "empty",
    "blank",
    "unused",
    "not used",
    "none",
    "background",
    "no cells",
    "skip",
    "excluded",
    "-",
}
_OPEN_WORDS = {"compound", "compounds", "sample", "samples", "unknown", "unknowns", "test", "treatment", "treated",
               "drug", "test compound", "cmpd", "ligand", "curve"}  # fmt: skip


def well_role(properties: Mapping[str, Any]) -> str | None:
    """Return the role of a well.

    Parameters
    ----------
    properties : mapping
        ``role``, ``contents``, ``condition``, ``agonist``, ``agonist_M``, ``antagonist``, ``antagonist_M``,
        as far as the map has them.

    Returns
    -------
    str or None
        One of the roles of a design, `NOT_USED`, or None where its word is unknown.

    Examples
    --------
    >>> well_role({"role": "Control2", "agonist": "EA", "agonist_M": 1e-8}), well_role({"role": "Control"})
    ('positive_control', 'vehicle')
    """
    word = _plain(properties.get("role"))
    contents = _plain(properties.get("contents") or properties.get("condition"))
    if word in _NOT_USED_WORDS or (not word and contents in _NOT_USED_WORDS):
        return NOT_USED
    given = (is_given(properties, "antagonist"), is_given(properties, "agonist"))
    if re.sub(r"[ #]*\d+$", "", word) in CONTROL_WORDS:
        return "positive_control" if any(given) else "vehicle"
    if word and word not in _OPEN_WORDS and re.sub(r"[ #]*\d+$", "", word) not in _OPEN_WORDS:
        return parse_role(word)
    by_compounds = {(False, True): "agonist", (True, False): "antagonist", (True, True): "antagonist_agonist"}
    if given in by_compounds:
        return by_compounds[given]
    if not word and not contents and not {"agonist", "antagonist"} & set(properties):
        return NOT_USED
    return parse_role(contents) or "vehicle"


def is_given(properties: Mapping[str, Any], name: str) -> bool:
    """Say whether a compound is in the well: one that is named for the vehicle, or at concentration 0, is none.

    >>> is_given({"agonist": "DMSO"}, "agonist"), is_given({"agonist": "ATP", "agonist_M": 1e-5}, "agonist")
    (False, True)
    """
    compound, molar = properties.get(name), properties.get(f"{name}_M")
    if compound is None or parse_role(compound) == "vehicle":
        return False
    return molar is None or molar != 0.0


def _plain(word: Any) -> str:
    return re.sub(r"[\s_]+", " ", str(word if word is not None else "")).strip().casefold()
