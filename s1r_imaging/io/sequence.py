"""A recording that was saved as one file per frame."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.directory import Directory, read_directory
from s1r_imaging.io.metadata import Facts, Selection, read_facts
from s1r_imaging.io.stack import FrameStack
from s1r_imaging.io.tiff import counts_type, naming_file, opened

_SUFFIXES = (".tif", ".tiff")


def list_frames(folder: Path) -> tuple[Path, ...]:
    """List the TIFF files of a folder in natural order: ``frame_2`` before ``frame_10``.

    Parameters
    ----------
    folder : Path
        An existing folder; its subfolders and hidden files are left aside.

    Returns
    -------
    tuple of Path
        At least two files.

    Raises
    ------
    S1RImagingError
        If there are fewer than two TIFF files.
    """
    files = [path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES and path.name[0] != "."]
    if not files and ((folder / "zarr.json").exists() or (folder / ".zarray").exists()):
        raise S1RImagingError(
            f"{folder} is a Zarr folder: let its name end in .zarr, or open it in Python and pass the array, "
            "read_recording(zarr.open_array(path), frame_interval_s=…)."
        )
    if len(files) < 2:
        raise S1RImagingError(
            f"{folder} holds {len(files)} TIFF file(s): expected a folder with one file per frame; "
            "pass the file itself when it holds all frames."
        )
    return tuple(sorted(files, key=natural_key))


def natural_key(path: Path) -> tuple[list[tuple[int, int | str]], str]:
    """Return a sorting key that reads the numbers in a file name as numbers.

    >>> sorted([Path("f10.tif"), Path("f2.tif")], key=natural_key)[0].name
    'f2.tif'
    """
    parts: list[tuple[int, int | str]] = [
        (0, int(part)) if part.isdecimal() else (1, part.casefold())
        for part in re.split(r"(\d+)", path.stem)
        if part
    ]
    return parts, path.name


def open_sequence(files: Sequence[Path]) -> tuple[FrameStack, Facts]:
    """Open single-frame files as a time series, in the given order.

    Parameters
    ----------
    files : sequence of Path
        One file per frame.

    Returns
    -------
    stack : FrameStack
        The frames, to be read on demand.
    facts : Facts
        What the first file says about them.

    Raises
    ------
    S1RImagingError
        If a file cannot be read, holds more than one frame, or differs from the first.
    """
    directories = [_read_single(path) for path in files]
    first = directories[0]
    for directory in directories[1:]:
        _check_like(directory, first)
    with opened(first.path) as tif, naming_file(first.path):
        dtype, offset_binary = counts_type(first.path, tif, tif.pages.first.dtype)
        if tif.is_stk or (tif.is_imagej and (tif.imagej_metadata or {}).get("images", 1) > 1):
            raise S1RImagingError(
                f"{first.path} holds a whole stack: pass it by itself, not as one frame of many."
            )
        facts = read_facts(tif, Selection(axis="T", n_frames=len(files), channel=0))
    pages = [directory.pages[0] for directory in directories]
    is_plain = len({d.byte_order for d in directories}) == 1 and all(page.data_offset >= 0 for page in pages)
    height, width = pages[0].shape
    stack = FrameStack(
        shape=(len(files), height, width),
        dtype=dtype,
        files=tuple(files),
        file_index=np.arange(len(files)),
        offsets=np.array([page.data_offset if is_plain else page.offset for page in pages], dtype=np.int64),
        byte_order=first.byte_order if is_plain else None,
        is_offset_binary=offset_binary,
    )
    return stack, facts


def _read_single(path: Path) -> Directory:
    directory = read_directory(path)
    if len(directory.pages) > 1:
        raise S1RImagingError(
            f"{path} holds {len(directory.pages)} pages: expected one frame in each file; "
            "pass a file that holds many frames by itself."
        )
    if directory.pages[0].samples > 1:
        raise S1RImagingError(f"{path} is a colour (RGB) image, no camera counts: export the grey frames.")
    return directory


def _check_like(directory: Directory, first: Directory) -> None:
    page, wanted = directory.pages[0], first.pages[0]
    if page.kind != wanted.kind:
        raise S1RImagingError(
            f"{directory.path} has {page.shape[0]} × {page.shape[1]} pixels of {page.bits}-bit "
            f"{page.number_word}, but {first.path.name} has {wanted.shape[0]} × {wanted.shape[1]} of "
            f"{wanted.bits}-bit {wanted.number_word}: all frames must be alike."
        )
