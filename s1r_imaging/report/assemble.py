"""An experiment as one page."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from s1r_imaging.io.files import write_file
from s1r_imaging.provenance import versions
from s1r_imaging.report import comparisons as tables
from s1r_imaging.report import record, recordings
from s1r_imaging.report.answer import answer, checks
from s1r_imaging.report.markup import Html, element, join
from s1r_imaging.report.methods import methods_text
from s1r_imaging.report.numbers import counted
from s1r_imaging.report.page import Section, page


def report_html(experiment: Any) -> str:
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
    parts = [*_findings(experiment), *_material(experiment), *_record(experiment)]
    return page(experiment.name or "Experiment", _lead(experiment), [part for part in parts if part.content])


def write_report(experiment: Any, path: str | os.PathLike[str]) -> Path:
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


def _lead(experiment: Any) -> Html:
    design, done = experiment.design, _done(experiment.recordings)
    what = [
        counted(len(done), "recording") + f" of {len(design)} analysed",
        counted(design["condition"].nunique(), "condition"),
        counted(design["replicate"].nunique(), "replicate"),
        counted(int(done["n_cells"].sum()) if "n_cells" in done else 0, "cell"),
    ]
    made = f"{datetime.now(UTC):%d %B %Y}, s1r-imaging {versions()['s1r-imaging']}"
    return join(element("p", " · ".join(what)), element("p", made))


def _findings(experiment: Any) -> list[Section]:
    main = next(iter(experiment.comparisons.values()), None)
    found = [Section("answer", "The answer", answer(main))]
    if main is not None:
        found.append(Section("checks", "Can it be trusted?", checks(main.checks)))
    found.append(Section("contrasts", "Contrasts", join(*map(_contrasts, experiment.comparisons.values()))))
    found.append(Section("block", "Block", join(*map(_block, experiment.comparisons.values()))))
    return found


def _contrasts(comparison: Any) -> Html:
    return join(
        element("h3", comparison.measure),
        tables.contrast_table(comparison.contrasts, caption="Contrasts."),
        tables.replicate_table(comparison.replicates, caption="Replicates."),
    )


def _block(comparison: Any) -> Html:
    return join(element("h3", comparison.measure), tables.block_table(comparison.block))


def _material(experiment: Any) -> list[Section]:
    cards = recordings.recording_cards(experiment.recordings, experiment.design, experiment.pictures)
    return [
        Section("recordings", "Recordings", cards),
        Section("failed", "Recordings that failed", recordings.failures(experiment.recordings)),
        Section("quality", "Quality", recordings.quality(experiment.responses)),
    ]


def _record(experiment: Any) -> list[Section]:
    text = methods_text(experiment)
    options: Mapping[str, Any] = experiment.options.to_dict()
    return [
        Section("design", "Design as used", record.design_table(experiment.design)),
        Section("methods", "Methods", record.methods_section(text.paragraphs, text.references)),
        Section(
            "options", "Options and versions",
            join(record.options_in_full(options), record.version_table(versions())),
        ),
    ]  # fmt: skip


def _done(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["status"] != "failed"] if len(table) else table
