"""How the answer came about: the design, every option, the versions."""

import os
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import pandas as pd
import tomli_w

from s1r_imaging.experiment.roles import role_words
from s1r_imaging.report.markup import Html, bullets, details, element, join, name
from s1r_imaging.report.numbers import is_known
from s1r_imaging.report.tables import Column, concentrations, head, short_words, table

_HEADINGS = {
    "recording": "Recording",
    "frame_interval_s": "Frame interval (s)",
    "pixel_size_um": "Pixel size (µm)",
}


def design_table(design: pd.DataFrame) -> Html:
    """Return the design as it was used; columns in which nothing stands are left out.

    Parameters
    ----------
    design : DataFrame
        One row per recording.

    Returns
    -------
    Html
        A table.
    """
    shown = design.assign(role=[role_words(str(role)) for role in design["role"]])
    for key in ("file", "labels"):
        if key in design:
            shown[key] = _below_shared(design[key])
    return table(shown, [_column(str(key)) for key in design.columns], caption="One row per recording.")


def _below_shared(files: "pd.Series[Any]") -> list[str | None]:
    """Leave out the folder that all files share: where it is on one computer says nothing to a reader."""
    folders = {str(PurePath(str(file)).parent) for file in files if is_known(file)}
    try:
        shared = os.path.commonpath(folders) if folders else ""
    except ValueError:  # on several drives, or some relative
        shared = ""
    paths = [PurePath(str(file)) if is_known(file) else None for file in files]
    return [
        None if path is None else (path.relative_to(shared) if path.is_relative_to(shared) else path).as_posix()
        for path in paths
    ]


def _column(key: str) -> Column:
    heading = _HEADINGS.get(key, key.removesuffix("_M").replace("_", " ").capitalize())
    if key == "recording":
        return head(key, heading)
    if key.endswith("_M"):
        return concentrations(key, f"{heading} concentration")
    return short_words(key, heading)


def options_in_full(options: Mapping[str, Any]) -> Html:
    """Return every option that was used as TOML, folded away."""
    return details("Every option", element("pre", element("code", tomli_w.dumps(dict(options)))))


def version_table(versions: Mapping[str, str]) -> Html:
    """Return the versions of the software, folded away."""
    frame = pd.DataFrame({"software": list(versions), "version": list(versions.values())})
    columns = [head("software", "Software"), short_words("version", "Version")]
    return details("Versions", table(frame, columns, caption="What the numbers depend on."))


def methods_section(paragraphs: Sequence[str], references: Sequence[str]) -> Html:
    """Return the Methods text and what it cites, ready to be copied."""
    text = element("div", *(element("p", paragraph) for paragraph in paragraphs), class_="methods")
    if not references:
        return text
    return join(text, element("h3", "References"), bullets([name(entry) for entry in references]))
