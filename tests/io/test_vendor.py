import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.recording import read_recording, recording_name
from s1r_imaging.io.vendor import source_files
from tests.io.conftest import Stack, check
from tests.io.vendor_files import write_czi, write_lif, write_oif

JITTER_S = [0.31, 1.31, 2.33, 3.35, 4.38, 5.40]


@pytest.fixture
def data() -> Stack:
    return np.random.default_rng(0).integers(1, 4000, (6, 2, 17, 23)).astype(np.uint16)


def source(path: Path, **options: Any) -> tuple[str, list[float]]:
    """Say where the times came from, and what they are."""
    recording = read_recording(path, channel=0, **options)
    return recording.history[-1].options["frame_interval_from"], recording.time_s.round(6).tolist()


@pytest.mark.parametrize("kind", ["czi", "lif", "oif"])
def test_counts_times_and_size(tmp_path: Path, data: Stack, kind: str) -> None:
    path = tmp_path / f"dish 1.{kind}"
    times_s = [0.0, 0.5, 1.1, 1.5, 2.0, 2.6]
    if kind == "czi":
        write_czi(path, data, stamps_s=times_s)
    elif kind == "lif":
        write_lif(path, {"Series001": data}, stamps_s=times_s)
    else:
        write_oif(path, data, times_ms=[1e3 * time for time in times_s])
    for channel, number in ((0, 0), ("dye1", 1), ("1", 1)):
        recording = check(path, data[:, number], channel=channel)
    np.testing.assert_allclose(recording.time_s, times_s, atol=1e-6)
    assert recording.pixel_size_um == pytest.approx(0.65)
    assert (recording.name, recording.source) == ("dish 1", str(path))
    assert recording.bit_depth == (14 if kind == "czi" else 12)
    assert recording.saturation_level == 2.0**recording.bit_depth - 1
    with pytest.raises(S1RImagingError, match=r"2 channels \(0: 'dye0', 1: 'dye1'\): pass channel="):
        read_recording(path)
    with pytest.raises(ValueError, match="channel='GFP'"):
        read_recording(path, channel="GFP")
    assert read_recording(path, channel=0, frame_interval_s=0.25).frame_interval_s == 0.25


