"""The page directory of a TIFF file, read without touching a pixel.

A microscope that was switched off, a full disk or a broken copy leaves files that open well and end
early. `read_directory` walks every page's directory and checks that its pixels lie inside the file, so
that such a file is refused when it is opened and not an hour later.
"""

import mmap
import struct
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from s1r_imaging.errors import S1RImagingError

# Tag numbers of the TIFF 6.0 specification.
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _FILL_ORDER = 256, 257, 258, 259, 266
_STRIP_OFFSETS, _SAMPLES, _STRIP_BYTES, _PREDICTOR = 273, 277, 279, 317
_TILE_OFFSETS, _TILE_BYTES, _SAMPLE_FORMAT = 324, 325, 339
_TAGS = {
    _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _FILL_ORDER, _STRIP_OFFSETS, _SAMPLES, _STRIP_BYTES, _PREDICTOR,
    _TILE_OFFSETS, _TILE_BYTES, _SAMPLE_FORMAT,
}  # fmt: skip
_NUMBER_FORMATS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 16: "Q", 17: "q", 13: "I", 18: "Q"}
_VALUE_BYTES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}
_FIRST_PRIVATE_TAG = 32768  # programs put what they like in private tags, also what was never written
_MAX_TAGS = 4096

_Tags = dict[int, tuple[int, ...]]


class Page(NamedTuple):
    """What one page says about its pixels."""

    offset: int
    """Position of the page's directory in the file."""
    shape: tuple[int, int]
    """Height and width (pixels)."""
    samples: int
    """Values per pixel: 1 for a grey image, 3 for a colour image."""
    bits: int
    """Bits per value."""
    sample_format: int
    """1 unsigned, 2 signed, 3 floating point."""
    data_offset: int
    """Where the pixels start when they are stored plainly in one run; -1 otherwise."""

    @property
    def number_word(self) -> str:
        """Kind of number, in words."""
        return {2: "signed counts", 3: "real numbers"}.get(self.sample_format, "counts")

    @property
    def kind(self) -> tuple[tuple[int, int], int, int, int]:
        """Pages of one recording agree in this."""
        return self.shape, self.samples, self.bits, self.sample_format


@dataclass(frozen=True)
class Directory:
    """All pages of one TIFF file."""

    path: Path
    byte_order: Literal["<", ">"]
    file_bytes: int
    pages: tuple[Page, ...]

    @cached_property
    def page_at(self) -> dict[int, Page]:
        """Pages by the position of their directory."""
        return {page.offset: page for page in self.pages}


@dataclass(frozen=True)
class _Layout:
    """How the numbers of a directory are written: classic TIFF or BigTIFF."""

    byte_order: Literal["<", ">"]
    count_format: str
    entry_format: str
    offset_format: str
    inline_bytes: int

    @property
    def entry_bytes(self) -> int:
        return struct.calcsize(self.byte_order + self.entry_format)


def read_directory(path: Path) -> Directory:
    """Read the directory of a TIFF or BigTIFF file and check that it is whole.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Directory
        Its pages; at least one.

    Raises
    ------
    S1RImagingError
        If the file does not exist, is empty, is no TIFF, or ends before its pixels do.
    """
    try:
        file_bytes = path.stat().st_size
        if file_bytes == 0:
            raise S1RImagingError(f"{path} is empty (0 bytes): copy it again from the microscope.")
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            return _walk(path, view, file_bytes)
    except FileNotFoundError:
        raise S1RImagingError(f"{path} does not exist: check the folder and the spelling.") from None
    except OSError as error:
        raise S1RImagingError(f"{path} cannot be read: {error.strerror or error}.") from error


def _walk(path: Path, view: mmap.mmap, file_bytes: int) -> Directory:
    layout, start = _read_header(path, view)
    pages: list[Page] = []
    seen: set[int] = set()
    while start and start not in seen:
        seen.add(start)
        try:
            tags, following = _read_tags(view, layout, start)
        except (struct.error, ValueError, OverflowError) as error:
            raise _truncated(path, f"the directory of page {len(pages)} lies beyond its end") from error
        pages.append(_make_page(path, tags, start, len(pages), file_bytes))
        start = following
    if not pages:
        raise S1RImagingError(f"{path} is a TIFF file without a page: its recording was never finished.")
    return Directory(path, layout.byte_order, file_bytes, tuple(pages))


def _truncated(path: Path, why: str) -> S1RImagingError:
    return S1RImagingError(
        f"{path} is truncated: {why}; copy it again, or export the complete frames to a new file."
    )


