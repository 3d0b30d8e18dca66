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


def flag_names(flags: int) -> str:
    """Name the bits that are set in `flags`.

    Parameters
    ----------
    flags : int
        Sum of `CellFlag` bits.

    Returns
    -------
    str
        Lower-case names separated by ``"; "``; empty when nothing is set.
    """
    return "; ".join(flag.name.lower() for flag in CellFlag if flag & flags and flag.name)


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


def curve_flag_names(flags: int) -> str:
    """Name the bits of `CurveFlag` that are set in `flags`.

    Parameters
    ----------
    flags : int
        Sum of `CurveFlag` bits.

    Returns
    -------
    str
        Lower-case names separated by ``"; "``; empty when nothing is set.

    Examples
    --------
    >>> curve_flag_names(CurveFlag.CENSORED | CurveFlag.OPEN_INTERVAL)
    'censored; open_interval'
    """
    return "; ".join(flag.name.lower() for flag in CurveFlag if flag & flags and flag.name)
