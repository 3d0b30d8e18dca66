"""What goes wrong that is not the caller's mistake.

A wrong argument is a `ValueError` or `TypeError`; a file that cannot be used is an `S1RImagingError`.
"""


class S1RImagingError(Exception):
    """A file, or what it holds, cannot be used; the message names it and says what to do."""


class CancelledWorkError(Exception):
    """Raised by a progress callback to stop long work; nothing half-done is left behind."""
