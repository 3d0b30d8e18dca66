"""The work of an experiment: run, answer anew, write. No Qt, and nothing is computed that the library does not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from napari_plugin.session import Job
from s1r_imaging.analysis import STAGES, AnalysisOptions
from s1r_imaging.bleaching_references import for_any_field
from s1r_imaging.experiment_options import ExperimentOptions
from s1r_imaging.experiment_results import check_experiment_folder, write_experiment
from s1r_imaging.experiment_run import Experiment, compare_again, run_experiment
from s1r_imaging.experiment_tables import experiment_tables
from s1r_imaging.plots.experiment_figure import experiment_figures
from s1r_imaging.progress import Progress

_LARGE = ("mean_traces", "condition_traces", "responses", "prism_")  # in the folder, not on the screen
_OF_THE_DESIGN = ("name", "channel", "frame_interval_s", "pixel_size_um")


@dataclass(frozen=True, eq=False)
class Answer:
    """An experiment, and what is shown of it.

    Attributes
    ----------
    experiment : Experiment
        What `run_experiment` returned.
    tables : dict of str to DataFrame
        The tables that are read, rather than computed with.
    figures : dict of str to callable
        Name of each figure to what draws it.
    """

    experiment: Experiment
    tables: Mapping[str, pd.DataFrame]
    figures: Mapping[str, Callable[[], Figure]]


def analysis_options(options: AnalysisOptions) -> AnalysisOptions:
    """Return the options of a session as they hold for every recording of a design.

    Name, channel, frame interval and pixel size are those of the recording that is open; a design has columns for
    them. A background region lies in one field only.
    """
    nothing: dict[str, Any] = dict.fromkeys(_OF_THE_DESIGN)
    reading = replace(options.recording, **nothing)
    return replace(options, recording=reading, traces=for_any_field(options.traces))


def options_in_words(options: AnalysisOptions) -> str:
    """Say which options of the analysis are not the defaults.

    >>> options_in_words(AnalysisOptions())
    'all at their defaults'
    """
    defaults, found = AnalysisOptions(), []
    for section in STAGES:
        mine = getattr(options, section)
        if mine is None:
            continue
        usual = getattr(defaults, section) or STAGES[section]()
        if getattr(defaults, section) is None:
            found.append(f"{section} is corrected")
        found += [
            f"{section}: {name} = {value}"
            for name, value in mine.to_dict().items()
            if value != usual.to_dict().get(name)
        ]
    return "; ".join(found) or "all at their defaults"


def run_job(
    design: Path | pd.DataFrame, folder: Path, options: ExperimentOptions, accept: Callable[[Answer], None]
) -> Job:
    """Return the work that analyses what is missing of an experiment, and compares its conditions.

    Parameters
    ----------
    design : Path or DataFrame
        File of the design, or the checked design.
    folder : Path
        Folder of the results, as ``s1r-imaging run`` has it.
    options : ExperimentOptions
        Options of every stage.
    accept : callable
        Takes the answer.

    Returns
    -------
    Job
        What is done of it stays in the folder when it is cancelled.
    """

    def compute(progress: Progress) -> Answer:
        check_experiment_folder(folder, overwrite=True)  # before hours of work
        found = run_experiment(design, folder=folder, options=options, progress=_over_all(progress))
        return answer_of(found)

    return Job("Analysing the experiment", compute, accept)


def again_job(answer: Answer, options: ExperimentOptions, accept: Callable[[Answer], None]) -> Job:
    """Return the work that compares anew, without an analysis of any recording."""
    return Job("Comparing the conditions", lambda _: answer_of(compare_again(answer.experiment, options)), accept)


def export_job(answer: Answer, folder: Path) -> Job:
    """Return the work that writes report, figures and tables, as ``s1r-imaging run`` does."""
    return Job(
        "Writing the report",
        lambda progress: write_experiment(answer.experiment, folder, overwrite=True, progress=progress),
        lambda _: None,
    )


def answer_of(experiment: Experiment) -> Answer:
    """Return an experiment with what is shown of it."""
    tables = {name: table for name, table in experiment_tables(experiment).items() if not name.startswith(_LARGE)}
    return Answer(experiment, tables, experiment_figures(experiment))


def _over_all(progress: Progress) -> Progress:
    """Say how many recordings are done; the stages of each one are named only."""
    at = [0, 0]

    def said(stage: str, done: int, total: int, /) -> None:
        if stage == "recordings":
            at[:] = [done, total]
        number = min(at[0] + 1, at[1])
        words = f"recording {number} of {at[1]}" + ("" if stage == "recordings" else f", {stage}")
        progress(words, at[0], at[1])

    return said
