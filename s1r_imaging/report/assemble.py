"""An experiment as one page."""

import os
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from s1r_imaging.experiment.compare import Comparison
from s1r_imaging.experiment_run import Experiment
from s1r_imaging.io.files import write_file
from s1r_imaging.plots.comparison_groups import is_fraction, measure_label
from s1r_imaging.plots.experiment_figure import main_comparison
from s1r_imaging.provenance import versions
from s1r_imaging.report import comparisons as tables
from s1r_imaging.report import figures, record, recordings
from s1r_imaging.report.answer import answer, checks
from s1r_imaging.report.curves import concentration_section, schild_section
from s1r_imaging.report.markup import Html, bullets, element, fold, join
from s1r_imaging.report.methods import methods_text
from s1r_imaging.report.numbers import counted
from s1r_imaging.report.page import Section, page

_MOST_DRAWN = 20
_MOST_CONDITIONS, _MOST_ROWS, _MOST_RECORDINGS = 8, 12, 24  # more are folded away


def report_html(experiment: Experiment) -> str:
    """Return the report of an experiment as one HTML page that needs nothing else.

    Parameters
    ----------
    experiment : Experiment
        What `run_experiment` returned.

    Returns
    -------
    str
        The page. Pictures and style are in it; it loads nothing and runs nothing.
    """
    with warnings.catch_warnings():
        # A font that lacks a letter of a name draws a box; the text of the page has the letter.
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from font")
        parts = [*_findings(experiment), *_material(experiment), *_record(experiment)]
    return page(experiment.name or "Experiment", _lead(experiment), [part for part in parts if part.content])


def write_report(experiment: Experiment, path: str | os.PathLike[str]) -> Path:
    """Write the report of an experiment, whole or not at all.

    Parameters
    ----------
    experiment : Experiment
        What `run_experiment` returned.
    path : path
        File to write, such as ``report.html``; replaced when it exists.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    S1RImagingError
        If it cannot be written.
    """
    content = report_html(experiment).encode("utf-8")
    write_file(path, lambda partial: partial.write_bytes(content))
    return Path(path)


def _lead(experiment: Experiment) -> Html:
    design, done = experiment.design, _done(experiment.recordings)
    what = [
        counted(len(done), "recording") + f" of {len(design)} analysed",
        counted(design["condition"].nunique(), "condition"),
        counted(design["replicate"].nunique(), "replicate"),
        counted(int(done["n_cells"].sum()) if "n_cells" in done else 0, "cell"),
    ]
    made = f"{datetime.now(UTC):%d %B %Y}, s1r-imaging {versions()['s1r-imaging']}"
    return join(element("p", " · ".join(what)), element("p", made))


def _findings(experiment: Experiment) -> list[Section]:
    comparisons = list(experiment.comparisons.values())
    main = main_comparison(experiment.comparisons)
    fractions = [comparison for comparison in comparisons if is_fraction(comparison.measure)]
    others = [comparison for comparison in comparisons if not is_fraction(comparison.measure)]
    return [
        Section("answer", "The answer", _answer(experiment, main)),
        Section("checks", "Can it be trusted?", _trust(experiment, main)),
        Section("replicates", "Cells and replicates", join(*map(_replicates, others))),
        Section("traces", "Mean traces", figures.traces(experiment) if len(experiment.mean_traces) else Html()),
        Section("responders", "Responders", join(*map(_replicates, fractions))),
        Section("contrasts", "Contrasts", join(*map(_contrasts, comparisons))),
        Section("block", "Block", join(*map(_block, comparisons))),
        Section("curves", "Concentration–response", _curves(experiment)),
    ]


