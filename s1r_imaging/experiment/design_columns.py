"""Columns of a design table, and the headings that people give them."""

import difflib
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from s1r_imaging.io.concentrations import ConcentrationUnit, unit_in_heading
from s1r_imaging.io.units import time_factor, to_micrometres

Kind = Literal["text", "role", "well", "compound", "molar", "seconds", "micrometres", "events", "channel", "file"]

COLUMNS: dict[str, Kind] = {
    "recording": "text",
    "condition": "text",
    "role": "role",
    "replicate": "text",
    "experiment": "text",
    "day": "text",
    "plate": "text",
    "dish": "text",
    "well": "well",
    "file": "file",
    "labels": "file",
    "agonist": "compound",
    "agonist_M": "molar",
    "antagonist": "compound",
    "antagonist_M": "molar",
    "events": "events",
    "event": "text",
    "frame_interval_s": "seconds",
    "pixel_size_um": "micrometres",
    "channel": "channel",
    "note": "text",
}
"""Columns of a checked design, in their order, and what stands in them."""

START_COLUMNS: dict[str, Kind] = {
    "antagonist_start_s": "seconds",
    "antagonist_end_s": "seconds",
    "agonist_start_s": "seconds",
    "agonist_end_s": "seconds",
}
"""Another way to write events; a checked design has them in ``events``."""

_DOSE = r"(?:concentrations?|conc|doses?|final concentration|final conc)"
_TIMES = {"start": r"(?:start|starts|onset|added|addition|on|added at|start time|addition time|time)",
          "end": r"(?:end|ends|stop|off|washout|wash|end time|removed|washed out)"}  # fmt: skip
_PATTERNS: dict[str, str] = {
    "recording": r"recordings?(?: (?:name|id))?|name",
    "condition": r"conditions?(?: name)?|(?:experimental |treatment )?group|treatment",
    "role": r"(?:well |sample )?roles?|(?:well|sample) type",
    "replicate": r"(?:biological )?(?:replicates?|rep|repl|repeat)(?: (?:no|nr|number|id|name))?",
    "experiment": r"(?:experiment|exp|run)(?: (?:no|nr|number|id|name))?",
    "day": r"(?:experiment(?:al)? )?(?:days?|date)(?: (?:no|nr|number|of experiment))?",
    "plate": r"plates?(?: (?:no|nr|number|id|name|barcode))?|barcode",
    "dish": r"(?:dish|coverslip|cover slip|chamber)(?: (?:no|nr|number|id|name))?",
    "well": r"wells?(?: (?:no|nr|number|id|name|position))?",
    "file": r"(?:recording |image |data |movie )?(?:files?|file ?names?|file ?paths?|paths?)|stack|movie",
    "labels": r"(?:label|mask|roi)s?(?: (?:file|image|filename)s?)?|segmentation",
    "agonist": r"agonist(?: (?:name|compound))?",
    "antagonist": r"antagonist(?: (?:name|compound))?|blocker",
    "agonist_M": rf"(?:log ?(?:10)? ?)?(?:agonist {_DOSE}|{_DOSE} (?:of )?(?:the )?agonist)",
    "antagonist_M": rf"(?:log ?(?:10)? ?)?(?:(?:antagonist|blocker) {_DOSE}|{_DOSE} (?:of )?(?:the )?antagonist)",
    **{
        f"{name}_{end}_s": f"{name} {words}" for name in ("antagonist", "agonist") for end, words in _TIMES.items()
    },
    "events": r"events?(?: (?:list|times?))|events|additions|stimuli",
    "event": r"event|(?:response |compared? )event|event (?:compared|of interest)",
    "frame_interval_s": r"(?:frame |sampling )?interval|frame time|cycle time|dt",
    "pixel_size_um": r"pixel(?: (?:size|width))?",
    "channel": r"(?:channel|ch)(?: (?:no|nr|number|name))?",
    "note": r"notes?|comments?|remarks?",
}
_KINDS = COLUMNS | START_COLUMNS
_WORDS = (*_KINDS, "treatment", "group", "date", "coverslip", "agonist_uM", "agonist_nM", "antagonist_uM",
          "antagonist_nM", "antagonist_mM", "agonist_mM", "filename", "path", "notes")  # fmt: skip
_EITHER: dict[str, tuple[str, ...]] = {
    r"(?:test )?(?:compound|drug|ligand|substance)s?(?: name)?": ("agonist", "antagonist"),
    rf"(?:(?:compound|drug|ligand) )?{_DOSE}": ("agonist_M", "antagonist_M"),
    r"(?:stimulus )?(?:starts?|onset|start time|addition time|added at)": (
        "agonist_start_s",
        "antagonist_start_s",
        "events",
    ),
}
"""Words that may mean the agonist's or the antagonist's, where the table has none of these columns."""

