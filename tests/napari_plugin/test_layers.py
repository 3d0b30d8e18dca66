"""Recordings to layers and back, without a window."""

from typing import Any

import dask.array as da
import numpy as np
import pandas as pd
import pytest
from napari.components import ViewerModel
from napari.layers import Image, Labels

from napari_plugin.cell_table import cell_table, measures, table_for_napari
from napari_plugin.colours import NO, PALETTE, UNKNOWN, YES, Colouring, cell_colour, colour_by
from napari_plugin.layers import (
    added_in_turns,
    label_colormap,
    labels_to_layer,
    layer_to_recording,
    recording_to_layer,
    selection_kept,
)
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.recording import read_recording
from s1r_imaging.recording import Recording, Traces

SHAPE = (12, 20, 30)
FRAMES = np.random.default_rng(1).integers(0, 900, SHAPE).astype(np.uint16)


def a_recording(**changes: Any) -> Recording:
    facts: dict[str, Any] = {"time_s": 10 + 0.5 * np.arange(12), "pixel_size_um": 0.65, "name": "dish"}
    return Recording(**({"data": FRAMES} | facts | changes))


class Lazy:
    """Frames that say how many were read."""

    shape, dtype, ndim = SHAPE, FRAMES.dtype, 3

    def __init__(self) -> None:
        self.n_read = 0

    def __getitem__(self, key: Any) -> Any:
        frames = FRAMES[key]
        self.n_read += len(frames) if frames.ndim == 3 else 1
        return frames


def test_a_recording_is_shown_in_seconds_and_micrometres() -> None:
    viewer = ViewerModel()
    data, kwargs, kind = recording_to_layer(a_recording())
    layer = viewer.add_image(data, **kwargs)
    assert kind == "image"
    assert layer.name == "dish"
    assert layer.scale.tolist() == [0.5, 0.65, 0.65]
    assert layer.translate.tolist() == [10, 0, 0]
    assert [f"{unit:~}" for unit in layer.units] == ["s", "µm", "µm"]
    assert layer.axis_labels == ("t", "y", "x")
    assert layer.contrast_limits[1] < 900


def test_a_recording_is_added_in_turns_and_drawn_last() -> None:
    viewer = ViewerModel()
    turns = added_in_turns(viewer, recording_to_layer(a_recording()))
    next(turns)
    assert (viewer.dims.ndim, len(viewer.layers)) == (3, 0)
    next(turns)
    (layer,) = viewer.layers
    assert layer not in viewer.layers.selection
    next(turns)
    assert viewer.layers.selection.active is layer
    assert not layer.visible
    with pytest.raises(StopIteration) as end:
        next(turns)
    assert end.value.value is layer
    assert layer.visible


def test_layers_are_added_without_being_chosen() -> None:
    viewer = ViewerModel()
    first, second = viewer.add_image(FRAMES), viewer.add_image(FRAMES)
    for chosen in ((first,), (first, second), ()):
        viewer.layers.selection = chosen
        with selection_kept(viewer):
            viewer.add_image(FRAMES)
        assert set(viewer.layers.selection) == set(chosen)
        assert viewer.layers.selection.active is (first if len(chosen) == 1 else None)


def test_without_a_pixel_size_the_unit_is_pixels() -> None:
    _, kwargs, _ = recording_to_layer(a_recording(pixel_size_um=None))
    assert kwargs["scale"] == (0.5, 1, 1)
    assert kwargs["units"] == ("s", "pixel", "pixel")


def test_only_a_few_frames_are_read() -> None:
    lazy = Lazy()
    recording_to_layer(a_recording(data=lazy))
    assert lazy.n_read <= 5


def test_the_recording_of_a_layer_is_the_one_it_was_made_from() -> None:
    recording = a_recording()
    data, kwargs, _ = recording_to_layer(recording)
    layer = Image(data, **kwargs)
    assert layer_to_recording(layer) is recording
    layer.scale = (0.25, 0.5, 0.5)
    again = layer_to_recording(layer)
    assert again.pixel_size_um == 0.5
    assert again.time_s.tolist() == [10 + 0.25 * number for number in range(12)]
    assert layer_to_recording(layer, frame_interval_s=2).frame_interval_s == 2


def test_uneven_frame_times_survive() -> None:
    times = np.cumsum(1 + 0.1 * np.arange(12))
    recording = a_recording(time_s=times)
    data, kwargs, _ = recording_to_layer(recording)
    assert np.array_equal(layer_to_recording(Image(data, **kwargs)).time_s, times)


def test_a_layer_of_the_person_gives_what_the_library_reads() -> None:
    layer = Image(
        FRAMES, scale=(500, 650, 650), units=("ms", "nm", "nm"), axis_labels=("t", "y", "x"), name="mine"
    )
    recording = layer_to_recording(layer)
    expected = read_recording(FRAMES, frame_interval_s=0.5, pixel_size_um=0.65, name="mine")
    assert recording.data is FRAMES
    assert np.allclose(recording.time_s, expected.time_s)
    assert recording.pixel_size_um == pytest.approx(0.65)
    assert recording.name == "mine"


def test_lazy_frames_stay_lazy() -> None:
    lazy = da.from_array(np.moveaxis(FRAMES, 0, 2), chunks=10, name=False)
    layer = Image(lazy, axis_labels=("y", "x", "time"), contrast_limits=(0, 900))
    recording = layer_to_recording(layer, frame_interval_s=1)
    assert isinstance(recording.data, da.Array)
    assert np.array_equal(np.asarray(recording.data[:2]), FRAMES[:2])


