"""What goes wrong that is not the caller's mistake.

A wrong argument is a `ValueError` or `TypeError`; a file that cannot be used is an `S1RImagingError`.
"""


class S1RImagingError(Exception):
    """A file, or what it holds, cannot be used; the message names it and says what to do."""


class MissingOptionError(S1RImagingError):
    """A file leaves open how it is to be read, and an option can say it.

    Parameters
    ----------
    message : str
        The sentence.
    option : str
        Name of the option of `s1r_imaging.io.recording.RecordingOptions`.
    choices : tuple of str
        What can be chosen, where that is known; of channels the names, empty where there is none.
    """

    def __init__(self, message: str, *, option: str = "", choices: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.option, self.choices = option, choices


class CancelledWorkError(Exception):
    """Raised by a progress callback to stop long work; nothing half-done is left behind."""
