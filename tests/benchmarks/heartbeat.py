"""How long a window stands still and what it does meanwhile, and its program's memory, stage by stage."""

import os
import re
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qtpy.QtCore import QObject, Qt, QTimer

BEAT_MS = 5
_STATUS = Path("/proc/self/status")
_QUEUE = Path("/proc/thread-self/schedstat")
_LOOK_S = 0.004
_WORTH_SAYING = 0.08  # part of a gap
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
    when : tuple of float
        Begin and end of the longest gap (s, by the clock of `time.perf_counter`).
    """

    gaps_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    queue_ms: list[float] = field(default_factory=list)
    seconds: float = 0.0
    peak_mb: float = 0.0
    own_mb: float = 0.0
    when: tuple[float, float] = (0.0, 0.0)

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
    the last by the time that Linux says it stood in the queue for a processor. Little is asked of the system at
    each beat, for every question lets go of Python's lock, and others may keep it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stages: dict[str, Beats] = {}
        self._now: Beats | None = None
        self._queue_file = _opened(_QUEUE)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)

    def begin(self, name: str) -> None:
        """Begin a stage."""
        with suppress(OSError):  # the peak starts anew, on Linux
            _REFERENCES.write_text("5")
        self._now = self.stages.setdefault(name, Beats())
        self._start = self._last = time.perf_counter()
        self._cpu, self._queue = time.thread_time(), self._queued()
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
        clock, cpu, queue, now = time.perf_counter(), time.thread_time(), self._queued(), self._now
        if 1000 * (clock - self._last) > max(now.gaps_ms, default=0.0):
            now.when = (self._last, clock)
        now.gaps_ms.append(1000 * (clock - self._last))
        now.cpu_ms.append(1000 * (cpu - self._cpu))
        now.queue_ms.append(1000 * (queue - self._queue))
        if len(now.gaps_ms) % 20 == 1:
            now.own_mb = max(now.own_mb, resident().get("RssAnon", 0.0))
        self._last, self._cpu, self._queue = time.perf_counter(), time.thread_time(), queue

    def _queued(self) -> float:
        """Return how long this thread has stood in the queue for a processor (s)."""
        return 0.0 if self._queue_file is None else 1e-9 * int(os.pread(self._queue_file, 99, 0).split()[1])


class Lookout(threading.Thread):
    """Looks every few milliseconds at what the window's thread is doing; it costs some time itself."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._window = threading.get_ident()
        self._seen: list[tuple[float, list[str]]] = []
        self._ends = threading.Event()
        self.start()

    def run(self) -> None:
        """Look until `end`."""
        while not self._ends.wait(_LOOK_S):
            frame, stack = sys._current_frames().get(self._window), []
            while frame is not None:
                stack.append(f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_name}")
                frame = frame.f_back
            self._seen.append((time.perf_counter(), stack[::-1]))

    def end(self) -> None:
        """Look no more."""
        self._ends.set()
        self.join()

    def report(self, start: float, end: float) -> list[str]:
        """Return the calls that took the most of a gap, outermost first, each with its part of it."""
        stacks = [stack for clock, stack in self._seen if start <= clock <= end]
        calls = Counter(tuple(stack[:depth]) for stack in stacks for depth in range(1, len(stack) + 1))
        worth = sorted(call for call, count in calls.items() if count > _WORTH_SAYING * len(stacks))
        depth = max(
            (len(call) for call in worth if calls[call] == len(stacks)), default=0
        )  # said of all: not worth it
        return [
            f"{calls[call] / len(stacks):5.0%} {'.' * (len(call) - depth)} {'/'.join(call[-1].split('/')[-3:])}"
            for call in worth
            if len(call) > depth
        ]


def _opened(path: Path) -> int | None:
    """Open a file of the system for as long as the program runs; None where there is no such file."""
    with suppress(OSError):
        return os.open(path, os.O_RDONLY)
    return None


def resident() -> dict[str, float]:
    """Return the memory of this program as the system counts it (MB): peak, and without pages of files."""
    found: Any = {}
    with suppress(OSError):
        found = re.findall(r"^(\w+):\s+(\d+) kB", _STATUS.read_text(), re.MULTILINE)
    return {name: int(kilobytes) / _FROM_KB for name, kilobytes in found}