def _answer(experiment: Experiment, main: Comparison | None) -> Html:
    """Say it in words and one figure: curves first where the experiment is about them."""
    fitted, schild = experiment.concentration_response, experiment.schild
    first: list[str] = []
    drawn = Html()
    if fitted is not None and len(fitted.table):
        first, drawn = [*fitted.sentences], figures.concentrations(fitted)
    if schild:
        first, drawn = [*(fit.sentences[0] for fit in schild), *first], join(*map(figures.schild, schild))
    if not drawn or experiment.design["condition"].nunique() <= _MOST_CONDITIONS:
        drawn = join(drawn, figures.answer(experiment))
    return join(answer(main, first), drawn)


def _trust(experiment: Experiment, main: Comparison | None) -> Html:
    rows = experiment.recordings.to_dict("records")
    elsewhere = {f"{row['recording']}: {row['message']}" for row in rows}  # below, with the recordings
    notes = [note for note in experiment.notes if note not in elsewhere]
    return join(
        Html() if main is None else checks(main.checks),
        join(element("h3", "To be known beside it"), bullets(notes)) if notes else "",
    )


def _replicates(comparison: Comparison) -> Html:
    n = comparison.replicates["condition"].nunique()
    many = f"{n} conditions are too many for one picture; their values are below."
    return join(
        element("h3", measure_label(comparison.measure)),
        figures.superplot(comparison) if n <= _MOST_DRAWN else element("p", many, class_="note"),
        tables.replicate_table(comparison.replicates, measure=comparison.measure),
    )


def _contrasts(comparison: Comparison) -> Html:
    if comparison.contrasts.empty:
        return Html()
    n = len(comparison.contrasts)
    return join(
        element("h3", measure_label(comparison.measure)),
        fold(figures.contrasts(comparison), n, "Contrasts as a figure", most=_MOST_ROWS),
        fold(tables.contrast_table(comparison), n, "Contrasts as a table", most=_MOST_ROWS),
    )


def _block(comparison: Comparison) -> Html:
    if comparison.block.empty:
        return Html()
    n = len(comparison.block)
    return join(
        element("h3", measure_label(comparison.measure)),
        fold(figures.block(comparison), n, "Block as a figure", most=_MOST_ROWS),
        fold(
            tables.block_table(comparison.block, measure=comparison.measure),
            n,
            "Block as a table",
            most=_MOST_ROWS,
        ),
    )


def _curves(experiment: Experiment) -> Html:
    fitted, schild = experiment.concentration_response, experiment.schild
    parts: list[Html] = []
    if fitted is not None and (len(fitted.table) or fitted.problems):
        drawn = figures.concentrations(fitted) if schild else ""  # without Schild it is the answer's
        parts += [join(drawn, concentration_section(fitted))]
    for fit in schild:
        pair = f": {fit.antagonist} against {fit.agonist}" if len(schild) > 1 else ""
        parts += [element("h3", f"Schild{pair}"), schild_section(fit)]
    return join(*parts)


def _material(experiment: Experiment) -> list[Section]:
    cards = recordings.recording_cards(experiment.recordings, experiment.design, experiment.pictures)
    return [
        Section("recordings", "Recordings", cards),
        Section("failed", "Recordings that failed", recordings.failures(experiment.recordings)),
        Section("quality", "Quality", _quality(experiment)),
    ]


def _quality(experiment: Experiment) -> Html:
    drawn = figures.cells_of_recordings(experiment) if experiment.pictures else Html()
    return join(drawn, recordings.quality(experiment.responses))


def _record(experiment: Experiment) -> list[Section]:
    text = methods_text(experiment)
    options: Mapping[str, Any] = experiment.options.to_dict()
    return [
        Section("design", "Design as used", _design(experiment)),
        Section("methods", "Methods", record.methods_section(text.paragraphs, text.references)),
        Section(
            "options", "Options and versions",
            join(record.options_in_full(options), record.version_table(versions())),
        ),
    ]  # fmt: skip


def _design(experiment: Experiment) -> Html:
    n = len(experiment.design)
    return fold(record.design_table(experiment.design), n, "Rows of the design", most=_MOST_RECORDINGS)


def _done(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["status"] != "failed"] if len(table) else table
