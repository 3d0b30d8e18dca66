"""Memory of the imaging stages on a recording that does not fit into it.

Writes a file of frames (sparse on disk), runs one stage on it in a fresh process and prints the
growth of that process's peak resident memory, mapped pages included.
Run with ``python -m tests.benchmarks.memory``; 8 GB of free disk, removed afterwards.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.imaging.extract import extract_traces
from s1r_imaging.imaging.motion import correct_motion
from s1r_imaging.io.recording import read_recording
from s1r_imaging.recording import Recording

STAGES = ("extract", "extract_ring", "motion", "summary", "motion_then_extract")


def write_frames(path: Path, n_frames: int, size: int) -> None:
    """Write a raw file whose pages are all different, a few frames over and over."""
    rng = np.random.default_rng(0)
    cells = 100 + 400 * np.kron(rng.random((size // 32, size // 32)), np.ones((32, 32)))
    few = [rng.poisson(cells).astype(np.uint16).tobytes() for _ in range(8)]
    with path.open("wb") as file:
        for index in range(n_frames):
            file.write(few[index % len(few)])


def open_frames(path: Path, n_frames: int, size: int, kind: str) -> Recording:
    """Open the file as a memory map, or as the TIFF that wraps it."""
    times = np.arange(n_frames, dtype=np.float64)
    if kind == "tiff":
        return read_recording(path, time_s=times)
    return Recording(np.memmap(path, np.uint16, "r", shape=(n_frames, size, size)), time_s=times)


def square_cells(size: int) -> NDArray[np.int32]:
    """Return a grid of touching square cells with a free margin."""
    labels = np.kron(np.arange(1, (size // 32) ** 2 + 1).reshape(size // 32, -1), np.ones((32, 32)))
    labels[:16] = labels[-16:] = labels[:, :16] = labels[:, -16:] = 0
    return labels.astype(np.int32)


def run_stage(stage: str, recording: Recording) -> Any:
    """Run one stage."""
    labels = square_cells(recording.frame_shape[0])
    if stage == "extract":
        return extract_traces(recording, labels)
    if stage == "extract_ring":
        return extract_traces(recording, labels, background="ring")
    if stage == "motion":
        return correct_motion(recording)
    if stage == "motion_then_extract":
        return extract_traces(correct_motion(recording), labels)
    from s1r_imaging.imaging.summary import summary_images

    return summary_images(recording)


def peak_mb() -> float:
    """Return the peak resident memory of this process (MB), mapped files included."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(stage: str, path: Path, n_frames: int, size: int, kind: str) -> None:
    """Print the growth of memory while one stage runs."""
    recording = open_frames(path, n_frames, size, kind)
    before = peak_mb()
    start = time.perf_counter()
    run_stage(stage, recording)
    seconds = time.perf_counter() - start
    print(
        f"{stage:20s} {kind:6s} {n_frames:5d} frames: {peak_mb() - before:7.0f} MB, {seconds:6.1f} s", flush=True
    )


def main() -> None:
    """Measure every stage for a short and a long recording."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, nargs="+", default=[1000, 4000])
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--stages", nargs="+", default=list(STAGES), choices=STAGES)
    parser.add_argument("--kind", default="memmap", choices=("memmap", "tiff"))
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--path", type=Path, default=None, help="internal: measure one stage on this file")
    arguments = parser.parse_args()
    if arguments.path is not None:
        measure(arguments.stages[0], arguments.path, arguments.frames[0], arguments.size, arguments.kind)
        return
    for n_frames in arguments.frames:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            path = Path(folder) / ("frames.tif" if arguments.kind == "tiff" else "frames.raw")
            if arguments.kind == "tiff":
                write_tiff(path, n_frames, arguments.size)
            else:
                write_frames(path, n_frames, arguments.size)
            for stage in arguments.stages:
                given = ["--path", str(path), "--frames", str(n_frames), "--size", str(arguments.size)]
                command = [sys.executable, "-m", "tests.benchmarks.memory", *given]
                subprocess.run([*command, "--stages", stage, "--kind", arguments.kind], check=True)


def write_tiff(path: Path, n_frames: int, size: int) -> None:
    """Write the same frames as a BigTIFF."""
    import tifffile

    raw = path.with_suffix(".raw")
    write_frames(raw, 8, size)
    few = np.fromfile(raw, np.uint16).reshape(8, size, size)
    raw.unlink()
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        file.write((few[i % 8] for i in range(n_frames)), shape=(n_frames, size, size), dtype=np.uint16)


if __name__ == "__main__":
    main()
