"""Binding isotherms: specific and total binding at equilibrium against free ligand.

x is a molar concentration and may be zero; affinities are log10 M. Binding has the unit of y.
"""

from typing import Any

import numpy as np

from s1r_imaging.curves.equation import Equation, Vector
from s1r_imaging.curves.guess import decades
from s1r_imaging.curves.logistic import logistic_4, logistic_4_slopes

_SOURCE = "Hulme and Trevethick, Br. J. Pharmacol. 161, 1219 (2010); GraphPad Prism Curve Fitting Guide"
_POSITIVE = (0.0, np.inf)


def one_site_specific(x: Vector, bmax: Any, log_kd: Any) -> Any:
    """Compute bmax x/(x + 10^log_kd)."""
    return bmax * x / (x + 10.0**log_kd)


def one_site_total(x: Vector, bmax: Any, log_kd: Any, ns: Any, background: Any) -> Any:
    """Compute bmax x/(x + 10^log_kd) + ns x + background."""
    return one_site_specific(x, bmax, log_kd) + ns * x + background


def one_site_hill(x: Vector, bmax: Any, log_kd: Any, hill_slope: Any) -> Any:
    """Compute bmax x^h/(x^h + 10^(h log_kd))."""
    return logistic_4(x, 0.0, bmax, log_kd, hill_slope)


def one_site_hill_slopes(x: Vector, bmax: Any, log_kd: Any, hill_slope: Any) -> tuple[Any, ...]:
    """Compute the derivatives of `one_site_hill` by its parameters."""
    return logistic_4_slopes(x, 0.0, bmax, log_kd, hill_slope)[1:]


def two_site_specific(x: Vector, bmax_high: Any, log_kd_high: Any, bmax_low: Any, log_kd_low: Any) -> Any:
    """Compute the sum of two one-site isotherms."""
    return one_site_specific(x, bmax_high, log_kd_high) + one_site_specific(x, bmax_low, log_kd_low)


def two_site_total(  # noqa: PLR0917
    x: Vector, bmax_high: Any, log_kd_high: Any, bmax_low: Any, log_kd_low: Any, ns: Any, background: Any
) -> Any:
    """Compute the sum of two one-site isotherms, non-specific binding and background."""
    return two_site_specific(x, bmax_high, log_kd_high, bmax_low, log_kd_low) + ns * x + background


def _grid_one(x: Vector) -> dict[str, Vector]:
    return {"log_kd": decades(x, beyond=1.0, per_decade=4.0), "hill_slope": np.array([0.5, 1.0, 2.0, 4.0])}


def _grid_two(x: Vector) -> dict[str, Vector]:
    at = decades(x, beyond=1.0, per_decade=2.0)
    return {"log_kd_high": at, "log_kd_low": at + 0.25}


def _isotherm(name: str, function: Any, parameters: tuple[str, ...], formula: str, **more: Any) -> Equation:
    positions = tuple(item for item in parameters if item.startswith("log_kd"))
    linear = tuple(item for item in parameters if item not in positions and item != "hill_slope")
    return Equation(
        name,
        function,
        parameters,
        formula,
        _SOURCE,
        "concentration_M",
        linear,
        _grid_two if len(positions) == 2 else _grid_one,
        log10=positions,
        **more,
    )


EQUATIONS: tuple[Equation, ...] = (
    _isotherm(
        "one_site_specific",
        one_site_specific,
        ("bmax", "log_kd"),
        "bmax x/(x + 10^log_kd)",
        aliases=("one_site_binding",),
    ),
    _isotherm(
        "one_site_total",
        one_site_total,
        ("bmax", "log_kd", "ns", "background"),
        "bmax x/(x + 10^log_kd) + ns x + background",
    ),
    _isotherm(
        "one_site_hill",
        one_site_hill,
        ("bmax", "log_kd", "hill_slope"),
        "bmax x^hill_slope/(x^hill_slope + 10^(hill_slope log_kd))",
        slopes=one_site_hill_slopes,
        bounds={"hill_slope": _POSITIVE},
    ),
    _isotherm(
        "two_site_specific",
        two_site_specific,
        ("bmax_high", "log_kd_high", "bmax_low", "log_kd_low"),
        "bmax_high x/(x + 10^log_kd_high) + bmax_low x/(x + 10^log_kd_low)",
        aliases=("two_site_binding",),
    ),
    _isotherm(
        "two_site_total",
        two_site_total,
        ("bmax_high", "log_kd_high", "bmax_low", "log_kd_low", "ns", "background"),
        "bmax_high x/(x + 10^log_kd_high) + bmax_low x/(x + 10^log_kd_low) + ns x + background",
    ),
)
