"""What every results folder is made of: pictures in two formats, the legend of the flags, what went in."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from enum import IntFlag
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from s1r_imaging import plots
from s1r_imaging.io.results import Content
from s1r_imaging.io.vendor import source_files
from s1r_imaging.progress import Progress, silent
from s1r_imaging.provenance import digest_files, versions

_FORMATS = ("png", "svg")
_FIRST = "overview"


def picture_files(pictures: Mapping[str, Callable[[], Figure]]) -> dict[str, Content]:
    """Return the files of pictures, each as PNG and SVG.

    Parameters
    ----------
    pictures : mapping
        Name to the function that draws it; it is called once for each format, when its file is written.

    Returns
    -------
    dict
        For `write_folder`; the picture named ``overview`` lies at the top, others in ``pictures/``.
    """
    files: dict[str, Content] = {}
    for name, draw in pictures.items():
        for suffix in _FORMATS:
            place = f"{name}.{suffix}" if name == _FIRST else f"pictures/{name}.{suffix}"
            files[place] = lambda path, draw=draw: plots.save_figure(draw(), path)  # type: ignore[misc]
    return files


def provenance(meaning: Mapping[Any, str], **entries: Any) -> dict[str, Any]:
    """Return the record of a run: when, with which versions, from what, and what its flags mean.

    Parameters
    ----------
    meaning : mapping
        Flag to its sentence.
    **entries : object
        What else is to be recorded, between versions and flags.

    Returns
    -------
    dict
        For ``provenance.json``.
    """
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        **entries,
        "flags": flag_legend(meaning),
    }


def flag_legend(meaning: Mapping[Any, str]) -> dict[str, dict[str, Any]]:
    """Return name, bit and sentence of each flag."""
    flags: Iterable[tuple[IntFlag, str]] = meaning.items()
    return {flag.name: {"bit": int(flag), "meaning": text} for flag, text in flags if flag.name}


def source_record(source: Path | None, *, progress: Progress = silent) -> dict[str, str] | None:
    """Return path and digest of a file, or of the files of a folder; None for data in memory."""
    if source is None:
        return None
    return {"path": str(source), "digest": digest_files(source_files(source), progress=progress)}