def test_time_is_asked_for_and_never_taken_for_granted() -> None:
    with pytest.raises(ValueError, match=r"which of its axes is time \(axis 1: 12, axis 2: 20, axis 3: 30\)"):
        layer_to_recording(Image(FRAMES, name="plain"))
    with pytest.raises(ValueError, match=r"which of its axes is time \(z: 12"):
        layer_to_recording(Image(FRAMES, axis_labels=("z", "y", "x")))
    with pytest.raises(S1RImagingError, match="type the interval in seconds"):
        layer_to_recording(Image(FRAMES, axis_labels=("t", "y", "x")))
    assert layer_to_recording(Image(FRAMES), time_axis=0, frame_interval_s=2).frame_interval_s == 2


def test_pixels_that_are_not_square_have_no_size() -> None:
    layer = Image(FRAMES, scale=(1, 0.5, 0.7), units=("s", "um", "um"), axis_labels=("t", "y", "x"))
    with pytest.warns(UserWarning, match="pixels of 0.7 × 0.5 µm, which are not square"):
        assert layer_to_recording(layer).pixel_size_um is None


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        (Labels(FRAMES.astype(int)), "is a layer of labels"),
        (Image(FRAMES[0]), "is a single image"),
        (Image(np.zeros((4, 20, 30, 3), dtype=np.uint8), rgb=True), "an image in colour"),
        (Image(np.zeros((2, 3, 20, 30))), "has 4 axes"),
        (Image([FRAMES, FRAMES[:, ::2, ::2]], multiscale=True), "pyramid"),
    ],
)
def test_what_is_no_recording_is_refused_in_a_sentence(layer: Any, sentence: str) -> None:
    with pytest.raises((TypeError, ValueError), match=sentence) as refused:
        layer_to_recording(layer)
    assert "\n" not in str(refused.value)


def test_cells_are_copied_and_lie_where_the_recording_lies() -> None:
    labels = np.zeros(SHAPE[1:], dtype=np.int32)
    layer = Image(FRAMES, scale=(1, 2, 2), translate=(0, 5, 7))
    data, kwargs, _ = labels_to_layer(labels, a_recording(), like=layer)
    assert data is not labels
    assert (kwargs["scale"], kwargs["translate"]) == ((2, 2), (5, 7))


def test_colours_of_labels_are_those_of_the_layer() -> None:
    layer = Labels(np.zeros((4, 4), dtype=np.int32), colormap=label_colormap(Colouring()))
    for label in (1, 2, len(PALETTE), len(PALETTE) + 1, 70_001):
        assert np.allclose(layer.get_color(label), cell_colour(label), atol=1e-6)
    assert cell_colour(0)[3] == 0


def test_colours_of_a_measure() -> None:
    values = pd.Series([0.0, 1.0, 2.0, np.nan], index=[3, 5, 8, 9])
    found = colour_by("peak_dff", values, is_flagged={5: True})
    assert found.colour(3) == found.legend.ramp[0]
    assert found.colour(8) == found.legend.ramp[-1]
    assert found.colour(9) == found.colour(4711) == UNKNOWN
    assert found.colour(5)[3] < found.colour(3)[3] == 1
    assert [words for words, _ in found.legend.entries] == ["not known", "pale: flagged"]
    layer = Labels(np.zeros((4, 4), dtype=np.int32), colormap=label_colormap(found))
    assert all(np.allclose(layer.get_color(label), found.colour(label), atol=1e-6) for label in (3, 5, 8, 9))


def test_colours_of_calls_and_of_nothing() -> None:
    found = colour_by("is_responder", pd.Series([True, False, pd.NA], index=[1, 2, 3], dtype="boolean"))
    assert [found.colour(label) for label in (1, 2, 3)] == [YES, NO, UNKNOWN]
    assert colour_by("snr", pd.Series([np.nan], index=[1])).colour(1) == UNKNOWN
    assert colour_by("snr", pd.Series([2.0, 2.0], index=[1, 2])).colour(1)[3] == 1


def test_the_table_has_a_place_for_every_label() -> None:
    cells = pd.DataFrame({"area_px": [9, 4], "flags": [1, 0]}, index=pd.Index([2, 5], name="label"))
    traces = Traces(np.arange(3.0), np.zeros((2, 3)), cells=cells)
    rows = [{"label": 5, "event": event, "peak_dff": 0.5, "is_responder": True, "flags": 2} for event in "ab"]
    table = cell_table(traces, pd.DataFrame(rows))
    assert table.columns.tolist() == [
        *("area_px", "peak_dff (a)", "is_responder (a)", "peak_dff (b)", "is_responder (b)"),
        *("flags", "flags (a)", "flags (b)"),
    ]
    assert table.loc[2, "flags"] == "edge"
    assert table.loc[5, "flags (a)"] == "saturated"
    assert "flags" not in measures(table)
    shown = table_for_napari(table)
    assert "index" not in shown
    assert shown.index.tolist() == list(range(6))
    assert shown["area_px"].tolist()[5] == 4
    assert shown["area_px"].isna().tolist() == [True, True, False, True, True, False]


def test_without_traces_the_table_is_empty() -> None:
    table = table_for_napari(cell_table(None, None))
    assert table.shape == (1, 0)


def test_labels_that_are_very_high_have_no_empty_rows_between() -> None:
    cells = pd.DataFrame({"area_px": [9, 4]}, index=pd.Index([2, 3_000_000], name="label"))
    shown = table_for_napari(cells)
    assert shown["index"].tolist() == [2, 3_000_000]
    assert shown["area_px"].tolist() == [9, 4]
