"""Concentrations as people write them, into mol/L; a number without a unit is refused, never guessed."""

import math
import re
from dataclasses import dataclass

from s1r_imaging.io.decimals import DecimalMark, parse_number
from s1r_imaging.io.sheets import Cell

_PREFIX = {"": 1.0, "m": 1e-3, "u": 1e-6, "µ": 1e-6, "mc": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15}
_UNIT = re.compile(
    r"(?P<log>[-−]?\s*log\s*(?:10|₁₀)?)?\s*[\[(]?\s*(?P<prefix>mc|[munpfµ])?(?P<kind>M|mol/?\s*[lL]|molar)\s*[\])]?"
)
_UNIT_OF_SMALL_LETTERS = re.compile(r"(?P<prefix>mc|[unpfµ])m")  # 10 nm, typed in haste
_HIGHEST_M = 10.0


@dataclass(frozen=True)
class ConcentrationUnit:
    """A unit of concentration, or of its logarithm.

    Attributes
    ----------
    factor_M : float
        Mol/L in one of it.
    log_sign : int
        0 for a plain concentration; 1 for log10 of it; -1 for the negative logarithm.
    """

    factor_M: float
    log_sign: int = 0

    def to_molar(self, value: float) -> float:
        """Return a value in this unit as mol/L.

        >>> parse_unit("log M").to_molar(-8.0)
        1e-08
        """
        if self.log_sign:
            exponent = self.log_sign * value
            return float(f"{10.0**exponent * self.factor_M:.15g}") if abs(exponent) < 300 else math.inf
        if self.factor_M == 1.0:
            return value  # as it stands, to the last bit
        return float(f"{value * self.factor_M:.15g}")  # 3 nM is 3e-9 M, not 3.0000000000000004e-9


def parse_unit(text: str) -> ConcentrationUnit | None:
    """Return the unit that a text is, or None.

    Parameters
    ----------
    text : str
        M, mM, µM, uM, nM, pM or fM, also as mol/L, also in brackets, also as log M or -log M.

    Returns
    -------
    ConcentrationUnit or None
        The unit.

    Examples
    --------
    >>> parse_unit("(µM)").factor_M, parse_unit("nmol/L").factor_M, parse_unit("log[M]").log_sign
    (1e-06, 1e-09, 1)
    >>> parse_unit("mg/mL") is None
    True
    """
    plain = text.replace("\u03bc", "µ").replace("Âµ", "µ").replace("²", "").strip().strip("_:, ")
    if re.fullmatch(r"[\[(].*[\])]", plain):
        plain = plain[1:-1].strip()
    found = _UNIT.fullmatch(plain) or _UNIT_OF_SMALL_LETTERS.fullmatch(plain)
    if found is None:
        return None
    parts = found.groupdict()
    log = parts.get("log")
    sign = 0 if not log else -1 if log.strip()[0] in "-−" else 1
    return ConcentrationUnit(_PREFIX[(parts.get("prefix") or "")], sign)


def unit_in_heading(text: str) -> ConcentrationUnit | None:
    """Return the unit that stands at the end of a heading such as "conc_nM" or "log [compound] (M)".

    >>> unit_in_heading("Concentration [µM]").factor_M, unit_in_heading("log concentration (M)").log_sign
    (1e-06, 1)
    """
    words = text.strip()
    found = re.search(
        r"(?:^|[\s_,;/\[(])([-−]?\s*log\s*(?:10|₁₀)?[\s\[(]*[munpfµμ]?M[\])]*|(?:[^\s_\[(),;]+))[\])\s]*$", words
    )
    unit = None if found is None else parse_unit(found[1])
    says_log = re.match(r"\s*[-−]?\s*log", words, re.IGNORECASE)
    if unit is not None and says_log and not unit.log_sign:
        return ConcentrationUnit(unit.factor_M, -1 if words.lstrip()[0] in "-−" else 1)
    return unit


def to_molar(cell: Cell, *, unit: ConcentrationUnit | None, decimal: DecimalMark) -> tuple[float, str]:
    """Return the concentration in a cell as mol/L, and what is wrong with it.

    Parameters
    ----------
    cell : str, int, float or None
        A number, or text such as ``"10 nM"``.
    unit : ConcentrationUnit or None
        The unit of the heading.
    decimal : {".", ","}
        Decimal mark of text.

    Returns
    -------
    concentration_M : float
        Mol/L; NaN where the cell is empty or wrong.
    problem : str
        Part of a sentence; empty when nothing is wrong.

    Examples
    --------
    >>> to_molar("10 nM", unit=None, decimal=".")
    (1e-08, '')
    >>> to_molar(10, unit=None, decimal=".")[1]
    'has no unit'
    """
    if cell is None or str(cell).strip() in {"", "-", "–", "—"}:
        return math.nan, ""
    number, words = _number_and_unit(cell) if isinstance(cell, str) else (cell, "")
    value = parse_number(number, decimal=decimal)
    own = parse_unit(words) if words else None
    known = own or unit
    if value == 0 and known is None and not words:
        return 0.0, ""  # nothing is nothing in any unit
    problem = _problem(value, words, own, unit)
    if problem or known is None:
        return math.nan, problem
    molar = known.to_molar(value)
    return (math.nan, f"is more than {_HIGHEST_M:g} mol/L: check the unit") if molar > _HIGHEST_M else (molar, "")


def concentration_words(molar: float) -> str:
    """Return a concentration as it stands in a sentence, in the unit that reads best.

    >>> concentration_words(1e-5), concentration_words(3e-10), concentration_words(0.05)
    ('10 µM', '300 pM', '50 mM')
    """
    units = {"M": 1.0, "mM": 1e-3, "µM": 1e-6, "nM": 1e-9, "pM": 1e-12}
    unit = next((unit for unit, factor in units.items() if float(f"{molar / factor:.4g}") >= 1), "pM")
    return f"{molar / units[unit]:.4g} {unit}"


def _problem(value: float, words: str, own: ConcentrationUnit | None, unit: ConcentrationUnit | None) -> str:
    if math.isnan(value) or (words and own is None):
        return "is no concentration"
    if own is not None and unit is not None and own != unit:
        return "has another unit than its heading"
    known = own or unit
    if known is None:
        return "has no unit"
    return "is negative; a logarithm needs the unit 'log M'" if value < 0 and not known.log_sign else ""


def _number_and_unit(text: str) -> tuple[str, str]:
    found = re.fullmatch(r"([+-−]?[\d.,’' ]*\d(?:[eE][+-−]?\d+)?)\s*(\D.*)?", text.strip())
    if found is None:
        return text, ""
    return found[1], (found[2] or "").strip()
