"""The Methods section of an experiment: what was done, with what, from the options that were used."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from s1r_imaging.experiment_run import Experiment
from s1r_imaging.provenance import versions
from s1r_imaging.report import methods_curves as curves
from s1r_imaging.report import methods_imaging as imaging
from s1r_imaging.report import methods_statistics as statistics
from s1r_imaging.report.references import cite, references_of


@dataclass(frozen=True)
class MethodsSection:
    """A Methods section.

    Attributes
    ----------
    paragraphs : tuple of str
        The text, one paragraph each.
    references : tuple of str
        What it cites.
    """

    paragraphs: tuple[str, ...]
    references: tuple[str, ...]


def methods_text(experiment: Experiment) -> MethodsSection:
    """Write the Methods section of an experiment.

    Parameters
    ----------
    experiment : Experiment
        What `run_experiment` returned.

    Returns
    -------
    MethodsSection
        Paragraphs and references; of what was not done nothing is said.
    """
    paragraphs = (
        imaging_text(experiment),
        comparison_text(experiment),
        curves_text(experiment),
        software_text(versions()),
    )
    said = [paragraph for paragraph in paragraphs if paragraph]
    return MethodsSection(tuple(cite(text) for text in said), references_of(said))


def imaging_text(experiment: Experiment) -> str:
    """Return the paragraph on the way from pixels, or from the wells of a plate reader, to responses."""
    options: Mapping[str, Mapping[str, Any]] = experiment.options.to_dict()
    done = _done(experiment.recordings)
    is_well = done["recording"].isin(_wells(experiment.design))
    images = done[~is_well]
    given = int(images["labels_given"].sum()) if "labels_given" in images else 0
    sentences: list[str] = []
    if len(images):
        sentences += [
            imaging.motion_text(options.get("motion")),
            imaging.cells_text(options["segmentation"], given=given, found=len(images) - given),
            imaging.background_text(options["traces"]),
        ]
    if is_well.any():
        sentences.append(imaging.plate_text(options.get("plate_reader", {})))
    if len(done):
        has_events = any(experiment.events.values())
        sentences += [
            imaging.bleaching_text(options["dff"]),
            imaging.f0_text(options["dff"], has_events=has_events),
            imaging.responder_text(options["responses"]),
        ]
    return _together(sentences)


def comparison_text(experiment: Experiment) -> str:
    """Return the paragraph on the comparison of conditions; nothing where none could be made."""
    comparisons = list(experiment.comparisons.values())
    if not comparisons:
        return ""
    first = comparisons[0]
    options = first.options.to_dict()
    measures = [comparison.measure for comparison in comparisons]
    counts = first.replicates[first.replicates["value"].notna()].groupby("condition", sort=False).size()
    judged = set(first.checks.loc[first.checks["passed"].notna(), "check"])
    return _together(
        [
            statistics.unit_text(measures, options, n_replicates=counts.tolist()),
            statistics.comparison_text(options, pairs=first.contrasts["is_paired"].tolist()),
            statistics.block_text(options, pairs=first.block["is_paired"].tolist()),
            statistics.checks_text(options, judged=judged),
        ]
    )


def curves_text(experiment: Experiment) -> str:
    """Return the paragraph on concentration–response curves; nothing where there are none."""
    fitted = experiment.concentration_response
    sentences: list[str] = []
    if fitted is not None and len(fitted.table):
        table = fitted.table
        sentences.append(
            curves.concentration_text(
                fitted.options.to_dict(), kinds=set(table["kind"]), methods=set(table["method"])
            )
        )
    methods = dict.fromkeys(str(fit.table["method"].iloc[0]) for fit in experiment.schild)
    sentences += [curves.schild_text(method) for method in methods]
    return _together(sentences)


def software_text(found: Mapping[str, str]) -> str:
    """Return the sentence on software.

    Parameters
    ----------
    found : mapping
        Name to version, see `provenance.versions`.

    Returns
    -------
    str
        One sentence.
    """
    own, python, *others = (f"{name} {version}" for name, version in found.items())
    return f"Analyses were done with {own} under {python.capitalize()} ({', '.join(others)})."


def _together(sentences: list[str]) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _done(recordings: pd.DataFrame) -> pd.DataFrame:
    return recordings[recordings["status"] != "failed"]


def _wells(design: pd.DataFrame) -> list[str]:
    if "well" not in design or "file" not in design:
        return []
    is_well = design["well"].notna() & (design["well"] != "")
    return [str(name) for name in design.loc[is_well, "recording"]]
