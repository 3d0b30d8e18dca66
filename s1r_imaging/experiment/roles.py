"""What a dish or well is for, in the words that people use for it."""

import difflib
import re
from collections.abc import Iterable
from typing import Literal, get_args

Role = Literal["vehicle", "agonist", "antagonist", "antagonist_agonist", "positive_control", "maximum", "minimum"]
"""antagonist: alone; antagonist_agonist: first the one, then the other; maximum, minimum: ends of the scale."""

ROLES: tuple[str, ...] = get_args(Role)
"""The seven roles."""

ROLE_WORDS: dict[str, tuple[str, ...]] = {
    "vehicle": ("vehicle", "vehicles", "veh", "vehicle control", "vehicle only", "vehicle alone", "solvent",
                "solvent control", "dmso", "dmso control", "negative control", "neg control", "negative ctrl",
                "neg ctrl", "neg ctl", "buffer", "buffer control"),
    "agonist": ("agonist", "agonists", "ago", "agonist only", "agonist alone", "agonist control"),
    "antagonist": ("antagonist", "antagonists", "antag", "ant", "antago", "antagonist only", "antagonist alone",
                   "antagonist control", "blocker", "blocker only", "blocker alone"),
    "positive_control": ("positive control", "pos control", "positive ctrl", "pos ctrl", "pos ctl", "positive",
                         "viability", "viability control"),
    "maximum": ("maximum", "max", "fmax", "f max", "maximum control", "max control"),
    "minimum": ("minimum", "min", "fmin", "f min", "minimum control", "min control"),
}  # fmt: skip
"""Words for each role; case, hyphens, underscores and a number at the end ("vehicle 2") do not matter."""

CONTROL_WORDS = ("control", "controls", "ctrl", "ctl", "con")
"""Vehicle where no other word of the table says vehicle; otherwise nobody knows what it controls."""

_ROLE_OF_WORD = {word: role for role, words in ROLE_WORDS.items() for word in words}
_JOINED = re.compile(r"\s*(?:[+&/,;>→]|\b(?:and|plus|then|with|und|et|y)\b)\s*")


def parse_role(text: object) -> str | None:
    """Return the role that a word means, or None when it is unknown.

    Parameters
    ----------
    text : object
        A word; `ROLE_WORDS` lists them. Vehicle beside another word changes nothing, since every addition
        has a vehicle.

    Returns
    -------
    str or None
        One of `ROLES`.

    Examples
    --------
    >>> parse_role("Antagonist + Agonist"), parse_role("veh"), parse_role("vehicle then agonist")
    ('antagonist_agonist', 'vehicle', 'agonist')
    >>> parse_role("control"), parse_role("PRE-084")
    (None, None)
    """
    plain = str(text).strip().casefold().replace("->", "→")
    parts = [_plain(part) for part in _JOINED.split(plain)]
    roles = {_word_role(part) for part in parts if part}
    if len(roles) == 1:
        whole = roles.pop()
        return whole if whole is not None else _spaced(_plain(plain))
    if None in roles:
        return None
    given = roles - {"vehicle"}
    if given in ({"agonist", "antagonist"}, {"antagonist_agonist"}):
        return "antagonist_agonist"
    return given.pop() if len(given) == 1 else None


def resolve_roles(texts: Iterable[object]) -> list[str | None]:
    """Return the roles of all rows of a table, where "control" means vehicle if nothing else does.

    Parameters
    ----------
    texts : iterable of object
        Words, one a row.

    Returns
    -------
    list of str or None
        One of `ROLES` for each, None where the word is unknown.

    Examples
    --------
    >>> resolve_roles(["control", "agonist"]), resolve_roles(["control", "agonist", "vehicle"])
    (['vehicle', 'agonist'], [None, 'agonist', 'vehicle'])
    """
    words = list(texts)
    roles = [parse_role(word) for word in words]
    if "vehicle" in roles:
        return roles
    return [
        "vehicle" if role is None and _without_number(_plain(word)) in CONTROL_WORDS else role
        for word, role in zip(words, roles, strict=True)
    ]


def role_words(role: str) -> str:
    """Return a role as it stands in a sentence.

    >>> role_words("antagonist_agonist"), role_words("positive_control")
    ('antagonist + agonist', 'positive control')
    """
    return "antagonist + agonist" if role == "antagonist_agonist" else role.replace("_", " ")


def meant(word: str) -> str:
    """Return the role that a misspelt word may mean, as part of a sentence; empty where none is near.

    >>> meant("agonst"), meant("blocked")
    (' (agonist?)', '')
    """
    near = difflib.get_close_matches(_plain(word), [role_words(role) for role in ROLES], n=1, cutoff=0.75)
    return f" ({near[0]}?)" if near else ""


def _word_role(word: str) -> str | None:
    if word in _ROLE_OF_WORD:
        return _ROLE_OF_WORD[word]
    return _ROLE_OF_WORD.get(_without_number(word))


def _spaced(word: str) -> str | None:
    """Return the role of words side by side, "antagonist agonist", as names of files have them."""
    roles = {_word_role(part) for part in _without_number(word).split(" ")} - {"vehicle"}
    return "antagonist_agonist" if roles == {"agonist", "antagonist"} else roles.pop() if len(roles) == 1 else None


def _plain(text: object) -> str:
    return re.sub(r"[\s_\-–‑.]+", " ", str(text).strip().casefold()).strip(" ()[]:'\"")


def _without_number(word: str) -> str:
    return re.sub(r"[ #]*\d+$", "", word)
