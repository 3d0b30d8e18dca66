"""An experiment in one call: every recording of a design, then the comparison of its conditions."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from s1r_imaging.errors import CancelledWorkError
from s1r_imaging.experiment.compare import Comparison
from s1r_imaging.experiment.compared_event import compared_events
from s1r_imaging.experiment.concentration import ConcentrationResponse
from s1r_imaging.experiment.design import check_design, read_design
from s1r_imaging.experiment.schild import SchildFit
from s1r_imaging.experiment_answers import answer_design
from s1r_imaging.experiment_jobs import Job, Measured, failed_job, joined, plan_jobs
from s1r_imaging.experiment_kept import find_kept, keep, made_from
from s1r_imaging.experiment_measure import extract_job, measure_job
from s1r_imaging.experiment_options import ExperimentOptions
from s1r_imaging.experiment_references import References, vehicle_jobs
from s1r_imaging.io.results import check_update
from s1r_imaging.progress import Progress, silent
from s1r_imaging.recording import Event, Recording


@dataclass(frozen=True, eq=False, kw_only=True)
class Experiment:
    """Everything that `run_experiment` made.

    Attributes
    ----------
    name : str
        Name of the experiment: that of the design file, or ``"experiment"``.
    design : DataFrame
        The checked design, one row per recording.
    recordings : DataFrame
        One row per recording: ``recording``, ``status`` (``done``, ``kept`` from an earlier run, or ``failed``),
        ``message`` (why it failed, or its warnings), ``n_frames``, ``frame_interval_s``, ``n_cells``; at the
        compared event ``n_responders``, ``peak_dff`` (mean over the cells) and ``false_responder_rate``;
        ``max_shift_px``, ``n_moved_frames``, ``n_flagged`` (cells with a flag), ``flags`` (bits that any cell
        carries), ``flagged`` (how many cells carry which flag), ``labels_given``.
    responses : DataFrame
        The responses of all recordings, as `measure_responses` returns them.
    mean_traces : DataFrame
        ``recording, time_s, mean_dff, sd_dff, n_cells``: mean and SD of ΔF/F0 over the cells of each frame.
    comparisons : dict of str to Comparison
        Measure to its comparison, for the measure of the options (``peak_dff``) and ``responder_fraction``; one
        that could not be made is absent, and `notes` say why.
    concentration_response : ConcentrationResponse or None
        EC50 or IC50 of each compound, where the design has enough concentrations.
    schild : tuple of SchildFit
        pA2 and slope of each pair of agonist and antagonist of which the design has agonist curves with and
        without antagonist.
    pictures : dict of str to bytes
        Recording to a PNG of its outlined cells; wells of a plate have none.
    events : dict of str to tuple of Event
        Recording to its events.
    options : ExperimentOptions
        The options that were used.
    source : Path or None
        File of the design; None for a DataFrame.
    digests : dict of str to str
        Recording to the digest of what was read.
    notes : tuple of str
        What must be known beside the answers: recordings that failed, what could not be compared or fitted and
        why, what the design leaves open.
    """

    name: str
    design: pd.DataFrame
    recordings: pd.DataFrame
    responses: pd.DataFrame
    mean_traces: pd.DataFrame
    comparisons: dict[str, Comparison]
    concentration_response: ConcentrationResponse | None
    schild: tuple[SchildFit, ...]
    pictures: dict[str, bytes]
    events: dict[str, tuple[Event, ...]]
    options: ExperimentOptions
    source: Path | None
    digests: dict[str, str]
    notes: tuple[str, ...] = ()


def run_experiment(
    design: str | os.PathLike[str] | pd.DataFrame,
    *,
    recordings: Mapping[str, Recording] | Iterable[Recording] | None = None,
    folder: str | os.PathLike[str] | None = None,
    options: ExperimentOptions | None = None,
    progress: Progress = silent,
) -> Experiment:
    """Analyse every recording of an experiment, and compare its conditions over replicates.

    A recording that cannot be analysed becomes a row that says why, and the others finish. With a `folder` the
    results of each recording are kept there as soon as they are made: a second run does only what is missing or
    was made from another file, other cells, events or options.

    With ``bleaching="reference"`` bleaching is measured in the vehicle recordings of the same day (of all days
    where a day has none), or in the vehicle wells of the same plate.

    Parameters
    ----------
    design : path or DataFrame
        Design table: one row per recording or well, see `read_design`. Files in it are relative to the
        folder of the design file; those of a DataFrame to the working directory.
    recordings : mapping of str to Recording, or iterable of Recording, optional
        Recordings in memory, by their name in the design, in place of files. The columns of the design that
        say how a file is read do not matter for them; its events do, where it has any.
    folder : path, optional
        Where the results of each recording are kept, in ``recordings/``; nothing is written when not given.
    options : ExperimentOptions, optional
        Options of every stage; the defaults when not given.
    progress : callable
        Told how many recordings are done (stage ``"recordings"``), and how far each stage is.

    Returns
    -------
    Experiment
        Tables over all recordings, comparisons, pictures, and what they were made from.

    Raises
    ------
    S1RImagingError
        If the design cannot be used, or the folder cannot be written.
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> from s1r_imaging.simulate import SimulationOptions, simulate_experiment
    >>> tiny = SimulationOptions(height_px=48, width_px=48, n_frames=100, stimulus_s=20.0)
    >>> conditions = ["vehicle", "agonist"]
    >>> recordings, design, truth = simulate_experiment(n_days=2, recording=tiny, conditions=conditions)
    >>> experiment = run_experiment(design, recordings=recordings)
    >>> experiment.recordings["status"].tolist()
    ['done', 'done', 'done', 'done']
    >>> experiment.comparisons["peak_dff"].contrasts["contrast"].tolist()
    ['agonist vs vehicle']
    """
    options = options or ExperimentOptions()
    table, source = _open_design(design, in_memory=recordings is not None)
    jobs = plan_jobs(table, recordings)
    place = None if folder is None else Path(folder)
    if place is not None:
        check_update(place, ())
    references = References(
        vehicle_jobs(jobs) if options.analysis.dff.bleaching == "reference" else (),
        extract=lambda job: extract_job(job, options, progress),
        digest=lambda job: made_from(job, options),
    )
    found: list[Measured] = []
    for number, job in enumerate(jobs):
        progress("recordings", number, len(jobs))
        found.append(_run_job(job, options, references, place, progress))
    progress("recordings", len(jobs), len(jobs))
    return _gather(table, source, found, options)


def compare_again(experiment: Experiment, options: ExperimentOptions) -> Experiment:
    """Answer anew with other options of the comparison and the fits, from the responses that are there.

    Parameters
    ----------
    experiment : Experiment
        What `run_experiment` returned.
    options : ExperimentOptions
        Options of every stage; those of the recordings must be the same.

    Returns
    -------
    Experiment
        What `run_experiment` returns with these options, without an analysis of any recording.

    Raises
    ------
    ValueError
        If recordings would have to be analysed again.

    Examples
    --------
    >>> from s1r_imaging.simulate import SimulationOptions, simulate_experiment
    >>> tiny = SimulationOptions(height_px=48, width_px=48, n_frames=100, stimulus_s=20.0)
    >>> conditions = ["vehicle", "agonist"]
    >>> recordings, design, truth = simulate_experiment(n_days=2, recording=tiny, conditions=conditions)
    >>> experiment = run_experiment(design, recordings=recordings)
    >>> unpaired = replace(experiment.options, compare=replace(experiment.options.compare, pairing="none"))
    >>> compare_again(experiment, unpaired).comparisons["peak_dff"].contrasts["is_paired"].tolist()
    [False]
    """
    before = experiment.options
    if (options.analysis, options.plate_reader) != (before.analysis, before.plate_reader):
        raise ValueError(
            "options: those of the recordings differ from what was used, so the experiment must be run again."
        )
    answers = answer_design(experiment.responses, experiment.design, options)
    return replace(
        experiment,
        recordings=_with_responses(
            experiment.recordings,
            experiment.responses,
            experiment.design,
            experiment.events,
            options.compare.event,
        ),
        comparisons=answers.comparisons,
        concentration_response=answers.concentration_response,
        schild=answers.schild,
        options=options,
        notes=tuple(dict.fromkeys([*_failures(experiment.recordings), *answers.notes])),
    )


def _open_design(
    design: str | os.PathLike[str] | pd.DataFrame, *, in_memory: bool
) -> tuple[pd.DataFrame, Path | None]:
    """Return the checked design with full paths, and the file that it was read from."""
    if not isinstance(design, pd.DataFrame):
        return read_design(design), Path(design)
    table = check_design(design, folder=None if in_memory else Path.cwd())
    for column in ("file", "labels"):
        if column in table:
            table[column] = [value if value is None else str(Path.cwd() / value) for value in table[column]]
    return table, None


def _run_job(
    job: Job, options: ExperimentOptions, references: References, folder: Path | None, progress: Progress
) -> Measured:
    """Take the results of a job from an earlier run, or make and keep them."""
    try:
        made = made_from(job, options, references=references.made_from(job))
        kept = None if folder is None else find_kept(folder, job, made)
        measured = kept or measure_job(job, options, progress, references=references.traces(job))
        measured = replace(measured, digest=made["source"])
    except CancelledWorkError:
        raise
    except Exception as error:  # noqa: BLE001  (whatever is wrong with one file, the others finish)
        return failed_job(job, error)
    if folder is not None and kept is None:
        keep(folder, job, made, measured)
    return measured


def _gather(
    design: pd.DataFrame, source: Path | None, found: list[Measured], options: ExperimentOptions
) -> Experiment:
    order = {name: number for number, name in enumerate(design["recording"])}

    def together(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
        return joined(tables).sort_values(
            "recording", key=lambda names: names.map(order), kind="stable", ignore_index=True
        )

    events = {name: own for measured in found for name, own in measured.events.items()}
    responses = together([measured.responses for measured in found])
    recordings = together([measured.recordings for measured in found])
    answers = answer_design(responses, design, options)
    return Experiment(
        name="experiment" if source is None else source.stem,
        design=design,
        recordings=_with_responses(recordings, responses, design, events, options.compare.event),
        responses=responses,
        mean_traces=together([measured.mean_traces for measured in found]),
        comparisons=answers.comparisons,
        concentration_response=answers.concentration_response,
        schild=answers.schild,
        pictures={measured.names[0]: measured.picture for measured in found if measured.picture is not None},
        events=events,
        options=options,
        source=source,
        digests={name: measured.digest for measured in found for name in measured.names if measured.digest},
        notes=tuple(dict.fromkeys([*_failures(recordings), *answers.notes])),
    )


def _failures(recordings: pd.DataFrame) -> list[str]:
    failed = recordings[recordings["status"] == "failed"]
    if failed.empty:
        return []
    said = f"{len(failed)} of {len(recordings)} recordings could not be analysed."
    return [said, *(f"{row['recording']}: {row['message']}" for row in failed.to_dict("records"))]


def _with_responses(
    recordings: pd.DataFrame,
    responses: pd.DataFrame,
    design: pd.DataFrame,
    events: Mapping[str, tuple[Event, ...]],
    event: str | None,
) -> pd.DataFrame:
    """Add what the cells of each recording did at the event that is compared."""
    names = {recording: [event.name for event in own] for recording, own in events.items()}
    chosen = compared_events(names, design, event=event)
    is_compared = responses["event"] == [chosen.get(name, "") for name in responses["recording"]]
    cells = responses[is_compared].groupby("recording", sort=False)
    found = pd.DataFrame(
        {
            "n_responders": cells["is_responder"].sum(),
            "peak_dff": cells["peak_dff"].mean(),
            "false_responder_rate": cells["false_responder_rate"].first(),
        }
    ).reindex(recordings["recording"])
    return recordings.assign(
        n_responders=found["n_responders"].fillna(0).to_numpy(dtype=np.int64),
        peak_dff=found["peak_dff"].to_numpy(dtype=np.float64),
        false_responder_rate=found["false_responder_rate"].to_numpy(dtype=np.float64),
    )
