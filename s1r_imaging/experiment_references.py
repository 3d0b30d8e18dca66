"""Bleaching measured in the vehicle recordings of an experiment, for ``bleaching="reference"``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from s1r_imaging.errors import CancelledWorkError
from s1r_imaging.experiment.replicates import BLOCK_COLUMNS
from s1r_imaging.experiment_jobs import Job, given
from s1r_imaging.recording import Traces


@dataclass(frozen=True, eq=False)
class References:
    """Vehicle recordings, read when they are first needed and then remembered.

    Attributes
    ----------
    jobs : tuple of Job
        Those that got vehicle; empty where bleaching is not measured in them.
    extract : callable
        Given a job, returns its traces.
    digest : callable
        Given a job, returns what its traces are made from, as plain values.
    """

    jobs: tuple[Job, ...]
    extract: Callable[[Job], Traces]
    digest: Callable[[Job], Mapping[str, Any]]
    _traces: dict[str, Traces | None] = field(default_factory=dict, init=False)
    _digests: dict[str, Mapping[str, Any] | None] = field(default_factory=dict, init=False)

    def traces(self, job: Job) -> list[Traces]:
        """Return the traces of the vehicle recordings for a job; one that cannot be read is left out."""
        found = [_remember(self._traces, other, self.extract) for other in self._of(job)]
        return [traces for traces in found if traces is not None and traces.n_cells]

    def made_from(self, job: Job) -> list[Mapping[str, Any]]:
        """Return what those traces are made from."""
        found = [_remember(self._digests, other, self.digest) for other in self._of(job)]
        return [made for made in found if made is not None]

    def _of(self, job: Job) -> Sequence[Job]:
        """Return those of the same day: lamps and dyes differ from day to day. All where that day has none."""
        own = [other for other in self.jobs if _day(other) == _day(job)]
        return own or self.jobs


def vehicle_jobs(jobs: Sequence[Job]) -> tuple[Job, ...]:
    """Return the jobs of recordings that got vehicle; the wells of a plate have theirs on it."""
    return tuple(job for job in jobs if not job.is_plate and job.rows[0]["role"] == "vehicle")


def _day(job: Job) -> object:
    return next((given(job.rows[0], name) for name in BLOCK_COLUMNS if given(job.rows[0], name) is not None), None)


def _remember(memory: dict[str, Any], job: Job, make: Callable[[Job], Any]) -> Any:
    if job.name not in memory:
        try:
            memory[job.name] = make(job)
        except CancelledWorkError:
            raise
        except Exception:  # noqa: BLE001  (its own row says what is wrong with it)
            memory[job.name] = None
    return memory[job.name]
