"""The results folder of a binding analysis: tables, pictures, and the record from which it can be repeated."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from s1r_imaging import plots
from s1r_imaging.binding_analysis import BindingAnalysis
from s1r_imaging.binding_runfile import BindingRunFile
from s1r_imaging.binding_tables import parameter_table, prism_table
from s1r_imaging.flags import BINDING_FLAG_MEANING, COMBINED_FLAG_MEANING
from s1r_imaging.io.results import Content, write_folder
from s1r_imaging.plots.style import INK, TICK_PT, figure_of
from s1r_imaging.progress import Progress, silent
from s1r_imaging.provenance import digest_array
from s1r_imaging.results_parts import flag_legend, picture_files, provenance, source_record

PLATE_FILE = "plate.csv"
_RESIDUAL_LABEL = "Residual (SD)"


def write_binding_results(
    analysis: BindingAnalysis,
    folder: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    progress: Progress = silent,
) -> Path:
    """Write everything a binding analysis found into one folder, whole or not at all.

    Parameters
    ----------
    analysis : BindingAnalysis
        What `analyze_binding` returned.
    folder : path
        Folder to make.
    overwrite : bool
        Replace a results folder of that name.
    progress : callable
        Told how many files are written.

    Returns
    -------
    Path
        The folder. It holds ``affinities.csv``, ``combined.csv``, ``quality.csv``, ``parameters.csv``,
        ``curves.csv``, ``residuals.csv``, ``plate.csv``, ``prism.csv`` in Prism's layout, ``report.txt``,
        ``overview.png`` and ``pictures/``, ``binding.toml`` that repeats the run, and ``provenance.json``.

    Raises
    ------
    S1RImagingError
        If the folder exists, cannot be written, or the disk is full; nothing is left behind then.
    """
    files = _tables(analysis) | picture_files(_pictures(analysis)) | _record(analysis)
    return write_folder(folder, files, overwrite=overwrite, progress=progress)


def _tables(analysis: BindingAnalysis) -> dict[str, Content]:
    wide = prism_table(analysis.plate).to_csv(index=False, lineterminator="\n")  # Prism wants empty cells, not NaN
    return {
        "affinities.csv": analysis.affinities,
        "combined.csv": analysis.combined,
        "quality.csv": analysis.quality,
        "parameters.csv": parameter_table(analysis.fit),
        "curves.csv": analysis.fit.curves(),
        "residuals.csv": analysis.fit.residuals(),
        PLATE_FILE: analysis.plate,
        "prism.csv": wide,
        "report.txt": analysis.fit.report() + "\n",
    }


def _pictures(analysis: BindingAnalysis) -> dict[str, Callable[[], Figure]]:
    plate, curves = analysis.plate, analysis.fit.curves()
    residuals = analysis.fit.residuals().assign(residual=lambda table: table["weighted_residual"])
    several = len(plate["experiment"].unique()) > 1
    results = analysis.combined if several else analysis.affinities
    draw = partial(plots.competition_figure, plate, curves, results, residuals, residual_label=_RESIDUAL_LABEL)
    pictures: dict[str, Callable[[], Figure]] = {
        "overview": partial(draw, scale="percent" if several else "signal"),
        "compounds": partial(draw, apart=True, scale="percent" if several else "signal"),
    }
    for number, (name, rows) in enumerate(_plates(plate), start=1):
        pictures[f"plate_{number}"] = partial(_plate_picture, rows, name if several else "")
    if several:
        for number, (experiment, rows) in enumerate(plate.groupby("experiment", sort=False), start=1):
            pictures[f"experiment_{number}"] = partial(_experiment_picture, analysis, experiment, rows)
    return pictures


def _experiment_picture(analysis: BindingAnalysis, experiment: object, rows: pd.DataFrame) -> Figure:
    tables = [analysis.fit.curves(), analysis.affinities, analysis.fit.residuals()]
    curves, results, residuals = (table[table["experiment"] == experiment] for table in tables)
    residuals = residuals.assign(residual=residuals["weighted_residual"])
    return plots.competition_figure(rows, curves, results, residuals, residual_label=_RESIDUAL_LABEL)


def _plates(plate: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the wells of each plate that stood in a counter; none where wells have no names."""
    if "well" not in plate:
        return []
    column = "plate" if "plate" in plate else "experiment"
    named = plate[plate["well"].notna() & (plate["well"] != "")]
    groups = [(str(name), rows) for name, rows in named.groupby(column, sort=False)]
    return [(name, rows) for name, rows in groups if not rows["well"].duplicated().any()]


def _plate_picture(rows: pd.DataFrame, name: str) -> Figure:
    ax = plots.plot_plate(rows)
    if name:
        ax.set_title(f"plate {name}", fontsize=TICK_PT, color=INK, loc="left")
    return figure_of(ax)


def _record(analysis: BindingAnalysis) -> dict[str, Content]:
    sources = tuple(path.resolve() for path in analysis.sources)
    plate_map = None if analysis.plate_map is None else analysis.plate_map.resolve()
    run = BindingRunFile(
        sources=sources or (Path(PLATE_FILE),),
        plate_map=plate_map,
        binding_plate=analysis.plate_options,
        binding=analysis.options,
    )
    record = provenance(
        BINDING_FLAG_MEANING,
        sources=[source_record(path) for path in sources],
        plate_map=source_record(plate_map),
        signal=digest_array(analysis.plate["signal"].to_numpy(dtype=float)),
        noise=analysis.fit.noise,
        run=run.to_dict(),
        combined_flags=flag_legend(COMBINED_FLAG_MEANING),
    )
    return {"binding.toml": run.to_dict(), "provenance.json": record}
