from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.recording import read_recording
from tests.io.conftest import Save, Stack

LAYOUTS: dict[str, dict[str, Any]] = {
    "run": {"metadata": None},
    "pages": {"metadata": None, "contiguous": False},
    "deflate": {"compression": "zlib"},
    "tiles": {"tile": (16, 16)},
    "bigtiff": {"bigtiff": True},
    "ImageJ": {"imagej": True, "metadata": {"axes": "TYX"}},
    "OME": {"ome": True, "metadata": {"axes": "TYX"}},
}


@pytest.mark.parametrize("options", LAYOUTS.values(), ids=list(LAYOUTS))
def test_a_file_cut_anywhere_is_refused_at_the_door(tmp_path: Path, stack: Stack, options: Any) -> None:
    whole = tmp_path / "whole.tif"
    tifffile.imwrite(whole, stack, **options)
    content = whole.read_bytes()
    cut = tmp_path / "cut.tif"
    # The last page's bytes end before the file does where its tags' values follow: cut well before them.
    for stop in [*range(1, 20), *np.linspace(20, len(content) - 200, 40).astype(int)]:
        cut.write_bytes(content[:stop])
        with pytest.raises(S1RImagingError, match=r"cut\.tif") as caught:
            read_recording(cut, frame_interval_s=1)
        assert str(caught.value).count(". ") == 0, "one sentence"


def test_files_that_are_no_tiff(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    for content, words in (
        (b"", "is empty"),
        (b"II", "truncated"),
        (b"PK\x03\x04 a zip file", "is not a TIFF file"),
        (b"\x89PNG\r\n\x1a\n and so on", "is not a TIFF file"),
        (b"II\x55\0 a raw photograph", "is not a TIFF file"),
        (b"II*\0\0\0\0\0", "without a page"),
        (b"II*\0\x08\0\0\0\0\0\0\0\0\0", "no pixels"),
        (b"MM\0*\xff\xff\xff\xff", "truncated"),
        (b"II*\0\x08\0\0\0" + b"\xff" * 60, "truncated"),
    ):
        path.write_bytes(content)
        with pytest.raises(S1RImagingError, match=rf"x\.tif.*{words}"):
            read_recording(path, frame_interval_s=1)
    np.save(tmp_path / "a.npy", np.zeros((3, 4, 5)))
    with pytest.raises(S1RImagingError, match="not a TIFF.*array"):
        read_recording(tmp_path / "a.npy", frame_interval_s=1)
    with pytest.raises(S1RImagingError, match=r"none\.tif does not exist"):
        read_recording(tmp_path / "none.tif")


def test_a_directory_that_points_at_itself_ends(tmp_path: Path) -> None:
    path = tmp_path / "loop.tif"
    with tifffile.TiffWriter(path) as writer:
        for _ in range(2):
            writer.write(np.zeros((4, 5), np.uint16), contiguous=False, metadata=None)
    content = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tif:
        last = tif.pages[1].offset
    n_tags = int.from_bytes(content[last : last + 2], "little")
    end = last + 2 + 12 * n_tags
    content[end : end + 4] = last.to_bytes(4, "little")
    path.write_bytes(content)
    assert read_recording(path, frame_interval_s=1).n_frames == 2


def test_damage_inside_a_frame_names_file_and_frame(save: Save, stack: Stack) -> None:
    path = save(stack, compression="zlib")
    with tifffile.TiffFile(path) as tif:
        start = tif.pages[7].dataoffsets[0]
    content = bytearray(path.read_bytes())
    content[start : start + 40] = b"\0" * 40
    path.write_bytes(content)
    data = read_recording(path, frame_interval_s=1).data
    np.testing.assert_array_equal(data[:7], stack[:7])
    with pytest.raises(S1RImagingError, match=r"rec\.tif: frame 7 cannot be read"):
        data[5:9]


def test_a_file_that_goes_away_or_shrinks_later(save: Save, stack: Stack) -> None:
    for options in ({}, {"compression": "zlib"}, {"contiguous": False, "metadata": None}):
        path = save(stack, **options)
        data = read_recording(path, frame_interval_s=1).data
        path.write_bytes(path.read_bytes()[:1000])
        with pytest.raises(S1RImagingError, match=r"rec\.tif: frame .* cannot be read"):
            data[8:]
        path.unlink()
        with pytest.raises(S1RImagingError, match=r"rec\.tif"):
            data[8:]


@pytest.mark.parametrize("options", LAYOUTS.values(), ids=list(LAYOUTS))
def test_damaged_bytes_give_frames_or_a_sentence(tmp_path: Path, stack: Stack, options: Any) -> None:
    path = tmp_path / "damaged.tif"
    tifffile.imwrite(path, stack, **options)
    content = path.read_bytes()
    random = np.random.default_rng(11)
    refused = 0
    for _ in range(60):
        damaged = bytearray(content)
        head, tail = random.integers(4, 300), random.integers(len(content) - 2000, len(content))
        damaged[head], damaged[tail] = random.choice([0, 255, 1, 2, 3, 16], 2).tolist()
        path.write_bytes(damaged)
        try:
            data = read_recording(path, frame_interval_s=1, channel=0).data
            assert data[:].shape == data.shape
        except S1RImagingError as error:
            refused += "damaged.tif" in str(error)
    assert refused > 10
