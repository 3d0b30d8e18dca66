import zipfile
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import roifile
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from skimage.draw import disk

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.labels import check_labels, read_labels, write_labels, write_rois
from s1r_imaging.io.rois import fill_paths

SHAPE = (40, 50)


def field() -> NDArray[np.int32]:
    """Two touching cells, a ring, a cell in two pieces, a single pixel, and gaps in the numbers."""
    labels = np.zeros(SHAPE, dtype=np.int32)
    labels[2:10, 3:12] = 3
    labels[2:10, 12:20] = 7
    labels[disk((25, 15), 9)] = 12
    labels[disk((25, 15), 4)] = 0
    labels[25, 15] = 9
    labels[30:33, 30:35] = labels[36:40, 45:50] = 200_000
    return labels


@pytest.mark.parametrize("name", ["labels.tif", "rois.zip"])
def test_write_then_read_is_identity(tmp_path: Path, name: str) -> None:
    labels = field()
    labels.setflags(write=False)
    write = write_rois if name.endswith("zip") else write_labels
    write(tmp_path / name, labels)
    first = (tmp_path / name).read_bytes()
    back = read_labels(tmp_path / name, shape=SHAPE)
    assert back.dtype == np.int32
    np.testing.assert_array_equal(back, labels)
    write(tmp_path / name, labels)
    assert (tmp_path / name).read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == [name]


@settings(deadline=None, max_examples=40)
@given(labels=arrays(np.int32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 4)))
def test_any_pixels_survive_as_rois(tmp_path_factory: pytest.TempPathFactory, labels: NDArray[np.int32]) -> None:
    path = tmp_path_factory.mktemp("rois") / "rois.zip"
    if labels.any():
        write_rois(path, labels)
        np.testing.assert_array_equal(read_labels(path, shape=labels.shape), labels)


def test_rois_are_named_by_label_and_simple_cells_are_polygons(tmp_path: Path) -> None:
    write_rois(tmp_path / "rois.zip", field())
    rois = {roi.name: roi for roi in roifile.roiread(tmp_path / "rois.zip")}
    assert list(rois) == ["label_0003", "label_0007", "label_0009", "label_0012", "label_200000"]
    assert not rois["label_0003"].composite
    assert rois["label_0012"].composite
    assert (rois["label_0003"].left, rois["label_0003"].top) == (3, 2)


def test_empty_labels(tmp_path: Path) -> None:
    empty = np.zeros(SHAPE, np.int32)
    write_labels(tmp_path / "l.tif", empty)
    np.testing.assert_array_equal(read_labels(tmp_path / "l.tif", shape=SHAPE), empty)
    write_rois(tmp_path / "r.zip", empty)
    with pytest.raises(S1RImagingError, match=r"r\.zip holds no ROI"):
        read_labels(tmp_path / "r.zip", shape=SHAPE)


def save_rois(path: Path, *rois: roifile.ImagejRoi) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for roi in rois:
            archive.writestr(f"{roi.name}.roi", roi.tobytes())
    return path


def box(kind: int, edges: tuple[int, int, int, int], name: str) -> roifile.ImagejRoi:
    roi = roifile.ImagejRoi()
    roi.roitype, roi.name = roifile.ROI_TYPE(kind), name
    roi.left, roi.top, roi.right, roi.bottom = edges
    return roi


def polygon(points: Any, name: str, kind: roifile.ROI_TYPE = roifile.ROI_TYPE.POLYGON) -> roifile.ImagejRoi:
    roi = roifile.ImagejRoi.frompoints(np.array(points), name=name)
    roi.roitype = kind
    return roi


