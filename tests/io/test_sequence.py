from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.recording import read_recording
from tests.io.conftest import Stack, check, counts

DT = 0.5


def test_folder_in_natural_order(tmp_path: Path, stack: Stack) -> None:
    folder = tmp_path / "dish 3"
    folder.mkdir()
    for number, frame in enumerate(stack):
        tifffile.imwrite(folder / f"frame_{number}.tif", frame)
    (folder / "._frame_0.tif").write_bytes(b"resource fork")
    (folder / "notes.txt").write_text("agonist at 30 s")
    recording = check(folder, stack, frame_interval_s=DT)
    assert recording.name == "dish 3"
    files = [folder / f"frame_{number}.tif" for number in (5, 2, 9)]
    np.testing.assert_array_equal(counts(read_recording(files, frame_interval_s=1)), stack[[5, 2, 9]])
    np.testing.assert_array_equal(
        counts(read_recording([str(f) for f in files], frame_interval_s=1)), stack[[5, 2, 9]]
    )
    with pytest.raises(S1RImagingError, match="frame_interval_s="):
        read_recording(folder)


def test_folder_of_compressed_and_big_endian_frames(tmp_path: Path, stack: Stack) -> None:
    options: list[dict[str, Any]] = [{"compression": "zlib"}, {"byteorder": ">"}, {}, {"tile": (16, 16)}]
    for number, frame in enumerate(stack):
        tifffile.imwrite(tmp_path / f"{number}.tif", frame, **options[number % 4])
    check(tmp_path, stack, frame_interval_s=DT)


def test_frames_that_do_not_fit_are_named(tmp_path: Path, stack: Stack) -> None:
    for number in range(4):
        tifffile.imwrite(tmp_path / f"f{number}.tif", stack[number])
    odd = tmp_path / "f2.tif"
    for wrong, words in (
        (stack[2, :-1], "16 × 23"),
        (stack[2].astype(np.uint8), "8-bit"),
        (stack[2].astype(np.int16), "signed"),
        (stack[:3], "3 pages"),
        (np.zeros((17, 23, 3), np.uint8), "colour"),
    ):
        tifffile.imwrite(odd, wrong, photometric="rgb" if wrong.shape[-1] == 3 else "minisblack")
        with pytest.raises(S1RImagingError, match=rf"f2\.tif.*{words}"):
            read_recording(tmp_path, frame_interval_s=1)
    odd.write_bytes(b"")
    with pytest.raises(S1RImagingError, match=r"f2\.tif is empty"):
        read_recording(tmp_path, frame_interval_s=1)


def test_folders_without_frames(tmp_path: Path, stack: Stack) -> None:
    with pytest.raises(S1RImagingError, match="0 TIFF file"):
        read_recording(tmp_path, frame_interval_s=1)
    tifffile.imwrite(tmp_path / "all.tif", stack)
    with pytest.raises(S1RImagingError, match=r"1 TIFF file.*pass the file itself"):
        read_recording(tmp_path, frame_interval_s=1)
    store = tmp_path / "z"
    zarr.save_array(str(store), stack)
    with pytest.raises(S1RImagingError, match=r"is a Zarr folder.*\.zarr.*pass the array"):
        read_recording(store, frame_interval_s=1)
