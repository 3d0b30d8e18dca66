"""Small stacks and a writer for odd TIFF files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

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
