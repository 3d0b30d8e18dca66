"""Simulated binding plates with known truth: the door and its options."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from s1r_imaging.options import Options, option
from s1r_imaging.simulate.chance import streams
from s1r_imaging.simulate.occupancy import Array, Assay, Depletion, bound_and_free, half_maximal_concentration
from s1r_imaging.simulate.wells import Layout, PlateFormat, assign_wells, at_border, list_wells, well_names

DPM_PER_FMOL = 2.22  # at 1 Ci/mmol; a curie is 2.22e12 disintegrations per minute
OVERVIEW_KI_M = {"haloperidol": 3.54e-9, "PRE-084": 2.2e-9, "pridopidine": 147e-9}


@dataclass(frozen=True, kw_only=True)
class BindingSimulationOptions(Options):
    """How a plate is simulated: [3H]-(+)-pentazocine on guinea pig brain membranes, filtered and counted."""

    section: ClassVar[str] = "simulate_binding"

    # what is in a well
    volume_uL: float = option(250.0, "Volume of a well (µL).", gt=0)
    radioligand_M: float = option(3e-9, "Radioligand added to every well but blanks (mol/L).", gt=0)
    kd_M: float = option(3e-9, "Dissociation constant of the radioligand (mol/L).", gt=0)
    receptor_M: float = option(2e-10, "Binding sites in a well (mol/L).", gt=0)
    nonspecific_ratio: float = option(0.005, "Radioligand bound elsewhere per radioligand free.", ge=0)
    blocker_M: float = option(1e-5, "Blocker in the non-specific wells (mol/L).", gt=0)
    blocker_ki_M: float = option(3.54e-9, "Ki of the blocker, haloperidol (mol/L).", gt=0)
    depletion: Depletion = option("both", "Which ligands become scarce by binding.")
    # plan
    n_experiments: int = option(3, "Independent experiments, one plate each.", ge=1)
    n_concentrations: int = option(9, "Concentrations of each competitor.", ge=1)
    n_replicates: int = option(3, "Wells of each concentration.", ge=1)
    n_totals: int = option(6, "Wells without competitor on each plate.", ge=0)
    n_nonspecific: int = option(6, "Wells with the blocker on each plate.", ge=0)
    n_blanks: int = option(3, "Wells without radioligand on each plate.", ge=0)
    top_M: float = option(1e-5, "Highest concentration of the competitors (mol/L).", gt=0)
    dilution_factor: float = option(4.0, "Each concentration relative to the next lower one.", gt=1)
    plate_format: PlateFormat = option("96", "Wells of a plate.")
    layout: Layout = option("ordered", "Wells in order of role, or shuffled over the plate.")
    # chance
    pki_sd: float = option(0.1, "SD between experiments of the pKi of a compound.", ge=0)
    pipetting_cv: float = option(0.04, "Coefficient of variation of what a well binds.", ge=0, lt=1)
    outlier_fraction: float = option(0.0, "Fraction of the wells that went wrong.", ge=0, le=1)
    outlier_factor: float = option(2.0, "What such a well binds, times or divided by this.", gt=1)
    edge_effect: float = option(0.0, "Relative change of what the wells at the border bind.", gt=-1)
    # counting
    specific_activity_Ci_mmol: float = option(45.0, "Specific activity of the radioligand (Ci/mmol).", gt=0)
    counting_efficiency: float = option(0.4, "Counts per disintegration.", gt=0, le=1)
    background_cpm: float = option(25.0, "Counts per minute of the counter itself.", ge=0)
    counting_time_min: float = option(2.0, "Time for which each well is counted (min).", gt=0)
    counting_noise: bool = option(True, "Whether disintegrations come at random.")


@dataclass(frozen=True, eq=False)
class BindingPlateTruth:
    """Truth of a simulated binding assay.

    Attributes
    ----------
    options : BindingSimulationOptions
        Options it was made with: true Kd, receptor, background and so on.
    cpm_per_M : float
        Counts per minute of a well that holds 1 mol/L of radioligand on its filter.
    compounds : DataFrame
        One row per compound, index ``compound``: ``pki``, ``ki_M`` that the experiments vary about, and
        ``ic50_M``, the total concentration that halves specific binding at that Ki, with depletion.
    experiments : DataFrame
        One row per experiment and compound: ``experiment, compound, pki, ki_M, ic50_M`` of that experiment.
    wells : DataFrame
        One row per row of the plate, in its order: ``expected_cpm`` (with background; without pipetting
        error, edge effect and outliers), ``specific_M`` and ``nonspecific_M`` (radioligand bound),
        ``free_M`` (radioligand free), ``is_outlier``, ``is_edge``.
    """

    options: BindingSimulationOptions
    cpm_per_M: float
    compounds: pd.DataFrame
    experiments: pd.DataFrame
    wells: pd.DataFrame


def simulate_binding_plate(
    seed: int = 0,
    *,
    volume_uL: float = BindingSimulationOptions.volume_uL,
    radioligand_M: float = BindingSimulationOptions.radioligand_M,
    kd_M: float = BindingSimulationOptions.kd_M,
    receptor_M: float = BindingSimulationOptions.receptor_M,
    nonspecific_ratio: float = BindingSimulationOptions.nonspecific_ratio,
    blocker_M: float = BindingSimulationOptions.blocker_M,
    blocker_ki_M: float = BindingSimulationOptions.blocker_ki_M,
    depletion: Depletion = BindingSimulationOptions.depletion,
    n_experiments: int = BindingSimulationOptions.n_experiments,
    n_concentrations: int = BindingSimulationOptions.n_concentrations,
    n_replicates: int = BindingSimulationOptions.n_replicates,
    n_totals: int = BindingSimulationOptions.n_totals,
    n_nonspecific: int = BindingSimulationOptions.n_nonspecific,
    n_blanks: int = BindingSimulationOptions.n_blanks,
    top_M: float = BindingSimulationOptions.top_M,
    dilution_factor: float = BindingSimulationOptions.dilution_factor,
    plate_format: PlateFormat = BindingSimulationOptions.plate_format,
    layout: Layout = BindingSimulationOptions.layout,
    pki_sd: float = BindingSimulationOptions.pki_sd,
    pipetting_cv: float = BindingSimulationOptions.pipetting_cv,
    outlier_fraction: float = BindingSimulationOptions.outlier_fraction,
    outlier_factor: float = BindingSimulationOptions.outlier_factor,
    edge_effect: float = BindingSimulationOptions.edge_effect,
    specific_activity_Ci_mmol: float = BindingSimulationOptions.specific_activity_Ci_mmol,
    counting_efficiency: float = BindingSimulationOptions.counting_efficiency,
    background_cpm: float = BindingSimulationOptions.background_cpm,
    counting_time_min: float = BindingSimulationOptions.counting_time_min,
    counting_noise: bool = BindingSimulationOptions.counting_noise,
    compounds: Mapping[str, float] | None = None,
) -> tuple[pd.DataFrame, BindingPlateTruth]:
    """Simulate competition plates of a radioligand binding assay, and say what is true of them.

    At equilibrium a well binds radioligand to receptors, and elsewhere in proportion to what is free. That
    is multiplied by a pipetting error (log-normal, mean 1), the edge effect and the factor of an outlier, and
    counted with background for a stated time. Chance has separate streams for Ki, the layout, pipetting,
    outliers and counting: changing an option of one leaves the others as they are, and the same seed and
    options give the same plate.

    Parameters
    ----------
    seed : int, default: 0
        Seed of all chance, 0 or more.
    volume_uL : float
        Volume of a well (µL).
    radioligand_M : float
        Radioligand added to every well but blanks (mol/L).
    kd_M : float
        Dissociation constant of the radioligand (mol/L).
    receptor_M : float
        Binding sites in a well (mol/L).
    nonspecific_ratio : float
        Radioligand bound elsewhere per radioligand free.
    blocker_M : float
        Blocker in the non-specific wells (mol/L).
    blocker_ki_M : float
        Ki of the blocker (mol/L).
    depletion : {'both', 'radioligand', 'none'}
        Which ligands become scarce by binding. Cheng–Prusoff is exact with ``'none'``.
    n_experiments : int
        Independent experiments, one plate each.
    n_concentrations : int
        Concentrations of each competitor.
    n_replicates : int
        Wells of each concentration.
    n_totals, n_nonspecific, n_blanks : int
        Wells on each plate without competitor, with the blocker, without radioligand.
    top_M : float
        Highest concentration of the competitors (mol/L).
    dilution_factor : float
        Each concentration relative to the next lower one.
    plate_format : {'96', '384'}
        Wells of a plate.
    layout : {'ordered', 'random'}
        Wells in order of role, or shuffled over the plate.
    pki_sd : float
        SD between experiments of the pKi of a compound.
    pipetting_cv : float
        Coefficient of variation of what a well binds.
    outlier_fraction : float
        Fraction of the wells, but for blanks, that went wrong.
    outlier_factor : float
        What such a well binds, times or divided by this.
    edge_effect : float
        Relative change of what the wells at the border bind.
    specific_activity_Ci_mmol : float
        Specific activity of the radioligand (Ci/mmol).
    counting_efficiency : float
        Counts per disintegration.
    background_cpm : float
        Counts per minute of the counter itself.
    counting_time_min : float
        Time for which each well is counted (min).
    counting_noise : bool
        Whether disintegrations come at random.
    compounds : mapping of str to float, optional
        Ki of each competitor (mol/L) by its name; by default haloperidol, PRE-084 and pridopidine with the
        values of the project's overview.

    Returns
    -------
    plate : DataFrame
        One row per well: ``experiment`` (1, 2, ...), ``compound`` (empty in wells that all compounds share),
        ``role`` ('total', 'nonspecific', 'competitor' or 'blank'), ``concentration_M`` (of competitor or
        blocker; 0 in total and blank wells), ``signal`` (counts per minute), ``well``, ``replicate``
        (1, 2, ...) and ``counting_time_min``.
    truth : BindingPlateTruth
        Ki, pKi and IC50 of compounds and experiments; expected counts of every well.

    Raises
    ------
    ValueError
        If an option is not allowed, a Ki is not positive, or the wells do not fit the plate.

    Examples
    --------
    >>> plate, truth = simulate_binding_plate(compounds={"NE-100": 1e-9}, n_experiments=1)
    >>> plate["role"].value_counts().to_dict()
    {'competitor': 27, 'total': 6, 'nonspecific': 6, 'blank': 3}
    >>> truth.compounds["pki"].to_dict()
    {'NE-100': 9.0}
    """
    given = {name: value for name, value in locals().items() if name not in {"seed", "compounds"}}
    options = BindingSimulationOptions(**given)
    ki_M = _check_compounds(OVERVIEW_KI_M if compounds is None else compounds)
    rng_pki, rng_layout, *rng_wells = streams(seed, 5)
    assay = Assay(
        receptor_M=receptor_M,
        radioligand_M=radioligand_M,
        kd_M=kd_M,
        nonspecific=nonspecific_ratio,
        depletion=depletion,
    )
    experiments = _draw_experiments(ki_M, assay, options, rng_pki)
    plate, is_edge = _plan(list(ki_M), options, rng_layout)
    wells = _bind(plate, experiments, assay, options).assign(is_edge=is_edge)
    plate["signal"], wells["is_outlier"] = _measure(
        wells, plate["role"].ne("blank").to_numpy(), options, rng_wells
    )
    truth = BindingPlateTruth(
        options=options,
        cpm_per_M=_counts_per_molar(options),
        compounds=_potencies(pd.DataFrame({"compound": list(ki_M)}), list(ki_M.values()), assay).set_index(
            "compound"
        ),
        experiments=experiments,
        wells=wells,
    )
    order = ["experiment", "compound", "role", "concentration_M", "signal", "well", "replicate"]
    return plate[[*order, "counting_time_min"]], truth


def _check_compounds(compounds: Mapping[str, float]) -> dict[str, float]:
    if not compounds:
        raise ValueError("compounds is empty: expected the Ki (mol/L) of at least one compound by its name.")
    for name, value in compounds.items():
        if not 0 < value < np.inf:
            raise ValueError(f"compounds[{name!r}]={value!r}: expected a positive Ki (mol/L).")
    return {name: float(value) for name, value in compounds.items()}


def _potencies(table: pd.DataFrame, ki_M: ArrayLike, assay: Assay) -> pd.DataFrame:
    ki = np.asarray(ki_M, dtype=np.float64)
    return table.assign(pki=-np.log10(ki), ki_M=ki, ic50_M=half_maximal_concentration(assay, ki))


def _draw_experiments(
    ki_M: dict[str, float], assay: Assay, options: BindingSimulationOptions, rng: np.random.Generator
) -> pd.DataFrame:
    numbers = range(1, options.n_experiments + 1)
    table = pd.MultiIndex.from_product([numbers, list(ki_M)], names=["experiment", "compound"]).to_frame(
        index=False
    )
    shift = options.pki_sd * rng.standard_normal(len(table))
    return _potencies(table, np.tile(list(ki_M.values()), options.n_experiments) * 10.0**-shift, assay)


def _plan(
    compounds: list[str], options: BindingSimulationOptions, rng: np.random.Generator
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Return all wells without their signal, and which of them lie at the border."""
    doses = options.top_M / options.dilution_factor ** np.arange(options.n_concentrations)[::-1]
    shared = [
        ("total", 0.0, options.n_totals),
        ("nonspecific", options.blocker_M, options.n_nonspecific),
        ("blank", 0.0, options.n_blanks),
    ]
    one = list_wells(compounds, doses.tolist(), n_replicates=options.n_replicates, shared=shared)
    places = [
        assign_wells(len(one), plate_format=options.plate_format, layout=options.layout, rng=rng)
        for _ in range(options.n_experiments)
    ]
    plate = pd.concat([one] * options.n_experiments, ignore_index=True)
    plate["experiment"] = np.repeat(np.arange(1, options.n_experiments + 1), len(one))
    plate["well"] = well_names(np.concatenate(places))
    plate["counting_time_min"] = float(options.counting_time_min)
    return plate, at_border(np.concatenate(places), options.plate_format)


