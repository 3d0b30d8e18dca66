"""How long a window stands still, and how much memory its program takes, stage by stage."""

import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qtpy.QtCore import QObject, Qt, QTimer

BEAT_MS = 5
_STATUS = Path("/proc/self/status")
_QUEUE = Path("/proc/thread-self/schedstat")
_REFERENCES = Path("/proc/self/clear_refs")
_FROM_KB = 1024.0


@dataclass
class Beats:
    """What was seen while one stage ran.

    Attributes
    ----------
    gaps_ms : list of float
        Time between two beats, by the clock.
    cpu_ms : list of float
        Time in which the window's thread itself was at work between them.
    queue_ms : list of float
        Time in which it could have gone on, had the machine not been busy with others; 0 where nobody says it.
    seconds : float
        How long the stage took.
    peak_mb : float
        Most memory that was resident, pages of mapped files included.
    own_mb : float
        Most memory without the pages of files.
    """

    gaps_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    queue_ms: list[float] = field(default_factory=list)
    seconds: float = 0.0
    peak_mb: float = 0.0
    own_mb: float = 0.0

    @property
    def worst(self) -> tuple[float, float, float]:
        """The longest gap, the window's own work in it, and its wait for a processor (ms)."""
        return max(zip(self.gaps_ms, self.cpu_ms, self.queue_ms, strict=True), default=(0.0, 0.0, 0.0))

    @property
    def worst_alone(self) -> float:
        """The longest gap, its wait for a processor left out (ms)."""
        return max((gap - queue for gap, queue in zip(self.gaps_ms, self.queue_ms, strict=True)), default=0.0)


class Heartbeat(QObject):
    """A timer in the window's thread that notes how late it is.

    A gap is longer than the beat where the window's thread is at work, where another thread holds Python's lock,
    and where the machine is busy with others: the first of these is told apart by the thread's processor time,
    the last by the time that Linux says it stood in the queue for a processor.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stages: dict[str, Beats] = {}
        self.when: list[tuple[float, float, str]] = []
        self._now: Beats | None = None
        self._name = ""
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)

    def begin(self, name: str) -> None:
        """Begin a stage."""
        with suppress(OSError):  # the peak starts anew, on Linux
            _REFERENCES.write_text("5")
        self._name, self._now = name, self.stages.setdefault(name, Beats())
        self._start = self._last = time.perf_counter()
        self._cpu, self._queue = time.thread_time(), queued()
        self._timer.start()

    def end(self) -> Beats:
        """End it, and return what was seen."""
        self._beat()
        self._timer.stop()
        now = self._now
        if now is None:
            raise RuntimeError("begin a stage first")
        self._now = None
        now.seconds += time.perf_counter() - self._start
        now.peak_mb = max(now.peak_mb, resident().get("VmHWM", 0.0))
        return now

    def _beat(self) -> None:
        if self._now is None:
            return
        clock, cpu = time.perf_counter(), time.thread_time()
        self._now.gaps_ms.append(1000 * (clock - self._last))
        self._now.cpu_ms.append(1000 * (cpu - self._cpu))
        self._now.queue_ms.append(1000 * (queued() - self._queue))
        self.when.append((time.time(), self._now.gaps_ms[-1], self._name))
        if len(self._now.gaps_ms) % 4 == 1:
            self._now.own_mb = max(self._now.own_mb, resident().get("RssAnon", 0.0))
        self._last, self._cpu, self._queue = time.perf_counter(), time.thread_time(), queued()


def queued() -> float:
    """Return how long this thread has stood in the queue for a processor (s)."""
    with suppress(OSError, IndexError, ValueError):
        return 1e-9 * int(_QUEUE.read_text().split()[1])
    return 0.0


def resident() -> dict[str, float]:
    """Return the memory of this program as the system counts it (MB): peak, and without pages of files."""
    found: Any = {}
    with suppress(OSError):
        found = re.findall(r"^(\w+):\s+(\d+) kB", _STATUS.read_text(), re.MULTILINE)
    return {name: int(kilobytes) / _FROM_KB for name, kilobytes in found}
