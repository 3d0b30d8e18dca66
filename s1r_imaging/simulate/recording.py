"""Simulated recordings with known truth: the door and its options."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from s1r_imaging.options import Options, option
from s1r_imaging.progress import Progress, silent
from s1r_imaging.recording import Recording
from s1r_imaging.simulate.film import make_recording
from s1r_imaging.simulate.truth import RecordingTruth

Condition = Literal["agonist", "vehicle", "antagonist", "antagonist_agonist"]
Growth = Literal["confluent", "sparse"]
Nuclei = Literal["mixed", "bright", "dark", "none"]
BlockMode = Literal["scale", "silence"]
BleachingShape = Literal["mono", "bi"]


@dataclass(frozen=True, kw_only=True)
class SimulationOptions(Options):
    """How a recording is simulated: SH-SY5Y-like cells with Fluo-4, widefield, 20×, 12-bit camera."""

    section: ClassVar[str] = "simulate"

    # what is recorded
    condition: Condition = option("agonist", "What the dish was given.")
    height_px: int = option(320, "Height of the field (pixels).", ge=8)
    width_px: int = option(320, "Width of the field (pixels).", ge=8)
    n_frames: int = option(240, "Number of frames.", ge=2)
    frame_interval_s: float = option(0.5, "Time from one frame to the next (s).", gt=0)
    pixel_size_um: float = option(0.65, "Edge of a pixel in the field (µm).", gt=0)
    stimulus_s: float = option(40.0, "When the agonist, or its vehicle, is added (s).", ge=0)
    antagonist_s: float | None = option(
        None, "When the antagonist is added (s); before the recording when not given.", ge=0
    )
    agonist_M: float = option(1e-5, "Concentration of the agonist (mol/L): recorded, not modelled.", gt=0)
    antagonist_M: float = option(1e-6, "Concentration of the antagonist (mol/L): recorded, not modelled.", gt=0)
    # cells
    growth: Growth = option(
        "confluent", "Confluent: a touching monolayer with gaps; sparse: single cells and clumps."
    )
    cell_coverage: float | None = option(
        None, "Fraction of the field under cells; 0.9 confluent and 0.3 sparse when not given.", gt=0, le=1
    )
    n_cells: int | None = option(
        None, "Number of cells in the field; as many as the coverage needs when not given.", ge=0
    )
    cell_diameter_um: float = option(18.0, "Median diameter of a circle of the cell's area (µm).", gt=0)
    cell_size_sd: float = option(0.2, "SD of the logarithm of the diameter.", ge=0, le=1)
    cell_elongation: float = option(1.6, "Median ratio of a cell's length to its width.", ge=1, le=6)
    neurite_fraction: float = option(0.35, "Fraction of the cells that have neurites.", ge=0, le=1)
    # dye
    resting_counts: float = option(300.0, "Median fluorescence of a resting cell's middle (counts).", ge=0)
    loading_sd: float = option(0.35, "SD between cells of the logarithm of the dye loading.", ge=0, le=2)
    texture_sd: float = option(0.12, "SD within a cell of the logarithm of the fluorescence.", ge=0, le=1)
    edge_brightness: float = option(0.5, "Fluorescence of a cell's thin edge relative to its middle.", ge=0, le=1)
    nuclei: Nuclei = option("mixed", "Whether nuclei are brighter or darker than the cytoplasm.")
    overloaded_fraction: float = option(
        0.02, "Fraction of very bright, overloaded cells that never respond.", ge=0, le=1
    )
    # optics
    blur_um: float = option(0.8, "SD of the Gaussian blur of the microscope (µm).", ge=0)
    haze_fraction: float = option(0.2, "Out-of-focus light added, relative to the light in focus.", ge=0)
    haze_um: float = option(15.0, "SD of the Gaussian spread of the out-of-focus light (µm).", gt=0)
    vignette: float = option(0.25, "Loss of light in the corners relative to the middle.", ge=0, lt=1)
    medium_counts: float = option(20.0, "Constant glow of the medium (counts).", ge=0)
    # over time
    bleaching_fraction: float = option(0.04, "Dye lost to bleaching by the last frame.", ge=0, lt=1)
    bleaching_shape: BleachingShape = option("mono", "One exponential, or a fast and a slow one.")
    drift_px: float = option(0.4, "SD of the slow drift at the last frame (pixels per axis).", ge=0)
    n_jumps: int = option(0, "Number of sudden shifts of the field.", ge=0)
    jump_px: float = option(3.0, "SD of a sudden shift (pixels per axis).", ge=0)
    wander_sd: float = option(0.01, "SD of each cell's slow fluctuation, in ΔF/F0.", ge=0)
    spontaneous_fraction: float = option(0.08, "Fraction of the cells that are active by themselves.", ge=0, le=1)
    spontaneous_per_min: float = option(1.0, "Spontaneous transients per minute of such a cell.", ge=0)
    spontaneous_dff: float = option(0.25, "Median peak ΔF/F0 of a spontaneous transient.", ge=0)
    # response
    responder_fraction: float = option(0.85, "Fraction of the cells that respond to the agonist.", ge=0, le=1)
    plateau_fraction: float = option(
        0.25, "Fraction of the responders whose response stays on a plateau.", ge=0, le=1
    )
    agonist_dff: float = option(0.8, "Median peak ΔF/F0 of a response.", ge=0)
    amplitude_sd: float = option(0.4, "SD between cells of the logarithm of the peak ΔF/F0.", ge=0, le=2)
    latency_s: float = option(3.0, "Median delay from the stimulus to the onset (s).", ge=0)
    rise_tau_s: float = option(1.2, "Median time constant of the rise (s).", gt=0)
    decay_tau_s: float = option(9.0, "Median time constant of the decay (s).", gt=0)
    kinetics_sd: float = option(0.3, "SD between cells of the logarithm of latency, rise and decay.", ge=0, le=1)
    unevenness_sd: float = option(0.1, "SD within a cell of the relative size of its ΔF/F0.", ge=0, le=0.3)
    block: float = option(0.75, "Part of the agonist's effect that the antagonist takes away.", ge=0, le=1)
    block_mode: BlockMode = option(
        "scale", "Block makes every response smaller, or silences that fraction of cells."
    )
    # camera
    offset_counts: float = option(100.0, "Counts of the camera without light.", ge=0)
    gain_counts_per_e: float = option(0.146, "Counts per photo-electron.", gt=0)
    read_noise_e: float = option(16.4, "SD of the read noise (electrons).", ge=0)
    shot_noise: bool = option(True, "Whether photons arrive at random.")
    bit_depth: int = option(12, "Bits per pixel; counts end at 2**bit_depth - 1.", ge=1, le=16)


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
    unevenness_sd: float = SimulationOptions.unevenness_sd,
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
        Fraction of very bright, overloaded cells that never respond.
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
    unevenness_sd : float
        SD within a cell of the relative size of its ΔF/F0.
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
        unevenness_sd=unevenness_sd,
        block=block,
        block_mode=block_mode,
        offset_counts=offset_counts,
        gain_counts_per_e=gain_counts_per_e,
        read_noise_e=read_noise_e,
        shot_noise=shot_noise,
        bit_depth=bit_depth,
    )
    _check(options)
    return make_recording(seed, options, progress)


def _check(options: SimulationOptions) -> None:
    end_s = (options.n_frames - 1) * options.frame_interval_s
    if options.stimulus_s > end_s:
        raise ValueError(
            f"stimulus_s={options.stimulus_s!r}: expected a time within the recording, which ends at {end_s:g} s; "
            "stimulate earlier or raise n_frames."
        )
    if options.antagonist_s is not None and options.antagonist_s >= options.stimulus_s:
        raise ValueError(
            f"antagonist_s={options.antagonist_s!r}: expected a time before stimulus_s={options.stimulus_s!r}."
        )
    if options.rise_tau_s >= options.decay_tau_s:
        raise ValueError(
            f"rise_tau_s={options.rise_tau_s!r}: expected a time shorter than decay_tau_s={options.decay_tau_s!r}."
        )
