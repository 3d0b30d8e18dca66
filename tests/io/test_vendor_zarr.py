from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.imaging.blocks import frames_per_block
from s1r_imaging.io.recording import read_recording
from tests.io.conftest import Stack, check

UNITS = {"t": "second", "y": "micrometer", "x": "micrometer"}


def write_ome(
    path: Path,
    data: Stack,
    axes: str,
    *,
    scale: dict[str, float],
    units: dict[str, str] = UNITS,
    version: str = "0.5",
    overall: dict[str, float] | None = None,
    chunks: tuple[int, ...] | None = None,
) -> Path:
    old = version < "0.5"
    group = zarr.open_group(str(path), mode="w", zarr_format=2 if old else 3)
    group.create_array("0", data=data, chunks=chunks or "auto")
    steps: Any = [{"type": "scale", "scale": [scale.get(axis, 1.0) for axis in axes]}]
    image: dict[str, Any] = {"datasets": [{"path": "0", "coordinateTransformations": steps}], "version": version}
    if overall:
        factors = [overall.get(axis, 1.0) for axis in axes]
        image["coordinateTransformations"] = [{"type": "scale", "scale": factors}]
    if version > "0.3":
        image["axes"] = [{"name": axis} | ({"unit": units[axis]} if axis in units else {}) for axis in axes]
    elif version == "0.3":
        image["axes"] = list(axes)
    described: dict[str, Any] = {"multiscales": [image]}
    if "c" in axes:
        described["omero"] = {"channels": [{"label": f"dye{number}"} for number in range(data.shape[1])]}
    group.attrs.update(described if old else {"ome": described})
    return path


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_times_and_size_from_the_scales(tmp_path: Path, stack: Stack, version: str) -> None:
    scale = {"t": 0.25, "y": 0.65, "x": 0.65}
    path = write_ome(tmp_path / "dish.ome.zarr", stack, "tyx", scale=scale, version=version)
    recording = check(path, stack)
    assert (recording.name, recording.frame_interval_s, recording.pixel_size_um) == ("dish", 0.25, 0.65)
    assert recording.history[-1].options["frame_interval_from"] == "OME-Zarr time scale"


def test_channels_slices_and_overall_scale(tmp_path: Path, stack: Stack) -> None:
    data = np.stack([stack, stack + 1], axis=1)[:, :, np.newaxis]
    path = write_ome(
        tmp_path / "a.zarr", data, "tczyx", scale={"y": 500, "x": 500}, overall={"t": 100},
        units={"t": "millisecond", "y": "nanometer", "x": "nanometer"}, chunks=(4, 1, 1, 17, 23),
    )  # fmt: skip
    recording = check(path, data[:, 1, 0], channel="dye1")
    assert recording.frame_interval_s == pytest.approx(0.1)
    assert recording.pixel_size_um == 0.5
    assert recording.data.chunks == (4, 17, 23)
    assert frames_per_block(recording.data, block_bytes=17 * 23 * 2 * 6) == 4
    np.testing.assert_array_equal(recording.data[[5, 1, 2, 9]], data[[5, 1, 2, 9], 1, 0])
    with pytest.raises(S1RImagingError, match="2 channels"):
        read_recording(path)


@pytest.mark.parametrize("version", ["0.1", "0.3", "0.4"])
def test_a_scale_without_a_unit_is_no_time(tmp_path: Path, stack: Stack, version: str) -> None:
    data = stack[:, np.newaxis, np.newaxis]
    path = write_ome(tmp_path / "a.zarr", data, "tczyx", scale={}, units={}, version=version)
    with pytest.raises(S1RImagingError, match=r"a\.zarr does not say how much time"):
        read_recording(path)
    recording = check(path, stack, frame_interval_s=0.5)
    assert recording.pixel_size_um is None


def test_z_stacks_and_slices_that_are_frames(tmp_path: Path, stack: Stack) -> None:
    write_ome(tmp_path / "a.zarr", stack.reshape(3, 4, 17, 23), "tzyx", scale={})
    with pytest.raises(S1RImagingError, match="z-stack over time"):
        read_recording(tmp_path / "a.zarr", frame_interval_s=1)
    write_ome(tmp_path / "b.zarr", stack, "zyx", scale={})
    with pytest.raises(S1RImagingError, match="no time axis.*frames_axis='z'"):
        read_recording(tmp_path / "b.zarr", frame_interval_s=1)
    check(tmp_path / "b.zarr", stack, frames_axis="z", frame_interval_s=1)


def test_plain_arrays_of_frames(tmp_path: Path, stack: Stack) -> None:
    zarr.save_array(str(tmp_path / "a.zarr"), stack)
    with pytest.raises(S1RImagingError, match="does not say how much time"):
        read_recording(tmp_path / "a.zarr")
    check(tmp_path / "a.zarr", stack, frame_interval_s=0.5)
    zarr.save_array(str(tmp_path / "b.zarr"), stack[None])
    with pytest.raises(S1RImagingError, match="has 4 axes"):
        read_recording(tmp_path / "b.zarr", frame_interval_s=1)


def test_an_image_inside_a_folder_and_several(tmp_path: Path, stack: Stack) -> None:
    path = tmp_path / "a.zarr"
    zarr.open_group(str(path), mode="w")
    with pytest.raises(S1RImagingError, match=r"a\.zarr holds 0 images"):
        read_recording(path, frame_interval_s=1)
    write_ome(path / "0", stack, "tyx", scale={"t": 0.5})
    check(path, stack)
    write_ome(path / "1", stack, "tyx", scale={"t": 0.5})
    with pytest.raises(S1RImagingError, match=r"a\.zarr holds 2 images.*name the folder of one"):
        read_recording(path)


def test_missing_pieces_are_told(tmp_path: Path, stack: Stack) -> None:
    path = write_ome(tmp_path / "a.zarr", stack, "tyx", scale={"t": 0.5})
    (path / "0" / "zarr.json").unlink()
    with pytest.raises(S1RImagingError, match=r"a\.zarr cannot be understood"):
        read_recording(path)
    path.joinpath("zarr.json").unlink()
    with pytest.raises(S1RImagingError, match=r"a\.zarr cannot be understood"):
        read_recording(path)
