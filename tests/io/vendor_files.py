"""Small files of microscope makers, written byte by byte where no library writes them."""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

Stack = NDArray[Any]


def write_czi(
    path: Path,
    data: Stack,
    *,
    compression: int = 0,
    scaling_m: str = "6.5E-07",
    stamps_s: Sequence[float] | None = None,
    taken_s: Sequence[float] | None = None,
    extra_axis: tuple[str, int] | None = None,
    increment: str = "",
) -> Path:
    """Write (T, C, Y, X) counts as CZI; `taken_s` of each frame into its planes, `stamps_s` beside them."""
    body = bytearray(_segment("ZISRAWFILE", b"\0" * 80))
    entries = []
    for frame, channel in np.ndindex(data.shape[:2]):
        if data[frame, channel].any():  # a plane of zeros is left out
            starts = {"X": 0, "Y": 0, "C": channel, "T": frame + 3} | dict([extra_axis] if extra_axis else [])
            entry = _entry(len(body), data[frame, channel], starts, compression)
            entries.append(entry)
            text = b"" if taken_s is None else _taken(taken_s[frame])
            pixels = _pack(data[frame, channel], compression)
            head = struct.pack("<iiq", len(text), 0, len(pixels)) + entry
            body += _segment("ZISRAWSUBBLOCK", head.ljust(256, b"\0") + text + pixels)
    directory = len(body)
    body += _segment("ZISRAWDIRECTORY", struct.pack("<i124x", len(entries)) + b"".join(entries))
    metadata = len(body)
    xml = _czi_xml(data.shape[1], scaling_m, increment).encode()
    body += _segment("ZISRAWMETADATA", struct.pack("<ii248x", len(xml), 0) + xml)
    attachments = 0
    if stamps_s is not None:
        listed = struct.pack("<ii", 8 + 8 * len(stamps_s), len(stamps_s)) + struct.pack(
            f"<{len(stamps_s)}d", *stamps_s
        )
        described = struct.pack("<2s10xqi16s8s80s", b"A1", len(body), 0, b"\0" * 16, b"CZTIMS", b"TimeStamps")
        body += _segment("ZISRAWATTACH", struct.pack("<i12x", len(listed)) + described + b"\0" * 112 + listed)
        attachments = len(body)
        body += _segment("ZISRAWATTDIR", struct.pack("<i252x", 1) + described)
    guid = b"\0" * 16
    head = struct.pack("<iiii16s16siqqiq", 1, 0, 0, 0, guid, guid, 0, directory, metadata, 0, attachments)
    body[32 : 32 + len(head)] = head
    path.write_bytes(body)
    return path


