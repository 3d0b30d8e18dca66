"""How the answer came about: the design, every option, the versions."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import tomli_w

from s1r_imaging.report.markup import Html, bullets, details, element, join, name
from s1r_imaging.report.tables import Column, concentrations, head, short_words, table

_HEADINGS = {
    "recording": "Recording",
    "frame_interval_s": "Frame interval (s)",
    "pixel_size_um": "Pixel size (µm)",
}


def design_table(design: pd.DataFrame, notes: Sequence[str] = ()) -> Html:
    """Return the design as it was used; columns in which nothing stands are left out.

    Parameters
    ----------
    design : DataFrame
        One row per recording.
    notes : sequence of str
        What was assumed or put right when it was read.

    Returns
    -------
    Html
        A table, and the notes.
    """
    columns = [_column(str(key)) for key in design.columns]
    return join(bullets(notes) if notes else "", table(design, columns, caption="One row per recording."))


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
