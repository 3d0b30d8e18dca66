"""A design table to fill in: the recordings of a folder, and what their names say plainly."""

import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.experiment.roles import parse_role
from s1r_imaging.io.directory import read_directory
from s1r_imaging.io.plate_reader import read_plate_reader
from s1r_imaging.io.recording import RECORDING_SUFFIXES, read_recording, recording_name
from s1r_imaging.io.results import MANIFEST
from s1r_imaging.io.sequence import list_frames, natural_key
from s1r_imaging.io.vendor import is_vendor_path

TEMPLATE_COLUMNS = (
    "recording", "role", "condition", "day", "plate", "dish", "well", "file", "labels", "agonist", "agonist_uM",
    "antagonist", "antagonist_uM", "antagonist_start_s", "agonist_start_s", "events", "frame_interval_s", "note",
)  # fmt: skip
"""Columns of a template; those that are not used may stay blank."""

_TABLES = (".txt", ".csv", ".tsv", ".xlsx", ".asc")
_OIF_PARTS = ".files"  # of the folder that belongs to an OIF file
_LABELS = re.compile(r"[_\s.-]+(?:labels?|masks?|rois?|roiset|cp_masks|segmentation)$", re.IGNORECASE)
_LABEL_SUFFIXES = (".tif", ".tiff", ".npy", ".zip")
_AMBIGUOUS = {"max", "min", "ant", "con", "positive", "buffer", "maximum", "minimum", "dmso"}
_LEVELS = {
    "day": re.compile(r"day[\s_-]?(\d{1,3})|(\d{4}-\d\d-\d\d|20\d{6})", re.IGNORECASE),
    "plate": re.compile(r"plate[\s_-]?(\d{1,3}|[a-z])", re.IGNORECASE),
    "dish": re.compile(r"(?:dish|coverslip)[\s_-]?(\d{1,3}|[a-z])", re.IGNORECASE),
    "well": re.compile(r"(?:[Ww]ell[\s_-]?)?([A-P](?:0?[1-9]|1\d|2[0-4]))"),
}
_NOT_IN_A_WORD = (r"(?<![a-zA-Z0-9])(?:", r")(?![a-zA-Z0-9])")


def design_template(folder: str | os.PathLike[str]) -> pd.DataFrame:
    """List the recordings of a folder as a design table to fill in.

    Parameters
    ----------
    folder : path
        TIFF recordings, folders of single frames and plate readers' files, also in folders inside it. Hidden
        folders and folders of results are left aside, and so are single images.

    Returns
    -------
    DataFrame
        `TEMPLATE_COLUMNS`, one row per recording or well, in natural order. Role, day, plate, dish and well are
        filled in where names say them plainly (``day1_dish2_vehicle.tif``), ``labels`` where a label image or ROI
        zip of the same name lies beside; the rest is blank. ``note`` says what is missing or wrong in a file.

    Raises
    ------
    S1RImagingError
        If there is no such folder, or it holds no recording.

    See Also
    --------
    s1r_imaging.experiment.design_file.write_design : Writes it.
    """
    place = Path(folder)
    if not place.is_dir():
        raise S1RImagingError(f"{place} is no folder: name the folder that holds the recordings.")
    rows = [row for path in _sources(place) for row in _rows_of(path, place)]
    if not rows:
        raise S1RImagingError(
            f"{place} holds no recording: expected TIFF stacks ({', '.join(RECORDING_SUFFIXES)}), microscopes' "
            "files, folders of single frames, or plate readers' files."
        )
    table = pd.DataFrame(rows, columns=TEMPLATE_COLUMNS).astype(object)
    filled: pd.DataFrame = table.where(table.notna(), None)
    return filled


def guess_from_name(name: str) -> dict[str, str]:
    """Return what a name says plainly of role, day, plate, dish and well.

    Parameters
    ----------
    name : str
        Name of a file without its suffix, with the folders above it.

    Returns
    -------
    dict of str to str
        What is said; nothing is guessed from words that may mean something else.

    Examples
    --------
    >>> guess_from_name("day1_dish2_antagonist+agonist")
    {'day': '1', 'dish': '2', 'role': 'antagonist_agonist'}
    >>> guess_from_name("2024-03-01/SHSY5Y_veh_coverslip3")
    {'day': '2024-03-01', 'dish': '3', 'role': 'vehicle'}
    >>> guess_from_name("PRE084_5min_max_projection")
    {}
    """
    found: dict[str, str] = {}
    for level, pattern in _LEVELS.items():
        hits = re.findall(
            _NOT_IN_A_WORD[0] + pattern.pattern + _NOT_IN_A_WORD[1], name.replace("_", " "), pattern.flags
        )
        words = {next(filter(None, hit)) if isinstance(hit, tuple) else hit for hit in hits}
        if len(words) == 1:
            found[level] = words.pop()
    if "plate" not in found and not re.search("well", name, re.IGNORECASE):
        found.pop("well", None)  # D1 may be anything
    role = _role_in(name)
    return found | ({"role": role} if role else {})


