"""What the headings of a table of radioligand binding say: concentration, time, role, signal."""

import re
from dataclasses import dataclass, replace

from s1r_imaging.binding.roles import parse_role
from s1r_imaging.io.concentrations import ConcentrationUnit, parse_unit, to_molar, unit_in_heading
from s1r_imaging.io.decimals import find_decimal_mark

_MINUTES = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1 / 60),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), 1.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 60.0),
}
_TIME = re.compile(r"(?:(?:incubation|association|dissociation|chase|elapsed) )?(?:time|t)\b(.*)")
_DOSE = re.compile(
    r"(?:\[?(?:radio|hot )?ligand\]?|concentrations?|conc|doses?|free|added|\[l\]|x)"
    r"(?: (?:radioligand|ligand|conc.*))?"
)
_ROLE = re.compile(r"(?:well )?(?:role|type|kind)|sample type|(?:type of )?binding type")
_SIGNAL = re.compile(
    r"(?:mean )?(?:bound|binding|signal|cpm|dpm|counts?|responses?|values?|(?:radio)?activity|(?:f|p)mol|b)\b.*"
    r"|y[ .#]*\d*|(?:replicate|repl?|r)[ .#]*\d+|[a-h]:y?\d+"
)
_SPECIFIC = re.compile(r"(?:sb|specific)\b.*")
_SPREAD = re.compile(r"(?:s\.?d|s\.?e\.?m|s\.?e|std|stdev|cv|error|n)\b.*|±.*|replicates?|rep")
_UNIT = re.compile(r"\b(cpm|dpm|counts|[fp]mol(?:/mg(?: protein)?| per mg|/well)?)\b", re.IGNORECASE)
_AMOUNT = re.compile(r"(?<![\w.,-])(\d[\d.,]*(?:e[-+]?\d+)? ?(?:[pnuµμm]M|M))\b")
_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_EXTRA = re.compile(
    r"\b(?:(?:cpm|dpm|counts?|signal|bound|binding|wells?|[fp]mol(?:/\w+)?|protein|(?:radio)?ligand)\b"
    r"|(?:rep(?:licate|l)?|r|y)[ .#]*(?=\d|$))"
)


@dataclass(frozen=True)
class Heading:
    """What a column holds.

    Attributes
    ----------
    text : str
        The heading.
    kind : str
        ``concentration``, ``time``, ``role``, ``experiment``, ``signal``; empty where it is none of these.
    stem : str
        Of a signal, the heading without what tells replicates apart.
    role : str
        Of a signal, what its wells are; empty where the heading does not say.
    molar : float or None
        Of a signal, the concentration that its heading gives.
    unit : str
        Of a signal.
    concentration_unit : ConcentrationUnit or None
        Of a concentration.
    minutes : float
        One of the unit of a time.
    """

    text: str
    kind: str = ""
    stem: str = ""
    role: str = ""
    molar: float | None = None
    unit: str = ""
    concentration_unit: ConcentrationUnit | None = None
    minutes: float = 1.0


def read_heading(text: str, *, is_first: bool = False) -> Heading:
    """Say what a column holds.

    Parameters
    ----------
    text : str
        Its heading.
    is_first : bool
        Whether it is the leftmost: "min" are minutes there, and the smallest binding elsewhere.

    Returns
    -------
    Heading
        Of no kind where the column is not of use.

    Raises
    ------
    ValueError
        If it is a time without a unit.

    Examples
    --------
    >>> read_heading("NSB 2 (cpm)").role, read_heading("3 nM NSB").molar, read_heading("time (h)").minutes
    ('nonspecific', 3e-09, 60.0)
    """
    plain = " ".join(text.replace("_", " ").casefold().split())
    bare = plain.strip(" :#")
    if bare in {"experiment", "expt"}:
        return Heading(text, "experiment")
    if _ROLE.fullmatch(bare):
        return Heading(text, "role")
    if _SPREAD.fullmatch(bare) or _SPECIFIC.fullmatch(bare):
        return Heading(text)
    minutes = _minutes(bare, is_first=is_first)
    if minutes:
        return Heading(text, "time", minutes=minutes)
    return _signal(text, plain) or _concentration(text, bare)


def _minutes(plain: str, *, is_first: bool) -> float:
    """Return how long one of the unit of a time is; 0 where the heading is no time."""
    found = _TIME.fullmatch(plain)
    if found is None:
        return _MINUTES.get(plain, 0.0) if is_first or len(plain) > 3 else 0.0
    words = [word for word in re.split(r"[^a-z]+", found[1]) if word in _MINUTES]
    if not words:
        raise ValueError(f"the heading {plain!r} has no unit of time: write 'time (min)'.")
    return _MINUTES[words[-1]]


def _signal(text: str, plain: str) -> Heading | None:
    amount = _AMOUNT.search(_named(text))
    rest = _BRACKETS.sub(" ", plain)
    if amount is not None:
        rest = rest.replace(amount[1].casefold(), " ")
    stem = " ".join(_EXTRA.sub(" ", rest).strip(" +,;:-/").split())
    role = parse_role(stem) if stem else None
    role = role if role in {"total", "nonspecific", "blank"} else ""
    unit = _UNIT.search(text)
    made = Heading(text, "signal", re.sub(r" ?\d+$", "", stem or plain), role or "", unit=unit[1] if unit else "")
    if amount is not None:
        molar, problem = to_molar(amount[1], unit=None, decimal=find_decimal_mark([amount[1]]))
        return None if problem else replace(made, molar=molar)
    return made if role or _SIGNAL.fullmatch(rest.strip()) else None


def _named(text: str) -> str:
    """Return a heading without an amount of something else, in brackets behind a word: NSB (10 µM haloperidol)."""
    found = re.fullmatch(r"\s*([^(]*[A-Za-z][^(]*)\((.*)\)\s*", text)
    return text if found is None or _AMOUNT.fullmatch(found[2].strip()) else found[1]


def _concentration(text: str, plain: str) -> Heading:
    unit = unit_in_heading(text)
    words = _BRACKETS.sub(" ", plain).strip() or plain
    if unit is None and parse_unit(text) is None and not _DOSE.fullmatch(words):
        return Heading(text)
    return Heading(text, "concentration", concentration_unit=unit or parse_unit(text))
