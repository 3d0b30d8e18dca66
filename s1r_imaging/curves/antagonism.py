"""Functional pharmacology: antagonism after Gaddum and Schild, and the operational model of agonism."""

from typing import Any

import numpy as np

from s1r_imaging.curves.equation import Equation, Vector, log10_molar, sigmoid
from s1r_imaging.curves.guess import decades

_LN10 = float(np.log(10.0))


def gaddum_schild(  # noqa: PLR0917
    x: Vector, bottom: Any, top: Any, log_ec50: Any, hill_slope: Any, pa2: Any, schild_slope: Any
) -> Any:
    """Compute an agonist's curve shifted by an antagonist: EC50′ = EC50 (1 + (B 10^pa2)^schild_slope)."""
    agonist, antagonist = log10_molar(x[0]), log10_molar(x[1])
    shift = _log10_one_plus(schild_slope * (antagonist + pa2))
    return bottom + (top - bottom) * sigmoid(_LN10 * hill_slope * (agonist - log_ec50 - shift))


def gaddum_schild_slopes(  # noqa: PLR0917
    x: Vector, bottom: Any, top: Any, log_ec50: Any, hill_slope: Any, pa2: Any, schild_slope: Any
) -> tuple[Any, ...]:
    """Compute the derivatives of `gaddum_schild` by its parameters."""
    agonist, above = log10_molar(x[0]), log10_molar(x[1]) + pa2
    distance = agonist - log_ec50 - _log10_one_plus(schild_slope * above)
    part = sigmoid(_LN10 * hill_slope * distance)
    steep = _LN10 * (top - bottom) * part * (1.0 - part)
    by_shift = -steep * hill_slope
    occupied = sigmoid(_LN10 * schild_slope * above)
    return (
        1.0 - part,
        part,
        by_shift,
        steep * distance,
        by_shift * schild_slope * occupied,
        by_shift * above * occupied,
    )


def operational(x: Vector, basal: Any, em: Any, log_tau: Any, log_ka: Any, n: Any) -> Any:  # noqa: PLR0917
    """Compute basal + (em − basal)(τ x)^n/((τ x)^n + (x + KA)^n)."""
    bound = log10_molar(x) - np.log10(x + 10.0**log_ka)
    return basal + (em - basal) * sigmoid(_LN10 * n * (log_tau + bound))


def _log10_one_plus(exponent: Any) -> Any:
    """Return log10(1 + 10^exponent), for complex numbers too and without overflow."""
    large = np.real(exponent) > 0
    size = np.where(large, -exponent, exponent)
    return np.where(large, exponent, 0.0) + np.log1p(10.0**size) / _LN10


def _grid_schild(x: Vector) -> dict[str, Vector]:
    return {
        "log_ec50": decades(x[0], beyond=0.5, per_decade=2.0),
        "hill_slope": np.array([0.8, 1.5]),  # (a curve that falls has bottom and top exchanged, then the sign)
        "pa2": -decades(x[1], beyond=2.0, per_decade=2.0),
        "schild_slope": np.array([1.0]),
    }


def _grid_operational(x: Vector) -> dict[str, Vector]:
    return {
        "log_tau": np.array([-1.0, -0.3, 0.3, 1.0, 2.0]),
        "log_ka": decades(x, beyond=1.0, per_decade=3.0),
        "n": np.array([0.7, 1.0, 1.5]),
    }


EQUATIONS: tuple[Equation, ...] = (
    Equation(
        "gaddum_schild",
        gaddum_schild,
        ("bottom", "top", "log_ec50", "hill_slope", "pa2", "schild_slope"),
        "bottom + (top − bottom)/(1 + 10^((log_ec50 + log10(1 + (x[1] 10^pa2)^schild_slope) − log10 x[0]) "
        "hill_slope))",
        "Arunlakshana and Schild, Br. J. Pharmacol. 14, 48 (1959); Waud, J. Pharmacol. Exp. Ther. 170, 117 (1969)",
        "agonist_and_antagonist_M",
        ("bottom", "top"),
        _grid_schild,
        mirrored=("bottom", "top", "hill_slope"),
        log10=("log_ec50",),
        slopes=gaddum_schild_slopes,
        aliases=("schild", "gaddum"),
    ),
    Equation(
        "operational",
        operational,
        ("basal", "em", "log_tau", "log_ka", "n"),
        "basal + (em − basal)(10^log_tau x)^n/((10^log_tau x)^n + (x + 10^log_ka)^n)",
        "Black and Leff, Proc. R. Soc. Lond. B 220, 141 (1983)",
        "concentration_M",
        ("basal", "em"),
        _grid_operational,
        {"n": (0.0, np.inf)},
        log10=("log_ka",),
        aliases=("operational_model", "black_leff"),
    ),
)
