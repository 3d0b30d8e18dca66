"""Writing files whole or not at all: beside the target first, then renamed."""

import errno
import hashlib
import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from s1r_imaging.errors import S1RImagingError

_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)  # devices under Windows
_LONGEST_NAME_BYTES = 120
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))  # no room, or none left for this user


def write_file(path: str | os.PathLike[str], write: Callable[[Path], object]) -> None:
    """Write one file so that it is there whole, or as it was before.

    Parameters
    ----------
    path : path
        The file; replaced when it exists.
    write : callable
        Given a path beside it, writes the file there.

    Raises
    ------
    S1RImagingError
        If the folder does not exist or cannot be written to, or the disk is full.
    """
    target = Path(path)
    partial = beside(target)
    with naming_target(target):
        try:
            write(partial)
            flush(partial)
            partial.replace(target)
        except BaseException:
            remove(partial)
            raise


def safe_name(name: str) -> str:
    """Return a name for a file or folder that every system allows; a good name stays as it is.

    Characters that no file name may have become underscores, and eight digits that stand for the name as it
    was are appended, so that two names never become one.

    Parameters
    ----------
    name : str
        Any text, such as the name of a recording.

    Returns
    -------
    str
        Up to 120 bytes of UTF-8.

    Examples
    --------
    >>> safe_name("day1 dish2 (PRE-084, 10 µM)")
    'day1 dish2 (PRE-084, 10 µM)'
    >>> safe_name("NE-100/PRE-084")
    'NE-100_PRE-084-89cc6137'
    """
    plain = re.sub(r'[<>:"/\\|?*]', "_", unicodedata.normalize("NFC", name))
    plain = "".join(letter if letter.isprintable() else "_" for letter in plain).strip(" ").rstrip(".")
    plain = f"_{plain}" if _RESERVED.fullmatch(plain) or plain[:1] in {"", ".", "-", "~"} else plain
    if plain == name and len(plain.encode()) <= _LONGEST_NAME_BYTES:
        return plain
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:8]
    short = plain.encode(errors="replace")[: _LONGEST_NAME_BYTES - 9].decode(errors="ignore").rstrip(" .")
    return f"{short}-{digest}"


def beside(target: Path) -> Path:
    """Return a path for an unfinished `target`, in the same folder so that renaming is one step.

    The suffix is kept: some writers choose the format by it.
    """
    suffix = "".join(target.suffixes)
    return target.with_name(f".{target.name.removesuffix(suffix)}-{secrets.token_hex(4)}.partial{suffix}")


def remove(path: Path) -> None:
    """Remove a file or folder if it is there; an error here must not hide the one that led here."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Wait until a file, or a folder's files, are on the disk: some disks say only then that they are full."""
    for file in path.rglob("*") if path.is_dir() else (path,):
        if file.is_file():
            with file.open("rb+") as opened:
                os.fsync(opened.fileno())


@contextmanager
def naming_target(target: Path) -> Iterator[None]:
    """Turn the errors of the operating system into a sentence that names what could not be written."""
    try:
        yield
    except OSError as error:
        why = "the disk is full" if error.errno in _FULL else (error.strerror or str(error))
        raise S1RImagingError(
            f"{target} could not be written: {why.rstrip('.').lower()}; nothing was left behind, "
            "choose another folder or make room."
        ) from error


def is_occupied(folder: str | os.PathLike[str]) -> bool:
    """Return whether a folder is there and holds anything.

    Parameters
    ----------
    folder : path
        The folder.

    Returns
    -------
    bool
        False for a folder that does not exist.

    Raises
    ------
    S1RImagingError
        If it cannot be looked at.
    """
    target = Path(folder)
    with naming_target(target):
        return target.is_dir() and any(target.iterdir())
