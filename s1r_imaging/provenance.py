"""How a result was made: steps with their options, versions and input digests.

A `Step` is added to the ``history`` of a recording or of traces by every function that makes one from
another, so that what is written to disk can say how it came about.
"""

import hashlib
import importlib.metadata
import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

_READ_BYTES = 1 << 24
_PACKAGES = ("numpy", "scipy", "pandas", "scikit-image", "tifffile", "imagecodecs", "roifile", "matplotlib")


_Told = Callable[[str, int, int], object]


def _nobody(_: str, __: int, ___: int, /) -> None:
    """Listen to no progress: whatever imports this room may not be imported by it."""


@lru_cache(maxsize=1)
def package_version() -> str:
    """Return the version of s1r-imaging; looked up once, because every step asks for it."""
    return importlib.metadata.version("s1r-imaging")


def versions() -> dict[str, str]:
    """Return the versions of Python, of s1r-imaging and of the libraries its numbers depend on."""
    found = {"s1r-imaging": package_version(), "python": platform.python_version()}
    for name in _PACKAGES:
        found[name] = importlib.metadata.version(name)
    return found


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step in the making of a result.

    Parameters
    ----------
    name : str
        Name of the public function.
    options : mapping
        Its options as plain values (numbers, text, lists).
    version : str
        Version of s1r-imaging that did it.
    input_digest : str, optional
        Digest of what the step was given besides the previous step's result, such as
        ``"sha256:…"`` of a file or of a label image.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    version: str = field(default_factory=package_version)
    input_digest: str | None = None


def digest_array(array: ArrayLike) -> str:
    """Digest an array's shape, type and values.

    Parameters
    ----------
    array : array_like
        Anything that fits in memory.

    Returns
    -------
    str
        ``"sha256:"`` and 64 hexadecimal digits; the same for equal values in any memory layout.

    Examples
    --------
    >>> digest_array([1, 2]) == digest_array(np.array([1, 2]))
    True
    """
    values = np.asarray(array)
    values = values.astype(values.dtype.newbyteorder("<"), copy=False)
    digest = hashlib.sha256(f"{values.shape}{values.dtype.str}".encode())
    digest.update(np.ascontiguousarray(values).tobytes())
    return f"sha256:{digest.hexdigest()}"


def digest_files(paths: Iterable[str | Path], *, progress: _Told = _nobody) -> str:
    """Digest the bytes of one file, or of several in the given order.

    Parameters
    ----------
    paths : iterable of path
        Files that exist. They are read in pieces.
    progress : callable, optional
        Told how many bytes of each file are read.

    Returns
    -------
    str
        ``"sha256:"`` and 64 hexadecimal digits; for one file the plain SHA-256 of its bytes, for several the
        SHA-256 of theirs in a row.
    """
    digests = [_digest_file(Path(path), progress) for path in paths]
    total = digests[0] if len(digests) == 1 else hashlib.sha256(b"".join(digests)).digest()
    return f"sha256:{total.hex()}"


def _digest_file(path: Path, progress: _Told) -> bytes:
    digest, size = hashlib.sha256(), path.stat().st_size
    with path.open("rb") as file:
        while piece := file.read(_READ_BYTES):
            digest.update(piece)
            progress("digest", file.tell(), size)
    return digest.digest()