def _read_header(path: Path, view: mmap.mmap) -> tuple[_Layout, int]:
    orders: dict[bytes, Literal["<", ">"]] = {b"II": "<", b"MM": ">"}
    order = orders.get(view[:2])
    try:
        version = struct.unpack_from(f"{order}H", view, 2)[0] if order else 0
        # 330 and 21330 are variants that name themselves so; only 42 and 43 are TIFF.
        if order and version == 42:
            return _Layout(order, "H", "HHI4s", "I", 4), int(struct.unpack_from(f"{order}I", view, 4)[0])
        if order and version == 43:
            return _Layout(order, "Q", "HHQ8s", "Q", 8), int(struct.unpack_from(f"{order}Q", view, 8)[0])
    except struct.error as error:
        raise _truncated(path, "not even its header is complete") from error
    raise S1RImagingError(
        f"{path} is not a TIFF file: export the recording as TIFF or OME-TIFF, "
        "or load it in Python and give the (frames, height, width) array instead."
    )


def _read_tags(view: mmap.mmap, layout: _Layout, start: int) -> tuple[_Tags, int]:
    order = layout.byte_order
    (n_tags,) = struct.unpack_from(order + layout.count_format, view, start)
    if n_tags > _MAX_TAGS:
        raise ValueError("no directory here")
    first = start + struct.calcsize(order + layout.count_format)
    stop = first + n_tags * layout.entry_bytes
    entries = view[first:stop]
    if len(entries) < stop - first:
        raise ValueError("directory is cut")
    found: _Tags = {}
    for code, kind, count, value in struct.iter_unpack(order + layout.entry_format, entries):
        size = count * _VALUE_BYTES.get(kind, 0)
        if layout.inline_bytes < size and code < _FIRST_PRIVATE_TAG:
            (where,) = struct.unpack(order + layout.offset_format, value)
            if where + size > len(view):
                raise ValueError("a value lies beyond the end")
        if code in _TAGS and kind in _NUMBER_FORMATS:
            found[code] = _read_numbers(view, layout, f"{order}{count}{_NUMBER_FORMATS[kind]}", value)
    return found, int(struct.unpack_from(order + layout.offset_format, view, stop)[0])


def _read_numbers(view: mmap.mmap, layout: _Layout, number_format: str, value: bytes) -> tuple[int, ...]:
    if struct.calcsize(number_format) <= layout.inline_bytes:
        return struct.unpack_from(number_format, value)
    (where,) = struct.unpack(layout.byte_order + layout.offset_format, value)
    return struct.unpack_from(number_format, view, where)


def _make_page(path: Path, tags: _Tags, offset: int, number: int, file_bytes: int) -> Page:
    shape = (_first(tags, _HEIGHT, 0), _first(tags, _WIDTH, 0))
    samples, bits = _first(tags, _SAMPLES, 1), _first(tags, _BITS, 1)
    starts = tags.get(_STRIP_OFFSETS) or tags.get(_TILE_OFFSETS) or ()
    sizes = tags.get(_STRIP_BYTES) or tags.get(_TILE_BYTES) or ()
    if 0 in shape or not starts or not all(starts):
        raise S1RImagingError(
            f"{path}: page {number} holds no pixels; the file was not finished or is damaged: export it again."
        )
    is_raw = _first(tags, _COMPRESSION, 1) == 1
    image_bytes = shape[0] * ((shape[1] * samples * bits + 7) // 8)
    if is_raw and _TILE_OFFSETS not in tags and (len(starts) == 1 or not sizes):
        sizes = (image_bytes,)  # some programs write a wrong count here; the image's own size is certain
    end = max((start + size for start, size in zip(starts, sizes, strict=False)), default=0)
    if end > file_bytes:
        raise _truncated(path, f"page {number} ends at byte {end:,} of {file_bytes:,}")
    is_plain = is_raw and bits in (8, 16, 32, 64) and _first(tags, _PREDICTOR, 1) == 1
    is_plain = is_plain and _first(tags, _FILL_ORDER, 1) == 1 and _TILE_OFFSETS not in tags
    is_plain = is_plain and sum(sizes) >= image_bytes and _in_one_run(starts, sizes)
    sample_format = _first(tags, _SAMPLE_FORMAT, 1)
    return Page(offset, shape, samples, bits, sample_format, starts[0] if is_plain else -1)


def _first(tags: _Tags, code: int, default: int) -> int:
    values = tags.get(code)
    return int(values[0]) if values else default


def _in_one_run(starts: tuple[int, ...], sizes: tuple[int, ...]) -> bool:
    return len(starts) == len(sizes) and all(
        start + size == following for start, size, following in zip(starts, sizes, starts[1:], strict=False)
    )
