"""The TOML file that holds a binding run: the counts, the plate map, and every option.

``s1r-imaging bind --config binding.toml`` repeats the run; relative paths in the file are relative to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s1r_imaging.binding.plate import BindingPlateOptions
from s1r_imaging.binding_analysis import BindingOptions
from s1r_imaging.options import Options
from s1r_imaging.runfile import read_toml

BINDING_STAGES: dict[str, type[Options]] = {
    options.section: options for options in (BindingPlateOptions, BindingOptions)
}
_OUTSIDE = ("sources", "plate_map")


@dataclass(frozen=True, kw_only=True)
class BindingRunFile:
    """What a binding run needs to be repeated.

    Attributes
    ----------
    sources : tuple of Path
        Files of counts.
    plate_map : Path or None
        What was in which well.
    binding_plate : BindingPlateOptions
        How the files are read.
    binding : BindingOptions
        The assay, and how it is fitted.
    """

    sources: tuple[Path, ...] = ()
    plate_map: Path | None = None
    binding_plate: BindingPlateOptions = field(default_factory=BindingPlateOptions)
    binding: BindingOptions = field(default_factory=BindingOptions)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that TOML can hold."""
        return (
            {"sources": [str(path) for path in self.sources]}
            | ({} if self.plate_map is None else {"plate_map": str(self.plate_map)})
            | {name: getattr(self, name).to_dict() for name in BINDING_STAGES}
        )


def read_binding_run_file(path: str | Path) -> BindingRunFile:
    """Read a binding run from TOML.

    Parameters
    ----------
    path : path
        TOML file. Relative paths in it are relative to the folder it is in.

    Returns
    -------
    BindingRunFile
        The run; what the file does not say has its default.

    Raises
    ------
    S1RImagingError
        If the file cannot be read, is no TOML, or holds an unknown or wrong value.
    """
    return read_toml(path, _from_dict)


def _from_dict(content: Mapping[str, Any], folder: Path) -> BindingRunFile:
    sections = {key: value for key, value in content.items() if key not in _OUTSIDE}
    for name, section in sections.items():
        if name not in BINDING_STAGES:
            raise ValueError(f"unknown entry {name!r}: expected {', '.join((*_OUTSIDE, *BINDING_STAGES))}.")
        if not isinstance(section, dict):
            raise TypeError(f"{name} = {section!r} is no section: options belong in [{name}].")
    sources = content.get("sources", [])
    if not isinstance(sources, list) or not all(isinstance(item, str) for item in sources):
        raise TypeError(f"sources = {sources!r}: expected a list of file names.")
    stages: dict[str, Any] = {name: BINDING_STAGES[name].from_dict(values) for name, values in sections.items()}
    return BindingRunFile(
        sources=tuple(folder / item for item in sources),
        plate_map=folder / content["plate_map"] if "plate_map" in content else None,
        **stages,
    )
