from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage as ndi

from s1r_imaging.errors import CancelledWorkError
from s1r_imaging.imaging.extract import extract_traces
from s1r_imaging.imaging.motion import correct_motion
from s1r_imaging.imaging.shifted import ShiftedStack, shift_frame
from s1r_imaging.recording import Event, Recording

Array = NDArray[np.float64]
SIZE, MARGIN, N_BEFORE = 192, 24, 12


def field(seed: int = 0) -> tuple[Array, Array]:
    """Light of all cells, and of the half of them that respond, with a margin."""
    rng = np.random.default_rng(seed)
    size = SIZE + 2 * MARGIN
    y, x = np.mgrid[:size, :size]
    rest = np.zeros((size, size))
    responding = np.zeros((size, size))
    for number in range(60):
        cy, cx = rng.uniform(0, size, 2)
        inside = ((y - cy) / rng.uniform(9, 16)) ** 2 + ((x - cx) / rng.uniform(9, 16)) ** 2 < 1
        rest[inside] = rng.lognormal(np.log(250), 0.35)
        responding[inside] = rest[inside] if number % 2 else 0
    return rest, responding


def film(shifts: Array, *, gain: float = 0.0, seed: int = 0, light: float = 1.0) -> Recording:
    """12-bit frames of the field, displaced in Fourier space; half the cells brighten by the gain."""
    rest, responding = field(seed)
    rng = np.random.default_rng(seed + 1)
    fy, fx = np.fft.fftfreq(rest.shape[0])[:, np.newaxis], np.fft.rfftfreq(rest.shape[1])
    blur = np.exp(-2 * (np.pi * 1.2) ** 2 * (fy**2 + fx**2))
    stack = np.empty((len(shifts), SIZE, SIZE), dtype=np.uint16)
    for t, (dy, dx) in enumerate(shifts):
        image = light * (rest + (gain if t >= N_BEFORE else 0) * responding)
        spectrum = np.fft.rfft2(image) * blur * np.exp(-2j * np.pi * (dy * fy + dx * fx))
        seen = np.maximum(np.fft.irfft2(spectrum, s=rest.shape)[MARGIN:-MARGIN, MARGIN:-MARGIN], 0) + 20
        noise = np.sqrt(0.146 * seen + 2.4**2) * rng.standard_normal(seen.shape)
        stack[t] = np.clip(np.rint(100 + seen + noise), 0, 4095)
    times = np.arange(len(shifts), dtype=float)
    return Recording(stack, time_s=times, events=(Event("agonist", times[N_BEFORE]),))


def walk(n_frames: int = 30, step: float = 0.4, seed: int = 3) -> Array:
    shifts = np.cumsum(np.random.default_rng(seed).normal(0, step, (n_frames, 2)), axis=0)
    return np.asarray(shifts - shifts[:N_BEFORE].mean(axis=0))


def found(recording: Recording) -> Array:
    assert recording.shifts_px is not None
    return np.asarray(recording.shifts_px)


def jumps(recording: Recording) -> list[int]:
    assert recording.moved is not None
    return np.flatnonzero(recording.moved).tolist()


@pytest.mark.parametrize("gain", [0.0, 3.0])
def test_displacements_are_found_while_half_the_cells_brighten_fourfold(gain: float) -> None:
    truth = walk()
    error = found(correct_motion(film(truth, gain=gain))) - truth
    error -= error[:N_BEFORE].mean(axis=0)
    assert np.sqrt(np.mean(error**2)) < 0.05


def test_content_that_lies_further_down_and_right_has_positive_displacement() -> None:
    truth = np.zeros((14, 2))
    truth[12:] = (4, 2)
    shifts = found(correct_motion(film(truth)))
    np.testing.assert_allclose(shifts[13], (4, 2), atol=0.1)


