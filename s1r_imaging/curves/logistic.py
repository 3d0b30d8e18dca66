"""Logistic curves: response against concentration, in Prism's parameters.

x is a molar concentration and may be zero; positions are log10 M. A curve that falls as x rises has a negative
Hill slope where the slope is fitted, as in Prism.
"""

from typing import Any

import numpy as np

from s1r_imaging.curves.equation import Equation, Vector, log10_molar, sigmoid
from s1r_imaging.curves.guess import decades

_LN10 = float(np.log(10.0))
_PRISM = "GraphPad Prism Curve Fitting Guide; Hill, J. Physiol. 40, iv (1910)"
_RICHARDS = "Richards, J. Exp. Bot. 10, 290 (1959); GraphPad Prism Curve Fitting Guide"


def logistic_4(x: Vector, bottom: Any, top: Any, log_ic50: Any, hill_slope: Any) -> Any:
    """Compute bottom + (top − bottom)/(1 + 10^((log_ic50 − log10 x) hill_slope))."""
    return bottom + (top - bottom) * sigmoid(_LN10 * hill_slope * (log10_molar(x) - log_ic50))


def logistic_4_slopes(x: Vector, bottom: Any, top: Any, log_ic50: Any, hill_slope: Any) -> tuple[Any, ...]:
    """Compute the derivatives of `logistic_4` by its parameters."""
    distance = log10_molar(x) - log_ic50
    part = sigmoid(_LN10 * hill_slope * distance)
    steep = (_LN10 * (top - bottom)) * part * (1.0 - part)
    return 1.0 - part, part, -steep * hill_slope, steep * distance


def inhibition_3(x: Vector, bottom: Any, top: Any, log_ic50: Any) -> Any:
    """Compute bottom + (top − bottom)/(1 + 10^(log10 x − log_ic50))."""
    return logistic_4(x, bottom, top, log_ic50, -1.0)


def inhibition_3_slopes(x: Vector, bottom: Any, top: Any, log_ic50: Any) -> tuple[Any, ...]:
    """Compute the derivatives of `inhibition_3` by its parameters."""
    return logistic_4_slopes(x, bottom, top, log_ic50, -1.0)[:3]


def stimulation_3(x: Vector, bottom: Any, top: Any, log_ec50: Any) -> Any:
    """Compute bottom + (top − bottom)/(1 + 10^(log_ec50 − log10 x))."""
    return logistic_4(x, bottom, top, log_ec50, 1.0)


def stimulation_3_slopes(x: Vector, bottom: Any, top: Any, log_ec50: Any) -> tuple[Any, ...]:
    """Compute the derivatives of `stimulation_3` by its parameters."""
    return logistic_4_slopes(x, bottom, top, log_ec50, 1.0)[:3]


def logistic_5(x: Vector, bottom: Any, top: Any, log_ic50: Any, hill_slope: Any, asymmetry: Any) -> Any:  # noqa: PLR0917
    """Compute bottom + (top − bottom)/(1 + 10^((xb − log10 x) hill_slope))^asymmetry; half-way at log_ic50."""
    z = _LN10 * hill_slope * (log10_molar(x) - log_ic50) - _half_way(asymmetry)
    return bottom + (top - bottom) * np.exp(-asymmetry * np.logaddexp(0.0, -z))


def logistic_5_slopes(  # noqa: PLR0917
    x: Vector, bottom: Any, top: Any, log_ic50: Any, hill_slope: Any, asymmetry: Any
) -> tuple[Any, ...]:
    """Compute the derivatives of `logistic_5` by its parameters."""
    distance = log10_molar(x) - log_ic50
    z = _LN10 * hill_slope * distance - _half_way(asymmetry)
    depth = np.logaddexp(0.0, -z)
    part = np.exp(-asymmetry * depth)
    span = top - bottom
    steep = span * part * asymmetry * sigmoid(-z)
    shift = np.log(2.0) / (asymmetry**2 * -np.expm1(-np.log(2.0) / asymmetry))
    return (
        1.0 - part,
        part,
        -steep * _LN10 * hill_slope,
        steep * _LN10 * distance,
        steep * shift - span * part * depth,
    )


def biphasic(  # noqa: PLR0917
    x: Vector,
    bottom: Any,
    top: Any,
    fraction_high: Any,
    log_ic50_high: Any,
    log_ic50_low: Any,
    hill_slope_high: Any,
    hill_slope_low: Any,
) -> Any:
    """Compute a curve of two logistic steps that share bottom and top."""
    position = log10_molar(x)
    high = sigmoid(_LN10 * hill_slope_high * (position - log_ic50_high))
    low = sigmoid(_LN10 * hill_slope_low * (position - log_ic50_low))
    return bottom + (top - bottom) * (fraction_high * high + (1.0 - fraction_high) * low)


def two_site_inhibition(  # noqa: PLR0917
    x: Vector, bottom: Any, top: Any, fraction_high: Any, log_ic50_high: Any, log_ic50_low: Any
) -> Any:
    """Compute competition for two sites: a part of the sites has high affinity."""
    return biphasic(x, bottom, top, fraction_high, log_ic50_high, log_ic50_low, -1.0, -1.0)


