"""Events as text: ``PRE-084@30``, ``PRE-084:10uM@30-90``; several are parted by semicolons."""

import re
from collections.abc import Iterable

from s1r_imaging.recording import Event

_UNITS = {"M": 1.0, "mM": 1e-3, "uM": 1e-6, "µM": 1e-6, "μM": 1e-6, "nM": 1e-9, "pM": 1e-12}
_NUMBER = r"\d+(?:\.\d*)?(?:[eE][+-]?\d+)?"
_QUOTED = r'"(?:[^"]|"")*"'
_EVENT = re.compile(
    rf"(?P<name>{_QUOTED}|[^:;]+?)\s*(?::\s*(?P<amount>{_NUMBER})\s*(?P<unit>{'|'.join(_UNITS)}))?"
    rf"\s*@\s*(?P<start>-?{_NUMBER})(?:\s*-\s*(?P<end>-?{_NUMBER}))?(?:\s*s)?"
)
_PART = re.compile(rf"\s*{_QUOTED}[^;\n\r]*|[^;\n\r]+")
_NEEDS_QUOTES = re.compile(r'[:;"\n\r]|^\s|\s$')


def parse_event(text: str) -> Event:
    """Read an event from ``NAME[:CONCENTRATION]@START[-END]``, times in seconds.

    Parameters
    ----------
    text : str
        The concentration carries its unit: M, mM, uM, nM or pM. A name with a colon or semicolon stands
        in double quotes.

    Returns
    -------
    Event
        The event.

    Raises
    ------
    ValueError
        If the text has another form.

    Examples
    --------
    >>> parse_event("PRE-084:10uM@30-90")
    Event(name='PRE-084', start_s=30.0, end_s=90.0, concentration_M=1e-05)
    >>> parse_event("vehicle@30")
    Event(name='vehicle', start_s=30.0, end_s=None, concentration_M=None)
    """
    match = _EVENT.fullmatch(text.strip())
    if match is None:
        raise ValueError(
            f"{text!r}: expected NAME@START, NAME@START-END or NAME:CONCENTRATION@START in seconds, "
            'for instance "PRE-084:10uM@30".'
        )
    name, amount, end = match["name"], match["amount"], match["end"]
    return Event(
        name[1:-1].replace('""', '"') if re.fullmatch(_QUOTED, name) else name.strip(),
        float(match["start"]),
        end_s=None if end is None else float(end),
        concentration_M=None if amount is None else _molar(amount, match["unit"]),
    )


def parse_events(text: str) -> tuple[Event, ...]:
    """Read events that are parted by semicolons or line breaks.

    Parameters
    ----------
    text : str
        Such as ``"PRE-084:10uM@30; KCl@200-210"``.

    Returns
    -------
    tuple of Event
        In the order of the text.

    Raises
    ------
    ValueError
        If a part is no event, or two have one name.

    Examples
    --------
    >>> [event.name for event in parse_events("NE-100:1uM@0; PRE-084:10uM@300; KCl@400-410")]
    ['NE-100', 'PRE-084', 'KCl']
    """
    events = tuple(parse_event(part) for part in _PART.findall(text) if part.strip())
    names = [event.name for event in events]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"two events are named {twice!r}: give each a name of its own, e.g. '{twice} 1'.")
    return events


def format_events(events: Iterable[Event]) -> str:
    """Write events as the text from which `parse_events` reads the same ones.

    Parameters
    ----------
    events : iterable of Event
        What was added when.

    Returns
    -------
    str
        One part for each, parted by semicolons.

    Examples
    --------
    >>> format_events([Event("PRE-084", 30, concentration_M=1e-5), Event("KCl", 200, 210)])
    'PRE-084:10uM@30; KCl@200-210'
    """
    return "; ".join(_format(event) for event in events)


def _format(event: Event) -> str:
    name = event.name
    if _NEEDS_QUOTES.search(name):
        name = '"' + name.replace('"', '""') + '"'
    amount = "" if event.concentration_M is None else f":{_amount(event.concentration_M)}"
    end = "" if event.end_s is None else f"-{_number(event.end_s)}"
    return f"{name}{amount}@{_number(event.start_s)}{end}"


def _amount(molar: float) -> str:
    """Return a concentration in the unit that reads best; exactly, in mol/L, where no unit gives it back."""
    unit = next((unit for unit in ("M", "mM", "uM", "nM") if float(f"{molar / _UNITS[unit]:.12g}") >= 1), "pM")
    text = f"{molar / _UNITS[unit]:.12g}"
    return f"{text}{unit}" if _molar(text, unit) == molar else f"{molar!r}M"


def _molar(amount: str, unit: str) -> float:
    """Return mol/L: 3 uM is 3e-6, not 2.9999999999999997e-6."""
    return float(amount) if unit == "M" else float(f"{float(amount) * _UNITS[unit]:.12g}")


def _number(value: float) -> str:
    return repr(value).removesuffix(".0")
