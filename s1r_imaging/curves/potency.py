"""What may be said about a midpoint (IC50, EC50, Ki): a number, a limit, or nothing.

A midpoint is stated as in databases of potencies, as a relation and a value: ``"="`` the value, ``">"`` more
than the highest dose, ``"<"`` less than the lowest, ``""`` nothing.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from s1r_imaging.curves.diagnostics import SIGNIFICANCE
from s1r_imaging.flags import CurveFlag

Relation = Literal["=", ">", "<", ""]

_NONE = CurveFlag(0)


@dataclass(frozen=True)
class Censored:
    """A value of which perhaps only a limit is known.

    Attributes
    ----------
    relation : {"=", ">", "<", ""}
        ``"="``: `value` was measured; ``">"``, ``"<"``: it is a limit; ``""``: nothing is known.
    value : float
        In the unit of the parameter, log10 for ``log_ic50`` and its kin; NaN where nothing is known.
    flags : CurveFlag
        Why, where it is not simply measured.
    """

    relation: Relation
    value: float
    flags: CurveFlag = _NONE

    def __str__(self) -> str:
        """Write as in a table: the number, with the relation in front unless it is ``=``."""
        if not self.relation:
            return "not determined"
        return f"{'' if self.relation == '=' else self.relation + ' '}{self.value:.4g}"


def judge_midpoint(estimate: float, x: ArrayLike, *, flat_p: float) -> Censored:
    """Decide what may be said about a midpoint.

    Parameters
    ----------
    estimate : float
        Best-fit midpoint, in the unit of `x` (log10 of a concentration).
    x : array_like, shape (n,)
        Doses, in the same unit; −inf for no compound.
    flat_p : float
        Probability from `flat_line_test`; NaN where the fit leaves no degrees of freedom for it.

    Returns
    -------
    Censored
        Nothing where a flat line does as well, a limit where the midpoint lies beyond the doses, else the
        estimate.

    Notes
    -----
    A midpoint beyond the doses rests on a plateau that was never seen. It is given as a limit even where a
    plateau that was fixed makes it look exact; the estimate itself stays in the fit.

    Examples
    --------
    >>> str(judge_midpoint(-7.02, [-9, -8, -7, -6], flat_p=1e-6))
    '-7.02'
    >>> str(judge_midpoint(-3.1, [-9, -8, -7, -6], flat_p=1e-6))
    '> -6'
    >>> str(judge_midpoint(291.4, [-9, -8, -7, -6], flat_p=0.6))
    'not determined'
    """
    doses = np.asarray(x, dtype=np.float64)
    doses = doses[np.isfinite(doses)]
    if flat_p >= SIGNIFICANCE:
        return Censored("", np.nan, CurveFlag.NO_CONCENTRATION_DEPENDENCE)
    if not doses.size or not np.isfinite(estimate):
        return Censored("", np.nan)
    beyond = CurveFlag.CENSORED | CurveFlag.EXTRAPOLATED
    if estimate > doses.max():
        return Censored(">", float(doses.max()), beyond)
    if estimate < doses.min():
        return Censored("<", float(doses.min()), beyond)
    return Censored("=", float(estimate))
