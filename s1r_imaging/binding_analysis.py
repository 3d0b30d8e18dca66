"""Binding in one call: counts and a plate map → Ki of each compound, over wells, experiments and plates."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from s1r_imaging.binding.combine import combine_experiments
from s1r_imaging.binding.competition import (
    CompetitionModel,
    CompetitionOptions,
    EquilibriumKind,
    fit_competition,
)
from s1r_imaging.binding.noise import Weighting
from s1r_imaging.binding.plate import BindingPlateOptions, check_plate, read_binding_plate
from s1r_imaging.binding.quality import plate_quality
from s1r_imaging.binding.result import BindingFit
from s1r_imaging.options import Options, option
from s1r_imaging.progress import Progress, silent

PlateFiles = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
_DPM_PER_CI = 2.22e12


def _help(name: str) -> str:
    return next(str(item.metadata["help"]) for item in fields(CompetitionOptions) if item.name == name)


@dataclass(frozen=True, kw_only=True)
class BindingOptions(Options):
    """Options of `analyze_binding`: the assay in the units of the bench, and how it is fitted."""

    section: ClassVar[str] = "binding"

    radioligand_nM: float | None = option(None, "Radioligand added to every well (nM); it must be given.", gt=0)
    kd_nM: float | None = option(
        None, "Kd of the radioligand (nM); it must be given but for homologous competition.", gt=0
    )
    kd_se_nM: float = option(0.0, "Standard error of Kd (nM), carried into Ki.", ge=0)
    radioligand_se_nM: float = option(0.0, "Standard error of the radioligand (nM), carried into Ki.", ge=0)
    receptor_nM: float | None = option(None, "Total receptor in a well (nM).", gt=0)
    specific_activity_Ci_mmol: float | None = option(
        None, "Specific activity (Ci/mmol); with efficiency and volume it says how much is bound.", gt=0
    )
    counting_efficiency: float | None = option(
        None, "Counts per disintegration; 1 where the signal is in dpm.", gt=0, le=1
    )
    volume_uL: float | None = option(None, "Volume of a well (µL).", gt=0)
    equilibrium: EquilibriumKind = option(
        CompetitionOptions.equilibrium,
        "exact allows for depletion of both ligands; it needs the receptor, or activity, efficiency and volume.",
    )
    model: CompetitionModel = option(CompetitionOptions.model, _help("model"))
    weighting: Weighting = option(CompetitionOptions.weighting, _help("weighting"))
    counting_time_min: float | None = option(
        None, "Counting time of a well (min), where the plate does not say it; else its noise is estimated.", gt=0
    )
    confidence: float = option(CompetitionOptions.confidence, _help("confidence"), gt=0, lt=1)


@dataclass(frozen=True, eq=False, kw_only=True)
class BindingAnalysis:
    """Everything that `analyze_binding` made.

    Attributes
    ----------
    plate : DataFrame
        One row per well.
    fit : BindingFit
        One fit per experiment and compound.
    affinities : DataFrame
        Its table: one row per experiment and compound.
    combined : DataFrame
        One row per compound: mean pKi over the experiments.
    quality : DataFrame
        One row per experiment: Z′, window, specific and bound binding, replicates, edge, with verdicts.
    options : BindingOptions
        The assay, and how it was fitted.
    plate_options : BindingPlateOptions
        How the files were read.
    sources : tuple of Path
        Files of counts; empty when the plate was a table in memory.
    plate_map : Path or None
        File of the plate map.
    """

    plate: pd.DataFrame
    fit: BindingFit
    affinities: pd.DataFrame
    combined: pd.DataFrame
    quality: pd.DataFrame
    options: BindingOptions
    plate_options: BindingPlateOptions
    sources: tuple[Path, ...] = ()
    plate_map: Path | None = None


def analyze_binding(
    counts: PlateFiles | pd.DataFrame,
    *,
    plate_map: str | os.PathLike[str] | None = None,
    plate_options: BindingPlateOptions | None = None,
    radioligand_nM: float | None = BindingOptions.radioligand_nM,
    kd_nM: float | None = BindingOptions.kd_nM,
    kd_se_nM: float = BindingOptions.kd_se_nM,
    radioligand_se_nM: float = BindingOptions.radioligand_se_nM,
    receptor_nM: float | None = BindingOptions.receptor_nM,
    specific_activity_Ci_mmol: float | None = BindingOptions.specific_activity_Ci_mmol,
    counting_efficiency: float | None = BindingOptions.counting_efficiency,
    volume_uL: float | None = BindingOptions.volume_uL,
    equilibrium: EquilibriumKind = BindingOptions.equilibrium,
    model: CompetitionModel = BindingOptions.model,
    weighting: Weighting = BindingOptions.weighting,
    counting_time_min: float | None = BindingOptions.counting_time_min,
    confidence: float = BindingOptions.confidence,
    progress: Progress = silent,
) -> BindingAnalysis:
    """Analyse competition plates: read them, fit Ki, and combine it over experiments.

    Parameters
    ----------
    counts : path, sequence of path, or DataFrame
        A counter's file, or several, each an experiment of its own; or a plate as `read_binding_plate` returns it.
    plate_map : path, optional
        What was in which well, for all files.
    plate_options : BindingPlateOptions, optional
        How the files are read.
    radioligand_nM : float
        Radioligand added to every well (nM).
    kd_nM : float
        Its dissociation constant (nM); homologous competition finds it.
    kd_se_nM, radioligand_se_nM : float
        Standard errors of the two (nM), carried into Ki.
    receptor_nM : float, optional
        Total receptor in a well (nM), where it is known: depletion is judged by it.
    specific_activity_Ci_mmol, counting_efficiency, volume_uL : float, optional
        All three, for counts: how much radioligand a count stands for. With them the receptor is found.
    equilibrium : {'cheng_prusoff', 'exact'}
        Whether depletion is allowed for; ``'exact'`` needs the receptor, or the three above.
    model : {'one_site', 'variable_slope', 'two_site', 'homologous'}
        Kind of competition.
    weighting : {'noise', '1/y', '1/y2', 'none'}
        Weights, see `fit_competition`.
    counting_time_min : float, optional
        Counting time of a well (min), where the plate has no column of that name.
    confidence : float
        Level of the intervals.
    progress : callable
        Told how many files are read and how many curves are fitted; see `s1r_imaging.progress`.

    Returns
    -------
    BindingAnalysis
        Plate, fits and tables.

    Raises
    ------
    S1RImagingError
        If a file cannot be used.
    ValueError
        If an argument is wrong, or one that is needed was not given.

    Examples
    --------
    >>> from s1r_imaging.simulate import simulate_binding_plate
    >>> plate, truth = simulate_binding_plate(seed=1, n_experiments=1)
    >>> result = analyze_binding(plate, radioligand_nM=3.0, kd_nM=3.0)
    >>> list(result.affinities["compound"])
    ['haloperidol', 'PRE-084', 'pridopidine']
    """
    options = BindingOptions(
        radioligand_nM=radioligand_nM,
        kd_nM=kd_nM,
        kd_se_nM=kd_se_nM,
        radioligand_se_nM=radioligand_se_nM,
        receptor_nM=receptor_nM,
        specific_activity_Ci_mmol=specific_activity_Ci_mmol,
        counting_efficiency=counting_efficiency,
        volume_uL=volume_uL,
        equilibrium=equilibrium,
        model=model,
        weighting=weighting,
        counting_time_min=counting_time_min,
        confidence=confidence,
    )
    check_assay(options)
    reading = plate_options or BindingPlateOptions()
    sources = _paths(counts)
    plate = (
        check_plate(counts) if isinstance(counts, pd.DataFrame) else _read(sources, plate_map, reading, progress)
    )
    fit = _fit(plate, options, progress)
    affinities = fit.to_frame()
    return BindingAnalysis(
        plate=plate,
        fit=fit,
        affinities=affinities,
        combined=combine_experiments(affinities, combined_confidence=options.confidence),
        quality=plate_quality(plate, added_signal=_added_signal(options)),
        options=options,
        plate_options=reading,
        sources=sources,
        plate_map=None if plate_map is None else Path(plate_map),
    )


def signal_per_molar(options: BindingOptions) -> float | None:
    """Return the counts per minute of a well with 1 mol/L of radioligand bound; None where that is not known.

    Parameters
    ----------
    options : BindingOptions
        Of the assay.

    Returns
    -------
    float or None
        Efficiency × dpm/mol × volume.

    Examples
    --------
    The overview's check: 3 nM in 250 µL at 30 Ci/mmol are 49,950 dpm.

    >>> assay = BindingOptions(specific_activity_Ci_mmol=30, counting_efficiency=1, volume_uL=250)
    >>> round(3e-9 * signal_per_molar(assay))
    49950
    """
    activity, efficiency, volume = (
        options.specific_activity_Ci_mmol,
        options.counting_efficiency,
        options.volume_uL,
    )
    if activity is None or efficiency is None or volume is None:
        return None
    return efficiency * activity * 1e3 * _DPM_PER_CI * volume * 1e-6


def check_assay(options: BindingOptions) -> None:
    """Check that everything is known of an assay that a fit needs.

    Parameters
    ----------
    options : BindingOptions
        Of the assay.

    Raises
    ------
    ValueError
        If something is missing; one sentence says what.
    """
    if options.radioligand_nM is None:
        raise ValueError("radioligand_nM was not given: say how much radioligand is in a well (--radioligand-nM).")
    if options.kd_nM is None and options.model != "homologous":
        raise ValueError("kd_nM was not given: say the Kd of the radioligand (--kd-nM).")
    three = {
        name: getattr(options, name) for name in ("specific_activity_Ci_mmol", "counting_efficiency", "volume_uL")
    }
    missing = [name for name, value in three.items() if value is None]
    if missing and len(missing) < len(three):
        raise ValueError(
            f"{missing[0]} was not given: specific activity, efficiency and volume say together what a count is."
        )
    if options.equilibrium == "exact" and options.receptor_nM is None and missing:
        raise ValueError(
            "equilibrium='exact' needs to know how much receptor there is: give receptor_nM, or "
            "specific_activity_Ci_mmol, counting_efficiency and volume_uL, from which it is found."
        )


def _paths(counts: PlateFiles | pd.DataFrame) -> tuple[Path, ...]:
    if isinstance(counts, pd.DataFrame):
        return ()
    given = [counts] if isinstance(counts, str | os.PathLike) else list(counts)
    if not given:
        raise ValueError("counts holds no file: name at least one.")
    return tuple(Path(path) for path in given)


def _read(
    sources: tuple[Path, ...],
    plate_map: str | os.PathLike[str] | None,
    options: BindingPlateOptions,
    progress: Progress,
) -> pd.DataFrame:
    """Read each file; of several, each is an experiment, or holds some."""
    plates = {}
    for done, path in enumerate(sources):
        progress("counts", done, len(sources))
        plates[path] = read_binding_plate(path, plate_map=plate_map, **options.to_dict())
    progress("counts", len(sources), len(sources))
    return join_plates(plates)


def join_plates(plates: Mapping[Path, pd.DataFrame]) -> pd.DataFrame:
    """Put plates of several files together; each file is an experiment, or holds some.

    Parameters
    ----------
    plates : mapping of Path to DataFrame
        File to its plate.

    Returns
    -------
    DataFrame
        All wells; where there are several files, experiments and plates carry the names of theirs.
    """
    sources = tuple(plates)
    if len(plates) == 1:
        return plates[sources[0]]
    names = _names(sources)
    return pd.concat(
        [plate.assign(**_renamed(plate, names[path])) for path, plate in plates.items()], ignore_index=True
    )


def _names(sources: tuple[Path, ...]) -> Mapping[Path, str]:
    stems = [path.stem for path in sources]
    return {
        path: path.stem if stems.count(path.stem) == 1 else f"{path.parent.name}/{path.stem}" for path in sources
    }


def _renamed(plate: pd.DataFrame, name: str) -> dict[str, pd.Series]:
    """Return the columns that tell experiments apart, with the name of their file."""
    columns = {}
    for column in ("experiment", "plate"):
        several = len(plate[column].unique()) > 1
        columns[column] = plate[column].map(lambda value, several=several: f"{name} {value}" if several else name)
    return columns


def _fit(plate: pd.DataFrame, options: BindingOptions, progress: Progress) -> BindingFit:
    assert options.radioligand_nM is not None  # noqa: S101  (checked before the files were read)
    per_M = signal_per_molar(options) if options.receptor_nM is None else None
    return fit_competition(
        plate,
        radioligand_M=options.radioligand_nM * 1e-9,
        kd_M=None if options.kd_nM is None else options.kd_nM * 1e-9,
        kd_se_M=options.kd_se_nM * 1e-9,
        radioligand_se_M=options.radioligand_se_nM * 1e-9,
        receptor_M=None if options.receptor_nM is None else options.receptor_nM * 1e-9,
        signal_per_M=per_M,
        equilibrium=options.equilibrium,
        model=options.model,
        weighting=options.weighting,
        counting_time_min=options.counting_time_min or _counting_time(plate),
        confidence=options.confidence,
        progress=progress,
    )


def _added_signal(options: BindingOptions) -> float | None:
    per_M = signal_per_molar(options)
    return None if per_M is None or options.radioligand_nM is None else options.radioligand_nM * 1e-9 * per_M


def _counting_time(plate: pd.DataFrame) -> float | None:
    """Return the counting time that the plate states, where it is one and the same."""
    if "counting_time_min" not in plate:
        return None
    times = pd.to_numeric(plate["counting_time_min"], errors="coerce").to_numpy(dtype=np.float64)
    known = np.unique(times[np.isfinite(times) & (times > 0)])
    return float(known[0]) if known.size == 1 else None
