import subprocess
import sys
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import zarr

from s1r_imaging.imaging.blocks import frames_per_block, iter_blocks, read_frame, release_pages, spread_frames

STACK = np.random.default_rng(0).integers(0, 4096, (23, 6, 5), dtype=np.uint16)


@pytest.mark.parametrize("n_frames", [1, 2, 7, 23, 100, None])
def test_blocks_hold_every_frame_once_in_order(n_frames: int | None) -> None:
    blocks = list(iter_blocks(STACK, n_frames=n_frames))
    starts = [start for start, _ in blocks]
    assert starts == list(np.cumsum([0, *[len(block) for _, block in blocks[:-1]]]))
    np.testing.assert_array_equal(np.concatenate([block for _, block in blocks]), STACK)


def test_blocks_are_whole_storage_chunks() -> None:
    frame_bytes = 6 * 5 * 2
    chunked = da.from_array(STACK, chunks=(4, 3, 5))
    assert frames_per_block(chunked, block_bytes=10 * frame_bytes) == 8
    assert frames_per_block(zarr.array(STACK, chunks=(4, 6, 5)), block_bytes=3 * frame_bytes) == 4
    assert frames_per_block(STACK, block_bytes=10 * frame_bytes) == 10
    assert frames_per_block(STACK, block_bytes=1) == 1


def test_chunks_much_larger_than_a_block_do_not_decide() -> None:
    assert frames_per_block(zarr.array(STACK, chunks=(23, 6, 5)), block_bytes=2 * 60) == 2


def test_spread_frames_covers_the_range() -> None:
    assert spread_frames(3, 5, 100).tolist() == [3, 4]
    chosen = spread_frames(10, 1000, 30)
    assert chosen[0] == 10
    assert chosen[-1] == 999
    assert len(set(chosen.tolist())) == 30


def test_released_pages_of_a_writable_map_keep_what_was_written(tmp_path: Path) -> None:
    for mode in ("w+", "r+", "c"):
        mapped = np.memmap(tmp_path / "frames.raw", np.uint16, mode, shape=STACK.shape)
        mapped[:] = STACK + 1
        release_pages(np.asarray(mapped[3:20]))
        np.testing.assert_array_equal(mapped, STACK + 1)


def test_read_frame_is_a_copy() -> None:
    frame = read_frame(STACK, 4)
    frame[:] = 0
    assert STACK[4].any()


MEMORY = """
import resource, sys
import numpy as np
from s1r_imaging.imaging.extract import extract_traces
from s1r_imaging.imaging.motion import correct_motion
from s1r_imaging.recording import Recording

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

size, n = 512, 600
mapped = np.memmap(sys.argv[1], np.uint16, "r", shape=(n, size, size))
labels = np.kron(np.arange(64).reshape(8, 8), np.ones((64, 64))).astype(np.int32)
recording = Recording(mapped, time_s=np.arange(n))
before = peak()
traces = extract_traces(recording, labels)
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read as Linux reports it")
def test_a_mapped_file_of_300_mb_costs_less_than_150(tmp_path: Path) -> None:
    path = tmp_path / "frames.raw"
    frame = np.random.default_rng(0).integers(0, 4096, (512, 512), dtype=np.uint16).tobytes()
    with path.open("wb") as file:
        for _ in range(600):
            file.write(frame)
    done = subprocess.run([sys.executable, "-c", MEMORY, str(path)], check=True, capture_output=True, text=True)
    assert float(done.stdout) < 150
