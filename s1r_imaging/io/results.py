"""Results out: tables, JSON, TOML, and a folder that is there whole or not at all."""

import functools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Any

import pandas as pd

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.files import beside, flush, naming_target, remove, write_file
from s1r_imaging.io.mappings import MAPPING_WRITERS, plain
from s1r_imaging.progress import Progress, silent

Content = pd.DataFrame | Mapping[str, Any] | str | bytes | Callable[[Path], object]
"""What a file of a results folder is made from."""

# pandas reads numbers to the last bit by itself since 3.1, and before it when asked to.
_EXACT: dict[str, Any] = (
    {} if tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1) else {"float_precision": "round_trip"}
)
MANIFEST = ".s1r-imaging-files"
"""Hidden list of the files that `write_folder` wrote: those, and no others, may be replaced."""

_ROWS_AT_ONCE = 1000
"""Rows of a table that are put into words in one go: a window with other work in its thread is held up by it."""

_SYSTEM_FILES = (MANIFEST, ".DS_Store", "Thumbs.db", "desktop.ini")  # file browsers leave these everywhere


def write_folder(
    folder: str | os.PathLike[str],
    files: Mapping[str, Content],
    *,
    overwrite: bool = False,
    progress: Progress = silent,
) -> Path:
    """Write a folder of results so that it is there whole, or as it was before.

    Everything is written into a hidden folder beside it, which is renamed when it is complete.

    Parameters
    ----------
    folder : path
        The folder to make; folders above it are made too. It may exist when it is empty.
    files : mapping
        Relative name (``"tables/cells.csv"``) to content: a DataFrame becomes CSV, a mapping becomes JSON
        or TOML by the name's suffix, text and bytes are written as they are, and a callable is given the
        path at which to write its file.
    overwrite : bool
        Replace a folder that this function wrote before; refused when it holds any file besides, so that
        nobody's notes are lost.
    progress : callable, optional
        Told how many files are written, also within a long table.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    S1RImagingError
        If the folder exists and may not be replaced, cannot be written, or the disk is full. Nothing is
        left behind then, nor when a callable raises or the user interrupts.
    ValueError
        If a name is no relative path inside the folder, or there is no writer for it.
    """
    target = Path(folder)
    _check_names(files)
    check_folder(target, overwrite=overwrite)
    with naming_target(target):
        made = _make_parents(target)
        partial = beside(target.resolve())
        try:
            partial.mkdir()
            for number, (name, content) in enumerate(files.items()):
                path = partial / name
                path.parent.mkdir(parents=True, exist_ok=True)
                _write_content(path, content, functools.partial(progress, "results", number, len(files)))
            progress("results", len(files), len(files))
            (partial / MANIFEST).write_text("".join(f"{name}\n" for name in sorted(files)), encoding="utf-8")
            flush(partial)
            _swap(partial, target.resolve())
        except BaseException as error:
            remove(partial)
            for parent in made:
                _remove_empty(parent)
            if isinstance(error.__cause__, OSError) and partial.name in str(error):
                raise error.__cause__ from None  # a writer named the hidden folder: name the real one
            raise
    return target


