"""The TOML file that holds the run of an experiment: the design, and every option.

``s1r-imaging run --config experiment.toml`` repeats the run; a relative path in the file is relative to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s1r_imaging.experiment_options import ExperimentOptions
from s1r_imaging.runfile import read_toml


@dataclass(frozen=True, kw_only=True)
class ExperimentFile:
    """What the run of an experiment needs to be repeated.

    Attributes
    ----------
    design : Path or None
        Design table.
    options : ExperimentOptions
        Options of every stage.
    """

    design: Path | None = None
    options: ExperimentOptions = field(default_factory=ExperimentOptions)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that TOML can hold."""
        return ({} if self.design is None else {"design": str(self.design)}) | self.options.to_dict()


def read_experiment_file(path: str | Path) -> ExperimentFile:
    """Read the run of an experiment from TOML.

    Parameters
    ----------
    path : path
        TOML file. A relative path in it is relative to the folder it is in.

    Returns
    -------
    ExperimentFile
        The run; what the file does not say has its default.

    Raises
    ------
    S1RImagingError
        If the file cannot be read, is no TOML, or holds an unknown or wrong value.
    """
    return read_toml(path, _from_dict)


def _from_dict(content: Mapping[str, Any], folder: Path) -> ExperimentFile:
    sections = {name: value for name, value in content.items() if name != "design"}
    for name, section in sections.items():
        if not isinstance(section, dict):
            raise TypeError(
                f"{name} = {section!r} stands outside a section: options belong in [recording], [dff], …."
            )
    design = content.get("design")
    if design is not None and not isinstance(design, str):
        raise TypeError(f"design = {design!r}: expected the name of the design table.")
    return ExperimentFile(
        design=None if design is None else folder / design, options=ExperimentOptions.from_dict(sections)
    )
