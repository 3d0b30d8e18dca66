"""Work in a thread of its own: how far it is, how to stop it, what it warned of, what came of it; no Qt."""

import threading
import traceback
import warnings
from collections.abc import Callable
from typing import Any

from s1r_imaging.errors import CancelledWorkError, S1RImagingError
from s1r_imaging.progress import Progress

_EXPECTED = (S1RImagingError, ValueError, TypeError)  # their message is a sentence for the person at the window


class Worker:
    """One piece of work, done once.

    The window looks at it from time to time; nothing is ever called in another thread than its own.

    Parameters
    ----------
    compute : callable
        Takes a `Progress`, returns the answer.

    Attributes
    ----------
    progress : tuple of (str, int, int) or None
        Stage, and how much of it is done, of how much.
    warnings : list of str
        What was warned of meanwhile.
    answer : object
        What `compute` returned.
    error : Failure or None
        What went wrong.
    cancelled : bool
        Whether it stopped because it was told to.
    """

    def __init__(self, compute: Callable[[Progress], Any]) -> None:
        self.progress: tuple[str, int, int] | None = None
        self.warnings: list[str] = []
        self.answer: Any = None
        self.error: Failure | None = None
        self.cancelled = False
        self._stop = threading.Event()
        # A daemon, so that work which cannot be stopped at once does not keep the program from ending.
        self._thread = threading.Thread(target=self._run, args=(compute,), name="s1r-imaging work", daemon=True)

    @property
    def is_running(self) -> bool:
        """Whether it has not come to its end."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def cancel(self) -> None:
        """Ask it to stop, which it does when it next reports how far it is."""
        self._stop.set()

    def wait(self, seconds: float) -> bool:
        """Wait until it has come to its end; return whether it has."""
        if self._thread.ident is not None:
            self._thread.join(seconds)
        return not self.is_running

    def _run(self, compute: Callable[[Progress], Any]) -> None:
        with _Listening(self.warnings):
            try:
                self.answer = compute(self._report)
            except CancelledWorkError:
                self.cancelled = True
            except Exception as error:  # noqa: BLE001  (whatever it is, the person must see it)
                self.error = Failure(error)
        if self._stop.is_set():  # perhaps after the last time that it reported: what came of it is not wanted
            self.cancelled, self.answer, self.error = True, None, None

    def _report(self, stage: str, done: int, total: int, /) -> None:
        if self._stop.is_set():
            raise CancelledWorkError
        self.progress = (stage, done, total)


class Failure:
    """What went wrong, in words; it holds text only, so that no frame keeps arrays or windows alive.

    Parameters
    ----------
    error : Exception
        What was raised.

    Attributes
    ----------
    sentence : str
        What is shown.
    details : str
        The traceback, where the error is none that was foreseen; else empty.
    """

    def __init__(self, error: Exception) -> None:
        if isinstance(error, _EXPECTED) and str(error):
            self.sentence, self.details = str(error), ""
            return
        words = str(error).strip().splitlines()
        said = f"{type(error).__name__}: {words[0]}" if words else type(error).__name__
        self.sentence = f"Something went wrong that should not have: {said}"
        self.details = "".join(traceback.format_exception(error))


class _Listening:
    """Collects the warnings of the thread that it is entered in.

    `warnings.catch_warnings` changes what all threads see, and restores it in the wrong order when two of
    them overlap. Here one hook stays in place as long as anyone listens, and passes on what is not theirs.
    """

    _lock = threading.Lock()
    _listeners: dict[int, list[str]] = {}  # noqa: RUF012  (shared by all on purpose)
    _others: Callable[..., None] = warnings.showwarning

    def __init__(self, heard: list[str]) -> None:
        self._heard = heard

    def __enter__(self) -> None:
        with _Listening._lock:
            if warnings.showwarning is not _show:
                _Listening._others = warnings.showwarning
                warnings.showwarning = _show
            _Listening._listeners[threading.get_ident()] = self._heard
            # Python's own filter, which makes it forget what it has said: the second time is news here too.
            warnings.simplefilter("default", UserWarning, append=True)

    def __exit__(self, *_: object) -> None:
        with _Listening._lock:
            del _Listening._listeners[threading.get_ident()]
            if not _Listening._listeners and warnings.showwarning is _show:
                warnings.showwarning = _Listening._others


def _show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
    heard = _Listening._listeners.get(threading.get_ident())  # noqa: SLF001
    if heard is None:
        _Listening._others(message, category, *where, **more)  # noqa: SLF001
    elif str(message) not in heard:
        heard.append(str(message))
