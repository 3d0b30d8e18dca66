"""``s1r-imaging run DESIGN``: an experiment from its design table to a report."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from s1r_imaging.analysis import STAGES
from s1r_imaging.cli.analyze import override
from s1r_imaging.cli.bars import Bars
from s1r_imaging.cli.experiment_summary import experiment_lines
from s1r_imaging.cli.flags import add_flags, given_options
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.experiment_file import ExperimentFile, read_experiment_file
from s1r_imaging.experiment_options import EXPERIMENT_STAGES, ExperimentOptions
from s1r_imaging.experiment_results import check_experiment_folder, write_experiment
from s1r_imaging.experiment_run import Experiment, run_experiment
from s1r_imaging.progress import Progress

_TITLES = {
    "recording": "reading files, where the design does not say it",
    "motion": "motion (with --motion)",
    "segmentation": "finding cells (where the design names no labels)",
    "traces": "traces and background",
    "dff": "bleaching, F0 and ΔF/F0",
    "responses": "responses and responders",
    "plate_reader": "plate readers",
    "compare": "comparison of conditions",
    "concentration_response": "concentration–response",
    "schild": "agonist curves with and without antagonist",
}
_NAMED_IN_THE_DESIGN = ("name", "plate")
_SAME_NAMES = {item.name for options in STAGES.values() for item in fields(options)}  # of another stage
_STAGES_SHOWN = ("simulate", "recordings", "results")


def add_command(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "run",
        help="analyse an experiment",
        description="Analyse every recording of a design table, compare its conditions over replicates, and write "
        "a report. A second run into the same folder does only what is missing or changed.",
        epilog="Flags override the file given with --config. Exit codes: 0 done, 1 a file cannot be used or no "
        "recording could be analysed, 2 the command was wrong, 130 interrupted: what was done is kept.",
    )
    parser.add_argument(
        "design",
        nargs="?",
        type=Path,
        metavar="DESIGN",
        help="design table: one row per recording or well, CSV, XLSX or TOML",
    )
    parser.add_argument(
        "--config", type=Path, metavar="TOML", help="options from a file, such as the experiment.toml of a run"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="results folder [default: DESIGN's name + -experiment]"
    )
    parser.add_argument(
        "--motion", action=argparse.BooleanOptionalAction, default=None, help="correct motion before anything else"
    )
    for section, options in STAGES.items():
        add_flags(parser, options, title=_TITLES[section], without=_NAMED_IN_THE_DESIGN)
    for section, options in EXPERIMENT_STAGES.items():
        add_flags(parser, options, title=_TITLES[section], without=_NAMED_IN_THE_DESIGN, prefixed=_SAME_NAMES)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Run the experiment and write its report; say the answer in words."""
    plan = plan_experiment(arguments)
    if plan.design is None:
        raise ValueError("no design was given: name a DESIGN, or a --config file that holds it.")
    folder = arguments.output or Path(f"{plan.design.stem}-experiment")
    with shown_progress() as progress:
        experiment = analyse_into(plan.design, folder, plan.options, progress)
    print("\n".join(experiment_lines(experiment)))
    print(f"Results are in {folder}; look at {folder / 'report.html'} first.")


def analyse_into(design: Path, folder: Path, options: ExperimentOptions, progress: Progress) -> Experiment:
    """Run an experiment in a folder and write its results there.

    Parameters
    ----------
    design : Path
        Design table.
    folder : Path
        Results folder; it may hold what an earlier run of the command wrote.
    options : ExperimentOptions
        Options of every stage.
    progress : callable
        Told how far it is.

    Returns
    -------
    Experiment
        What was found.

    Raises
    ------
    S1RImagingError
        If the design or the folder cannot be used, or no recording could be analysed.
    """
    check_experiment_folder(folder, overwrite=True)
    experiment = run_experiment(design, folder=folder, options=options, progress=progress)
    if (experiment.recordings["status"] == "failed").all():
        said = "\n".join(experiment.notes)
        raise S1RImagingError(f"{design}: no recording could be analysed, so nothing was written.\n{said}")
    write_experiment(experiment, folder, overwrite=True, progress=progress)
    return experiment


def plan_experiment(arguments: argparse.Namespace) -> ExperimentFile:
    """Return what to run: the configuration file, overridden by what the command line says."""
    plan = ExperimentFile() if arguments.config is None else read_experiment_file(arguments.config)
    own: dict[str, Any] = {
        name: replace(getattr(plan.options, name), **given_options(arguments, kind, prefixed=_SAME_NAMES))
        for name, kind in EXPERIMENT_STAGES.items()
    }
    options = replace(plan.options, analysis=override(plan.options.analysis, arguments), **own)
    return replace(plan, design=arguments.design or plan.design, options=options)


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Show how many recordings are done; the stages of each would be a bar a second."""
    with Bars() as bars:

        def progress(stage: str, done: int, total: int, /) -> None:
            if stage in _STAGES_SHOWN:
                bars(stage, done, total)

        yield progress
