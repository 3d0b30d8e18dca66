"""Jobs of a session, done without a window."""

from collections.abc import Iterator
from typing import Any

from napari_plugin.session import Job
from s1r_imaging.progress import silent


def do(job: Job) -> None:
    """Compute the answer of a job, and take all of it."""
    take(job, job.compute(silent))


def take(job: Job, answer: Any) -> None:
    """Take an answer, in as many turns as it wants."""
    pieces = job.accept(answer)
    if isinstance(pieces, Iterator):
        for _ in pieces:
            pass