def test_rectangle_oval_and_polygon(tmp_path: Path) -> None:
    triangle = [(30, 20), (40, 20), (30, 30)]
    path = save_rois(
        tmp_path / "set.zip",
        box(roifile.ROI_TYPE.RECT, (3, 2, 9, 7), "a"),
        box(roifile.ROI_TYPE.OVAL, (20, 2, 30, 16), "b"),
        polygon(triangle, "c"),
        polygon([(1.2, 30.2), (8.9, 30.2), (8.9, 35.6), (1.2, 35.6)], "d", roifile.ROI_TYPE.FREEHAND),
    )
    labels = read_labels(path, shape=SHAPE)
    rows, columns = np.indices(SHAPE) + 0.5
    expected = np.zeros(SHAPE, np.int32)
    expected[2:7, 3:9] = 1
    expected[((columns - 25) / 5) ** 2 + ((rows - 9) / 7) ** 2 <= 1] = 2
    expected[(rows > 20) & (columns > 30) & ((rows - 20) + (columns - 30) < 10)] = 3
    expected[30:36, 1:9] = 4
    expected[30:36, 1:9][:, :] = np.where((rows > 30.2) & (rows < 35.6) & (columns > 1.2) & (columns < 8.9), 4, 0)[
        30:36, 1:9
    ]
    on_the_edge = (rows > 20) & (columns > 30) & ((rows - 20) + (columns - 30) == 10)
    np.testing.assert_array_equal(labels[~on_the_edge], expected[~on_the_edge])
    (tmp_path / "one.roi").write_bytes(box(roifile.ROI_TYPE.RECT, (3, 2, 9, 7), "a").tobytes())
    np.testing.assert_array_equal(read_labels(tmp_path / "one.roi", shape=SHAPE) > 0, expected == 1)


def test_polygons_that_share_an_edge_share_no_pixel() -> None:
    lower = fill_paths([np.array([(0, 0), (20, 20), (0, 20)])], (20, 20))
    upper = fill_paths([np.array([(0, 0), (20, 0), (20, 20)])], (20, 20))
    assert not (lower & upper).any()
    assert (lower | upper).all()


def test_rois_beyond_the_frame_are_cut_or_refused(tmp_path: Path) -> None:
    half = save_rois(tmp_path / "half.zip", box(roifile.ROI_TYPE.RECT, (45, 35, 60, 60), "a"))
    labels = read_labels(half, shape=SHAPE)
    assert labels.sum() == 25
    assert labels[35:, 45:].all()
    out = save_rois(tmp_path / "out.zip", box(roifile.ROI_TYPE.RECT, (100, 35, 160, 60), "far"))
    with pytest.raises(S1RImagingError, match=r"out\.zip: ROI 'far' has no pixel in the frame of 40 × 50"):
        read_labels(out, shape=SHAPE)


def test_overlapping_rois_are_named_and_the_first_keeps_its_pixels(tmp_path: Path) -> None:
    first, second = (
        box(roifile.ROI_TYPE.RECT, (3, 2, 9, 7), "soma"),
        box(roifile.ROI_TYPE.RECT, (6, 2, 12, 7), "neighbour"),
    )
    with pytest.warns(UserWarning, match="'soma' and 'neighbour'"):
        labels = read_labels(save_rois(tmp_path / "o.zip", first, second), shape=SHAPE)
    assert [(labels == n).sum() for n in (1, 2)] == [30, 15]
    inside = box(roifile.ROI_TYPE.RECT, (4, 3, 6, 5), "nucleus")
    with pytest.raises(S1RImagingError, match="'nucleus' lies under other ROIs"):
        read_labels(save_rois(tmp_path / "o.zip", first, inside), shape=SHAPE)


def test_rois_without_area_are_refused(tmp_path: Path) -> None:
    line = polygon([(3, 3), (9, 9)], "scale", roifile.ROI_TYPE.POLYLINE)
    with pytest.raises(S1RImagingError, match="ROI 'scale' is a polyline, which encloses no area"):
        read_labels(save_rois(tmp_path / "l.zip", line), shape=SHAPE)


