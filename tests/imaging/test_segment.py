from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage as ndi
from skimage.draw import disk

from s1r_imaging.errors import CancelledWorkError
from s1r_imaging.imaging.extract import extract_traces
from s1r_imaging.imaging.segment import SegmentationOptions, segment_cells
from s1r_imaging.imaging.summary import summary_images
from s1r_imaging.recording import Recording
from s1r_imaging.simulate import simulate_recording
from tests.scores import Matches, match_labels, median_diameter_px

Image = NDArray[Any]


@pytest.fixture(scope="module")
def confluent() -> tuple[Recording, Image]:
    recording, truth = simulate_recording(11)
    return recording, np.asarray(truth.labels)


@pytest.fixture(scope="module")
def found(confluent: tuple[Recording, Image]) -> Image:
    return segment_cells(confluent[0])


def record(stack: Image, **fields: Any) -> Recording:
    return Recording(stack, time_s=np.arange(float(len(stack))), **fields)


def nuclei(seed: int = 0, diameter: float = 24.0, *, background: float = 20.0) -> tuple[Image, Image]:
    """Discs on an uneven background, some of which touch, with blur and noise."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((256, 256), dtype=np.int32)
    light = background * (1 + 0.3 * np.sin(np.arange(256) / 40)) * np.ones((256, 1))
    for label, (y, x) in enumerate(((y, x) for y in range(30, 250, 38) for x in range(28, 250, 34)), start=1):
        rows, columns = disk(rng.normal((y, x), 3.0), rng.normal(diameter / 2, 1.0), shape=labels.shape)
        labels[rows, columns] = label
    brightness = np.concatenate([[0], rng.uniform(150, 400, labels.max())])
    image = ndi.gaussian_filter(brightness[labels] + light, 1.5)
    return rng.poisson(image).astype(np.uint16), labels


def assert_sound(labels: Image, shape: tuple[int, int]) -> None:
    """Each label one piece without holes, numbered from 1 by rows."""
    assert labels.shape == shape
    assert labels.dtype == np.int32
    names, first = np.unique(labels[labels > 0], return_index=True)
    np.testing.assert_array_equal(names, np.arange(1, len(names) + 1))
    assert np.all(np.diff(first) > 0)
    for name in names:
        assert ndi.label(labels == name)[1] == 1


def test_confluent_recording_with_estimated_diameter(confluent: tuple[Recording, Image], found: Image) -> None:
    assert_sound(found, confluent[0].frame_shape)
    assert match_labels(confluent[1], found).average_precision >= 0.70


def test_time_tells_cells_apart_that_look_alike() -> None:
    recording, truth = simulate_recording(
        3, height_px=220, width_px=220, edge_brightness=1.0, nuclei="none", loading_sd=0.15
    )
    diameter = median_diameter_px(truth.labels)
    with_time = match_labels(truth.labels, segment_cells(recording, diameter_px=diameter))
    without = match_labels(truth.labels, segment_cells(recording, diameter_px=diameter, method="mean"))
    assert with_time.average_precision >= 0.70
    assert with_time.average_precision > without.average_precision + 0.2


def test_nothing_happens_and_cells_are_found_by_their_looks() -> None:
    recording, truth = simulate_recording(
        5, height_px=220, width_px=220, condition="vehicle", n_frames=6, stimulus_s=1.0, drift_px=0.0,
        bleaching_fraction=0.0, wander_sd=0.0, spontaneous_fraction=0.0,
    )  # fmt: skip
    diameter = median_diameter_px(truth.labels)
    with_time = match_labels(truth.labels, segment_cells(recording, diameter_px=diameter))
    without = match_labels(truth.labels, segment_cells(recording, diameter_px=diameter, method="mean"))
    assert with_time.average_precision >= without.average_precision - 0.05


@pytest.mark.parametrize("background", [20.0, 100.0])
def test_nuclei_in_a_still_image(background: float) -> None:
    pooled = Matches()
    for seed in (0, 1):
        image, truth = nuclei(seed, background=background)
        pooled += match_labels(truth, segment_cells(image))
    assert pooled.average_precision >= 0.85


def test_reference_nuclei(reference_data: Any) -> None:
    from skimage.io import imread

    image = imread(reference_data / "segmentation" / "img2d_img.tif")
    truth = imread(reference_data / "segmentation" / "img2d_truth.tif")
    window = np.s_[:256, :256]
    labels = segment_cells(image[window], diameter_px=median_diameter_px(truth[window]))
    assert match_labels(truth[window], labels).average_precision >= 0.6


@pytest.mark.parametrize("diameter", [14.0, 24.0, 40.0])
def test_diameter_is_found_within_a_fifth(diameter: float) -> None:
    image, truth = nuclei(2, diameter)
    areas = np.bincount(segment_cells(image).ravel())[1:]
    assert 2 * np.sqrt(np.median(areas) / np.pi) == pytest.approx(median_diameter_px(truth), rel=0.2)


def test_diameter_in_um_is_that_in_pixels(confluent: tuple[Recording, Image]) -> None:
    recording = record(np.asarray(confluent[0].data)[::20, :100, :100], pixel_size_um=0.5)
    np.testing.assert_array_equal(
        segment_cells(recording, diameter_um=13.0), segment_cells(recording, diameter_px=26.0)
    )


def test_same_cells_whichever_way_the_image_lies() -> None:
    image, _ = nuclei(3)
    upright = segment_cells(image, diameter_px=24.0)
    for turned in (np.flipud, np.fliplr, np.transpose):
        again = segment_cells(np.ascontiguousarray(turned(image)), diameter_px=24.0)
        assert match_labels(turned(upright), again, iou=0.8).average_precision >= 0.9


def test_gain_and_offset_of_the_camera_do_not_matter() -> None:
    image, _ = nuclei(4)
    plain = segment_cells(image, diameter_px=24.0)
    changed = segment_cells(1000.0 + 0.25 * image, diameter_px=24.0)
    assert match_labels(plain, changed, iou=0.9).average_precision >= 0.95


def test_same_answer_twice_and_input_untouched(confluent: tuple[Recording, Image]) -> None:
    data = np.asarray(confluent[0].data)[::10, :120, :120].copy()
    data.setflags(write=False)
    before = data.copy()
    first, second = (segment_cells(record(data), diameter_px=26.0) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(data, before)


def test_the_mean_method_uses_summary_images_when_given(confluent: tuple[Recording, Image]) -> None:
    recording = record(np.asarray(confluent[0].data)[::20, :120, :120])
    images = summary_images(recording)
    with_images = segment_cells(recording, method="mean", diameter_px=26.0, images=images)
    np.testing.assert_array_equal(with_images, segment_cells(recording, method="mean", diameter_px=26.0))


def test_traces_of_found_cells_are_those_of_the_cells(confluent: tuple[Recording, Image], found: Image) -> None:
    recording, truth = confluent
    own, true = extract_traces(recording, found).f, extract_traces(recording, truth).f
    nearest = np.array([np.bincount(truth[found == label]).argmax() for label in range(1, found.max() + 1)])
    rows = nearest > 0
    correlation = [np.corrcoef(a, true[b - 1])[0, 1] for a, b in zip(own[rows], nearest[rows], strict=True)]
    assert np.median(correlation) > 0.98


EMPTY = {
    "zero": np.zeros((5, 40, 50)),
    "constant": np.full((5, 40, 50), 9, dtype=np.uint16),
    "saturated": np.full((5, 40, 50), 4095, dtype=np.uint16),
    "nan": np.full((5, 40, 50), np.nan),
    "noise": np.random.default_rng(0).poisson(100.0, (5, 128, 128)),
    "flash": np.ones((5, 40, 50)) * np.array([1, 1, 9, 4, 2.0])[:, None, None],
    "tiny": np.random.default_rng(0).poisson(100.0, (5, 2, 3)),
    "one pixel": np.arange(5.0).reshape(5, 1, 1),
}


@pytest.mark.parametrize("name", EMPTY)
def test_where_there_are_no_cells_none_are_found(name: str) -> None:
    stack = EMPTY[name]
    for source in (record(stack), stack[2]):
        labels = segment_cells(source)
        assert labels.shape == stack.shape[1:]
        assert labels.dtype == np.int32
        assert labels.max() == 0


def test_a_few_cells_in_an_empty_field() -> None:
    image = np.zeros((400, 400), dtype=np.uint8)
    for centre in ((60, 60), (330, 80)):
        image[disk(centre, 7)] = 200
    assert segment_cells(image, diameter_px=14.0).max() == 2


def test_dead_pixels_and_frames_do_not_hide_the_cells() -> None:
    image, truth = nuclei(5)
    stack = np.random.default_rng(0).poisson(np.broadcast_to(image, (4, *image.shape))).astype(float)
    stack[:, 100:103, 200:203] = np.nan
    stack[2, 40, 40] = np.inf
    assert match_labels(truth, segment_cells(record(stack))).average_precision >= 0.8


@pytest.mark.parametrize(
    ("source", "options", "words"),
    [
        (np.zeros((4, 5, 6)), {}, "image has shape"),
        (np.zeros((0, 6)), {}, "image has shape"),
        (np.zeros((5, 6)), {"diameter_um": 10.0}, "needs a pixel size"),
        (np.zeros((5, 6)), {"diameter_um": 10.0, "diameter_px": 10.0}, "give one of them"),
        (np.zeros((5, 6)), {"diameter_px": -1.0}, "diameter_px=-1.0"),
        (np.zeros((5, 6)), {"method": "magic"}, "method='magic'"),
    ],
)
def test_mistakes_are_named(source: Image, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        segment_cells(source, **options)


def test_colours_and_complex_numbers_are_no_image() -> None:
    with pytest.raises(TypeError, match="complex"):
        segment_cells(np.zeros((5, 6), dtype=complex))


def test_progress_can_cancel(confluent: tuple[Recording, Image]) -> None:
    def stop(stage: str, done: int, total: int, /) -> None:
        raise CancelledWorkError

    with pytest.raises(CancelledWorkError):
        segment_cells(confluent[0], progress=stop)


def test_defaults_are_those_of_the_options() -> None:
    assert SegmentationOptions().to_dict() == {"method": "activity", "min_score": SegmentationOptions.min_score}
