"""Exponential time courses: association, and dissociation in one or two phases.

x is time in any unit, counted from the start of the process; rate constants are per that unit.
"""

from typing import Any

import numpy as np

from s1r_imaging.curves.equation import Equation, Vector
from s1r_imaging.curves.guess import decades

_SOURCE = "Hulme and Trevethick, Br. J. Pharmacol. 161, 1219 (2010); GraphPad Prism Curve Fitting Guide"
_POSITIVE = (0.0, np.inf)


def association(x: Vector, plateau: Any, k: Any) -> Any:
    """Compute plateau (1 − exp(−k x)): binding that begins at nothing."""
    return plateau * (1.0 - np.exp(-k * x))


def one_phase_association(x: Vector, y0: Any, plateau: Any, k: Any) -> Any:
    """Compute y0 + (plateau − y0)(1 − exp(−k x))."""
    return y0 + (plateau - y0) * (1.0 - np.exp(-k * x))


def one_phase_dissociation(x: Vector, y0: Any, plateau: Any, k: Any) -> Any:
    """Compute plateau + (y0 − plateau) exp(−k x)."""
    return plateau + (y0 - plateau) * np.exp(-k * x)


def two_phase_dissociation(x: Vector, y0: Any, plateau: Any, fraction_fast: Any, k_fast: Any, k_slow: Any) -> Any:  # noqa: PLR0917
    """Compute plateau + (y0 − plateau)(f exp(−k_fast x) + (1 − f) exp(−k_slow x))."""
    decay = fraction_fast * np.exp(-k_fast * x) + (1.0 - fraction_fast) * np.exp(-k_slow * x)
    return plateau + (y0 - plateau) * decay


def two_phase_association(x: Vector, y0: Any, plateau: Any, fraction_fast: Any, k_fast: Any, k_slow: Any) -> Any:  # noqa: PLR0917
    """Compute y0 + (plateau − y0)(1 − f exp(−k_fast x) − (1 − f) exp(−k_slow x))."""
    return two_phase_dissociation(x, y0, plateau, fraction_fast, k_fast, k_slow)


def _grid_one(x: Vector) -> dict[str, Vector]:
    return {"k": 10.0 ** -decades(x, beyond=1.0, per_decade=4.0)}


def _grid_two(x: Vector) -> dict[str, Vector]:
    rates = 10.0 ** -decades(x, beyond=0.7, per_decade=3.0)
    return {"fraction_fast": np.array([0.3, 0.5, 0.7]), "k_fast": 1.3 * rates, "k_slow": rates}


def _one_phase(name: str, function: Any, parameters: tuple[str, ...], formula: str) -> Equation:
    return Equation(
        name, function, parameters, formula, _SOURCE, "time", parameters[:-1], _grid_one, {"k": _POSITIVE}
    )


def _two_phase(name: str, function: Any, formula: str) -> Equation:
    return Equation(
        name,
        function,
        ("y0", "plateau", "fraction_fast", "k_fast", "k_slow"),
        formula,
        _SOURCE,
        "time",
        ("y0", "plateau"),
        _grid_two,
        {"fraction_fast": (0.0, 1.0), "k_fast": _POSITIVE, "k_slow": _POSITIVE},
    )


EQUATIONS: tuple[Equation, ...] = (
    _one_phase("association", association, ("plateau", "k"), "plateau (1 − exp(−k x))"),
    _one_phase(
        "one_phase_association",
        one_phase_association,
        ("y0", "plateau", "k"),
        "y0 + (plateau − y0)(1 − exp(−k x))",
    ),
    _one_phase(
        "one_phase_dissociation",
        one_phase_dissociation,
        ("y0", "plateau", "k"),
        "plateau + (y0 − plateau) exp(−k x)",
    ),
    _two_phase(
        "two_phase_association",
        two_phase_association,
        "y0 + (plateau − y0)(1 − fraction_fast exp(−k_fast x) − (1 − fraction_fast) exp(−k_slow x))",
    ),
    _two_phase(
        "two_phase_dissociation",
        two_phase_dissociation,
        "plateau + (y0 − plateau)(fraction_fast exp(−k_fast x) + (1 − fraction_fast) exp(−k_slow x))",
    ),
)
