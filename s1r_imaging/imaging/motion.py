"""Motion correction: rigid, sub-pixel, one frame at a time."""

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.imaging.blocks import iter_blocks, read_frame, spread_frames
from s1r_imaging.imaging.registration import ComplexArray, Match, Registration
from s1r_imaging.imaging.saturation import top_codes
from s1r_imaging.imaging.shifted import ShiftedStack
from s1r_imaging.options import Options, option
from s1r_imaging.progress import Progress, silent
from s1r_imaging.provenance import Step
from s1r_imaging.recording import Recording

_FEWEST_BEFORE_STIMULUS = 5
_JUMP_SD = 6.0
_MAD_TO_SD = 1.4826
_LOST = 0.5  # frames that correlate less than this part of the usual are out of focus, hidden or blank


@dataclass(frozen=True, kw_only=True)
class MotionOptions(Options):
    """How motion is corrected."""

    section: ClassVar[str] = "motion"

    motion_template_frames: int = option(
        30, "Number of frames before the stimulus whose mean is the template.", ge=1, le=1000
    )
    motion_upsampling: int = option(
        50, "Displacements are found to one part in this many of a pixel.", ge=1, le=100
    )
    motion_jump_px: float = option(
        1.0, "A step between frames larger than this, and outstanding among all steps, is a jump (pixels).", gt=0
    )


def correct_motion(
    recording: Recording,
    *,
    motion_template_frames: int = MotionOptions.motion_template_frames,
    motion_upsampling: int = MotionOptions.motion_upsampling,
    motion_jump_px: float = MotionOptions.motion_jump_px,
    progress: Progress = silent,
) -> Recording:
    """Find the rigid displacement of every frame and remove it when frames are read.

    Each frame is compared with a template, the mean of frames before the first event (of the whole recording
    where there are fewer than five), by cross-correlation without phase normalisation, in the middle
    512 × 512 pixels.

    Parameters
    ----------
    recording : Recording
        The recording; it is read once, block by block.
    motion_template_frames : int
        Number of frames before the stimulus whose mean is the template.
    motion_upsampling : int
        Displacements are found to one part in this many of a pixel.
    motion_jump_px : float
        A step between two frames is a jump when it is larger than this (pixels) and than six robust SD of
        all steps.
    progress : callable, optional
        Told how many frames are done.

    Returns
    -------
    Recording
        The same with `data` that moves each frame back when it is read (see `ShiftedStack`; nothing is held
        in memory), `shifts_px`: displacement (y, x) that was found and removed, positive where the
        content of the frame lies further down and to the right than in the template, and `moved`: frames
        into which the field jumped, and frames that do not look like the template at all. The
        displacement of the latter is interpolated from their neighbours. ``saturation_level`` is set where
        integer data reach a camera's top code, because interpolated counts no longer show it.

    Raises
    ------
    TypeError
        If `recording` is no `Recording`.
    ValueError
        If an option is not allowed.

    Notes
    -----
    Displacements are 0 where the correlation of all frames with the template is no better than chance: blank or
    noise-only recordings.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> field = np.kron(rng.uniform(100, 900, (16, 16)), np.ones((4, 4)))
    >>> stack = np.stack([field, field, np.roll(field, 3, axis=0)])
    >>> corrected = correct_motion(Recording(stack, time_s=[0, 1, 2]))
    >>> corrected.shifts_px.round(1).tolist()
    [[0.0, 0.0], [0.0, 0.0], [3.0, 0.0]]
    """
    options = MotionOptions(
        motion_template_frames=motion_template_frames,
        motion_upsampling=motion_upsampling,
        motion_jump_px=motion_jump_px,
    )
    if not isinstance(recording, Recording):
        raise TypeError(f"recording is a {type(recording).__name__}: expected a Recording; wrap the array in one.")
    chosen = _template_frames(recording, motion_template_frames)
    registration = _prepare(recording, chosen, motion_upsampling)
    template = _make_template(recording, chosen, registration)
    matches, level = _match_all(recording, registration, template, progress)
    shifts, is_lost = _settle(matches, registration.chance_level)
    moved = is_lost | _jumps(shifts, motion_jump_px)
    earlier = 0.0 if recording.shifts_px is None else recording.shifts_px
    return dataclasses.replace(
        recording,
        data=ShiftedStack(recording.data, shifts, level),
        saturation_level=level,
        shifts_px=shifts + earlier,
        moved=moved if recording.moved is None else moved | recording.moved,
        history=(*recording.history, Step(name="correct_motion", options=options.to_dict())),
    )


