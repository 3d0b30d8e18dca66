"""Short work that waits until no other work is under way."""

from collections.abc import Callable

from napari_plugin.session import Job
from napari_plugin.work import Runner


class WhenIdle:
    """Has jobs done one after the other when nothing else is; of several with one name only the latest.

    Unlike `Runner.start_edit` it never takes the place of an edit of the cells that waits for its turn.

    Parameters
    ----------
    runner : Runner
        Does the work.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._waiting: dict[str, Callable[[], Job]] = {}
        runner.finished.connect(self._go)

    def ask(self, name: str, make: Callable[[], Job]) -> None:
        """Have a job done as soon as nothing else is under way."""
        self._waiting[name] = make
        self._go()

    def forget(self) -> None:
        """Do none of what waits."""
        self._waiting = {}

    def _go(self) -> None:
        if self._waiting and not self._runner.busy:
            self._runner.start_edit(self._waiting.pop(next(iter(self._waiting))))
