"""``s1r-imaging analyze FILE``: the main road from a file to a results folder."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from s1r_imaging.analysis import STAGES, AnalysisOptions, analyze_recording
from s1r_imaging.cli.bars import Bars
from s1r_imaging.cli.events import event_argument
from s1r_imaging.cli.flags import add_flags, given_options
from s1r_imaging.imaging.motion import MotionOptions
from s1r_imaging.io.results import check_folder
from s1r_imaging.results import write_results
from s1r_imaging.runfile import RunFile, read_run_file
from s1r_imaging.summary import summary_lines

_TITLES = {
    "recording": "reading the file",
    "motion": "motion (with --motion)",
    "segmentation": "finding cells (not with --labels)",
    "traces": "traces and background",
    "dff": "bleaching, F0 and ΔF/F0",
    "responses": "responses and responders",
}


def add_command(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "analyze",
        help="analyse a recording",
        description="Analyse a recording: cells, traces, ΔF/F0, responses, pictures and a record of the run.",
        epilog="Flags override the file given with --config. Exit codes: 0 done, 1 a file cannot be used, "
        "2 the command was wrong, 130 interrupted.",
    )
    parser.add_argument(
        "source", nargs="?", type=Path, metavar="FILE", help="TIFF file, or folder of single frames"
    )
    parser.add_argument(
        "--event",
        action="append",
        type=event_argument,
        metavar="NAME[:CONC]@START[-END]",
        help='what was added when, in seconds, for instance "PRE-084:10uM@30"; repeat for several',
    )
    parser.add_argument("--labels", type=Path, metavar="FILE", help="cells to use: label image or ImageJ ROI zip")
    parser.add_argument(
        "--background-region",
        type=Path,
        metavar="FILE",
        help="where there are no cells, with --background region: label image or ImageJ ROI",
    )
    parser.add_argument(
        "--bleaching-reference",
        action="extend",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="untreated recordings under the same light, with --bleaching reference; measured as FILE is",
    )
    parser.add_argument(
        "--config", type=Path, metavar="TOML", help="options from a file, such as the run.toml of a run"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="results folder [default: FILE's name + -results]"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an existing results folder")
    parser.add_argument(
        "--motion", action=argparse.BooleanOptionalAction, default=None, help="correct motion before anything else"
    )
    for section, options in STAGES.items():
        add_flags(parser, options, title=_TITLES[section])
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Analyse and write; say in words what was found."""
    plan = plan_run(arguments)
    if plan.source is None:
        raise ValueError("no recording was given: name a FILE, or a --config file that holds its source.")
    folder = arguments.output or Path(f"{plan.source.name.split('.')[0]}-results")
    check_folder(folder, overwrite=arguments.overwrite)
    with Bars() as progress:
        analysis = analyze_recording(
            plan.source,
            time_s=plan.time_s,
            events=plan.events,
            labels=plan.labels,
            background_region=plan.background_region,
            bleaching_reference=plan.bleaching_reference,
            options=plan.options,
            progress=progress,
        )
        write_results(analysis, folder, overwrite=arguments.overwrite, progress=progress)
    print("\n".join(summary_lines(analysis)))
    print(f"Results are in {folder}; look at overview.png first.")


def plan_run(arguments: argparse.Namespace) -> RunFile:
    """Return what to run: the configuration file, overridden by what the command line says."""
    plan = RunFile() if arguments.config is None else read_run_file(arguments.config)
    options = override(plan.options, arguments)
    has_region, has_reference = options.traces.background == "region", options.dff.bleaching == "reference"
    return replace(
        plan,
        source=arguments.source or plan.source,
        labels=arguments.labels or plan.labels,
        background_region=arguments.background_region or (plan.background_region if has_region else None),
        bleaching_reference=tuple(
            arguments.bleaching_reference or (plan.bleaching_reference if has_reference else ())
        ),
        events=tuple(arguments.event) if arguments.event else plan.events,
        options=options,
    )


def override(options: AnalysisOptions, arguments: argparse.Namespace) -> AnalysisOptions:
    """Return options with those that were given on the command line in place of theirs."""
    stages: dict[str, Any] = {name: getattr(options, name) for name in STAGES}
    if arguments.motion is not None:
        stages["motion"] = (stages["motion"] or MotionOptions()) if arguments.motion else None
    for name, kind in STAGES.items():
        given = given_options(arguments, kind)
        if given and stages[name] is None:
            raise ValueError(f"{next(iter(given))} was given without motion correction: add --motion.")
        if given:
            stages[name] = replace(stages[name], **given)
    return AnalysisOptions(**stages)