def _template_frames(recording: Recording, n_frames: int) -> NDArray[np.int64]:
    stop = recording.n_frames
    if recording.events:
        n_before = int(np.searchsorted(recording.time_s, recording.events[0].start_s))
        stop = n_before if n_before >= _FEWEST_BEFORE_STIMULUS else stop
    return spread_frames(0, stop, n_frames)


def _prepare(recording: Recording, chosen: NDArray[np.int64], upsampling: int) -> Registration:
    middle = read_frame(recording.data, int(chosen[len(chosen) // 2]))
    known = middle[np.isfinite(middle)]
    floor, usual = np.percentile(known, [1, 50]) if known.size else (0.0, 1.0)
    scale = max(float(usual - floor), 1e-3 * abs(float(floor)), 1e-6)
    return Registration(recording.frame_shape, floor=float(floor), scale=scale, upsampling=upsampling)


def _make_template(recording: Recording, chosen: NDArray[np.int64], registration: Registration) -> ComplexArray:
    """Average the chosen frames, registered to the middle one and then to their own mean."""
    spectra = [registration.spectrum(read_frame(recording.data, int(index))) for index in chosen]
    template = spectra[len(spectra) // 2]
    for _ in range(2):
        matches = [registration.match(template, spectrum) for spectrum in spectra]
        shifts, _lost = _settle(matches, registration.chance_level)
        shifts = shifts - np.median(shifts, axis=0)
        total = np.zeros_like(template)
        for spectrum, shift in zip(spectra, shifts, strict=True):
            total += registration.move(spectrum, -shift)
        template = total / np.float32(len(spectra))
    return template


def _match_all(
    recording: Recording, registration: Registration, template: ComplexArray, progress: Progress
) -> tuple[list[Match], float | None]:
    """Match every frame; also tell the saturation level, which only the counts as recorded show."""
    matches: list[Match] = []
    largest = -np.inf
    progress("motion", 0, recording.n_frames)
    for _, block in iter_blocks(recording.data):
        largest = max(largest, float(np.fmax.reduce(block, axis=None)))
        matches += [registration.match(template, registration.spectrum(frame)) for frame in block]
        progress("motion", len(matches), recording.n_frames)
    codes = top_codes(recording.data.dtype, recording.bit_depth)
    level = recording.saturation_level
    if level is None and largest in codes:
        level = largest
    return matches, level


def _settle(matches: list[Match], chance_level: float) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the displacement of each frame, and which frames look like nothing that was matched."""
    shifts = np.stack([match.shift_px for match in matches])
    correlation = np.array([match.correlation for match in matches])
    is_known = correlation > chance_level
    if np.median(correlation) <= chance_level:
        return np.zeros_like(shifts), np.zeros(len(shifts), dtype=bool)
    is_known &= correlation >= _LOST * np.median(correlation)
    frames = np.arange(len(shifts))
    settled = np.stack([np.interp(frames, frames[is_known], column[is_known]) for column in shifts.T], axis=1)
    return settled, ~is_known


def _jumps(shifts: NDArray[Any], least_px: float) -> NDArray[np.bool_]:
    """Return the frames into which the field jumped."""
    steps = np.hypot(*np.diff(shifts, axis=0).T)
    usual = np.median(steps)
    spread = _MAD_TO_SD * np.median(np.abs(steps - usual))
    return np.concatenate([[False], steps > max(least_px, usual + _JUMP_SD * spread)])
