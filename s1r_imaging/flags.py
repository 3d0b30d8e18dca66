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
