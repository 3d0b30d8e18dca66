from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy import ndimage as ndi

from s1r_imaging.errors import CancelledWorkError
from s1r_imaging.flags import CellFlag
from s1r_imaging.imaging.extract import extract_traces
from s1r_imaging.recording import Event, Recording

DTYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]
SHAPE = (19, 23)
COLUMNS = ["area_px", "area_um2", "centroid_y_px", "centroid_x_px", "flags"]


def make_recording(stack: Any, **fields: Any) -> Recording:
    return Recording(stack, time_s=np.arange(stack.shape[0], dtype=float), **fields)


def random_stack(dtype: np.dtype[Any], n_frames: int = 7) -> NDArray[Any]:
    rng = np.random.default_rng(1)
    shape = (n_frames, *SHAPE)
    if dtype.kind == "f":
        largest = 3 if dtype.itemsize == 2 else 6
        return (rng.normal(size=shape) * 10.0 ** rng.integers(-largest, largest, size=shape)).astype(dtype)
    limits = np.iinfo(dtype)
    native = dtype.newbyteorder("=")
    return rng.integers(limits.min, limits.max, size=shape, endpoint=True, dtype=native).astype(dtype)


def sparse_labels(ids: tuple[int, ...] = (3, 7, 7000, 2**31 - 1)) -> NDArray[np.int32]:
    return np.random.default_rng(2).choice([0, 0, 0, 0, 0, 0, *ids], size=SHAPE).astype(np.int32)


def dense_labels() -> NDArray[np.int32]:
    return np.random.default_rng(3).choice([0, 2, 5, 900], size=SHAPE).astype(np.int32)


def oracle(stack: NDArray[Any], labels: NDArray[np.int32]) -> NDArray[np.float64]:
    index = np.unique(labels[labels > 0])
    return np.array([ndi.mean(frame, labels, index) for frame in stack]).T


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("labels", [sparse_labels(), dense_labels()], ids=["sparse", "dense"])
def test_traces_equal_ndimage_mean_to_the_last_bit(dtype: str, order: str, labels: NDArray[np.int32]) -> None:
    stack = random_stack(np.dtype(dtype).newbyteorder(order))  # type: ignore[arg-type]
    traces = extract_traces(make_recording(stack), labels, background="none")
    np.testing.assert_array_equal(traces.f, oracle(stack, labels))
    assert traces.labels.tolist() == np.unique(labels[labels > 0]).tolist()


@settings(max_examples=40, deadline=None)
@given(
    labels=hnp.arrays(np.int32, (6, 7), elements=st.sampled_from([0, 0, 1, 4, 5, 10**6])),
    stack=hnp.arrays(st.sampled_from([np.uint16, np.int64, np.float32]), (3, 6, 7)),
)
def test_any_labels_and_counts_equal_ndimage_mean(labels: NDArray[np.int32], stack: NDArray[Any]) -> None:
    if not labels.any():
        return
    with np.errstate(all="ignore"):
        traces = extract_traces(make_recording(stack), labels, background=0.0)
        np.testing.assert_array_equal(traces.f, oracle(stack, labels))


def lay_out(stack: NDArray[Any], layout: str, folder: Path) -> Any:
    if layout == "dask":
        return da.from_array(stack, chunks=(2, 5, 23))
    if layout == "zarr":
        return zarr.array(stack, chunks=(3, 19, 4))
    if layout == "memmap":
        stack.tofile(folder / "frames.raw")
        return np.memmap(folder / "frames.raw", stack.dtype, "r", shape=stack.shape)
    if layout == "transposed":
        return np.asfortranarray(stack)
    wide = np.zeros((*stack.shape[:2], 2 * stack.shape[2]), stack.dtype)
    wide[:, :, ::2] = stack
    wide.setflags(write=False)
    return wide[:, :, ::2]


@pytest.mark.parametrize("layout", ["dask", "zarr", "memmap", "transposed", "strided"])
@pytest.mark.parametrize("background", ["percentile", "ring"])
def test_storage_does_not_change_the_result(layout: str, background: Any, tmp_path: Path) -> None:
    stack, labels = random_stack(np.dtype("u2"), 9), sparse_labels((1, 2, 5))
    plain = extract_traces(make_recording(stack), labels, background=background)
    stored = extract_traces(make_recording(lay_out(stack, layout, tmp_path)), labels, background=background)
    np.testing.assert_array_equal(stored.f, plain.f)
    np.testing.assert_array_equal(stored.f_background, plain.f_background)
    np.testing.assert_array_equal(np.asarray(stored.saturated), np.asarray(plain.saturated))