def _segment(kind: str, data: bytes) -> bytes:
    padded = data.ljust(-(-len(data) // 32) * 32, b"\0")
    return struct.pack("<16sqq", kind.encode(), len(padded), len(data)) + padded


def _entry(position: int, plane: Stack, starts: dict[str, int], compression: int) -> bytes:
    sizes = {"X": plane.shape[1], "Y": plane.shape[0]}
    kind = {"uint8": 0, "uint16": 1, "float32": 2, "int32": 12}[plane.dtype.name]
    head = struct.pack("<2siqiiBB4si", b"DV", kind, position, 0, compression, 0, 0, b"\0" * 4, len(starts))
    axes = [
        struct.pack("<4siifi", axis.encode(), start, sizes.get(axis, 1), float(start), sizes.get(axis, 1))
        for axis, start in starts.items()
    ]
    return head + b"".join(axes)


def _pack(plane: Stack, compression: int) -> bytes:
    plain = plane.tobytes()
    if compression == 5:
        return bytes(imagecodecs.zstd_encode(plain))
    if compression == 6:  # low and high bytes parted
        parted = np.frombuffer(plain, np.uint8).reshape(-1, plane.itemsize).T.tobytes()
        return bytes([3, 1, 1]) + bytes(imagecodecs.zstd_encode(parted))
    return plain


def _taken(time_s: float) -> bytes:
    ticks = round(time_s * 1e7)
    stamp = f"2024-09-03T15:05:{ticks // 10**7:02d}.{ticks % 10**7:07d}Z"
    return f"<METADATA><Tags><AcquisitionTime>{stamp}</AcquisitionTime></Tags></METADATA>".encode()


def _czi_xml(n_channels: int, scaling_m: str, increment: str) -> str:
    channels = "".join(
        f'<Channel Id="Channel:{n}" Name="dye{n}"><ComponentBitCount>14</ComponentBitCount></Channel>'
        for n in range(n_channels)
    )
    distances = "".join(f'<Distance Id="{axis}"><Value>{scaling_m}</Value></Distance>' for axis in "XY")
    time = f"<T><Positions><Interval><Increment>{increment}</Increment></Interval></Positions></T>"
    return (
        f"<ImageDocument><Metadata><Information><Image><Dimensions><Channels>{channels}</Channels>{time}"
        f"</Dimensions></Image></Information><Scaling><Items>{distances}</Items></Scaling></Metadata></ImageDocument>"
    )


def write_lif(path: Path, images: dict[str, Stack], *, stamps_s: Sequence[float] | None = None) -> Path:
    """Write (T, C, Y, X) counts as images of a LIF file, 0.65 µm a pixel and 0.5 s a frame."""
    elements, blocks = [], b""
    for number, (name, data) in enumerate(images.items()):
        elements.append(_lif_element(name, data, number, stamps_s))
        identity = f"MemBlock_{number}".encode("utf-16-le")
        head = struct.pack("<BQBI", 0x2A, data.nbytes, 0x2A, len(identity) // 2)
        blocks += struct.pack("<II", 0x70, len(head) + len(identity)) + head + identity + data.tobytes()
    xml = (
        f'<LMSDataContainerHeader Version="2"><Element Name="p"><Children>{"".join(elements)}</Children></Element>'
    )
    text = f"{xml}</LMSDataContainerHeader>".encode("utf-16-le")
    head = struct.pack("<BI", 0x2A, len(text) // 2)
    path.write_bytes(struct.pack("<II", 0x70, len(head) + len(text)) + head + text + blocks)
    return path


def _lif_element(name: str, data: Stack, number: int, stamps_s: Sequence[float] | None) -> str:
    n_frames, n_channels, height, width = data.shape
    plane = height * width * data.itemsize
    channels = "".join(
        f'<ChannelDescription DataType="0" ChannelTag="0" Resolution="12" NameOfMeasuredQuantity="" Min="0" '
        f'Max="1" Unit="" LUTName="dye{n}" IsLUTInverted="0" BytesInc="{n * plane}" BitInc="0"/>'
        for n in range(n_channels)
    )
    axes = [
        (1, width, (width - 1) * 6.5e-7, "m", data.itemsize),
        (2, height, (height - 1) * 6.5e-7, "m", width * data.itemsize),
        (4, n_frames, (n_frames - 1) * 0.5, "s", n_channels * plane),
    ]
    dimensions = "".join(
        f'<DimensionDescription DimID="{axis}" NumberOfElements="{n}" Origin="0" Length="{length}" Unit="{unit}" '
        f'BytesInc="{step}" BitInc="0"/>'
        for axis, n, length, unit, step in axes
    )
    ticks = [int((1.7e9 + time) * 1e7) + 116444736000000000 for time in stamps_s or ()]
    stamps = (
        "" if stamps_s is None else f"<TimeStampList>{' '.join(f'{tick:x}' for tick in ticks)}</TimeStampList>"
    )
    return (
        f'<Element Name="{name}"><Data><Image><ImageDescription><Channels>{channels}</Channels><Dimensions>'
        f"{dimensions}</Dimensions></ImageDescription>{stamps}</Image></Data>"
        f'<Memory Size="{data.nbytes}" MemoryBlockID="MemBlock_{number}"/></Element>'
    )


def write_oif(path: Path, data: Stack, *, times_ms: Sequence[float] | None = None, end_ms: float = 0.0) -> Path:
    """Write (T, C, Y, X) counts as an OIF file with its folder; `times_ms` of each frame beside its planes."""
    folder = path.with_name(f"{path.name}.files")
    folder.mkdir()
    n_frames, n_channels = data.shape[:2]
    for frame, channel in np.ndindex(data.shape[:2]):
        name = f"s_C{channel + 1:03d}T{frame + 1:03d}"
        tifffile.imwrite(folder / f"{name}.tif", data[frame, channel])
        if times_ms is not None:
            axis = f"AbsPositionUnitName=ms\r\nAbsPositionValue={times_ms[frame]}"
            (folder / f"{name}.pty").write_text(f"[Axis 4 Parameters]\r\n{axis}\r\n", encoding="utf-8")
    channels = "".join(f"[Channel {n + 1} Parameters]\nDyeName=dye{n}\n" for n in range(n_channels))
    path.write_text(
        f"[ProfileSaveInfo]\nName=x\nVersion=2\n{channels}[Axis 4 Parameters Common]\nStartPosition=0.0\n"
        f"EndPosition={end_ms}\nMaxSize={n_frames}\nUnitName=ms\n[Reference Image Parameter]\nValidBitCounts=12\n"
        "WidthConvertValue=0.65\nWidthUnit=um\nHeightConvertValue=0.65\nHeightUnit=um\n",
        encoding="utf-8",
    )
    return path
