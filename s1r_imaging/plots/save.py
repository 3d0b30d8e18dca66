"""Write a figure: the same figure gives the same bytes, whole or not at all."""

import hashlib
import io
import os
import re
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

_DPI = 200
# Text stays text, so that it can be edited; the salt fixes the names of SVG parts, which are random otherwise.
_SETTINGS: Any = {
    "svg.hashsalt": "s1r-imaging",
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "savefig.bbox": "standard",
}
_CLIP_PATH = re.compile(rb'<clipPath id="(p[0-9a-f]{10})">(.*?)</clipPath>', re.DOTALL)
_CLIP_NAME = re.compile(rb'(<clipPath id="|url\(#)(p[0-9a-f]{10})(?=["\)])')
_METADATA: dict[str, dict[str, Any]] = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}


def save_figure(figure: Figure, path: str | Path) -> Path:
    """Write a figure as PNG (200 dots per inch), SVG or PDF on a white ground.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    path : str or Path
        Where to; the ending ``.png``, ``.svg`` or ``.pdf`` decides on the format. An existing file is replaced.

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
    if kind not in _METADATA:
        raise ValueError(f"path={str(path)!r}: expected a name that ends with .png, .svg or .pdf.")
    content = figure_bytes(figure, kind)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(content)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return target


def figure_bytes(figure: Figure, kind: str, *, dpi: float = _DPI) -> bytes:
    """Return a figure as the bytes of a file, on a white ground.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    kind : {'png', 'svg', 'pdf'}
        Format.
    dpi : float
        Dots per inch of what is made of pixels.

    Returns
    -------
    bytes
        The same for the same figure, whenever it is drawn.
    """
    content = io.BytesIO()
    with mpl.rc_context(_SETTINGS):
        figure.savefig(
            content,
            format=kind,
            dpi=dpi,
            metadata=_METADATA[kind],
            facecolor="white",
            edgecolor="none",
            transparent=False,
        )
    return _with_steady_names(content.getvalue()) if kind == "svg" else content.getvalue()


def _with_steady_names(svg: bytes) -> bytes:
    """Name each clip path after what it holds, as written.

    Matplotlib names it after the unrounded place of its axes, whose last digit differs from run to run where a
    layout has many parts.
    """
    names = {
        found[1]: b"p" + hashlib.sha256(found[2]).hexdigest()[:10].encode() for found in _CLIP_PATH.finditer(svg)
    }
    return _CLIP_NAME.sub(lambda found: found[1] + names.get(found[2], found[2]), svg)