def test_rois_need_a_shape_and_a_real_file(tmp_path: Path) -> None:
    path = tmp_path / "r.zip"
    write_rois(path, field())
    with pytest.raises(ValueError, match="shape=None"):
        read_labels(path)
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(S1RImagingError, match=r"r\.zip cannot be read as ImageJ ROIs"):
        read_labels(path, shape=SHAPE)
    (tmp_path / "bad.roi").write_bytes(b"Iout")
    with pytest.raises(S1RImagingError, match=r"bad\.roi cannot be read"):
        read_labels(tmp_path / "bad.roi", shape=SHAPE)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.int64, np.float32])
def test_label_images_of_any_type(tmp_path: Path, dtype: Any) -> None:
    labels = np.minimum(field(), 250)
    tifffile.imwrite(tmp_path / "l.tif", labels.astype(dtype))
    np.save(tmp_path / "l.npy", labels.astype(dtype))
    for name in ("l.tif", "l.npy"):
        back = read_labels(tmp_path / name, shape=SHAPE)
        assert back.dtype == np.int32
        np.testing.assert_array_equal(back, labels)


def test_label_png(tmp_path: Path) -> None:
    labels = np.minimum(field(), 60_000)
    (tmp_path / "l.png").write_bytes(imagecodecs.png_encode(labels.astype(np.uint16)))
    np.testing.assert_array_equal(read_labels(tmp_path / "l.png"), labels)


def test_label_files_that_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "l.tif"
    for wrong, words in (
        (np.zeros((3, 4, 5), np.uint16), r"labels\.shape=\(3, 4, 5\)"),
        (np.full(SHAPE, -1, np.int16), "holds -1"),
        (np.full(SHAPE, 0.5, np.float32), "float32"),
        (np.full(SHAPE, np.nan, np.float32), "float32"),
        (np.full(SHAPE, 2**31, np.uint32), "relabel"),
        (np.zeros((4, 5), np.uint16), r"labels\.shape=\(4, 5\) != frame shape \(40, 50\)"),
    ):
        tifffile.imwrite(path, wrong, photometric="minisblack")
        with pytest.raises(S1RImagingError, match=rf"l\.tif .*{words}"):
            read_labels(path, shape=SHAPE)
    path.write_bytes(b"II*")
    with pytest.raises(S1RImagingError, match=r"l\.tif cannot be read"):
        read_labels(path)
    with pytest.raises(S1RImagingError, match="does not exist"):
        read_labels(tmp_path / "no.tif")


def test_check_labels() -> None:
    labels = field()
    assert check_labels(labels, SHAPE) is labels or np.shares_memory(check_labels(labels, SHAPE), labels)
    with pytest.raises(ValueError, match=r"labels\.shape=\(40, 50\) != frame shape \(50, 40\)"):
        check_labels(labels, (50, 40))
    with pytest.raises(TypeError, match="dtype bool.*skimage.measure.label"):
        check_labels(labels > 0)
    with pytest.raises(TypeError, match="float64"):
        check_labels(labels.astype(float))
    with pytest.raises(ValueError, match="holds -3"):
        check_labels(-labels % 5 - 3)


def test_real_roi_set(reference_data: Path) -> None:
    path = reference_data / "calcium" / "swharden_MIT" / "RoiSet.zip"
    rois = roifile.roiread(path)
    shape = (max(roi.bottom for roi in rois), max(roi.right for roi in rois))
    expected = np.zeros(shape, np.int32)
    for number, roi in enumerate(rois, start=1):
        assert roi.roitype == roifile.ROI_TYPE.RECT
        window = expected[roi.top : roi.bottom, roi.left : roi.right]
        window[window == 0] = number
    with pytest.warns(UserWarning, match="'0210-0578-0828' and '0209-0621-0876'"):
        labels = read_labels(path, shape=shape)
    np.testing.assert_array_equal(labels, expected)


def test_real_label_image(reference_data: Path) -> None:
    path = reference_data / "segmentation" / "img2d_truth.tif"
    labels = read_labels(path, shape=(512, 512))
    np.testing.assert_array_equal(labels, tifffile.imread(path))
