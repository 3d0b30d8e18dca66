"""``s1r-imaging versions``: what to put into a report of a fault, and into a Methods section."""

import argparse
from typing import Any

from s1r_imaging.provenance import versions


def add_command(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("versions", help="print the versions that the numbers depend on")
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> None:
    """Print one line per package."""
    for name, version in versions().items():
        print(f"{name} {version}")
