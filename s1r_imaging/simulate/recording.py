"""Simulated recordings with known truth."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import fft

from s1r_imaging.progress import Progress, silent
from s1r_imaging.provenance import Step
from s1r_imaging.recording import Event, Recording
from s1r_imaging.simulate.camera import expose
from s1r_imaging.simulate.dye import resting_image
from s1r_imaging.simulate.fields import Labels, grow_cells
from s1r_imaging.simulate.optics import Microscope, haze_between, vignette_image
from s1r_imaging.simulate.options import BleachingShape, BlockMode, Condition, Growth, Nuclei, SimulationOptions
from s1r_imaging.simulate.timecourse import Activity, bleaching_curve, simulate_activity, simulate_shifts
from s1r_imaging.simulate.truth import RecordingTruth

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
    overloaded: NDArray[np.bool_]
    field: tuple[slice, slice]
    visible: NDArray[np.int64]
    """Rows of the cells that have a label in the field."""


def simulate_recording(
    seed: int = 0,
    *,
    condition: Condition = SimulationOptions.condition,
    height_px: int = SimulationOptions.height_px,
    width_px: int = SimulationOptions.width_px,
    n_frames: int = SimulationOptions.n_frames,
    frame_interval_s: float = SimulationOptions.frame_interval_s,
    pixel_size_um: float = SimulationOptions.pixel_size_um,
    stimulus_s: float = SimulationOptions.stimulus_s,
    antagonist_s: float | None = SimulationOptions.antagonist_s,
    agonist_M: float = SimulationOptions.agonist_M,
    antagonist_M: float = SimulationOptions.antagonist_M,
    growth: Growth = SimulationOptions.growth,
    cell_coverage: float | None = SimulationOptions.cell_coverage,
    n_cells: int | None = SimulationOptions.n_cells,
    cell_diameter_um: float = SimulationOptions.cell_diameter_um,
    cell_size_sd: float = SimulationOptions.cell_size_sd,
    cell_elongation: float = SimulationOptions.cell_elongation,
    neurite_fraction: float = SimulationOptions.neurite_fraction,
    resting_counts: float = SimulationOptions.resting_counts,
    loading_sd: float = SimulationOptions.loading_sd,
    texture_sd: float = SimulationOptions.texture_sd,
    edge_brightness: float = SimulationOptions.edge_brightness,
    nuclei: Nuclei = SimulationOptions.nuclei,
    overloaded_fraction: float = SimulationOptions.overloaded_fraction,
    blur_um: float = SimulationOptions.blur_um,
    haze_fraction: float = SimulationOptions.haze_fraction,
    haze_um: float = SimulationOptions.haze_um,
    vignette: float = SimulationOptions.vignette,
    medium_counts: float = SimulationOptions.medium_counts,
    bleaching_fraction: float = SimulationOptions.bleaching_fraction,
    bleaching_shape: BleachingShape = SimulationOptions.bleaching_shape,
    drift_px: float = SimulationOptions.drift_px,
    n_jumps: int = SimulationOptions.n_jumps,
    jump_px: float = SimulationOptions.jump_px,
    wander_sd: float = SimulationOptions.wander_sd,
    spontaneous_fraction: float = SimulationOptions.spontaneous_fraction,
    spontaneous_per_min: float = SimulationOptions.spontaneous_per_min,
    spontaneous_dff: float = SimulationOptions.spontaneous_dff,
    responder_fraction: float = SimulationOptions.responder_fraction,
    plateau_fraction: float = SimulationOptions.plateau_fraction,
    agonist_dff: float = SimulationOptions.agonist_dff,
    amplitude_sd: float = SimulationOptions.amplitude_sd,
    latency_s: float = SimulationOptions.latency_s,
    rise_tau_s: float = SimulationOptions.rise_tau_s,
    decay_tau_s: float = SimulationOptions.decay_tau_s,
    kinetics_sd: float = SimulationOptions.kinetics_sd,
    block: float = SimulationOptions.block,
    block_mode: BlockMode = SimulationOptions.block_mode,
    offset_counts: float = SimulationOptions.offset_counts,
    gain_counts_per_e: float = SimulationOptions.gain_counts_per_e,
    read_noise_e: float = SimulationOptions.read_noise_e,
    shot_noise: bool = SimulationOptions.shot_noise,
    bit_depth: int = SimulationOptions.bit_depth,
    progress: Progress = silent,
) -> tuple[Recording, RecordingTruth]:
    """Simulate a Fluo-4 recording of cultured cells, and say what is true of it.

    The light of a pixel in a cell is its resting light times (1 + ΔF/F0) of the cell times what bleaching has
    left; the microscope blurs, adds haze and displaces it; vignette, medium, camera offset, photon and read
    noise, rounding and the camera's top code follow. Chance has separate streams for the shapes, the dye, the
    responses, spontaneous activity, motion and the camera: changing an option of one leaves the others as
    they are, and the same seed and options give the same recording, bit for bit.

    Parameters
    ----------
    seed : int, default: 0
        Seed of all chance, 0 or more.
    condition : {'agonist', 'vehicle', 'antagonist', 'antagonist_agonist'}
        What the dish was given.
    height_px : int
        Height of the field (pixels).
    width_px : int
        Width of the field (pixels).
    n_frames : int
        Number of frames.
    frame_interval_s : float
        Time from one frame to the next (s).
    pixel_size_um : float
        Edge of a pixel in the field (µm).
    stimulus_s : float
        When the agonist, or its vehicle, is added (s).
    antagonist_s : float, optional
        When the antagonist is added (s); before the recording when not given.
    agonist_M : float
        Concentration of the agonist (mol/L): recorded, not modelled.
    antagonist_M : float
        Concentration of the antagonist (mol/L): recorded, not modelled.
    growth : {'confluent', 'sparse'}
        Confluent: a touching monolayer with gaps; sparse: single cells and clumps.
    cell_coverage : float, optional
        Fraction of the field under cells; 0.9 confluent and 0.3 sparse when not given.
    n_cells : int, optional
        Number of cells in the field; as many as the coverage needs when not given.
    cell_diameter_um : float
        Median diameter of a circle of the cell's area (µm).
    cell_size_sd : float
        SD of the logarithm of the diameter.
    cell_elongation : float
        Median ratio of a cell's length to its width.
    neurite_fraction : float
        Fraction of the cells that have neurites.
    resting_counts : float
        Median fluorescence of a resting cell's middle (counts).
    loading_sd : float
        SD between cells of the logarithm of the dye loading.
    texture_sd : float
        SD within a cell of the logarithm of the fluorescence.
    edge_brightness : float
        Fluorescence of a cell's thin edge relative to its middle.
    nuclei : {'mixed', 'bright', 'dark', 'none'}
        Whether nuclei are brighter or darker than the cytoplasm.
    overloaded_fraction : float
        Fraction of rounded, very bright cells that never respond.
    blur_um : float
        SD of the Gaussian blur of the microscope (µm).
    haze_fraction : float
        Out-of-focus light added, relative to the light in focus.
    haze_um : float
        SD of the Gaussian spread of the out-of-focus light (µm).
    vignette : float
        Loss of light in the corners relative to the middle.
    medium_counts : float
        Constant glow of the medium (counts).
    bleaching_fraction : float
        Dye lost to bleaching by the last frame.
    bleaching_shape : {'mono', 'bi'}
        One exponential, or a fast and a slow one.
    drift_px : float
        SD of the slow drift at the last frame (pixels per axis).
    n_jumps : int
        Number of sudden shifts of the field.
    jump_px : float
        SD of a sudden shift (pixels per axis).
    wander_sd : float
        SD of each cell's slow fluctuation, in ΔF/F0.
    spontaneous_fraction : float
        Fraction of the cells that are active by themselves.
    spontaneous_per_min : float
        Spontaneous transients per minute of such a cell.
    spontaneous_dff : float
        Median peak ΔF/F0 of a spontaneous transient.
    responder_fraction : float
        Fraction of the cells that respond to the agonist.
    plateau_fraction : float
        Fraction of the responders whose response stays on a plateau.
    agonist_dff : float
        Median peak ΔF/F0 of a response.
    amplitude_sd : float
        SD between cells of the logarithm of the peak ΔF/F0.
    latency_s : float
        Median delay from the stimulus to the onset (s).
    rise_tau_s : float
        Median time constant of the rise (s).
    decay_tau_s : float
        Median time constant of the decay (s).
    kinetics_sd : float
        SD between cells of the logarithm of latency, rise and decay.
    block : float
        Part of the agonist's effect that the antagonist takes away.
    block_mode : {'scale', 'silence'}
        Block makes every response smaller, or silences that fraction of cells.
    offset_counts : float
        Counts of the camera without light.
    gain_counts_per_e : float
        Counts per photo-electron.
    read_noise_e : float
        SD of the read noise (electrons).
    shot_noise : bool
        Whether photons arrive at random.
    bit_depth : int
        Bits per pixel; counts end at 2**bit_depth - 1.
    progress : callable, optional
        Told how many frames are done.

    Returns
    -------
    recording : Recording
        12-bit counts in uint16, frame times, pixel size, saturation level and events. An antagonist that was
        there before the recording is no event.
    truth : RecordingTruth
        Labels, traces and kinetics as they are.

    Raises
    ------
    ValueError
        If an option is out of range, or the stimulus is not within the recording, the antagonist does not
        come before it, or the rise is not shorter than the decay.

    Examples
    --------
    >>> recording, truth = simulate_recording(1, height_px=96, width_px=128, n_frames=120)
    >>> recording.data.shape, recording.events[0].name
    ((120, 96, 128), 'PRE-084')
    >>> bool(truth.cells["responder"].mean() > 0.5)
    True
    """
    options = SimulationOptions(
        condition=condition,
        height_px=height_px,
        width_px=width_px,
        n_frames=n_frames,
        frame_interval_s=frame_interval_s,
        pixel_size_um=pixel_size_um,
        stimulus_s=stimulus_s,
        antagonist_s=antagonist_s,
        agonist_M=agonist_M,
        antagonist_M=antagonist_M,
        growth=growth,
        cell_coverage=cell_coverage,
        n_cells=n_cells,
        cell_diameter_um=cell_diameter_um,
        cell_size_sd=cell_size_sd,
        cell_elongation=cell_elongation,
        neurite_fraction=neurite_fraction,
        resting_counts=resting_counts,
        loading_sd=loading_sd,
        texture_sd=texture_sd,
        edge_brightness=edge_brightness,
        nuclei=nuclei,
        overloaded_fraction=overloaded_fraction,
        blur_um=blur_um,
        haze_fraction=haze_fraction,
        haze_um=haze_um,
        vignette=vignette,
        medium_counts=medium_counts,
        bleaching_fraction=bleaching_fraction,
        bleaching_shape=bleaching_shape,
        drift_px=drift_px,
        n_jumps=n_jumps,
        jump_px=jump_px,
        wander_sd=wander_sd,
        spontaneous_fraction=spontaneous_fraction,
        spontaneous_per_min=spontaneous_per_min,
        spontaneous_dff=spontaneous_dff,
        responder_fraction=responder_fraction,
        plateau_fraction=plateau_fraction,
        agonist_dff=agonist_dff,
        amplitude_sd=amplitude_sd,
        latency_s=latency_s,
        rise_tau_s=rise_tau_s,
        decay_tau_s=decay_tau_s,
        kinetics_sd=kinetics_sd,
        block=block,
        block_mode=block_mode,
        offset_counts=offset_counts,
        gain_counts_per_e=gain_counts_per_e,
        read_noise_e=read_noise_e,
        shot_noise=shot_noise,
        bit_depth=bit_depth,
    )
    return _simulate(seed, options, progress)


def _simulate(seed: int, options: SimulationOptions, progress: Progress) -> tuple[Recording, RecordingTruth]:
    time_s = np.arange(options.n_frames) * options.frame_interval_s
    _check(seed, options, time_s)
    children = np.random.SeedSequence(seed).spawn(len(_STREAMS))
    rng = {name: np.random.default_rng(child) for name, child in zip(_STREAMS, children, strict=True)}
    specimen = _prepare(options, rng["field"], rng["dye"])
    activity = simulate_activity(time_s, options, specimen.overloaded, rng["response"], rng["spontaneous"])
    bleaching = bleaching_curve(time_s, options.bleaching_fraction, options.bleaching_shape)
    shifts = simulate_shifts(options.n_frames, options, rng["motion"])
    truth = _truth(specimen, activity, bleaching, shifts, options)
    data = _film(specimen, activity.dff, truth, options, rng["camera"], progress)
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


def _check(seed: int, options: SimulationOptions, time_s: Floats) -> None:
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ValueError(f"seed={seed!r}: expected a whole number, 0 or more.")
    if options.stimulus_s > time_s[-1]:
        raise ValueError(
            f"stimulus_s={options.stimulus_s!r}: the recording ends at {time_s[-1]:g} s; stimulate earlier or raise n_frames."
        )
    if options.antagonist_s is not None and options.antagonist_s >= options.stimulus_s:
        raise ValueError(
            f"antagonist_s={options.antagonist_s!r}: expected a time before stimulus_s={options.stimulus_s!r}."
        )
    if options.rise_tau_s >= options.decay_tau_s:
        raise ValueError(
            f"rise_tau_s={options.rise_tau_s!r}: expected a time shorter than decay_tau_s={options.decay_tau_s!r}."
        )


def _events(options: SimulationOptions) -> tuple[Event, ...]:
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
    options: SimulationOptions, rng_field: np.random.Generator, rng_dye: np.random.Generator
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
    areas = np.bincount(labels[field].ravel(), minlength=len(overloaded) + 1)[1:]
    seen = areas[areas > 0]
    visible = np.flatnonzero(areas > (_SLIVER * np.median(seen) if seen.size else 0))
    return _Specimen(labels, light, overloaded, (field[0], field[1]), visible)


def _truth(
    specimen: _Specimen, activity: Activity, bleaching: Floats, shifts: Floats, options: SimulationOptions
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
    y, x = np.indices(labels.shape, dtype=np.float64)
    border = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    geometry = pd.DataFrame(
        {
            "area_px": area,
            "centroid_y_px": cell_mean(y),
            "centroid_x_px": cell_mean(x),
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


def _haze(specimen: _Specimen, vignette: Floats, dff: Floats, options: SimulationOptions) -> Floats:
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
    options: SimulationOptions,
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
    level = np.pad((1 + dff) * truth.bleaching, ((1, 0), (0, 0))).astype(np.float32)
    data = np.empty((options.n_frames, *size), dtype=np.uint16)
    for frame in range(options.n_frames):
        light = resting * level[:, frame][specimen.labels]
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
