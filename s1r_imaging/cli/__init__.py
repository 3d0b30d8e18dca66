"""The command line, ``s1r-imaging COMMAND``.

``demo`` and ``analyze FILE`` are about one recording; ``demo-experiment``, ``design-template FOLDER`` and
``run DESIGN`` about an experiment; ``demo-bind`` and ``bind PLATE`` about binding. ``view [FILE]`` opens
napari with the plugin. ``versions`` prints what the numbers depend on.

Exit codes: 0 done; 1 a file cannot be used; 2 the command was wrong; 130 interrupted.
"""

import argparse
import sys
import warnings
from collections.abc import Sequence

from s1r_imaging.errors import S1RImagingError

EXIT_FILE = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``s1r-imaging``; those of the process when not given.

    Returns
    -------
    int
        Exit code.
    """
    parsed = build_parser().parse_args(arguments)
    warnings.showwarning = _show_warning
    try:
        parsed.run(parsed)
    except S1RImagingError as error:
        return _fail(str(error), EXIT_FILE)
    except (ValueError, TypeError) as error:
        return _fail(str(error), EXIT_USAGE)
    except KeyboardInterrupt:
        return _fail("interrupted; nothing was written.", EXIT_INTERRUPTED)
    return 0


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with all commands."""
    from s1r_imaging.cli import (  # noqa: PLC0415  (they load the science)
        analyze,
        bind,
        demo,
        demo_bind,
        demo_experiment,
        design_template,
        run,
        versions,
        view,
    )

    parser = argparse.ArgumentParser(
        prog="s1r-imaging", description="From Fluo-4 recordings or a binding plate to an answer."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in (demo, analyze, demo_experiment, design_template, run, demo_bind, bind, view, versions):
        command.add_command(commands)
    return parser


def _fail(message: str, code: int) -> int:
    print(f"s1r-imaging: error: {message}", file=sys.stderr)
    return code


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    print(f"s1r-imaging: warning: {message}", file=sys.stderr)
