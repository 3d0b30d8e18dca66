"""The Methods section of an experiment: what was done, with what, from the options that were used."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from s1r_imaging.provenance import versions
from s1r_imaging.report import methods_imaging as imaging
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


def methods_text(experiment: Any) -> MethodsSection:
    """Write the Methods section of an experiment.

    Parameters
    ----------
    experiment : Experiment
        What `run_experiment` returned.

    Returns
    -------
    MethodsSection
        Paragraphs and references.
    """
    options = experiment.options.to_dict()
    texts = [imaging_text(options, given=0, found=len(experiment.recordings), has_events=bool(experiment.events))]
    texts.append(software_text(versions()))
    texts = [text for text in texts if text]
    return MethodsSection(tuple(cite(text) for text in texts), references_of(texts))


def imaging_text(options: Mapping[str, Any], *, given: int, found: int, has_events: bool) -> str:
    """Return the paragraph on the way from pixels to responses.

    Parameters
    ----------
    options : mapping
        Stage to its options.
    given, found : int
        Recordings whose outlines were given, and found.
    has_events : bool
        Whether it is known when something was added.

    Returns
    -------
    str
        Text with marks of citations.
    """
    sentences = [
        imaging.motion_text(options.get("motion")),
        imaging.cells_text(options["segmentation"], given=given, found=found),
        imaging.background_text(options["traces"]),
        imaging.bleaching_text(options["dff"]),
        imaging.f0_text(options["dff"], has_events=has_events),
        imaging.responder_text(options["responses"]),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


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