def test_blocks_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    stack, labels = random_stack(np.dtype("f4"), 9), dense_labels()
    whole = extract_traces(make_recording(stack), labels)
    monkeypatch.setattr(
        "s1r_imaging.imaging.extract.iter_blocks", lambda data: ((i, data[i : i + 1]) for i in range(9))
    )
    single = extract_traces(make_recording(stack), labels)
    np.testing.assert_array_equal(single.f, whole.f)
    np.testing.assert_allclose(single.f_background, whole.f_background, rtol=1e-12)


def test_renaming_labels_permutes_rows() -> None:
    stack, labels = random_stack(np.dtype("u2")), dense_labels()
    renamed = np.select([labels == 2, labels == 5, labels == 900], [70, 10, 40], 0).astype(np.int32)
    before, after = (extract_traces(make_recording(stack), image) for image in (labels, renamed))
    assert after.labels.tolist() == [10, 40, 70]
    np.testing.assert_array_equal(after.f, before.f[[1, 2, 0]])


def test_cells_table_has_area_and_centroid_in_their_units() -> None:
    labels = np.zeros(SHAPE, dtype=np.int32)
    labels[4:8, 5:15] = 9
    cells = extract_traces(make_recording(random_stack(np.dtype("u2")), pixel_size_um=0.5), labels).cells
    assert cells.columns.tolist() == COLUMNS
    assert cells.index.name == "label"
    row = cells.loc[9]
    assert (row["area_px"], row["area_um2"], row["centroid_y_px"], row["centroid_x_px"]) == (40, 10, 5.5, 9.5)
    unknown = extract_traces(make_recording(random_stack(np.dtype("u2"))), labels).cells
    assert unknown["area_um2"].isna().all()


def test_no_cells_give_an_empty_result_with_its_columns() -> None:
    traces = extract_traces(make_recording(random_stack(np.dtype("u2"))), np.zeros(SHAPE, np.int32))
    assert traces.f.shape == (0, 7)
    assert traces.cells.columns.tolist() == COLUMNS


def flags_of(stack: NDArray[Any], labels: NDArray[np.int32], **fields: Any) -> list[CellFlag]:
    return [CellFlag(flag) for flag in extract_traces(make_recording(stack, **fields), labels).cells["flags"]]


def two_cells() -> NDArray[np.int32]:
    labels = np.zeros((40, 40), dtype=np.int32)
    labels[5:15, 5:15] = 1
    labels[25:40, 25:35] = 2
    return labels


def noise(n_frames: int = 6) -> NDArray[np.uint16]:
    return np.random.default_rng(5).integers(100, 200, (n_frames, 40, 40), dtype=np.uint16)


def test_cells_at_the_border_are_flagged() -> None:
    first, second = flags_of(noise(), two_cells())
    assert CellFlag.EDGE not in first
    assert CellFlag.EDGE in second


def test_cells_near_the_border_are_flagged_when_the_field_was_shifted() -> None:
    shifts = np.zeros((6, 2))
    shifts[3] = (-6.2, 0)
    assert CellFlag.EDGE in flags_of(noise(), two_cells(), shifts_px=shifts)[0]
    jumped = np.arange(6) == 3
    assert CellFlag.EDGE not in flags_of(noise(), two_cells(), shifts_px=shifts, moved=jumped)[0]


def test_pixels_that_are_not_finite_make_their_frame_nan_and_flag_the_cell() -> None:
    stack = noise().astype(np.float32)
    stack[2, 6, 6] = np.nan
    stack[4, 0, 0] = np.nan  # in no cell
    traces = extract_traces(make_recording(stack), two_cells())
    assert np.isnan(traces.f[0]).tolist() == [False, False, True, False, False, False]
    assert np.isfinite(traces.f[1]).all()
    assert np.isfinite(traces.f_background).all()
    assert [bool(flag & CellFlag.NOT_FINITE) for flag in traces.cells["flags"]] == [True, False]


@pytest.mark.parametrize("value", [0.0, 7.0, np.nan])
@pytest.mark.parametrize("background", ["percentile", "ring"])
def test_constant_or_empty_frames_are_flagged_and_raise_nothing(value: float, background: Any) -> None:
    traces = extract_traces(make_recording(np.full((4, 40, 40), value)), two_cells(), background=background)
    wanted = CellFlag.NOT_FINITE if np.isnan(value) else CellFlag.CONSTANT
    assert all(flag & wanted for flag in traces.cells["flags"])


