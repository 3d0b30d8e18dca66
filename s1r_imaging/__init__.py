"""From a Fluo-4 recording to an answer a pharmacologist can publish.

The names below are imported from their modules when they are first used, so that ``import s1r_imaging``
costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from s1r_imaging.errors import CancelledWorkError, S1RImagingError
    from s1r_imaging.flags import CellFlag
    from s1r_imaging.recording import Event, Recording, Traces

__all__ = [
    "CancelledWorkError",
    "CellFlag",
    "Event",
    "Recording",
    "S1RImagingError",
    "Traces",
]

_HOME = {
    "CancelledWorkError": "errors",
    "CellFlag": "flags",
    "Event": "recording",
    "Recording": "recording",
    "S1RImagingError": "errors",
    "Traces": "recording",
}


if not TYPE_CHECKING:  # a type checker must see the names above, and no others

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first used."""
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """List the public names too, for completion."""
    return sorted({*globals(), *__all__})