def _role_in(name: str) -> str | None:
    """Return the role that the words of a name say, the longest run of words first; None where two disagree."""
    words = [word for word in re.split(r"[\s_\-./\\()+&]+", name) if word]
    roles: set[str] = set()
    start = 0
    while start < len(words):
        texts = [" ".join(words[start:stop]) for stop in range(min(start + 4, len(words)), start, -1)]
        text = next((text for text in texts if _says_role(text)), words[start])
        roles |= {parse_role(text) or ""} if _says_role(text) else set()
        start += len(text.split(" "))
    return roles.pop() if len(roles) == 1 else None


def _says_role(text: str) -> bool:
    return text.casefold() not in _AMBIGUOUS and not re.search(r"\d", text) and parse_role(text) is not None


def _sources(folder: Path) -> Iterator[Path]:
    """Return files and folders that may be recordings, in natural order, without results and hidden ones."""
    items = sorted((item for item in folder.iterdir() if not item.name.startswith(".")), key=natural_key)
    if (folder / MANIFEST).exists():
        return
    for item in items:
        if is_vendor_path(item):
            yield item
        elif item.is_dir():
            if item.suffix.lower() == _OIF_PARTS:
                continue
            if _is_sequence(item):
                yield item
            else:
                yield from _sources(item)
        elif item.suffix.lower() in (*RECORDING_SUFFIXES, *_TABLES) and not _LABELS.search(recording_name(item)):
            yield item


def _is_sequence(folder: Path) -> bool:
    """Whether a folder holds one file per frame: three or more TIFFs that hold a page each."""
    try:
        files = list_frames(folder)
        return len(files) > 2 and all(
            len(read_directory(path).pages) == 1 for path in (files[0], files[1], files[-1])
        )
    except S1RImagingError:
        return False


def _rows_of(path: Path, folder: Path) -> list[dict[str, Any]]:
    if path.suffix.lower() in _TABLES and path.is_file():
        return _rows_of_plate(path, folder)
    if path.is_file() and _is_image(path):
        return []
    relative = path.relative_to(folder)
    name = relative.parent / recording_name(path)
    labels = next((str(beside) for beside in _beside(path) if beside.is_file()), None)
    row = guess_from_name(name.as_posix()) | {"file": str(path), "labels": labels, "note": _what_is_wrong(path)}
    return [row | {"recording": "_".join(name.parts)}]


def _is_image(path: Path) -> bool:
    """Whether a file is whole but holds a single image; ImageJ's large stacks have one page, too."""
    try:
        if len(read_directory(path).pages) > 1:
            return False
    except S1RImagingError:
        return False  # damaged: a row that says so
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read_recording(path, frame_interval_s=1.0)
        except (S1RImagingError, ValueError):
            return True
    return False


def _beside(path: Path) -> Iterator[Path]:
    """Return the names that label images and ROIs of a recording have by custom."""
    for item in sorted(path.parent.iterdir()):
        base = item.name[: -len(item.suffix)] if item.suffix else item.name
        found = _LABELS.search(base)
        if found and item.suffix.lower() in _LABEL_SUFFIXES and base[: found.start()] == recording_name(path):
            yield item


def _what_is_wrong(path: Path) -> str | None:
    """Return what must be said or repaired before a file can be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read_recording(path)
    except S1RImagingError as error:
        words = str(error).removeprefix(str(path)).strip(" :")
        if "frame_interval_s" in words:
            return "the file does not say its frame interval: fill in frame_interval_s"
        return words
    except (TypeError, ValueError) as error:
        return str(error)
    return None


def _rows_of_plate(path: Path, folder: Path) -> list[dict[str, Any]]:
    """Return a row for each well of a plate reader's file; none where it is another table."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            traces = read_plate_reader(path)
    except (S1RImagingError, ValueError):
        return []
    name = path.relative_to(folder).with_suffix("")
    guessed = guess_from_name(name.parent.as_posix())
    plate = "_".join(name.parts)
    return [
        guessed | {"recording": f"{plate}_{well}", "plate": plate, "well": well, "file": str(path)}
        for well in traces.cells["well"]
    ]
