"""No library writes ND2: a stand-in for the library shows what the reader makes of what files say."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar, Self

import nd2
import numpy as np
import pytest
from numpy.typing import NDArray

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.recording import read_recording
from s1r_imaging.io.vendor_nd2 import open_contents

TIMES_S = [0.445, 1.459, 2.474]


class FakeFile:
    """As much of `nd2.ND2File` as the reader uses."""

    counts: NDArray[Any] = np.arange(3 * 2 * 4 * 5, dtype=np.uint16).reshape(3, 2, 4, 5)
    sizes: ClassVar = {"T": 3, "C": 2, "Y": 4, "X": 5}
    is_rgb = False
    dtype = np.dtype(np.uint16)
    rows: ClassVar[list[dict[str, Any]]] = []
    relative_ms: ClassVar = [0.0, 0.0, 0.0]
    period_ms = 0.0
    attributes = SimpleNamespace(bitsPerComponentSignificant=12)
    metadata = SimpleNamespace(
        channels=[SimpleNamespace(channel=SimpleNamespace(name=n)) for n in ("Fluo", "DIC")]
    )

    def __init__(self, path: Path) -> None:
        assert path.exists()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def voxel_size(self) -> Any:
        return SimpleNamespace(x=0.65, y=0.65, z=1.0)

    def events(self) -> list[dict[str, Any]]:
        return self.rows

    @property
    def experiment(self) -> list[Any]:
        return [SimpleNamespace(type="TimeLoop", parameters=SimpleNamespace(periodMs=self.period_ms))]

    def frame_metadata(self, number: int) -> Any:
        return SimpleNamespace(
            channels=[SimpleNamespace(time=SimpleNamespace(relativeTimeMs=self.relative_ms[number]))]
        )

    def read_frame(self, number: int) -> NDArray[Any]:
        image: NDArray[Any] = self.counts[number]
        return image


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    library = ModuleType("nd2")
    library.ND2File = FakeFile  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "nd2", library)
    (tmp_path / "a.nd2").touch()
    return tmp_path / "a.nd2"


def test_nominal_times_of_zero_and_recorded_ones(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stimulation: dict[str, Any] = {"Time [s]": 1.0, "Index": float("nan"), "Events": "Stimulation"}
    rows = [{"Index": number, "Time [s]": time} for number, time in enumerate(TIMES_S)]
    monkeypatch.setattr(FakeFile, "rows", [rows[1], stimulation, rows[0], rows[2]])
    recording = read_recording(path, channel="dic")
    assert recording.time_s.tolist() == TIMES_S
    assert recording.history[-1].options["frame_interval_from"] == "ND2 recorded data, Time [s]"
    np.testing.assert_array_equal(recording.data[:], FakeFile.counts[:, 1])
    np.testing.assert_array_equal(recording.data[1:, 2:], FakeFile.counts[1:, 1, 2:])
    assert (recording.pixel_size_um, recording.bit_depth) == (0.65, 12)


def test_times_beside_each_image_then_the_nominal_period(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(S1RImagingError, match=r"a\.nd2 does not say how much time"):
        read_recording(path, channel=0)
    monkeypatch.setattr(FakeFile, "period_ms", 500.0)
    recording = read_recording(path, channel=0)
    assert recording.time_s.tolist() == [0, 0.5, 1.0]
    assert recording.history[-1].options["frame_interval_from"] == "ND2 nominal period"
    monkeypatch.setattr(FakeFile, "relative_ms", [1e3 * time for time in TIMES_S])
    recording = read_recording(path, channel=0)
    assert recording.time_s.tolist() == TIMES_S
    assert recording.history[-1].options["frame_interval_from"] == "ND2 relativeTimeMs"


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"T": 3, "P": 4, "Y": 4, "X": 5}, "4 positions"),
        ({"T": 3, "Y": 4, "X": 5, "S": 3}, "colour"),
        ({"T": 3, "Z": 4, "Y": 4, "X": 5}, "z-stack over time"),
        ({"Y": 4, "X": 5}, "single frame"),
        ({"Z": 3, "Y": 4, "X": 5}, "no time axis"),
    ],
)
def test_what_is_no_recording(
    path: Path, monkeypatch: pytest.MonkeyPatch, sizes: dict[str, int], words: str
) -> None:
    monkeypatch.setattr(FakeFile, "sizes", sizes)
    monkeypatch.setattr(FakeFile, "relative_ms", np.arange(12.0))
    with pytest.raises(S1RImagingError, match=words):
        read_recording(path, channel=0)


def test_channels_before_slices(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeFile, "sizes", {"C": 2, "T": 3, "Y": 4, "X": 5})
    recording = read_recording(path, channel=1, frame_interval_s=1)
    np.testing.assert_array_equal(recording.data[:], FakeFile.counts[:, 1])


def test_real_z_stack_over_time(reference_data: Path) -> None:
    path = reference_data / "formats" / "pims_nd2_cluster.nd2"
    with pytest.raises(S1RImagingError, match="z-stack over time .3 time × 10 z × 2 channel.*nd2.imread"):
        read_recording(path, channel=0, frame_interval_s=1)
    contents, make_stack = open_contents(path, nd2)
    assert contents.time_s is not None
    np.testing.assert_allclose(contents.time_s[:6:2], TIMES_S, atol=1e-3)
    assert contents.interval_s is None
    assert contents.pixel_size_um == pytest.approx(0.1678, abs=1e-4)
    planes = np.array([1, 21, 41])  # the second channel of the first slice of each frame
    np.testing.assert_array_equal(make_stack(planes)[:], nd2.imread(path)[:, 0, 1][[0, 1, 2]])
