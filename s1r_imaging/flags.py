"""Why a cell or a response is suspect: one bit per reason, and a sentence for each.

Tables carry the sum of the bits in an integer column ``flags``; 0 means that nothing is suspect.

>>> int(CellFlag.EDGE | CellFlag.SATURATED)
3
>>> flag_names(3)
'edge; saturated'
"""

from enum import IntFlag


class CellFlag(IntFlag):
    """Reasons to doubt the numbers of one cell."""

    EDGE = 1
    SATURATED = 2
    F0_TOO_LOW = 4
    ACTIVE_BASELINE = 8
    SHORT_BASELINE = 16
    MOVED = 32
    BLEACHED = 64
    BACKGROUND_UNCERTAIN = 128
    NOT_FINITE = 256
    CONSTANT = 512
    TRUNCATED = 1024
    POOR_FIT = 2048


FLAG_MEANING: dict[CellFlag, str] = {
    CellFlag.EDGE: "The cell touches the border of the image: part of it is missing.",
    CellFlag.SATURATED: "Pixels reached the camera's top code: the peak is a lower bound.",
    CellFlag.F0_TOO_LOW: "F0 is not clear of the noise: ΔF/F0 is not a number here.",
    CellFlag.ACTIVE_BASELINE: "The cell was active before the stimulus: F0 and onset are uncertain.",
    CellFlag.SHORT_BASELINE: "Too few frames before the stimulus to know F0 and its noise well.",
    CellFlag.MOVED: "The field jumped during the frames that were measured.",
    CellFlag.BLEACHED: "The baseline falls markedly before the stimulus: consider a bleaching correction.",
    CellFlag.BACKGROUND_UNCERTAIN: "Too few cell-free pixels: the background was taken from the darkest pixels.",
    CellFlag.NOT_FINITE: "The trace holds values that are not finite numbers.",
    CellFlag.CONSTANT: "The trace does not vary at all: no camera records that.",
    CellFlag.TRUNCATED: "The response was not over when its window ended: duration, decay and area are cut short.",
    CellFlag.POOR_FIT: "The response does not have the shape that was fitted: kinetics were read off the trace.",
}


class CurveFlag(IntFlag):
    """Reasons to doubt a fitted curve or the numbers taken from it."""

    NO_CONCENTRATION_DEPENDENCE = 1
    CENSORED = 2
    EXTRAPOLATED = 4
    OPEN_INTERVAL = 8
    AMBIGUOUS = 16
    UNSTABLE = 32
    AT_BOUND = 64
    NOT_CONVERGED = 128
    TOO_FEW_POINTS = 256
    NOT_FINITE = 512
    EXACT_FIT = 1024
    LACK_OF_FIT = 2048
    SYSTEMATIC_RESIDUALS = 4096
    OUTLIERS = 8192
    INVERTED = 16384
    IMPLAUSIBLE_UNIT = 32768


CURVE_FLAG_MEANING: dict[CurveFlag, str] = {
    CurveFlag.NO_CONCENTRATION_DEPENDENCE: "A flat line describes the data as well: no midpoint can be stated.",
    CurveFlag.CENSORED: "The curve is not half way within the doses: the midpoint is known only to lie beyond.",
    CurveFlag.EXTRAPOLATED: "The midpoint lies outside the doses that were measured.",
    CurveFlag.OPEN_INTERVAL: "The data do not limit a parameter on one side: its interval is open there.",
    CurveFlag.AMBIGUOUS: "The data do not determine every parameter: other values fit as well.",
    CurveFlag.UNSTABLE: "A parameter can be moved without end and the fit stays as good: its value is arbitrary.",
    CurveFlag.AT_BOUND: "A parameter stopped at its bound: the errors of the others are conditional on that.",
    CurveFlag.NOT_CONVERGED: "The fit did not converge: its numbers are not a minimum.",
    CurveFlag.TOO_FEW_POINTS: "There are fewer points or doses than the parameters need.",
    CurveFlag.NOT_FINITE: "Points that are not finite numbers were left out of the fit.",
    CurveFlag.EXACT_FIT: "The curve goes through every point: the scatter, and so the errors, cannot be known.",
    CurveFlag.LACK_OF_FIT: "Points lie farther from the curve than replicates do (replicates test, P < 0.05).",
    CurveFlag.SYSTEMATIC_RESIDUALS: "Points lie above and below the curve in too few runs (runs test, P < 0.05).",
    CurveFlag.OUTLIERS: "ROUT finds outliers; they are marked, not removed.",
    CurveFlag.INVERTED: "The curve runs against the direction that its equation is named for.",
    CurveFlag.IMPLAUSIBLE_UNIT: "Concentrations are not plausible in the stated unit: perhaps typed in another.",
}


