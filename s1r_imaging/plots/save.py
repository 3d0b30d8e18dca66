"""Write a figure: the same figure gives the same bytes, whole or not at all."""

import io
import os
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

_DPI = 200
# Text stays text, so that it can be edited; the salt fixes the names of SVG parts, which are random otherwise.
_SETTINGS: Any = {"svg.hashsalt": "s1r-imaging", "svg.fonttype": "none", "savefig.bbox": "standard"}


def save_figure(figure: Figure, path: str | Path) -> Path:
    """Write a figure as PNG (200 dots per inch) or SVG on a white ground.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    path : str or Path
        Where to; the ending ``.png`` or ``.svg`` decides on the format. An existing file is replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValueError
        If the ending is another one.
    """
    target = Path(path)
    kind = target.suffix.lower().removeprefix(".")
    if kind not in {"png", "svg"}:
        raise ValueError(f"path={str(path)!r}: expected a name that ends with .png or .svg.")
    metadata: dict[str, Any] = {"Date": None} if kind == "svg" else {}
    content = io.BytesIO()
    with mpl.rc_context(_SETTINGS):
        figure.savefig(
            content,
            format=kind,
            dpi=_DPI,
            metadata=metadata,
            facecolor="white",
            edgecolor="none",
            transparent=False,
        )
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(content.getvalue())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return target
