"""Words for time and length that microscope programs write, and what they mean."""

import math

# Seconds in one unit.
_SECONDS = {
    "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0,
    "ms": 1e-3, "msec": 1e-3, "millisecond": 1e-3, "milliseconds": 1e-3,
    "us": 1e-6, "µs": 1e-6, "usec": 1e-6, "microsecond": 1e-6, "microseconds": 1e-6,
    "ns": 1e-9, "nanosecond": 1e-9, "nanoseconds": 1e-9,
    "min": 60.0, "mins": 60.0, "minute": 60.0, "minutes": 60.0,
    "h": 3600.0, "hr": 3600.0, "hour": 3600.0, "hours": 3600.0,
    "d": 86400.0, "day": 86400.0, "days": 86400.0,
}  # fmt: skip

# Micrometres in one unit. "pixel" and "reference frame" are no lengths and stay out.
_MICROMETRES = {
    "um": 1.0, "µm": 1.0, "micron": 1.0, "microns": 1.0, "micrometer": 1.0, "micrometers": 1.0,
    "micrometre": 1.0, "micrometres": 1.0,
    "nm": 1e-3, "nanometer": 1e-3, "nanometers": 1e-3, "nanometre": 1e-3, "nanometres": 1e-3,
    "å": 1e-4, "angstrom": 1e-4,
    "mm": 1e3, "millimeter": 1e3, "millimeters": 1e3, "millimetre": 1e3, "millimetres": 1e3,
    "cm": 1e4, "centimeter": 1e4, "centimeters": 1e4, "centimetre": 1e4, "centimetres": 1e4,
    "m": 1e6, "meter": 1e6, "metre": 1e6,
    "in": 25400.0, "inch": 25400.0, "inches": 25400.0,
}  # fmt: skip

# Printers' resolutions (72 or 300 per inch) land in TIFF files by habit; no microscope's pixel is that large.
LARGEST_PIXEL_UM = 50.0


def to_seconds(value: object, unit: object) -> float | None:
    """Return a positive duration in seconds, or None where it is not known.

    Parameters
    ----------
    value : object
        A number, or text that holds one.
    unit : object
        A word such as ``"ms"`` or ``"min"``.

    Returns
    -------
    float or None
        Seconds; None when the number is not positive or the unit is unknown.

    Examples
    --------
    >>> to_seconds("250", "ms")
    0.25
    >>> to_seconds(0.0, "s") is None
    True
    """
    return _convert(value, unit, _SECONDS)


def to_micrometres(value: object, unit: object) -> float | None:
    r"""Return a positive length in micrometres, or None where it is not known.

    Parameters
    ----------
    value : object
        A number, or text that holds one.
    unit : object
        A word such as ``"nm"``, ``"micron"`` or ImageJ's ``"\\u00B5m"``.

    Returns
    -------
    float or None
        Micrometres; None when the number is not positive or the unit is no length.

    Examples
    --------
    >>> to_micrometres(650, "nm")
    0.65
    >>> to_micrometres(1.0, "pixel") is None
    True
    """
    return _convert(value, unit, _MICROMETRES)


def time_factor(unit: object) -> float | None:
    """Return the seconds in one `unit`, or None when the word is unknown.

    >>> time_factor("min")
    60.0
    """
    return _SECONDS.get(_word(unit))


def _convert(value: object, unit: object, factors: dict[str, float]) -> float | None:
    factor = factors.get(_word(unit))
    try:
        number = float(value)  # type: ignore[arg-type]  # whatever is no number ends in None
    except (TypeError, ValueError):
        return None
    if factor is None or not 0 < number < math.inf:
        return None
    return float(f"{number * factor:.12g}")  # 650 nm is 0.65 µm, not 0.6500000000000001


def _word(unit: object) -> str:
    """Return a unit in one spelling: ImageJ's escape, both Unicode mu, and mis-decoded Latin-1 are µ."""
    text = str(unit).strip().strip('"').replace("\\u00B5", "µ").replace("\\u00b5", "µ")
    return text.replace("Âµ", "µ").replace("\u03bc", "µ").casefold().replace("\u03bc", "µ")