def test_corrected_frames_lie_on_the_field_at_rest() -> None:
    truth = walk(step=0.8)
    corrected = correct_motion(film(truth))
    still = np.asarray(film(np.zeros_like(truth)).data, dtype=float)
    inner = (slice(None), slice(12, -12), slice(12, -12))
    smooth = [ndi.gaussian_filter(np.asarray(stack)[inner], (0, 1, 1)) for stack in (corrected.data, still)]
    recorded = ndi.gaussian_filter(np.asarray(film(truth).data, dtype=float)[inner], (0, 1, 1))
    assert np.std(smooth[0] - smooth[1]) < 0.25 * np.std(recorded - smooth[1])


def test_traces_of_a_moving_field_become_still() -> None:
    truth = np.zeros((24, 2))
    truth[:, 0] = 6 * np.sin(np.arange(24) / 3)
    labels = np.zeros((SIZE, SIZE), dtype=np.int32)
    rest = field()[0][MARGIN:-MARGIN, MARGIN:-MARGIN]
    regions, _ = ndi.label(ndi.binary_erosion(rest > 0, iterations=3))
    labels[20:-20, 20:-20] = regions[20:-20, 20:-20]
    recording = film(truth)
    before = extract_traces(recording, labels).f
    after = extract_traces(correct_motion(recording), labels).f
    assert np.median(after.std(axis=1)) < 0.3 * np.median(before.std(axis=1))


def test_frames_into_which_the_field_jumps_are_marked() -> None:
    truth = walk(n_frames=40, step=0.05)
    truth[20:] += (3, -2)
    truth[30] += 5
    assert jumps(correct_motion(film(truth))) == [20, 30, 31]


def test_a_slow_drift_is_no_jump() -> None:
    truth = np.linspace(0, 8, 40)[:, np.newaxis] * np.array([1.0, 0.5])
    corrected = correct_motion(film(truth))
    assert jumps(corrected) == []
    error = found(corrected) - truth
    assert np.std(error, axis=0).max() < 0.05


def test_blank_frames_are_marked_and_take_their_neighbours_displacement() -> None:
    recording = film(np.full((20, 2), 0.0) + np.arange(20)[:, np.newaxis] * 0.2)
    stack = np.array(recording.data)
    stack[8] = 100
    stack[15] = np.random.default_rng(0).integers(90, 110, stack[0].shape)
    corrected = correct_motion(Recording(stack, time_s=recording.time_s))
    assert jumps(corrected) == [8, 15]
    steps = np.diff(found(corrected), axis=0)
    np.testing.assert_allclose(steps, 0.2, atol=0.08)


def noise_stack(value: Any) -> NDArray[Any]:
    return np.asarray(100 + value * np.random.default_rng(0).standard_normal((16, 96, 96)))


@pytest.mark.parametrize(
    "stack",
    [noise_stack(0.0), noise_stack(5.0), np.zeros((4, 40, 40), np.uint16), np.full((4, 40, 40), np.nan)],
    ids=["flat", "noise", "zero", "nan"],
)
def test_nothing_to_register_gives_zero_displacements(stack: NDArray[Any]) -> None:
    corrected = correct_motion(Recording(stack, time_s=np.arange(len(stack), dtype=float)))
    assert not found(corrected).any()
    assert jumps(corrected) == []
    np.testing.assert_array_equal(np.asarray(corrected.data), stack)


@pytest.mark.parametrize("shape", [(3, 1, 1), (3, 2, 50), (3, 5, 7)])
def test_tiny_frames_raise_nothing(shape: tuple[int, int, int]) -> None:
    stack = np.random.default_rng(0).integers(0, 99, shape)
    assert correct_motion(Recording(stack, time_s=np.arange(3, dtype=float))).data.shape == shape


def test_pixels_that_are_not_finite_do_not_stop_the_search() -> None:
    truth = walk()
    recording = film(truth)
    stack = np.asarray(recording.data).astype(np.float32)
    stack[:, 40, 50:60] = np.nan
    error = found(correct_motion(Recording(stack, time_s=recording.time_s))) - truth
    assert np.std(error, axis=0).max() < 0.1


