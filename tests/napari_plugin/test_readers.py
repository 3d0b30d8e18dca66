from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from npe2 import PluginManager

from napari_plugin.layers import layer_to_recording
from napari_plugin.readers import get_reader, read_layers
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.vendor import PlaneStack
from tests.io.vendor_files import write_czi

TIMES_S = [0.3, 1.3, 2.4, 3.3, 4.5, 5.1]


@pytest.fixture
def counts() -> Any:
    return np.random.default_rng(0).integers(1, 4000, (6, 2, 17, 23)).astype(np.uint16)


@pytest.fixture
def viewer() -> ViewerModel:
    PluginManager.instance().discover()
    return ViewerModel()


def test_a_file_opens_as_one_lazy_layer_per_channel(
    tmp_path: Path, counts: Any, viewer: ViewerModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_czi(tmp_path / "dish.czi", counts, stamps_s=TIMES_S)
    read: list[int] = []
    true_read = PlaneStack._read

    def counted(stack: PlaneStack, frames: Any) -> Any:
        read.extend(frames.tolist())
        return true_read(stack, frames)

    monkeypatch.setattr(PlaneStack, "_read", counted)
    layers = viewer.open(str(path), plugin=None)  # only one reader is there, so that napari asks nothing
    assert [layer.name for layer in layers] == ["dish dye0", "dish dye1"]
    for number, layer in enumerate(layers):
        assert isinstance(layer.data, PlaneStack)
        assert layer.axis_labels == ("t", "y", "x")
        assert [str(unit) for unit in layer.units] == ["second", "micrometer", "micrometer"]
        np.testing.assert_allclose(layer.scale, [1.0, 0.65, 0.65])
        recording = layer_to_recording(layer)
        assert recording.data is layer.data
        np.testing.assert_allclose(recording.time_s, TIMES_S)
        assert recording.source == str(path)
        assert recording.history[-1].options["channel"] == number
    read.clear()
    viewer.dims.set_current_step(0, 4)
    np.testing.assert_array_equal(np.asarray(layers[1]._slice.image.raw), counts[4, 1])
    assert set(read) == {4}


def test_without_an_interval_the_layer_has_no_time(tmp_path: Path, counts: Any, viewer: ViewerModel) -> None:
    path = write_czi(tmp_path / "dish.czi", counts[:, :1])
    (layer,) = viewer.open(str(path), plugin=None)
    assert layer.name == "dish"
    assert [str(unit) for unit in layer.units] == ["pixel", "micrometer", "micrometer"]
    assert layer.scale[0] == 1
    with pytest.raises(S1RImagingError, match="does not say how much time"):
        layer_to_recording(layer)
    recording = layer_to_recording(layer, frame_interval_s=0.5)
    assert (recording.frame_interval_s, recording.pixel_size_um) == (0.5, 0.65)


def test_several_files(tmp_path: Path, counts: Any) -> None:
    paths = [str(write_czi(tmp_path / f"{n}.czi", counts[:, :1], stamps_s=TIMES_S)) for n in "ab"]
    assert [kwargs["name"] for _, kwargs, _ in read_layers(paths)] == ["a", "b"]


def test_what_is_not_ours_is_declined(tmp_path: Path) -> None:
    for path in ("a.tif", "a.ome.tif", str(tmp_path), "a.zarr", ["a.nd2", "a.tif"], []):
        assert get_reader(path) is None
    for path in ("a.ND2", ["a.czi", "b.CZI"], "a.lif", "a.oib", "a.oif"):
        assert get_reader(path) is read_layers


def test_a_damaged_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.czi").write_bytes(b"no such thing")
    with pytest.raises(S1RImagingError, match=r"a\.czi cannot be understood"):
        read_layers(str(tmp_path / "a.czi"))


def test_a_file_that_is_no_recording_says_why(reference_data: Path) -> None:
    with pytest.raises(S1RImagingError, match="z-stack over time"):
        read_layers(str(reference_data / "formats" / "pims_nd2_cluster.nd2"))
    with pytest.raises(S1RImagingError, match="no time axis"):
        read_layers(str(reference_data / "formats" / "oiffile_test.oib"))


def test_real_czi(reference_data: Path, viewer: ViewerModel) -> None:
    layers = viewer.open(str(reference_data / "formats" / "ndevio_10T-4C-0Z.czi"), plugin=None)
    assert [layer.name for layer in layers] == [
        f"ndevio_10T-4C-0Z {dye}" for dye in ("AF647", "AF568", "AF488", "DAPI")
    ]
    assert layer_to_recording(layers[2]).time_s[0] == pytest.approx(0.3145842)
