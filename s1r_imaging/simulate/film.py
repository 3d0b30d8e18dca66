"""How a simulated recording is made: specimen, truth, frames."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import fft

from s1r_imaging.progress import Progress
from s1r_imaging.provenance import Step
from s1r_imaging.recording import Event, Recording
from s1r_imaging.simulate.camera import expose
from s1r_imaging.simulate.chance import streams
from s1r_imaging.simulate.dye import response_weight, resting_image
from s1r_imaging.simulate.fields import Labels, grow_cells
from s1r_imaging.simulate.optics import Microscope, haze_between, vignette_image
from s1r_imaging.simulate.timecourse import Activity, bleaching_curve, simulate_activity, simulate_shifts
from s1r_imaging.simulate.truth import RecordingTruth

if TYPE_CHECKING:
    from s1r_imaging.simulate.recording import SimulationOptions

AGONIST, ANTAGONIST, VEHICLE = "PRE-084", "BD-1063", "vehicle"

_STREAMS = ("field", "dye", "response", "spontaneous", "motion", "camera")  # new ones go to the end
_SLIVER = 0.1  # pieces of cells at the border below this part of the median area have no label
_FRAMES_PER_REPORT = 16

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Specimen:
    """The cells with a margin around the field, so that light and cells come in from outside."""

    labels: Labels
    light: Floats
    share: Floats
    """How strongly each pixel shares in its cell's response."""
    overloaded: NDArray[np.bool_]
    field: tuple[slice, slice]
    visible: NDArray[np.int64]
    """Rows of the cells that have a label in the field."""


def make_recording(
    seed: int, options: "SimulationOptions", progress: Progress
) -> tuple[Recording, RecordingTruth]:
    """Simulate a recording: see `simulate_recording`."""
    time_s = np.arange(options.n_frames, dtype=np.float64) * options.frame_interval_s
    rng = dict(zip(_STREAMS, streams(seed, len(_STREAMS)), strict=True))
    specimen = _prepare(options, rng["field"], rng["dye"])
    activity = simulate_activity(time_s, options, specimen.overloaded, rng["response"], rng["spontaneous"])
    bleaching = bleaching_curve(time_s, options.bleaching_fraction, options.bleaching_shape)
    shifts = simulate_shifts(options.n_frames, options, rng["motion"])
    truth = _truth(specimen, activity, bleaching, shifts, options)
    data = _film(specimen, activity.dff, truth, options, rng=rng["camera"], progress=progress)
    recording = Recording(
        data,
        time_s=time_s,
        pixel_size_um=options.pixel_size_um,
        saturation_level=2**options.bit_depth - 1,
        bit_depth=options.bit_depth,
        events=_events(options),
        name=f"simulated_{options.condition}_{seed}",
        history=(Step(name="simulate_recording", options={"seed": seed} | options.to_dict()),),
    )
    return recording, truth


def _events(options: "SimulationOptions") -> tuple[Event, ...]:
    given_agonist = options.condition in ("agonist", "antagonist_agonist")
    stimulus = Event(
        AGONIST if given_agonist else VEHICLE,
        options.stimulus_s,
        concentration_M=options.agonist_M if given_agonist else None,
    )
    if options.antagonist_s is None or not options.condition.startswith("antagonist"):
        return (stimulus,)
    return Event(ANTAGONIST, options.antagonist_s, concentration_M=options.antagonist_M), stimulus


