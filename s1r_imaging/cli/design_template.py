"""``s1r-imaging design-template FOLDER``: a table of the recordings in a folder, to be filled in."""

import argparse
from pathlib import Path
from typing import Any

import pandas as pd

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.experiment.design_file import write_design
from s1r_imaging.experiment.roles import ROLES, role_words
from s1r_imaging.experiment.template import design_template


def add_command(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "design-template",
        help="write a design table to fill in",
        description="List the recordings of a folder in a design table, with what the names of files say plainly; "
        "fill in the rest and give it to s1r-imaging run.",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="folder that holds the recordings")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="table to write: .csv, .tsv, .xlsx or .toml [default: design.csv in FOLDER]",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an existing table")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Write the table; say what is in it and what is left to do."""
    output: Path = arguments.output or arguments.folder / "design.csv"
    if output.exists() and not arguments.overwrite:
        raise S1RImagingError(f"{output} exists: choose another --output, or pass --overwrite to replace it.")
    template = design_template(arguments.folder)
    write_design(template, output, overwrite=arguments.overwrite)
    print("\n".join(template_lines(template)))
    print(f"The table is {output}; fill it in, then: s1r-imaging run {output}")


def template_lines(template: pd.DataFrame) -> list[str]:
    """Say what was found, what the names told, and what is wrong with files.

    Parameters
    ----------
    template : DataFrame
        What `design_template` returned.

    Returns
    -------
    list of str
        One line per fact.

    Examples
    --------
    >>> found = pd.DataFrame({"recording": ["a"], "file": ["a.tif"], "role": ["vehicle"], "note": [None]})
    >>> template_lines(found)
    ['1 recording in 1 file.', 'Roles taken from names: vehicle 1. Check them.']
    """
    n_rows, n_files = len(template), template["file"].nunique()
    lines = [f"{n_rows} recording{'s' * (n_rows > 1)} in {n_files} file{'s' * (n_files > 1)}."]
    guessed = template["role"].dropna().value_counts(sort=False)
    if len(guessed):
        words = ", ".join(f"{role_words(str(role))} {count}" for role, count in guessed.items())
        lines.append(f"Roles taken from names: {words}. Check them.")
    n_open = int(template["role"].isna().sum())
    if n_open:
        lines.append(f"The role is left to fill in for {n_open}: {', '.join(role_words(role) for role in ROLES)}.")
    noted = template[template["note"].notna()]
    return lines + [f"{name}: {note}" for name, note in zip(noted["recording"], noted["note"], strict=True)]
