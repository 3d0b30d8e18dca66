from pathlib import Path

import dask.array
import numpy as np
import pytest
import tifffile
import zarr

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.recording import RecordingOptions, read_recording, write_recording
from s1r_imaging.recording import Event, Recording
from tests.io.conftest import Save, Stack, check, counts, ome

DT = 0.5


def test_arrays_work_in_place_of_files(tmp_path: Path, stack: Stack) -> None:
    store = zarr.create_array(str(tmp_path / "a.zarr"), data=stack, chunks=(4, 17, 23))
    for data in (stack, dask.array.from_array(stack, chunks=(5, 17, 23)), store, stack.tolist(), list(stack)):
        recording = read_recording(data, frame_interval_s=DT, events=[Event("ATP", 1.0)], name="a")
        np.testing.assert_array_equal(np.asarray(recording.data[:]), stack)
        assert recording.frame_interval_s == DT
        assert recording.events == (Event("ATP", 1.0),)
    lazy = dask.array.from_array(stack)
    assert read_recording(lazy, frame_interval_s=1).data is lazy
    for nonsense in (5, None, {"a": 1}):
        with pytest.raises(TypeError, match="expected a file, a folder"):
            read_recording(nonsense, frame_interval_s=1)  # type: ignore[arg-type]  # the point of it
    with pytest.raises(ValueError, match="three axes"):
        read_recording(stack[None], frame_interval_s=1)
    with pytest.raises(ValueError, match="channel=1"):
        read_recording(stack, frame_interval_s=1, channel=1)


def test_name_source_and_record(save: Save, stack: Stack) -> None:
    path = ome(save, stack, TimeIncrement=0.5)
    recording = read_recording(path)
    assert (recording.name, recording.source) == ("rec", str(path))
    (step,) = recording.history
    assert (step.name, step.input_digest) == ("read_recording", None)
    assert step.options == {"frames_axis": "t", "path": str(path), "frame_interval_from": "OME TimeIncrement"}
    assert RecordingOptions().to_dict() == {"frames_axis": "t"}


def test_write_then_read_is_identity(tmp_path: Path, stack: Stack) -> None:
    times = np.cumsum(np.random.default_rng(1).uniform(0.1, 1, 12))
    before = Recording(stack, time_s=times, pixel_size_um=0.325, bit_depth=12, saturation_level=4095, name="x")
    seen: list[int] = []
    write_recording(tmp_path / "out.ome.tif", before, progress=lambda _stage, done, _total: seen.append(done))
    after = read_recording(tmp_path / "out.ome.tif")
    np.testing.assert_array_equal(counts(after), stack)
    np.testing.assert_array_equal(after.time_s, times)
    assert (after.pixel_size_um, after.bit_depth, after.saturation_level) == (0.325, 12, 4095)
    assert seen == list(range(1, 13))
    assert [path.name for path in tmp_path.iterdir()] == ["out.ome.tif"]


def test_writing_that_is_stopped_leaves_nothing(tmp_path: Path, stack: Stack) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    recording = Recording(stack, time_s=np.arange(12.0))
    with pytest.raises(KeyboardInterrupt):
        write_recording(tmp_path / "out.ome.tif", recording, progress=stop)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(TypeError, match="int64"):
        write_recording(tmp_path / "out.ome.tif", Recording(stack.astype(np.int64), time_s=np.arange(12.0)))


def test_real_fura_recording(reference_data: Path) -> None:
    path = reference_data / "calcium" / "adu340_4small_fura2_T128.tif"
    with pytest.raises(S1RImagingError, match="frame_interval_s="):
        read_recording(path)
    recording = check(path, tifffile.imread(path), frame_interval_s=0.15)
    assert recording.time_s[-1] == pytest.approx(127 * 0.15)
    assert recording.pixel_size_um is None


def test_real_single_image_is_no_recording(reference_data: Path) -> None:
    with pytest.raises(S1RImagingError, match="single frame"):
        read_recording(reference_data / "segmentation" / "img2d_img.tif", frame_interval_s=1)
