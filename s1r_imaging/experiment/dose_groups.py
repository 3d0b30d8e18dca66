"""What the headings of columns of responses say: replicates, compounds, or concentrations of an antagonist.

So that a table can be pasted as GraphPad Prism and spreadsheets lay it out: concentrations on the left, and one
column, or several side by side, for each compound or for each concentration of the antagonist.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from s1r_imaging.io.concentrations import to_molar
from s1r_imaging.io.decimals import find_decimal_mark

_REPLICATE = re.compile(
    r"(?:(?:biological|technical|mean|peak) )?"
    r"(?:replicates?|repl?|r|y|n|no|nr|dish|well|day|date|exp|expt|experiment|run|plate|series|mean|average|"
    r"responses?|signal|values?|amplitude|effect|peak|dff|[δd]f/f0?)?"
    r"[ .:#=_-]*(?:\d{1,3}|[a-z]|[ivx]{1,4})?|[\d./-]+"
)
_NUMBERED = re.compile(r"(.+?)(?:[ :_]+(?:(?:replicate|rep|r|y|n)[ .#=]*|#)?\d{1,2}| ?\(\d{1,2}\))", re.IGNORECASE)
_GENERIC = re.compile(r"(?:test )?(?:compound|cpd|drug|ligand|substance|(?:ant)?agonist|inhibitor)s?")
_SPREAD = re.compile(
    r"(?:(?:s\.?d|s\.?e\.?m|s\.?e|std|stdev|st\.? ?dev|standard (?:deviation|error)|cv|ci|error)\b|±|\+/-|n of ).*"
    r"|n|count"
)
_AMOUNT = re.compile(r"(?P<before>.*?)(?P<amount>\d[\d.,]*(?:e[-+]?\d+)? ?(?:[pnuµμm]M|M))\b(?P<after>.*)")
_JOINING = re.compile(r"^[\s+,;:(\[]+|[\s+,;:)\]]+$|^(?:with|and)\s+|\s+(?:with|and)$", re.IGNORECASE)


@dataclass(frozen=True)
class ResponseColumn:
    """What a column of responses holds.

    Attributes
    ----------
    compound : str
        Name of the compound whose concentration changes; empty where the heading names none.
    antagonist : str
        Name of the antagonist that is there at one concentration; empty where the heading names none.
    antagonist_M : float or None
        That concentration (mol/L); None where no heading of the table gives one.
    replicate : str
        Name of the replicate.
    """

    compound: str
    antagonist: str
    antagonist_M: float | None
    replicate: str


def is_spread(heading: str) -> bool:
    """Return whether a column holds how far responses spread, or how many there are, rather than responses.

    >>> is_spread("SEM"), is_spread("n"), is_spread("n 1"), is_spread("sertraline")
    (True, True, False, False)
    """
    return _SPREAD.fullmatch(heading.strip().casefold()) is not None


def response_columns(headings: Mapping[int, str]) -> dict[int, ResponseColumn]:
    """Say what each of several columns of responses holds.

    Parameters
    ----------
    headings : mapping
        Place of each column to its heading, from left to right; an empty one goes with the column before it.

    Returns
    -------
    dict
        Place to what the column holds. Columns are replicates of one another where their headings are alike but
        for a number, or name nothing but replicates ("rep 1", "dish 2", "a").

    Examples
    --------
    >>> found = response_columns({1: "PRE-084", 2: "", 3: "SKF-10047 1", 4: "SKF-10047 2"})
    >>> [(column.compound, column.replicate) for column in found.values()]
    [('PRE-084', '1'), ('PRE-084', '2'), ('SKF-10047', '1'), ('SKF-10047', '2')]
    >>> found = response_columns({1: "control", 2: "+ 30 nM NE-100"})
    >>> [(column.antagonist, column.antagonist_M) for column in found.values()]
    [('NE-100', 0.0), ('NE-100', 3e-08)]
    """
    stems, before = {}, ""
    for place, words in headings.items():
        before = stems[place] = _stem(words) if words.strip() else before
    if not any(stems.values()):
        return {place: ResponseColumn("", "", None, words) for place, words in headings.items()}
    amounts = {stem: _AMOUNT.fullmatch(stem) for stem in stems.values()}
    is_schild = any(amounts.values())
    names = [_name(found) for found in amounts.values() if found is not None and _name(found)]
    counts: dict[str, int] = {}
    columns = {}
    for place, stem in stems.items():
        counts[stem] = counts.get(stem, 0) + 1
        found, replicate = amounts[stem], str(counts[stem])
        if is_schild:
            name = (_name(found) if found is not None else "") or (names[0] if names else "")
            columns[place] = ResponseColumn("", name, _molar(found), replicate)
        else:
            columns[place] = ResponseColumn(stem, "", None, replicate)
    return columns


def _stem(words: str) -> str:
    """Return a heading without what tells replicates apart; nothing where that is all it says."""
    plain = " ".join(words.split())
    if _REPLICATE.fullmatch(plain.casefold()):
        return ""
    numbered = _NUMBERED.fullmatch(plain)
    return plain if numbered is None or _GENERIC.fullmatch(numbered[1].casefold()) else numbered[1]


def _name(found: re.Match[str]) -> str:
    name = f"{found['before'].strip()} {found['after'].strip()}".strip()
    before = ""
    while name != before:
        before, name = name, _JOINING.sub("", name)
    return name


def _molar(found: re.Match[str] | None) -> float:
    """Return the concentration of a heading (mol/L); 0 where it gives none, as that of the control."""
    if found is None:
        return 0.0
    molar, problem = to_molar(found["amount"], unit=None, decimal=find_decimal_mark([found["amount"]]))
    if problem:
        raise ValueError(f"the heading {found[0]!r} has a concentration that {problem}")
    return molar