@pytest.mark.parametrize("kind", ["czi", "lif", "oif"])
def test_frames_are_read_when_they_are_asked_for(tmp_path: Path, data: Stack, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    if kind == "czi":
        write_czi(path, data)
    elif kind == "lif":
        write_lif(path, {"a": data})
    else:
        write_oif(path, data)
    recording = read_recording(path, channel=1, frame_interval_s=1)
    again = pickle.loads(pickle.dumps(recording.data))
    with ThreadPoolExecutor(4) as pool:
        for frame, block in enumerate(pool.map(again.__getitem__, range(6))):
            np.testing.assert_array_equal(block, data[frame, 1])
    path.unlink()
    for item in tmp_path.rglob("*.tif"):
        item.unlink()
    with pytest.raises((S1RImagingError, OSError), match="a.(czi|lif|oif)"):
        recording.data[3]


@pytest.mark.parametrize("compression", [0, 5, 6])
def test_czi_compressions(tmp_path: Path, data: Stack, compression: int) -> None:
    write_czi(tmp_path / "a.czi", data, compression=compression)
    check(tmp_path / "a.czi", data[:, 1], channel=1, frame_interval_s=1)
    small = (data // 16).clip(1).astype(np.uint8)
    write_czi(tmp_path / "b.czi", small, compression=min(compression, 5))
    check(tmp_path / "b.czi", small[:, 0], channel=0, frame_interval_s=1)


def test_czi_compression_that_is_not_known(tmp_path: Path, data: Stack) -> None:
    write_czi(tmp_path / "a.czi", data, compression=2)
    recording = read_recording(tmp_path / "a.czi", channel=0, frame_interval_s=1)
    with pytest.raises(S1RImagingError, match=r"a\.czi: frame 2 cannot be read \(compression 2"):
        recording.data[2:4]


def test_czi_times_stand_in_three_places(tmp_path: Path, data: Stack) -> None:
    path = tmp_path / "a.czi"
    assert source(write_czi(path, data, stamps_s=JITTER_S, increment="9")) == ("CZI TimeStamps", JITTER_S)
    beside = [0.0, 1.0, 2.02, 3.04, 4.07, 5.09]
    assert source(write_czi(path, data, taken_s=JITTER_S, increment="9")) == ("CZI AcquisitionTime", beside)
    regular = [0.0, 0.4, 0.8, 1.2, 1.6, 2.0]
    # Stamps that stand still, or belong to fewer frames, say nothing.
    for stamps_s in (None, [0.0] * 6, JITTER_S[:5]):
        assert source(write_czi(path, data, stamps_s=stamps_s, increment="0.4")) == ("CZI T increment", regular)
    write_czi(path, data, increment="0")
    with pytest.raises(S1RImagingError, match=r"a\.czi does not say how much time.*frame_interval_s="):
        read_recording(path, channel=0)


def test_czi_scaling_of_zero_is_none(tmp_path: Path, data: Stack) -> None:
    write_czi(tmp_path / "a.czi", data, scaling_m="0")
    assert read_recording(tmp_path / "a.czi", channel=0, frame_interval_s=1).pixel_size_um is None


def test_czi_that_was_stopped_early(tmp_path: Path, data: Stack) -> None:
    data[5, 1] = 0
    write_czi(tmp_path / "a.czi", data)
    with pytest.raises(S1RImagingError, match="12 planes, but 1 are missing"):
        read_recording(tmp_path / "a.czi", channel=0, frame_interval_s=1)


def test_czi_that_is_no_single_grey_recording(tmp_path: Path, data: Stack) -> None:
    path = tmp_path / "a.czi"
    write_czi(path, data.astype(np.int32))
    with pytest.raises(S1RImagingError, match="pixels of type gray32"):
        read_recording(path, channel=0, frame_interval_s=1)
    write_czi(path, np.zeros_like(data))
    with pytest.raises(S1RImagingError, match="holds no image"):
        read_recording(path, channel=0, frame_interval_s=1)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(S1RImagingError, match=r"a\.czi cannot be understood"):
        read_recording(path, channel=0, frame_interval_s=1)


def test_lif_times_stand_in_two_places(tmp_path: Path, data: Stack) -> None:
    path = tmp_path / "a.lif"
    each = [0.1 * number for number in range(12)]  # one per plane
    assert source(write_lif(path, {"a": data}, stamps_s=each)) == ("LIF TimeStamps", [0, 0.2, 0.4, 0.6, 0.8, 1.0])
    for stamps_s in (None, [0.0] * 6, JITTER_S[:5]):
        found = source(write_lif(path, {"a": data}, stamps_s=stamps_s))
        assert found == ("LIF T dimension", [0, 0.5, 1, 1.5, 2, 2.5])


def test_lif_with_several_images(tmp_path: Path, data: Stack) -> None:
    path = tmp_path / "a.lif"
    write_lif(path, {"snapshot": data[:1], "film": data})
    check(path, data[:, 1], channel=1)
    write_lif(path, {"dish 1": data, "dish 2": data})
    with pytest.raises(S1RImagingError, match="2 recordings \\('dish 1', 'dish 2'\\): save one of them"):
        read_recording(path)


def test_oif_times_stand_in_two_places(tmp_path: Path, data: Stack) -> None:
    ms = [1e3 * time for time in JITTER_S]
    assert source(write_oif(tmp_path / "a.oif", data, times_ms=ms)) == ("OIF AbsPositionValue", JITTER_S)
    regular = ("OIF T axis", [0, 0.1, 0.2, 0.3, 0.4, 0.5])
    assert source(write_oif(tmp_path / "b.oif", data, times_ms=[0.0] * 6, end_ms=500)) == regular
    write_oif(tmp_path / "c.oif", data)
    with pytest.raises(S1RImagingError, match=r"c\.oif does not say how much time"):
        read_recording(tmp_path / "c.oif", channel=0)


@pytest.mark.parametrize(
    ("name", "library", "extra"),
    [
        ("a.nd2", "nd2", "formats"),
        ("a.czi", "czifile", "formats"),
        ("a.lif", "liffile", "formats"),
        ("a.oib", "oiffile", "formats"),
        ("a.ome.zarr", "zarr", "distributed"),
    ],
)
def test_a_missing_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, library: str, extra: str
) -> None:
    path = tmp_path / name
    with pytest.raises(S1RImagingError, match="does not exist"):
        read_recording(path)
    path.write_bytes(b"x")
    with pytest.raises(S1RImagingError, match=rf"{name}"):
        read_recording(path)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(S1RImagingError, match=rf"package {library}, which is not.*'s1r-imaging\[{extra}\]'\.$"):
        read_recording(path)


def test_all_files_of_a_recording(tmp_path: Path, data: Stack) -> None:
    write_oif(tmp_path / "a.oif", data[:2])
    assert len(source_files(tmp_path / "a.oif")) == 5
    (tmp_path / "a.zarr" / "0" / "c").mkdir(parents=True)
    chunk = tmp_path / "a.zarr" / "0" / "c" / "0"
    chunk.touch()
    assert source_files(tmp_path / "a.zarr") == [chunk]
    assert source_files(chunk) == [chunk]
    assert source_files(tmp_path) == [tmp_path / "a.oif"]


def test_names_of_recordings() -> None:
    assert recording_name("dish.ome.zarr") == recording_name("dish.ND2") == "dish"


def test_real_czi(reference_data: Path) -> None:
    path = reference_data / "formats" / "ndevio_10T-4C-0Z.czi"
    with pytest.raises(S1RImagingError, match="4 channels.*'AF488'"):
        read_recording(path)
    recording = read_recording(path, channel="AF488")
    assert recording.data.shape == (10, 32, 32)
    np.testing.assert_allclose(recording.time_s[:3], [0.3145842, 1.3130427, 2.3271501])
    assert recording.pixel_size_um == pytest.approx(0.6205, abs=1e-4)
    assert recording.bit_depth == 14
    assert recording.data[:].sum() == 677943


def test_real_czi_with_scaling_zero(tmp_path: Path, reference_data: Path) -> None:
    content = (reference_data / "formats" / "ndevio_10T-4C-0Z.czi").read_bytes()
    number = b"6.2048273556827216E-07"
    (tmp_path / "a.czi").write_bytes(content.replace(number, b"0".ljust(len(number))))
    assert read_recording(tmp_path / "a.czi", channel=0).pixel_size_um is None


def test_real_oib_has_no_time(reference_data: Path) -> None:
    path = reference_data / "formats" / "oiffile_test.oib"
    with pytest.raises(S1RImagingError, match=r"no time axis \(3 channel\)"):
        read_recording(path, channel=0)
    recording = read_recording(path, frames_axis="c", frame_interval_s=1)
    assert (recording.data.shape, recording.pixel_size_um, recording.bit_depth) == ((3, 256, 256), 0.177, 12)
    assert recording.data[:].max() > 0