def check_folder(folder: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Refuse a results folder that could not be made, before hours of work are done for it.

    Parameters
    ----------
    folder : path
        The folder that is to be made.
    overwrite : bool
        Whether an existing results folder may be replaced.

    Raises
    ------
    S1RImagingError
        If it is a file, exists and may not be replaced, or lies where nothing can be written.
    """
    target = Path(folder)
    with naming_target(target):
        _check_place(target)
        there = _inside(target) if target.is_dir() else []
    if there and not overwrite:
        raise S1RImagingError(
            f"{target} exists and is not empty: choose another name, or pass overwrite=True (--overwrite)."
        )
    written = _manifest(target)
    foreign = [path for path in there if path not in written]
    if foreign:
        raise S1RImagingError(
            f"{target} holds {foreign[0].as_posix()!r}, which is no earlier result and would be lost: move it "
            "away, or choose another folder."
        )


def update_folder(
    folder: str | os.PathLike[str],
    files: Mapping[str, Content],
    *,
    overwrite: bool = False,
    progress: Progress = silent,
) -> Path:
    """Write files into a folder that may hold others, which stay.

    All are written into a hidden folder inside it first; when they are complete, each file and each folder at
    the top takes the place of the earlier one of its name.

    Parameters
    ----------
    folder : path
        The folder; it is made, with those above it, where it does not exist.
    files : mapping
        Relative name to content, as for `write_folder`.
    overwrite : bool
        Replace what an earlier call wrote; refused where something else lies in the place of a file, or in
        a folder that is to be replaced.
    progress : callable, optional
        Told how many files are written.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    S1RImagingError
        If something would be lost, or the folder cannot be written; all is as it was then.
    ValueError
        As `write_folder`.
    """
    target = Path(folder)
    check_update(target, files, overwrite=overwrite)
    with naming_target(target):
        made = _make_parents(target / MANIFEST)
    hidden = beside(target.resolve() / "results")
    try:
        write_folder(hidden, files, progress=progress)
    except BaseException as error:
        for parent in made:
            _remove_empty(parent)
        if isinstance(error, S1RImagingError):
            raise S1RImagingError(str(error).replace(str(hidden), str(target))) from error.__cause__
        raise
    with naming_target(target):
        for piece in sorted(hidden.iterdir()):
            _replace(piece, target.resolve() / piece.name)
        remove(hidden)
    return target


def check_update(folder: str | os.PathLike[str], files: Iterable[str], *, overwrite: bool = False) -> None:
    """Refuse a folder into which `update_folder` could not write, before hours of work are done for it.

    Parameters
    ----------
    folder : path
        The folder.
    files : iterable of str
        Relative names of the files, or of the files and folders at the top.
    overwrite : bool
        Whether what an earlier call wrote may be replaced.

    Raises
    ------
    S1RImagingError
        If the folder cannot be made or written, or something would be lost.
    """
    target = Path(folder)
    _check_place(target, inside=True)
    written = _manifest(target)
    for top in sorted({PurePath(name).parts[0] for name in files}):
        place = target / top
        inside = [PurePath(top) / path for path in _inside(place)] if place.is_dir() else [PurePath(top)]
        there = inside if place.exists() else []
        foreign = [path for path in there if path not in written]
        if foreign:
            raise S1RImagingError(
                f"{target} holds {foreign[0].as_posix()!r}, which is no earlier result and would be lost: move it "
                "away, or choose another folder."
            )
        if there and not overwrite:
            raise S1RImagingError(f"{place} exists: choose another folder, or pass overwrite=True (--overwrite).")


def write_table(path: str | os.PathLike[str], table: pd.DataFrame) -> None:
    """Write a table as CSV from which `read_table` gives the same numbers, to the last bit.

    Parameters
    ----------
    path : path
        The file; replaced when it exists.
    table : DataFrame
        Its index is written when it has a name. Missing values are written as ``NaN``.
    """
    write_file(path, lambda target: _write_csv(target, table))


def read_table(path: str | os.PathLike[str], *, text: Sequence[str] = ()) -> pd.DataFrame:
    """Read a table that `write_table` or `write_folder` wrote.

    Parameters
    ----------
    path : path
        A CSV file.
    text : sequence of str
        Columns that hold text, also where it looks like numbers ("001"); those that are absent do not matter.

    Returns
    -------
    DataFrame
        The table, with a plain index; use ``set_index`` where one of its columns was the index.

    Raises
    ------
    S1RImagingError
        If it does not exist or is no table.
    """
    try:
        dtypes: Any = dict.fromkeys(text, str)
        table: pd.DataFrame = pd.read_csv(path, keep_default_na=False, na_values=["NaN"], dtype=dtypes, **_EXACT)
    except (OSError, ValueError) as error:
        raise S1RImagingError(f"{path} cannot be read as a table: {error}.") from error
    return table


def _write_content(path: Path, content: Content, pause: Callable[[], None]) -> None:
    """Write a file; `pause` is called before it, and between the pieces of a table."""
    pause()
    if isinstance(content, pd.DataFrame):
        _write_csv(path, content, pause)
    elif isinstance(content, Mapping):
        path.write_bytes(MAPPING_WRITERS[path.suffix](plain(content)).encode())
    elif isinstance(content, str):
        path.write_bytes(content.encode())
    elif isinstance(content, bytes):
        path.write_bytes(content)
    else:
        content(path)


def _write_csv(path: Path, table: pd.DataFrame, pause: Callable[[], None] = lambda: None) -> None:
    has_index = any(name is not None for name in table.index.names)
    with path.open("w", encoding="utf-8", newline="") as file:
        for first in range(0, max(len(table), 1), _ROWS_AT_ONCE):
            rows = table.iloc[first : first + _ROWS_AT_ONCE]
            rows.to_csv(file, index=has_index, header=first == 0, na_rep="NaN", lineterminator="\n")
            pause()


def _check_names(files: Mapping[str, Content]) -> None:
    for name, content in files.items():
        path = PurePath(name)
        if not name or path.is_absolute() or ".." in path.parts:
            raise ValueError(f"file name {name!r}: expected a relative path inside the folder.")
        suffixes = {pd.DataFrame: (".csv",), dict: tuple(MAPPING_WRITERS)}
        for kind, allowed in suffixes.items():
            is_kind = isinstance(content, Mapping if kind is dict else kind)
            if is_kind and path.suffix not in allowed:
                raise ValueError(f"file name {name!r}: a {kind.__name__} is written as {' or '.join(allowed)}.")


def _check_place(target: Path, *, inside: bool = False) -> None:
    if target.exists() and not target.is_dir():
        raise S1RImagingError(f"{target} is a file: give the name of a folder for the results.")
    places = [target.resolve(), *target.resolve().parents] if inside else target.resolve().parents
    above = next(place for place in places if place.exists())
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        raise S1RImagingError(f"{target} could not be written: no folder can be made in {above}; choose another.")


def _inside(folder: Path) -> list[PurePath]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir())
    relative = (PurePath(path.relative_to(folder)) for path in found)
    return [path for path in relative if path.name not in _SYSTEM_FILES and not path.name.startswith("._")]


def _manifest(folder: Path) -> set[PurePath]:
    with suppress(OSError, UnicodeError):
        return {PurePath(line) for line in (folder / MANIFEST).read_text(encoding="utf-8").splitlines()}
    return set()


def _make_parents(target: Path) -> list[Path]:
    """Make the folders above `target`; return those that were made, innermost first."""
    missing = [parent for parent in target.resolve().parents if not parent.exists()]
    made: list[Path] = []
    try:
        for parent in reversed(missing):
            parent.mkdir()
            made.insert(0, parent)
    except OSError:
        for parent in made:
            _remove_empty(parent)
        raise
    return made


def _remove_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _replace(piece: Path, target: Path) -> None:
    if piece.is_dir():
        _swap(piece, target)
    else:
        piece.replace(target)


def _swap(partial: Path, target: Path) -> None:
    """Put the finished folder in place of the old one, which stays until the new one is there."""
    if not target.exists():
        partial.rename(target)
        return
    old = beside(target)
    target.rename(old)
    try:
        partial.rename(target)
    except BaseException:
        old.rename(target)
        raise
    remove(old)