class BindingFlag(IntFlag):
    """Reasons to doubt an affinity, or the absence of one."""

    NOT_FINITE = 1
    TOO_FEW_POINTS = 2
    NO_TOTAL = 4
    NO_NONSPECIFIC = 8
    NO_REPLICATES = 16
    NO_COMPETITION = 32
    BEYOND_TOP = 64
    BELOW_LOWEST = 128
    OPEN_INTERVAL = 256
    HILL_NOT_ONE = 512
    DEPLETION = 1024
    RECEPTOR_NEAR_IC50 = 2048
    TIGHT_BINDING = 4096
    TOP_BELOW_BOTTOM = 8192
    NEGATIVE_SIGNAL = 16384
    IMPLAUSIBLE_UNIT = 32768
    LACK_OF_FIT = 65536
    NOT_CONVERGED = 131072
    KD_DISAGREES = 262144


BINDING_FLAG_MEANING: dict[BindingFlag, str] = {
    BindingFlag.NOT_FINITE: "Wells without a finite signal or concentration were left out.",
    BindingFlag.TOO_FEW_POINTS: "Fewer than three concentrations, or no well left over to know the scatter from.",
    BindingFlag.NO_TOTAL: "There are no wells without competitor: the top of the curve is extrapolated.",
    BindingFlag.NO_NONSPECIFIC: "There are no non-specific wells: the bottom of the curve is extrapolated.",
    BindingFlag.NO_REPLICATES: "No replicates to pool the noise from: weights are 1/Y of the fitted curve.",
    BindingFlag.NO_COMPETITION: "Binding does not depend on the competitor's concentration: no Ki can be stated.",
    BindingFlag.BEYOND_TOP: "Half of the binding is left at the top concentration: Ki lies above.",
    BindingFlag.BELOW_LOWEST: "Half of the binding is gone at the lowest concentration: Ki lies below.",
    BindingFlag.OPEN_INTERVAL: "The data limit the value on one side only, or not at all: its interval is open.",
    BindingFlag.HILL_NOT_ONE: "The Hill slope's interval excludes 1: not the curve of one site without depletion.",
    BindingFlag.DEPLETION: "More than 10 % of the radioligand is bound: free is less than what was added.",
    BindingFlag.RECEPTOR_NEAR_IC50: "The receptor is not far below IC50: the competitor is depleted as well.",
    BindingFlag.TIGHT_BINDING: "IC50 is so low that the receptor may deplete the competitor: give receptor_M.",
    BindingFlag.TOP_BELOW_BOTTOM: "Totals bind no more than non-specific wells: their roles may be exchanged.",
    BindingFlag.NEGATIVE_SIGNAL: "Some signals are negative: more background was subtracted than there is.",
    BindingFlag.IMPLAUSIBLE_UNIT: "Concentrations are not plausible in mol/L: perhaps typed in another unit.",
    BindingFlag.LACK_OF_FIT: "Wells lie farther from the curve than replicates do (replicates test, P < 0.05).",
    BindingFlag.NOT_CONVERGED: "The fit did not converge: its numbers are not a minimum.",
    BindingFlag.KD_DISAGREES: "The ratio k_off/k_on is not the Kd that was given: its interval excludes it.",
}


class CombinedFlag(IntFlag):
    """Reasons to doubt a mean pKi over experiments."""

    SINGLE_EXPERIMENT = 1
    CENSORED = 2
    LIMIT_ONLY = 4
    CONFLICTING = 8
    MISSING = 16
    NO_SPREAD = 32
    NO_VALUE = 64


COMBINED_FLAG_MEANING: dict[CombinedFlag, str] = {
    CombinedFlag.SINGLE_EXPERIMENT: "One experiment: its value has no interval between experiments.",
    CombinedFlag.CENSORED: "Some experiments give a limit only: mean and SD are by maximum likelihood.",
    CombinedFlag.LIMIT_ONLY: "Too few experiments give a number: a limit is all that can be said.",
    CombinedFlag.CONFLICTING: "Limits lie on both sides and too few experiments give a number.",
    CombinedFlag.MISSING: "Some experiments gave neither a number nor a limit and were not counted.",
    CombinedFlag.NO_SPREAD: "All values are the same to the last digit: they may be copies.",
    CombinedFlag.NO_VALUE: "No experiment gave a number or a limit.",
}


def flag_names(flags: int, *, kind: type[IntFlag] = CellFlag) -> str:
    """Name the bits that are set in `flags`.

    Parameters
    ----------
    flags : int
        Sum of bits.
    kind : type
        Which flags they are: `CellFlag`, `CurveFlag`, `BindingFlag` or `CombinedFlag`.

    Returns
    -------
    str
        Lower-case names separated by ``"; "``; empty when nothing is set.

    Examples
    --------
    >>> flag_names(CurveFlag.CENSORED | CurveFlag.OPEN_INTERVAL, kind=CurveFlag)
    'censored; open_interval'
    """
    return "; ".join(flag.name.lower() for flag in kind if flag & flags and flag.name)
