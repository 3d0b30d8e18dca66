"""What a well is for, in the words that people use in plate maps."""

import re
from typing import Literal, get_args

Role = Literal["total", "nonspecific", "competitor", "blank"]
"""total: radioligand alone (B0); nonspecific: with a saturating unlabelled ligand; blank: no membranes."""

ROLES: tuple[str, ...] = get_args(Role)
"""The four roles."""

EMPTY = "empty"
"""A well that is in the plate but not in the assay."""

ROLE_SYNONYMS: dict[str, tuple[str, ...]] = {
    "total": ("total", "totals", "tb", "tot", "total binding", "b0", "bo", "max", "maximum binding",
              "high control", "no competitor", "vehicle", "zero", "t"),
    "nonspecific": ("nonspecific", "non specific", "nsb", "ns", "nsp", "nonspecific binding",
                    "non specific binding", "min", "minimum binding", "low control", "n"),
    "competitor": ("competitor", "competition", "comp", "sample", "samples", "unknown", "unk", "unkn", "test",
                   "test compound", "compound", "cpd", "drug", "inhibitor", "ligand", "displacer", "standard",
                   "std", "c"),
    "blank": ("blank", "blanks", "blk", "bl", "bg", "bkg", "bkgd", "background", "buffer", "no membrane",
              "no membranes", "no protein", "no tissue", "b"),
    EMPTY: ("empty", "unused", "not used", "none", "skip", "x"),
}  # fmt: skip
"""Words for each role; case, hyphens, underscores and a number at the end ("TB 1") do not matter."""

_ROLE_OF_WORD = {word: role for role, words in ROLE_SYNONYMS.items() for word in words}
_NAMES_TOO = {"t", "n", "c", "b", "x", "standard", "std", "none", "max", "min", "zero"}


def parse_role(text: object) -> str | None:
    """Return the role that a word of a plate map means, or None when it is unknown.

    Parameters
    ----------
    text : object
        A word; `ROLE_SYNONYMS` lists them.

    Returns
    -------
    str or None
        One of `ROLES`, or "empty".

    Examples
    --------
    >>> parse_role("TB"), parse_role("Non-specific"), parse_role("B0"), parse_role("UNK 3"), parse_role("sigma")
    ('total', 'nonspecific', 'total', 'competitor', None)
    """
    word = _plain(text)
    return _ROLE_OF_WORD.get(word) or _ROLE_OF_WORD.get(re.sub(r" ?\d+$", "", word))


def role_in_place_of_compound(text: object) -> str | None:
    """Return the role that stands where a compound's name is expected; None for a name.

    Words that may well be a compound's name (single letters, "standard") are not taken for a role here.

    >>> role_in_place_of_compound("NSB"), role_in_place_of_compound("SA4503"), role_in_place_of_compound("C")
    ('nonspecific', None, None)
    """
    word = _plain(text)
    role = _ROLE_OF_WORD.get(word)
    return None if word in _NAMES_TOO or role == "competitor" else role


def _plain(text: object) -> str:
    word = re.sub(r"[\s_\-–‑./]+", " ", str(text).strip().casefold()).strip(" ()[]:")
    return word.replace("₀", "0")
