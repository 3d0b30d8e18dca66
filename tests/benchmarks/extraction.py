"""Speed of trace extraction beside `numpy.bincount` and `scipy.ndimage.mean`, with equal results.

Run with ``python -m tests.benchmarks.extraction``.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi
from scipy.spatial import cKDTree

from s1r_imaging.imaging.background import BackgroundMethod
from s1r_imaging.imaging.cellsums import CellSums
from s1r_imaging.imaging.extract import extract_traces
from s1r_imaging.recording import Recording

SIZE = 1024


def touching_cells(rng: np.random.Generator, *, n_cells: int = 334, coverage: float = 0.96) -> NDArray[np.int32]:
    """Return Voronoi cells with gaps between them."""
    distance, nearest = _nearest(rng.uniform(0, SIZE, (n_cells, 2)))
    gap = distance[..., 1] - distance[..., 0]
    return np.where(gap > np.quantile(gap, 1 - coverage), nearest, 0).astype(np.int32)


def scattered_discs(rng: np.random.Generator, *, n_cells: int = 300, radius: float = 10) -> NDArray[np.int32]:
    """Return discs that cover some 9 % of the field."""
    distance, nearest = _nearest(rng.uniform(radius, SIZE - radius, (n_cells, 2)))
    return np.where(distance[..., 0] < radius, nearest, 0).astype(np.int32)


def _nearest(centres: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return each pixel's distance to the two nearest centres and the number of the nearest."""
    grid = np.indices((SIZE, SIZE)).reshape(2, -1).T
    distance, index = cKDTree(centres).query(grid, k=2)
    return np.reshape(distance, (SIZE, SIZE, 2)), np.reshape(index, (SIZE, SIZE, 2))[..., 0] + 1


def time_per_frame(work: Callable[[NDArray[Any]], object], stack: NDArray[Any]) -> float:
    """Return the fastest of three runs (ms per frame)."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        for frame in stack:
            work(frame)
        times.append((time.perf_counter() - start) / len(stack))
    return 1e3 * min(times)


def report(labels: NDArray[np.int32], stack: NDArray[Any]) -> None:
    """Print the times for one set of labels and one type of number."""
    sums = CellSums(labels)
    flat = labels.ravel()
    ways: dict[str, Callable[[NDArray[Any]], object]] = {
        "every pixel summed": lambda frame: frame.sum(dtype=np.float64),
        "CellSums": sums.sums,
        "numpy.bincount": lambda frame: np.bincount(flat, weights=frame.ravel()),
        "scipy.ndimage.mean": lambda frame: ndi.mean(frame, labels, sums.index),
    }
    is_equal = np.array_equal(sums.sums(stack[0]) / sums.area_px, ndi.mean(stack[0], labels, sums.index))
    print(f"  {stack.dtype.name}; equal to scipy.ndimage.mean: {is_equal}")
    for name, way in ways.items():
        print(f"    {name:28s}{time_per_frame(way, stack):8.2f}")
    recording = Recording(stack, time_s=np.arange(len(stack), dtype=np.float64))
    methods: tuple[BackgroundMethod, ...] = ("none", "percentile", "ring")
    for method in methods:
        start = time.perf_counter()
        extract_traces(recording, labels, background=method)
        seconds = time.perf_counter() - start
        print(f"    extract_traces, {method:12s}{1e3 * seconds / len(stack):8.2f}  ({seconds:.2f} s in all)")


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=64)
    n_frames = parser.parse_args().frames
    rng = np.random.default_rng(0)
    counts = rng.integers(90, 4096, (n_frames, SIZE, SIZE), dtype=np.uint16)
    for name, labels in (("dense", touching_cells(rng)), ("sparse", scattered_discs(rng))):
        print(f"{name}: {labels.max()} cells cover {(labels > 0).mean():.0%}; ms per frame of {SIZE} x {SIZE}")
        report(labels, counts)
        report(labels, counts.astype(np.float32))


if __name__ == "__main__":
    main()
