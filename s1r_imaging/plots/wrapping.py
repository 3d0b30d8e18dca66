"""Text broken into lines that fit, names as the user wrote them."""

import re

from s1r_imaging.plots.words import shorten, text_width_pt, verbatim

_ROOM = 1.04  # of a text's width
_LONGEST = 400
_MAY_END = "-–+)\u00a0"
_UNIT = re.compile(r"(\d) (?=(?:[pnµμum]?M|[nµμum]?s|min|h|%|K|°C)(?:\W|$))")
_NARROWEST = 0.25  # width of the narrowest letters, of the font size


def wrap(text: object, width_pt: float, size_pt: float, *, most: int = 4) -> list[str]:
    """Break a text into lines that fit, at blanks and after ``_ / , ;``, else where it must be.

    Parameters
    ----------
    text : object
        What a user or the library wrote.
    width_pt : float
        Room for a line (points).
    size_pt : float
        Font size (points).
    most : int
        How many lines at most; the last ends with an ellipsis where text is left over.

    Returns
    -------
    list of str
        Lines for Matplotlib, dollar signs escaped; at least one.

    Examples
    --------
    >>> wrap("BD-1047 then PRE-084", 40.0, 7.0)
    ['BD-1047', 'then', 'PRE-084']
    """
    room = width_pt / _ROOM
    pieces = [part for piece in _pieces(text) for part in _parts(piece, room, size_pt)]
    lines = [""]
    for number, piece in enumerate(pieces):
        if _fits(lines[-1] + piece.rstrip(), room, size_pt):
            lines[-1] += piece
        elif len(lines) == most:
            lines[-1] += "".join(pieces[number:])
            break
        else:
            lines.append(piece)
    shown = [verbatim(line, longest=_LONGEST) for line in lines[:-1]]
    return [*shown, shorten(lines[-1], room, size_pt) if lines[-1].strip() else ""]


def breaks_words(text: object, width_pt: float, size_pt: float) -> bool:
    """Return whether `wrap` would have to end a line within a word."""
    return any(not _fits(piece.rstrip(), width_pt / _ROOM, size_pt) for piece in _pieces(text))


def _pieces(text: object) -> list[str]:
    """Split where a line may end; a number keeps its unit."""
    line = _UNIT.sub("\\1\u00a0", " ".join(str(text).split()))
    return re.findall(r"[^ _/,;]*[ _/,;]+|[^ _/,;]+", line)


def _parts(piece: str, room: float, size_pt: float) -> list[str]:
    """Break a piece that is longer than a line, after a hyphen or a number where that helps."""
    parts = []
    while len(piece) > 1 and not _fits(piece.rstrip(), room, size_pt):
        length = min(len(piece.rstrip()) - 1, max(int(room / (_NARROWEST * size_pt)), 1))
        while length > 1 and not _fits(piece[:length].rstrip(), room, size_pt):
            length -= 1
        good = max(piece.rfind(sign, 0, length) for sign in _MAY_END) + 1
        parts.append(piece[: good or length])
        piece = piece[good or length :]
    return [*parts, piece]


def _fits(line: str, room: float, size_pt: float) -> bool:
    return text_width_pt(line.replace("$", r"\$"), size_pt) <= room