def test_saturated_pixels_are_neither_smeared_nor_lost() -> None:
    truth = walk(step=0.6)
    recording = film(truth, light=14.0)
    raw = np.asarray(recording.data)
    assert (raw == 4095).any()
    corrected = correct_motion(recording)
    assert corrected.saturation_level == 4095
    inner = slice(8, -8)
    counts = [(np.asarray(stack)[:, inner, inner] >= 4095).sum(axis=(1, 2)) for stack in (raw, corrected.data)]
    np.testing.assert_allclose(counts[1], counts[0], rtol=0.1)


def test_what_was_known_stays_and_the_step_is_recorded() -> None:
    recording = film(walk())
    corrected = correct_motion(recording, motion_template_frames=5)
    assert corrected.events == recording.events
    assert corrected.history[-1].name == "correct_motion"
    assert corrected.history[-1].options["motion_template_frames"] == 5
    again = correct_motion(corrected)
    np.testing.assert_allclose(found(again), found(corrected), atol=0.1)


def test_a_bare_array_is_refused() -> None:
    with pytest.raises(TypeError, match="Recording"):
        correct_motion(np.zeros((4, 8, 8)))  # type: ignore[arg-type]


def test_wrong_options_are_refused() -> None:
    with pytest.raises(ValueError, match="motion_jump_px"):
        correct_motion(film(walk(14)), motion_jump_px=0)


def test_cancelling_stops() -> None:
    def cancel(stage: str, done: int, total: int, /) -> None:
        raise CancelledWorkError

    with pytest.raises(CancelledWorkError):
        correct_motion(film(walk(14)), progress=cancel)


SHIFTS = np.array([[0.0, 0.0], [1.0, -2.0], [0.5, 0.25], [-1.75, 3.1], [30.0, -30.0]])


@pytest.mark.parametrize("shift", SHIFTS, ids=str)
def test_shifting_equals_linear_interpolation_by_scipy(shift: Array) -> None:
    frame = np.random.default_rng(0).integers(0, 4096, (17, 19), dtype=np.uint16)
    expected = ndi.shift(frame.astype(float), -shift, order=1, mode="nearest")
    np.testing.assert_allclose(shift_frame(frame, shift), expected, rtol=1e-9)


def test_whole_displacements_keep_the_counts_and_their_gaps() -> None:
    frame = np.random.default_rng(0).normal(size=(9, 11)).astype(np.float32)
    frame[4, 5] = np.nan
    shifted = shift_frame(frame, np.array([2.0, -1.0]), dtype=np.float32)
    np.testing.assert_array_equal(shifted[:7, 1:], frame[2:, :-1])


@pytest.mark.parametrize(
    "key",
    [
        3,
        -1,
        slice(None),
        slice(1, 4),
        slice(None, None, 2),
        slice(3, 3),
        [0, 4],
        np.array([True, False, True, False, False]),
        (2, slice(1, 4)),
        (slice(1, 3), 4, slice(2, 5)),
        (..., 3),
        (1, ...),
        ...,
    ],
    ids=str,
)
def test_a_shifted_stack_slices_like_an_array(key: Any) -> None:
    source = np.random.default_rng(0).integers(0, 4096, (5, 8, 9), dtype=np.uint16)
    stack = ShiftedStack(source, SHIFTS)
    whole = np.stack([shift_frame(frame, s, dtype=np.float32) for frame, s in zip(source, SHIFTS, strict=True)])
    np.testing.assert_array_equal(stack[key], whole[key])
    assert stack.dtype == np.float32
    assert stack.shape == source.shape


def test_wide_counts_keep_their_precision() -> None:
    source = np.full((2, 3, 3), 2**31 - 1, dtype=np.int32)
    stack = ShiftedStack(source, np.zeros((2, 2)))
    np.testing.assert_array_equal(stack[:], source)
