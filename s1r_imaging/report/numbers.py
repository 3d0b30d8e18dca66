"""Numbers as a reader wants them: three digits, true minus signs, open ends in words."""

import math
from typing import Any

import pandas as pd

UNKNOWN = "–"


def number(value: Any, *, digits: int = 3) -> str:
    """Write a number.

    Parameters
    ----------
    value : object
        A number, or something missing.
    digits : int
        Significant digits; whole numbers are written out.

    Returns
    -------
    str
        The number, or a dash.

    Examples
    --------
    >>> number(0.123456), number(-1234.5), number(float("nan")), number(2.0e-7)
    ('0.123', '−1230', '–', '2e−7')
    """
    if not is_known(value):
        return UNKNOWN
    value = float(value)
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == round(value) and abs(value) < 1e6:
        return _minus(f"{value:.0f}")
    text = f"{value:.{digits}g}"
    if "e" in text and 1 <= abs(value) < 1e6:
        text = f"{float(text):.0f}"
    if "e" in text:
        mantissa, _, exponent = text.partition("e")
        text = f"{mantissa}e{int(exponent)}"
    return _minus(text)


def p_value(value: Any) -> str:
    """Write a p value.

    >>> p_value(0.0412), p_value(1e-9), p_value(None)
    ('0.041', '< 0.0001', '–')
    """
    if not is_known(value):
        return UNKNOWN
    return "< 0.0001" if float(value) < 1e-4 else number(value, digits=2)


def interval(low: Any, high: Any, *, unit: str = "") -> str:
    """Write an interval; an end that the data do not limit is said to be open.

    >>> interval(0.12, 0.5), interval(-float("inf"), 60, unit=" %"), interval(1, None)
    ('0.12 to 0.5', 'below 60 % (open)', '–')
    """
    if not is_known(low) or not is_known(high):
        return UNKNOWN
    if math.isinf(low) and math.isinf(high):
        return "open on both sides"
    if math.isinf(low):
        return f"below {number(high)}{unit} (open)"
    if math.isinf(high):
        return f"above {number(low)}{unit} (open)"
    return f"{number(low)} to {number(high)}{unit}"


def is_known(value: Any) -> bool:
    """Tell whether there is a value at all."""
    return value is not None and not (pd.api.types.is_scalar(value) and pd.isna(value))


def _minus(text: str) -> str:
    return text.replace("-", "−")


def counted(n: int, noun: str) -> str:
    """Write how many there are.

    >>> counted(1, "dish:dishes"), counted(3, "cell")
    ('1 dish', '3 cells')
    """
    one, _, many = noun.partition(":")
    return f"{n:,} {one if n == 1 else many or one + 's'}"
