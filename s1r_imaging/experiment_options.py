"""Options of an experiment: those of every recording, and those of the comparison."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from s1r_imaging.analysis import STAGES, AnalysisOptions
from s1r_imaging.experiment.compare import CompareOptions
from s1r_imaging.experiment.concentration import ConcentrationOptions
from s1r_imaging.experiment.schild import SchildOptions
from s1r_imaging.io.plate_reader import PlateReaderOptions
from s1r_imaging.options import Options

EXPERIMENT_STAGES: dict[str, type[Options]] = {
    options.section: options
    for options in (PlateReaderOptions, CompareOptions, ConcentrationOptions, SchildOptions)
}
"""Options of an experiment besides those of its recordings."""


@dataclass(frozen=True, kw_only=True)
class ExperimentOptions:
    """Options of every stage of `run_experiment`.

    Attributes
    ----------
    analysis : AnalysisOptions
        How each recording is analysed; what the design says of a recording comes first.
    plate_reader : PlateReaderOptions
        How files of plate readers are read.
    compare : CompareOptions
        How conditions are compared; its measure, event and left out flags hold for concentration–response too.
    concentration_response : ConcentrationOptions
        How EC50 and IC50 are fitted.
    schild : SchildOptions
        How pA2 is fitted.
    """

    analysis: AnalysisOptions = field(default_factory=AnalysisOptions)
    plate_reader: PlateReaderOptions = field(default_factory=PlateReaderOptions)
    compare: CompareOptions = field(default_factory=CompareOptions)
    concentration_response: ConcentrationOptions = field(default_factory=ConcentrationOptions)
    schild: SchildOptions = field(default_factory=SchildOptions)

    def __post_init__(self) -> None:
        """Refuse names: those of recordings stand in the design."""
        if self.analysis.recording.name is not None or self.plate_reader.name is not None:
            raise ValueError(
                "name: the recordings of an experiment are named in the design; leave the option out."
            )

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Return one section of plain values per stage.

        Returns
        -------
        dict
            Stage name to its options, for TOML and JSON.
        """
        return self.analysis.to_dict() | {name: getattr(self, name).to_dict() for name in EXPERIMENT_STAGES}

    @classmethod
    def from_dict(cls, sections: Mapping[str, Mapping[str, Any]]) -> Self:
        """Make options from sections of plain values, as read from TOML.

        Parameters
        ----------
        sections : mapping
            Stage name to its options; a stage that is absent keeps its defaults.

        Returns
        -------
        ExperimentOptions
            The options.

        Raises
        ------
        ValueError
            If a section or an option is unknown, or a value is not allowed.
        """
        unknown = sorted(set(sections) - set(STAGES) - set(EXPERIMENT_STAGES))
        if unknown:
            known = ", ".join((*STAGES, *EXPERIMENT_STAGES))
            raise ValueError(f"unknown section [{unknown[0]}]: expected one of {known}.")
        own: dict[str, Any] = {
            name: stage.from_dict(sections[name]) for name, stage in EXPERIMENT_STAGES.items() if name in sections
        }
        analysis = {name: values for name, values in sections.items() if name in STAGES}
        return cls(analysis=AnalysisOptions.from_dict(analysis), **own)
