"""One TIFF file as a time series: which of its planes are the frames, and where they lie."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tifffile
from numpy.typing import NDArray

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.axes import check_axes, choose_channel
from s1r_imaging.io.directory import Directory, Page, read_directory
from s1r_imaging.io.metadata import Facts, Selection, read_channel_names, read_facts
from s1r_imaging.io.stack import DECODE_ERRORS, FrameStack, hushed

FramesAxis = Literal["t", "z", "c"]

# Files, which of them holds each frame, where in it, and the byte order of pixels stored plainly.
_Located = tuple[tuple[Path, ...], NDArray[np.intp], NDArray[np.int64], Literal["<", ">"] | None]

_AS_ARRAY = "read_recording(tifffile.imread(path)[…], frame_interval_s=…)"
_IN_ORDER = ("imagej", "shaped", "uniform", "generic")  # kinds whose planes are the file's pages, one by one
_LSM_LIMIT = 1 << 32  # larger LSM files hold offsets that have overflowed


def open_tiff(path: Path, *, channel: int | str | None, frames_axis: FramesAxis) -> tuple[FrameStack, Facts]:
    """Open one TIFF file as a time series without reading its pixels.

    Parameters
    ----------
    path : Path
        The file.
    channel : int or str or None
        Number (from 0) or name of the channel; None for a file with one.
    frames_axis : {"t", "z", "c"}
        The axis of the file that runs over time.

    Returns
    -------
    stack : FrameStack
        The frames, to be read on demand.
    facts : Facts
        What the file says about them.

    Raises
    ------
    S1RImagingError
        If the file cannot be used as it is; the sentence says what to pass.
    ValueError
        If the file has no such channel.
    """
    directory = read_directory(path)
    with opened(path) as tif:
        series = _only_series(path, tif, directory)
        sizes = _sizes(path, series, directory.pages[0])
        check_axes(path, sizes, frames_axis.upper(), as_array=_AS_ARRAY)
        planes, selection = _choose_planes(path, tif, sizes, channel, frames_axis.upper())
        with naming_file(path):
            facts = read_facts(tif, selection)
        n_planes = math.prod(sizes[axis] for axis in sizes if axis not in "YX")
        located = _locate(path, series, planes, n_planes, directory)
        dtype, offset_binary = counts_type(path, tif, series.dtype)
    files, file_index, offsets, byte_order = located
    stack = FrameStack(
        shape=(len(planes), sizes["Y"], sizes["X"]),
        dtype=dtype,
        files=files,
        file_index=file_index,
        offsets=offsets,
        byte_order=byte_order,
        is_offset_binary=offset_binary,
    )
    return stack, facts


@contextmanager
def opened(path: Path) -> Iterator[tifffile.TiffFile]:
    """Open a TIFF file for a while; what the library says about a damaged one becomes a sentence."""
    with hushed():
        with naming_file(path):
            tif = tifffile.TiffFile(path)
        with tif:
            yield tif


@contextmanager
def naming_file(path: Path) -> Iterator[None]:
    """Turn the errors of TIFF parsing into a sentence that names the file."""
    try:
        yield
    except DECODE_ERRORS as error:
        raise S1RImagingError(
            f"{path} cannot be understood ({type(error).__name__}: {error}): "
            "open it in Fiji and save it as TIFF, or export it again."
        ) from error


def counts_type(path: Path, tif: tifffile.TiffFile, dtype: Any) -> tuple[np.dtype[Any], bool]:
    """Return the type of the counts in the machine's byte order, and whether 32768 was added to them.

    ImageJ keeps signed 16-bit counts as unsigned ones and says so in its calibration (c0, c1).
    """
    native = np.dtype(dtype).newbyteorder("=")
    if native.kind not in "iuf":
        raise S1RImagingError(f"{path} holds {native} values: expected camera counts (whole or real numbers).")
    meta = (tif.imagej_metadata or {}) if tif.is_imagej else {}
    if native == np.uint16 and meta.get("c0") == -32768 and meta.get("c1") == 1:
        return np.dtype(np.int16), True
    return native, False


def _only_series(path: Path, tif: tifffile.TiffFile, directory: Directory) -> tifffile.TiffPageSeries:
    if tif.is_lsm and directory.file_bytes >= _LSM_LIMIT:
        raise S1RImagingError(f"{path} is an LSM file of 4 GB or more: save it as BigTIFF in Fiji first.")
    if tif.is_ome and "<BinaryOnly" in (tif.ome_metadata or ""):
        raise S1RImagingError(
            f"{path} is one part of an OME-TIFF set and does not describe itself: "
            "open the set's first file or its companion, or pass a list of single-frame files."
        )
    with naming_file(path):
        _check_imagej(path, tif, directory)
        found = list(tif.series)
    if tif.is_lsm:
        found = found[:1]  # the second series holds its thumbnails
    if not found:
        raise S1RImagingError(f"{path} holds no image: export the recording again.")
    if len(found) > 1:
        shapes = ", ".join(str(tuple(series.shape)) for series in found[:4])
        raise S1RImagingError(
            f"{path} holds {len(found)} images of shapes {shapes}{', …' if len(found) > 4 else ''} (positions, or "
            f"pages of different size): save one of them to a file, or pass it as an array: {_AS_ARRAY}."
        )
    return found[0]


def _check_imagej(path: Path, tif: tifffile.TiffFile, directory: Directory) -> None:
    """Refuse an ImageJ stack behind one directory that ends before its last plane."""
    meta = (tif.imagej_metadata or {}) if tif.is_imagej else {}
    n_planes = math.prod(int(meta.get(axis, 1)) for axis in ("frames", "slices", "channels"))
    first = directory.pages[0]
    if first.samples == 1 and len(directory.pages) < n_planes:
        _single_run(path, n_planes, directory, _plane_bytes(first))


def _plane_bytes(page: Page) -> int:
    return page.shape[0] * page.shape[1] * page.bits // 8


def _sizes(path: Path, series: tifffile.TiffPageSeries, first: Page) -> dict[str, int]:
    """Return the length of each axis that is longer than 1, and of height and width."""
    axes, shape = series.axes, tuple(int(n) for n in series.shape)
    kept = [(axis, n) for axis, n in zip(axes, shape, strict=True) if n != 1 or axis in "YX"]
    names = "".join(axis for axis, _ in kept)
    if "S" in names or first.samples > 1:
        raise S1RImagingError(
            f"{path} is a colour (RGB) image, no camera counts: export the grey recording, "
            f"or pass one colour as an array: {_AS_ARRAY}."
        )
    if len(names) == 3 and names[0] in "IQ":
        kept[0] = ("T", kept[0][1])  # pages that the file gives no meaning are frames
    elif not names.endswith("YX") or not set(names[:-2]) <= set("TZC") or len(set(names)) < len(names):
        raise S1RImagingError(
            f"{path} has axes {names} of lengths {tuple(n for _, n in kept)}, and it is not clear which one is "
            f"time: pass an array of (frames, height, width): {_AS_ARRAY}."
        )
    return dict(kept)


def _choose_planes(
    path: Path, tif: tifffile.TiffFile, sizes: dict[str, int], channel: int | str | None, wanted: str
) -> tuple[NDArray[np.intp], Selection]:
    """Return the plane numbers of the frames, and what they are."""
    axes = [axis for axis in sizes if axis not in "YX"]
    lengths = [sizes[axis] for axis in axes]
    planes: NDArray[np.intp] = np.arange(math.prod(lengths), dtype=np.intp).reshape(lengths)
    number = 0
    with naming_file(path):
        names = read_channel_names(tif, sizes.get("C", 1) if wanted != "C" else 1)
    if wanted != "C":
        number = choose_channel(path, names, channel)
        if "C" in axes:
            planes = np.take(planes, number, axis=axes.index("C"))
    return planes, Selection(axis=wanted, n_frames=len(planes), channel=number)


def _locate(
    path: Path, series: tifffile.TiffPageSeries, planes: NDArray[np.intp], n_planes: int, directory: Directory
) -> _Located:
    """Find where the planes lie."""
    if len(directory.pages) >= n_planes or series.is_multifile:
        return _from_pages(path, series, n_planes, planes, directory)
    offsets = _single_run(path, n_planes, directory, _plane_bytes(directory.pages[0]))[planes]
    return (path,), np.zeros(len(planes), dtype=np.intp), offsets, directory.byte_order


def _single_run(path: Path, n_planes: int, directory: Directory, plane_bytes: int) -> NDArray[np.int64]:
    """Locate planes behind one directory: ImageJ beyond 4 GB, MetaMorph stacks."""
    start = directory.pages[0].data_offset
    there = (directory.file_bytes - start) // plane_bytes if start >= 0 else len(directory.pages)
    if there < n_planes or start < 0:
        raise _incomplete(path, n_planes, int(there))
    return start + np.arange(n_planes, dtype=np.int64) * plane_bytes


def _incomplete(path: Path, n_planes: int, there: int) -> S1RImagingError:
    return S1RImagingError(
        f"{path} says that it holds {n_planes} planes, but {there} are there: it is truncated, was stopped early, "
        "or its other files are missing; copy all of it again, or save the complete frames to a new file."
    )


def _from_pages(
    path: Path,
    series: tifffile.TiffPageSeries,
    n_planes: int,
    planes: NDArray[np.intp],
    directory: Directory,
) -> _Located:
    """Locate planes that have a page each, in this file or in the others of its set."""
    if series.kind in _IN_ORDER and len(directory.pages) == n_planes:
        found = [(directory, directory.pages[number]) for number in planes.tolist()]
    else:
        found = _listed_pages(path, series, n_planes, planes, directory)
    _check_same(found)
    orders = {where.byte_order for where, _ in found}
    is_plain = len(orders) == 1 and all(page.data_offset >= 0 for _, page in found)
    files = tuple(dict.fromkeys(where.path for where, _ in found))
    numbers = {where: number for number, where in enumerate(files)}
    index = np.array([numbers[where.path] for where, _ in found], dtype=np.intp)
    offsets = np.array([page.data_offset if is_plain else page.offset for _, page in found], dtype=np.int64)
    return files, index, offsets, orders.pop() if is_plain else None


def _listed_pages(
    path: Path,
    series: tifffile.TiffPageSeries,
    n_planes: int,
    planes: NDArray[np.intp],
    directory: Directory,
) -> list[tuple[Directory, Page]]:
    """Look up the pages that a file's own description lists: OME and Micro-Manager sets, LSM."""
    with naming_file(path):
        listed = list(series)
    present = sum(page is not None for page in listed)
    if present < n_planes:
        raise _incomplete(path, n_planes, present)
    if len(listed) != n_planes:
        raise S1RImagingError(f"{path} has pages that hold several planes each: pass an array: {_AS_ARRAY}.")
    directories: dict[str, Directory] = {}
    found = []
    for number in planes.tolist():
        page = listed[number]
        name = str(page.parent.filehandle.path)
        if name not in directories:
            directories[name] = directory if Path(name).samefile(path) else read_directory(Path(name))
        found.append((directories[name], _page_at(directories[name], page.offset)))
    return found


def _page_at(directory: Directory, offset: int) -> Page:
    page = directory.page_at.get(offset)
    if page is None:
        raise S1RImagingError(
            f"{directory.path} lists a page at byte {offset} that is not there: export it again."
        )
    return page


def _check_same(found: list[tuple[Directory, Page]]) -> None:
    first = found[0][1]
    for number, (where, page) in enumerate(found):
        if page.kind != first.kind:
            raise S1RImagingError(
                f"{where.path}: frame {number} has shape {page.shape} and {page.bits}-bit {page.number_word}, but "
                f"frame 0 has {first.shape} and {first.bits}-bit {first.number_word}: all frames must be alike."
            )
