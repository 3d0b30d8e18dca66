"""Options of the simulator: the one place where its defaults are stated."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from s1r_imaging.options import Options, option

Condition = Literal["agonist", "vehicle", "antagonist", "antagonist_agonist"]
Growth = Literal["confluent", "sparse"]
Nuclei = Literal["mixed", "bright", "dark", "none"]
BlockMode = Literal["scale", "silence"]
BleachingShape = Literal["mono", "bi"]
NoiseKind = Literal["white", "ar1"]


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
        0.02, "Fraction of rounded, very bright cells that never respond.", ge=0, le=1
    )
    # optics
    blur_um: float = option(0.8, "SD of the Gaussian blur of the microscope (µm).", ge=0)
    haze_fraction: float = option(0.25, "Out-of-focus light added, relative to the light in focus.", ge=0)
    haze_um: float = option(15.0, "SD of the Gaussian spread of the out-of-focus light (µm).", gt=0)
    vignette: float = option(0.25, "Loss of light in the corners relative to the middle.", ge=0, lt=1)
    medium_counts: float = option(20.0, "Constant glow of the medium (counts).", ge=0)
    # over time
    bleaching_fraction: float = option(0.08, "Dye lost to bleaching by the last frame.", ge=0, lt=1)
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


@dataclass(frozen=True, kw_only=True)
class ExperimentOptions(Options):
    """How a simulated experiment is laid out and how its replicates vary."""

    section: ClassVar[str] = "simulate_experiment"

    n_days: int = option(3, "Number of days; every condition is recorded on each.", ge=1)
    n_dishes: int = option(1, "Dishes of each condition on each day.", ge=1)
    intraclass_correlation: float = option(
        0.1, "Share of the variance of log peak ΔF/F0 that lies between dishes.", ge=0, lt=1
    )
    day_share: float = option(
        0.5, "Part of the variance between dishes that dishes of one day have in common.", ge=0, le=1
    )
    dish_loading_sd: float = option(0.15, "SD between dishes of the logarithm of the dye loading.", ge=0, le=2)


@dataclass(frozen=True, kw_only=True)
class SimulatedTracesOptions(Options):
    """How traces are simulated without pixels."""

    section: ClassVar[str] = "simulate_traces"

    n_cells: int = option(100, "Number of cells.", ge=0)
    n_frames: int = option(240, "Number of frames.", ge=2)
    frame_interval_s: float = option(0.5, "Time from one frame to the next (s).", gt=0)
    stimulus_s: float = option(40.0, "When the stimulus comes (s).", ge=0)
    amplitude_dff: float = option(0.8, "Median peak ΔF/F0.", ge=0)
    amplitude_sd: float = option(0.0, "SD between cells of the logarithm of the peak.", ge=0, le=2)
    responder_fraction: float = option(1.0, "Fraction of the cells that respond.", ge=0, le=1)
    latency_s: float = option(2.0, "Median delay from the stimulus to the onset (s).", ge=0)
    rise_tau_s: float = option(1.0, "Median time constant of the rise (s).", gt=0)
    decay_tau_s: float = option(5.0, "Median time constant of the decay (s).", gt=0)
    plateau_level: float = option(0.0, "Level that the decay ends on, see response_curve.", ge=0, le=1)
    kinetics_sd: float = option(0.0, "SD between cells of the logarithm of latency, rise and decay.", ge=0, le=1)
    snr: float = option(5.0, "Median peak ΔF/F0 divided by the SD of the noise of one frame.", gt=0)
    noise: NoiseKind = option("white", "White, or first-order autoregressive.")
    ar1_coefficient: float = option(0.7, "Correlation of the noise of successive frames.", gt=-1, lt=1)
    f0_counts: float = option(300.0, "Resting fluorescence above background (counts).", gt=0)
    background_counts: float = option(120.0, "Background (counts).", ge=0)
    bleaching_fraction: float = option(0.0, "Dye lost to bleaching by the last frame.", ge=0, lt=1)