def _half_way(asymmetry: Any) -> Any:
    """Return ln(2^(1/s) − 1), without overflow."""
    halved = np.log(2.0) / asymmetry
    return halved + np.log(-np.expm1(-halved))


def _grid_3(name: str) -> Any:
    return lambda x: {name: decades(x, beyond=1.0, per_decade=4.0)}


def _grid_4(name: str) -> Any:
    slopes = np.array([-3.0, -1.2, -0.5])  # (a curve that rises is one that falls with bottom and top exchanged)
    return lambda x: {name: decades(x, beyond=0.3, per_decade=2.0), "hill_slope": slopes}


def _grid_5(name: str) -> Any:
    both = np.array([-3.0, -1.0, 1.0, 3.0])
    return lambda x: _grid_4(name)(x) | {"hill_slope": both, "asymmetry": np.array([0.3, 0.8, 2.5])}


def _grid_two(x: Vector) -> dict[str, Vector]:
    at = decades(x, beyond=0.0, per_decade=2.0)
    return {
        "fraction_high": np.array([0.3, 0.5, 0.7]),
        "log_ic50_high": at,
        "log_ic50_low": at + 0.25,
        "hill_slope_high": np.array([-1.0, 1.0]),
        "hill_slope_low": np.array([-1.0, 1.0]),
    }


def _named(kind: str, position: str) -> list[Equation]:
    """Return the equations with four and five parameters, with the position under the name that fits."""
    pair = ("bottom", "top")
    shared: dict[str, Any] = {"x_kind": "concentration_M", "linear": pair, "log10": (position,)}
    x_part = f"({position} − log10 x) hill_slope"
    first = kind == "inhibition"
    return [
        Equation(
            f"{kind}_4pl",
            logistic_4,
            ("bottom", "top", position, "hill_slope"),
            f"bottom + (top − bottom)/(1 + 10^({x_part}))",
            _PRISM,
            grid=_grid_4(position),
            mirrored=(*pair, "hill_slope"),
            slopes=logistic_4_slopes,
            aliases=("4pl", "logistic_4", "four_parameter_logistic") if first else (),
            **shared,
        ),
        Equation(
            f"{kind}_5pl",
            logistic_5,
            ("bottom", "top", position, "hill_slope", "asymmetry"),
            f"bottom + (top − bottom)/(1 + (2^(1/asymmetry) − 1) 10^({x_part}))^asymmetry",
            _RICHARDS,
            grid=_grid_5(position),
            ordered=pair,
            bounds={"asymmetry": (0.01, 100.0)},
            soft_bounds=("asymmetry",),
            slopes=logistic_5_slopes,
            aliases=("5pl", "logistic_5", "five_parameter_logistic") if first else (),
            **shared,
        ),
    ]


EQUATIONS: tuple[Equation, ...] = (
    Equation(
        "inhibition_3pl",
        inhibition_3,
        ("bottom", "top", "log_ic50"),
        "bottom + (top − bottom)/(1 + 10^(log10 x − log_ic50))",
        _PRISM,
        "concentration_M",
        ("bottom", "top"),
        _grid_3("log_ic50"),
        log10=("log_ic50",),
        slopes=inhibition_3_slopes,
        aliases=("3pl", "logistic_3", "three_parameter_logistic", "one_site_competition"),
    ),
    Equation(
        "stimulation_3pl",
        stimulation_3,
        ("bottom", "top", "log_ec50"),
        "bottom + (top − bottom)/(1 + 10^(log_ec50 − log10 x))",
        _PRISM,
        "concentration_M",
        ("bottom", "top"),
        _grid_3("log_ec50"),
        log10=("log_ec50",),
        slopes=stimulation_3_slopes,
    ),
    *_named("inhibition", "log_ic50"),
    *_named("stimulation", "log_ec50"),
    Equation(
        "biphasic",
        biphasic,
        ("bottom", "top", "fraction_high", "log_ic50_high", "log_ic50_low", "hill_slope_high", "hill_slope_low"),
        "bottom + (top − bottom)(fraction_high/(1 + 10^((log_ic50_high − log10 x) hill_slope_high)) "
        "+ (1 − fraction_high)/(1 + 10^((log_ic50_low − log10 x) hill_slope_low)))",
        _PRISM,
        "concentration_M",
        ("bottom", "top"),
        _grid_two,
        {"fraction_high": (0.0, 1.0)},
        ordered=("bottom", "top"),
        log10=("log_ic50_high", "log_ic50_low"),
    ),
    Equation(
        "two_site_inhibition",
        two_site_inhibition,
        ("bottom", "top", "fraction_high", "log_ic50_high", "log_ic50_low"),
        "bottom + (top − bottom)(fraction_high/(1 + 10^(log10 x − log_ic50_high)) "
        "+ (1 − fraction_high)/(1 + 10^(log10 x − log_ic50_low)))",
        _PRISM,
        "concentration_M",
        ("bottom", "top"),
        _grid_two,
        {"fraction_high": (0.0, 1.0)},
        log10=("log_ic50_high", "log_ic50_low"),
        aliases=("two_site_competition",),
    ),
)