def _bind(
    plate: pd.DataFrame, experiments: pd.DataFrame, assay: Assay, options: BindingSimulationOptions
) -> pd.DataFrame:
    known = dict(
        zip(zip(experiments["experiment"], experiments["compound"], strict=True), experiments["ki_M"], strict=True)
    )
    keys = zip(plate["experiment"], plate["compound"], strict=True)
    ki = np.array(
        [known.get(key, options.blocker_ki_M) for key in keys]
    )  # shared wells hold the blocker or nothing
    specific, free = bound_and_free(assay, plate["concentration_M"].to_numpy(), ki)
    hot = plate["role"].ne("blank").to_numpy()
    specific, free = specific * hot, free * hot
    elsewhere = options.nonspecific_ratio * free
    expected = options.background_cpm + _counts_per_molar(options) * (specific + elsewhere)
    return pd.DataFrame(
        {"expected_cpm": expected, "specific_M": specific, "nonspecific_M": elsewhere, "free_M": free}
    )


def _measure(
    wells: pd.DataFrame, hot: NDArray[np.bool_], options: BindingSimulationOptions, rngs: list[np.random.Generator]
) -> tuple[Array, NDArray[np.bool_]]:
    """Return the counts per minute, and which wells went wrong."""
    rng_pipette, rng_outlier, rng_count = rngs
    n = len(wells)
    spread = np.sqrt(np.log1p(options.pipetting_cv**2))
    factor = np.exp(spread * rng_pipette.standard_normal(n) - spread**2 / 2)
    is_outlier = hot & (rng_outlier.random(n) < options.outlier_fraction)
    direction = np.where(rng_outlier.random(n) < 0.5, 1.0, -1.0)
    factor = factor * np.where(is_outlier, options.outlier_factor**direction, 1.0)
    factor = factor * np.where(wells["is_edge"], 1.0 + options.edge_effect, 1.0)
    net = wells["expected_cpm"].to_numpy() - options.background_cpm
    counts = (options.background_cpm + net * factor) * options.counting_time_min
    if options.counting_noise:
        counts = rng_count.poisson(counts).astype(np.float64)
    return counts / options.counting_time_min, is_outlier


def _counts_per_molar(options: BindingSimulationOptions) -> float:
    fmol = options.volume_uL * 1e9  # in a well, at 1 mol/L
    return DPM_PER_FMOL * options.specific_activity_Ci_mmol * fmol * options.counting_efficiency
