"""Sessions of binding: a folder that holds the wells and the run, as a results folder does; and opened again.

================ ====================================================================================
``binding.toml`` every option; ``s1r-imaging bind --config`` takes it
``plate.csv``    the wells in use, with what was counted in them; `binding.toml` names it
``rest.csv``     wells without a role, and those left out, for the window
================ ====================================================================================
"""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from napari_plugin.binding.state import BindingState, Origin, read_files
from napari_plugin.binding.wells import COLUMNS, LEFT_OUT, NO_ROLE
from napari_plugin.session import Job
from s1r_imaging.binding.layers import plate_word
from s1r_imaging.binding_results import PLATE_FILE
from s1r_imaging.binding_runfile import BindingRunFile, read_binding_run_file
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.results import Content, read_table, write_folder

RUN_FILE = "binding.toml"
REST_FILE = "rest.csv"
_TEXT = ("experiment", "compound", "role", "well", "plate")


def save_job(state: BindingState, folder: Path, *, overwrite: bool = False) -> Job:
    """Return the work of saving a session.

    Parameters
    ----------
    state : BindingState
        With wells.
    folder : Path
        Folder to make.
    overwrite : bool
        Replace a session of that name.

    Returns
    -------
    Job
        Its answer is the folder.

    Raises
    ------
    ValueError
        If there are no wells.
    """
    if not state.has_wells:
        raise ValueError("There is no plate yet, so there is nothing to save: open or paste one first.")
    table, wells = state.wells.table, state.wells.in_use()
    rest = table[(table["role"] == NO_ROLE) | table[LEFT_OUT].astype(bool)]
    reading = replace(state.reading, counts_column=None, decimal=None)  # the tables that are written need neither
    run = BindingRunFile(sources=(Path(PLATE_FILE),), binding_plate=reading, binding=state.options)
    files: dict[str, Content] = {RUN_FILE: run.to_dict(), PLATE_FILE: wells, REST_FILE: rest}

    def accept(made: Path) -> None:
        source = (made / PLATE_FILE).resolve()
        if state.wells.table is table:
            state.saved_as(Origin(made.name, (source,), None, reading))

    return Job("Saving the session", lambda _: write_folder(folder, files, overwrite=overwrite), accept)


def open_job(state: BindingState, path: Path) -> Job:
    """Return the work of opening a session, a results folder, or any file that repeats a binding run.

    Parameters
    ----------
    state : BindingState
        What it is opened into.
    path : Path
        The TOML file, or the folder it is in.

    Returns
    -------
    Job
        The work.
    """
    file = path / RUN_FILE if path.is_dir() else path

    def compute(_: object) -> tuple[BindingRunFile, pd.DataFrame]:
        run = read_binding_run_file(file)
        if not run.sources:
            raise S1RImagingError(f"{file} names no counts: expected sources = [...] in it.")
        wells = read_files(run.sources, run.plate_map, run.binding_plate)
        return run, _with_rest(wells, file.with_name(REST_FILE))

    def accept(answer: tuple[BindingRunFile, pd.DataFrame]) -> None:
        run, wells = answer
        sources = tuple(source.resolve() for source in run.sources)
        state.set_reading(run.binding_plate)
        origin = Origin(file.parent.name, sources, run.plate_map, run.binding_plate)
        state.open_wells(wells, origin, on_disk=True)
        state.set_options(run.binding)

    return Job(f"Opening {file.parent.name}", compute, accept)


def _with_rest(wells: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Add the wells that were not in use when a session was saved."""
    if not path.is_file():
        return wells
    rest = read_table(path, text=_TEXT)
    missing = [name for name in (*COLUMNS, LEFT_OUT) if name not in rest]
    if missing:
        raise S1RImagingError(f"{path} has no column {missing[0]!r}: save the session again.")
    if rest.empty:
        return wells
    for name in ("experiment", "plate"):
        kind = type(wells[name].iloc[0]) if len(wells) else str
        rest[name] = [kind(plate_word(cell)) for cell in rest[name]]
    return pd.concat([wells.assign(**{LEFT_OUT: False}), rest], ignore_index=True)
