"""How long work reports how far it is.

Functions that take long accept ``progress``, a callable ``progress(stage, done, total)``. It is called
at least once per block of frames; raising `s1r_imaging.errors.CancelledWorkError` from it stops the work.
"""

from typing import Protocol


class Progress(Protocol):
    """A callable that is told how far a stage is."""

    def __call__(self, stage: str, done: int, total: int, /) -> None:
        """Report that `done` of `total` units of `stage` are finished."""


def silent(stage: str, done: int, total: int, /) -> None:
    """Report nothing: the default."""
