"""Whether Cheng and Prusoff's equation may be used, and what to do where it may not.

It takes free concentrations for added ones, and one site for granted. Both can be judged from the plate: from
the radioligand bound, from the receptor against IC50, and from the Hill slope, which depletion makes steep.

References
----------
Cheng Y.-C., Prusoff W. H. (1973), Biochem. Pharmacol. 22, 3099–3108. Hulme E. C., Trevethick M. A. (2010), Ligand
binding assays at equilibrium: validation and interpretation, Br. J. Pharmacol. 161, 1219–1237.
"""

from dataclasses import dataclass

import numpy as np

from s1r_imaging.flags import BindingFlag

MAX_BOUND = 0.1  # of the radioligand
MAX_BIAS = 0.1  # of Ki, from taking the total of the competitor for what is free
TIGHT_KI_M, TIGHT_IC50_M = 1e-9, 2e-9  # below these a usual amount of membranes may deplete the competitor

_FEWEST_M, _MOST_M = 1e-14, 1e-3  # radioligand and Kd outside are typed in another unit
_MOST_COMPETITOR_M = 0.1
_SMALLEST_KI_M = 1e-11
_FARTHEST = 300.0  # [L]/Kd


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What a fit says about the validity of its own assumptions (mol/L; NaN where not known).

    Parameters
    ----------
    ic50_M, ki_M : float
        Of the competitor.
    radioligand_M, kd_M : float
        Of the radioligand.
    receptor_M : float
        Total receptor, given or found from the signal.
    top_M : float
        Highest concentration of competitor.
    bound_fraction : float
        Part of the radioligand that is bound without competitor.
    bias : float
        Error of the Ki of Cheng and Prusoff relative to that of the exact equilibrium.
    hill_low, hill_high : float
        Interval of the Hill slope.
    exact : bool
        Whether depletion was solved for.
    one_site : bool
        Whether the fit assumes a slope of 1.
    """

    ic50_M: float
    ki_M: float
    radioligand_M: float
    kd_M: float
    receptor_M: float
    top_M: float
    bound_fraction: float
    bias: float
    hill_low: float
    hill_high: float
    exact: bool
    one_site: bool


def judge(evidence: Evidence) -> tuple[int, tuple[str, ...]]:
    """Judge a fit.

    Parameters
    ----------
    evidence : Evidence
        What it says.

    Returns
    -------
    flags : int
        Sum of `BindingFlag` bits.
    sentences : tuple of str
        One for each reason to doubt, with what to do.
    """
    found = [*_units(evidence)]
    if not evidence.exact:
        found += [*_depletion(evidence), *_slope(evidence)]
    flags = 0
    for flag, _ in found:
        flags |= int(flag)
    return flags, tuple(sentence for _, sentence in found)


def _depletion(e: Evidence) -> list[tuple[BindingFlag, str]]:
    found = []
    if e.bound_fraction > MAX_BOUND:
        share = f"{100 * e.bound_fraction:.0f} % of the radioligand is bound (more than 10 %)"
        found.append((BindingFlag.DEPLETION, f"{share}: use equilibrium='exact', or less membrane."))
    if abs(e.bias) > MAX_BIAS or e.receptor_M > 2 * e.ic50_M:
        facts = f"The receptor ({_words(e.receptor_M)}) is not far below IC50 ({_words(e.ic50_M)})"
        what = f"Cheng-Prusoff {_off(e.bias)}; use equilibrium='exact', or less membrane."
        found.append((BindingFlag.RECEPTOR_NEAR_IC50, f"{facts}: {what}"))
    if np.isnan(e.receptor_M) and (e.ki_M < TIGHT_KI_M or e.ic50_M < TIGHT_IC50_M):
        facts = f"IC50 is {_words(e.ic50_M)} and can never be less than half of the receptor"
        what = "Ki may be several times too large; give receptor_M and use equilibrium='exact'."
        found.append((BindingFlag.TIGHT_BINDING, f"{facts}: {what}"))
    return found


def _slope(e: Evidence) -> list[tuple[BindingFlag, str]]:
    if not e.one_site or not (e.hill_low > 1 or e.hill_high < 1):
        return []
    reason = (
        "above 1, the mark of a depleted competitor: give receptor_M and use equilibrium='exact'"
        if e.hill_low > 1
        else "below 1, as with two sites or before equilibrium: compare model='two_site', and a longer incubation"
    )
    return [
        (BindingFlag.HILL_NOT_ONE, f"The Hill slope ({e.hill_low:.2f} to {e.hill_high:.2f}) is {reason}."),
    ]


def _units(e: Evidence) -> list[tuple[BindingFlag, str]]:
    doubts = []
    for name, value in (("radioligand_M", e.radioligand_M), ("kd_M", e.kd_M)):
        if value < _FEWEST_M or value > _MOST_M:
            doubts.append(f"{name} is {value:g} mol/L")
    ratio = e.radioligand_M / e.kd_M
    if ratio > _FARTHEST or ratio < 1 / _FARTHEST:
        doubts.append(f"[L]/Kd is {ratio:.3g}")
    if e.top_M > _MOST_COMPETITOR_M:
        doubts.append(f"the top concentration is {e.top_M:g} mol/L")
    if e.ki_M < _SMALLEST_KI_M:
        doubts.append(f"Ki is {e.ki_M:.2g} mol/L")
    if e.ic50_M < 0.45 * e.receptor_M:
        doubts.append(f"IC50 ({_words(e.ic50_M)}) is less than half of the receptor ({_words(e.receptor_M)})")
    if not doubts:
        return []
    return [
        (BindingFlag.IMPLAUSIBLE_UNIT, f"Implausible: {'; '.join(doubts)}. Check that all are in mol/L."),
    ]


def _words(molar: float) -> str:
    return f"{molar * 1e9:.3g} nM"


def _off(bias: float) -> str:
    if np.isnan(bias):
        return "fails"
    return f"makes Ki {100 * abs(bias):.0f} % too {'large' if bias > 0 else 'small'}"
