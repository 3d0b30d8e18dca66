"""A recording of two gigabytes with some four hundred cells, made of few simulated ones."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.io.recording import write_recording
from s1r_imaging.recording import Recording
from s1r_imaging.simulate import simulate_recording

TILE_PX = 256
N_SEEDS = 4
CELLS_PER_TILE = 24


class Tiled:
    """Simulated stacks side by side, mirrored so that no two neighbours are alike; made frame by frame.

    Parameters
    ----------
    tiles : list of array, shape (T, Y, X)
        The stacks.
    n_side : int
        How many tiles there are along each edge of the field.
    """

    dtype = np.dtype(np.uint16)
    ndim = 3

    def __init__(self, tiles: list[NDArray[np.uint16]], n_side: int) -> None:
        n_frames, height, width = tiles[0].shape
        self._tiles, self._n_side = tiles, n_side
        self.shape = (n_frames, n_side * height, n_side * width)

    def __getitem__(self, number: int) -> NDArray[np.uint16]:
        return np.block([[self._tile(number, row, column) for column in range(self._n_side)]
                         for row in range(self._n_side)])  # fmt: skip

    def _tile(self, number: int, row: int, column: int) -> NDArray[np.uint16]:
        place = row * self._n_side + column
        frame = self._tiles[place % len(self._tiles)][number]
        turned: Callable[..., Any] = (np.asarray, np.flipud, np.fliplr, np.transpose)[
            place // len(self._tiles) % 4
        ]
        return np.asarray(turned(frame))


def write_large(path: Path, *, n_frames: int = 1000, size_px: int = 1024) -> None:
    """Write an OME-TIFF of 16 bits, without compression.

    Parameters
    ----------
    path : Path
        The file.
    n_frames : int
        Number of frames.
    size_px : int
        Edge of the field (pixels): 256, 512, 768 or 1024.
    """
    made: list[Recording] = [
        simulate_recording(
            seed=seed, height_px=TILE_PX, width_px=TILE_PX, n_frames=n_frames, n_cells=CELLS_PER_TILE, drift_px=0.0
        )[0]
        for seed in range(N_SEEDS)
    ]
    tiled: Any = Tiled([np.asarray(recording.data) for recording in made], size_px // TILE_PX)
    write_recording(path, replace(made[0], data=tiled, name=path.name))
