"""``s1r-imaging view FILE``: open a recording in napari, with the plugin beside it."""

import argparse
import importlib
import os
import sys
from pathlib import Path
from typing import Any

from s1r_imaging.cli.events import event_argument
from s1r_imaging.cli.flags import add_flags, given_options
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.recording import RecordingOptions, read_recording


def add_command(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "view",
        help="open a recording in napari",
        description="Open napari with the plugin docked, and a recording in it. Needs napari and a Qt: "
        "pip install 's1r-imaging[pyqt6]'.",
    )
    parser.add_argument(
        "source", nargs="?", type=Path, metavar="FILE", help="file, or folder of single frames [default: none]"
    )
    parser.add_argument(
        "--event",
        action="append",
        type=event_argument,
        metavar="NAME[:CONC]@START[-END]",
        help='what was added when, in seconds, for instance "PRE-084:10uM@30"; repeat for several',
    )
    add_flags(parser, RecordingOptions, title="reading the file")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Open the window, and wait until it is closed."""
    options = given_options(arguments, RecordingOptions)
    if arguments.source is None and (arguments.event or options):
        raise ValueError("events and options were given, but no FILE: name the recording that they belong to.")
    events = tuple(arguments.event or ())
    recording = None if arguments.source is None else read_recording(arguments.source, events=events, **options)
    try:
        launcher = importlib.import_module("napari_plugin.launch")
    except ImportError as error:
        raise S1RImagingError(
            "napari, or the Qt that draws its window, is not installed: pip install 's1r-imaging[pyqt6]'."
        ) from error
    if not _has_screen():
        raise S1RImagingError("There is no screen to open a window on (DISPLAY and WAYLAND_DISPLAY are not set).")
    launcher.launch(recording)


def _has_screen() -> bool:
    """Whether a window can be opened; without a screen Qt would end the process in the middle of it."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in names)