_UNIT_AT_END = re.compile(
    r"(?P<words>.*?)(?:[\s_]*[\[(]\s*(?P<inside>[^\[\]()]*)[\])]|[\s_,;/]+(?P<after>[^\s_]+))"
)


@dataclass(frozen=True)
class Heading:
    """What a heading says.

    Attributes
    ----------
    column : str
        Name of the column in a checked design.
    molar : ConcentrationUnit or None
        Unit of a concentration.
    factor : float or None
        Seconds or micrometres in one of the heading's unit.
    """

    column: str
    molar: ConcentrationUnit | None = None
    factor: float | None = None

    @property
    def kind(self) -> Kind:
        """What stands in the cells."""
        return _KINDS[self.column]


def read_heading(text: str) -> Heading | None:
    """Return the column that a heading names, or None.

    Parameters
    ----------
    text : str
        The heading, with or without a unit at its end.

    Returns
    -------
    Heading or None
        Column and unit.

    Examples
    --------
    >>> read_heading("Condition").column, read_heading("file name").column
    ('condition', 'file')
    >>> heading = read_heading("agonist concentration (µM)")
    >>> heading.column, heading.molar.factor_M
    ('agonist_M', 1e-06)
    >>> read_heading("Frame interval [ms]").factor
    0.001
    >>> read_heading("operator") is None
    True
    """
    whole = _column(text)
    if text.strip() not in _KINDS and whole is not None:
        return Heading(whole)
    found = _UNIT_AT_END.fullmatch(text.strip())
    if found is None:
        return None if whole is None else Heading(whole)
    words, unit = found["words"], found["inside"] or found["after"] or ""
    column = _column(words)
    if column in {"agonist", "antagonist"} or (column is None and _logarithm(words) is not None):
        molar = unit_in_heading(text)
        name = column or _logarithm(words)
        return None if molar is None or name is None else Heading(f"{name}_M", molar=molar)
    if column is None:
        return None if whole is None else Heading(whole)
    return _with_unit(column, text, unit)


def _with_unit(column: str, text: str, unit: str) -> Heading | None:
    kind = _KINDS[column]
    if kind == "molar":
        molar = unit_in_heading(text)
        return None if molar is None else Heading(column, molar=molar)
    factor = {"seconds": time_factor(unit), "micrometres": to_micrometres(1, unit)}.get(kind)
    return None if factor is None else Heading(column, factor=factor)


def unknown_heading(text: str, known: Collection[str] = ()) -> str:
    """Say what is wrong with a heading that names no column; nothing when it is one of the user's own.

    Parameters
    ----------
    text : str
        A heading for which `read_heading` gives None.
    known : collection of str
        Columns that other headings name.

    Returns
    -------
    str
        Part of a sentence; empty when the heading resembles nothing that is known and has no unit of
        concentration.

    Examples
    --------
    >>> unknown_heading("agnoist_uM")
    'is no known column; did you mean agonist_uM?'
    >>> unknown_heading("operator")
    ''
    """
    plain = _plain(text)
    has_molar = re.search(r"(?:^|[\s_(\[])[munpfµμ]?M[)\]]?\s*$|mol/[lL]", text.strip()) is not None
    words = _UNIT_AT_END.fullmatch(text.strip())
    bare = plain if words is None else _plain(words["words"])
    for pattern, columns in _EITHER.items():
        if (re.fullmatch(pattern, plain) or re.fullmatch(pattern, bare)) and not set(columns) & set(known):
            return (
                "may be the agonist's or the antagonist's: say which, as in agonist, agonist_uM, agonist_start_s"
            )
    near = difflib.get_close_matches(text.strip(), _WORDS, n=1, cutoff=0.78) or difflib.get_close_matches(
        plain.replace(" ", "_"), _WORDS, n=1, cutoff=0.78
    )
    if near:
        return f"is no known column; did you mean {near[0]}?"
    if re.match(r"(?:ant)?agonist\b", plain):
        return "cannot be understood: expected a unit such as µM, nM (concentrations) or s, min (times)"
    if has_molar and not {"agonist_M", "antagonist_M"} & set(known):
        return (
            "has a unit of concentration but is no known column: name it agonist_uM or antagonist_uM (any unit), "
            "and the compound in a column agonist or antagonist"
        )
    return ""


def _column(text: str) -> str | None:
    if text.strip() in _KINDS:
        return text.strip()
    plain = _plain(text)
    return next((name for name, pattern in _PATTERNS.items() if re.fullmatch(pattern, plain)), None)


def _logarithm(text: str) -> str | None:
    found = re.fullmatch(r"[-−]?log ?(?:10)? ?(agonist|antagonist)", _plain(text))
    return found[1] if found else None


def _plain(text: str) -> str:
    return re.sub(r"[\s_\-./\[\]]+", " ", text.strip().casefold()).strip(" :#*")
