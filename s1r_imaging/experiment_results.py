"""The results folder of an experiment: report, figures, tables, and the record from which it can be repeated."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from s1r_imaging import plots
from s1r_imaging.experiment_file import ExperimentFile
from s1r_imaging.experiment_run import Experiment
from s1r_imaging.experiment_tables import experiment_tables
from s1r_imaging.flags import FLAG_MEANING
from s1r_imaging.io.results import Content, check_update, update_folder
from s1r_imaging.io.workbook import write_workbook
from s1r_imaging.plots.experiment_figure import experiment_figures
from s1r_imaging.progress import Progress, silent
from s1r_imaging.report import report_html
from s1r_imaging.results_parts import provenance

DESIGN_FILE = "design.csv"
_FORMATS = ("svg", "pdf", "png")
_TOP = ("report.html", "figures", "tables", DESIGN_FILE, "experiment.toml", "provenance.json")


def write_experiment(
    experiment: Experiment,
    folder: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    progress: Progress = silent,
) -> Path:
    """Write everything an experiment found into one folder: what is new takes the place of what was, all at once.

    Parameters
    ----------
    experiment : Experiment
        What `run_experiment` returned.
    folder : path
        Folder to write into, made where it does not exist; best the one in which `run_experiment` keeps its
        recordings, which stay, as do files of your own.
    overwrite : bool
        Replace the results of an earlier call.
    progress : callable
        Told how many files are written.

    Returns
    -------
    Path
        The folder. It holds ``report.html``, ``figures/`` (each as SVG, PDF and PNG), ``tables/`` (each as CSV,
        all in ``tables.xlsx``, those for Prism as ``prism_*.csv``), ``design.csv``, ``experiment.toml`` that
        repeats the run, and ``provenance.json``.

    Raises
    ------
    S1RImagingError
        If results are there already, a file of your own would be lost, or the folder cannot be written; all is
        as it was then.
    """
    check_experiment_folder(folder, overwrite=overwrite)
    files = {
        **_figures(experiment_figures(experiment)),
        **_tables(experiment_tables(experiment)),
        **_record(experiment),
        "report.html": lambda path: path.write_text(report_html(experiment), encoding="utf-8"),
    }
    return update_folder(folder, files, overwrite=overwrite, progress=progress)


def check_experiment_folder(folder: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Refuse a folder into which `write_experiment` could not write, before hours of work are done for it.

    Parameters
    ----------
    folder : path
        The folder.
    overwrite : bool
        Whether results of an earlier call may be replaced.

    Raises
    ------
    S1RImagingError
        If the folder cannot be made or written, or something would be lost.
    """
    check_update(folder, _TOP, overwrite=overwrite)


def _figures(figures: Mapping[str, Callable[[], Figure]]) -> dict[str, Content]:
    return {
        f"figures/{name}.{kind}": lambda path, draw=draw: plots.save_figure(draw(), path)  # type: ignore[misc]
        for name, draw in figures.items()
        for kind in _FORMATS
    }


def _tables(tables: Mapping[str, pd.DataFrame]) -> dict[str, Content]:
    files: dict[str, Content] = {f"tables/{name}.csv": _as_csv(name, table) for name, table in tables.items()}
    return files | {"tables/tables.xlsx": lambda path: write_workbook(path, tables)}


def _as_csv(name: str, table: pd.DataFrame) -> Content:
    if name.startswith("prism_"):  # Prism wants empty cells, not NaN
        return table.to_csv(index=False, lineterminator="\n")
    return table


def _record(experiment: Experiment) -> dict[str, Content]:
    run = ExperimentFile(design=Path(DESIGN_FILE), options=experiment.options).to_dict()
    record = provenance(
        FLAG_MEANING,
        design=None if experiment.source is None else str(experiment.source.resolve()),
        recordings=_made_from(experiment),
        run=run,
        notes=list(experiment.notes),
    )
    design = experiment.design.to_csv(index=False, lineterminator="\n")  # what is not known is empty
    return {DESIGN_FILE: design, "experiment.toml": run, "provenance.json": record}


def _made_from(experiment: Experiment) -> list[dict[str, Any]]:
    messages = experiment.recordings.set_index("recording")["message"]
    return [
        {"recording": name, "digest": experiment.digests.get(name), "message": messages.get(name) or None}
        for name in experiment.design["recording"]
    ]