def _prepare(
    options: "SimulationOptions", rng_field: np.random.Generator, rng_dye: np.random.Generator
) -> _Specimen:
    margin = round(1.5 * options.cell_diameter_um / options.pixel_size_um)
    size = (options.height_px, options.width_px)
    # a multiple of 8 for the coarse haze, and a length that the Fourier transform likes
    shape = tuple(8 * fft.next_fast_len(-(-(edge + 2 * margin) // 8), real=True) for edge in size)
    field = tuple(
        slice((whole - edge) // 2, (whole - edge) // 2 + edge) for whole, edge in zip(shape, size, strict=True)
    )
    labels, shapes = grow_cells((shape[0], shape[1]), options, rng_field)
    overloaded = rng_dye.random(len(shapes.angle)) < options.overloaded_fraction
    light = resting_image(labels, shapes, options, overloaded, rng_dye)
    weights = np.zeros_like(light)
    weights[field] = light[field] * vignette_image(size, options.vignette)
    share = response_weight(labels, weights, options, rng_dye)
    areas = np.bincount(labels[field].ravel(), minlength=len(overloaded) + 1)[1:]
    seen = areas[areas > 0]
    visible = np.flatnonzero(areas > (_SLIVER * np.median(seen) if seen.size else 0))
    return _Specimen(labels, light, share, overloaded, (field[0], field[1]), visible)


def _truth(
    specimen: _Specimen, activity: Activity, bleaching: Floats, shifts: Floats, options: "SimulationOptions"
) -> RecordingTruth:
    n = len(specimen.visible)
    number = np.zeros(len(specimen.overloaded) + 1, dtype=np.int32)
    number[specimen.visible + 1] = np.arange(1, n + 1)
    labels = number[specimen.labels[specimen.field]]
    vignette = vignette_image((options.height_px, options.width_px), options.vignette)
    area = np.bincount(labels.ravel(), minlength=n + 1)[1:]

    def cell_mean(image: Floats) -> Floats:
        return np.bincount(labels.ravel(), weights=image.ravel(), minlength=n + 1)[1:] / area

    dff = activity.dff[specimen.visible]
    f0 = cell_mean(vignette * specimen.light[specimen.field])
    still = np.broadcast_to(
        options.offset_counts + options.medium_counts * cell_mean(vignette)[:, np.newaxis], dff.shape
    )
    background = still + _haze(specimen, vignette, activity.dff, options) * bleaching
    cells = activity.cells.iloc[specimen.visible].reset_index(drop=True)
    cells.index = pd.RangeIndex(1, n + 1, name="label")
    place = np.indices(labels.shape, dtype=np.float64)
    border = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    geometry = pd.DataFrame(
        {
            "area_px": area,
            "centroid_y_px": cell_mean(place[0]),
            "centroid_x_px": cell_mean(place[1]),
            "at_edge": np.isin(cells.index, border),
            "f0_counts": f0,
        },
        index=cells.index,
    )
    resting = f0[:, np.newaxis] * bleaching
    return RecordingTruth(
        labels=labels,
        f=resting * (1 + dff),
        f0=resting,
        dff=dff,
        background=background,
        bleaching=bleaching,
        shifts_px=shifts,
        cells=pd.concat([geometry, cells], axis=1),
    )


def _haze(specimen: _Specimen, vignette: Floats, dff: Floats, options: "SimulationOptions") -> Floats:
    """Out-of-focus light under each visible cell, before bleaching."""
    n = len(specimen.overloaded)
    if n == 0 or options.haze_fraction == 0:
        return np.zeros((len(specimen.visible), dff.shape[1]))
    weights = np.zeros(specimen.labels.shape)
    weights[specimen.field] = options.haze_fraction * vignette
    area = np.maximum(np.bincount(specimen.labels[specimen.field].ravel(), minlength=n + 1)[1:], 1)
    throws = haze_between(specimen.labels, specimen.light, weights, n, options.haze_um / options.pixel_size_um)
    return (throws / area[:, np.newaxis])[specimen.visible] @ (1 + dff)


def _film(
    specimen: _Specimen,
    dff: Floats,
    truth: RecordingTruth,
    options: "SimulationOptions",
    *,
    rng: np.random.Generator,
    progress: Progress,
) -> NDArray[np.uint16]:
    """Take the frames one by one."""
    size = (options.height_px, options.width_px)
    microscope = Microscope(
        specimen.labels.shape,
        specimen.field,
        blur_px=options.blur_um / options.pixel_size_um,
        haze_px=options.haze_um / options.pixel_size_um,
        haze_fraction=options.haze_fraction,
    )
    vignette = vignette_image(size, options.vignette).astype(np.float32)
    medium = np.float32(options.medium_counts) * vignette
    resting = specimen.light.astype(np.float32)
    share = specimen.share.astype(np.float32)
    active = np.pad(dff, ((1, 0), (0, 0))).astype(np.float32)
    left = truth.bleaching.astype(np.float32)
    data = np.empty((options.n_frames, *size), dtype=np.uint16)
    for frame in range(options.n_frames):
        light = active[:, frame][specimen.labels]
        light *= share
        light += 1
        light *= left[frame] * resting
        seen = vignette * microscope.image(light, truth.shifts_px[frame]) + medium
        data[frame] = expose(
            seen,
            rng,
            offset_counts=options.offset_counts,
            gain_counts_per_e=options.gain_counts_per_e,
            read_noise_e=options.read_noise_e,
            shot_noise=options.shot_noise,
            bit_depth=options.bit_depth,
        )
        if (frame + 1) % _FRAMES_PER_REPORT == 0 or frame + 1 == options.n_frames:
            progress("simulate", frame + 1, options.n_frames)
    return data