@pytest.mark.parametrize(
    ("dtype", "top"),
    [
        ("u1", 255),
        ("u2", 1023),
        ("u2", 4095),
        ("u2", 16383),
        ("u2", 65535),
        ("u2", 32768 + 4095),
        ("i2", 32767),
        ("i4", 4095),
    ],
)
def test_top_codes_of_cameras_are_recognised(dtype: str, top: int) -> None:
    stack = noise().astype(dtype)
    stack[3, 5:7, 5] = top
    stack[4, 30, 30] = top - 1
    traces = extract_traces(make_recording(stack), two_cells())
    assert traces.saturated is not None
    assert traces.saturated.tolist() == [[0, 0, 0, 2, 0, 0], [0] * 6]
    assert [bool(flag & CellFlag.SATURATED) for flag in traces.cells["flags"]] == [True, False]


def test_a_larger_value_later_means_that_the_code_was_no_top() -> None:
    stack = noise()
    stack[1, 6, 6] = 4095
    stack[5, 0, 0] = 4100
    saturated = extract_traces(make_recording(stack), two_cells()).saturated
    assert saturated is not None
    assert not saturated.any()


def test_known_saturation_level_counts_from_there_on() -> None:
    stack = noise()
    stack[1, 6, 6:9] = (3000, 3001, 2999)
    saturated = extract_traces(make_recording(stack, saturation_level=3000), two_cells()).saturated
    assert saturated is not None
    assert saturated[0].tolist() == [0, 2, 0, 0, 0, 0]


def test_saturation_of_floats_is_unknown_without_a_level() -> None:
    assert extract_traces(make_recording(noise().astype(float)), two_cells()).saturated is None


def test_what_the_recording_knows_travels_along() -> None:
    event = Event("PRE-084", 2.0)
    moved = np.arange(6) == 1
    traces = extract_traces(make_recording(noise(), events=(event,), moved=moved, name="dish 1"), two_cells())
    assert traces.events == (event,)
    assert traces.name == "dish 1"
    assert np.array_equal(np.asarray(traces.moved), moved)
    step = traces.history[-1]
    assert step.name == "extract_traces"
    assert step.options["background"] == "percentile"
    assert step.input_digest is not None


def test_input_is_left_as_it_was() -> None:
    stack, labels = noise(), two_cells()
    stack.setflags(write=False)
    labels.setflags(write=False)
    before = stack.copy(), labels.copy()
    extract_traces(make_recording(stack), labels)
    np.testing.assert_array_equal(stack, before[0])
    np.testing.assert_array_equal(labels, before[1])


def test_cancelling_stops() -> None:
    def cancel(stage: str, done: int, total: int, /) -> None:
        if done:
            raise CancelledWorkError

    with pytest.raises(CancelledWorkError):
        extract_traces(make_recording(noise()), two_cells(), progress=cancel)


@pytest.mark.parametrize(
    ("labels", "error", "words"),
    [
        (np.zeros((3, 3), np.int32), ValueError, "shape"),
        (np.full((40, 40), -1), ValueError, "-1"),
        (np.ones((40, 40)), TypeError, "whole numbers"),
        (np.ones((40, 40), bool), TypeError, "whole numbers"),
    ],
)
def test_wrong_labels_are_refused(labels: NDArray[Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        extract_traces(make_recording(noise()), labels)


def test_a_bare_array_is_refused() -> None:
    with pytest.raises(TypeError, match="Recording"):
        extract_traces(noise(), two_cells())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"background": "median"}, "background='median'"),
        ({"background": True}, "background=True"),
        ({"background_percentile": 0.0}, "more than 0"),
        ({"background_gap_px": -1.0}, "at least 0"),
        ({"background_gap_um": 2.0}, "pixel size"),
        ({"background_gap_um": 2.0, "background_gap_px": 2.0}, "one of them"),
        ({"background": "region"}, "background_region"),
        ({"background_region": np.ones((40, 40), bool)}, "background='region'"),
        ({"background": "region", "background_region": np.ones((40, 40))}, "bool"),
        ({"background": "region", "background_region": np.zeros((40, 40), bool)}, "no pixel"),
        ({"background": "region", "background_region": np.ones((4, 4), bool)}, "shape"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        extract_traces(make_recording(noise()), two_cells(), **options)
