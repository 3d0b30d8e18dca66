"""Events on the command line: ``--event "PRE-084@30"``, ``--event "PRE-084:10uM@30-90"``."""

import argparse

from s1r_imaging.io.events import parse_event
from s1r_imaging.recording import Event


def event_argument(text: str) -> Event:
    """Read an event as `parse_event` does; argparse shows the sentence of its own kind of error only.

    >>> event_argument("vehicle@30").start_s
    30.0
    """
    try:
        return parse_event(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
