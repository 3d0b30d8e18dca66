"""Small stacks, a writer for odd TIFF files, and what every file must give."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from s1r_imaging.io.recording import read_recording
from s1r_imaging.recording import Recording

Stack = NDArray[Any]
Save = Callable[..., Path]


@pytest.fixture
def stack() -> Stack:
    return np.random.default_rng(7).integers(0, 4096, (12, 17, 23)).astype(np.uint16)


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def write(data: Any, name: str = "rec.tif", **options: Any) -> Path:
        tifffile.imwrite(tmp_path / name, data, **options)
        return tmp_path / name

    return write


def counts(recording: Recording) -> Stack:
    return np.asarray(recording.data[:])


def check(path: Any, expected: Stack, **options: Any) -> Recording:
    """Open, compare every count and a few ways of slicing, and compare one frame at a time."""
    recording = read_recording(path, **options)
    data = recording.data
    assert data.shape == expected.shape
    assert data.dtype == expected.dtype.newbyteorder("=")
    np.testing.assert_array_equal(counts(recording), expected)
    for number in (0, len(expected) - 1, -1):
        np.testing.assert_array_equal(np.asarray(data[number]), expected[number])
    np.testing.assert_array_equal(np.asarray(data[2:7:2, 3:9, -5:]), expected[2:7:2, 3:9, -5:])
    return recording


def ome(save: Save, stack: Stack, **metadata: Any) -> Path:
    return save(stack, "rec.ome.tif", ome=True, metadata={"axes": "TYX", **metadata})
