"""``s1r-imaging bind PLATE``: from a counter's file and a plate map to Ki, in a results folder."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from s1r_imaging.binding_analysis import analyze_binding
from s1r_imaging.binding_results import write_binding_results
from s1r_imaging.binding_runfile import BINDING_STAGES, BindingRunFile, read_binding_run_file
from s1r_imaging.binding_summary import binding_summary_lines
from s1r_imaging.cli.bars import Bars
from s1r_imaging.cli.flags import add_flags, given_options
from s1r_imaging.io.results import check_folder

_TITLES = {"binding_plate": "reading the counts", "binding": "the assay and the fit"}


def add_command(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "bind",
        help="analyse competition binding plates",
        description="Analyse competition binding plates: Ki of each compound with its interval, tables (also for "
        "Prism), pictures and a record of the run.",
        epilog="Flags override the file given with --config. Exit codes: 0 done, 1 a file cannot be used, "
        "2 the command was wrong, 130 interrupted.",
    )
    parser.add_argument(
        "sources",
        nargs="*",
        type=Path,
        metavar="PLATE",
        help="counts: a grid or a table, CSV, TSV or XLSX; of several files each is an experiment",
    )
    parser.add_argument(
        "--map",
        dest="plate_map",
        type=Path,
        metavar="FILE",
        help="plate map: role, compound and concentration of wells",
    )
    parser.add_argument(
        "--config", type=Path, metavar="TOML", help="options from a file, such as the binding.toml of a run"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="results folder [default: PLATE's name + -binding]"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an existing results folder")
    for section, options in BINDING_STAGES.items():
        add_flags(parser, options, title=_TITLES[section])
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Analyse and write; say in words what was found."""
    plan = plan_binding(arguments)
    if not plan.sources:
        raise ValueError("no plate was given: name a PLATE, or a --config file that holds its sources.")
    folder = arguments.output or Path(f"{plan.sources[0].name.split('.')[0]}-binding")
    check_folder(folder, overwrite=arguments.overwrite)
    with Bars() as progress:
        analysis = analyze_binding(
            plan.sources,
            plate_map=plan.plate_map,
            plate_options=plan.binding_plate,
            **plan.binding.to_dict(),
            progress=progress,
        )
        write_binding_results(analysis, folder, overwrite=arguments.overwrite, progress=progress)
    print("\n".join(binding_summary_lines(analysis)))
    print(f"Results are in {folder}; look at overview.png first.")


def plan_binding(arguments: argparse.Namespace) -> BindingRunFile:
    """Return what to run: the configuration file, overridden by what the command line says."""
    plan = BindingRunFile() if arguments.config is None else read_binding_run_file(arguments.config)
    stages: dict[str, Any] = {
        name: replace(getattr(plan, name), **given_options(arguments, kind))
        for name, kind in BINDING_STAGES.items()
    }
    return replace(
        plan,
        sources=tuple(arguments.sources) or plan.sources,
        plate_map=arguments.plate_map or plan.plate_map,
        **stages,
    )
