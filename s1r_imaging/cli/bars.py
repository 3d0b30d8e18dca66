"""Progress bars on the terminal."""

import sys
from types import TracebackType
from typing import Any, Self

from tqdm import tqdm


class Bars:
    """One progress bar per stage; silent where standard error is no terminal.

    Examples
    --------
    >>> with Bars() as progress:
    ...     progress("reading", 1, 1)
    """

    def __init__(self) -> None:
        self._stage = ""
        self._bar: tqdm[Any] | None = None

    def __enter__(self) -> Self:
        """Return the callable."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last bar as it stands."""
        self._close()

    def __call__(self, stage: str, done: int, total: int, /) -> None:
        """Show that `done` of `total` units of `stage` are finished."""
        bar = self._bar
        if bar is None or stage != self._stage:
            self._close()
            bar = tqdm(desc=stage, file=sys.stderr, disable=not sys.stderr.isatty())
            self._stage, self._bar = stage, bar
        bar.total = total
        bar.update(done - bar.n)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
