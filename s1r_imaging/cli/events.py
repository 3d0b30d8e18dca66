"""Events on the command line: ``--event "PRE-084@30"``, ``--event "PRE-084:10uM@30-90"``."""

import argparse
import re

from s1r_imaging.recording import Event

_UNITS = {"M": 1.0, "mM": 1e-3, "uM": 1e-6, "µM": 1e-6, "μM": 1e-6, "nM": 1e-9, "pM": 1e-12}
_NUMBER = r"\d+(?:\.\d*)?(?:[eE][+-]?\d+)?"
_EVENT = re.compile(
    rf"(?P<name>[^:]+?)\s*(?::\s*(?P<amount>{_NUMBER})\s*(?P<unit>{'|'.join(_UNITS)}))?"
    rf"@(?P<start>-?{_NUMBER})(?:-(?P<end>{_NUMBER}))?"
)


def parse_event(text: str) -> Event:
    """Read an event from ``NAME[:CONCENTRATION]@START[-END]``, times in seconds.

    Parameters
    ----------
    text : str
        The concentration carries its unit: M, mM, uM, nM or pM.

    Returns
    -------
    Event
        The event.

    Raises
    ------
    argparse.ArgumentTypeError
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
        raise argparse.ArgumentTypeError(
            f"{text!r}: expected NAME@START, NAME@START-END or NAME:CONCENTRATION@START in seconds, "
            'for instance "PRE-084:10uM@30".'
        )
    amount, end = match["amount"], match["end"]
    try:
        return Event(
            match["name"].strip(),
            float(match["start"]),
            end_s=None if end is None else float(end),
            concentration_M=None if amount is None else float(f"{float(amount) * _UNITS[match['unit']]:.12g}"),
        )
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
